"""The settings of an export, and the formats."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.export.config import ExportConfig
from nasnet_search.export.formats import FORMATS, INPUTS


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'model_dir': ''}, 'Expected --model_dir, the model directory'),
    ({'output': ''}, 'Expected --output, the directory to write'),
    ({'formats': ()}, 'Expected --formats, one or more of: keras, saved_mod'),
    ({'formats': ('keras', 'pb')}, "Unknown format. .*litert_int8. .*'pb'"),
    ({'held_out_images': 0}, 'Expected --held_out_images to be at least 1'),
    ({'calibration_images': 0}, '--calibration_images to be at least 1'),
  ],
)
def test_mistakes_are_told(changes, message):
  with pytest.raises(UserError, match=message):
    ExportConfig(**{'model_dir': 'model', 'output': 'out', **changes})


def test_every_way_to_use_a_format_is_explained():
  for each in FORMATS.values():
    assert {endpoint.input for endpoint in each.endpoints} <= set(INPUTS)
