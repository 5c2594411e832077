# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of every shape, recognised by what they hold; damaged ones; and what is never taken from them."""

import json
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import SourceRefused, UsageError
from onrecord.royalties.histories import json_rows, opening
from onrecord.royalties.histories.reading import READERS, Credit, read_history
from tests.royalties.histories import exports

SHARED = Path(__file__).parents[4] / "shared" / "data"


def read(tmp_path, *files):
    paths = []
    for number, data in enumerate(files):
        # A name that says nothing, and what it would say would be wrong.
        paths.append(tmp_path / f"{number}.pdf")
        paths[-1].write_bytes(data)
    return read_history(paths)


def counts(history):
    return {
        month: {credit.written: tally.counted for credit, tally in by.items()}
        for month, by in history.months.items()
    }


SPOTIFY = exports.extended(
    ("2024-03-01T11:00:00Z", "Ann", "One", 30_000),
    ("2024-03-01T11:05:00Z", "Ann", "One", 29_999),
    ("2024-03-31T23:59:59Z", "Bob", "Two", 200_000),
    ("2024-04-01T00:00:00Z", "Bob", "Two", 200_000),
    ("2024-04-01T00:10:00Z", None, None, 900_000),
)
LISTENS = exports.jsonl(
    exports.listen(1709290800, "Ann & Bob", "One", ["Ann", "Bob"], duration_ms=200_000),
    exports.listen(1709290900, "Ann", "Two", duration_played=12),
    exports.listen(1709291000, "Ann", "Three", duration_played=31),
    exports.listen(None, "Ann", "Four"),
)
SHAPES = {
    "Spotify, extended streaming history": (SPOTIFY, {"2024-03": {"Ann": 1, "Bob": 1}, "2024-04": {"Bob": 1}}),
    "Spotify, account data of a year": (
        exports.account(("2024-03-01 11:00", "Ann", "One", 31_000), ("2024-03-01 11:05", "Bob", "Two", 5)),
        {"2024-03": {"Ann": 1}},
    ),
    "ListenBrainz, export": (LISTENS, {"2024-03": {"Ann & Bob": 1, "Ann": 1}}),
    "ListenBrainz, export as one list": (
        json.dumps([exports.listen(1709290800, "Ann", "One")]).encode(),
        {"2024-03": {"Ann": 1}},
    ),
    "Last.fm, CSV": (exports.LASTFM, {"2024-03": {"Ann": 1, "Bob, Cy": 1}}),
    "Libre.fm, CSV": (exports.LIBREFM, {"2024-03": {"Ann": 1, "Bob": 1}}),
    "a player's .scrobbler.log": (exports.LOG, {"2024-03": {"Ann": 1}}),
    "Maloja, export": (exports.MALOJA, {"2024-03": {"Ann, Bob": 1, "Ann": 1}}),
    "Pano Scrobbler, JSON Lines": (exports.PANO, {"2024-03": {"Ann": 1, "Bob": 1}}),
    "Apple Music, Play History Daily Tracks": (exports.APPLE_DAYS, {"2024-03": {"Ann": 2, "Bob": 2, "Cy": 1}}),
    "Apple Music, Play Activity": (exports.APPLE_PLAYS, {"2024-03": {"": 2}}),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_recognised_by_what_it_holds_and_counted(tmp_path, name):
    data, expected = SHAPES[name]
    history = read(tmp_path, data)
    assert [file.format for file in history.files] == [name]
    assert counts(history) == expected
    assert history.refused == ()


def test_every_reader_is_tried():
    assert {reader.name for reader in READERS} == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_no_shape_is_taken_for_two(name):
    data, _ = SHAPES[name]
    said = [reader.name for reader in READERS if reader().sniff(data[:65536])]
    # A list of listens has all that lines of listens have, and is asked first.
    assert said[0] == name
    assert len(said) == 1 or name == "ListenBrainz, export as one list"


@pytest.mark.parametrize("name", SHAPES)
def test_rows_add_up(tmp_path, name):
    for file in read(tmp_path, SHAPES[name][0]).files:
        parts = file.counted + file.short + file.repeated + sum(file.left_out.values()) + file.refused
        assert file.rows == parts > 0


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_personal_is_kept(tmp_path, name):
    data, _ = SHAPES[name]
    broken = (
        data.replace(b"200000", b'"x"').replace(b"1709290800", b"x").replace(b"2024-03-01T11:00:00Z", b"x")
    )
    for version in (data, broken):
        said = repr(read(tmp_path, version))
        assert not [secret for secret in exports.SECRETS if secret in said]


def test_thirty_seconds_are_asked_where_lengths_are_known_and_said_where_not(tmp_path):
    spotify = read(tmp_path, SPOTIFY)
    assert (dict(spotify.short), spotify.unverified) == ({"2024-03": 1, "2024-04": 0}, 0)
    scrobbles = read(tmp_path, exports.LASTFM)
    assert scrobbles.unverified == 2
    # A track of twenty seconds was not heard for thirty, whatever the player noted.
    log = read(tmp_path, exports.LOG)
    assert dict(log.short) == {"2024-03": 1}
    assert log.files[0].left_out == {"skipped, as the player noted": 1}


def test_several_plays_of_a_row_count_as_far_as_their_time_allows(tmp_path):
    history = read(tmp_path, exports.APPLE_DAYS)
    month = history.months["2024-03"]
    assert month[Credit("Bob", ("Bob",))].counted == 2  # three plays in seventy seconds
    assert history.short == {"2024-03": 1}


def test_apple_plays_get_their_artist_by_title_and_never_by_a_guess(tmp_path):
    history = read(tmp_path, exports.APPLE_PLAYS, exports.APPLE_DAYS)
    # "Twice" is by two; the daily table names artists and is not counted a second time.
    assert counts(history) == {"2024-03": {"Ann": 1, "": 1}}
    assert [file.format for file in history.files] == ["Apple Music, Play Activity"]
    assert history.files[0].left_out == {"an event that ends no play": 1, "a video": 1}


def test_zips_within_zips_and_what_is_no_history(tmp_path):
    inner = exports.zipped({"a/b/One.csv": exports.APPLE_PLAYS, "Two.csv": exports.APPLE_DAYS})
    history = read(tmp_path, exports.zipped({"inner.zip": inner, "read me.txt": b"hello", "../../x": b"{}"}))
    assert counts(history) == {"2024-03": {"Ann": 1, "": 1}}
    assert history.unknown == ("0.pdf/read me.txt", "0.pdf/../../x")
    assert sorted(path.name for path in tmp_path.parent.glob("x*")) == []


def test_listenbrainz_export_of_many_months(tmp_path):
    months = {
        f"listens/{2000 + number // 12}/{number % 12 + 1}.jsonl": exports.jsonl(
            exports.listen(1_040_000_000 + number * 86_400 * 30, "Ann", f"{number}")
        )
        for number in range(240)
    }
    history = read(tmp_path, exports.zipped({**months, "user.json": b'{"user_id": 1}'}))
    assert len(history.files) == 240
    assert sum(sum(by.values()) for by in counts(history).values()) == 240


def test_the_same_play_in_two_exports_counts_once(tmp_path):
    history = read(tmp_path, SPOTIFY, SPOTIFY)
    assert counts(history) == counts(read(tmp_path, SPOTIFY))
    assert [file.repeated for file in history.files] == [0, 4]


def test_plays_of_two_services_are_not_added_up(tmp_path):
    with pytest.raises(UsageError, match=r"Last.fm and Spotify: expected those of one service"):
        read(tmp_path, SPOTIFY, exports.LASTFM)
    with pytest.raises(UsageError, match="the same plays in two ways"):
        read(tmp_path, SPOTIFY, SHAPES["Spotify, account data of a year"][0])


def test_what_is_no_history_is_refused(tmp_path):
    for data in (
        b"",
        b"hello",
        b"\x00" * 100,
        b'{"lovedtracks": {"track": []}}',
        exports.zipped({"a.csv": b"x"}),
    ):
        with pytest.raises(SourceRefused, match="no listening history found: expected one of Spotify"):
            read(tmp_path, data)


def test_what_breaks_off_says_so_and_keeps_what_came_before(tmp_path):
    history = read(tmp_path, SPOTIFY[: SPOTIFY.index(b"2024-04-01T00:00")])
    assert counts(history) == {"2024-03": {"Ann": 1, "Bob": 1}}
    assert [(row.row, row.got) for row in history.refused] == [
        (4, "no JSON, or cut off; the rows behind it were not read")
    ]


def test_a_bad_row_does_not_hide_the_next(tmp_path):
    lines = exports.PANO.splitlines()
    history = read(
        tmp_path, b"\n".join([lines[0], b'{"timeMs": 3', b'{"timeMs": "x", "artist": "Q"}', lines[1]])
    )
    assert counts(history) == {"2024-03": {"Ann": 1, "Bob": 1}}
    assert [row.row for row in history.refused] == [2, 3]
    rows = (
        exports.LASTFM
        + b"soon,x,Ann,,,,One,\r\n1709290800,x,,,,,One,\r\n1709290800,Ann\r\n1709299999,x,Ann,,,,One,\r\n"
    )
    history = read(tmp_path, rows)
    assert counts(history)["2024-03"]["Ann"] == 2
    assert [(row.row, row.column) for row in history.refused] == [(4, "uts"), (5, "artist"), (6, "")]


@pytest.mark.parametrize("wrong", [b"-1", b"1e30", b"null", b"[]", b"99999999999999999999", b'"x"'])
def test_odd_numbers_refuse_their_row_alone(tmp_path, wrong):
    history = read(tmp_path, SPOTIFY.replace(b"29999", wrong))
    assert counts(history) == SHAPES["Spotify, extended streaming history"][1]
    assert [row.row for row in history.refused] == [2]


def test_a_bomb_is_stopped_by_counted_bytes(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"[" + b" " * 10_000_000)
    with pytest.raises(SourceRefused, match="unpacks to more than 1000000 bytes"):
        list(opening.opened(path, largest=1_000_000))


def test_a_damaged_zip_is_refused(tmp_path):
    data = bytearray(exports.zipped({"a.json": SPOTIFY * 50}))
    data[60] ^= 0xFF
    with pytest.raises(SourceRefused, match="a zip that cannot be read"):
        read(tmp_path, bytes(data))


def test_deep_lists_and_endless_rows_do_not_fill_the_memory():
    class Endless:
        def __init__(self, start, then):
            self.left, self.then, self.given = start, then, 0

        def read(self, size=-1):
            data = self.left or self.then * (size // len(self.then))
            self.left = b""
            self.given += len(data)
            return data

    [row] = json_rows.items(Endless(b'[{"a": "', b"xxxx"))
    assert row.wrong
    deep = Endless(b"[", b"[[[[")
    [row] = json_rows.items(deep)
    assert row.wrong
    assert deep.given < 4 * json_rows.LONGEST


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2**32), st.sampled_from(sorted(SHAPES)))
def test_whatever_the_bytes_are_no_reader_raises(noise, place, name):
    import io

    data = SHAPES[name][0]
    at = place % len(data)
    reader = next(each for each in READERS if each.name == name)()
    list(reader.read(io.BytesIO(data[:at] + noise + data[at:])))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(), max_size=4), max_size=20),
    st.integers(1, 9),
    st.sampled_from([None, 1]),
)  # fmt: skip
def test_json_is_read_the_same_in_pieces_of_any_size(objects, size, indent):
    class Pieces:
        def __init__(self, data):
            self.data = data

        def read(self, _=-1):
            piece, self.data = self.data[:size], self.data[size:]
            return piece

    text = json.dumps(objects, indent=indent, ensure_ascii=False).encode("utf-8", "replace")
    assert [row.value for row in json_rows.items(Pieces(text))] == json.loads(text)
    lines = "\n".join(json.dumps(each) for each in objects).encode()
    assert [row.value for row in json_rows.lines(Pieces(lines))] == objects


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this clone")
def test_real_exports(tmp_path):
    folder = SHARED / "listenbrainz"
    spotify = read_history([folder / "spotify_streaming_endsong_0.json"])
    # Five rows: one played for no time.
    [file] = spotify.files
    assert (file.rows, file.refused) == (5, 0)
    assert "mordicus" not in repr(spotify)
    assert counts(spotify)["2013-03"] == {"The Yardbirds": 1}
    assert counts(spotify).get("2022-03", {}) == {}
    maloja = read_history([folder / "maloja.json"])
    assert counts(maloja) == {"2025-10": {"Alabaster Deplume": 1, "Vega Trails": 1}}
    assert maloja.unverified == 1
    with pytest.raises(SourceRefused, match="no listening history"):
        read_history([folder / "lastfm_loved_tracks_1.json"])
    mapped = json.loads(
        (
            SHARED / "listenbrainz-multiscrobbler" / "correctlyMapped" / "multiArtistInArtistName.json"
        ).read_text()
    )
    listens = tmp_path / "listens"
    listens.write_bytes(exports.jsonl(*(each["data"] for each in mapped)))
    history = read_history([listens])
    credits = [credit.names for month in history.months.values() for credit in month]
    assert ("Metro Boomin", "Swae Lee", "Lil Wayne", "Offset") in credits
    assert os.fspath(listens) not in repr(history)
