"""Whether an exported file gives what the trained network gives.

Each file is loaded in a process of its own, in which nothing of this project
can be imported, nor TensorFlow where the format does without. Importing this
module must not import TensorFlow.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.export import fresh
from nasnet_search.export.formats import FORMATS

TOLERANCE = 1e-4
"""Greatest difference of softmax outputs, for formats that are exact."""
MARGIN = 2 * TOLERANCE
"""Where the likeliest class leads by more, no such difference changes it."""

_RUNS = 100
"""Runs, at most, whose median is the latency."""
_SECONDS = 1800
"""After which a process that loads a file is taken to hang."""

_BLOCKED = {
  'keras': ['nasnet_search'],
  'tensorflow': ['nasnet_search'],
  'onnxruntime': ['nasnet_search', 'tensorflow', 'keras'],
  'ai_edge_litert': ['nasnet_search', 'tensorflow', 'keras'],
}


@dataclasses.dataclass(frozen=True)
class Agreement:
  """How far outputs agree with those of the trained network.

  Attributes:
    images: How many images were compared.
    largest_difference: Of softmax outputs, over all images and classes.
    top_1_agreement: Share of images with the same likeliest class.
    clear_images: Images whose likeliest class leads by more than `MARGIN`.
    clear_top_1_agreement: Share of them with the same likeliest class.
    accuracy: Share of all images that are classified correctly.
  """

  images: int
  largest_difference: float
  top_1_agreement: float
  clear_images: int
  clear_top_1_agreement: float
  accuracy: float

  @property
  def exact(self) -> bool:
    """Whether the outputs are those of the trained network, up to rounding."""
    # False for NaN, too.
    return (
      self.largest_difference <= TOLERANCE and self.clear_top_1_agreement == 1
    )


@dataclasses.dataclass(frozen=True)
class Check:
  """An exported file, used in a process of its own.

  Attributes:
    format: Its format.
    file: The file or directory.
    input: What it was given, see `formats.INPUTS`.
    bytes: Its size.
    runtime: What loaded it, with its version.
    latency_ms: Median time for one image, in milliseconds.
    agreement: How far its outputs agree.
  """

  format: str
  file: str
  input: str
  bytes: int
  runtime: str
  latency_ms: float
  agreement: Agreement


def compare(
  expected: np.ndarray, received: np.ndarray, labels: np.ndarray
) -> Agreement:
  """Compares softmax outputs with those of the trained network.

  Args:
    expected: What the trained network gave, `[count, classes]`.
    received: What is compared, likewise.
    labels: The classes of the images, integers `[count]`.
  """
  ordered = np.sort(expected, axis=1)
  clear = ordered[:, -1] - ordered[:, -2] > MARGIN
  top = received.argmax(axis=1)
  same = top == expected.argmax(axis=1)
  return Agreement(
    images=len(labels),
    largest_difference=float(np.max(np.abs(received - expected))),
    top_1_agreement=float(np.mean(same)),
    clear_images=int(np.sum(clear)),
    clear_top_1_agreement=float(np.mean(same[clear])) if any(clear) else 1.0,
    accuracy=float(np.mean(top == labels)),
  )


def check_format(
  name: str,
  folder: pathlib.Path,
  images: np.ndarray,
  labels: np.ndarray,
  expected: np.ndarray,
) -> list[Check]:
  """Uses the files of a format in a process of its own.

  Args:
    name: The format.
    folder: Where its files are.
    images: uint8 `[count, height, width, channels]`.
    labels: Their classes, integers `[count]`.
    expected: What the trained network gives for them, `[count, classes]`.

  Returns:
    How each way to use the format went.

  Raises:
    UserError: A file cannot be used, or an exact one gives something else.
  """
  checks = []
  endpoints = FORMATS[name].endpoints
  with tempfile.TemporaryDirectory() as temporary:
    here = pathlib.Path(temporary)
    facts = _use(name, folder, images, here)
    for index, endpoint in enumerate(endpoints):
      received = np.load(_output(here, index))
      check = Check(
        format=name,
        file=endpoint.file,
        input=endpoint.input,
        bytes=_size(folder / endpoint.file),
        runtime=f'{FORMATS[name].runtime} {facts["version"]}',
        latency_ms=facts['latency_ms'][index],
        agreement=compare(expected, received, labels),
      )
      if FORMATS[name].exact and not check.agreement.exact:
        _refuse(check)
      checks.append(check)
  return checks


def _use(
  name: str, folder: pathlib.Path, images: np.ndarray, here: pathlib.Path
) -> dict[str, Any]:
  """Runs `fresh` on a format; returns what it prints."""
  runtime = FORMATS[name].runtime
  np.save(here / 'images.npy', images)
  request = {
    'runtime': runtime,
    'images': str(here / 'images.npy'),
    'blocked': _BLOCKED[runtime],
    'runs': _RUNS,
    'uses': [
      {
        'path': str((folder / endpoint.file).resolve()),
        'input': endpoint.input,
        'output': str(_output(here, index)),
      }
      for index, endpoint in enumerate(FORMATS[name].endpoints)
    ],
  }
  # Isolated: neither PYTHONPATH nor the current directory counts.
  try:
    done = subprocess.run(
      [sys.executable, '-I', fresh.__file__, json.dumps(request)],
      cwd=here,
      env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1'},
      capture_output=True,
      text=True,
      timeout=_SECONDS,
      check=False,
    )
  except subprocess.TimeoutExpired as error:
    raise _unusable(name, f'nothing within {_SECONDS} s') from error
  if done.returncode:
    last = done.stderr.strip().splitlines()[-1:] or ['no message']
    raise _unusable(name, f'an error: {last[0]}')
  facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
  return facts


def _unusable(name: str, received: str) -> UserError:
  return UserError(
    f'Expected files of the format {name} to be usable with '
    f'{FORMATS[name].runtime} alone. Received {received}. Leave {name} out of '
    '--formats.'
  )


def _output(folder: pathlib.Path, index: int) -> pathlib.Path:
  return folder / f'output_{index}.npy'


def _refuse(check: Check) -> None:
  found = check.agreement
  raise UserError(
    f'Expected {check.file} ({check.input} input, {check.runtime}) to give '
    f'what the trained network gives: softmax outputs within {TOLERANCE:g}. '
    f'Received a difference of {found.largest_difference:.3g} on '
    f'{found.images} images, and the same class for '
    f'{found.top_1_agreement:.1%} of them. Nothing was written. Leave '
    f'{check.format} out of --formats, or install other versions of its '
    'packages.'
  )


def _size(path: pathlib.Path) -> int:
  if path.is_file():
    return path.stat().st_size
  return sum(each.stat().st_size for each in path.rglob('*') if each.is_file())
