"""A chain of layers is trained, kept and found again like cells."""

import numpy as np
import pytest

from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import Dropout
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import (
  Convolution,
  FullyConnected,
  LayerGraph,
  Pooling,
)
from nasnet_search.data.registry import DatasetFacts, load_data
from nasnet_search.training.config import InitConfig
from nasnet_search.training.plan import make_plan
from nasnet_search.training.planner import PlanConfig
from nasnet_search.training.stack_config import StackConfig
from nasnet_search.training.subject import network_config
from nasnet_search.training.train import check, train
from nasnet_search.training.trained_files import load_model, load_trained
from tests.training import small

CHAIN = LayerGraph(
  (Convolution(3, 8), Pooling(2, 2), FullyConnected(16)), 'softmax'
)


@pytest.fixture(scope='module')
def settings(tmp_path_factory):
  folder = tmp_path_factory.mktemp('chain')
  (folder / 'chain.json').write_text(CHAIN.to_json())
  return {
    **small.SETTINGS,
    **small.QUICK,
    'architecture': str(folder / 'chain.json'),
    'model_dir': str(folder / 'model'),
    'train_images': 400,
    'epochs': 10,
    'warmup_epochs': 0.0,
    'optimizer': 'adamw',
    'learning_rate': 0.01,
    'square_decay': 0.999,
    'crop_padding': 0,
    'flip': False,
    'cutout': 0,
  }


@pytest.fixture(scope='module')
def result(settings):
  return train(small.config(settings))


@pytest.mark.parametrize('share', [0.0, 0.4])
def test_dropout_between_layers_is_that_of_the_flag(share):
  facts = DatasetFacts('', tuple('abc'), (16, 16, 3))
  config = network_config(
    CHAIN, StackConfig(layer_dropout=share), InitConfig(), facts
  )
  nodes = network_graph(CHAIN, config).nodes
  rates = [
    node.primitive.rate for node in nodes if isinstance(node.primitive, Dropout)
  ]
  # One after every second of three layers; it is the last.
  assert rates == ([share] if share else [])


def test_a_chain_learns_and_is_kept(settings, result):
  trained = load_trained(result.model_dir)
  assert trained == result.trained
  assert trained.architecture == CHAIN
  assert trained.measures['test_accuracy'] > 0.5  # Chance is 0.1.
  data = load_data(small.config(settings).data)
  pixels = (data.test_images / 255 - trained.dataset.mean) / trained.dataset.std
  logits = load_model(result.model_dir).predict(
    pixels.astype(np.float32), verbose=0
  )
  accuracy = np.mean(logits.argmax(axis=-1) == data.test_labels)
  assert accuracy == pytest.approx(trained.measures['test_accuracy'])


def test_weights_for_images_of_another_size_are_refused(
  settings, result, tmp_path
):
  other = {
    **settings,
    'model_dir': str(tmp_path / 'other'),
    'image_size': 12,
    'init_weights': str(result.model_dir),
  }
  message = 'images of the same size, which its layer layer_2.fully_connected'
  with pytest.raises(UserError, match=message):
    train(small.config(other))
  assert not (tmp_path / 'other').exists()
  same = {**other, 'image_size': 8, 'epochs': 1}
  assert train(small.config(same)).trained is not None


def test_only_cells_are_planned(settings):
  aim = PlanConfig(plan=True, target_params=1e5)
  with pytest.raises(UserError, match="kind 'layer_graph'"):
    make_plan(small.config({**settings, 'model_dir': ''}), aim)


def test_what_no_network_is_built_of_is_refused(settings, tmp_path):
  from nasnet_search.cells.named_choices import NamedChoices

  path = tmp_path / 'choices.json'
  path.write_text(NamedChoices((('a', '1'),)).to_json())
  with pytest.raises(UserError, match=r"of: cells, .*kind 'choices'"):
    check(
      small.config({**settings, 'model_dir': '', 'architecture': str(path)})
    )
