"""Confirmations go on after kills, and with more trials than before."""

import random

import pytest

from nasnet_search.runs import opening
from nasnet_search.trials import Status
from tests.runs import fakes, test_continuing
from tests.runs.confirming import (
  agrees,
  best,
  confirmations,
  noisy,
  search,
  trials_of,
)


def test_what_was_chosen_is_confirmed_before_anything_more_is_found(
  tmp_path, monkeypatch
):
  """Killed in the midst of confirming, and started again with more trials."""
  mortal = test_continuing.Mortal
  monkeypatch.setattr(opening, 'RunStore', mortal)
  monkeypatch.setattr(mortal, 'written', True)
  monkeypatch.setattr(mortal, 'left', -1)
  search(tmp_path / 'whole', 12, 2, 2)
  mortal.left = -1 - mortal.left - 8  # Within the last four trials.
  with pytest.raises(test_continuing.Killed):
    search(tmp_path / 'raised', 12, 2, 2)
  mortal.left = -1
  trials = trials_of(tmp_path / 'raised')
  assert {True, False} == {t.status.settled for t in confirmations(trials)}
  _, after = search(tmp_path / 'raised', 24, 2, 2)
  chosen = [after[trial.trial_id] for trial in confirmations(trials)]
  last = max(trial.settled_as for trial in chosen)
  assert last - min(trial.settled_as for trial in chosen) == 3
  assert agrees(tmp_path / 'raised') == ()


@pytest.mark.parametrize('written', [False, True])
def test_killed_at_any_step_it_goes_on_the_same(tmp_path, monkeypatch, written):
  mortal = test_continuing.Mortal
  monkeypatch.setattr(opening, 'RunStore', mortal)
  monkeypatch.setattr(mortal, 'written', written)
  monkeypatch.setattr(mortal, 'left', -1)

  def evaluate(trial):
    # The first confirmation crashes once.
    if trial.purpose == 'confirm' and trial.trial_id % 7 == 1:
      return fakes.failed(trial) if trial.attempt % 3 == 1 else noisy(trial)
    return noisy(trial)

  def run(path):
    return search(path, 10, 2, 2, evaluate)

  run(tmp_path / 'whole')
  expected = fakes.content(tmp_path / 'whole')
  steps = -1 - mortal.left
  for step in range(1, steps + 1):
    path = tmp_path / str(step)
    mortal.left = step
    with pytest.raises(test_continuing.Killed):
      run(path)
    mortal.left = -1
    run(path)
    assert fakes.content(path) == expected, step
  assert agrees(tmp_path / '5') == ()


def test_with_more_trials_those_confirmed_are_kept_and_the_new_best_confirmed(
  tmp_path,
):
  _, before = search(tmp_path, 20)
  assert search(tmp_path, 20)[1] == before
  reason, after = search(tmp_path, 40)
  assert after[: len(before)] == before
  # Every one of the best of all has been confirmed, and none more than twice.
  counts = dict.fromkeys(best(after, 3), 0)
  for trial in confirmations(after):
    counts[trial.confirms] = counts.get(trial.confirms, 0) + 1
  assert set(counts.values()) == {2}
  charged = sum(trial.charged and trial.status.settled for trial in after)
  assert reason.startswith(f'{charged} of 40 ' if charged < 40 else 'All 40 ')
  # What is left would not do for one more and the confirmations it may need.
  assert 40 - charged <= 2
  assert agrees(tmp_path) == ()


def test_what_is_asked_for_too_late_is_told(tmp_path):
  search(tmp_path, 10, top=0)
  reason, trials = search(tmp_path, 10)
  assert not confirmations(trials)
  assert reason == (
    'All 10 trials have settled. 6 confirmations are missing: raise --trials '
    'to 16 or more.'
  )
  reason, trials = search(tmp_path, 16)
  assert reason == 'All 16 trials have settled.'
  assert sum(t.candidate and t.status.settled for t in trials) == 10
  assert agrees(tmp_path) == ()


@pytest.mark.parametrize('seed', range(3))
def test_with_many_workers_and_kills_the_rules_hold(
  tmp_path, monkeypatch, seed
):
  monkeypatch.setattr(opening, 'RunStore', test_continuing.Mortal)
  rng = random.Random(seed)

  class Shuffled(fakes.Workers):
    def settled(self, timeout):
      rng.shuffle(self._running)
      return super().settled(timeout)

  for trials in (24, 40):
    while True:
      test_continuing.Mortal.left = rng.randint(5, 60)
      workers = Shuffled(noisy, capacity=rng.randint(1, 4))
      try:
        search(tmp_path, trials, workers=workers)
        break
      except test_continuing.Killed:
        continue
    test_continuing.Mortal.left = -1
    found = trials_of(tmp_path)
    again = [trial.confirms for trial in confirmations(found)]
    assert set(again) >= set(best(found, 3))
    assert all(again.count(trial) == 2 for trial in again)
    assert sum(t.charged and t.status.settled for t in found) <= trials
    assert all(t.status is Status.COMPLETED for t in confirmations(found))
    assert agrees(tmp_path) == ()
