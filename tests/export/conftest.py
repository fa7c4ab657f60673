"""What the tests of the export share: a small network trained on digits."""

import dataclasses
import shutil

import numpy as np
import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import load_data
from nasnet_search.training.trained_files import save_trained
from nasnet_search.training.trained_network import TrainedNetwork

CELL = Cell(
  (Block((0, 1), ('separable_conv_3x3', 'max_pool_3x3'), 'add'),), (2,)
)
ARCHITECTURE = Architecture(normal=CELL, reduction=CELL)


def make_trained(**changes):
  """Returns the record of a small network for digits."""
  data = load_data(DataConfig(data='digits'))
  return TrainedNetwork(
    architecture=changes.pop('architecture', ARCHITECTURE),
    network=NetworkConfig(
      data.record.image_shape, 10, filters=8, reductions=1, **changes
    ),
    dataset=data.record,
    data=DataConfig(data='digits'),
    recipe={'epochs': 3},
    seed=0,
    measures={'test_accuracy': 0.75},
    provenance={'architecture': 'by hand'},
  )


@pytest.fixture(scope='session')
def trained_dir(tmp_path_factory):
  """A model directory: a network trained on digits for some seconds."""
  import keras

  from nasnet_search.builders.network import build_network
  from nasnet_search.data.augmentation import normalize

  trained = make_trained()
  data = load_data(trained.data)
  model = build_network(trained.architecture, trained.network, seed=0)
  model.compile(
    keras.optimizers.SGD(0.1, momentum=0.9),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    jit_compile=False,
  )
  images = np.asarray(normalize(data.train_images, data.record))
  model.fit(images, data.train_labels, batch_size=64, epochs=3, verbose=0)
  directory = tmp_path_factory.mktemp('trained') / 'model'
  save_trained(directory, trained, model)
  return directory


@pytest.fixture
def model_dir(tmp_path, trained_dir):
  """A copy of it that a test may damage."""
  return shutil.copytree(trained_dir, tmp_path / 'model')


@pytest.fixture
def change_record(model_dir):
  """Changes fields of the record in `model_dir`."""
  import json

  from nasnet_search.training.trained_files import RECORD_FILE

  def change(part, **changes):
    path = model_dir / RECORD_FILE
    data = json.loads(path.read_text())
    data[part] |= changes
    path.write_text(json.dumps(data))

  return change


def replaced(trained, **changes):
  """Returns a record with another record of the data set."""
  dataset = dataclasses.replace(trained.dataset, **changes)
  return dataclasses.replace(trained, dataset=dataset)
