"""Counted randomness: every draw is a function of what it is for.

No generator is carried along and saved. A draw is keyed on the run's seed,
a purpose and indices, so a resumed search draws what an uninterrupted one
would have drawn, whatever else drew in between.
"""

import zlib

import numpy as np


def sequence(seed: int, purpose: str, *indices: int) -> np.random.SeedSequence:
  """Returns the seed sequence of one purpose.

  Args:
    seed: The seed of the run, not negative.
    purpose: What is drawn, such as `proposal`.
    *indices: Which one of them, not negative; always as many for a purpose,
      since NumPy takes a missing index for 0.
  """
  return np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *indices])


def generator(seed: int, purpose: str, *indices: int) -> np.random.Generator:
  """Returns a NumPy generator keyed on a purpose and its indices."""
  return np.random.Generator(np.random.PCG64(sequence(seed, purpose, *indices)))


def derived_seed(seed: int, purpose: str, *indices: int) -> int:
  """Returns a seed in [0, 2**31), keyed on a purpose and its indices."""
  state = sequence(seed, purpose, *indices).generate_state(1, np.uint32)
  return int(state[0] >> 1)
