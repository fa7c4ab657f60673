"""What every controller must do, whichever it is (controllers/protocol.py).

A new controller is tested by all of this as soon as it is registered.
"""

import functools
import math

import numpy as np
import pytest

from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph_space import LayerGraphSpace
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace
from nasnet_search.cells.search_space import random_choices, space_at
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import CONTROLLERS, make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

BATCH = 5
SPACES = {
  'nasnet': NASNetSpace(blocks=2),
  'one_block': NASNetSpace(blocks=1, combinations=('add',)),
  'subset': NASNetSpace(
    blocks=3, operations=('identity', 'conv_3x3'), combinations=('concat',)
  ),
  'paper': NASNetSpace(),
  'chain': toy_spaces.ChainSpace(),
  'tree': toy_spaces.TreeSpace(),
  'anchors': toy_spaces.AnchorSpace(),
  'recurrent': RecurrentCellSpace(4),
  # Chains grow while the tests look on.
  'conv_chain': ConvChainSpace(
    ChainOptions(
      DepthSchedule(first=2, added=1, interval=18, most=4),
      filter_sizes=(1, 3),
      filters=(4, 8, 16),
      types=('convolution', 'max_pool'),
    )
  ),
  'layers': LayerGraphSpace(8, 6, (16, 32), (32, 16)),
}

VARIANTS = {
  **{name: {'controller': name} for name in CONTROLLERS.names()},
  'processes': {'controller': 'random', 'predictor': 'gaussian_process'},
  'ridge': {'controller': 'evolution', 'predictor': 'ridge'},
  'processes around ppo': {
    'controller': 'ppo',
    'predictor': 'gaussian_process',
    'policy': 'independent',
  },
  'replicas': {
    'controller': 'reinforce',
    'policy': 'independent',
    'replicas': 2,
    'children_per_replica': BATCH,
    'parameter_servers': 3,
  },
  'queue': {
    'controller': 'reinforce',
    'policy': 'independent',
    'advantage': 'rank',
    'queue_size': 4,
    'avoid_duplicates': True,
  },
  'edits': {
    'controller': 'ppo',
    'policy': 'pooled',
    'advantage': 'rank',
    'queue_size': 4,
    'queue_weight': 0.0,
    'edit_share': 0.7,
    'replay_size': 6,
    'avoid_duplicates': True,
  },
  'attention': {
    'controller': 'ppo',
    'policy': 'anchors',
    'policy_layers': 2,
    'queue_size': 4,
    'edit_share': 0.5,
    'replay_size': 6,
    'avoid_duplicates': True,
  },
  'critic': {
    'controller': 'reinforce',
    'advantage': 'critic',
  },
  'edits by lstm': {
    'controller': 'ppo',
    'queue_size': 4,
    'edit_share': 0.7,
    'replay_size': 6,
    'avoid_duplicates': True,
  },
}
"""Every controller, and what it can be put together with."""

USUAL = {'attention': 'conv_chain'}
"""The space of a variant that is not for all of them; else `nasnet`."""
WITH_ANCHORS = ('anchors', 'conv_chain')

FEW_SPACES = ('nasnet', 'chain', 'anchors', 'conv_chain')
"""Of every shape one: what is put together of tried parts is tried on these."""
SPACES_OF_LESSONS = (
  'nasnet', 'chain', 'tree', 'anchors', 'conv_chain', 'layers',
)  # fmt: skip


def pytest_generate_tests(metafunc):
  """Gives each test the controllers, and the spaces if it asks for them."""
  if 'space' in metafunc.fixturenames:
    metafunc.parametrize(('name', 'space'), _pairs(SPACES), ids='-'.join)
  elif 'space_of_lessons' in metafunc.fixturenames:
    metafunc.parametrize(
      ('name', 'space_of_lessons'), _pairs(SPACES_OF_LESSONS), ids='-'.join
    )
  else:
    metafunc.parametrize('name', VARIANTS)


