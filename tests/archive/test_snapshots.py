# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: what readers need of an archive, on a machine that has nothing else of it."""

import asyncio
import json
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive, snapshot_copying, snapshots
from onrecord.archive.add import add
from onrecord.archive.changing_over import change_over
from onrecord.archive.doctoring import diagnose
from onrecord.archive.keyholding import signing_key
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader
from onrecord.archive.snapshot_copying import copy_database, copy_search
from onrecord.archive.snapshots import Snapshot, make, open_snapshot, verify_snapshot
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import (
    ArchiveLocked,
    DigestMismatch,
    IntegrityError,
    NewerFormat,
    OnrecordError,
    ReadersOnly,
    SignatureInvalid,
    UsageError,
)
from onrecord.model.rights import Target
from onrecord.publish.signing import Key, sign
from onrecord.search.rows import Rows
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role
from onrecord.web.app import ANYWHERE, create_app
from onrecord.web.changing import Changing, Page
from onrecord.web.serve import config_of
from onrecord.web.site import site_of
from tests.conftest import DAY
from tests.tones import write


def test_a_machine_without_claims_serves_search_and_pages(published: Archive, tmp_path: Path) -> None:
    with published.writing():  # somebody writes meanwhile
        made = make(published, tmp_path / "snapshot")
    assert made.seq == published.log.next_seq - 1 and made.archive == published.id
    here = Reader(published.folder)
    moved = shutil.move(tmp_path / "snapshot", tmp_path / "carried")
    open_snapshot(Path(moved), tmp_path / "reader", signing_key(published).public)
    there = Reader(tmp_path / "reader")
    hits = here.browse(("recording",)).hits
    assert there.browse() == here.browse() and len(hits) >= 6
    title, recordings = hits[0].title, [hit.id for hit in hits]
    assert there.search(title) == here.search(title) != []
    assert there.glance().recordings == here.glance().recordings > 0
    assert there.editions() == here.editions() != []
    view = there.recording(recordings[0])
    assert view.claims == here.recording(recordings[0]).claims
    assert [sound.state for sound in view.sounds] == ["elsewhere"]

    app = create_app(there, site=site_of(tmp_path / "reader"))
    with TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 5000)) as client:
        assert client.get("/search", params={"q": title}).status_code == 200
        page = client.get(f"/recording/{recordings[0]}").text
        assert "No sound is here" in page and "<audio" not in page
        assert client.get(f"/api/recording/{recordings[0]}/sound").status_code == 404
        for path in (
            "/",
            "/editions",
            "/explore",
            "/sitemap.xml",
            "/feeds/recent.atom",
            "/readyz",
            "/refused",
        ):
            assert client.get(path).status_code in (200, 404), path
        assert client.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").text.count("<identifier>") > 1


def test_nothing_is_written_to_a_snapshot(published: Archive, tmp_path: Path) -> None:
    make(published, tmp_path / "snapshot")
    open_snapshot(tmp_path / "snapshot", tmp_path / "reader")
    with Archive.open(tmp_path / "reader", lambda: DAY) as reader:
        with pytest.raises(ReadersOnly, match="takes nothing that is new"):
            rematch(reader)
        with pytest.raises(ReadersOnly, match="has no claims"), reader.duck():
            pass
        assert is_matched(reader)
    assert not list((tmp_path / "reader").glob("*.sqlite-journal"))
    verify_snapshot(tmp_path / "snapshot")  # whoever reads has not changed what was linked
    settings = (tmp_path / "reader" / "onrecord.toml").read_text("utf-8")
    assert "keys" not in settings and 'roots = ["blobs"]' in settings


def test_a_server_of_a_link_changes_over_to_the_next_snapshot(published: Archive, tmp_path: Path) -> None:
    link, first, second = tmp_path / "reader", tmp_path / "first", tmp_path / "second"
    make(published, first)
    change_over(first, link, signing_key(published).public)
    [hit, *_] = Reader(link).browse(("recording",)).hits
    [sound, *_] = [sound.sha256 for sound in Reader(published.folder).recording(hit.id).sounds]

    def made(folder: Path) -> Page:
        return create_app(Reader(folder), site=site_of(folder))

    changing = Changing(link, made)
    with TestClient(changing, "http://127.0.0.1", client=("127.0.0.1", 5000)) as client:
        assert client.get(f"/recording/{hit.id}").status_code == 200 and not changing.look()
        withdraw(published, Target("blob", sound), by="the maker", text="asked")
        make(published, second)
        change_over(second, link)
        assert client.get(f"/recording/{hit.id}").status_code == 200, "the page still has one state"
        assert changing.look() and not changing.look()
        assert client.get(f"/recording/{hit.id}").status_code == 451, "the new one knows of the withdrawal"
        assert hit.id not in client.get("/search", params={"q": hit.title}).text
        assert client.get("/").status_code == 200
    [one, other] = tmp_path.glob("reader.*-*")  # servers may still be at the one before
    with Users(one) as users, Users(other) as theirs:
        users.add("ann", Role.OWNER, "a long password")
        assert [account.name for account in theirs.everybody()] == ["ann"], "accounts are this machine's"

    with socket.create_server(("127.0.0.1", 0)) as bound:
        served = [config_of(Reader(at), bound, ANYWHERE, site_of(at)).app for at in (link, one)]
    assert [isinstance(page, Changing) for page in served] == [True, False]

    with pytest.raises(SignatureInvalid, match="from entry 4 on, got entry 3"):
        change_over(first, link)
    with pytest.raises(UsageError, match="expected nothing, or a link"):
        change_over(second, first)
    diagnosis = diagnose(link)
    assert diagnosis.is_fit and "a snapshot for readers" in diagnosis.checked[-1].found


