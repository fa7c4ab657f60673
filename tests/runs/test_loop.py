"""The search loop: how many are proposed, what is learned, what is accepted."""

import dataclasses

import pytest

from nasnet_search.runs import observer
from nasnet_search.runs.proposing import new_trial
from nasnet_search.trials import Origin, Status
from tests.runs import fakes


def test_asks_for_one_batch_at_a_time(tmp_path):
  controller = fakes.Controller(3, [fakes.choices_of(n) for n in range(9)])
  fakes.run_search(tmp_path, controller, fakes.Workers(), trials=9)
  assert controller.calls == [(0, 3, []), (3, 3, []), (6, 3, [])]


def test_a_free_worker_gets_more_than_the_batch(tmp_path):
  """Two workers and batches of three: the third trial leaves one idle."""
  controller = fakes.Controller(3, [fakes.choices_of(n) for n in range(9)])
  workers = fakes.Workers(capacity=2)
  fakes.run_search(tmp_path, controller, workers, trials=6)
  # 0 and 1 run, 2 waits; 0 settles, 2 runs; 1 settles and one more is asked
  # for while 2 runs; 2 settles, the batch is full and learned. With 3 in
  # flight, two are missing in the next batch.
  assert controller.calls == [(0, 3, []), (3, 1, [2]), (4, 2, [3])]


def test_asks_for_the_rest_of_a_batch_that_a_crash_left_short(tmp_path):
  def crash_once(trial):
    if trial.trial_id == 1:
      return fakes.failed(trial)
    return fakes.completed(trial)

  controller = fakes.Controller(3, [fakes.choices_of(n) for n in range(9)])
  fakes.run_search(tmp_path, controller, fakes.Workers(crash_once), trials=4)
  assert controller.calls == [(0, 3, []), (3, 1, [])]
  assert [[index for index, _ in call] for call in controller.learned] == [
    [0, 2, 3]
  ]


def test_asks_for_the_rest_of_a_batch_after_a_continuation(tmp_path):
  script = [fakes.choices_of(n) for n in range(9)]
  fakes.run_search(
    tmp_path, fakes.Controller(3, script), fakes.Workers(), trials=2
  )
  controller = fakes.Controller(3, script)
  fakes.run_search(tmp_path, controller, fakes.Workers(), trials=6)
  # Trial 2 was proposed by the first start and is not proposed again.
  assert controller.calls == [(3, 3, [])]


def test_learns_full_batches_in_the_order_of_settling(tmp_path):
  controller = fakes.Controller(3, [fakes.choices_of(n) for n in range(9)])
  workers = fakes.Workers(capacity=2)
  settled = []

  def watch(event, progress):
    del progress
    if isinstance(event, observer.Settled):
      settled.append([event.trial.proposal, event.trial.reward])

  fakes.run_search(tmp_path, controller, workers, trials=8, watch=[watch])
  assert len(controller.learned) == 2
  learned = [lesson for call in controller.learned for lesson in call]
  assert learned == settled[:6]
  rewards = [fakes.value_of(trial.architecture) for trial in workers.submitted]
  assert [reward for _, reward in learned] == rewards[:6]


def test_every_lesson_is_logged_with_the_digest_of_the_state(tmp_path):
  # printf '[[[0, 1.0]]]' | sha256sum
  controller = fakes.Controller(1, [fakes.choices_of(0)])
  workers = fakes.Workers(
    lambda trial: dataclasses.replace(
      fakes.completed(trial),
      measurement=dataclasses.replace(
        fakes.completed(trial).measurement, values={'closeness': 1.0}
      ),
    )
  )
  fakes.run_search(tmp_path, controller, workers, trials=1)
  assert controller.save() == b'[[[0, 1.0]]]'
  (lesson,) = fakes.read(tmp_path).lessons()
  assert lesson['trials'] == [0]
  assert lesson['diagnostics'] == {'calls': 1.0}
  assert lesson['digest'] == (
    'd54a2de7359c875d99e5912fa34d56c6c3165e9b07ccc48f77d03fbfdd16eb52'
  )


