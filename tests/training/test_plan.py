"""A whole plan: measured on this machine, and what is shown of it."""

import dataclasses
import io
import json

import pytest
from rich.console import Console

from nasnet_search.binaries.plan_tables import plan_data, show_plan
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.training.config import SubjectConfig, TrainConfig
from nasnet_search.training.plan import make_plan
from nasnet_search.training.planner import REPEATS, PlanConfig
from nasnet_search.training.recipe_config import RecipeConfig
from tests.training.test_planner import ARCHITECTURE


@pytest.fixture
def config(tmp_path):
  path = tmp_path / 'cell.json'
  path.write_text(ARCHITECTURE.to_json())
  return TrainConfig(
    subject=SubjectConfig(architecture=str(path)),
    recipe=RecipeConfig(epochs=3, batch_size=100),
  )


@pytest.fixture
def half_a_second(monkeypatch):
  from nasnet_search.training import measuring

  monkeypatch.setattr(
    measuring, 'step_time', lambda *_: measuring.StepTime(0.5, 50)
  )


def shown(plan):
  file = io.StringIO()
  show_plan(plan, Console(file=file, width=100))
  return file.getvalue()


def test_a_plan_with_a_step_that_was_measured(config):
  # So few that only N=2 and F=2 keeps to it.
  plan = make_plan(config, PlanConfig(plan=True, target_params=3500))
  assert [(row.repeats, row.filters) for row in plan.rows] == [(2, 2)]
  assert plan.chosen in plan.rows
  assert plan.measured_batch == 100
  assert 0 < plan.step_seconds < 60
  # Digits: 1,797 less 359 test and 288 validation images.
  assert (plan.train_images, plan.steps) == (1150, 33)
  assert plan.training_seconds == pytest.approx(33 * plan.step_seconds)
  assert plan.cost == network_cost(
    ARCHITECTURE, plan.chosen.config, batch_size=100
  )


def test_a_plan_without_images(config, half_a_second):
  config = dataclasses.replace(config, data=DataConfig(image_size=16))
  aim = PlanConfig(plan=True, target_params=20_000, plan_classes=7)
  plan = make_plan(config, aim)
  assert plan.chosen.config.image_shape == (16, 16, 3)
  assert plan.chosen.config.classes == 7
  assert (plan.train_images, plan.steps, plan.training_seconds) == (None,) * 3
  assert 'Training steps' in shown(plan)
  with pytest.raises(UserError, match='Expected --image_size with'):
    make_plan(dataclasses.replace(config, data=DataConfig()), aim)


def test_validation_images_that_are_trained_on_count(config, half_a_second):
  recipe = dataclasses.replace(config.recipe, train_on_validation=True)
  config = dataclasses.replace(config, recipe=recipe)
  plan = make_plan(config, PlanConfig(plan=True, target_params=20_000))
  assert (plan.train_images, plan.steps) == (1438, 42)


def test_latency_is_measured_once_for_each_network(
  config, half_a_second, monkeypatch
):
  from nasnet_search.training import measuring

  measured = []

  def latency(architecture, network):
    measured.append(network)
    return 0.5 * network.repeats * network.filters

  monkeypatch.setattr(measuring, 'latency_ms', latency)
  said = []
  aim = PlanConfig(plan=True, target_latency_ms=30)
  plan = make_plan(config, aim, said.append)
  assert len(measured) == len(set(measured))
  assert [row.repeats for row in plan.rows] == list(REPEATS)
  assert all(24 <= row.value <= 30 for row in plan.rows)
  chosen = plan_data(plan)['chosen']
  assert chosen['latency_ms'] == plan.chosen.value
  assert (
    f'N={chosen["repeats"]} F={chosen["filters"]}: {chosen["latency_ms"]:.3g} '
    'ms'
  ) in said
  assert 'at most 30 milliseconds for one image' in shown(plan)


def test_what_is_shown_and_printed(config, half_a_second):
  plan = make_plan(config, PlanConfig(plan=True, target_params=20_000))
  data = plan_data(plan)
  assert json.loads(json.dumps(data))['target_params'] == 20_000
  assert len(data['rows']) == 7
  chosen = data['chosen']
  assert chosen['trainable_parameters'] == max(
    row['trainable_parameters'] for row in data['rows']
  )
  assert data['training_seconds'] == 33 * 0.5
  text = shown(plan)
  for part in (
    'with at most 20,000 trainable parameters',
    f'{chosen["trainable_parameters"]:,}',
    f'{chosen["multiply_adds"]:,}',
    'this one',
    f'Network {chosen["repeats"]} @ {chosen["penultimate_filters"]}',
    'Memory of a training step of 100 images',
    '1,150',
    '16 s',
    'measured with 50 images, for want of memory',
    f'--repeats={chosen["repeats"]} --filters={chosen["filters"]}',
  ):
    assert part in text, part
  assert text.count('this one') == 1


def test_a_step_that_needs_too_much_memory_is_measured_smaller(monkeypatch):
  from nasnet_search.training import measuring
  from tests.training.test_planner import small

  config = small(2, 8)
  needed = network_cost(ARCHITECTURE, config, batch_size=16).training_bytes
  free = dataclasses.make_dataclass('Memory', ['available'])
  monkeypatch.setattr(
    measuring.psutil, 'virtual_memory', lambda: free(2 * needed)
  )
  assert measuring._batch_that_fits(ARCHITECTURE, config, 64, 1) == 16
  monkeypatch.setattr(measuring.psutil, 'virtual_memory', lambda: free(0))
  assert measuring._batch_that_fits(ARCHITECTURE, config, 64, 1) == 1
  # Four devices share a batch equally.
  assert measuring._batch_that_fits(ARCHITECTURE, config, 64, 4) == 4
