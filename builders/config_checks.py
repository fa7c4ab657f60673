"""What a configuration of a network must satisfy, with a message for each.

Importing this module must not import TensorFlow.
"""

from typing import TYPE_CHECKING

from nasnet_search.builders import options
from nasnet_search.cells.errors import UserError, check_choice

if TYPE_CHECKING:
  from nasnet_search.builders.config import NetworkConfig

_CHOICES = {
  'skeleton': options.SKELETONS,
  'input_fitting': options.INPUT_FITTINGS,
  'strided_identity': options.STRIDED_IDENTITIES,
  'convolution_style': options.CONVOLUTION_STYLES,
  'padding': options.PADDINGS,
  'auxiliary_head': options.AUXILIARY_HEADS,
}

_OFF = {'auxiliary_head': 'none', 'drop_path_keep': 1.0, 'dropout': 0.0}


def check_config(config: 'NetworkConfig') -> None:
  """Checks all values of a configuration.

  Raises:
    UserError: A value is unknown or out of range, or the image is too small.
  """
  for name, known in _CHOICES.items():
    check_choice(name, getattr(config, name), known)
  _check_counts(config)
  _check_filters(config)
  _check_shares(config)
  _check_image(config)
  if config.auxiliary_head != 'none':
    _check_auxiliary_cell(config)
    _check_auxiliary_map(config)


def check_without(config: 'NetworkConfig', *names: str) -> None:
  """Checks that nothing is asked for that a chain of layers does not have.

  Args:
    config: The configuration of its network.
    names: What it does not have: some of `auxiliary_head`, `drop_path_keep`
      and `dropout`.

  Raises:
    UserError: Something is.
  """
  for name in names:
    value = getattr(config, name)
    if value != _OFF[name]:
      raise UserError(
        f'Expected a chain of layers without {name}, which is not for it. '
        f'Received: {value}. Leave --{name} out.'
      )


def _check_counts(config: 'NetworkConfig') -> None:
  if config.reductions < 0:
    raise UserError(
      f'Expected no fewer than 0 reductions. Received: {config.reductions}.'
    )
  if config.classes < 2:
    raise UserError(f'Expected at least 2 classes. Received: {config.classes}.')
  if config.repeats < 1:
    raise UserError(
      f'Expected at least 1 repeat of the normal cell. Received: '
      f'{config.repeats}.'
    )


def _check_filters(config: 'NetworkConfig') -> None:
  if config.filters < 2 or config.filters % 2:
    raise UserError(
      'Expected an even number of filters, because a factorized reduction '
      f'gives half of them to each of its two paths. Received: '
      f'{config.filters}.'
    )
  if config.skeleton == 'imagenet' and config.filters < 8:
    raise UserError(
      'Expected at least 8 filters in the imagenet skeleton, whose first '
      'reduction cell has a quarter of them, and a factorized reduction needs '
      f'2. Received: {config.filters}.'
    )
  fewest = 2 if config.skeleton == 'darts_imagenet' else 1
  if config.stem < fewest:
    raise UserError(
      f'Expected at least {fewest} stem_filters in the {config.skeleton} '
      f'skeleton. Received: {config.stem}.'
    )


def _check_shares(config: 'NetworkConfig') -> None:
  for name in ('drop_path_keep', 'batch_norm_momentum'):
    if not 0 < getattr(config, name) <= 1:
      raise UserError(
        f'Expected {name} above 0 and at most 1. Received: '
        f'{getattr(config, name)}.'
      )
  for name in ('dropout', 'layer_dropout'):
    if not 0 <= getattr(config, name) < 1:
      raise UserError(
        f'Expected {name} of at least 0 and below 1. Received: '
        f'{getattr(config, name)}.'
      )
  if config.batch_norm_epsilon <= 0:
    raise UserError(
      'Expected batch_norm_epsilon above 0. Received: '
      f'{config.batch_norm_epsilon}.'
    )


def _check_image(config: 'NetworkConfig') -> None:
  height, width, channels = config.image_shape
  # The skeletons for ImageNet halve an image three times before the first
  # stack. 32 pixels, with 2 reductions, is also what keras.applications asks.
  halvings = config.reductions + (1 if config.skeleton == 'cifar' else 3)
  smallest = 2**halvings
  if min(height, width) < smallest:
    raise UserError(
      f'Expected images of at least {smallest}x{smallest} pixels for '
      f'{config.reductions} reductions in the {config.skeleton} skeleton. '
      f'Received: {height}x{width}. Use larger images (--image_size) or fewer '
      'reductions.'
    )
  if channels < 1:
    raise UserError(
      f'Expected images of at least 1 channel. Received: {channels}.'
    )


def _check_auxiliary_cell(config: 'NetworkConfig') -> None:
  place = config.auxiliary_head
  nothing_after = config.reduction_in_stack and config.repeats == 1
  if not config.reductions or (
    place == 'after_last_reduction' and nothing_after
  ):
    raise UserError(
      f'Expected a network with a cell at {place} for the auxiliary head. '
      f'Received {config.reductions} reductions and {config.repeats} repeats. '
      "Use auxiliary_head='none'."
    )
  if config.auxiliary_stride < 1:
    raise UserError(
      'Expected an auxiliary_stride of at least 1. Received: '
      f'{config.auxiliary_stride}.'
    )


def _check_auxiliary_map(config: 'NetworkConfig') -> None:
  place = config.auxiliary_head
  reductions = config.reductions - (place == 'before_last_reduction')
  height, width = (
    _map_side(side, config.skeleton, reductions)
    for side in config.image_shape[:2]
  )
  pool = options.AUXILIARY_POOL
  if min(height, width) < pool:
    raise UserError(
      f'Expected a map of at least {pool}x{pool} for the auxiliary head, whose '
      f'pool is that large. Received: {height}x{width} at {place}. Use larger '
      "images or auxiliary_head='none'."
    )


def _map_side(side: int, skeleton: str, reductions: int) -> int:
  """Returns the side of the map after some reductions, of one of an image."""
  if skeleton == 'imagenet':
    # The convolution of the stem is not padded.
    side = (side - 1) // 2
  halvings = (
    reductions + {'cifar': 0, 'imagenet': 2, 'darts_imagenet': 3}[skeleton]
  )
  for _ in range(halvings):
    side = -(-side // 2)
  return side
