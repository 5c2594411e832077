# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collective could not pay against the books: every reason, the unsure apart, and files that nothing runs in."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord.cli import group
from onrecord.errors import ConfigError, SourceRefused
from onrecord.royalties.ledgering import Books
from onrecord.royalties.unclaimed import REASONS, SURE, match, read_song_codes, suggestions
from tests.royalties.statements.test_cwr import WORK
from tests.royalties.statements.test_cwr import made as made_cwr
from tests.royalties.test_report import made, row

CELLS = (
    "FeedProvidersRightShareId", "FeedProvidersRecordingId", "FeedProvidersWorkId", "ISRC", "DspRecordingId",
    "RecordingTitle", "RecordingSubTitle", "AlternativeRecordingTitle", "DisplayArtistName", "DisplayArtistISNI",
    "Duration", "UnclaimedPercentage", "PercentileForPrioritisation",
)  # fmt: skip
#: The work of `test_cwr`: SONG ONE by Anna Doe, played by The Band.
ISWC = "T1006000026"
OURS = "QZABC2400002"


def line(share, isrc="", title="", artist="", work="", recording="", subtitle="", alternative=""):
    return (
        share,
        recording,
        work,
        isrc,
        "dsp::1",
        title,
        subtitle,
        alternative,
        artist,
        "",
        "PT3M",
        "100",
        "5",
    )


def text(*lines, end="\n"):
    return "".join("\t".join(cells) + end for cells in lines)


@pytest.fixture
def place(tmp_path):
    """Books with the recording `Two` by Anna, and a folder for a feed."""
    made(tmp_path, Books.open(tmp_path / "books", make=True), row())
    (tmp_path / "feed").mkdir()
    (tmp_path / "works.V21").write_bytes(made_cwr(*WORK))
    return tmp_path


def found(place, *lines, works=False, sure=SURE, **more):
    (place / "feed" / "unclaimedworkrightshares.tsv").write_text(text(*lines), encoding="utf-8")
    registered = [place / "works.V21"] if works else []
    with match(Books.open(place / "books"), place / "feed", registered, sure=sure, **more) as matched:
        return matched.summary, list(matched.matches(True)), list(matched.matches(False))


def beside(place, **files):
    for name, lines in files.items():
        (place / "feed" / f"{name}.tsv").write_text(text(*lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (line("K", isrc="qz-abc-24-00002", title="TWO"), "M-CODE-TITLE"),
        (line("K", isrc=OURS, title="Two (Remastered 2020)", artist="Somebody"), "M-CODE-TITLE"),
        (line("K", isrc=OURS, title="Deux", alternative="Two|Zwei"), "M-CODE-TITLE"),
        (line("K", isrc=OURS), "M-CODE"),
        (line("K", isrc=OURS, title="Another"), "M-CODE-OTHER-TITLE"),
        (line("K", isrc="GBAAA0000001", title="Twó!", artist="Bob feat. ANNA"), "M-TITLE-ARTIST"),
        (line("K", title="Two - Live in Lund", artist="Anna"), "M-VERSION-ARTIST"),
        (line("K", title="Two", artist="Somebody"), None),
        (line("K", title="Three", artist="Anna"), None),
        (line("K", isrc="GBAAA0000001", title="", artist="Anna"), None),
    ],
)
def test_each_reason_of_recordings_and_what_is_none(place, cells, code):
    _, sure, unsure = found(place, cells)
    assert [one.code for one in (*sure, *unsure)] == ([code] if code else [])
    if code:
        confidence = next(one.confidence for one in REASONS if one.code == code)
        assert bool(sure) == (confidence >= SURE)
        [one] = (*sure, *unsure)
        assert (one.share, one.confidence, one.our_title, one.our_row) == ("K", confidence, "Two", 2)


