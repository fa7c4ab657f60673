"""Tests of the layers that draw: scheduled drop-path, keyed dropout, clock."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.layers.drop_path import ScheduledDropPath
from nasnet_search.builders.layers.keyed_dropout import KeyedDropout
from nasnet_search.builders.layers.training_clock import TrainingClock

MANY = 4000


def _clock(step, total_steps=100):
  clock = TrainingClock(total_steps)
  clock.step.assign(step)
  return clock


def _kept(layer, images=MANY):
  """Returns for each image whether its path was kept."""
  outputs = layer(tf.ones([images, 2, 2, 3]), training=True).numpy()
  flat = outputs.reshape(images, -1)
  # A path is kept or dropped as a whole.
  np.testing.assert_array_equal(flat, flat[:, :1].repeat(12, axis=1))
  return flat[:, 0] > 0


def _draw(layer):
  return layer(tf.ones([64, 8]), training=True).numpy().tobytes()


LAYERS = pytest.mark.parametrize(
  ('layer_class', 'strength'), [(ScheduledDropPath, 0.5), (KeyedDropout, 0.5)]
)


@pytest.mark.parametrize(
  ('step', 'expected'),
  # Linear in time, from 1 to the final probability of 0.6, and no further.
  [(0, 1.0), (25, 0.9), (50, 0.8), (100, 0.6), (250, 0.6)],
)
def test_paths_are_kept_more_rarely_over_time(step, expected):
  kept = _kept(ScheduledDropPath(0.6, seed=3, index=7, clock=_clock(step)))
  # 5 standard deviations of the mean of 4000 draws are at most 0.04.
  assert kept.mean() == pytest.approx(expected, abs=0.04)


def test_drop_path_keeps_the_mean():
  layer = ScheduledDropPath(0.6, seed=3, index=7, clock=_clock(50))
  outputs = layer(tf.ones([MANY, 1, 1, 1]), training=True).numpy()
  assert outputs.mean() == pytest.approx(1.0, abs=0.05)
  np.testing.assert_allclose(np.unique(outputs), [0, 1 / 0.8])


def test_drop_path_without_a_clock_is_at_full_strength():
  layer = ScheduledDropPath(0.6, seed=3, index=7)
  first, second = _kept(layer), _kept(layer)
  assert first.mean() == pytest.approx(0.6, abs=0.04)
  assert not np.array_equal(first, second)


def test_dropped_paths_get_no_gradient():
  layer = ScheduledDropPath(0.5, clock=_clock(100))
  images = tf.ones([64, 2, 2, 1])
  with tf.GradientTape() as tape:
    tape.watch(images)
    outputs = layer(images, training=True)
  np.testing.assert_array_equal(tape.gradient(outputs, images), outputs)


def test_dropout_drops_its_share_of_single_values():
  layer = KeyedDropout(0.25, seed=3, index=7, clock=_clock(5))
  outputs = layer(tf.ones([MANY, 4]), training=True).numpy()
  assert (outputs == 0).mean() == pytest.approx(0.25, abs=0.02)
  np.testing.assert_allclose(np.unique(outputs), [0, 1 / 0.75])
  assert 0 < (outputs[:, 0] == outputs[:, 1]).mean() < 1


@LAYERS
def test_nothing_is_dropped_outside_training(layer_class, strength):
  images = tf.ones([8, 3])
  for clock in (None, _clock(100)):
    layer = layer_class(strength, clock=clock)
    np.testing.assert_array_equal(layer(images, training=False), images)
    np.testing.assert_array_equal(layer(images), images)


@LAYERS
def test_draws_are_a_function_of_seed_step_and_layer(layer_class, strength):
  def draw(seed=1, step=2, index=3):
    return _draw(
      layer_class(strength, seed=seed, index=index, clock=_clock(step, 10**9))
      if layer_class is KeyedDropout
      # At a fixed probability, so that only the draws can differ.
      else layer_class(strength, seed=seed, index=index, clock=_clock(step, 1))
    )

  assert draw() == draw()
  others = {draw(seed=4), draw(step=5), draw(index=6), draw(1, 3, 2)}
  assert draw() not in others
  assert len(others) == 4


@LAYERS
def test_one_clock_moves_every_layer_in_a_compiled_step(layer_class, strength):
  clock = _clock(100)
  layers = [layer_class(strength, index=index, clock=clock) for index in (1, 2)]

  @tf.function
  def step():
    draws = [layer(tf.ones([64, 8]), training=True) for layer in layers]
    clock.advance()
    return draws

  first, second = step(), step()
  drawn = {x.numpy().tobytes() for x in (*first, *second)}
  assert len(drawn) == 4
  assert clock.step.numpy() == 102
  # Taking up the training again from a step repeats its draws.
  clock.step.assign(100)
  for left, right in zip(step(), first, strict=True):
    np.testing.assert_array_equal(left, right)


@LAYERS
def test_clock_is_neither_weight_nor_configuration(layer_class, strength):
  layer = layer_class(strength, clock=TrainingClock(10))
  layer(tf.ones([2, 3]), training=True)
  assert layer.variables == []
  assert 'clock' not in layer.get_config()


@LAYERS
def test_layer_passes_the_common_checks(check_layer, layer_class, strength):
  for clock in (None, TrainingClock(10)):
    arguments = {'seed': 2, 'index': 5, 'clock': clock}
    name = 'keep' if layer_class is ScheduledDropPath else 'rate'
    check_layer(layer_class, arguments | {name: strength}, (5, 4, 3))


@LAYERS
def test_mixed_precision_keeps_the_dtype(layer_class, strength):
  layer = layer_class(strength, dtype='mixed_bfloat16', clock=_clock(100))
  images = tf.ones([64, 2, 2, 1], 'bfloat16')
  outputs = layer(images, training=True)
  assert outputs.dtype == 'bfloat16'
  assert {0.0, 2.0} == set(tf.cast(outputs, 'float32').numpy().ravel().tolist())


@pytest.mark.parametrize('keep', [0.0, 1.1])
def test_bad_probability_is_named(keep):
  with pytest.raises(ValueError, match=f'above 0 and at most 1.*{keep}'):
    ScheduledDropPath(keep)


@pytest.mark.parametrize('rate', [-0.1, 1.0])
def test_bad_rate_is_named(rate):
  with pytest.raises(ValueError, match=f'at least 0 and below 1.*{rate}'):
    KeyedDropout(rate)


def test_clock_counts_and_stops_at_the_end():
  clock = TrainingClock(4)
  shares = []
  for _ in range(6):
    shares.append(float(clock.progress()))
    clock.advance()
  assert shares == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]


def test_clock_without_steps_is_refused():
  with pytest.raises(ValueError, match=r'at least 1 training step.*: 0'):
    TrainingClock(0)
