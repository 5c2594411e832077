# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What real exports hold beside plain plays: wrong clocks, gaps of years, podcasts, half a download, two accounts."""

import datetime as dt
import gc
import json

import pytest

from onrecord.errors import SourceRefused, UsageError
from onrecord.royalties.histories.reading import read_history
from onrecord.royalties.listening.books import value
from onrecord.royalties.listening.terms import idle_months, span
from onrecord.royalties.loading import load_models
from tests.royalties.histories import exports
from tests.royalties.histories.test_histories import SHAPES, counts, read
from tests.royalties.listening.test_around import TERMS

MODELS = load_models().loaded


def test_an_offline_play_stamped_1970_takes_the_time_of_the_device(tmp_path):
    at = int(dt.datetime(2024, 3, 5, tzinfo=dt.UTC).timestamp())
    rows = [
        *json.loads(exports.extended(("1970-01-01T00:00:00Z", "Ann", "s", 31_000), offline_timestamp=at)),
        *json.loads(exports.extended(("1970-01-01T00:00:01Z", "Ann", "ms", 31_000), offline_timestamp=at * 1000)),
        *json.loads(exports.extended(("1970-01-01T00:00:02Z", "Bob", "none", 31_000), offline_timestamp=None)),
        *json.loads(exports.extended(("1970-01-01T00:00:03Z", "Bob", "zero", 31_000), offline_timestamp=0)),
        *json.loads(exports.extended(("1970-01-01T00:00:04Z", "Bob", "unset", 31_000), offline_timestamp=86_400_000)),
        # A time that is one stays, whatever the device says.
        *json.loads(exports.extended(("2024-04-01T00:00:00Z", "Cy", "online", 31_000), offline_timestamp=at)),
    ]  # fmt: skip
    history = read(tmp_path, json.dumps(rows).encode())
    assert counts(history) == {"2024-03": {"Ann": 2}, "2024-04": {"Cy": 1}}
    assert [row.row for row in history.refused] == [3, 4, 5]
    assert "the player's clock was not set" in history.refused[0].expected
    # No half century of months that somebody would have paid for.
    assert span(history, TERMS) == ("2024-03", "2024-04")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Last.fm, CSV", b"1709290800", b"1033430399"),
        ("Libre.fm, CSV", b"1709290800", b"3333333333"),
        ("ListenBrainz, export", b"1709290800", b"4294967295"),
        ("a player's .scrobbler.log", b"1709290800", b"315532800"),
        ("Pano Scrobbler, JSON Lines", b"1709290800123", b"9999999999999"),
        ("Spotify, account data of a year", b"2024-03-01 11:00", b"2001-01-01 11:00"),
    ],
)
def test_a_clock_that_was_not_set_refuses_the_row_and_names_it(tmp_path, name, old, new):
    data, _ = SHAPES[name]
    plain, changed = read(tmp_path, data), read(tmp_path, data.replace(old, new))
    assert len(changed.refused) == 1
    assert sum(map(len, changed.months.values())) == sum(map(len, plain.months.values())) - 1
    assert set(changed.months) <= set(plain.months)


def test_podcasts_audiobooks_and_videos_are_no_music_but_their_months_were_paid(tmp_path):
    rows = json.loads(
        exports.extended(("2024-03-01T11:00:00Z", "Ann", "One", 31_000), ("2024-03-31T23:59:59Z", "Ann", "Two", 31_000))
    )  # fmt: skip
    for at, more in (
        ("2024-02-10T00:00:00Z", {"spotify_episode_uri": "spotify:episode:1", "episode_show_name": "A show"}),
        ("2024-04-10T00:00:00Z", {"audiobook_uri": "spotify:show:1", "audiobook_title": "A book"}),
        ("2024-05-10T00:00:00Z", {"spotify_track_uri": None}),
    ):
        rows += json.loads(exports.extended((at, None, None, 3_000_000), **more))
    history = read(tmp_path, json.dumps(rows).encode())
    assert counts(history) == {"2024-03": {"Ann": 2}}
    assert history.files[0].left_out == {
        "a podcast": 1,
        "an audiobook": 1,
        "no track is named: a video, or a title that is gone": 1,
    }
    assert idle_months(history, TERMS) == ("2024-02", "2024-04", "2024-05")
    with pytest.raises(UsageError, match="2024-02, 2024-04, 2024-05"):
        value(history, TERMS, MODELS)


