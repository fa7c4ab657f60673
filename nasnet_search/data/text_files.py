"""Reads files of text as words: what stands between white space.

The format is that of the Penn Treebank files that language models are compared
on (Mikolov et al. 2010): one sentence a line, `<unk>` for rare words. The end
of a line becomes the word `<eos>`, also of a line without words.
"""

import gzip
import hashlib
import pathlib
import zlib
from typing import NamedTuple

from nasnet_search.cells.errors import UserError

END_OF_LINE = '<eos>'
_LARGEST = 2**30
"""Bytes of text. More does not fit the memory as words, and a gzip file of a
few megabytes can unpack to any number."""


class Words(NamedTuple):
  """The words of a file.

  Attributes:
    words: They, in order.
    digest: SHA-256 of the text in UTF-8, hexadecimal.
  """

  words: list[str]
  digest: str


def read_words(name: str, flag: str) -> Words:
  """Returns the words of a file, which may be gzipped.

  Args:
    name: The file.
    flag: The flag that names it, for messages.

  Raises:
    UserError: It cannot be read, is not text, or has no words.
  """
  content = _read(name, flag)
  try:
    text = content.decode('utf-8')
  except UnicodeDecodeError:
    text = '\0'
  if '\0' in text:
    raise UserError(
      f'Expected --{flag} to be a text file in UTF-8, or one that is gzipped. '
      f'Received: {name}, which holds other bytes. Convert it to text first.'
    )
  words = text.replace('\n', f' {END_OF_LINE} ').split()
  if not set(words) - {END_OF_LINE}:
    raise UserError(
      f'Expected --{flag} to be a file with words. Received: {name}, which '
      'has none.'
    )
  return Words(words, hashlib.sha256(content).hexdigest())


def _read(name: str, flag: str) -> bytes:
  path = pathlib.Path(name).expanduser()
  try:
    with path.open('rb') as file:
      packed = file.read(2) == b'\x1f\x8b'
    with gzip.open(path) if packed else path.open('rb') as file:
      content: bytes = file.read(_LARGEST + 1)
  except (OSError, EOFError, zlib.error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise UserError(
      f'Expected --{flag} to be a file of text that can be read. Received: '
      f'{name}: {reason}.'
    ) from error
  if len(content) > _LARGEST:
    raise UserError(
      f'Expected --{flag} to hold at most {_LARGEST:,} bytes of text. '
      f'Received more: {name}. Take a part of it.'
    )
  return content
