"""Whether all sides train the same network, before their speed is compared.

  python tests/benchmarks/child_speed/check.py --data_path=IMAGES

From the same weights and batch, the losses of two steps of momentum SGD
under a cosine, with decay and clipping, must agree. A third would not: under a
schedule PyTorch's momentum is another optimizer, since Keras scales by the
learning rate before it accumulates and PyTorch after. Over some seeds the
validation accuracies after an epoch must agree within their noise.
"""

import numpy as np
import workload
from absl import app, flags
from worker import Worker

_SIDES = flags.DEFINE_list('sides', ['ours', 'keras', 'torch'], 'Who runs.')
_DATA_PATH = flags.DEFINE_string(
  'data_path', '', 'Folder or archive of real images; random ones without.'
)
_IMAGES = flags.DEFINE_integer('images', 2500, 'Training images.')
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Children whose accuracy counts.')
_THREADS = flags.DEFINE_integer('threads', 2, 'Threads of each side.')

_STEPS = 2
_TOLERANCE = 2e-3
"""Relative; what two steps make of the rounding of float32."""


def _told(worker, **request):
  worker.begin(**request)
  return worker.result()


def _compare_losses(workers, architecture):
  """Prints losses; returns whether they agree."""
  found = {
    name: np.array(
      _told(
        worker,
        act='losses',
        architecture=architecture,
        proxy='small',
        steps=_STEPS,
      )
    )
    for name, worker in workers.items()
  }
  first = next(iter(found.values()))
  for name, losses in found.items():
    print(f'{architecture:13} {name:6} losses', np.round(losses, 5))
  return all(
    np.allclose(losses, first, rtol=_TOLERANCE) for losses in found.values()
  )


def _print_accuracies(workers, architecture):
  for name, worker in workers.items():
    found = [
      _told(
        worker,
        act='child',
        architecture=architecture,
        proxy='small',
        seed=seed,
        steps=0,
      )['accuracy']
      for seed in range(_SEEDS.value)
    ]
    print(
      f'{architecture:13} {name:6} accuracy {np.mean(found):.3f}, standard '
      f'deviation {np.std(found, ddof=1):.3f}, of',
      np.round(found, 3),
      flush=True,
    )


def main(_):
  """Prints losses and accuracies side by side; fails if losses differ."""
  workers = {
    side: Worker(side, _THREADS.value, _IMAGES.value, _DATA_PATH.value)
    for side in _SIDES.value
  }
  agree = [_compare_losses(workers, name) for name in workload.ARCHITECTURES]
  if _SEEDS.value > 1:
    for name in workload.ARCHITECTURES:
      _print_accuracies(workers, name)
  for worker in workers.values():
    worker.close()
  if not all(agree):
    raise SystemExit('The losses differ: the sides train different networks.')


if __name__ == '__main__':
  app.run(main)
