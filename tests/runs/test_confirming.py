"""The best are valued again, within the budget, whatever happens meanwhile.

Expected values are counted by hand: of `trials` so many find, and the K best
of those are valued R times each.
"""

import json

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import RunConfig
from nasnet_search.runs.best import BestArchitecture
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.progress import Progress
from nasnet_search.trials import Measurement, Outcome, Status
from tests.runs import fakes
from tests.runs.confirming import (
  agrees,
  best,
  confirmations,
  noisy,
  search,
  trials_of,
)


def test_the_best_are_valued_again_within_the_budget(tmp_path):
  workers = fakes.Workers(noisy)
  reason, trials = search(tmp_path, 20, workers=workers)
  assert reason == 'All 20 trials have settled.'
  # 20 less 3 times 2 have found something, the best three of which follow.
  assert sum(t.candidate and t.status.settled for t in trials) == 14
  first, second, third = best(trials, 3)
  again = confirmations(trials)
  assert [trial.confirms for trial in again] == [
    first, first, second, second, third, third
  ]  # fmt: skip
  assert [trial.trial_id for trial in again] == list(
    range(len(trials) - 6, len(trials))
  )
  # Each with a seed of its own, so each with noise of its own.
  assert len({trial.seed for trial in trials}) == len(trials)
  assert all(
    trial.canonical_key == trials[trial.confirms].canonical_key
    and trial.reward != trials[trial.confirms].reward
    for trial in again
  )
  assert [trial.purpose for trial in workers.submitted] == (
    ['search'] * 14 + ['confirm'] * 6
  )
  assert agrees(tmp_path) == ()


def test_the_controller_learns_nothing_from_confirmations(tmp_path):
  search(tmp_path / 'with', 20)
  search(tmp_path / 'without', 14, top=0)
  with_, without = (
    fakes.content(tmp_path / name) for name in ('with', 'without')
  )
  assert with_['lessons'] == without['lessons']
  assert with_['calls'] == without['calls']
  assert with_['trials'][: len(without['trials'])] == without['trials']


def test_the_one_with_the_best_mean_is_named(tmp_path):
  """The luckiest is worth less than it seemed, the second best is not."""
  directory = RunDirectory(tmp_path)
  found = iter([0.5, 0.9, 0.8, 0.1])
  again = iter([0.5, 0.6, 0.7, 0.8])

  def evaluate(trial):
    values = again if trial.purpose == 'confirm' else found
    measured = Measurement({'closeness': next(values)})
    return Outcome(trial, Status.COMPLETED, measured)

  progress = []

  def watch(event, now):
    del event
    progress[:] = [now]

  fakes.run_search(
    tmp_path,
    fakes.Controller(1, [fakes.choices_of(n) for n in range(4)]),
    fakes.Workers(evaluate),
    trials=8,
    confirm_top=2,
    confirm_repeats=2,
    watch=[BestArchitecture(directory), watch],
  )
  (now,) = progress
  assert now.found.trial_id == 1
  assert now.best.trial_id == 2
  first, second = now.confirmations.ranked()
  assert (first.found.trial_id, second.found.trial_id) == (2, 1)
  assert first.rewards == (0.7, 0.8)
  assert first.estimate.mean == pytest.approx(0.75)
  # Student's quantile of one degree of freedom is 12.706; the deviation of
  # 0.7 and 0.8 is 0.0707, that of their mean 0.05.
  assert first.estimate.half_width == pytest.approx(12.706 * 0.05, rel=1e-4)
  assert first.optimism == pytest.approx(0.05)
  assert second.optimism == pytest.approx(0.35)
  written = json.loads(directory.best_architecture.read_text())
  assert written['found']['trial'] == 2
  assert written['found']['reward'] == 0.8
  assert written['confirmed']['rewards'] == [0.7, 0.8]
  assert written['confirmed']['mean'] == pytest.approx(0.75)
  # What is read back from the log says the same.
  restored = Progress()
  restored.restore(trials_of(tmp_path), ())
  assert restored.best.trial_id == 2
  assert [each.rewards for each in restored.confirmations.ranked()] == [
    first.rewards,
    second.rewards,
  ]


