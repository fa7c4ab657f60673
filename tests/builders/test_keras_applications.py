"""Tests of the wiring and the weights against keras.applications.

Where counts see nothing, values do: with all weights at random, those of the
batch normalisations too, every cell of ours puts out what theirs does.
"""

import keras
import numpy as np
import pytest

from nasnet_search.builders import keras_applications
from nasnet_search.builders.keras_applications import (
  PIXEL_MEAN,
  PIXEL_STD,
  copy_weights,
  imagenet_config,
  load_imagenet_weights,
)
from nasnet_search.builders.network import (
  build_network,
  without_auxiliary_head,
)
from nasnet_search.builders.skeleton import placed_cells
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError

NASNET_A = zoo.load('nasnet_a')
MAKERS = {
  'mobile': keras.applications.NASNetMobile,
  'large': keras.applications.NASNetLarge,
}
# The names of their cells between `reduction_concat_stem_2` and the end; their
# numbers leave one out where the first reduction cell stands.
STACKS = {
  'mobile': ('0 1 2 3', 'reduce_4', '5 6 7 8', 'reduce_8', '9 10 11 12'),
  'large': (
    '0 1 2 3 4 5',
    'reduce_6',
    '7 8 9 10 11 12',
    'reduce_12',
    '13 14 15 16 17 18',
  ),
}


def _their_cells(variant):
  names = ['reduction_concat_stem_1', 'reduction_concat_stem_2']
  for name in ' '.join(STACKS[variant]).split():
    kind = 'reduction' if 'reduce' in name else 'normal'
    names.append(f'{kind}_concat_{name}')
  return names


def _randomise(model):
  """Sets all weights at random, in the range of a network that is trained."""
  rng = np.random.default_rng(0)
  for variable in model.weights:
    shape = tuple(variable.shape)
    if variable.name in ('gamma', 'moving_variance'):
      variable.assign(rng.uniform(0.5, 1.5, shape))
    elif len(shape) == 1:
      variable.assign(rng.normal(0, 0.3, shape))
    else:
      # What a value is a sum of: one channel in a depthwise kernel.
      summed = np.prod(
        shape[:2] if 'depthwise' in variable.name else shape[:-1]
      )
      variable.assign(rng.normal(0, np.sqrt(2 / summed), shape))


def _theirs(variant):
  model = MAKERS[variant](weights=None, classifier_activation=None)
  _randomise(model)
  return model


def _ours(source, variant, **options):
  options = {'auxiliary_head': 'none'} | options
  config = imagenet_config(variant, **options)
  model = build_network(NASNET_A, config, seed=0)
  copy_weights(source, model, config)
  return model, config


def _outputs(model, names, images):
  probe = keras.Model(model.input, [model.get_layer(x).output for x in names])
  return [np.asarray(x) for x in probe(images, training=False)]


def _differences(variant, theirs, **options):
  """Returns the greatest difference of each cell and of the logits.

  Relative to the greatest value, in the order of the cells.
  """
  ours, config = _ours(theirs, variant, **options)
  cells = placed_cells(config)
  names = [f'cell_{x}.{cell.kind}.output' for x, cell in enumerate(cells)]
  images = np.random.default_rng(1).uniform(-1, 1, (2, *config.image_shape))
  images = images.astype('float32')
  pairs = zip(
    _outputs(ours, [*names, 'logits'], images),
    _outputs(theirs, [*_their_cells(variant), 'predictions'], images),
    strict=True,
  )
  return [
    float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
    for one, other in pairs
  ]


@pytest.fixture(scope='module')
def mobile():
  return _theirs('mobile')


def _without_top(model):
  return keras.Model(model.input, model.layers[-2].output)


def test_mobile_computes_what_keras_computes(mobile):
  assert max(_differences('mobile', mobile)) <= 1e-5


@pytest.mark.slow
def test_an_error_in_the_input_after_a_reduction_is_seen(mobile):
  # What counts cannot see: the mobile network does not skip that input.
  differences = _differences('mobile', mobile, skip_reduction_layer_input=True)
  before, after = differences[:7], differences[7:]
  assert max(before) <= 1e-5
  # From the cell that reads it on.
  assert min(after) > 1e-2


@pytest.mark.slow
def test_an_error_in_the_padding_is_seen(mobile):
  assert min(_differences('mobile', mobile, padding='same')) > 1e-3


@pytest.mark.slow
def test_large_computes_what_keras_computes():
  theirs = _theirs('large')
  assert max(_differences('large', theirs)) <= 1e-5
  # The large network does skip that input.
  wrong = _differences('large', theirs, skip_reduction_layer_input=False)
  assert max(wrong[:9]) <= 1e-5
  assert min(wrong[9:]) > 1e-2


