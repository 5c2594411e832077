# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities and their index of fields change together, only where something differs, and a kill is made good."""

import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from onrecord.search import entity_filling
from onrecord.search.entities import Entities, Seat
from onrecord.search.entity_changes import KeptRecord, Link, Thing
from onrecord.search.entity_filling import fill
from onrecord.search.entity_finding import EntityFinder
from onrecord.search.fields import All, Document, FieldIndex, Term
from onrecord.search.finding import Finder
from onrecord.search.finishing import finish
from onrecord.search.row_filling import Filled

FILE = "entities.sqlite"


def id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def thing(name: str, title: str, *ids: str, kind: str = "label") -> Thing:
    seats = tuple(Seat(uuid.UUID(id_of(id)).bytes, "musicbrainz", 7) for id in ids or (name,))
    return Thing(title, "", seats, Document(kind, name, {"name": title}, [], {}))


MANY = [thing(f"r{number:03}", f"Song number{number}") for number in range(300)]
LINKS = [("a", "label", f"r{number:03}") for number in range(300)]


def fill_with(
    search: Path, things: Sequence[Thing], links: Sequence[Link] = (), kept: Sequence[KeptRecord] = ()
) -> Filled:
    return fill(search / FILE, lambda: things, lambda: links, lambda: kept)


def found(search: Path, query: str) -> list[str]:
    """Names of what the index gives and the file has."""
    entities = Entities(search / FILE)
    index = FieldIndex(search / entities.fields())
    hits = index.search("label", Term(("name",), query), 1_000)[1]
    return sorted(name for name, _ in hits if entities.of("label", name))


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    assert fill_with(tmp_path, MANY, LINKS) == Filled(300, 300, True)
    entities = Entities(tmp_path / FILE)
    name, folder = entities.fields(), tmp_path / entities.fields()
    segments = {file.name for file in folder.iterdir() if file.suffix != ".json"}
    before = (tmp_path / FILE).read_bytes()
    assert fill_with(tmp_path, MANY, LINKS) == Filled(300, 0, False)
    assert (tmp_path / FILE).read_bytes() == before, "nothing differs, nothing is written"
    changed = [*MANY[:10], thing("r010", "Another name"), *MANY[11:299], thing("s", "Newcomer")]
    assert fill_with(tmp_path, changed, LINKS[:299]) == Filled(300, 3, False)
    assert entities.fields() == name, "the index was not made anew"
    assert segments <= {file.name for file in folder.iterdir()}, "nor the segment with all the others"
    assert found(tmp_path, "another") == ["r010"] and found(tmp_path, "newcomer") == ["s"]
    assert found(tmp_path, "number10") == found(tmp_path, "number299") == []
    assert entities.find("label", id_of("r299")) is None
    assert entities.linked("a", "label") == [f"r{number:03}" for number in range(299)]


def test_a_reader_sees_a_change_at_its_next_question(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY)
    entities, before = Entities(tmp_path / FILE), Entities(tmp_path / FILE).changes()
    index = FieldIndex(tmp_path / entities.fields())
    assert index.search("label", Term(("name",), "newcomer"), 5) == (0, [])
    fill_with(tmp_path, [*MANY, thing("s", "Newcomer")])
    assert index.search("label", Term(("name",), "newcomer"), 5)[0] == 1
    assert entities.changes() != before


def test_two_things_of_one_name_but_another_kind_are_two(tmp_path: Path) -> None:
    work, label = thing("x", "Opus", "w", kind="work"), thing("x", "Opus", "r")
    fill_with(tmp_path, [label, work])
    fill_with(tmp_path, [label])
    entities = Entities(tmp_path / FILE)
    assert entities.find("work", id_of("w")) is None and entities.find("label", id_of("r"))
    index = FieldIndex(tmp_path / entities.fields())
    assert (index.search("work", All(), 5)[0], index.search("label", All(), 5)[0]) == (0, 1)


def test_an_id_that_two_things_bear_stays_with_the_other_when_one_goes(tmp_path: Path) -> None:
    fill_with(tmp_path, [thing("a", "One", "shared"), thing("b", "Two", "shared")])
    entities = Entities(tmp_path / FILE)
    first = entities.find("label", id_of("shared"))
    fill_with(tmp_path, [thing("b", "Two", "shared")])
    second = entities.find("label", id_of("shared"))
    assert (first and first.thing, second and second.thing) == ("a", "b")


