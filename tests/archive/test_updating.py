# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A match looks at what came since the last one, and leaves what going through everything leaves."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive, core
from onrecord.archive.generating import generate
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import MatchReport, rematch
from onrecord.catalog import canonical_files, touched_pages
from onrecord.catalog.tables import TABLES, RecordRow
from onrecord.durable import sha256_of
from onrecord.engine.parquet import schema_of
from onrecord.search.rows import Held, reading
from onrecord.sources.generated.claims import Generated

CATALOG = Generated(1_500, seed=7)


def change(archive: Archive) -> int:
    """What a harvest would bring: a release of each source with other words, one that is gone, and one that is new."""
    with archive.duck() as duck:
        releases = duck.run("SELECT source, min(id) FROM releases GROUP BY source ORDER BY source")
        [(source, gone)] = duck.run(
            "SELECT source, max(id) FROM releases GROUP BY source ORDER BY source LIMIT 1"
        )

        def told(table: str, name: str, **values: str) -> list[Any]:
            wanted = ", ".join(f"('{source}', '{id}')" for source, id in releases)
            names = schema_of(TABLES[table]).names
            columns = [values.get(column, column) for column in names]
            rows = duck.run(f"SELECT {', '.join(columns)} FROM {table} WHERE (source, {name}) IN ({wanted})")
            return [TABLES[table](**dict(zip(names, row, strict=True))) for row in rows]

        tracks = told("tracks", "release_id", title="title || ' told anew'", genre="'Changed'")
        new = told(
            "tracks", "release_id", id="'new' || id", isrc="''", mbid="''", duration_ms="duration_ms + 500"
        )
        rows = {"tracks": tracks + new, "releases": told("releases", "id", date="'2025'")}
        tombstone = RecordRow(
            source=source,
            record=f"release:{gone}",
            media_type="",
            payload=b"",
            sha256="",
            deleted=True,
            version="",
        )
    with archive.writing():
        said = {"source": source, "location": "", "license": "CC0-1.0", "redistribute": True, "cursor": ""}
        archive.commit("harvested", said, {**rows, "records": [tombstone]})
    return sum(map(len, rows.values()))


def left(folder: Path) -> dict[str, str]:
    """What the tables are made of, with what updates put beside them taken into them."""
    canonical = folder / "catalog" / "canonical"
    with Archive.open(folder) as archive, archive.duck() as duck:
        canonical_files.fold_all(duck, canonical)
    return {name: sha256_of(canonical / f"{name}.parquet") for name in canonical_files.ORDER}


def written(folder: Path) -> dict[str, int]:
    """When each file was written that a match makes."""
    places = (folder / "catalog", folder / "search")
    return {
        str(path): path.stat().st_mtime_ns for place in places for path in place.rglob("*") if path.is_file()
    }


def pages(folder: Path) -> dict[int, Any]:
    with reading(folder / "search" / "rows.sqlite") as db:
        held = Held(db)
        return {number: held.row(number) for number in held.all_numbers()}


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, Path, int, MatchReport, MatchReport]]:
    folder = tmp_path_factory.mktemp("updated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "_FEW", 0)  # the jobs are run as those over many
        with Archive.create(folder / "one") as archive:
            generate(archive, CATALOG)
            first = rematch(archive)
            assert first.why_anew == "nothing was matched before"
            rows = change(archive)
        shutil.copytree(folder / "one", folder / "other")
        with Archive.open(folder / "one") as archive:
            assert not is_matched(archive)
            updated = rematch(archive)
            assert is_matched(archive)
    with Archive.open(folder / "other") as archive:
        assert 0 < sum(segment.rows for segment, _ in archive.ledger.segments()) < core._FEW
        anew = rematch(archive, anew=True)
    yield folder / "one", folder / "other", rows, updated, anew


def test_a_match_when_nothing_came_leaves_all_as_it_is(
    both: tuple[Path, Path, int, MatchReport, MatchReport],
) -> None:
    one, _, _, updated, _ = both
    with Archive.open(one) as archive:
        before, last = written(one), archive.log.next_seq
        again = rematch(archive)
        assert (written(one), archive.log.next_seq) == (before, last)
    same = (updated.recordings, updated.releases, updated.artists, updated.works, updated.labels, "", 0, 0)
    assert same == (
        *(again.recordings, again.releases, again.artists, again.works, again.labels),
        *(again.why_anew, again.founded, again.compared),
    )


def test_a_match_when_nothing_came_makes_again_what_is_damaged(
    both: tuple[Path, Path, int, MatchReport, MatchReport], tmp_path: Path
) -> None:
    shutil.copytree(both[0], tmp_path / "one")
    place = tmp_path / "one" / "search" / "rows.sqlite"
    place.write_bytes(b"x" * place.stat().st_size)
    with Archive.open(tmp_path / "one") as archive:
        rematch(archive)
        assert is_matched(archive)
    assert len(pages(tmp_path / "one")) == len(pages(both[0]))


def test_tables_and_pages_are_those_of_a_match_of_everything(
    both: tuple[Path, Path, int, MatchReport, MatchReport],
) -> None:
    one, other, _, updated, anew = both
    assert left(one) == left(other)
    assert pages(one) == pages(other)
    assert (updated.recordings, updated.founded, updated.merged) == (
        anew.recordings,
        anew.founded,
        anew.merged,
    )
    assert (updated.why_anew, anew.why_anew) == ("", "it was asked for")
    with Archive.open(one) as archive, Archive.open(other) as beside:
        assert archive.ledger.dump() == beside.ledger.dump()


def test_little_is_looked_at_and_written_where_little_came(
    both: tuple[Path, Path, int, MatchReport, MatchReport],
) -> None:
    _, _, rows, updated, anew = both
    assert rows < anew.compared / 20
    assert updated.compared < 4 * rows
    assert 0 < updated.written < 4 * rows


def test_updates_do_not_count_over_a_match_of_everything_that_was_killed(
    both: tuple[Path, Path, int, MatchReport, MatchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(both[1], tmp_path / "killed")
    with Archive.open(tmp_path / "killed") as archive:
        change(archive)
        with monkeypatch.context() as patch:
            patch.setattr(touched_pages, "give_back", _kill)  # as where all pages have to be made
            assert rematch(archive).why_anew == ""
        assert list(archive.canonical("").parent.glob("*-newer-*"))
    shutil.copytree(tmp_path / "killed", tmp_path / "whole")
    with Archive.open(tmp_path / "killed") as archive:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(canonical_files, "replace", _kill)
            rematch(archive, anew=True)
        assert not is_matched(archive)
        assert rematch(archive).why_anew == "the last run was cut short"
        dump = archive.ledger.dump()
    with Archive.open(tmp_path / "whole") as archive:
        rematch(archive, anew=True)
        assert dump == archive.ledger.dump()
    assert left(tmp_path / "killed") == left(tmp_path / "whole")


def _kill(*_: object) -> None:
    raise KeyboardInterrupt
