"""Numbers, times and markup as a reader sees them."""

import pytest

from nasnet_search.report import wording
from nasnet_search.report.markup import append, element, to_html


@pytest.mark.parametrize(
  ('value', 'text'),
  [
    (None, wording.ABSENT),
    (0.0, '0.0000'),
    (0.98765, '0.9877'),
    (-1.5, '-1.5000'),
    (0.0071419, '0.007142'),
    (0.000123, '1.23e-04'),
  ],
)
def test_rewards(value, text):
  assert wording.reward(value) == text


@pytest.mark.parametrize(
  ('value', 'text'),
  [
    (None, wording.ABSENT),
    (48_250.0, '48,250'),
    (0.26361, '0.2636'),
    (12_345.67, '12,345.7'),
  ],
)
def test_quantities(value, text):
  assert wording.quantity(value) == text


@pytest.mark.parametrize(
  ('seconds', 'text'),
  [
    (None, wording.ABSENT),
    (0.0294, '0.029 s'),
    (59.4, '59 s'),
    (61, '1 min 01 s'),
    (7_500, '2 h 05 min'),
    (400_000, '111 h 06 min'),
  ],
)
def test_durations(seconds, text):
  assert wording.duration(seconds) == text


def test_moments_are_in_universal_time():
  # date -u -d @1760000000
  assert wording.moment(1_760_000_000) == '2025-10-09 08:53:20 UTC'


def test_control_characters_and_lone_surrogates_are_replaced():
  assert (
    wording.clean('a\x1b[31m\x00\x9b\ud800b')
    == 'a\ufffd[31m\ufffd\ufffd\ufffdb'
  )
  assert wording.clean('tab\tline\r\nfeed\n') == 'tab\tline\nfeed\n'


def test_text_and_attributes_cannot_become_markup():
  text = to_html(element('p', '<b>&</b>', title='"><script>', class_='x'))
  assert '&lt;b&gt;&amp;&lt;/b&gt;' in text
  assert 'title="&quot;&gt;' in text
  assert 'class="x"' in text


def test_children_keep_their_order():
  parent = element('p', 'one ', element('b', 'two'), ' three', None, ' four')
  append(parent, element('i', 'five'))
  assert '<p>one <b>two</b> three four<i>five</i></p>' in to_html(parent)
