"""What makes an architecture refused before anything is trained.

Counts without building, so it runs in the coordinator; must not import
TensorFlow.
"""

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import check_buildable
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.evaluators.protocol import Refused

_GIB = 2**30


def check_limits(
  architecture: AnyArchitecture,
  network: NetworkConfig,
  config: EvaluatorConfig,
  batch_size: int,
) -> None:
  """Checks what a child costs against the limits.

  Args:
    architecture: The architecture.
    network: How its cells are stacked into the child.
    config: The limits; 0 is none.
    batch_size: Images in a training step of the child.

  Raises:
    Refused: The child costs more; the message gives both numbers. Or its
      layers do not fit the images.
    UserError: It is an architecture of which no child can be built.
  """
  check_buildable(architecture)
  try:
    cost = network_cost(architecture, network, batch_size=batch_size)
  except UserError as error:
    # It is this architecture that does not fit: another one may.
    raise Refused(str(error)) from error
  check_size(config, cost.trainable_parameters, cost.training_bytes)


def check_size(
  config: EvaluatorConfig, parameters: int, training_bytes: float
) -> None:
  """Checks the size of a child against the limits.

  Args:
    config: The limits; 0 is none.
    parameters: Its trainable parameters.
    training_bytes: Memory that a training step takes.

  Raises:
    Refused: It is larger; the message gives both numbers.
  """
  limit = config.max_child_parameters
  if limit and parameters > limit:
    raise Refused(
      f'Expected at most {limit:,} trainable parameters '
      f'(--max_child_parameters). Received: {parameters:,}.'
    )
  gib = training_bytes / _GIB
  if config.max_child_memory and gib > config.max_child_memory:
    raise Refused(
      f'Expected at most {config.max_child_memory:g} GiB for a training step '
      f'(--max_child_memory). Received: about {gib:.3g} GiB.'
    )
