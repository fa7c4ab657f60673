"""Whether children get slower, or memory grows, with those that came before.

Many children in one process, as in a worker that is never replaced: NASNet-A,
AmoebaNet-A and PNASNet-5 in turn on digits, N = 1, F = 8, one epoch of ten
steps of 64 images. Processor time is taken relative to the median of the same
architecture. Slopes are Theil and Sen's, the median over all pairs, from the
21st child on.

  python tests/benchmarks/child_drift.py --children=300
"""

import time

import numpy as np
import psutil
from absl import app, flags
from scipy import stats

from nasnet_search.cells import zoo
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.child import ChildEvaluator
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Request, Silent

_CHILDREN = flags.DEFINE_integer('children', 300, 'Children to train.')

CELLS = ('nasnet_a', 'amoebanet_a', 'pnasnet_5')
WARM_UP = 20
"""Children that pay for what a process needs once; more than 20 count none."""


def main(_):
  """Prints both slopes with their 95 % intervals."""
  evaluator = ChildEvaluator(
    EvaluatorConfig(),
    ProxyConfig(epochs=1),
    DataConfig(train_images=640, validation_images=200),
  )
  architectures = [zoo.entry(name).architecture for name in CELLS]
  seconds, resident = [], []
  for child in range(_CHILDREN.value):
    architecture = architectures[child % len(CELLS)]
    begin = time.process_time()
    evaluator.evaluate(Request(architecture, seed=child), Silent())
    seconds.append(time.process_time() - begin)
    resident.append(psutil.Process().memory_info().rss / 1e6)
  relative = np.array(seconds)
  for place in range(len(CELLS)):
    own = relative[place :: len(CELLS)]
    own /= np.median(own[WARM_UP // len(CELLS) :])
  count = np.arange(_CHILDREN.value)[WARM_UP:]
  slope, _, low, high = stats.theilslopes(relative[WARM_UP:], count)
  span = 100 * len(count)
  print(
    f'{_CHILDREN.value} children, median {np.median(seconds):.2f} s of '
    f'processor time; over the last {len(count)} it changes by '
    f'{slope * span:+.1f} % ({low * span:+.1f} to {high * span:+.1f})'
  )
  slope, _, low, high = stats.theilslopes(resident[WARM_UP:], count)
  print(
    f'resident memory: {slope:+.3f} MB a child ({low:+.3f} to {high:+.3f}), '
    f'{resident[WARM_UP]:.0f} to {resident[-1]:.0f} MB'
  )


if __name__ == '__main__':
  app.run(main)
