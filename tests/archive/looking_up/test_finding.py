# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows over a real archive: identifiers, names, filters, and what was withdrawn."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.archive.looking_up import LookedUp, LookUp, read_asked
from onrecord.archive.reading import Reader
from onrecord.archive.withdrawing import withdraw
from onrecord.model.filters import Filters
from onrecord.model.rights import Target
from tests.archive.looking_up.songs import BARCODE
from tests.pipeline.musicbrainz import mbid


def ask(folder: Path, filters: Filters | None = None, **fields: object) -> LookedUp:
    return LookUp(folder, filters or Filters()).answer(read_asked(fields), 1, 1)


def best(folder: Path, **fields: object) -> Any:
    found = ask(folder, **fields)
    assert found.outcome == "found", found
    return found.matches[0]


@pytest.mark.parametrize(
    ("fields", "kind", "title"),
    [
        ({"isrc": "gb-aaa-26-00004"}, "recording", "Three Wishes (live)"),
        ({"mbid": mbid("recording Two Hearts")}, "recording", "Two Hearts"),
        ({"mbid": f"https://musicbrainz.org/artist/{mbid('Singer')}"}, "artist", "Singer"),
        ({"barcode": BARCODE}, "release", "Album"),
        ({"barcode": "0" + BARCODE}, "release", "Album"),
        ({"barcode": BARCODE, "title": "two hearts"}, "recording", "Two Hearts"),
        ({"identifier": "GBAAA2600003"}, "recording", "Three Wishes"),
        ({"title": "three wishes", "artist": "singer"}, "recording", "Three Wishes"),
        ({"title": "Three Wishs", "artist": "The Singer"}, "recording", "Three Wishes"),
        # No mistake in a short word and no missing space is in the index.
        ({"title": "Ong Fine Day", "artist": "Singer"}, "recording", "One Fine Day"),
        ({"title": "OneaFine Day", "artist": "Singer"}, "recording", "One Fine Day"),
        ({"title": "Three Wishes (Live)", "artist": "Singer"}, "recording", "Three Wishes (live)"),
        (
            {"title": "One Fine Day (feat. Nobody)", "artist": "Singer feat. Nobody"},
            "recording",
            "One Fine Day",
        ),
        ({"title": "花は咲く", "artist": "歌手", "length": "4:20"}, "recording", "花は咲く"),
        ({"release": "ALBUM", "artist": "Singer"}, "release", "Album"),
        ({"artist": "Singer"}, "artist", "Singer"),
        ({"words": "singer two hearts"}, "recording", "Two Hearts"),
        ({"words": "GBAAA2600003"}, "recording", "Three Wishes"),
        # Words that could be an id of the archive's own, and are none.
        ({"words": "characterizations", "title": "Two Hearts"}, "recording", "Two Hearts"),
    ],
)
def test_each_way_to_ask(songs: Path, fields: dict[str, object], kind: str, title: str) -> None:
    match = best(songs, **fields)
    assert (match.kind, match.title) == (kind, title) and match.reasons


def test_a_recording_s_own_id_and_its_bytes(songs: Path) -> None:
    [hit] = Reader(songs).search("tune", ("recording",))
    sha256 = Reader(songs).recording(hit.id).sounds[0].sha256
    for fields in ({"identifier": hit.id}, {"sha256": sha256}, {"identifier": sha256.upper()}):
        match = best(songs, **fields)
        assert (match.id, match.confidence, match.has_sound) == (hit.id, 1.0, True)


def test_the_best_is_first_and_others_follow(songs: Path) -> None:
    found = ask(songs, title="Three Wishes", artist="Singer")
    assert [match.title for match in found.matches] == [
        "Three Wishes",
        "Three Wishes - 2011 Remaster",
        "Three Wishes (live)",
    ]
    assert [match.confidence for match in found.matches] == sorted(
        (match.confidence for match in found.matches), reverse=True
    )
    most = LookUp(songs).answer(read_asked({"title": "Three Wishes", "artist": "Singer"}), 1, 1, most=1)
    assert len(most.matches) == 1


