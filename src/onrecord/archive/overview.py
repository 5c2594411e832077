# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an archive is doing, for whoever runs it: what came from where, what waits, what went wrong and what to do."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.archive import far_tables, seed_state
from onrecord.archive.core import Archive
from onrecord.archive.editions import feed_good_until
from onrecord.archive.last_match import is_matched
from onrecord.archive.queueing import queue
from onrecord.archive.seed_state import SeedState
from onrecord.errors import OnrecordError
from onrecord.ledger import Entry, holder

#: Days before the feed expires from which on that is said, and after which a check is old.
_SOON: Final = 7
_OLD: Final = 90
_LISTED: Final = 20
#: What says nothing to a person: places and digests.
_DUMB: Final = frozenset({"cursor", "public_key", "sums", "text", "format", "anew", "redistribute"})


class Harvested(Struct, frozen=True):
    """A source: its records here, and when it was harvested last, from where; "" where an older onrecord did that."""

    source: str
    records: int
    license: str
    last: str
    place: str


class Happened(Struct, frozen=True):
    """An entry of the log, in a few words."""

    at: str
    event: str
    says: tuple[str, ...]


class Wrong(Struct, frozen=True):
    """Something that a person should look at: what it is, what to do, the commands for that, and what it is about.

    `serious` says that something is damaged or will cease to work.
    """

    what: str
    do: str
    commands: tuple[str, ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    count: int = 0
    serious: bool = False


class Now(Struct, frozen=True):
    """What runs at this moment, as the kernel and the log tell: the process that writes, what was committed last."""

    writer: int | None
    entries: int
    last: Happened | None
    seeding: SeedState | None


class Overview(Struct, frozen=True):
    """`checked` is when blobs were checked last, "" for never; `matched` says that names and search are up to date."""

    harvested: tuple[Harvested, ...]
    checked: str
    bad: int
    matched: bool
    waiting: int
    files: int
    notices: int
    wrong: tuple[Wrong, ...]
    refused: tuple[tuple[str, int, str, str], ...]


def overview(archive: Archive) -> Overview:
    """How it is doing today. Reads what was committed, and not the bytes of anything."""
    waiting = queue(archive, 0)
    matched = not archive.ledger.segments() or is_matched(archive)
    return Overview(
        harvested=tuple(_harvested(archive)),
        checked=archive.ledger.meta("checked"),
        bad=len(archive.ledger.bad_blobs()),
        matched=matched,
        waiting=waiting.waiting,
        files=waiting.files,
        notices=len(waiting.notices),
        wrong=(*_damage(archive), *_late(archive, matched=matched)),
        refused=tuple(archive.ledger.refusal_counts()),
    )


def now(archive: Archive) -> Now:
    """What runs. Takes no lock, so that nobody is kept from beginning."""
    seeds = holder(archive.folder / "seeding.lock") is not None
    [*last] = archive.log.newest(1)
    return Now(
        writer=holder(archive.folder / "lock"),
        entries=last[0].seq if last else 0,
        last=_told(last[0]) if last else None,
        seeding=seed_state.current(archive) if seeds else None,
    )


def happened(archive: Archive, most: int) -> list[Happened]:
    """What was committed last, the newest first."""
    return [_told(entry) for entry in archive.log.newest(most)]


def _harvested(archive: Archive) -> Iterator[Harvested]:
    counts, sources = dict(archive.ledger.record_counts()), archive.ledger.sources()
    for name in sorted(counts.keys() | sources):
        last, _, place = archive.ledger.meta(f"harvested {name}").partition(" ")
        # Behind the last # stands in which state the files were.
        place = place.rpartition("#")[0] or place
        yield Harvested(name, counts.get(name, 0), sources.get(name, ("", False))[0], last, place)


def _damage(archive: Archive) -> Iterator[Wrong]:
    if why := archive.log.why_broken():
        do = "Nothing is written on top of it. Restore log/ from a copy, then check."
        yield Wrong(f"The log is broken: {why}", do, ("onrecord check",), serious=True)
    if lost := archive.lost_roots:
        do = "Mount the disk, or name where it is now in onrecord.toml: [store] roots."
        yield Wrong(
            "A folder of blobs is not there",
            do,
            about=tuple((str(path), "no root is here") for path in lost),
            count=len(lost),
            serious=True,
        )
    if unreached := archive.unreached_roots:
        yield Wrong(
            "A bucket is not reached",
            "What lies there is neither served nor checked until it is. Nothing of it is lost by that.",
            about=tuple(unreached.items()),
            count=len(unreached),
            serious=True,
        )
    if bad := archive.ledger.bad_blobs():
        do = (
            "Neither served nor published until they are whole. Ask somebody who holds them, or add the same files "
            "again; where a disk was away and is back, check once more."
        )
        yield Wrong(
            "The last check found files damaged or lost",
            do,
            (
                "onrecord mirror repair --from http://ADDRESS-OF-A-HOLDER",
                "onrecord add PATH",
                "onrecord check",
            ),
            tuple((row.sha256, f"{row.state}, {row.size:,} bytes of {row.kind}") for row in bad[:_LISTED]),
            len(bad),
            serious=True,
        )
    if others := int(archive.ledger.meta("damaged") or 0):
        do = "A check names them. Bring an edition's folder or a table back from a copy or a mirror."
        yield Wrong(
            "Tables or files of editions are damaged", do, ("onrecord check",), count=others, serious=True
        )


def _late(archive: Archive, *, matched: bool) -> Iterator[Wrong]:
    checked = archive.ledger.meta("checked")
    if not checked and archive.ledger.blob_totals()[0]:
        yield Wrong(
            "The files were never checked", "A check reads every byte and compares.", ("onrecord check",)
        )
    elif checked and (age := (archive.today - dt.date.fromisoformat(checked[:10])).days) > _OLD:
        yield Wrong(
            f"The last check was {age} days ago",
            "A check reads every byte and compares.",
            ("onrecord check",),
        )
    if not matched:
        do = "Names and search are behind until it is."
        yield Wrong("Not everything that came in is matched yet", do, ("onrecord match",))
    if unlooked := archive.ledger.vouched_totals()[0]:
        do = "Held and seeded on another archive's word; played and published once they were decoded here."
        yield Wrong("Files were not looked into yet", do, ("onrecord mirror look",), count=unlooked)
    if entries := far_tables.behind(archive):
        do = f"{archive.settings.store.tables} lacks what was committed last; each command tries to put it there."
        yield Wrong("The copy of tables and log is behind", do, ("onrecord store tables",), count=entries)
    try:
        until = feed_good_until(archive)
    except OnrecordError as error:
        yield Wrong(f"The feed cannot be read: {error.message}", error.hint, serious=True)
        return
    if until is not None and (left := (until - archive.clock()).days) < _SOON:
        what = "The feed has expired" if left < 0 else f"The feed expires on {until.date()}"
        yield Wrong(
            what, "Mirrors believe it only while it is good.", ("onrecord keys renew",), serious=left < 0
        )


def _told(entry: Entry) -> Happened:
    return Happened(entry.time, entry.event.replace("-", " "), tuple(_words(entry.data)))


def _words(data: dict[str, Any]) -> Iterator[str]:
    """Numbers and short words of an entry, then which tables grew by how many rows."""
    for name, value in data.items():
        if name in _DUMB:
            continue
        if isinstance(value, str) and 0 < len(value) <= 120:
            yield Path(value).name if name == "location" else f"{name} {value}"
        elif isinstance(value, int) and not isinstance(value, bool):
            yield f"{name} {value:,}"
        elif isinstance(value, dict | list) and value and name != "segments":
            yield f"{len(value):,} {name}"
    rows = Counter[str]()
    for segment in data.get("segments", ()):
        rows[segment["name"]] += segment["rows"]
    for table, count in rows.items():
        yield f"{table} +{count:,}"
