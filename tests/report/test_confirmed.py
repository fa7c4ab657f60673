"""A report shows what the best were worth when they were valued again."""

import pytest

from nasnet_search.report.document import json_report
from nasnet_search.report.page import make_page
from nasnet_search.report.summary import read_summary
from nasnet_search.report.table import best_trials
from nasnet_search.runs import proposing
from tests.report import synthetic

FOUND = (0.90, 0.95, 0.80)
AGAIN = {3: (0.70, 0.80, 0.90), 2: (0.88, 0.89, 0.93)}
"""Rewards of the confirmations, by the trial that they confirm."""


def _valued(maker, trial, reward):
  result = synthetic.measurement(maker.rng, 0.5)
  maker.begin(trial)
  maker.settle(trial, result, reward)


def _run(path, again=AGAIN, *, open_=0):
  """Writes a run of three trials, of which some are valued again."""
  maker = synthetic.Maker(path, synthetic.config(path, 9))
  for reference, reward in ((0, 0.87), (1, 0.71)):
    _valued(maker, reference, reward)
  found = []
  for reward in FOUND:
    trial = maker.propose()
    _valued(maker, trial.trial_id, reward)
    found.append(trial)
  source = [found[t - 2] for t, rewards in again.items() for _ in rewards]
  with maker.time():
    trials = proposing.confirming_trials(source, maker.next_trial, 0)
    maker.store.add_trials(trials)
  rewards = [reward for each in again.values() for reward in each]
  for trial, reward in list(zip(trials, rewards, strict=True))[
    : len(trials) - open_
  ]:
    _valued(maker, trial.trial_id, reward)
  return maker.close()


def test_programs_read_both_rewards_and_their_difference(tmp_path):
  report = json_report(read_summary(_run(tmp_path)))
  first, second = report['confirmed']
  assert report['best']['trial'] == 2
  assert (first['trial'], first['found']) == (2, 0.9)
  assert first['mean'] == pytest.approx(0.90)
  # Student's quantile of two degrees of freedom is 4.3027; the deviation of
  # 0.88, 0.89 and 0.93 is 0.026458.
  assert first['half_width'] == pytest.approx(4.3027 * 0.026458 / 3**0.5, 1e-4)
  assert first['optimism'] == pytest.approx(0.0)
  assert first['rewards'] == list(AGAIN[2])
  assert first['trials'] == [8, 9, 10]
  assert (second['trial'], second['found']) == (3, 0.95)
  assert second['mean'] == pytest.approx(0.80)
  assert second['optimism'] == pytest.approx(0.15)
  assert report['mean_optimism'] == pytest.approx(0.075)
  assert [trial['confirms'] for trial in report['trials'][5:]] == [3] * 3 + [
    2
  ] * 3


def test_the_page_shows_them_side_by_side(tmp_path):
  page = make_page(read_summary(_run(tmp_path)), 0)
  section = page.split('id="confirmation"')[1].split('</section>')[0]
  cells = section.split('<td')[1:]
  texts = [cell.split('>', 1)[1].split('<')[0] for cell in cells]
  assert texts[:5] == [
    '2',
    '0.9000',
    '0.9000 ± 0.0657',
    '0.0000',
    '0.8800, 0.8900, 0.9300',
  ]
  assert texts[5:9] == ['3', '0.9500', '0.8000 ± 0.2484', '0.1500']
  # 12.706 times half the distance of two values is half of their interval.
  assert 'On average of 2 architectures the reward was 0.0750 ± 0.9530' in (
    section
  )
  assert 'trial 2, confirmed; 0.9000 when found' in page
  # 0.90 of the mean less 0.87 and 0.71 of the references.
  assert '0.0300 above NASNet-A and 0.1900 above the random choice' in page
  assert 'was valued again 3 times with other seeds' in page
  assert 'by luck: it was chosen' not in page


def test_the_terminal_shows_them_too(tmp_path, capsys):
  from rich import console

  console.Console(width=120).print(best_trials(read_summary(_run(tmp_path))))
  lines = [line.split() for line in capsys.readouterr().out.splitlines()]
  (best,) = [line for line in lines if line[:1] == ['2']]
  assert best[1:5] == ['0.9000', '0.9000', '±', '0.0657']
  (third,) = [line for line in lines if line[:1] == ['4']]
  assert '±' not in third


def test_what_is_under_way_names_nobody(tmp_path):
  summary = read_summary(_run(tmp_path, open_=4))
  # Two of three of trial 3, none of trial 2.
  assert summary.best.trial_id == 3
  assert summary.progress.confirmations.winner() is None
  assert '0.7000, 0.8000, 1 under way' in make_page(summary, 0)
  report = json_report(summary)
  assert [each['mean'] for each in report['confirmed']][1] is None


def test_only_what_is_confirmed_to_the_end_is_named(tmp_path):
  # One of three of trial 2, which is greater than the mean of trial 3.
  summary = read_summary(_run(tmp_path, open_=2))
  assert summary.best.trial_id == 3
  assert summary.progress.confirmations.winner().found.trial_id == 3
  assert summary.worth() == pytest.approx(0.8)


def test_one_confirmation_each_has_no_interval(tmp_path):
  summary = read_summary(_run(tmp_path, {3: (0.9,), 2: (0.8,)}))
  assert '0.9000 ±' not in make_page(summary, 0).split('On average')[0]
  first, _ = json_report(summary)['confirmed']
  assert first['half_width'] is None


def test_a_run_without_confirmations_has_no_such_section(tmp_path):
  summary = read_summary(_run(tmp_path, {}))
  assert 'id="confirmation"' not in make_page(summary, 0)
  assert json_report(summary)['confirmed'] == []
  assert json_report(summary)['mean_optimism'] is None
  assert summary.best.trial_id == 3


def test_a_log_that_confirms_what_is_not_there_is_still_shown(tmp_path):
  from tests.runs import fakes

  path = _run(tmp_path)
  with fakes.edited(path) as rows:
    rows.update('trials', {'trial': 5}, {'confirms': 1000})
  summary = read_summary(path)
  assert [each.found.trial_id for each in summary.confirmed()] == [2, 3]
  assert 'confirms 1000' in make_page(summary, 0)
