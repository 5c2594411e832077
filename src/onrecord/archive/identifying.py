# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names a file by its sound alone, from the archive's own fingerprints; nothing is asked of anybody else."""

from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord import audio
from onrecord.archive.core import Archive
from onrecord.archive.ingest import limits_of
from onrecord.archive.same_sound import open_index, similar
from onrecord.catalog.pages import RecordingBody
from onrecord.model.sound import Fault
from onrecord.search.rows import Rows


class Likeness(Struct, frozen=True):
    """A held file that sounds like the one that was asked about, with the recording that it holds ("" where none does).

    `error` is the share of differing bits at the best alignment: about 0.02 for a re-encoding, 0 for the same samples.
    `name` and `seconds` are the file's own.
    """

    sha256: str
    error: float
    name: str
    seconds: float
    recording: str
    title: str
    artist: str


class Identified(Struct, frozen=True):
    """The answer on one file: what sounds like it, nearest first, or why it has no sound."""

    path: str
    seconds: float
    matches: tuple[Likeness, ...]
    fault: Fault | None = None


def identify(archive: Archive, path: Path) -> Identified:
    """Which held recordings sound like a file. The file is decoded confined, like any other, and not kept."""
    limits = limits_of(archive)
    size = path.stat().st_size
    probe = audio.probe(path, seconds=limits.seconds_for(size), memory=limits.memory)
    if probe.sound is None:
        fault = probe.faults[-1] if probe.faults else Fault("not-sound", "nothing in it can be decoded")
        return Identified(str(path), 0.0, (), fault)
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    found = sorted(similar(open_index(archive), probe.sound.fingerprint), key=lambda item: (item[1], item[0]))
    return Identified(
        str(path), probe.sound.seconds, tuple(_likeness(rows, sha256, error) for sha256, error in found)
    )


def _likeness(rows: Rows, sha256: str, error: float) -> Likeness:
    row = rows.holder(sha256)
    sounds = msgspec.json.decode(row.body, type=RecordingBody).sounds if row else []
    held = next((sound for sound in sounds if sound.sha256 == sha256), None)
    return Likeness(
        sha256=sha256,
        error=round(error, 4),
        name=held.names[0] if held and held.names else "",
        seconds=held.duration_samples / held.sample_rate if held else 0.0,
        recording=row.id if row else "",
        title=row.title if row else "",
        artist=row.subtitle if row else "",
    )
