"""From nothing to files for production, in an empty folder.

A search, a plan, a full training of what was found, an export.
"""

import json
import subprocess
import sys

import pytest

from tests.binaries.program import run

SEARCH = (
  '--data=digits', '--trials=3', '--workers=0', '--blocks=1', '--epochs=1',
  '--filters=4', '--operations=separable_conv_3x3,max_pool_3x3,conv_1x1',
  '--combinations=add', '--train_images=400', '--learning_rate=0.1',
)  # fmt: skip


@pytest.mark.slow
def test_from_a_search_to_files_for_production(tmp_path):
  def step(name, *arguments):
    done = run(name, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 'Traceback' not in done.stderr
    return done.stdout

  step('nasnet-search', *SEARCH, '--run_dir=search')
  # Of the small networks, the smallest: N=2.
  plan = json.loads(
    step(
      'nasnet-train', '--plan', '--run_dir=search', '--target_params=20e3',
      '--format=json',
    )
  )  # fmt: skip
  chosen = plan['chosen']
  assert chosen['trainable_parameters'] <= 20_000
  assert (plan['classes'], plan['train_images']) == (10, 1150)
  assert sorted(path.name for path in tmp_path.iterdir()) == ['search']
  step(
    'nasnet-train', '--run_dir=search', f'--repeats={chosen["repeats"]}',
    f'--filters={chosen["filters"]}', '--epochs=8', '--batch_size=32',
    '--learning_rate=0.1', '--model_dir=model',
  )  # fmt: skip
  step('nasnet-export', '--model_dir=model', '--output=network')

  card = json.loads((tmp_path / 'network' / 'model_card.json').read_text())
  trained = card['trained_network']
  best = json.loads((tmp_path / 'search/best_architecture.json').read_text())
  assert trained['architecture']['normal'] == best['normal']
  assert card['cost']['trainable_parameters'] == chosen['trainable_parameters']
  assert card['comparison']['images'] == 500
  assert card['comparison']['classes_given'] >= 5
  assert max(each['largest_difference'] for each in card['files']) <= 1e-4
  # Far more than the tenth that guessing gives.
  assert trained['measures']['test_accuracy'] > 0.6
  assert sorted(path.name for path in tmp_path.iterdir()) == [
    'model', 'network', 'search',
  ]  # fmt: skip
  code = (
    'import json, keras, numpy as np\n'
    'from sklearn.datasets import load_digits\n'
    'digits = load_digits()\n'
    "pixels = np.rint(digits.images * (255 / 16))[..., None].astype('uint8')\n"
    "model = keras.models.load_model('network/model.keras')\n"
    'top = model.predict(pixels, verbose=0).argmax(axis=1)\n'
    'print(np.mean(top == digits.target))\n'
  )
  used = subprocess.run(
    [sys.executable, '-I', '-c', code],
    cwd=tmp_path, capture_output=True, text=True, check=True,
  )  # fmt: skip
  assert float(used.stdout.split()[-1]) > 0.6
