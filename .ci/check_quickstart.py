"""Checks that README's first command did what README promises.

python .ci/check_quickstart.py REPORT_JSON SECONDS
"""

import json
import pathlib
import sys


def main(report_path: str) -> int:
  """Prints the figures; returns 1 if one of them misses its promise."""
  report = json.loads(pathlib.Path(report_path).read_text())
  children = [
    trial
    for trial in report['trials']
    if trial['status'] == 'completed'
    and trial['origin'] == 'proposed'
    and trial['source_trial'] is None
  ]
  best = max(
    trial['measurement']['values']['validation_accuracy'] for trial in children
  )
  figures = {
    'trained children, at least 40': (len(children), len(children) >= 40),
    'policy updates, at least 2': (
      len(report['lessons']),
      len(report['lessons']) >= 2,
    ),
    'best validation accuracy, at least 0.95': (best, best >= 0.95),
    'seconds of searching, at most 290': (
      round(report['seconds']),
      report['seconds'] <= 290,
    ),
  }
  for name, (figure, kept) in figures.items():
    print(f'{"ok" if kept else "MISSED":8}{name}: {figure}')
  return 0 if all(kept for _, kept in figures.values()) else 1


if __name__ == '__main__':
  sys.exit(main(sys.argv[1]))
