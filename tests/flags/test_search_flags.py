"""Flags of a search that contradict each other are not made up for."""

import pytest

from nasnet_search.cells.errors import UserError


@pytest.mark.parametrize(
  ('space', 'usual'),
  [
    ('recurrent_cell', 'language_model'),
    ('nasbench201', 'table'),
    ('nasbench301', 'surrogate'),
  ],
)
def test_an_evaluator_that_was_asked_for_does_not_give_way(parse, space, usual):
  """Though it is the one that is configured if nobody asks for one."""
  assert parse(f'--space={space}').evaluator.evaluator == usual
  with pytest.raises(UserError, match=f'{usual}. Received: --evaluator=child'):
    parse(f'--space={space}', '--evaluator=child')
  parse(f'--space={space}', f'--evaluator={usual}')


def test_an_evaluator_that_fits_may_be_asked_for(parse):
  for name in ('child', 'cost'):
    config = parse('--space=conv_chain', f'--evaluator={name}')
    assert config.evaluator.evaluator == name
