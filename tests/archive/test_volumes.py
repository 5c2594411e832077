# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of an archive: shelves, v2 only, addresses; what a withdrawal does to them, and what other programs read."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit
import libtorrent as lt
import pytest
import uvicorn
from starlette.testclient import TestClient

from onrecord.archive import Archive, mirroring, newest_editions, seeding
from onrecord.archive.add import add
from onrecord.archive.editions import read_manifest, tags_of
from onrecord.archive.keyholding import signing_key
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import ConfigError
from onrecord.mirror.session import Session
from onrecord.model.digests import BLOCK
from onrecord.model.rights import Target
from onrecord.publish import bencode
from onrecord.publish.contents import read
from onrecord.publish.edition import VolumeEntry
from onrecord.web.app import create_app
from tests.archive.test_publishing import shape
from tests.tones import write

_BY = "https://creativecommons.org/licenses/by/4.0/"
_ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"


def say(archive: Archive, **settings: object) -> Archive:
    """The archive with other settings of [publish]."""
    archive.ledger.close()
    path = archive.folder / "onrecord.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    path.write_text("\n".join([path.read_text(), "[publish]", *lines, ""]))
    return Archive.open(archive.folder, archive.clock)


def volumes(archive: Archive, number: int) -> dict[str, VolumeEntry]:
    return {entry.name: entry for entry in read_manifest(archive, number).volumes}


def torrent_of(archive: Archive, number: int, entry: VolumeEntry) -> bytes:
    return (archive.folder / "editions" / str(number) / entry.path).read_bytes()


def payload(archive: Archive, number: int, entry: VolumeEntry) -> dict[str, bytes]:
    """The v2 root of each file of sound, by its digest."""
    files = read(torrent_of(archive, number, entry)).files
    return {file.path[1].partition(".")[0]: file.root for file in files if file.path[0] == "data"}


