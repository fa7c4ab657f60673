"""Notations: nothing is lost where they fit, and why where they do not."""

import re

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell, unused_states
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.notations import (
  NOTATIONS,
  amoebanet,
  darts,
  nni,
  read_notation,
  slim,
  write_notation,
)

FOREIGN = {
  'darts': darts.DIALECT,
  'slim': slim.DIALECT,
  'amoebanet': amoebanet.DIALECT,
  'nni_all': nni.DIALECT,
  'nni_loose_end': nni.DIALECT,
}


def random_cell(rng, notation, *, reduction):
  """Returns a cell of up to 7 blocks that the notation can hold."""
  names = list(FOREIGN[notation].operations)
  count = int(rng.integers(1, 8))
  blocks = tuple(
    Block(
      tuple(int(state) for state in rng.integers(2 + k, size=2)),
      tuple(str(name) for name in rng.choice(names, size=2)),
    )
    for k in range(count)
  )
  states = np.arange(2 + count)
  if notation == 'nni_all':
    return Cell(blocks, tuple(states[2:].tolist()))
  if notation == 'nni_loose_end':
    return Cell(blocks, unused_states(blocks))
  if notation == 'darts' and reduction:
    states = states[2:]
  chosen = rng.choice(
    states, size=rng.integers(1, states.size + 1), replace=False
  )
  if notation != 'darts':
    chosen.sort()
  return Cell(blocks, tuple(chosen.tolist()))


def random_architecture(rng, notation):
  return Architecture(
    random_cell(rng, notation, reduction=False),
    random_cell(rng, notation, reduction=True),
  )


@pytest.mark.parametrize('notation', FOREIGN)
def test_cells_that_fit_come_back_equal(notation):
  rng = np.random.default_rng(1)
  for _ in range(100):
    architecture = random_architecture(rng, notation)
    text = write_notation(architecture, notation)
    assert read_notation(text, notation) == architecture
    assert text.endswith('\n')


def test_any_cell_fits_our_own_notation():
  cell = Cell((Block((1, 0), ('max_pool_7x7', 'identity'), 'concat'),), (2, 0))
  architecture = Architecture(cell, cell)
  text = write_notation(architecture, 'nasnet_search')
  assert text == architecture.to_json()
  assert read_notation(text) == architecture


@pytest.mark.parametrize('notation', NOTATIONS)
@pytest.mark.parametrize('name', zoo.names())
def test_zoo_cells_come_back_equal_or_are_refused(name, notation):
  architecture = zoo.load(name)
  refusal = ''
  try:
    text = write_notation(architecture, notation)
  except UserError as error:
    refusal = str(error)
  if refusal:
    assert re.match(r'(normal|reduction) cell: ', refusal)
  else:
    again = read_notation(text, notation)
    assert again.canonical_key() == architecture.canonical_key()


def test_the_notation_of_a_text_is_recognised():
  rng = np.random.default_rng(2)
  for notation in ('darts', 'slim', 'amoebanet'):
    architecture = random_architecture(rng, notation)
    assert read_notation(write_notation(architecture, notation)) == architecture
  # A chain has one loose end; where every block is one, both readings agree.
  block = Block((0, 1), ('identity', 'identity'))
  agreed = Architecture(*[Cell((block, block), (2, 3))] * 2)
  assert read_notation(write_notation(agreed, 'nni_all')) == agreed
  chain = Cell((block, Block((2, 2), ('identity', 'identity'))), (2, 3))
  text = write_notation(Architecture(chain, chain), 'nni_all')
  with pytest.raises(UserError, match='nni_all or nni_loose_end'):
    read_notation(text)
  assert read_notation(text, 'nni_loose_end').normal.concat == (3,)


def test_an_architecture_file_may_speak_of_other_notations():
  text = zoo.load('nasnet_a').to_json()
  text = text.replace('{', '{"notes": "no normal_concat, normal/op_2_0",', 1)
  assert read_notation(text) == zoo.load('nasnet_a')


@pytest.mark.parametrize('text', ['', 'hello', '{"normal": []}', '\0'])
def test_texts_in_no_notation(text):
  with pytest.raises(UserError, match='none of them'):
    read_notation(text)


def test_unknown_notations():
  with pytest.raises(UserError, match=r'notation.*darts, slim.*onnx'):
    read_notation('text', 'onnx')
  with pytest.raises(UserError, match=r'notation.*darts, slim.*onnx'):
    write_notation(zoo.load('nasnet_a'), 'onnx')


def one_block(operation='identity', combination='add', concat=(3,)):
  first = Block((0, 1), ('identity', 'identity'))
  second = Block((0, 1), (operation, 'identity'), combination)
  return Cell((first, second), concat)


@pytest.mark.parametrize(
  ('notation', 'operation'),
  [
    ('darts', 'max_pool_7x7'),
    ('slim', 'conv_1x1'),
    ('amoebanet', 'dilated_conv_3x3'),
    ('nni_all', 'dilated_separable_conv_5x5'),
    ('nni_loose_end', 'dilated_separable_conv_5x5'),
  ],
)
def test_what_does_not_fit_is_named(notation, operation):
  plain = one_block(concat=(2, 3))
  with pytest.raises(UserError) as caught:
    write_notation(Architecture(plain, one_block(operation)), notation)
  message = str(caught.value)
  assert message.startswith('reduction cell: block_1: ')
  assert message.endswith(f"Received: '{operation}'.")
  assert 'separable_conv_3x3' in message  # What would fit.
  with pytest.raises(
    UserError, match=r"normal cell: block_1: .*adds.*'concat'"
  ):
    write_notation(
      Architecture(one_block(combination='concat'), plain), notation
    )


def test_concat_lists_that_do_not_fit_are_named():
  plain = one_block(concat=(2, 3))
  with pytest.raises(UserError, match=r'reduction cell: .*\(3, 1\).*input 1\.'):
    write_notation(Architecture(plain, one_block(concat=(3, 1))), 'darts')
  for notation in ('nni_all', 'nni_loose_end'):
    with pytest.raises(UserError, match=r'normal cell: .*\(2,\).*block_1\.'):
      write_notation(Architecture(one_block(concat=(2,)), plain), notation)


@pytest.mark.parametrize('notation', NOTATIONS)
def test_damaged_texts_are_refused_or_read_but_never_a_defect(notation):
  rng = np.random.default_rng(3)
  letters = list('()[]{}\'",:=0123456789_ax \n')
  dialect = 'darts' if notation == 'nasnet_search' else notation
  refused = 0
  for _ in range(150):
    text = list(write_notation(random_architecture(rng, dialect), notation))
    for _ in range(rng.integers(1, 4)):
      place = int(rng.integers(len(text)))
      text[place : place + int(rng.integers(3))] = str(rng.choice(letters))
    try:
      assert isinstance(read_notation(''.join(text), notation), Architecture)
    except UserError:
      refused += 1
  assert refused > 50