def _pairs(spaces):
  return [
    (name, space)
    for name, variant in VARIANTS.items()
    for space in spaces
    if name in CONTROLLERS.names() or space in FEW_SPACES
    if variant.get('policy') != 'anchors' or space in WITH_ANCHORS
  ]


@functools.cache
def fresh(name, space, seed, instance):
  """Returns a controller and its first state."""
  config = ControllerConfig(
    **VARIANTS[name],
    controller_batch_size=BATCH,
    policy_units=8,
    predictor_pool=50,
  )
  searched = SPACES[space]
  if name == 'q_learning' and not hasattr(searched, 'state'):
    # A user is refused these, see `compatibility`; all that is asked of a
    # controller here can be asked of it all the same.
    searched = toy_spaces.PrefixStates(searched)
  one = make_controller(searched, config, seed)
  return one, one.save()


def make(name, space='', seed=0, instance=0):
  """Returns a controller in its first state.

  Compiling a policy takes longer than all that is asked of it here, so tests
  take turns with the same controllers; instances are distinct ones.
  """
  space = space or USUAL.get(name, 'nasnet')
  one, first_state = fresh(name, space, seed, instance)
  one.load(first_state)
  return one


def lessons_of(proposals):
  return [
    Lesson(p, math.sin(sum(p.choices) + 1), Status.COMPLETED) for p in proposals
  ]


def taught(name, space='', instance=0):
  """Returns a controller after three updates."""
  one = make(name, space, instance=instance)
  for first in range(0, 3 * BATCH, BATCH):
    one.learn(lessons_of(one.propose(first, BATCH, ())))
  return one


def check_valid(space, choices):
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    assert type(choice) is int
    assert decision.allowed[choice]
  assert space.next_decision(choices) is None


def test_choices_are_of_the_space(name, space):
  one = taught(name, space)
  proposals = one.propose(15, 40, ())
  assert [p.index for p in proposals] == list(range(15, 55))
  for proposal in proposals:
    check_valid(space_at(SPACES[space], proposal.index), proposal.choices)
    if not isinstance(SPACES[space], toy_spaces.ToySpace):
      SPACES[space].decode(proposal.choices)
  assert len({p.choices for p in proposals}) > 1


def test_batch_size_is_the_configured_one(name):
  assert make(name).batch_size == BATCH


def test_proposing_changes_nothing(name):
  one = taught(name)
  before = one.save()
  first = one.propose(20, 10, ())
  one.propose(500, 40, ())
  assert one.propose(20, 10, ()) == first
  assert one.save() == before


def test_proposals_depend_on_their_index_and_what_is_pending_only(name):
  one = taught(name)
  together = one.propose(20, 40, ())
  apart = []
  for first in range(20, 60, 8):
    apart += one.propose(first, 8, apart)
  assert [p.choices for p in together] == [p.choices for p in apart]
  for a, b in zip(together, apart, strict=True):
    assert a.numbers.keys() == b.numbers.keys()
    for key in a.numbers:
      np.testing.assert_allclose(a.numbers[key], b.numbers[key], atol=1e-5)


def test_what_is_pending_is_avoided_or_changes_nothing(name):
  """Nothing between: a proposal is a function of its index, or it makes way."""
  one = taught(name)
  alone = one.propose(20, 10, ())
  beside = one.propose(20, 10, alone)
  settings = ControllerConfig(**VARIANTS[name])
  makes_way = (
    settings.controller == 'local_search'
    or settings.predictor != 'none'
    or settings.avoid_duplicates
  )
  if makes_way:
    assert not {p.choices for p in alone} & {p.choices for p in beside}
  else:
    assert beside == alone
    split = [p for first in (20, 23) for p in one.propose(first, 3, ())]
    assert [p.choices for p in split] == [p.choices for p in alone[:6]]


def test_nothing_asked_nothing_proposed(name):
  assert list(make(name).propose(3, 0, ())) == []


