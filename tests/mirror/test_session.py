# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrors on loopback, each seeder a process of its own: what comes is right, and a blob is never written."""

import contextlib
import hashlib
import http.server
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import libtorrent as lt
import pytest

from onrecord.errors import MirrorFailed, SourceRefused, UsageError
from onrecord.mirror.session import Progress, Session, check, verify
from onrecord.model.digests import BLOCK, PIECE
from onrecord.publish import bencode
from onrecord.publish.contents import read
from onrecord.publish.torrent import Torrent, TorrentFile, hybrid, v2_only
from onrecord.publish.volume import VolumeFile, build
from onrecord.store.digest import digest_file

_SIZES = [0, 1, BLOCK + 1, PIECE, PIECE + 1, 1_500_000, 70_000]
#: The piece that is data/3.ogg: the empty file before it has none.
_PIECE_OF_3 = 2
#: Seconds after which a fetch that cannot end is given up; long where it should end, for a busy machine.
_SHORT, _LONG = 1.0, 60.0

_SEEDER = """
import json, os, sys
from pathlib import Path
from onrecord.mirror.session import Session
if sys.argv[1] == "cannot write" and os.getuid() == 0:
    os.setuid(65534)
with Session() as session:
    for given in sys.argv[2:]:
        torrent, places = Path(given), json.loads(Path(given + ".json").read_text())
        assert not session.seed(torrent.read_bytes(), lambda path: Path(places["/".join(path)])).missing
    print(session.port, flush=True)
    sys.stdin.read()
"""
_LEECHER = """
import resource, sys
from pathlib import Path
from onrecord.mirror.session import Session
torrent, into = Path(sys.argv[1]), Path(sys.argv[2])
port, limit, largest = map(int, sys.argv[3:])
if largest:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
with Session(download_limit=limit) as session:
    session.fetch(torrent.read_bytes(), into, [("127.0.0.1", port)], progress=lambda now: print(now.done, flush=True))
"""


