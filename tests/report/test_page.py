"""The page is whole, safe, self-contained and shows what matters."""

import dataclasses
import html.parser
import json
import re
import time

import pytest

from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.report.page import make_page, write_page
from nasnet_search.report.summary import read_summary
from nasnet_search.report.table import best_trials
from nasnet_search.trials import Measurement, Status

from .synthetic import Maker, config, make_run, measurement

VOID = {'meta', 'link', 'br', 'hr', 'img', 'input', 'col'}


class Page(html.parser.HTMLParser):
  """Checks that elements nest, and collects text and attributes."""

  def __init__(self, text):
    super().__init__()
    self.open, self.texts, self.tags = [], [], []
    self.addresses, self.ids, self.classes = [], [], []
    self.feed(text)
    self.close()

  def handle_starttag(self, tag, attributes):
    self.tags.append(tag)
    self.addresses += [
      value for name, value in attributes if name in ('src', 'href')
    ]
    self.ids += [value for name, value in attributes if name == 'id']
    self.classes += [value for name, value in attributes if name == 'class']
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
  assert 'Random choice' in words
  for trial in (summary.best, *summary.references().values()):
    assert f'{trial.reward:.4f}' in words


def test_every_bar_has_a_colour(summary, text):
  bars = [c for c in Page(text).classes if c.startswith('bar ')]
  assert len(bars) == 1 + len(summary.references())
  for bar in bars:
    selector = '.' + bar.replace(' ', '.')
    assert f'{selector} {{ --color:' in text, bar


def test_what_scrolls_on_a_screen_is_printed_whole(text):
  (printed,) = re.findall(r'@media print {(.*?)\n}', text, re.DOTALL)
  rules = dict(re.findall(r'([^{}]+){([^{}]*)}', printed))
  (shown,) = (
    {name.strip() for name in names.split(',')}
    for names, rule in rules.items()
    if 'max-height: none; overflow: visible' in rule
  )
  assert shown == {'.scroll', 'pre.tall', '.message'}


@pytest.mark.parametrize('count', [0, 2])
def test_it_draws_as_many_cells_as_asked_for(summary, count):
  text = make_page(summary, count)
  # Each is drawn for the light and for the dark scheme.
  assert text.count('aria-label="The normal cell."') == 2 * count
  assert text.count('aria-label="The reduction cell."') == 2 * count
  for trial in summary.ranked()[:count]:
    assert f'Trial {trial.trial_id}: reward {trial.reward:.4f}' in text


def test_ids_are_unique_and_links_lead_somewhere(text):
  page = Page(text)
  assert len(page.ids) == len(set(page.ids))
  assert {address.removeprefix('#') for address in page.addresses} <= set(
    page.ids
  )


def test_it_lists_failures_with_their_messages(text):
  words = ' '.join(Page(text).texts)
  assert 'The worker process ended with exit code -9.' in words
  assert 'The loss became NaN or infinite in epoch 2 of 5.' in words


HOSTILE = '</pre></title></style><script>alert(1)</script>"\'>&\x1b[31m'


def test_what_the_log_says_cannot_become_markup(tmp_path):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 3))
  for result in (Status.DIVERGED, HOSTILE), measurement(maker.rng, 0.5):
    trial = maker.propose()
    maker.begin(trial.trial_id)
    maker.settle(trial.trial_id, result)
  maker.store.add_event(HOSTILE, {HOSTILE: HOSTILE})
  maker.store.add_lesson([2], {HOSTILE: 1.0}, HOSTILE)
  maker.store.add_start({HOSTILE: HOSTILE}, {HOSTILE: HOSTILE})
  facts = {
    # Matplotlib reads what is between dollars as mathematics.
    'reward': f'${HOSTILE}$',
    'dataset': {HOSTILE: [HOSTILE, '\ud800']},
    'defining': {'controller': HOSTILE, 'space': HOSTILE, HOSTILE: HOSTILE},
  }
  measurement_of = {'values': {HOSTILE: 1.5}, 'curves': {HOSTILE: [1.0, 2.0]}}
  with maker.store._file.transaction() as rows:
    rows.clear('facts')
    for name, value in facts.items():
      rows.insert('facts', {'name': name, 'value': json.dumps(value)})
    rows.update(
      'trials',
      {'trial': trial.trial_id},
      {'measurement': json.dumps(measurement_of)},
    )
  text = make_page(read_summary(maker.close()))
  page = Page(text)
  assert page.open == []
  assert not {'script', 'b'} & set(page.tags)
  assert page.tags.count('title') == page.tags.count('style') == 1
  assert '\x1b' not in text
  words = ' '.join(page.texts)
  assert words.count('<script>alert(1)</script>') >= 10
  write_page(tmp_path / 'page.html', text)


