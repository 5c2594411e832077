# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in chunks: nothing lost, nothing doubled, whatever a worker does; what a killed run finished is not redone."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.chunk import Blobs, Group
from onrecord.archive.chunks import assemble
from onrecord.archive.filework import FileWork, Hands, Inline
from onrecord.errors import OnrecordError
from onrecord.publish.volume import Volume, VolumeFile, name_for
from tests.archive.test_checking import flip

Blob = tuple[str, str, int]
MOST = (2, 1 << 30)


@pytest.fixture
def blobs(archive: Archive) -> list[Blob]:
    """Seven small blobs."""
    staged = [archive.store.stage_bytes(bytes([number]) * 100) for number in range(7)]
    archive.store.commit(staged)
    return [(each.digests.sha256, each.root, each.size) for each in staged]


def states(work: FileWork, blobs: Iterable[Blob]) -> list[tuple[str, str]]:
    return sorted((row["sha256"], row["state"]) for _, rows in work.over(blobs, MOST) for row in rows)


def begun(work: FileWork) -> int:
    return len((work.folder / "attempts").read_text().splitlines())


class Losing(Inline):
    """Loses the answer to every second chunk, once."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        answer = super().answer()
        if answer["id"] in (1, 3, 5):
            self.lost += 1
            return {"id": answer["id"], "error": "executor lost"}
        return answer


class Late(Inline):
    """Hands the first chunk in when everything else is done, long after it was given to somebody else."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[dict[str, Any]] = []
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        if self._done and self._done[0]["id"] == 1:
            self._kept.append(self._done.pop(0))
        if self._number > 4 and self._kept:
            return self._kept.pop()
        if self._done:
            return self._done.pop(0)
        self.now += 86_400
        return {}


class Never(Inline):
    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        return {"id": super().answer()["id"], "error": "no such disk"}


@pytest.mark.parametrize("hands", [Inline, Losing, Late])
def test_each_file_is_answered_once(archive: Archive, blobs: list[Blob], hands: type[Inline]) -> None:
    used: Hands = hands()
    clock = used.clock if isinstance(used, Late) else time.monotonic
    with FileWork(archive, "verify", used, clock=clock) as work:
        assert states(work, blobs) == sorted((sha256, "ok") for sha256, _, _ in blobs)
        assert begun(work) == 4 + (used.lost if isinstance(used, Losing) else hands is Late)
    assert not work.folder.exists()


def test_what_a_killed_run_finished_is_not_done_again(archive: Archive, blobs: list[Blob]) -> None:
    with pytest.raises(KeyboardInterrupt), FileWork(archive, "verify", Inline()) as work:
        for number, (_, rows) in enumerate(work.over(blobs, MOST)):
            assert list(rows)
            if number == 1:
                raise KeyboardInterrupt
    [kept, other] = sorted(work.folder.glob("*.parquet"))
    # What was cut off or altered since is no result.
    kept.write_bytes(kept.read_bytes()[:-9])
    with FileWork(archive, "verify", Inline()) as work:
        assert states(work, blobs) == sorted((sha256, "ok") for sha256, _, _ in blobs)
        assert begun(work) == 3 and work.earlier == 2
    assert other != kept


def test_a_chunk_that_cannot_be_done_is_named(archive: Archive, blobs: list[Blob]) -> None:
    with (
        pytest.raises(OnrecordError, match=r"the first \w{64}\) failed 5 times: no such disk"),
        FileWork(archive, "verify", Never()) as work,
    ):
        states(work, blobs)


def test_a_chunk_travels_as_text_and_keeps_its_name(archive: Archive, blobs: list[Blob]) -> None:
    work = FileWork(archive, "verify")
    [chunk] = work._chunks(blobs, (100, 1 << 30))
    back = msgspec.json.decode(chunk.text, type=Blobs, dec_hook=lambda _, path: Path(path))
    assert back.digest == chunk.digest and list(back.disks) == archive.store.roots
    other = [*blobs[:-1], (blobs[-1][0], blobs[-1][1], 1)]
    assert [each.digest for each in work._chunks(other, (100, 1 << 30))] != [chunk.digest]


def test_a_volume_is_the_same_whoever_assembles_it(archive: Archive) -> None:
    staged = [archive.store.stage_bytes(bytes([number]) * 100) for number in range(3)]
    listed = sorted(
        (VolumeFile(it.digests.sha256, "flac", it.digests) for it in staged), key=lambda it: it.sha256
    )
    papers = {"CREDITS.md": b"by nobody"}
    groups = [
        Group(
            "assemble",
            name_for("all", files, papers),
            "all",
            files,
            papers,
            "hybrid",
            ("https://seed.example/",),
        )
        for files in (listed[:2], listed[2:])
    ]
    with FileWork(archive, "assemble", Inline()) as work:
        made = {group.name: [msgspec.msgpack.decode(row["volume"], type=Volume) for row in rows]
                for group, rows in work.each(groups)}  # fmt: skip
    assert made == {group.name: [assemble(group)] for group in groups}


def test_what_a_task_finds_damaged_is_read_again_before_it_is_set_aside(filled: Archive) -> None:
    """The machine that read it may have had another disk before it."""
    sounds: Sequence[Any] = [blob for blob in filled.ledger.blobs() if blob.kind == "sound"]
    with pytest.raises(KeyboardInterrupt), FileWork(filled, "verify", Inline()) as work:
        paths = [filled.store.path(blob.sha256, blob.root) for blob in sounds[:2]]
        whole = paths[0].read_bytes()
        for path in paths:
            flip(path)
        blobs = [(blob.sha256, blob.root, blob.size) for blob in filled.ledger.blobs()]
        for _ in work.over(blobs):
            paths[0].write_bytes(whole)
            raise KeyboardInterrupt
    report = check(filled)
    assert report.earlier == len(blobs)
    assert [(bad.what, bad.state) for bad in report.bad] == [(sounds[1].sha256, "flipped")]
    assert check(filled).earlier == 0