def test_a_copy_of_the_archive_that_went_its_own_way_does_not_take_the_place(
    published: Archive, tmp_path: Path
) -> None:
    """It has more entries, and knows nothing of what was withdrawn in the other."""
    link, first, second = tmp_path / "reader", tmp_path / "first", tmp_path / "second"
    shutil.copytree(published.folder, tmp_path / "copy")
    sound = next(iter(published.ledger.blobs())).sha256
    withdraw(published, Target("blob", sound), by="the maker", text="asked")
    make(published, first)
    change_over(first, link, signing_key(published).public)
    with Archive.open(tmp_path / "copy", published.clock) as copy:
        for number in range(3):
            copy.commit("decided", {"number": number}, {})
        make(copy, second)
    assert verify_snapshot(second).seq > verify_snapshot(first).seq
    with pytest.raises(SignatureInvalid, match="got another history"):
        change_over(second, link)


async def _chunks(changing: Changing, heard: list[bytes]) -> None:
    async def send(message: Any) -> None:
        heard.append(message["body"])

    receive: Any = None
    await changing({"type": "http"}, receive, send)


def test_a_request_under_way_ends_on_the_page_that_it_came_to(tmp_path: Path) -> None:
    goes_on = asyncio.Event()

    def made(folder: Path) -> Page:
        async def page(scope: Any, receive: Any, send: Any) -> None:
            await send({"body": folder.name.encode()})
            if folder.name == "old":
                await goes_on.wait()
                await send({"body": b"old, too"})

        if folder.name == "damaged":
            raise UsageError("damaged")
        return page

    link = tmp_path / "link"

    def lead_to(name: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(name)

    async def run() -> None:
        lead_to("old")
        changing = Changing(link, made)
        before, after = list[bytes](), list[bytes]()
        first = asyncio.create_task(_chunks(changing, before))
        while not before:
            await asyncio.sleep(0)
        lead_to("damaged")
        assert not changing.look() and not changing.look()
        lead_to("new")
        assert changing.look()
        await _chunks(changing, after)
        assert (before, after) == ([b"old"], [b"new"])
        goes_on.set()
        await first
        assert before == [b"old", b"old, too"]

    asyncio.run(run())


def damage(folder: Path) -> None:
    path = folder / "search" / "rows.sqlite"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.unlink()
    path.write_bytes(content)


def test_what_is_damaged_or_of_another_form_is_refused(published: Archive, tmp_path: Path) -> None:
    snapshot = make(published, tmp_path / "whole")
    key = signing_key(published)

    def refused(
        kind: type[OnrecordError], change: Callable[[Path], object], match: str, by: str = ""
    ) -> None:
        folder = tmp_path / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", folder)
        change(folder)
        with pytest.raises(kind, match=match):
            open_snapshot(folder, tmp_path / "reader", by)
        assert not (tmp_path / "reader").exists()

    def signed(**changes: object) -> Callable[[Path], None]:
        def write_it(folder: Path) -> None:
            said = json.loads((folder / "snapshot.json").read_bytes()) | changes
            content = json.dumps(said).encode()
            (folder / "snapshot.json").write_bytes(content)
            (folder / "snapshot.json.minisig").write_bytes(sign(content, key, "a test"))

        return write_it

    refused(DigestMismatch, damage, "rows.sqlite: expected SHA-256")
    refused(DigestMismatch, lambda folder: (folder / "ledger.sqlite").write_bytes(b""), "got 0")
    refused(IntegrityError, lambda folder: (folder / "ledger.sqlite").unlink(), "expected a file, got none")
    refused(IntegrityError, lambda folder: (folder / "log" / "more").touch(), "not of this snapshot")
    refused(SignatureInvalid, lambda folder: None, "expected key", Key.generate(bytes(32)).public)
    refused(SignatureInvalid, lambda folder: (folder / "snapshot.json").write_bytes(b"{}"), "not what key")
    refused(NewerFormat, signed(form=2), "form 2, expected 1")
    refused(UsageError, signed(forms={**snapshot.forms, "rows": 5}), "rows 5")
    hostile = {"search/../../outside": {"sha256": "0" * 64, "size": 0}}
    refused(IntegrityError, signed(files=hostile), "is no path of a snapshot")
    with pytest.raises(UsageError, match="empty or new"):
        make(published, tmp_path / "whole")


def test_a_snapshot_is_whole_while_others_match(
    filled: Archive, tmp_path: Path, clock: Callable[..., object]
) -> None:
    signing_key(filled)
    ended = threading.Event()

    def go_on() -> None:
        try:
            with Archive.open(filled.folder, lambda: DAY) as archive:
                for number in range(1):
                    write(
                        tmp_path / f"more{number}.flac",
                        number + 50,
                        3.0,
                        {"title": f"More {number}", "artist": "A"},
                    )
                    add(archive, [tmp_path / f"more{number}.flac"], held_as="owner")
                    rematch(archive)
        finally:
            ended.set()

    writer = threading.Thread(target=go_on)
    writer.start()
    made: list[Snapshot] = []
    try:
        while not ended.is_set() or not made:
            folder = tmp_path / f"snapshot{len(made)}"
            made.append(make(filled, folder))
            open_snapshot(folder, tmp_path / f"reader{len(made)}")
            rows = Rows(tmp_path / f"reader{len(made)}" / "search" / "rows.sqlite")
            found = Reader(tmp_path / f"reader{len(made)}").browse(("recording",), 100).hits
            assert len(found) == rows.count()["recording"] >= 6
    finally:
        writer.join()
    assert [each.seq for each in made] == sorted(each.seq for each in made)


def test_what_is_not_published_yet_is_left_out(published: Archive, tmp_path: Path) -> None:
    editions = published.folder / "editions"
    unfinished = (
        ".building-2/dataset/files.parquet",
        ".building-2/manifest.json",
        "2/manifest.json",
        "2.torrent",
        "volumes/onrecord-free-000000000000/bagit.txt",
        "feed/feed.json.part",
        "1.torrent.part",
    )
    for name in unfinished:
        (editions / name).parent.mkdir(parents=True, exist_ok=True)
        (editions / name).write_bytes(b"half")
    made = make(published, tmp_path / "snapshot")
    with (editions / ".building-2" / "manifest.json").open("ab") as file:
        file.write(b"and the other half")
    verify_snapshot(tmp_path / "snapshot")
    there = {path.relative_to(editions) for path in editions.rglob("*") if path.is_file()}
    kept = {str(path) for path in there} - set(unfinished)
    assert {path for path in made.files if path.startswith("editions/")} == {
        f"editions/{name}" for name in kept
    }
    assert {"1.torrent", "1/manifest.json", "feed/feed.json"} < kept


def test_a_copy_ends_while_somebody_commits_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = apsw.Connection(str(tmp_path / "busy.sqlite"))
    source.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF").fetchall()
    source.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
    before = 300
    source.executemany("INSERT INTO t VALUES (?, zeroblob(4000))", ((number,) for number in range(before)))
    pages = iter(range(3_000))

    class Committing:
        """So many pages, and a commit before each step."""

        def __index__(self) -> int:
            source.execute("INSERT INTO t (body) VALUES ('more')")
            assert next(pages, None) is not None, "it begins anew at each commit"
            return 16

    monkeypatch.setattr(snapshot_copying, "_PAGES", Committing())
    copy_database(tmp_path / "busy.sqlite", tmp_path / "copy.sqlite")
    [(copied,)] = apsw.Connection(str(tmp_path / "copy.sqlite")).execute("SELECT count(*) FROM t")
    assert before <= copied < before + 2


def test_an_index_that_is_replaced_while_it_is_looked_at_is_copied_again(
    published: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["text-replaced"])

    class Replaced(Rows):
        def text(self) -> str:
            return next(names, "") or super().text()

    monkeypatch.setattr(snapshot_copying, "Rows", Replaced)
    copy_search(published, tmp_path / "search")
    assert (tmp_path / "search" / Rows(tmp_path / "search" / "rows.sqlite").text() / "meta.json").is_file()


def test_two_that_open_a_snapshot_at_one_place(published: Archive, tmp_path: Path) -> None:
    make(published, tmp_path / "snapshot")
    with (
        snapshots._alone(tmp_path / "reader"),
        pytest.raises(ArchiveLocked, match="another process opens a snapshot there"),
    ):
        open_snapshot(tmp_path / "snapshot", tmp_path / "reader")
    open_snapshot(tmp_path / "snapshot", tmp_path / "reader")
    assert sorted(path.name for path in tmp_path.iterdir() if "reader" in path.name) == ["reader"]
