# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed from one edition to another, in numbers: rows by table, files, volumes, credits, withdrawals.

Numbers alone: an edition must not list what is no longer in it (format clauses 7.7 and 10.2).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet
from onrecord.publish.dataset import FRAMES, TABLES
from onrecord.publish.edition import Manifest, VolumeEntry, pretty

#: The names under which an edition tells its changes.
NAMES: Final = ("CHANGES.md", "changes.json")

#: Columns that say of a row which one it is; rows that have them alike are one row that changed.
_KEYS: Final = {
    "recordings": ("id",),
    "releases": ("id",),
    "artists": ("id",),
    "works": ("id",),
    "labels": ("id",),
    "release_tracks": ("release", "disc", "position"),
    "crosswalk": ("source", "source_id"),
    "release_crosswalk": ("source", "source_id"),
    "artist_crosswalk": ("source", "source_id"),
    "work_crosswalk": ("source", "source_id"),
    "label_crosswalk": ("source", "source_id"),
    "identifiers": ("kind", "id", "scheme", "value", "source", "source_id"),
    "track_claims": ("source", "id"),
    "release_claims": ("source", "id"),
    "artist_claims": ("source", "id"),
    "work_claims": ("source", "id"),
    "label_claims": ("source", "id"),
    "field_licenses": ("source", "claims", "field"),
    "ids": ("kind", "id"),
    "redirects": ("kind", "old"),
    "overrides": ("kind", "id", "field"),
    "places": ("sha256",),
    "files": ("sha256",),
    "evidence": ("sha256", "evidence"),
    "withdrawn": ("recording",),
}
_CREDIT: Final = (
    *("attribution", "title", "author", "holders", "source", "source_address", "license_address", "notice"),
    *("changes", "missing"),
)
_WISHES: Final = ("train_ai", "tdm", "tdm_policy", "search")


class Told(Struct, frozen=True):
    """An edition as it is compared: its folder, rows by table, volumes, and the SHA-256 of its files by path."""

    folder: Path
    number: int
    tables: Mapping[str, int]
    volumes: Sequence[VolumeEntry]
    digests: Mapping[str, str]

    @classmethod
    def by(cls, manifest: Manifest, folder: Path) -> "Told":
        digests = {path: sha256 for path, (sha256, _) in manifest.files.items()}
        return cls(folder, manifest.number, manifest.tables, manifest.volumes, digests)


class Rows(Struct, frozen=True, forbid_unknown_fields=True):
    """A table: rows before and now, and how many of them are new, gone, or say something else."""

    before: int
    now: int
    added: int
    removed: int
    changed: int


class Sound(Struct, frozen=True, forbid_unknown_fields=True):
    """Published files: new, gone, now in another volume; and, of those in both, how many changed in what is said."""

    added: int = 0
    removed: int = 0
    moved: int = 0
    license: int = 0
    credit: int = 0
    wishes: int = 0


class Volumes(Struct, frozen=True, forbid_unknown_fields=True):
    """Volumes that stay, are new, are gone; `anew` are those of the new ones that hold files of one that is gone."""

    kept: int
    new: int
    anew: int
    gone: int


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """What changed since edition `since`, 0 where there is none. `withdrawn` counts tombstones that are new, `restored`
    those that are gone."""

    since: int
    number: int
    tables: dict[str, Rows]
    sound: Sound
    volumes: Volumes
    withdrawn: int
    restored: int


def compare(duck: Duck, old: Told | None, new: Told) -> Changes:
    """Count what changed. Tables whose bytes are the same are not read."""
    tables = {name: _rows(duck, name, old, new) for name in TABLES if name != FRAMES and name in new.tables}
    sound, anew = _sound(duck, old, new)
    before = {volume.name for volume in old.volumes} if old else set()
    now = {volume.name for volume in new.volumes}
    withdrawn = tables.get("withdrawn", Rows(0, 0, 0, 0, 0))
    return Changes(
        since=old.number if old else 0,
        number=new.number,
        tables=tables,
        sound=sound,
        volumes=Volumes(len(before & now), len(now - before), anew, len(before - now)),
        withdrawn=withdrawn.added,
        restored=withdrawn.removed,
    )


def lines(changes: Changes) -> list[str]:
    """The changes for a person: what happened to sound, volumes and withdrawals, a sentence each."""
    sound, volumes = changes.sound, changes.volumes
    return [
        f"{sound.added:,} files added, {sound.removed:,} removed, {sound.moved:,} now in another volume",
        f"{volumes.kept:,} volumes kept, {volumes.new:,} new ({volumes.anew:,} of them cut anew from others), "
        f"{volumes.gone:,} gone",
        f"{sound.credit:,} files with other credits, {sound.license:,} under another license, "
        f"{sound.wishes:,} with other wishes about machines",
        f"{changes.withdrawn:,} recordings withdrawn, {changes.restored:,} no longer withdrawn",
    ]


