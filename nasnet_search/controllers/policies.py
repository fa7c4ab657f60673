"""What ppo and reinforce sample from: the interface, and one by its name."""

from typing import Any, Protocol

import keras

from nasnet_search.controllers.anchor_policy import AnchorPolicy
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.independent_policy import (
  IndependentPolicy,
  PooledPolicy,
)
from nasnet_search.controllers.policy import Policy
from nasnet_search.controllers.vocabulary import Vocabulary


class AnyPolicy(Protocol):
  """Weights, and what they make of what was chosen before.

  Attributes:
    outcomes: Number of outcomes of all kinds together.
    state_sizes: How many numbers each part of the state between two steps has.
    names: The names of the weights, in the order of `variables`.
    variables: The weights.
  """

  outcomes: int
  state_sizes: tuple[int, ...]
  names: tuple[str, ...]
  variables: list[keras.Variable]

  def step(self, inputs: Any, *state: Any) -> tuple[Any, ...]:
    """Takes one controller step.

    Args:
      inputs: `[batch, outcomes + 1]`, a step of `Batch.inputs`.
      *state: The state after the step before, `[batch, size]` each; zeros in
        the first step.

    Returns:
      Logits, and the new state. The logits are those of every decision,
      `[batch, outcomes]`, or of decisions that refer to each of the steps
      before, `[batch, steps, outcomes]`.
    """

  def logits(self, inputs: Any, refers: Any) -> Any:
    """Returns the logits of choices that were taken; see `Policy.logits`."""


def make_policy(
  vocabulary: Vocabulary, config: ControllerConfig, seed: int
) -> AnyPolicy:
  """Returns the policy that a configuration names.

  Args:
    vocabulary: The outcomes of the space.
    config: Which policy, and how large it is.
    seed: Seed of the run.

  Raises:
    UserError: The policy is not for such a space.
  """
  if config.policy == 'lstm':
    return Policy(vocabulary.size, config, seed)
  if config.policy == 'anchors':
    return AnchorPolicy(vocabulary, config, seed)
  made = PooledPolicy if config.policy == 'pooled' else IndependentPolicy
  return made(vocabulary.size, vocabulary.steps, config, seed)
