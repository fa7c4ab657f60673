"""What is trained: defaults of a run, recipes, and the published networks."""

import dataclasses

import pytest

from nasnet_search.builders.cost import network_cost
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.config import RunConfig, SearchConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetFacts
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.flags import flagfiles, train_flags
from nasnet_search.search import search
from nasnet_search.training import subject
from nasnet_search.training.config import SubjectConfig, TrainConfig
from nasnet_search.workers.config import WorkersConfig


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  """The directory of a search that trained nothing."""
  path = tmp_path_factory.mktemp('run') / 'run'
  search(
    SearchConfig(
      controller=ControllerConfig(controller='random'),
      evaluator=EvaluatorConfig(evaluator='cost'),
      data=DataConfig(data='digits', train_images=99, split_seed=4),
      run=RunConfig(run_dir=str(path), trials=2),
      workers=WorkersConfig(workers=0),
    )
  )
  return path


def test_a_run_gives_the_cell_and_the_data(run):
  config = subject.completed({'run_dir': str(run), 'flip': True})
  assert config.data == DataConfig(data='digits', split_seed=4, flip=True)
  architecture, source = subject.read_subject(config.subject)
  assert source == str(run)
  best = zoo.load_architecture(run / 'best_architecture.json')
  assert architecture == best
  # --architecture names another cell, but the data stay.
  config = subject.completed(
    {'run_dir': str(run), 'architecture': 'darts_v2', 'split_seed': 5}
  )
  assert config.data.split_seed == 5
  assert subject.read_subject(config.subject)[0] == zoo.load('darts_v2')


def test_a_directory_that_is_no_run(tmp_path):
  with pytest.raises(UserError, match='Expected RUN_DIR to be the directory'):
    subject.completed({'run_dir': str(tmp_path)})
  with pytest.raises(UserError, match='Expected a run that has a best archite'):
    subject.read_subject(SubjectConfig(architecture=str(tmp_path)))


def test_settings_of_a_later_version():
  with pytest.raises(UserError, match=r"Received: 'later'\. Install a newer"):
    TrainConfig.of({'later': 1})


def test_training_on_all_images_and_on_some():
  with pytest.raises(UserError, match='Expected no --train_images with'):
    TrainConfig.of({'train_on_validation': True, 'train_images': 5})


def given(*arguments):
  """Returns what flags say, parsed apart from absl's global ones."""
  train_flags.VALUES.unparse_flags()
  for name in train_flags.VALUES:
    flag = train_flags.VALUES[name]
    flag.value, flag.present = flag.default, 0
  train_flags.VALUES(flagfiles.resolve(['program', *arguments]))
  return train_flags.given()


def test_flags_are_the_fields_and_only_given_ones_count():
  fields = {
    field.name
    for part in dataclasses.fields(TrainConfig)
    for field in dataclasses.fields(part.default)
  }
  assert fields <= set(train_flags.VALUES)
  assert len(fields) > 50
  assert given() == {}
  assert given('--epochs=7', '--noflip', '--plugin=a,b') == {
    'epochs': 7,
    'flip': False,
    'plugin': ('a', 'b'),
  }


def test_what_defines_a_training_starts_it_again(tmp_path):
  config = TrainConfig.of(given('--flagfile=imagenet_large', '--seed=5'))
  flagfiles.write(tmp_path / 'again.flags', config.defining(), '')
  again = TrainConfig.of(given(f'--flagfile={tmp_path / "again.flags"}'))
  assert again == config


# Counts: reference tables of nasnet_a, which are those of keras.applications
# for ImageNet. The auxiliary head is left out, as in print.
@pytest.mark.parametrize(
  ('recipe', 'size', 'classes', 'parameters'),
  [
    ('cifar10_final', 32, 10, 3_346_538),
    ('imagenet_mobile', 224, 1000, 5_289_978),
    ('imagenet_large', 331, 1000, 88_753_150),
  ],
)
def test_recipes_are_those_of_the_published_networks(
  recipe, size, classes, parameters
):
  config = TrainConfig.of(given(f'--flagfile={recipe}'))
  architecture = zoo.load('nasnet_a')
  facts = DatasetFacts('x', tuple(map(str, range(classes))), (size, size, 3))
  network = subject.network_config(
    architecture, config.stack, config.init, facts
  )
  published = zoo.entry('nasnet_a').network(
    network.skeleton, network.repeats, network.filters
  )
  for name, value in published.options.items():
    expected = value if name != 'stem_filters' else network.stem
    assert getattr(network, name) == expected, name
  assert network.auxiliary_head == 'before_last_reduction'
  plain = dataclasses.replace(network, auxiliary_head='none')
  cost = network_cost(architecture, plain)
  assert cost.trainable_parameters == parameters


def test_the_steps_of_slim():
  # slim, cifar_config: 937,500 steps of 32 images are 600 epochs of 50,000.
  recipe = TrainConfig.of(given('--flagfile=cifar10_final')).recipe
  assert recipe.epochs * 50_000 // recipe.batch_size == 937_500
  # Learning rate 0.04 * 50 for a batch of 50 * 32.
  recipe = TrainConfig.of(given('--flagfile=imagenet_mobile')).recipe
  assert recipe.scaled_learning_rate == pytest.approx(2.0 * 256 / 1600)


def test_unknown_reading():
  with pytest.raises(UserError, match='Expected --reading to be empty or one'):
    TrainConfig.of({'reading': 'mine'})