def test_the_best_known_is_listed_first_and_that_changes_with_what_belongs_to_it(tmp_path: Path) -> None:
    works = [thing(name, name, kind="work") for name in ("a", "b", "c")]

    def listed(**known: int) -> list[str]:
        links = sorted((name, "recording", f"r{number}") for name in known for number in range(known[name]))
        fill_with(tmp_path, works, links)
        finder = EntityFinder(tmp_path, Finder(tmp_path))
        page, after = finder.browse("work", 2, "", lambda entity: True)
        rest, end = finder.browse("work", 2, after or "", lambda entity: True)
        assert end is None
        return [entity.thing for entity in (*page, *rest)]

    assert listed(b=9, c=1) == ["b", "c", "a"]
    assert listed(b=1, c=9) == ["c", "b", "a"]
    assert listed() == ["a", "b", "c"], "of one step by their names"


def test_much_that_changed_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entity_filling, "_MOST_CHANGES", 10)
    fill_with(tmp_path, MANY)
    assert fill_with(tmp_path, [thing(f"t{n:03}", f"Tune number{n}") for n in range(300)]).anew
    assert len(found(tmp_path, "tune")) == 300 and found(tmp_path, "song") == []
    assert len(list(tmp_path.glob("fields-*"))) == 1


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\x00", b"x" * 5000])
def test_what_cannot_be_read_is_made_again(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    assert finish(tmp_path) == 0
    assert fill_with(tmp_path, MANY).anew and len(found(tmp_path, "song")) == 300
    (tmp_path / Entities(tmp_path / FILE).fields() / "meta.json").unlink()
    assert fill_with(tmp_path, MANY).anew and len(found(tmp_path, "song")) == 300


def test_things_out_of_order_are_refused(tmp_path: Path) -> None:
    fill_with(tmp_path, MANY)
    with pytest.raises(ValueError, match="in order"):
        fill_with(tmp_path, MANY[::-1])
    assert len(found(tmp_path, "song")) == 300


def _fill_and_die(search: Path, things: list[Thing], moment: str) -> None:
    """Runs in a process of its own, which ends by a kill at a moment of the change."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying() -> Iterator[Thing]:
        yield from things[: len(things) // 2]
        die()

    source: Callable[[], Iterator[Thing]] = lambda: iter(things)  # noqa: E731
    if moment == "comparing":
        source = dying
    elif moment == "between":
        entity_filling.catch_up = die  # type: ignore[assignment]
    elif moment == "applying":
        entity_filling.add_run = _then(entity_filling.add_run, die)
    elif moment == "noting":
        FieldIndex.change = _then(FieldIndex.change, die)  # type: ignore[method-assign]
    fill(search / FILE, source, lambda: ())


def _then(first: Callable[..., Any], second: Callable[[], None]) -> Callable[..., Any]:
    def both(*arguments: object) -> Any:
        given = first(*arguments)
        second()
        return given

    return both


@pytest.mark.parametrize("moment", ["comparing", "applying", "between", "noting"])
@pytest.mark.parametrize("repaired", ["by the next writer", "by the next match"])
def test_a_kill_is_made_good(tmp_path: Path, moment: str, repaired: str) -> None:
    fill_with(tmp_path, MANY)
    changed = [thing("r000", "Another name"), *MANY[2:], thing("s", "Newcomer")]
    killed = multiprocessing.get_context("spawn").Process(
        target=_fill_and_die, args=(tmp_path, changed, moment)
    )
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    committed = moment in ("between", "noting")
    entities = Entities(tmp_path / FILE)
    assert (entities.find("label", id_of("s")) is not None, entities.is_behind()) == (committed,) * 2
    assert set(found(tmp_path, "song")) >= {f"r{n:03}" for n in range(2, 300)}, "readers go on"
    if repaired == "by the next writer":
        assert finish(tmp_path) == (3 if committed else 0)
        assert not entities.is_behind()
        assert found(tmp_path, "newcomer") == (["s"] if committed else [])
        assert finish(tmp_path) == 0
    assert not fill_with(tmp_path, changed).anew
    assert not entities.is_behind()
    assert found(tmp_path, "another") == ["r000"] and found(tmp_path, "newcomer") == ["s"]
    assert set(found(tmp_path, "song")) == {f"r{n:03}" for n in range(2, 300)}
