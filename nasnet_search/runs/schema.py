"""The tables of a run's log, and how those of older versions become today's.

One SQLite file holds the whole record of a run. Rows are only ever added or
completed: what was chosen, measured and learned never changes afterwards.
Everything in the file is numbers and text (JSON), so opening somebody's run
executes nothing. A file that holds anything besides these tables, such as a
trigger, is refused.

A table is never edited here once a version with it was released: a change is
an entry of `UPGRADES`, so that a new log and an old one that was upgraded have
the same tables.
"""

import contextlib
import functools
import sqlite3

VERSION = 3
"""Version of the tables, kept in the file's `user_version`."""

APPLICATION_ID = 0x4E415331
"""Marks a file as a run log in its header ("NAS1")."""

_FIRST_TABLES = """
-- What the run is: its defining configuration, its data, its origin.
CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Every start of the coordinator, with what may differ between starts.
CREATE TABLE starts (
  start INTEGER PRIMARY KEY,
  started_at REAL NOT NULL,
  last_seen_at REAL NOT NULL,
  operational TEXT NOT NULL,
  versions TEXT NOT NULL
) STRICT;

-- One row for each call of propose, written in one transaction with the
-- trials that came of it. Enough to make the call again.
CREATE TABLE proposals (
  call INTEGER PRIMARY KEY,
  first_index INTEGER NOT NULL,
  count INTEGER NOT NULL,
  pending TEXT NOT NULL,
  learned INTEGER NOT NULL,
  proposed_at REAL NOT NULL
) STRICT;

CREATE TABLE trials (
  trial INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  proposal INTEGER,
  choices TEXT,
  numbers TEXT,
  architecture TEXT NOT NULL,
  canonical_key TEXT NOT NULL,
  seed INTEGER NOT NULL,
  status TEXT NOT NULL,
  source_trial INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  reward REAL,
  measurement TEXT,
  message TEXT NOT NULL DEFAULT '',
  settled_as INTEGER UNIQUE,
  created_at REAL NOT NULL,
  started_at REAL,
  settled_at REAL
) STRICT;

CREATE TABLE attempts (
  trial INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  status TEXT NOT NULL,
  message TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (trial, attempt)
) STRICT, WITHOUT ROWID;

-- One row for each call of learn: its trials in order, and the digest of the
-- controller's state after it.
CREATE TABLE lessons (
  learn INTEGER PRIMARY KEY,
  trials TEXT NOT NULL,
  diagnostics TEXT NOT NULL,
  digest TEXT NOT NULL,
  learned_at REAL NOT NULL
) STRICT;

-- The controller's state after a number of learn calls. Saves time only.
CREATE TABLE snapshots (
  learned INTEGER PRIMARY KEY,
  state BLOB NOT NULL
) STRICT;

-- What else happened: changed settings, ignored outcomes, warnings.
CREATE TABLE events (
  event INTEGER PRIMARY KEY,
  happened_at REAL NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
"""

UPGRADES = {
  2: """
-- The sum of the checksums of all rows, kept by `checked_rows`.
CREATE TABLE checksum (
  total INTEGER NOT NULL
) STRICT;
""",
  3: """
-- The trial whose architecture a confirmation values again.
ALTER TABLE trials ADD COLUMN confirms INTEGER;
""",
}
"""What a version adds to the one before it, by version."""

KEYS = {
  'facts': ('name',),
  'starts': ('start',),
  'proposals': ('call',),
  'trials': ('trial',),
  'attempts': ('trial', 'attempt'),
  'lessons': ('learn',),
  'snapshots': ('learned',),
  'events': ('event',),
}
"""The columns that name a row, of every table that the checksum covers."""


def statements(version: int = VERSION, above: int = 0) -> list[str]:
  """Returns the statements that make the tables of a version.

  Args:
    version: The version to make.
    above: The version that is there already, 0 for none.
  """
  steps = {1: _FIRST_TABLES, **UPGRADES}
  script = ''.join(steps[step] for step in range(above + 1, version + 1))
  return [text for text in script.split(';') if text.strip()]


def is_as_expected(connection: sqlite3.Connection, version: int) -> bool:
  """Returns whether a file holds the tables of a version, and nothing else."""
  return _contents(connection) == _expected(version)


@functools.cache
def _expected(version: int) -> list[tuple[str, ...]]:
  with contextlib.closing(sqlite3.connect(':memory:')) as connection:
    for statement in statements(version):
      connection.execute(statement)
    return _contents(connection)


def _contents(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
  rows = connection.execute(
    'SELECT type, name, tbl_name, sql FROM sqlite_master'
  )
  # SQLite keeps the text of a statement as it was written.
  return sorted(
    tuple(''.join(str(value).split()) for value in row) for row in rows
  )
