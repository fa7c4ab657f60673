"""Trials that fail: what is learned, what is tried again, when to give up."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.runs import observer
from nasnet_search.runs.proposing import new_trial
from nasnet_search.runs.settling import MAX_CRASHES
from nasnet_search.runs.stopping import FAILURES_IN_A_ROW, FIRST_FAILURES
from nasnet_search.trials import Origin, Status
from tests.runs import fakes

SCRIPT = [fakes.choices_of(n) for n in range(100)]


def failing(status, which):
  """Returns an evaluation that fails for the trials that `which` names."""

  def evaluate(trial):
    if which(trial):
      return fakes.failed(trial, status, f'{status.value} indeed')
    return fakes.completed(trial)

  return evaluate


@pytest.mark.parametrize(
  'status',
  [Status.DIVERGED, Status.OUT_OF_MEMORY, Status.TIMEOUT, Status.INVALID],
)
def test_a_failure_of_the_child_is_learned_at_chance_and_not_repeated(
  tmp_path, status
):
  controller = fakes.Controller(2, SCRIPT)
  workers = fakes.Workers(failing(status, lambda trial: trial.trial_id == 0))
  fakes.run_search(tmp_path, controller, workers, trials=2)
  assert [trial.attempt for trial in workers.submitted] == [1, 1]
  # Chance level of the fake evaluator is 0.125.
  assert controller.learned[0][0] == [0, 0.125]
  trial = fakes.read(tmp_path).trials()[0]
  assert (trial.status, trial.message) == (status, f'{status.value} indeed')
  assert trial.measurement is None


def test_a_crash_is_tried_again_with_the_same_seed(tmp_path):
  workers = fakes.Workers(
    failing(
      Status.CRASHED,
      lambda trial: (trial.trial_id, trial.attempt) in [(1, 1), (1, 2)],
    )
  )
  controller = fakes.Controller(3, SCRIPT)
  told = []

  def watch(event, progress):
    del progress
    if isinstance(event, observer.Told):
      told.append(event.message)

  fakes.run_search(tmp_path, controller, workers, trials=3, watch=[watch])
  attempts = [trial for trial in workers.submitted if trial.trial_id == 1]
  assert [trial.attempt for trial in attempts] == [1, 2, 3]
  assert len({trial.seed for trial in attempts}) == 1
  # Before anything else is started.
  assert [trial.trial_id for trial in workers.submitted] == [0, 1, 1, 1, 2]
  assert fakes.read(tmp_path).trials()[1].status is Status.COMPLETED
  assert told == [
    'Trial 1 crashed (crashed indeed); it is tried again with the same seed '
    f'({n} of 2).'
    for n in (1, 2)
  ]


def test_the_third_crash_is_the_last_and_nothing_is_learned_of_it(tmp_path):
  assert MAX_CRASHES == 3
  workers = fakes.Workers(
    failing(Status.CRASHED, lambda trial: trial.trial_id == 1)
  )
  controller = fakes.Controller(2, SCRIPT)
  fakes.run_search(tmp_path, controller, workers, trials=3)
  assert [trial.trial_id for trial in workers.submitted] == [0, 1, 1, 1, 2]
  trial = fakes.read(tmp_path).trials()[1]
  assert (trial.status, trial.reward) == (Status.CRASHED, None)
  assert [[index for index, _ in call] for call in controller.learned] == [
    [0, 2]
  ]


def test_crashes_are_counted_over_starts_but_deaths_of_the_coordinator_not(
  tmp_path,
):
  class Killed(BaseException):
    pass

  def crash_then_kill(trial):
    if trial.attempt in (1, 3):
      return fakes.failed(trial)
    raise Killed

  attempts = []
  for _ in range(2):
    workers = fakes.Workers(crash_then_kill)
    with pytest.raises(Killed):
      fakes.run_search(tmp_path, fakes.Controller(2, SCRIPT), workers)
    attempts += [trial.attempt for trial in workers.submitted]
  # Two crashes and two deaths so far: one attempt is left.
  workers = fakes.Workers(failing(Status.CRASHED, lambda t: t.trial_id == 0))
  fakes.run_search(tmp_path, fakes.Controller(2, SCRIPT), workers, trials=2)
  attempts += [t.attempt for t in workers.submitted if t.trial_id == 0]
  assert attempts == [1, 2, 3, 4, 5]
  assert fakes.read(tmp_path).crashes() == {0: 3}


def test_the_first_five_failing_stop_the_search_and_name_the_cause(tmp_path):
  assert FIRST_FAILURES == 5
  workers = fakes.Workers(failing(Status.TIMEOUT, lambda trial: True))
  with pytest.raises(
    UserError,
    match=r'last 5 trials all failed.*trial 4, ended as timeout',
  ):
    fakes.run_search(tmp_path, fakes.Controller(3, SCRIPT), workers)
  assert len(workers.submitted) == 5


def test_reference_cells_count_among_the_first_five(tmp_path):
  cell = fakes.SPACE.decode(fakes.choices_of(99))
  first = [new_trial(n, Origin.REFERENCE, cell, 0) for n in range(2)]
  workers = fakes.Workers(failing(Status.DIVERGED, lambda trial: True))
  with pytest.raises(UserError, match='last 5 trials all failed'):
    fakes.run_search(
      tmp_path, fakes.Controller(3, SCRIPT), workers, first=first
    )
  assert len(workers.submitted) == 5


def test_a_success_among_the_first_five_lets_the_search_go_on(tmp_path):
  workers = fakes.Workers(
    failing(Status.DIVERGED, lambda trial: trial.trial_id != 4)
  )
  reason = fakes.run_search(
    tmp_path, fakes.Controller(3, SCRIPT), workers, trials=20
  )
  assert reason == 'All 20 trials have settled.'


def test_twenty_in_a_row_failing_stop_the_search(tmp_path):
  assert FAILURES_IN_A_ROW == 20
  workers = fakes.Workers(
    failing(Status.OUT_OF_MEMORY, lambda trial: trial.trial_id > 2)
  )
  with pytest.raises(UserError, match=r'last 20 trials all failed.*trial 22'):
    fakes.run_search(tmp_path, fakes.Controller(3, SCRIPT), workers, trials=100)
  assert len(workers.submitted) == 23


def test_nineteen_in_a_row_do_not(tmp_path):
  workers = fakes.Workers(
    failing(Status.OUT_OF_MEMORY, lambda trial: trial.trial_id % 20 != 3)
  )
  reason = fakes.run_search(
    tmp_path, fakes.Controller(3, SCRIPT), workers, trials=60
  )
  assert reason == 'All 60 trials have settled.'


def test_a_search_stopped_by_failures_goes_on_once_the_cause_is_mended(
  tmp_path,
):
  with pytest.raises(UserError, match='start the same command again'):
    fakes.run_search(
      tmp_path,
      fakes.Controller(3, SCRIPT),
      fakes.Workers(failing(Status.TIMEOUT, lambda trial: True)),
    )
  workers = fakes.Workers()
  controller = fakes.Controller(3, SCRIPT)
  fakes.run_search(tmp_path, controller, workers, trials=8)
  assert [trial.trial_id for trial in workers.submitted] == [5, 6, 7]
  # What failed is learned: it did count.
  assert controller.learned[0] == [[0, 0.125], [1, 0.125], [2, 0.125]]
