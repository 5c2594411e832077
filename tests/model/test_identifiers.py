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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("T-034.524.680-1", "T0345246801"),  # the example of ISO 15707
        ("ISWC T-906.801.103-0", "T9068011030"),
        ("t9097393436", "T9097393436"),
        ("T-034.524.680-2", ""),
        ("T-043.524.680-1", ""),  # two digits swapped
        ("034.524.680-1", ""),
        ("T٠345246801", ""),
        ("", ""),
    ],
)
def test_iswc(text: str, code: str) -> None:
    assert identifiers.iswc(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0000 0001 2103 2683", "0000000121032683"),
        ("000000012281955X", "000000012281955X"),
        ("https://isni.org/isni/000000012146438x", "000000012146438X"),
        ("ISNI 0000 0000 8045 6315", "0000000080456315"),
        ("0000 0001 2103 2684", ""),
        ("X000000121032683", ""),
        ("0000000121032", ""),
    ],
)
def test_isni(text: str, code: str) -> None:
    assert identifiers.isni(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("00014107338", "00014107338"),
        ("14107338 ", ""),  # eight digits: too many zeros are missing to be sure
        ("014107338", "00014107338"),
        ("IPI 00014107338", "00014107338"),
        ("09620029710", "09620029710"),
        ("00014107339", ""),
        ("00000000000", ""),
        ("1234567890123", ""),
    ],
)
def test_ipi_name_number(text: str, code: str) -> None:
    assert identifiers.ipi(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PADPIDA2007040502I", "PADPIDA2007040502I"),
        ("PA-DPIDA-2007040502-I", "PADPIDA2007040502I"),
        ("padpida20140325023", "PADPIDA20140325023"),
        ("PADPIDA2007040502J", ""),
        ("PADPIDA0000000001A", ""),  # a sender that made one up
        ("PADPIDA1234567890", ""),
    ],
)
def test_ddex_party_identifier(text: str, code: str) -> None:
    assert identifiers.dpid(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://www.discogs.com/release/249504-Rick-Astley-Never-Gonna-Give-You-Up", "r249504"),
        ("http://www.discogs.com/artist/72872", "a72872"),
        ("https://api.discogs.com/masters/96559", "m96559"),
        ("https://www.discogs.com/de/label/895-RCA", "l895"),
        ("[r249504]", "r249504"),
        ("[a=72872]", "a72872"),
        ("l895", "l895"),
        ("249504", ""),
        ("r0", ""),
        ("https://www.discogs.com/user/249504", ""),
        ("https://discogs.com.example.org/release/249504", ""),
    ],
)
def test_discogs_id(text: str, code: str) -> None:
    assert identifiers.discogs(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LC 0193", "LC00193"),
        ("LC-00193", "LC00193"),
        ("lc 11001", "LC11001"),
        ("542", "LC00542"),  # as MusicBrainz has them
        ("LC 0000", ""),
        ("LC 123456", ""),
        ("LC", ""),
    ],
)
def test_label_code(text: str, code: str) -> None:
    assert identifiers.label_code(text) == code


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
