"""Architectures in words, for those that are not drawn as cells.

What a program prints of an architecture, and what a report shows of it, is the
same: a table of its layers, or lines such as formulas.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.layer_graph import LayerGraph, type_name
from nasnet_search.cells.recurrent_cell import RecurrentCell
from nasnet_search.cells.recurrent_formulas import LEGEND, formula_lines
from nasnet_search.report import wording


@dataclasses.dataclass(frozen=True)
class Description:
  """An architecture in words.

  Attributes:
    title: What it is.
    headings: Headings of the table.
    rows: The table, a row of text for each layer; may be empty.
    lines: Lines of text that stand by themselves.
    legend: What the signs in the lines mean.
    data: What follows from the architecture, by name, as plain data.
  """

  title: str
  headings: tuple[str, ...] = ()
  rows: tuple[tuple[str, ...], ...] = ()
  lines: tuple[str, ...] = ()
  legend: str = ''
  data: dict[str, Any] = dataclasses.field(default_factory=dict)


def describe(architecture: AnyArchitecture) -> Description | None:
  """Returns an architecture in words; None for kinds that have none."""
  for kind, words in _WORDS.items():
    if isinstance(architecture, kind):
      return words(architecture)
  return None


def _of_chain(chain: ConvChain) -> Description:
  readers: list[list[int]] = [[] for _ in chain.layers]
  for number, layer in enumerate(chain.layers):
    for read in layer.inputs:
      readers[read].append(number)
  return Description(
    title='Chain of layers',
    headings=('Layer', 'What it is', 'Reads', 'Read by'),
    rows=tuple(
      (
        str(number),
        layer.summary(),
        _numbers(layer.inputs) or 'image',
        _numbers(readers[number]) or 'classifier',
      )
      for number, layer in enumerate(chain.layers)
    ),
  )


def _of_layer_graph(graph: LayerGraph) -> Description:
  layers = [
    (
      str(number),
      wording.title(type_name(layer)),
      ', '.join(f'{name} {value}' for name, value in layer.numbers().items()),
      layer.notation(),
    )
    for number, layer in enumerate(graph.layers)
  ]
  return Description(
    title='Layers',
    headings=('Layer', 'Type', 'Parameters', 'As in the paper'),
    rows=(*layers, ('end', wording.title(graph.termination), '', '')),
    lines=(graph.notation(),),
    data={'notation': graph.notation()},
  )


def _of_recurrent_cell(cell: RecurrentCell) -> Description:
  lines = formula_lines(cell)
  return Description(
    title=f'Recurrent cell of base number {cell.base_number}',
    lines=tuple(lines),
    legend=LEGEND,
    data={'base_number': cell.base_number, 'formulas': lines},
  )


def _numbers(layers: Sequence[int]) -> str:
  return ', '.join(map(str, layers))


_WORDS: dict[type, Callable[[Any], Description]] = {
  ConvChain: _of_chain,
  LayerGraph: _of_layer_graph,
  RecurrentCell: _of_recurrent_cell,
}
