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
from onrecord.search.standing_for import StandingFor
from onrecord.search.text import Document, Mode, TextIndex, leave_only
from onrecord.search.variants import MOST_GUESSES, guesses, number_may_be_wrong
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
    "a* " * 10_000,
    "* " * 10_000,
    "[" * 5_000 + "]" * 5_000,
    "((((" * 1_000 + "static" + "))))" * 1_000,
    "\u200f\u202e\u2066static\u2069\u202c radio",
    "\udcff\udc80 static \ud83d",
    "".join(map(chr, range(32))),
    "(a+)+$ (?=static) \\d{1000} [^a-z]*",
    "%' OR 1=1 -- ; ATTACH",
    " ".join(["mistypedwordofsixtylettersthatfitsnothing"] * 16),
    " ".join(str(number) for number in range(19_480_000, 19_480_100)),
    " ".join(["abcf"] * 16),
    " ".join(["1998"] * 16) + " static",
    "e\u0301" * 50_000,
    "静水流深" * 10 + " 音楽" * 10,
]
MODES: tuple[Mode, ...] = ("whole", "typing", "one", "number", "each")


@pytest.mark.parametrize("query", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_a_hostile_query_is_words(finder: Finder, query: str) -> None:
    assert len(found(finder, query)) <= 20


@pytest.mark.parametrize("query", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_the_work_of_a_question_is_bounded(tmp_path: Path, query: str) -> None:
    """Whatever is asked: so many words are looked up, and so many clauses are asked for."""
    index = TextIndex(tmp_path / "text", make=True)
    near = ["abc" + letter for letter in "abcdeghijklmnopqrstuvwxyz"]
    index.add([Document(number, " ".join(near), f"19{number} 20{number}") for number in range(10, 90)])
    tokens = asked(query)[:16]
    for wrong in (None, number_may_be_wrong):
        looked_up = guesses(tokens, wrong) if wrong else guesses(tokens)
        assert sum(map(len, looked_up.values())) <= MOST_GUESSES
    for mode in MODES:
        query_made = repr(index._query(StandingFor(index._index.searcher()), tokens, mode)) if tokens else ""
        assert query_made.count("Term(") <= 2_500, mode
        assert query_made.count("FuzzyTermQuery") <= 2 * 16, mode
        index.search(asked(query), mode)


@pytest.mark.parametrize("word", ["\ud800", "\x00", "\u202e", "a" * 100_000, "*", "a b"])
def test_hostile_filters_fit_nothing(finder: Finder, word: str) -> None:
    assert finder.find("static", Filters(sources=(word,), licenses=(word,))) == []


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
        tmp_path, [entry("a", "Hello"), entry("b", "Hello", weight=144), entry("c", "Hello World", weight=48)]
    )
    assert found(Finder(tmp_path), "hello") == ["b", "a", "c"]


def test_a_wrong_digit_is_forgiven_where_nothing_else_is_found(tmp_path: Path) -> None:
    fill_with(
        tmp_path,
        [
            entry("a", "Symphony No. 9", "Somebody 1824"),
            entry("b", "Symphony No. 8", "Somebody 1812"),
            entry("c", "Party 1999", "Others"),
            *(entry(f"y{year}", f"Hits of {year}") for year in range(1990, 1998)),
        ],
    )
    finder = Finder(tmp_path)
    assert found(finder, "symphny no 9") == ["a"], "a number that was typed right, beside a word that was not"
    assert found(finder, "symphony no 7") == found(finder, "somebody 182 symphony 7") == [], (
        "a short number is another thing, not a mistake"
    )
    for query in (
        "party 1998",
        "party 19999",
        "199 party",
        "party 999",
        "pary 1999",
        "1989 party",
        "party 9199",
    ):
        assert found(finder, query) == ["c"], query
    assert found(finder, "hits 1994") == ["y1994"], "one that was typed right brings no other"
    assert found(finder, "1898") == found(finder, "1898 1899") == [], "alone it brings none"
    assert found(finder, "somebody 1825") == ["a"]


def test_numbers_that_are_codes_are_right_or_wrong(tmp_path: Path) -> None:
    fill_with(tmp_path, [entry("a", "Catalog 123456789")])
    assert found(Finder(tmp_path), "catalog 123456780") == []
    assert found(Finder(tmp_path), "catalog 123456789") == ["a"]


def test_a_number_is_taken_out_alone(tmp_path: Path) -> None:
    """Documents share the terms that their numbers are made of."""
    index = TextIndex(tmp_path / "text", make=True)
    index.add(Document(number, "word", "") for number in range(1, 1_000))
    gone = {1, 63, 64, 65, 127, 128, 640, 999}
    index.change(gone, [Document(64, "other", ""), Document(2**40 + 64, "word", "")])
    left = {number for number, _ in index.search(["word"], k=2_000)}
    assert left == {*range(1, 1_000), 2**40 + 64} - gone
    index.change([2**40 + 64], [])
    assert {number for number, _ in index.search(["word"], k=2_000)} == set(range(1, 1_000)) - gone


def test_an_index_stays_small(tmp_path: Path) -> None:
    """Nothing is kept that is not asked for: of 5,000 documents of the same words, what each costs beyond its words."""
    index = TextIndex(tmp_path / "text", make=True)
    index.add(
        Document(number, "word", "other", ("kind=recording", "sound"), number % 256)
        for number in range(1, 5_001)
    )
    taken = sum(file.stat().st_size for file in (tmp_path / "text").iterdir() if file.suffix != ".json")
    assert taken / 5_000 < 10


def test_a_beginning_of_one_letter_finds_also_what_few_things_have(tmp_path: Path) -> None:
    """Beside words of few things every word that begins so counts, beside those of many the commonest."""
    common = [entry(f"c{number}", f"Radio b{number % 350:03}") for number in range(700)]
    rare = entry("rare", "Lighthouse Bzz")
    fill_with(tmp_path, [*common, rare, entry("other", "Lighthouse Azz")])
    finder = Finder(tmp_path)
    assert found(finder, "lighthouse b") == ["rare"]
    assert found(finder, "lighthouse z") == []
    many = found(finder, "radio b")
    assert len(many) == 20 and found(finder, "radio b") == many  # what is kept of a beginning changes nothing
    fill_with(tmp_path, [*common, rare, entry("new", "Radio Quiet")])
    assert found(finder, "radio q") == ["new"] and len(found(finder, "radio b")) == 20


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
    assert indexed(text).split() == tokens
    assert asked(text) == pairs


def test_changes_of_an_index_come_together(tmp_path: Path) -> None:
    index = TextIndex(tmp_path / "text", make=True)
    index.add([Document(1, "old", "")])
    index.change([1], [Document(1, "new", ""), Document(2, "other", "new")])
    assert [number for number, _ in index.search(["new"])] == [1, 2]
    assert index.search(["old"]) == []
    assert TextIndex(tmp_path / "text").search(["other"], "whole")[0][0] == 2


def test_whole_words_are_whole(tmp_path: Path) -> None:
    index = TextIndex(tmp_path / "text", make=True)
    index.add([Document(1, "radio", "")])
    assert index.search(["rad"], "whole") == [] and index.search(["rad"], "typing")


def test_only_one_index_is_left(tmp_path: Path) -> None:
    for number in (1, 2):
        TextIndex(tmp_path / f"text-{number}", make=True)
    leave_only(tmp_path, "text-2")
    assert [path.name for path in tmp_path.iterdir()] == ["text-2"]


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "text"
    TextIndex(folder, make=True).add([Document(1, "somebody", "")])
    (folder / "meta.json").write_text("{")
    with pytest.raises(OnrecordError, match=r"text.*cannot be used"):
        TextIndex(folder)
    shutil.rmtree(folder)
    TextIndex(folder, make=True).add([Document(1, "somebody", "")])
