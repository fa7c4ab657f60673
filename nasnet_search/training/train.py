"""A whole training as one call: `train(config)`.

Example:
  from nasnet_search.training.config import OutputConfig, SubjectConfig
  from nasnet_search.training.config import TrainConfig
  from nasnet_search.training.train import train

  result = train(
    TrainConfig(
      subject=SubjectConfig(architecture='nasnet_a'),
      output=OutputConfig(model_dir='models/mine'),
    )
  )
  print(result.trained.measures['test_accuracy'])

The call checks everything it was given before it writes anything. A training
that is in the directory already is continued, exactly: its weights come out
the same, bit by bit, as if it had not been interrupted, on the same device
and with as many threads.
"""

import contextlib
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet_search.training.config import TrainConfig
from nasnet_search.training.preparation import read_intent, set_up
from nasnet_search.training.trained_files import load_trained
from nasnet_search.training.trained_network import TrainedNetwork

if TYPE_CHECKING:
  import keras


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """What a training has come to.

  Attributes:
    model_dir: Where everything about it is kept.
    trained: The trained network; None if the training was interrupted.
  """

  model_dir: pathlib.Path
  trained: TrainedNetwork | None


def check(config: TrainConfig) -> None:
  """Checks what can be checked at once; `train` does so as well.

  Args:
    config: Everything about the training.

  Raises:
    UserError: The cells, the network or the directory are not as they should
      be; nothing was changed on disk.
  """
  read_intent(config)


def train(
  config: TrainConfig, callbacks: Sequence['keras.callbacks.Callback'] = ()
) -> TrainResult:
  """Trains a network, or goes on with it.

  Args:
    config: Everything about the training.
    callbacks: Callbacks of Keras, called as `keras.Model.fit` calls them.
      Their own state does not survive an interruption.

  Returns:
    What it has come to.

  Raises:
    UserError: Something given is wrong; nothing was changed on disk. Or the
      training diverged, or the disk refuses.
    KeyboardInterrupt: It was interrupted twice; the last checkpoint is kept.
  """
  intent = read_intent(config)
  directory = intent.directory
  setup = set_up(config, intent)
  if directory.ended:
    return TrainResult(directory.path, load_trained(directory.path))
  # Imported here, because it imports TensorFlow.
  from nasnet_search.training.start import Start

  start = Start(config, directory, setup, callbacks)
  with contextlib.ExitStack() as stack:
    if setup.replicas.is_chief:
      directory.create()
      directory.acquire()
      stack.callback(directory.release)
    trained = start.run()
  return TrainResult(directory.path, trained)
