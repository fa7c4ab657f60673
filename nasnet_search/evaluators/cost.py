"""The cost evaluator: values an architecture without data or training.

For trying the machinery of a search (controllers, workers, runs): it needs a
thousandth of a second, is deterministic and has a known optimum. It says
nothing about how well a network learns.
"""

from collections.abc import Mapping
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.limits import check_limits
from nasnet_search.evaluators.protocol import Context, Request
from nasnet_search.trials import Measurement

IMAGE_SHAPE = (32, 32, 3)
"""Of images as those of CIFAR-10, whatever --data says, so that no data set is
needed to try a search."""
_CLASSES = 10


class CostEvaluator:
  """Values an architecture by how close its parameter count comes to a target.

  `closeness` is min(p / t, t / p) with p the trainable parameters of the
  child (CIFAR skeleton, 32x32x3 images, 10 classes) and t the target: 1 at
  the target, falling towards 0 on either side, and equal for half and for
  twice the target.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name = 'cost'
  default_reward = 'closeness'

  def __init__(
    self, config: EvaluatorConfig, proxy: ProxyConfig, data: DataConfig
  ) -> None:
    del data  # Needs none.
    self._config = config
    self._proxy = proxy
    self._network = NetworkConfig(
      image_shape=IMAGE_SHAPE,
      classes=_CLASSES,
      repeats=proxy.repeats,
      filters=proxy.filters,
    )

  def check(self, architecture: AnyArchitecture) -> None:
    """Raises `Refused` if the architecture breaks a limit."""
    check_limits(
      architecture, self._network, self._config, self._proxy.batch_size
    )

  def chance(self) -> Mapping[str, float]:
    """Returns the closeness of no network at all, 0."""
    return {'closeness': 0.0}

  def facts(self) -> Mapping[str, Any]:
    """Returns nothing: there are no data."""
    return {}

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Counts the parameters of the child and compares them with the target.

    Raises:
      Refused: The architecture breaks a limit.
    """
    self.check(request.architecture)
    cost = network_cost(request.architecture, self._network)
    target = self._config.target_parameters
    parameters = cost.trainable_parameters
    values = {
      'closeness': min(parameters / target, target / parameters),
      'parameters': float(parameters),
      'multiply_adds': float(cost.multiply_adds),
    }
    context.report(1, values)
    return Measurement(values)
