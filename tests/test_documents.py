"""README and BUILD.md say what is true: commands, flags, files, code."""

import ast
import pathlib
import re

import pytest

from nasnet_search.binaries import benchmark, report, search
from nasnet_search.flags import (
  export_flags,
  flagfiles,
  inspect_flags,
  train_flags,
)
from nasnet_search.version import __version__

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / 'README.md'

if not README.exists():
  pytest.skip(
    'The documents are in a checkout only, not beside an installed wheel.',
    allow_module_level=True,
  )

TEXT = README.read_text(encoding='utf-8')
COMMANDS = (
  'python -m pip install -e . && nasnet-search '
  '--flagfile=flags/quickstart.flags',
  "python -m pip install -e '.[test]' && python -m pytest",
)


@pytest.mark.parametrize('command', COMMANDS)
def test_the_two_commands_stand_alone_on_a_line(command):
  assert command in TEXT.splitlines()


def test_the_gate_runs_the_two_commands():
  gate = (ROOT / '.ci' / 'run').read_text(encoding='utf-8')
  for command in COMMANDS:
    assert command in gate


def test_every_flag_named_exists():
  from absl import flags

  # Importing the binaries above defined their flags.
  assert search.main
  assert report.main
  assert benchmark.main
  named = set(re.findall(r'--([a-z_]+)(?==|\b)', TEXT))
  apart = {
    name
    for each in (export_flags, inspect_flags, train_flags)
    for name in each.VALUES
  }
  known = {*flags.FLAGS, *apart, 'flagfile', 'help', 'logdir'}
  assert named - known == set()


def test_every_flagfile_named_is_packaged():
  named = set(re.findall(r'--flagfile=([a-z0-9_]+)\b(?!/)', TEXT)) - {'flags'}
  assert named <= set(flagfiles.packaged())


def test_every_local_link_and_picture_is_there():
  for target in re.findall(r'\]\(([^)#]+)\)', TEXT):
    if '://' not in target:
      assert (ROOT / target).exists(), target


def test_python_blocks_parse_and_import():
  blocks = re.findall(r'```python\n(.*?)```', TEXT, flags=re.DOTALL)
  assert blocks
  for block in blocks:
    for node in ast.walk(ast.parse(block)):
      if isinstance(node, ast.ImportFrom):
        module = __import__(node.module, fromlist=['*'])
        for alias in node.names:
          assert hasattr(module, alias.name), (node.module, alias.name)


def test_the_changelog_knows_this_version_or_what_is_to_come():
  changes = (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8')
  assert f'## [{__version__}]' in changes or '## [Unreleased]' in changes


def test_scripts_named_in_build_md_exist():
  text = (ROOT / 'BUILD.md').read_text(encoding='utf-8')
  for name in re.findall(r'`([a-z_]+\.py)`', text):
    assert list(ROOT.glob(f'**/{name}')), name
