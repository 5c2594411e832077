# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings files of a torrent from the pages of holders, by ranges of bytes (format clauses 5.5 and 12.5).

Each piece is checked as it comes, so a page that gives something else is found out after a few megabytes, and the next
one goes on from there. One that does so for several files is named, and not asked again.
"""

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from onrecord.archive.bringing import Bringer, Brought, Wanted, Whole, nobody
from onrecord.archive.reaching import part_of
from onrecord.errors import IntegrityError, MirrorFailed, SourceFailed, SourceRefused
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model.digests import PIECE
from onrecord.model.identifiers import sha256
from onrecord.model.merkle import leaves, piece_root
from onrecord.net import UnexpectedStatus, connected
from onrecord.publish.contents import Contents, Listed, layers, read
from onrecord.publish.edition import FEED
from onrecord.store.roots import refused_write
from onrecord.store.s3 import SCHEME, S3Settings

if TYPE_CHECKING:
    import httpx2

#: Pieces asked for at once.
_AT_ONCE: Final = 8
#: Files that come at a time.
_FILES: Final = 4
_SECONDS: Final = 60.0
#: Files of a page that are not what their torrents say, after which it is asked no more: one may be damaged there.
_LIES: Final = 3
_EDITION = re.compile(r"onrecord-[0-9a-f]{16}-edition-([1-9][0-9]{0,8})")


class Pages:
    """From pages, asked in order. `failures` say what failed.

    A page is an archive's own, or a place in a bucket where `publish place` has put an edition (by its public address,
    or `s3://BUCKET/PREFIX` on the server that `s3` names, with the keys of the environment): that has no exchange,
    and gives sound by its volume alone. What one answers with is remembered of it.
    """

    def __init__(
        self,
        pages: Sequence[str],
        progress: Callable[[str, FetchProgress], None],
        s3: S3Settings,
    ) -> None:
        self._pages = [page.rstrip("/") for page in pages]
        self._s3 = s3
        self._progress = progress
        self._by_volume = {page for page in self._pages if page.startswith(SCHEME)}
        self._telling = threading.Lock()
        self._lies = Counter[str]()
        self.failures: list[str] = []

    @property
    def liars(self) -> list[str]:
        """Pages that gave what is not a file's."""
        return list(self._lies)

    @property
    def are_left(self) -> bool:
        """Whether there is one that may be asked for more."""
        return bool(self._pages)

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        contents, known = read(torrent), layers(torrent)
        files = [file for file in contents.files if wanted(file.path)]
        for file in files:
            if file.size > PIECE and file.root not in known:
                raise SourceRefused(
                    f"torrent {contents.name}: it lacks the piece hashes of {file.path[-1]}",
                    "use the torrent of the edition",
                )
        total, received = sum(file.size for file in files), 0
        absent, damaged = set[tuple[str, ...]](), set[tuple[str, ...]]()

        def came(size: int) -> None:
            nonlocal received
            with self._telling:
                received += size
                self._progress(contents.name, FetchProgress(received, total, len(self._pages), 0))

        with connected(_SECONDS) as client, ThreadPoolExecutor(_FILES) as threads:

            def one(file: Listed) -> tuple[bool, bool]:
                coming = _Coming(
                    contents, file, known.get(file.root, file.root), into, client, came, self._s3
                )
                return self._one(coming)

            pending = {threads.submit(one, file): file for file in files}
            try:
                for done in as_completed(pending):
                    (is_here, was_another), path = done.result(), pending[done].path
                    if is_here:
                        whole(path)
                    else:
                        (damaged if was_another else absent).add(path)
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                client.close()  # so that what travels ends, and need not be waited for
                raise
        return Brought(received, frozenset(absent), frozenset(damaged))

    def failed(self, what: str) -> MirrorFailed:
        why = "; ".join(self.failures[-3:]) or "no page was named"
        return MirrorFailed(
            f"{what}: nobody who was asked gave it: {why}", "name another holder with --from, or a --peer"
        )

    def _one(self, coming: "_Coming") -> tuple[bool, bool]:
        """(Is it here? Did somebody give something else?)"""
        was_another = False
        for page in list(self._pages):
            try:
                self._from(page, coming)
            except _Lie as lie:
                self.failures.append(str(lie))
                was_another = True
                with self._telling:
                    self._lies[page] += 1
                if self._lies[page] >= _LIES:
                    self._leave(page)
            except UnexpectedStatus as error:
                self.failures.append(error.message)  # it lacks this one, and may have the next
            except SourceFailed as error:
                # Each was tried several times: who does not answer is not asked for every other file, too.
                self._leave(page)
                self.failures.append(error.message)
            if coming.is_whole:
                break
        return coming.settled(), was_another

    def _from(self, page: str, coming: "_Coming") -> None:
        """Ask a page by the address that it answered with last, then by the other that it may have."""
        by_digest, *by_volume = coming.addresses
        tried = [by_digest, *by_volume]
        if page in self._by_volume:
            tried.reverse()
        for address in tried:
            try:
                coming.go_on(page, address)
                (self._by_volume.add if address in by_volume else self._by_volume.discard)(page)
                return
            except UnexpectedStatus:
                if address == tried[-1]:
                    raise

    def _leave(self, page: str) -> None:
        """Ask it no more; another thread may have said so."""
        with suppress(ValueError):
            self._pages.remove(page)


