"""A search without TensorFlow: a space of 100 cells, and parts to order.

The controller's proposals depend on everything it has learned, so that a
search that was continued wrongly proposes something else.
"""

import collections
import contextlib
import dataclasses
import hashlib
import itertools
import json
import zlib

from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.config import RunConfig, SearchConfig, SpaceConfig
from nasnet_search.evaluators.protocol import Refused
from nasnet_search.randomness import generator
from nasnet_search.runs import opening
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.log_file import LogFile
from nasnet_search.runs.loop import Parts, SearchLoop
from nasnet_search.runs.reading import RunReader
from nasnet_search.trials import Measurement, Outcome, Proposal, Status

SPACE_CONFIG = SpaceConfig(
  blocks=1, operations=('identity', 'conv_1x1'), combinations=('add',)
)
SPACE = NASNetSpace(1, ('identity', 'conv_1x1'), ('add',))
# A side of a block is an input and an operation; the two sides of the one
# block may be swapped: 10 cells, a pair of which is an architecture.
SIDES = ((0, 0), (0, 1), (1, 0), (1, 1))
CELLS = tuple(itertools.combinations_with_replacement(SIDES, 2))


def choices_of(number):
  """Returns the choices of one of the 100 architectures."""
  choices = ()
  for cell in divmod(number % 100, 10):
    (input_1, operation_1), (input_2, operation_2) = CELLS[cell]
    choices += (input_1, input_2, operation_1, operation_2, 0)
  return choices


def swapped(choices):
  """Returns other choices of the same architecture, if there are any."""
  one, two, three, four, five = choices[:5]
  return (two, one, four, three, five, *choices[5:])


def value_of(architecture):
  """Returns what an architecture is worth: any fixed number in [0, 1)."""
  return zlib.crc32(architecture.canonical_key().encode()) / 2**32


def completed(trial):
  """Returns the outcome of an evaluation that went well."""
  values = {'closeness': value_of(trial.architecture)}
  return Outcome(trial, Status.COMPLETED, Measurement(values), seconds=0.5)


def failed(trial, status=Status.CRASHED, message='it broke'):
  """Returns the outcome of one that did not."""
  return Outcome(trial, status, None, message)


class Controller:
  """Proposes what a script says, or else something that depends on its state.

  Args:
    batch_size: Lessons in one call of `learn`.
    script: The first choices that are proposed.
    of: How many architectures the others are chosen from.

  Attributes:
    calls: First index, count and pending indices of each `propose`.
    learned: What was learned: for each call, index and reward of each lesson.
  """

  def __init__(self, batch_size=3, script=(), of=100):
    self.batch_size = batch_size
    self.calls = []
    self.learned = []
    self._script = script
    self._of = of

  def propose(self, first_index, count, pending):
    indices = [proposal.index for proposal in pending]
    self.calls.append((first_index, count, indices))
    state = zlib.crc32(self.save())
    return [
      Proposal(
        index,
        self._choices(index, state),
        {'log_probs': (-0.1 * index, 1 / 3), 'state': state},
      )
      for index in range(first_index, first_index + count)
    ]

  def learn(self, lessons):
    self.learned.append(
      [[lesson.proposal.index, lesson.reward] for lesson in lessons]
    )

  def diagnostics(self):
    return {'calls': float(len(self.learned))}

  def save(self):
    return json.dumps(self.learned).encode()

  def load(self, state):
    self.learned = json.loads(state)

  def _choices(self, index, state):
    if index < len(self._script):
      return self._script[index]
    rng = generator(state, 'proposal', index)
    return choices_of(int(rng.integers(self._of)))


class Evaluator:
  """Checks architectures and knows chance level; evaluates nothing."""

  name = 'fake'
  default_reward = 'closeness'

  def __init__(self, refused=()):
    self._refused = {SPACE.decode(choices) for choices in refused}

  def check(self, architecture):
    if architecture in self._refused:
      raise Refused('Expected it smaller.')

  def chance(self):
    return {'closeness': 0.125}


class Workers:
  """Values a trial when asked for outcomes, the oldest first.

  Args:
    evaluate: From a trial to its outcome.
    capacity: How many trials it takes at a time.

  Attributes:
    submitted: All trials it was given.
  """

  def __init__(self, evaluate=completed, capacity=1):
    self.capacity = capacity
    self.submitted = []
    self._evaluate = evaluate
    self._running = collections.deque()

  def submit(self, trial):
    assert len(self._running) < self.capacity
    self.submitted.append(trial)
    self._running.append(trial)

  def settled(self, timeout):
    del timeout
    return [self._evaluate(self._running.popleft())] if self._running else []


def config_of(path, **settings):
  """Returns the configuration of a search in the small space."""
  run = RunConfig(run_dir=str(path), **settings)
  return SearchConfig(space=SPACE_CONFIG, run=run)


def run_search(
  path,
  controller,
  workers,
  evaluator=None,
  *,
  first=(),
  facts=None,
  watch=(),
  **settings,
):
  """Starts a search in a directory or goes on with it.

  Args:
    path: The directory.
    controller: A new controller.
    workers: Where to evaluate.
    evaluator: Checks architectures.
    first: The trials of a new run that come before the controller's own.
    facts: What else a new run is, by name.
    watch: Observers.
    **settings: Fields of `RunConfig`, such as `trials`.

  Returns:
    Why the search ended.
  """
  directory = RunDirectory(path)
  config = config_of(path, **settings)
  directory.create()
  if not directory.exists:
    opening.create(directory, config, facts or {}, list(first))
  run = opening.open_run(directory, config, {}, controller)
  parts = Parts(
    space=SPACE,
    controller=controller,
    evaluator=evaluator or Evaluator(),
    workers=workers,
    store=run.store,
    reward='closeness',
    seed=config.goal.seed,
  )
  try:
    return SearchLoop(parts, config.run, run, list(watch)).run()
  finally:
    run.store.close()


def read(path):
  """Returns the log of a run, to be read."""
  return RunReader(RunDirectory(path).log)


@contextlib.contextmanager
def edited(path):
  """Yields the rows of a log, to be changed so that no checksum tells."""
  file = LogFile(RunDirectory(path).log)
  with contextlib.closing(file), file.transaction() as rows:
    yield rows


def content(path):
  """Returns what a log says of a search, less the times."""
  store = read(path)
  trials = [
    dataclasses.replace(
      trial,
      attempts=0,
      created_at=0.0,
      started_at=None,
      settled_at=None,
      measurement=trial.measurement and _untimed(trial.measurement),
    )
    for trial in store.trials()
  ]
  lessons = [(each['trials'], each['digest']) for each in store.lessons()]
  calls = [
    (each['first_index'], each['count'], each['pending'], each['learned'])
    for each in store.proposal_calls()
  ]
  store.close()
  return {'trials': trials, 'lessons': lessons, 'calls': calls}


def _untimed(measurement):
  """Returns a measurement without how long it took."""
  times = (
    'seconds',
    'seconds_startup',
    'images_per_second',
    'words_per_second',
  )
  return dataclasses.replace(
    measurement,
    values={
      name: value
      for name, value in measurement.values.items()
      if name not in times
    },
  )


def digest(controller):
  """Returns the SHA-256 of a controller's state, in hexadecimal."""
  return hashlib.sha256(controller.save()).hexdigest()
