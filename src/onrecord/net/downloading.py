# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads a file: goes on where it was cut, never mixes two versions, and gives the name only to what is whole.

Beside `target` lie `<name>.part` and `<name>.part.json`, which says where the part came from, which version it is,
and how many of its bytes are durable. Both are gone when the file is there.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from onrecord.durable import replace, settle, sync
from onrecord.errors import DigestMismatch, SourceFailed, StoreFailed
from onrecord.net.addresses import shown
from onrecord.net.bodies import declared_length, plain_parts
from onrecord.net.client import Client
from onrecord.net.failures import AskAgain

if TYPE_CHECKING:
    import httpx2

_TRIES: Final = 8
_MOST: Final = 256 * 1024**3
_BETWEEN_SYNCS: Final = 64 * 1024 * 1024
_SURE_SECONDS: Final = 60.0
_RANGE: Final = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.ASCII)
_ALGORITHMS: Final = ("md5", "sha1", "sha256", "sha512")

#: Told the bytes that are there, and the bytes that there will be, None where nobody knows.
Progress = Callable[[int, int | None], None]


def download(
    client: Client,
    address: str,
    target: Path,
    *,
    size: int | None = None,
    digest: tuple[str, str] | None = None,
    progress: Progress | None = None,
    most: int = _MOST,
) -> str:
    """Fetch a file to `target`, whose folder exists; its SHA-256. A file of that name is replaced when all is well.

    size      bytes that the file must have; without it at most `most` bytes are taken
    digest    (algorithm, hexadecimal digits) that the file must have: `md5`, `sha1`, `sha256` or `sha512`

    A cut connection is asked to go on, eight times; then SourceFailed, as everything that `Client.get` raises, leaves
    the part for the next call, which goes on with it. Going on needs a version to hold on to: a strong ETag, or a
    Last-Modified a minute older than its answer; else it starts over, as it does when the file has changed.
    DigestMismatch names both digests, and removes the part. StoreFailed where the disk refuses.
    """
    if digest and (digest[0] not in _ALGORITHMS):
        raise SourceFailed(f"{shown(address)}: cannot check a digest of kind {digest[0]!r}", "report it")
    try:
        with _Part(address, target, size, digest, progress, most) as part:
            if not part.whole:
                client.ask(address, part.headers, (200, 206, 416), part.take, _TRIES)
            return part.finish()
    except OSError as error:
        raise StoreFailed(f"{target}: {error.strerror}", "what came is kept; make room and go on") from error


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must be known of a part to go on with it. `validator` is what If-Range sends."""

    address: str
    validator: str
    total: int | None
    durable: int


class _Part:
    """The bytes that have come, their digests, and which version of the file they belong to."""

    def __init__(
        self,
        address: str,
        target: Path,
        size: int | None,
        digest: tuple[str, str] | None,
        progress: Progress | None,
        most: int,
    ) -> None:
        self._address = address
        self._target = target
        self._path = target.with_name(target.name + ".part")
        self._note = target.with_name(target.name + ".part.json")
        self._size = size
        self._digest = digest
        self._progress = progress
        self._most = most
        self._validator = ""
        self._total: int | None = None
        self._received = 0
        self._durable = 0
        self._restart("", None)

    def __enter__(self) -> "_Part":
        self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644), "r+b", 0)
        self._go_on()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None and self._path.exists():
                self._keep()
        finally:
            self._file.close()

    @property
    def whole(self) -> bool:
        return self._total is not None and self._received == self._total > 0

    def headers(self, _: str) -> Mapping[str, str]:
        """A request for the bytes that are missing, if there is a version to hold on to; else for all."""
        if self._received and not self._validator:
            self._empty("", None)
        if not self._received:
            return {"Accept": "*/*"}
        return {"Accept": "*/*", "Range": f"bytes={self._received}-", "If-Range": self._validator}

    def take(self, address: str, answer: "httpx2.Response") -> None:
        """Add what an answer brings. AskAgain where the next request is to go on, or to start over."""
        if answer.status_code == 200:
            total = declared_length(answer)
            self._expect_size(total)
            self._empty(_validator(answer), total)
            self._copy(address, answer, total)
        elif not self._received:
            raise SourceFailed(f"{shown(address)}: expected 200, got {answer.status_code}", "ask its owner")
        elif answer.status_code == 206:
            self._copy(address, answer, self._end_of(answer) + 1)
        elif self._total is not None or _unsatisfied(answer) != self._received:
            self._empty("", None)
            raise AskAgain("the file has become shorter")

    def finish(self) -> str:
        """Check, make durable, rename: the SHA-256 of what is now at its name."""
        self._expect_size(self._received)
        if self._digest:
            algorithm, expected = self._digest
            if (found := self._hashes[algorithm].hexdigest()) != expected.strip().lower():
                self._drop()
                raise DigestMismatch(
                    f"{shown(self._address)}: expected {algorithm} {expected[:128]}, got {found}",
                    "what came is not kept; its owner may have changed it",
                )
        settle(self._path, self._target)
        self._note.unlink(missing_ok=True)
        return str(self._hashes["sha256"].hexdigest())

    def _go_on(self) -> None:
        """Take up the part of an earlier call, as far as it is known to be durable; else start with nothing."""
        try:
            note = msgspec.json.decode(self._note.read_bytes(), type=_Note)
        except (OSError, msgspec.MsgspecError):
            note = _Note("", "", None, 0)
        there = os.fstat(self._file.fileno()).st_size
        if note.address != self._address or not note.validator or not 0 < note.durable <= there:
            return self._empty("", None)
        self._restart(note.validator, note.total)
        self._file.truncate(note.durable)
        self._file.seek(0)
        while data := self._file.read(1024 * 1024):
            self._count(data)
        return None

    def _copy(self, address: str, answer: "httpx2.Response", end: int | None) -> None:
        """Write a body that ends before byte `end`, where that is known."""
        limit = next(one for one in (end, self._size, self._most) if one is not None)
        for data in plain_parts(shown(address), answer):
            if self._received + len(data) > min(limit, self._most):
                self._drop()
                raise SourceFailed(
                    f"{shown(address)}: expected at most {min(limit, self._most):,} bytes, got more",
                    "ask its owner",
                )
            self._write(data)
            self._count(data)
            if self._received - self._durable >= _BETWEEN_SYNCS:
                self._keep()
        expected = self._size if self._total is None else self._total
        if expected is not None and self._received < expected:
            raise AskAgain(f"{self._received:,} of {expected:,} bytes came")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _count(self, data: bytes) -> None:
        for one in self._hashes.values():
            one.update(data)
        self._received += len(data)
        if self._progress:
            self._progress(self._received, self._total if self._size is None else self._size)

    def _end_of(self, answer: "httpx2.Response") -> int:
        """The last byte of the range in an answer, which must be the one that was asked for, of the same version."""
        if self._validator.startswith('"') and answer.headers.get("etag", self._validator) != self._validator:
            self._empty("", None)
            raise AskAgain("the file has changed")
        said = answer.headers.get("content-range", "")
        match = _RANGE.fullmatch(said)
        start, end = (int(match[1]), int(match[2])) if match else (-1, -1)
        total = int(match[3]) if match and match[3] != "*" else self._total
        fits = (
            start == self._received <= end and (total is None or end < total) and self._total in (None, total)
        )
        if not fits or declared_length(answer) not in (None, end - start + 1):
            self._drop()
            raise SourceFailed(
                f"{shown(self._address)}: expected bytes from {self._received} of {self._total}, got {said[:80]!r}",
                "ask its owner",
            )
        self._expect_size(total)
        self._total = total
        return end

    def _expect_size(self, found: int | None) -> None:
        if self._size is not None and found not in (None, self._size):
            self._drop()
            raise SourceFailed(
                f"{shown(self._address)}: expected {self._size:,} bytes, got {found:,}",
                "its owner may have changed it",
            )

    def _restart(self, validator: str, total: int | None) -> None:
        self._validator = validator
        self._total = total
        self._received = 0
        self._durable = 0
        names = {"sha256", self._digest[0]} if self._digest else {"sha256"}
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}

    def _empty(self, validator: str, total: int | None) -> None:
        """Forget what came, on the disk too: the next bytes are of another version."""
        self._note.unlink(missing_ok=True)
        self._file.seek(0)
        self._file.truncate(0)
        self._restart(validator, total)

    def _keep(self) -> None:
        """Make what came durable, and write down what it is."""
        if self._received and self._validator:
            sync(self._path)
            self._durable = self._received
            note = _Note(self._address, self._validator, self._total, self._durable)
            replace(self._note, msgspec.json.encode(note))

    def _drop(self) -> None:
        self._note.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)


def _validator(answer: "httpx2.Response") -> str:
    """What names this version of the file beyond doubt (RFC 9110, 8.8): a strong ETag, or a Last-Modified a minute
    before the answer's Date; "" where there is neither."""
    etag = str(answer.headers.get("etag", ""))
    if re.fullmatch(r'"[!#-~]*"', etag):
        return etag
    if etag:
        return ""  # a weak one: the same ETag may stand for other bytes
    from email.utils import parsedate_to_datetime

    modified = str(answer.headers.get("last-modified", ""))
    try:
        age = parsedate_to_datetime(answer.headers.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""
    return modified if age.total_seconds() >= _SURE_SECONDS else ""


def _unsatisfied(answer: "httpx2.Response") -> int:
    """The length that an answer of 416 names, -1 where it names none (RFC 9110, 14.4)."""
    match = re.fullmatch(r"bytes \*/(\d{1,19})", answer.headers.get("content-range", ""), re.ASCII)
    return int(match[1]) if match else -1
