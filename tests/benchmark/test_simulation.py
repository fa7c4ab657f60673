"""Simulated workers: clocks that can be checked by hand."""

import numpy as np
import pytest

from nasnet_search.benchmark import simulation
from nasnet_search.benchmark.simulation import simulate
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.table_space import TableSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Measurement, Proposal

SPACE = TableSpace(('a',), [tuple(str(n) for n in range(50))])


class InOrder:
  """Proposes 0, 1, 2, …; proposing and learning take some time each."""

  batch_size = 1

  def __init__(self):
    self.learned, self.asked = [], []

  def propose(self, first_index, count, pending):
    self.asked.append((count, [p.index for p in pending]))
    return [Proposal(i, (i,)) for i in range(first_index, first_index + count)]

  def learn(self, lessons):
    self.learned += [lesson.reward for lesson in lessons]


class Timed:
  """Takes 10 s for even and 20 s for odd ones."""

  default_reward = 'table'

  def evaluate(self, request, context):
    number = int(dict(request.architecture.items)['a'])
    seconds = 20.0 if number % 2 else 10.0
    return Measurement({'reward': number, 'predicted_seconds': seconds})


def clock_of(seconds):
  """Returns a clock that goes on by so much whenever it is asked."""
  times = iter(np.arange(1e6) * seconds)
  return lambda: float(next(times))


def run(queries, workers, own=0.0, controller=None):
  controller = controller or InOrder()
  return simulate(
    SPACE, controller, Timed(), 0, queries, workers, clock_of(own)
  )


def test_one_worker_is_never_idle():
  done = run(4, 1)
  assert done.finished == (10, 30, 40, 60)
  assert done.idle == done.idle_before_end == 0


def test_workers_do_not_wait_for_each_other():
  controller = InOrder()
  done = run(6, 2, controller=controller)
  # One does 0, 2, 3 and the other 1, 4, 5.
  assert done.finished == (10, 20, 20, 30, 40, 50)
  assert controller.learned == [0, 1, 2, 4, 3, 5]
  assert done.idle == pytest.approx(1 - 90 / 100)
  # Until 30, when the last one was begun, both had something to do.
  assert done.begun == (0, 0, 10, 20, 20, 30)
  assert done.idle_before_end == 0
  assert controller.asked[0] == (2, [])
  assert controller.asked[1] == (1, [1])


def test_the_time_of_the_coordinator_is_charged():
  done = run(2, 1, own=3.0)
  # Proposing takes 3 s, learning and proposing again 6 s.
  assert done.finished == (13, 39)
  assert done.idle == pytest.approx(1 - 30 / 39)
  assert done.idle_before_end == pytest.approx(1 - 10 / 19)
  assert [query.seconds for query in done.queries] == [3, 9]


def test_who_ends_while_the_coordinator_is_busy_is_served_together():
  controller = InOrder()
  done = run(5, 3, own=6.0, controller=controller)
  # Proposing 0, 1, 2 takes until 6. 0 and 2 end at 16, 1 at 26: while the
  # first two are learned, until 28, it waits for them.
  assert done.finished[:3] == (16, 16, 26)
  assert controller.asked == [(3, []), (2, [])]


def test_durations_are_lognormal_where_nobody_knows_them():
  class Untimed(Timed):
    def evaluate(self, request, context):
      return Measurement({'reward': 1.0})

  space = TableSpace(('a',), [tuple(str(n) for n in range(3000))])
  done = simulate(space, InOrder(), Untimed(), 0, 2000, 1, clock_of(0))
  logs = np.log(np.diff(done.finished, prepend=0) / 60)
  assert abs(np.mean(logs)) < 0.04
  assert np.std(logs) == pytest.approx(simulation.SIGMA, rel=0.05)


def test_more_workers_than_there_is_to_do_are_refused():
  with pytest.raises(UserError, match=r'the 3 architectures.*Received: 4'):
    run(3, 4)


def test_it_ends_when_nothing_new_is_proposed():
  config = ControllerConfig(controller='random')
  controller = make_controller(SPACE, config, 0)
  done = simulate(SPACE, controller, Timed(), 0, 60, 8, clock_of(0))
  assert 40 <= len(done.queries) <= 50


@pytest.mark.parametrize('predictor', ['none', 'gaussian_process'])
def test_a_real_controller_learns_from_whatever_has_settled(predictor):
  space = TableSpace(('a', 'b'), [tuple(str(n) for n in range(40))] * 2)

  class Sum(Timed):
    def evaluate(self, request, context):
      values = dict(request.architecture.items)
      return Measurement({'reward': float(values['a']) + float(values['b'])})

  config = ControllerConfig(
    controller='random', predictor=predictor, controller_batch_size=1
  )
  controller = make_controller(space, config, 0)
  done = simulate(space, controller, Sum(), 0, 40, 8, clock_of(0))
  assert len(done.queries) == 40
  assert list(done.finished) == sorted(done.finished)
