"""How this project starts TensorFlow: quietly, and steadily.

TensorFlow prints facts about its build when it is imported, before any of
its settings for logging apply; on a terminal they tear the display apart.

The policy must come out the same whether children train in this process or
in others, and whatever they do meanwhile: so the number of threads is fixed,
operations are deterministic, and accelerators stay with the workers.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
  """Keeps the process' standard error silent, unless something is raised.

  Wrap the first import of TensorFlow in it. What was held back is printed if
  the import fails.
  """
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  sys.stderr.flush()
  with tempfile.TemporaryFile() as held:
    kept = os.dup(2)
    os.dup2(held.fileno(), 2)
    try:
      yield
    except BaseException:
      held.seek(0)
      os.write(kept, held.read())
      raise
    finally:
      os.dup2(kept, 2)
      os.close(kept)


def deterministic_tensorflow() -> None:
  """Imports TensorFlow, if need be, and makes its operations deterministic.

  So the same child comes out the same, as far as the number of threads is the
  same too: how a sum is split among threads changes its last digits.
  """
  with quiet():
    import tensorflow as tf

  tf.config.experimental.enable_op_determinism()


def steady_tensorflow(*, hide_gpus: bool) -> None:
  """Makes TensorFlow deterministic in this process.

  Must come before TensorFlow computes anything; if it has, the settings that
  cannot be changed any more are left as they are.

  Args:
    hide_gpus: Whether accelerators are left to the worker processes.
  """
  deterministic_tensorflow()
  import tensorflow as tf

  try:
    # One number for all cases: how a matrix product is split among threads
    # changes its last digits.
    threads = os.cpu_count() or 1
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if hide_gpus:
      tf.config.set_visible_devices([], 'GPU')
  except RuntimeError:
    # TensorFlow has begun, in a program that uses it besides the search.
    return
