"""A search for recurrent cells, killed twice, goes on as if nothing happened.

In the manner of `test_kills`, with language models on a tiny text.
"""

import random
import time

import pytest

from tests.evaluators.small_text import write_text
from tests.runs.test_kills import (
  PPO,
  alone,
  check,
  content_of,
  finish,
  settled_in,
  start,
)

_TRIALS = 10


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 1])
def test_killed_and_continued(tmp_path, workers):
  settings = (
    *PPO,
    '--space=recurrent_cell',
    '--base_number=4',
    f'--text_train={write_text(tmp_path / "text")}',
    '--hidden_units=6',
    '--unroll=5',
    '--parallel_sequences=8',
    '--text_epochs=1',
    '--dropout=0.2',
  )
  path, rng = tmp_path / 'killed', random.Random(workers)
  alone(tmp_path / 'alone', settings, _TRIALS)
  for _ in range(2):
    goal = settled_in(path) + rng.randint(1, 3)
    process = start(path, settings, _TRIALS, workers)
    while settled_in(path) < goal:
      assert process.poll() is None, path.with_suffix('.output').read_text()
      time.sleep(0.002)
    time.sleep(rng.random())  # Anywhere within a child.
    process.kill()
    process.wait()
  finish(path, settings, _TRIALS, workers)
  check(path, content_of(tmp_path / 'alone', _TRIALS), kills=2)
