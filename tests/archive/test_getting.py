# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One track of a followed archive, by page or swarm: that file alone, verified, and only where the gate says yes."""

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.getting import get
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import FeedExpired, IsWithdrawn, MirrorFailed, NotFound, UsageError
from onrecord.ledger import BlobRow
from onrecord.mirror.session import Session
from onrecord.model.digests import PIECE
from onrecord.model.rights import Target
from tests.archive.feeds import feed_of
from tests.archive.pages import between, page
from tests.archive.withdrawn import tagged
from tests.conftest import DAY
from tests.tones import write


def _long_and_short(folder: Path) -> None:
    free = tagged("Long")
    write(folder / "music" / "long.flac", 5, 60.0, free)
    write(folder / "music" / "short.flac", 6, 1.0, {**free, "title": "Short"})
    with Archive.create(folder / "origin", "Origin", lambda: DAY) as made:
        add(made, [folder / "music"], held_as="owner")
        rematch(made)
        publish(made)


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """An edition with a file of several pieces and a small one."""
    with Archive.open(made_once(_long_and_short) / "origin", clock) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    """Follows the origin, and holds nothing of it yet."""
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def row_of(archive: Archive, title: str) -> tuple[str, BlobRow]:
    """The recording of this title, and its file."""
    reader = open_reader(archive.folder)
    [hit] = [hit for hit in reader.search(title) if hit.kind == "recording"]
    row = archive.ledger.blob(reader.recording(hit.id).sounds[0].sha256)
    assert row is not None
    return hit.id, row


def sounds(archive: Archive) -> set[str]:
    return {row.sha256 for row in archive.ledger.blobs() if row.kind == "sound"}


def test_one_track_comes_from_a_page_without_the_rest(origin: Archive, mirror: Archive) -> None:
    recording, row = row_of(origin, "Short")
    with page(origin) as address:
        [got] = get(mirror, recording, [address])
        [again] = get(mirror, recording, [address])
    assert (got.sha256, got.recording, got.refused) == (row.sha256, recording, "")
    assert (got.received, again.received) == (row.size, 0)
    assert sounds(mirror) == {row.sha256}
    assert check(mirror).bad == []
    assert open_reader(mirror.folder).recording(recording).title == "Short"


def test_the_page_of_the_feed_is_asked_where_none_is_named(origin: Archive, tmp_path: Path) -> None:
    recording, row = row_of(origin, "Short")
    with page(origin) as address, Archive.create(tmp_path / "other", "Other", origin.clock) as other:
        mirroring.follow(other, f"{address}/feed/feed.json")
        [got] = get(other, recording)
        assert (got.sha256, sounds(other)) == (row.sha256, {row.sha256})


