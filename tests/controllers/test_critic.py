"""The critic, against regression written out and known worths."""

import itertools

import numpy as np
import pytest

from nasnet_search.controllers import critic
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.gaussian_process import normal_scores
from nasnet_search.controllers.registry import make_controller
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

SPACE = toy_spaces.FixedSpace(('a', '1111'), ('a', '1111'), ('b', '11'))
EVERYTHING = list(itertools.product(range(4), range(4), range(2)))
# Decision 0 and 1 are steps 0 and 1 of the kind a, 2 is of the kind b.
A = slice(0, 4)


def counts_of(choices, space=SPACE):
  vocabulary = Vocabulary.of(space)
  return [
    critic.counted(make_batch(vocabulary, [each], [places(space, each)], 1))
    for each in choices
  ]


def test_few_or_equal_trials_say_nothing():
  counts = counts_of(EVERYTHING[:8])
  few = critic.outcome_advantages(counts[:4], [0.1, 0.2, 0.3, 0.4])
  equal = critic.outcome_advantages(counts, [0.5] * 8)
  assert not few.any()
  assert not equal.any()
  assert critic.outcome_advantages(counts, list(range(8))).any()


def test_worths_divide_by_their_standard_errors():
  """A ridge regression whose left-out trials are really left out."""
  rng = np.random.default_rng(0)
  drawn = [EVERYTHING[k] for k in rng.permutation(len(EVERYTHING))[:20]]
  rewards = [0.3 * a + 0.1 * b * b + 0.2 * c for a, b, c in drawn]
  rewards = (np.array(rewards) + rng.normal(0, 0.1, 20)).tolist()
  found = critic.outcome_advantages(counts_of(drawn), rewards)

  place = np.zeros((20, 3, 6))
  for row, (a, b, c) in enumerate(drawn):
    place[row, 0, a] = place[row, 1, b] = place[row, 2, 4 + c] = 1
  features = np.concatenate([place.reshape(20, -1), place.sum(1)], 1)
  scores = normal_scores(rewards)

  def fitted(kept, penalty):
    mean = features[kept].mean(0)
    centred = features[kept] - mean
    inverse = np.linalg.inv(centred.T @ centred + penalty * np.eye(24))
    weights = inverse @ centred.T @ (scores[kept] - scores[kept].mean())
    return weights, inverse, scores[kept].mean() - mean @ weights

  def error(penalty):
    misses = []
    for k in range(20):
      weights, _, intercept = fitted(np.arange(20) != k, penalty)
      misses.append(scores[k] - intercept - features[k] @ weights)
    return np.mean(np.square(misses))

  errors = {penalty: error(penalty) for penalty in (1, 3, 10, 30)}
  best = min(errors, key=errors.get)
  weights, inverse, _ = fitted(np.arange(20) >= 0, best)
  for step, outcome in ((0, 3), (1, 0), (2, 5)):
    asked = np.zeros(24)
    asked[step * 6 + outcome] = asked[18 + outcome] = 1
    deviation = np.sqrt(errors[best] * asked @ inverse @ asked)
    assert found[step, outcome] == pytest.approx(asked @ weights / deviation)


def test_what_nobody_tried_at_a_place_is_known_by_its_kind():
  tried = [each for each in EVERYTHING if each[1] != 3]
  rewards = [float(a == 3) + 0.01 * b for a, b, _ in tried]
  found = critic.outcome_advantages(counts_of(tried), rewards)
  assert found[1, 3] > 0  # Good at decision 0.
  unknown = [each for each in EVERYTHING if 3 not in each[:2]]
  rewards = [a + b for a, b, _ in unknown]
  found = critic.outcome_advantages(counts_of(unknown), rewards)
  assert found[0, 3] == found[1, 3] == 0


def test_more_noise_makes_smaller_advantages():
  rng = np.random.default_rng(0)
  sizes = []
  for noise in (0.1, 3.0):
    rewards = [a + rng.normal(0, noise) for a, _, _ in EVERYTHING]
    found = critic.outcome_advantages(counts_of(EVERYTHING), rewards)
    sizes.append(np.ptp(found[0, A]))
  assert sizes[0] > 1.5 * sizes[1] > 0


@pytest.mark.parametrize('policy', ['lstm', 'independent', 'pooled'])
@pytest.mark.parametrize('name', ['ppo', 'reinforce'])
def test_the_policy_comes_to_what_the_critic_says(name, policy):
  """With entropy weight w the best policy is the softmax of values over w."""
  config = ControllerConfig(
    controller=name,
    controller_batch_size=8,
    policy=policy,
    policy_learning_rate=0.04,
    advantage='critic',
    entropy_weight=2.0,
    replay_size=32,
  )
  one = make_controller(SPACE, config, seed=0)
  rng = np.random.default_rng(1)
  rewards = {
    each: each[0] - 0.5 * each[1] + rng.normal(0, 0.5) for each in EVERYTHING
  }
  lessons = [
    Lesson(Proposal(k, each), rewards[each], Status.COMPLETED)
    for k, each in enumerate(EVERYTHING)
  ]
  for _ in range(10 if name == 'ppo' else 30):
    one.learn(lessons)
  values = critic.outcome_advantages(
    counts_of(EVERYTHING), [rewards[each] for each in EVERYTHING]
  )
  probabilities = np.exp(values[0, A] / 2) / np.exp(values[0, A] / 2).sum()
  drawn = [p.choices[0] for p in one.propose(1000, 2000)]
  counted = np.bincount(drawn, minlength=4) / 2000
  np.testing.assert_allclose(counted, probabilities, atol=0.05)
  assert probabilities.max() > 0.5
