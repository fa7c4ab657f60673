"""The names a cell is made of: operations and combinations.

Names only. What an operation computes is decided where it is built, so that
a cell can be read, compared and drawn without a tensor library.
"""

OPERATIONS: tuple[str, ...] = (
  'identity',
  'conv_1x3_3x1',
  'conv_1x7_7x1',
  'dilated_conv_3x3',
  'average_pool_3x3',
  'max_pool_3x3',
  'max_pool_5x5',
  'max_pool_7x7',
  'conv_1x1',
  'conv_3x3',
  'separable_conv_3x3',
  'separable_conv_5x5',
  'separable_conv_7x7',
)
"""The 13 operations, in the order of the NASNet paper (section 3)."""

COMBINATIONS: tuple[str, ...] = ('add', 'concat')
"""How a block joins its two results (NASNet paper, section 3, step 5).

`add` is elementwise; `concat` is along the filters.
"""