def test_works_are_found_by_iswc_and_by_title_and_writers_of_the_files_beside(place):
    beside(
        place,
        works=[
            ("W1", "T-100.600.002-6", "Song One"),
            ("W2", ISWC, "Something"),
            ("W3", "", "Song One"),
            ("W4", "", "x"),
        ],
        workrightshares=[
            ("s1", "W3", "P1", "Composer", "50", "MusicalWorkManuscriptShare"),
            ("s2", "W4", "P1", "Composer", "50", "MusicalWorkManuscriptShare"),
        ],
        parties=[("P1", "", "", "", "", "Doe, Anna")],
        recordings=[("R1", "", "Song One", "", "The Band")],
    )
    summary, sure, unsure = found(
        place,
        line("K1", work="W1"),
        line("K2", work="W2", title="A title", artist="x"),
        line("K3", work="W3", title="Song One", artist="Band, The"),
        line("K4", work="W3", title="Song One", artist="Cover Group"),
        line("K5", work="W4", title="Other", artist="The Band"),
        line("K6", recording="R1"),
        line("K7", work="W3", title="Song One", artist="THE BAND"),
        works=True,
    )
    assert summary.beside == ("works", "recordings", "workrightshares", "parties")
    assert {one.share: one.code for one in (*sure, *unsure)} == {
        "K1": "M-WORK",
        "K2": "M-WORK-OTHER-TITLE",
        "K3": "M-TITLE-WRITER",
        "K4": "M-TITLE-WRITER",
        "K6": "M-TITLE-ARTIST",
        "K7": "M-TITLE-ARTIST-WRITER",
    }
    assert {one.share for one in sure} == {"K1", "K7"}
    assert {(one.our_kind, one.our_number, one.our_iswc) for one in sure} == {("work", "S0001", ISWC)}


def test_two_songs_that_fit_equally_well_are_both_unsure(place):
    made(place, Books.open(place / "books"), row(isrc="QZABC2400003"), name="b.csv")
    _, sure, unsure = found(place, line("K", title="Two", artist="Anna"), sure=Decimal("0.5"))
    assert sure == []
    assert {(one.our_isrc, one.fits) for one in unsure} == {(OURS, 2), ("QZABC2400003", 2)}
    assert all("2 songs of yours fit equally well" in one.reason for one in unsure)


def test_spellings_of_one_recording_are_one_song(place):
    books = Books.open(place / "books")
    made(place, books, row().replace("|Two|", "|Two (Album Version)|"), name="b.csv")
    _, [one], unsure = found(place, line("K", isrc=OURS, title="Two"))
    assert (one.fits, unsure) == (1, [])


def test_a_recording_takes_the_number_of_the_work_it_belongs_to(place):
    song = row(isrc="QZABC2400007").replace("|Two|", "|Song One|").replace("|Anna|", "|The Band|")
    made(place, Books.open(place / "books"), song, name="b.csv")
    (place / "codes.csv").write_text("work,song code\nS0001,cc5ln2\n")
    codes = {"song_codes": place / "codes.csv", "works": True}
    lines = (
        line("K1", isrc="QZABC2400007", title="Song One"),
        line("K2", isrc="QZABC2400007", title="Song One", artist="The Band"),
        line("K3", isrc="QZABC2400007", title="Song One", work="W9"),
    )
    _, sure, _ = found(place, *lines, **codes)
    assert {one.song_code for one in sure} == {"CC5LN2"}
    # One row an ISRC, and none for what the collective has matched to a work.
    assert list(suggestions(iter(sure))) == [("QZABC2400007", "CC5LN2")]
    _, only, _ = found(place, lines[2], **codes)
    assert list(suggestions(iter(only))) == []


def test_lines_that_cannot_be_read_are_counted_and_numbered(place):
    path = place / "feed" / "unclaimedworkrightshares.tsv"
    torn = "\t".join(line("K3", title="T\u00ff")).encode("latin-1")
    data = (
        text(line("K1", isrc=OURS, title="Two"), ("K2", "short"), (), line(""), end="\r\n").encode()
        + torn
        + b"\n"
    )
    path.write_bytes(data)
    with match(Books.open(place / "books"), path) as matched:
        summary = matched.summary
        assert [one.share for one in matched.matches(True)] == ["K1"]
    assert (summary.lines, summary.unread) == (4, 3)
    assert [(one.line, one.reason.split(",")[0]) for one in summary.listed] == [
        (2, "expected 12 cells or more"),
        (4, "expected an id of the share in the first cell"),
        (5, "not text: invalid encoding"),
    ]


