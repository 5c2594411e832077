# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `onrecord publish` needs as files become more: memory and CPU of the whole command, on archives whose files do
not exist. Digest records, sound, tags and evidence are made up; publishing reads no sound, so nothing else is missed.

A tenth of the files is published first, then all, so that the second edition keeps the volumes of the first. The engine
has a gigabyte: what grows beside it is ours.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from editions_records import WHOLE, record
from measure import cost, progress

from onrecord.archive import Archive
from onrecord.archive.batch import FILE, Batch
from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.catalog.tables import DepositRow, FileRow, SoundRow
from onrecord.model.records import ArtistClaim, Claims, ReleaseClaim, TrackClaim
from onrecord.model.rights import Evidence, Says

PORTION: Final = 20_000
ALBUM: Final = 12
LICENSES: Final = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CC-BY-3.0")


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    found = [_size(folder / f"publish-{files}", files) for files in (size // 4, size)]
    small, large = (one["all"] for one in found)
    more = large["files"] - small["files"]
    grown = large["peak_memory_bytes"] - small["peak_memory_bytes"]
    return {
        "sizes": found,
        "memory_bytes_a_file": round(grown / more, 1),
        "cpu_ms_a_file": round(1000 * large["cpu_s"] / large["files"], 3),
        "cpu_growth": round(large["cpu_s"] / small["cpu_s"] / (large["files"] / small["files"]), 2),
        "whole": WHOLE,
    }


def _size(place: Path, files: int) -> dict[str, Any]:
    if not (place / "onrecord.toml").exists():
        Archive.create(place, "Files that do not exist").close()
        with (place / "onrecord.toml").open("a", encoding="utf-8") as file:
            file.write('\n[work]\nmemory = "1GB"\n')
    return {
        "first": _published(place, files // 10),
        "all": _published(place, files),
        "again": _published(place, files),
    }


def _published(place: Path, files: int) -> dict[str, Any]:
    with Archive.open(place) as archive:
        for first in range(archive.ledger.blob_totals("sound")[0], files, PORTION):
            with archive.writing():
                _commit(archive, range(first, min(first + PORTION, files)))
            progress(f"{min(first + PORTION, files):,} of {files:,} files")
    command = [sys.executable, "-m", "onrecord", "-C", str(place)]
    matched = cost([*command, "match", "--json"])
    spent = cost([*command, "publish", "--json"])
    if matched["exit_code"] or spent["exit_code"]:
        raise SystemExit(
            f"bench: match and publish ended with {matched['exit_code']} and {spent['exit_code']}"
        )
    spent.pop("stdout")
    return {"files": files, **spent}


def _commit(archive: Archive, numbers: Sequence[int]) -> None:
    batch = Batch(archive.ledger)
    for number in numbers:
        file = record(number)
        digests, album = file.digests, number // ALBUM
        batch.rows["files"].append(
            FileRow(
                sha256=file.sha256,
                size=digests.size,
                blake3=digests.blake3,
                v2_root=digests.v2_root,
                v2_layer=digests.v2_layer,
                v1_pieces=digests.v1_pieces,
                v1_tail=digests.v1_tail,
                root="made",
                kind="sound",
            )
        )
        batch.rows["sounds"].append(_sound(file.sha256, number))
        name = f"album {album}/{number}.ogg"
        batch.rows["deposits"].append(
            DepositRow(
                sha256=file.sha256,
                name=name,
                path=name.encode(),
                size=digests.size,
                mtime_ns=0,
                inode=number,
                held_as="deposit",
            )
        )
        artist, title = f"Artist {album // 3}", f"Album {album}"
        release = f"{title}\x1f{artist}"
        track = TrackClaim(
            source=FILE,
            id=file.sha256,
            title=f"Piece {number}",
            artist=artist,
            artist_id=artist,
            release=title,
            release_id=release,
            position=number % ALBUM + 1,
            duration_ms=180_000 + number % 60_000,
            blob=file.sha256,
        )
        claims = Claims(
            [ArtistClaim(FILE, artist, artist)], [ReleaseClaim(FILE, release, title, artist=artist)], [track]
        )
        batch.claim(FILE, f"file:{file.sha256}", claims)
        license = LICENSES[album % len(LICENSES)]
        batch.link(
            file.sha256,
            [
                Evidence(says=Says.HELD, origin="depositor", text="deposit", held_as="deposit"),
                Evidence(
                    says=Says.LICENSE,
                    origin="debian-copyright",
                    text=f"Copyright: {artist}, {title}\nLicense: {license}",
                    license=license,
                    holder=artist,
                ),
            ],
            anew=True,
        )
    archive.commit("added", {"files": len(numbers), "held_as": "deposit"}, batch.rows, batch.evidence)


def _sound(sha256: str, number: int) -> SoundRow:
    return SoundRow(
        sha256=sha256,
        analyser=ANALYSER,
        version=VERSION,
        container="ogg",
        codec="vorbis",
        duration_samples=44_100 * 180,
        sample_rate=44_100,
        channels=2,
        bit_depth=None,
        bit_rate=160_000,
        loudness=-14.0,
        loudness_range=None,
        momentary_max=None,
        short_term_max=None,
        peak=0.9,
        true_peak=0.9,
        clipped_samples=0,
        dc_offset=0.0,
        silent_start=0,
        silent_end=0,
        silent_samples=0,
        cutoff=None,
        tempo=None,
        tempo_confidence=None,
        tempo_method="",
        musical_key="",
        musical_key_confidence=None,
        musical_key_method="",
        peaks=b"",
        fingerprint=b"",
        audio_sha256=sha256[::-1],
        suspicions="[]",
        faults="[]",
    )
