# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out what this archive published and what it mirrors, from the blobs where they lie."""

from collections.abc import Iterator
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.archive.judging import WORLD, judge
from onrecord.errors import DigestMismatch, NotFound
from onrecord.mirror.session import Session
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Use


def seed(archive: Archive, session: Session) -> list[str]:
    """Seed the newest edition of this archive, and of each that it mirrors. Gives the names of the torrents.

    A blob that the last check found damaged, or that may not be shared today, is not given out.
    """
    names: list[str] = []
    seeding: set[str] = set()
    for folder, number in _newest(archive):
        for name in _edition(archive, session, folder, number, seeding):
            names.append(name)
            seeding.add(name)
    return names


def _newest(archive: Archive) -> Iterator[tuple[Path, int]]:
    for edition in archive.ledger.editions()[-1:]:
        yield archive.folder / "editions", edition["number"]
    newest = {held["archive"]: held["number"] for held in archive.ledger.mirrored()}
    for name, number in newest.items():
        yield archive.folder / "mirrored" / name, number


def _edition(
    archive: Archive, session: Session, folder: Path, number: int, seeding: set[str]
) -> Iterator[str]:
    papers = folder / str(number)
    yield session.seed((folder / f"{number}.torrent").read_bytes(), lambda path: papers.joinpath(*path)).name
    for entry in manifest_in(papers).volumes:
        # The same files under the same license are the same volume, whoever publishes it.
        if entry.name not in seeding:
            tags = tags_of(folder, entry.name)

            def locate(path: tuple[str, ...], tags: Path = tags) -> Path:
                return _payload(archive, path[-1]) if path[0] == "data" else tags.joinpath(*path)

            yield session.seed((papers / entry.path).read_bytes(), locate).name


def tags_of(folder: Path, volume: str) -> Path:
    """Where the BagIt tag files of a volume lie: beside the editions, for a volume outlives many of them."""
    return folder / "volumes" / volume


def _payload(archive: Archive, name: str) -> Path:
    """Where a blob lies that may be given out; a path where nothing is for one that may not."""
    digest = sha256(name.partition(".")[0])
    withheld = archive.folder / "withheld" / (digest or "unnamed")
    blob = archive.ledger.blob(digest) if digest else None
    if blob is None or blob.state != "ok" or not judge(archive, digest, Use.SHARE, WORLD).allow:
        return withheld
    try:
        return archive.store.path(digest, blob.root)
    except (NotFound, DigestMismatch):
        return withheld
