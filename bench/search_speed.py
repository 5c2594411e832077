# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building and asking an index of made titles, at each size on the way to the wanted one. Goes on where it stopped:
a size that an earlier run has measured is not measured again, and one that it has built past cannot be. The size that
is there can be asked again (`--ask-again`), beside the figures of its building.

What is timed of building is folding and indexing, in CPU-seconds of all threads, merges with it; what is timed of
asking is `Finder.find`: the index, the names of what it found, and the order. `peers` is the same titles in SQLite.
"""

import json
import random
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import apsw
from measure import progress
from search_made import Maker, mistype

from onrecord.search import cache_files, row_filling
from onrecord.search.facets import facets
from onrecord.search.finding import Finder
from onrecord.search.fold import fold, indexed
from onrecord.search.row_blocks import ROWS, BlockWriter
from onrecord.search.row_making import Entry
from onrecord.search.rows import CHANGES, SCHEMA, TABLES, Row
from onrecord.search.stored_rows import Stored
from onrecord.search.text import Document, TextIndex

#: Whole blocks of rows each, as batches are, so that one can follow another; numbers begin with a block, too.
SIZES: Final = (128_000, 1_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000)
BATCH: Final = 512_000
FIRST: Final = ROWS
#: What is changed has numbers behind those of all documents.
BEHIND: Final = 2_000_000_000
QUESTIONS: Final = 400
#: The peer is asked at this size at most: it takes many times the disk.
PEER_SIZE: Final = 1_000_000


def measure(folder: Path, documents: int, again: bool) -> dict[str, Any]:
    maker, noted, documents = Maker(), folder / "steps.json", -(-documents // ROWS) * ROWS
    _forget_another_version(folder)
    steps: dict[str, Any] = json.loads(noted.read_bytes()) if noted.exists() else {}
    sizes = sorted({size for size in SIZES if size < documents} | {documents})
    for size in sizes:
        there = _last(_rows(folder))
        if str(size) in steps or there > size:
            progress(f"{size:,}: {'measured before' if str(size) in steps else f'built past, to {there:,}'}")
            continue
        built = _build(folder, maker, size)
        progress(f"{size:,}: {built}")
        steps[str(size)] = {"documents": size, "build": built, **_ask(folder, maker, size)}
        noted.write_text(json.dumps(steps))
    there = _last(_rows(folder))
    if again and str(there) in steps:
        steps[str(there)] |= _ask(folder, maker, there)
        noted.write_text(json.dumps(steps))
    return {
        "targets": {"p95_ms": 50, "p99_ms": 100, "documents_per_cpu_s": 100_000, "bytes_per_document": 27},
        "steps": [steps[str(size)] for size in sizes if str(size) in steps],
        "update": _update(folder, there),
        "fts5": _fts5(folder, maker, min(documents, PEER_SIZE)),
    }


def _build(folder: Path, maker: Maker, size: int) -> dict[str, Any]:
    """CPU-seconds are None where all of it was there."""
    rows = _rows(folder)
    path = folder / "text-made"
    index = TextIndex(path, make=not path.exists())
    start, spent, writer = _last(rows), 0.0, BlockWriter(rows)
    for low in range(start, size, BATCH):
        numbers = range(FIRST + low, FIRST + min(low + BATCH, size))
        made = [(number, it := maker.make(number), _facets(it.year)) for number in numbers]
        # A batch whose rows were not written before a kill may be in the index: it is put in its own place.
        gone = list(numbers) if low == start and start else ()
        before = time.process_time()
        index.change(
            gone,
            (
                Document(number, indexed(it.title), indexed(it.artist), words, it.weight)
                for number, it, words in made
            ),
        )
        spent += time.process_time() - before
        with rows:
            for number, it, words in made:
                writer.add(number, _row(number, it, words))
            writer.finish()
        progress(f"  {low + len(numbers):,} of {size:,}")
    parts: dict[str, int] = {}
    for file in path.iterdir():
        parts[file.suffix[1:]] = parts.get(file.suffix[1:], 0) + file.stat().st_size
    taken = sum(parts.values())
    return {
        "documents_per_cpu_s": round((size - start) / spent) if spent else None,
        "bytes_per_document": round(taken / size, 2),
        "bytes_by_part": {
            name: round(part / size, 2) for name, part in sorted(parts.items()) if part >= size / 100
        },
        "segments": len(list(path.glob("*.term"))),
        "rows_bytes_per_document": round(
            sum(each.stat().st_size for each in folder.glob("rows*.sqlite")) / size, 1
        ),
    }


def _forget_another_version(folder: Path) -> None:
    """What an earlier version built has other tables."""
    path = folder / "rows.sqlite"
    if path.exists() and apsw.Connection(str(path)).pragma("user_version") != SCHEMA:
        progress("what is there was built by another version: built anew")
        for each in folder.glob("rows*.sqlite"):
            each.unlink()
        shutil.rmtree(folder / "text-made", ignore_errors=True)
        (folder / "steps.json").unlink(missing_ok=True)


def _row(number: int, made: Any, words: Sequence[str]) -> Stored:
    return Stored(
        *("recording", f"r{number}", made.title, made.artist, None, " ".join(words), made.weight),
        *({}, True, 0, 0.0, (), (b"",), ()),
    )


def _last(rows: apsw.Connection) -> int:
    """How many there are."""
    [(last,)] = rows.execute("SELECT max(place) FROM blocks").fetchall()
    return 0 if last is None else (int(str(last)) + 1) * ROWS - FIRST


def _facets(year: int) -> tuple[str, ...]:
    return facets("recording", str(year), ["made"], True)


def _rows(folder: Path) -> apsw.Connection:
    path = folder / "rows.sqlite"
    if not path.exists():
        with cache_files.made_anew(path, SCHEMA, TABLES, row_filling._PAGE, CHANGES) as made:
            made.execute("INSERT INTO made VALUES ('text-made', ?, 0, 1, 0, NULL)", (BEHIND,))
    rows = apsw.Connection(str(path))
    rows.execute("PRAGMA synchronous=OFF")
    rows.execute(f"ATTACH ? AS {cache_files.CHANGES}", (str(cache_files.beside(path)),))
    return rows


def _ask(folder: Path, maker: Maker, size: int) -> dict[str, Any]:
    finder = Finder(folder)
    found: dict[str, Any] = {}
    for name, question in _QUESTIONS.items():
        chance = random.Random(name)
        walls, cpus, hits = [], [], 0
        for _ in range(QUESTIONS):
            number = FIRST + chance.randrange(size)
            query = question(maker.make(number), chance)
            cpu, wall = time.process_time(), time.perf_counter()
            answer = finder.find(query, k=10)
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            hits += number in {item.number for item in answer}
        found[name] = {
            **_spread(walls),
            "cpu_ms": round(statistics.mean(cpus), 2),
            "in_first_ten": hits / QUESTIONS,
        }
        progress(f"  {name}: {found[name]}")
    return {"questions": found}


def _two_words(made: Any, chance: random.Random) -> list[str]:
    words = fold(f"{made.title} {made.artist}")
    return chance.sample(words, 2)


def _mistyped(made: Any, chance: random.Random) -> str:
    words = fold(f"{made.title} {made.artist}")
    long = [word for word in words if len(word) >= 4] or words
    wrong = chance.choice(long)
    others = [word for word in words if word != wrong] or words
    return " ".join([mistype(wrong, chance) if len(wrong) > 1 else wrong, chance.choice(others)])


_QUESTIONS: Final[dict[str, Callable[[Any, random.Random], str]]] = {
    "two_words": lambda made, chance: " ".join(_two_words(made, chance)),
    "prefix": lambda made, chance: " ".join(_two_words(made, chance))[:-2],
    "three_letters": lambda made, chance: chance.choice(fold(made.title))[:3],
    "one_typo": _mistyped,
    "whole_name": lambda made, chance: f"{made.title} {made.artist}",
    "mistyped_word_alone": lambda made, chance: mistype(max(fold(made.title), key=len), chance),
}


def _spread(milliseconds: list[float]) -> dict[str, float]:
    listed = sorted(milliseconds)
    return {
        f"p{part}_ms": round(listed[min(len(listed) * part // 100, len(listed) - 1)], 2)
        for part in (50, 95, 99)
    }


def _update(folder: Path, size: int) -> dict[str, Any]:
    """From a name that is new, or another, to a hit for it by a finder that was open before, written as a match writes
    it (`row_filling.renew`). In the end it is gone again."""
    finder, path, walls = Finder(folder), folder / "rows.sqlite", []
    for name in ("Xqzvupdatedxq One", "Xqzvupdatedxq Two"):
        row = Row("recording", "changed", name, "Somebody", True, 0, 0.0, b"{}")
        before = time.perf_counter()
        row_filling.renew(path, partial(iter, [Entry(row, "Somebody", _facets(2000), (), 0)]), ["changed"])
        answer = finder.find(name, k=10)
        walls.append(time.perf_counter() - before)
        assert "changed" in {item.id for item in answer}
    row_filling.renew(path, partial(iter, ()), ["changed"])
    assert not finder.find("Xqzvupdatedxq", k=10)
    return {"documents": size, "seconds": round(max(walls), 3), "target": 1}


def _fts5(folder: Path, maker: Maker, size: int) -> dict[str, Any]:
    path = folder / "fts5.sqlite"
    path.unlink(missing_ok=True)
    db = apsw.Connection(str(path))
    db.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    db.execute(
        "CREATE VIRTUAL TABLE t USING fts5(title, artist, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    spent = 0.0
    with db:
        for low in range(0, size, BATCH):
            made = [(n, *maker.make(n)[:2]) for n in range(low + 1, min(low + BATCH, size) + 1)]
            before = time.process_time()
            db.executemany("INSERT INTO t(rowid, title, artist) VALUES (?,?,?)", made)
            spent += time.process_time() - before
    found: dict[str, Any] = {}
    for name in ("two_words", "prefix", "three_letters", "one_typo"):
        chance, walls = random.Random(name), []
        for _ in range(QUESTIONS):
            words = fold(_QUESTIONS[name](maker.make(chance.randrange(size) + 1), chance))
            match = " ".join(f'"{word}"' for word in words) + "*"
            before = time.perf_counter()
            db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10", (match,)).fetchall()
            walls.append((time.perf_counter() - before) * 1000)
        found[name] = _spread(walls)
    db.close()
    taken = path.stat().st_size / size
    path.unlink()
    return {
        "documents": size,
        "documents_per_cpu_s": round(size / spent),
        "bytes_per_document": round(taken, 1),
        "questions": found,
    }
