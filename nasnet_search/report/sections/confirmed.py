"""What the best turned out to be worth when they were valued again.

The best of many measurements has been chosen for its luck, too: the winner's
curse. How great it was shows where the reward when found stands beside the
mean of the confirmations.
"""

from nasnet_search.estimates import Estimate
from nasnet_search.report import wording
from nasnet_search.report.markup import Child, Element, table
from nasnet_search.report.sections.parts import note, section
from nasnet_search.report.summary import Summary
from nasnet_search.runs.confirmations import Confirmed


def confirmations(summary: Summary) -> Element | None:
  """Returns the architectures valued again, None if there are none."""
  confirmed = summary.confirmed()
  if not confirmed:
    return None
  rows = [_row(each) for each in confirmed]
  headings = [
    'Trial',
    'Reward when found',
    'When confirmed, mean',
    'Found less confirmed',
    'Each',
  ]
  return section(
    'confirmation',
    'Confirmation',
    note(
      f'The {len(confirmed)} best are valued again with other seeds, and the '
      'best is named by the mean of that alone. After ± stands half of the '
      '95 % interval of the mean (Student).',
    ),
    table(headings, rows, numbers=frozenset(range(4))),
    _curse(summary),
  )


def with_interval(estimate: Estimate | None, count: int) -> str:
  """Returns a mean with its interval, which a single value has none of."""
  if estimate is None:
    return wording.ABSENT
  mean = wording.reward(estimate.mean)
  if count < 2:
    return mean
  return f'{mean} ± {wording.reward(estimate.half_width)}'


def _row(confirmed: Confirmed) -> list[Child]:
  rewards = confirmed.rewards
  each = [wording.reward(reward) for reward in rewards]
  left = len(confirmed.confirmations) - len(rewards)
  if left:
    each.append(f'{left} {"crashed" if confirmed.settled else "under way"}')
  return [
    str(confirmed.found.trial_id),
    wording.reward(confirmed.found.reward),
    with_interval(confirmed.estimate, len(rewards)),
    wording.reward(confirmed.optimism),
    ', '.join(each),
  ]


def _curse(summary: Summary) -> Element | None:
  optimism = summary.optimism()
  if optimism is None:
    return None
  estimate, count = optimism
  return note(
    f'On average of {wording.counted(count, "architecture")} the reward was '
    f'{with_interval(estimate, count)} greater when found than when confirmed: '
    'chosen as the best of many, they were chosen for their luck, too.'
  )
