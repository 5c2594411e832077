# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log read anew: does every line stand where it was written, and what happened to a thing?

`verify_log` needs no archive that opens: it names all that is wrong, line by line, and writes nothing.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.targets import blobs_of, find_target, ids_of
from onrecord.catalog.match import KINDS
from onrecord.durable import sha256_of
from onrecord.engine.duck import Duck
from onrecord.errors import ArchiveNotFound, OnrecordError
from onrecord.ledger import Entry, Ledger, Segment
from onrecord.ledger.log import GENESIS, hash_of

#: Columns that name a blob.
_BLOBS = (
    ("files", "sha256"),
    ("sounds", "sha256"),
    ("pictures", "sha256"),
    ("pictures", "picture"),
    ("copies", "sha256"),
    ("copies", "copy"),
    ("deposits", "sha256"),
    ("refusals", "sha256"),
    ("fetched", "sha256"),
    ("links", "blob"),
    ("withdrawn", "sha256"),
    ("volumes", "sha256"),
)
#: Columns that name a canonical thing.
_THINGS = (("ids", "id"), ("redirects", "old"), ("redirects", "new"))


class Fault(Struct, frozen=True):
    """Something in the log that is not as it was written.

    fault     `altered`, `missing`, `reordered`, `duplicated`, `truncated`, `misnamed`; with segments: `segment`
    expected  the hash, entry or name that must stand there
    got       what stands there
    """

    file: str
    line: int
    fault: str
    expected: str
    got: str


class LogReport(Struct, frozen=True):
    """`head` is the hash of the newest entry: note it elsewhere, and a log that was written anew is told from this one.
    `segments` counts those that were read, with `deep`."""

    files: int
    entries: int
    newest: int
    head: str
    segments: int
    faults: tuple[Fault, ...]


class Happened(Struct, frozen=True):
    """An entry of the log: rows that it wrote, by table; pieces of evidence; whatever else it says."""

    seq: int
    time: str
    event: str
    rows: dict[str, int]
    evidence: int
    data: dict[str, Any]


def verify_log(folder: Path, *, deep: bool = False) -> LogReport:
    """Read every line of an archive's log. `deep` reads the segments that its entries name, too."""
    if not (folder / "onrecord.toml").is_file():
        raise ArchiveNotFound(f"{folder}: no archive here", "name one with -C")
    chain = _Chain(folder / "catalog" if deep else None)
    for path in sorted((folder / "log").glob("[0-9]*.jsonl")):
        chain.begin(path.name)
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                chain.take(number, line)
    return chain.end(_indexed(folder / "ledger.sqlite"))


def history(archive: Archive, thing: str, limit: int) -> list[Happened]:
    """The newest entries, oldest first; with `thing` those that are about it: its files, its ids, its evidence."""
    if not thing:
        return list(deque(map(_happened, archive.log.entries()), maxlen=limit))
    target = find_target(archive, thing)
    with archive.duck() as duck:
        blobs = [target.id] if target.kind == "blob" else blobs_of(archive, duck, [target], alike=False)
        things = {target.id, *ids_of(archive, duck, target)}
        seqs, evidence = _seqs(duck, blobs, sorted(things))
    names = frozenset((*blobs, *things, *evidence))
    found = (
        _happened(entry) for entry in archive.log.entries() if entry.seq in seqs or _names(entry.data, names)
    )
    return list(deque(found, maxlen=limit))


