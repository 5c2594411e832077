# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large catalog is matched a slice of claims at a time, and comes out to the byte as one that is matched at once."""

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import apsw
import pytest

from onrecord.archive import Archive, core
from onrecord.archive.generating import generate
from onrecord.archive.matching import rematch
from onrecord.catalog import match, numbered_parts, pages
from onrecord.catalog.tables import DecisionRow
from onrecord.engine import duck as engine
from onrecord.engine.duck import Duck
from onrecord.model.identifiers import mint
from onrecord.search.cache_files import beside
from onrecord.sources.generated.claims import Generated
from onrecord.sources.generated.layout import TRACKS


def tables(archive: Archive) -> dict[str, bytes]:
    folder = archive.canonical("").parent
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}


def shown(archive: Archive) -> dict[str, list[Any]]:
    """All that readers search and see, but the names of the indexes and of the file for changes."""
    search = archive.folder / "search"
    changes = beside(search / "rows.sqlite")
    assert changes is not None
    found = {}
    for role, file in {"rows": "rows.sqlite", "changes": changes.name, "entities": "entities.sqlite"}.items():
        db = apsw.Connection(str(search / file), flags=apsw.SQLITE_OPEN_READONLY)
        names = [str(name) for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found |= {
            f"{role} {name}": db.execute(f"SELECT * FROM {name}").fetchall()
            for name in names
            if name not in ("made", "changes")
        }
        db.close()
    return found


def decide(archive: Archive) -> None:
    """A person says otherwise of some things: among them by what tables are put in order."""
    said = {("track", "artist"): "Zz", ("track", "duration_ms"): "1", ("release", "title"): "Another"}
    rows = list[DecisionRow]()
    with archive.duck() as duck:
        for (kind, field), value in said.items():
            for source, name in duck.run(f"SELECT source, id FROM {kind}s ORDER BY ALL LIMIT 20"):
                thing = mint("release" if kind == "release" else "recording", source, name)
                about = {
                    "kind": kind,
                    "thing": thing,
                    "field": field,
                    "value": value,
                    "person": "p",
                    "why": "w",
                }
                beside = {"side": 0, "place": 0, "source": "", "source_id": ""}
                rows.append(DecisionRow(decision=f"{field} {thing}", act="says", **about, **beside))
    archive.commit("decided", {}, {"decisions": rows})


def test_slices_of_claims_come_out_as_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slices, parts, read = list[int](), list[int](), list[str]()
    # As many rows are matched, and with several groups of rows in what is written.
    monkeypatch.setattr(core, "_FEW", 0)
    monkeypatch.setattr(engine, "DENSE", 8_192)
    monkeypatch.setattr(numbered_parts, "_GROUP", 2_048)
    with Archive.create(tmp_path / "archive") as archive:
        generate(archive, Generated(2 * TRACKS, seed=5))
        decide(archive)
        rematch(archive)
        whole, seen = tables(archive), shown(archive)
        monkeypatch.setattr(pages, "_PORTION", dict.fromkeys(pages._PORTION, 1_000))
        once = pages.read_once
        monkeypatch.setattr(
            pages,
            "read_once",
            lambda duck, packed, name, *of: read.append(name) or once(duck, packed, name, *of),
        )
        monkeypatch.setattr(match, "SLICE", 1_500)
        monkeypatch.setattr(match, "SORTED", 3_000)
        monkeypatch.setattr(match, "_TOLD", 2)
        found, parted = match._slices, Duck.parted
        monkeypatch.setattr(match, "_slices", lambda *of: slices.append(len(it := found(*of))) or it)
        monkeypatch.setattr(
            Duck,
            "parted",
            lambda self, query, key, count: parts.append(count) or parted(self, query, key, count),
        )
        rematch(archive, anew=True)
        assert tables(archive) == whole
        assert shown(archive) == seen and not read, "what is as it was was not written again"
        shutil.rmtree(archive.folder / "search")
        rematch(archive, anew=True)
        assert tables(archive) == whole
        assert shown(archive) == seen and sorted(read) == ["members", "placed"]
        assert slices and slices[0] > 5 and min(parts) > 5, (slices, parts)
        assert not list((archive.folder / "search" / "spill").glob("*")), "nothing is left of the parts"
        with archive.duck() as duck:
            decided = (
                f"({archive.canonical_rows('canonical_recordings')}) WHERE artist = 'Zz' AND duration_ms = 1"
            )
            assert duck.run(f"SELECT 1 FROM {decided} LIMIT 1")


def test_every_claim_is_in_one_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files together, large ones cut."""
    duck = Duck(tmp_path)
    sizes = {1: 3, 2: 4, 5: 25, 6: 10, 7: 1, 9: 9}
    duck.run("CREATE TABLE recording_members (node BIGINT)")
    for seq, rows in sizes.items():
        duck.run(f"INSERT INTO recording_members SELECT ({seq}::BIGINT << 32) + i FROM range({rows}) t(i)")
    monkeypatch.setattr(match, "SLICE", 10)
    found = match._slices(duck)
    counts = [
        duck.run(f"SELECT count(*) FROM recording_members WHERE node BETWEEN {first} AND {last}")[0][0]
        for first, last in found
    ]
    assert sum(counts) == sum(sizes.values()) and max(counts) <= 10
    assert all(last < first for (_, last), (first, _) in pairwise(found))
