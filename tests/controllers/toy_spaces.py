"""Search spaces small enough to enumerate, of every shape that is allowed.

Their architectures are their choices by name.
"""

import itertools

from nasnet_search.cells.named_choices import NamedChoices
from nasnet_search.cells.search_space import Decision


def _decision(name, kind, mask, group, refers_to=()):
  allowed = tuple(character == '1' for character in mask)
  return Decision(name, kind, len(mask), allowed, group, refers_to)


class ToySpace:
  """Decodes choices to themselves."""

  def decode(self, choices):
    return NamedChoices(
      tuple(
        (self.next_decision(choices[:position]).name, str(choice))
        for position, choice in enumerate(choices)
      )
    )


class PrefixStates:
  """Gives a space states that tell all places apart: the choices before."""

  def __init__(self, space):
    self._space = space

  def __getattr__(self, name):
    return getattr(self._space, name)

  def state(self, choices):
    return tuple(choices)


class FixedSpace(ToySpace):
  """The same decisions whatever is chosen.

  Args:
    *decisions: For each decision its kind and its mask as a string, such as
      `('operation', '1101')`.
  """

  def __init__(self, *decisions):
    self._decisions = [
      _decision(f'decision_{position}', kind, mask, position)
      for position, (kind, mask) in enumerate(decisions)
    ]

  def next_decision(self, choices):
    if len(choices) == len(self._decisions):
      return None
    return self._decisions[len(choices)]


SMALL = FixedSpace(*(('input', '1100'), ('operation', '11111')) * 3)
"""1,000 choices, for searches of a few hundred trials."""


class ChainSpace(ToySpace):
  """A chain of 1 to 12 layers: how many is chosen first, then each layer."""

  def __init__(self, layers=12):
    self._depth = _decision('depth', 'depth', '1' * layers, 0)
    self._layers = [
      _decision(f'layer_{layer}', 'operation', '111', layer + 1)
      for layer in range(layers)
    ]

  def next_decision(self, choices):
    if not choices:
      return self._depth
    layers = choices[0] + 1
    return self._layers[len(choices) - 1] if len(choices) <= layers else None


class TreeSpace(ToySpace):
  """Binary trees: a node is a leaf of one of two types, or has two children.

  What is chosen first decides the type of the leaves that are allowed, so
  that masks depend on choices, and only the right type ends a tree.
  """

  def __init__(self, depth=3):
    self._root = _decision('type', 'type', '11', 0)
    self._nodes = {
      (leaf, position, inner): _decision(
        f'{leaf}/node_{position}',
        'node',
        f'{int(leaf == 0)}{int(leaf == 1)}{int(inner)}',
        position,
      )
      for leaf in (0, 1)
      for position in range(1, 2**depth)
      for inner in (False, True)
    }
    self._depth = depth

  def next_decision(self, choices):
    if not choices:
      return self._root
    open_nodes = [1]  # The depths of the nodes not chosen yet, last first.
    for choice in choices[1:]:
      depth = open_nodes.pop()
      if choice == 2:
        open_nodes += [depth + 1, depth + 1]
    if not open_nodes:
      return None
    inner = open_nodes[-1] < self._depth
    return self._nodes[choices[0], len(choices), inner]


class AnchorSpace(ToySpace):
  """Layers with skip connections: all anchors of a layer in one step.

  The first layer has none, so that layer n > 0 takes the steps 2n - 1 and 2n.
  """

  def __init__(self, layers=4):
    self._decisions = []
    for layer in range(layers):
      self._decisions.append(
        _decision(f'layer_{layer}', 'operation', '111', 2 * layer)
      )
      self._decisions += [
        _decision(
          f'anchor_{layer}_{i}', 'anchor', '11', 2 * layer + 1, (2 * i,)
        )
        for i in range(layer)
      ]

  def next_decision(self, choices):
    if len(choices) == len(self._decisions):
      return None
    return self._decisions[len(choices)]


def enumerate_choices(space, prefix=()):
  """Returns all complete choices of a space."""
  decision = space.next_decision(prefix)
  if decision is None:
    return [prefix]
  return list(
    itertools.chain.from_iterable(
      enumerate_choices(space, (*prefix, outcome))
      for outcome, allowed in enumerate(decision.allowed)
      if allowed
    )
  )
