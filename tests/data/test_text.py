"""Text as numbers of words: files, split, vocabulary, mistakes."""

import gzip
import hashlib
import re

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data import text_files
from nasnet_search.data.text import load_text
from nasnet_search.data.text_config import TextConfig
from tests.shared_data import shared

TRAIN = ' the cat sat \n the <unk> sat on the mat \n the cat \n'


@pytest.fixture
def files(tmp_path):
  (tmp_path / 'train').write_text(TRAIN)
  (tmp_path / 'valid').write_text('the dog sat\n\n')
  (tmp_path / 'test').write_bytes(gzip.compress(b'a cat\n'))
  return {
    f'text_{name}': str(tmp_path / name) for name in ('train', 'valid', 'test')
  }


def words(text, numbers):
  return [text.vocabulary[number] for number in numbers]


def test_words_lines_and_unknown_words(files):
  text = load_text(TextConfig(**files))
  # By frequency, equal ones in the order of the alphabet.
  assert text.vocabulary == (
    'the', '<eos>', 'cat', 'sat', '<unk>', 'mat', 'on',
  )  # fmt: skip
  assert words(text, text.train) == TRAIN.replace('\n', '<eos>').split()
  assert words(text, text.validation) == [
    'the', '<unk>', 'sat', '<eos>', '<eos>',
  ]  # fmt: skip
  assert words(text, text.test) == ['<unk>', 'cat', '<eos>']
  assert {array.dtype for array in (text.train, text.test)} == {np.dtype('i4')}


def test_the_record_says_what_is_known(files):
  digests = [TRAIN.encode(), b'the dog sat\n\n', b'a cat\n']
  assert load_text(TextConfig(**files)).record.to_dict() == {
    'format': 'nasnet_search.text',
    'format_version': 1,
    'name': 'text',
    'vocabulary': 7,
    'train_tokens': 14,
    'validation_tokens': 5,
    'validation_origin': 'a file of its own',
    'test_tokens': 3,
    'unknown_share': 0.2,
    'digests': [hashlib.sha256(each).hexdigest() for each in digests],
  }


def test_a_slice_keeps_the_words_of_the_whole(files):
  whole = load_text(TextConfig(**files))
  part = load_text(TextConfig(**files, train_tokens=4, valid_tokens=2))
  assert part.vocabulary == whole.vocabulary
  np.testing.assert_array_equal(part.train, whole.train[:4])
  np.testing.assert_array_equal(part.validation, whole.validation[:2])


def test_rare_words_are_not_told_apart(files):
  text = load_text(TextConfig(**files, kept_words=4))
  assert text.vocabulary == ('the', '<eos>', 'cat', '<unk>')
  assert words(text, text.train[:4]) == ['the', 'cat', '<unk>', '<eos>']


def test_the_unknown_word_is_there_only_if_some_word_is_unknown(tmp_path):
  path = tmp_path / 'text'
  path.write_text('a b c\na b\na b\n' * 10)
  config = TextConfig(text_train=str(path))
  assert load_text(config).vocabulary == ('<eos>', 'a', 'b', 'c')
  kept = TextConfig(text_train=str(path), kept_words=3)
  assert load_text(kept).vocabulary == ('<eos>', 'a', '<unk>')
  path.write_text('a b c\na b\na b\n' * 10 + 'a z z z z z\n')
  assert load_text(config).vocabulary == ('<eos>', 'a', 'b', 'c', '<unk>')


def test_one_file_is_split_at_the_end_of_a_line(tmp_path):
  path = tmp_path / 'text'
  path.write_text('a b\n' * 20 + 'c c c c c c\n' * 2 + 'd d d d d\n')
  text = load_text(TextConfig(text_train=str(path)))
  # The last tenth are 8 of 80; the line that the first of them is in is one of
  # `c`, and begins 5 before it.
  assert words(text, text.validation) == [
    *'cccccc',
    '<eos>',
    *['<unk>'] * 5,
    '<eos>',
  ]
  assert len(text.train) + len(text.validation) == 80
  assert text.record.validation_origin == 'the end of the training text'


def test_one_line_is_split_at_a_tenth(tmp_path):
  path = tmp_path / 'text'
  path.write_text('a b ' * 50)
  text = load_text(TextConfig(text_train=str(path)))
  assert [len(text.train), len(text.validation)] == [90, 10]


def test_the_penn_treebank_has_its_published_size():
  names = ('train', 'valid', 'test')
  text = load_text(
    TextConfig(**{f'text_{n}': shared(f'ptb/ptb.{n}.txt.gz') for n in names})
  )
  sizes = [len(part) for part in (text.train, text.validation, text.test)]
  assert sizes == [929_589, 73_760, 82_430]
  assert len(text.vocabulary) == 10_000
  assert min(map(min, (text.train, text.validation, text.test))) == 0


@pytest.mark.parametrize(
  ('content', 'settings', 'message'),
  [
    (None, {}, '--text_train to be a file of text that can be read'),
    (b'', {}, '--text_train to be a file with words'),
    (b'\n\n\n', {}, 'a file with words. Received: '),
    (b'a b\x00c\n' * 9, {}, 'a text file in UTF-8'),
    (b'\xff\xfea\n' * 9, {}, 'which holds other bytes'),
    (b'\x1f\x8bno gzip', {}, 'that can be read'),
    (gzip.compress(b'a b c\n' * 99)[:-9], {}, 'that can be read'),
    (b'word word\n' * 20, {}, 'at least 2 different words'),
    (b'a b\n' * 20, {'kept_words': 1}, 'different words that are told apart'),
    (b'a b\n', {}, 'long enough to validate on its last tenth'),
    (b'a b c d\n' * 9, {'max_vocabulary': 4}, 'at most 4 different words'),
    (b'a b c d\n' * 9, {'train_tokens': 99}, '--train_tokens of at most 40'),
    (b'a b c d\n' * 9, {'valid_tokens': 9}, '--valid_tokens of at most 5'),
  ],
)
def test_mistakes_are_told(tmp_path, content, settings, message):
  path = tmp_path / 'text'
  if content is not None:
    path.write_bytes(content)
  with pytest.raises(UserError, match=re.escape(message)):
    load_text(TextConfig(text_train=str(path), **settings))


def test_what_to_bring_is_told():
  with pytest.raises(UserError, match=r'--text_train, a text file .* gzipped'):
    load_text(TextConfig())


def test_what_unpacks_without_end_is_refused(files, monkeypatch):
  monkeypatch.setattr(text_files, '_LARGEST', 20)
  with pytest.raises(UserError, match='at most 20 bytes of text'):
    load_text(TextConfig(**files))
