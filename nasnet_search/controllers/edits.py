"""Edits: proposals that begin with one of the best and change little of it.

A policy that has seen a few hundred trials cannot tell good architectures
from the best; but which outcome of one decision is the better one it can. So
an edit copies an architecture of the queue, draws one of its decisions, the
likelier the less the policy would choose the same there, and lets the policy
choose again: in proportion to its probabilities, among those outcomes that make
an architecture nobody knows.
Now and then it changes further decisions, the more often the harder it is to
find anything new. Go-Explore (Ecoffet et al. 2021) returns to what was good
before it explores likewise, and Gibbs sampling re-samples one variable given
the others.
"""

from collections.abc import Callable, Sequence

import numpy as np

from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  SearchSpace,
  space_at,
)
from nasnet_search.controllers.moves import (
  Identity,
  completed,
  open_decisions,
)
from nasnet_search.controllers.sampling import Sampled, Sampler
from nasnet_search.randomness import generator

EDIT_AFTER = 5
"""Trials before edits begin: the best of fewer is not worth staying near."""
TRIES = 8
PRESSURE = 0.7
"""How sharply edits prefer the best of the queue: the first try takes the
architecture of rank r, the best having rank 0, in proportion to
exp(-r / PRESSURE), so that one that leads nowhere does not hold up the
search. Later tries take any."""
LEAST_DOUBT = 0.1
"""What is added to the doubt about each decision, so that those that the policy
is sure of are edited now and then, too."""
ANOTHER = 0.1
"""Probability that an edit goes on to change another decision, at the first
try; at try n it is n times that."""


class Edit:
  """Says what the sampler may choose from, decision by decision.

  Args:
    space: The space, or the part of it that the edit is made from.
    parent: Complete choices that are edited, perhaps of another part.
    positions: The decisions to choose again, ascending.
    identity: What tells architectures apart.
    taken: The identities of architectures that are not wanted.
  """

  def __init__(
    self,
    space: SearchSpace,
    parent: Choices,
    positions: Sequence[int],
    identity: Identity,
    taken: set[object],
  ) -> None:
    self._space = space
    self._parent = parent
    self._positions = positions
    self._identity = identity
    self._taken = taken

  def offered(self, choices: Choices, decision: Decision) -> list[bool]:
    """Returns which outcomes of the next decision the edit may choose.

    Args:
      choices: What was chosen so far.
      decision: The next decision.

    Returns:
      What the decision allows, or the part of it that makes an edit; at
      least one entry is true.
    """
    position, allowed = len(choices), list(decision.allowed)
    old = self._parent[position] if position < len(self._parent) else -1
    if old < 0 or not allowed[old]:
      return allowed
    kept = [outcome == old for outcome in range(len(allowed))]
    if position not in self._positions:
      return kept
    others = [a and not k for a, k in zip(allowed, kept, strict=True)]
    if position == self._positions[-1]:
      fresh = [
        yes and self._is_new((*choices, outcome))
        for outcome, yes in enumerate(others)
      ]
      others = fresh if any(fresh) else others
    return others if any(others) else kept

  def _is_new(self, begun: Choices) -> bool:
    whole = completed(self._space, begun, self._parent, lambda o: o[0])
    return self._identity(whole) not in self._taken


class Editor:
  """Makes edits.

  Args:
    space: The space.
    sampler: Samples from the policy.
    identity: What tells architectures apart.
    seed: Seed of the run.
    log_probs: Returns the log-probability of each choice under the policy.
    doubt: The power of the doubt about a decision that the first try draws it
      in proportion to: of the probability that the policy would choose another
      outcome there. 0 for all alike, as in later tries.
  """

  def __init__(
    self,
    space: SearchSpace,
    sampler: Sampler,
    identity: Identity,
    seed: int,
    log_probs: Callable[[Choices], np.ndarray],
    doubt: float,
  ) -> None:
    self._space = space
    self._sampler = sampler
    self._identity = identity
    self._seed = seed
    self._log_probs = log_probs
    self._doubt = doubt

  def edit(
    self, index: int, queue: Sequence[Choices], taken: set[object]
  ) -> Sampled | None:
    """Returns an edit that is not taken.

    Args:
      index: Index of the proposal.
      queue: The best architectures, the best first.
      taken: The identities of what is known or pending.

    Returns:
      Choices with their log-probabilities under the policy, kept ones too;
      None if all tries failed.
    """
    # Nearly always the first try will do, and one costs less than all.
    part = space_at(self._space, index)
    for tries in (range(1), range(1, TRIES)):
      rngs = [generator(self._seed, 'edit', index, each) for each in tries]
      edits = [
        self._draw(part, queue, each, rng, taken)
        for each, rng in zip(tries, rngs, strict=True)
      ]
      for sampled in self._sampler.sample(rngs, edits, [part] * len(rngs)):
        if self._identity(sampled[0]) not in taken:
          return sampled
    return None

  def _draw(
    self,
    part: SearchSpace,
    queue: Sequence[Choices],
    number: int,
    rng: np.random.Generator,
    taken: set[object],
  ) -> Edit:
    ranks = np.arange(len(queue))
    weights = np.ones(len(queue)) if number else np.exp(-ranks / PRESSURE)
    parent = queue[int(rng.choice(len(queue), p=weights / weights.sum()))]
    options = [place for place, _ in open_decisions(part, parent)]
    count = int(rng.geometric(1 - ANOTHER * (number + 1)))
    likely = None
    if self._doubt and not number and options:
      doubts = 1 - np.exp(self._log_probs(parent)[options]) + LEAST_DOUBT
      likely = doubts**self._doubt / (doubts**self._doubt).sum()
    drawn = rng.choice(options, min(count, len(options)), False, likely)
    positions = sorted(drawn.tolist())
    return Edit(part, parent, positions, self._identity, taken)
