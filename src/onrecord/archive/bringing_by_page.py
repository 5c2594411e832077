# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings files of a torrent from the pages of holders, by ranges of bytes (format clauses 5.5 and 12.5).

Each piece is checked as it comes, so a page that gives something else is found out after a few megabytes, named, and
not asked again; the next one goes on from there.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from onrecord.archive.bringing import Bringer, Brought, Wanted, Whole, nobody
from onrecord.errors import MirrorFailed, SourceFailed, SourceRefused
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model.digests import PIECE
from onrecord.model.identifiers import sha256
from onrecord.model.merkle import leaves, piece_root
from onrecord.net import UnexpectedStatus, fetch
from onrecord.publish.contents import Contents, Listed, layers, read
from onrecord.store.roots import refused_write

#: Pieces asked for at once.
_AT_ONCE: Final = 8
_EDITION = re.compile(r"onrecord-[0-9a-f]{16}-edition-([1-9][0-9]{0,8})")


class Pages:
    """From pages, asked in order. `liars` gave what is not the file's; `failures` say what else failed."""

    def __init__(self, pages: Sequence[str], progress: Callable[[str, FetchProgress], None]) -> None:
        self._pages = [page.rstrip("/") for page in pages]
        self._progress = progress
        self.liars: list[str] = []
        self.failures: list[str] = []

    def bring(self, torrent: bytes, into: Path, wanted: Wanted, whole: Whole = nobody) -> Brought:
        contents, known = read(torrent), layers(torrent)
        files = [file for file in contents.files if wanted(file.path)]
        total = sum(file.size for file in files)
        received, absent = 0, set[tuple[str, ...]]()
        for file in files:
            if file.size > PIECE and file.root not in known:
                raise SourceRefused(
                    f"torrent {contents.name}: it lacks the piece hashes of {file.path[-1]}",
                    "use the torrent of the edition",
                )
            coming = _Coming(contents, file, known.get(file.root, file.root), into)

            def came(size: int, received: int = received) -> None:
                self._progress(contents.name, FetchProgress(received + size, total, len(self._pages), 0))

            if self._one(coming, came):
                whole(file.path)
            else:
                absent.add(file.path)
            received += coming.received
        return Brought(received, frozenset(absent))

    def failed(self, what: str) -> MirrorFailed:
        why = "; ".join(self.failures[-3:]) or "no page was named"
        return MirrorFailed(
            f"{what}: nobody who was asked gave it: {why}", "name another holder with --from, or a --peer"
        )

    def _one(self, coming: "_Coming", came: Callable[[int], None]) -> bool:
        for page in list(self._pages):
            try:
                coming.go_on(page, came)
            except _Lie as lie:
                self.liars.append(page)
                self._pages.remove(page)
                self.failures.append(str(lie))
            except UnexpectedStatus as error:
                self.failures.append(error.message)  # it lacks this one, and may have the next
            except SourceFailed as error:
                # Each was tried several times: who does not answer is not asked for every other file, too.
                self._pages.remove(page)
                self.failures.append(error.message)
            if coming.is_whole:
                break
        return coming.settled()


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


class _Lie(Exception):
    """A page gave bytes that are not the file's."""


class _Coming:
    """One file on its way: pieces that are here and right, in their order. What an earlier run left is looked at."""

    def __init__(self, contents: Contents, file: Listed, layer: bytes, into: Path) -> None:
        self._file = file
        self._layer = layer
        self._name = contents.name
        self._target = into.joinpath(contents.name, *file.path)
        # Beside the torrent's folder: whoever looks into that finds nothing but its files.
        self._part = into / ".parts" / (file.root.hex() or "empty")
        self._done = 0
        self.received = 0
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

    def settled(self) -> bool:
        """Give the file its name if it is whole; its pieces were looked at one by one. The part stays if it is not."""
        if self.is_whole:
            self._part.rename(self._target)
        return self.is_whole

    def go_on(self, page: str, came: Callable[[int], None]) -> None:
        """Ask a page for what is lacking. Raises `_Lie`, SourceFailed, StoreFull, StoreFailed."""
        address = page + _address(self._name, self._file.path)
        while not self.is_whole:
            end = min(self._done + _AT_ONCE * PIECE, self._file.size)
            content = fetch(address, end - self._done, part=(self._done, end - 1), seconds=60.0)
            self.received += len(content)
            self._append(page, memoryview(content), end)
            came(self._done)

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


def _address(name: str, path: tuple[str, ...]) -> str:
    """Where a page gives a torrent's file: sound by its digest, in whatever volume it is; papers by their place."""
    if edition := _EDITION.fullmatch(name):
        return f"/editions/{edition[1]}/" + "/".join(map(quote, path))
    digest = sha256(path[-1].partition(".")[0]) if path[0] == "data" else ""
    return f"/exchange/{digest}" if digest else f"/volumes/{name}/" + "/".join(map(quote, path))
