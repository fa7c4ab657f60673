r"""Trains a network of cells that were found, or published, to its end.

  nasnet-train --flagfile=quick_final --run_dir=runs/mine
  nasnet-train --flagfile=cifar10_final --architecture=nasnet_a \
      --model_dir=models/nasnet_a
  nasnet-train --flagfile=quick_final --init_weights=models/first \
      --architecture=models/first/architecture.json --data=folder \
      --data_path=photos/
  nasnet-train --plan --architecture=runs/mine --skeleton=imagenet \
      --plan_classes=1000 --image_size=224 --target_params=5.33e6
  nasnet-train --flagfile=chain_final --run_dir=runs/mine --model_dir=grid \
      --schedule=exponential --grid_seeds=2 \
      --grid=learning_rate=0.05/0.1,decay_epochs=5/10

Flagfiles that come with the program are found by name: quick_final (minutes
on a CPU), cifar10_final, imagenet_mobile, imagenet_large. Ctrl-C ends a
training after the present step, a second one at once; killed or ended,
`nasnet-train --model_dir=DIR` goes on, exactly, from the last checkpoint.
"""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags
from rich import console

from nasnet_search.binaries import application
from nasnet_search.cells.errors import UserError
from nasnet_search.flags import format_flags, train_flags
from nasnet_search.tensorflow_setup import quiet

if TYPE_CHECKING:
  from nasnet_search.training.config import TrainConfig
  from nasnet_search.training.planner import PlanConfig
  from nasnet_search.training.train import TrainResult

flags.adopt_module_key_flags(format_flags)


def main(arguments: Sequence[str]) -> int:
  """Runs the training that the flags describe; returns the exit status.

  Shows what it came to; with --format=json that goes to the standard error,
  and the standard output is the record of the trained network, or a list of
  what --grid has compared.
  """
  del arguments
  # Imported here, so that --help need not wait for it.
  from nasnet_search.training.subject import completed
  from nasnet_search.training.train import check, train

  aim, grid = train_flags.plan_config(), train_flags.grid_config()
  if grid.grid:
    if aim.plan:
      raise UserError(
        'Expected either --plan or --grid. Received both. Plan first, then '
        'train what was planned.'
      )
    from nasnet_search.binaries.train_grid import train_grid

    terminal = console.Console(stderr=format_flags.as_json())
    return train_grid(train_flags.given(), grid, terminal)
  config = completed(train_flags.given())
  check(config)  # Mistakes are told before TensorFlow is waited for.
  # With --format=json, standard output is for the program that reads it.
  terminal = console.Console(stderr=format_flags.as_json())
  if aim.plan:
    _plan(config, aim, terminal)
    return 0
  with quiet():  # Keras imports TensorFlow.
    from nasnet_search.binaries.train_display import make_display

  with make_display(terminal) as watch:
    result = train(config, [watch])
  _show(result, terminal)
  if result.trained is None:
    return application.INTERRUPTED
  if format_flags.as_json():
    print(json.dumps(result.trained.to_dict(), indent=2))
  return 0


def _plan(
  config: 'TrainConfig', aim: 'PlanConfig', terminal: console.Console
) -> None:
  from nasnet_search.binaries.plan_tables import plan_data, show_plan
  from nasnet_search.training.plan import make_plan

  with terminal.status('Planning') as status:
    plan = make_plan(config, aim, status.update)
  if format_flags.as_json():
    print(json.dumps(plan_data(plan), indent=2))
  else:
    show_plan(plan, terminal)


def _show(result: 'TrainResult', terminal: console.Console) -> None:
  if result.trained is None:
    lines = [
      'Interrupted; what was trained is kept.',
      f'To go on: nasnet-train --model_dir={result.model_dir}',
    ]
  else:
    lines = [
      f'The trained network: {result.model_dir}',
      f'Epoch by epoch:      {result.model_dir / "metrics.csv"}',
      f'To use it elsewhere: nasnet-export --model_dir={result.model_dir}',
    ]
  for line in lines:
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def run() -> None:
  """Entry point of `nasnet-train`."""
  train_flags.adopt(__name__)
  application.run(sys.modules[__name__], main)
