"""A residual network as a kind of architecture: what cells are compared with.

A plugin: `nasnet-train --plugin=resnet --architecture=resnet.json` trains it
by the same recipe and code as cells. Basic blocks of two 3x3 convolutions (He
et al. 2016, arXiv 1512.03385, Figure 5, left), after the stem of cells: four
stages of `--repeats` blocks, `--filters` in the first and twice as many in each
further one, which halves height and width. Where the shape changes, the
shortcut is a strided 1x1 convolution (option B).

Departure: where the shape stays, the shortcut leaves from before the ReLU that
the block begins with, as in their later networks (arXiv 1603.05027); in Figure
5 that ReLU ends the block before, so that the shortcut has it.
"""

import dataclasses

from nasnet_search.builders.graph import live_graph, register_network
from nasnet_search.builders.heads import add_head
from nasnet_search.builders.primitives import Add, Image
from nasnet_search.builders.scope import Scope
from nasnet_search.builders.stems import add_stem
from nasnet_search.cells import architectures, canonical

KIND = 'resnet'


@dataclasses.dataclass(frozen=True)
class ResNet:
  """A residual network: nothing is left to choose.

  Attributes:
    stages: How often height and width are halved, plus 1.
  """

  stages: int = 4

  @property
  def kind(self):
    """The name under which this class is found."""
    return KIND

  def canonical_key(self):
    """Returns a digest of it."""
    return canonical.digest([KIND, self.stages])

  def to_dict(self):
    """Returns it as plain data."""
    return {**architectures.header(KIND), 'stages': self.stages}

  def to_json(self):
    """Returns it as the text of its file."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_dict(cls, data):
    """Returns what `to_dict` returned."""
    return cls(int(data['stages']))


def residual_network(architecture, config):
  """Returns the network of the sizes that a configuration gives."""
  scope = Scope.root(config)
  image = scope.add('image', Image(config.image_shape))
  x = add_stem(scope, image)[-1]
  outputs = []
  for stage in range(architecture.stages):
    for number in range(config.repeats):
      place = scope.inside(f'stage_{stage}.block_{number}')
      stride = 2 if stage and not number else 1
      x = _block(place, x, config.filters * 2**stage, stride)
      outputs.append(x)
  return live_graph(scope, outputs, [add_head(scope, x)])


def _block(place, x, filters, stride):
  read = place.relu(x)
  shortcut = x
  if stride > 1 or x.shape[-1] != filters:
    shortcut = place.convolution(read, filters, (1, 1), stride, '_shortcut')
  y = place.convolution(read, filters, (3, 3), stride, '_1')
  y = place.convolution(place.relu(y), filters, (3, 3), suffix='_2')
  return place.add('sum', Add(), shortcut, y)


architectures.register_kind(KIND, f'{__name__}:ResNet')
register_network(KIND, f'{__name__}:residual_network')
