"""From Matplotlib figures to SVG elements that live in a page.

Text stays text, so it can be searched, copied and read aloud. The background
is the page's. Equal figures of equal names give equal elements.
"""

import io
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from nasnet_search.report.markup import Element
from nasnet_search.report.palette import with_variables
from nasnet_search.report.wording import clean

if TYPE_CHECKING:
  from matplotlib.figure import Figure

_NAMESPACE = re.compile(r'\{.*?\}')
_REFERENCE = re.compile('#(?=[A-Za-z])')
_FONTS = re.compile('font-family:[^;]*;? ?')


def svg_element(
  figure: 'Figure', name: str, label: str, *, follow_scheme: bool = True
) -> Element:
  """Returns a figure as an SVG element.

  Args:
    figure: The figure.
    name: A name that is unique in the page, of letters, digits and `-`.
    label: What the figure shows, for people who cannot see it.
    follow_scheme: Whether colours of the light scheme become those of the
      scheme that the page is seen in.
  """
  root = ElementTree.fromstring(_svg(figure, name))
  for parent in list(root.iter()):
    for child in list(parent):
      # Facts about the file, and a style that would apply to the whole page.
      if _local(child.tag) in ('metadata', 'style'):
        parent.remove(child)
  for node in root.iter():
    node.tag = _local(node.tag)
    node.attrib = {
      _local(key): _value(_local(key), value, name)
      for key, value in node.attrib.items()
    }
    if follow_scheme and 'style' in node.attrib:
      node.set('style', with_variables(node.attrib['style']))
  width = float(root.attrib.pop('width').removesuffix('pt'))
  del root.attrib['height']
  # In CSS, 72 points and 96 pixels are an inch.
  root.set('style', f'--natural:{width * 4 / 3:.0f}px')
  root.set('class', 'figure')
  root.set('role', 'img')
  root.set('aria-label', clean(label))
  return root


def _svg(figure: 'Figure', name: str) -> str:
  import matplotlib

  file = io.StringIO()
  settings: Any = {'svg.fonttype': 'none', 'svg.hashsalt': name}
  with matplotlib.rc_context(settings):
    figure.savefig(
      file, format='svg', metadata={'Date': None}, transparent=True
    )
  return file.getvalue()


def _local(name: str) -> str:
  """Returns a name without its namespace, which HTML knows by itself."""
  return _NAMESPACE.sub('', name)


def _value(key: str, value: str, name: str) -> str:
  """Returns an attribute's value, with ids that are unique in the page."""
  if key == 'id':
    return f'{name}-{value}'
  if key == 'style':
    return _FONTS.sub('', value)
  if key in ('href', 'clip-path'):
    return _REFERENCE.sub(f'#{name}-', value)
  if key == 'd':
    return ' '.join(value.split())
  return value
