"""What the tests of the flags share: parsing without disturbing others."""

import pytest
from absl import flags

from nasnet_search.flags import flagfiles, search_flags


@pytest.fixture
def parse():
  """Returns a function from arguments to the configuration they describe."""
  saved = flags.FLAGS.flag_values_dict()

  def restore():
    flags.FLAGS.unparse_flags()
    for name, value in saved.items():
      flags.FLAGS[name].value = value

  def parse(*arguments):
    restore()
    resolved = flagfiles.resolve(['program', *arguments])
    assert flags.FLAGS(resolved) == ['program']
    return search_flags.search_config()

  yield parse
  restore()
