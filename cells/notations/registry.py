"""All notations by name, and which of them a text is in."""

import dataclasses
import functools
import re
from collections.abc import Callable

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.architectures import FORMAT
from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.cells.notations import amoebanet, darts, nni, slim


@dataclasses.dataclass(frozen=True)
class Notation:
  """A way to write an architecture as text.

  Attributes:
    title: What it is, for people.
    mark: A regular expression found in every text in this notation, and in
      texts of no other but a close relative.
    read: Returns the architecture of a text; raises `UserError` if the text
      is not valid.
    write: Returns an architecture as text; raises `UserError` if the notation
      cannot hold it.
  """

  title: str
  mark: str
  read: Callable[[str], Architecture]
  write: Callable[[Architecture], str]


NOTATIONS: dict[str, Notation] = {
  'nasnet_search': Notation(
    'architecture file of this project (JSON)',
    re.escape(FORMAT),
    Architecture.from_json,
    Architecture.to_json,
  ),
  'darts': Notation(
    'genotype of DARTS (Python)', r'\bnormal_concat\b', darts.read, darts.write
  ),
  'slim': Notation(
    'lists of slim, a class for each cell (Python)',
    r'\bhiddenstate_indices\b',
    slim.read,
    slim.write,
  ),
  'amoebanet': Notation(
    "lists of AmoebaNet's TPU code (JSON)",
    r'\bnormal_cell_hiddenstate_indices\b',
    amoebanet.read,
    amoebanet.write,
  ),
  'nni_all': Notation(
    "dict of NNI, space with merge_op='all': DARTS, PNAS (JSON)",
    r'\bnormal/op_2_0\b',
    functools.partial(nni.read, merge_op=nni.every_block),
    functools.partial(nni.write, merge_op=nni.every_block),
  ),
  'nni_loose_end': Notation(
    "dict of NNI, space with merge_op='loose_end': NASNet, ENAS, AmoebaNet "
    '(JSON)',
    r'\bnormal/op_2_0\b',
    functools.partial(nni.read, merge_op=nni.loose_ends),
    functools.partial(nni.write, merge_op=nni.loose_ends),
  ),
}


def read_notation(text: str, name: str = '') -> Architecture:
  """Returns the architecture of a text.

  Args:
    text: The text.
    name: The notation it is in; empty to recognise it.

  Raises:
    UserError: The name is unknown, the text is not valid, or it is in none
      or in several of the notations, which read it differently.
  """
  if name:
    check_choice('notation', name, NOTATIONS)
    return NOTATIONS[name].read(text)
  names = [each for each in NOTATIONS if re.search(NOTATIONS[each].mark, text)]
  # The notes in an architecture file may speak of other notations.
  if 'nasnet_search' in names:
    names = ['nasnet_search']
  readings = {each: NOTATIONS[each].read(text) for each in names}
  keys = {reading.canonical_key() for reading in readings.values()}
  if len(keys) == 1:
    return readings[names[0]]
  raise UserError(
    f'Expected text in one of the notations: {", ".join(NOTATIONS)}. '
    f'Received text that may be in {" or ".join(names) or "none of them"}. '
    'Say which it is in (--from).'
  )


def write_notation(architecture: Architecture, name: str) -> str:
  """Returns an architecture as text that ends in a newline.

  Args:
    architecture: The architecture.
    name: The notation, one of `NOTATIONS`.

  Raises:
    UserError: The name is unknown, or the notation cannot hold the
      architecture; the message says why.
  """
  check_choice('notation', name, NOTATIONS)
  return NOTATIONS[name].write(architecture)
