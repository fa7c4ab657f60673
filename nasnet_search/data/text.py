"""A text as numbers of words, split, with a record of what it is.

The words that are told apart are those of the training text. Other words count
as `<unk>`, which the Penn Treebank files have in the place of rare words.
"""

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.text_config import TextConfig
from nasnet_search.data.text_files import END_OF_LINE, Words, read_words

FORMAT = 'nasnet_search.text'
FORMAT_VERSION = 1
UNKNOWN = '<unk>'
_VALIDATION_SHARE = 10
"""A text without a validation file of its own validates on this part, the
share that images are validated on."""


@dataclasses.dataclass(frozen=True)
class TextRecord:
  """What is known of a text; counts are of words, `<eos>` included.

  Attributes:
    name: What stands for the text in reports.
    vocabulary: How many different words are told apart.
    train_tokens: Words trained on.
    validation_tokens: Words that children are valued on.
    validation_origin: Where these come from, for people.
    test_tokens: Words that a search never uses; may be 0.
    unknown_share: Share of the validation words that are `<unk>`.
    digests: SHA-256 of the text of each file, in the order of train, valid and
      test.
  """

  name: str
  vocabulary: int
  train_tokens: int
  validation_tokens: int
  validation_origin: str
  test_tokens: int
  unknown_share: float
  digests: tuple[str, ...]

  def to_dict(self) -> dict[str, Any]:
    """Returns the record as plain data, with its format version."""
    fields = {**dataclasses.asdict(self), 'digests': list(self.digests)}
    return {'format': FORMAT, 'format_version': FORMAT_VERSION, **fields}


@dataclasses.dataclass(frozen=True, eq=False)
class TextData:
  """A text as numbers of words, in the order they stand in.

  Attributes:
    record: What is known of it.
    vocabulary: The words by number, the most frequent first.
    train: Words to train on, int32 `[count]`.
    validation: Words to value children on, likewise.
    test: Words that no search uses; may be empty.
  """

  record: TextRecord
  vocabulary: tuple[str, ...]
  train: np.ndarray
  validation: np.ndarray
  test: np.ndarray


def load_text(config: TextConfig) -> TextData:
  """Reads and splits a text.

  Args:
    config: Which files, and which part of them.

  Raises:
    UserError: A file is missing or holds no text, or there are too few or too
      many different words, or fewer words than asked for.
  """
  files = _read_files(config)
  train, validation = _split(files[0].words, files, config)
  test = files[-1].words if config.text_test else []
  vocabulary = _vocabulary(train, [*validation, *test], config)
  parts = [
    _first('train_tokens', train, config.train_tokens),
    _first('valid_tokens', validation, config.valid_tokens),
    test,
  ]
  numbers = {word: number for number, word in enumerate(vocabulary)}
  unknown = numbers.get(UNKNOWN, -1)
  arrays = [
    np.array([numbers.get(word, unknown) for word in part], np.int32)
    for part in parts
  ]
  record = TextRecord(
    name='text',
    vocabulary=len(vocabulary),
    train_tokens=len(arrays[0]),
    validation_tokens=len(arrays[1]),
    validation_origin='a file of its own'
    if config.text_valid
    else 'the end of the training text',
    test_tokens=len(test),
    unknown_share=float(np.mean(arrays[1] == unknown)),
    digests=tuple(file.digest for file in files),
  )
  return TextData(record, vocabulary, *arrays)


def _read_files(config: TextConfig) -> list[Words]:
  """Returns the files that there are: of training, validation and test."""
  if not config.text_train:
    raise UserError(
      'Expected --text_train, a text file to train language models on: words '
      'between white space, a sentence a line, such as ptb.train.txt of the '
      'Penn Treebank, with --text_valid and --text_test beside it if there are '
      'such files; they may be gzipped. Received none.'
    )
  return [
    read_words(name, flag)
    for flag in ('text_train', 'text_valid', 'text_test')
    if (name := getattr(config, flag))
  ]


def _split(
  words: list[str], files: Sequence[Words], config: TextConfig
) -> tuple[list[str], list[str]]:
  """Returns the training and the validation words."""
  if config.text_valid:
    return words, files[1].words
  count = len(words) // _VALIDATION_SHARE
  if not count:
    raise UserError(
      'Expected --text_train to be long enough to validate on its last tenth. '
      f'Received: {len(words)} words. Name a --text_valid, or use more text.'
    )
  place = len(words) - count
  # Where the line begins, unless lines are so long that it would be much more.
  begins = (
    each
    for each in range(place, place - count, -1)
    if words[each - 1] == END_OF_LINE
  )
  place = next(begins, place)
  return words[:place], words[place:]


def _vocabulary(
  train: Sequence[str], others: Sequence[str], config: TextConfig
) -> tuple[str, ...]:
  counts = collections.Counter(train)
  kept = sorted(counts, key=lambda word: (-counts[word], word))
  if config.kept_words and len(kept) > config.kept_words:
    always = (UNKNOWN, END_OF_LINE)
    most = [word for word in kept if word not in always]
    some = {*always, *most[: max(0, config.kept_words - len(always))]}
    kept = [word for word in kept if word in some]
  # Of no use where every word is known.
  if UNKNOWN not in counts and not {*counts, *others} <= set(kept):
    kept.append(UNKNOWN)
  _check_vocabulary(kept, counts, config)
  return tuple(kept)


def _check_vocabulary(
  kept: Sequence[str], counts: collections.Counter[str], config: TextConfig
) -> None:
  different = min(len({*each} - {END_OF_LINE}) for each in (counts, kept))
  if different < 2:
    raise UserError(
      'Expected a training text of at least 2 different words that are told '
      f'apart, besides {END_OF_LINE} (--text_train, --kept_words). '
      f'Received: {different}.'
    )
  if len(kept) > config.max_vocabulary:
    raise UserError(
      f'Expected at most {config.max_vocabulary:,} different words '
      f'(--max_vocabulary). Received: {len(kept):,} in {config.text_train}. '
      'Raise it, or keep the most frequent ones only (--kept_words).'
    )


def _first(flag: str, words: list[str], count: int) -> list[str]:
  if count > len(words):
    raise UserError(
      f'Expected --{flag} of at most {len(words):,}, which the text has. '
      f'Received: {count:,}.'
    )
  return words[: count or None]
