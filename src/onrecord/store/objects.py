# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects at their keys below a place in a bucket (docs/decisions/0015).

A server's word counts where it can be checked: a write has arrived when the e_tag is what our own bytes make it, or
when they were read back. Nothing is found by listing: each key is asked for by its name.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from msgspec import Struct

from onrecord.errors import DigestMismatch, IntegrityError, NotFound, StoreFailed
from onrecord.store import honesty
from onrecord.store.honesty import Honesty
from onrecord.store.parcel import PART, Parcel, goes_in_parts
from onrecord.store.s3 import Keys, Place, S3Settings, client, credentials, told
from onrecord.store.s3_answers import raised
from onrecord.store.signing import signed
from onrecord.store.uploads import abort, left_behind, noted

if TYPE_CHECKING:
    from obstore.store import S3Store

#: Files that travel at a time, and parts of one file.
AT_ONCE: Final = 4
#: How often an answer that ended early is gone on with, beyond what the client does by itself.
_GO_ON: Final = 1
PIECE: Final = 256 * 1024


class Objects(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies below a place. `folder` is where unfinished uploads are noted on this machine."""

    where: Place
    settings: S3Settings
    folder: Path

    def head(self, name: str) -> Any:
        """What the server says of an object; None where there is none."""
        import obstore

        try:
            with told(self.where, name):
                return obstore.head(self.store, name)
        except NotFound:
            return None

    def put(self, source: Path, sha256: str, name: str, *, known: bool = False) -> bool:
        """Have a file's bytes at a key, for certain. False where something else is there, which is left as it is.

        `known`: its digest was found here just now. Else DigestMismatch where the file is not what it says.
        """
        honest, large = self.honesty().conditional, goes_in_parts(source.stat().st_size)
        if (large or not honest) and (found := self.head(name)) is not None:
            return self._is(Parcel.of(source, sha256, known=known), name, found)
        with ThreadPoolExecutor(1) as reading:
            # A large file is read for its e_tag while it travels.
            if large:
                pending = reading.submit(Parcel.of, source, sha256, known=known)
            else:
                pending = Future[Parcel]()
                pending.set_result(Parcel.of(source, sha256, known=known))
            for _ in range(2):
                content = None if large else pending.result().content
                e_tag = self._send(source, content, name, honest)
                if (
                    e_tag is None
                ):  # something is there: of an earlier run, or of this one where an answer was lost
                    found = self.head(name)
                    if found is not None:
                        return self._is(pending.result(), name, found)
                    continue
                try:
                    if self._arrived(pending.result(), name, e_tag):
                        return True
                except DigestMismatch:
                    self.remove(name)
                    raise
                self.remove(name)
        raise StoreFailed(
            f"{self.where}/{name}: what lies there is not what was sent, twice",
            "do not use this server; what was to be put there is where it was",
        )

    def holds(self, source: Path, sha256: str, name: str) -> bool:
        """Do a file's bytes lie at a key? By the e_tag, or read back where that says nothing."""
        found = self.head(name)
        return found is not None and self._is(Parcel.of(source, sha256), name, found)

    def put_over(self, name: str, content: bytes) -> None:
        """Have a small object at a key, whatever was there before."""
        import obstore

        parcel = Parcel.of_bytes(content)
        for _ in range(2):
            with told(self.where, name):
                result = obstore.put(self.store, name, content, mode="overwrite", use_multipart=False)
            if self._arrived(parcel, name, result["e_tag"] or ""):
                return
        raise StoreFailed(f"{self.where}/{name}: what lies there is not what was sent, twice")

    def read(self, name: str, size: int, start: int, end: int, least: int = PIECE) -> Iterator[bytes]:
        """Bytes from `start` up to `end`, in pieces of `least` bytes or more, not verified.

        Raised by the call itself: NotFound, and IntegrityError where the object has not `size` bytes.
        """
        if start >= end:
            return iter(())
        return self._read(name, size, start, end, self._get(name, size, start, end, least), least)

    def content(self, name: str, most: int) -> bytes:
        """All of a small object, not verified. NotFound; StoreFailed where it has more bytes than `most`."""
        import obstore

        with told(self.where, name):
            result = obstore.get(self.store, name)
        size = result.meta["size"]
        if size > most:
            raise StoreFailed(
                f"{self.where}/{name}: expected at most {most:,} bytes, got {size:,}", "do not use it"
            )
        pieces = iter(result.stream(min_chunk_size=PIECE))
        return b"".join(map(bytes, self._read(name, size, 0, size, pieces, PIECE)))

    def digest(self, name: str, size: int) -> str:
        """The SHA-256 of an object, which is read for that. As `read`."""
        found = hashlib.sha256()
        for piece in self.read(name, size, 0, size, PART):
            found.update(piece)
        return found.hexdigest()

    def move(self, name: str, target: str) -> bool:
        """Give an object another key; False where there is none."""
        import obstore

        found = self.head(name)
        if found is None:
            return False
        with told(self.where, name):
            obstore.copy(self.store, name, target)
        kept = self.head(target)
        if kept is None or kept["size"] != found["size"]:
            raise StoreFailed(
                f"{self.where}/{target}: was copied and is not there whole", "run the command again"
            )
        self.remove(name)
        return True

    def newest(self, folder: str) -> tuple[str, int] | None:
        """Key and size of what was written last below a folder, as far as a list knows; None where it knows of none."""
        import obstore

        with told(self.where, folder):
            found = obstore.list(self.store, folder).collect()
        last = max(found, key=lambda each: (each["last_modified"], each["path"]), default=None)
        return (last["path"], last["size"]) if last else None

    def remove(self, name: str) -> None:
        import obstore

        with told(self.where, name):
            obstore.delete(self.store, name)

    def address(self, name: str, media_type: str, file_name: str = "") -> str:
        """A signed address of an object, good for as long as the settings say."""
        query = {"response-content-type": media_type, "response-cache-control": "private, no-store"}
        if file_name:
            query["response-content-disposition"] = f'attachment; filename="{file_name}"'
        seconds = self.settings.redirect_seconds
        return signed(self.settings, self.where, self.keys, "GET", name, query, seconds)

    def sweep(self) -> int:
        """Give up uploads that killed runs of this machine left behind; gives how many."""
        keys = left_behind(self.folder)
        return sum(abort(self.settings, self.where, self.keys, unquote(name)) for name in keys)

    def sweep_all(self, older: timedelta) -> int:
        """Give up whatever unfinished uploads there are below the place, also another machine's; gives how many."""
        return abort(self.settings, self.where, self.keys, older=older)

    def notes(self) -> Sequence[str]:
        """What the server does not do, in sentences."""
        found = self.honesty()
        lies = (
            "" if found.conditional else f"{self.where}: {_OVERWRITES}; each write is read back",
            "" if found.ranges else f"{self.where}: {_SENDS_ALL}",
        )
        return [said for said in lies if said]

    def honesty(self) -> Honesty:
        """What the server does when it is tried, once a process. StoreFailed where that is refused."""
        found = tried(self.settings, self.where, self.keys)
        if not found.conditional and self.settings.unconditional == "refuse":
            raise StoreFailed(
                f"{self.where}: {_OVERWRITES}",
                'take another server, or let each write be read back: [s3] unconditional = "verify"',
            )
        return found

    @property
    def keys(self) -> Keys:
        return credentials(os.environ)

    @property
    def store(self) -> "S3Store":
        return client(self.settings, self.where, self.keys)

    def _send(self, source: Path, content: bytes | None, name: str, honest: bool) -> str | None:
        """The e_tag; None where the server says that it has something of the name."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with told(self.where, name):
            try:
                if content is not None:
                    mode: Any = "create" if honest else "overwrite"
                    result = obstore.put(self.store, name, content, mode=mode, use_multipart=False)
                else:
                    with noted(self.folder, quote(name, safe="")):
                        result = obstore.put(
                            self.store,
                            name,
                            source,
                            chunk_size=PART,
                            max_concurrency=AT_ONCE,
                            use_multipart=True,
                        )
                        # Where the answer to a beginning was lost, another upload was begun in its place.
                        with suppress(StoreFailed):
                            abort(self.settings, self.where, self.keys, name)
            except AlreadyExistsError:
                return None
        return result["e_tag"] or ""

    def _is(self, parcel: Parcel, name: str, found: Any) -> bool:
        return found["size"] == parcel.size and self._arrived(parcel, name, found["e_tag"] or "")

    def _arrived(self, parcel: Parcel, name: str, e_tag: str) -> bool:
        if e_tag == parcel.e_tag and self.honesty().conditional and not self.settings.read_back:
            return True
        try:
            return self.digest(name, parcel.size) == parcel.sha256
        except (NotFound, IntegrityError):
            return False

    def _read(
        self, name: str, size: int, start: int, end: int, pieces: Iterator[bytes], least: int
    ) -> Iterator[bytes]:
        """Goes on where an answer was cut off, a bounded number of times."""
        from obstore.exceptions import BaseError

        for tried in range(1 + _GO_ON):
            why = "the answer ended early"
            try:
                for piece in pieces:
                    start += len(piece)
                    yield piece
            except (BaseError, OSError) as error:
                why = raised(error).got
            if start >= end:
                return
            if tried < _GO_ON:
                pieces = self._get(name, size, start, end, least)
        raise StoreFailed(
            f"{self.where}/{name}: cut off at byte {start:,} of {end:,}: {why}",
            "run the command again when the server answers",
        )

    def _get(self, name: str, size: int, start: int, end: int, least: int) -> Iterator[bytes]:
        """The answer's pieces, cut by ourselves where the server sends the whole for a part."""
        import obstore
        from obstore.exceptions import GenericError

        learned, whole = _learned(self.settings, self.where), (start, end) == (0, size)
        with told(self.where, name):
            try:
                options: Any = None if whole or not learned.ranges else {"range": (start, end)}
                result = obstore.get(self.store, name, options=options)
            except GenericError as error:
                if whole or not honesty.is_whole(error):
                    raise
                learned.ranges = False
                result = obstore.get(self.store, name)
            if result.meta["size"] != size:
                raise IntegrityError(
                    f"{self.where}/{name}: expected {size} bytes, got {result.meta['size']}",
                    "run `onrecord check`",
                )
            pieces = iter(result.stream(min_chunk_size=min(least, max(end - start, 1))))
        return pieces if learned.ranges or whole else _cut(pieces, start, end)


@lru_cache(maxsize=64)
def tried(settings: S3Settings, where: Place, keys: Keys) -> Honesty:
    """What a server does when it is tried, once a process."""
    return honesty.tried(client(settings, where, keys), where)


class _Learned:
    """What a process has found out about a server by the way."""

    ranges = True


@lru_cache(maxsize=64)
def _learned(settings: S3Settings, where: Place) -> _Learned:
    return _Learned()


def _cut(pieces: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    at = 0
    for piece in pieces:
        part = piece[max(start - at, 0) : max(end - at, 0)]
        at += len(piece)
        if part:
            yield bytes(part)
        if at >= end:
            return


_OVERWRITES: Final = "the server overwrites what it was asked not to"
_SENDS_ALL: Final = (
    "the server sends whole files where a part is asked for; they are cut here, so streams cost more"
)