def laid_out(archive: Archive, number: int, entry: VolumeEntry, into: Path) -> Path:
    """A volume as a client would have it on its disk."""
    root, tags = into / entry.name, tags_of(archive.folder / "editions", entry.name)
    for file in read(torrent_of(archive, number, entry)).files:
        place = root.joinpath(*file.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.path[0] == "data":
            row = archive.ledger.blob(file.path[1].partition(".")[0])
            assert row is not None
            shutil.copyfile(archive.store.path(row.sha256, row.root), place)
        else:
            shutil.copyfile(tags.joinpath(*file.path), place)
    return root


# Shelves, forms, addresses ---------------------------------------------------------------------------------------


def test_shelves_are_what_the_settings_say_and_old_volumes_stay(published: Archive, tmp_path: Path) -> None:
    [first] = volumes(published, 1).values()
    assert first.shelf == "cc-by-4-0"
    write(tmp_path / "more" / "zero.opus", seed=41, tags={"title": "Zero", "license": _ZERO})
    write(tmp_path / "more" / "by.opus", seed=42, tags={"title": "By", "license": _BY})
    add(published, [tmp_path / "more"])
    with say(published, shelves=["license", "collection"]) as archive:
        publish(archive)
        second = volumes(archive, 2)
    assert second.pop(first.name) == first
    assert {entry.shelf for entry in second.values()} == {"deposits-cc0-1-0", "deposits-cc-by-4-0"}
    assert {entry.files for entry in second.values()} == {1}


def test_one_shelf_for_all_is_a_choice_too(filled: Archive, tmp_path: Path) -> None:
    write(tmp_path / "more" / "zero.opus", seed=41, tags={"title": "Zero", "license": _ZERO})
    add(filled, [tmp_path / "more"])
    with say(filled, shelves=[]) as archive:
        publish(archive)
        [entry] = volumes(archive, 1).values()
    assert (entry.shelf, entry.files) == ("all", 5)


def test_what_came_from_another_archive_has_a_shelf_of_its_own(published: Archive, tmp_path: Path) -> None:
    with Archive.create(tmp_path / "mirror", "Mirror", published.clock) as mirror, Session() as session:
        seeding.seed(published, session)
        mirroring.follow(mirror, str(published.folder / "editions" / "feed" / "feed.json"))
        mirroring.sync(mirror, [("127.0.0.1", session.port)])
        write(tmp_path / "own" / "own.opus", seed=43, tags={"title": "Own", "license": _BY})
        add(mirror, [tmp_path / "own"])
        with say(mirror, shelves=["collection"]) as archive:
            publish(archive)
            found = {entry.shelf: entry.files for entry in volumes(archive, 1).values()}
    assert found == {"deposits": 1, f"archive-{published.id}": 4}


def test_new_volumes_may_be_v2_only_and_old_ones_stay_as_they_are(published: Archive, tmp_path: Path) -> None:
    [first] = volumes(published, 1).values()
    write(tmp_path / "more" / "new.opus", seed=40, tags={"title": "New", "license": _BY})
    add(published, [tmp_path / "more"])
    with say(published, torrents="v2") as archive:
        publish(archive)
        second = volumes(archive, 2)
        assert second.pop(first.name) == first
        [fresh] = second.values()
        info = lt.load_torrent_buffer(torrent_of(archive, 2, fresh)).ti
        assert (info.info_hashes().has_v1(), fresh.info_hash_v1) == (False, "")
        assert info.info_hashes().v2.to_bytes().hex() == fresh.info_hash_v2
        # A mirror has both.
        with Archive.create(tmp_path / "mirror", "Mirror", archive.clock) as mirror, Session() as session:
            seeding.seed(archive, session)
            mirroring.follow(mirror, str(archive.folder / "editions" / "feed" / "feed.json"))
            [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
    assert (report.files, report.refused) == (5, 0)


def test_other_addresses_make_an_edition_of_the_same_volumes(published: Archive, tmp_path: Path) -> None:
    seeds, trackers = ["https://example.org/volumes"], ["udp://tracker.example.org:1/announce"]
    with Archive.create(tmp_path / "mirror", "Mirror", published.clock) as mirror:
        mirroring.follow(mirror, str(published.folder / "editions" / "feed" / "feed.json"))
        with Session() as session:
            seeding.seed(published, session)
            mirroring.sync(mirror, [("127.0.0.1", session.port)])
        with say(published, web_seeds=seeds, trackers=trackers) as archive:
            report = publish(archive)
            assert (report.number, report.new_volumes, report.sound_opened) == (2, 0, 0)
            assert volumes(archive, 2) == volumes(archive, 1), "no info-hash is another"
            for entry in volumes(archive, 2).values():
                params = lt.load_torrent_buffer(torrent_of(archive, 2, entry))
                assert (params.url_seeds, params.trackers) == (["https://example.org/volumes/"], trackers)
            assert publish(archive).number == 0
            with Session() as session:
                seeding.seed(archive, session)
                [synced] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
        assert (synced.number, synced.files, synced.had) == (2, 0, 4)
        [path] = newest_editions.volume_torrents(mirror).values()
        assert lt.load_torrent_buffer(path.read_bytes()).trackers == trackers


@pytest.mark.parametrize(
    ("key", "value"),
    [("shelves", ["popularity"]), ("torrents", "v1"), ("web_seeds", "https://example.org/")],
)
def test_a_setting_that_is_none_is_refused_by_its_line(filled: Archive, key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=r"onrecord\.toml, line \d+: .*" + key):
        say(filled, **{key: value})


# Over HTTP -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(archive: Archive) -> Iterator[str]:
    """The archive's own page on loopback; its address."""
    config = uvicorn.Config(create_app(Reader(archive.folder)), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def seeded_by(torrent: bytes, address: str) -> bytes:
    """The torrent with a web seed; what is hashed stays."""
    outer: Any = bencode.decode(torrent)
    return bencode.encode({**outer, b"url-list": [address.encode()]})


@pytest.mark.parametrize("form", ["hybrid", "v2"])
def test_a_volume_comes_whole_from_the_archives_own_page(filled: Archive, tmp_path: Path, form: str) -> None:
    with say(filled, torrents=form) as archive:
        publish(archive)
        [entry] = volumes(archive, 1).values()
        whole = laid_out(archive, 1, entry, tmp_path / "disk")
        with served(archive) as address, Session(web_seeds=True) as session:
            torrent = seeded_by(torrent_of(archive, 1, entry), f"{address}/volumes/")
            session.fetch(torrent, tmp_path / "in")
    assert shape(tmp_path / "in" / entry.name) == shape(whole)


def test_over_http_a_volume_gives_only_what_it_holds_and_what_may_be_shared_today(published: Archive) -> None:
    [entry] = volumes(published, 1).values()
    sound = sorted(payload(published, 1, entry))
    paths = {file.path[1].partition(".")[0]: "/".join(file.path) for file in read(torrent_of(published, 1, entry)).files
             if file.path[0] == "data"}  # fmt: skip
    other = next(
        row.sha256 for row in published.ledger.blobs() if row.kind == "sound" and row.sha256 not in sound
    )
    with TestClient(create_app(Reader(published.folder)), raise_server_exceptions=False) as client:

        def status(path: str, name: str = entry.name) -> int:
            return client.get(f"/volumes/{name}/{path}").status_code

        part = client.get(f"/volumes/{entry.name}/{paths[sound[1]]}", headers={"Range": "bytes=4-9"})
        row = published.ledger.blob(sound[1])
        assert row is not None
        assert part.status_code == 206
        assert part.content == published.store.path(row.sha256, row.root).read_bytes()[4:10]
        assert status("bagit.txt") == status("manifest-sha256.txt") == 200
        for path in (f"data/{other}.ogg", f"data/{sound[0]}", "data/", "data/x.ogg", "none.txt", "../feed.json",
                     "%2e%2e/%2e%2e/feed.json", ".pad/0", ".pad/05", ".pad/1048576", ".pad/x"):  # fmt: skip
            assert status(path) == 404, path
        for name in ("onrecord-none-000000000000", "..", "%2e%2e", ".", "x%00"):
            assert status("bagit.txt", name) == status(".pad/5", name) == 404, name
        pad = client.get(f"/volumes/{entry.name}/.pad/1048575")
        assert (pad.status_code, pad.content) == (200, bytes(1_048_575)), "zeros, which lie nowhere (BEP 47)"
        pad = client.get(f"/volumes/{entry.name}/.pad/9", headers={"Range": "bytes=2-4"})
        assert (pad.status_code, pad.content, pad.headers["content-range"]) == (206, bytes(3), "bytes 2-4/9")
        assert client.get(f"/volumes/{entry.name}/.pad/9", headers={"Range": "bytes=9-"}).status_code == 416
        withdraw(published, Target("blob", sound[0]), by="A", text="mine")
        assert (status(paths[sound[0]]), status(paths[sound[1]])) == (451, 200)
        # Its papers name what was withdrawn.
        assert status("CREDITS.md") == 451


# After a withdrawal ----------------------------------------------------------------------------------------------


def test_a_withdrawal_cuts_one_volume_anew_and_whoever_held_it_fetches_no_sound(
    published: Archive, tmp_path: Path
) -> None:
    [first] = volumes(published, 1)
    write(tmp_path / "more" / "second.opus", seed=40, tags={"title": "Second", "license": _BY})
    add(published, [tmp_path / "more"])
    publish(published)
    before = volumes(published, 2)
    sound = payload(published, 2, before[first])
    with Archive.create(tmp_path / "mirror", "Mirror", published.clock) as mirror:
        mirroring.follow(mirror, str(published.folder / "editions" / "feed" / "feed.json"))
        with Session() as session:
            seeding.seed(published, session)
            mirroring.sync(mirror, [("127.0.0.1", session.port)])
        withdraw(published, Target("blob", min(sound)), by="A", text="mine")
        publish(published)
        after = volumes(published, 3)
        [anew] = after.keys() - before.keys()
        assert before.keys() - after.keys() == {first}, "the volume beside it is the very same"
        left = {digest: root for digest, root in sound.items() if digest != min(sound)}
        assert payload(published, 3, after[anew]) == left
        with Session() as session:
            seeding.seed(published, session)
            [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)])
    assert (report.files, report.had) == (0, 4)
    papers = read((published.folder / "editions" / "3.torrent").read_bytes()).files
    tags = [file for file in read(torrent_of(published, 3, after[anew])).files if file.path[0] != "data"]
    # A client asks for whole blocks, the padding behind a file's end included.
    assert report.downloaded <= sum(-(-file.size // BLOCK) * BLOCK for file in (*papers, *tags))


def test_what_is_left_of_a_volume_is_not_mixed_with_what_is_new(published: Archive, tmp_path: Path) -> None:
    [first] = volumes(published, 1).values()
    sound = payload(published, 1, first)
    write(tmp_path / "more" / "new.opus", seed=40, tags={"title": "New", "license": _BY})
    add(published, [tmp_path / "more"])
    withdraw(published, Target("blob", min(sound)), by="A", text="mine")
    publish(published)
    found = [payload(published, 2, entry).keys() for entry in volumes(published, 2).values()]
    assert sorted(map(len, found)) == [1, 3]
    assert sound.keys() - {min(sound)} in found


# Other programs --------------------------------------------------------------------------------------------------


@pytest.fixture
def volume(filled: Archive, tmp_path: Path) -> tuple[Path, Path]:
    """A published volume on a disk, and its torrent."""
    publish(filled)
    [entry] = volumes(filled, 1).values()
    return laid_out(filled, 1, entry, tmp_path / "disk"), filled.folder / "editions" / "1" / entry.path


def test_bagit_finds_a_volume_valid_and_a_damaged_one_not(volume: tuple[Path, Path]) -> None:
    root, _ = volume
    program = Path(sys.executable).with_name("bagit.py")
    assert program.exists()

    def validate() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, program, "--validate", root]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = validate()
    assert done.returncode == 0, done.stderr
    assert f"{root} is valid" in done.stderr
    file = next((root / "data").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert validate().returncode != 0
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(root)).validate()


def test_libtorrent_finds_a_volume_whole(volume: tuple[Path, Path]) -> None:
    root, torrent = volume
    params = lt.load_torrent_buffer(torrent.read_bytes())
    params.save_path = str(root.parent)
    session = lt.session({"listen_interfaces": "", "enable_dht": False, "enable_lsd": False})
    handle = session.add_torrent(params)
    handle.force_recheck()
    for _ in range(600):
        status = handle.status()
        if status.is_seeding:
            break
        session.wait_for_alert(100)
        session.pop_alerts()
    assert status.is_seeding and status.progress == 1.0


@pytest.mark.skipif(not shutil.which("aria2c"), reason="aria2 is not installed")
def test_aria2_lists_the_files_of_a_volume(volume: tuple[Path, Path]) -> None:
    root, torrent = volume
    done = subprocess.run(["aria2c", "--no-conf", "-S", torrent], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for file in read(torrent.read_bytes()).files:
        assert f"/{root.name}/{'/'.join(file.path)}" in done.stdout


@pytest.mark.skipif(not shutil.which("aria2c"), reason="aria2 is not installed")
def test_aria2_fetches_a_volume_from_the_archives_page_and_ends(published: Archive, tmp_path: Path) -> None:
    """It knows no pad files, so it asks for each; and it seeds what it has until it is told not to."""
    [entry] = volumes(published, 1).values()
    whole = laid_out(published, 1, entry, tmp_path / "disk")
    with served(published) as address:
        torrent = tmp_path / "volume.torrent"
        torrent.write_bytes(seeded_by(torrent_of(published, 1, entry), f"{address}/volumes/"))
        quiet = (
            "--enable-dht=false",
            "--enable-dht6=false",
            "--bt-enable-lpd=false",
            "--interface=127.0.0.1",
        )
        command = ["aria2c", "--no-conf", *quiet, "--seed-time=0", "-d", str(tmp_path / "in"), str(torrent)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(tmp_path / "in" / entry.name / ".pad")
    assert shape(tmp_path / "in" / entry.name) == shape(whole)


def _transmission() -> tuple[int, ...]:
    program = shutil.which("transmission-show")
    if not program:
        return ()
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = (said.stderr + said.stdout).split()[1]
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2])


@pytest.mark.skipif(not _transmission(), reason="transmission-cli is not installed")
def test_transmission_lists_the_files_of_a_volume(volume: tuple[Path, Path], tmp_path: Path) -> None:
    root, torrent = volume

    def show(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["transmission-show", path], capture_output=True, text=True, check=False)

    if _transmission() < (4, 0):
        # It reads no hybrid, whoever made it. So that this is known to be the reason, it is shown libtorrent's own.
        entries = [lt.create_file_entry("v/a", 5), lt.create_file_entry("v/b", 5)]
        (tmp_path / "v").mkdir()
        for name in "ab":
            (tmp_path / "v" / name).write_bytes(b"12345")
        made = lt.create_torrent(entries, 2**20)
        lt.set_piece_hashes(made, str(tmp_path))
        (tmp_path / "theirs.torrent").write_bytes(lt.bencode(made.generate()))
        assert show(tmp_path / "theirs.torrent").returncode != 0
        pytest.skip(
            f"transmission {'.'.join(map(str, _transmission()))} reads no hybrid, libtorrent's neither"
        )
    done = show(torrent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Hash v2: {read(torrent.read_bytes()).info_hash_v2.hex()}" in done.stdout
    for file in read(torrent.read_bytes()).files:
        assert f"{root.name}/{'/'.join(file.path)}" in done.stdout


# The same bytes everywhere ---------------------------------------------------------------------------------------

_PUBLISH = """
import datetime as dt, os, sys
from pathlib import Path
os.umask(int(sys.argv[2], 8))
from onrecord.archive import Archive
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
with Archive.open(Path(sys.argv[1]), lambda: dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)) as archive:
    print(publish(archive).number)
"""


def test_two_machines_make_the_same_edition_of_the_same_archive(
    filled: Archive, tmp_path: Path, keys: Path
) -> None:
    """Other time zone, locale, mask, hash seed, number of threads and order of files in folders; two processes."""
    rematch(filled)
    signing_key(filled)
    filled.ledger.close()
    shapes = []
    for name, backwards, mask, workers, surroundings in (
        ("one", False, "022", 1, {"TZ": "UTC", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        ("two", True, "077", 3, {"TZ": "Pacific/Auckland", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8",
                                 "PYTHONHASHSEED": "2"}),
    ):  # fmt: skip
        folder = tmp_path / name / "archive"
        copied(filled.folder, folder, backwards)
        with (folder / "onrecord.toml").open("a") as settings:
            settings.write(f"[work]\nworkers = {workers}\n")
        environment = {**os.environ, **surroundings}
        command = [sys.executable, "-c", _PUBLISH, str(folder), mask]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr
        shapes.append(shape(folder / "editions"))
    assert shapes[0] == shapes[1]
    assert any(name.endswith(".torrent") for name in shapes[0])


def copied(source: Path, target: Path, backwards: bool) -> None:
    """A copy whose folders were filled in one order or the other."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir(), reverse=backwards):
        if path.is_dir():
            copied(path, target / path.name, backwards)
        else:
            shutil.copy2(path, target / path.name)
