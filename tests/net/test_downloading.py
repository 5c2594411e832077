# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads against a server that cuts, changes and lies (faults 24 to 28): whole and right, or not there."""

import hashlib
import random
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.errors import DigestMismatch, SourceFailed, StoreFailed
from onrecord.net import Client, LeftToLater, RobotsRefused, UnexpectedStatus, download
from tests.net.serving import Clock, Server, say

Serve = Callable[..., Server]
SOUND = random.Random(7).randbytes(10_000)
OTHER = random.Random(8).randbytes(10_000)
DATE = "Tue, 01 Dec 2026 12:00:00 GMT"


@dataclass
class File:
    """A file as a web server gives it; `cuts` says after how many bytes each answer breaks off, None for not."""

    content: bytes = SOUND
    etag: str = '"1"'
    modified: str = ""
    date: str = DATE
    cuts: list[int | None] = field(default_factory=list)
    ranges: bool = True
    chunked: bool = False
    lies: dict[str, str] = field(default_factory=dict)
    server: Server | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, peer: socket.socket, address: str) -> None:
        assert self.server
        request = self.server.asked[-1]
        asked, condition = _field(request, "Range"), _field(request, "If-Range")
        self.asked.append((asked, condition))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if asked and self.ranges and condition in (self.etag, self.modified):
            self._say(peer, 206 if start < len(self.content) else 416, start)
        else:
            self._say(peer, 200, 0)

    def _say(self, peer: socket.socket, status: int, start: int) -> None:
        body = b"" if status == 416 else self.content[start:]
        heads = {"Date": self.date, "ETag": self.etag, "Last-Modified": self.modified, "Connection": "close"}
        if status == 206:
            heads["Content-Range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
            heads |= self.lies
        if status == 416:
            heads["Content-Range"] = f"bytes */{len(self.content)}"
        if self.chunked and status != 416:
            heads["Transfer-Encoding"] = "chunked"
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        else:
            heads |= {"Content-Length": str(len(body))}
        lines = [f"{name}: {text}" for name, text in heads.items() if text]
        cut = self.cuts.pop(0) if self.cuts else None
        peer.sendall("\r\n".join([f"HTTP/1.1 {status} Whatever", *lines, "", ""]).encode() + body[:cut])


def _field(request: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*?)\r$", request, re.MULTILINE | re.IGNORECASE)
    return match[1] if match else ""


@pytest.fixture
def offer(serve: Serve) -> Callable[..., str]:
    """Puts files, or other scripts, on a server, one after the other; its address."""

    def start(*files: Any, robots: Any = None) -> str:
        server = serve(*files, robots=robots)
        for file in files:
            if isinstance(file, File):
                file.server = server
        return f"{server.address}/sound.flac"

    return start


@pytest.fixture
def client() -> Iterator[Client]:
    clock = Clock()
    with Client("archivist@example.org", clock=clock, sleep=clock.sleep, allow_loopback=True) as client:
        yield client


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "sound.flac"


def there(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_of(content: bytes) -> tuple[str, str]:
    return "md5", hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_a_file_comes_whole(offer: Callable[..., str], client: Client, target: Path) -> None:
    file, seen = File(), list[tuple[int, int | None]]()
    digest = digest_of(SOUND)[1].upper()
    told = download(
        client,
        offer(file),
        target,
        size=10_000,
        digest=("md5", digest),
        progress=lambda *now: seen.append(now),
    )
    assert told == sha256(SOUND)
    assert target.read_bytes() == SOUND
    assert there(target) == {"sound.flac"}
    assert seen[-1] == (10_000, 10_000)
    assert file.asked == [("", "")]


@pytest.mark.parametrize("chunked", [False, True])
def test_nothing_is_a_file_too(
    offer: Callable[..., str], client: Client, target: Path, chunked: bool
) -> None:
    assert download(client, offer(File(b"", chunked=chunked)), target, size=0) == sha256(b"")
    assert target.read_bytes() == b""


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=5), chunked=st.booleans())
def test_cut_at_any_byte_it_goes_on(
    serve: Serve, offer: Callable[..., str], client: Client, target: Path, cuts: list[int], chunked: bool
) -> None:
    file = File(cuts=list(cuts), chunked=chunked)
    assert download(client, offer(file), target) == sha256(SOUND)
    assert target.read_bytes() == SOUND
    assert there(target) == {"sound.flac"}


def test_what_came_is_not_asked_for_again(offer: Callable[..., str], client: Client, target: Path) -> None:
    file = File(cuts=[4000, 5999])
    download(client, offer(file), target)
    assert file.asked == [("", ""), ("bytes=4000-", '"1"'), ("bytes=9999-", '"1"')]


