"""Flags of a search: what is searched, what is maximised, where and how long.

One group of flags for each part of `nasnet_search.config.SearchConfig`.
"""

from nasnet_search import config
from nasnet_search.compatibility import check_compatible
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.flags.define import define_flags, read_flags
from nasnet_search.workers.config import WorkersConfig

_SPACE = define_flags(config.SpaceConfig)
_GOAL = define_flags(config.GoalConfig)
_CONTROLLER = define_flags(ControllerConfig)
_EVALUATOR = define_flags(EvaluatorConfig)
_PROXY = define_flags(ProxyConfig)
_DATA = define_flags(DataConfig)
_TEXT = define_flags(TextConfig)
_LANGUAGE_MODEL = define_flags(LanguageModelConfig)
_RUN = define_flags(config.RunConfig)
_WORKERS = define_flags(WorkersConfig)


def search_config() -> config.SearchConfig:
  """Returns the configuration that the parsed flags describe.

  Raises:
    UserError: A value is outside its limits, or parts do not fit each other.
  """
  space = read_flags(config.SpaceConfig, _SPACE)
  controller = read_flags(ControllerConfig, _CONTROLLER)
  evaluator = read_flags(EvaluatorConfig, _EVALUATOR)
  if _EVALUATOR['evaluator'].present:
    # Or what was asked for would give way to the usual one.
    check_compatible(space.space, evaluator.evaluator, controller.controller)
  return config.SearchConfig(
    space=space,
    goal=read_flags(config.GoalConfig, _GOAL),
    controller=controller,
    evaluator=evaluator,
    proxy=read_flags(ProxyConfig, _PROXY),
    data=read_flags(DataConfig, _DATA),
    text=read_flags(TextConfig, _TEXT),
    language_model=read_flags(LanguageModelConfig, _LANGUAGE_MODEL),
    run=read_flags(config.RunConfig, _RUN),
    workers=read_flags(WorkersConfig, _WORKERS),
  )
