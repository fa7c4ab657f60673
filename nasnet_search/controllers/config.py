"""How architectures are proposed, as plain data. No TensorFlow in here."""

import dataclasses

from nasnet_search.cells.errors import UserError
from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class ControllerConfig:
  """Which controller proposes, and how its policy learns.

  The defaults are what works for a few hundred children. The constants of
  the NASNet paper, meant for 20,000, are in `nasnet_paper.flags`.
  """

  controller: str = setting(
    'ppo',
    'Who proposes: ppo, reinforce, evolution, local_search, random, q_learning '
    "(of --space=layer_graph), or a plugin's.",
  )
  controller_batch_size: int = setting(
    10,
    'Settled trials in one policy update (NASNet paper, App. A.2: 20).',
    lower=1,
  )
  policy: str = setting(
    'lstm',
    'What ppo and reinforce sample from: lstm (as in the NASNet paper), '
    'independent (one vector of logits for each decision), pooled (the same '
    'plus one that all decisions of a kind share) or anchors (the LSTM, which '
    'chooses the inputs of a layer by attention to the steps of the layers '
    'before: Zoph and Le 2017, section 3.3).',
    choices=('lstm', 'independent', 'pooled', 'anchors'),
  )
  policy_units: int = setting(
    64,
    "Units of a layer of the policy's LSTM (NASNet paper: 100; Zoph and Le "
    '2017: 35).',
    lower=1,
  )
  policy_layers: int = setting(
    1,
    "Layers of the policy's LSTM (NASNet paper: 1; Zoph and Le 2017: 2).",
    lower=1,
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
    'in the paper), normalized (that, divided by the moving standard '
    'deviation of rewards, outliers limited to three deviations), rank (the '
    'rank among the newest rewards, from -1 to 1) or critic (of each decision '
    'by itself: by how many standard errors a linear critic of all trials '
    'takes each outcome to be better than the others).',
    choices=('baseline', 'normalized', 'rank', 'critic'),
  )
  ppo_clip: float = setting(
    0.2,
    "Clip range of PPO's probability ratio (not given in the paper).",
    lower=0,
  )
  ppo_epochs: int = setting(
    4, 'Gradient steps of PPO on one batch (not given in the paper).', lower=1
  )

  replicas: int = setting(
    1,
    'For --controller=reinforce: replicas of the controller that train it '
    'asynchronously, each with a copy of the policy (Zoph and Le 2017, '
    'section 4.1: 100).',
    lower=1,
  )
  children_per_replica: int = setting(
    0,
    'Children that a replica samples at a time, and in one update of it (Zoph '
    'and Le 2017, section 4.1: 8); 0 for --controller_batch_size.',
    lower=0,
  )
  parameter_servers: int = setting(
    1,
    'Shards that what the replicas share is held in, each with an Adam of its '
    'own (Zoph and Le 2017, section 4.1: 20). In one process their number '
    'changes nothing of what is proposed.',
    lower=1,
  )
  queue_size: int = setting(
    0,
    'Best architectures so far whose likelihood under the policy is raised in '
    'every update (priority queue training, Abolafia et al. 2018: 10); 0 for '
    'none.',
    lower=0,
  )
  queue_weight: float = setting(
    0.3,
    'Weight of the mean log-likelihood of the queue in the loss.',
    lower=0,
  )
  edit_share: float = setting(
    0.0,
    'Share of the proposals of ppo and reinforce that copy an architecture of '
    'the queue and sample one of its decisions again, or a few.',
    lower=0,
    upper=1,
  )
  edit_doubt: float = setting(
    1.0,
    'How much likelier edits are of decisions that the policy would take '
    'otherwise: in proportion to the probability of that, to this power; 0 for '
    'all decisions alike.',
    lower=0,
  )
  replay_size: int = setting(
    0,
    'Earlier trials, drawn at random, that every update of ppo and reinforce '
    'learns again beside the new ones; 0 for none.',
    lower=0,
  )
  avoid_duplicates: bool = setting(
    False,
    'Whether ppo and reinforce sample again what was valued or is running.',
  )
  evolution_population: int = setting(
    20,
    'Newest architectures that evolution chooses parents from (regularized '
    'evolution, Real et al. 2019: 100).',
    lower=1,
  )
  evolution_sample: int = setting(
    5,
    'Architectures of the population that are drawn, of which the best is the '
    'parent (Real et al. 2019: 25).',
    lower=1,
  )
  predictor: str = setting(
    'none',
    'What filters the proposals: none, gaussian_process, ridge, or one that a '
    'plugin registers. It learns most from each trial with '
    '--controller_batch_size=1.',
  )
  predictor_trials: int = setting(
    10, 'Trials before the predictor filters.', lower=2
  )
  predictor_pool: int = setting(
    300, 'Random architectures in the pool that is filtered.', lower=1
  )
  predictor_exploration: float = setting(
    0.5,
    'How many standard deviations are added to what is predicted, right after '
    'something better was found.',
    lower=0,
  )

  q_learning_rate: float = setting(
    0.01,
    'Step of q_learning towards what a transition was worth (MetaQNN, section '
    '5: 0.01).',
    lower=0,
    upper=1,
  )
  q_discount: float = setting(
    1.0,
    'Worth of the next step of q_learning in terms of this one (MetaQNN, '
    'section 5: 1).',
    lower=0,
    upper=1,
  )
  q_start: float = setting(
    0.5,
    'What q_learning expects of a transition that it knows nothing of '
    '(MetaQNN, Appendix D.1: 0.5).',
  )
  q_replay: int = setting(
    100,
    'Networks that q_learning draws from all it has learned, to learn them '
    'again, with every new one (MetaQNN, section 5: 100).',
    lower=1,
  )
  epsilon_scale: float = setting(
    0.1,
    'Models of each stage of the schedule of q_learning, in terms of the '
    "paper's: of the 2,700, 1,500 are random (MetaQNN, Table 2: 1).",
    lower=0.001,
  )

  def __post_init__(self) -> None:
    check_settings(self)
    self._check_replicas()
    if self.edit_share and not self.queue_size:
      raise UserError(
        'Expected --queue_size above 0, since --edit_share edits what is in '
        f'the queue. Received: --edit_share={self.edit_share} and no queue. '
        'Set --queue_size=10, and --queue_weight=0 if it is for edits only.'
      )

  def _check_replicas(self) -> None:
    if self.replicas == 1:
      self._check_alone()
      return
    if self.controller != 'reinforce':
      raise UserError(
        'Expected --controller=reinforce with --replicas. Received: '
        f'--controller={self.controller}. Leave --replicas out.'
      )
    alone = {
      '--queue_size': self.queue_size,
      '--replay_size': self.replay_size,
      '--avoid_duplicates': self.avoid_duplicates,
      '--advantage=rank': self.advantage == 'rank',
      '--advantage=critic': self.advantage == 'critic',
    }
    given = [name for name, value in alone.items() if value]
    if given:
      raise UserError(
        f'Expected --replicas=1 with {", ".join(given)}, which need a '
        f'controller that knows all trials. Received: {self.replicas}.'
      )

  def _check_alone(self) -> None:
    given = {
      name: default
      for name, default in _OF_REPLICAS.items()
      if getattr(self, name) != default
    }
    if given:
      left_out = ' '.join(f'--{name}={value}' for name, value in given.items())
      raise UserError(
        f'Expected --replicas above 1 with --{" and --".join(given)}. '
        'Received: --replicas=1. Set --controller=reinforce and --replicas, '
        f'or {left_out}.'
      )


_OF_REPLICAS = {'children_per_replica': 0, 'parameter_servers': 1}
"""What one controller alone has none of."""
