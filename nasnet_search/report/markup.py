"""HTML as a tree of elements.

What stands in a log is not to be trusted: it may come from somebody else's
run. Text put into a tree is text and cannot become markup, so there is no
place where escaping could be forgotten.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

from nasnet_search.report.wording import clean

Element = ElementTree.Element
Child = Element | str | None


def element(
  name: str, /, *children: Child, **attributes: str | None
) -> Element:
  """Returns an element.

  Args:
    name: The name of the element.
    *children: What is in it, in order: elements and text. None is left out.
    **attributes: Its attributes, `_` standing for `-`, and a trailing one for
      nothing (`class_`). Those that are None are left out.
  """
  result = Element(name)
  for key, value in attributes.items():
    if value is not None:
      result.set(key.rstrip('_').replace('_', '-'), clean(value))
  for child in children:
    append(result, child)
  return result


def append(parent: Element, child: Child) -> None:
  """Adds an element or text to the end of an element."""
  if isinstance(child, Element):
    parent.append(child)
  elif child is not None and len(parent):
    parent[-1].tail = (parent[-1].tail or '') + clean(child)
  elif child is not None:
    parent.text = (parent.text or '') + clean(child)


def table(
  headings: Sequence[Child],
  rows: Sequence[Sequence[Child]],
  *,
  numbers: frozenset[int] = frozenset(),
) -> Element:
  """Returns a table that scrolls by itself where it is too wide.

  Args:
    headings: What stands over the columns.
    rows: The cells of each row.
    numbers: Indices of the columns that are aligned as numbers.
  """

  def cells(name: str, values: Sequence[Child]) -> list[Element]:
    return [
      element(name, value, class_='number' if index in numbers else None)
      for index, value in enumerate(values)
    ]

  head = element('thead', element('tr', *cells('th', headings)))
  body = element(
    'tbody', *(element('tr', *cells('td', values)) for values in rows)
  )
  # Focusable, so that it can be scrolled without a mouse.
  return element(
    'div', element('table', head, body), class_='scroll', tabindex='0'
  )


def definitions(pairs: list[tuple[str, Child]]) -> Element:
  """Returns a list of terms and what they are."""
  result = element('dl')
  for term, meaning in pairs:
    append(result, element('dt', term))
    append(result, element('dd', meaning))
  return result


def to_html(root: Element) -> str:
  """Returns a whole document."""
  text = ElementTree.tostring(root, encoding='unicode', method='html')
  return f'<!doctype html>\n{text}\n'
