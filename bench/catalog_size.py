# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made catalog of any size through the archive: bytes of each table and of all together, what making, matching and
indexing cost, the matcher's own SQL run bare beside it, look-ups by identifier, and what was joined against the truth.

Each step is a process of its own, and what is done stays done: a run that was stopped goes on behind its last step. The
canonical build and the bare SQL take turns, as many rounds as are asked for; what is told of them is the median.
"""

import itertools
import json
import os
import random
import re
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from measure import cost, progress

SIZES: Final = (100_000, 1_000_000)
SEED: Final = 2026
LOOKUPS: Final = 5_000
PAGES: Final = 500
#: Bytes of a track row in ingest order that the archive is meant to stay below.
WANTED: Final = 24
#: What all of it is meant to fit into, spill with it, and for how many tracks.
ROOM: Final = 45_000_000_000
FULL: Final = 256_000_000
#: `[work] memory` where nothing else is said.
MEMORY: Final = 6_000_000_000


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    """`folder` is for one run; what has to outlive it lies beside it."""
    found = {
        f"{tracks:,} tracks": _size(folder.parent / f"catalog-size-{tracks}", tracks, rounds)
        for tracks in _sizes(size)
    }
    return {"seed": SEED, "rounds": rounds, "wanted_bytes_a_track": WANTED, "sizes": found}


def _sizes(size: int) -> Sequence[int]:
    return (size,) if size else SIZES


def _size(kept: Path, tracks: int, rounds: int) -> dict[str, Any]:
    kept.mkdir(parents=True, exist_ok=True)
    rounds = max(rounds, 1)
    turns = [f"{step}-{number}" for number in range(rounds) for step in COMPARED]
    for turn in ("make", *turns, *(step for step in STEPS if step not in ("make", *COMPARED))):
        _step(kept, tracks, turn)
    found = {
        step: json.loads((kept / f"{step}.json").read_text("utf-8")) for step in STEPS if step not in COMPARED
    }
    for step in COMPARED:
        rows = [json.loads((kept / f"{step}-{number}.json").read_text("utf-8")) for number in range(rounds)]
        found[step] = rows[0] | {
            name: statistics.median(row[name] for row in rows)
            for name in ("cpu_s", "wall_s", "peak_memory_bytes")
        }
    found["items"] = _items(found, tracks)
    found["canonical"]["cpu_to_bare"] = round(
        found["canonical"]["cpu_s"] / max(found["bare"]["cpu_s"], 0.01), 2
    )
    found["update"]["cpu_to_full"] = round(found["update"]["cpu_s"] / max(found["match"]["cpu_s"], 0.01), 3)
    found["update"]["written_to_brought"] = round(
        found["update"]["disk_write_bytes"] / max(found["bring"]["bytes"], 1), 1
    )
    shutil.rmtree(kept)
    return found


def _items(found: dict[str, Any], tracks: int) -> dict[str, Any]:
    """Bytes a track of all that lies on the disk, beside what there is room for, and what that comes to at full size
    where each grows as the tracks do. The first update leaves the keys of all tracks beside it."""
    matched = found["match"]
    search, rows = matched["search_bytes"], matched["rows_bytes"]
    keys = sum(size for name, size in rows.items() if name.startswith("key_"))
    size = {
        "claims": sum(one["bytes"] for one in matched["tables"].values()),
        "canonical_tables": sum(matched["canonical_bytes"].values()),
        "identifiers": keys,
        "pages": search["rows.sqlite"] + search["rows"] - keys,
        "text": search["text"],
        "ws2": search["entities.sqlite"] + search["fields"],
        "ledger_and_log": matched["ledger_bytes"],
        "spill": max(found[step]["spill_bytes"] for step in ("canonical", "match")),
    }
    total = sum(size.values())
    updated = total + found["update_first"]["canonical_bytes"]["keys"]
    matching = found["squeezed"]["most_bytes"]
    return {
        "bytes_a_track": {name: round(one / tracks, 1) for name, one in size.items()},
        "all_bytes_a_track": round(total / tracks, 1),
        "wanted_all_bytes_a_track": round(ROOM / FULL, 1),
        "projected_bytes": total * FULL // tracks,
        "once_updated_bytes_a_track": round(updated / tracks, 1),
        "projected_once_updated_bytes": updated * FULL // tracks,
        "while_matched_bytes_a_track": round(matching / tracks, 1),
        "projected_while_matched_bytes": matching * FULL // tracks,
        "peak_memory_bytes": max(found[step]["peak_memory_bytes"] for step in ("make", "canonical", "match")),
    }


def _step(kept: Path, tracks: int, turn: str) -> None:
    """Do what was not done yet; `turn` is a step, those that are compared with the number of the round."""
    answer = kept / f"{turn}.json"
    if answer.exists():
        return
    progress(f"{tracks:,} tracks: {turn}")
    spent = cost([sys.executable, __file__, turn.partition("-")[0], str(kept), str(tracks)])
    if spent["exit_code"]:
        raise SystemExit(
            f"bench: {turn} of {tracks:,} tracks ended with {spent['exit_code']}; it is in {kept}"
        )
    said = json.loads(spent.pop("stdout"))
    answer.write_text(json.dumps({**said, **spent}), encoding="utf-8")


# --- steps, each in a process of its own ------------------------------------------------------------------------------


def make(kept: Path, tracks: int) -> dict[str, Any]:
    from onrecord.archive import Archive
    from onrecord.archive.generating import generate
    from onrecord.sources.generated.claims import Generated

    folder = kept / "archive"
    opened = Archive.open(folder) if folder.exists() else Archive.create(folder, "Generated, to be measured")
    with opened as archive:
        generate(archive, Generated(tracks, SEED), kept / "truth", lambda done: progress(f"  {done:,}"))
        return {"tables": _tables(archive, "catalog")}


def canonical(kept: Path, tracks: int) -> dict[str, Any]:
    """The canonical build, with every statement that it runs written down, and the tables that Python made for it."""
    from onrecord.archive import Archive
    from onrecord.catalog.match import match
    from onrecord.engine.duck import Duck

    statements: list[list[str]] = []
    folder = kept / "given"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()

    class Written(Duck):
        def run(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
            statements.append(["run", sql])
            return super().run(sql, parameters)

        def view(
            self,
            name: str,
            paths: Sequence[Path],
            row: type[msgspec.Struct],
            meant: Mapping[str, str] | None = None,
        ) -> None:
            at = len(statements)
            super().view(name, paths, row, meant)
            self._keep(at, f"{name}_columns")

        def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
            super().table(name, columns, rows)
            self._keep(len(statements), name)

        def _keep(self, at: int, name: str) -> None:
            path = folder / f"{len(statements)}.parquet"
            super().run(f"COPY (SELECT * FROM \"{name}\") TO '{path}' (FORMAT parquet)")
            statements.insert(at, ["table", name, str(path)])

    with Archive.open(kept / "archive") as archive, _spilled(kept / "spill") as spill:
        duck = Written(kept / "spill", archive.settings.work.memory, archive.settings.workers, large=True)
        archive.tables.attach(duck, [segment for segment, _ in archive.ledger.segments()])
        matched = match(duck, [], archive.settings.match.precedence)
        counts = {
            name: duck.run(f"SELECT count(*) FROM {name}")[0][0]
            for name in ("canonical_recordings", "canonical_releases", "canonical_artists")
        }
        duck.close()
    (kept / "statements.json").write_text(json.dumps(statements), encoding="utf-8")
    return {"rows": counts, "founded": matched.founded, "spill_bytes": spill()}


def bare(kept: Path, tracks: int) -> dict[str, Any]:
    """The same statements in DuckDB and nothing else; what Python made between them is read from Parquet."""
    import duckdb

    from onrecord.archive.settings import read_settings
    from onrecord.engine.duck import LARGE

    settings = read_settings(kept / "archive" / "onrecord.toml")
    statements = json.loads((kept / "statements.json").read_text("utf-8"))
    with _spilled(kept / "spill") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": settings.work.memory,
            "threads": settings.workers,
            "temp_directory": str(kept / "spill"),
        }
        db = duckdb.connect(config=config)
        db.execute(LARGE)
        for kind, *said in statements:
            if kind == "table":
                db.execute(
                    f"CREATE OR REPLACE TABLE \"{said[0]}\" AS SELECT * FROM read_parquet('{said[1]}')"
                )
            else:
                for path in re.findall(r"'(/[^'*]*/duckdb_temp_[^'*]*)'", said[0]):
                    Path(path).parent.mkdir(parents=True, exist_ok=True)  # what is laid out packed
                _alone(db, said[0])
        db.close()
    shutil.rmtree(kept / "spill", ignore_errors=True)
    return {"statements": len(statements), "spill_bytes": spill()}


def match_all(kept: Path, tracks: int) -> dict[str, Any]:
    """`onrecord match` as it is: canonical tables, what readers see, what the web service reads, the text index."""
    from onrecord.archive import Archive
    from onrecord.archive.matching import rematch
    from onrecord.search.rows import Rows

    with Archive.open(kept / "archive") as archive, _spilled(kept / "archive" / "search" / "spill") as spill:
        report = rematch(archive)
        return {
            "recordings": report.recordings,
            "spill_bytes": spill(),
            "tables": _tables(archive, "catalog"),
            "search_bytes": _folders(archive.folder / "search"),
            "rows_bytes": Rows(archive.folder / "search" / "rows.sqlite").tables(),
            "canonical_bytes": _folders(archive.folder / "catalog" / "canonical"),
            "ledger_bytes": sum(_folders(archive.folder / "log").values())
            + sum(path.stat().st_size for path in archive.folder.glob("ledger.sqlite*")),
        }


def squeezed(kept: Path, tracks: int) -> dict[str, Any]:
    """A first `onrecord match` of all claims with as little memory a track as a catalog of full size has, in as many
    slices: the most that lies on the disk at a time, all together, and in each phase. With less than 250 MB the engine
    cannot work, so a small catalog has more a track; rows that are compressed together are not fewer, either."""
    from onrecord.archive import Archive, matching
    from onrecord.catalog import match, named, pages
    from onrecord.search import sorted_records

    memory = max(250_000_000, MEMORY * tracks // FULL)
    match.SLICE = max(match.SLICE * tracks // FULL, 1)
    match.SORTED = max(match.SORTED * tracks // FULL, 100_000)
    vars(named)["_MANY"] = max(named._MANY * tracks // FULL, 1)
    vars(sorted_records)["_RUN"] = max(sorted_records._RUN * tracks // FULL, 50_000)
    vars(pages)["_PORTION"] = {kind: max(size * tracks // FULL, 1) for kind, size in pages._PORTION.items()}
    folder = kept / "squeezed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        kept / "archive", folder, ignore=lambda at, _: ["canonical"] if at.endswith("catalog") else []
    )
    shutil.rmtree(folder / "search")
    with (folder / "onrecord.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[work]\nmemory = "{memory // 1_000_000}MB"\n')
    with Archive.open(folder) as archive, _spilled(folder) as lying:
        phases: dict[str, int] = {}

        def noted(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
            def run(*given: Any, **named: Any) -> Any:
                lying.begin()
                try:
                    return step(*given, **named)
                finally:
                    phases[name] = lying()

            return run

        for name in ("match", "_write", "mention", "name_things", "index"):
            setattr(matching, name, noted(name, vars(matching)[name]))
        matching.rematch(archive)
    shutil.rmtree(folder)
    return {
        "memory_bytes": memory,
        "most_bytes": max(phases.values()),
        "most_bytes_a_track": {name: round(most / tracks, 1) for name, most in phases.items()},
    }


def look_up(kept: Path, tracks: int) -> dict[str, Any]:
    """Warm: every question is asked once before it is timed."""
    from onrecord.archive import Archive
    from onrecord.catalog import canonical_files
    from onrecord.search.codes import pack
    from onrecord.search.key_blocks import arrays_of, key_bytes
    from onrecord.search.rows import Rows

    chance = random.Random(SEED)
    with Archive.open(kept / "archive") as archive:
        rows = Rows(archive.folder / "search" / "rows.sqlite")
        with archive.duck() as duck:
            sample = f"USING SAMPLE reservoir({LOOKUPS} ROWS) REPEATABLE ({SEED})"
            codes = [code for (code,) in duck.run(f"SELECT isrc FROM tracks WHERE isrc <> '' {sample}")]
            members = canonical_files.rows(archive.canonical("").parent, "artist_members")
            artists = [a for (a,) in duck.run(f"SELECT DISTINCT artist FROM ({members}) {sample}")]
        keys = [key for code in codes if (key := pack("isrc", code))]
        chosen = chance.sample(sorted(artists), min(PAGES, len(artists)))
        pages = sum(size for name, size in rows.tables().items() if name.startswith("key_"))
        with rows.reading() as held:

            def bearing(scheme: int, key: Any) -> list[int]:
                return held.numbers(scheme, key_bytes(key))

            def opening_and_bearing(scheme: int, key: Any) -> list[int]:
                with rows.reading() as opened:
                    return opened.numbers(scheme, key_bytes(key))

            db = held.db
            schemes = [int(str(scheme)) for (scheme,) in db.execute("SELECT DISTINCT scheme FROM key_firsts")]
            count = sum(len(numbers) for scheme in schemes for _, numbers in arrays_of(db, scheme))
            return {
                "isrc_ms": _timed([partial(bearing, *key) for key in keys]),
                "isrc_with_opening_ms": _timed([partial(opening_and_bearing, *key) for key in keys[:PAGES]]),
                "artist_page_ms": _timed([partial(rows.get, artist) for artist in chosen]),
                "keys": count,
                "bytes_a_key": round(pages / max(count, 1), 1),
            }


def judge_all(kept: Path, tracks: int) -> dict[str, Any]:
    from onrecord.archive import Archive
    from onrecord.archive.generating import judge

    with Archive.open(kept / "archive") as archive:
        judged = judge(archive, kept / "truth")
    return {
        "kinds": {
            name: {
                "pairs": pairs.true,
                "precision": round(pairs.precision, 5),
                "recall": round(pairs.recall, 5),
            }
            for name, pairs in judged.kinds.items()
        },
        "recall_of_perturbed": {name: round(pairs.recall, 5) for name, pairs in judged.perturbed.items()},
        "versions_joined": msgspec.to_builtins(judged.versions),
    }


def bring(kept: Path, tracks: int, turn: int = 1) -> dict[str, Any]:
    """What a harvest of one in a hundred would bring: half of it new, most of the rest told otherwise, some gone."""
    import pyarrow as pa

    from onrecord.archive import Archive
    from onrecord.catalog.tables import TABLES, RecordRow
    from onrecord.engine.duck import Duck
    from onrecord.engine.parquet import schema_of
    from onrecord.sources.generated.claims import Generated
    from onrecord.sources.generated.layout import SOURCES, TRACKS

    larger = Generated(2 * tracks, SEED)
    blocks = max(1, round(tracks / 200 / TRACKS))
    start = -(-tracks // TRACKS) + (turn - 1) * blocks

    def told(duck: Duck, table: str, release: str, **values: str) -> Any:
        schema = schema_of(TABLES[table])
        columns = ", ".join(f"{values.get(name, name)} AS {name}" for name in schema.names)
        query = f"SELECT {columns} FROM {table} WHERE hash(source, {release}, {turn}) % 1000 < 4 ORDER BY source, id"
        rows = duck.run(query)
        return pa.table(
            [
                pa.array(column, field.type)
                for column, field in zip(zip(*rows, strict=True), schema, strict=True)
            ],
            schema=schema,
        )

    with Archive.open(kept / "archive") as archive, archive.writing():
        before = _tables(archive, "catalog")
        with archive.duck() as duck:
            tables = {
                "tracks": [told(duck, "tracks", "release_id", title=_TOLD_ANEW, genre="'Changed'")],
                "releases": [told(duck, "releases", "id", date="'2025'")],
                "artists": [told(duck, "artists", "id", country="'XX'")],
            }
            gone = duck.run(
                "SELECT DISTINCT source, 'release:' || id FROM releases"
                f" WHERE hash(source, id, {turn}) % 1000 = 999 ORDER BY ALL"
            )
        for source in SOURCES:
            for name in larger.counts():
                rows = larger.rows_of_block(name)
                made = larger.rows(name, source, start * rows, (start + blocks) * rows)
                tables.setdefault(name, []).append(made)
        tombstones = [
            RecordRow(
                source=source, record=record, media_type="", payload=b"", sha256="", version="", deleted=True
            )
            for source, record in gone
        ]
        data = {
            "source": SOURCES[0],
            "location": "",
            "license": "CC0-1.0",
            "redistribute": True,
            "cursor": "",
        }
        archive.commit(
            "harvested",
            data,
            {"records": tombstones},
            tables={name: iter(listed) for name, listed in tables.items()},
        )
        after = _tables(archive, "catalog")
    more = {
        name: {"rows": one["rows"] - before.get(name, {"rows": 0})["rows"], "bytes": one["bytes"]}
        for name, one in after.items()
    }
    for name, one in more.items():
        one["bytes"] -= before.get(name, {"bytes": 0})["bytes"]
    return {"tables": more, "bytes": sum(one["bytes"] for one in more.values())}


#: Every second track that is told otherwise has another title.
_TOLD_ANEW: Final = "if(hash(id) % 2 = 0, title || ' (Deluxe Edition)', title)"


def update(kept: Path, tracks: int) -> dict[str, Any]:
    """`onrecord match` after such a harvest. The first one after a match of everything also works out the keys of all
    tracks, which stay."""
    from onrecord.archive import Archive
    from onrecord.archive.matching import rematch

    with Archive.open(kept / "archive") as archive:
        report = rematch(archive)
        return {
            "why_anew": report.why_anew,
            "claims_matched": report.compared,
            "pages_written": report.written,
            "canonical_bytes": _folders(archive.folder / "catalog" / "canonical"),
        }


STEPS: Final[Mapping[str, Callable[[Path, int], dict[str, Any]]]] = {
    "make": make,
    "canonical": canonical,
    "bare": bare,
    "match": match_all,
    "squeezed": squeezed,
    "look_up": look_up,
    "judge": judge_all,
    "bring_first": bring,
    "update_first": update,
    "bring": partial(bring, turn=2),
    "update": update,
}
#: Steps of which one is measured by the other.
COMPARED: Final = ("canonical", "bare")


# --- helpers ----------------------------------------------------------------------------------------------------------


def _alone(db: Any, sql: str) -> None:
    """One job; its rows, if it gives any, are taken as columns."""
    given = db.execute(sql)
    if given is not None and given.description:
        given.fetchnumpy()


def _tables(archive: Any, folder: str) -> dict[str, Any]:
    found: dict[str, dict[str, float]] = {}
    for segment, _ in archive.ledger.segments():
        one = found.setdefault(segment.name, {"rows": 0, "bytes": 0})
        one["rows"] += segment.rows
        one["bytes"] += (archive.folder / folder / segment.path).stat().st_size
    for one in found.values():
        one["bytes_a_row"] = round(one["bytes"] / max(one["rows"], 1), 2)
    return found


def _folders(folder: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            # Indexes are folders whose names end in a random part.
            name = path.relative_to(folder).parts[0].split("-")[0]
            found[name] = found.get(name, 0) + path.stat().st_size
    return dict(sorted(found.items()))


def _timed(questions: Sequence[Callable[[], Any]]) -> dict[str, float]:
    for ask in questions:
        ask()
    taken = []
    for ask in questions:
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return {
        f"p{share}": round(taken[min(len(taken) - 1, len(taken) * share // 100)], 4) for share in (50, 95, 99)
    }


class _spilled:
    """The most bytes that lay in a folder at a time, looked at five times a second: files of several names once, those
    without a name that this process has open with them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._most, self._ended = folder, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_spilled":
        self._thread.start()
        return self

    def __call__(self) -> int:
        return self._most

    def begin(self) -> None:
        """What lay there before counts no more."""
        self._most = 0

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            named = (Path(at, name) for at, _, names in os.walk(self._folder) for name in names)
            opened = (path for path in Path("/proc/self/fd").iterdir() if self._is_here(path))
            found = dict[int, int]()
            for path in itertools.chain(named, opened):
                try:
                    status = path.stat()
                except OSError:
                    continue  # it went meanwhile
                found[status.st_ino] = status.st_blocks * 512
            self._most = max(self._most, sum(found.values()))

    def _is_here(self, opened: Path) -> bool:
        try:
            return opened.readlink().is_relative_to(self._folder)
        except OSError:
            return False  # it was closed meanwhile


if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