def as_files(changes: Changes) -> dict[str, bytes]:
    """`CHANGES.md` and `changes.json`, by name."""
    since = f"since edition {changes.since}" if changes.since else "(the first)"
    text = [f"# Changes of edition {changes.number} {since}", ""]
    text += [f"- {line}" for line in lines(changes)]
    text += ["", "| table | rows | added | removed | changed |", "|---|---:|---:|---:|---:|"]
    for name, rows in changes.tables.items():
        text.append(f"| {name} | {rows.now:,} | {rows.added:,} | {rows.removed:,} | {rows.changed:,} |")
    markdown, json = NAMES
    return {markdown: "".join(f"{line}\n" for line in text).encode(), json: pretty(changes)}


def _rows(duck: Duck, name: str, old: Told | None, new: Told) -> Rows:
    path, now = f"dataset/{name}.parquet", new.tables[name]
    if old is None or path not in old.digests:
        return Rows(0, now, now, 0, 0)
    before = old.tables[name]
    if old.digests[path] == new.digests[path]:
        return Rows(before, now, 0, 0, 0)
    columns = _shared_columns(duck, name, old, new)
    key = _named([column for column in _KEYS[name] if column in columns])
    paths = _paths(name, old, new)
    # Rows are told apart by a hash of what both editions have, within rows of one key: a wide row is read, not kept.
    [(added, removed, changed)] = duck.run(
        f"""
        WITH sides AS (
          SELECT {key}, hash({_named(columns)}) AS said, 1 AS side FROM {paths["new"]}
          UNION ALL
          SELECT {key}, hash({_named(columns)}) AS said, -1 AS side FROM {paths["old"]}
        ), differing AS (
          SELECT {key}, said, sum(side) AS surplus FROM sides GROUP BY {key}, said HAVING sum(side) <> 0
        ), counted AS (
          SELECT sum(greatest(surplus, 0)) AS came, sum(greatest(-surplus, 0)) AS went FROM differing GROUP BY {key}
        )
        SELECT
          coalesce(sum(came - least(came, went)), 0)::BIGINT, coalesce(sum(went - least(came, went)), 0)::BIGINT,
          coalesce(sum(least(came, went)), 0)::BIGINT
        FROM counted
        """
    )
    return Rows(before, now, added, removed, changed)


def _sound(duck: Duck, old: Told | None, new: Told) -> tuple[Sound, int]:
    """Counts of files, and of the volumes that hold files of others which are gone."""
    path = "dataset/files.parquet"
    if old is None or path not in old.digests:
        return Sound(added=new.tables["files"]), 0
    if old.digests[path] == new.digests[path]:
        return Sound(), 0
    columns = _shared_columns(duck, "files", old, new)

    def differ(names: Sequence[str]) -> str:
        shared = [name for name in names if name in columns]
        return " OR ".join([f'o."{name}" IS DISTINCT FROM n."{name}"' for name in shared] or ["false"])

    paths = _paths("files", old, new)
    both = "o.sha256 IS NOT NULL AND n.sha256 IS NOT NULL"
    [counts] = duck.run(
        f"""
        SELECT
          count(*) FILTER (WHERE o.sha256 IS NULL), count(*) FILTER (WHERE n.sha256 IS NULL),
          count(*) FILTER (WHERE {both} AND o.volume <> n.volume),
          count(*) FILTER (WHERE {both} AND ({differ(["license"])})),
          count(*) FILTER (WHERE {both} AND ({differ(_CREDIT)})),
          count(*) FILTER (WHERE {both} AND ({differ(_WISHES)}))
        FROM {paths["old"]} o FULL JOIN {paths["new"]} n ON o.sha256 = n.sha256
        """
    )
    [(anew,)] = duck.run(
        f"""
        SELECT count(DISTINCT n.volume)
        FROM {paths["old"]} o JOIN {paths["new"]} n ON o.sha256 = n.sha256
        WHERE o.volume <> n.volume AND n.volume NOT IN (SELECT volume FROM {paths["old"]})
        """
    )
    return Sound(*counts), anew


def _shared_columns(duck: Duck, name: str, old: Told, new: Told) -> list[str]:
    """Columns that both editions have, in the order of the newer one."""
    listed = [
        [row[0] for row in duck.run(f"DESCRIBE SELECT * FROM {file}")]
        for file in _paths(name, old, new).values()
    ]
    return [column for column in listed[1] if column in listed[0]]


def _paths(name: str, old: Told, new: Told) -> dict[str, str]:
    """What reads a table of both, by `old` and `new`."""
    return {
        side: parquet(edition.folder / "dataset" / f"{name}.parquet")
        for side, edition in (("old", old), ("new", new))
    }


def _named(columns: Sequence[str]) -> str:
    quoted = (column.replace('"', '""') for column in columns)
    return ", ".join(f'"{column}"' for column in quoted)
