"""Tests of the file format: exact round trips, and what is refused."""

import copy
import json

import numpy as np
import pytest

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices

# The format as it was first released: this text must stay readable for ever.
TEXT = """{
  "format": "nasnet_search.architecture",
  "format_version": 1,
  "kind": "cells",
  "normal": {
    "blocks": [
      {"inputs": [0, 1], "operations": ["identity", "max_pool_3x3"],
       "combination": "add"},
      {"inputs": [2, 1], "operations": ["conv_1x1", "conv_1x7_7x1"],
       "combination": "concat"}
    ],
    "concat": [3, 1]
  },
  "reduction": {
    "blocks": [
      {"inputs": [1, 1], "operations": ["conv_3x3", "dilated_conv_3x3"],
       "combination": "add"}
    ],
    "concat": [2]
  }
}"""
ARCHITECTURE = Architecture(
  normal=Cell(
    blocks=(
      Block((0, 1), ('identity', 'max_pool_3x3'), 'add'),
      Block((2, 1), ('conv_1x1', 'conv_1x7_7x1'), 'concat'),
    ),
    concat=(3, 1),
  ),
  reduction=Cell((Block((1, 1), ('conv_3x3', 'dilated_conv_3x3')),), (2,)),
)


def edited(path, value):
  """Returns the data of TEXT with the value at a path replaced, or left out."""
  data = json.loads(TEXT)
  place = data
  for key in path[:-1]:
    place = place[key]
  if value is KeyError:
    del place[path[-1]]
  else:
    place[path[-1]] = value
  return data


def test_reads_the_first_format():
  assert Architecture.from_json(TEXT) == ARCHITECTURE


def test_writes_the_first_format():
  assert json.loads(ARCHITECTURE.to_json()) == json.loads(TEXT)


@pytest.mark.parametrize('blocks', range(1, 11))
def test_round_trip_through_json(blocks):
  space = NASNetSpace(blocks)
  rng = np.random.default_rng(blocks)
  for _ in range(5):
    architecture = space.decode(random_choices(space, rng))
    assert Architecture.from_json(architecture.to_json()) == architecture


def test_notes_at_the_top_are_ignored():
  data = json.loads(TEXT) | {'notes': 'mine', 'source': ['somewhere']}
  assert Architecture.from_dict(data) == ARCHITECTURE


BLOCK = ('normal', 'blocks', 1)


@pytest.mark.parametrize(
  ('path', 'value', 'message'),
  [
    (['format_version'], 2, 'format_version 1 or older.*format_version 2.*new'),
    (['format_version'], 0, 'whole number from 1 to 1. Received: 0'),
    (['format_version'], '1', "whole number from 1 to 1. Received: '1'"),
    (['format_version'], True, 'Received: True'),
    (['format_version'], KeyError, 'Received none for: format_version'),
    (['format'], 'onnx', "'nasnet_search.architecture'. Received: 'onnx'"),
    (['kind'], 'chain', "kind 'cells'. Received: 'chain'"),
    (['normal'], KeyError, 'Received none for: normal'),
    (['normal'], [], r'normal cell: Expected a mapping.*Received: \[\]'),
    (['normal', 'concat'], KeyError, 'normal cell: .*none for: concat'),
    (['normal', 'concat'], '31', "concat to be a list. Received: '31'"),
    (['normal', 'concat'], [], 'normal cell: Expected concat'),
    (['normal', 'concat'], [3.0], 'concat to be a state.*3.0'),
    (['normal', 'stride'], 2, "normal cell: .*only the keys.*'stride'"),
    (['normal', 'blocks'], {}, r'blocks to be a list. Received: \{\}'),
    (['normal', 'blocks'], [], 'at least one block'),
    (['reduction', 'blocks', 0], None, 'reduction cell: block_0: .*None'),
    ([*BLOCK, 'rate'], 2, "normal cell: block_1: .*only the keys.*'rate'"),
    ([*BLOCK, 'inputs'], [0], r'block_1: Expected inputs to be a pair'),
    ([*BLOCK, 'inputs'], [0, 3], 'inputs of block_1.*: 3'),
    ([*BLOCK, 'inputs'], [None, 0], 'block_1: Expected input.*None'),
    ([*BLOCK, 'operations', 0], 'sep', "block_1: Unknown operation.*'sep'"),
    ([*BLOCK, 'operations', 0], ['conv_1x1'], 'block_1: Unknown operation'),
    ([*BLOCK, 'combination'], {}, 'block_1: Unknown combination'),
  ],
)
def test_invalid_data(path, value, message):
  with pytest.raises(UserError, match=message):
    Architecture.from_dict(edited(path, value))


@pytest.mark.parametrize(
  'text',
  [
    '',
    'nasnet_a',
    TEXT[:-1],
    '[' * 100_000,
    '9' * 10_000,
    '\0',
  ],
)
def test_text_that_is_not_json(text):
  with pytest.raises(UserError, match='Received text that is not JSON'):
    Architecture.from_json(text)


@pytest.mark.parametrize('text', ['null', '[]', '"nasnet_a"', 'NaN', '{}'])
def test_json_that_is_no_architecture(text):
  with pytest.raises(UserError, match='Expected'):
    Architecture.from_json(text)


def test_long_values_are_shortened_in_messages():
  with pytest.raises(UserError) as error:
    Architecture.from_dict(edited(['normal'], ['x' * 10_000]))
  assert len(str(error.value)) < 200


def places(data, path=()):
  """Yields the path of everything within the data."""
  items = data.items() if isinstance(data, dict) else enumerate(data)
  for key, value in list(items):
    yield (*path, key)
    if isinstance(value, dict | list):
      yield from places(value, (*path, key))


@pytest.mark.parametrize(
  'junk',
  [None, True, -1, 99, 1.5, float('nan'), 'x', [], [[]], {}, {'a': 1}, 10**30],
)
def test_junk_anywhere_is_refused_or_harmless(junk):
  """Whatever stands in a file, only a `UserError` may come of it."""
  for path in places(json.loads(TEXT)):
    data = edited(path, copy.deepcopy(junk))
    with pytest.raises(UserError, match='Expected'):
      Architecture.from_dict(data)


def test_cells_must_be_cells():
  with pytest.raises(UserError, match='Expected the reduction cell'):
    Architecture(ARCHITECTURE.normal, ARCHITECTURE.normal.blocks)


def test_the_key_tells_normal_and_reduction_apart():
  swapped = Architecture(ARCHITECTURE.reduction, ARCHITECTURE.normal)
  assert swapped.canonical_key() != ARCHITECTURE.canonical_key()
  again = Architecture.from_json(TEXT)
  assert again.canonical_key() == ARCHITECTURE.canonical_key()
