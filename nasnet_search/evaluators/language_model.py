"""The language model evaluator: trains one on text, and measures perplexity.

Source: Zoph and Le, Neural Architecture Search with Reinforcement Learning
(2017), section 4.2, which values recurrent cells on the Penn Treebank.

Importing this module, making an evaluator and checking an architecture must
not import TensorFlow: the coordinator does all three.
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.recurrent_cell import recurrent_cell_of
from nasnet_search.data.text import TextData, load_text
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.language_size import LanguageModelSize
from nasnet_search.evaluators.limits import check_size
from nasnet_search.evaluators.protocol import Context, Diverged, Request
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.trials import Measurement


class LanguageModelEvaluator:
  """Values a recurrent cell by a language model of layers of it.

  A measurement has the values

  - `validation_perplexity`, of the last epoch, and
    `validation_perplexity_best`, of the best one: e to the mean loss of all
    words of the validation text but its first;
  - `validation_loss` and `training_loss`, of the last epoch: cross-entropy in
    nats, the latter the mean over the epoch's steps as they were taken;
  - `perplexity_constant`, c of the reward;
  - `parameters`, the trainable ones, `hidden_units`, the width of the layers,
    and `multiply_adds` for one word;
  - `seconds`, of all; `seconds_startup`, of building, tracing and the first
    step; `words_per_second` of the training steps after it;

  and the curves `training_loss`, `validation_loss` and
  `validation_perplexity`, one entry an epoch.

  Everything random follows from the seed of the request, as for children of
  the evaluator `child`.

  Args:
    config: What is refused.
    model: How language models are built and trained.
    text: What they are trained and valued on.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name = 'language_model'
  default_reward = 'perplexity'

  def __init__(
    self, config: EvaluatorConfig, model: LanguageModelConfig, text: TextConfig
  ) -> None:
    self._config = config
    self._model = model
    self._text_config = text

  def check(self, architecture: AnyArchitecture) -> None:
    """Checks that the architecture is a recurrent cell, and not too large.

    Raises:
      Refused: It breaks a limit.
      UserError: It is of another kind, the text is not usable, or no width
        leaves as few parameters as configured.
    """
    size = self._size(architecture)
    check_size(
      self._config,
      size.parameters(size.units),
      size.training_bytes(size.units),
    )

  def chance(self) -> Mapping[str, float]:
    """Returns the values of a child that gives all words the same chance."""
    words = len(self._text.vocabulary)
    return {
      'validation_perplexity': float(words),
      'validation_perplexity_best': float(words),
      'validation_loss': math.log(words),
      'perplexity_constant': self._model.perplexity_constant,
    }

  def facts(self) -> Mapping[str, Any]:
    """Returns the record of the text, under `dataset`.

    Raises:
      UserError: The text cannot be read or is too short.
    """
    return {'dataset': self._text.record.to_dict()}

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Trains a language model and measures it.

    Raises:
      Refused: The architecture breaks a limit.
      Diverged: A loss became NaN or infinite.
    """
    deterministic_tensorflow()
    from nasnet_search.evaluators import language_training, trainer

    self.check(request.architecture)
    size = self._size(request.architecture)
    try:
      training = language_training.train_language_model(
        language_training.tree_cells(recurrent_cell_of(request.architecture)),
        size.units,
        self._text,
        self._model,
        request.seed,
        context,
      )
    finally:
      trainer.free_memory()
    if not training.finite:
      raise Diverged(
        'The loss became NaN or infinite in epoch '
        f'{len(training.validation_loss) + 1} of {self._model.text_epochs}. A '
        'smaller --text_learning_rate or --text_gradient_clip may help.'
      )
    curves = training.curves()
    perplexities = curves['validation_perplexity']
    return Measurement(
      values={
        **{name: curve[-1] for name, curve in curves.items()},
        'validation_perplexity_best': min(perplexities),
        'perplexity_constant': float(self._model.perplexity_constant),
        'parameters': float(size.parameters(size.units)),
        'hidden_units': float(size.units),
        'multiply_adds': float(size.multiply_adds(size.units)),
        **training.timing(),
      },
      curves=curves,
    )

  def _size(self, architecture: AnyArchitecture) -> LanguageModelSize:
    cell = recurrent_cell_of(architecture)
    size = LanguageModelSize(
      len(self._text.vocabulary), 2 * cell.base_number, self._model
    )
    least, model = size.parameters(1), self._model
    if not model.hidden_units and model.model_parameters < least:
      raise UserError(
        f'Expected --model_parameters of at least {least:,}, which a language '
        f'model of one unit has with the {size.vocabulary:,} words of this '
        f'text. Received: {model.model_parameters:,}. Raise it, or tell fewer '
        'words apart (--kept_words).'
      )
    return size

  @functools.cached_property
  def _text(self) -> TextData:
    text = load_text(self._text_config)
    model = self._model
    least = model.parallel_sequences * model.unroll + 1
    if len(text.train) < least:
      raise UserError(
        f'Expected a training text of at least {least:,} words: '
        f'{model.unroll} (--unroll) for each of {model.parallel_sequences} '
        f'(--parallel_sequences), and one. Received: {len(text.train):,}. Use '
        'more text, or make one of them smaller.'
      )
    if len(text.validation) < 2:
      raise UserError(
        'Expected a validation text of at least 2 words (--text_valid, '
        f'--valid_tokens). Received: {len(text.validation)}.'
      )
    return text