def test_a_reset_connection_is_gone_on_with(offer: Callable[..., str], client: Client, target: Path) -> None:
    def reset(peer: socket.socket, address: str) -> None:
        peer.sendall(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 10000\r\n\r\n' + SOUND[:500])
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()

    assert download(client, offer(reset, File()), target) == sha256(SOUND)


def test_a_later_run_goes_on_too(offer: Callable[..., str], client: Client, target: Path) -> None:
    file = File(cuts=[1000] * 8)
    address = offer(file)
    with pytest.raises(SourceFailed, match="8 times"):
        download(client, address, target)
    assert there(target) == {"sound.flac.part", "sound.flac.part.json"}
    assert len(file.asked) == 8
    file.asked.clear()
    seen = list[tuple[int, int | None]]()
    assert download(client, address, target, progress=lambda *now: seen.append(now)) == sha256(SOUND)
    assert file.asked == [("bytes=8000-", '"1"')]
    assert seen[0] == (8000, 10_000)
    assert target.read_bytes() == SOUND
    assert there(target) == {"sound.flac"}


def test_only_what_was_durable_is_gone_on_with(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    """After a power loss the tail of a part may be zeros: it counts as far as its note says."""
    file = File(cuts=[1000] * 8)
    address = offer(file)
    with pytest.raises(SourceFailed):
        download(client, address, target)
    with (target.parent / "sound.flac.part").open("ab") as part:
        part.write(bytes(1500))
    assert download(client, address, target) == sha256(SOUND)
    assert file.asked[-1] == ("bytes=8000-", '"1"')


@pytest.mark.parametrize("note", [None, b"", b"{", b'{"address": 1}', b"[]"])
@pytest.mark.parametrize("part", [b"", b"left over" * 2000])
def test_a_part_that_nothing_is_known_of_is_not_used(
    offer: Callable[..., str], client: Client, target: Path, note: bytes | None, part: bytes
) -> None:
    target.with_name("sound.flac.part").write_bytes(part)
    if note is not None:
        target.with_name("sound.flac.part.json").write_bytes(note)
    assert download(client, offer(File()), target) == sha256(SOUND)
    assert target.read_bytes() == SOUND


def test_a_part_from_another_address_is_not_used(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    with pytest.raises(SourceFailed):
        download(client, offer(File(OTHER, cuts=[1000] * 8)), target)
    file = File()
    assert download(client, offer(file), target) == sha256(SOUND)
    assert file.asked == [("", "")]


def test_a_part_that_was_whole_when_the_run_ended_needs_no_request(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    address = offer(file := File())

    def killed(came: int, total: int | None) -> None:
        if came == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(client, address, target, progress=killed)
    assert not target.exists()
    assert download(client, address, target, digest=digest_of(SOUND)) == sha256(SOUND)
    assert len(file.asked) == 1


def test_the_same_without_a_length_is_told_by_416(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    address = offer(file := File(chunked=True))

    def killed(came: int, total: int | None) -> None:
        if came == 10_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(client, address, target, progress=killed)
    assert download(client, address, target) == sha256(SOUND)
    assert file.asked == [("", ""), ("bytes=10000-", '"1"')]


@pytest.mark.parametrize("length", [0, 1, 3999, 4000, 4001, 10_000, 12_000])
def test_a_file_that_changed_meanwhile_is_never_mixed(
    offer: Callable[..., str], client: Client, target: Path, length: int
) -> None:
    new = (OTHER * 2)[:length]
    address = offer(File(cuts=[4000]), File(new, etag='"2"'))
    assert download(client, address, target) == sha256(new)
    assert target.read_bytes() == new


def test_a_file_that_changed_between_two_runs(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    file = File(cuts=[1000] * 8)
    address = offer(file)
    with pytest.raises(SourceFailed):
        download(client, address, target)
    file.content, file.etag = OTHER, '"2"'
    assert download(client, address, target) == sha256(OTHER)


def test_an_if_range_that_is_not_obeyed_is_noticed_by_the_etag(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    changed = File(OTHER, etag='"1"', lies={"ETag": '"2"'})
    assert download(client, offer(File(cuts=[4000]), changed), target) == sha256(OTHER)
    assert changed.asked == [("bytes=4000-", '"1"'), ("", "")]


@pytest.mark.parametrize(
    ("etag", "modified", "date", "held"),
    [
        ('"1"', "", "", '"1"'),
        ('W/"1"', "", DATE, ""),
        ('W/"1"', "Tue, 01 Dec 2026 10:00:00 GMT", DATE, ""),
        ("", "Tue, 01 Dec 2026 10:00:00 GMT", DATE, "Tue, 01 Dec 2026 10:00:00 GMT"),
        ("", "Tue, 01 Dec 2026 11:59:30 GMT", DATE, ""),
        ("", "Tue, 01 Dec 2026 10:00:00 GMT", "", ""),
        ("", "rubbish", DATE, ""),
        ("unquoted", "", DATE, ""),
        ("", "", DATE, ""),
    ],
)
def test_what_a_resumption_may_hold_on_to(
    offer: Callable[..., str], client: Client, target: Path, etag: str, modified: str, date: str, held: str
) -> None:
    file = File(etag=etag, modified=modified, date=date, cuts=[4000])
    assert download(client, offer(file), target) == sha256(SOUND)
    assert file.asked[1] == (("bytes=4000-", held) if held else ("", ""))


def test_a_server_without_ranges_starts_over(offer: Callable[..., str], client: Client, target: Path) -> None:
    assert download(client, offer(File(cuts=[4000, 9000], ranges=False)), target) == sha256(SOUND)


@pytest.mark.parametrize(
    "lies",
    [
        {"Content-Range": "bytes 0-9999/10000"},
        {"Content-Range": "bytes 3999-9999/10000"},
        {"Content-Range": "bytes 3000-8999/10000"},
        {"Content-Range": "bytes 4000-9999/20000"},
        {"Content-Range": "bytes 4000-10000/10000"},
        {"Content-Range": "bytes 4000-3000/10000"},
        {"Content-Range": "bytes 4000-4999/10000"},
        {"Content-Range": "rubbish"},
        {"Content-Range": "bytes " + "9" * 5000 + "-9999/10000"},
        {"Content-Range": ""},
        {"Content-Encoding": "gzip"},
    ],
)
def test_a_range_that_was_not_asked_for_is_refused(
    offer: Callable[..., str], client: Client, target: Path, lies: dict[str, str]
) -> None:
    address = offer(file := File(cuts=[4000], lies=dict(lies)))
    with pytest.raises(SourceFailed, match=r"expected (bytes from 4000 of 10000|plain bytes), got"):
        download(client, address, target)
    assert not target.exists()
    file.lies.clear()
    assert download(client, address, target) == sha256(SOUND)
    if "Content-Range" in lies:
        assert file.asked[-1] == ("", ""), "nobody goes on with what such a server gave"


def test_a_part_of_the_range_is_gone_on_from(offer: Callable[..., str], client: Client, target: Path) -> None:
    """A server may give less of a range than was asked (RFC 9110, 15.3.7)."""

    def some(peer: socket.socket, address: str) -> None:
        head = b'HTTP/1.1 206 Some\r\nETag: "1"\r\nContent-Range: bytes 4000-4999/10000\r\nContent-Length: 1000\r\n\r\n'
        peer.sendall(head + SOUND[4000:5000])

    last = File()
    first = File(cuts=[4000])
    assert download(client, offer(first, some, last), target) == sha256(SOUND)
    assert last.asked == [("bytes=5000-", '"1"')]


@pytest.mark.parametrize("status", [206, 416])
def test_a_part_that_was_not_asked_for_is_refused(
    offer: Callable[..., str], client: Client, target: Path, status: int
) -> None:
    with pytest.raises(SourceFailed, match=f"expected 200, got {status}"):
        download(client, offer(say(status, b"x", Content_Range="bytes 0-0/1")), target)
    assert not target.exists()


def test_a_lasting_416_is_given_up(offer: Callable[..., str], client: Client, target: Path) -> None:
    with pytest.raises(SourceFailed, match="expected 200, got 416"):
        download(client, offer(File(cuts=[4000]), say(416)), target)
    assert not target.exists()


def test_gzip_of_identity_is_refused(offer: Callable[..., str], client: Client, target: Path) -> None:
    with pytest.raises(SourceFailed, match="expected plain bytes, got 'gzip'"):
        download(client, offer(say(200, SOUND, Content_Encoding="gzip")), target)
    assert not target.exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_size_that_differs_is_refused(
    offer: Callable[..., str], client: Client, target: Path, chunked: bool
) -> None:
    for size in (9_999, 10_001):
        with pytest.raises(SourceFailed, match=f"{size:,} bytes"):
            download(client, offer(File(chunked=chunked)), target, size=size)
        assert not target.exists()


def test_a_declared_size_that_differs_is_refused_before_it_comes(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    seen = list[tuple[int, int | None]]()
    with pytest.raises(SourceFailed, match="expected 9 bytes, got 10,000"):
        download(client, offer(File()), target, size=9, progress=lambda *now: seen.append(now))
    assert seen == []


def test_a_size_that_a_range_tells_is_checked_before_it_comes(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    seen = list[tuple[int, int | None]]()
    address = offer(File(chunked=True, cuts=[4000]), File())
    with pytest.raises(SourceFailed, match="expected 12,000 bytes, got 10,000"):
        download(client, address, target, size=12_000, progress=lambda *now: seen.append(now))
    assert seen[-1][0] < 4000


def test_a_cut_that_http_cannot_tell_is_told_by_the_size(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    """HTTP/1.0: the body ends where the connection does."""

    def old(peer: socket.socket, address: str) -> None:
        peer.sendall(b'HTTP/1.0 200 OK\r\nETag: "1"\r\n\r\n' + SOUND[:4000])

    file = File()
    assert download(client, offer(old, file), target, size=10_000) == sha256(SOUND)
    assert file.asked == [("bytes=4000-", '"1"')]


def test_more_than_allowed_is_refused(offer: Callable[..., str], client: Client, target: Path) -> None:
    for chunked in (False, True):
        with pytest.raises(SourceFailed, match="at most 9,999 bytes"):
            download(client, offer(File(chunked=chunked)), target, most=9_999)
        assert there(target) == set()


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_declared_digest_that_differs(
    offer: Callable[..., str], client: Client, target: Path, algorithm: str
) -> None:
    target.write_bytes(b"what was here before")
    expected, found = (hashlib.new(algorithm, content).hexdigest() for content in (OTHER, SOUND))
    with pytest.raises(DigestMismatch, match=f"expected {algorithm} {expected}, got {found}"):
        download(client, offer(File()), target, digest=(algorithm, expected))
    assert target.read_bytes() == b"what was here before"
    assert there(target) == {"sound.flac"}
    assert download(client, offer(File()), target, digest=(algorithm, found)) == sha256(SOUND)
    assert target.read_bytes() == SOUND


def test_a_digest_covers_what_came_in_an_earlier_run(
    offer: Callable[..., str], client: Client, target: Path
) -> None:
    address = offer(File(cuts=[1000] * 8))
    with pytest.raises(SourceFailed):
        download(client, address, target, digest=digest_of(SOUND))
    part = target.with_name("sound.flac.part")
    part.write_bytes(b"\0" + part.read_bytes()[1:])
    with pytest.raises(DigestMismatch):
        download(client, address, target, digest=digest_of(SOUND))
    assert there(target) == set()
    assert download(client, address, target, digest=digest_of(SOUND)) == sha256(SOUND)


def test_a_digest_that_cannot_be_checked(offer: Callable[..., str], client: Client, target: Path) -> None:
    address = offer(file := File())
    with pytest.raises(SourceFailed, match="crc32"):
        download(client, address, target, digest=("crc32", "00000000"))
    assert file.asked == []


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (say(404), UnexpectedStatus),
        (say(429, Retry_After="86400"), LeftToLater),
        (say(302, Location="http://10.0.0.1/"), SourceFailed),
        (say(302, Location="file:///etc/passwd"), SourceFailed),
    ],
)
def test_what_get_refuses_is_refused(
    offer: Callable[..., str], client: Client, target: Path, script: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        download(client, offer(script), target)
    assert not target.exists()


def test_robots_txt_is_obeyed(offer: Callable[..., str], client: Client, target: Path) -> None:
    with pytest.raises(RobotsRefused):
        download(client, offer(File(), robots=say(200, b"User-agent: *\nDisallow: /sound\n")), target)
    assert not target.exists()


def test_a_full_disk_is_said_and_the_part_is_kept(
    offer: Callable[..., str], client: Client, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for the full disk; it reports EFBIG where the disk would ENOSPC."""
    import resource
    import signal

    address, before = offer(file := File(cuts=[4000])), resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        with pytest.raises(StoreFailed, match=r"sound\.flac: File too large"):
            download(client, address, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not target.exists()
    assert download(client, address, target) == sha256(SOUND)
    assert file.asked[2:] == [("bytes=4000-", '"1"')]


def test_a_link_in_the_place_of_the_part_is_not_followed(
    offer: Callable[..., str], client: Client, target: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "sound.flac.part").symlink_to(victim)
    with pytest.raises(StoreFailed):
        download(client, offer(File()), target)
    assert victim.read_bytes() == b"precious"