def test_state_is_a_function_of_configuration_seed_and_lessons(name):
  one, other = taught(name), make(name, instance=1)
  for first in range(0, 3 * BATCH, BATCH):
    # Somebody else asks in between, for other numbers of proposals.
    other.propose(900, 1 + first, ())
    other.learn(lessons_of(other.propose(first, BATCH, ())))
  assert one.save() == other.save()
  assert one.propose(15, 10, ()) == other.propose(15, 10, ())


def test_other_seeds_propose_otherwise(name):
  proposals = [make(name, seed=s).propose(0, 10, ()) for s in (0, 1)]
  assert len({tuple(p.choices for p in some) for some in proposals}) == 2


def test_proposals_differ_from_one_another(name):
  assert len({p.choices for p in make(name).propose(0, 50, ())}) > 45


def test_a_loaded_state_goes_on_as_the_saved_one(name):
  one, other = taught(name), make(name, instance=1)
  other.load(one.save())
  assert other.save() == one.save()
  assert other.propose(15, 100, ()) == one.propose(15, 100, ())
  lessons = lessons_of(one.propose(15, BATCH, ()))
  one.learn(lessons)
  other.learn(lessons)
  assert other.save() == one.save()
  assert other.propose(20, 10, ()) == one.propose(20, 10, ())


def test_a_state_is_replaced_by_what_is_loaded(name):
  one = make(name)
  first = one.save()
  expected = one.propose(0, 5, ())
  one.learn(lessons_of(one.propose(0, 2 * BATCH, ())))
  one.load(first)
  assert one.save() == first
  assert one.propose(0, 5, ()) == expected


@pytest.mark.parametrize('state', [b'', b'PK', b'x' * 1000])
def test_other_bytes_are_refused(name, state):
  one = taught(name)
  before = one.save()
  with pytest.raises(UserError, match=r'Expected .* Received'):
    one.load(state)
  assert one.save() == before


def test_lessons_of_others_are_learned(name, space_of_lessons):
  space = space_of_lessons
  rng = np.random.default_rng(0)
  one = make(name, space)
  foreign = [
    Proposal(index, random_choices(SPACES[space], rng)) for index in range(13)
  ]
  one.learn(lessons_of(foreign))
  for proposal in one.propose(13, 10, ()):
    check_valid(SPACES[space], proposal.choices)


@pytest.mark.parametrize('count', [1, BATCH - 1, BATCH, 2 * BATCH + 1])
def test_any_number_of_lessons_is_learned(name, count):
  one = make(name)
  one.learn(lessons_of(one.propose(0, count, ())))
  assert len(one.propose(count, 3, ())) == 3


def test_duplicates_are_ordinary_lessons(name):
  one = make(name)
  one.learn(lessons_of(one.propose(0, 1, ()) * BATCH))
  assert len(one.propose(1, 3, ())) == 3


def test_failed_trials_are_learned_from(name):
  one = make(name)
  failed = [
    Lesson(proposal, 0.1, status)
    for proposal, status in zip(
      one.propose(0, 4, ()),
      (Status.DIVERGED, Status.OUT_OF_MEMORY, Status.TIMEOUT, Status.INVALID),
      strict=True,
    )
  ]
  one.learn(failed)
  assert all(math.isfinite(v) for v in one.diagnostics().values())


def test_pending_proposals_are_accepted(name):
  one = taught(name)
  pending = one.propose(15, 10, ())
  proposals = one.propose(25, 10, pending)
  for proposal in proposals:
    check_valid(SPACES[USUAL.get(name, 'nasnet')], proposal.choices)


def test_numbers_are_plain(name):
  for proposal in taught(name).propose(15, 5, ()):
    for key, value in proposal.numbers.items():
      assert type(key) is str
      for number in value if isinstance(value, tuple) else (value,):
        assert type(number) in (int, float)


def test_diagnostics_are_finite_numbers(name):
  for key, value in taught(name).diagnostics().items():
    assert isinstance(key, str)
    assert math.isfinite(value)


def test_saving_is_repeatable_and_small(name):
  one = taught(name, USUAL.get(name, 'paper'))
  assert one.save() == one.save()
  assert type(one.save()) is bytes
  assert len(one.save()) < 1_000_000
