"""Children given up early within a search: whom they are compared with."""

from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.protocol import Silent
from nasnet_search.runs import opening
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.loop import Parts, SearchLoop
from nasnet_search.trials import Measurement, Origin
from nasnet_search.workers.attempt import run_attempt
from tests.runs import fakes

_PROXY = ProxyConfig(early_stopping=0.5, early_stopping_after=3)
# What the children of trials 0, 1, 2, ... reach after each of three epochs.
_CURVES = [
  (0.3, 0.4, 0.5),
  (0.1, 0.5, 0.6),
  (0.2, 0.3, 0.4),
  (0.1, 0.9, 0.9),  # Below .2, the median of .1 .2 .3: stopped after one.
  (0.2, 0.3, 0.8),  # Below .4, the median of .3 .4 .5: stopped after two.
  (0.4, 0.4, 0.7),
  (0.24, 0.9, 0.9),  # The median of .1 .2 .3 .4 is .25.
]


def _train(trial):
  """Trains a child with the learning curve of its trial."""

  def evaluate(request, context):
    curve = _CURVES[trial.trial_id]
    taken = 0
    for taken, accuracy in enumerate(curve, start=1):
      if not context.report(taken, {'validation_accuracy': accuracy}):
        break
    values = {'closeness': curve[taken - 1]}
    return Measurement(values, {'validation_accuracy': curve[:taken]})

  return run_attempt(evaluate, trial, Silent())


def _search(path, trials, proxy=_PROXY):
  """Runs or continues a search; returns the trials as workers got them."""
  directory = RunDirectory(path)
  config = fakes.config_of(path, trials=trials)
  directory.create()
  choices = [fakes.choices_of(n) for n in range(len(_CURVES))]
  controller = fakes.Controller(1, choices)
  if not directory.exists:
    opening.create(directory, config, {}, [])
  run = opening.open_run(directory, config, {}, controller)
  workers = fakes.Workers(_train)
  parts = Parts(
    space=fakes.SPACE,
    controller=controller,
    evaluator=fakes.Evaluator(),
    workers=workers,
    store=run.store,
    reward='closeness',
    seed=config.goal.seed,
    proxy=proxy,
  )
  try:
    SearchLoop(parts, config.run, run, []).run()
  finally:
    run.store.close()
  return workers.submitted


def _stopped(path):
  return [
    record.measurement.values.get('stopped_after_epoch')
    for record in fakes.read(path).trials()
    if record.origin is Origin.PROPOSED
  ]


def test_hopeless_children_are_stopped_by_those_trained_in_full(tmp_path):
  trials = _search(tmp_path, 7)
  assert _stopped(tmp_path) == [None, None, None, 1, 2, None, 1]
  assert [trial.thresholds for trial in trials[:3]] == [()] * 3
  # Those that were stopped are compared with by nobody.
  assert trials[4].thresholds == trials[3].thresholds == (0.2, 0.4)
  assert trials[6].thresholds == (0.25, 0.4)


def test_what_was_stopped_is_learned_as_far_as_it_got(tmp_path):
  _search(tmp_path, 5)
  rewards = [record.reward for record in fakes.read(tmp_path).trials()]
  assert rewards[3:5] == [0.1, 0.3]


def test_a_continued_search_stops_the_same_children(tmp_path):
  whole = _search(tmp_path / 'whole', 7)
  parts = [*_search(tmp_path / 'cut', 4), *_search(tmp_path / 'cut', 7)]
  assert [x.thresholds for x in parts] == [x.thresholds for x in whole]
  assert _stopped(tmp_path / 'cut') == _stopped(tmp_path / 'whole')


def test_nobody_is_stopped_unless_asked_for(tmp_path):
  trials = _search(tmp_path, 7, ProxyConfig())
  assert {trial.thresholds for trial in trials} == {()}
  assert _stopped(tmp_path) == [None] * 7
