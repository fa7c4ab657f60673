"""Samples have the probabilities of the policy, whatever the space."""

import time

import numpy as np
import pytest

from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers import sampling
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policy import Policy
from nasnet_search.controllers.sampling import Sampler, pick
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.randomness import generator
from tests.controllers import toy_spaces
from tests.controllers.evaluated import evaluated

CONFIG = ControllerConfig(
  policy_units=5, policy_embedding_size=3, policy_init_scale=1.0
)


def sampler_of(space, seed=0):
  vocabulary = Vocabulary.of(space)
  policy = Policy(vocabulary.size, CONFIG, seed)
  return Sampler(space, vocabulary, policy), policy


def sources(count, first=0):
  return [generator(0, 'test', index) for index in range(first, first + count)]


def test_pick_cuts_the_unit_interval_by_probability():
  logits = np.log(np.array([[1, 2, 9, 1]], np.float32))
  allowed = np.array([[True, True, False, True]])
  # Bounds at 1/4, 3/4 and 1.
  for uniform, expected, prob in [
    (0.0, 0, 0.25), (0.249, 0, 0.25), (0.251, 1, 0.5), (0.749, 1, 0.5),
    (0.751, 3, 0.25), (np.nextafter(1, 0), 3, 0.25),
  ]:  # fmt: skip
    outcomes, log_probs = pick(logits, allowed, np.array([uniform]), allowed)
    assert outcomes.tolist() == [expected]
    np.testing.assert_allclose(log_probs, [np.log(prob)], 1e-6)


@pytest.mark.parametrize('uniform', [0.0, 0.5, np.nextafter(1, 0)])
def test_pick_never_picks_what_is_not_allowed(uniform):
  rng = np.random.default_rng(0)
  logits = rng.normal(0, 30, (500, 13)).astype(np.float32)
  allowed = rng.random((500, 13)) < 0.2
  allowed[np.arange(500), rng.integers(13, size=500)] = True
  outcomes, log_probs = pick(logits, allowed, np.full(500, uniform), allowed)
  assert allowed[np.arange(500), outcomes].all()
  assert np.isfinite(log_probs).all()


@pytest.mark.parametrize(
  'space',
  [toy_spaces.ChainSpace(), toy_spaces.TreeSpace(), toy_spaces.AnchorSpace()],
  ids=lambda space: type(space).__name__,
)
def test_log_probabilities_are_those_that_are_learned_from(space):
  sampler, policy = sampler_of(space)
  choices, log_probs = zip(*sampler.sample(sources(20)), strict=True)
  where = [places(space, c) for c in choices]  # Raises if any is invalid.
  batch = make_batch(Vocabulary.of(space), choices, where, 20)
  taken = evaluated(policy, batch).numpy().reshape(batch.present.shape)
  for row, mine in enumerate(where):
    learned = [taken[row, step, slot] for step, slot, _ in mine]
    np.testing.assert_allclose(log_probs[row], learned, atol=1e-6)


def test_samples_have_the_probabilities_of_the_policy():
  space = toy_spaces.FixedSpace(('a', '110'), ('b', '11'), ('a', '111'))
  sampler, _ = sampler_of(space, seed=7)
  samples = sampler.sample(sources(5000))
  probs = {c: float(np.exp(np.sum(logs))) for c, logs in samples}
  assert sum(probs.values()) == pytest.approx(1, abs=1e-5)  # All 12 occur.
  assert max(probs.values()) > 3 * min(probs.values())
  counts = {c: sum(c == other for other, _ in samples) for c in probs}
  chi_squared = sum(
    (counts[c] - 5000 * p) ** 2 / (5000 * p) for c, p in probs.items()
  )
  assert chi_squared < 31.3  # 99.9 % of chi-squared with 11 degrees.


def test_a_sample_is_that_of_its_own_source():
  sampler, _ = sampler_of(toy_spaces.TreeSpace())
  together = sampler.sample(sources(300))  # By the greater compiled step.
  apart = [sampler.sample(sources(1, first))[0] for first in range(0, 300, 7)]
  for (one, log_probs), (other, others) in zip(
    together[::7], apart, strict=True
  ):
    assert one == other
    np.testing.assert_allclose(log_probs, others, atol=1e-6)


def test_no_sources_no_samples():
  assert sampler_of(toy_spaces.TreeSpace())[0].sample([]) == []


def test_compiled_steps_are_few():
  sampler, _ = sampler_of(toy_spaces.ChainSpace())
  for count in (1, 5, 32, 33, 300):
    sampler.sample(sources(count))
  assert set(sampler._steps) == set(sampling.ROWS)


def test_a_thousand_nasnet_proposals_take_less_than_half_a_second():
  space = NASNetSpace()
  vocabulary = Vocabulary.of(space)
  policy = Policy(vocabulary.size, ControllerConfig(), 0)
  sampler = Sampler(space, vocabulary, policy)
  sampler.sample(sources(1000))  # Compiles.
  times = []
  for _ in range(5):
    # Processor time of all threads: other programs add nothing to it, and
    # where none runs, the wall clock shows less.
    start = time.process_time()
    sampler.sample(sources(1000))
    times.append(time.process_time() - start)
  assert min(times) < 0.5
