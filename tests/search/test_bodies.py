# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page is unfolded to what it was folded from, whatever its claims say or do not say."""

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.catalog.pages import ArtistBody, RecordingBody, ReleaseBody
from onrecord.model.shown_fields import CANONICAL, SHOWN, WHOLE
from onrecord.search.bodies import Page, fold, unfold
from onrecord.search.row_filling import fill
from onrecord.search.row_making import Entry
from onrecord.search.rows import Row, Rows
from onrecord.search.stored_rows import Stored, pack_row, unpack_row

TEXT = st.sampled_from(["", "a", "b", "Ünïcode \U0001f3b5", "0" * 32, "ab" * 32])
MBID = st.sampled_from(["", "3b5a3a1e-6f0e-4b8f-9d6f-0123456789ab", "3B5A3A1E-6F0E-4B8F-9D6F-0123456789AB"])
VALUES = {
    **dict.fromkeys(WHOLE, st.sampled_from([None, 0, 1, 2, 245_000])),
    "mbid": MBID,
    "blob": st.sampled_from(["", "ab" * 32]),
}
BODIES = {"artist": ArtistBody, "release": ReleaseBody, "recording": RecordingBody}


def claims(kind: str) -> st.SearchStrategy[list[list[Any]]]:
    fields = [VALUES.get(name, TEXT) for name in SHOWN[kind]]
    head = [st.sampled_from(["shop", "files", "discogs"]), st.text("0123456789", min_size=1, max_size=5)]
    return st.lists(st.tuples(*head, TEXT, *fields).map(list), min_size=1, max_size=4)


@settings(deadline=None, max_examples=100)
@given(st.data(), st.sampled_from(["artist", "release", "recording"]), TEXT, TEXT)
def test_a_page_is_what_it_was(data: st.DataObject, kind: str, title: str, subtitle: str) -> None:
    said = data.draw(claims(kind))
    canonical = [data.draw(VALUES.get(name, TEXT)) for name in CANONICAL[kind]]
    facts, kept = fold(kind, title, subtitle, Page(canonical, said, sounds=b"[]"))
    row = Stored(kind, "id", title, subtitle, None, "", 0, {}, False, 0, 0.0, [], facts, kept)
    body = msgspec.json.decode(msgspec.json.encode(unfold(unpack_row(pack_row(row)), lambda number: None)))
    assert msgspec.convert(body, BODIES[kind], strict=False)
    assert body["name" if kind == "artist" else "title"] == title
    head = ("source", "source_id", "reason")
    assert body["claims"] == [dict(zip((*head, *SHOWN[kind]), claim, strict=True)) for claim in said]
    assert [body[name] for name in CANONICAL[kind]] == canonical


def made(number: int, title: str, kind: str = "recording", **page: Any) -> Entry:
    said = [f"s{number}", title, *[None if name in WHOLE else "" for name in SHOWN[kind][1:]]]
    canonical = [None if name in WHOLE else "" for name in CANONICAL[kind]]
    row = Row(kind, f"{kind}{number}", title, "", False, 0, 0.0, b"")
    return Entry(row, number=number, page=Page(canonical, [["shop", said[0], "", *said[1:]]], **page))


def test_things_are_listed_by_the_names_that_they_have_now(tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    entries = [
        made(1, "Artist", "artist", releases=[2], recordings=[3, 4, 5]),
        made(2, "Album", "release", artist=1, recordings=[4, 3, 99], placed=[(1, 1), (1, 2), (1, 3)]),
        *(made(number, f"Song {number}", artist=1, releases=[2]) for number in (3, 4, 5)),
    ]
    fill(path, lambda: entries)
    entries[2] = made(3, "Another name", artist=1, releases=[2])
    assert fill(path, lambda: entries).written == 1, "who lists it is as it was"
    rows = Rows(path)

    def body(id: str, **how: int) -> Any:
        row = rows.get(id, **how)
        assert row is not None
        return msgspec.json.decode(row.body)

    assert [track["title"] for track in body("release2")["tracks"]] == ["Song 4", "Another name"]
    assert [track["artist_id"] for track in body("release2")["tracks"]] == ["artist1", "artist1"]
    assert body("recording3")["releases"] == [{"id": "release2", "title": "Album"}]
    assert [track["title"] for track in body("artist1")["recordings"]] == ["Another name", "Song 4", "Song 5"]
    first, rest = body("artist1", listed=2), body("artist1", listed=2, start=2)
    assert [len(each["recordings"]) for each in (first, rest)] == [2, 1]
    assert (first["more"], "more" in rest) == (1, False)
