"""The child evaluator: trains a small network and measures how well it does.

Importing this module, making an evaluator and checking an architecture must
not import TensorFlow: the coordinator does all three. TensorFlow and the
images are loaded by the first evaluation, which is in a worker.
"""

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import describe, load_data
from nasnet_search.evaluators import learning_curves
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.early_stopping import STOPPED_AFTER
from nasnet_search.evaluators.limits import check_limits
from nasnet_search.evaluators.protocol import Context, Diverged, Request
from nasnet_search.evaluators.restarts import RESTARTS
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.trials import Measurement

if TYPE_CHECKING:
  from nasnet_search.evaluators.device_images import DeviceImages


class ChildEvaluator:
  """Values an architecture by training a child on the proxy.

  A measurement has the values

  - `validation_accuracy`, of the last epoch, `validation_accuracy_best`, of
    the best one, and `validation_accuracy_best_of_last_5`;
  - `validation_loss` and `training_loss`, of the last epoch: cross-entropy in
    nats, the latter the mean over the epoch's steps as they were taken;
  - `parameters`, the trainable ones, and `multiply_adds` for one image;
  - `seconds`, of all; `seconds_startup`, of building, tracing and the first
    step; `images_per_second` of the training steps after it;
  - `restarts`, where the proxy has them: how often it was started again;
    `stopped_after_epoch`, if not even the last start learned anything;

  and the curves `training_loss`, `validation_loss` and `validation_accuracy`,
  one entry an epoch.

  Everything random follows from the seed of the request, and operations are
  deterministic: the same request gives the same measurement, times aside,
  whatever was evaluated before. It takes the same number of threads, though:
  sums are split among them.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name = 'child'
  default_reward = 'accuracy'

  def __init__(
    self, config: EvaluatorConfig, proxy: ProxyConfig, data: DataConfig
  ) -> None:
    self._config = config
    self._proxy = proxy
    self._data = data

  def check(self, architecture: AnyArchitecture) -> None:
    """Checks that the child can be built and is not too large.

    Raises:
      Refused: The architecture breaks a limit.
      UserError: No child at all can be built in this proxy and on these data.
    """
    check_limits(
      architecture, self._network, self._config, self._proxy.batch_size
    )

  def chance(self) -> Mapping[str, float]:
    """Returns the values of a child that gives all classes the same chance."""
    accuracy = 1 / self._network.classes
    return {
      'validation_accuracy': accuracy,
      'validation_accuracy_best': accuracy,
      'validation_accuracy_best_of_last_5': accuracy,
      'validation_loss': math.log(self._network.classes),
    }

  def facts(self) -> Mapping[str, Any]:
    """Returns the record of the data set, under `dataset`.

    Raises:
      UserError: The images cannot be read or split as configured.
    """
    return {'dataset': load_data(self._data).record.to_dict()}

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Trains a child and measures it; stops early if the context says so.

    Raises:
      Refused: The architecture breaks a limit.
      Diverged: A loss became NaN or infinite.
    """
    deterministic_tensorflow()
    from nasnet_search.evaluators import trainer

    self.check(request.architecture)
    cost = network_cost(request.architecture, self._network)
    images = self._images  # Loaded before the child's clock starts.
    try:
      training = trainer.train_child(
        request, context, self._network, self._proxy, images
      )
    finally:
      trainer.free_memory()
    if not training.finite:
      raise Diverged(
        'The loss became NaN or infinite in epoch '
        f'{len(training.training_loss)} of '
        f'{self._proxy.epochs}. A smaller --learning_rate may help.'
      )
    curves = training.curves()
    stopped = {STOPPED_AFTER: 1.0} if training.hopeless else {}
    return Measurement(
      values={
        **learning_curves.summary(curves),
        **training.timing(),
        **self._restarts(training.restarts),
        **stopped,
        'parameters': float(cost.trainable_parameters),
        'multiply_adds': float(cost.multiply_adds),
      },
      curves=curves,
    )

  def _restarts(self, count: int) -> dict[str, float]:
    return {RESTARTS: float(count)} if self._proxy.restarts else {}

  @functools.cached_property
  def _network(self) -> NetworkConfig:
    facts = describe(self._data)
    return NetworkConfig(
      image_shape=facts.image_shape,
      classes=len(facts.class_names),
      repeats=self._proxy.repeats,
      filters=self._proxy.filters,
      drop_path_keep=self._proxy.drop_path_keep,
      layer_dropout=self._proxy.layer_dropout,
    )

  @functools.cached_property
  def _images(self) -> 'DeviceImages':
    from nasnet_search.evaluators.device_images import DeviceImages

    return DeviceImages(load_data(self._data), self._data)
