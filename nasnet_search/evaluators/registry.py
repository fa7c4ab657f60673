"""The evaluators that exist, by name; listing them imports nothing heavy."""

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.registry import Registry

EVALUATORS = Registry(
  'evaluator',
  {
    'child': 'nasnet_search.evaluators.child:ChildEvaluator',
    'cost': 'nasnet_search.evaluators.cost:CostEvaluator',
    'table': 'nasnet_search.evaluators.table:TableEvaluator',
    'surrogate': 'nasnet_search.evaluators.surrogate:SurrogateEvaluator',
    'language_model': (
      'nasnet_search.evaluators.language_model:LanguageModelEvaluator'
    ),
  },
)
_NO_TEXT, _USUAL_MODEL = TextConfig(), LanguageModelConfig()
OF_TEXT = ('language_model',)
"""Evaluators that train on text. They are made of the setting of language
models and the text, where others are made of the proxy and the images."""


def make_evaluator(
  config: EvaluatorConfig,
  proxy: ProxyConfig,
  data: DataConfig,
  text: TextConfig = _NO_TEXT,
  language_model: LanguageModelConfig = _USUAL_MODEL,
) -> Evaluator:
  """Makes the evaluator that a configuration names.

  Making one is cheap: TensorFlow and the data are loaded when it is first
  asked to evaluate.

  Args:
    config: Which evaluator, and what it refuses.
    proxy: The setting children are trained in.
    data: The images children are trained and valued on.
    text: The text that language models are trained and valued on.
    language_model: The setting they are trained in.

  Raises:
    UserError: No evaluator has this name, or it cannot work with the
      configuration.
  """
  evaluator = EVALUATORS.load(config.evaluator)
  if config.evaluator not in OF_TEXT:
    return evaluator(config, proxy, data)
  if proxy.early_stopping:
    raise UserError(
      'Expected no --early_stopping: it compares validation accuracies, which '
      f'--evaluator={config.evaluator} does not measure. '
      f'Received: {proxy.early_stopping}. Leave it out.'
    )
  return evaluator(config, language_model, text)
