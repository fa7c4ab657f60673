"""Searches that value their best again, and what the log says of them."""

import contextlib
import zlib

from nasnet_search.runs.logged_run import LoggedRun
from nasnet_search.runs.verification import verify
from nasnet_search.trials import Measurement, Origin, Outcome, Status
from tests.runs import fakes


def noisy(trial):
  """Values an architecture with noise that the seed of the trial decides."""
  noise = zlib.crc32(str(trial.seed).encode()) / 2**32 - 0.5
  value = fakes.value_of(trial.architecture) + 0.4 * noise
  return Outcome(trial, Status.COMPLETED, Measurement({'closeness': value}))


def search(path, trials, top=3, repeats=2, evaluate=noisy, **named):
  """Searches; returns why it ended and all trials."""
  workers = named.pop('workers', None) or fakes.Workers(evaluate)
  reason = fakes.run_search(
    path,
    fakes.Controller(3, of=40),
    workers,
    trials=trials,
    confirm_top=top,
    confirm_repeats=repeats,
    snapshot_interval=2,
    facts={'reward': 'closeness'},
    **named,
  )
  return reason, trials_of(path)


def trials_of(path):
  with contextlib.closing(fakes.read(path)) as log:
    return log.trials()


def confirmations(trials):
  return [trial for trial in trials if trial.origin is Origin.CONFIRMATION]


def best(trials, count):
  """Returns the ids of the best of the trials that found something."""
  found = [trial for trial in trials if trial.candidate and trial.reward]
  found.sort(key=lambda trial: -trial.reward)
  return [trial.trial_id for trial in found[:count]]


def agrees(path):
  with contextlib.closing(fakes.read(path)) as log:
    run = LoggedRun.of(log)
  return verify(run, fakes.Controller(3, of=40), fakes.SPACE, 0).differences
