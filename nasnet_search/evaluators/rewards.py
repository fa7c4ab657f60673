"""Rewards: the one number the controller maximises, from a measurement.

A reward is a function of the named values of a measurement. It asks for the
values it needs by name; an evaluator that does not measure them cannot be
used with it. Rewards import nothing heavy, so the coordinator computes them.
"""

from collections.abc import Callable, Mapping

from nasnet_search.cells.errors import UserError
from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.registry import Registry

Reward = Callable[[Mapping[str, float]], float]
"""From the named values of a measurement to the number to maximise."""

REWARDS = Registry(
  'reward',
  {
    'accuracy': f'{__name__}:accuracy',
    'accuracy_cubed': f'{__name__}:accuracy_cubed',
    'closeness': f'{__name__}:closeness',
    'perplexity': f'{__name__}:perplexity',
    'table': f'{__name__}:table',
  },
)


def accuracy(values: Mapping[str, float]) -> float:
  """Returns the validation accuracy after the last epoch."""
  return values['validation_accuracy']


def accuracy_cubed(values: Mapping[str, float]) -> float:
  """Returns the greatest validation accuracy of the last five epochs, cubed.

  Source: Zoph and Le, Neural Architecture Search with Reinforcement Learning
  (2017), section 4.1.
  """
  return values['validation_accuracy_best_of_last_5'] ** 3


def closeness(values: Mapping[str, float]) -> float:
  """Returns how close the parameter count comes to its target, in (0, 1]."""
  return values['closeness']


def perplexity(values: Mapping[str, float]) -> float:
  """Returns c over the square of the validation perplexity.

  Source: Zoph and Le, Neural Architecture Search with Reinforcement Learning
  (2017), section 4.2.
  """
  return values['perplexity_constant'] / values['validation_perplexity'] ** 2


def table(values: Mapping[str, float]) -> float:
  """Returns what a benchmark gives to be maximised, in its own unit."""
  return values['reward']


def compute_reward(name: str, values: Mapping[str, float]) -> float:
  """Returns the reward of a measurement.

  Args:
    name: The name of a registered reward.
    values: The named values of a measurement, or those at chance level.

  Raises:
    UserError: There is no such reward, or it needs a value that was not
      measured.
  """
  try:
    return float(REWARDS.load(name)(values))
  except KeyError as error:
    raise UserError(
      f'Expected a reward that can be computed from: {", ".join(values)}. '
      f'Received: {name!r}, which needs {error}. Choose another --reward.'
    ) from error


def check_reward(name: str, evaluator: Evaluator) -> None:
  """Raises unless an evaluator measures what a reward needs.

  Args:
    name: The name of a registered reward.
    evaluator: The evaluator that will measure.

  Raises:
    UserError: There is no such reward, or the evaluator does not measure
      what it needs; the message names both.
  """
  reward = REWARDS.load(name)
  try:
    reward(evaluator.chance())
  except KeyError as error:
    raise UserError(
      f'Expected a reward that --evaluator={evaluator.name} measures. '
      f'Received: --reward={name}, which needs {error}. Leave --reward out '
      f'for {evaluator.default_reward}, which this evaluator is made for.'
    ) from error
