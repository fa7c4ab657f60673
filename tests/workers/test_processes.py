"""Worker processes: what they are given, how long they live, how they end."""

import json
import os
import subprocess
import sys
import threading

import pytest

from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses
from nasnet_search.workers.watchdog import Watchdog
from nasnet_search.workers.worker_process import WorkerProcess
from tests.workers.misbehaving import Behaviour
from tests.workers.processes import alive, children, descriptors, gone

TELLING = """
import os
from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.trials import Measurement

EVALUATORS.register('telling', 'telling:Telling')
NAMES = (
  'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'CUDA_VISIBLE_DEVICES'
)
SEEN = {name: float(os.environ[name] or -1) for name in NAMES}


class Telling:
  def __init__(self, *parts):
    pass

  def evaluate(self, request, context):
    if request.seed:
      os.abort()
    return Measurement(SEEN)
"""


@pytest.fixture
def telling(tmp_path, monkeypatch, make_spec):
  """Returns the spec of an evaluator that tells its environment."""
  (tmp_path / 'telling.py').write_text(TELLING)
  monkeypatch.syspath_prepend(tmp_path)
  return make_spec('telling', 'telling')


def test_a_worker_serves_one_trial_after_another(
  processes, make_trial, run_one, pids_of
):
  workers = processes(workers=1)
  first = pids_of(workers)
  run_one(workers, make_trial(1, Behaviour.RAISE))
  run_one(workers, make_trial(1, Behaviour.DIVERGE))
  assert pids_of(workers) == first


def test_the_coordinator_keeps_its_one_thread(processes, make_trial, run_one):
  before = threading.active_count()
  workers = processes(workers=2)
  run_one(workers, make_trial(0, Behaviour.COMPLETE))
  run_one(workers, make_trial(0, Behaviour.DIE_BY_SIGKILL))
  assert threading.active_count() == before


def test_a_worker_hears_no_ctrl_c_of_the_terminal(processes, pids_of):
  """The terminal sends it to the session of the coordinator."""
  (pid,) = pids_of(processes(workers=1))
  assert os.getsid(pid) == pid != os.getsid(0)


def test_a_break_costs_its_own_slot_only(processes, make_trial, wait_for):
  workers = processes(workers=2)
  workers.submit(make_trial(0, Behaviour.WAIT))
  workers.submit(make_trial(1, Behaviour.DIE_BY_SIGKILL))
  outcomes = {each.trial.trial_id: each for each in wait_for(workers, 2)}
  assert outcomes[0].status is Status.COMPLETED
  assert outcomes[1].status is Status.CRASHED


@pytest.mark.parametrize(
  'behaviour',
  [
    Behaviour.COMPLETE,
    Behaviour.HANG_HOLDING_THE_GIL,
    Behaviour.HANG_IGNORING_SIGTERM,
    Behaviour.STOP,
    Behaviour.FORK_AND_HANG,
  ],
  ids=lambda each: each.name,
)
@pytest.mark.parametrize('wait', [0.0, 0.5], ids=['starting', 'running'])
def test_closing_ends_all_processes_whatever_they_do(
  spec, make_trial, behaviour, wait
):
  before, opened = children(), descriptors()
  workers = LocalProcesses(spec, WorkersConfig(workers=2))
  workers.submit(make_trial(1, behaviour))
  workers.submit(make_trial(2, Behaviour.WAIT))
  workers.settled(wait)
  assert len(children() - before) >= 3  # Two workers and the watchdog.
  workers.close()
  assert gone(children() - before)
  assert descriptors() == opened


def test_a_trial_may_be_cancelled_while_its_worker_starts(
  processes, make_trial, run_one
):
  before = children()
  workers = processes(workers=1)
  for n in range(3):
    trial = make_trial(n, Behaviour.HANG)
    workers.submit(trial)
    workers.cancel(trial)
  outcome = run_one(workers, make_trial(9, Behaviour.COMPLETE))
  assert (outcome.trial.trial_id, outcome.status) == (9, Status.COMPLETED)
  assert len(children() - before) == 2  # A worker and the watchdog.


def test_closing_before_anything_has_started(spec):
  before = children()
  LocalProcesses(spec, WorkersConfig(workers=2)).close()
  assert children() == before


def test_closing_twice(spec):
  workers = LocalProcesses(spec, WorkersConfig(workers=2))
  workers.close()
  workers.close()


