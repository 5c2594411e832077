# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings made claims into an archive, by way of the same segments that a harvest writes; the truth goes beside.

How far the matcher comes is judged by that truth, which no job of the archive reads.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.engine.duck import sql_file
from onrecord.engine.quoting import parquet_within
from onrecord.errors import NotFound, UsageError
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import SOURCES, TRACKS

#: Blocks that one commit brings, and that are in memory at a time.
_COMMIT: Final = 256
_PIECE: Final = 16
_TRUTHS: Final = {"tracks": "recording", "releases": "release", "artists": "artist"}


class Agreement(Struct, frozen=True):
    """Pairs of claims: of one thing in truth, joined by the matcher, and both."""

    true: int
    joined: int
    both: int

    @property
    def precision(self) -> float:
        return self.both / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        return self.both / self.true if self.true else 1.0


class Judgement(Struct, frozen=True):
    """How the matcher did: by kind of thing; pairs of recordings by what was done to one of the two claims (the pairs
    that it has to find); and pairs of a recording and a version of it (which it must not join), with how many it did.
    """

    kinds: Mapping[str, Agreement]
    perturbed: Mapping[str, Agreement]
    versions: Mapping[str, tuple[int, int]]


def generate(
    archive: Archive,
    catalog: Generated,
    truth: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Mapping[str, int]:
    """Bring `catalog` into the archive, source by source; gives how many rows each table has got by this run.

    Killed, it goes on behind its last commit. The archive must hold nothing else, or what an earlier run made of the
    same seed: what is made must not be taken for what somebody said. `truth` is a folder for the tables of the truth.
    """
    others = sorted(set(archive.ledger.sources()) - set(SOURCES))
    if others or any(segment.name == "files" for segment, _ in archive.ledger.segments()):
        raise UsageError(
            f"{archive.folder}: holds {', '.join(others) or 'files'}; made claims go into an archive of their own",
            "make one with `onrecord init`",
        )
    added = dict.fromkeys(catalog.counts(), 0)
    with archive.writing():
        for source in SOURCES:
            for begin in range(_reached(archive, catalog, source), -(-catalog.tracks // TRACKS), _COMMIT):
                for name, rows in _bring(archive, catalog, source, begin, truth).items():
                    added[name] += rows
                progress(added["tracks"])
    return added


def judge(archive: Archive, truth: Path) -> Judgement:
    """Compare what the last match joined with the truth that `generate` wrote."""
    kinds: dict[str, Agreement] = {}
    with archive.duck() as duck:
        for table, thing in _TRUTHS.items():
            files, members = truth / table, archive.canonical(f"{thing}_members")
            if not files.is_dir() or not members.exists():
                raise NotFound(f"{files if members.exists() else members}: expected it to judge by")
            rows = parquet_within(files, "*.parquet")
            duck.run(f"CREATE OR REPLACE VIEW true_{table} AS SELECT * FROM {rows}")
            duck.run(
                f"CREATE OR REPLACE VIEW joined_{table} AS SELECT source, source_id AS id, {thing} AS joined"
                f" FROM ({archive.canonical_rows(members.stem)})"
            )
            [counts] = duck.run(sql_file("onrecord.catalog", "truth_pairs").replace("{table}", table))
            kinds[thing] = Agreement(*map(int, counts))
        perturbed = {
            str(name): Agreement(int(true), int(both), int(both))
            for name, true, both in duck.run(sql_file("onrecord.catalog", "truth_perturbed"))
        }
        versions = {
            str(name): (int(pairs), int(joined))
            for name, pairs, joined in duck.run(sql_file("onrecord.catalog", "truth_versions"))
        }
    return Judgement(kinds, perturbed, versions)


def _reached(archive: Archive, catalog: Generated, source: str) -> int:
    """The block to go on with. UsageError where the archive's claims are those of another catalog."""
    place = _place(catalog)
    cursor = archive.ledger.cursor(source, place)
    if not cursor and source in archive.ledger.sources():
        raise UsageError(
            f"{archive.folder}: its claims were made otherwise, expected {place}",
            "make another archive for these",
        )
    return int(cursor or 0)


def _bring(
    archive: Archive, catalog: Generated, source: str, begin: int, truth: Path | None
) -> Mapping[str, int]:
    counts = catalog.counts()
    blocks = -(-catalog.tracks // TRACKS)
    end = min(begin + _COMMIT, blocks)

    def pieces(made: Callable[[str, str, int, int], Any], name: str) -> Iterator[Any]:
        # In whole blocks, of which every table has the same number of rows each.
        rows = catalog.rows_of_block(name)
        for at in range(begin, end, _PIECE):
            yield made(name, source, at * rows, min(at + _PIECE, end) * rows)

    if truth:
        for name in _TRUTHS:
            _write(truth / name / f"{source}-{begin:08}.parquet", pieces(catalog.truth, name))
    data = {"source": source, "location": _place(catalog), "license": "CC0-1.0", "redistribute": True}
    entry = archive.commit(
        "harvested", data | {"cursor": str(end)}, tables={name: pieces(catalog.rows, name) for name in counts}
    )
    return {segment["name"]: segment["rows"] for segment in entry.data["segments"]}


def _write(path: Path, tables: Iterator[Any]) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    first = next(tables)
    with pq.ParquetWriter(part, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    part.replace(path)


def _place(catalog: Generated) -> str:
    return f"generated:tracks={catalog.tracks}&seed={catalog.seed}"
