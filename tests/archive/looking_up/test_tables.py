# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as people have them: names of columns, delimiters, encodings, wrong rows; and cells that run nothing."""

import csv
import io

import pytest

from onrecord.archive.looking_up import Shape, Table, open_table
from onrecord.archive.looking_up.tables import NAMES, written
from onrecord.errors import UsageError


def opened(content: str | bytes, **shape: object) -> Table:
    data = content.encode() if isinstance(content, str) else content
    return open_table(io.BytesIO(data), Shape(**shape), "songs.csv")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Track Name,Artist Name(s),Album Name,Duration (ms),ISRC", "title artist release length_ms isrc"),
        ("isrc;UPC/EAN;Title;Artist", "isrc barcode title artist"),
        ("musicbrainz_recordingid\tTITLE\tAlbumArtist", "mbid title artist"),
        ("Titel|Interpret|Dauer", "title artist length"),
        ("Track.Name,artist.inverted,Duration..ms.", "title artist length_ms"),
        ("曲名,アーティスト,アルバム", "title artist release"),
        ("\ufeffTitle,Artist", "title artist"),
        ('"Song Title","Main Artist, if any",Artist', "title artist"),
    ],
)
def test_columns_are_known_by_their_names(header: str, fields: str) -> None:
    assert set(opened(header + "\n").places) == set(fields.split())


def test_of_two_columns_for_one_field_the_likelier_is_taken() -> None:
    table = opened("Track,Album Artist,Artist,Title\n")
    assert (table.places["title"], table.places["artist"]) == (3, 2)
    assert opened("Track,Album Artist\n").places == {"title": 0, "artist": 1}


def test_no_name_is_that_of_two_fields() -> None:
    names = [name for known in NAMES.values() for name in known]
    assert len(names) == len(set(names))


def test_columns_that_are_said_come_before_those_that_are_recognized() -> None:
    table = opened("title,Lied,Nr\n1,Mond,x\n", columns={"title": "lied", "isrc": "3"})
    assert table.places == {"title": 1, "isrc": 2}
    assert [line.asked.title for line in table.lines()] == ["Mond"]
    bare = opened("Mond;GBAAA2600003\n", columns={"title": "1", "isrc": "2"}, header=False, delimiter=";")
    assert [line.asked.codes for line in bare.lines()] == [(("isrc", "GBAAA2600003"),)]
    assert bare.header == ["1", "2"]


def test_a_bare_list_of_identifiers_needs_no_header() -> None:
    table = opened("GBAAA2600003\nnot one\nUSRC17607839\n")
    asked = [line.asked for line in table.lines()]
    assert [bool(it.codes) for it in asked] == [True, False, True] and asked[1].wrong


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Título,Artist\nCafé – “live”,Björk\n".encode(), ""),
        ("Título,Artist\nCafé – “live”,Björk\n".encode("utf-8-sig"), ""),
        ("Título,Artist\nCafé – “live”,Björk\n".encode("cp1252"), ""),
        ("Título\tArtist\r\nCafé – “live”\tBjörk\r\n".encode("utf-16"), ""),
        ("Título,Artist\nCafé – “live”,Björk\n".encode("mac_roman"), "mac_roman"),
    ],
)
def test_encodings(content: bytes, encoding: str) -> None:
    [line] = opened(content, encoding=encoding).lines()
    assert (line.asked.title, line.asked.artist) == ("Café – “live”", "Björk")


def test_an_encoding_that_does_not_fit_is_said_while_reading() -> None:
    table = opened("title\n" + "花" * 3, encoding="ascii")
    with pytest.raises(UsageError, match=r"songs\.csv: not written in ascii"):
        list(table.lines())
    assert [
        line.asked.title for line in opened("title\n花\n".encode("shift_jis"), encoding="shift_jis").lines()
    ] == ["花"]


