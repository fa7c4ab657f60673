"""The directory of a run: what is in it, and that one search owns it.

run.sqlite3             the log: all else can be made from it
defining.flags          a flagfile that starts the same search again
search.log              what happened, as text
best_architecture.json  the best architecture so far
best_cells.png, .svg    its drawing, made when a start ends; best_chain.png,
                        .svg where chains are searched
tensorboard/            scalars over the trials
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.flags import flagfiles
from nasnet_search.owned_directory import OwnedDirectory


class RunDirectory(OwnedDirectory):
  """Where one run keeps what it leaves behind.

  Args:
    path: The directory; it need not exist yet.
  """

  flag = '--run_dir'
  program = 'nasnet-search'
  lock_name = 'run.lock'

  @property
  def log(self) -> pathlib.Path:
    """The log of the run."""
    return self.path / 'run.sqlite3'

  @property
  def flagfile(self) -> pathlib.Path:
    """The flagfile that reproduces the run."""
    return self.path / 'defining.flags'

  @property
  def text_log(self) -> pathlib.Path:
    """What happened, as text."""
    return self.path / 'search.log'

  @property
  def best_architecture(self) -> pathlib.Path:
    """The best architecture so far."""
    return self.path / 'best_architecture.json'

  @property
  def tensorboard(self) -> pathlib.Path:
    """Directory of the TensorBoard event files."""
    return self.path / 'tensorboard'

  @property
  def exists(self) -> bool:
    """Whether a run is in the directory."""
    return self.log.exists()

  def check_free(self) -> None:
    """Raises unless a new run can be put here; changes nothing.

    Raises:
      UserError: The directory holds something else, or is not one.
    """
    self.check_no_file()
    # What a search leaves that was killed before it had a log.
    beginnings = (self.lock_name, 'run.sqlite3.new', 'run.sqlite3.new-journal')
    if self.path.is_dir() and any(
      entry.name not in beginnings for entry in self.path.iterdir()
    ):
      raise UserError(
        'Expected --run_dir to be empty, new or the directory of a run. '
        f'Received: {self.path}, which holds other files. Name another one.'
      )

  def check_no_links(self) -> None:
    """Raises if a file of the run is a link, which might lead anywhere.

    Raises:
      UserError: One is; the message names it.
    """
    names = (
      self.lock_name,
      'run.sqlite3',
      'defining.flags',
      'search.log',
      'best_architecture.json',
      'tensorboard',
    )
    for name in names:
      if (self.path / name).is_symlink():
        raise UserError(
          f'Expected the files of a run to be in its directory. Received: '
          f'{self.path / name}, which is a link. Put what it leads to in its '
          'place, or name another --run_dir.'
        )

  def in_use(self) -> bool:
    """Returns whether a search is working in the directory; changes nothing.

    Where files cannot be locked in the manner of Unix, the answer is no.
    """
    try:
      import fcntl

      with (self.path / self.lock_name).open('rb') as file:
        # A shared lock, held for an instant, so that two readers at once do
        # not take each other for a search.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
      return True
    except (ImportError, OSError):
      return False
    return False

  def write_flagfile(self, defining: Mapping[str, Any]) -> None:
    """Writes the flagfile that reproduces the run."""
    flagfiles.write(
      self.flagfile,
      defining,
      'Defines this run. To start the same search again, elsewhere:\n'
      '  nasnet-search --flagfile=THIS_FILE --run_dir=ANOTHER_DIRECTORY',
    )


def find_run(path: str | os.PathLike[str]) -> RunDirectory:
  """Returns the directory of a run that exists.

  Raises:
    UserError: There is no run.
  """
  directory = RunDirectory(path)
  if directory.exists:
    return directory
  problem = (
    f'which holds no {directory.log.name}'
    if directory.path.is_dir()
    else 'which is no directory'
  )
  raise UserError(
    'Expected RUN_DIR to be the directory of a run, the --run_dir of a '
    f'nasnet-search. Received: {os.fspath(path)!r}, {problem}.'
  )


def replace_text(path: pathlib.Path, text: str) -> None:
  """Writes a file whole or not at all."""
  draft = path.with_name(f'.{path.name}.new')
  try:
    draft.write_text(text, encoding='utf-8')
    draft.replace(path)
  except OSError:
    draft.unlink(missing_ok=True)
    raise
