# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes editions as plain files: to hand over, to post, to seed with any client; `mirror sync --from` reads it.

```
<archive>/feed/…                              the feed, as clause 9.1 has it
<archive>/<name>.torrent                      of the edition's own files, and of each volume that is here
<archive>/onrecord-<archive>-edition-<n>/…    the edition's own files
<archive>/<volume>/…                          a volume: a BagIt bag, and what a client has at the end
```
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from msgspec import Struct, field

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.exporting.giving import reflink
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.newest_editions import newest
from onrecord.archive.seeding import given
from onrecord.durable import settle, sync
from onrecord.errors import DigestMismatch, NotFound, UsageError
from onrecord.ledger import BlobRow
from onrecord.publish.contents import Contents, Listed, read
from onrecord.publish.edition import VolumeEntry
from onrecord.store.digest import digest, digest_file, reading
from onrecord.store.roots import refused_write


class DiskReport(Struct):
    """What was written. `had` files were there from an earlier run; `shared` ones share their blocks with the blobs.

    `left_out` maps volumes to why they are not on the disk: a bag is whole or it is none. `unplanned` volumes are not
    whole here, and need not be: the plan of this mirror leaves them to others. `stale` are folders and torrents of an
    earlier run that belong to no newest edition: withdrawn or superseded; a person deletes them.
    """

    folder: str
    editions: int = 0
    volumes: int = 0
    files: int = 0
    bytes: int = 0
    had: int = 0
    shared: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    unplanned: int = 0
    stale: list[str] = field(default_factory=list)


def export_disk(
    archive: Archive, folder: Path, names: Sequence[str] = (), *, link: bool = False
) -> DiskReport:
    """Write the newest editions, own and mirrored, with the volumes that are named (all that are here, if none is).

    A run that was killed, or that found the disk full, goes on where it was; what is on the disk is read again, stays
    where it is whole, and is written anew where it is not. Files are copied, sharing blocks where the file system can;
    with `link` they are hard links to the read-only blobs, so that nobody may write to them.
    Raises NotFound for a volume of no edition here, StoreFull, StoreFailed.
    """
    inside = archive.folder.resolve()
    if inside == folder.resolve() or inside in folder.resolve().parents:
        raise UsageError(f"{folder}: it lies in the archive", "choose a folder elsewhere")
    editions = list(newest(archive))
    known = {entry.name for place, number in editions for entry in manifest_in(place / str(number)).volumes}
    if unknown := [name for name in names if name not in known]:
        raise NotFound(
            f"volume {unknown[0][:80]!r}: no edition here has it", "`onrecord mirror holders` lists them"
        )
    if not editions:
        raise NotFound("there is no edition here", "`onrecord publish` or `onrecord mirror sync` brings one")
    report = DiskReport(str(folder))
    writing = _Writing(archive, report, link=link)
    plan = archive.ledger.plan()
    planned = known if names or plan is None else frozenset(plan.volumes)
    try:
        for place, number in editions:
            writing.edition(folder, place, number, frozenset(names or known), planned)
    except OSError as error:
        raise refused_write(error, folder if folder.is_dir() else folder.parent) from error
    return report


