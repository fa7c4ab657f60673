"""A plugin: an evaluator that answers at once, to measure what is around it.

Its reward has nothing to do with the architecture, so that a controller never
settles on one and proposes a new one every time.
"""

from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.randomness import generator
from nasnet_search.trials import Measurement

EVALUATORS.register('instant', f'{__name__}:Instant')


class Instant:
  """Draws a reward between 0 and 1; see the protocol."""

  name = 'instant'
  default_reward = 'closeness'

  def __init__(self, config, proxy, data):
    del config, proxy, data

  def check(self, architecture):
    del architecture

  def chance(self):
    return {'closeness': 0.0}

  def facts(self):
    return {}

  def evaluate(self, request, context):
    del context
    return Measurement(
      {'closeness': float(generator(request.seed, 'instant').random())}
    )
