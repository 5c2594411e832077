# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of absence: reads every artifact of an edition back and looks for a thing in it (format clause 10.6).

Looked for are digests of its sound and of whatever sounds the same, of access copies and of pictures that lie in
nothing else, their v2 roots, and its canonical ids. A tombstone bears the id on purpose, and is counted apart.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, tags_of
from onrecord.archive.targets import find_target, ids_of, withdrawn_with
from onrecord.engine.duck import Duck
from onrecord.engine.parquet import column_names, read_rows
from onrecord.errors import NotFound
from onrecord.publish.contents import read
from onrecord.publish.edition import Manifest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_WORD = re.compile(r"[A-Za-z0-9]+")
_ROOT_BYTES = 32
_TOMBSTONES = "dataset/withdrawn.parquet"
#: Of a kind of artifact so many places are named at most; all are counted.
_NAMED = 100


class Sought(Struct, frozen=True):
    """What is looked for: digests, ids, and v2 roots as bytes."""

    blobs: frozenset[str]
    ids: frozenset[str]
    roots: frozenset[bytes]


class Looked(Struct):
    """What was read of one kind of artifact: files, and rows, lines or entries in them."""

    files: int = 0
    entries: int = 0


class Place(Struct, frozen=True):
    """Where a thing was found: the artifact, the place in it, and what stands there."""

    artifact: str
    where: str
    what: str


class Proof(Struct):
    """The answer. `absent` where nothing was found; `tombstones` are rows that only say that it is withdrawn."""

    id: str
    kind: str
    edition: int
    sought: int
    looked: dict[str, Looked] = msgspec.field(default_factory=dict)
    found: list[Place] = msgspec.field(default_factory=list)
    times: int = 0
    tombstones: int = 0

    @property
    def absent(self) -> bool:
        return not self.times


def prove_absent(archive: Archive, thing: str, number: int) -> Proof:
    """Look for a recording, release, artist or blob in everything that an edition consists of.

    Raises NotFound for an id that this archive does not know, and for an edition that it did not publish.
    """
    if number not in [edition["number"] for edition in archive.ledger.editions()]:
        raise NotFound(f"edition {number}: not published here", "`onrecord status` says how many there are")
    target = find_target(archive, thing)
    folder = archive.folder / "editions" / str(number)
    with archive.duck() as duck:
        sought = _sought(duck, withdrawn_with(archive, duck, target), ids_of(archive, duck, target))
    proof = Proof(target.id, target.kind, number, len(sought.blobs) + len(sought.ids) + len(sought.roots))
    _Search(archive, sought, proof).read(folder, manifest_in(folder))
    return proof


def _sought(duck: Duck, blobs: Sequence[str], ids: Iterable[str]) -> Sought:
    duck.table("sought", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in blobs])
    roots = duck.run("SELECT v2_root FROM files SEMI JOIN sought USING (sha256)")
    return Sought(
        frozenset(blobs),
        frozenset(ids),
        frozenset(bytes(root) for (root,) in roots if len(root) == _ROOT_BYTES),
    )


class _Search:
    """One reading of an edition."""

    def __init__(self, archive: Archive, sought: Sought, proof: Proof) -> None:
        self._archive = archive
        self._sought = sought
        self._words = sought.blobs | sought.ids | {root.hex() for root in sought.roots}
        self._proof = proof

    def read(self, folder: Path, manifest: Manifest) -> None:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            if path.suffix == ".parquet":
                self._parquet(name, path)
            elif path.suffix == ".sqlite":
                self._sqlite(name, path)
            elif path.suffix == ".torrent":
                self._torrent(name, path)
            else:
                self._text(name, path)
        editions = self._archive.folder / "editions"
        papers = editions / f"{manifest.number}.torrent"
        if papers.exists():
            self._torrent(papers.name, papers)
        for volume in manifest.volumes:
            for path in sorted(tags_of(editions, volume.name).glob("*")):
                self._text(f"bag {volume.name}/{path.name}", path)

    def _parquet(self, name: str, path: Path) -> None:
        looked = self._looked("tables", 1)
        for number, row in enumerate(_rows(path)):
            looked.entries += 1
            for column, value in row.items():
                for what in self._in(value):
                    if name == _TOMBSTONES and what in self._sought.ids:
                        self._proof.tombstones += 1
                    else:
                        self._note(name, f"row {number}, {column}", what)

    def _sqlite(self, name: str, path: Path) -> None:
        """Every cell of every table, and that the search holds no row which the tables do not."""
        import apsw

        looked = self._looked("sqlite", 1)
        db = apsw.Connection(
            f"file:{path}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
        try:
            # `search` itself takes its values from `recordings`; what it keeps of its own is in its shadow tables.
            tables = [
                str(row[0])
                for row in db.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'search'"
                )
            ]
            for table in sorted(tables):
                for number, row in enumerate(db.execute(f'SELECT * FROM "{table}"')):
                    looked.entries += 1
                    for what in self._in(row):
                        if table == "withdrawn" and what in self._sought.ids:
                            self._proof.tombstones += 1
                        else:
                            self._note(name, f"{table}, row {number}", what)
            db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'search', 'instance')")
            indexed = self._looked("search", 1)
            for term, row in db.execute("SELECT term, doc FROM temp.terms"):
                indexed.entries += 1
                if term in self._words:
                    self._note(name, f"search, row {row}", str(term))
            query = "SELECT DISTINCT doc FROM temp.terms WHERE doc NOT IN (SELECT rowid FROM recordings)"
            for (stray,) in db.execute(query):
                self._note(name, f"search, row {stray}", "words of a recording that the tables do not have")
        finally:
            db.close()
        # What was deleted might still lie in a page that is free.
        raw = path.read_bytes()
        for what in sorted(self._sought.blobs):
            if what.encode() in raw:
                self._note(name, "bytes", what)

    def _torrent(self, name: str, path: Path) -> None:
        looked = self._looked("torrents", 1)
        for file in read(path.read_bytes()).files:
            looked.entries += 1
            for what in self._in("/".join(file.path)):
                self._note(name, "/".join(file.path), what)
            if file.root in self._sought.roots:
                self._note(name, "/".join(file.path), f"v2 root {file.root.hex()}")

    def _text(self, name: str, path: Path) -> None:
        looked = self._looked("texts", 1)
        # A file of frames reads as one text; what cannot be decompressed raises.
        opened = zstd.open if path.suffix == ".zst" else open
        with opened(path, "rt", encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                looked.entries += 1
                for what in self._in(line):
                    self._note(name, f"line {number}", what)

    def _in(self, value: object) -> Iterator[str]:
        """What of the sought stands in a value, however deep."""
        if isinstance(value, str):
            yield from self._words.intersection(_WORD.findall(value))
        elif isinstance(value, bytes):
            # Digests and roots stand alone, or in a row of such.
            parts = (value[at : at + _ROOT_BYTES].hex() for at in range(0, len(value), _ROOT_BYTES))
            yield from self._words.intersection(parts)
        elif isinstance(value, Mapping):
            yield from (what for item in value.items() for part in item for what in self._in(part))
        elif isinstance(value, list | tuple):
            yield from (what for item in value for what in self._in(item))

    def _looked(self, kind: str, files: int) -> Looked:
        looked = self._proof.looked.setdefault(kind, Looked())
        looked.files += files
        return looked

    def _note(self, artifact: str, where: str, what: str) -> None:
        self._proof.times += 1
        if len(self._proof.found) < _NAMED:
            self._proof.found.append(Place(artifact, where, what))


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    yield from read_rows(path, column_names(path))
