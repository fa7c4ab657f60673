"""The comparison finds who is ahead, and that nobody is where nobody is."""

import numpy as np
import pytest
from scipy import stats

from nasnet_search.benchmark import comparison, tables
from nasnet_search.benchmark.search_run import Query, run_search
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.table_space import TableSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.random_search import RandomSearch
from nasnet_search.evaluators.protocol import Refused
from nasnet_search.trials import Measurement, Proposal

SPACE = TableSpace(('a', 'b', 'c'), [tuple(str(n) for n in range(8))] * 3)
BEST = 21.0


class Sum:
  """Values choices by their sum; the first decision has all to itself."""

  default_reward = 'table'

  def evaluate(self, request, context):
    values = [int(value) for _, value in request.architecture.items]
    if values[0] == values[1] == 0:
      raise Refused('It is outside.')
    return Measurement({'reward': sum(values), 'report': 2.0 * sum(values)})

  def chance(self):
    return {'reward': 0.0, 'report': 0.0}


class Knowing(RandomSearch):
  """A controller that must win: it is told where the best is."""

  def propose(self, first_index, count, pending=()):
    proposals = super().propose(first_index, count, pending)
    return [
      Proposal(p.index, (7, *p.choices[1:]) if p.index % 4 else p.choices)
      for p in proposals
    ]


class OtherDice(RandomSearch):
  """A controller that must not win: chance, drawn with other dice."""

  def __init__(self, space, config, seed):
    super().__init__(space, config, seed + 1000)


def searches_of(controller, seeds, queries=30):
  config = ControllerConfig(controller='random', controller_batch_size=4)
  return [
    run_search(SPACE, controller(SPACE, config, seed), Sum(), seed, queries)
    for seed in range(seeds)
  ]


def standing_of(name, controller, seeds=40):
  searches = searches_of(controller, seeds)
  return comparison.standing(name, searches, 30, BEST, 2 * BEST)


def test_who_must_win_wins_and_who_must_not_does_not():
  chance = standing_of('random', RandomSearch)
  knowing = standing_of('knowing', Knowing)
  other = standing_of('other', OtherDice)
  for budget in (10, 20, 30):
    assert comparison.lead(knowing, chance, budget, regret=True).above_zero
    assert not comparison.lead(chance, knowing, budget, regret=True).above_zero
    for pair in ((other, chance), (chance, other)):
      assert not comparison.lead(*pair, budget, regret=True).above_zero


def test_nobody_is_ahead_of_himself():
  chance = standing_of('random', RandomSearch, 5)
  itself = comparison.lead(chance, chance, 30, regret=True)
  assert (itself.mean, itself.half_width) == (0, 0)
  assert not itself.above_zero


def test_chance_is_called_ahead_of_chance_in_a_fortieth_of_comparisons():
  """The interval holds what it promises: 2.5 % on either side."""
  rng = np.random.default_rng(0)
  ahead = sum(
    comparison.estimate(rng.normal(size=12)).above_zero for _ in range(4000)
  )
  # Four standard deviations of a binomial distribution.
  assert 0.015 < ahead / 4000 < 0.035


def test_an_estimate_is_that_of_the_textbook():
  values = np.array([1.0, 2.0, 4.0, 9.0])
  found = comparison.estimate(values)
  low, high = stats.t.interval(
    0.95, 3, loc=values.mean(), scale=stats.sem(values)
  )
  assert found.mean == 4
  assert found.mean - found.half_width == pytest.approx(low)
  assert found.mean + found.half_width == pytest.approx(high)
  assert comparison.estimate(values[:1]).half_width == 0


def query(reward, report, proposals=1, seconds=0.0, outside=False):
  return Query(reward, report, outside, proposals, seconds, ())


def test_what_is_reported_is_that_of_the_best_reward():
  search = [query(1, 70), query(3, 60), query(3, 90), query(2, 95)]
  done = comparison.standing('x', [search], 6, 3, 100)
  # Equal rewards change nothing, and the search ended early.
  np.testing.assert_array_equal(done.curves, [[30, 40, 40, 40, 40, 40]])
  assert done.to_best == 2
  assert done.reached == 1
  unknown = comparison.standing('x', [search], 6)
  np.testing.assert_array_equal(unknown.curves, [[70, 60, 60, 60, 60, 60]])
  assert unknown.to_best is unknown.reached is None


