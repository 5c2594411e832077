# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out what this archive published and what it mirrors, from the blobs where they lie."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.judging import WORLD, judge
from onrecord.archive.newest_editions import newest
from onrecord.errors import DigestMismatch, NotFound
from onrecord.mirror.places import Locate
from onrecord.mirror.session import Session
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Use
from onrecord.publish.contents import read

#: The order of volumes by need.
Need = Callable[[str], tuple[int, bytes, str]]


def seed(archive: Archive, session: Session) -> list[str]:
    """Seed the newest edition of this archive, and of each that it mirrors. Gives the names of the torrents.

    A blob that the last check found damaged, or that may not be shared today, is not given out.
    """
    return Seeds(archive, session).ask_again()


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """What one of several sessions seeds: these volumes, and the papers of editions where it is the one that does."""

    volumes: frozenset[str]
    papers: bool


class _Running(Struct, frozen=True):
    """A torrent that is seeded; `mark` is another as soon as another file of it may be given out, or lies elsewhere."""

    name: str
    files: int
    mark: bytes


class Seeds:
    """What is being seeded. The rights are asked at the start, and again whenever `ask_again` is called.

    With `limit` no more volumes are seeded at a time, in the order that `need` gives of their names: memory and sockets
    have an end. Those of which nothing is here are left out; the papers of editions are always seeded. With `part` that
    is all that is seeded.
    """

    def __init__(
        self,
        archive: Archive,
        session: Session,
        limit: int = 0,
        need: Need | None = None,
        part: Part | None = None,
    ) -> None:
        self._archive = archive
        self._session = session
        self._limit = limit
        self._need = need
        self._part = part
        self._running: dict[bytes, _Running] = {}
        self._at: object = None

    @property
    def files(self) -> int:
        """How many files are given out."""
        return sum(each.files for each in self._running.values())

    def take(self, part: Part) -> list[str]:
        """Seed this part from now on, and no other; names of the torrents."""
        if part != self._part:
            self._part, self._at = part, None
        return self.ask_again()

    def ask_again(self) -> list[str]:
        """Ask about every file anew if anything was committed since, or the day is another; names of the torrents.

        A torrent of which something else may be given out now is stopped and begun again without the rest; so is a
        withdrawn file no longer given out, and a restored one is again.
        """
        at = (self._archive.ledger.seq, self._archive.today)
        if at != self._at:
            wanted = set()
            # One at a time: the places of all files together would take more memory than the session does.
            for info_hash, (places, torrent, locate) in self._wanted():
                wanted.add(info_hash)
                mark = _mark(places)
                known = self._running.get(info_hash)
                if known is not None and known.mark != mark:
                    self._stop(info_hash)
                if info_hash not in self._running:
                    name = self._session.seed(torrent, locate).name
                    self._running[info_hash] = _Running(name, len(places), mark)
            for info_hash in self._running.keys() - wanted:
                self._stop(info_hash)
            self._at = at
        return [each.name for each in self._running.values()]

    def _stop(self, info_hash: bytes) -> None:
        self._session.stop(info_hash)
        del self._running[info_hash]

    def _wanted(self) -> Iterator[tuple[bytes, tuple[frozenset[Path], bytes, Locate]]]:
        """Each torrent once, by its info-hash, with the places of what may be given out of it."""
        part, seen = self._part, set[bytes]()
        volumes: list[tuple[str, Path, Locate]] = []
        for folder, number in newest(self._archive):
            (_, path, locate), *listed = _edition(self._archive, folder, number)
            if part is None or part.papers:
                yield _places(path, locate)[:2]
            volumes += [volume for volume in listed if part is None or volume[0] in part.volumes]
        if need := self._need:
            volumes.sort(key=lambda volume: need(volume[0]))
        for _, path, locate in volumes:
            info_hash, found, has_sound = _places(path, locate)
            # The same files under the same license are the same volume, whoever publishes it.
            if has_sound and info_hash not in seen:
                seen.add(info_hash)
                yield info_hash, found
            if len(seen) == self._limit > 0:
                break


def chosen(archive: Archive, limit: int = 0, need: Need | None = None) -> dict[str, int]:
    """The volumes that `Seeds` would seed, with their number of files, for whoever deals them out.

    Without a limit those of which nothing is here are among them: that is found out by who seeds them.
    """
    found: dict[str, int] = {}
    volumes = [
        (entry, folder / str(number) / entry.path)
        for folder, number in newest(archive)
        for entry in manifest_in(folder / str(number)).volumes
    ]
    if need:
        volumes.sort(key=lambda volume: need(volume[0].name))
    for entry, path in volumes:
        if entry.name not in found and (not limit or _has_sound(archive, path)):
            found[entry.name] = entry.files
        if len(found) == limit > 0:
            break
    return found


def _edition(archive: Archive, folder: Path, number: int) -> Iterator[tuple[str, Path, Locate]]:
    """Name, torrent and places of the edition's own files, then of each volume."""
    papers = folder / str(number)
    yield "", folder / f"{number}.torrent", lambda path: papers.joinpath(*path)
    for entry in manifest_in(papers).volumes:
        tags = tags_of(folder, entry.name)

        def locate(path: tuple[str, ...], tags: Path = tags) -> Path | None:
            return payload(archive, path[-1]) if path[0] == "data" else tags.joinpath(*path)

        yield entry.name, papers / entry.path, locate


def _places(path: Path, locate: Locate) -> tuple[bytes, tuple[frozenset[Path], bytes, Locate], bool]:
    """Info-hash, places of what may be given out, and whether sound is among it."""
    torrent = path.read_bytes()
    contents = read(torrent)
    places = {file.path: locate(file.path) for file in contents.files}
    files = frozenset(place for place in places.values() if place is not None)
    has_sound = any(place is not None for listed, place in places.items() if listed[0] == "data")
    return contents.info_hash_v2, (files, torrent, places.get), has_sound


def _mark(places: frozenset[Path]) -> bytes:
    return hashlib.sha256("\n".join(sorted(map(str, places))).encode(errors="surrogateescape")).digest()


def _has_sound(archive: Archive, torrent: Path) -> bool:
    files = read(torrent.read_bytes()).files
    return any(payload(archive, file.path[-1]) is not None for file in files if file.path[0] == "data")


def payload(archive: Archive, name: str) -> Path | None:
    """Where a blob lies that may be given out; None for one that may not."""
    digest = sha256(name.partition(".")[0])
    blob = archive.ledger.blob(digest) if digest else None
    if blob is None or blob.state != "ok" or not judge(archive, digest, Use.SHARE, WORLD).allow:
        return None
    try:
        return archive.store.path(digest, blob.root)
    except (NotFound, DigestMismatch):
        return None
