"""What text a search uses, as plain data. Must not import TensorFlow."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class TextConfig:
  """Which files of text, which part of them, and which of their words."""

  text_train: str = setting(
    '',
    'Text to train language models on: UTF-8, may be gzipped, words between '
    'white space, as in ptb.train.txt of the Penn Treebank. A line end counts '
    'as the word <eos>.',
  )
  text_valid: str = setting(
    '',
    'Text to value children on; empty for the last tenth of --text_train, '
    'which is then not trained on.',
  )
  text_test: str = setting(
    '', 'Text that no search uses; its words are counted. Empty for none.'
  )
  train_tokens: int = setting(
    0,
    'Words of the training text used, the first ones, <eos> included; 0 for '
    'all.',
    lower=0,
  )
  valid_tokens: int = setting(
    0, 'Words of the validation text used, likewise; 0 for all.', lower=0
  )
  kept_words: int = setting(
    0,
    'So many different words are told apart, the most frequent of the whole '
    'training text, <unk> and <eos> among them; the others become <unk>. 0 for '
    'all.',
    lower=0,
  )
  max_vocabulary: int = setting(
    50_000,
    'Texts of more different words than this are refused, unless --kept_words '
    'leaves fewer: each word takes weights and time.',
    lower=2,
  )

  def __post_init__(self) -> None:
    check_settings(self)
