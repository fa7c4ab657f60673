"""Trains one language model, with a loop of its own."""

import dataclasses
import math
import time
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from nasnet_search.builders.recurrent_cell import RecurrentTreeCell
from nasnet_search.cells.recurrent_cell import RecurrentCell
from nasnet_search.data.text import TextData
from nasnet_search.evaluators.language_batches import Windows, text_windows
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.language_steps import (
  Cell,
  LanguageModel,
  MakeCell,
  seeded,
)
from nasnet_search.evaluators.protocol import Context
from nasnet_search.evaluators.trainer import graphs_as_they_are

_HIGHEST_LOSS = 700.0
"""Nats. Its perplexity is the greatest that a float can hold."""


@dataclasses.dataclass
class LanguageTraining:
  """How the training of a language model went.

  Attributes:
    training_loss: Mean loss of the steps of every epoch, in nats a word.
    validation_loss: The same after every epoch, of the validation text; as
      long as it is finite.
    seconds: Wall-clock time of all.
    seconds_startup: Of it, in building, tracing and the first step.
    words: How many words the other training steps predicted.
    seconds_stepping: How long they took.
    finite: Whether no loss was NaN, infinite or beyond a perplexity.
  """

  training_loss: list[float] = dataclasses.field(default_factory=list)
  validation_loss: list[float] = dataclasses.field(default_factory=list)
  seconds: float = 0.0
  seconds_startup: float = 0.0
  words: float = 0.0
  seconds_stepping: float = 0.0
  finite: bool = True

  def curves(self) -> dict[str, tuple[float, ...]]:
    """Returns the curves of a measurement."""
    return {
      'training_loss': tuple(self.training_loss),
      'validation_loss': tuple(self.validation_loss),
      'validation_perplexity': tuple(map(math.exp, self.validation_loss)),
    }

  def timing(self) -> dict[str, float]:
    """Returns the values of a measurement that differ every time."""
    stepping = self.seconds_stepping
    return {
      'seconds': self.seconds,
      'seconds_startup': self.seconds_startup,
      'words_per_second': self.words / stepping if stepping else 0.0,
    }


def tree_cells(cell: RecurrentCell) -> MakeCell:
  """Returns what makes the layers of a language model of a recurrent cell."""

  def make(units: int, seed: int) -> Cell:
    layer: Any = RecurrentTreeCell(
      units, cell, seeded(seed, 'kernel'), seeded(seed, 'recurrent kernel')
    )
    layer.build((None, units))
    return layer

  return make


def train_language_model(
  make_cell: MakeCell,
  units: int,
  text: TextData,
  config: LanguageModelConfig,
  seed: int,
  context: Context,
) -> LanguageTraining:
  """Trains a language model until its last epoch, a NaN, or a stop.

  Args:
    make_cell: Makes the cell of a layer.
    units: Width of the layers.
    text: What it is trained and valued on.
    config: How it is built and trained.
    seed: Seed that everything random follows from.
    context: Told of every epoch.
  """
  begin = time.perf_counter()
  training = LanguageTraining()
  rows, steps = config.parallel_sequences, config.unroll
  train = text_windows(text.train, rows, steps)
  validation = text_windows(text.validation, rows, steps)
  with graphs_as_they_are():
    model = LanguageModel(
      make_cell,
      units,
      len(text.vocabulary),
      config,
      total_steps=config.text_epochs * len(train.inputs),
      seed=seed,
    )
    for epoch in range(config.text_epochs):
      _train_epoch(model, train, training, begin)
      if training.finite:
        _validate(model, validation, training)
      training.seconds = time.perf_counter() - begin
      if not training.finite:
        break
      metrics = {name: curve[-1] for name, curve in training.curves().items()}
      if not context.report(epoch + 1, metrics):
        break
  return training


def _train_epoch(
  model: LanguageModel,
  windows: Windows,
  training: LanguageTraining,
  begin: float,
) -> None:
  states, total = model.initial_states(), 0.0
  for words, window in _each(windows):
    start = time.perf_counter()
    loss, states = model.train(window, states)
    # A float, so that it is known at once that a child has diverged.
    total += float(loss) * words
    if not math.isfinite(total):
      training.finite = False
      return
    now = time.perf_counter()
    if not training.seconds_startup:
      training.seconds_startup = now - begin
    else:
      training.words += words
      training.seconds_stepping += now - start
  training.training_loss.append(total / float(windows.weights.sum()))


def _validate(
  model: LanguageModel, windows: Windows, training: LanguageTraining
) -> None:
  states, total = model.initial_states(), 0.0
  for _, window in _each(windows):
    loss, states = model.validate(window, states)
    total += float(loss)
  mean = total / float(windows.weights.sum())
  training.finite = math.isfinite(mean) and mean < _HIGHEST_LOSS
  if training.finite:
    training.validation_loss.append(mean)


def _each(windows: Windows) -> Iterator[tuple[float, Windows]]:
  """Yields each window as tensors, with the number of words in it."""
  for arrays in zip(*windows, strict=True):
    yield float(arrays[-1].sum()), Windows(*map(tf.constant, arrays))
