# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of an edition: Parquet files in a total order, one SQLite file with full-text search, verbatim records.

The jobs are SQL files; `canonical_*`, `*_members`, `*_nodes`, `files`, `sounds`, `records`, `redirects`, `overrides`,
`speakers`, `parts`, `verbatim_sources`, `published`, `places`, `published_evidence`, `withdrawn_things` and
`tombstones` are tables of the DuckDB that `archive` hands over. Same rows, same bytes.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.model.digests import PIECE
from onrecord.publish.record_frames import Line, line, write_records
from onrecord.rights.credit import Credit
from onrecord.rights.signals import SILENT, Signals

#: Tables of the dataset, each with what a row is (docs/format.md, clause 8).
TABLES = {
    "recordings": "one row a recording: the canonical view",
    "releases": "one row a release: the canonical view",
    "artists": "one row an artist: the canonical view",
    "works": "one row a work (the composition): the canonical view",
    "labels": "one row a label: the canonical view",
    "release_tracks": "one row a recording's place on a release",
    "crosswalk": "one row a claim: which recording it belongs to, by which reason, and how sure that is",
    "release_crosswalk": "one row a claim: which release it belongs to, by which reason, and how sure that is",
    "artist_crosswalk": "one row a claim: which artist it belongs to, by which reason, and how sure that is",
    "work_crosswalk": "one row a claim: which work it belongs to, by which reason, and how sure that is",
    "label_crosswalk": "one row a claim: which label it belongs to, by which reason, and how sure that is",
    "identifiers": "one row an identifier that a claim gives: the canonical thing that it is of, and who says so",
    "track_claims": "one row a source's track, as the source says, with the license of the row",
    "release_claims": "one row a source's release, as the source says, with the license of the row",
    "artist_claims": "one row a source's artist, as the source says, with the license of the row",
    "work_claims": "one row a source's work, as the source says, with the license of the row",
    "label_claims": "one row a source's label, as the source says, with the license of the row",
    "field_licenses": "one row a column of a source's claims: the license it stands under",
    "ids": "one row a canonical id: the claim that founded it, if that leaves with the edition",
    "redirects": "one row an id that was merged away: the id that answers now",
    "overrides": "one row a field whose value a person of the archive decided, over what sources say",
    "places": "one row a published file: where its bytes are, so that one can be fetched without the rest",
    "files": "one row a published file: volume, digests, what one decode said, license, credit, wishes about machines",
    "evidence": "one row a fact about the rights in a published file",
    "withdrawn": "one row a withdrawn recording, or an id that leads to one: since when, by which rule, nothing more",
    "record_frames": "one row a frame of `records.jsonl.zst`: what it begins with, and where it is",
}
SQLITE: Final = "onrecord.sqlite"
#: Verbatim records; the table that finds one in it.
RECORDS: Final = "records.jsonl.zst"
FRAMES: Final = "record_frames"

#: Rows that are read together at least. Of what is asked for by one id a reader should not fetch 122,880 rows: 16,384
#: rows of `places` are two megabytes, and the foot of a table of 86 million still is no larger than ten.
_GROUPS: Final = {"places": 16_384}
_GROUP: Final = 122_880
#: What may be an identifier or a digest in a record, whatever its format.
_WORD: Final = re.compile(rb"[0-9A-Za-z][0-9A-Za-z_-]{11,}")


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


def load_published(duck: Duck, published: Iterable[Published]) -> None:
    """The table `published`, which the tables of the dataset are made from. The files are taken as they come."""
    names = Published("", "", "", "", "", Credit("", "")).row()
    rows = (tuple(item.row().values()) for item in published)
    duck.table("published", dict.fromkeys(names, "VARCHAR"), rows)


