# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another archive's edition says, taken as the claims of one more source; its word stays its word.

The source is called `archive:<id>`. Everything that it says hangs on one record, `edition`, so that the next edition
takes the place of the one before, and nothing of ours is touched.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from onrecord.catalog.match import KINDS
from onrecord.catalog.tables import ArtistRow, IdRow, RecordRow, ReleaseRow, Row, TrackRow
from onrecord.engine.parquet import read_rows
from onrecord.model import identifiers
from onrecord.model.rights import PASSED_ON, Evidence
from onrecord.publish.edition import Feed

RECORD = "edition"


def source_of(archive: str) -> str:
    return f"archive:{archive}"


def evidence_in(edition: Path) -> dict[str, list[Evidence]]:
    """What the edition says of the rights in each file. A stranger's ruling is none of ours."""
    found: dict[str, list[Evidence]] = {}
    for row in read_rows(edition / "dataset" / "evidence.parquet", ["sha256", "body"]):
        evidence = msgspec.json.decode(row["body"], type=Evidence)
        if evidence.says in PASSED_ON:
            found.setdefault(row["sha256"], []).append(evidence)
    return found


def ids_in(feed: Feed, edition: Path, known: Callable[[list[str]], set[str]]) -> list[IdRow]:
    """What an edition calls its things. `known` says which ids have a meaning here already: an edition cannot give them
    another.
    """
    source = source_of(feed.archive)
    offered = [(kind, row["id"]) for kind, name in KINDS.items() for row in _read(edition, f"{name}s", "id")]
    taken = known([identifier for _, identifier in offered])
    return [
        IdRow(kind, identifier, source, identifier) for kind, identifier in offered if identifier not in taken
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
    }


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


def _read(edition: Path, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    return read_rows(edition / "dataset" / f"{table}.parquet", columns)
