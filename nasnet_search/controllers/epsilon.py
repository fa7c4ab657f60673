"""How often Q-learning chooses at random: a schedule of the models proposed.

Must not import TensorFlow.
"""

STAGES = (
  (1.0, 1500),
  (0.9, 100),
  (0.8, 100),
  (0.7, 100),
  (0.6, 150),
  (0.5, 150),
  (0.4, 150),
  (0.3, 150),
  (0.2, 150),
  (0.1, 150),
)
"""Epsilon, and how many models are proposed with it (Baker et al. 2017, arXiv
1611.02167, Table 2)."""


def epsilon_of(index: int, scale: float) -> float:
  """Returns the probability of a random choice.

  The paper counts models that were trained; here it is proposals, duplicates
  included, so that a proposal is a function of its index. After the last stage
  epsilon stays as it is, where the paper ends.

  Args:
    index: The index of the proposal, from 0.
    scale: Models of a stage in terms of the paper's.
  """
  models = 0
  for epsilon, count in STAGES:
    models += count
    # The ends of the stages are scaled, not their lengths: nothing adds up.
    if index < round(models * scale):
      return epsilon
  return STAGES[-1][0]
