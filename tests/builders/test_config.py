"""Tests of the configuration of a network."""

import pytest

from nasnet_search.builders import options
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.errors import UserError


def _config(**changes):
  return NetworkConfig(**{'image_shape': (32, 32, 3), 'classes': 10} | changes)


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image_shape': (7, 32, 3)}, 'at least 8x8 pixels.*Received: 7x32'),
    ({'image_shape': (32, 32, 0)}, 'at least 1 channel. Received: 0'),
    ({'classes': 1}, 'at least 2 classes. Received: 1'),
    ({'repeats': 0}, 'at least 1 repeat.*Received: 0'),
    ({'filters': 5}, 'an even number of filters.*Received: 5'),
    ({'reductions': -1}, 'no fewer than 0 reductions. Received: -1'),
    ({'stem_filters': 0}, 'at least 1 stem_filters in the cifar.*Received: 0'),
    ({'drop_path_keep': 0.0}, 'drop_path_keep above 0.*Received: 0.0'),
    ({'batch_norm_momentum': 1.5}, 'batch_norm_momentum.*Received: 1.5'),
    ({'batch_norm_epsilon': 0.0}, 'batch_norm_epsilon above 0.*Received: 0.0'),
    ({'dropout': 1.0}, 'dropout of at least 0 and below 1. Received: 1.0'),
  ],
)
def test_bad_values_are_named(change, message):
  with pytest.raises(UserError, match=message):
    _config(**change)


@pytest.mark.parametrize(
  ('name', 'known'),
  [
    ('skeleton', options.SKELETONS),
    ('input_fitting', options.INPUT_FITTINGS),
    ('strided_identity', options.STRIDED_IDENTITIES),
    ('convolution_style', options.CONVOLUTION_STYLES),
    ('padding', options.PADDINGS),
    ('auxiliary_head', options.AUXILIARY_HEADS),
  ],
)
def test_unknown_choices_list_the_known_ones(name, known):
  with pytest.raises(UserError, match=f'{name}.*{", ".join(known)}.*valid'):
    _config(**{name: 'valid'})
  for choice in known:
    _config(**{name: choice})


@pytest.mark.parametrize('skeleton', ['imagenet', 'darts_imagenet'])
def test_imagenet_skeletons_need_32_pixels(skeleton):
  config = _config(skeleton=skeleton)
  assert config.image_shape == (32, 32, 3)
  with pytest.raises(UserError, match=f'32x32 .* the {skeleton} .*: 224x31'):
    _config(skeleton=skeleton, image_shape=(224, 31, 3))


def test_stem_of_cells_needs_filters_to_share():
  _config(skeleton='imagenet', filters=8)
  with pytest.raises(UserError, match=r'at least 8 filters.*Received: 6'):
    _config(skeleton='imagenet', filters=6)


@pytest.mark.parametrize(
  ('place', 'smallest'),
  # Sides of the map: after 1 reduction for the first, after 2 for the others.
  [
    ('before_last_reduction', 9),
    ('last_reduction', 17),
    ('after_last_reduction', 17),
  ],
)
def test_auxiliary_head_needs_a_map_of_5x5(place, smallest):
  side = smallest
  _config(auxiliary_head=place, image_shape=(side, side, 3))
  message = f'at least 5x5 .*Received: 4x5 at {place}.*larger images'
  with pytest.raises(UserError, match=message):
    _config(auxiliary_head=place, image_shape=(side - 1, side, 3))


def test_map_of_the_auxiliary_head_in_the_skeletons_for_imagenet():
  # 224 becomes 111, 56, 28 in slim and 112, 56, 28 in DARTS; then 14.
  for skeleton in ('imagenet', 'darts_imagenet'):
    place = {'auxiliary_head': 'before_last_reduction', 'skeleton': skeleton}
    _config(image_shape=(224, 224, 3), **place)
    with pytest.raises(UserError, match='Received: 4x4 at'):
      _config(image_shape=(64, 64, 3), **place)


def test_auxiliary_head_needs_its_cell():
  place = 'before_last_reduction'
  with pytest.raises(UserError, match=f'cell at {place}.*Received 0 red'):
    _config(auxiliary_head=place, reductions=0)
  place = 'after_last_reduction'
  with pytest.raises(UserError, match=f'cell at {place}.*and 1 repeats'):
    _config(auxiliary_head=place, reduction_in_stack=True)
  with pytest.raises(UserError, match=r'auxiliary_stride of at least 1.*: 0'):
    _config(auxiliary_head='last_reduction', auxiliary_stride=0)


def test_stem_has_the_filters_of_its_skeleton_unless_told():
  assert _config(filters=32).stem == 96  # slim, cifar_config: times 3.0.
  # slim, mobile_imagenet_config: 32 times 1.0.
  assert _config(filters=44, skeleton='imagenet').stem == 32
  assert _config(filters=48, skeleton='darts_imagenet').stem == 48
  assert _config(filters=32, stem_filters=40).stem == 40
