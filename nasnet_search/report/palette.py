"""The colours of a page, in a light and a dark scheme.

Series have the colours of Okabe and Ito ("Color Universal Design", 2008),
darkened or lightened until they stand out from their background; people with
any kind of colour vision can tell them apart. Figures are drawn in the light
colours, and each of these stands in the page as a CSS variable.
"""

import re

# Every colour once: a figure's colours are found again by their values.
LIGHT = {
  'page': '#f4f5f7',
  'card': '#ffffff',
  'ink': '#1c222b',
  'muted': '#5b6471',
  'line': '#dde1e7',
  'blue': '#0072b2',
  'sky': '#3d9bd0',
  'orange': '#bf5200',
  'green': '#007a5a',
  'purple': '#a64d86',
}
DARK = {
  'page': '#121417',
  'card': '#1b1d21',
  'ink': '#eceef1',
  'muted': '#a3abb7',
  'line': '#343941',
  'blue': '#56b4e9',
  'sky': '#4a93c4',
  'orange': '#f08a3c',
  'green': '#2fc296',
  'purple': '#e08fc0',
}

_NAMES = {color: name for name, color in LIGHT.items()}
_COLOR = re.compile('#[0-9a-f]{6}')


def variables(colors: dict[str, str]) -> str:
  """Returns the declarations of a scheme's CSS variables."""
  return ''.join(f'--{name}:{color};' for name, color in colors.items())


def with_variables(style: str) -> str:
  """Returns CSS declarations with variables in place of the light colours."""
  return _COLOR.sub(_variable, style)


def _variable(match: re.Match[str]) -> str:
  name = _NAMES.get(match.group())
  return f'var(--{name})' if name else match.group()
