"""The anchor policy against the formula of the paper, written out in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices, space_at
from nasnet_search.controllers import losses
from nasnet_search.controllers.anchor_policy import AnchorPolicy
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.controllers.sampling import Sampler
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Status
from tests.controllers import toy_spaces
from tests.controllers.evaluated import evaluated as evaluated_by

# Large weights make probabilities that are far from even.
CONFIG = ControllerConfig(
  policy='anchors',
  policy_layers=2,
  policy_units=5,
  policy_embedding_size=3,
  policy_init_scale=1.5,
)
CHAINS = ConvChainSpace(
  ChainOptions(
    DepthSchedule(first=2, added=1, interval=4, most=4),
    filter_sizes=(1, 3),
    filters=(4, 8),
  )
)
SPACES = {'toy': toy_spaces.AnchorSpace(), 'chains': CHAINS}


def policy_of(space, seed=3):
  return AnchorPolicy(Vocabulary.of(space), CONFIG, seed)


def batch_of(space, choices):
  where = [places(space, each) for each in choices]
  return make_batch(Vocabulary.of(space), choices, where, len(choices))


def evaluated(policy, batch):
  """Returns log-probabilities and presence `[batch, decisions]`."""
  return evaluated_by(policy, batch), batch.present.reshape(
    len(batch.present), -1
  )


def sigmoid(x):
  return 1 / (1 + np.exp(-x))


def lstm(weights, name, read, hidden, cell):
  gates = (
    read @ weights[f'{name}_kernel']
    + hidden @ weights[f'{name}_recurrent_kernel']
    + weights[f'{name}_bias']
  )
  into, forget, new, out = np.split(gates, 4)
  cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
  return sigmoid(out) * np.tanh(cell), cell


def by_hand(space, policy, choices):
  """Returns the log-probability of each choice, step by step in float64."""
  weights = {
    name: variable.numpy().astype(np.float64)
    for name, variable in zip(policy.names, policy.variables, strict=True)
  }
  vocabulary = Vocabulary.of(space)
  states = [(np.zeros(5), np.zeros(5)) for _ in range(2)]
  read = weights['embedding'][-1]
  outputs, group, result, total = [], None, [], 0
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    if decision.group != group:
      if position:
        read = total
      output = read
      for layer, name in enumerate(('lstm', 'lstm_2')):
        states[layer] = lstm(weights, name, output, *states[layer])
        output = states[layer][0]
      outputs.append(output)
      group, total = decision.group, 0
    start = vocabulary.offset(decision)
    if decision.refers_to:
      # Section 3.3: sigmoid(v^T tanh(W_prev h_j + W_curr h_i)).
      (step,) = decision.refers_to
      yes = sigmoid(
        weights['anchor_vector']
        @ np.tanh(
          outputs[step] @ weights['anchor_previous']
          + outputs[-1] @ weights['anchor_current']
        )
      )
      probs = np.array([1 - yes, yes])
    else:
      logits = outputs[-1] @ weights['head_kernel'] + weights['head_bias']
      head = np.exp(logits[start : start + decision.size])
      probs = head / head.sum()
    # The schedule decides how many layers there are.
    result.append(0.0 if decision.scheduled else np.log(probs[choice]))
    total = total + weights['embedding'][start + choice]
  return result


@pytest.mark.parametrize('space', SPACES.values(), ids=SPACES)
def test_log_probabilities_are_those_of_the_formula(space):
  policy = policy_of(space)
  rng = np.random.default_rng(0)
  choices = [random_choices(space, rng) for _ in range(6)]
  taken, present = evaluated(policy, batch_of(space, choices))
  for row, mine in enumerate(choices):
    np.testing.assert_allclose(
      taken.numpy()[row][present[row] == 1],
      by_hand(space, policy, mine),
      atol=5e-6,
    )


@pytest.mark.parametrize('space', SPACES.values(), ids=SPACES)
def test_sampling_says_what_learning_finds(space):
  policy = policy_of(space)
  sampler = Sampler(space, Vocabulary.of(space), policy)
  rngs = [generator(0, 'test', index) for index in range(20)]
  parts = [space_at(space, index) for index in range(20)]
  choices, log_probs = zip(*sampler.sample(rngs, parts=parts), strict=True)
  taken, present = evaluated(policy, batch_of(space, choices))
  for row, mine in enumerate(log_probs):
    learned = taken.numpy()[row][present[row] == 1]
    np.testing.assert_allclose(mine, learned, atol=2e-6)
  if space is CHAINS:
    assert {c[0] for c in choices} == {0, 1, 2}
    # What the schedule decides is certain.
    assert all(mine[0] == 0 for mine in log_probs)


def all_wirings(layers):
  """Returns the choices of all ways to wire so many equal layers."""
  schedule = DepthSchedule(layers, 0, 1, layers)
  options = ChainOptions(schedule, filter_sizes=(3,), filters=(4,))
  space = ConvChainSpace(options)
  return space, toy_spaces.enumerate_choices(space)


def test_probabilities_of_all_wirings_sum_to_one():
  space, choices = all_wirings(4)
  assert len(choices) == 2**6
  taken, present = evaluated(policy_of(space), batch_of(space, choices))
  joint = np.exp(np.sum(taken * present, axis=1))
  assert joint.sum() == pytest.approx(1, abs=1e-5)
  assert joint.max() > 10 * joint.min()


def test_inputs_are_told_apart():
  """An LSTM without attention gives all anchors of a layer one chance."""
  space, choices = all_wirings(4)
  batch = batch_of(space, choices[-1:])
  taken, _ = evaluated(policy_of(space), batch)
  # After `layers`: 3 steps of layer 0, then 4 of each, the last its anchors.
  last = taken.numpy().reshape(batch.present.shape)[0, 15]
  assert batch.present[0, 15].tolist() == [1, 1, 1]
  assert batch.refers[0, 15].tolist() == [3, 7, 11]
  assert len({round(float(value), 4) for value in last}) == 3


def test_the_gradient_is_that_of_finite_differences():
  space, choices = all_wirings(3)
  policy = policy_of(space)
  batch = batch_of(space, choices)
  rewards = tf.constant(np.sin(np.arange(len(choices))), tf.float32)

  @tf.function(autograph=False)
  def expected():
    taken, present = evaluated(policy, batch)
    return tf.reduce_sum(
      tf.exp(tf.reduce_sum(taken * present, axis=1)) * rewards
    )

  with tf.GradientTape() as tape:
    taken, present = evaluated(policy, batch)
    probs = tf.exp(tf.reduce_sum(taken * present, axis=1))
    loss = losses.reinforce_loss(
      taken, present, rewards, tf.stop_gradient(probs)
    )
  gradients = tape.gradient(loss, policy.variables)
  for name, variable, gradient in zip(
    policy.names, policy.variables, gradients, strict=True
  ):
    values = variable.numpy()
    rng = np.random.default_rng(0)
    for _ in range(3):
      direction = rng.normal(size=values.shape).astype(np.float32)
      found = []
      for sign in (1, -1):
        variable.assign(values + sign * 1e-2 * direction)
        found.append(float(expected()))
      variable.assign(values)
      slope = (found[0] - found[1]) / 2e-2
      product = float(np.sum(-gradient.numpy() * direction))
      assert product == pytest.approx(slope, rel=1e-2, abs=1e-4), name
    if name.startswith('anchor'):
      assert np.abs(gradient).max() > 1e-3


@pytest.mark.parametrize(
  'space',
  [
    NASNetSpace(blocks=1),
    toy_spaces.ChainSpace(),
    ConvChainSpace(ChainOptions(DepthSchedule(2, 0), skips=False)),
  ],
  ids=lambda space: type(space).__name__,
)
def test_spaces_without_anchors_are_refused(space):
  config = ControllerConfig(controller='reinforce', policy='anchors')
  with pytest.raises(UserError, match=r'--chain_skips. Received: .*=anchors'):
    make_controller(space, config, 0)


@pytest.mark.slow
def test_the_policy_learns_which_layer_to_read():
  """REINFORCE finds that the last layer is to read the first one only."""
  space, _ = all_wirings(3)
  config = ControllerConfig(
    controller='reinforce',
    policy='anchors',
    policy_units=8,
    policy_learning_rate=0.03,
    entropy_weight=0.0,
  )
  one = make_controller(space, config, 0)
  for first in range(0, 400, 10):
    one.learn(
      [
        Lesson(p, float(p.choices[-2:] == (1, 0)), Status.COMPLETED)
        for p in one.propose(first, 10, ())
      ]
    )
  ends = [p.choices[-2:] for p in one.propose(1000, 100, ())]
  assert ends.count((1, 0)) > 90