class OrEnd:
    """Pages on which all depends: where none is left that could be asked, the run ends, and the next goes on."""

    def __init__(self, pages: Pages) -> None:
        self._asked = pages

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        brought = self._asked.bring(torrent, into, wanted, whole)
        if (lacking := brought.absent | brought.damaged) and not self._asked.are_left:
            raise self.failed(f"torrent {read(torrent).name}: {len(lacking):,} files")
        return brought

    def failed(self, what: str) -> MirrorFailed:
        return self._asked.failed(what)


class InTurn:
    """What one bringer does not have, the next is asked for."""

    def __init__(self, first: Bringer, *others: Bringer) -> None:
        self._bringers = (first, *others)

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        moved, absent, damaged = 0, frozenset[tuple[str, ...]](), frozenset[tuple[str, ...]]()
        for place, bringer in enumerate(self._bringers):
            lacking = absent | damaged
            if place and not lacking:
                break
            found = bringer.bring(torrent, into, lacking.__contains__ if place else wanted, whole)
            moved, absent, damaged = moved + found.bytes, found.absent, found.damaged
        return Brought(moved, absent, damaged)

    def failed(self, what: str) -> MirrorFailed:
        return self._bringers[0].failed(what)


def page_of(feed: str) -> list[str]:
    """The page, or the place in a bucket, that a feed is on; none where it is on none."""
    page, _, rest = feed.rpartition(f"/feed/{FEED}")
    return [page] if page and not rest and urlsplit(page).scheme in ("http", "https", "s3") else []


class _Lie(Exception):
    """A page gave bytes that are not the file's."""


class _Coming:
    """One file on its way: pieces that are here and right, in their order. What an earlier run left is looked at."""

    def __init__(
        self,
        contents: Contents,
        file: Listed,
        layer: bytes,
        into: Path,
        client: "httpx2.Client",
        came: Callable[[int], None],
        s3: S3Settings,
    ) -> None:
        self._file = file
        self._s3 = s3
        self._client = client
        self._came = came
        self._layer = layer
        self._name = contents.name
        self._target = into.joinpath(contents.name, *file.path)
        # Beside the torrent's folder: whoever looks into that finds nothing but its files.
        self._part = (
            into / ".parts" / hashlib.sha256("/".join((contents.name, *file.path)).encode()).hexdigest()
        )
        self._done = 0
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._part.parent.mkdir(exist_ok=True)
            if self._target.is_file():
                self._target.rename(self._part)
            self._part.touch()
            self._part.chmod(0o600)
            self._keep_what_is_right()
        except OSError as error:
            raise refused_write(error, self._target.parent) from error

    @property
    def is_whole(self) -> bool:
        return self._done == self._file.size

    @property
    def addresses(self) -> Sequence[str]:
        """Where pages give it: sound by its digest, in whatever volume it is, or by its place in this one."""
        return list(_addresses(self._name, self._file.path))

    def settled(self) -> bool:
        """Give the file its name if it is whole; its pieces were looked at one by one. The part stays if it is not."""
        if self.is_whole:
            self._part.rename(self._target)
        return self.is_whole

    def go_on(self, page: str, address: str) -> None:
        """Ask a page for what is lacking. Raises `_Lie`, SourceFailed, StoreFull, StoreFailed."""
        while not self.is_whole:
            end = min(self._done + _AT_ONCE * PIECE, self._file.size)
            try:
                content = part_of(
                    self._s3, page, address, (self._done, end), self._file.size,
                    seconds=_SECONDS, client=self._client,
                )  # fmt: skip
            except IntegrityError as error:
                raise _Lie(error.message) from None
            self._came(len(content))
            self._append(page, memoryview(content), end)

    def _append(self, page: str, content: memoryview, end: int) -> None:
        for at in range(0, len(content), PIECE):
            piece = content[at : at + PIECE]
            if not self._is_right(piece):
                number, path = self._done // PIECE, "/".join(self._file.path)
                raise _Lie(f"{page}: piece {number} of {path} in {self._name} is not what its torrent says")
            try:
                with self._part.open("ab") as file:
                    file.write(piece)
            except OSError as error:
                raise refused_write(error, self._part.parent) from error
            self._done += len(piece)
        if self._done != end:
            raise SourceFailed(
                f"{page}: expected bytes up to {end:,} of {self._file.path[-1]}, got {self._done:,}"
            )

    def _is_right(self, piece: memoryview | bytes) -> bool:
        size, number = self._file.size, self._done // PIECE
        expected = min(PIECE, size - self._done)
        node = self._layer[32 * number : 32 * number + 32]
        return len(piece) == expected and piece_root(leaves(piece), size) == node

    def _keep_what_is_right(self) -> None:
        with self._part.open("r+b") as file:
            while self._done < self._file.size and self._is_right(piece := file.read(PIECE)):
                self._done += len(piece)
            file.truncate(self._done)


def _addresses(name: str, path: tuple[str, ...]) -> Iterator[str]:
    place = "/".join(map(quote, path))
    if edition := _EDITION.fullmatch(name):
        yield f"/editions/{edition[1]}/{place}"
        return
    if path[0] == "data" and (digest := sha256(path[-1].partition(".")[0])):
        yield f"/exchange/{digest}"
    yield f"/volumes/{name}/{place}"
