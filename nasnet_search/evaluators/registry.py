"""The evaluators that exist, by name; listing them imports nothing heavy."""

from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.registry import Registry

EVALUATORS = Registry(
  'evaluator',
  {
    'child': 'nasnet_search.evaluators.child:ChildEvaluator',
    'cost': 'nasnet_search.evaluators.cost:CostEvaluator',
    'table': 'nasnet_search.evaluators.table:TableEvaluator',
    'surrogate': 'nasnet_search.evaluators.surrogate:SurrogateEvaluator',
  },
)


def make_evaluator(
  config: EvaluatorConfig, proxy: ProxyConfig, data: DataConfig
) -> Evaluator:
  """Makes the evaluator that a configuration names.

  Making one is cheap: TensorFlow and the data are loaded when it is first
  asked to evaluate.

  Args:
    config: Which evaluator, and what it refuses.
    proxy: The setting children are trained in.
    data: The images children are trained and valued on.

  Raises:
    UserError: No evaluator has this name, or it cannot work with the
      configuration.
  """
  return EVALUATORS.load(config.evaluator)(config, proxy, data)
