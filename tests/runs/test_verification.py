"""Verification agrees with what happened and with nothing else."""

import contextlib
import dataclasses
import json

import pytest

from nasnet_search.runs.logged_run import LoggedRun
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.verification import verify
from nasnet_search.trials import Measurement, Status
from tests.runs import fakes


def _evaluate(trial):
  """Crashes once, fails, crashes for good, or goes well."""
  if trial.trial_id == 6 or (trial.trial_id == 4 and trial.attempt == 1):
    return fakes.failed(trial)
  if trial.trial_id == 9:
    return fakes.failed(trial, Status.DIVERGED)
  return fakes.completed(trial)


@pytest.fixture
def run_dir(tmp_path):
  """Returns a run with duplicates, failures and a second start."""
  for trials in (7, 20):
    fakes.run_search(
      tmp_path,
      fakes.Controller(3, of=30),
      fakes.Workers(_evaluate),
      trials=trials,
      facts={'reward': 'closeness'},
    )
  assert any(
    trial.source_trial is not None
    for trial in fakes.content(tmp_path)['trials']
  )
  return tmp_path


def verified(run_dir, controller=None, seed=0, watch=lambda done, of: None):
  with contextlib.closing(RunReader(run_dir / 'run.sqlite3')) as log:
    run = LoggedRun.of(log)
  controller = controller or fakes.Controller(3, of=30)
  return verify(run, controller, fakes.SPACE, seed, watch)


def test_what_happened_agrees(run_dir):
  steps = []
  result = verified(run_dir, watch=lambda *step: steps.append(step))
  assert result.agrees
  assert result.differences == ()
  content = fakes.content(run_dir)
  assert result.trials == len(content['trials'])
  assert result.policy_updates == len(content['lessons'])
  assert result.proposals == sum(count for _, count, *_ in content['calls'])
  assert steps[-1] == (len(steps), len(steps))


def test_another_controller_does_not_agree(run_dir):
  result = verified(run_dir, fakes.Controller(3, of=31))
  assert not result.agrees
  (difference,) = result.differences
  assert difference.endswith('is another one than was logged.')


def test_another_beginning_does_not_agree(run_dir):
  with fakes.edited(run_dir) as rows:
    rows.insert('facts', {'name': 'initial_digest', 'value': '"x"'})
  assert verified(run_dir).differences == (
    'The controller does not begin in the state that was logged.',
  )


def test_another_seed_does_not_agree(run_dir):
  differences = verified(run_dir, seed=1).differences
  assert (
    differences[0] == 'Trial 0: its seed is not the one that belongs to it.'
  )


def change(run_dir, table, key, **changes):
  with fakes.edited(run_dir) as rows:
    rows.update(table, key, changes)
  return verified(run_dir)


def test_a_choice_that_was_changed(run_dir):
  """With its architecture, so that it would be a possible one."""
  choices = fakes.choices_of(99)
  architecture = fakes.SPACE.decode(choices)
  result = change(
    run_dir,
    'trials',
    {'trial': 5},
    choices=json.dumps(choices),
    architecture=architecture.to_json(),
    canonical_key=architecture.canonical_key(),
  )
  assert result.differences[-1].startswith('Proposal 5, of call ')


def test_a_log_probability_that_was_changed(run_dir):
  numbers = dict(fakes.content(run_dir)['trials'][5].numbers)
  numbers['log_probs'] = [numbers['log_probs'][0] + 1e-15, 1 / 3]
  result = change(run_dir, 'trials', {'trial': 5}, numbers=json.dumps(numbers))
  assert result.differences[0].startswith('Proposal 5, of call ')


def test_a_state_that_was_changed(run_dir):
  result = change(run_dir, 'lessons', {'learn': 3}, digest='0' * 64)
  assert result.differences == (
    'After policy update 3 the controller is in another state than was logged.',
  )
  assert result.policy_updates == 3


def test_a_reward_that_was_changed(run_dir):
  content = fakes.content(run_dir)
  reward = content['trials'][5].reward
  result = change(run_dir, 'trials', {'trial': 5}, reward=reward + 0.25)
  assert result.differences[0] == (
    f'Trial 5: its reward is {reward + 0.25}, that of what was measured '
    f'{reward}.'
  )


