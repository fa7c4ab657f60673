"""Choices of any length as arrays of fixed shape, for a policy to learn from.

A controller step takes the decisions of one group, in *slots*. Everything is
padded: lessons to the batch size, steps to a multiple of `STEPS`, slots to
the largest group of the batch. The shapes then take few values, so that the
policy's functions are traced once and not for every batch. They depend on
nothing but the batch, so that the same lessons give the same numbers in a
resumed run. Must not import TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  SearchSpace,
  checked_decisions,
)
from nasnet_search.controllers.vocabulary import Vocabulary

STEPS = 10  # Decisions of one block pair: NASNet spaces need no padding.


@dataclasses.dataclass(frozen=True)
class Batch:
  """Choices as arrays.

  Attributes:
    inputs: What each step reads, float32 `[batch, steps, outcomes + 1]`: how
      often each outcome was chosen in the step before; the last entry is 1
      in the first step, which has nothing before it.
    allowed: What may be chosen, bool `[batch, steps, slots, outcomes]`. An
      empty slot allows the first outcome only: its log-probability and its
      entropy are 0 whatever the policy is.
    chosen: What was chosen, float32 `[batch, steps, slots, outcomes]`, a
      single 1 in each slot.
    present: float32 `[batch, steps, slots]`, 1 where there is a decision.
    refers: The earlier step that a decision refers to, int32 of the same
      shape; 0 where it refers to none.
  """

  inputs: np.ndarray
  allowed: np.ndarray
  chosen: np.ndarray
  present: np.ndarray
  refers: np.ndarray


Place = tuple[int, int, Decision]
"""Where a decision was taken: its step, its slot, and the decision."""


def places(space: SearchSpace, choices: Choices) -> list[Place]:
  """Returns where the decisions behind complete choices were taken.

  Where a schedule decided, nothing else was allowed.

  Args:
    space: The whole space.
    choices: Complete choices of it.

  Raises:
    UserError: The choices are not of this space or not complete.
  """
  result: list[Place] = []
  step, slot, group = -1, 0, None
  for decision, choice in zip(
    checked_decisions(space, choices), choices, strict=True
  ):
    follows = decision.group == group
    step, slot, group = step + (not follows), slot + 1, decision.group
    slot = slot if follows else 0
    if decision.scheduled:
      only = tuple(outcome == choice for outcome in range(decision.size))
      decision = dataclasses.replace(decision, allowed=only)
    result.append((step, slot, decision))
  return result


def make_batch(
  vocabulary: Vocabulary,
  choices: Sequence[Choices],
  where: Sequence[Sequence[Place]],
  rows: int,
) -> Batch:
  """Returns choices as arrays.

  Args:
    vocabulary: The outcomes of the space.
    choices: Complete choices, `rows` of them at most.
    where: What `places` returned for each of them.
    rows: The batch size to pad to.
  """
  shape = _shape(where, rows)
  inputs = np.zeros((*shape[:2], vocabulary.size + 1), np.float32)
  inputs[:, 0, -1] = 1
  allowed = np.zeros((*shape, vocabulary.size), bool)
  allowed[..., 0] = True
  chosen = allowed.astype(np.float32)
  present = np.zeros(shape, np.float32)
  refers = np.zeros(shape, np.int32)
  for row, (taken, places_) in enumerate(zip(choices, where, strict=True)):
    for choice, (step, slot, decision) in zip(taken, places_, strict=True):
      at = (row, step, slot)
      outcome = vocabulary.offset(decision) + choice
      allowed[at] = vocabulary.allowed(decision)
      chosen[at] = 0
      chosen[(*at, outcome)] = 1
      present[at] = 1
      refers[at] = decision.refers_to[0] if decision.refers_to else 0
      if step + 1 < shape[1]:
        inputs[row, step + 1, outcome] += 1
  return Batch(inputs, allowed, chosen, present, refers)


def stack(rows: Sequence[Batch], count: int) -> Batch:
  """Returns batches as one, what `make_batch` makes of all their choices.

  Args:
    rows: Batches without padded rows.
    count: The batch size to pad to.
  """
  sizes = [row.present.shape for row in rows]
  steps = max(size[1] for size in sizes)
  slots = max(size[2] for size in sizes)
  outcomes = rows[0].allowed.shape[-1]
  shape = (count, steps, slots)
  inputs = np.zeros((count, steps, outcomes + 1), np.float32)
  inputs[:, 0, -1] = 1
  allowed = np.zeros((*shape, outcomes), bool)
  allowed[..., 0] = True
  chosen = allowed.astype(np.float32)
  present = np.zeros(shape, np.float32)
  refers = np.zeros(shape, np.int32)
  end = 0
  for row, size in zip(rows, sizes, strict=True):
    begin, end = end, end + size[0]
    inputs[begin:end, : size[1]] = row.inputs
    at = (slice(begin, end), slice(size[1]), slice(size[2]))
    allowed[at], chosen[at] = row.allowed, row.chosen
    present[at], refers[at] = row.present, row.refers
  return Batch(inputs, allowed, chosen, present, refers)


def spread(
  values: Sequence[Sequence[float]],
  where: Sequence[Sequence[Place]],
  shape: tuple[int, int, int],
) -> np.ndarray:
  """Returns numbers of decisions as an array in the layout of a batch.

  Args:
    values: For each lesson, a number for each decision.
    where: What `places` returned for each of them.
    shape: The shape of the batch's `present`.

  Returns:
    float32 of that shape, 0 where there is no decision.
  """
  result = np.zeros(shape, np.float32)
  for row, (numbers, places_) in enumerate(zip(values, where, strict=True)):
    for number, (step, slot, _) in zip(numbers, places_, strict=True):
      result[row, step, slot] = number
  return result


def _shape(where: Sequence[Sequence[Place]], rows: int) -> tuple[int, int, int]:
  steps = 1 + max((step for p in where for step, _, _ in p), default=0)
  slots = 1 + max((slot for p in where for _, slot, _ in p), default=0)
  return rows, -(-steps // STEPS) * STEPS, slots