def test_the_name_of_the_directory_is_text_too(tmp_path):
  path = tmp_path / '<script>&'
  page = Page(make_page(read_summary(Maker(path, config(path, 3)).close())))
  assert 'script' not in page.tags
  assert '<script>&' in page.texts


def test_differences_and_counts_are_right(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 9))
  for reward in (0.75, 0.25, 0.5, 0.875, 0.8125, 0.125):
    # The first two are the references; they are there from the beginning.
    trial = maker.settled if maker.settled < 2 else maker.propose().trial_id
    maker.begin(trial)
    maker.settle(trial, Measurement({'validation_accuracy': reward}))
  words = ' '.join(Page(make_page(read_summary(maker.close()))).texts)
  assert (
    'The best of 4 completed trials is 0.1250 above NASNet-A and 0.6250 above '
    'the random choice; 2 exceed NASNet-A and 3 exceed the random choice.'
  ) in words
  assert 'other seeds' in words


def test_a_best_trial_below_the_reference_is_said_to_be_below(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 9))
  for reward in (0.75, 0.5, 0.5):
    trial = maker.settled if maker.settled < 2 else maker.propose().trial_id
    maker.begin(trial)
    maker.settle(trial, Measurement({'validation_accuracy': reward}))
  words = ' '.join(Page(make_page(read_summary(maker.close()))).texts)
  assert (
    '0.2500 below NASNet-A and equal to the random choice; 0 exceed NASNet-A '
    'and 0 exceed the random choice.'
  ) in words


def test_a_run_of_failures_only_shows_them(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 9))
  for trial in (0, 1, *(maker.propose().trial_id for _ in range(4))):
    maker.begin(trial)
    # Equal but for their numbers: one line in the table.
    maker.settle(trial, (Status.CRASHED, f'Exit code {trial}.'))
  page = Page(make_page(read_summary(maker.close())))
  assert page.open == []
  words = ' '.join(page.texts)
  assert 'Exit code 0.' in words
  assert 'Exit code 3.' not in words
  assert '0, 1, 2, 3, 4, 5' in words


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


def test_updates_of_replicas_are_counted(tmp_path):
  path = tmp_path / 'run'
  settings = ControllerConfig(
    controller='reinforce', replicas=4, children_per_replica=2
  )
  maker = Maker(path, dataclasses.replace(config(path, 9), controller=settings))

  def page():
    return ' '.join(Page(make_page(read_summary(maker.directory.path))).texts)

  # In a call of learn there may be none, one or more.
  maker.store.add_lesson([], {}, '0')
  assert 'each of its 4 replicas learns from every 2 settled' in page()
  for updates, staleness in ((2, 0.5), (3, 2.0)):
    maker.store.add_lesson(
      [], {'updates': updates, 'staleness': staleness}, '0'
    )
  maker.store.add_lesson([], {}, '0')
  text = page()
  assert '3 updates of the controller, reinforce' in text
  assert "Updates of others since a replica's last one" in text
  maker.close()


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
  assert shown[4:] == ['NASNet-A', 'Random choice']


def test_the_table_of_trials_is_cut_and_says_so(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 700))
  maker.add_many(700)
  page = Page(make_page(read_summary(maker.close()), 0))
  # One row a trial has a cell of its own for how the trial stands.
  assert page.classes.count('status completed') == 500
  words = ' '.join(page.texts)
  assert 'first 500' in words
  assert '702 trials' in words


@pytest.mark.slow
def test_a_page_of_ten_thousand_trials_is_small_and_soon_there(tmp_path):
  path = tmp_path / 'run'
  maker = Maker(path, config(path, 10_000))
  maker.add_many(10_000)
  for _ in range(300):
    maker.learn([2], 0.5)
  maker.close()
  begin = time.perf_counter()
  assert len(make_page(read_summary(path))) < 5_000_000
  assert time.perf_counter() - begin < 30
