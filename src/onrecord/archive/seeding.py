# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out what this archive published and what it mirrors, from the blobs where they lie."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.judging import WORLD, judge
from onrecord.archive.newest_editions import newest, volume_torrents
from onrecord.archive.volume_looks import Found, Looks
from onrecord.errors import DigestMismatch, NotFound
from onrecord.ledger import BlobRow
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


class Far(Struct, frozen=True):
    """What may be given out and lies in buckets: libtorrent reads files of this machine, so web seeds alone give it.

    Volumes with such files, the files, and the names of the volumes whose torrents name no web seed: these files nobody
    gets.
    """

    volumes: int
    files: int
    unseeded: tuple[str, ...]


class _Running(Struct, frozen=True):
    """A torrent that is seeded; `mark` is another as soon as another file of it may be given out, or lies elsewhere, or
    its addresses are others."""

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
        self._looks = Looks(archive)

    @property
    def files(self) -> int:
        """How many files are given out."""
        return sum(each.files for each in self._running.values())

    def take(self, part: Part, alive: Callable[[], None] = lambda: None) -> list[str]:
        """Seed this part from now on, and no other; names of the torrents. `alive` is called on the way."""
        again = part != self._part
        self._part = part
        return self.ask_again(alive, again=again)

    def ask_again(self, alive: Callable[[], None] = lambda: None, *, again: bool = False) -> list[str]:
        """Ask again if anything was committed since, or the day is another, or somebody says `again`; names of the
        torrents. `alive` is called after each of them.

        A torrent of which something else may be given out now is stopped and begun again without the rest; so is a
        withdrawn file no longer given out, and a restored one is again.
        """
        at = (self._archive.ledger.seq, self._archive.today)
        again = again or self._at is None
        if at != self._at or again:
            self._at = None  # until this round has come to its end
            if self._looks.begin() or again:
                self._look_at_all(alive)
            self._at = at
        return [each.name for each in self._running.values()]

    def _look_at_all(self, alive: Callable[[], None]) -> None:
        wanted = set()
        # One at a time: the places of all files together would take more memory than the session does.
        for each in self._wanted():
            info_hash = each.found.info_hash
            wanted.add(info_hash)
            known = self._running.get(info_hash)
            if known is not None and known.mark != each.found.mark:
                self._stop(info_hash)
            if info_hash not in self._running:
                self._begin(each)
            alive()
        for info_hash in self._running.keys() - wanted:
            self._stop(info_hash)

    def _begin(self, each: "_Wanted") -> None:
        torrent, places = each.places()
        name = self._session.seed(torrent, places.get).name
        files = sum(place is not None for place in places.values())
        self._running[each.found.info_hash] = _Running(name, files, each.found.mark)

    def _stop(self, info_hash: bytes) -> None:
        self._session.stop(info_hash)
        del self._running[info_hash]

    def _wanted(self) -> Iterator["_Wanted"]:
        """Each torrent once, by its info-hash."""
        part, seen = self._part, set[bytes]()
        volumes: list[tuple[str, Path, Path]] = []
        for folder, number in newest(self._archive):
            papers = folder / str(number)
            if part is None or part.papers:
                yield _papers(papers, folder / f"{number}.torrent")
            volumes += [
                (entry.name, papers / entry.path, tags_of(folder, entry.name))
                for entry in manifest_in(papers).volumes
                if part is None or entry.name in part.volumes
            ]
        if need := self._need:
            volumes.sort(key=lambda volume: need(volume[0]))
        for _, path, tags in volumes:
            found = self._looks.look(path)
            # The same files under the same license are the same volume, whoever publishes it.
            if found.has_sound and found.info_hash not in seen:
                seen.add(found.info_hash)
                yield _Wanted(found, partial(self._looks.places, path, tags))
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
    looks = Looks(archive)
    for entry, path in volumes:
        if entry.name not in found and (not limit or looks.has_sound(path)):
            found[entry.name] = entry.files
        if len(found) == limit > 0:
            break
    return found


def far(archive: Archive) -> Far:
    """What of the newest editions `Seeds` leaves out because it lies in a bucket; nothing is looked at without one."""
    if not any(root.is_remote for root in archive.store.roots):
        return Far(0, 0, ())
    looks, volumes, files, unseeded = Looks(archive), 0, 0, list[str]()
    for name, path in volume_torrents(archive).items():
        count, has_web_seed = looks.far(path)
        volumes, files = volumes + (count > 0), files + count
        if count and not has_web_seed:
            unseeded.append(name)
    return Far(volumes, files, tuple(unseeded))


def given(archive: Archive, name: str) -> BlobRow | None:
    """The blob of a file, where it may be given out and is there; None for one that may not."""
    digest = sha256(name.partition(".")[0])
    blob = archive.ledger.blob(digest) if digest else None
    if blob is None or not blob.is_held or not judge(archive, digest, Use.SHARE, WORLD).allow:
        return None
    return blob if archive.store.is_there(digest, blob.root) else None


def payload(archive: Archive, name: str) -> Path | None:
    """Where a blob lies that may be given out; None for one that may not. `Store.path` says for how long."""
    blob = given(archive, name)
    try:
        return archive.store.path(blob.sha256, blob.root) if blob else None
    except (NotFound, DigestMismatch):
        return None


class _Wanted(Struct, frozen=True):
    """A torrent that is to be seeded; `places` reads it, and finds out where each of its files lies."""

    found: Found
    places: Callable[[], tuple[bytes, Mapping[tuple[str, ...], Path | None]]]


def _papers(folder: Path, path: Path) -> _Wanted:
    """An edition's own files, all of which may be given out."""
    torrent = path.read_bytes()
    contents = read(torrent)
    places = {file.path: folder.joinpath(*file.path) for file in contents.files}
    mark = hashlib.sha256(torrent).digest()
    return _Wanted(Found(contents.info_hash_v2, mark, has_sound=False), lambda: (torrent, places))
