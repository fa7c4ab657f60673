"""Tests of the configuration of a network."""

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.errors import UserError


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_shape': (7, 32, 3)}, 'at least 8x8 pixels.*Received: 7x32'),
    ({'image_shape': (32, 32, 0)}, 'at least 1 channel. Received: 0'),
    ({'classes': 1}, 'at least 2 classes. Received: 1'),
    ({'repeats': 0}, 'at least 1 repeat.*Received: 0'),
    ({'filters': 5}, 'an even number of filters.*Received: 5'),
    ({'reductions': -1}, 'no fewer than 0 reductions. Received: -1'),
    ({'drop_path_keep': 0.0}, 'drop_path_keep above 0.*Received: 0.0'),
    ({'batch_norm_momentum': 1.5}, 'batch_norm_momentum.*Received: 1.5'),
    ({'dropout': 1.0}, 'dropout of at least 0 and below 1. Received: 1.0'),
  ],
)
def test_bad_values_are_named(change, message):
  with pytest.raises(UserError, match=message):
    NetworkConfig(**{'image_shape': (32, 32, 3), 'classes': 10} | change)


def test_stem_has_three_times_the_filters_unless_told():
  config = NetworkConfig(image_shape=(32, 32, 3), classes=10, filters=32)
  assert config.stem == 96  # slim, cifar_config: stem_multiplier 3.0.
  config = NetworkConfig((32, 32, 3), 10, filters=32, stem_filters=40)
  assert config.stem == 40
