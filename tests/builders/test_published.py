"""Tests of published configurations: what they are, and what changes them."""

import dataclasses

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.published import READINGS, published_config
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError

NASNET_A = zoo.entry('nasnet_a')
MOBILE = {'skeleton': 'imagenet', 'repeats': 4, 'filters': 44}
LARGE = {'skeleton': 'imagenet', 'repeats': 6, 'filters': 168}


@pytest.mark.parametrize(
  ('name', 'network'),
  [
    pytest.param(name, network, id=f'{name} {network.name}')
    for name in zoo.names()
    for network in zoo.entry(name).networks
  ],
)
def test_every_network_of_the_zoo_counts_what_it_says(name, network):
  entry = zoo.entry(name)
  config = published_config(
    entry,
    skeleton=network.skeleton,
    repeats=network.repeats,
    filters=network.filters,
  )
  assert config.image_shape == (network.image_size, network.image_size, 3)
  assert config.classes == network.classes
  cost = network_cost(entry.architecture, config)
  found = dataclasses.asdict(cost) | {
    'multiply_adds_in_millions': round(cost.multiply_adds / 1e6, 1)
  }
  assert network.counts == {key: found[key] for key in network.counts}


def test_mobile_and_large_have_their_own_options():
  # slim, mobile_imagenet_config and large_imagenet_config.
  mobile = published_config(NASNET_A, **MOBILE)
  assert (mobile.stem, mobile.skip_reduction_layer_input) == (32, False)
  assert (mobile.drop_path_keep, mobile.dropout) == (1.0, 0.5)
  assert (mobile.batch_norm_momentum, mobile.batch_norm_epsilon) == (
    0.9997,
    1e-3,
  )
  large = published_config(NASNET_A, **LARGE)
  assert (large.stem, large.skip_reduction_layer_input) == (96, True)
  assert (large.drop_path_keep, large.dropout) == (0.7, 0.5)
  for config in (mobile, large):
    assert config.auxiliary_head == 'before_last_reduction'
    assert config.drop_path_by_depth


def test_options_are_given_in_place_of_published_ones():
  config = published_config(
    NASNET_A, **MOBILE, classes=7, image_shape=(96, 128, 1), dropout=0.1
  )
  assert config.image_shape == (96, 128, 1)
  assert (config.classes, config.dropout) == (7, 0.1)
  # The others stay.
  assert (config.stem, config.batch_norm_epsilon) == (32, 1e-3)


def test_reading_is_that_of_the_architecture_unless_told():
  for name, reading in (
    ('nasnet_a', 'slim'),
    ('pnasnet_5', 'pnasnet'),
    ('amoebanet_b', 'tpu'),
    ('darts_v1', 'darts'),
    ('enas_micro', 'enas'),
  ):
    entry = zoo.entry(name)
    config = published_config(
      entry, skeleton='cifar', repeats=1, filters=4, **_SMALL
    )
    assert config == NetworkConfig(
      skeleton='cifar', repeats=1, filters=4, **_SMALL, **READINGS[reading]
    )
  config = published_config(NASNET_A, **MOBILE, reading='keras_applications')
  assert config.padding == 'zeros'
  assert config.stem == 32


_SMALL = {'image_shape': (32, 32, 3), 'classes': 10}


@pytest.mark.parametrize(
  ('reading', 'option', 'value'),
  [
    # slim, nasnet_utils.py, `_apply_conv_operation`: 'none' with a stride.
    ('slim', 'strided_identity', 'convolution'),
    ('tpu', 'strided_identity', 'convolution'),
    # quark0/darts, operations.py: FactorizedReduce begins with a ReLU; pycls'
    # copy of it likewise.
    ('darts', 'strided_identity', 'relu_factorized_reduction'),
    # micro_child.py, `_fixed_layer`, operation 4: none before it.
    ('enas', 'strided_identity', 'factorized_reduction'),
    # network_utils.py, `_stacked_separable_conv` has no rate.
    ('tpu', 'ignore_dilation', True),
    ('tpu', 'convolution_style', 'bottleneck'),
    ('darts', 'convolution_style', 'plain'),
    # model.py: the last cell goes into the pooling as it is.
    ('darts', 'final_relu', False),
    ('enas', 'final_relu', True),
    ('keras_applications', 'padding', 'zeros'),
    ('slim', 'padding', 'same'),
  ],
)
def test_readings_that_counts_do_not_see(reading, option, value):
  assert READINGS[reading][option] == value


def test_default_configuration_is_slims():
  config = NetworkConfig(**_SMALL)
  assert config == dataclasses.replace(config, **READINGS['slim'])


def test_unpublished_network_needs_images_and_classes():
  size = {'skeleton': 'cifar', 'repeats': 3, 'filters': 8}
  with pytest.raises(UserError, match=r'classes and image_shape.*6 @ 768 \(ci'):
    published_config(NASNET_A, **size)
  with pytest.raises(UserError, match='Expected classes for a network of nas'):
    published_config(NASNET_A, **size, image_shape=(32, 32, 3))
  assert published_config(NASNET_A, **size, **_SMALL).repeats == 3


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'drop_paths': 0.5}, "option of a network.*drop_path_keep.*'drop_paths'"),
    ({'reading': 'tf'}, "Unknown reading.*slim.*'tf'"),
    ({'skeleton': 'mnist'}, "Unknown skeleton.*cifar.*'mnist'"),
    ({'repeats': 0}, 'at least 1 repeat'),
    ({'filters': 45}, 'an even number of filters.*45'),
    ({'image_shape': (31, 224, 3)}, 'at least 32x32 pixels'),
    ({'image_shape': (64, 64, 3)}, "5x5 for the auxiliary.*head='none'"),
  ],
)
def test_bad_input_is_named(changes, message):
  with pytest.raises(UserError, match=message):
    published_config(NASNET_A, **({**_LARGE_IMAGES, **MOBILE} | changes))


_LARGE_IMAGES = {'image_shape': (224, 224, 3), 'classes': 10}


def test_option_of_a_file_that_is_unknown_is_named():
  network = dataclasses.replace(NASNET_A.networks[0], options={'width': 2})
  entry = dataclasses.replace(NASNET_A, networks=(network,))
  with pytest.raises(UserError, match=r"6 @ 768: Unknown option.*'width'"):
    published_config(entry, skeleton='cifar', repeats=6, filters=32)
