# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the newest edition to where readers find it without this machine: below a place in a bucket, as a page has it.

```
feed/…                     what vouches for the edition, and its torrent; `mirror follow` begins here
editions/<n>/…             the edition's own files
volumes/<volume>/…         what its web seeds give (format clause 5.5)
```

What was put is noted on this machine before it travels and after it came: no list of the bucket is asked.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.seeding import given
from onrecord.archive.withheld import withheld
from onrecord.durable import replace, sha256_of
from onrecord.errors import EditionRefused, NotFound, UsageError
from onrecord.ledger import BlobRow, alone
from onrecord.publish.contents import read
from onrecord.store.objects import Objects
from onrecord.store.s3 import SCHEME, read_place

_LAST: Final = "timestamp.json"


class PlaceReport(Struct):
    """What was done. `had` came in an earlier run; `removed` are no part of the edition any more, or were withdrawn.

    `left_out` counts files of volumes that are not here, damaged, or may not be shared today.
    """

    number: int
    put: int = 0
    bytes: int = 0
    had: int = 0
    removed: int = 0
    left_out: int = 0
    notes: list[str] = msgspec.field(default_factory=list)


def place(
    archive: Archive,
    url: str,
    progress: Callable[[int, int], None] = lambda files, size: None,
    *,
    verify: bool = False,
) -> PlaceReport:
    """Have the newest edition of this archive at `s3://BUCKET/PREFIX`, and of older ones nothing.

    A run that was killed goes on where it was. What earlier runs put there is taken to be there; with `verify` each is
    asked for, and what is gone or another is put anew. Raises NotFound where there is no edition, EditionRefused where
    something else lies at a key, StoreFailed.
    """
    editions = archive.ledger.editions()
    if not editions:
        raise NotFound("there is no edition here", "`onrecord publish` makes one")
    where = read_place(url)
    for root in archive.settings.store.roots:
        if root.startswith(SCHEME) and _share(str(where), str(read_place(root))):
            raise UsageError(
                f"{where}: the archive's own blobs lie at {root}, and an edition is put where everybody may read",
                "name another bucket, or another prefix",
            )
    folder = archive.folder / "placed"
    name = hashlib.sha256(str(where).encode()).hexdigest()[:16]
    with alone(folder / f"{name}.lock", archive.folder, "is placing an edition (`publish place`)"):
        objects = Objects(where, archive.settings.s3, folder / f"{name}-uploading")
        objects.sweep()
        report = PlaceReport(editions[-1]["number"], notes=list(objects.notes()))
        noted = _Noted(folder / f"{name}.jsonl")
        run = _Placing(archive, objects, noted, report, progress, verify)
        run.papers_and_sound(editions[-1]["number"])
        # The feed comes when all that it names is there, and what nothing names any more goes after that.
        run.feed(feed_folder(archive.folder))
        run.remove_others()
        return report


def _share(one: str, other: str) -> bool:
    """Does one of two places lie in the other?"""
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)


class _Placing:
    def __init__(
        self,
        archive: Archive,
        objects: Objects,
        noted: "_Noted",
        report: PlaceReport,
        progress: Callable[[int, int], None],
        verify: bool,
    ) -> None:
        self._archive, self._objects, self._noted = archive, objects, noted
        self._report, self._progress, self._verify = report, progress, verify
        self._wanted = set[str]()

    def papers_and_sound(self, number: int) -> None:
        editions = self._archive.folder / "editions"
        papers, hidden = editions / str(number), withheld(self._archive).volumes
        for entry in manifest_in(papers).volumes:
            if entry.name not in hidden:
                self._volume(papers / entry.path, tags_of(editions, entry.name), f"volumes/{entry.name}")
        withdrawn = {f"volumes/{name}.torrent" for name in hidden}
        for path in sorted(path for path in papers.rglob("*") if path.is_file()):
            below = path.relative_to(papers).as_posix()
            if below not in withdrawn:
                self._put(f"editions/{number}/{below}", path, sha256_of(path))

    def feed(self, folder: Path) -> None:
        for path in sorted(folder.iterdir(), key=lambda path: (path.name == _LAST, path.name)):
            if path.is_file():
                name, content = f"feed/{path.name}", path.read_bytes()
                self._wanted.add(name)
                digest = hashlib.sha256(content).hexdigest()
                if self._noted.has(name, digest) and not self._verify:
                    self._report.had += 1
                    continue
                self._noted.begin(name)
                self._objects.put_over(name, content)
                self._came(name, digest, len(content))

    def remove_others(self) -> None:
        for name in self._noted.names() - self._wanted:
            self._objects.remove(name)
            self._noted.gone(name)
            self._report.removed += 1
        self._noted.settle()

    def _volume(self, torrent: Path, tags: Path, prefix: str) -> None:
        for file in read(torrent.read_bytes()).files:
            below = "/".join(file.path)
            if file.path[0] != "data":
                path = tags.joinpath(*file.path)
                self._put(f"{prefix}/{below}", path, sha256_of(path))
            elif (blob := given(self._archive, file.path[-1])) is not None:
                self._put(f"{prefix}/{below}", blob, blob.sha256)
            else:
                self._report.left_out += 1

    def _put(self, name: str, source: Path | BlobRow, digest: str) -> None:
        self._wanted.add(name)
        known = self._noted.has(name, digest)
        if known and not self._verify:
            self._report.had += 1
            return
        with self._opened(source) as path:
            if known:
                if self._objects.holds(path, digest, name):
                    self._report.had += 1
                    return
                self._objects.remove(name)  # it is ours, as was noted when it came, and damaged
            self._noted.begin(name)
            if not self._objects.put(path, digest, name):
                self._noted.gone(name)  # so that it is never removed as ours
                raise EditionRefused(
                    f"{self._objects.where}/{name}: something else lies there, which is not of this archive",
                    "name a place of its own, or remove it",
                )
            self._came(name, digest, path.stat().st_size)

    def _opened(self, source: Path | BlobRow) -> AbstractContextManager[Path]:
        if isinstance(source, BlobRow):
            return self._archive.store.holding(source.sha256, source.root)
        return nullcontext(source)

    def _came(self, name: str, digest: str, size: int) -> None:
        self._noted.came(name, digest)
        self._report.put += 1
        self._report.bytes += size
        self._progress(self._report.put, self._report.bytes)


class _Noted:
    """What lies at the place, by its key: the digest, or "" for what may be there and was not seen to have come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = {}
        for name, digest in _lines(path):
            self._known[name] = digest
            if digest == _GONE:
                del self._known[name]
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def has(self, name: str, digest: str) -> bool:
        return self._known.get(name) == digest

    def names(self) -> set[str]:
        return set(self._known)

    def begin(self, name: str) -> None:
        self._write(name, "")
        os.fsync(self._file)  # before there is anything that nothing would remember

    def came(self, name: str, digest: str) -> None:
        self._write(name, digest)

    def gone(self, name: str) -> None:
        self._write(name, _GONE)

    def settle(self) -> None:
        """Write it anew, without what has been overtaken."""
        os.close(self._file)
        replace(self._path, b"".join(_line(name, digest) for name, digest in sorted(self._known.items())))

    def _write(self, name: str, digest: str) -> None:
        os.write(self._file, _line(name, digest))
        self._known[name] = digest
        if digest == _GONE:
            del self._known[name]


_GONE: Final = "-"


def _line(name: str, digest: str) -> bytes:
    return msgspec.json.encode((name, digest)) + b"\n"


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_file():
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(
                b"\n"
            ):  # a killed run's last line may lack its end: then it was not acknowledged
                yield msgspec.json.decode(line, type=tuple[str, str])
