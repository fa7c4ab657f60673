"""Notations that other people write cells in, read and written.

A notation holds an architecture if reading what was written gives an equal
one; where it cannot hold it, `write` raises and names the block and the
reason. Names carry over, not what is computed: two code bases may build an
operation of one name differently, and where the published networks need
both, the network's configuration says which.

`registry` lists the notations; nothing read here is ever executed.
"""

from nasnet_search.cells.notations.registry import (
  NOTATIONS,
  read_notation,
  write_notation,
)

__all__ = ['NOTATIONS', 'read_notation', 'write_notation']
