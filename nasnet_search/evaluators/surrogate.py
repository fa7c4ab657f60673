"""The surrogate evaluator: predicts what NAS-Bench-301 would have measured.

The model is a wide-and-deep network on embedded categories, fitted by the
authors of YAHPO-Gym (Pfisterer et al. 2022) on the data of NAS-Bench-301
(Siems et al. 2020): two DARTS cells and a number of epochs give a validation
accuracy and a training time. What it says is predicted, not measured.
"""

import functools
import json
import pathlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.darts_space import CELLS, NODES, DartsCell, DartsSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Context, Request
from nasnet_search.trials import Measurement

EPOCHS = 98
"""Epochs that the surrogate is asked for: the most that it was fitted on."""
_ABSENT = '#na#'


class SurrogateEvaluator:
  """Values DARTS cells by a surrogate model of NAS-Bench-301.

  A measurement has the values `reward` and `report`, both the predicted
  validation accuracy in percent, and `predicted_seconds`, the predicted time
  of the training.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name = 'surrogate'
  default_reward = 'table'

  def __init__(
    self, config: EvaluatorConfig, proxy: ProxyConfig, data: DataConfig
  ) -> None:
    del proxy, data  # Nothing is trained.
    self._path = config.table
    self._space = DartsSpace()

  def check(self, architecture: AnyArchitecture) -> None:
    """Raises `UserError` unless the architecture is a pair of DARTS cells."""
    self._space.encode(architecture)

  def chance(self) -> Mapping[str, float]:
    """Returns what ten classes are guessed with."""
    return {'reward': 10.0, 'report': 10.0}

  def facts(self) -> Mapping[str, Any]:
    """Reads the model, so that a wrong file is found at once."""
    return {'weights': sum(a.size for a in self._model.arrays.values())}

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Predicts what training an architecture would give."""
    del context  # There is no progress to tell of.
    choices = self._space.encode(request.architecture)
    accuracy, seconds = self._model.predict([self._space.cells(choices)])
    return Measurement(
      {
        'reward': float(accuracy[0]),
        'report': float(accuracy[0]),
        'predicted_seconds': float(seconds[0]),
      }
    )

  @functools.cached_property
  def _model(self) -> 'SurrogateModel':
    return SurrogateModel(self._path)


class SurrogateModel:
  """The network, evaluated with NumPy.

  Args:
    path: An .npz file with the arrays `emb_NN` (embedding of category NN),
      `wide`, `deep0` to `deep2`, `deeper0` to `deeper4` (each `_w` of shape
      `[outputs, inputs]` and `_b`), the scales `epoch_scale`, `acc_div`,
      `rt_sub`, `rt_mul` and `rt_add`, `cat_names` and `encoding_json`.

  Attributes:
    arrays: The weights by name.

  Raises:
    UserError: The file is not such a model.
  """

  def __init__(self, path: str) -> None:
    try:
      with np.load(pathlib.Path(path).expanduser(), allow_pickle=False) as file:
        self.arrays = {name: file[name] for name in file.files}
      self._codes = json.loads(str(self.arrays.pop('encoding_json')))
      self._names = [str(name) for name in self.arrays.pop('cat_names')]
    except (
      OSError,
      ValueError,
      KeyError,
      AttributeError,
      EOFError,
      zipfile.BadZipFile,
    ) as error:
      raise UserError(
        'Expected --table to be the .npz file of a NAS-Bench-301 surrogate. '
        f'Received: {path!r}, which is none: {error}.'
      ) from error

  def predict(
    self, architectures: Sequence[tuple[DartsCell, DartsCell]]
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns predictions after `EPOCHS` epochs.

    Args:
      architectures: Normal and reduction cells.

    Returns:
      Validation accuracy in percent and training time in seconds, each of
      shape `[architectures]`.
    """
    a = self.arrays
    codes = np.array([self._encode(each) for each in architectures])
    epochs = np.full(len(codes), EPOCHS, np.float32)
    embedded = [a[f'emb_{i:02d}'][codes[:, i]] for i in range(codes.shape[1])]
    x = np.concatenate([*embedded, (epochs * a['epoch_scale'])[:, None]], 1)
    deep, deeper = x, x
    for layer in range(2):
      deep = _selu(self._dense(deep, f'deep{layer}'))
    for layer in range(4):
      deeper = _selu(self._dense(deeper, f'deeper{layer}'))
    logits = (
      self._dense(x, 'wide')
      + self._dense(deep, 'deep2')
      + self._dense(deeper, 'deeper4')
    )
    scaled = 1 / (1 + np.exp(-logits))
    accuracy = scaled[:, 0] / a['acc_div']
    seconds = (scaled[:, 1] - a['rt_sub']) * a['rt_mul'] + a['rt_add']
    return accuracy, seconds

  def _dense(self, x: np.ndarray, name: str) -> np.ndarray:
    result: np.ndarray = (
      x @ self.arrays[f'{name}_w'].T + self.arrays[f'{name}_b']
    )
    return result

  def _encode(self, cells: tuple[DartsCell, DartsCell]) -> list[int]:
    values = dict.fromkeys(self._names, _ABSENT)
    for name, cell in zip(CELLS, cells, strict=True):
      values.update(_categories(name, cell))
    return [self._codes[name][values[name]] for name in self._names]


def _categories(name: str, cell: DartsCell) -> Iterator[tuple[str, str]]:
  """Yields what NAS-Bench-301 calls the choices of a cell.

  Edges are numbered through, all possible ones; node 2 has two of them, node
  3 the next three, and so on.
  """
  first = 0
  for index, node in enumerate(NODES):
    edges = cell[2 * index : 2 * index + 2]
    for state, operation in edges:
      yield f'edge_{name}_{first + state}', operation
    if index:
      states = '_'.join(str(state) for state, _ in edges)
      yield f'inputs_node_{name}_{node}', states
    first += node


def _selu(x: np.ndarray) -> np.ndarray:
  # Klambauer et al. 2017: the constants keep mean 0 and variance 1.
  scale, alpha = 1.0507009873554805, 1.6732632423543772
  return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
