"""A report for programs: everything about a run as one JSON document."""

from typing import Any

from nasnet_search.report.summary import Summary, seconds_taken
from nasnet_search.runs.confirmations import Confirmed
from nasnet_search.runs.records import TrialRecord

FORMAT = 'nasnet_search.report'
FORMAT_VERSION = 1


def json_report(summary: Summary) -> dict[str, Any]:
  """Returns a report as plain data.

  Times are Unix times in seconds and durations seconds. Besides what it says
  of the run as a whole, it has

  - `configuration`, every setting by flag name, as the newest start had it;
    `operational` names those that may change between starts;
  - `controller_digest`, the SHA-256 of the controller's saved state;
  - `lessons`, the learn calls in order, with their diagnostics;
  - `trials`, all of them in the order of creation;
  - `references` and `best`, which point into `trials`;
  - `confirmed`, the architectures valued again, the best first: the reward
    when found, the mean of the confirmations with half of its 95 % interval
    (Student; None of fewer than two), and by how much the former is greater,
    `optimism`; and `mean_optimism` of all of them.

  Args:
    summary: What the log says.
  """
  progress, best = summary.progress, summary.best
  optimism = summary.optimism()
  return {
    'format': FORMAT,
    'format_version': FORMAT_VERSION,
    'run_dir': str(summary.directory.path),
    'state': summary.standing.state.value,
    'reason': summary.standing.reason,
    'configuration': {**summary.defining, **summary.operational},
    'operational': list(summary.operational),
    'reward': summary.reward,
    'dataset': summary.dataset,
    'controller_digest': summary.controller_digest,
    'best': None if best is None else _pointer(best),
    'confirmed': [_confirmed(each) for each in summary.confirmed()],
    'mean_optimism': None if optimism is None else optimism[0].mean,
    'references': {
      name: _pointer(trial) for name, trial in summary.references().items()
    },
    'counts': {
      'charged': progress.charged,
      'failed': progress.failed,
      'duplicates': progress.duplicates,
      'statuses': summary.statuses(),
    },
    'seconds': summary.seconds,
    'trials_per_hour': summary.per_hour(),
    'starts': [dict(start) for start in summary.starts],
    'events': [dict(event) for event in summary.events],
    'lessons': [dict(lesson) for lesson in summary.lessons],
    'trials': [_trial(trial) for trial in summary.trials],
  }


def _pointer(trial: TrialRecord) -> dict[str, Any]:
  return {
    'trial': trial.trial_id,
    'status': trial.status.value,
    'reward': trial.reward,
  }


def _confirmed(confirmed: Confirmed) -> dict[str, Any]:
  known, rewards = confirmed.estimate, confirmed.rewards
  return {
    'trial': confirmed.found.trial_id,
    'found': confirmed.found.reward,
    'mean': None if known is None else known.mean,
    'half_width': known.half_width if known and len(rewards) > 1 else None,
    'optimism': confirmed.optimism,
    'rewards': list(rewards),
    'trials': [trial.trial_id for trial in confirmed.confirmations],
  }


def _trial(trial: TrialRecord) -> dict[str, Any]:
  measurement = trial.measurement
  return {
    'trial': trial.trial_id,
    'origin': trial.origin.value,
    'proposal': trial.proposal,
    'choices': None if trial.choices is None else list(trial.choices),
    'architecture': trial.architecture.to_dict(),
    'canonical_key': trial.canonical_key,
    'status': trial.status.value,
    'source_trial': trial.source_trial,
    'confirms': trial.confirms,
    'attempts': trial.attempts,
    'reward': trial.reward,
    'measurement': None
    if measurement is None
    else {
      'values': dict(measurement.values),
      'curves': {
        name: list(curve) for name, curve in measurement.curves.items()
      },
    },
    'message': trial.message,
    'seed': trial.seed,
    'settled_as': trial.settled_as,
    'created_at': trial.created_at,
    'started_at': trial.started_at,
    'settled_at': trial.settled_at,
    'seconds': seconds_taken(trial),
  }