def test_gzip_quotes_and_a_first_line_that_names_the_cells(place):
    second = [
        name.replace("FeedProvidersRightShareId", "#UnclaimedMusicalWorkRightShareRecordId") for name in CELLS
    ]
    renamed = ("FeedProvidersWorkId", "MusicalWorkRecordId"), ("RecordingTitle", "ResourceTitle")
    for old, new in renamed:
        second = [new if name == old else name for name in second]
    path = place / "feed" / "some.tsv.gz"
    for header in (CELLS, second):
        path.write_bytes(
            gzip.compress(text(header, line('"K1"', isrc=OURS, title='Two "(Live)'), line("K2")).encode())
        )
        with match(Books.open(place / "books"), path) as matched:
            [one] = matched.matches(True)
            assert (one.share, one.title, matched.summary.lines) == ("K1", 'Two "(Live)', 2)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a,b,c\n", "line 1: expected 13 cells between tabs"),
        (b"PK\x03\x04abc", "got a zip"),
        (b"", "line 1: expected 13 cells"),
        (b"#FeedProvidersRightShareId\tISRC\n", "none named FeedProvidersWorkId, RecordingTitle"),
        (b"\x1f\x8bgarbage", "cannot be read"),
    ],
)
def test_files_that_are_something_else(place, data, told):
    (place / "x.tsv").write_bytes(data)
    with pytest.raises(SourceRefused, match=told), match(Books.open(place / "books"), place / "x.tsv"):
        pass


def test_a_folder_without_the_file_and_nothing_to_look_for(place):
    with (
        pytest.raises(SourceRefused, match=r"expected the file unclaimedworkrightshares\.tsv"),
        match(Books.open(place / "books"), place / "feed"),
    ):
        pass
    with (
        pytest.raises(SourceRefused, match="no recording and no work to look for"),
        match(Books.open(place / "none", make=True), place / "feed"),
    ):
        pass


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("T1006000026;CC5LN2\n", "line 1: expected work,song code"),
        ("S1,=cmd\n", "line 1: expected work,song code"),
        ("S1,CC5LN2\nS1,CC5LN3\n", "line 2: S1 has two song codes"),
    ],
)
def test_song_codes_that_cannot_be(tmp_path, words, told):
    (tmp_path / "codes.csv").write_text(words)
    with pytest.raises(ConfigError, match=told):
        read_song_codes(tmp_path / "codes.csv")


def run(*words, code=0):
    result = CliRunner().invoke(group, ["royalties", "match", *map(str, words)])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_the_command_writes_three_files_in_which_nothing_runs(place):
    feed = place / "feed" / "unclaimedworkrightshares.tsv"
    feed.write_text(
        text(
            line("=1+1", isrc=OURS, title="Two", artist="@SUM(A1)\x1b[31m"),
            line("K2", isrc=OURS, title="=HYPERLINK(1)"),
            ("torn",),
        )
    )
    (place / "codes.csv").write_text(f"{ISWC},CC5LN2\n")
    words = ("--mlc", feed, "--books", place / "books", "--out", place / "out", "--member", "../Own & Co")
    told = run(*words, "--works", place / "works.V21", "--song-codes", place / "codes.csv", code=3)
    assert "line 3: expected 12 cells or more, got 1: torn" in told.stderr
    assert "1 matches, 1 unsure" in told.stdout
    assert "\x1b" not in told.output
    names = sorted(path.name for path in (place / "out").iterdir())
    assert names[0].startswith("OwnCo_BulkMatchSuggestions_2") and names[1:] == ["matches.csv", "unsure.csv"]
    for name, cell in (("matches.csv", "'=1+1"), ("unsure.csv", "'=HYPERLINK(1)")):
        with (place / "out" / name).open(newline="") as file:
            header, one = csv.reader(file)
        assert cell in one
        assert all(text[:1] not in "=+-@" for text in one if text)
        assert len(header) == len(one)
    assert (place / "out" / names[0]).read_bytes() == b"ISRC,MLC Song Code\r\n"
    answer = json.loads(run(*words, "--json", code=3).stdout)
    assert (answer["schema"], answer["lines"], answer["unread"], answer["sure"]) == (
        "onrecord.royalties.match/1",
        3,
        1,
        1,
    )
    assert "--sure: expected a number" in run(*words, "--sure", "much", code=2).output


def test_only_works_need_no_books(place):
    feed = place / "feed" / "unclaimedworkrightshares.tsv"
    feed.write_text(text(line("K", title="Song One", artist="The Band")))
    told = run(
        "--mlc", feed, "--books", place / "new", "--works", place / "works.V21", "--out", place / "out"
    )
    assert "0 recordings and 1 works of yours: 0 matches, 1 unsure" in told.stdout


def test_the_guide_names_every_reason_with_its_confidence():
    guide = (Path(__file__).parents[2] / "docs" / "howto" / "musician.md").read_text(encoding="utf-8")
    for reason in REASONS:
        assert f"| `{reason.code}` | {reason.confidence} |" in guide
    assert [one.confidence for one in REASONS] == sorted((one.confidence for one in REASONS), reverse=True)
