# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another archive's edition says, taken as the claims of one more source; its word stays its word.

The source is called `archive:<id>`. Everything that it says hangs on one record, `edition`, so that the next edition
takes the place of the one before, and nothing of ours is touched.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from onrecord.catalog.match import KINDS
from onrecord.catalog.tables import ArtistRow, IdRow, LabelRow, RecordRow, ReleaseRow, Row, TrackRow, WorkRow
from onrecord.engine.parquet import read_rows
from onrecord.errors import SourceRefused
from onrecord.model import identifiers
from onrecord.model.rights import PASSED_ON, Evidence
from onrecord.publish.edition import Feed

RECORD = "edition"
#: Tables that editions of earlier versions do not have.
_LATER: Final = ("works", "labels")


def source_of(archive: str) -> str:
    return f"archive:{archive}"


def evidence_in(
    edition: Path, wanted: Collection[str] | None = None
) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """What the edition says of the rights in each file, or in those that are `wanted`, in the order of their digests.

    A stranger's ruling is none of ours. One file is in memory at a time, so a table in another order is refused.
    """
    path = edition / "dataset" / "evidence.parquet"
    within = None if wanted is None else ("sha256", wanted)
    rows, last = read_rows(path, ["sha256", "body"], within=within), ""
    for digest, listed in groupby(rows, key=itemgetter("sha256")):
        if digest <= last:
            raise SourceRefused(
                f"{path}: expected rows in the order of their files, got {digest[:80]!r} behind {last[:80]!r}",
                "do not use this edition",
            )
        last = digest
        facts = (_evidence(row["body"]) for row in listed)
        if said := tuple(fact for fact in facts if fact.says in PASSED_ON):
            yield digest, said


def ids_in(feed: Feed, edition: Path, known: Callable[[list[tuple[str, str]]], set[str]]) -> list[IdRow]:
    """What an edition calls its things. `known` says which ids (kind, id) have a meaning here already: an edition
    cannot give them another. What is not spelled as an id of its kind is left out, and what two things are called.
    """
    source = source_of(feed.archive)
    offered = [
        (kind, row["id"])
        for kind, name in KINDS.items()
        for row in _read(edition, f"{name}s", "id")
        if row["id"].startswith(name[0]) and identifiers.minted_bytes(row["id"]) is not None
    ]
    count = Counter(identifier for _, identifier in offered)
    taken = known(offered)
    return [
        IdRow(kind, identifier, source, identifier)
        for kind, identifier in offered
        if count[identifier] == 1 and identifier not in taken
    ]


def claims_in(feed: Feed, edition: Path) -> dict[str, list[Row]]:
    """Rows that an edition adds here: its canonical view as claims."""
    source = source_of(feed.archive)
    return {
        "records": [
            RecordRow(source, RECORD, "application/json", b"", feed.sums_sha256, deleted=False, version="")
        ],
        "tracks": list(_tracks(source, edition)),
        "artists": [
            ArtistRow(
                source,
                RECORD,
                row["id"],
                row["name"],
                row["sort_name"],
                identifiers.mbid(row["mbid"]),
                "",
                "",
            )
            for row in _read(edition, "artists", "id", "name", "sort_name", "mbid")
        ],
        "releases": list(_releases(source, edition)),
        "works": list(_works(source, edition)),
        "labels": list(_labels(source, edition)),
    }


@lru_cache(4096)
def _evidence(body: str) -> Evidence:
    """Of many files the same is said."""
    return msgspec.json.decode(body, type=Evidence)


def _tracks(source: str, edition: Path) -> Iterator[TrackRow]:
    blobs = {row["recording"]: row["sha256"] for row in _read(edition, "files", "recording", "sha256")}
    places = {
        row["recording"]: row
        for row in _read(edition, "release_tracks", "recording", "release", "disc", "position")
    }
    columns = (
        "id",
        "title",
        "artist",
        "artist_id",
        "duration_ms",
        "date",
        "genre",
        "composer",
        "isrcs",
        "mbids",
    )
    for row in _read(edition, "recordings", *columns):
        place = places.get(row["id"], {})
        yield TrackRow(
            source=source,
            record=RECORD,
            id=row["id"],
            title=row["title"],
            artist=row["artist"],
            artist_id=row["artist_id"],
            release="",
            release_id=place.get("release", ""),
            disc=place.get("disc"),
            position=place.get("position"),
            duration_ms=row["duration_ms"],
            isrc=identifiers.isrc(next(iter(row["isrcs"]), "")),
            mbid=identifiers.mbid(next(iter(row["mbids"]), "")),
            date=row["date"],
            genre=row["genre"],
            composer=row["composer"],
            blob=blobs.get(row["id"], ""),
        )


def _releases(source: str, edition: Path) -> Iterator[ReleaseRow]:
    for row in _read(edition, "releases", "id", "title", "artist", "date", "barcode", "label"):
        yield ReleaseRow(
            source=source,
            record=RECORD,
            id=row["id"],
            title=row["title"],
            artist=row["artist"],
            mbid="",
            barcode=identifiers.barcode(row["barcode"]),
            label=row["label"],
            date=row["date"],
            country="",
            kind="",
            tracks=None,
        )


def _works(source: str, edition: Path) -> Iterator[WorkRow]:
    columns = ("id", "title", "composer", "lyricist", "language", "kind", "iswcs", "mbids")
    for row in _read(edition, "works", *columns):
        yield WorkRow(
            source=source,
            record=RECORD,
            id=row["id"],
            title=row["title"],
            mbid=identifiers.mbid(next(iter(row["mbids"]), "")),
            iswc=identifiers.iswc(next(iter(row["iswcs"]), "")),
            composer=row["composer"],
            lyricist=row["lyricist"],
            language=row["language"],
            kind=row["kind"],
        )


def _labels(source: str, edition: Path) -> Iterator[LabelRow]:
    columns = ("id", "name", "sort_name", "code", "country", "kind", "isni", "mbid", "parent")
    for row in _read(edition, "labels", *columns):
        yield LabelRow(
            source=source,
            record=RECORD,
            id=row["id"],
            name=row["name"],
            sort_name=row["sort_name"],
            mbid=identifiers.mbid(row["mbid"]),
            isni=identifiers.isni(row["isni"]),
            code=identifiers.label_code(row["code"]),
            country=row["country"],
            kind=row["kind"],
            parent=row["parent"],
        )


def _read(edition: Path, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    path = edition / "dataset" / f"{table}.parquet"
    if table in _LATER and not path.exists():
        return iter(())
    return read_rows(path, columns)
