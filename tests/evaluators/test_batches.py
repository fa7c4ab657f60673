"""Tests of the order in which images are seen."""

import numpy as np
import pytest

from nasnet_search.evaluators.batches import training_order, validation_batches


def test_training_order_sees_no_image_twice():
  order = training_order(0, 0, 103, 10)
  assert order.shape == (10, 10)
  assert order.dtype == np.int32
  assert len(set(order.ravel())) == 100
  assert set(order.ravel()) <= set(range(103))


def test_every_epoch_leaves_out_others():
  left_out = [
    frozenset(range(103)) - frozenset(training_order(0, epoch, 103, 10).flat)
    for epoch in range(5)
  ]
  assert len(set(left_out)) > 1


def test_order_is_keyed_on_seed_and_epoch():
  order = training_order(3, 1, 40, 8)
  np.testing.assert_array_equal(order, training_order(3, 1, 40, 8))
  assert (order != training_order(3, 2, 40, 8)).any()
  assert (order != training_order(4, 1, 40, 8)).any()


def test_fewer_images_than_a_batch_make_one_batch():
  order = training_order(0, 0, 5, 64)
  assert sorted(order.ravel()) == [0, 1, 2, 3, 4]
  assert order.shape == (1, 5)


@pytest.mark.parametrize(
  ('images', 'greatest', 'shape'),
  [
    (288, 256, (2, 144)),
    (256, 256, (1, 256)),
    (257, 256, (2, 129)),
    (3, 256, (1, 3)),
    (10, 4, (3, 4)),
  ],
)
def test_validation_counts_every_image_once(images, greatest, shape):
  indices, weights = validation_batches(images, greatest)
  assert indices.shape == weights.shape == shape
  counted = np.zeros(images)
  np.add.at(counted, indices.ravel(), weights.ravel())
  np.testing.assert_array_equal(counted, np.ones(images))
