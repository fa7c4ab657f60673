"""Runs the installed programs as a person would."""

import os
import pathlib
import subprocess
import sysconfig

SCRIPTS = pathlib.Path(sysconfig.get_path('scripts'))
# A search that needs no TensorFlow and no data.
QUICK = ('--evaluator=cost', '--controller=random', '--workers=0')


def run(name, *arguments, cwd, path=''):
  """Runs a program to its end.

  Args:
    name: Its name, such as `nasnet-search`.
    *arguments: Its arguments.
    cwd: The folder to run it in.
    path: A folder to find plugins in.
  """
  return subprocess.run(
    [str(SCRIPTS / name), *map(str, arguments)],
    cwd=cwd,
    env={**os.environ, 'PYTHONPATH': python_path(path)},
    capture_output=True,
    text=True,
    timeout=300,
    check=False,
  )


def search(*arguments, cwd, path=''):
  """Runs `nasnet-search` to its end."""
  return run('nasnet-search', *arguments, cwd=cwd, path=path)


def python_path(path):
  """Returns the search path of Python with one more folder, if any."""
  return os.pathsep.join(
    filter(None, [str(path), os.environ.get('PYTHONPATH')])
  )
