# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the ledger, in SQLite."""

SCHEMA = 6

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blobs (
  sha256 BLOB PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX blobs_size ON blobs (size);
CREATE INDEX blobs_bad ON blobs (state) WHERE state != 'ok';
CREATE TABLE vouched (blob BLOB PRIMARY KEY, archive TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX vouched_seq ON vouched (seq, blob);
CREATE TABLE segments (
  path TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE deposits (
  path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, sha256 BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE sources (name TEXT PRIMARY KEY, license TEXT NOT NULL, redistribute INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE accepted (source TEXT PRIMARY KEY, time TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fetched (
  source TEXT NOT NULL, track TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (source, track)
) WITHOUT ROWID;
CREATE TABLE validators (
  source TEXT NOT NULL, address TEXT NOT NULL, record TEXT NOT NULL, sha256 BLOB NOT NULL, etag TEXT NOT NULL,
  last_modified TEXT NOT NULL, PRIMARY KEY (source, address)
) WITHOUT ROWID;
CREATE TABLE rechecks (
  source TEXT NOT NULL, record TEXT NOT NULL, time TEXT NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (source, record)
) WITHOUT ROWID;
CREATE TABLE parts (
  source TEXT NOT NULL, field TEXT NOT NULL, license TEXT NOT NULL, redistribute INTEGER NOT NULL,
  PRIMARY KEY (source, field)
) WITHOUT ROWID;
CREATE TABLE cursors (
  source TEXT NOT NULL, location TEXT NOT NULL, cursor TEXT NOT NULL, PRIMARY KEY (source, location)
) WITHOUT ROWID;
CREATE TABLE records (
  source TEXT NOT NULL, record TEXT NOT NULL, sha256 BLOB NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (source, record)
) WITHOUT ROWID;
CREATE TABLE evidence (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, time TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE links (
  blob BLOB NOT NULL, evidence INTEGER NOT NULL, source TEXT NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (blob, evidence, source, record)
) WITHOUT ROWID;
CREATE INDEX links_record ON links (source, record) WHERE source != '';
CREATE TABLE retracted (evidence TEXT PRIMARY KEY, time TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE former_links (
  blob BLOB NOT NULL, evidence INTEGER NOT NULL, source TEXT NOT NULL, record TEXT NOT NULL, until TEXT NOT NULL,
  PRIMARY KEY (blob, evidence, source, record)
) WITHOUT ROWID;
CREATE TABLE standing (
  kind TEXT NOT NULL, target TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (kind, target, evidence)
) WITHOUT ROWID;
CREATE TABLE rulings (
  evidence TEXT PRIMARY KEY, seq INTEGER NOT NULL, time TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE withdrawn (
  blob BLOB NOT NULL, audio BLOB NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (blob, evidence)
) WITHOUT ROWID;
CREATE INDEX withdrawn_audio ON withdrawn (audio);
CREATE TABLE notices (seq INTEGER PRIMARY KEY, event TEXT NOT NULL, time TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE submissions (
  id INTEGER PRIMARY KEY, time TEXT NOT NULL, track TEXT NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL
);
CREATE INDEX submissions_track ON submissions (track);
CREATE INDEX submissions_digest ON submissions (digest);
CREATE TABLE editions (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE refusals (name TEXT PRIMARY KEY, code TEXT NOT NULL, detail TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE volumes (blob BLOB PRIMARY KEY, volume TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pictures (
  blob BLOB NOT NULL, picture BLOB NOT NULL, place INTEGER NOT NULL, kind INTEGER NOT NULL,
  PRIMARY KEY (blob, place, picture)
) WITHOUT ROWID;
CREATE INDEX pictures_picture ON pictures (picture, blob);
CREATE TABLE lyrics (blob BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE followed (
  archive TEXT PRIMARY KEY, feed TEXT NOT NULL, public_key TEXT NOT NULL, name TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE mirrored (
  archive TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (archive, number)
) WITHOUT ROWID;
CREATE TABLE possessions (
  holder TEXT NOT NULL, volume TEXT NOT NULL, seq INTEGER NOT NULL, day TEXT NOT NULL, asked INTEGER NOT NULL,
  proved INTEGER NOT NULL, country TEXT NOT NULL, PRIMARY KEY (holder, volume, seq)
) WITHOUT ROWID;
"""

#: The state of a blob whose bytes are whole: was it looked into here?
WHOLE = "iif(EXISTS (SELECT 1 FROM vouched v WHERE v.blob = blobs.sha256), 'vouched', 'ok')"
