# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletions by absence: what the archive holds of a source, and a dump that holds everything lacks, gets a tombstone.

The names that a reading meets lie in files under `search/met`, which are not part of the archive's truth: where they
are lost, the dump is read once more from its start.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.durable import replace
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.parquet import write_rows
from onrecord.model.records import Record, Whole

#: Names in memory at most, and tombstones in one commit.
_MOST: Final = 50_000
_NOTHING: Final = hashlib.sha256().hexdigest()


class Missing(Struct, frozen=True):
    """Records that the dump lacks: how many are deleted now, how many are kept all the same, and why those are."""

    deleted: int = 0
    kept: int = 0
    why: str = ""


class Census:
    """One reading of a dump that holds everything; it may stretch over several runs, with kills between them.

    Call `begin` once, `meet` for each record, `reach` before each commit, and `bury` when the dump was read to its end.
    Only the holder of the write lock may call. Memory does not grow with the dump.
    """

    def __init__(
        self,
        archive: Archive,
        source: str,
        place: str,
        whole: Whole,
        unchanged: Callable[[], bool],
        *,
        every_kind: bool = False,
        even_most: bool = False,
    ) -> None:
        """`whole` is the dump's own word. `unchanged`: are its files still what they were when `place` was named?

        `every_kind`: a person's word, which holds for each kind that is met.
        """
        self._archive = archive
        self._source = source
        self._whole = whole
        self._unchanged = unchanged
        self._every_kind = every_kind
        self._even_most = even_most
        location, _, state = place.rpartition("#")
        self._readings = archive.folder / "search" / "met" / _short(f"{source}\0{location}")
        self._folder = self._readings / state
        self._names: set[str] = set()
        self._files = 0
        self._reached = _Reached()
        self._rejected = 0

    def begin(self, cursor: str) -> str:
        """The cursor to read from: `cursor`, where everything before it was met; else "", and it is met anew."""
        self._reached = self._read()
        self._files = len(list(self._folder.glob("*.parquet")))
        if cursor and (self._reached.done or cursor in self._reached.cursors):
            self._rejected = self._reached.rejected
            self._reached = structs.replace(self._reached, cursors=(cursor,))
            return cursor
        # What an earlier dump at the same location left is of no use any more.
        shutil.rmtree(self._readings, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._reached, self._files = _Reached(), 0
        return ""

    def meet(self, name: str) -> None:
        """A record is there, whether or not it is new."""
        if not self._reached.done:
            self._names.add(name)
            if len(self._names) >= _MOST:
                self._write_names()

    def reach(self, cursor: str, rejected: int) -> None:
        """Every record before `cursor` was met, but for those that were `rejected` in this run."""
        if self._reached.done:
            return
        self._write_names()
        # The commit that follows may be lost: then the cursor before this one is where reading goes on.
        cursors = (*self._reached.cursors[-1:], cursor)
        self._reached = _Reached(cursors, self._rejected + rejected)
        replace(self._folder / "reached.json", msgspec.json.encode(self._reached))

    def bury(self, data: Mapping[str, Any]) -> Missing:
        """Commit the tombstones, with `data` in their log entries, once the dump was read to its end.

        A run that is killed in here is gone on with by the next.
        """
        if self._reached.done:
            return Missing()
        if rejected := self._reached.rejected:
            return Missing(
                why=f"{rejected:,} records were rejected, and what seems to be missing may be among them"
            )
        if not self._unchanged():
            return Missing(why="the files changed while they were read")
        with self._archive.duck() as duck:
            met = self._compare(duck)
            [(absent,)] = duck.run("SELECT count(*) FROM absent")
            if why := self._objection(absent, met) if absent else "":
                return Missing(kept=absent, why=why)
            kinds = [kind for (kind,) in duck.run("SELECT kind FROM counted ORDER BY kind")]
            if kinds:
                self._commit({**data, "whole": {"kinds": kinds, "day": self._whole.day}}, duck)
        replace(self._folder / "reached.json", msgspec.json.encode(_Reached(done=True)))
        for path in self._folder.glob("*.parquet*"):
            path.unlink()
        return Missing(deleted=absent)

    def _compare(self, duck: Duck) -> int:
        """Leaves the table `absent`; gives how many names of the kinds that count were met."""
        duck.view("met", sorted(self._folder.glob("*.parquet")), _Met)
        duck.run(
            "CREATE OR REPLACE TABLE counted AS SELECT DISTINCT split_part(name, ':', 1) AS kind FROM met"
        )
        if not self._every_kind:
            duck.table("stated", {"kind": "VARCHAR"}, [(kind,) for kind in self._whole.kinds])
            duck.run("DELETE FROM counted WHERE kind NOT IN (SELECT kind FROM stated)")
        duck.run(sql_file("onrecord.catalog", "absent"), {"source": self._source})
        [(met,)] = duck.run(
            "SELECT count(DISTINCT name) FROM met WHERE split_part(name, ':', 1) IN (SELECT kind FROM counted)"
        )
        return int(met)

    def _objection(self, absent: int, met: int) -> str:
        """Why the dump is not believed; "" where it is."""
        newer = max(_days(self._archive, self._source), default="")
        if self._whole.day and self._whole.day < newer:
            return f"this dump is of {self._whole.day}, and one of {newer} was read before it"
        if absent > met and not self._even_most:
            return (
                f"{absent:,} of {absent + met:,} records, more than half of what is held, are not in this dump; "
                "if that is right, say --even-most"
            )
        return ""

    def _commit(self, data: Mapping[str, Any], duck: Duck) -> None:
        """At least one entry, which says that a whole dump was read."""
        rows = duck.stream("SELECT record, media_type, version FROM absent ORDER BY record")
        listed = list(islice(rows, _MOST))
        self._archive.commit("harvested", data, self._tombstones(listed))
        while listed := list(islice(rows, _MOST)):
            self._archive.commit("harvested", data, self._tombstones(listed))

    def _tombstones(self, listed: Sequence[tuple[Any, ...]]) -> Mapping[str, Any]:
        batch = Batch(self._archive.ledger)
        for name, media_type, version in listed:
            kind, _, id = name.partition(":")
            # It bears the version of what it ends: an older word than that still does not undo it.
            gone = Record(self._source, kind, id, media_type, b"", deleted=True, version=version or "")
            batch.keep_record(self._source, name, gone, _NOTHING)
        return batch.rows

    def _write_names(self) -> None:
        if self._names:
            self._files += 1
            rows = (_Met(name) for name in sorted(self._names))
            write_rows(self._folder / f"{self._files:06}.parquet", _Met, rows)
            self._names = set()

    def _read(self) -> "_Reached":
        try:
            return msgspec.json.decode((self._folder / "reached.json").read_bytes(), type=_Reached)
        except (FileNotFoundError, msgspec.MsgspecError):
            return _Reached()


class _Met(Struct, frozen=True):
    name: str


class _Reached(Struct, frozen=True):
    """`cursors`: the last two up to which everything was met. `done`: what was missing is buried."""

    cursors: tuple[str, ...] = ()
    rejected: int = 0
    done: bool = False


def _days(archive: Archive, source: str) -> Iterator[str]:
    """The days of the whole dumps of a source that were read."""
    for entry in archive.log.entries():
        if entry.event == "harvested" and entry.data["source"] == source:
            yield entry.data.get("whole", {}).get("day", "")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
