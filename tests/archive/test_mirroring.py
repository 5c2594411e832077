# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror: another process over real BitTorrent on loopback; lies, old feeds and altered files are refused by name."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.editions import manifest_in, read_manifest
from onrecord.archive.exporting.disk import export_disk
from onrecord.archive.getting import get
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import (
    ArchiveLocked,
    DigestMismatch,
    MirrorFailed,
    OnrecordError,
    SignatureInvalid,
    SourceRefused,
)
from onrecord.mirror.session import Session
from onrecord.model.rights import Target
from onrecord.web.app import create_app
from tests.archive.feeds import feed_of, sign_again
from tests.archive.published_files import published_files
from tests.tones import write


@pytest.fixture
def origin(published: Archive) -> Archive:
    return published


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        yield made


def test_another_process_mirrors_everything_that_is_published(filled: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    # The other process lives by the real clock, and a feed is good for its time alone.
    origin = Archive(filled.folder)
    publish(origin)

    def onrecord(*arguments: str) -> dict[str, object]:
        command = [sys.executable, "-m", "onrecord", *arguments, "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    onrecord("init", str(folder))
    onrecord("mirror", "follow", feed_of(origin), "-C", str(folder))
    with Session() as session:
        seeding.seed(origin, session)
        peer = f"127.0.0.1:{session.port}"
        [report] = onrecord("mirror", "sync", "--peer", peer, "-C", str(folder))["editions"]  # type: ignore[misc]
        assert (report["files"], report["had"], report["refused"]) == (4, 0, 0)
        [again] = onrecord("mirror", "sync", "--peer", peer, "-C", str(folder))["editions"]  # type: ignore[misc]
        assert (again["files"], again["had"], again["downloaded"]) == (0, 4, 0)
    assert onrecord("check", "-C", str(folder))["bad"] == []
    with Archive.open(folder) as held:
        assert {row.sha256 for row in held.ledger.blobs()} <= {row.sha256 for row in origin.ledger.blobs()}
    ours, theirs = open_reader(origin.folder), open_reader(folder)
    for hit in theirs.search("piece"):
        if hit.kind == "recording":
            assert theirs.recording(hit.id).title == ours.recording(hit.id).title, (
                "canonical ids are the origin's"
            )
            assert theirs.recording(hit.id).sounds


def test_a_mirror_of_a_mirror(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    mirroring.follow(mirror, feed_of(origin))
    with Session() as session:
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
    with Archive.create(tmp_path / "second", "Second", origin.clock) as second, Session() as session:
        mirroring.follow(second, feed_of(origin))
        seeding.seed(mirror, session)
        [report] = mirroring.sync(second, [("127.0.0.1", session.port)])
        assert report.files == 4
        assert check(second).bad == []


def test_an_old_edition_in_a_new_feed_is_refused(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """Signed by the right keys, and newer than what was seen: only the edition's number goes back."""
    old = (origin.folder / "editions" / "feed" / "feed.json").read_bytes()
    license = "https://creativecommons.org/licenses/by/4.0/"
    write(tmp_path / "more" / "new.opus", seed=40, tags={"title": "New", "license": license})
    add(origin, [tmp_path / "more"])
    publish(origin)
    mirroring.follow(mirror, feed_of(origin))
    with Session() as session:
        seeding.seed(origin, session)
        [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
        assert report.number == 2
    sign_again(origin, {"feed.json": old})
    with pytest.raises(SignatureInvalid, match="from edition 2, got"):
        mirroring.sync(mirror, [("127.0.0.1", 1)])


def test_an_altered_torrent_beside_the_feed_is_refused(origin: Archive, mirror: Archive) -> None:
    mirroring.follow(mirror, feed_of(origin))
    torrent = origin.folder / "editions" / "feed" / "1.torrent"
    torrent.write_bytes(torrent.read_bytes()[:-1] + b"f")
    with pytest.raises(DigestMismatch, match="do not belong together"):
        mirroring.sync(mirror, [("127.0.0.1", 1)])


def test_nobody_there_is_said(origin: Archive, mirror: Archive) -> None:
    mirroring.follow(mirror, feed_of(origin))
    with pytest.raises(MirrorFailed, match="nothing came"):
        mirroring.sync(mirror, [("127.0.0.1", 1)], patience=0.5)


def test_a_damaged_blob_is_not_given_out(origin: Archive, mirror: Archive) -> None:
    sha256 = published_files(origin, 1)[0]
    row = origin.ledger.blob(sha256)
    assert row is not None
    path = origin.store.path(sha256, row.root)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    check(origin)
    mirroring.follow(mirror, feed_of(origin))
    with Session() as session:
        seeding.seed(origin, session)
        with pytest.raises(MirrorFailed, match=sha256[:12]):
            mirroring.sync(mirror, [("127.0.0.1", session.port)], patience=2)
    assert mirror.ledger.blob(sha256) is None


def test_a_feed_may_be_followed_over_http(origin: Archive, mirror: Archive) -> None:
    """The page serves the feed; the rest travels by BitTorrent."""
    import threading

    from onrecord.web.serve import prepare

    ready: list[str] = []
    server = prepare(open_reader(origin.folder), "127.0.0.1", 0, ready.append)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not ready:
            thread.join(0.05)
        followed = mirroring.follow(mirror, f"{ready[0].rstrip('/')}/feed/feed.json")
        assert followed.archive == origin.id
        with Session() as session:
            seeding.seed(origin, session)
            [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
        assert report.files == 4
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("archive", "../../victim"),
        ("archive", "/etc"),
        ("number", 0),
        ("torrent", "../1.torrent"),
        ("format", 99),
    ],
)
def test_a_signed_feed_with_a_hostile_name_touches_nothing(
    origin: Archive, mirror: Archive, field: str, value: object
) -> None:
    feed = Path(feed_of(origin))
    body = json.loads(feed.read_bytes()) | {field: value}
    sign_again(origin, {"feed.json": json.dumps(body).encode()})
    before = sorted(path for path in mirror.folder.parent.rglob("*"))
    with pytest.raises(OnrecordError):
        mirroring.follow(mirror, str(feed))
    assert sorted(path for path in mirror.folder.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../../etc", "onrecord-x", "/etc/passwd"])
def test_a_manifest_with_a_hostile_volume_is_refused(origin: Archive, name: str) -> None:
    folder = origin.folder / "editions" / "1"
    body = json.loads((folder / "manifest.json").read_bytes())
    body["volumes"][0]["name"] = name
    (folder / "manifest.json").write_bytes(json.dumps(body).encode())
    with pytest.raises(SourceRefused, match="volume"):
        manifest_in(folder)


def test_two_editions_of_one_archive_are_mirrored_and_seeded(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    """A volume outlives its edition; the mirror seeds it once, and takes the new edition's word for the old one's."""
    mirroring.follow(mirror, feed_of(origin))
    with Session() as session:
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
    license = "https://creativecommons.org/licenses/by/4.0/"
    write(tmp_path / "more" / "new.opus", seed=40, tags={"title": "New", "license": license})
    add(origin, [tmp_path / "more"])
    publish(origin)
    with Session() as session:
        seeding.seed(origin, session)
        [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
    assert (report.number, report.files, report.had) == (2, 1, 4)
    with Session() as session:
        names = seeding.seed(mirror, session)
        assert len(names) == len(set(names)) == 3, "the edition's papers and two volumes"
    assert check(mirror).bad == []
    reader = open_reader(mirror.folder)
    [new] = reader.search("New")
    assert new.title == "New" and reader.glance().blobs == 5
    # Which volume of whose edition it came in is told, with how to get it, until something in that is withdrawn here.
    [sound] = reader.recording(new.id).sounds
    [entry] = [it for it in read_manifest(origin, 2).volumes if it.name == sound.volume]
    assert (sound.edition, sound.edition_of) == (
        2,
        origin.settings.archive.name,
    ) and entry.magnet == sound.magnet
    page = TestClient(create_app(reader)).get(f"/recording/{new.id}").text
    assert f"edition 2 of <bdi>{sound.edition_of}</bdi>, which is mirrored here" in page
    papers = mirror.folder / "mirrored" / origin.id / "2"
    for name in ("dataset", "manifest.json"):  # while a sync puts what came to harm in its place again
        (papers / name).rename(tmp_path / "away")
        again = open_reader(mirror.folder)
        assert [(it.edition, it.magnet) for it in again.recording(new.id).sounds] == [(0, "")]
        (tmp_path / "away").rename(papers / name)
    one, other, *_ = [hit.id for hit in reader.browse(("recording",)).hits if hit.id != new.id]
    assert reader.recording(one).sounds[0].magnet == reader.recording(other).sounds[0].magnet != ""
    withdraw(mirror, Target("recording", one), by="Ada", text="not here")
    assert [reader.recording(id).sounds[0].magnet for id in (other, new.id)] == ["", sound.magnet]


def test_a_strangers_ruling_is_no_ruling_of_ours(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """An edition may carry whatever it likes; only licenses count, and only under the stranger's name."""
    mirroring.follow(mirror, feed_of(origin))
    with Session() as session:
        seeding.seed(origin, session)
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
    with mirror.duck() as duck:
        sources = {source for (source,) in duck.run("SELECT DISTINCT source FROM links")}
        ours = {evidence for (evidence,) in duck.run("SELECT evidence FROM links WHERE source = ''")}
        claimed = {source for (source,) in duck.run("SELECT DISTINCT source FROM tracks")}
    assert sources == {"", f"archive:{origin.id}"}
    facts = [mirror.ledger.fact(evidence) for evidence in ours]
    assert facts and all(fact and fact.origin.startswith("tag:") for fact in facts), (
        "read from the bytes, here"
    )
    assert claimed == {"file", f"archive:{origin.id}"}


def test_others_write_while_a_sync_fetches(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    """The write lock is taken to write alone; a second run that fetches is refused by a lock of its own."""
    export_disk(origin, tmp_path / "disk")
    mirroring.follow(mirror, feed_of(origin))
    license = "https://creativecommons.org/licenses/by/4.0/"
    write(tmp_path / "own" / "own.flac", seed=77, tags={"title": "Own", "license": license})
    wrote: list[int] = []

    def meanwhile(name: str, state: object) -> None:
        if wrote:
            return
        with Archive.open(mirror.folder, mirror.clock) as other:
            wrote.append(add(other, [tmp_path / "own"], held_as="owner").new)
            for run in (
                lambda: mirroring.sync(other, [], disk=tmp_path / "disk"),
                lambda: get(other, "ab" * 32),
                lambda: mirroring.follow(other, feed_of(origin)),
            ):
                with pytest.raises(ArchiveLocked, match="is fetching from mirrors"):
                    run()

    [report] = mirroring.sync(mirror, [], progress=meanwhile, disk=tmp_path / "disk")
    assert (wrote, report.files) == ([1], 4)
    assert check(mirror).bad == []
    assert [hit.title for hit in open_reader(mirror.folder).search("Own")] == ["Own"]
    [again] = mirroring.sync(mirror, [], disk=tmp_path / "disk")
    assert (again.files, again.had) == (0, 4)


def test_a_sync_is_refused_where_somebody_writes_for_long(origin: Archive, mirror: Archive) -> None:
    mirroring.follow(mirror, feed_of(origin))
    with (
        Archive.open(mirror.folder, mirror.clock) as other,
        other.writing(),
        pytest.raises(ArchiveLocked, match="is writing to this archive"),
    ):
        mirroring.sync(mirror, [("127.0.0.1", 1)])
