"""What a reader wants to know first: the result, and what it is worth."""

from collections.abc import Sequence

from nasnet_search.report import wording
from nasnet_search.report.markup import Child, Element, element, table
from nasnet_search.report.sections.parts import (
  measures,
  note,
  section,
  values_of,
)
from nasnet_search.report.summary import NASNET_A, RANDOM_CHOICE, Summary
from nasnet_search.runs.records import TrialRecord

_BEST = 'Best found'
_SMALL = 0.05
"""Bars of rewards that are all below this could not be seen beside 1."""
_IN_TEXT = {NASNET_A: NASNET_A, RANDOM_CHOICE: 'the random choice'}


def headline(summary: Summary) -> Element:
  """Returns the figures that sum a run up."""
  progress = summary.progress
  goal = summary.standing.goal
  share = (
    f'{progress.failed / progress.charged:.0%}' if progress.charged else ''
  )
  rate = summary.per_hour()
  return element(
    'ul',
    _tile(
      'Best reward',
      wording.reward(summary.worth()),
      _of_best(summary),
      class_='tile main',
    ),
    _tile(
      'Trials',
      f'{progress.charged:,}',
      'settled' if goal is None else f'of {goal:,} settled',
    ),
    _tile('Failed', f'{progress.failed:,}', share and f'{share} of the trials'),
    _tile('Duplicates', f'{progress.duplicates:,}', 'not valued again'),
    _tile(
      'Time',
      wording.duration(summary.seconds),
      wording.counted(len(summary.starts), 'start'),
    ),
    _tile(
      'Children an hour',
      wording.ABSENT if rate is None else f'{rate:,.0f}',
      f'{summary.valued():,} valued',
    ),
    class_='tiles',
  )


def comparison(summary: Summary) -> Element:
  """Returns the best cells beside NASNet-A and a random choice."""
  rows = {_BEST: summary.best, **summary.references()}
  worth = [
    summary.worth(),
    *(_valued(trial) for trial in summary.references().values()),
  ]
  return section(
    'comparison',
    'Comparison',
    note(
      f'Reward ({summary.reward}) of the best found'
      + (', of NASNet-A' if NASNET_A in summary.references() else '')
      + ' and of one chosen at random, all valued under the same proxy.'
    ),
    element(
      'ul',
      *(
        _bar(name, trial, reward, _scale(worth))
        for (name, trial), reward in zip(rows.items(), worth, strict=True)
      ),
      class_='bars',
    ),
    _verdict(summary),
    _measured(rows),
  )


def _tile(label: str, value: str, remark: str, class_: str = 'tile') -> Element:
  return element(
    'li',
    element('span', label, class_='label'),
    element('strong', value),
    element('span', remark, class_='remark'),
    class_=class_,
  )


def _of_best(summary: Summary) -> str:
  best = summary.best
  if best is None:
    return 'nothing completed yet'
  found = wording.reward(best.reward)
  if best is summary.progress.named:
    return f'trial {best.trial_id}, the best by prediction'
  if summary.progress.confirmations.winner() is None:
    return f'trial {best.trial_id}'
  return f'trial {best.trial_id}, confirmed; {found} when found'


def _valued(trial: TrialRecord) -> float | None:
  return None if trial.status.failed else trial.reward


def _scale(rewards: Sequence[float | None]) -> float:
  """Returns the reward of a full bar: 1, which most rewards end at.

  Where all are far below it, as c / perplexity^2 is, it is the greatest.
  """
  greatest = max(reward or 0.0 for reward in rewards)
  return max(1.0, greatest) if greatest > _SMALL or not greatest else greatest


def _bar(
  name: str, trial: TrialRecord | None, reward: float | None, scale: float
) -> Element:
  share = max(0.0, reward or 0.0) / scale
  kind = name.lower().replace(' ', '-')
  return element(
    'li',
    element('span', name, class_='name'),
    element(
      'span',
      element('span', style=f'width:{share:.2%}'),
      class_='track',
      aria_hidden='true',
    ),
    element('strong', wording.reward(reward)),
    element('span', _remark(trial), class_='remark'),
    class_=f'bar {kind}',
  )


def _remark(trial: TrialRecord | None) -> str:
  if trial is None:
    return 'no trial'
  if trial.status.failed:
    return wording.shortened(f'{trial.status.value}: {trial.message}', 200)
  if not trial.status.settled:
    return f'trial {trial.trial_id}, {trial.status.value}'
  return f'trial {trial.trial_id}'


def _verdict(summary: Summary) -> Element:
  """Returns the comparison in words, with how far it can be trusted."""
  worth = summary.worth()
  if worth is None:
    return note('No trial has been completed yet.')
  references = summary.reference_rewards()
  if not references:
    return note('No reference cell has been valued yet.')
  rewards = [trial.reward or 0.0 for trial in summary.ranked()]
  differences = ' and '.join(
    _difference(worth - reward, _IN_TEXT[name])
    for name, reward in references.items()
  )
  exceeding = ' and '.join(
    f'{sum(value > reward for value in rewards):,} exceed {_IN_TEXT[name]}'
    for name, reward in references.items()
  )
  trials = wording.counted(len(rewards), 'completed trial')
  sentences = [f'The best of {trials} is {differences}; {exceeding}.']
  winner = summary.progress.confirmations.winner()
  if winner is not None:
    times = wording.counted(len(winner.rewards), 'time')
    sentences.append(
      f'The best was valued again {times} with other seeds, and what stands '
      'here is the mean of that.'
    )
  elif summary.dataset is not None:
    sentences.append(
      'Each number comes from one training with one seed, and the best trial '
      'is the best partly by luck: it was chosen because its number is the '
      'greatest of many. Value it again with other seeds (--confirm_top) '
      'before you claim anything.'
    )
  return note(' '.join(sentences))


def _difference(difference: float, name: str) -> str:
  if difference == 0:
    return f'equal to {name}'
  side = 'above' if difference > 0 else 'below'
  return f'{wording.reward(abs(difference))} {side} {name}'


def _measured(rows: dict[str, TrialRecord | None]) -> Element | None:
  trials = {
    name: trial for name, trial in rows.items() if trial and trial.measurement
  }
  names = measures(list(trials.values()))
  if not names:
    return None
  body: list[list[Child]] = [
    [
      wording.title(name),
      *(
        wording.quantity(values_of(trial).get(name))
        for trial in trials.values()
      ),
    ]
    for name in names
  ]
  return table(
    ['Measured', *trials], body, numbers=frozenset(range(1, len(trials) + 1))
  )
