"""A whole plan as one call: `make_plan(config, aim)`.

Nothing is written and no data set is needed, if the aim names the classes.
Importing this module must not import TensorFlow.
"""

import dataclasses
import functools
from collections.abc import Callable

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import Cost, network_cost
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.data.dataset import DatasetFacts
from nasnet_search.data.encoded import describe_encoded, load_encoded
from nasnet_search.data.registry import describe, load_data
from nasnet_search.registry import load_plugins
from nasnet_search.tensorflow_setup import quiet
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.planner import (
  PlanConfig,
  Row,
  Value,
  closest,
  counted_value,
  fewest_filters,
  plan_rows,
)
from nasnet_search.training.subject import network_config, read_subject


@dataclasses.dataclass(frozen=True)
class Plan:
  """What `make_plan` found.

  Attributes:
    source: Where the cells come from, for people.
    facts: The classes and images.
    target_name: What is aimed at, the name of its flag.
    target: The greatest value allowed.
    rows: The largest network of each N.
    chosen: The one closest to the target.
    cost: What it costs, with the memory of a training step.
    batch_size: Images in a step.
    train_images: Images that are trained on; None if that is not known.
    steps: Steps of the whole training; None if that is not known.
    step_seconds: How long a training step takes on this machine.
    measured_batch: Images that this was measured with.
  """

  source: str
  facts: DatasetFacts
  target_name: str
  target: float
  rows: tuple[Row, ...]
  chosen: Row
  cost: Cost
  batch_size: int
  train_images: int | None
  steps: int | None
  step_seconds: float
  measured_batch: int

  @property
  def training_seconds(self) -> float | None:
    """What the steps take in all, validation not counted."""
    return None if self.steps is None else self.steps * self.step_seconds


def make_plan(
  config: TrainConfig,
  aim: PlanConfig,
  watch: Callable[[str], object] = lambda line: None,
) -> Plan:
  """Plans a network.

  Args:
    config: The training, less N and F of the network.
    aim: The target.
    watch: Told what is being done, a line at a time.

  Raises:
    UserError: Something given is wrong, or no network keeps the target.
  """
  load_plugins(config.subject.plugin)
  architecture, source = _cells(config)
  facts = _facts(config, aim)
  train_images = _train_images(config, aim)

  def make_config(repeats: int, filters: int) -> NetworkConfig:
    stack = dataclasses.replace(config.stack, repeats=repeats, filters=filters)
    return network_config(architecture, stack, config.init, facts)

  name, target = aim.target
  rows = plan_rows(
    architecture,
    make_config,
    _value(architecture, name, watch),
    target,
    fewest_filters(config.stack.skeleton),
    measured=name == 'target_latency_ms',
  )
  chosen = closest(rows)
  watch('Measuring a training step')
  with quiet():
    from nasnet_search.training import measuring
  measured = measuring.step_time(architecture, chosen.config, config)
  batch = min(config.recipe.batch_size, train_images or 2**31)
  return Plan(
    source=source,
    facts=facts,
    target_name=name,
    target=target,
    rows=tuple(rows),
    chosen=chosen,
    cost=network_cost(architecture, chosen.config, batch_size=batch),
    batch_size=batch,
    train_images=train_images,
    steps=train_images and config.recipe.epochs * (train_images // batch),
    step_seconds=measured.seconds,
    measured_batch=measured.batch,
  )


def _cells(config: TrainConfig) -> tuple[Architecture, str]:
  """Returns the cells to plan for, and where they come from."""
  subject, source = read_subject(config.subject)
  if not isinstance(subject, Architecture):
    raise UserError(
      'Expected cells for --plan, which plans how they are stacked. Received: '
      f'{source}, of kind {subject.kind!r}, which is a whole network.'
    )
  return subject, source


def _value(
  architecture: Architecture, name: str, watch: Callable[[str], object]
) -> Value:
  if name != 'target_latency_ms':
    return counted_value(architecture, name)
  with quiet():
    from nasnet_search.training import measuring

  @functools.cache  # Measured again, a network would not keep to the target.
  def latency(network: NetworkConfig) -> float:
    found = measuring.latency_ms(architecture, network)
    watch(f'N={network.repeats} F={network.filters}: {found:.3g} ms')
    return found

  return latency


def _facts(config: TrainConfig, aim: PlanConfig) -> DatasetFacts:
  if not aim.plan_classes:
    look = describe_encoded if config.input.stream else describe
    return look(config.data)
  size = config.data.image_size
  if not size:
    raise UserError('Expected --image_size with --plan_classes. Received none.')
  names = tuple(map(str, range(aim.plan_classes)))
  return DatasetFacts('', names, (size, size, 3))


def _train_images(config: TrainConfig, aim: PlanConfig) -> int | None:
  if aim.plan_classes:
    return config.data.train_images or None
  if config.input.stream:
    record = load_encoded(config.data).record
  else:
    record = load_data(config.data).record
  if config.recipe.train_on_validation:
    return record.train_images + record.validation_images
  return record.train_images
