# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive of songs to look up: in three versions, twice, on a release with a barcode, in another script."""

from pathlib import Path

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from tests.archive.withdrawn import tune
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save

BARCODE = "5099749534728"


def make(folder: Path) -> Path:
    """Gives the archive's folder."""
    tracks = [("One Fine Day", 201_000), ("Two Hearts", 202_000)]
    answers = save(
        folder / "answers",
        album=release("Album", "Singer", tracks, barcode=BARCODE),
        wishes=recording("Three Wishes", "Singer", 203_000, isrcs=["GBAAA2600003"]),
        live=recording("Three Wishes (live)", "Singer", 243_000, isrcs=["GBAAA2600004"]),
        remaster=recording("Three Wishes - 2011 Remaster", "Singer", 203_900),
        echo=recording("Echo", "Singer", 100_000),
        echoes=recording("Echo", "Singer", 200_000, id=mbid("another echo")),
        flowers=recording("花は咲く", "歌手", 260_000),
    )
    with Archive.create(folder / "archive", "Songs", lambda: DAY) as archive:
        add(archive, [tune(folder / "music" / "tune.flac").parent], held_as="deposit")
        harvest(archive, "musicbrainz-json", answers)
        rematch(archive)
    return folder / "archive"
