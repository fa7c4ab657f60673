"""Neural architecture search over NASNet cells, on TensorFlow and Keras 3.

Importing this package is cheap: TensorFlow is loaded only by what computes.
`nasnet_search.search.search(config)` runs a search; the binaries
`nasnet-search` and `nasnet-report` are thin layers over it.
"""

from nasnet_search.version import __version__

__all__ = ['__version__']
