# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files stand in a volume follows from their sizes alone, and is what libtorrent reads in its torrent."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import libtorrent as lt
import pytest

from onrecord.engine.duck import Duck
from onrecord.model.digests import PIECE, Digests
from onrecord.publish.dataset import Published, lay_out, load_published
from onrecord.publish.volume import VolumeFile, build
from onrecord.rights.credit import Credit
from onrecord.store.digest import digest

SIZES = (1, 5, PIECE - 1, PIECE, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7)


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    made = Duck(tmp_path, threads=1)
    yield made
    made.close()


def blob(number: int, size: int) -> Digests:
    return digest(io.BytesIO(bytes([number]) * size).readinto)


@pytest.mark.parametrize("form", ["hybrid", "v2"])
@pytest.mark.parametrize("credits", [10, PIECE, PIECE + 1])
def test_places_are_those_of_the_torrent(duck: Duck, form: Literal["hybrid", "v2"], credits: int) -> None:
    blobs = [blob(number, size) for number, size in enumerate(SIZES)]
    files = [VolumeFile(item.sha256, "flac", item) for item in blobs]
    papers = {"CREDITS.md": b"c" * credits, "SIGNALS.json": b"{}", "LICENSE-MIT.txt": b"l" * 99}
    volume = build("onrecord-x-0123456789ab", files, papers=papers, form=form)
    listed = [
        Published(item.sha256, "r", volume.torrent.name, "flac", "MIT", Credit("", "")) for item in blobs
    ]
    load_published(duck, listed)
    columns = {"sha256": "VARCHAR", "size": "BIGINT", "v2_root": "BLOB"}
    duck.table("files", columns, [(item.sha256, item.size, item.v2_root) for item in blobs])
    lay_out(duck, {volume.torrent.name: {name: len(text) for name, text in volume.tag_files.items()}})
    layout = lt.load_torrent_buffer(volume.torrent.metainfo).ti.layout()
    said = {
        layout.file_path(number).split("/", 1)[1]: (
            number,
            layout.file_offset(number),
            layout.file_size(number),
        )
        for number in range(layout.num_files())
    }
    rows = duck.run('SELECT path, number, "offset", size, first_piece FROM places')
    assert len(rows) == len(SIZES)
    for path, number, offset, size, first in rows:
        assert (number, offset, size) == said[path]
        assert offset == first * PIECE
