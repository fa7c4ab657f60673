"""Processes that train children of one side, when told.

Each side has processes of its own: two of these libraries in one process get
into each other's way, and threads are set once a process.
"""

import dataclasses
import importlib
import json
import resource
import subprocess
import sys

import numpy as np
import workload


class Worker:
  """A process that trains children of one side when told."""

  def __init__(self, side, threads, images, data_path):
    command = [sys.executable, __file__, side, str(threads), str(images)]
    self._process = subprocess.Popen(
      [*command, data_path],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
    )

  def begin(self, **request):
    """Tells it to do something: the arguments of `_child` or `_losses`."""
    self._process.stdin.write(json.dumps(request) + '\n')
    self._process.stdin.flush()

  def result(self):
    """Waits for the result and returns it."""
    line = self._process.stdout.readline()
    if not line:
      raise RuntimeError('A worker has ended; its message is above.')
    return json.loads(line)

  def close(self):
    """Ends the process."""
    self._process.stdin.close()
    self._process.wait()


def _work(side, threads, images, data_path):
  """Does what it is told on standard input."""
  module = importlib.import_module(f'side_{side}')
  module.prepare(int(threads))
  data = workload.load(data_path, int(images))
  runner = module.Side(data, workload.data_config(data_path, int(images)))
  for line in sys.stdin:
    request = json.loads(line)
    act = {'child': _child, 'losses': _losses}[request.pop('act')]
    print(json.dumps(act(runner, data, **request)), flush=True)


def _child(runner, data, architecture, proxy, seed, steps):
  """Trains a child; returns its `workload.Report` as a mapping."""
  del data
  graph = workload.graph_of(architecture, proxy)
  report = runner.run(graph, seed, steps or None)
  usage = resource.getrusage(resource.RUSAGE_SELF)
  report.peak = usage.ru_maxrss / 1024
  return dataclasses.asdict(report)


def _losses(runner, data, architecture, proxy, steps):
  """Returns the losses of steps on one batch, from weights equal for all."""
  from nasnet_search.builders.backpropagation.weights import WeightLayout

  graph = workload.graph_of(architecture, proxy)
  weights = WeightLayout(graph).initial_parameters(0)
  record = data.record
  pixels = (data.train_images[: workload.BATCH] / 255).astype(np.float32)
  pixels = (pixels - np.float32(record.mean)) / np.float32(record.std)
  labels = data.train_labels[: workload.BATCH]
  return runner.first_losses(graph, weights, pixels, labels, steps)


if __name__ == '__main__':
  _work(*sys.argv[1:])
