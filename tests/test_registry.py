"""Registries: names without imports, and what plugins may do."""

import sys

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.registry import Registry, load_plugins


def test_listing_and_checking_import_nothing():
  registry = Registry('animal', {'cat': 'no_such_module:Cat', 'dog': 'a:b'})
  assert registry.names() == ('cat', 'dog')
  registry.check('cat')


def test_an_entry_is_loaded_on_use():
  registry = Registry('constant', {'tau': 'math:tau'})
  assert registry.load('tau') == pytest.approx(6.283185307179586)


def test_an_object_may_be_registered_itself():
  registry = Registry('animal', {})
  cat = object()
  registry.register('cat', cat)
  assert registry.load('cat') is cat


@pytest.mark.parametrize('method', ['check', 'load'])
def test_an_unknown_name_lists_the_known_ones(method):
  registry = Registry('animal', {'cat': 'a:b', 'dog': 'a:c'})
  with pytest.raises(
    UserError,
    match=r"Unknown animal\. Expected one of: cat, dog\. Received: 'cow'\.",
  ):
    getattr(registry, method)('cow')


def test_a_name_is_taken_once_but_may_be_said_twice():
  registry = Registry('animal', {'cat': 'a:b'})
  registry.register('cat', 'a:b')
  with pytest.raises(UserError, match=r"animal name.*not taken.*'cat'"):
    registry.register('cat', 'c:d')
  assert registry.names() == ('cat',)


def test_registries_do_not_share_what_is_registered():
  entries = {'cat': 'a:b'}
  first, second = Registry('animal', entries), Registry('animal', entries)
  first.register('dog', 'a:c')
  assert second.names() == ('cat',)


def test_plugins_are_imported_in_order(tmp_path, monkeypatch):
  monkeypatch.syspath_prepend(tmp_path)
  for name in ('plugin_b', 'plugin_a'):
    (tmp_path / f'{name}.py').write_text(
      f'import sys\nsys.modules["plugin_order"].append({name!r})\n'
    )
  order = []
  monkeypatch.setitem(sys.modules, 'plugin_order', order)
  load_plugins(('plugin_b', 'plugin_a'))
  assert order == ['plugin_b', 'plugin_a']


def test_a_plugin_that_cannot_be_imported_is_named_with_the_reason(
  tmp_path, monkeypatch
):
  monkeypatch.syspath_prepend(tmp_path)
  (tmp_path / 'plugin_c.py').write_text('import not_installed_here')
  with pytest.raises(UserError, match=r'plugin_c.*not_installed_here'):
    load_plugins(('plugin_c',))
  with pytest.raises(UserError, match=r'plugin_d.*PYTHONPATH'):
    load_plugins(('plugin_d',))
