# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root in a bucket of S3-compatible storage. What is held the ledger says; a list of the bucket is never asked."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.errors import NotFound, OnrecordError, StoreFailed, StoreFull
from onrecord.store.cache import Cache
from onrecord.store.copies import Copies
from onrecord.store.objects import AT_ONCE, PIECE, Objects
from onrecord.store.roots import MARKER, damaged, free_in, new_marker, read_only, root_id, sweep_parts
from onrecord.store.s3 import Keys, Place, S3Settings, client, credentials, told

_BRING: Final = 16 * PIECE
#: Seconds for which a bucket that was there is taken to be there still.
_THERE: Final = 30
_OPENING: Final = 5


class Bucket(Struct, frozen=True, forbid_unknown_fields=True):
    """A place in a bucket that bears a marker, as a disk does. `path` is its folder on this machine, `most` the bound
    of the copies in it. Contract: `seam.Root`."""

    id: str
    path: Path
    where: Place
    settings: S3Settings
    most: int

    @property
    def place(self) -> str:
        return str(self.where)

    @property
    def is_remote(self) -> bool:
        return True

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    @property
    def cache(self) -> Cache:
        return Cache(self.path, self.most)

    @property
    def copies(self) -> Copies:
        """Those that stay for seeding."""
        return Copies(self.path / "seeding")

    @property
    def objects(self) -> Objects:
        return Objects(self.where, self.settings, self.path / "uploading")

    def free(self) -> int:
        """A bucket has no end; the disk that files wait on before they travel has one."""
        return free_in(self.path)

    def sweep(self) -> int:
        return sweep_parts(self.parts) + self.cache.sweep() + self.objects.sweep()

    def settle(self, parts: Sequence[tuple[Path, str]]) -> None:
        if not parts:
            return
        self.objects.honesty()
        with ThreadPoolExecutor(min(AT_ONCE, len(parts))) as threads:
            for done in [threads.submit(self._settle, part, sha256) for part, sha256 in parts]:
                done.result()

    def bring(self, source: Path, sha256: str) -> None:
        self._put(source, sha256, known=False)

    def size(self, sha256: str) -> int | None:
        found = self.objects.head(key(sha256))
        return None if found is None else int(found["size"])

    def file(self, sha256: str) -> Path:
        return self.cache.file(sha256, self._size_to_bring(sha256), lambda part: self._bring(sha256, part))

    @contextmanager
    def holding(self, sha256: str) -> Iterator[Path]:
        size = self._size_to_bring(sha256)
        with self.cache.holding(sha256, size, lambda part: self._bring(sha256, part)) as path:
            yield path

    def read(self, sha256: str, size: int, start: int, end: int) -> Iterator[bytes]:
        return self.objects.read(key(sha256), size, start, end)

    def verify(self, sha256: str, size: int) -> str:
        found = self.size(sha256)
        if found is None:
            return "missing"
        if found != size:
            return "truncated" if found < size else "flipped"
        try:
            return "ok" if self.objects.digest(key(sha256), size) == sha256 else "flipped"
        except NotFound:
            return "missing"

    def set_aside(self, sha256: str) -> str | None:
        self.cache.drop(sha256)
        self.copies.forget(sha256)
        target = f"quarantine/{sha256}/{secrets.token_hex(4)}"
        return f"{self.where}/{target}" if self.objects.move(key(sha256), target) else None

    def aside(self, sha256: str) -> Path | None:
        # A list that is late costs a repair some bytes, and nothing else.
        found = self.objects.newest(f"quarantine/{sha256}")
        if found is None:
            return None
        name, size = found
        target = self.path / "aside" / sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.writelines(self.objects.read(name, size, 0, size, _BRING))
        return target

    def remove(self, sha256: str) -> None:
        self.cache.drop(sha256)
        self.copies.forget(sha256)
        self.objects.remove(key(sha256))

    def notes(self) -> Sequence[str]:
        return self.objects.notes()

    def address(self, sha256: str, media_type: str, name: str = "") -> str | None:
        """A signed address, good for a short time; None where the keeper of the archive wants none."""
        return self.objects.address(key(sha256), media_type, name) if self.settings.redirect else None

    def _put(self, source: Path, sha256: str, *, known: bool) -> None:
        for _ in range(2):
            if self.objects.put(source, sha256, key(sha256), known=known):
                return
            self.set_aside(sha256)
        raise StoreFailed(
            f"{self.where}/{key(sha256)}: something else is there again and again", "who else writes there?"
        )

    def _settle(self, part: Path, sha256: str) -> None:
        self._put(part, sha256, known=True)
        part.unlink(missing_ok=True)

    def _size_to_bring(self, sha256: str) -> int:
        if self.cache.has(sha256):
            return 0
        size = self._size(sha256)
        if size > self.most or size > self.free():
            raise StoreFull(
                f"{self.path}: blob {sha256} of {size:,} bytes has to be brought from {self.where}; the folder may hold"
                f" {self.most:,}, and {self.free():,} are free",
                "free some space, or raise [store] cache_mb",
            )
        return size

    def _size(self, sha256: str) -> int:
        size = self.size(sha256)
        if size is None:
            raise NotFound(f"blob {sha256}: missing from {self.where}", "run `onrecord check`")
        return size

    def _bring(self, sha256: str, part: Path) -> None:
        found, size = hashlib.sha256(), self._size(sha256)
        with open(part, "xb", buffering=0, opener=read_only) as file:
            for piece in self.objects.read(key(sha256), size, 0, size, _BRING):
                found.update(piece)
                view = memoryview(piece)
                while view:
                    view = view[file.write(view) :]
        if found.hexdigest() != sha256:
            raise damaged(f"{self.where}/{key(sha256)}", sha256, found.hexdigest())


def key(sha256: str) -> str:
    """Where a blob lies below the place."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def make_bucket(where: Place, settings: S3Settings, cache: Path, most: int) -> Bucket:
    """Make a place in a bucket a root. One that is already keeps its id. The server is tried first."""
    import obstore
    from obstore.exceptions import AlreadyExistsError

    store = client(settings, where, credentials(os.environ))
    honest = Objects(where, settings, cache).honesty().conditional
    with told(where, MARKER):
        try:
            obstore.head(store, MARKER)
        except FileNotFoundError:
            with suppress(AlreadyExistsError):  # somebody was quicker
                obstore.put(store, MARKER, new_marker(), mode="create" if honest else "overwrite")
        marker = bytes(obstore.get(store, MARKER).bytes())
    return _bucket(marker, where, settings, cache, most)


def open_bucket(where: Place, settings: S3Settings, cache: Path, most: int) -> Bucket:
    """The root in a bucket. OnrecordError where it cannot be reached, or is none: it is lost, as a disk would be."""
    marker = _marker(settings, where, credentials(os.environ), int(time.monotonic() / _THERE))
    return _bucket(marker, where, settings, cache, most)


def _bucket(marker: bytes, where: Place, settings: S3Settings, cache: Path, most: int) -> Bucket:
    id = root_id(marker, f"{where}/{MARKER}")
    folder = cache / "".join(each for each in id if each.isalnum())
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    return Bucket(id, folder, where, settings, most)


@lru_cache(maxsize=64)
def _marker(settings: S3Settings, where: Place, keys: Keys, moment: int) -> bytes:
    import obstore

    soon = msgspec.structs.replace(settings, patience=min(settings.patience, _OPENING))
    try:
        with told(where, MARKER):
            return bytes(obstore.get(client(soon, where, keys), MARKER).bytes())
    except NotFound:
        raise OnrecordError(
            f"{where}: no root is here", f"make it one with `onrecord store root {where}`"
        ) from None