class Shelf:
    """Blobs in a folder, and a torrent of them."""

    def __init__(self, root: Path, sizes: list[int] = _SIZES, name: str = "shelf", **addresses: Any) -> None:
        self.root, self.blobs = root, root / "blobs"
        self.blobs.mkdir(parents=True)
        self.places: dict[str, Path] = {}
        files = []
        for number, size in enumerate(sizes):
            data = random.Random(f"{name} {number}").randbytes(size)
            blob = self.blobs / hashlib.sha256(data).hexdigest()
            blob.write_bytes(data)
            blob.chmod(0o444)
            self.places[f"data/{number}.ogg"] = blob
            files.append(TorrentFile(("data", f"{number}.ogg"), digest_file(blob)))
        self.torrent: Torrent = hybrid(name, files, **addresses)
        self.files = files
        self.path = root / f"{name}.torrent"
        self.write()

    def write(self) -> None:
        self.path.write_bytes(self.torrent.metainfo)
        Path(f"{self.path}.json").write_text(
            json.dumps({name: str(place) for name, place in self.places.items()})
        )

    def locate(self, path: tuple[str, ...]) -> Path:
        return self.places["/".join(path)]

    def state(self) -> dict[str, tuple[int, int, int, str]]:
        found = {}
        for blob in self.blobs.iterdir():
            known = blob.lstat()
            found[blob.name] = (
                known.st_mode,
                known.st_mtime_ns,
                known.st_size,
                hashlib.sha256(blob.read_bytes()).hexdigest(),
            )
        return found

    def damage(self, name: str, at: int) -> None:
        blob = self.places[name]
        blob.chmod(0o644)
        with blob.open("r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1]))
        blob.chmod(0o444)

    def fetched(self, into: Path) -> dict[str, bool]:
        """Of each file that is there, whether it is right."""
        listed = {"/".join(file.path): file.digests.sha256 for file in self.files}
        root = into / self.torrent.name
        return {
            name: hashlib.sha256(root.joinpath(name).read_bytes()).hexdigest() == sha256
            for name, sha256 in listed.items()
            if root.joinpath(name).exists()
        }


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def open_shelf() -> Iterator[Shelf]:
    """Where a seeder that gave up being root can read it; no blob of it can be written by such a one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Shelf(Path(folder))


@contextlib.contextmanager
def seeder(*shelves: Shelf, mode: str = "") -> Iterator[tuple[str, int]]:
    """A process that seeds these; its address."""
    command = [sys.executable, "-c", _SEEDER, mode, *(str(shelf.path) for shelf in shelves)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            yield "127.0.0.1", int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)


def _fails_for(session: Session, shelf: Shelf, into: Path, peer: tuple[str, int], missing: set[str]) -> str:
    """Fetches what can be had, then asks for the rest; how that fails."""
    session.fetch(
        shelf.torrent.metainfo,
        into,
        [peer],
        wanted=lambda path: "/".join(path) not in missing,
        patience=_LONG,
    )
    with pytest.raises(MirrorFailed) as failed:
        session.fetch(shelf.torrent.metainfo, into, [peer], patience=_SHORT)
    assert {name for name, right in shelf.fetched(into).items() if right} == shelf.places.keys() - missing
    return failed.value.message


def _leecher(shelf: Shelf, into: Path, peer: tuple[str, int], limit: int = 0, largest: int = 0) -> list[str]:
    return [
        sys.executable,
        "-c",
        _LEECHER,
        str(shelf.path),
        str(into),
        str(peer[1]),
        str(limit),
        str(largest),
    ]


@contextlib.contextmanager
def nearby(*shelves: Shelf) -> Iterator[tuple[str, int]]:
    """As `seeder`, in this process: where nothing hangs on there being two."""
    with Session() as session:
        for shelf in shelves:
            session.seed(shelf.path.read_bytes(), shelf.locate)
        yield "127.0.0.1", session.port


class RawPeer:
    """One connection that speaks as much of the peer protocol (BEP 3) as lying takes."""

    def __init__(self, connection: socket.socket, torrent: Torrent, only: int | None = None) -> None:
        self.connection, self.torrent = connection, torrent
        connection.settimeout(20)
        hello = b"\x13BitTorrent protocol" + bytes(8) + torrent.info_hash_v1 + b"-XX0000-" + os.urandom(12)
        connection.sendall(hello)
        self._exactly(68)
        pieces = len(bencode.decode(torrent.metainfo)[b"info"][b"pieces"]) // 20
        bits = bytearray(-(-pieces // 8))
        for piece in range(pieces) if only is None else [only]:
            bits[piece // 8] |= 128 >> piece % 8
        self.send(5, bytes(bits))

    def send(self, kind: int, body: bytes = b"") -> None:
        self.connection.sendall((len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body)

    def receive(self) -> tuple[int, bytes]:
        length = int.from_bytes(self._exactly(4), "big")
        body = self._exactly(length)
        return (body[0], body[1:]) if body else (-1, b"")

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            part = self.connection.recv(count - len(got))
            if not part:
                raise ConnectionResetError
            got += part
        return got


@contextlib.contextmanager
def liar(torrent: Torrent) -> Iterator[tuple[str, int]]:
    """A peer that claims to have everything and answers each request with bytes of its own."""

    def lie(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            peer = RawPeer(connection, torrent)
            peer.send(1)
            while True:
                kind, body = peer.receive()
                if kind == 6:
                    peer.send(7, body[:8] + b"L" * int.from_bytes(body[8:], "big"))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=lie, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def web(root: Path) -> Iterator[tuple[str, list[str]]]:
    """A web server of one folder, with ranges; its address, and what it was asked for."""
    asked: list[str] = []

    class Answer(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            path = root.joinpath(*self.path.strip("/").split("/"))
            data = path.read_bytes() if path.is_file() else b""
            first, last = 0, len(data) - 1
            if span := self.headers.get("Range"):
                first, last = map(int, span.removeprefix("bytes=").split("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            else:
                self.send_response(200 if data else 404)
            self.send_header("Content-Length", str(last + 1 - first))
            self.end_headers()
            self.wfile.write(data[first : last + 1])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_fetch_brings_every_file_and_leaves_the_blobs_as_they_are(shelf, tmp_path):
    before, seen = shelf.state(), []
    with seeder(shelf) as peer, Session() as session:
        report = session.fetch(
            shelf.torrent.metainfo, tmp_path / "in", [peer], progress=seen.append, patience=_LONG
        )
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)
    assert verify(shelf.torrent.metainfo, tmp_path / "in") == []
    assert shelf.state() == before
    assert shelf.torrent.size <= report.downloaded < shelf.torrent.size + 2 * PIECE
    assert (report.name, report.failed_pieces) == ("shelf", 0)
    assert isinstance(seen[-1], Progress)
    assert (seen[-1].done, seen[-1].total) == (shelf.torrent.size, shelf.torrent.size)


def test_a_volume_travels_whole(tmp_path):
    shelf = Shelf(tmp_path / "from", [BLOCK, 0, PIECE + 9])
    files = [VolumeFile(file.digests.sha256, "flac", file.digests) for file in shelf.files]
    volume = build("onrecord-test", files)
    shelf.torrent, shelf.path = volume.torrent, tmp_path / "volume.torrent"
    shelf.places = {"/".join(file.path): shelf.blobs / file.sha256 for file in files}
    for name, text in volume.tag_files.items():
        shelf.places[name] = tmp_path / name
        shelf.places[name].write_bytes(text)
    shelf.write()
    with seeder(shelf) as peer, Session() as session:
        session.fetch(volume.torrent.metainfo, tmp_path / "in", [peer], patience=_LONG)
    root = tmp_path / "in" / "onrecord-test"
    assert {name: (root / name).read_bytes() for name in volume.tag_files} == volume.tag_files
    for line in (root / "manifest-sha256.txt").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((root / name).read_bytes()).hexdigest() == digest


def test_several_torrents_at_once_through_one_session(tmp_path):
    shelves = [Shelf(tmp_path / str(number), [PIECE + number, 5], f"shelf{number}") for number in range(3)]
    with seeder(*shelves) as peer, Session() as session, ThreadPoolExecutor(3) as threads:

        def fetch(shelf: Shelf) -> str:
            return session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer], patience=_LONG).name

        assert list(threads.map(fetch, shelves)) == ["shelf0", "shelf1", "shelf2"]
    for shelf in shelves:
        assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


def test_a_v2_only_torrent_travels_too(shelf, tmp_path):
    shelf.torrent = v2_only("shelf", shelf.files)
    shelf.write()
    with nearby(shelf) as peer, Session() as session:
        session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer], patience=_LONG)
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


@pytest.mark.parametrize("mode", ["", "cannot write"])
def test_a_damaged_blob_is_not_taken_and_not_written_and_a_second_mirror_has_it(open_shelf, tmp_path, mode):
    shelf = open_shelf
    whole = Shelf(tmp_path / "whole")
    shelf.damage("data/5.ogg", 1_200_000)
    for blob in shelf.blobs.iterdir():
        blob.chmod(0o444 if mode else 0o644)
    before = shelf.state()
    with seeder(shelf, mode=mode) as peer, Session() as session:
        message = _fails_for(session, shelf, tmp_path / "in", peer, {"data/5.ogg"})
        assert "1 of 7 files are not whole: data/5.ogg" in message
        # A seeder that may find out does, and gives nobody a wrong byte.
        assert ("wrong hash" in message) == (mode == "")
        assert verify(shelf.torrent.metainfo, tmp_path / "in") == ["data/5.ogg"]
        with nearby(whole) as second:
            session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer, second], patience=_LONG)
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)
    assert shelf.state() == before


def test_a_damaged_blob_is_left_out_where_the_blobs_are_not_trusted(shelf, tmp_path):
    shelf.damage("data/3.ogg", 0)
    before = shelf.state()
    assert check(shelf.torrent.metainfo, shelf.locate) == ["data/3.ogg"]
    with Session() as session, Session() as other:
        assert session.seed(shelf.torrent.metainfo, shelf.locate, trust=False).missing == ("data/3.ogg",)
        message = _fails_for(other, shelf, tmp_path / "in", ("127.0.0.1", session.port), {"data/3.ogg"})
        assert "1 of 7 files are not whole: data/3.ogg" in message and "wrong hash" not in message
    assert shelf.state() == before


def test_bytes_from_a_liar_are_never_taken(shelf, tmp_path):
    with liar(shelf.torrent) as bad, Session() as session:
        with pytest.raises(MirrorFailed, match=r"pieces had a wrong hash.*files are not whole"):
            session.fetch(shelf.torrent.metainfo, tmp_path / "in", [bad], patience=_SHORT)
        assert not any(
            right for name, right in shelf.fetched(tmp_path / "in").items() if name != "data/0.ogg"
        )
        with nearby(shelf) as good:
            session.fetch(shelf.torrent.metainfo, tmp_path / "in", [bad, good], patience=_LONG)
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


@pytest.mark.parametrize("mode", ["", "cannot write"])
@pytest.mark.parametrize("claimed", [None, _PIECE_OF_3])
def test_nothing_that_a_peer_pushes_reaches_a_blob(open_shelf, claimed, mode):
    shelf = open_shelf
    # libtorrent writes blocks that it never asked for, of pieces it lacks; here is one that it can find wrong.
    shelf.damage("data/3.ogg", 17)
    for blob in shelf.blobs.iterdir():
        blob.chmod(0o444 if mode else 0o644)
    before = shelf.state()
    with seeder(shelf, mode=mode) as address:
        # The first request may make the seeder hash the piece, hang up, hash everything and know better afterwards.
        for attempt in range(8):
            pieces = (_PIECE_OF_3, 0, 1, 3, 4, 5) if attempt else ()
            answers, stayed = _pushed(address, shelf.torrent, claimed, pieces)
            assert not {2, 6} & answers  # neither interested nor a request
            if attempt > 1 and stayed:
                break
            time.sleep(0.1)
    assert shelf.state() == before


def test_what_is_pushed_at_a_missing_file_is_made_nowhere_near_the_blobs(shelf):
    shelf.places["data/3.ogg"].unlink()
    before = shelf.state()
    with Session() as session:
        assert session.seed(shelf.torrent.metainfo, shelf.locate).missing == ("data/3.ogg",)
        _pushed(("127.0.0.1", session.port), shelf.torrent, _PIECE_OF_3, (_PIECE_OF_3, 0, 1, 3))
    assert shelf.state() == before


def _pushed(
    address: tuple[str, int], torrent: Torrent, claimed: int | None, pieces: tuple[int, ...]
) -> tuple[set[int], bool]:
    """Asks for a block of data/3.ogg and pushes pieces; the kinds of message that came, and whether it stayed."""
    answers = set()
    with contextlib.suppress(ConnectionError), socket.create_connection(address) as connection:
        peer = RawPeer(connection, torrent, claimed)
        peer.send(1)
        peer.send(2)
        peer.send(6, _PIECE_OF_3.to_bytes(4, "big") + bytes(4) + BLOCK.to_bytes(4, "big"))
        for piece in pieces:
            for block in range(0, PIECE, BLOCK):
                peer.send(7, piece.to_bytes(4, "big") + block.to_bytes(4, "big") + b"L" * BLOCK)
        connection.settimeout(0.4)
        try:
            while True:
                answers.add(peer.receive()[0])
        except TimeoutError:
            return answers, True
    return answers, False


def test_a_blob_that_vanishes_is_a_fault_with_its_place(shelf, tmp_path):
    with Session() as session, Session() as other:
        info_hash = session.seed(shelf.torrent.metainfo, shelf.locate).info_hash_v2
        assert session.faults() == {}
        shelf.places["data/5.ogg"].unlink()
        message = _fails_for(other, shelf, tmp_path / "in", ("127.0.0.1", session.port), {"data/5.ogg"})
        assert "1 of 7 files are not whole: data/5.ogg" in message
        assert str(shelf.places["data/5.ogg"]) in session.faults()[info_hash]
        session.stop(info_hash)
        assert session.seed(shelf.torrent.metainfo, shelf.locate).missing == ("data/5.ogg",)
        assert session.faults() == {}
    assert not shelf.places["data/5.ogg"].exists()


def test_a_killed_fetch_goes_on_where_it_was(tmp_path):
    shelf = Shelf(tmp_path, [PIECE + 5] * 8)
    into = tmp_path / "in"
    with seeder(shelf) as peer:
        command = _leecher(shelf, into, peer, limit=5 * PIECE)
        environment = {**os.environ, "TMPDIR": str(tmp_path)}  # a killed session leaves its scratch folder
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout
            for line in process.stdout:
                if int(line) > shelf.torrent.size * 0.8:
                    break
            process.kill()
        held = _good_bytes(shelf, into)
        assert 0 < held < shelf.torrent.size
        with Session() as session:
            report = session.fetch(shelf.torrent.metainfo, into, [peer], patience=_LONG)
    assert shelf.fetched(into) == dict.fromkeys(shelf.places, True)
    # What was on the disk is not fetched again; a block more than once at the end is the protocol's habit.
    assert report.downloaded <= shelf.torrent.size - held + PIECE


def _good_bytes(shelf: Shelf, into: Path) -> int:
    good = 0
    for file in shelf.files:
        path = into.joinpath(shelf.torrent.name, *file.path)
        ours = path.read_bytes() if path.exists() else b""
        real = shelf.locate(file.path).read_bytes()
        for at in range(0, len(real), PIECE):
            good += len(real[at : at + PIECE]) if ours[at : at + PIECE] == real[at : at + PIECE] else 0
    return good


def test_without_a_peer_the_fetch_ends_and_names_what_is_missing(shelf, tmp_path):
    with (
        Session() as session,
        pytest.raises(MirrorFailed, match=r"from 0 peers; 6 of 7 files.*data/1.ogg, .*…"),
    ):
        session.fetch(shelf.torrent.metainfo, tmp_path / "in", [("127.0.0.1", 1)], patience=0.3)


def test_a_mirror_that_comes_late_is_found(shelf, tmp_path):
    with Session() as session, ThreadPoolExecutor(1) as threads, socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        late = place.getsockname()
        fetch = threads.submit(session.fetch, shelf.torrent.metainfo, tmp_path / "in", [late], patience=_LONG)
        place.close()
        with Session(f"127.0.0.1:{late[1]}") as other:
            other.seed(shelf.torrent.metainfo, shelf.locate)
            assert fetch.result(60).failed_pieces == 0


def test_a_part_can_be_fetched(shelf, tmp_path):
    wanted = {"data/0.ogg", "data/2.ogg", "data/4.ogg"}
    with nearby(shelf) as peer, Session() as session:
        report = session.fetch(
            shelf.torrent.metainfo,
            tmp_path / "in",
            [peer],
            wanted=lambda path: "/".join(path) in wanted,
            patience=_LONG,
        )
    found = shelf.fetched(tmp_path / "in")
    assert {name for name in wanted if found.get(name)} == wanted
    assert report.downloaded < 2 * PIECE + BLOCK * 4


def test_what_raises_in_the_progress_ends_the_fetch_and_it_can_be_run_again(shelf, tmp_path):
    def stop(now: Progress) -> None:
        if now.done:
            raise KeyboardInterrupt

    with nearby(shelf) as peer, Session() as session:
        with pytest.raises(KeyboardInterrupt):
            session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer], progress=stop)
        session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer], patience=_LONG)
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


def test_blobs_that_are_absent_or_something_else_are_named_and_nothing_is_made_in_their_place(
    shelf, tmp_path
):
    places = shelf.places
    places["data/0.ogg"].unlink()
    places["data/1.ogg"].unlink()
    places["data/2.ogg"].unlink()
    places["data/2.ogg"].symlink_to(places["data/3.ogg"])
    places["data/4.ogg"].chmod(0o644)
    os.truncate(places["data/4.ogg"], 10)
    with places["data/6.ogg"].open("ab") as file:
        file.write(b"more")
    before = shelf.state()
    names = {f"data/{number}.ogg" for number in (0, 1, 2, 4, 6)}
    with Session() as session, Session() as other:
        seeding = session.seed(shelf.torrent.metainfo, shelf.locate)
        assert set(seeding.missing) == names
        message = _fails_for(
            other, shelf, tmp_path / "in", ("127.0.0.1", session.port), names - {"data/0.ogg"}
        )
        assert "4 of 7 files are not whole" in message
    assert shelf.state() == before


def test_a_blob_that_should_be_empty_and_is_not_stays_as_it_is(shelf):
    empty = shelf.places["data/0.ogg"]
    empty.chmod(0o644)
    empty.write_bytes(b"something")
    before = shelf.state()
    with Session() as session:
        assert session.seed(shelf.torrent.metainfo, shelf.locate).missing == ("data/0.ogg",)
    assert shelf.state() == before


def test_a_fetch_writes_into_no_file_that_has_another_name_or_place(shelf, tmp_path):
    whole, into = Shelf(tmp_path / "whole"), tmp_path / "in"
    shelf.damage("data/5.ogg", 5)
    shelf.damage("data/6.ogg", 5)
    data = into / "shelf" / "data"
    data.mkdir(parents=True)
    os.link(shelf.places["data/5.ogg"], data / "5.ogg")
    os.link(shelf.places["data/3.ogg"], data / "3.ogg")
    (data / "6.ogg").symlink_to(shelf.places["data/6.ogg"])
    (data / "2.ogg").write_bytes(b"x" * 5_000_000)
    before = shelf.state()
    with nearby(whole) as peer, Session() as session:
        report = session.fetch(whole.torrent.metainfo, into, [peer], patience=_LONG)
    assert shelf.fetched(into) == dict.fromkeys(shelf.places, True)
    assert shelf.state() == before
    # 3.ogg and what was right of 5.ogg were kept.
    assert report.downloaded < shelf.torrent.size - PIECE - 400_000


@pytest.mark.parametrize("place", ["shelf", "shelf/data"])
def test_a_folder_that_leads_elsewhere_is_refused(shelf, tmp_path, place):
    link = tmp_path / "in" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(shelf.blobs)
    before = shelf.state()
    with Session() as session, pytest.raises(MirrorFailed, match="expected a folder of this fetch"):
        session.fetch(shelf.torrent.metainfo, tmp_path / "in")
    assert shelf.state() == before


def test_a_folder_in_the_place_of_a_file_is_refused(shelf, tmp_path):
    (tmp_path / "in/shelf/data/3.ogg").mkdir(parents=True)
    with Session() as session, pytest.raises(MirrorFailed, match="expected a file of this fetch"):
        session.fetch(shelf.torrent.metainfo, tmp_path / "in")


def test_a_write_that_fails_ends_the_fetch_with_its_reason(shelf, tmp_path):
    with nearby(shelf) as peer:
        command = _leecher(shelf, tmp_path / "in", peer, largest=1_200_000)
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert answer.returncode == 1
        assert "MirrorFailed: torrent shelf:" in answer.stderr and "too large" in answer.stderr
        with Session() as session:
            session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer], patience=_LONG)
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


def test_verify_names_what_is_wrong_and_changes_nothing(shelf, tmp_path):
    root = tmp_path / "in" / "shelf" / "data"
    root.mkdir(parents=True)
    for number in range(len(_SIZES)):
        shutil.copyfile(shelf.places[f"data/{number}.ogg"], root / f"{number}.ogg")
    assert verify(shelf.torrent.metainfo, tmp_path / "in") == []
    (root / "0.ogg").unlink()
    (root / "1.ogg").unlink()
    with (root / "3.ogg").open("ab") as file:
        file.write(b"x")
    with (root / "5.ogg").open("r+b") as file:
        file.write(b"X" * 9)
    assert verify(shelf.torrent.metainfo, tmp_path / "in") == [
        f"data/{number}.ogg" for number in (0, 1, 3, 5)
    ]
    assert sorted(path.name for path in root.iterdir()) == ["2.ogg", "3.ogg", "4.ogg", "5.ogg", "6.ogg"]
    assert (root / "3.ogg").stat().st_size == PIECE + 1
    everything = [f"data/{number}.ogg" for number in range(len(_SIZES))]
    assert verify(shelf.torrent.metainfo, tmp_path / "nowhere") == everything
    assert not (tmp_path / "nowhere").exists()


def test_a_magnet_link_leads_to_the_torrent(shelf, tmp_path):
    with nearby(shelf) as peer, Session() as session:
        torrent = session.metadata(shelf.torrent.magnet, [peer], patience=_LONG)
        assert read(torrent).info_hash_v2 == shelf.torrent.info_hash_v2
        session.fetch(torrent, tmp_path / "in", [peer], patience=_LONG)
        with pytest.raises(MirrorFailed, match="no peer gave its metadata"):
            session.metadata(hybrid("other", shelf.files).magnet, [peer], patience=0.5)
        with pytest.raises(MirrorFailed, match="magnet link 'nonsense'"):
            session.metadata("nonsense", [peer])
    assert shelf.fetched(tmp_path / "in") == dict.fromkeys(shelf.places, True)


def test_web_seeds_and_trackers_are_left_alone_unless_asked_for(tmp_path):
    blobs = Shelf(tmp_path / "blobs")
    for name, place in blobs.places.items():
        path = tmp_path / "web" / "shelf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place, path)
    with web(tmp_path / "web") as (address, asked):
        addresses = {"web_seeds": [f"{address}/"], "trackers": [f"{address}/announce"]}
        torrent = hybrid("shelf", blobs.files, **addresses).metainfo
        with Session() as session, pytest.raises(MirrorFailed):
            session.fetch(torrent, tmp_path / "in", patience=_SHORT)
        assert asked == []
        with Session(web_seeds=True) as session:
            session.fetch(torrent, tmp_path / "in", patience=_LONG)
        assert blobs.fetched(tmp_path / "in") == dict.fromkeys(blobs.places, True)
        assert asked and not any("announce" in path for path in asked)
        with Session(trackers=True) as session, pytest.raises(MirrorFailed):
            session.fetch(torrent, tmp_path / "in2", patience=_SHORT)
        assert any("announce" in path for path in asked)


def test_a_session_is_quiet_and_on_loopback_unless_asked(shelf, tmp_path):
    with Session() as session:
        known = session._session.get_settings()
        assert not any(known[name] for name in ("enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp"))
        assert not session._session.is_dht_running()
        rules = session._session.get_ip_filter()
        assert [rules.access(host) for host in ("127.0.0.1", "127.9.9.9", "::1")] == [0, 0, 0]
        outside = (
            "0.0.0.0",
            "10.0.0.1",
            "126.255.255.255",
            "128.0.0.0",
            "192.0.2.1",
            "::",
            "::2",
            "2001:db8::1",
        )
        assert [rules.access(host) for host in outside] == [1] * len(outside)
        for peer in (("192.0.2.1", 6881), ("2001:db8::1", 6881), ("localhost", 6881), ("127.0.0.1", 70_000)):
            with pytest.raises(UsageError):
                session.fetch(shelf.torrent.metainfo, tmp_path / "in", [peer])


def test_a_port_that_is_taken_or_no_address_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(MirrorFailed, match=place):
            Session(place)
    for listen in (":5", "localhost:5", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536"):
        with pytest.raises(UsageError, match="address and a port"):
            Session(listen)


def test_torrents_that_contradict_themselves_or_are_none_are_refused(shelf, tmp_path):
    for number, path in ((0, [b"..", b"evil"]), (1, [b"data", b"other.ogg"])):
        outer = bencode.decode(shelf.torrent.metainfo)
        outer[b"info"][b"files"][number][b"path"] = path
        with Session() as session, pytest.raises(SourceRefused, match="the files of the file tree"):
            session.fetch(bencode.encode(outer), tmp_path / "in")
    outer[b"info"][b"name"] = b".."
    for torrent in (b"", b"de", bencode.encode(outer)):
        with Session() as session, pytest.raises(SourceRefused):
            session.fetch(torrent, tmp_path / "in")
    outer = bencode.decode(shelf.torrent.metainfo)
    outer[b"piece layers"] = {bytes(32): bytes(64)}
    with Session() as session, pytest.raises(SourceRefused, match="piece layers"):
        session.fetch(bencode.encode(outer), tmp_path / "in")
    assert not (tmp_path / "in").exists() and not (tmp_path / "evil").exists()


def test_a_closed_session_gives_its_port_free_and_can_be_closed_again(shelf):
    with Session() as session:
        session.seed(shelf.torrent.metainfo, shelf.locate)
        session.close()
        with Session(f"127.0.0.1:{session.port}") as other:
            assert other.port == session.port


def test_a_torrent_is_seeded_once_and_again_after_it_was_stopped(shelf):
    with Session() as session:
        seeding = session.seed(shelf.torrent.metainfo, shelf.locate)
        with pytest.raises(MirrorFailed, match="not taken"):
            session.seed(shelf.torrent.metainfo, shelf.locate)
        session.stop(seeding.info_hash_v2)
        assert session.seed(shelf.torrent.metainfo, shelf.locate) == seeding


def test_the_binding_is_the_one_these_sessions_were_made_for():
    # Absolute renamed paths, upload mode and seed mode were tried with 2.1; another series must be tried again.
    assert lt.__version__.startswith("2.1.")
