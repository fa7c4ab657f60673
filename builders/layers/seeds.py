"""The seeds of the layers of a network. Must not import TensorFlow."""

import numpy as np


def layer_seed(seed: int, index: int) -> int:
  """Returns the seed of one layer, in [0, 2**31).

  Hashed, so that neither neighbouring layers nor neighbouring seeds share
  what they draw.

  Args:
    seed: Seed of the network, not negative.
    index: Which layer of the network it is, not negative.
  """
  words = np.random.SeedSequence([seed, index]).generate_state(1)
  return int(words[0] >> 1)
