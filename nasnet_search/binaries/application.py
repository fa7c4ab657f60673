"""What every binary shares: flagfiles by name, help, errors for people.

A binary is a module with a docstring, flags and a `main`; its entry point
calls `run` with that module. Mistakes of the user (`UserError`, bad flags, a
disk that refuses) end with a message and status 1; anything else is a defect
and keeps its traceback.
"""

import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from absl import app, flags

from nasnet_search.cells.errors import UserError
from nasnet_search.flags import flagfiles

# absl and TensorFlow print build facts on import that no user asked for.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of SIGINT, as in a shell."""


Main = Callable[[Sequence[str]], int | None]


def run(module: ModuleType, main: Main, operands: Sequence[str] = ()) -> None:
  """Runs a binary and exits with its status.

  Args:
    module: The binary's module. Its docstring is the usage text and its key
      flags are what `--help` lists.
    main: Does the work, given the arguments that are not flags, and returns
      the exit status; None means 0.
    operands: Names of the arguments that are not flags, such as `RUN_DIR`;
      each must be given, but those in brackets, such as `[CELL]`.
  """
  _explain(module)
  try:
    arguments = flagfiles.resolve(sys.argv)
  except UserError as error:
    sys.exit(_complain(error))
  app.run(
    lambda extra: _guarded(main, extra[1:], operands),
    argv=arguments,
    flags_parser=_parse,
  )


def _explain(module: ModuleType) -> None:
  """Makes `--help` show the module's docstring and flags.

  absl takes both from `__main__`, which for an installed program is a
  generated script with neither.
  """
  sys.modules['__main__'].__doc__ = module.__doc__
  for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
    flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)


def _parse(arguments: list[str]) -> list[str]:
  """Parses flags as absl does, but ends with 0 when help was asked for.

  absl ends with 1 after `--help`, `--helpshort`, `--helpfull` and
  `--helpxml`, as if asking were a mistake.

  Args:
    arguments: Command-line arguments, the program's name first.

  Returns:
    The arguments that are not flags, the program's name first.
  """
  try:
    return flags.FLAGS(arguments)
  except SystemExit:  # Only a flag that shows something ends the program here.
    sys.exit(0)
  except flags.Error:
    return app.parse_flags_with_usage(arguments)  # Says what was wrong.


def _guarded(
  main: Main, arguments: Sequence[str], operands: Sequence[str]
) -> int:
  needed = [operand for operand in operands if not operand.startswith('[')]
  if not len(needed) <= len(arguments) <= len(operands):
    return _complain(
      UserError(
        f'Expected {" ".join(operands) or "no arguments"} besides flags, '
        f'which look like --name=value. Received: {" ".join(arguments)!r}.'
      )
    )
  try:
    return main(arguments) or 0
  except (UserError, OSError) as error:
    return _complain(error)
  except KeyboardInterrupt:
    print('Interrupted.', file=sys.stderr)
    return INTERRUPTED


def _complain(error: Exception) -> int:
  print(f'Error: {error}', file=sys.stderr)
  return 1