def test_a_wrong_row_keeps_its_place() -> None:
    table = opened('title,artist\na,b\n"two\nlines",c\na,b,c\nshort\n,\nz,z\n')
    lines = list(table.lines())
    assert [line.line for line in lines] == [2, 3, 5, 6, 7, 8]
    assert lines[1].asked.title == "two\nlines"
    assert lines[2].asked.wrong == ("expected 2 cells, got 3",) and lines[2].cells == ["a", "b"]
    assert lines[3].asked.title == "short" and lines[3].cells == ["short", ""]
    assert lines[4].asked.wrong[0].startswith("nothing is asked")
    assert lines[5].asked.title == "z"


def test_a_quotation_mark_that_is_never_closed_is_said_at_its_row() -> None:
    lines = list(opened('title,artist\nz,z\n"a,b\nc,d\ne,f\n').lines())
    assert [line.asked.title for line in lines] == ["z", ""]
    assert (lines[1].line, lines[1].asked.wrong) == (
        3,
        ("a quotation mark is opened in this row and not closed",),
    )


@pytest.mark.parametrize(
    ("content", "encoding", "western"),
    [
        ("Titel,Länge\n".encode("cp1252"), "", True),
        ("Titel,Länge\n".encode(), "", False),
        ("title\n花\n".encode("shift_jis"), "", True),
        ("title\n花\n".encode("shift_jis"), "shift_jis", False),
        ("title\n花\n".encode("utf-16"), "", False),
        (("title\n" + "花" * 30_000).encode(), "", False),
    ],
)
def test_it_is_known_where_the_encoding_was_a_guess(content: bytes, encoding: str, western: bool) -> None:
    assert opened(content, encoding=encoding).is_western == western


def test_columns_that_are_not_read_are_known() -> None:
    table = opened("Titel;Länge;Anmerkung\n")
    assert table.columns() == {"title": "Titel", "length": "Länge"} and table.unread() == ["Anmerkung"]


@pytest.mark.parametrize(
    ("content", "shape", "said"),
    [
        (b"", {}, "got an empty file"),
        (b"\xef\xbb\xbf\n", {}, "got an empty file"),
        (b"PK\x03\x04rest", {}, "a workbook or a zip"),
        (b"\x1f\x8brest", {}, "gzip"),
        (
            b"colour,shape\nred,round\n",
            {},
            "expected a column of identifiers or names, got 'colour', 'shape'",
        ),
        (b"length\n3:00\n", {}, "expected a column of identifiers or names"),
        (b"title\n", {"columns": {"titel": "title"}}, "'titel' is no field"),
        (b"title\n", {"columns": {"isrc": "Code"}}, "no column 'Code' for isrc: the first row is 'title'"),
        (b"title\n", {"columns": {"isrc": "2"}}, "no column '2' for isrc"),
        (b"title\n", {"encoding": "klingon"}, "no encoding is called 'klingon'"),
        (b"title\n", {"encoding": "zlib"}, "no encoding is called 'zlib'"),
        (b"title\n", {"delimiter": "::"}, "a delimiter is one character"),
        (b"title" + b"," * 2000 + b"\n", {}, "at most 1,000 columns"),
    ],
)
def test_what_is_no_table_to_look_up_is_refused(content: bytes, shape: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as error:
        opened(content, **shape)
    assert said in error.value.message


def test_a_table_that_has_answers_is_not_answered_again() -> None:
    with pytest.raises(UsageError, match="answered already"):
        opened("title,onrecord_result\n").answered_header()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1", "\n=1"])
def test_nothing_runs_in_a_cell(cell: str) -> None:
    [[first, second]] = csv.reader(io.StringIO(written([cell, "plain"], ",").decode(), newline=""))
    assert first[0] in "'\ufffd" and second == "plain"


def test_what_is_written_is_read_again() -> None:
    row = ["a;b", 'say "x"', "two\nlines", "", "花\u3000は", "\x00\x1b[0m\u202e"]
    [found] = csv.reader(io.StringIO(written(row, ";").decode(), newline=""), delimiter=";")
    assert found == [*row[:-1], "\ufffd\ufffd[0m\ufffd"]
