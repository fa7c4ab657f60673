"""How drawn cells look: labels, colours and sizes.

The colours are those of Okabe and Ito ("Color Universal Design", 2008),
which people with any kind of colour vision can tell apart.
"""

import dataclasses

LABELS: dict[str, str] = {
  'identity': 'identity',
  'conv_1x3_3x1': 'conv 1x3 3x1',
  'conv_1x7_7x1': 'conv 1x7 7x1',
  'dilated_conv_3x3': 'dilated 3x3',
  'dilated_conv_5x5': 'dilated 5x5',
  'dilated_separable_conv_5x5': 'dil sep 5x5',
  'average_pool_3x3': 'avg 3x3',
  'max_pool_2x2': 'max 2x2',
  'max_pool_3x3': 'max 3x3',
  'max_pool_5x5': 'max 5x5',
  'max_pool_7x7': 'max 7x7',
  'conv_1x1': 'conv 1x1',
  'conv_3x3': 'conv 3x3',
  'separable_conv_3x3': 'sep 3x3',
  'separable_conv_5x5': 'sep 5x5',
  'separable_conv_7x7': 'sep 7x7',
}
"""A label for every operation, short enough for its box."""

_FAMILY_COLORS = {
  'identity': '#d9d9d9',
  'conv': '#e69f00',
  'dilated': '#f0e442',
  'dil': '#f0e442',
  'avg': '#009e73',
  'max': '#cc79a7',
  'sep': '#56b4e9',
}

PART_COLORS = {
  'image': '#ffffff',
  'stem': '#d9d9d9',
  'normal': '#56b4e9',
  'reduction': '#e69f00',
  'pool': '#d9d9d9',
  'classifier': '#d9d9d9',
  'head': '#f0e442',
}
"""The colours of the parts of a drawn network, by kind."""

INK = '#1a1a1a'
"""Text on operations, whose colours are all light enough for it."""


# All sizes are in inches, width before height.
INPUT_SIZE = (1.0, 0.46)
BLOCK_SIZE = (1.92, 0.86)
OPERATION_SIZE = (1.26, 0.28)
PORT_OFFSET = 0.18
"""How far the operations of a block lie above and below its middle."""
PADDING = 0.1
"""Room between the edge of a block and what is in it."""
OUTPUT_SIZE = (0.32, 1.0)
"""The bar that is the output; its height is the least it has."""
CLEARANCE = 0.17
"""Least room between what stands in a column."""
GAP = (0.5, 1.1)
"""Least and greatest room between two columns."""


@dataclasses.dataclass(frozen=True)
class Palette:
  """The colours of a drawing besides those of operations.

  Attributes:
    panel: What everything stands on.
    block: Background of a block.
    outline: Edges of blocks and of the panel.
    text: Text on the panel.
    note: Text that is not to draw the eye.
    wires: Wires from h_i, from h_{i-1}, and from blocks.
  """

  panel: str
  block: str
  outline: str
  text: str
  note: str
  wires: tuple[str, str, str]


LIGHT = Palette(
  panel='#ffffff',
  block='#f4f4f4',
  outline='#b0b0b0',
  text='#1a1a1a',
  note='#666666',
  wires=('#0072b2', '#d55e00', '#4d4d4d'),
)
DARK = Palette(
  panel='#1b1d21',
  block='#2a2d33',
  outline='#5c6068',
  text='#f0f0f0',
  note='#a8acb3',
  # Vermillion and blue as dark as theirs are hard to see on this panel.
  wires=('#56b4e9', '#e8752a', '#c4c4c4'),
)


def operation_color(operation: str) -> str:
  """Returns the colour of an operation's family."""
  return _FAMILY_COLORS[LABELS[operation].partition(' ')[0]]
