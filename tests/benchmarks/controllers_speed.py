"""What a controller costs: start-up, time per trial, a thousand proposals.

  python -m tests.benchmarks.controllers_speed

NASNet space, B = 5, 50 decisions; op determinism on, as in a search. All
times are processor time, so that other programs do not show in them; on an
idle machine the clock shows about as much, since little of it is parallel.

Two cores, TensorFlow 2.21, Keras 3.15:

  ppo, batches of 10
  start-up: make 0.12 s, first propose 0.10 s, first learn 0.63 s
  per trial: propose 2.78 ms, learn 3.75 ms; save 13.1 ms, 328235 bytes
  ppo, batches of 20
  start-up: make 0.04 s, first propose 0.05 s, first learn 0.54 s
  per trial: propose 1.41 ms, learn 2.30 ms; save 2.4 ms, 328235 bytes
  1,000 proposals: 0.25 to 0.27 s
  reinforce, batches of 10
  start-up: make 0.04 s, first propose 0.05 s, first learn 0.44 s
  per trial: propose 2.52 ms, learn 1.32 ms; save 1.9 ms, 328241 bytes
  reinforce, batches of 20
  start-up: make 0.04 s, first propose 0.05 s, first learn 0.63 s
  per trial: propose 1.34 ms, learn 0.86 ms; save 2.1 ms, 328241 bytes
  1,000 proposals: 0.26 to 0.29 s
  random, batches of 10
  start-up: make 0.00 s, first propose 0.00 s, first learn 0.00 s
  per trial: propose 0.09 ms, learn 0.00 ms; save 0.2 ms, 208 bytes
  random, batches of 20
  start-up: make 0.00 s, first propose 0.00 s, first learn 0.00 s
  per trial: propose 0.09 ms, learn 0.00 ms; save 0.2 ms, 208 bytes
  1,000 proposals: 0.09 to 0.09 s
"""

import time

import numpy as np
import tensorflow as tf
from absl import app

from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import CONTROLLERS, make_controller
from nasnet_search.trials import Lesson, Status

UPDATES = 20


def seconds(function, *arguments):
  """Returns the processor time of a call, and what it returns."""
  start = time.process_time()
  result = function(*arguments)
  return time.process_time() - start, result


def lessons_of(proposals):
  """Returns lessons with rewards of no meaning."""
  return [
    Lesson(p, float(np.mean(p.choices)), Status.COMPLETED) for p in proposals
  ]


def start_up(config):
  """Returns a controller after its first update, and prints what it took."""
  made, one = seconds(make_controller, NASNetSpace(), config, 0)
  proposed, proposals = seconds(one.propose, 0, one.batch_size, ())
  learned, _ = seconds(one.learn, lessons_of(proposals))
  print(
    f'start-up: make {made:.2f} s, first propose {proposed:.2f} s, '
    f'first learn {learned:.2f} s'
  )
  return one


def per_trial(one):
  """Prints the time per trial of proposing, learning and saving."""
  proposing = learning = 0.0
  for update in range(1, UPDATES + 1):
    first = update * one.batch_size
    spent, proposals = seconds(one.propose, first, one.batch_size, ())
    proposing += spent
    learning += seconds(one.learn, lessons_of(proposals))[0]
  milliseconds = 1e3 / (UPDATES * one.batch_size)
  saving, state = seconds(one.save)
  print(
    f'per trial: propose {proposing * milliseconds:.2f} ms, '
    f'learn {learning * milliseconds:.2f} ms; '
    f'save {1e3 * saving:.1f} ms, {len(state)} bytes'
  )


def main(argv):
  del argv
  tf.config.experimental.enable_op_determinism()
  for name in CONTROLLERS.names():
    for batch_size in (10, 20):
      print(f'{name}, batches of {batch_size}')
      config = ControllerConfig(
        controller=name, controller_batch_size=batch_size
      )
      one = start_up(config)
      per_trial(one)
    one.propose(0, 1000, ())
    times = [seconds(one.propose, 0, 1000, ())[0] for _ in range(5)]
    print(f'1,000 proposals: {min(times):.2f} to {max(times):.2f} s')


if __name__ == '__main__':
  app.run(main)
