# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row says is read with all the ways in which people write it; what is wrong is said, field by field."""

import pytest

from onrecord.archive.looking_up import FIELDS, read_asked
from onrecord.archive.looking_up.asked import LABEL_CODE, identified


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("3:45", 225.0),
        ("1:02:03", 3723.0),
        ("0:45.5", 45.5),
        ("225", 225.0),
        ("225,5", 225.5),
        ("225000 ms", 225.0),
        ("225 s", 225.0),
        ("PT3M45S", 225.0),
        (225, 225.0),
        ("", None),
        ("0", None),
        ("n/a", None),
    ],
)
def test_lengths(written: object, seconds: float | None) -> None:
    asked = read_asked({"title": "x", "length": written})
    assert (asked.seconds, asked.wrong) == (seconds, ())


def test_milliseconds_have_a_field_of_their_own() -> None:
    assert read_asked({"title": "x", "length_ms": 203000}).seconds == 203.0
    assert read_asked({"title": "x", "length": "nan", "length_ms": "1500"}).seconds == 1.5


@pytest.mark.parametrize("written", ["three minutes", "3:75", "-3", "1e400", "9" * 8, "3:4", "PT"])
def test_a_length_that_is_none_is_named_and_the_title_still_counts(written: str) -> None:
    asked = read_asked({"title": "x", "length": written})
    assert asked.asks and asked.seconds is None
    [wrong] = asked.wrong
    assert wrong.startswith("length: expected 3:45") and repr(written[:60]) in wrong


def test_identifiers_are_checked_by_their_own_rules() -> None:
    asked = read_asked({"isrc": "us-rc1-76-07839", "barcode": 5099749534728, "isni": "0000000000000000"})
    assert asked.codes == (("isrc", "us-rc1-76-07839"), ("barcode", "5099749534728"))
    [wrong] = asked.wrong
    assert wrong.startswith("isni: expected sixteen") and "0000000000000000" in wrong


def test_zeros_that_a_spreadsheet_took_from_a_barcode_come_back() -> None:
    assert read_asked({"barcode": "93624851325"}).codes == (("barcode", "093624851325"),)
    assert read_asked({"barcode": "5099749534728.0"}).codes == (("barcode", "5099749534728"),)
    assert read_asked({"barcode": "9.36E+10"}).wrong and read_asked({"barcode": "93624851326"}).wrong


def test_any_identifier_is_recognized_and_a_uuid_may_be_two() -> None:
    uuid = "3610d8eb-a763-51ad-bfa5-c7b8580e4689"
    assert {scheme for scheme, _ in identified(uuid)} == {"mbid", "acoustid"}
    assert identified("rmfrggzdfmztwq2lk") == [("id", "rmfrggzdfmztwq2lk")]
    assert read_asked({"words": "USRC17607839"}).codes == (("isrc", "USRC17607839"),)
    assert read_asked({"identifier": "ISRC US-RC1-76-07839"}).codes == (("isrc", "US-RC1-76-07839"),)
    assert read_asked({"identifier": "LC 00193"}).codes == ((LABEL_CODE, "LC 00193"),)
    assert read_asked({"identifier": "what?"}).wrong and not read_asked({"identifier": "what?"}).asks


def test_a_row_that_asks_nothing_says_what_it_could_ask() -> None:
    for fields in ({}, {"length": "3:00"}, {"isrc": "-", "title": "  "}, {"title": None}):
        asked = read_asked(fields)
        assert not asked.asks and "title" in asked.wrong[0]


def test_what_is_no_field_or_no_text_is_named() -> None:
    asked = read_asked({"titel": "x", "artist": ["a"], "isrc": True, "title": "a" * 1001})
    said = " ".join(asked.wrong)
    assert not asked.asks and len(asked.wrong) == 4
    assert "'titel'" in said and "artist: expected a text or a number, got list" in said and "1,001" in said
    assert all(field in asked.wrong[0] for field in FIELDS)


def test_a_title_that_says_none_is_a_title() -> None:
    assert read_asked({"title": "None", "artist": "N/A"}).title == "None"
