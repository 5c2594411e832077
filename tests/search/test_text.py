# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding by text: whole words, beginnings, one mistake, any script; whatever stands in a query is words."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.errors import OnrecordError
from onrecord.model.filters import Filters
from onrecord.search.finding import Finder
from onrecord.search.fold import asked, indexed
from onrecord.search.text import Document, TextIndex, leave_only
from tests.search.filled import entry, fill_with

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
def finder(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    search = tmp_path_factory.mktemp("search")
    fill_with(
        search, [entry(name, title, beside, kind=kind) for name, (kind, title, beside) in NAMES.items()]
    )
    return Finder(search)


def found(finder: Finder, query: str, *kinds: str) -> list[str]:
    return [item.id for item in finder.find(query, Filters(kinds=kinds))]


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
def test_every_script_is_found(finder: Finder, query: str, expected: str) -> None:
    assert found(finder, query)[:1] == ([expected] if expected else [])


def test_every_word_must_match(finder: Finder) -> None:
    assert found(finder, "static nowhere") == []
    assert set(found(finder, "static radio")) == {"r1", "r2"}


def test_an_exact_name_stands_first(finder: Finder) -> None:
    assert found(finder, "static")[0] == "l1"
    assert found(finder, "test tones")[0] == "a1"


def test_kinds(finder: Finder) -> None:
    assert found(finder, "static", "release") == ["l1"]
    assert found(finder, "static", "artist") == []
    assert set(found(finder, "test", "artist", "release")) == {"a1", "l1"}


def test_short_words_bear_no_wrong_letter(finder: Finder) -> None:
    assert found(finder, "vax") == []


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
def test_a_hostile_query_is_words(finder: Finder, query: str) -> None:
    assert len(found(finder, query)) <= 20


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_answered(finder: Finder, query: str) -> None:
    assert set(found(finder, query)) <= set(NAMES)


def test_a_mistake_of_each_kind_is_forgiven(finder: Finder) -> None:
    for query in (
        "statik radio",
        "satic radio",
        "statiic radio",
        "sttaic radio",
        "static rdaio",
        "xtatic radio",
    ):
        assert found(finder, query)[0] == "r1", query
    assert found(finder, "statik rodio")[0] == "r1", "one in each word"
    assert found(finder, "statyk rod") == [], "a beginning of three letters bears none"


def test_what_was_typed_right_stands_before_what_was_not(tmp_path: Path) -> None:
    fill_with(
        tmp_path, [entry("wrong", "Stating"), entry("right", "Statine"), entry("part", "Statine Blues")]
    )
    assert found(Finder(tmp_path), "statine") == ["right", "part", "wrong"]


def test_the_more_popular_stands_first_among_equals(tmp_path: Path) -> None:
    fill_with(
        tmp_path, [entry("a", "Hello"), entry("b", "Hello", weight=9), entry("c", "Hello World", weight=3)]
    )
    assert found(Finder(tmp_path), "hello") == ["b", "a", "c"]


def test_a_part_of_a_name_is_found_as_such(tmp_path: Path) -> None:
    fill_with(
        tmp_path, [entry("a", "東京の夜"), entry("b", "京都と東の空"), entry("c", "メリー・クリスマス")]
    )
    finder = Finder(tmp_path)
    assert found(finder, "東京") == ["a"]
    assert found(finder, "リークリ") == found(finder, "メリー クリ") == ["c"]
    assert found(finder, "京") == ["b", "a"] or found(finder, "京") == ["a", "b"]


def test_one_wrong_character_of_several_is_forgiven(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry("a", "월량대표아적심"), entry("b", "아리랑")])
    assert found(Finder(tmp_path), "월량태표아적심") == ["a"]


@pytest.mark.parametrize(
    ("text", "tokens", "pairs"),
    [
        ("坂本 龍一", ["坂", "本", "龍", "一", "坂本", "本龍", "龍一"], ["坂本", "龍一"]),
        ("Tokyo東京", ["tokyo", "東", "京", "東京"], ["tokyo", "東京"]),
        ("夜", ["夜"], ["夜"]),
        ("plain words", ["plain", "words"], ["plain", "words"]),
    ],
)
def test_pairs(text: str, tokens: list[str], pairs: list[str]) -> None:
    assert indexed(text) == tokens
    assert asked(text) == pairs


def test_changes_of_an_index_come_together(tmp_path: Path) -> None:
    index = TextIndex(tmp_path / "text", make=True)
    index.add([Document(1, ["old"], [])])
    index.change([1], [Document(1, ["new"], []), Document(2, ["other"], ["new"])])
    assert [number for number, _ in index.search(["new"])] == [1, 2]
    assert index.search(["old"]) == []
    assert TextIndex(tmp_path / "text").search(["other"], "whole")[0][0] == 2


def test_whole_words_are_whole(tmp_path: Path) -> None:
    index = TextIndex(tmp_path / "text", make=True)
    index.add([Document(1, ["radio"], [])])
    assert index.search(["rad"], "whole") == [] and index.search(["rad"], "typing")


def test_only_one_index_is_left(tmp_path: Path) -> None:
    for number in (1, 2):
        TextIndex(tmp_path / f"text-{number}", make=True)
    leave_only(tmp_path, "text-2")
    assert [path.name for path in tmp_path.iterdir()] == ["text-2"]


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "text"
    TextIndex(folder, make=True).add([Document(1, ["somebody"], [])])
    (folder / "meta.json").write_text("{")
    with pytest.raises(OnrecordError, match=r"text.*cannot be used"):
        TextIndex(folder)
    shutil.rmtree(folder)
    TextIndex(folder, make=True).add([Document(1, ["somebody"], [])])
