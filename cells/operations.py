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
"""The 13 operations, in the order of the NASNet paper (section 3).

A search space chooses from these unless it is told otherwise.
"""

FURTHER_OPERATIONS: tuple[str, ...] = (
  'max_pool_2x2',
  'dilated_conv_5x5',
  'dilated_separable_conv_5x5',
)
"""What cells of other search spaces have besides.

AmoebaNet-B and -D have the first, DARTS chooses from the second
(`dil_conv_5x5`), AmoebaNet-B has the third (`dil_2_separable_5x5_2`). A
`dilated_conv` is applied once, a `dilated_separable_conv` twice, as a
`separable_conv` is.
"""

ALL_OPERATIONS: tuple[str, ...] = OPERATIONS + FURTHER_OPERATIONS
"""What a block may hold."""

COMBINATIONS: tuple[str, ...] = ('add', 'concat')
"""How a block joins its two results (NASNet paper, section 3, step 5).

`add` is elementwise; `concat` is along the filters.
"""