@pytest.mark.parametrize(
  ('part', 'method'), [(WorkerProcess, 'end'), (Watchdog, 'watch')]
)
def test_an_interruption_while_a_worker_is_replaced_leaves_no_process(
  processes, make_trial, pids_of, monkeypatch, part, method
):
  """A second Ctrl-C is raised wherever the coordinator is."""

  def interrupt(*arguments):
    raise KeyboardInterrupt

  def serve_without_end():
    for n in range(100):
      workers.submit(make_trial(n, Behaviour.RUN_OUT_OF_MEMORY))
      workers.settled(10.0)

  before = children()
  workers = processes(workers=2)
  pids_of(workers)
  workers.submit(make_trial(0, Behaviour.HANG))
  with monkeypatch.context() as patch:
    patch.setattr(part, method, interrupt)
    with pytest.raises(KeyboardInterrupt):
      serve_without_end()
  workers.close()
  assert gone(children() - before)


def test_no_process_to_be_had_is_a_crash(
  processes, make_trial, run_one, pids_of, monkeypatch
):
  """And not the end of the search: there may be one again."""
  workers = processes(workers=1)

  def refuse(*arguments, **keywords):
    raise BlockingIOError(11, 'Resource temporarily unavailable')

  opened = descriptors()
  with monkeypatch.context() as patch:
    patch.setattr(subprocess, 'Popen', refuse)
    outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.CRASHED
  assert outcome.message == (
    'No worker process could be started: [Errno 11] Resource temporarily '
    'unavailable.'
  )
  assert descriptors() == opened
  assert len(pids_of(workers)) == 1


def test_a_worker_that_cannot_be_watched_is_ended(
  processes, make_trial, run_one, monkeypatch
):
  ended = []

  def refuse(self, session):
    raise BlockingIOError(11, 'Resource temporarily unavailable')

  def forget(self, session):
    assert not alive(session)
    ended.append(session)

  workers = processes(workers=1)
  monkeypatch.setattr(Watchdog, 'watch', refuse)
  monkeypatch.setattr(Watchdog, 'forget', forget)
  outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.CRASHED
  assert len(ended) == 1


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('', "'misbehaving'"),
    ('raise ImportError("of no use")', 'of no use'),
    ('import sys; sys.exit("enough")', 'SystemExit: enough'),
  ],
)
def test_an_evaluator_that_cannot_be_made_is_heard_of(
  processes,
  tmp_path,
  monkeypatch,
  make_spec,
  make_trial,
  run_one,
  text,
  message,
):
  """Not when the workers start, where nobody listens, but with each trial."""
  (tmp_path / 'plugin_of_no_use.py').write_text(text)
  monkeypatch.syspath_prepend(tmp_path)
  broken = make_spec('misbehaving', 'plugin_of_no_use')
  workers = processes(of=broken, workers=1)
  for _ in range(2):
    outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
    assert outcome.status is Status.CRASHED
    assert message in outcome.message


@pytest.mark.parametrize('gpus', [('5', '7'), ()], ids=['two GPUs', 'no GPU'])
def test_a_slot_keeps_its_gpu_and_threads_when_its_worker_is_replaced(
  processes, telling, make_trial, run_one, wait_for, gpus
):
  """They are set before anything of a plugin is imported."""
  workers = processes(of=telling, workers=2, threads_per_worker=3, gpus=gpus)

  def seen():
    for n in range(2):
      workers.submit(make_trial(n, 0))
    outcomes = wait_for(workers, 2)
    return sorted(tuple(each.measurement.values.values()) for each in outcomes)

  expected = [(3.0, 3.0, float(gpu)) for gpu in gpus or (-1, -1)]
  assert seen() == expected
  for number in (1, 2):  # A crash of the first slot, then one of both.
    for n in range(number):
      workers.submit(make_trial(n, 1))
    statuses = {each.status for each in wait_for(workers, number)}
    assert statuses == {Status.CRASHED}
    assert seen() == expected


def test_modules_of_the_current_directory_hide_none_of_pythons(
  processes, tmp_path, monkeypatch, make_trial, run_one
):
  for name in ('json', 'random', 'select', 'signal', 'queue'):
    (tmp_path / f'{name}.py').write_text('raise RuntimeError("a decoy")')
  monkeypatch.chdir(tmp_path)
  outcome = run_one(processes(workers=1), make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.COMPLETED


def test_a_script_needs_no_guard_against_its_own_workers(tmp_path):
  script = tmp_path / 'script.py'
  script.write_text(
    'import json, sys\n'
    'from nasnet_search.config import *\n'
    'from nasnet_search.search import search\n'
    'config = SearchConfig(\n'
    '  controller=ControllerConfig(controller="random"),\n'
    '  evaluator=EvaluatorConfig(evaluator="cost"),\n'
    '  workers=WorkersConfig(workers=2),\n'
    '  run=RunConfig(run_dir=sys.argv[1], trials=3),\n'
    ')\n'
    'print(json.dumps(search(config).progress.charged))\n'
  )
  done = subprocess.run(
    [sys.executable, str(script), str(tmp_path / 'run')],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert json.loads(done.stdout) == 3
