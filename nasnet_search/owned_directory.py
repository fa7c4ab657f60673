"""A directory that one program at a time keeps its files in."""

import os
import pathlib
import tempfile
from typing import ClassVar

import filelock

from nasnet_search.cells.errors import UserError


class OwnedDirectory:
  """Where one piece of long work keeps what it leaves behind.

  Args:
    path: The directory; it need not exist yet.

  Attributes:
    path: The directory.
    flag: The flag that names it.
    program: The program that works in it.
    lock_name: The file that is locked by who works in it.
  """

  flag: ClassVar[str]
  program: ClassVar[str]
  lock_name: ClassVar[str]

  def __init__(self, path: str | os.PathLike[str]) -> None:
    self.path = pathlib.Path(path)
    self._lock: filelock.BaseFileLock | None = None

  def check_no_file(self) -> None:
    """Raises if the path is a file.

    Raises:
      UserError: It is.
    """
    if self.path.exists() and not self.path.is_dir():
      raise UserError(
        f'Expected {self.flag} to be a directory. Received: {self.path}, which '
        'is a file. Name another one.'
      )

  def create(self) -> None:
    """Creates the directory and tries whether it can be written.

    Raises:
      UserError: It cannot be created or written.
    """
    try:
      self.path.mkdir(parents=True, exist_ok=True)
      with tempfile.TemporaryFile(dir=self.path):
        pass
    except OSError as error:
      raise UserError(
        f'Expected {self.flag} to be a directory that can be written. '
        f'Received: {self.path}: {error.strerror}. Change its permissions, '
        'free space or name another one.'
      ) from error

  def acquire(self) -> None:
    """Makes this process the only one that works in the directory.

    Raises:
      UserError: Another process does.
    """
    # Whoever looks whether it is taken takes it for an instant.
    lock = filelock.FileLock(self.path / self.lock_name, timeout=0.5)
    try:
      lock.acquire()
    except filelock.Timeout as error:
      raise UserError(
        f'Expected a {self.flag} that no other process is working on. '
        f'Received: {self.path}, which another {self.program} has open. Wait '
        'for it to end, or name another one.'
      ) from error
    self._lock = lock

  def release(self) -> None:
    """Gives the directory up."""
    if self._lock is not None:
      self._lock.release()
      self._lock = None
