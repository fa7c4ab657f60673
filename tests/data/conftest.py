"""What the tests of the data room share: a private cache, and small files."""

import io
import pathlib
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  """A cache of the test's own."""
  folder = tmp_path / 'cache'
  monkeypatch.setenv('NASNET_SEARCH_CACHE', str(folder))
  return folder


@pytest.fixture
def png():
  """Makes the bytes of a PNG of one colour, or of given pixels."""

  def make(pixels=0, size=(8, 8), mode='RGB'):
    if isinstance(pixels, np.ndarray):
      image = Image.fromarray(pixels)
    else:
      color = pixels if mode == 'L' else (pixels,) * 3
      image = Image.new(mode, (size[1], size[0]), color)
    file = io.BytesIO()
    image.save(file, 'PNG')
    return file.getvalue()

  return make


@pytest.fixture
def class_files(png):
  """The files of two classes of 20 images; image i has the grey level i."""
  return {
    f'{name}/{index:02}.png': png(20 * number + index)
    for number, name in enumerate(('cat', 'dog'))
    for index in range(20)
  }


@pytest.fixture
def write_folder(tmp_path):
  """Writes files, given as bytes by path, into a folder."""

  def write(files, name='images'):
    for path, content in files.items():
      file = tmp_path / name / path
      file.parent.mkdir(parents=True, exist_ok=True)
      file.write_bytes(content)
    return tmp_path / name

  return write


@pytest.fixture
def write_archive(tmp_path):
  """Writes files, given as bytes by path, into a tar or zip file."""

  def write(files, name):
    path = pathlib.Path(tmp_path / name)
    if path.suffix == '.zip':
      with zipfile.ZipFile(path, 'w') as archive:
        for member, content in files.items():
          archive.writestr(member, content)
      return path
    packing = path.suffix[1:]
    with tarfile.open(path, f'w:{"" if packing == "tar" else packing}') as file:
      for member, content in files.items():
        header = tarfile.TarInfo(member)
        header.size = len(content)
        file.addfile(header, io.BytesIO(content))
    return path

  return write
