"""The model directory: what is in it, and that one training owns it.

training.json          what is trained: cells, network, data, recipe
architecture.json      the cells
defining.flags         a flagfile that starts the same training again
checkpoints/           where it can be taken up again
metrics.csv            what was measured, a row an epoch
train.log              what happened, as text
tensorboard/           the same for TensorBoard
trained_network.json   the trained network, and
trained.weights.h5     its weights, once training has ended
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.errors import UserError, located
from nasnet_search.flags import flagfiles
from nasnet_search.owned_directory import OwnedDirectory
from nasnet_search.runs.directory import replace_text
from nasnet_search.training.trained_files import RECORD_FILE, WEIGHTS_FILE
from nasnet_search.training.trained_network import TrainedNetwork


class ModelDirectory(OwnedDirectory):
  """Where one training keeps what it leaves behind.

  Args:
    path: The directory; it need not exist yet.
  """

  flag = '--model_dir'
  program = 'nasnet-train'
  lock_name = 'train.lock'

  @property
  def description(self) -> pathlib.Path:
    """What is trained here."""
    return self.path / 'training.json'

  @property
  def architecture(self) -> pathlib.Path:
    """The cells, as an architecture file."""
    return self.path / 'architecture.json'

  @property
  def flagfile(self) -> pathlib.Path:
    """The flagfile that reproduces the training."""
    return self.path / 'defining.flags'

  @property
  def checkpoints(self) -> pathlib.Path:
    """Folder of the checkpoints."""
    return self.path / 'checkpoints'

  @property
  def metrics(self) -> pathlib.Path:
    """What was measured, epoch by epoch."""
    return self.path / 'metrics.csv'

  @property
  def text_log(self) -> pathlib.Path:
    """What happened, as text."""
    return self.path / 'train.log'

  @property
  def tensorboard(self) -> pathlib.Path:
    """Folder of the TensorBoard event files."""
    return self.path / 'tensorboard'

  @property
  def exists(self) -> bool:
    """Whether a training has begun here."""
    return self.description.exists()

  @property
  def ended(self) -> bool:
    """Whether the trained network is here."""
    return (self.path / RECORD_FILE).exists()

  def check_free(self) -> None:
    """Raises unless a new training can be put here; changes nothing.

    Raises:
      UserError: The directory holds something else, or is not one.
    """
    self.check_no_file()
    if not self.path.is_dir():
      return
    # What a training leaves that was killed before it had described itself.
    files = self.description, self.architecture, self.flagfile
    beginnings = [self.lock_name]
    for file in files:
      beginnings += [file.name, f'.{file.name}.new']
    others = [
      entry.name
      for entry in self.path.iterdir()
      if entry.name not in beginnings
    ]
    if others:
      what = (
        'a trained network, but not what to train it further with'
        if {RECORD_FILE, WEIGHTS_FILE} & set(others)
        else 'other files'
      )
      raise UserError(
        'Expected --model_dir to be empty, new or the directory of a training. '
        f'Received: {self.path}, which holds {what}. Name another one.'
      )

  def describe(
    self, training: TrainedNetwork, defining: Mapping[str, Any]
  ) -> None:
    """Writes down what is trained here, and how to do so again.

    Args:
      training: What is trained; its measures are empty.
      defining: The defining settings, by flag name.
    """
    replace_text(self.architecture, training.architecture.to_json())
    flagfiles.write(
      self.flagfile,
      defining,
      'Defines this training. To do the same again, elsewhere:\n'
      '  nasnet-train --flagfile=THIS_FILE --architecture=architecture.json '
      '--model_dir=ANOTHER_DIRECTORY\n'
      'with the architecture.json beside this file.',
    )
    # The last one: with it a training has begun here.
    text = json.dumps(training.to_dict(), indent=2) + '\n'
    replace_text(self.description, text)

  def described(self) -> TrainedNetwork:
    """Returns what is trained here.

    Raises:
      UserError: It cannot be read.
    """
    try:
      text = self.description.read_text(encoding='utf-8')
      data = json.loads(text)
    # Too deep a nesting is a RecursionError, everything else a ValueError.
    except (OSError, ValueError, RecursionError) as error:
      raise UserError(
        f'Expected the description of a training. Received: '
        f'{self.description}, which cannot be read ({error}).'
      ) from error
    with located(str(self.description)):
      return TrainedNetwork.from_dict(data)


def unwritable(path: pathlib.Path, error: OSError) -> UserError:
  """Returns what to tell somebody whose disk refuses a training's files."""
  return UserError(
    'Expected --model_dir to be a directory that can be written. Received: '
    f'{path}: {error.strerror or error}. Free space, change its permissions or '
    'name another one. What was saved is whole: the same command goes on.'
  )
