"""What `nasnet-train --plan` shows: tables, or plain data."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from nasnet_search.binaries.inspect_tables import table
from nasnet_search.report import wording
from nasnet_search.training.plan import Plan
from nasnet_search.training.planner import TARGETS, Row


def plan_data(plan: Plan) -> dict[str, Any]:
  """Returns a plan as plain data."""
  return {
    'architecture': plan.source,
    'classes': len(plan.facts.class_names),
    'image_shape': list(plan.facts.image_shape),
    plan.target_name: plan.target,
    'rows': [_row_data(plan, row) for row in plan.rows],
    'chosen': {
      **_row_data(plan, plan.chosen),
      'total_parameters': plan.cost.total_parameters,
      'training_bytes': plan.cost.training_bytes,
      'inference_bytes': plan.cost.inference_bytes,
      'options': dataclasses.asdict(plan.chosen.config),
    },
    'batch_size': plan.batch_size,
    'train_images': plan.train_images,
    'steps': plan.steps,
    'step_seconds': plan.step_seconds,
    'measured_batch': plan.measured_batch,
    'training_seconds': plan.training_seconds,
  }


def show_plan(plan: Plan, terminal: Console) -> None:
  """Prints a plan for people."""
  terminal.print(_rows_table(plan))
  terminal.print(_chosen_table(plan))
  lines = ['Times are of this machine, for training steps without validation.']
  if plan.measured_batch < plan.batch_size:
    lines.append(
      f'The step was measured with {plan.measured_batch} images, for want of '
      'memory, and scaled up.'
    )
  chosen = plan.chosen
  lines.append(
    'To train it, put in place of --plan and the target: '
    f'--repeats={chosen.repeats} --filters={chosen.filters}'
  )
  for line in lines:
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def _rows_table(plan: Plan) -> Table:
  unit = TARGETS[plan.target_name]
  rows = table(
    f'Largest networks with at most {plan.target:,g} {unit}',
    'N', 'F', 'penultimate filters', 'trainable parameters', 'multiply-adds',
    *_measured_columns(plan), 'closest',
  )  # fmt: skip
  for column in rows.columns[:-1]:
    column.justify = 'right'
  for row in plan.rows:
    numbers = [
      row.repeats,
      row.filters,
      row.penultimate_filters,
      row.trainable_parameters,
      row.multiply_adds,
    ]
    measured = [f'{row.value:.3g}' for _ in _measured_columns(plan)]
    mark = 'this one' if row is plan.chosen else ''
    rows.add_row(*map(wording.quantity, numbers), *measured, mark)
  return rows


def _chosen_table(plan: Plan) -> Table:
  chosen = plan.chosen
  rows = table(
    f'Network {chosen.repeats} @ {chosen.penultimate_filters}', 'what', 'value'
  )
  rows.columns[1].justify = 'right'
  for what, value in _chosen_lines(plan):
    rows.add_row(what, value)
  return rows


def _chosen_lines(plan: Plan) -> Iterator[tuple[str, str]]:
  cost = plan.cost
  yield 'Trainable parameters', wording.quantity(cost.trainable_parameters)
  yield 'Total parameters', wording.quantity(cost.total_parameters)
  yield 'Multiply-adds', wording.quantity(cost.multiply_adds)
  batch = wording.counted(plan.batch_size, 'image')
  yield f'Memory of a training step of {batch}', _size(cost.training_bytes)
  yield f'Memory of inference of {batch}', _size(cost.inference_bytes)
  yield 'Training images', wording.quantity(plan.train_images)
  yield 'Training steps', wording.quantity(plan.steps)
  yield 'Time of a step', wording.duration(plan.step_seconds)
  yield 'Time of the training', wording.duration(plan.training_seconds)


def _row_data(plan: Plan, row: Row) -> dict[str, Any]:
  data = {
    field.name: getattr(row, field.name)
    for field in dataclasses.fields(row)
    if field.name not in ('config', 'value')
  }
  if _measured_columns(plan):
    data['latency_ms'] = row.value
  return data


def _measured_columns(plan: Plan) -> tuple[str, ...]:
  return ('ms',) if plan.target_name == 'target_latency_ms' else ()


def _size(count: int) -> str:
  if count < 2**30:
    return f'{count / 2**20:,.1f} MiB'
  return f'{count / 2**30:,.2f} GiB'
