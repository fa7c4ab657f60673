"""How outputs are compared, and the program that uses exported files."""

import subprocess

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.export import fresh, parity
from nasnet_search.export.formats import FORMATS
from nasnet_search.export.parity import compare

TENSORFLOW = ('keras', 'tensorflow')

EXPECTED = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.4, 0.4001, 0.1999]])
LABELS = np.array([0, 1, 1])


def test_equal_outputs():
  found = compare(EXPECTED, EXPECTED.copy(), LABELS)
  assert found.images == 3
  assert found.largest_difference == 0
  assert found.top_1_agreement == found.clear_top_1_agreement == 1
  assert found.clear_images == 2  # The third leads by 0.0001 only.
  assert found.accuracy == pytest.approx(2 / 3)
  assert found.exact


def test_a_difference_above_the_tolerance_is_not_exact():
  received = EXPECTED.copy()
  received[0, 0] += 0.99e-4
  assert compare(EXPECTED, received, LABELS).exact
  received[0, 0] += 0.02e-4
  found = compare(EXPECTED, received, LABELS)
  assert found.largest_difference == pytest.approx(1.01e-4)
  assert found.top_1_agreement == 1
  assert not found.exact


def test_classes_may_change_only_where_the_margin_is_small():
  received = EXPECTED.copy()
  received[2] = [0.40005, 0.40005 - 1e-9, 0.1999]
  found = compare(EXPECTED, received, LABELS)
  assert found.top_1_agreement == pytest.approx(2 / 3)
  assert found.clear_top_1_agreement == 1
  assert found.accuracy == pytest.approx(1 / 3)
  assert found.exact
  received[1] = [0.4, 0.3, 0.3]
  found = compare(EXPECTED, received, LABELS)
  assert found.clear_top_1_agreement == 0.5
  assert not found.exact


def test_nan_is_not_exact():
  received = EXPECTED.copy()
  received[1, 1] = np.nan
  assert not compare(EXPECTED, received, LABELS).exact


def test_the_program_refuses_to_import_this_project():
  blocker = fresh._Blocker(['nasnet_search'])
  assert blocker.find_spec('numpy') is None
  with pytest.raises(ModuleNotFoundError, match='not for this process'):
    blocker.find_spec('nasnet_search.cells')


def test_a_process_that_hangs_is_told(tmp_path, monkeypatch):
  def hang(*arguments, timeout, **options):
    raise subprocess.TimeoutExpired('fresh', timeout)

  monkeypatch.setattr(parity.subprocess, 'run', hang)
  images = np.zeros((3, 8, 8, 1), np.uint8)
  with pytest.raises(
    UserError, match=r'alone\. Received nothing within 1800 s'
  ):
    parity.check_format('onnx', tmp_path, images, LABELS, EXPECTED)


def test_formats_are_tried_with_their_own_runtime_alone():
  for each in FORMATS.values():
    blocked = parity._BLOCKED[each.runtime]
    assert 'nasnet_search' in blocked
    assert ('tensorflow' in blocked) == (each.runtime not in TENSORFLOW)


def test_the_latency_is_the_median_after_a_warm_up(monkeypatch):
  now = [0.0]
  durations = iter([9.0, 9.0, 9.0, 0.002, 0.004, 0.1])
  monkeypatch.setattr(fresh.time, 'perf_counter', lambda: now[0])

  def call(image):
    now[0] += next(durations)

  assert fresh._latency(call, None, 3) == pytest.approx(4.0)
