"""Which evaluators and controllers fit a search space.

What plugins register is not judged: they know what they fit.
Importing this module costs no TensorFlow.
"""

from nasnet_search.cells.errors import UserError

NETWORKS = ('child', 'cost')
"""Evaluators of architectures that image networks are built of."""

EVALUATORS = {
  'nasnet': NETWORKS,
  'table': ('table',),
  'nasbench201': ('table',),
  'nasbench301': ('surrogate',),
  'recurrent_cell': ('language_model',),
  'conv_chain': NETWORKS,
  'layer_graph': NETWORKS,
}
"""For each space what values its architectures, the usual one first."""

SPACES: dict[str, tuple[str, ...]] = {'q_learning': ('layer_graph',)}
"""For each controller that is made for some spaces only: those."""


def usual_evaluator(space: str, chosen: str, default: str) -> str:
  """Returns the evaluator of a space, where nobody chose one.

  Args:
    space: The name of the space.
    chosen: What is configured.
    default: What is configured if nobody chooses.
  """
  usual = EVALUATORS.get(space, (chosen,))
  return usual[0] if chosen == default else chosen


def check_compatible(space: str, evaluator: str, controller: str) -> None:
  """Checks that three parts of a search fit each other.

  Args:
    space: The name of the space.
    evaluator: The name of the evaluator.
    controller: The name of the controller.

  Raises:
    UserError: They do not; the message lists what does.
  """
  evaluators = EVALUATORS.get(space)
  known = {name for names in EVALUATORS.values() for name in names}
  if evaluators and evaluator in known and evaluator not in evaluators:
    raise UserError(
      f'Expected an evaluator that values architectures of --space={space}: '
      f'{", ".join(evaluators)}. Received: --evaluator={evaluator}. '
      'Leave --evaluator out for the usual one.'
    )
  spaces = SPACES.get(controller)
  if spaces and space not in spaces:
    raise UserError(
      f'Expected a space that --controller={controller} is made for: '
      f'{", ".join(spaces)}. Received: --space={space}. Controllers that '
      'search any space: ppo, reinforce, evolution, local_search, random.'
    )
