"""The surrogate of NAS-Bench-301, against the official one's predictions."""

import gzip

import numpy as np
import pytest
from scipy import stats

from nasnet_search.cells import zoo
from nasnet_search.cells.darts_space import OPERATIONS, DartsSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Request, Silent
from nasnet_search.evaluators.surrogate import (
  SurrogateEvaluator,
  SurrogateModel,
)
from tests.shared_data import shared

MODEL = 'nb301/yahpo_nb301_surrogate.npz'


def cells_of(text):
  """Returns the cells of an `arch` string: eight `state operation` a cell."""
  cells = []
  for half in text.split('|'):
    edges = [(int(t[0]), OPERATIONS[int(t[1])]) for t in half.split()]
    nodes = [sorted(edges[i : i + 2]) for i in range(0, 8, 2)]
    cells.append(tuple(edge for node in nodes for edge in node))
  return tuple(cells)


def test_it_agrees_with_the_official_surrogate_as_published():
  """README of the data: Spearman 0.905 and a bias of +1.30 on 725 cells."""
  model = SurrogateModel(shared(MODEL))
  path = shared('nb301/nb301_official_surrogate_725.csv.gz')
  with gzip.open(path, 'rt', encoding='utf-8') as file:
    heading, *rows = [line.strip().split(',') for line in file]
  official = [float(row[heading.index('val_acc_nb301')]) for row in rows]
  cells = [cells_of(row[heading.index('arch')]) for row in rows]
  accuracy, seconds = model.predict(cells)
  assert len(rows) == 725
  assert stats.spearmanr(accuracy, official)[0] == pytest.approx(
    0.905, abs=1e-3
  )
  assert np.mean(accuracy - official) == pytest.approx(1.30, abs=0.005)
  assert np.all(seconds > 0)


def test_an_architecture_of_the_space_is_valued():
  config = EvaluatorConfig(evaluator='surrogate', table=shared(MODEL))
  evaluator = SurrogateEvaluator(config, ProxyConfig(), DataConfig())
  space = DartsSpace()
  architecture = space.decode((0,) * 22)
  evaluator.check(architecture)
  values = evaluator.evaluate(Request(architecture, 0), Silent()).values
  model = SurrogateModel(config.table)
  accuracy, seconds = model.predict([space.cells((0,) * 22)])
  assert values['reward'] == values['report'] == accuracy[0]
  assert values['predicted_seconds'] == seconds[0]
  with pytest.raises(UserError, match="kind 'cells'"):
    evaluator.check(zoo.load('nasnet_a'))


@pytest.mark.parametrize('content', [None, b'', b'PK\x03\x04broken'])
def test_other_files_are_refused(tmp_path, content):
  path = tmp_path / 'model.npz'
  if content is not None:
    path.write_bytes(content)
  with pytest.raises(UserError, match=r'Expected --table to be the \.npz'):
    SurrogateModel(str(path))
