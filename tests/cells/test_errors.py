"""Tests of the messages that speak to a person."""

import pytest

from nasnet_search.cells.errors import UserError, check_choice, located


def test_unknown_choice_lists_the_known_ones_in_order():
  with pytest.raises(UserError, match='Unknown fruit') as error:
    check_choice('fruit', 'pear', ('plum', 'apple'))
  assert "plum, apple. Received: 'pear'" in str(error.value)


def test_known_choice_passes():
  check_choice('fruit', 'plum', ('plum', 'apple'))


def test_places_nest_from_the_outermost_inwards():
  with (
    pytest.raises(UserError, match=r'^file: cell: Expected more\.$'),
    located('file'),
    located('cell'),
  ):
    raise UserError('Expected more.')


def test_a_defect_is_not_turned_into_a_user_error():
  with pytest.raises(ZeroDivisionError), located('file'):
    _ = 1 / 0
