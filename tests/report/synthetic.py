"""Makes run directories that look like those of searches, without searching.

Everything goes through `RunStore`, as it does in a search. Times are made up
by a clock of their own: an attempt takes about 20 seconds.
"""

import contextlib
import dataclasses
import hashlib
import math
import pathlib
import types
from unittest import mock

import numpy as np

from nasnet_search.cells import zoo
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices
from nasnet_search.config import RunConfig, SearchConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.runs import proposing
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Measurement, Origin, Status

SPACE = NASNetSpace()
BEGIN = 1_760_000_000.0
"""When the first start begins: 2025-10-09 08:53:20 UTC."""
INITIAL_DIGEST = hashlib.sha256(b'initial').hexdigest()
VERSIONS = {'nasnet_search': '0.1.0', 'python': '3.11.9', 'keras': '3.15.0'}
FAILURES = (
  (Status.DIVERGED, 'The loss became NaN or infinite in epoch 2 of 5.'),
  (Status.TIMEOUT, 'The child took longer than 60 seconds (--trial_timeout).'),
  (Status.INVALID, 'Expected at most 200,000 parameters. Received: {n},412.'),
  (Status.CRASHED, 'The worker process ended with exit code -9.'),
)


@dataclasses.dataclass
class Clock:
  """Says what time it is, in place of the module `time`."""

  now: float = BEGIN

  def time(self) -> float:
    """Returns the time; some milliseconds pass."""
    self.now += 0.01
    return self.now


def config(
  path: pathlib.Path, trials: int, controller: str = 'ppo', **evaluator: str
) -> SearchConfig:
  return SearchConfig(
    controller=ControllerConfig(controller=controller),
    evaluator=EvaluatorConfig(**evaluator),
    run=RunConfig(run_dir=str(path), trials=trials),
  )


def dataset() -> DatasetRecord:
  return DatasetRecord(
    name='digits',
    class_names=tuple(map(str, range(10))),
    image_shape=(8, 8, 1),
    mean=(0.3053,),
    std=(0.3760,),
    resampling='area',
    train_images=1078,
    validation_images=359,
    test_images=360,
    test_origin='a fifth of the images, drawn by split_seed',
    split_seed=0,
  )


def measurement(rng: np.random.Generator, skill: float) -> Measurement:
  """Returns what training a child might measure; skill is from 0 to 1."""
  final = 0.35 + 0.6 * skill + rng.normal(0, 0.012)
  epochs = np.arange(1, 6)
  accuracy = 0.1 + (min(final, 0.995) - 0.1) * (1 - np.exp(-0.75 * epochs))
  accuracy += rng.normal(0, 0.006, len(epochs))
  curves = {
    'validation_accuracy': tuple(accuracy.tolist()),
    'validation_loss': tuple((2.4 * (1.02 - accuracy)).tolist()),
    'training_loss': tuple((2.2 * (1.0 - 0.96 * accuracy)).tolist()),
  }
  values = {name: curve[-1] for name, curve in curves.items()}
  parameters = float(rng.integers(9_000, 60_000))
  return Measurement(
    values={
      **values,
      'validation_accuracy_best': max(curves['validation_accuracy']),
      'seconds': 14 + parameters / 4_000,
      'seconds_startup': 4.2,
      'images_per_second': 400 + 1e7 / parameters,
      'parameters': parameters,
      'multiply_adds': parameters * 61,
    },
    curves=curves,
  )