def test_what_queries_cost():
  one = [query(1, 1, 2, 0.1), query(0, 0, 6, 0.3, outside=True)]
  two = [query(1, 1, 1, 0.1), query(0, 0, 2, 0.1)]
  done = comparison.standing('x', [one, two], 2, 5, 5)
  assert (done.proposals, done.milliseconds, done.outside) == (2, 100, 0.25)
  assert (done.to_best, done.reached) == (None, 0)


def test_duplicates_are_learned_and_not_charged():
  class Repeating(RandomSearch):
    """Proposes each of its choices twice."""

    learned = ()

    def propose(self, first_index, count, pending=()):
      del pending
      return [
        Proposal(i, super(Repeating, self).propose(i // 2, 1)[0].choices)
        for i in range(first_index, first_index + count)
      ]

    def learn(self, lessons):
      self.learned += tuple(lessons)

  config = ControllerConfig(controller='random', controller_batch_size=4)
  controller = Repeating(SPACE, config, 0)
  found = run_search(SPACE, controller, Sum(), 0, 20)
  assert len(found) == 20
  assert len(controller.learned) >= 38
  pairs = [lesson.reward for lesson in controller.learned]
  assert pairs[::2] == pairs[1::2]
  assert found[-1].proposals > 38


def test_a_search_that_repeats_itself_ends():
  class Same(RandomSearch):
    def propose(self, first_index, count, pending=()):
      return [Proposal(first_index + i, (1, 2, 3)) for i in range(count)]

  config = ControllerConfig(controller='random')
  assert len(run_search(SPACE, Same(SPACE, config, 0), Sum(), 0, 20)) == 1


def test_what_is_outside_is_counted():
  outside = [
    q.outside for search in searches_of(RandomSearch, 20) for q in search
  ]
  assert 0 < sum(outside) < 60


def test_tables_say_who_leads():
  standings = [standing_of('knowing', Knowing), standing_of('c', RandomSearch)]
  heading, rows = tables.rows_of(standings, 30, regret=True)
  assert heading[:3] == ['controller', 'seeds', 'regret @25']
  assert [row[0] for row in rows] == ['knowing', 'c']
  assert all(len(row) == len(heading) for row in rows)
  heading, rows = tables.lead_rows(standings, 30, regret=True)
  assert heading == ['lead of knowing over', '@25']
  assert rows[0][1].endswith(' *')
  text = tables.csv_text(heading, rows)
  assert text.startswith('lead of knowing over,@25\nc,+')


def test_what_is_named_stays_until_the_next_name():
  search = [query(r, report=10 * r) for r in (1, 5, 3, 2, 4)]
  found = comparison.standing(
    'random', [search, search], 6, named=[{2: 0, 5: 4}, {2: 1, 5: 2}]
  )
  # Before the first name the best is that of the reward.
  np.testing.assert_array_equal(
    found.curves, [[10, 10, 10, 10, 40, 40], [10, 50, 50, 50, 30, 30]]
  )


def test_curves_are_drawn(tmp_path):
  figure = tables.curve_figure([standing_of('c', RandomSearch, 3)], regret=True)
  assert figure.axes[0].get_ylabel() == 'Regret'
  tables.save_figure(figure, tmp_path / 'curves.png')
  assert (tmp_path / 'curves.png').stat().st_size > 1000
  assert (tmp_path / 'curves.svg').exists()


def test_presets_are_controllers_and_settings_can_be_added():
  from nasnet_search.benchmark.presets import PRESETS, read_controller

  for name in PRESETS:
    read_controller(name)
  config = read_controller('evolution:evolution_sample=7:avoid_duplicates=true')
  assert (config.evolution_sample, config.avoid_duplicates) == (7, True)
  config = read_controller(
    'reinforce:replicas=4:children_per_replica=2:parameter_servers=3'
  )
  assert (config.replicas, config.children_per_replica) == (4, 2)
  assert config.parameter_servers == 3
  for text, message in (
    ('evolve', r"controller of a comparison.*random.*'evolve'"),
    ('random:size=3', r"setting of a controller.*Received: 'size'"),
    ('random:policy_units=x', r"policy_units to be like 64. Received: 'x'"),
    ('random:policy_units=0', r'--policy_units to be at least 1'),
    ('reinforce:parameter_servers=3', r'--replicas above 1 with --parameter'),
    ('random:avoid_duplicates=1', r"of: true, false. Received: '1'"),
  ):
    with pytest.raises(UserError, match=message):
      read_controller(text)
