"""Numbers of workers, compared: kept, read back and summed up."""

import math

import pytest

from nasnet_search.benchmark import tables
from nasnet_search.benchmark.asynchrony import Asynchrony, Reached, reached
from nasnet_search.benchmark.search_run import Query
from nasnet_search.benchmark.simulation import Simulated
from nasnet_search.cells.errors import UserError
from tests.benchmark.test_study import study_of, table

__all__ = ['table']


def query(reward, report):
  return Query(reward, report, False, 1, 0.5, ())


# The report is that of the best reward, wherever it leads.
SEARCH = Simulated(
  2,
  (query(1, 90), query(3, 80), query(2, 99), query(4, 95)),
  (0.0, 0.0, 10.0, 20.0),
  (10.0, 20.0, 30.0, 40.0),
)


@pytest.mark.parametrize(
  ('target', 'best', 'expected'),
  [
    (90, None, Reached(1, 10.0)),
    (91, None, Reached(4, 40.0)),
    (99, None, Reached(math.inf, math.inf)),
    (10, 100, Reached(1, 10.0)),
    (6, 100, Reached(4, 40.0)),
    (4, 100, Reached(math.inf, math.inf)),
  ],
)
def test_when_something_good_enough_was_found(target, best, expected):
  assert reached(SEARCH, target, best) == expected


def test_a_row_of_the_table():
  heading = tables.worker_heading(6, regret=True)
  row = tables.worker_row('random', [SEARCH, SEARCH], 6, 100)
  shown = dict(zip(heading, row, strict=True))
  # 70 of 80 seconds were used; until 20, when the last began, all of 40.
  assert shown['idle'] == '12.50% ± 0.00%'
  assert shown['idle before the end'] == '0.00% ± 0.00%'
  assert shown['queries to regret 6'] == '4'
  assert shown['hours to it'] == '0.0111'
  assert shown['reached'] == '100%'
  assert shown['ms/query'] == '125.0'
  never = tables.worker_row('random', [SEARCH], 4, 100)
  assert never[5:8] == [tables._UNKNOWN, tables._UNKNOWN, '0%']


def test_searches_are_kept_and_not_made_again(table, tmp_path):
  study = study_of(table, tmp_path / 'out', controllers=('local_search',))
  simulated = Asynchrony(study, (1, 3))
  told = []
  simulated.run(1, lambda *step: told.append(step))
  assert told[-1] == (4, 4)
  for workers in (1, 3):
    searches = simulated.results('local_search', workers)
    assert [len(search.queries) for search in searches] == [6, 6]
    assert [search.workers for search in searches] == [workers] * 2
    # Durations are drawn by seed and number, so both take their own time.
    assert searches[0].finished != searches[1].finished
  files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob('*.csv')}
  assert len(files) == 4 + 1  # The table itself is one.
  told = []
  simulated.run(1, lambda *step: told.append(step))
  assert told == [(4, 4)]
  assert files == {path: path.stat().st_mtime_ns for path in files}
  one, three = (simulated.results('local_search', w)[0] for w in (1, 3))
  assert one.idle < three.idle
  assert max(three.finished) < max(one.finished)


@pytest.mark.parametrize('workers', [0, 7])
def test_workers_that_could_do_nothing_are_refused(table, tmp_path, workers):
  study = study_of(table, tmp_path / 'out')
  with pytest.raises(UserError, match=f'--queries, 6. Received: {workers}'):
    Asynchrony(study, (1, workers)).run(1, lambda *step: None)
  assert not (tmp_path / 'out').exists()
