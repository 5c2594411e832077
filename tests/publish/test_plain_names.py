# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever sources say, the paths that come of it are safe and apart on every system (fault 42)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.publish.names import check_element, check_paths
from onrecord.publish.plain_names import LONGEST, PlainNames, plain

_DIGEST = "0123456789abcdef" * 4

#: What people and attackers put into tags, and anything else.
_HOSTILE = st.sampled_from(
    [
        "..", "../../etc", "/", "\\", "CON", "nul", "COM1", "aux.flac", "Song", "SONG", "song ", "song.",
        "Café", "Cafe\u0301", "ß", "SS", "", ".", ".pad", " ", "\x00", "a\u202eb", "100%", "%0A", "\ud800", "\ufeff",
        "x" * 500, "é" * 300, "SHA256SUMS", "decisions.json", "\u212a", "k", "K",
    ]
)  # fmt: skip
_TEXT = _HOSTILE | st.text(max_size=40)


@given(_TEXT, st.sampled_from(["", ".flac", " [01234567].ogg"]))
def test_any_text_gives_a_name_that_is_safe_everywhere(text: str, tail: str) -> None:
    name = plain(text, tail)
    check_element(name)
    assert name.endswith(tail)
    assert len(name.encode()) <= LONGEST + 1
    assert "%" not in name and not name.startswith(".")
    assert unicodedata.is_normalized("NFC", name)


@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT), max_size=12))
def test_no_two_files_fall_together_on_any_system(said: list[tuple[str, str, str]]) -> None:
    taken = "SHA256SUMS"
    names = PlainNames([taken])
    paths = [names.place(*three, "flac", f"{count:064x}") for count, three in enumerate(said)]
    check_paths([(taken,), *paths])
    again = PlainNames([taken])
    assert paths == [again.place(*three, "flac", f"{count:064x}") for count, three in enumerate(said)]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (("AC/DC", "T.N.T.", "It's a Long Way"), ("AC_DC", "T.N.T", "07 It's a Long Way.mp3")),
        (("", "", "?"), ("Unknown artist", "No release", "07 _.mp3")),
        (("..", "...And Justice", "a\r\nb"), ("_", "_...And Justice", "07 a__b.mp3")),
        (("CON", "100% Pure", "x" * 200), ("_CON", "100_ Pure", f"07 {'x' * 112}.mp3")),
        (("Cafe\u0301", "Björk", "東京"), ("Café", "Björk", "07 東京.mp3")),
        (("sha256sums", "a", "b"), ("sha256sums (folder)", "a", "07 b.mp3")),
    ],
)
def test_names_stay_readable(said: tuple[str, str, str], path: tuple[str, str, str]) -> None:
    assert PlainNames(["SHA256SUMS"]).place(*said, "mp3", _DIGEST, "07") == path


def test_what_would_fall_together_is_told_apart_or_joined() -> None:
    names = PlainNames()
    assert names.place("ABBA", "Gold", "SOS", "ogg", "a" * 64) == ("ABBA", "Gold", "SOS.ogg")
    assert names.place("Abba", "GOLD", "S.o.s", "ogg", "b" * 64) == ("ABBA", "Gold", "S.o.s.ogg")
    assert names.place("abba", "gold", "sos", "ogg", "c" * 64) == ("ABBA", "Gold", "sos [cccccccc].ogg")
    assert (
        names.place("abba", "gold", "sos [cccccccc]", "ogg", "d" * 64)[2] == "sos [cccccccc] [dddddddd].ogg"
    )
    assert names.place("abba", "gold", "Sos", "ogg", "c" * 64)[2] == "Sos [cccccccc 2].ogg"
    assert names.place("abba", "gold", "sos", "mp3", "c" * 64)[2] == "sos.mp3"
