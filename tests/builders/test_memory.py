"""Memory by hand, on graphs small enough to follow with a finger."""

import pathlib
import subprocess
import sys

import pytest

from nasnet_search.builders import memory
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.primitives import (
  Add,
  AveragePool,
  BatchNormalization,
  Convolution,
  Image,
  MaxPool,
  Node,
  Relu,
)
from nasnet_search.cells import zoo

NORM = BatchNormalization(0.9, 1e-5)
BENCHMARK = pathlib.Path(__file__).parents[1] / 'benchmarks/step_memory.py'


def graph(*nodes):
  return [
    Node(name, primitive, inputs, ()) for name, primitive, inputs in nodes
  ]


CHAIN = graph(
  ('image', Image((2, 2, 1)), ()),
  ('convolution', Convolution(1, (1, 1)), ('image',)),
  ('norm', NORM, ('convolution',)),
  ('relu', Relu(), ('norm',)),
  ('pool', AveragePool(3), ('relu',)),
)


def test_training_keeps_what_gradients_read():
  # The image for the kernel, the convolution for the normalisation, the ReLU
  # for itself. Neither the normalisation nor the pool is read again. On top
  # comes the largest one, which is being written.
  sizes = [3, 10, 100, 1000, 10_000]
  assert memory.training_values(CHAIN, sizes) == 3 + 10 + 1000 + 10_000


def test_training_keeps_both_sides_of_a_max_pool():
  nodes = [*CHAIN[:3], *graph(('pool', MaxPool(3), ('norm',)))]
  sizes = [3, 10, 100, 1000]
  assert memory.training_values(nodes, sizes) == 3 + 10 + 100 + 1000 + 1000


def test_inference_holds_two_neighbours_of_a_chain():
  sizes = [1, 10, 100, 7, 50]
  assert memory.inference_values(CHAIN, sizes) == 110


def test_inference_holds_what_is_still_to_be_read():
  nodes = graph(
    ('image', Image((2, 2, 1)), ()),
    ('a', Relu(), ('image',)),
    ('b', Relu(), ('a',)),
    ('c', Relu(), ('b',)),
    ('sum', Add(), ('c', 'a')),
  )
  # While c is computed, b and a are held; with the sum, c and a.
  assert memory.inference_values(nodes, [1, 20, 300, 4000, 5]) == 4320


def test_bytes_by_hand():
  # 4 bytes a value, 18 % more than asked for, 4 copies of each weight.
  assert memory.training_bytes(1000, 50, 10) == 47_200 + 800
  assert memory.inference_bytes(1000, 50, 10) == 47_200 + 200


def test_memory_grows_with_the_batch_and_the_weights_do_not():
  config = NetworkConfig((32, 32, 3), 10)
  one, two, four = (
    network_cost(zoo.load('nasnet_a'), config, batch_size=batch)
    for batch in (1, 2, 4)
  )
  for name in 'training_bytes', 'inference_bytes':
    values = [getattr(each, name) for each in (one, two, four)]
    assert values[2] - values[1] == pytest.approx(
      2 * (values[1] - values[0]), abs=4
    )
    assert values[0] > 2 * values[0] - values[1] > 0
  assert one.trainable_parameters == four.trainable_parameters


@pytest.mark.slow
def test_the_estimate_is_near_what_training_takes():
  """The benchmark on 20 networks: each within 25 %."""
  done = subprocess.run(
    [sys.executable, str(BENCHMARK)], capture_output=True, text=True, check=True
  )
  rows = [line.split() for line in done.stdout.splitlines()[1:-1]]
  assert len(rows) == 20
  for row in rows:
    assert 0.75 < float(row[-1]) < 1.25, done.stdout
