# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verbatim records weigh and cost: releases as a MusicBrainz dump has them, of a made catalog, harvested by the
command. The bytes that are kept of each are compared with the dump's.

The documents are made: names, lengths, codes and dates are the catalog's, every id is another, and the keys are those
of a recorded release. zstd alone, over a part of the dump, stands beside it.
"""

import json
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from backports import zstd
from measure import cost, progress

from onrecord.archive import Archive
from onrecord.archive.core import Archive as Opened
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import SOURCES

SEED: Final = 2026
TRACKS: Final = 10_000_000
#: What a catalog of full size has of each.
FULL: Final = {"tracks": 256_000_000, "records": 58_000_000}
_BLOCKS: Final = 16
_COMPARED: Final = 2_000
_PART: Final = 100_000_000


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    tracks = size or TRACKS
    dump, archive = folder / "release.jsonl", folder / "archive"
    progress(f"making the dump of {tracks:,} tracks")
    made = _write(dump, tracks)
    _command("init", str(archive), "--name", "Records, to be measured")
    progress(f"harvesting {made['records']:,} records, {made['bytes']:,} bytes")
    spent = cost(_line("-C", str(archive), "harvest", "musicbrainz-json", str(dump), "--json"))
    if spent["exit_code"]:
        raise SystemExit(f"bench: the harvest ended with {spent['exit_code']}")
    harvested = json.loads(spent.pop("stdout"))
    with Archive.open(archive) as opened:
        tables = _tables(opened)
        same = _same(opened, dump)
    kept = tables["records"]["bytes"]
    claims = sum(one["bytes"] for name, one in tables.items() if name != "records")
    return {
        "seed": SEED,
        "tracks": tracks,
        "made": made,
        "harvest": spent | {name: harvested[name] for name in ("new", "rejected") if name in harvested},
        "tables": tables,
        "compared": same,
        "bytes_a_record": round(kept / made["records"], 1),
        "bytes_a_track": round(kept / tracks, 1),
        "of_the_dump": round(kept / made["bytes"], 4),
        "claims_bytes_a_track": round(claims / tracks, 1),
        "zstd_alone_of_the_dump": _alone(dump),
        "records_a_cpu_second": round(made["records"] / spent["cpu_s"]),
        "projected_bytes": kept * FULL["tracks"] // tracks,
        "projected": True,
    }


def _write(dump: Path, tracks: int) -> dict[str, int]:
    records = 0
    with dump.open("wb") as file:
        for document in _documents(Generated(tracks, SEED)):
            file.write(msgspec.json.encode(document))
            file.write(b"\n")
            records += 1
        return {"records": records, "bytes": file.tell()}


def _documents(catalog: Generated) -> Iterator[dict[str, Any]]:
    """A release for each that one of the sources tells."""
    chance = random.Random(SEED)
    counts = catalog.counts()
    blocks = -(-catalog.tracks // catalog.rows_of_block("tracks"))
    for source in SOURCES:
        for start in range(0, blocks, _BLOCKS):

            def rows(table: str, start: int = start, source: str = source) -> list[dict[str, Any]]:
                size = catalog.rows_of_block(table)
                stop = min((start + _BLOCKS) * size, counts[table])
                found: list[dict[str, Any]] = catalog.rows(table, source, start * size, stop).to_pylist()
                return found

            told: dict[str, list[dict[str, Any]]] = {}
            for track in rows("tracks"):
                told.setdefault(track["release_id"], []).append(track)
            for release in rows("releases"):
                yield _release(release, told.get(release["id"], []), chance)


def _release(row: Mapping[str, Any], tracks: list[dict[str, Any]], chance: random.Random) -> dict[str, Any]:
    """The keys of a release as the dumps have it."""
    area = {
        "iso-3166-1-codes": [row["country"]],
        "type-id": None,
        "name": row["country"],
        "type": None,
        "id": _id(random.Random(row["country"])),
        "disambiguation": "",
        "sort-name": row["country"],
    }
    return {
        "id": _id(chance),
        "packaging": None,
        "packaging-id": None,
        "disambiguation": "",
        "barcode": row["barcode"] or None,
        "asin": None,
        "title": row["title"],
        "status": "Official",
        "status-id": "4e304316-386d-3409-af2e-78857eec5cfe",
        "date": row["date"],
        "country": row["country"],
        "quality": "normal",
        "release-events": [{"date": row["date"], "area": area}],
        "text-representation": {"language": "eng", "script": "Latn"},
        "cover-art-archive": {"artwork": False, "front": False, "darkened": False, "count": 0, "back": False},
        "artist-credit": [_credit(row["artist"], chance)],
        "label-info": [{"catalog-number": None, "label": {"id": _id(chance), "name": row["label"]}}],
        "release-group": {
            "secondary-types": [],
            "secondary-type-ids": [],
            "id": _id(chance),
            "disambiguation": "",
            "first-release-date": row["date"],
            "title": row["title"],
            "primary-type": row["kind"].title(),
            "primary-type-id": "f529b476-6e62-324f-b0aa-1f3e33d313fc",
        },
        "media": [
            {
                "position": 1,
                "track-offset": 0,
                "track-count": len(tracks),
                "title": "",
                "format": "CD",
                "format-id": "9712d52a-4509-3d4b-a1a2-67c88c643e31",
                "tracks": [_track(track, chance) for track in tracks],
            }
        ],
    }


def _track(row: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    credit = [_credit(row["artist"], chance)]
    return {
        "id": _id(chance),
        "title": row["title"],
        "length": row["duration_ms"],
        "number": str(row["position"]),
        "position": row["position"],
        "artist-credit": credit,
        "recording": {
            "id": _id(chance),
            "title": row["title"],
            "length": row["duration_ms"],
            "video": False,
            "disambiguation": "",
            "first-release-date": row["date"],
            "isrcs": [row["isrc"]] if row["isrc"] else [],
            "artist-credit": credit,
        },
    }


def _credit(name: str, chance: random.Random) -> dict[str, Any]:
    """One artist has one id, whoever tells of it."""
    artist = {
        "id": _id(random.Random(name)),
        "name": name,
        "sort-name": name,
        "disambiguation": "",
        "type": None,
    }
    return {"name": name, "joinphrase": "", "artist": artist}


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _tables(archive: Opened) -> dict[str, Any]:
    found: dict[str, dict[str, int]] = {}
    for segment, _ in archive.ledger.segments():
        one = found.setdefault(segment.name, {"rows": 0, "bytes": 0})
        one["rows"] += segment.rows
        one["bytes"] += (archive.folder / "catalog" / segment.path).stat().st_size
    return found


def _same(archive: Opened, dump: Path) -> dict[str, int]:
    """Some records as the archive gives them, beside the lines of the dump."""
    with archive.duck() as duck:
        sample = f"USING SAMPLE reservoir({_COMPARED} ROWS) REPEATABLE ({SEED})"
        kept = {
            record.partition(":")[2]: bytes(payload)
            for record, payload in duck.run(f"SELECT record, payload FROM records {sample}")
        }
    same = 0
    with dump.open("rb") as file:
        for line in file:
            # An id is the first key of each.
            if (found := kept.get(line[7:43].decode())) is not None:
                same += found == line.rstrip(b"\n")
    return {"records": len(kept), "byte_for_byte": same}


def _alone(dump: Path) -> float:
    with dump.open("rb") as file:
        part = file.read(_PART)
    return round(len(zstd.compress(part)) / len(part), 4)


def _line(*words: str) -> list[str]:
    return [sys.executable, "-m", "onrecord", *words]


def _command(*words: str) -> None:
    subprocess.run(_line(*words), check=True, stdout=subprocess.DEVNULL)
