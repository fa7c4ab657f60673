"""Tests that counting costs no TensorFlow."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
  'module', ['config', 'cost', 'graph', 'penultimate', 'published']
)
def test_module_imports_neither_tensorflow_nor_keras(module):
  program = (
    f'import sys, nasnet_search.builders.{module}\n'
    "print([x for x in ('tensorflow', 'keras') if x in sys.modules])"
  )
  result = subprocess.run(
    [sys.executable, '-c', program], capture_output=True, text=True, check=True
  )
  assert result.stdout.strip() == '[]'
