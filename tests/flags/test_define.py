"""Flags derived from configurations, and back."""

import dataclasses

import pytest
from absl import flags

from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig
from nasnet_search.settings import check_settings, setting


def fields():
  """Returns all fields of the configuration of a search."""
  return [
    field
    for part in dataclasses.fields(SearchConfig())
    for field in dataclasses.fields(getattr(SearchConfig(), part.name))
  ]


def test_every_field_is_a_flag_with_its_help_and_its_default():
  assert len(fields()) > 40
  for field in fields():
    flag = flags.FLAGS[field.name]
    assert flag.help == field.metadata['help']
    assert len(flag.help) > 10
    default = flag.default
    assert (tuple(default) if isinstance(default, list) else default) == (
      field.default
    )


def test_names_are_unique_over_all_configurations():
  names = [field.name for field in fields()]
  assert len(names) == len(set(names))


def test_a_help_is_a_sentence_and_ends_as_one():
  assert [
    field.name for field in fields() if not field.metadata['help'].endswith('.')
  ] == []


def test_no_flags_give_the_defaults(parse):
  assert parse() == SearchConfig()


def test_flags_of_every_type(parse):
  config = parse(
    '--trials=7',
    '--max_hours=1.5',
    '--data=cifar10',
    '--flip',
    '--operations=identity,conv_1x1',
    '--gpus=0',
    '--learning_rate=1',
  )
  assert config.run.trials == 7
  assert config.run.max_hours == 1.5
  assert config.data.data == 'cifar10'
  assert config.data.flip is True
  assert config.space.operations == ('identity', 'conv_1x1')
  assert config.workers.gpus == ('0',)
  assert isinstance(config.proxy.learning_rate, float)
  assert parse('--noflip').data.flip is False


def test_a_value_outside_its_limits(parse):
  with pytest.raises(
    UserError, match=r'--trials to be at least 1\. Received: 0'
  ):
    parse('--trials=0')
  with pytest.raises(UserError, match='--max_hours to be a finite number'):
    parse('--max_hours=inf')


@pytest.mark.parametrize(
  'argument', ['--trials=many', '--flip=perhaps', '--no_such_flag=1']
)
def test_a_value_that_is_none_is_absls_own_error(parse, argument):
  with pytest.raises(flags.Error):
    parse(argument)


def test_another_configuration_makes_other_flags():
  """Of a plugin, say; on flag values of its own, not to disturb others."""
  from nasnet_search.flags.define import define_flags, read_flags

  @dataclasses.dataclass(frozen=True)
  class Config:
    """One setting of each type, under names that nothing else has."""

    a_whole_number: int = setting(3, 'A whole number.', lower=1)
    a_switch: bool = setting(True, 'A switch.')
    some_names: tuple[str, ...] = setting(('a', 'b'), 'Some names.')

    def __post_init__(self) -> None:
      check_settings(self)

  holders = define_flags(Config)
  try:
    flags.FLAGS(['program', '--noa_switch', '--some_names=c'])
    assert read_flags(Config, holders) == Config(3, False, ('c',))
  finally:
    flags.FLAGS.unparse_flags()
    for name in holders:
      delattr(flags.FLAGS, name)
