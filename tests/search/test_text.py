# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text index: whole words, beginnings, one wrong letter, any script; whatever stands in a query is words."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.errors import OnrecordError
from onrecord.search.fold import fold
from onrecord.search.text import Document, TextIndex, current, point_to

NAMES = {
    "r1": ("recording", "Static Radio", "The Test Tones"),
    "r2": ("recording", "Radio Static", "Someone Else"),
    "r3": ("recording", "Für Elise", "Ludwig van Beethoven"),
    "r4": ("recording", "Лебединое озеро", "Пётр Чайковский"),
    "r5": ("recording", "Τα παιδιά του Πειραιά", "Μάνος Χατζιδάκις"),
    "r6": ("recording", "戦場のメリークリスマス", "坂本龍一"),
    "r7": ("recording", "아리랑", "나윤선"),
    "r8": ("recording", "نسّم علينا الهوا", "فيروز"),
    "r9": ("recording", "ירושלים של זהב", "נעמי שמר"),
    "r10": ("recording", "月亮代表我的心", "鄧麗君"),
    "l1": ("release", "Static", "The Test Tones"),
    "a1": ("artist", "The Test Tones", ""),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    made = TextIndex(tmp_path_factory.mktemp("search") / "text", make=True)
    made.add(Document(kind, name, fold(title), fold(beside)) for name, (kind, title, beside) in NAMES.items())
    return made


def found(index: TextIndex, query: str, *kinds: str) -> list[str]:
    return [identifier for identifier, _ in index.search(fold(query), kinds)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("elise", "r3"),
        ("fur eli", "r3"),
        ("beethovn", "r3"),
        ("лебединое", "r4"),
        ("чайк", "r4"),
        ("ПЕТР ЧАЙКОВСКИЙ", "r4"),
        ("πειραια", "r5"),
        ("χατζηδακις", "r5"),
        ("メリー", "r6"),
        ("坂本", "r6"),
        ("아리", "r7"),
        ("윤선", "r7"),
        ("نسم", "r8"),
        ("ירושלים", "r9"),
        ("月亮", "r10"),
        ("邓丽君 月亮", ""),  # simplified and traditional characters are not the same
        ("代表", "r10"),
    ],
)
def test_every_script_is_found(index: TextIndex, query: str, expected: str) -> None:
    assert found(index, query)[:1] == ([expected] if expected else [])


def test_every_word_must_match(index: TextIndex) -> None:
    assert found(index, "static nowhere") == []
    assert set(found(index, "static radio")) == {"r1", "r2"}


def test_an_exact_name_stands_first(index: TextIndex) -> None:
    assert found(index, "static")[0] == "l1"
    assert found(index, "test tones")[0] == "a1"


def test_kinds(index: TextIndex) -> None:
    assert found(index, "static", "release") == ["l1"]
    assert found(index, "static", "artist") == []
    assert set(found(index, "test", "artist", "release")) == {"a1", "l1"}


def test_short_words_bear_no_wrong_letter(index: TextIndex) -> None:
    assert found(index, "vax") == []


def test_a_document_is_replaced_by_its_id(tmp_path: Path) -> None:
    index = TextIndex(tmp_path / "text", make=True)
    index.add([Document("artist", "a", fold("Old name"), [])])
    index.add([Document("artist", "a", fold("New name"), [])])
    assert found(index, "name") == ["a"]
    assert found(index, "old") == []


HOSTILE = [
    "",
    "\x00",
    "static\x00radio",
    '"',
    'static"',
    "'; DROP TABLE rows; --",
    "NEAR(",
    "static AND (",
    "name:*",
    "*",
    "a*",
    "/.*/",
    "[a TO z]",
    "^9999999",
    "~2",
    "\\",
    "\u202estatic",
    "\ud800",
    "a" * 100_000,
    "a " * 50_000,
    "静" * 100_000,
    '"' * 100_000,
    "(" * 100_000,
]


@pytest.mark.parametrize("query", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_a_hostile_query_is_words(index: TextIndex, query: str) -> None:
    assert len(found(index, query)) <= 20


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_answered(index: TextIndex, query: str) -> None:
    assert set(found(index, query)) <= set(NAMES)


def test_readers_are_pointed_to_a_whole_index(tmp_path: Path) -> None:
    assert current(tmp_path) is None
    for number in (1, 2):
        index = TextIndex(tmp_path / f"text-{number}", make=True)
        index.add([Document("artist", f"a{number}", fold("Somebody"), [])])
        point_to(tmp_path, f"text-{number}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "text-2"]
    assert found(index, "somebody") == ["a2"]


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "text"
    TextIndex(folder, make=True).add([Document("artist", "a", fold("Somebody"), [])])
    (folder / "meta.json").write_text("{")
    with pytest.raises(OnrecordError, match=r"text.*cannot be used"):
        TextIndex(folder)
    shutil.rmtree(folder)
    TextIndex(folder, make=True).add([Document("artist", "a", fold("Somebody"), [])])
