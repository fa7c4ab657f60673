"""The files of a folder, tar or zip archive, one after another, as bytes.

An archive is read as a stream: nothing is extracted. One with a member that
would leave the archive's folder, or that is a link or a device, is refused
as a whole: whoever made it meant no good, or not this.
"""

import lzma
import os
import pathlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from nasnet_search.cells.errors import UserError

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.gif', '.webp')

_LARGEST_FILE = 2**28
"""Bytes (256 MiB). No image for a network is larger, and an archive of a few
kilobytes can unpack to files that fill the memory."""

_DAMAGE = (
  tarfile.TarError,
  zipfile.BadZipFile,
  zlib.error,
  lzma.LZMAError,
  EOFError,
  OSError,
  RuntimeError,  # A zip that is encrypted, or packed in an unknown way.
)


class File(NamedTuple):
  """A file of a folder or archive.

  Attributes:
    name: Its path in the folder or archive, with forward slashes. Ends in a
      slash for a folder that is empty.
    content: Its bytes if its suffix is that of an image, else None.
  """

  name: str
  content: bytes | None


def read_files(path: pathlib.Path) -> Iterator[File]:
  """Yields the files of a folder or archive; hidden ones are left out.

  Args:
    path: A folder, a tar file (packed by gzip, bzip2 or xz, or not packed) or
      a zip file.

  Raises:
    UserError: The path is none of them, cannot be read or is damaged, or a
      member of an archive leaves it or is a link or a device.
  """
  if path.is_dir():
    yield from _read_folder(path)
    return
  try:
    with path.open('rb') as file:
      is_zip = file.read(2) == b'PK'
    yield from _read_zip(path) if is_zip else _read_tar(path)
  except _DAMAGE as error:
    reason = str(error).partition(':\n')[0]  # `tarfile` lists every packing.
    raise UserError(
      'Expected a folder, or a tar or zip file that is whole. Received: '
      f'{path}, which cannot be read ({reason}). Get the file again.'
    ) from error


def list_folder(path: pathlib.Path) -> list[str]:
  """Returns the names of the files in a folder, sorted; see `File.name`.

  Links are followed, except from a folder to one that holds it.

  Raises:
    UserError: A folder in it cannot be read.
  """
  names = []
  for here, folders, files in os.walk(
    path, followlinks=True, onerror=_refuse_folder
  ):
    real = pathlib.Path(here).resolve()
    folders[:] = sorted(
      name
      for name in folders
      if not _hidden(name)
      and (real / name).resolve() not in (real, *real.parents)
    )
    prefix = pathlib.Path(here).relative_to(path)
    names += [(prefix / name).as_posix() for name in files if not _hidden(name)]
    if not folders and not files and here != str(path):
      names.append(f'{prefix.as_posix()}/')
  return sorted(names)


def _read_folder(path: pathlib.Path) -> Iterator[File]:
  for name in list_folder(path):
    content = None
    if _is_image(name):
      file = path / name
      try:
        content = file.read_bytes() if _small(file.stat().st_size) else b''
      except OSError:
        content = b''  # Counts as an image that cannot be read.
    yield File(name, content)


def _read_tar(path: pathlib.Path) -> Iterator[File]:
  with tarfile.open(path, tarinfo=_StrictTarInfo) as archive:
    for member in archive:
      _check_member(path, member.name, member.isfile() or member.isdir())
      if not member.isfile() or _hidden(member.name):
        continue
      content = None
      if _is_image(member.name):
        file = archive.extractfile(member) if _small(member.size) else None
        content = file.read() if file else b''
      yield File(_normal(member.name), content)


def _read_zip(path: pathlib.Path) -> Iterator[File]:
  with zipfile.ZipFile(path) as archive:
    for member in archive.infolist():
      # The type of file as Unix has it; 0 where another system packed it.
      kind = stat.S_IFMT(member.external_attr >> 16)
      plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
      _check_member(path, member.filename, plain)
      if member.is_dir() or _hidden(member.filename):
        continue
      content = None
      if _is_image(member.filename):
        small = _small(member.file_size)
        content = archive.read(member) if small else b''
      yield File(_normal(member.filename), content)


class _StrictTarInfo(tarfile.TarInfo):
  """A header; a damaged one raises instead of passing for the end.

  `tarfile` takes whatever it cannot read after the first member for the end
  of the archive, and so would lose images without a word.
  """

  @classmethod
  def fromtarfile(cls, archive: tarfile.TarFile) -> '_StrictTarInfo':
    try:
      return super().fromtarfile(archive)
    except tarfile.HeaderError as error:
      if isinstance(error, tarfile.EOFHeaderError):  # type: ignore[attr-defined]
        raise
      raise tarfile.ReadError(f'damaged at byte {archive.offset}') from error


def _check_member(archive: pathlib.Path, name: str, plain: bool) -> None:
  # Windows paths know both slashes and drives.
  path = pathlib.PureWindowsPath(name)
  if plain and not path.anchor and '..' not in path.parts:
    return
  raise UserError(
    'Expected an archive of plain files and folders inside it. Received: '
    f'{archive} with the member {name!r}, which is a link or a device or '
    'leads out of it. It is refused as a whole. Pack the images again, '
    'without links.'
  )


def _refuse_folder(error: OSError) -> NoReturn:
  raise UserError(
    f'Expected folders that can be read. Received: {error}.'
  ) from error


def _is_image(name: str) -> bool:
  return name.lower().endswith(IMAGE_SUFFIXES)


def _hidden(name: str) -> bool:
  # macOS packs a second file, with a dot or in this folder, beside each one.
  return any(
    part.startswith('.') or part == '__MACOSX'
    for part in pathlib.PurePosixPath(name).parts
  )


def _small(size: int) -> bool:
  return size <= _LARGEST_FILE


def _normal(name: str) -> str:
  return pathlib.PurePosixPath(name).as_posix()
