# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of all canonical things: each there once, as the canonical tables say, by whatever way they came."""

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from onrecord.archive import Archive, indexing
from onrecord.archive.generating import generate
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.catalog import pages as kept_pages
from onrecord.errors import OnrecordError
from onrecord.search.cache_files import beside
from onrecord.search.rows import Rows
from onrecord.sources.generated.claims import Generated
from tests.archive.matched_tables import kept_rows
from tests.pipeline.musicbrainz import recording, release, save


def rows_of(archive: Archive) -> Rows:
    return Rows(archive.folder / "search" / "rows.sqlite")


def pages(archive: Archive) -> dict[str, Any]:
    """Every page, with what a search weighs of it."""
    rows, found = rows_of(archive), {}
    for kind in ("artist", "release", "recording"):
        for id in (row["id"] for row in kept_rows(archive, f"canonical_{kind}s")):
            row, number = rows.get(id), rows.number(id)
            assert row is not None and number is not None
            [named] = rows.named([number])
            body = msgspec.json.decode(row.body)
            found[id] = msgspec.structs.replace(row, body=b""), body, msgspec.structs.replace(named, number=0)
    return found


@pytest.fixture
def generated(archive: Archive) -> Archive:
    generate(archive, Generated(400, seed=7))
    rematch(archive)
    return archive


def test_every_thing_has_its_page_once(generated: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    found, rows = pages(generated), rows_of(generated)
    tables = {kind: kept_rows(generated, f"canonical_{kind}s") for kind in ("artist", "release", "recording")}
    assert rows.count() == {kind: len(table) for kind, table in tables.items()}
    for kind, table in tables.items():
        for thing in table:
            row, body, _ = found[thing.pop("id")]
            assert row.kind == kind
            assert {name: body[name] for name in thing if name in body} == {
                name: value for name, value in thing.items() if name in body
            }
            for scheme in ("isrc", "barcode"):
                for code in thing.get(f"{scheme}s") or filter(None, [thing.get(scheme)]):
                    assert row.id in rows.bearing(scheme, code)
    placed = kept_rows(generated, "canonical_tracks")
    listed = [
        (id, track["id"], track["disc"], track["position"])
        for id, (row, body, _) in found.items()
        if row.kind == "release"
        for track in body["tracks"]
    ]
    key = lambda place: tuple(map(str, place))  # noqa: E731
    assert sorted(listed, key=key) == sorted(
        ((it["release"], it["recording"], it["disc"], it["position"]) for it in placed), key=key
    )
    path = generated.folder / "search" / "rows.sqlite"
    before = [each.read_bytes() for each in both(path)]
    monkeypatch.setattr(kept_pages, "_PORTION", dict.fromkeys(kept_pages._PORTION, 100))
    rematch(generated)
    assert [each.read_bytes() for each in both(path)] == before, (
        "what is as it was is not written again, in whatever portions it comes"
    )


def both(path: Path) -> list[Path]:
    """A file of rows, and that for its changes."""
    changes = beside(path)
    assert changes is not None
    return [path, changes]


def written(archive: Archive) -> list[object]:
    """All that is written of pages, without names that are made anew each time."""
    folder = archive.folder / "search"
    found: list[object] = []
    for path in both(folder / "rows.sqlite"):
        with apsw.Connection(str(path)) as db:
            tables: Any = db.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT IN ('made', 'changes') ORDER BY 1"
            )
            found += [db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for (name,) in tables]
    segments = (folder / rows_of(archive).text()).glob("*.*")
    indexed = [(path.suffix, path.read_bytes()) for path in segments if path.suffix != ".json"]
    assert len(indexed) > 3, "the words are among what is compared"
    return [*found, sorted(indexed)]


def die(task: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_processes_make_the_same_pages_and_one_that_dies_leaves_what_was(
    generated: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = written(generated)
    monkeypatch.setattr(indexing, "_FEW", 0)
    monkeypatch.setattr(kept_pages, "_CLAIMS", 64)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    path = generated.folder / "search" / "rows.sqlite"
    path.unlink()
    rematch(generated, anew=True)
    assert written(generated) == alone
    with apsw.Connection(str(path)) as db:
        db.execute("PRAGMA user_version=1")  # as an older version wrote it, so that all is written anew
    before = path.read_bytes()
    with monkeypatch.context() as patch, pytest.raises(OnrecordError, match="a worker process died"):
        patch.setattr(indexing, "_made_elsewhere", die)
        rematch(generated, anew=True)
    assert path.read_bytes() == before


def test_an_update_leaves_what_a_rebuild_makes(archive: Archive, tmp_path: Path) -> None:
    first = save(
        tmp_path / "one",
        a=release("First", "Singer", [("Red Hour", 201_000), ("Green Hour", 202_000)]),
        b=release("Second", "Singer", [("Red Hour", 201_000)]),
        c=recording("Blue Hour", "Nobody Else", 205_000),
    )
    harvest(archive, "musicbrainz-json", first)
    rematch(archive)
    text = rows_of(archive).text()
    second = save(
        tmp_path / "two",
        a=release("First", "Singer", [("Red Hour", 201_000), ("Another Hour", 202_000)]),
        c=recording("Blue Hour", "Nobody Else", 206_000),
        d=release("Third", "Newcomer", [("White Hour", 207_000)]),
    )
    harvest(archive, "musicbrainz-json", second)
    rematch(archive)
    updated, counted = pages(archive), rows_of(archive).count()
    assert rows_of(archive).text() == text, "it was an update"
    shutil.rmtree(archive.folder / "search")
    rematch(archive)
    assert rows_of(archive).text() != text
    assert (pages(archive), rows_of(archive).count()) == (updated, counted)
