# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folding of text: what people type finds what is written, in any script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.search.fold import asked, fold, indexed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Sigur Rós", "sigur ros"),
        ("BJÖRK", "bjork"),
        ("Motörhead", "motorhead"),
        ("Straße", "STRASSE"),
        ("ﬁn", "fin"),
        ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
        ("İstanbul", "istanbul"),
        ("Чайковский", "чайковскии"),
        ("Пётр Ильич", "петр ильич"),
        ("ΜΊΚΗΣ ΘΕΟΔΩΡΆΚΗΣ", "μικης θεοδωρακης"),
        ("Οδυσσεύς", "οδυσσευς"),
        ("فَيْرُوز", "فيروز"),
        ("שָׁלוֹם", "שלום"),
        ("Tiên Nữ", "tien nu"),
        ("Dvořák", "dvorak"),
        ("スキヤキ", "すきやき"),
    ],
)
def test_marks_case_and_width_do_not_matter(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("坂本龍一", ["坂", "本", "龍", "一"]),
        ("さくら", ["さ", "く", "ら"]),
        ("ガラス", ["が", "ら", "す"]),
        ("ｶﾞﾗｽ", ["が", "ら", "す"]),
        ("ヴィーナス", ["ゔ", "ぃ", "ー", "な", "す"]),
        ("아리랑", ["아", "리", "랑"]),
        ("Tokyo東京2020", ["tokyo", "東", "京", "2020"]),
        ("AC/DC", ["ac", "dc"]),
        ("don't stop", ["don", "t", "stop"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert fold(text) == tokens


def test_voicing_marks_of_kana_are_letters() -> None:
    assert fold("が") != fold("か")
    assert fold(unicodedata.normalize("NFD", "が")) == fold("が")


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\u202e", "\ufeff", "_"])
def test_nothing_gives_nothing(text: str) -> None:
    assert fold(text) == []


@pytest.mark.parametrize(
    ("text", "token"), [("!!!", "!!!"), (" ( ) ", "()"), ("♥\ufe0f", "♥"), ("…", "..."), ("！", "!")]
)
def test_signs_alone_are_a_name(text: str, token: str) -> None:
    assert fold(text) == asked(text) == [token] and indexed(text) == token


def test_signs_among_words_are_not_looked_for() -> None:
    assert fold("Love ♥") == asked("love ♥") == ["love"]
    assert asked("♥ 花は") == ["花は"] and indexed("rock & roll").split() == ["rock", "roll"]
    assert len(fold("!" * 100_000)[0]) <= 60


def test_no_text_is_without_bound() -> None:
    assert len(fold("a " * 100_000)) <= 200
    assert max(map(len, fold("a" * 100_000))) <= 60
    assert len(fold("ﷺ" * 100_000)) <= 200


@given(st.text(max_size=300))
def test_laws(text: str) -> None:
    tokens = fold(text)
    assert all(tokens)
    assert not any(
        char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in "".join(tokens)
    )
    if len(tokens) < 200 and all(len(token) < 60 for token in tokens):
        assert fold(" ".join(tokens)) == tokens, "folding twice changes nothing"
