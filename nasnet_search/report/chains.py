"""Chains of layers for people: a line for each layer."""

from nasnet_search.cells.conv_chain import ConvChain

HEADINGS = ('Layer', 'What it is', 'Reads', 'Read by')


def chain_rows(chain: ConvChain) -> list[list[str]]:
  """Returns a row of text for each layer, in order, under `HEADINGS`."""
  readers: list[list[int]] = [[] for _ in chain.layers]
  for number, layer in enumerate(chain.layers):
    for read in layer.inputs:
      readers[read].append(number)
  return [
    [
      str(number),
      layer.summary(),
      _numbers(layer.inputs) or 'image',
      _numbers(readers[number]) or 'classifier',
    ]
    for number, layer in enumerate(chain.layers)
  ]


def _numbers(layers: list[int] | tuple[int, ...]) -> str:
  return ', '.join(map(str, layers))
