"""How a search went: rewards, the policy, and how the best children learned."""

from nasnet_search.report import figures, wording
from nasnet_search.report.markup import Element, element
from nasnet_search.report.sections.parts import (
  keys,
  note,
  reward_keys,
  section,
)
from nasnet_search.report.summary import Summary
from nasnet_search.report.svg import svg_element
from nasnet_search.runs.records import TrialRecord

_BEST_CHILDREN = 5
_MOST_CURVES = 4
_MOST_DIAGNOSTICS = 9
_CURVES = (
  'validation_perplexity',
  'validation_accuracy',
  'validation_loss',
  'training_loss',
)
_MEANINGS = {
  'entropy': 'How undecided the policy is; nats, mean over decisions.',
  'approximate_kl': 'How far an update moved the policy; nats per decision.',
  'clip_fraction': 'Share of the decisions that PPO would not push further.',
  'gradient_norm': 'Of the first step of an update.',
  'staleness': "Updates of others since a replica's last one.",
  'epsilon': 'Probability of a random choice.',
  'mean_value': 'Mean of the values learned, by state and choice.',
  'states_visited': 'States in which a value was learned.',
  'reward_deviation': 'Standard deviation of rewards, moving average.',
}


def rewards(summary: Summary) -> Element:
  """Returns the rewards of all trials over time."""
  trials = sorted(
    (
      trial
      for trial in summary.trials
      if trial.candidate and trial.status.settled
    ),
    key=lambda trial: trial.settled_as or 0,
  )
  failed = sum(trial.status.failed for trial in trials)
  completed = len(trials) - failed
  if not completed:
    return section('rewards', 'Reward', note('No trial is completed yet.'))
  references = summary.reference_rewards()
  ylabel = f'Reward ({summary.reward})'
  pictures = [
    element(
      'div',
      svg_element(
        figures.reward_figure(trials, references, ylabel, size),
        f'rewards-{name}',
        f'Rewards of {len(trials)} trials in the order they settled.',
      ),
      class_=name,
    )
    for name, size in (('wide', figures.WIDE), ('narrow', figures.NARROW))
  ]
  return section(
    'rewards',
    'Reward',
    reward_keys(
      ['Best so far', 'Moving average', *references], failures=failed > 0
    ),
    *pictures,
    note(
      f'Of {completed:,} trials, {figures.MAX_POINTS:,} are shown as points; '
      'the lines are made from all.'
    )
    if completed > figures.MAX_POINTS
    else None,
  )


def policy(summary: Summary) -> Element:
  """Returns what the controller said of each of its updates."""
  # Replicas wait until one of them has a batch of its own.
  lessons = [
    lesson['diagnostics'] for lesson in summary.lessons if lesson['diagnostics']
  ]
  names = {name for diagnostics in lessons for name in diagnostics}
  if not names:
    return section('policy', 'Policy', note(_why_no_policy(summary)))
  # Several of them may have one in a lesson, which tells of the last.
  updates = int(lessons[-1].get('updates', len(lessons)))
  pictures = []
  if {'reward_mean', 'baseline'} <= names:
    pictures.append(_baseline(lessons))
  rest = names - {'reward_mean', 'baseline', 'updates'}
  known = [name for name in _MEANINGS if name in rest]
  for name in [*known, *sorted(rest - set(known))][:_MOST_DIAGNOSTICS]:
    pictures.append(
      _card(
        wording.title(name),
        f'policy-{len(pictures)}',
        [(name, _series(lessons, name))],
        'Policy updates',
        _MEANINGS.get(name, ''),
      )
    )
  return section(
    'policy',
    'Policy',
    note(
      f'{wording.counted(updates, "update")} of the controller, '
      f'{summary.defining.get("controller", "unknown")}.'
    ),
    element('div', *pictures, class_='cards'),
  )


def learning(summary: Summary) -> Element | None:
  """Returns the learning curves of the best children and the references."""
  best = summary.ranked()[:_BEST_CHILDREN]
  shown: list[tuple[str, TrialRecord]] = [
    *((f'trial {trial.trial_id}', trial) for trial in best[1:]),
    *summary.references().items(),
    *(('Best found', trial) for trial in best[:1]),
  ]
  curves = [
    (label, trial.measurement.curves)
    for label, trial in shown
    if trial.measurement is not None and trial.measurement.curves
  ]
  names = {name for _, each in curves for name in each}
  if not names:
    return None
  ordered = [name for name in _CURVES if name in names]
  ordered += sorted(names - set(ordered))
  pictures = [
    _card(
      wording.title(name),
      f'learning-{index}',
      [(label, list(each[name])) for label, each in curves if name in each],
      'Epochs',
    )
    for index, name in enumerate(ordered[:_MOST_CURVES])
  ]
  drawn = {label for label, _ in curves}
  series = [name for name in figures.SERIES if name in drawn]
  others = len(curves) - len(series)
  return section(
    'learning',
    'Learning curves',
    note(f'The best {len(best)} children and the references.'),
    keys(series, f'The next best {others}' if others else None),
    element('div', *pictures, class_='cards'),
  )


def _why_no_policy(summary: Summary) -> str:
  controller = summary.defining.get('controller', 'unknown')
  replicas = summary.defining.get('replicas', 1)
  if summary.lessons and replicas == 1:
    return f'The controller, {controller}, tells nothing of its updates.'
  size = summary.defining.get('controller_batch_size')
  who = 'it'
  if replicas > 1:
    size = summary.defining.get('children_per_replica') or size
    who = f'each of its {replicas} replicas'
  return f'The controller, {controller}, has not learned yet' + (
    f': {who} learns from every {size} settled trials.' if size else '.'
  )


def _baseline(lessons: list[dict[str, float]]) -> Element:
  card = _card(
    'Mean reward and baseline',
    'policy-baseline',
    [
      ('reward_mean', _series(lessons, 'reward_mean')),
      ('Baseline', _series(lessons, 'baseline')),
    ],
    'Policy updates',
    'What was expected of a trial, and what came.',
  )
  card.insert(2, keys(['Baseline'], 'Mean of the batch'))
  return card


def _series(lessons: list[dict[str, float]], name: str) -> list[float]:
  return [lesson.get(name, float('nan')) for lesson in lessons]


def _card(
  heading: str,
  name: str,
  curves: list[tuple[str, list[float]]],
  xlabel: str,
  meaning: str = '',
) -> Element:
  figure = figures.curve_figure(curves, xlabel)
  label = f'{heading} over {xlabel.lower()}.'
  return element(
    'figure',
    element('figcaption', heading),
    note(meaning),
    svg_element(figure, name, label),
  )
