# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out what this archive published and what it mirrors, from the blobs where they lie."""

from collections.abc import Callable, Iterator
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.judging import WORLD, judge
from onrecord.errors import DigestMismatch, NotFound
from onrecord.mirror.places import Locate
from onrecord.mirror.session import Seeding, Session
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Use
from onrecord.publish.contents import read


def seed(archive: Archive, session: Session) -> list[str]:
    """Seed the newest edition of this archive, and of each that it mirrors. Gives the names of the torrents.

    A blob that the last check found damaged, or that may not be shared today, is not given out.
    """
    return Seeds(archive, session).ask_again()


class Seeds:
    """What is being seeded. The rights are asked at the start, and again whenever `ask_again` is called.

    With `limit` no more volumes are seeded at a time, in the order that `need` gives of their names: memory and sockets
    have an end. Those of which nothing is here are left out; the papers of editions are always seeded.
    """

    def __init__(
        self,
        archive: Archive,
        session: Session,
        limit: int = 0,
        need: Callable[[str], tuple[int, bytes, str]] | None = None,
    ) -> None:
        self._archive = archive
        self._session = session
        self._limit = limit
        self._need = need
        self._running: dict[bytes, tuple[frozenset[Path], Seeding]] = {}
        self._at: object = None

    def ask_again(self) -> list[str]:
        """Ask about every file anew if anything was committed since, or the day is another; names of the torrents.

        A torrent of which something else may be given out now is stopped and begun again without the rest; so is a
        withdrawn file no longer given out, and a restored one is again.
        """
        at = (self._archive.ledger.seq, self._archive.today)
        if at != self._at:
            wanted = dict(self._wanted())
            for info_hash, (files, _) in list(self._running.items()):
                if info_hash not in wanted or wanted[info_hash][0] != files:
                    self._session.stop(info_hash)
                    del self._running[info_hash]
            for info_hash, (files, torrent, locate) in wanted.items():
                if info_hash not in self._running:
                    self._running[info_hash] = files, self._session.seed(torrent, locate)
            self._at = at
        return [seeding.name for _, seeding in self._running.values()]

    def _wanted(self) -> Iterator[tuple[bytes, tuple[frozenset[Path], bytes, Locate]]]:
        """Each torrent once, by its info-hash, with the places of what may be given out of it."""
        volumes: list[tuple[str, Path, Locate]] = []
        for folder, number in newest(self._archive):
            (_, path, locate), *listed = _edition(self._archive, folder, number)
            yield _places(path, locate)[:2]
            volumes += listed
        if need := self._need:
            volumes.sort(key=lambda volume: need(volume[0]))
        seen: set[bytes] = set()
        for _, path, locate in volumes:
            info_hash, found, has_sound = _places(path, locate)
            # The same files under the same license are the same volume, whoever publishes it.
            if has_sound and info_hash not in seen:
                seen.add(info_hash)
                yield info_hash, found
            if len(seen) == self._limit > 0:
                break


def newest(archive: Archive) -> Iterator[tuple[Path, int]]:
    for edition in archive.ledger.editions()[-1:]:
        yield archive.folder / "editions", edition["number"]
    newest = {held["archive"]: held["number"] for held in archive.ledger.mirrored()}
    for name, number in newest.items():
        yield archive.folder / "mirrored" / name, number


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
