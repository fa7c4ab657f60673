"""Architectures of any kind: reading, writing, telling kinds apart."""

import re

import pytest

from nasnet_search.cells import architectures, zoo
from nasnet_search.cells.architecture import cells_of
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.named_choices import NamedChoices
from nasnet_search.cells.nasnet_space import NASNetSpace

CHOICES = NamedChoices((('color', 'red'), ('size', '3')))
DATA = {
  'format': 'nasnet_search.architecture',
  'format_version': 1,
  'kind': 'choices',
  'choices': {'color': 'red', 'size': '3'},
}


def test_choices_are_written_in_the_first_format():
  assert CHOICES.to_dict() == DATA


@pytest.mark.parametrize(
  'architecture', [CHOICES, zoo.load('nasnet_a')], ids=['choices', 'cells']
)
def test_what_is_written_is_read_as_its_own_kind(architecture):
  text = architecture.to_json()
  read = architectures.read_architecture(architectures.read_text(text))
  assert read == architecture
  assert type(read) is type(architecture)
  assert read.kind == architectures.read_header(read.to_dict())


def test_the_key_knows_no_order_but_every_value():
  def key(*items):
    return NamedChoices(items).canonical_key()

  first = key(('color', 'red'), ('size', '3'))
  assert key(('size', '3'), ('color', 'red')) == first
  others = {
    key(('color', 'red'), ('size', '4')),
    key(('color', 'red')),
    key(('size', 'red'), ('color', '3')),
  }
  assert len({first, *others}) == 4


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'kind': 'tree'}, 'cells, choices, '),
    ({'kind': 'tree'}, "Received: 'tree'"),
    ({'kind': 3}, 'kind of an architecture to be a name. Received: 3'),
    ({'choices': ['red']}, 'to be a mapping from names to values'),
    ({'choices': {'size': 3}}, "to be text. Received: ('size', 3)"),
    ({'format_version': 2}, 'Received: format_version 2'),
  ],
)
def test_what_is_no_architecture_is_refused(change, message):
  with pytest.raises(UserError, match=re.escape(message)):
    architectures.read_architecture({**DATA, **change})


def test_a_file_may_hold_any_kind(tmp_path):
  path = tmp_path / 'found.json'
  path.write_text(CHOICES.to_json())
  assert zoo.load_architecture(path) == CHOICES


def test_a_kind_can_be_added_but_not_taken(monkeypatch):
  monkeypatch.setattr(architectures, '_KINDS', dict(architectures._KINDS))
  target = 'nasnet_search.cells.named_choices:NamedChoices'
  architectures.register_kind('mine', target)
  architectures.register_kind('mine', target)
  with pytest.raises(UserError, match=r"not taken yet. Received: 'mine'"):
    architectures.register_kind('mine', 'elsewhere:Mine')


def test_where_cells_are_needed_other_kinds_are_refused():
  with pytest.raises(UserError, match=r"kind 'cells'.*kind 'choices'"):
    cells_of(CHOICES)
  with pytest.raises(UserError, match=r"kind 'choices'"):
    NASNetSpace().project(CHOICES)