def lay_out(duck: Duck, heads: Mapping[str, Mapping[str, int]]) -> None:
    """The table `places`. All files of every volume must be `published`; `heads` has sizes of the tag files of each
    volume by their names. Follows from the format (clauses 5.3 and 5.4): no torrent is read."""
    rows = []
    for volume, tags in sorted(heads.items()):
        before = [size for name, size in tags.items() if name.encode() < b"data" and size]
        entries = sum(1 + bool(size % PIECE) for size in before)
        rows.append((volume, entries, sum(-(-size // PIECE) for size in before) * PIECE))
    duck.table("volume_heads", {"volume": "VARCHAR", "files": "BIGINT", "size": "BIGINT"}, rows)
    duck.run(_query("lay_out"))


def write_tables(duck: Duck, folder: Path) -> dict[str, int]:
    """Write every table of the dataset to `folder`, and the verbatim records. Gives the number of rows by table."""
    duck.run(_query("row_licenses"))
    duck.run(_query("silence"))
    rows = {
        name: duck.export(_query(name), folder / f"{name}.parquet", _GROUPS.get(name, _GROUP))[1]
        for name in TABLES
        if name != FRAMES
    }
    rows[FRAMES] = write_records(_records(duck), folder / RECORDS, folder / f"{FRAMES}.parquet")
    return rows


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


def _records(duck: Duck) -> Iterator[Line]:
    """Records that may leave whole, without those that name something withdrawn in whatever place."""
    words = {str(word).encode() for (word,) in duck.run("SELECT word FROM silent_words")}
    for source, record, license, media_type, version, sha256, payload in duck.stream(
        _query("verbatim"), batch=1_000
    ):
        content = bytes(payload)
        if not words or words.isdisjoint(_WORD.findall(content.lower())):
            yield line(source, record, license, media_type, version, sha256, content)


def _query(name: str) -> str:
    return sql_file("onrecord.publish", name)


#: What each SQLite table takes from the Parquet table of its name, column by column.
_COLUMNS = {
    "recordings": (
        *("id", "title", "artist", "artist_id", "duration_ms", "date", "genre", "composer"),
        *("array_to_string(isrcs, ' ')", "array_to_string(mbids, ' ')", "license"),
    ),
    "releases": ("id", "title", "artist", "date", "barcode", "label", "license"),
    "artists": ("id", "name", "sort_name", "mbid", "license"),
    "release_tracks": ("release", "recording", "disc", "position"),
    "files": (
        *("sha256", "recording", "volume", "extension", "size", "lower(hex(v2_root))", "container", "codec"),
        *("duration_samples", "sample_rate", "channels", "loudness", "license", "attribution"),
        *("source_address", "train_ai", "tdm", "tdm_policy"),
    ),
    "places": (
        *("recording", "sha256", "volume", "path", "number", '"offset"', "first_piece", "size"),
        "lower(hex(v2_root))",
    ),
    "field_licenses": ("source", "claims", "field", "license"),
    "withdrawn": ("recording", "day", "code"),
}

_SQLITE = """
CREATE TABLE recordings (
  id TEXT PRIMARY KEY, title TEXT, artist TEXT, artist_id TEXT, duration_ms INTEGER, date TEXT, genre TEXT,
  composer TEXT, isrcs TEXT, mbids TEXT, license TEXT
);
CREATE TABLE releases (
  id TEXT PRIMARY KEY, title TEXT, artist TEXT, date TEXT, barcode TEXT, label TEXT, license TEXT
);
CREATE TABLE artists (id TEXT PRIMARY KEY, name TEXT, sort_name TEXT, mbid TEXT, license TEXT);
CREATE TABLE release_tracks (release TEXT, recording TEXT, disc INTEGER, position INTEGER);
CREATE TABLE files (
  sha256 TEXT PRIMARY KEY, recording TEXT, volume TEXT, extension TEXT, size INTEGER, v2_root TEXT, container TEXT,
  codec TEXT, duration_samples INTEGER, sample_rate INTEGER, channels INTEGER, loudness REAL, license TEXT,
  attribution TEXT, source_address TEXT, train_ai TEXT, tdm TEXT, tdm_policy TEXT
);
CREATE TABLE places (
  recording TEXT, sha256 TEXT PRIMARY KEY, volume TEXT, path TEXT, number INTEGER, offset INTEGER, first_piece INTEGER,
  size INTEGER, v2_root TEXT
);
CREATE TABLE field_licenses (source TEXT, claims TEXT, field TEXT, license TEXT);
CREATE TABLE withdrawn (recording TEXT PRIMARY KEY, day TEXT, code TEXT);
CREATE INDEX files_recording ON files (recording);
CREATE INDEX places_recording ON places (recording);
CREATE INDEX release_tracks_release ON release_tracks (release);
CREATE VIRTUAL TABLE search USING fts5 (
  title, artist, content="recordings", tokenize='unicode61 remove_diacritics 2'
);
"""