class _Chain:
    """Follows the chain line by line, and goes on behind what is wrong."""

    def __init__(self, catalog: Path | None) -> None:
        self._catalog = catalog
        self._file, self._line, self._begun = "", 0, False
        self._files = self._entries = self._segments = 0
        self._expected = 1
        self._follows = frozenset({GENESIS})  # hashes that the next entry may follow; none means any
        self._head = ""
        self._gaps: list[tuple[int, int, str, int, str]] = []  # first, last, file, line, hash of the last
        self._faults: list[Fault] = []

    def begin(self, file: str) -> None:
        self._file, self._line, self._begun = file, 0, True
        self._files += 1

    def take(self, number: int, line: bytes) -> None:
        self._line = number
        if not line.endswith(b"\n"):
            return self._fault("truncated", "a whole line", f"{len(line):,} bytes without an end")
        self._entries += 1
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._fault("altered", f"entry {self._expected}", f"no entry ({error})")
            return self._go_on(self._expected, frozenset())
        hash = hash_of(entry)
        if hash != entry.hash:
            self._fault("altered", hash, entry.hash)
            return self._go_on(self._expected, frozenset({entry.hash, hash}))
        self._place(entry)
        if self._catalog is not None:
            self._look_at_segments(self._catalog, entry)
        return None

    def end(self, indexed: int) -> LogReport:
        """`indexed` is the newest entry that the ledger knows."""
        for first, last, file, line, hash in self._gaps:
            which = f"entry {first}" if first == last else f"entries {first} to {last}"
            self._faults.append(
                Fault(file, line, "missing", f"{which}, ending in {hash}", f"entry {last + 1}")
            )
        if self._expected == 1:
            self._fault("missing", "entry 1", "no entry")
        elif indexed >= self._expected:
            self._fault(
                "missing",
                f"entries to {indexed}, which the ledger has indexed",
                f"the end at {self._expected - 1}",
            )
        return LogReport(
            files=self._files,
            entries=self._entries,
            newest=self._expected - 1,
            head=self._head,
            segments=self._segments,
            faults=tuple(sorted(self._faults, key=lambda fault: (fault.file, fault.line))),
        )

    def _place(self, entry: Entry) -> None:
        """An entry that has the hash which it states: does it stand where it belongs?"""
        if self._begun and int(Path(self._file).stem) != entry.seq:
            self._fault("misnamed", f"{entry.seq:012}.jsonl", self._file)
        self._begun = False
        if entry.seq < self._expected:
            if not self._was_missing(entry.seq):
                return self._fault(
                    "duplicated", f"entry {self._expected}", f"entry {entry.seq} again, {entry.hash}"
                )
            return self._fault("reordered", f"entry {self._expected}", f"entry {entry.seq}, {entry.hash}")
        if entry.seq > self._expected:
            self._gaps.append((self._expected, entry.seq - 1, f"log/{self._file}", self._line, entry.prev))
        elif self._follows and entry.prev not in self._follows:
            expected = " or ".join(sorted(self._follows))
            self._fault("altered", f"to follow {expected}", f"follows {entry.prev}")
        return self._go_on(entry.seq, frozenset({entry.hash}))

    def _go_on(self, seq: int, follows: frozenset[str]) -> None:
        self._begun = False
        self._expected, self._follows = seq + 1, follows
        self._head = next(iter(follows), "")

    def _was_missing(self, seq: int) -> bool:
        """Take an entry that stands too late out of what is missing."""
        for place, (first, last, file, line, hash) in enumerate(self._gaps):
            if first <= seq <= last:
                rest = [(first, seq - 1, file, line, "another"), (seq + 1, last, file, line, hash)]
                self._gaps[place : place + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                return True
        return False

    def _look_at_segments(self, catalog: Path, entry: Entry) -> None:
        for body in entry.data.get("segments", ()):
            segment = msgspec.convert(body, Segment)
            self._segments += 1
            parts = PurePosixPath(segment.path)
            got = "a path that leaves the catalog"
            if not parts.is_absolute() and ".." not in parts.parts:
                try:
                    got = sha256_of(catalog / segment.path)
                except OSError as error:
                    got = error.strerror or "nothing"
            if got != segment.sha256:
                self._fault("segment", f"catalog/{segment.path} with SHA-256 {segment.sha256}", got)

    def _fault(self, fault: str, expected: str, got: str) -> None:
        self._faults.append(Fault(f"log/{self._file}", self._line, fault, expected, got))


def _indexed(path: Path) -> int:
    """The newest entry that the ledger knows; 0 where it cannot say: it is only an index."""
    if not path.exists():
        return 0
    try:
        ledger = Ledger(path)
        try:
            return ledger.seq
        finally:
            ledger.close()
    except OnrecordError:
        return 0


def _happened(entry: Entry) -> Happened:
    rows = {body["name"]: body["rows"] for body in entry.data.get("segments", ())}
    others = {name: value for name, value in entry.data.items() if name not in ("segments", "evidence")}
    return Happened(entry.seq, entry.time, entry.event, rows, len(entry.data.get("evidence", ())), others)


def _seqs(duck: Duck, blobs: list[str], things: list[str]) -> tuple[set[int], set[str]]:
    """Entries that wrote a row about these (of a thing, its claims too), and the evidence that was ever tied to
    the blobs."""
    duck.table("about_blobs", {"id": "VARCHAR"}, [(each,) for each in blobs])
    duck.table("about_things", {"id": "VARCHAR"}, [(each,) for each in things])
    queries = [
        f"SELECT seq FROM {table} SEMI JOIN {about} ON {table}.{column} = {about}.id"
        for about, columns in (("about_blobs", _BLOBS), ("about_things", _THINGS))
        for table, column in columns
    ] + [
        f"SELECT c.seq FROM {kind}s c JOIN held_{thing}_members m ON m.source = c.source AND m.source_id = c.id"
        f" SEMI JOIN about_things ON m.{thing} = about_things.id"
        for kind, thing in KINDS.items()
    ]
    seqs = {int(row[0]) for row in duck.run(" UNION ".join(queries))}
    told = duck.run(
        "SELECT DISTINCT evidence FROM links SEMI JOIN about_blobs ON links.blob = about_blobs.id"
    )
    return seqs, {str(row[0]) for row in told}


def _names(data: Mapping[str, Any], names: frozenset[str]) -> bool:
    """Does an entry name one of these, as a value or as a key, anywhere in it?"""
    return any(
        each in names for name, value in data.items() if name != "segments" for each in _strings(value)
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
