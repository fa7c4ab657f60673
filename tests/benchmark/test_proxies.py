"""The study of proxies: what a proxy is worth, by hand; what is kept."""

import dataclasses

import numpy as np
import pytest

from nasnet_search.benchmark.proxies import ProxyStudy, usual_cells
from nasnet_search.benchmark.proxy_children import rewards_of
from nasnet_search.benchmark.proxy_quality import agreement, quality
from nasnet_search.benchmark.tables import proxy_rows
from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig, SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig


@pytest.fixture
def study(tmp_path):
  """A study whose children are counted, not trained."""
  config = SearchConfig(
    evaluator=EvaluatorConfig(evaluator='cost'),
    workers=WorkersConfig(workers=0),
  )
  return ProxyStudy(
    config=config,
    proxies=('filters=4', 'filters=4:repeats=2', 'given'),
    cells=('nasnet_a',),
    random_cells=4,
    seeds=2,
    folder=tmp_path / 'study',
  )


def test_trains_every_architecture_with_every_seed_in_every_proxy(study):
  seen = []
  study.run(lambda done, of: seen.append((done, of)))
  assert seen == [(done, 30) for done in range(31)]
  names = set(study.architectures())
  assert len(names) == 5
  assert 'nasnet_a' in names
  for proxy in study.proxies:
    children = study.children(proxy)
    assert {(child.architecture, child.seed) for child in children} == {
      (name, seed) for name in names for seed in (0, 1)
    }
    assert {child.status for child in children} == {Status.COMPLETED}
  heading, rows = proxy_rows(study)
  assert [row[0] for row in rows] == list(study.proxies)
  # The fullest agrees with itself, and counting has no noise.
  assert rows[-1][heading.index('tau with fullest')].startswith('1.00')
  assert float(rows[0][heading.index('noise')]) == 0


def test_goes_on_where_it_was_stopped(study):
  class Stopped(Exception):  # noqa: N818 - what a user does.
    pass

  def stop(done, of):
    if done == 7:
      raise Stopped

  with pytest.raises(Stopped):
    study.run(stop)
  kept = study.children('filters=4')
  assert len(kept) == 7
  seen = []
  study.run(lambda done, of: seen.append(done))
  assert seen == list(range(7, 31))
  assert study.children('filters=4')[:7] == kept
  more = dataclasses.replace(study, seeds=3)
  seen.clear()
  more.run(lambda done, of: seen.append(done))
  assert seen == list(range(30, 46))


def test_a_proxy_differs_in_what_it_names(study):
  config = study.config_of('epochs=1:train_images=50:flip=true')
  assert config.proxy == ProxyConfig(epochs=1)
  assert config.data == DataConfig(train_images=50, flip=True)
  assert study.config_of('given') == study.config


@pytest.mark.parametrize(
  ('proxy', 'message'),
  [
    ('epoch=1', 'Unknown setting of a proxy.*epochs.*Received: .epoch.'),
    ('epochs=many', 'Expected epochs to be like 3. Received: .many.'),
    ('epochs=0', 'epochs.*at least 1'),
    ('fullest', 'Unknown setting of a proxy'),
  ],
)
def test_names_what_is_no_proxy(study, proxy, message):
  wrong = dataclasses.replace(study, proxies=('given', proxy))
  with pytest.raises(UserError, match=message):
    wrong.run(lambda done, of: None)
  assert not study.folder.exists()


@pytest.mark.parametrize(
  ('space', 'cells'),
  [('nasnet', ('nasnet_a',)), ('recurrent_cell', ()), ('conv_chain', ())],
)
def test_cells_are_usual_where_cells_are_searched(space, cells):
  assert usual_cells(SearchConfig(space=SpaceConfig(space=space))) == cells


def test_cells_that_cannot_be_trained_are_told_before_any_child(study):
  limited = EvaluatorConfig(evaluator='cost', max_child_parameters=10)
  config = dataclasses.replace(study.config, evaluator=limited)
  wrong = dataclasses.replace(study, config=config)
  with pytest.raises(UserError, match=r'Received: nasnet_a\. .* at most 10 '):
    wrong.run(lambda done, of: None)
  assert not study.folder.exists()


def test_another_study_keeps_its_folder(study):
  study.run(lambda done, of: None)
  other = dataclasses.replace(study, random_cells=3)
  before = sorted(path.read_bytes() for path in study.folder.iterdir())
  with pytest.raises(UserError, match='Name another --out'):
    other.run(lambda done, of: None)
  assert before == sorted(p.read_bytes() for p in study.folder.iterdir())


def test_names_a_space_without_enough_architectures(study):
  config = dataclasses.replace(
    study.config,
    evaluator=EvaluatorConfig(evaluator='cost', max_child_parameters=1),
  )
  wrong = dataclasses.replace(study, config=config, cells=())
  with pytest.raises(UserError, match='4 random architectures that every'):
    wrong.run(lambda done, of: None)


def test_worth_by_hand():
  # Two seeds that are .02 apart: variance .0002 each.
  rewards = np.array([[0.50, 0.52], [0.60, 0.62], [0.70, 0.72], [0.65, 0.63]])
  fullest = np.array([[0.8, 0.8], [0.7, 0.7], [0.9, 0.9], [0.85, 0.85]])
  worth = quality(np.array([3.0, 1.0, 2.0]), rewards, fullest)
  assert worth.seconds == 2
  assert worth.noise == pytest.approx(np.sqrt(0.0002))
  # Means .51 .61 .71 .64; their variance less half of .0002.
  assert worth.spread == pytest.approx(
    np.sqrt(np.var([0.51, 0.61, 0.71, 0.64], ddof=1) - 0.0001)
  )
  # Of six pairs one is ordered otherwise: tau = (5 - 1) / 6.
  assert worth.with_fullest.tau == pytest.approx(4 / 6)
  # The seeds order .60 .65 and .62 .63 alike: all six pairs.
  assert worth.between_seeds == pytest.approx(1)


def test_what_crashed_is_left_out():
  rewards = np.array([[0.1], [0.2], [0.3], [np.nan]])
  fullest = np.array([[0.1], [0.2], [0.3], [0.0]])
  worth = quality(np.ones(4), rewards, fullest)
  assert worth.with_fullest.tau == 1
  assert np.isnan(worth.noise)
  assert np.isnan(worth.between_seeds)


def test_agreement_has_an_interval():
  draws = np.random.default_rng(0)
  first = draws.normal(size=200)
  found = agreement(first, first + draws.normal(size=200))
  assert found.lower < found.tau < found.upper
  # Kendall 1970: with correlation r of normal values tau is 2/pi asin(r).
  assert found.lower < 2 / np.pi * np.arcsin(np.sqrt(0.5)) < found.upper
  assert np.isnan(agreement(first[:2], first[:2]).tau)


def test_rewards_are_placed_by_architecture_and_seed(study):
  study.run(lambda done, of: None)
  names = list(study.architectures())
  children = study.children('given')
  rewards = rewards_of(children, names, 2)
  for child in children:
    assert rewards[names.index(child.architecture), child.seed] == child.reward
  assert np.isnan(rewards_of(children[:-1], names, 2)).sum() == 1
