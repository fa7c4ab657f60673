"""How architectures are proposed, as plain data. No TensorFlow in here."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class ControllerConfig:
  """Which controller proposes, and how its policy learns.

  The defaults are what works for a few hundred children. The constants of
  the NASNet paper, meant for 20,000, are in `nasnet_paper.flags`.
  """

  controller: str = setting(
    'ppo', "Who proposes: ppo, reinforce, random, or a plugin's."
  )
  controller_batch_size: int = setting(
    10,
    'Settled trials in one policy update (NASNet paper, App. A.2: 20).',
    lower=1,
  )
  policy_units: int = setting(
    64, "Units of the policy's LSTM (NASNet paper: 100).", lower=1
  )
  policy_embedding_size: int = setting(
    32, 'Size of the embedding of a choice (not given in the paper).', lower=1
  )
  policy_init_scale: float = setting(
    0.1,
    'Policy weights start uniform within plus or minus this (NASNet '
    'paper: 0.1).',
    lower=0,
  )
  policy_learning_rate: float = setting(
    5e-3,
    "Learning rate of the policy's Adam (NASNet paper: 0.00035). reinforce "
    'takes one step where ppo takes --ppo_epochs of them; 0.01 suits it.',
    lower=0,
  )
  entropy_weight: float = setting(
    3e-2,
    'Weight of the entropy bonus, in nats summed over the decisions (NASNet '
    'paper: 0.00001).',
    lower=0,
  )
  baseline_decay: float = setting(
    0.9,
    'Decay of the moving average of rewards that is the baseline '
    '(NASNet paper: 0.95).',
    lower=0,
    upper=1,
  )
  advantage: str = setting(
    'normalized',
    'How rewards become advantages: baseline (reward less moving average, as '
    'in the paper) or normalized (that, divided by the moving standard '
    'deviation of rewards, outliers limited to three deviations).',
    choices=('baseline', 'normalized'),
  )
  ppo_clip: float = setting(
    0.2,
    "Clip range of PPO's probability ratio (not given in the paper).",
    lower=0,
  )
  ppo_epochs: int = setting(
    4, 'Gradient steps of PPO on one batch (not given in the paper).', lower=1
  )

  def __post_init__(self) -> None:
    check_settings(self)