def test_a_call_of_propose_is_logged_with_its_trials(tmp_path):
  controller = fakes.Controller(3)
  fakes.run_search(tmp_path, controller, fakes.Workers(), trials=3)
  store = fakes.read(tmp_path)
  (call,) = store.proposal_calls()
  assert (call['first_index'], call['count']) == (0, 3)
  assert (call['pending'], call['learned']) == ([], 0)
  again = fakes.Controller(3).propose(0, 3, [])
  assert [trial.as_proposal() for trial in store.trials()] == again


def test_what_is_refused_is_never_scheduled_and_learned_at_chance(tmp_path):
  script = [fakes.choices_of(n) for n in range(6)]
  controller = fakes.Controller(3, script)
  workers = fakes.Workers()
  evaluator = fakes.Evaluator(refused=[script[1]])
  fakes.run_search(tmp_path, controller, workers, evaluator, trials=3)

  assert [trial.trial_id for trial in workers.submitted] == [0, 2]
  # Chance level of the fake evaluator is 0.125. Trial 1 was refused first.
  assert [1, 0.125] in controller.learned[0]
  trial = fakes.read(tmp_path).trials()[1]
  assert trial.status is Status.INVALID
  assert trial.message == 'Expected it smaller.'
  assert trial.attempts == 0


def test_an_outcome_of_a_foreign_attempt_is_ignored_and_logged(tmp_path):
  """Attempt 1 was given up for dead and reports after all."""

  class Late(fakes.Workers):
    """Gives the outcome of an attempt that does not own the trial first."""

    def settled(self, timeout):
      outcomes = super().settled(timeout)
      for outcome in outcomes[:1]:
        stray = dataclasses.replace(outcome.trial, attempt=7)
        foreign = dataclasses.replace(outcome.trial, trial_id=1000)
        outcomes = [
          fakes.failed(stray, Status.DIVERGED),
          fakes.completed(foreign),
          *outcomes,
        ]
      return outcomes

  fakes.run_search(tmp_path, fakes.Controller(1), Late(), trials=1)
  store = fakes.read(tmp_path)
  assert [trial.status for trial in store.trials()] == [Status.COMPLETED]
  assert [each['detail'] for each in store.events()] == [
    {'trial': 0, 'attempt': 7, 'status': 'diverged'},
    {'trial': 1000, 'attempt': 1, 'status': 'completed'},
  ]


def test_reference_trials_are_neither_charged_nor_learned(tmp_path):
  cell = fakes.SPACE.decode(fakes.choices_of(0))
  first = [new_trial(0, Origin.REFERENCE, cell, 0)]
  controller = fakes.Controller(2)
  workers = fakes.Workers()
  fakes.run_search(tmp_path, controller, workers, first=first, trials=2)
  assert [trial.purpose for trial in workers.submitted] == [
    'reference',
    'search',
    'search',
  ]
  assert [[index for index, _ in call] for call in controller.learned] == [
    [0, 1]
  ]


@pytest.mark.parametrize('reward', [float('nan'), float('inf')])
def test_a_reward_that_is_not_finite_counts_as_diverged(
  tmp_path, monkeypatch, reward
):
  """A user's own reward may take the logarithm of nothing."""
  from nasnet_search.evaluators import rewards

  def odd(values):
    return values['closeness'] if values['closeness'] == 0.125 else reward

  monkeypatch.setitem(rewards.REWARDS._entries, 'closeness', odd)
  controller = fakes.Controller(2)
  fakes.run_search(tmp_path, controller, fakes.Workers(), trials=2)
  assert controller.learned == [[[0, 0.125], [1, 0.125]]]
  trial = fakes.read(tmp_path).trials()[0]
  assert trial.status is Status.DIVERGED
  assert trial.message == f'The reward of what was measured is {reward}.'


def test_a_reward_of_minus_zero_is_learned_as_the_log_has_it(
  tmp_path, monkeypatch
):
  """SQLite writes 0.0 for it, and a continued search learns from that."""
  from nasnet_search.evaluators import rewards

  monkeypatch.setitem(
    rewards.REWARDS._entries, 'closeness', lambda values: -0.0
  )
  controller = fakes.Controller(1, [fakes.choices_of(0)])
  fakes.run_search(tmp_path, controller, fakes.Workers(), trials=1)
  assert controller.save() == b'[[[0, 0.0]]]'
  assert repr(fakes.read(tmp_path).trials()[0].reward) == '0.0'