def test_months_end_in_utc_and_it_is_said(tmp_path):
    data = exports.extended(
        ("2023-12-31T23:59:59Z", "Ann", "One", 31_000), ("2024-01-01T00:00:00Z", "Ann", "Two", 31_000)
    )
    report = value(read(tmp_path, data), TERMS, MODELS)
    assert [(month.month, month.counted) for month in report.months] == [("2023-12", 1), ("2024-01", 1)]
    assert any("calendar months in UTC" in note for note in report.notes)
    for name, said in (
        ("a player's .scrobbler.log", "by the player's own clock"),
        ("Apple Music, Play History Daily Tracks", "where the listener was"),
    ):
        notes = " ".join(value(read(tmp_path, SHAPES[name][0]), TERMS, MODELS).notes)
        assert said in notes
        assert "in UTC" not in notes


def test_years_of_gaps_are_asked_for_and_a_price_may_be_none(tmp_path):
    from decimal import Decimal

    from msgspec import structs

    data = exports.extended(
        ("2015-06-30T11:00:00Z", "Ann", "One", 31_000), ("2024-01-02T00:00:00Z", "Bob", "Two", 31_000)
    )
    history = read(tmp_path, data)
    with pytest.raises(UsageError, match=r"2015-12 ….: expected --idle") as error:
        value(history, TERMS, MODELS)
    assert "unpaid: nothing was paid in it" in error.value.hint
    report = value(history, structs.replace(TERMS, idle="unpaid"), MODELS)
    assert (len(report.months), report.paid) == (104, "14.000000")
    # Paid for half a year more, then not at all, then again.
    prices = (("", Decimal(12)), ("2016-01", Decimal(0)), ("2024-01", Decimal(12)))
    report = value(history, structs.replace(TERMS, idle="retain", prices=prices), MODELS)
    assert (report.paid, report.totals["user-centric"]) == ("56.000000", "14.000000")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.98])
def test_half_a_download_is_refused_as_such(tmp_path, part):
    whole = exports.zipped(
        {"a.json": SHAPES["Spotify, extended streaming history"][0] * 3, "b.pdf": bytes(999)}
    )
    with pytest.raises(SourceRefused, match="a zip that cannot be read") as error:
        read(tmp_path, whole[: int(len(whole) * part)])
    assert "download it again" in error.value.hint


def test_an_account_that_two_played_is_one_account_and_that_is_said(tmp_path):
    data = exports.extended(
        ("2024-03-01T11:00:00Z", "Ann", "One", 31_000), ("2024-03-01T11:00:10Z", "Bob", "Two", 31_000)
    )
    report = value(read(tmp_path, data), TERMS, MODELS)
    assert any("what anybody else played with it" in note for note in report.notes)
    assert report.months[0].counted == 2


def test_plays_of_half_a_minute_count_and_shorter_ones_never(tmp_path):
    data = exports.extended(*((f"2024-03-01T11:00:{at:02}Z", "Ann", "One", 29_997 + at) for at in range(6)))
    history = read(tmp_path, data)
    assert (counts(history), history.short) == ({"2024-03": {"Ann": 3}}, {"2024-03": 3})


def test_a_history_of_short_plays_alone_has_nothing_to_pay_for(tmp_path):
    data = exports.extended(("2024-03-01T11:00:00Z", "Ann", "One", 1_000))
    with pytest.raises(UsageError, match="no play that counts"):
        value(read(tmp_path, data), TERMS, MODELS)


@pytest.mark.parametrize("name", SHAPES)
def test_titles_are_kept_only_where_they_are_asked_for(tmp_path, name):
    path = tmp_path / "export"
    path.write_bytes(SHAPES[name][0])
    assert read_history([path]).recordings == set()
    assert any(
        title in ("one", "two", "three") for _, title in read_history([path], with_titles=True).recordings
    )


@pytest.mark.parametrize("name", SHAPES)
def test_no_object_in_memory_holds_a_personal_field_once_it_was_read(tmp_path, name):
    path = tmp_path / "export"
    path.write_bytes(SHAPES[name][0])
    history = read_history([path], with_titles=True)
    gc.collect()
    seen, left = set(), [history]
    while left:
        held = left.pop()
        if id(held) in seen or isinstance(held, type):
            continue
        seen.add(id(held))
        if isinstance(held, (str, bytes)):
            words = held if isinstance(held, str) else held.decode("latin-1")
            assert not [secret for secret in exports.SECRETS if secret in words]
        left += gc.get_referents(held)
    assert len(seen) > 10
