# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of an edition: Parquet files in a total order, and one SQLite file with full-text search.

The jobs are SQL files; `canonical_*`, `*_members`, `track_nodes`, `files`, `sounds`, `speakers`, `published`,
`published_evidence` and `tombstones` are tables of the DuckDB that `archive` hands over. Same rows, same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

import apsw
from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.rights.credit import Credit
from onrecord.rights.signals import SILENT, Signals

#: Tables of the dataset, each with what a row is (docs/format.md, clause 8).
TABLES = {
    "recordings": "one row a recording: the canonical view",
    "releases": "one row a release: the canonical view",
    "artists": "one row an artist: the canonical view",
    "release_tracks": "one row a recording's place on a release",
    "crosswalk": "one row a claim: which recording it belongs to, and by which reason",
    "track_claims": "one row a source's track, as the source says, with the license of the row",
    "release_claims": "one row a source's release, as the source says, with the license of the row",
    "artist_claims": "one row a source's artist, as the source says, with the license of the row",
    "ids": "one row a canonical id: the claim that founded it",
    "files": "one row a published file: volume, digests, what one decode said, license, credit, wishes about machines",
    "evidence": "one row a fact about the rights in a published file",
    "withdrawn": "one row a withdrawn recording: since when, by which rule, and nothing more",
}


class Published(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that an edition holds."""

    sha256: str
    recording: str
    volume: str
    extension: str
    license: str
    credit: Credit
    signals: Signals = SILENT

    @property
    def attribution(self) -> str:
        return self.credit.line

    def row(self) -> dict[str, str]:
        """The columns that the table `files` takes from here; lists are joined."""
        credit, signals = self.credit, self.signals
        return {
            "sha256": self.sha256,
            "recording": self.recording,
            "volume": self.volume,
            "extension": self.extension,
            "license": self.license,
            "attribution": self.attribution,
            "title": credit.title,
            "author": credit.author,
            "holders": "; ".join(credit.holders),
            "source": credit.source,
            "source_address": credit.source_address,
            "license_address": " ".join(credit.license_address),
            "notice": "; ".join(credit.notice),
            "changes": credit.changes,
            "missing": ", ".join(credit.missing),
            "train_ai": signals.train_ai,
            "tdm": signals.tdm,
            "tdm_policy": signals.policy,
            "search": signals.search,
        }


def load_published(duck: Duck, published: Sequence[Published]) -> None:
    """The table `published`, which the tables of the dataset are made from."""
    names = Published("", "", "", "", "", Credit("", "")).row()
    rows = [tuple(item.row().values()) for item in published]
    duck.table("published", dict.fromkeys(names, "VARCHAR"), rows)


def write_tables(duck: Duck, folder: Path) -> dict[str, int]:
    """Write every table of the dataset to `folder`. Gives the number of rows by table."""
    return {name: duck.export(_query(name), folder / f"{name}.parquet")[1] for name in TABLES}


def write_sqlite(duck: Duck, path: Path) -> None:
    """Write one SQLite file for readers without any tool of ours: recordings, releases, artists, files, search."""
    db = apsw.Connection(str(path))
    db.execute("PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    db.execute(_SQLITE)
    with db:
        for name, columns in _COLUMNS.items():
            marks = ", ".join("?" * len(columns))
            rows = duck.stream(f"SELECT {', '.join(columns)} FROM ({_query(name)})")
            db.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        db.execute("INSERT INTO search (search) VALUES ('rebuild')")
    db.execute("VACUUM")
    db.close()


def _query(name: str) -> str:
    return sql_file("onrecord.publish", name)


#: What each SQLite table takes from the Parquet table of its name, column by column.
_COLUMNS = {
    "recordings": (
        *("id", "title", "artist", "artist_id", "duration_ms", "date", "genre", "composer"),
        *("array_to_string(isrcs, ' ')", "array_to_string(mbids, ' ')"),
    ),
    "releases": ("id", "title", "artist", "date", "barcode", "label"),
    "artists": ("id", "name", "sort_name", "mbid"),
    "release_tracks": ("release", "recording", "disc", "position"),
    "files": (
        *("sha256", "recording", "volume", "extension", "size", "lower(hex(v2_root))", "container", "codec"),
        *("duration_samples", "sample_rate", "channels", "loudness", "license", "attribution"),
        *("source_address", "train_ai", "tdm", "tdm_policy"),
    ),
    "withdrawn": ("recording", "day", "code"),
}

_SQLITE = """
CREATE TABLE recordings (
  id TEXT PRIMARY KEY, title TEXT, artist TEXT, artist_id TEXT, duration_ms INTEGER, date TEXT, genre TEXT,
  composer TEXT, isrcs TEXT, mbids TEXT
);
CREATE TABLE releases (id TEXT PRIMARY KEY, title TEXT, artist TEXT, date TEXT, barcode TEXT, label TEXT);
CREATE TABLE artists (id TEXT PRIMARY KEY, name TEXT, sort_name TEXT, mbid TEXT);
CREATE TABLE release_tracks (release TEXT, recording TEXT, disc INTEGER, position INTEGER);
CREATE TABLE files (
  sha256 TEXT PRIMARY KEY, recording TEXT, volume TEXT, extension TEXT, size INTEGER, v2_root TEXT, container TEXT,
  codec TEXT, duration_samples INTEGER, sample_rate INTEGER, channels INTEGER, loudness REAL, license TEXT,
  attribution TEXT, source_address TEXT, train_ai TEXT, tdm TEXT, tdm_policy TEXT
);
CREATE TABLE withdrawn (recording TEXT PRIMARY KEY, day TEXT, code TEXT);
CREATE INDEX files_recording ON files (recording);
CREATE INDEX release_tracks_release ON release_tracks (release);
CREATE VIRTUAL TABLE search USING fts5 (
  title, artist, content='recordings', tokenize='unicode61 remove_diacritics 2'
);
"""