@pytest.mark.parametrize(
  ('changes', 'difference'),
  [
    ({'canonical_key': 'x'}, 'its key is not that of its architecture.'),
    ({'choices': '[0, 0]'}, 'its choices are not of the space: '),
    ({'seed': 1}, 'its seed is not the one that belongs to it.'),
    ({'status': 'timeout'}, 'it is timeout, which its measurement belies.'),
    (
      {'status': 'crashed', 'measurement': None, 'reward': 0.5},
      'it is crashed with the reward 0.5.',
    ),
    ({'source_trial': 7}, 'it is a duplicate of a trial that is not before it'),
    ({'source_trial': 0}, 'it is not a duplicate of its source.'),
  ],
)
def test_a_trial_that_breaks_a_rule(run_dir, changes, difference):
  result = change(run_dir, 'trials', {'trial': 5}, **changes)
  assert result.differences[0].startswith(f'Trial 5: {difference}')


def test_a_duplicate_with_an_outcome_of_its_own(run_dir):
  duplicate = next(
    trial
    for trial in fakes.content(run_dir)['trials']
    if trial.source_trial is not None and trial.reward is not None
  )
  result = change(run_dir, 'trials', {'trial': duplicate.trial_id}, reward=0.99)
  assert result.differences[0] == (
    f'Trial {duplicate.trial_id}: its outcome is not that of its source, trial '
    f'{duplicate.source_trial}.'
  )


def test_trials_that_were_learned_twice(run_dir):
  lessons = fakes.content(run_dir)['lessons']
  result = change(
    run_dir, 'lessons', {'learn': 2}, trials=json.dumps(lessons[0][0])
  )
  assert (
    'The trials were not learned once each in the order in which they settled.'
  ) in result.differences


def test_settling_with_a_gap(run_dir):
  result = change(run_dir, 'trials', {'trial': 5}, settled_as=99)
  assert (
    'The settled trials are not numbered in the order of settling.'
  ) in result.differences


def _better_later(trial):
  """Goes better the later a trial comes, so that names change."""
  outcome = _evaluate(trial)
  if outcome.measurement is None:
    return outcome
  values = {'closeness': trial.trial_id / 20}
  return dataclasses.replace(outcome, measurement=Measurement(values))


@pytest.fixture
def named(tmp_path):
  """Returns a run in which the best was named twice, and what was named.

  What was named first is not what is the best of all that came later.
  """
  for trials in (12, 20):
    fakes.run_search(
      tmp_path,
      fakes.Controller(3),
      fakes.Workers(_better_later),
      trials=trials,
      facts={'reward': 'closeness'},
      best_by='predicted',
    )
  with contextlib.closing(fakes.read(tmp_path)) as log:
    first, second = [e for e in log.events() if e['kind'] == 'named']
  assert first['detail']['trial'] < second['detail']['trial']
  assert verified(tmp_path, fakes.Controller(3)).agrees
  return tmp_path, (first, second)


def renamed(named, place, **changes):
  """Returns the differences once one of the names has been changed."""
  run_dir, events = named
  event = events[place]
  detail = json.dumps({**event['detail'], **changes})
  with fakes.edited(run_dir) as rows:
    rows.update('events', {'event': event['event']}, {'detail': detail})
  return verified(run_dir, fakes.Controller(3)).differences


@pytest.mark.parametrize('place', [0, 1])
@pytest.mark.parametrize('trial', [6, 9, 99, '"><b>', None])
def test_another_name_than_that_of_the_rules(named, place, trial):
  right = named[1][place]['detail']
  assert renamed(named, place, trial=trial) == (
    f'Trial {trial!r} was named the best of {right["settled"]} settled trials, '
    f'which by prediction is trial {right["trial"]}.',
  )


@pytest.mark.parametrize('settled', [0, -1, 12, 1000, '12', None, [3]])
def test_a_name_that_was_given_at_no_end_of_a_search(named, settled):
  first, _ = named[1]
  count = sum(
    trial.status.settled for trial in fakes.content(named[0])['trials']
  )
  assert first['detail']['settled'] >= 12
  assert renamed(named, 1, settled=settled) == (
    f'The best was named after {settled!r} settled trials, which is not '
    f'between {first["detail"]["settled"] + 1} and {count}.',
  )
