"""What makes an architecture refused before anything is trained.

Counts without building, so it runs in the coordinator; must not import
TensorFlow.
"""

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.architecture import cells_of
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.evaluators.protocol import Refused


def check_parameters(
  architecture: AnyArchitecture, network: NetworkConfig, limit: int
) -> None:
  """Checks the trainable parameters of a child against a limit.

  Args:
    architecture: The architecture.
    network: How its cells are stacked into the child.
    limit: The greatest number of trainable parameters; 0 for no limit.

  Raises:
    Refused: The child has more; the message gives both numbers.
    UserError: It is an architecture of which no child can be built.
  """
  cells = cells_of(architecture)
  if not limit:
    return
  parameters = network_cost(cells, network).trainable_parameters
  if parameters > limit:
    raise Refused(
      f'Expected at most {limit:,} trainable parameters '
      f'(--max_child_parameters). Received: {parameters:,}.'
    )
