"""How large a language model is, counted without building it."""

import dataclasses

from nasnet_search.evaluators.language_config import LanguageModelConfig

_BYTES = 4
_COPIES = 4
"""Arrays as large as the weights: they, their gradients, and two of Adam."""


@dataclasses.dataclass(frozen=True)
class LanguageModelSize:
  """What a language model consists of, but for its width.

  Attributes:
    vocabulary: Words told apart.
    matrices: Square matrices of weights in a recurrent layer: two for each
      leaf of a tree, eight for an LSTM.
    config: Its layers.
  """

  vocabulary: int
  matrices: int
  config: LanguageModelConfig

  @property
  def units(self) -> int:
    """The width: as configured, or with the count closest to its target."""
    if self.config.hidden_units:
      return self.config.hidden_units
    target = self.config.model_parameters
    units = 1
    while self.parameters(units + 1) <= target:
      units += 1
    return min(
      (units, units + 1), key=lambda each: abs(self.parameters(each) - target)
    )

  def parameters(self, units: int) -> int:
    """Returns the number of trainable parameters of a width.

    Words on their way in and out, a bias for each word, and the layers.
    """
    words = self.vocabulary * (units * (2 - self.config.tied_weights) + 1)
    return words + self.config.recurrent_layers * self.matrices * units**2

  def multiply_adds(self, units: int) -> int:
    """Returns the multiply-adds for one word, in matrix products alone."""
    layers = self.config.recurrent_layers * self.matrices * units**2
    return layers + self.vocabulary * units

  def training_bytes(self, units: int) -> int:
    """Returns an estimate of the memory that a training step takes.

    Every value in a layer is kept for its gradient: for each of its matrices
    (two for a leaf of a tree) about four, products, combinations and
    activations; and the logits, their gradient and the softmax. The gradients
    of what multiplies the hidden state are there for every step of a window,
    until they are summed. It is on the safe side: at 20 million parameters
    and 35 steps it was 1.1 GiB, and the process grew by 0.7.
    """
    config = self.config
    words = config.parallel_sequences * config.unroll
    kept = config.recurrent_layers * self.matrices * 4 * units
    values = words * (kept + 3 * self.vocabulary)
    # Half of the matrices multiply the hidden state.
    by_step = config.recurrent_layers * self.matrices * units**2 // 2
    summed = config.unroll * by_step
    return _BYTES * (_COPIES * self.parameters(units) + values + summed)
