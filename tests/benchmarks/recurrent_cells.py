r"""Recurrent cells found by PPO and at random, beside an LSTM.

Searches by both controllers with several seeds, and trains, in the same proxy
and with as many parameters, layers of `keras.layers.LSTMCell` and of the cell
that Zoph and Le (2017) found, as TensorFlow published it. All numbers are
validation perplexities; those of searches are of single children, the best of
them chosen for its luck, too.

  python -m tests.benchmarks.recurrent_cells --children=60 --seeds=3 \
      --out=recurrent --text_train=ptb.train.txt --text_valid=ptb.valid.txt

The proxy is that of --flagfile=recurrent_cell_small; a minute of two cores for
about eight children. Searches that are in --out already go on where they were.
"""

import dataclasses
import pathlib
import sys

import keras
import numpy as np
from absl import app, flags

from nasnet_search.config import GoalConfig, RunConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.text import load_text
from nasnet_search.estimates import estimate
from nasnet_search.evaluators.language_size import LanguageModelSize
from nasnet_search.evaluators.language_steps import seeded
from nasnet_search.evaluators.language_training import (
  train_language_model,
  tree_cells,
)
from nasnet_search.evaluators.protocol import Silent
from nasnet_search.flags import flagfiles, search_flags
from nasnet_search.report.summary import read_summary
from nasnet_search.search import search
from tests.cells.recurrent_cells import NAS_CELL

_CHILDREN = flags.DEFINE_integer('children', 60, 'Children of each search.')
_SEEDS = flags.DEFINE_integer('seeds', 3, 'Searches by each controller.')
_OUT = flags.DEFINE_string('out', 'recurrent', 'Folder of the searches.')

CONTROLLERS = {
  'random': ControllerConfig(controller='random'),
  'ppo': ControllerConfig(controller='ppo'),
}
_LSTM_MATRICES = 8
"""Of the input and of the hidden state for each of four gates."""


class LSTM(keras.layers.LSTMCell):
  """The cell of Keras' LSTM, as a layer of a language model."""

  def unrolled(self, inputs, states):
    """Takes a step for each entry of a sequence."""
    outputs = []
    for each in keras.ops.unstack(inputs):
      output, states = self(each, states)
      outputs.append(output)
    return keras.ops.stack(outputs), list(states)


def lstm_cells(units, seed):
  """Makes a layer of a language model."""
  cell = LSTM(
    units,
    kernel_initializer=seeded(seed, 'kernel'),
    recurrent_initializer=seeded(seed, 'recurrent kernel'),
  )
  cell.build((None, units))
  return cell


def perplexities_of(config, make_cell, matrices):
  """Returns the perplexity of a language model for each seed, and its size."""
  text = load_text(config.text)
  size = LanguageModelSize(
    len(text.vocabulary), matrices, config.language_model
  )
  found = [
    train_language_model(
      make_cell, size.units, text, config.language_model, seed, Silent()
    ).curves()['validation_perplexity'][-1]
    for seed in range(_SEEDS.value)
  ]
  return found, size


def searched(config, name, seed):
  """Returns the perplexities of a search in the order children settled."""
  path = pathlib.Path(_OUT.value) / f'{name}_{seed}'
  search(
    dataclasses.replace(
      config,
      goal=GoalConfig(seed=seed),
      controller=CONTROLLERS[name],
      run=RunConfig(run_dir=str(path), trials=_CHILDREN.value),
    )
  )
  trials = [
    trial
    for trial in read_summary(path).trials
    if trial.candidate and trial.status.settled and trial.source_trial is None
  ]
  trials.sort(key=lambda trial: trial.settled_as or 0)
  return [
    trial.measurement.values['validation_perplexity']
    if trial.measurement
    else np.nan
    for trial in trials
  ]


def main(_):
  """Prints a row for each way to get a cell."""
  config = search_flags.search_config()
  print(f'{"":12}{"best":>20}{"median":>9}{"last third":>12}{"failed":>8}')
  for name in CONTROLLERS:
    found = np.array(
      [searched(config, name, seed) for seed in range(_SEEDS.value)]
    )
    best = estimate(np.nanmin(found, axis=1))
    late = found[:, -max(1, found.shape[1] // 3) :]
    print(
      f'{name:12}{best.mean:12.2f} ±{best.half_width:6.2f}'
      f'{np.nanmedian(found):9.2f}{np.nanmedian(late):12.2f}'
      f'{np.isnan(found).sum():8}',
      flush=True,
    )
  for name, make_cell, matrices in (
    ('Keras LSTM', lstm_cells, _LSTM_MATRICES),
    ('NASCell', tree_cells(NAS_CELL), 2 * NAS_CELL.base_number),
  ):
    found, size = perplexities_of(config, make_cell, matrices)
    mean = estimate(found)
    print(
      f'{name:12}{mean.mean:12.2f} ±{mean.half_width:6.2f}   '
      f'{size.units} units, {size.parameters(size.units):,} parameters',
      flush=True,
    )


if __name__ == '__main__':
  proxy = flagfiles.packaged()['recurrent_cell_small']
  app.run(main, argv=[sys.argv[0], f'--flagfile={proxy}', *sys.argv[1:]])
