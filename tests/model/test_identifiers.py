# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers: canonical forms, check digits, and ids that are minted once."""

import pytest

from onrecord.model import identifiers
from onrecord.model.rights import Evidence, Says


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US-RC1-76-07839", "USRC17607839"),
        ("usrc17607839", "USRC17607839"),
        ("USRC1760783", ""),
        ("1SRC17607839", ""),
        ("", ""),
    ],
)
def test_isrc(text: str, code: str) -> None:
    assert identifiers.isrc(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("036000291452", "036000291452"),
        ("0 36000 29145 2", "036000291452"),
        ("036000291453", ""),
        ("4006381333931", "4006381333931"),
        ("٠٣٦٠٠٠٢٩١٤٥٢", ""),
        ("12", ""),
    ],
)
def test_barcode(text: str, code: str) -> None:
    assert identifiers.barcode(text) == code


def test_mbid_with_its_address() -> None:
    code = "6b9a509f-6907-4a6e-9345-2f12da09ba4b"
    assert identifiers.mbid(f"https://musicbrainz.org/recording/{code.upper()}") == code
    assert identifiers.mbid("not one") == ""


def test_an_id_follows_from_its_founding_claim_alone() -> None:
    one = identifiers.mint("recording", "file", "a")
    assert one == identifiers.mint("recording", "file", "a")
    assert len({one, *(identifiers.mint(*other) for other in _OTHERS)}) == 1 + len(_OTHERS)
    assert one.startswith("r")
    assert one.isalnum()


_OTHERS = [("release", "file", "a"), ("recording", "filea", ""), ("recording", "file", "b")]


def test_the_same_words_from_the_same_document_are_one_fact() -> None:
    one = Evidence(says=Says.LICENSE, origin="tag:LICENSE", text="CC0", license="CC0-1.0")
    same = Evidence(says=Says.LICENSE, origin="tag:LICENSE", text="CC0", license="CC0-1.0")
    other = Evidence(says=Says.LICENSE, origin="tag:LICENSE", text="CC0", license="CC0-1.0", document="ab")
    assert one.id == same.id
    assert one.id != other.id
