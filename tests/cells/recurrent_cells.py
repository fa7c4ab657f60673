"""Recurrent cells that are known, and what a cell computes, written anew."""

import numpy as np
from scipy.special import expit

from nasnet_search.cells.recurrent_cell import Merge, RecurrentCell


def cell_of(nodes, inject, memory_source, inject_node):
  """Returns a cell of merges written as `+tanh` or `*identity`."""

  def merge(text):
    return Merge({'+': 'add', '*': 'multiply'}[text[0]], text[1:])

  return RecurrentCell(
    tuple(map(merge, nodes.split())), merge(inject), memory_source, inject_node
  )


FIGURE_5 = cell_of('+tanh *relu *sigmoid', '+relu', 1, 0)
"""The example of Zoph and Le (2017), figure 5."""

NAS_CELL = cell_of(
  '+sigmoid +relu +sigmoid *relu +tanh +sigmoid +tanh +sigmoid '
  '*tanh +tanh *tanh +sigmoid *identity +tanh *tanh',
  '+tanh',
  12,
  8,
)
"""The cell that the paper found, as TensorFlow published it (`NASCell`)."""

_FUNCTIONS = {
  'identity': lambda value: value,
  'tanh': np.tanh,
  'sigmoid': expit,
  'relu': lambda value: np.maximum(value, 0),
}


def merged(merge, one, other):
  both = one + other if merge.combination == 'add' else one * other
  return both, _FUNCTIONS[merge.activation](both)


def new_states(cell, of_x, of_h, memory):
  """Returns the new h and c.

  Args:
    cell: The cell.
    of_x: W x of each leaf.
    of_h: U h of each leaf.
    memory: The old c.
  """
  level, index, new_memory = list(zip(of_x, of_h, strict=True)), 0, None
  while True:
    outputs = []
    for pair in level:
      before, output = merged(cell.nodes[index], *pair)
      if index == cell.memory_source:
        new_memory = before
      if index == cell.inject_node:
        output = merged(cell.inject, output, memory)[1]
      outputs.append(output)
      index += 1
    if len(outputs) == 1:
      return outputs[0], new_memory
    level = list(zip(outputs[::2], outputs[1::2], strict=True))