def test_every_weight_is_copied_once(mobile):
  ours, _ = _ours(mobile, 'mobile')
  assert ours.count_params() == mobile.count_params() == 5_326_716

  def weights(model):
    return sorted(x.tobytes() for x in model.get_weights())

  assert weights(ours) == weights(mobile)


def test_auxiliary_head_and_other_classifiers_are_left_alone(mobile):
  source = _without_top(mobile)
  config = imagenet_config('mobile', classes=7)
  model = build_network(NASNET_A, config, seed=0)
  fresh = {x.path: x.numpy() for x in model.weights}
  copy_weights(source, model, config)
  for variable in model.weights:
    kept = variable.path.startswith(('auxiliary.', 'logits/'))
    if kept or variable.name == 'kernel':
      unchanged = np.array_equal(variable.numpy(), fresh[variable.path])
      assert unchanged == kept, variable.path
  assert without_auxiliary_head(model).output.shape == (None, 7)


def test_pixels_are_bound_to_the_weights():
  pixels = np.arange(256, dtype='float32').reshape(1, 16, 16, 1).repeat(3, 3)
  expected = keras.applications.nasnet.preprocess_input(pixels.copy())
  np.testing.assert_allclose(
    (pixels / 255 - PIXEL_MEAN) / PIXEL_STD, expected, atol=1e-6
  )


@pytest.mark.parametrize(('classes', 'top'), [(1000, True), (7, False)])
def test_imagenet_weights_are_asked_of_keras(monkeypatch, mobile, classes, top):
  calls = []

  def make(weights, include_top):
    calls.append((weights, include_top))
    return mobile if include_top else _without_top(mobile)

  monkeypatch.setattr(keras.applications, 'NASNetMobile', make)
  # Images of any size: weights do not depend on it.
  config = imagenet_config(
    'mobile',
    classes=classes,
    image_shape=(64, 96, 3),
    auxiliary_head='none',
    dropout=0.2,
  )
  model = build_network(NASNET_A, config, seed=0)
  before = [x.numpy() for x in model.weights if x.name == 'kernel']
  load_imagenet_weights(model, NASNET_A, config)
  after = [x.numpy() for x in model.weights if x.name == 'kernel']
  assert calls == [('imagenet', top)]
  same = [np.array_equal(x, y) for x, y in zip(before, after, strict=True)]
  # The classifier is the last of them.
  assert same == [False] * (len(same) - 1) + [not top]


def _fail_with(monkeypatch, error):
  def make(**_):
    raise error

  monkeypatch.setattr(keras.applications, 'NASNetMobile', make)


def test_no_internet_is_told(monkeypatch):
  # As Keras words it, keras.utils.get_file.
  message = 'URL fetch failure on https://x: None -- no such host'
  _fail_with(monkeypatch, Exception(message))
  config = imagenet_config('mobile')
  with pytest.raises(UserError, match=r'internet to download.*no such host.*~'):
    load_imagenet_weights(None, NASNET_A, config)


def test_other_errors_of_keras_are_not_hidden(monkeypatch):
  _fail_with(monkeypatch, ValueError('corrupt'))
  with pytest.raises(ValueError, match=r'^corrupt$'):
    load_imagenet_weights(None, NASNET_A, imagenet_config('mobile'))


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'padding': 'same'}, "padding to be 'zeros'.*Received: 'same'"),
    ({'stem_filters': 96}, 'stem_filters to be 32.*Received: 96'),
    ({'skip_reduction_layer_input': True}, 'skip.* to be False.*: True'),
    ({'batch_norm_epsilon': 0.1}, r'epsilon to be 0\.001.*: 0.1'),
    ({'reductions': 1}, 'reductions to be 2.*Received: 1'),
    ({'image_shape': (224, 224, 1)}, 'images of 3 channels.*Received: 1'),
  ],
)
def test_network_that_weights_do_not_fit(changes, message):
  config = imagenet_config('mobile', **changes)
  with pytest.raises(UserError, match=message):
    load_imagenet_weights(None, NASNET_A, config)


def test_size_and_architecture_without_weights():
  other = zoo.load('amoebanet_a')
  with pytest.raises(UserError, match=r'nasnet_a of the zoo.*another one'):
    load_imagenet_weights(None, other, imagenet_config('mobile'))
  config = keras_applications.published_config(
    zoo.entry('nasnet_a'), skeleton='imagenet', repeats=5, filters=64
  )
  with pytest.raises(UserError, match=r'4 and 44 or 6 and 168.*: 5 and 64'):
    load_imagenet_weights(None, NASNET_A, config)
  with pytest.raises(UserError, match=r'Unknown variant.*mobile, large'):
    imagenet_config('huge')
