"""The language models children are, as plain data; must not import TensorFlow.

Defaults make children of about ten seconds of one CPU core on a small text.
"""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class LanguageModelConfig:
  """The setting language models are trained in, besides the text."""

  recurrent_layers: int = setting(
    2,
    'Layers of the recurrent cell, one on top of the other (Zoph and Le 2017, '
    'section 4.2: 2).',
    lower=1,
  )
  hidden_units: int = setting(
    0,
    'Width of the states of each layer, and of what stands for a word; 0 for '
    'what comes closest to --model_parameters.',
    lower=0,
  )
  model_parameters: int = setting(
    400_000,
    'Trainable parameters that a language model comes close to, whatever its '
    'cell: so --hidden_units is chosen.',
    lower=1,
  )
  tied_weights: bool = setting(
    False,
    'Whether what stands for a word on its way in also stands for it on the '
    'way out (Press and Wolf 2017).',
  )
  parallel_sequences: int = setting(
    16,
    'Parts that the text is cut into, which are read side by side: the batch.',
    lower=1,
  )
  unroll: int = setting(
    10,
    'Words that gradients flow back over; states are carried on (Zaremba et '
    'al. 2014: 35 for their medium network).',
    lower=1,
    upper=1000,
  )
  text_epochs: int = setting(
    3, 'Times that a language model reads the training text.', lower=1
  )
  text_learning_rate: float = setting(
    0.01,
    'Greatest learning rate of a language model, for Adam; it falls to 0 along '
    'half a cosine.',
    lower=0,
  )
  text_gradient_clip: float = setting(
    1.0,
    'Greatest global norm of the gradients of a language model; 0 for no '
    'limit.',
    lower=0,
  )
  dropout: float = setting(
    0.0,
    'Share of the values dropped before, between and after the recurrent '
    'layers, not from step to step (Zaremba et al. 2014: 0.5 for their medium '
    'network).',
    lower=0,
    upper=0.9,
  )
  perplexity_constant: float = setting(
    80.0,
    'c of --reward=perplexity, which is c / perplexity^2 (Zoph and Le 2017, '
    'section 4.2: 80).',
    lower=1e-3,
  )

  def __post_init__(self) -> None:
    check_settings(self)