class _Writing:
    def __init__(self, archive: Archive, report: DiskReport, *, link: bool) -> None:
        self._archive = archive
        self._report = report
        self._link = link

    def edition(
        self, folder: Path, place: Path, number: int, names: frozenset[str], planned: Collection[str]
    ) -> None:
        """Write an edition with the volumes named, of a mirrored one those that are whole here or `planned`."""
        papers = place / str(number)
        manifest = manifest_in(papers)
        target = folder / manifest.archive
        target.mkdir(parents=True, exist_ok=True)
        torrent = (place / f"{number}.torrent").read_bytes()
        contents = read(torrent)
        for file in contents.files:
            self._file(papers.joinpath(*file.path), target.joinpath(contents.name, *file.path), file)
        self._paper(target / f"{contents.name}.torrent", torrent)
        for entry in manifest.volumes:
            if entry.name in names:
                expected = manifest.archive == self._archive.id or entry.name in planned
                self._volume(target, papers, tags_of(place, entry.name), entry, expected=expected)
        self._report.editions += 1
        current = {"feed", contents.name, *(entry.name for entry in manifest.volumes)}
        for path in sorted(target.iterdir()):
            if path.name.removesuffix(".torrent") not in current:
                self._report.stale.append(str(path))
        # The feed comes last: a disk without it is not finished.
        feed = feed_folder(self._archive.folder) if manifest.archive == self._archive.id else place / "feed"
        if not feed.is_dir():
            self._report.left_out[f"feed of {manifest.archive}"] = (
                "not kept yet: `onrecord mirror sync` keeps it"
            )
            return
        (target / "feed").mkdir(exist_ok=True)
        for path in sorted(feed.iterdir(), key=lambda path: path.name == "timestamp.json"):
            self._paper(target / "feed" / path.name, path.read_bytes())

    def _volume(self, target: Path, papers: Path, tags: Path, entry: VolumeEntry, *, expected: bool) -> None:
        metainfo = (papers / entry.path).read_bytes()
        contents = read(metainfo)
        places = {file.path: self._place(file.path, tags) for file in contents.files}
        lacking = sum(place is None for place in places.values())
        if lacking and not expected:
            self._report.unplanned += 1
            return
        if lacking:
            self._report.left_out[entry.name] = (
                f"{lacking:,} of {len(places):,} files are not here, or may not be shared"
            )
            return
        try:
            # Payload first: a folder that is cut off has no manifest, so that nobody takes it for a bag.
            for file in sorted(contents.files, key=lambda file: len(file.path) == 1):
                place = places[file.path]
                assert place is not None
                with self._opened(place) as source:
                    self._file(source, target.joinpath(entry.name, *file.path), file)
        except DigestMismatch as error:
            self._report.left_out[entry.name] = error.message
            return
        self._paper(target / f"{entry.name}.torrent", metainfo)
        for folder in _folders(target / entry.name, contents):
            sync(folder)
        self._report.volumes += 1

    def _place(self, path: tuple[str, ...], tags: Path) -> Path | BlobRow | None:
        if path[0] == "data":
            return given(self._archive, path[-1])
        tag = tags.joinpath(*path)
        return tag if tag.is_file() else None

    def _opened(self, place: Path | BlobRow) -> AbstractContextManager[Path]:
        """Of what lies in a bucket one file at a time is brought here."""
        if isinstance(place, BlobRow):
            return self._archive.store.holding(place.sha256, place.root)
        return nullcontext(place)

    def _file(self, source: Path, target: Path, file: Listed) -> None:
        """Write one file, unless it is there; its bytes are what the torrent says."""
        if _is_there(source, target, file):
            self._report.had += 1
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        fd = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            shares = self._linked(source, part) or _cloned(fd, part)
            root = _copied(fd, None if shares else part)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)
        if root != file.root:
            part.unlink()
            raise DigestMismatch(
                f"{source}: not what its volume says; `onrecord check` names what is damaged",
                "`onrecord mirror repair` makes it whole",
            )
        settle(part, target)
        self._report.files += 1
        self._report.bytes += file.size
        self._report.shared += shares

    def _linked(self, source: Path, part: Path) -> bool:
        if self._link:
            with suppress(OSError):  # another file system: then it is copied
                os.link(source, part)
                return True
        return False

    def _paper(self, target: Path, content: bytes) -> None:
        if not target.is_file() or target.read_bytes() != content:
            part = target.with_name(target.name + ".part")
            part.write_bytes(content)
            settle(part, target)


def _is_there(source: Path, target: Path, file: Listed) -> bool:
    """Whether the file is on the disk, whole. Its bytes are read: a disk for the post is looked at before it leaves."""
    if not target.is_file() or target.stat().st_size != file.size:
        return False
    return target.samefile(source) or digest_file(target).v2_root == file.root


def _cloned(source: int, part: Path) -> bool:
    copy = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        shares = reflink(source, copy)
    finally:
        os.close(copy)
    if not shares:
        part.unlink()
    return shares


def _copied(source: int, part: Path | None) -> bytes:
    """The v2 root of a file's bytes, which are written to `part` on the way."""
    if part is None:
        return digest(reading(source)).v2_root
    with part.open("xb", buffering=0) as copy:

        def write(view: memoryview) -> None:
            while view:
                view = view[copy.write(view) :]

        return digest(reading(source), write).v2_root


def _folders(bag: Path, contents: Contents) -> Iterator[Path]:
    yield from sorted({bag.joinpath(*file.path[:-1]) for file in contents.files})