def test_one_file_comes_from_the_swarm_by_its_digest(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Long")
    with Session() as session:
        seeding.seed(origin, session)
        [got] = get(mirror, row.sha256.upper(), peers=[("127.0.0.1", session.port)])
    assert got.received == row.size
    assert sounds(mirror) == {row.sha256}
    assert check(mirror).bad == []


def test_what_no_page_has_comes_from_the_swarm(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Short")
    with Session() as session:
        seeding.seed(origin, session)
        [got] = get(mirror, row.sha256, ["http://127.0.0.1:9"], [("127.0.0.1", session.port)])
    assert got.refused == "" and sounds(mirror) == {row.sha256}


def test_a_liar_is_named_and_the_next_goes_on_from_there(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Long")
    last = row.size // PIECE * PIECE
    came: list[int] = []

    def lie(path: str, body: bytes) -> bytes:
        return body[:-1] + bytes([body[-1] ^ 1]) if path.startswith("/exchange/") else body

    def listen(path: str, body: bytes) -> bytes:
        if path.startswith("/exchange/"):
            came.append(len(body))
        return body

    with page(origin) as address, between(address, lie) as liar, between(address, listen) as honest:
        [got] = get(mirror, row.sha256, [liar, honest])
    assert got.liars == (liar,)
    assert came == [row.size - last], "what was right in the lie is not fetched again"
    assert check(mirror).bad == []


def test_where_all_lie_nothing_is_kept(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Short")

    def lie(path: str, body: bytes) -> bytes:
        return bytes([body[0] ^ 1]) + body[1:] if path.startswith("/exchange/") else body

    with (
        page(origin) as address,
        between(address, lie) as liar,
        pytest.raises(MirrorFailed, match=f"{liar}: piece 0 .* is not what its torrent says"),
    ):
        get(mirror, row.sha256, [liar])
    assert sounds(mirror) == set()


def test_a_changed_paper_of_the_edition_is_refused(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Short")

    def lie(path: str, body: bytes) -> bytes:
        return bytes([body[0] ^ 1]) + body[1:] if path.endswith("evidence.parquet") else body

    with page(origin) as address, between(address, lie) as liar:
        by_name = f"edition 1: dataset/evidence.parquet .*{liar}: piece 0 .* is not what its torrent says"
        with pytest.raises(MirrorFailed, match=by_name) as told:
            get(mirror, row.sha256, [liar])
    assert "--from" in told.value.hint and "disk" not in told.value.message
    assert mirror.ledger.mirrored() == [] and sounds(mirror) == set()


def test_what_was_withdrawn_meanwhile_is_refused_by_this_archives_own_gate(
    origin: Archive, mirror: Archive
) -> None:
    long, row = row_of(origin, "Long")
    short, _ = row_of(origin, "Short")
    with page(origin) as address:
        get(mirror, short, [address])
        withdraw(origin, Target("recording", long), by="Some Makers", text="please")
        [got] = get(mirror, long, [address])
    assert (got.refused, got.received) == ("R-WITHDRAWN", 0)
    assert row.sha256 not in sounds(mirror)


def test_what_the_newest_edition_lacks_because_it_was_withdrawn_is_said(
    origin: Archive, mirror: Archive
) -> None:
    """The edition bears a tombstone, the signed list the digest: neither is called unknown."""
    long, row = row_of(origin, "Long")
    withdraw(origin, Target("recording", long), by="Some Makers", text="please")
    publish(origin)
    with page(origin) as address:
        for thing in (long, row.sha256):
            with pytest.raises(IsWithdrawn, match=f"withdrawn by archive {origin.id}"):
                get(mirror, thing, [address])
        with pytest.raises(NotFound):
            get(mirror, "ab" * 32, [address])
    assert row.sha256 not in sounds(mirror)


def test_an_archive_that_does_not_answer_keeps_nobody_from_the_next(origin: Archive, tmp_path: Path) -> None:
    short, row = row_of(origin, "Short")
    with (
        page(origin) as address,
        Archive.create(tmp_path / "gone", "Gone", origin.clock) as gone,
        Archive.create(tmp_path / "both", "Both", origin.clock) as both,
    ):
        publish(gone)
        for archive in (gone, origin):
            mirroring.follow(both, feed_of(archive))
        shutil.rmtree(feed_folder(gone.folder))
        [got] = get(both, short, [address])
        assert (got.archive, sounds(both)) == (origin.id, {row.sha256})
        with pytest.raises(NotFound, match=str(gone.folder)):
            get(both, "ab" * 32, [address])


def test_others_write_while_a_track_comes(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    _, row = row_of(origin, "Long")
    write(tmp_path / "own" / "own.flac", 77, 1.0, tagged("Own"))
    wrote: list[int] = []

    def meanwhile(name: str, state: object) -> None:
        if not wrote:
            with Archive.open(mirror.folder, mirror.clock) as other:
                wrote.append(add(other, [tmp_path / "own"], held_as="owner").new)

    with page(origin) as address:
        [got] = get(mirror, row.sha256, [address], progress=meanwhile)
    assert (got.received, wrote) == (row.size, [1])
    assert check(mirror).bad == []


def test_a_damaged_file_is_made_whole(origin: Archive, mirror: Archive) -> None:
    _, row = row_of(origin, "Short")
    with page(origin) as address:
        get(mirror, row.sha256, [address])
        held = mirror.ledger.blob(row.sha256)
        assert held is not None
        mirror.store.path(row.sha256, held.root).unlink()
        assert [bad.what for bad in check(mirror).bad] == [row.sha256]
        [got] = get(mirror, row.sha256, [address])
    assert got.received == row.size
    assert check(mirror).bad == []


def test_a_later_sync_brings_the_rest(origin: Archive, mirror: Archive) -> None:
    short, _ = row_of(origin, "Short")
    with page(origin) as address, Session() as session:
        get(mirror, short, [address])
        seeding.seed(origin, session)
        [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
    assert (report.files, report.had) == (1, 1)
    assert sounds(mirror) == sounds(origin)


def test_nothing_is_got_of_an_expired_feed(origin: Archive, mirror: Archive) -> None:
    short, _ = row_of(origin, "Short")
    later = origin.clock() + dt.timedelta(days=4000)
    with (
        page(origin) as address,
        Archive.open(mirror.folder, lambda: later) as late,
        pytest.raises(FeedExpired),
    ):
        get(late, short, [address])


@pytest.mark.parametrize("thing", ["r" + "0" * 16, "ab" * 32, "' OR 1=1 --", ""])
def test_what_nobody_has_is_said(origin: Archive, mirror: Archive, thing: str) -> None:
    with page(origin) as address, pytest.raises(NotFound, match="no edition of a followed archive"):
        get(mirror, thing, [address])


def test_nobody_is_followed(origin: Archive) -> None:
    with pytest.raises(UsageError, match="no archive is followed"):
        get(origin, "ab" * 32)


def test_the_command_says_what_came(origin: Archive, mirror: Archive) -> None:
    short, row = row_of(origin, "Short")
    with page(origin) as address:
        command = ["mirror", "get", short, "--from", address, "-C", str(mirror.folder), "--json", "--quiet"]
        done = subprocess.run([sys.executable, "-m", "onrecord", *command], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    [file] = json.loads(done.stdout)["files"]
    assert (file["sha256"], file["received"], file["liars"]) == (row.sha256, row.size, [])
