"""Duplicates: recognised, learned, not valued twice, not charged."""

import re

import pytest

from nasnet_search.runs.stopping import DUPLICATES_IN_A_ROW
from nasnet_search.trials import Status
from tests.runs import fakes

# Two different choices of one architecture: the sides of a block swapped.
FIRST, SAME = fakes.choices_of(10), fakes.swapped(fakes.choices_of(10))
SECOND, THIRD = fakes.choices_of(2), fakes.choices_of(3)


def test_the_swapped_choices_are_others_of_the_same_architecture():
  assert FIRST != SAME
  keys = {fakes.SPACE.decode(each).canonical_key() for each in (FIRST, SAME)}
  assert len(keys) == 1


def test_a_duplicate_of_a_settled_trial_takes_over_its_outcome(tmp_path):
  controller = fakes.Controller(1, [FIRST, SAME, SECOND])
  workers = fakes.Workers()
  fakes.run_search(tmp_path, controller, workers, trials=2)

  assert [trial.trial_id for trial in workers.submitted] == [0, 2]
  first, same, second = fakes.read(tmp_path).trials()
  assert (first.source_trial, same.source_trial, second.source_trial) == (
    None,
    0,
    None,
  )
  assert same.status is Status.COMPLETED
  assert same.measurement == first.measurement
  assert same.choices == SAME
  reward = fakes.value_of(first.architecture)
  assert controller.learned[:2] == [[[0, reward]], [[1, reward]]]


def test_a_duplicate_of_the_same_call_waits_for_its_source(tmp_path):
  controller = fakes.Controller(3, [FIRST, SAME, SECOND])
  workers = fakes.Workers()
  fakes.run_search(tmp_path, controller, workers, trials=2)
  assert [trial.trial_id for trial in workers.submitted] == [0, 2]
  trials = fakes.read(tmp_path).trials()
  assert [trial.source_trial for trial in trials] == [None, 0, None]
  assert [trial.settled_as for trial in trials] == [0, 1, 2]
  # Learned with the numbers of its own proposal, and its source's reward.
  assert [index for index, _ in controller.learned[0]] == [0, 1, 2]
  assert trials[1].numbers['log_probs'] == (-0.1, 1 / 3)


def test_a_duplicate_of_a_running_trial_waits_for_it(tmp_path):
  """Two workers, batches of one: a free worker asks while trial 0 runs."""
  controller = fakes.Controller(1, [FIRST, SAME, SECOND, THIRD])
  workers = fakes.Workers(capacity=2)
  statuses = []

  def note(event, progress):
    del event
    statuses.append(
      {key: [each.trial_id for each in group] for key, group in
       progress.waiting.items()}
    )  # fmt: skip

  fakes.run_search(tmp_path, controller, workers, trials=2, watch=[note])
  assert {0: [1]} in statuses
  trials = fakes.read(tmp_path).trials()
  assert trials[1].source_trial == 0
  assert trials[1].reward == trials[0].reward
  assert [trial.trial_id for trial in workers.submitted] == [0, 2]


@pytest.mark.parametrize(
  ('status', 'learned'),
  [(Status.TIMEOUT, [[0, 0.125], [1, 0.125]]), (Status.CRASHED, None)],
)
def test_a_duplicate_of_a_failure_is_learned_as_the_failure_is(
  tmp_path, status, learned
):
  def fail_first(trial):
    if trial.trial_id == 0:
      return fakes.failed(trial, status)
    return fakes.completed(trial)

  controller = fakes.Controller(2, [FIRST, SAME, SECOND, THIRD])
  fakes.run_search(tmp_path, controller, fakes.Workers(fail_first), trials=3)
  trials = fakes.read(tmp_path).trials()
  assert trials[1].status is status
  assert trials[1].message == 'it broke'
  if learned is None:
    assert [index for index, _ in controller.learned[0]] == [2, 3]
  else:
    assert controller.learned[0] == learned


def test_a_duplicate_waits_on_after_a_continuation(tmp_path):
  """The search is killed while a trial runs that a duplicate waits for."""

  class Killed(BaseException):
    pass

  class Mortal(fakes.Workers):
    def settled(self, timeout):
      raise Killed

  script = [FIRST, SAME, SECOND]
  with pytest.raises(Killed):
    fakes.run_search(tmp_path, fakes.Controller(3, script), Mortal(), trials=2)
  workers = fakes.Workers()
  fakes.run_search(tmp_path, fakes.Controller(3, script), workers, trials=2)
  assert [(trial.trial_id, trial.attempt) for trial in workers.submitted] == [
    (0, 2),
    (2, 1),
  ]
  trials = fakes.read(tmp_path).trials()
  assert [trial.status for trial in trials] == [Status.COMPLETED] * 3


def test_nothing_but_duplicates_ends_the_search(tmp_path):
  assert DUPLICATES_IN_A_ROW == 200
  controller = fakes.Controller(10, [FIRST, SAME] * 200)
  reason = fakes.run_search(tmp_path, controller, fakes.Workers(), trials=50)
  assert re.fullmatch(
    r'The last 20\d proposals were duplicates: the policy has collapsed or the '
    'space is exhausted.',
    reason,
  )
  trials = fakes.read(tmp_path).trials()
  # The first proposal is new. A call is never cut short, so a few more than
  # 200 duplicates may follow; they come in calls of 10 and less.
  assert sum(trial.source_trial is None for trial in trials) == 1
  assert 201 <= len(trials) <= 210


def test_duplicates_in_a_row_are_counted_over_starts(tmp_path):
  script = [FIRST] + [SAME] * 500
  for _ in range(2):
    reason = fakes.run_search(
      tmp_path, fakes.Controller(10, script), fakes.Workers(), trials=50
    )
    assert 'duplicates' in reason
  assert len(fakes.read(tmp_path).trials()) <= 210


def test_the_exhausted_space_has_been_seen_whole(tmp_path):
  """All 100 architectures, each valued once, whatever else is proposed."""
  script = [fakes.choices_of(n) for n in range(100)]
  script = [each for pair in zip(script, script[::-1], strict=True)
            for each in pair]  # fmt: skip
  workers = fakes.Workers()
  fakes.run_search(tmp_path, fakes.Controller(10, script), workers, trials=100)
  keys = [trial.architecture.canonical_key() for trial in workers.submitted]
  assert len(keys) == len(set(keys)) == 100
