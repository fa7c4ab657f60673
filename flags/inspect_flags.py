"""Flags of `nasnet-inspect`.

Several have the name of a flag of the search, such as `--repeats`, but no
default: what is not given comes from what was published. So these flags have
values of their own, apart from absl's global ones, until `adopt` makes them
the flags of the program that runs.
"""

from typing import Any

from absl import flags

from nasnet_search.builders import options
from nasnet_search.builders.published import READINGS
from nasnet_search.cells.notations import NOTATIONS
from nasnet_search.flags.define import adopt_flags

VALUES = flags.FlagValues()


def _string(name: str, text: str) -> flags.FlagHolder:
  return flags.DEFINE_string(name, None, text, flag_values=VALUES)


def _bool(name: str, text: str) -> flags.FlagHolder:
  return flags.DEFINE_bool(name, None, text, flag_values=VALUES)


def _integer(name: str, text: str) -> flags.FlagHolder:
  return flags.DEFINE_integer(
    name, None, text, lower_bound=0, flag_values=VALUES
  )


def _choice(name: str, choices: Any, text: str) -> flags.FlagHolder:
  return flags.DEFINE_enum(name, None, list(choices), text, flag_values=VALUES)


OUTPUT = _string(
  'output',
  'File to write: a drawing (.svg or .png) or a converted cell. convert '
  'prints without it.',
)
FROM = _choice(
  'from', NOTATIONS, 'Notation that CELL is in; recognised without it.'
)
TO = _choice('to', NOTATIONS, 'convert: notation to write.')
DARK = flags.DEFINE_bool(
  'dark', False, 'draw: whether the drawing is dark.', flag_values=VALUES
)
NETWORK = flags.DEFINE_bool(
  'network',
  False,
  'draw: the whole network instead of its cells.',
  flag_values=VALUES,
)

PENULTIMATE_FILTERS = _integer(
  'penultimate_filters',
  'P of the name "N @ P": filters before the classifier, in place of '
  '--filters.',
)
READING = _choice(
  'reading',
  READINGS,
  'Whose code the options follow that no flag and no published network sets.',
)
IMAGE_SIZE = _integer('image_size', 'Height and width of the images, pixels.')
BATCH_SIZE = flags.DEFINE_integer(
  'batch_size',
  64,
  'cost: images in a training step, or valued at once, for its memory.',
  lower_bound=1,
  flag_values=VALUES,
)
NETWORK_OPTIONS: dict[str, flags.FlagHolder] = {
  'skeleton': _choice(
    'skeleton', options.SKELETONS, 'What stands before the first cells.'
  ),
  'repeats': _integer('repeats', 'N, normal cells in a row.'),
  'filters': _integer('filters', 'F, filters of the first normal cells.'),
  'classes': _integer('classes', 'Number of classes.'),
  'reductions': _integer('reductions', 'Reduction cells between stacks.'),
  'stem_filters': _integer('stem_filters', 'Filters of the stem.'),
  'reduction_in_stack': _bool(
    'reduction_in_stack',
    'Whether a reduction cell takes the place of the first normal cell of its '
    'stack.',
  ),
  'skip_reduction_layer_input': _bool(
    'skip_reduction_layer_input',
    'Whether the cell after a reduction reads the cell before it but one.',
  ),
  'input_fitting': _choice(
    'input_fitting',
    options.INPUT_FITTINGS,
    'How a cell brings its inputs to F filters.',
  ),
  'strided_identity': _choice(
    'strided_identity',
    options.STRIDED_IDENTITIES,
    'What an identity is that has stride 2.',
  ),
  'convolution_style': _choice(
    'convolution_style',
    options.CONVOLUTION_STYLES,
    'How convolutions larger than 1x1 that are not separable are built.',
  ),
  'ignore_dilation': _bool(
    'ignore_dilation', 'Whether dilated_separable_conv_5x5 is not dilated.'
  ),
  'padding': _choice(
    'padding', options.PADDINGS, 'What strided pools see beyond the edge.'
  ),
  'final_relu': _bool(
    'final_relu', 'Whether a ReLU stands before the global average pooling.'
  ),
  'classifier_bias': _bool('classifier_bias', 'Whether classifiers have one.'),
  'auxiliary_head': _choice(
    'auxiliary_head',
    options.AUXILIARY_HEADS,
    'Which cell the auxiliary head reads.',
  ),
  'auxiliary_stride': _integer('auxiliary_stride', 'Stride of its pool.'),
}
"""Flags of the same names as fields of `builders.config.NetworkConfig`."""


def adopt(module: str) -> None:
  """Makes these the flags of the program that runs.

  Args:
    module: Name of the binary's module, whose `--help` lists them.
  """
  adopt_flags(VALUES, __name__, module)


def network_options() -> dict[str, Any]:
  """Returns the options of the network that were given, by field."""
  return {
    name: holder.value
    for name, holder in NETWORK_OPTIONS.items()
    if holder.value is not None
  }
