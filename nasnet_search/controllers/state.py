"""The state of a controller as plain bytes.

A state is an uncompressed zip archive: `header.json`, then arrays in NumPy's
`.npy` format, so `numpy.load` opens the arrays and reading executes nothing.
All that usually varies between two archives of the same content (times, the
operating system) is fixed: equal states give equal bytes.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError

FORMAT = 'nasnet_search.controller'
FORMAT_VERSION = 1

_HEADER = 'header.json'
_EPOCH = (1980, 1, 1, 0, 0, 0)  # The earliest time that zip can express.
_UNIX = 3


def header(controller: str, **values: Any) -> dict[str, Any]:
  """Returns a header: whose state it is, and values that are not arrays.

  Args:
    controller: Which kind of controller the state is of.
    **values: What else to keep, as JSON can write it.
  """
  return {
    'format': FORMAT,
    'format_version': FORMAT_VERSION,
    'controller': controller,
    **values,
  }


def pack(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
  """Returns a state as bytes.

  Args:
    values: What `header` returned.
    arrays: Named arrays of numbers.
  """
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_STORED) as archive:
    text = json.dumps(values, sort_keys=True, indent=1, allow_nan=False)
    archive.writestr(_entry(_HEADER), text)
    for name in sorted(arrays):
      array = io.BytesIO()
      np.lib.format.write_array(array, arrays[name], allow_pickle=False)
      archive.writestr(_entry(f'{name}.npy'), array.getvalue())
  return buffer.getvalue()


def unpack(
  state: bytes, controller: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
  """Returns the header and the arrays of a state that `pack` returned.

  Args:
    state: The bytes.
    controller: Which kind of controller the state should be of.

  Raises:
    UserError: The bytes are damaged, of a newer version of this project, or
      of another kind of controller.
  """
  values, arrays = _read(state)
  version = values['format_version']
  if version != FORMAT_VERSION:
    raise UserError(
      f'Expected a controller state of format version {FORMAT_VERSION}. '
      f'Received: version {version!r}. Use the version of nasnet_search that '
      'wrote it, or a newer one.'
    )
  if values['controller'] != controller:
    raise UserError(
      f'Expected the state of a {controller} controller. Received: the state '
      f'of a {values["controller"]} controller. Continue a run with the '
      '--controller that it was started with.'
    )
  return values, arrays


def check_arrays(
  received: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> None:
  """Checks that arrays that were read can replace the present ones.

  Args:
    received: The arrays of a state.
    expected: The arrays that they are to replace.

  Raises:
    UserError: A name, shape, type or value does not fit.
  """
  for name in sorted({*received, *expected}):
    new, old = received.get(name), expected.get(name)
    if new is None or old is None or not _fits(new, old):
      raise UserError(
        f'Expected a controller state with {_kind(old)} under {name!r}. '
        f'Received: {_kind(new)}. Continue a run with the space and the '
        'policy settings that it was started with.'
      )


def _fits(new: np.ndarray, old: np.ndarray) -> bool:
  alike = new.shape == old.shape and new.dtype == old.dtype
  return alike and bool(np.all(np.isfinite(new)))


def _kind(array: np.ndarray | None) -> str:
  if array is None:
    return 'nothing'
  finite = 'finite' if np.all(np.isfinite(array)) else 'not all finite'
  return f'{array.dtype} numbers of shape {array.shape}, {finite},'.rstrip(',')


def _entry(name: str) -> zipfile.ZipInfo:
  entry = zipfile.ZipInfo(name, _EPOCH)
  entry.create_system = _UNIX
  return entry


def _read(state: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
  try:
    with zipfile.ZipFile(io.BytesIO(state)) as archive:
      values = json.loads(archive.read(_HEADER))
      if values['format'] != FORMAT:
        raise ValueError(f'the format is {values["format"]!r}')
      arrays = {
        name.removesuffix('.npy'): np.lib.format.read_array(
          io.BytesIO(archive.read(name)), allow_pickle=False
        )
        for name in archive.namelist()
        if name != _HEADER
      }
  except (zipfile.BadZipFile, ValueError, KeyError, TypeError, EOFError) as e:
    raise UserError(
      f'Expected the state of a controller. Received: {len(state)} bytes that '
      f'are none ({e}). Restore the file from a copy, or let the run replay '
      'its log without it.'
    ) from e
  return values, arrays
