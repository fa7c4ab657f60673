"""A training of seconds that has in it whatever is random or has a state.

Run as a program it trains, and kills itself if it is told to:
  python -m tests.training.small SETTINGS.json [step NUMBER | flush NUMBER]
With the environment variable CPUS the processor is as many devices.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]

SETTINGS = {
  'data': 'digits',
  'train_images': 96,
  'validation_images': 40,
  'crop_padding': 1,
  'flip': True,
  'cutout': 3,
  'repeats': 1,
  'filters': 4,
  'reductions': 1,
  'drop_path_keep': 0.6,
  'dropout': 0.3,
  'auxiliary_head': 'before_last_reduction',
  'epochs': 3,
  'batch_size': 32,
  'learning_rate': 0.05,
  'warmup_epochs': 1.0,
  'weight_decay': 5e-4,
  'label_smoothing': 0.1,
  'average_decay': 0.9,
  'checkpoint_steps': 2,
  'seed': 3,
}
"""Three epochs of three steps, and a checkpoint in the middle of some."""


QUICK = {
  'epochs': 1,
  'reductions': 0,
  'auxiliary_head': 'none',
  'drop_path_keep': 1.0,
  'dropout': 0.0,
  'average_decay': 0.0,
}
"""What makes it a training of a moment, with less to trace."""


def config(settings, **others):
  """Returns the configuration of settings by flag name."""
  from nasnet_search.training.config import TrainConfig

  return TrainConfig.of({**settings, **others})


def last_arrays(model_dir):
  """Returns the arrays of the last checkpoint by name."""
  folder = sorted((pathlib.Path(model_dir) / 'checkpoints').glob('step_*'))[-1]
  with np.load(folder / 'arrays.npz') as file:
    return {name: file[name] for name in file.files}


def differing(first, second):
  """Returns the names of the arrays that differ in any bit."""
  assert first.keys() == second.keys()
  return [
    name
    for name, array in first.items()
    if array.tobytes() != second[name].tobytes()
  ]


def killer(step):
  """Returns a callback that ends this process after a number of steps."""
  import keras

  class Killer(keras.callbacks.Callback):
    taken = 0

    def on_train_batch_end(self, batch, logs=None):
      self.taken += 1
      if self.taken == step:
        os.kill(os.getpid(), signal.SIGKILL)

  return Killer()


def kill_in_flush(number):
  """Ends this process in the midst of saving a checkpoint."""
  from nasnet_search.training import checkpoints

  flush, calls = os.fsync, []

  def fsync(descriptor):
    flush(descriptor)
    calls.append(descriptor)
    if len(calls) == number:
      os.kill(os.getpid(), signal.SIGKILL)

  checkpoints.os.fsync = fsync


def start(settings, folder, *moment, **environment):
  """Starts a training in a process of its own.

  Args:
    settings: Its settings.
    folder: Where to write them down.
    *moment: When it kills itself: `step` or `flush`, and a number.
    **environment: Further environment variables.
  """
  file = folder / 'settings.json'
  file.write_text(json.dumps(settings))
  return subprocess.Popen(
    [sys.executable, '-m', 'tests.training.small', file, *map(str, moment)],
    cwd=ROOT,
    env={**os.environ, **environment},
    stderr=subprocess.PIPE,
    text=True,
  )


def main(path, *moment):
  """Trains as a file of settings says."""
  from nasnet_search.training.train import train

  if 'CPUS' in os.environ:
    import tensorflow as tf

    device = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(
      tf.config.list_physical_devices('CPU')[0],
      [device] * int(os.environ['CPUS']),
    )
  callbacks = []
  if moment[:1] == ('flush',):
    kill_in_flush(int(moment[1]))
  elif moment:
    callbacks = [killer(int(moment[1]))]
  train(config(json.loads(pathlib.Path(path).read_text())), callbacks)


if __name__ == '__main__':
  main(*sys.argv[1:])