def test_failures_count_at_chance_level_and_crashes_do_not(tmp_path):
  def evaluate(trial):
    if trial.purpose == 'confirm':
      # Trials 0 to 3 find, 4 to 6 and 7 to 9 confirm two of them.
      if trial.trial_id == 4:
        return fakes.failed(trial, Status.DIVERGED)
      if trial.trial_id == 7:
        return fakes.failed(trial)
    return fakes.completed(trial)

  fakes.run_search(
    tmp_path,
    fakes.Controller(1, [fakes.choices_of(n) for n in range(4)]),
    fakes.Workers(evaluate),
    trials=10,
    confirm_top=2,
    confirm_repeats=3,
  )
  progress = Progress()
  progress.restore(trials_of(tmp_path), ())
  crashed, diverged = progress.confirmations.ranked()
  assert len(crashed.rewards) == 2
  # Chance level of the fake evaluator is 0.125.
  assert diverged.rewards[0] == 0.125
  assert len(diverged.rewards) == 3
  assert progress.failed == 2
  assert progress.charged == 10


def test_the_file_tells_that_the_best_found_was_confirmed(tmp_path):
  """It is the same architecture as before, and all the same written again."""
  directory = RunDirectory(tmp_path)
  search(
    tmp_path,
    8,
    1,
    2,
    fakes.completed,  # Without noise the best stays the best.
    watch=[BestArchitecture(directory)],
  )
  written = json.loads(directory.best_architecture.read_text())
  assert written['confirmed']['rewards'] == [written['found']['reward']] * 2


def test_nothing_more_is_found_that_could_not_be_confirmed(tmp_path):
  """Each trial is better than those before, and takes two confirmations."""

  def evaluate(trial):
    measured = Measurement({'closeness': float(trial.trial_id)})
    return Outcome(trial, Status.COMPLETED, measured)

  def found_and_confirmed(trials):
    _, records = search(tmp_path, trials, 1, 2, evaluate)
    settled = [record for record in records if record.status.settled]
    return (
      sum(record.candidate for record in settled),
      len(confirmations(settled)),
    )

  assert found_and_confirmed(5) == (3, 2)
  assert found_and_confirmed(6) == (3, 2)
  assert found_and_confirmed(7) == (3, 2)
  assert found_and_confirmed(8) == (4, 4)
  assert found_and_confirmed(12) == (6, 6)


def test_a_search_that_ends_early_confirms_all_the_same(tmp_path):
  reason, trials = search(tmp_path, 60, patience=5)
  assert reason.startswith('No better reward in the last ')
  assert [trial.confirms for trial in confirmations(trials)][::2] == best(
    trials, 3
  )


def test_no_more_are_confirmed_than_have_been_completed(tmp_path):
  def evaluate(trial):
    if trial.purpose == 'search' and trial.trial_id not in (2, 4):
      return fakes.failed(trial, Status.DIVERGED)
    return noisy(trial)

  _, trials = search(tmp_path, 12, evaluate=evaluate)
  assert {trial.confirms for trial in confirmations(trials)} == {2, 4}
  assert len(confirmations(trials)) == 4


def test_a_confirmation_of_the_wrong_ones_does_not_agree(tmp_path):
  _, trials = search(tmp_path, 20)
  first, *_ = best(trials, 1)
  worst = min((t for t in trials if t.candidate), key=lambda t: t.reward)
  with fakes.edited(tmp_path) as rows:
    for trial in confirmations(trials):
      if trial.confirms == first:
        changes = {
          'confirms': worst.trial_id,
          'canonical_key': worst.canonical_key,
          'architecture': worst.architecture.to_json(),
          'choices': json.dumps(worst.choices),
        }
        rows.update('trials', {'trial': trial.trial_id}, changes)
  assert (
    f'Trial {first} is better than trial {worst.trial_id}, and only the latter '
    'was confirmed.'
  ) in agrees(tmp_path)


@pytest.mark.parametrize('confirms', [0, 19, 1000])
def test_a_confirmation_of_something_else_does_not_agree(tmp_path, confirms):
  _, trials = search(tmp_path, 20)
  last = trials[-1].trial_id
  assert trials[0].canonical_key != trials[-1].canonical_key
  with fakes.edited(tmp_path) as rows:
    rows.update('trials', {'trial': last}, {'confirms': confirms})
  assert f'Trial {last}: it confirms no trial before it.' in agrees(tmp_path)


def test_more_confirmations_than_the_budget_has_are_refused():
  RunConfig(trials=20, confirm_top=5, confirm_repeats=3)
  with pytest.raises(UserError) as caught:
    RunConfig(trials=19, confirm_top=5, confirm_repeats=3)
  assert str(caught.value) == (
    'Expected --trials to be at least 20: to find the 5 architectures of '
    '--confirm_top and to value each of them 3 times again '
    '(--confirm_repeats). Received: 19.'
  )
