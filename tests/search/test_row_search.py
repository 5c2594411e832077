# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of rows field by field finds what an index of the same fields finds, in a made catalog."""

import random
from collections.abc import Iterator
from typing import Final, Literal

import pytest

from onrecord.archive import Archive
from onrecord.archive.generating import generate
from onrecord.archive.matching import rematch
from onrecord.search import row_search, rows
from onrecord.search.entities import ENTITIES, ROWS, Entities
from onrecord.search.field_documents import OWN, RowDocument
from onrecord.search.fields import (
    NUMBERS,
    WORDS,
    All,
    Asked,
    Between,
    Code,
    Document,
    FieldIndex,
    Group,
    Term,
)
from onrecord.search.row_search import KINDS, RowSearch
from onrecord.sources.generated.claims import Generated
from tests.conftest import DAY

#: Fields of codes that a row has, by kind.
CODES = ("isrc", "barcode", "country", "type", "date", "tnum", "arid", "reid", *OWN.values())
HOW: Final[tuple[Literal["must", "may", "not"], ...]] = ("must", "may", "not")
Held = tuple[RowSearch, FieldIndex, dict[str, list[str]]]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    folder = tmp_path_factory.mktemp("asked")
    with Archive.create(folder / "archive", "Asked", lambda: DAY) as archive:
        generate(archive, Generated(150, 3), folder / "truth", lambda done: None)
        rematch(archive)
        search = archive.folder / "search"
    entities = Entities(search / ENTITIES)
    with rows.reading(search / ROWS) as db:
        open_rows = rows.Held(db)
        said: dict[str, list[str]] = {name: ["nothing"] for name in (*WORDS, *CODES)}
        documents = []
        for number in sorted(open_rows.all_numbers()):
            row = open_rows.row(number)
            assert row is not None
            for kind in (row.kind, "release-group") if row.kind == "release" else (row.kind,):
                document = RowDocument(kind, row, open_rows, entities.linked)
                words = {field: " ".join(document.words(field)) for field in WORDS}
                codes = [one for field in CODES for one in sorted(document.codes(field))]
                numbers = {field: value for field in NUMBERS if (value := document.number(field)) is not None}
                documents.append(Document(kind, document.thing, words, codes, numbers))
                for field, text in words.items():
                    said[field] += text.split()
                for one in codes:
                    said[one.partition("=")[0]].append(one.partition("=")[2])
        index = FieldIndex(folder / "fields", make=True)
        index.add(documents)
        yield RowSearch(open_rows, search, entities), index, said


def asked_of(chance: random.Random, said: dict[str, list[str]], depth: int = 0) -> Asked:
    """Words and codes that are there, alone and together."""
    what = chance.choice(("word", "word", "code", "number", "all", "group", "group"))
    if what == "group" and not depth:
        parts = [(chance.choice(HOW), asked_of(chance, said, 1)) for _ in range(chance.randint(1, 3))]
        # What nothing narrows decides nothing where it may be there beside words that may.
        return Group(tuple((how, part) for how, part in parts if how != "may" or not _is_wide(part)))
    if what == "code":
        name = chance.choice(CODES)
        return Code(name, chance.choice(said[name]))
    if what == "number":
        return Between(chance.choice(NUMBERS), chance.randint(0, 3), chance.choice((4, 250_000, 20_300_000)))
    if what == "all":
        return All()
    fields = chance.choice([*((name,) for name in WORDS), ("name", "others")])
    return Term(
        fields, chance.choice(said[fields[0]]), prefix=chance.random() < 0.3, near=chance.choice((0, 0, 1))
    )


def _is_wide(asked: Asked) -> bool:
    return isinstance(asked, Between) or (
        isinstance(asked, Code) and asked.field in ("tnum", "country", "type")
    )


def test_it_finds_what_an_index_of_the_fields_finds(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_search, "_LOOKED_AT", 1_000)
    (searching, index, said), chance, some = held, random.Random(4), 0
    for _ in range(150):
        kind, asked = chance.choice(KINDS), asked_of(chance, said)
        count, hits = searching.search(kind, asked, 300, 0, ())
        expected, theirs = index.search(kind, asked, 300)
        assert ({thing for thing, _ in hits}, count) == ({thing for thing, _ in theirs}, expected), (
            kind,
            asked,
        )
        some += 0 < count < 200
        if len(hits) > 1:
            rest = searching.search(kind, asked, 300, 1, ())[1]
            assert rest == hits[1:], "pages follow each other"
            without = searching.search(kind, asked, 300, 0, {hits[0][0]})
            assert without == (count - 1, rest), "what is hidden is neither given nor counted"
    assert some > 30


def test_pages_go_on_behind_what_was_put_into_order(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    searching, index, _ = held
    monkeypatch.setattr(row_search, "_LOOKED_AT", 20)
    expected, theirs = index.search("artist", All(), 1_000)
    first = searching.search("artist", All(), 1, 0, ())[1][0][0]
    for without in (set[str](), {first}):
        found = list[str]()
        while page := searching.search("artist", All(), 15, len(found), without):
            if not page[1]:
                break
            found += [thing for thing, _ in page[1]]
        assert len(found) == page[0] == expected - len(without) > 40
        assert set(found) == {thing for thing, _ in theirs} - without
    [wide, narrow] = [
        searching.search("recording", Between("length", 0, end), 5, 0, ()) for end in (10**9, 0)
    ]
    assert wide[0] > 20 and len(wide[1]) == 5 and narrow == (0, [])
