"""The table evaluator: looks up what somebody else has measured.

For comparing controllers: a query takes microseconds, and what comes out is
what real trainings gave.
"""

import functools
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.named_choices import NamedChoices
from nasnet_search.cells.nasbench201_space import NAMES, OPERATIONS
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Context, Refused, Request
from nasnet_search.evaluators.table_file import Table, read_table
from nasnet_search.randomness import derived_seed
from nasnet_search.trials import Measurement


def table_of(config: EvaluatorConfig) -> Table:
  """Returns the table that a configuration names.

  Without --decision_columns it is one of NAS-Bench-201, whose columns hold
  the benchmark's codes or the names of operations.

  Raises:
    UserError: It cannot be read as configured.
  """
  names = config.decision_columns or NAMES
  numbers = dict.fromkeys((*config.reward_column, config.report_column))
  numbers.pop('', None)
  if not config.reward_column:
    raise UserError(
      'Expected --reward_column to name a column of --table. Received none.'
    )
  table = read_table(config.table, names, tuple(numbers))
  if config.decision_columns:
    return table
  code = {str(code): name for code, name in enumerate(OPERATIONS)}
  for row in table.choices:
    for value in row:
      if value not in code and value not in OPERATIONS:
        raise UserError(
          f'{config.table}: Expected codes from 0 to {len(code) - 1}, or one '
          f'of {", ".join(OPERATIONS)}. Received: {value!r}.'
        )
  rows = tuple(
    tuple(code.get(value, value) for value in row) for row in table.choices
  )
  return Table(table.names, rows, table.columns)


class TableEvaluator:
  """Values an architecture by the row of a table that describes it.

  A measurement has the values `reward`, of the reward column, or of one of
  several, drawn by the trial's seed; and `report`, of the report column.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name = 'table'
  default_reward = 'table'

  def __init__(
    self, config: EvaluatorConfig, proxy: ProxyConfig, data: DataConfig
  ) -> None:
    del proxy, data  # Nothing is trained.
    self._config = config

  def check(self, architecture: AnyArchitecture) -> None:
    """Raises `Refused` if the table has no row for the architecture."""
    self._row(architecture)

  def chance(self) -> Mapping[str, float]:
    """Returns the least values in the table.

    What lies outside of it is learned as the worst there is.
    """
    columns = self._table.columns
    return {
      'reward': min(
        float(columns[c].min()) for c in self._config.reward_column
      ),
      'report': float(columns[self._report].min()),
    }

  def facts(self) -> Mapping[str, Any]:
    """Returns how many rows the table has, and the best of its values.

    Of several reward columns, no one value is the best.
    """
    columns, rewards = self._table.columns, self._config.reward_column
    facts = {
      'rows': len(self._table.choices),
      'best_report': float(columns[self._report].max()),
    }
    if len(rewards) == 1:
      facts['best_reward'] = float(columns[rewards[0]].max())
    return facts

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Looks an architecture up.

    Raises:
      Refused: The table has no row for it.
    """
    del context  # There is no progress to tell of.
    row = self._row(request.architecture)
    columns = self._config.reward_column
    drawn = derived_seed(request.seed, 'reward column') % len(columns)
    values = {
      'reward': float(self._table.columns[columns[drawn]][row]),
      'report': float(self._table.columns[self._report][row]),
    }
    return Measurement(values)

  @property
  def _report(self) -> str:
    return self._config.report_column or self._config.reward_column[0]

  @functools.cached_property
  def _table(self) -> Table:
    return table_of(self._config)

  @functools.cached_property
  def _rows(self) -> dict[tuple[str, ...], int]:
    return {choices: row for row, choices in enumerate(self._table.choices)}

  def _row(self, architecture: AnyArchitecture) -> int:
    if not isinstance(architecture, NamedChoices):
      raise UserError(
        'Expected an architecture of named choices, as the rows of a table '
        f'are. Received: one of kind {architecture.kind!r}. Search a space '
        'that fits --evaluator=table.'
      )
    given = dict(architecture.items)
    choices = tuple(given.get(name, '') for name in self._table.names)
    if choices not in self._rows:
      raise Refused(
        f'Expected an architecture that is a row of {self._config.table}. '
        f'Received: {", ".join(choices)}, which is outside of the table: '
        'nothing is known of it, which is no failure of its training.'
      )
    return self._rows[choices]
