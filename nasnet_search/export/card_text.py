"""The words of a model card, in Markdown.

Names of classes and of data sets come from elsewhere: they are written as
text that Markdown cannot take for markup.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architecture import KIND
from nasnet_search.export import card_examples
from nasnet_search.export.formats import FORMATS
from nasnet_search.report import wording
from nasnet_search.training.config import StackConfig

# An underscore within a word is none.
_MARKUP = re.compile(r'([\\`*\[\]<>|&~$]|(?<![^\W_])_|_(?![^\W_]))')
_DRAWINGS = {
  'cells': {'The cells': 'cells.png', 'The network': 'network.png'},
  'conv_chain': {'The layers': 'layers.png'},
}
"""What is drawn of an architecture, by its kind, and in which file."""
_ANY_PICTURE = 'picture.png'
_OF_CHAINS = {
  'conv_chain': (
    'image_shape',
    'classes',
    'classifier_bias',
    'dropout',
    'batch_norm_momentum',
    'batch_norm_epsilon',
  ),
  'layer_graph': ('image_shape', 'classes', 'classifier_bias', 'layer_dropout'),
}
"""What the configuration of a network says of those that are no stacks of
cells, by their kind."""
_MOST_CLASSES = 50
"""Classes named on the card; all are in class_names.json."""


def card_text(card: Mapping[str, Any]) -> str:
  """Returns a model card as Markdown.

  Args:
    card: What `model_card.card_data` returned.
  """
  trained = card['trained_network']
  kind = trained['architecture']['kind']
  cells = kind == KIND
  sections = (
    f'# {_text(trained["dataset"]["name"])}: a {"cell " * cells}network '
    f'{card["network_name"]}',
    _summary(card),
    '## Files',
    _files(card),
    '## How to use it',
    _usage(card),
    '## Accuracy, and how it was measured',
    _accuracy(card),
    '## The network',
    *(f'![{what}]({file})' for what, file in _DRAWINGS.get(kind, {}).items()),
    _table(('what', 'value'), _cost_rows(card)),
    '## The images it was trained on',
    _table(('what', 'value'), _dataset_rows(trained['dataset'])),
    '## How it was trained',
    _table(('setting', 'value'), _pairs(_recipe(trained))),
    _table(('origin', 'value'), _pairs(trained['provenance'])),
    f'The {"cells" if cells else "layers"} as data, and all of this for '
    'programs: `model_card.json`.',
  )
  return '\n\n'.join(section for section in sections if section) + '\n'


def _summary(card: Mapping[str, Any]) -> str:
  names = [_text(name) for name in card['classes']]
  more = len(names) - _MOST_CLASSES
  listed = ', '.join(names[:_MOST_CLASSES])
  return (
    f'Tells {len(names)} classes of images: {listed}'
    f'{f", and {more} more" if more > 0 else ""}. '
    f'{wording.quantity(card["cost"]["trainable_parameters"])} trainable '
    f'parameters, {wording.quantity(card["cost"]["multiply_adds"])} '
    'multiply-adds for one image.'
  )


def _files(card: Mapping[str, Any]) -> str:
  rows = [
    (
      f'`{each["file"]}`',
      each['input'],
      f'{each["bytes"]:,}',
      f'{each["latency_ms"]:.3g}',
      f'{each["largest_difference"]:.1e}',
      f'{each["top_1_agreement"]:.2%}',
      f'{each["accuracy"]:.2%}',
      each['runtime'],
    )
    for each in card['files']
  ]
  columns = (
    'file', 'input', 'bytes', 'latency, ms', 'largest difference',
    'same class', 'accuracy', 'loaded by',
  )  # fmt: skip
  found, machine = card['comparison'], card['machine']
  return (
    f'{_table(columns, rows)}\n\n'
    f'Each file was loaded in a process of its own, without nasnet_search, '
    f'and compared with the trained network on {found["images"]:,} images '
    f'that it was not trained on ({found["test_images"]:,} test, '
    f'{found["validation_images"]:,} validation images), to which it gave '
    f'{found["classes_given"]} different classes. *Largest difference* is of '
    'softmax outputs; formats of full precision are written only if it is at '
    f'most {found["tolerance"]:g} and the likeliest class is the same '
    f'wherever it leads by more than {found["margin"]:g}. *Latency* is the '
    f'median for one image, without a GPU, on {_text(machine["processor"])}, '
    f'{machine["cores"]} cores, each runtime with its own number of threads.'
  )


def _usage(card: Mapping[str, Any]) -> str:
  height, width, channels = card['image_shape']
  color = 'grayscale' if channels == 1 else 'RGB'
  names = dict.fromkeys(each['format'] for each in card['files'])
  drawings = _DRAWINGS.get(card['trained_network']['architecture']['kind'], {})
  picture = next(iter(drawings.values()), _ANY_PICTURE)
  examples = [
    f'{FORMATS[name].title}:\n\n```python\n'
    f'{card_examples.example(name, card["image_shape"], picture)}```'
    for name in names
  ]
  return '\n\n'.join(
    (
      f'Give it {color} pixels from 0 to 255, `[images, {height}, {width}, '
      f'{channels}]`; the normalisation is inside. It gives the probability '
      'of each class, in the order of `class_names.json`.',
      'The SavedModel also scales images of other sizes, and reads JPEG and '
      'PNG files, exactly as in training. For the other formats scale images '
      'yourself: by means of squares where both sides shrink by whole '
      "factors (Pillow's `Image.reduce`), else with Pillow's "
      '`Image.Resampling.LANCZOS`, whatever the proportions.',
      *examples,
    )
  )


def _accuracy(card: Mapping[str, Any]) -> str:
  trained, found = card['trained_network'], card['comparison']
  rows = [
    (wording.title(name), _value(value))
    for name, value in trained['measures'].items()
  ]
  rows.append(
    (
      f'Accuracy on the {found["images"]:,} images compared',
      f'{found["accuracy"]:.4f}',
    )
  )
  dataset = trained['dataset']
  return (
    f'{_table(("what", "value"), rows)}\n\n'
    f'The data set has {dataset["test_images"]:,} test images '
    f'({_text(dataset["test_origin"])}), '
    f'{dataset["validation_images"]:,} validation images and '
    f'{dataset["train_images"]:,} that were trained on.'
  )


def _cost_rows(card: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
  for name, value in card['cost'].items():
    if name.endswith('_bytes'):
      what = wording.title(name.removesuffix('_bytes'))
      yield f'{what}, estimated memory for one image', _mebibytes(value)
    else:
      yield wording.title(name), wording.quantity(value)
  trained = card['trained_network']
  others = _of_others(trained)
  network = trained['network'].items()
  yield from _pairs({k: v for k, v in network if k not in others})


def _recipe(trained: Mapping[str, Any]) -> Mapping[str, Any]:
  others = _of_others(trained)
  return {k: v for k, v in trained['recipe'].items() if k not in others}


def _of_others(trained: Mapping[str, Any]) -> set[str]:
  """Returns the settings of networks that are of another kind."""
  own = _OF_CHAINS.get(trained['architecture']['kind'])
  if own is None:
    return set()
  settings = {
    field.name
    for config in (NetworkConfig, StackConfig)
    for field in dataclasses.fields(config)
  }
  return settings - {*own}


def _dataset_rows(dataset: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
  hidden = ('format', 'format_version', 'class_names')
  return _pairs({k: v for k, v in dataset.items() if k not in hidden})


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
  return [
    (_text(wording.title(name)), _value(value))
    for name, value in values.items()
  ]


def _value(value: Any) -> str:
  if value is None or value in ('', [], {}):
    return wording.ABSENT
  if isinstance(value, bool):
    return 'yes' if value else 'no'
  if isinstance(value, int | float):
    return wording.quantity(value)
  if isinstance(value, dict):
    return ', '.join(f'{_text(k)} {_value(v)}' for k, v in value.items())
  if isinstance(value, list | tuple):
    return ', '.join(map(_value, value))
  return _text(str(value))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
  lines = [columns, ['---'] * len(columns), *rows]
  if len(lines) == 2:
    return ''
  return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def _mebibytes(value: int) -> str:
  return f'{value / 2**20:,.1f} MiB'


def _text(text: str) -> str:
  """Returns text of others as Markdown that shows it as it is."""
  line = ' '.join(wording.clean(text).split())
  return _MARKUP.sub(r'\\\1', line)
