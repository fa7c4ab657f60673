"""Images of one's own: class folders, or a tar or zip file of them.

Images are decoded once. They go to the cache as arrays, sorted by path, and
are memory-mapped from then on, until the files, the size asked for or the
way of reading changes.
"""

import dataclasses
import json
import pathlib
from typing import Any, BinaryIO

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.array_files import array_path, read_arrays
from nasnet_search.data.cache import cache_key, cached
from nasnet_search.data.config import DataConfig
from nasnet_search.data.files import IMAGE_SUFFIXES, list_folder, read_files
from nasnet_search.data.images import decode_image
from nasnet_search.data.layout import read_layout
from nasnet_search.data.source import Arrays, Source

_VERSION = 1
"""Goes into the key of the cache: raise it when the same files are read in
another way."""

_CHUNK = 1000
"""Images copied at a time; bounds the memory that copying takes."""


@dataclasses.dataclass
class _Pixels:
  """The decoded images, as they lie one after another in a file.

  Attributes:
    shape: Height and width of every image, in pixels.
    count: Number of images in the file.
    rows: Position of every image by its path. A tar file may hold a path
      twice; as when it is extracted, the later image counts.
    bad: Why an image could not be read, by its path.
    others: The paths of files that are no images.
    gray: Whether all images are grayscale.
  """

  shape: tuple[int, ...] = ()
  count: int = 0
  rows: dict[str, int] = dataclasses.field(default_factory=dict)
  bad: dict[str, str] = dataclasses.field(default_factory=dict)
  others: list[str] = dataclasses.field(default_factory=list)
  gray: bool = True

  def add(self, name: str, image: np.ndarray, gray: bool) -> None:
    """Counts an image in.

    Raises:
      UserError: Its size is not that of the images before it.
    """
    shape = image.shape[:2]
    if self.count and shape != self.shape:
      first = next(iter(self.rows))
      raise UserError(
        'Expected images of one size, or --image_size to scale them to. '
        f'Received: {self.shape[0]}x{self.shape[1]} pixels ({first}) and '
        f'{shape[0]}x{shape[1]} ({name}). Give --image_size=32, for example.'
      )
    self.shape = shape
    self.gray &= gray
    self.rows[name] = self.count
    self.count += 1


def open_folder(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns the images in `config.data_path`; decodes them the first time.

  Raises:
    UserError: There is no such path, or it does not hold images in class
      folders that can be read.
  """
  path = _path(config)
  key = cache_key(
    'folder',
    *_fingerprint(path),
    config.image_size,
    config.skip_bad_images,
    _VERSION,
  )
  arrays, facts = cached(
    cache_dir / key, lambda partial: _build(path, config, partial), _read
  )
  height, width, channels = arrays.train_images.shape[1:]
  test_folder = facts['test_folder']
  return Source(
    class_names=tuple(facts['class_names']),
    image_shape=(height, width, channels),
    read=lambda: arrays,
    test_origin=f'the folder {test_folder}' if test_folder else 'none given',
    skipped=tuple(facts['skipped']),
  )


def _path(config: DataConfig) -> pathlib.Path:
  if not config.data_path:
    raise UserError(
      'Expected --data_path to name a folder, tar or zip file of images with '
      '--data=folder. Received none.'
    )
  path = pathlib.Path(config.data_path).expanduser().absolute()
  if not path.exists():
    raise UserError(
      f'Expected --data_path to name a folder, tar or zip file of images. '
      f'Received: {config.data_path}, which does not exist.'
    )
  return path


def _fingerprint(path: pathlib.Path) -> list[Any]:
  """Returns plain data that change when the files do."""
  names = list_folder(path) if path.is_dir() else ['']
  sizes = []
  for name in names:
    file = path / name
    if file.exists():  # A link may lead nowhere.
      state = file.stat()
      sizes.append((name, state.st_size, state.st_mtime_ns))
  return [str(path), sizes]


def _read(folder: pathlib.Path) -> tuple[Arrays, dict[str, Any]]:
  facts = json.loads((folder / 'facts.json').read_text('utf-8'))
  return read_arrays(folder), facts


def _build(
  path: pathlib.Path, config: DataConfig, folder: pathlib.Path
) -> None:
  """Decodes all images into the arrays and facts of a folder of the cache."""
  raw = folder / 'raw'
  with raw.open('wb') as file:
    pixels = _decode_all(path, config, file)
  _check_read(path, config, pixels)
  layout = read_layout([*pixels.rows, *pixels.bad], pixels.others)
  read = len(pixels.rows)
  order = np.argsort(np.array(list(pixels.rows)), kind='stable')
  for part, chosen in (
    ('train', order[~layout.test[:read][order]]),
    ('test', order[layout.test[:read][order]]),
  ):
    np.save(array_path(folder, f'{part}_labels'), layout.labels[chosen])
    _copy(raw, pixels, chosen, array_path(folder, f'{part}_images'))
  raw.unlink()
  facts = {
    'class_names': layout.class_names,
    'test_folder': layout.test_folder,
    'skipped': sorted(pixels.bad),
  }
  (folder / 'facts.json').write_text(json.dumps(facts), 'utf-8')


def _decode_all(
  path: pathlib.Path, config: DataConfig, file: BinaryIO
) -> _Pixels:
  pixels = _Pixels()
  for name, content in read_files(path):
    if content is None:
      pixels.others.append(name)
      continue
    try:
      image, gray = decode_image(content, config.image_size)
    # A damaged image may raise anything, see `decode_image`.
    except Exception as error:
      pixels.bad[name] = str(error)
      continue
    pixels.add(name, image, gray)
    file.write(image.tobytes())
  return pixels


def _check_read(
  path: pathlib.Path, config: DataConfig, pixels: _Pixels
) -> None:
  if pixels.bad and not config.skip_bad_images:
    some = [f'{name} ({why})' for name, why in list(pixels.bad.items())[:5]]
    raise UserError(
      f'Expected images that can be read. Received {len(pixels.bad)} of '
      f'{len(pixels.bad) + len(pixels.rows)} that cannot: {"; ".join(some)}'
      f'{"; ..." if len(pixels.bad) > 5 else ""}. Replace them, or leave them '
      'out with --skip_bad_images.'
    )
  if not pixels.rows:
    raise UserError(
      f'Expected images ({", ".join(IMAGE_SUFFIXES)}) in one folder for each '
      f'class. Received none in {path}.'
    )


def _copy(
  raw: pathlib.Path,
  pixels: _Pixels,
  chosen: np.ndarray,
  target: pathlib.Path,
) -> None:
  """Copies chosen images from the raw file, in their order, to an array."""
  shape = (pixels.count, *pixels.shape, 3)
  source = np.memmap(raw, np.uint8, 'r', shape=shape)
  rows = np.array(list(pixels.rows.values()))[chosen]
  channels = 1 if pixels.gray else 3
  images = np.lib.format.open_memmap(
    target, 'w+', np.uint8, (len(rows), *pixels.shape, channels)
  )
  for start in range(0, len(rows), _CHUNK):
    part = slice(start, start + _CHUNK)
    images[part] = source[rows[part], ..., :channels]
  images.flush()
