"""Sampling choices from a policy, many at a time.

The policy steps through all sequences together. Which decision follows, what
it allows and which outcome a random number picks is settled here, sequence
by sequence, so that spaces stay plain Python.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from nasnet_search.cells.search_space import Choices, Decision, SearchSpace
from nasnet_search.controllers.policies import AnyPolicy
from nasnet_search.controllers.vocabulary import Vocabulary

ROWS = (32, 256)
"""Sizes of the compiled step. Fewer sequences are padded, so that asking for
5 or for 20 proposals computes the same; more go by the greater one."""

Sampled = tuple[Choices, tuple[float, ...]]
"""Complete choices, and the log-probability of each."""


class Guide(Protocol):
  """Narrows what a sample is chosen from."""

  def offered(self, choices: Choices, decision: Decision) -> Sequence[bool]:
    """Returns which outcomes, all allowed ones, the sample may have next."""


class Sampler:
  """Samples from one policy in one space."""

  def __init__(
    self,
    space: SearchSpace,
    vocabulary: Vocabulary,
    policy: AnyPolicy,
  ) -> None:
    self._space = space
    self._vocabulary = vocabulary
    self._policy = policy
    self._steps: dict[int, Callable[..., Any]] = {}

  def sample(
    self,
    rngs: Sequence[np.random.Generator],
    guides: Sequence[Guide] = (),
    parts: Sequence[SearchSpace] = (),
  ) -> list[Sampled]:
    """Returns one sample for each source of random numbers.

    Args:
      rngs: The sources. A sample depends on no other source than its own,
        but for the last digits of its log-probabilities.
      guides: For each source what narrows its sample; none for none. The
        log-probabilities are those of the policy as if nothing narrowed it.
      parts: For each source the part of the space that its sample is from, as
        `space_at` returns it; none for the whole.
    """
    rows = ROWS[0] if len(rngs) <= ROWS[0] else ROWS[-1]
    return [
      sampled
      for start in range(0, len(rngs), rows)
      for sampled in self._sample(
        rngs[start : start + rows],
        guides[start : start + rows],
        parts[start : start + rows],
        rows,
      )
    ]

  def _sample(
    self,
    rngs: Sequence[np.random.Generator],
    guides: Sequence[Guide],
    parts: Sequence[SearchSpace],
    rows: int,
  ) -> list[Sampled]:
    step = self._step(rows)
    state = [tf.zeros((rows, size)) for size in self._policy.state_sizes]
    inputs = np.zeros((rows, self._vocabulary.size + 1), np.float32)
    inputs[:, -1] = 1
    narrowed: Sequence[Guide | None] = guides or [None] * len(rngs)
    sequences = [
      _Sequence(part, rng, guide)
      for rng, guide, part in zip(
        rngs, narrowed, parts or [self._space] * len(rngs), strict=True
      )
    ]
    while any(sequence.decision for sequence in sequences):
      logits, *state = step(tf.constant(inputs), *state)
      # A new array: a tensor may share the memory of the old one.
      inputs = np.zeros_like(inputs)
      by_reference = tf.reshape(logits, (rows, -1, logits.shape[-1]))
      self._take_groups(sequences, by_reference.numpy(), inputs)
    return [(s.choices, tuple(s.log_probs)) for s in sequences]

  def _take_groups(
    self, sequences: list['_Sequence'], logits: np.ndarray, inputs: np.ndarray
  ) -> None:
    """Takes every sequence through the group of decisions that it is at.

    Args:
      sequences: The sequences.
      logits: `[rows, references, outcomes]`, the first rows are those of the
        sequences. There is one reference, or one for each earlier step.
      inputs: `[rows, outcomes + 1]`, counts what is chosen.
    """
    groups = [s.group for s in sequences]
    rows = [r for r, group in enumerate(groups) if group is not None]
    while rows:
      for row, outcome in self._take(sequences, rows, logits):
        inputs[row, outcome] += 1
      rows = [row for row in rows if sequences[row].group == groups[row]]

  def _take(
    self, sequences: list['_Sequence'], rows: list[int], logits: np.ndarray
  ) -> list[tuple[int, int]]:
    """Takes one decision in each of some rows; returns rows and outcomes."""
    decisions = [
      decision
      for row in rows
      if (decision := sequences[row].decision) is not None
    ]
    allowed = np.array([self._vocabulary.allowed(d) for d in decisions])
    offered = np.array(
      [
        self._offered(sequences[row], decision)
        for row, decision in zip(rows, decisions, strict=True)
      ]
    )
    # Those of a policy that does not look at what decisions refer to are alike.
    looks = logits.shape[1] > 1
    places = [d.refers_to[0] if looks and d.refers_to else 0 for d in decisions]
    uniforms = np.array([sequences[row].rng.random() for row in rows])
    outcomes, log_probs = pick(logits[rows, places], allowed, uniforms, offered)
    outcomes = outcomes.tolist()
    for row, decision, outcome, log_prob in zip(
      rows, decisions, outcomes, log_probs.tolist(), strict=True
    ):
      choice = outcome - self._vocabulary.offset(decision)
      sequences[row].take(choice, log_prob)
    return list(zip(rows, outcomes, strict=True))

  def _offered(self, sequence: '_Sequence', decision: Decision) -> np.ndarray:
    allowed = self._vocabulary.allowed(decision)
    if sequence.guide is None:
      return allowed
    offered = np.zeros_like(allowed)
    start = self._vocabulary.offset(decision)
    offered[start : start + decision.size] = sequence.guide.offered(
      sequence.choices, decision
    )
    return offered

  def _step(self, rows: int) -> Callable[..., Any]:
    if rows not in self._steps:
      sizes = self._policy.state_sizes
      state = [tf.TensorSpec((rows, size)) for size in sizes]
      inputs = tf.TensorSpec((rows, self._vocabulary.size + 1))
      function = tf.function(
        self._policy.step,
        input_signature=(inputs, *state),
        autograph=False,
      )
      # Calling it without tf.function's dispatch takes half the time.
      self._steps[rows] = function.get_concrete_function()
    return self._steps[rows]


class _Sequence:
  """Choices on their way to completeness."""

  def __init__(
    self, space: SearchSpace, rng: np.random.Generator, guide: Guide | None
  ) -> None:
    self.rng = rng
    self.guide = guide
    self.choices: Choices = ()
    self.log_probs: list[float] = []
    self._space = space
    self.decision: Decision | None = space.next_decision(())

  @property
  def group(self) -> int | None:
    """Group of the next decision, None if the choices are complete."""
    return None if self.decision is None else self.decision.group

  def take(self, choice: int, log_prob: float) -> None:
    self.choices += (choice,)
    self.log_probs.append(log_prob)
    self.decision = self._space.next_decision(self.choices)


def pick(
  logits: np.ndarray,
  allowed: np.ndarray,
  uniforms: np.ndarray,
  offered: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
  """Picks an outcome from each of some masked softmaxes.

  Args:
    logits: `[decisions, outcomes]`.
    allowed: bool, same shape, at least one true in each row.
    uniforms: Random numbers from [0, 1), `[decisions]`.
    offered: What to pick from, in proportion to its probabilities: `allowed`,
      or a part of it, at least one true in each row.

  Returns:
    The outcomes picked, int `[decisions]`, and their log-probabilities among
    all that is allowed, float32 `[decisions]`.
  """
  masked = np.where(allowed, logits.astype(np.float64), -np.inf)
  masked -= masked.max(axis=1, keepdims=True)
  total = np.cumsum(np.exp(masked), axis=1)[:, -1]
  narrowed = np.where(offered, masked, -np.inf)
  # What is offered may be so unlikely that its weight would be 0.
  weights = np.exp(narrowed - narrowed.max(axis=1, keepdims=True))
  bounds = np.cumsum(weights, axis=1)
  # Strictly above the number: never an outcome of no width, which is what
  # the others are, and there is one since the number is below 1.
  above = bounds > uniforms[:, None] * bounds[:, -1:]
  outcomes = above.argmax(axis=1)
  picked = masked[np.arange(len(masked)), outcomes] - np.log(total)
  return outcomes, picked.astype(np.float32)
