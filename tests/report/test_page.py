"""The page is whole, safe, self-contained and shows what matters."""

import dataclasses
import html.parser
import re

import pytest

from nasnet_search.report.page import make_page, write_page
from nasnet_search.report.summary import read_summary
from nasnet_search.report.table import best_trials
from nasnet_search.trials import Status

from .synthetic import Maker, config, make_run, measurement

VOID = {'meta', 'link', 'br', 'hr', 'img', 'input', 'col'}


class Page(html.parser.HTMLParser):
  """Checks that elements nest, and collects text and attributes."""

  def __init__(self, text):
    super().__init__()
    self.open, self.texts, self.addresses, self.tags = [], [], [], []
    self.feed(text)
    self.close()

  def handle_starttag(self, tag, attributes):
    self.tags.append(tag)
    self.addresses += [
      value for name, value in attributes if name in ('src', 'href')
    ]
    if tag not in VOID:
      self.open.append(tag)

  def handle_startendtag(self, tag, attributes):
    self.tags.append(tag)

  def handle_endtag(self, tag):
    assert self.open.pop() == tag

  def handle_data(self, data):
    self.texts.append(data)


@pytest.fixture(scope='module')
def summary(tmp_path_factory):
  return read_summary(make_run(tmp_path_factory.mktemp('runs') / 'run'))


@pytest.fixture(scope='module')
def text(summary):
  return make_page(summary)


def test_elements_nest_and_nothing_is_left_open(text):
  assert Page(text).open == []


def test_it_needs_no_network_and_runs_nothing(text):
  page = Page(text)
  assert 'script' not in page.tags
  assert all(address.startswith('#') for address in page.addresses)
  assert not re.search(r'url\(\s*["\']?https?:', text)


def test_it_compares_with_the_references(summary, text):
  words = ' '.join(Page(text).texts)
  assert 'NASNet-A' in words
  assert 'Random cell' in words
  for trial in (summary.best, *summary.references().values()):
    assert f'{trial.reward:.4f}' in words


def test_it_draws_as_many_cells_as_asked_for(summary):
  # Each of the best has two cells, each with one output concatenation.
  few, more = (make_page(summary, count) for count in (1, 3))
  assert few.count('<svg') < more.count('<svg')


def test_it_lists_failures_with_their_messages(text):
  words = ' '.join(Page(text).texts)
  assert 'The worker process ended with exit code -9.' in words
  assert 'The loss became NaN or infinite in epoch 2 of 5.' in words


def test_what_the_log_says_cannot_become_markup(tmp_path):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 3))
  trial = maker.propose()
  maker.begin(trial.trial_id)
  hostile = '<script>alert(1)</script>"\'>&\x1b[31m'
  maker.settle(trial.trial_id, (Status.DIVERGED, hostile))
  page = Page(make_page(read_summary(maker.close())))
  assert 'script' not in page.tags
  assert '<script>alert(1)</script>' in ' '.join(page.texts)


@pytest.mark.parametrize('settled', [0, 1])
def test_it_can_be_made_of_a_run_that_has_just_begun(tmp_path, settled):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 5))
  for trial in range(settled):
    maker.begin(trial)
    maker.settle(trial, measurement(maker.rng, 0.9))
  assert Page(make_page(read_summary(maker.close()))).open == []


def test_it_can_be_made_of_the_cost_evaluator_and_random_search(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 2, controller='random', evaluator='cost'))
  trial = maker.propose()
  maker.begin(trial.trial_id)
  result = measurement(maker.rng, 0.9)
  result = dataclasses.replace(
    result, values={'closeness': 0.75, 'parameters': 75_000.0}, curves={}
  )
  maker.settle(trial.trial_id, result, reward=0.75)
  page = Page(make_page(read_summary(maker.close())))
  assert '0.7500' in ' '.join(page.texts)


def test_one_log_makes_one_page(summary, text):
  assert make_page(summary) == text


def test_it_is_written_whole(tmp_path, text):
  write_page(tmp_path / 'report.html', text)
  assert (tmp_path / 'report.html').read_text(encoding='utf-8') == text
  assert [path.name for path in tmp_path.iterdir()] == ['report.html']


def test_the_table_lists_the_best_first(summary):
  rows = best_trials(summary, count=4)
  shown = list(rows.columns[0].cells)
  assert shown[:4] == [str(trial.trial_id) for trial in summary.ranked()[:4]]
  assert shown[4:] == ['NASNet-A', 'Random cell']


@pytest.mark.slow
def test_a_page_of_many_trials_stays_small(tmp_path):
  path = make_run(tmp_path / 'run', trials=3000)
  assert len(make_page(read_summary(path))) < 5_000_000
