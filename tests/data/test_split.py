"""Splits: proportions by counting, no image in two parts, determinism."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.split import split_images, stratified_order

CIFAR_LABELS = np.repeat(np.arange(10), 5000)
CIFAR_NAMES = tuple('abcdefghij')
TENTH = 0.1


def split_cifar(**settings_):
  return split_images(CIFAR_LABELS, CIFAR_NAMES, DataConfig(**settings_), TENTH)


def counts(labels, classes):
  return np.bincount(labels, minlength=classes).tolist()


def test_order_is_a_permutation():
  labels = np.array([2, 0, 0, 1, 2, 2, 0])
  order = stratified_order(labels, np.random.default_rng(0))
  assert sorted(order) == list(range(7))


@pytest.mark.parametrize(
  ('sizes', 'count', 'expected'),
  [
    ((60, 30, 10), 10, [6, 3, 1]),
    ((60, 30, 10), 50, [30, 15, 5]),
    # Webster by hand: 53/1 53/3 53/5 53/7, 24/1 24/3, 23/1 23/3; the seven
    # greatest are 53, 24, 23, 17.7, 10.6, 8 and 7.7.
    ((53, 24, 23), 7, [3, 2, 2]),
  ],
)
def test_a_beginning_divides_as_webster_does(sizes, count, expected):
  labels = np.repeat(np.arange(3), sizes)
  order = stratified_order(labels, np.random.default_rng(1))
  assert counts(labels[order[:count]], 3) == expected


@settings(max_examples=50, deadline=None)
@given(
  sizes=st.lists(st.integers(1, 40), min_size=2, max_size=3),
  seed=st.integers(0, 2**32),
)
def test_every_beginning_is_within_one_of_proportion(sizes, seed):
  # Webster's method stays within quota for up to three parties (Balinski and
  # Young, Fair Representation).
  labels = np.repeat(np.arange(len(sizes)), sizes)
  order = stratified_order(labels, np.random.default_rng(seed))
  for count in range(len(labels) + 1):
    quota = np.array(sizes) * count / len(labels)
    received = counts(labels[order[:count]], len(sizes))
    assert np.all(np.abs(received - quota) < 1)


def test_default_is_the_split_of_the_paper():
  parts = split_cifar()
  assert counts(CIFAR_LABELS[parts.train], 10) == [4500] * 10
  assert counts(CIFAR_LABELS[parts.validation], 10) == [500] * 10


def test_no_image_is_in_two_parts():
  parts = split_cifar(train_images=30000)
  assert not set(parts.train) & set(parts.validation)
  assert set(parts.train) < set(parts.rest)
  everything = np.concatenate([parts.rest, parts.validation])
  assert np.array_equal(np.sort(everything), np.arange(50000))


@settings(max_examples=20, deadline=None)
@given(first=st.integers(10, 45000), second=st.integers(10, 45000))
def test_validation_does_not_depend_on_the_training_images(first, second):
  one, two = (split_cifar(train_images=count) for count in (first, second))
  assert np.array_equal(one.validation, two.validation)
  assert np.array_equal(one.rest, two.rest)
  fewer = min(first, second)
  assert np.array_equal(one.train[:fewer], two.train[:fewer])


def test_subset_is_stratified():
  parts = split_cifar(train_images=1003, validation_images=205)
  assert {100, 101} == set(counts(CIFAR_LABELS[parts.train], 10))
  assert {20, 21} == set(counts(CIFAR_LABELS[parts.validation], 10))


def test_seed_decides():
  one, same, other = (split_cifar(split_seed=seed) for seed in (3, 3, 4))
  assert np.array_equal(one.train, same.train)
  assert np.array_equal(one.validation, same.validation)
  # By chance, a tenth of 5,000 would be in both.
  common = len(set(one.validation) & set(other.validation))
  assert 400 < common < 600


def test_split_is_pinned():
  # A search that is resumed with a later version must use the same images.
  parts = split_cifar(split_seed=1)
  assert parts.validation[:4].tolist() == [19641, 38562, 34976, 4872]
  assert parts.train[:4].tolist() == [42140, 36914, 22090, 19906]


def test_classes_are_mixed():
  parts = split_cifar()
  assert len(set(CIFAR_LABELS[parts.train[:100]])) == 10


@pytest.mark.parametrize(
  ('settings_', 'message'),
  [
    (
      {'train_images': 45001},
      'Expected --train_images of at most 45000: there are 50000 images, and '
      '5000 are held out for validation. Received: 45001',
    ),
    (
      {'validation_images': 50000},
      'Expected --validation_images below 50000.* Received: 50000',
    ),
    (
      {'train_images': 9},
      'at least 1 image of each of the 10 classes among 9 images of '
      '--train_images. Received none of: [a-j]',
    ),
    (
      {'validation_images': 3},
      'among 3 images of --validation_images. Received none of: .*, ...',
    ),
  ],
)
def test_impossible_splits_are_refused(settings_, message):
  with pytest.raises(UserError, match=message):
    split_cifar(**settings_)


def test_a_class_too_small_to_split_is_refused():
  labels = np.repeat([0, 1], [99, 1])
  with pytest.raises(UserError, match=r'Received none of: rare\.'):
    split_images(labels, ('common', 'rare'), DataConfig(), TENTH)
