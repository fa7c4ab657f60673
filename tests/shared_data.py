"""Data beside the checkout, which tests use where they are there."""

import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / 'shared' / 'data'


def shared(path):
  """Returns a file of the data, or skips the test that asks for it."""
  file = FOLDER / path
  if not file.exists():
    pytest.skip(f'{file} is not there.')
  return str(file)
