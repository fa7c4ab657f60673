"""The tables of a run's log.

One SQLite file holds the whole record of a run. Rows are only ever added or
completed: what was chosen, measured and learned never changes afterwards.
Everything in the file is numbers and text (JSON), so opening somebody's run
executes nothing.
"""

VERSION = 1
"""Version of the tables, kept in the file's `user_version`."""

APPLICATION_ID = 0x4E415331
"""Marks a file as a run log in its header ("NAS1")."""

TABLES = """
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
