"""How many images a second are read and decoded for training.

  python tests/benchmarks/input_pipeline.py
  python tests/benchmarks/input_pipeline.py --data_path=FOLDER

Batches of `nasnet-train --stream`: class folders, and TFRecord files of the
same images, with what `imagenet_mobile.flags` does to them and with more.
Without --data_path the images are made up: as large as those of ImageNet are
on average, 500x375 pixels and about 110 kB, and as hard to decode.

Two x86-64 cores, nothing else running:

                            folders   records
  as inference sees them      568       574    images/s
  crops                       579       609
  crops, color                526       542
  crops, RandAugment          456       450

A step of NASNet-A mobile takes 2,971 ms there (`training_step.py`), which is
10.8 images/s.
"""

import os
import pathlib
import statistics
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
from absl import app, flags
from PIL import Image

from nasnet_search.data.config import DataConfig
from nasnet_search.data.encoded import load_encoded
from nasnet_search.training.config import InputConfig
from nasnet_search.training.streaming import StreamedImages

_DATA_PATH = flags.DEFINE_string('data_path', '', 'Class folders of images.')
_SIZE = flags.DEFINE_integer('size', 224, 'Side of the images of a batch.')
_BATCH = flags.DEFINE_integer('batch', 32, 'Images in a step.')
_BATCHES = flags.DEFINE_integer('batches', 12, 'Batches in a turn.')
_TURNS = flags.DEFINE_integer('turns', 3, 'Turns; the median counts.')

VARIANTS = {
  'as inference sees them': {},
  'crops': {'random_crop_area': 0.08},
  'crops, color': {'random_crop_area': 0.08, 'color': 0.4},
  'crops, RandAugment': {'random_crop_area': 0.08, 'rand_augment': 9.0},
}


def made_up(folder: pathlib.Path, count: int = 256) -> None:
  """Writes JPEG files in two class folders, and a TFRecord file of them."""
  import tensorflow as tf

  rng = np.random.default_rng(0)
  (folder / 'records').mkdir()
  path = str(folder / 'records' / 'train-00000-of-00001')
  with tf.io.TFRecordWriter(path) as writer:
    for number in range(count):
      place = folder / 'folders' / 'ab'[number % 2]
      place.mkdir(parents=True, exist_ok=True)
      coarse = rng.integers(0, 256, (48, 64, 3), np.uint8)
      smooth = Image.fromarray(coarse).resize((500, 375), Image.BICUBIC)
      pixels = np.asarray(smooth) + rng.normal(0, 14, (375, 500, 3))
      file = place / f'{number}.jpg'
      Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
        file, quality=85
      )
      feature = tf.train.Feature
      features = {
        'image/encoded': feature(
          bytes_list=tf.train.BytesList(value=[file.read_bytes()])
        ),
        'image/class/label': feature(
          int64_list=tf.train.Int64List(value=[number % 2])
        ),
      }
      example = tf.train.Example(features=tf.train.Features(feature=features))
      writer.write(example.SerializeToString())


def rate(path: pathlib.Path, variant: dict[str, float]) -> tuple[float, float]:
  """Returns images a second, and milliseconds of CPU an image."""
  data = load_encoded(
    DataConfig(data='folder', data_path=str(path), image_size=_SIZE.value)
  )
  config = InputConfig(stream=True, **variant)
  source = StreamedImages(data, config, 0, _BATCH.value)
  rows = slice(0, source.batch_size)
  source.training_batch(0, rows)  # Those that follow are decoded ahead.
  start = time.perf_counter(), time.process_time()
  for step in range(1, 1 + _BATCHES.value):
    source.training_batch(step, rows)
  images = _BATCHES.value * source.batch_size
  wall = time.perf_counter() - start[0]
  return images / wall, 1000 * (time.process_time() - start[1]) / images


def main(arguments: list[str]) -> None:
  """Prints images a second."""
  del arguments
  with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch)
    if _DATA_PATH.value:
      sources = {'folders': pathlib.Path(_DATA_PATH.value)}
    else:
      made_up(folder)
      sources = {name: folder / name for name in ('folders', 'records')}
    for variant, settings in VARIANTS.items():
      for name, path in sources.items():
        turns = [rate(path, settings) for _ in range(_TURNS.value)]
        rates, busy = map(statistics.median, zip(*turns, strict=True))
        print(
          f'{name:8} {variant:24} {rates:7.1f} images/s, '
          f'{busy:6.2f} ms of CPU an image',
          flush=True,
        )


if __name__ == '__main__':
  app.run(main)
