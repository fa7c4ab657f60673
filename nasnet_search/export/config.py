"""What is exported, from where to where. Must not import TensorFlow."""

import dataclasses

from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.export.formats import FORMATS
from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class ExportConfig:
  """Everything about an export."""

  model_dir: str = setting(
    '', 'Model directory: what nasnet-train left of a trained network.'
  )
  output: str = setting(
    '', 'Directory to write, new or empty. It appears whole or not at all.'
  )
  formats: tuple[str, ...] = setting(
    ('keras', 'saved_model'),
    f'Formats to write: {", ".join(FORMATS)}. The last three need packages '
    "that pip install 'nasnet-search[export]' installs.",
  )
  held_out_images: int = setting(
    500,
    'Images that every file is compared on with the trained network: test '
    'images, then validation images, as many as there are.',
    lower=1,
  )
  calibration_images: int = setting(
    200,
    'Training images that litert_int8 takes the range of values from.',
    lower=1,
  )
  data_path: str = setting(
    '',
    'For a network trained on --data=folder: where its images are now; empty '
    'for where they were.',
  )
  plugin: tuple[str, ...] = setting(
    (), 'Modules to import first, which register data sets of your own.'
  )

  def __post_init__(self) -> None:
    check_settings(self)
    for name, what in (
      ('model_dir', 'the model directory of a trained network'),
      ('output', 'the directory to write'),
    ):
      if not getattr(self, name):
        raise UserError(f'Expected --{name}, {what}. Received none.')
    if not self.formats:
      raise UserError(
        f'Expected --formats, one or more of: {", ".join(FORMATS)}. Received '
        'none.'
      )
    for name in self.formats:
      check_choice('format', name, FORMATS)