def test_a_code_whose_names_disagree_brings_what_the_names_say_as_well(songs: Path) -> None:
    found = ask(songs, isrc="GBAAA2600003", title="Two Hearts", artist="Singer")
    assert [match.title for match in found.matches] == ["Two Hearts", "Three Wishes"]
    assert "its ISRC here is another" not in found.matches[0].reasons  # none is known of it
    assert any(reason.startswith("the title here is another") for reason in found.matches[1].reasons)


def test_a_barcode_without_such_a_track_names_its_release(songs: Path) -> None:
    match = best(songs, barcode=BARCODE, title="Not On It")
    assert (match.kind, match.title) == ("release", "Album") and match.confidence < 0.5
    assert match.reasons == ("it is the barcode of this release, for which no such recording is known",)


def test_two_that_are_equally_good_are_several(songs: Path) -> None:
    found = ask(songs, title="Echo", artist="Singer")
    assert found.outcome == "several" and len({match.id for match in found.matches}) == 2
    assert best(songs, title="Echo", artist="Singer", length=100).reasons[-1] == "length within 3 s"


def test_nothing_found_and_wrong_are_answers(songs: Path) -> None:
    assert ask(songs, title="Never Sung", artist="Nobody") == LookedUp(1, 1, "nothing found")
    assert ask(songs, isrc="GBAAA2699999").outcome == "nothing found"
    wrong = ask(songs, isrc="GB-1")
    assert wrong.outcome == "wrong" and "got 'GB-1'" in wrong.wrong[0]
    partly = ask(songs, isrc="GB-1", title="Two Hearts", artist="Singer")
    assert partly.outcome == "found" and partly.wrong == wrong.wrong


def test_filters_narrow_identifiers_and_names_alike(songs: Path) -> None:
    for fields in ({"isrc": "GBAAA2600003"}, {"title": "Three Wishes", "artist": "Singer"},
                   {"barcode": BARCODE, "title": "Two Hearts"}):  # fmt: skip
        assert ask(songs, Filters(sound=False), **fields).matches
        assert ask(songs, Filters(sources=("musicbrainz-json",)), **fields).matches
        for filters in (Filters(sound=True), Filters(sources=("file",)), Filters(kinds=("artist",)),
                        Filters(territory="DE")):  # fmt: skip
            assert ask(songs, filters, **fields).outcome == "nothing found", (fields, filters)
    assert ask(songs, Filters(licenses=("CC-BY",), territory="DE"), title="Tune").matches


def test_what_is_withdrawn_never_comes_out(songs: Path, tmp_path: Path) -> None:
    shutil.copytree(songs, tmp_path / "archive")
    folder = tmp_path / "archive"
    [hit] = Reader(folder).search("tune", ("recording",))
    sha256 = Reader(folder).recording(hit.id).sounds[0].sha256
    asked = [{"title": "Tune"}, {"title": "Tune", "artist": "Some Makers"}, {"words": "tune some makers"},
             {"sha256": sha256}, {"identifier": hit.id}]  # fmt: skip
    kept = LookUp(folder)
    assert all(kept.answer(read_asked(fields), 1, 1).matches for fields in asked)
    with Archive.open(folder) as archive:
        withdraw(archive, Target("recording", hit.id), by="A. Singer", text="take it down")
    for look_up in (kept, LookUp(folder)):
        for fields in asked:
            answer = look_up.answer(read_asked(fields), 1, 1)
            assert answer.outcome == "nothing found" and hit.id not in str(answer), fields


HOSTILE = [
    "\x00",
    "a" * 1000,
    "(" * 1000,
    "a - " * 250,
    "feat. " * 160,
    "NEAR(",
    "*",
    "\ud800",
    "静" * 1000,
    "[" * 500,
]


def test_no_row_breaks_it(songs: Path) -> None:
    look_up = LookUp(songs)
    for text in HOSTILE:
        for field in ("title", "artist", "release", "words", "identifier", "isrc", "length"):
            answer = look_up.answer(read_asked({"title": text, "artist": text, field: text}), 1, 1)
            assert answer.outcome in ("nothing found", "wrong", "found"), (field, text[:20])
