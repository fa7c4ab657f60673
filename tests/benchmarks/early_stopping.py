"""What giving children up early saves, and what it does to their ranking.

Takes a run whose children were all trained in full, and applies the rule of
`evaluators.early_stopping` to their learning curves as a search with one
worker would have: in many random orders, because the order decides whom a
child is compared with. Kendall's tau compares the ranking by the rewards that
children would have had with that by those they had.

  nasnet-search --flagfile=cifar10_search --controller=random --epochs=6 \
      --train_images=2000 --validation_images=1000 --trials=64 --run_dir=RUN
  python tests/benchmarks/early_stopping.py --of_run=RUN

CIFAR-10 at 16x16, 2,000 training and 1,000 validation images, N = 1, F = 8, 63
random children of 6 epochs, seed 0, at least 20 trained in full first; ranges
are 95 % of 200 orders:

  rule          epochs saved  tau                     best kept  best tenth kept
  0.10             18 %       .83 (.74 to .91)          100 %       100 %
  0.25             29 %       .70 (.61 to .78)          100 %       100 %
  0.50             42 %       .54 (.43 to .63)          100 %        85 %

The ranking after 1, 2, 3, 4 and 5 of the 6 epochs has a tau of .55, .56, .63,
.66 and .80 with the last: much of what stopping changes is order among the
hopeless, which is noise.
"""

import numpy as np
from absl import app, flags
from scipy import stats

from nasnet_search.evaluators import early_stopping
from nasnet_search.runs.directory import find_run
from nasnet_search.runs.reading import RunReader

_RUN = flags.DEFINE_string('of_run', None, 'The run.', required=True)
_QUANTILES = flags.DEFINE_list('quantiles', ['0.1', '0.25', '0.5'], 'Rules.')
_AFTER = flags.DEFINE_integer('after', 20, 'Children trained in full first.')
_ORDERS = flags.DEFINE_integer('orders', 200, 'Random orders.')


def curves_of(path):
  """Returns the learning curves of a run, `[children, epochs]`."""
  found = [
    record.measurement.curves[early_stopping.METRIC]
    for record in RunReader(find_run(path).log).trials()
    if record.candidate
    and record.measurement is not None
    and early_stopping.in_full(record.measurement)
  ]
  return np.array(found)


def stopped(curves, quantile, after):
  """Returns how many epochs each child gets, in the order given."""
  full, epochs = [], []
  for curve in curves:
    limits = early_stopping.thresholds(full, quantile, after)
    reached = np.maximum.accumulate(curve)[: len(limits)]
    below = np.flatnonzero(reached < np.array(limits))
    epochs.append(int(below[0]) + 1 if len(below) else len(curve))
    if not len(below):
      full.append(tuple(curve))
  return np.array(epochs)


def main(_):
  """Prints a row for each quantile."""
  curves = curves_of(_RUN.value)
  count, epochs = curves.shape
  final = curves[:, -1]
  best = int(final.argmax())
  print(f'{count} children, {epochs} epochs, --after={_AFTER.value}')
  for after in range(1, epochs):
    tau = stats.kendalltau(curves[:, after - 1], final).statistic
    print(f'  tau of the ranking after epoch {after} with the last: {tau:.3f}')
  draws = np.random.default_rng(0)
  for quantile in map(float, _QUANTILES.value):
    saved, taus, kept, top = [], [], [], []
    for _ in range(_ORDERS.value):
      order = draws.permutation(count)
      taken = np.empty(count, int)
      taken[order] = stopped(curves[order], quantile, _AFTER.value)
      rewards = curves[np.arange(count), taken - 1]
      saved.append(1 - taken.mean() / epochs)
      taus.append(stats.kendalltau(rewards, final).statistic)
      kept.append(taken[best] == epochs)
      tenth = np.argsort(final)[-max(1, count // 10) :]
      top.append((taken[tenth] == epochs).mean())
    low, high = np.percentile(taus, [2.5, 97.5])
    print(
      f'quantile {quantile:.2f}: epochs saved {np.mean(saved):.1%}, tau '
      f'{np.mean(taus):.3f} ({low:.3f} to {high:.3f}), the best kept '
      f'{np.mean(kept):.0%}, of the best tenth kept {np.mean(top):.0%}'
    )


if __name__ == '__main__':
  app.run(main)
