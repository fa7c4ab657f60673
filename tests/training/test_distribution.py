"""Several devices train as one does, up to rounding.

Batch normalisation takes its statistics over the images of each device, which
is another computation than one device's; so these tests synchronise it. Then
only the order in which numbers are added differs.
"""

import csv
import json
import pathlib
import socket

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.training.train import train
from tests.training import small

TOLERANCE = 2e-4
"""Of losses, relative: rounding errors of float32 grow from step to step."""


@pytest.fixture
def one_step_epochs(settings):
  """Settings whose figures of each epoch are those of one step."""
  return settings | {
    'train_images': 32,
    'epochs': 5,
    'sync_batch_norm': True,
    'checkpoint_steps': 100,
    # Less to trace: each device has a graph of its own.
    'reductions': 0,
    'auxiliary_head': 'none',
  }


def losses(model_dir):
  """Returns the training and validation loss of every step."""
  with (pathlib.Path(model_dir) / 'metrics.csv').open() as file:
    return np.array(
      [
        [float(row[name]) for name in ('training_loss', 'validation_loss')]
        for row in csv.DictReader(file)
      ]
    )


def test_two_devices_train_as_one_does(one_step_epochs, tmp_path):
  process = small.start(
    one_step_epochs | {'distribution': 'mirrored'}, tmp_path, CPUS='2'
  )
  one = tmp_path / 'one'
  train(small.config(one_step_epochs, model_dir=str(one)))
  assert process.communicate()
  assert not process.returncode
  two = one_step_epochs['model_dir']
  assert len(losses(one)) == 5
  np.testing.assert_allclose(losses(two), losses(one), rtol=TOLERANCE)
  record = json.loads((pathlib.Path(two) / 'trained_network.json').read_text())
  assert record['provenance']['replicas'] == 2


@pytest.mark.slow
def test_two_processes_train_as_one_does(one_step_epochs, tmp_path):
  ports = [free_port() for _ in range(2)]
  workers = [f'localhost:{port}' for port in ports]
  processes = []
  for index in range(2):
    task = {'type': 'worker', 'index': index}
    folder = tmp_path / str(index)
    folder.mkdir()
    processes.append(
      small.start(
        one_step_epochs | {'distribution': 'multi_worker'},
        folder,
        TF_CONFIG=json.dumps({'cluster': {'worker': workers}, 'task': task}),
      )
    )
  for process in processes:
    assert process.communicate(timeout=300)
    assert not process.returncode
  one = tmp_path / 'one'
  train(small.config(one_step_epochs, model_dir=str(one)))
  two = one_step_epochs['model_dir']
  np.testing.assert_allclose(losses(two), losses(one), rtol=TOLERANCE)


def free_port():
  """Returns a port of this machine that nobody listens to."""
  with socket.socket() as listener:
    listener.bind(('localhost', 0))
    return listener.getsockname()[1]


def test_machines_that_nobody_named(settings):
  with pytest.raises(UserError, match='Expected the environment variable TF_C'):
    train(small.config(settings, distribution='multi_worker'))
  assert not pathlib.Path(settings['model_dir']).exists()


def test_a_tpu_that_is_not_there(settings):
  with pytest.raises(UserError, match='Expected --tpu to name a TPU'):
    train(small.config(settings, distribution='tpu', tpu='local'))