class Maker:
  """Writes a run as a search would.

  Args:
    path: The directory of the run.
    settings: Its configuration.
    seed: What makes this run differ from others.
  """

  def __init__(
    self, path: pathlib.Path, settings: SearchConfig, seed: int = 0
  ) -> None:
    self.directory = RunDirectory(path)
    self.rng = np.random.default_rng(seed)
    self.clock = Clock()
    self.settled = 0
    path.mkdir(parents=True, exist_ok=True)
    evaluator = settings.evaluator.evaluator
    facts = {
      'defining': _plain(settings.defining()),
      'reward': 'accuracy' if evaluator == 'child' else 'closeness',
      'initial_digest': INITIAL_DIGEST,
    }
    if evaluator == 'child':
      facts['dataset'] = dataset().to_dict()
    with self.time():
      architectures = (zoo.load('nasnet_a'), self.architecture()[1])
      references = [
        proposing.new_trial(index, Origin.REFERENCE, architecture, seed)
        for index, architecture in enumerate(architectures)
      ]
      self.store = RunStore.create(self.directory.log, facts, references)
      # These runs need not survive a power cut.
      self.store._file.connection.execute('PRAGMA synchronous=OFF')
      operational = _plain(settings.operational())
      self.store.add_start(operational, VERSIONS)
    self.next_trial = len(references)

  @contextlib.contextmanager
  def time(self):
    """Puts the clock in place of the time of day."""
    stand_in = types.SimpleNamespace(time=self.clock.time)
    with (
      mock.patch('nasnet_search.runs.store.time', stand_in),
      mock.patch('nasnet_search.runs.proposing.time', stand_in),
    ):
      yield

  def architecture(self):
    choices = random_choices(SPACE, self.rng)
    return choices, SPACE.decode(choices)

  def propose(self) -> TrialRecord:
    """Logs a new trial; returns it."""
    choices, architecture = self.architecture()
    with self.time():
      trial = dataclasses.replace(
        proposing.new_trial(
          self.next_trial, Origin.PROPOSED, architecture, 0, choices
        ),
        proposal=self.next_trial - 2,
        numbers={'log_probs': (-0.25,) * len(choices), 'version': 0},
      )
      self.store.add_trials([trial])
    self.next_trial += 1
    return trial

  def duplicate(self, source: TrialRecord) -> None:
    """Logs a proposal that equals a settled trial."""
    with self.time():
      trial = dataclasses.replace(
        source,
        trial_id=self.next_trial,
        proposal=self.next_trial - 2,
        source_trial=source.trial_id,
        attempts=0,
        settled_as=self.settled,
        settled_at=self.clock.time(),
        started_at=None,
      )
      self.store.add_trials([trial])
    self.next_trial += 1
    self.settled += 1

  def add_many(self, count: int) -> None:
    """Logs settled trials of 40 architectures; every 20th has failed."""
    known = [self.architecture() for _ in range(40)]
    results = [measurement(self.rng, index / 40) for index in range(40)]
    trials = []
    for index in range(count):
      choices, architecture = known[index % 40]
      failed = index % 20 == 7
      result = results[(index * 7) % 40]
      trials.append(
        TrialRecord(
          trial_id=self.next_trial + index,
          origin=Origin.PROPOSED,
          proposal=index,
          choices=choices,
          numbers={},
          architecture=architecture,
          canonical_key=f'key {index}',
          seed=index,
          status=Status.DIVERGED if failed else Status.COMPLETED,
          attempts=1,
          reward=0.1 if failed else result.values['validation_accuracy'],
          measurement=None if failed else result,
          message=f'It diverged at step {index}.' if failed else '',
          settled_as=self.settled + index,
          created_at=BEGIN,
          started_at=BEGIN + 20 * index,
          settled_at=BEGIN + 20 * index + 15,
        )
      )
    self.store.add_trials(trials)
    self.next_trial += count
    self.settled += count

  def begin(self, trial: int) -> None:
    """Logs that the first attempt at a trial begins."""
    with self.time():
      self.store.start_attempt(trial, 1)

  def settle(
    self,
    trial: int,
    result: Measurement | tuple[Status, str],
    reward: float | None = None,
  ) -> None:
    """Logs the outcome of a trial that has begun."""
    self.clock.now += float(self.rng.uniform(12, 30))
    status, message = Status.COMPLETED, ''
    if isinstance(result, tuple):
      (status, message), result = result, None
      reward = 0.1 if status.chance_level else None
    elif reward is None:
      reward = result.values['validation_accuracy']
    with self.time():
      self.store.settle(
        [trial],
        status,
        reward=reward,
        measurement=result,
        message=message,
        settled_as=self.settled,
        attempt=1,
      )
    self.settled += 1

  def learn(self, trials: list[int], mean: float) -> str:
    """Logs a policy update; returns its digest."""
    updates = len(self.store.lessons()) + 1
    digest = hashlib.sha256(str(updates).encode()).hexdigest()
    diagnostics = {
      'entropy': 1.53 - 0.05 * updates + float(self.rng.normal(0, 0.01)),
      'approximate_kl': abs(float(self.rng.normal(0.012, 0.004))),
      'clip_fraction': abs(float(self.rng.normal(0.11, 0.03))),
      'gradient_norm': abs(float(self.rng.normal(0.4, 0.1))),
      'reward_mean': mean,
      'baseline': 0.5 + 0.35 * (1 - math.exp(-updates / 4)),
      'reward_deviation': 0.12,
      'updates': float(updates),
    }
    with self.time():
      self.store.add_lesson(trials, diagnostics, digest)
    return digest

  def close(self) -> pathlib.Path:
    """Closes the log; returns the directory."""
    self.store.close()
    return self.directory.path


def make_run(
  path: pathlib.Path, trials: int = 60, *, goal: int | None = None
) -> pathlib.Path:
  """Writes a search by PPO with failures and duplicates; returns its path.

  Every 9th trial fails, every 15th is followed by a duplicate, and the
  references are worth about 0.87 and 0.71.

  Args:
    path: The directory of the run.
    trials: Trials to settle, references and duplicates not counted.
    goal: `--trials` of the search; `trials` by default.
  """
  maker = Maker(path, config(path, goal or trials))
  for trial, skill in ((0, 0.9), (1, 0.63)):
    maker.begin(trial)
    maker.settle(trial, measurement(maker.rng, skill))
  batch: list[float] = []
  for index in range(1, trials + 1):
    trial = maker.propose()
    maker.begin(trial.trial_id)
    if index % 9 == 0:
      status, message = FAILURES[(index // 9) % len(FAILURES)]
      maker.settle(trial.trial_id, (status, message.format(n=200 + index)))
      continue
    skill = 0.45 + 0.4 * index / trials + maker.rng.normal(0, 0.14)
    result = measurement(maker.rng, float(np.clip(skill, 0, 1)))
    maker.settle(trial.trial_id, result)
    batch.append(result.values['validation_accuracy'])
    if index % 15 == 0:
      maker.duplicate(maker.store.trials([trial.trial_id])[0])
    if len(batch) == 10:
      maker.learn([trial.trial_id], float(np.mean(batch)))
      batch = []
  return maker.close()


def _plain(settings):
  return {
    name: list(value) if isinstance(value, tuple) else value
    for name, value in settings.items()
  }
