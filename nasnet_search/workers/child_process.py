"""What runs inside a worker process.

A worker makes its evaluator once and then values one trial after another,
until the coordinator closes the pipe that the trials come from.
"""

import dataclasses
import os
import traceback
from multiprocessing.connection import Connection
from typing import NoReturn

from nasnet_search.data.config import DataConfig
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.protocol import (
  Context,
  Evaluator,
  Request,
  Silent,
)
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.registry import load_plugins
from nasnet_search.trials import Measurement
from nasnet_search.workers import messages
from nasnet_search.workers.attempt import Evaluate, run_attempt


@dataclasses.dataclass(frozen=True)
class EvaluatorSpec:
  """All a process needs to make the evaluator of a run.

  Attributes:
    evaluator: Which evaluator, and what it refuses.
    proxy: The setting children are trained in.
    data: The images.
    plugins: Modules to import first.
    text: The text, where language models are trained.
    language_model: The setting they are trained in.
  """

  evaluator: EvaluatorConfig
  proxy: ProxyConfig
  data: DataConfig
  plugins: tuple[str, ...] = ()
  text: TextConfig = TextConfig()
  language_model: LanguageModelConfig = LanguageModelConfig()

  def make(self) -> Evaluator:
    """Returns the evaluator."""
    load_plugins(self.plugins)
    return make_evaluator(
      self.evaluator, self.proxy, self.data, self.text, self.language_model
    )


def serve(trials: Connection, outcomes: int) -> NoReturn:
  """Values trials until there will be no more; then ends the process.

  Args:
    trials: Where the `EvaluatorSpec` comes from, and then trials.
    outcomes: File descriptor of the pipe that messages go to.
  """
  for descriptor in (trials.fileno(), outcomes):
    os.set_inheritable(descriptor, False)
  code = 1
  try:
    evaluate = _evaluate_of(trials.recv())
    _write(outcomes, messages.READY + b'\n')
    while True:
      outcome = run_attempt(evaluate, trials.recv(), Silent())
      _write(outcomes, messages.encode(outcome))
  except (EOFError, BrokenPipeError):
    code = 0  # The coordinator is gone.
  except BaseException:
    traceback.print_exc()
  finally:
    # Whatever threads a child has left running.
    os._exit(code)


def _evaluate_of(spec: EvaluatorSpec) -> Evaluate:
  # A plugin may call sys.exit where it should raise.
  try:
    return spec.make().evaluate
  except (Exception, SystemExit) as error:
    failure = error

  def fail(request: Request, context: Context) -> Measurement:
    """Raises what went wrong with a trial, where somebody hears of it."""
    del request, context
    raise failure

  return fail


def _write(descriptor: int, message: bytes) -> None:
  while message:
    message = message[os.write(descriptor, message) :]
