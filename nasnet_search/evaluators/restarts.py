"""Which trainings of a child are begun again: the rule of MetaQNN.

A network that after its first epoch is no better than a random predictor is
trained anew at a lower learning rate, a few times (Baker et al. 2017, arXiv
1611.02167, Appendix A; the authors' code tries five rates, each 0.4 of the one
before it, and then gives up). Each start is a training of its own, with seeds
of its own: other weights may mend what a lower rate does not.

Departure: random predictor here means one that always says the class that is
most frequent among the validation images, which is what networks that learn
nothing come to. The authors' code has a fixed accuracy, 0.15 for 10 classes.

Importing this module must not import TensorFlow.
"""

import dataclasses

from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.protocol import Request
from nasnet_search.randomness import derived_seed

RESTARTS = 'restarts'
"""The value, in a measurement, that tells how often a child was started again.
Only where the proxy allows it."""


def started(
  request: Request, proxy: ProxyConfig, restart: int
) -> tuple[Request, ProxyConfig]:
  """Returns what a start of a child is trained with.

  Args:
    request: What is valued, with the seed of its first start.
    proxy: How it is trained in its first start.
    restart: Which start; 0 for the first, which nothing changes.
  """
  if not restart:
    return request, proxy
  rate = proxy.learning_rate * proxy.restart_factor**restart
  return (
    dataclasses.replace(
      request, seed=derived_seed(request.seed, 'restart', restart)
    ),
    dataclasses.replace(proxy, learning_rate=rate),
  )


def hopeless(
  proxy: ProxyConfig, epoch: int, accuracy: float, chance: float
) -> bool:
  """Returns whether a start ends here, for another one or for good.

  Args:
    proxy: Whether children are started again.
    epoch: Epochs that have ended.
    accuracy: Validation accuracy after the last of them; that of a network
      whose outputs are NaN is one of a constant answer.
    chance: Validation accuracy of the best constant answer.
  """
  return proxy.restarts > 0 and epoch == 1 and accuracy <= chance
