"""How fast a child is, against stock Keras and PyTorch; see README.md.

  python tests/benchmarks/child_speed/measure.py --repetitions=5

One process for each side and number of threads, in turn; prints a table for
each architecture and proxy, and keeps every figure in a CSV file.
"""

import csv
import pathlib
import statistics
import sys

import numpy as np
import workload
from absl import app, flags
from worker import Worker

_SIDES = flags.DEFINE_list('sides', ['ours', 'keras', 'torch'], 'Who runs.')
_ARCHITECTURES = flags.DEFINE_list(
  'architectures', list(workload.ARCHITECTURES), 'What is trained.'
)
_PROXIES = flags.DEFINE_list(
  'proxies', list(workload.PROXIES), 'Sizes: small (N=1 F=8), large (2, 32).'
)
_MODES = flags.DEFINE_list(
  'modes', ['1x2', '2x1'], 'Processes x threads; each side counts at its best.'
)
_REPETITIONS = flags.DEFINE_integer('repetitions', 5, 'Children of each kind.')
_STEPS = flags.DEFINE_integer(
  'steps', 0, 'Training steps taken of each child; 0 for those of an epoch.'
)
_IMAGES = flags.DEFINE_integer('images', 2500, 'Training images.')
_DATA_PATH = flags.DEFINE_string(
  'data_path', '', 'Folder or archive of real images; random ones without.'
)
_OUT = flags.DEFINE_string('out', 'child_speed.csv', 'Where figures are kept.')

_EPOCHS = (2500, 10000)
"""Training images for which children an hour are reckoned."""


def measure(workers, architecture, proxy, seed):
  """Trains a child on each side and in each mode; returns rows."""
  rows = []
  for (side, mode), group in workers.items():
    for place, worker in enumerate(group):
      worker.begin(
        act='child',
        architecture=architecture,
        proxy=proxy,
        seed=2 * seed + place,
        steps=_STEPS.value,
      )
    reports = [worker.result() for worker in group]
    row = {
      'architecture': architecture,
      'proxy': proxy,
      'side': side,
      'mode': mode,
      'repetition': seed,
    }
    for name in ('start', 'validation', 'accuracy', 'peak'):
      row[name] = np.mean([x[name] for x in reports])
    for name in ('start_cpu', 'validation_cpu'):
      row[name] = np.mean([x[name] for x in reports])
    for name in ('steps', 'steps_cpu'):
      row[name] = np.mean([np.median(x[name]) for x in reports])
    for images in _EPOCHS:
      steps = images // workload.BATCH - 1
      seconds = row['start'] + steps * row['steps'] + row['validation']
      row[f'children_{images}'] = 3600 * len(group) / seconds
      cpu = row['start_cpu'] + steps * row['steps_cpu'] + row['validation_cpu']
      row[f'cpu_{images}'] = cpu
    rows.append(row)
  return rows


def table(rows):
  """Prints medians of one architecture and proxy, and ratios to ours."""
  keys = sorted({(row['side'], row['mode']) for row in rows})
  print(
    f'{"side":6} {"mode":4} {"start s":>8} {"cpu":>6} {"step ms":>8} '
    f'{"cpu":>6} {"valid s":>8} {"peak MiB":>8} '
    + ' '.join(f'{"child/h " + str(n):>13}' for n in _EPOCHS)
  )
  for side, mode in keys:
    own = [r for r in rows if (r['side'], r['mode']) == (side, mode)]

    def middle(name, own=own):
      return statistics.median(row[name] for row in own)

    print(
      f'{side:6} {mode:4} {middle("start"):8.2f} {middle("start_cpu"):6.2f} '
      f'{1000 * middle("steps"):8.1f} {1000 * middle("steps_cpu"):6.1f} '
      f'{middle("validation"):8.2f} {middle("peak"):8.0f} '
      + ' '.join(f'{middle(f"children_{n}"):13.1f}' for n in _EPOCHS)
    )
  for other in [side for side in _SIDES.value if side != 'ours']:
    if 'ours' in _SIDES.value:
      ratios(rows, other)


def ratios(rows, other):
  """Prints ours over another side, repetition by repetition: medians."""

  def best(side, repetition, name, better):
    own = [
      row[name]
      for row in rows
      if row['side'] == side and row['repetition'] == repetition
    ]
    return better(own)

  parts = []
  for name, better in (
    ('start', min),
    ('start_cpu', min),
    ('steps_cpu', min),
    *((f'children_{n}', max) for n in _EPOCHS),
  ):
    found = [
      best('ours', k, name, better) / best(other, k, name, better)
      for k in sorted({row['repetition'] for row in rows})
    ]
    parts.append(
      f'{name} {statistics.median(found):.2f} '
      f'({min(found):.2f}-{max(found):.2f})'
    )
  print(f'ours / {other}: ' + ', '.join(parts))


def main(_):
  """Measures."""
  workers = {}
  for mode in _MODES.value:
    processes, threads = map(int, mode.split('x'))
    for side in _SIDES.value:
      workers[side, mode] = [
        Worker(side, threads, _IMAGES.value, _DATA_PATH.value)
        for _ in range(processes)
      ]
  for group in workers.values():
    for worker in group:
      # What a process needs once is not what a child costs.
      worker.begin(
        act='child',
        architecture='nasnet_a',
        proxy='small',
        seed=99,
        steps=3,
      )
      worker.result()
  kept = []
  for architecture in _ARCHITECTURES.value:
    for proxy in _PROXIES.value:
      rows = []
      for repetition in range(_REPETITIONS.value):
        rows += measure(workers, architecture, proxy, repetition)
      print(f'\n{architecture}, {proxy}: medians of {_REPETITIONS.value}')
      table(rows)
      sys.stdout.flush()
      kept += rows
      with pathlib.Path(_OUT.value).open('w', newline='') as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
  for group in workers.values():
    for worker in group:
      worker.close()


if __name__ == '__main__':
  app.run(main)
