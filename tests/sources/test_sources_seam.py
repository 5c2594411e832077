# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our connectors hold the seam's contract, broken ones do not, and what cannot be loaded is named and left out."""

import datetime as dt
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import pytest

from onrecord.errors import PluginInvalid, RecordRejected, UsageError
from onrecord.model.records import Claims, Page, Part, Record, Terms, TrackClaim
from onrecord.sources import loading
from onrecord.sources.ddex_ern import DdexErn
from onrecord.sources.musicbrainz_json import MusicBrainzJson
from onrecord.testing import ConformanceError, check_source

RECORDS = Path(__file__).parents[2] / "demo" / "records"


def test_musicbrainz_holds_the_contract():
    records = check_source(lambda: MusicBrainzJson(RECORDS, {"name": "somebody-else"}))
    assert {record.kind for record in records} == {"release", "recording"}
    assert {record.source for record in records} == {"somebody-else"}


def test_ddex_holds_the_contract(tmp_path):
    ours = (RECORDS / "ours-ddex" / "three-pieces.xml").read_text()
    for number in range(3):
        (tmp_path / f"{number}.xml").write_text(ours.replace("onrecord-demo-R0", f"release-{number}"))
    assert len(check_source(lambda: DdexErn(tmp_path, {"party_id": "PADPIDA0000000000Y"}))) == 3


class Good:
    """A source that holds the contract; the broken ones below break one clause each."""

    name = "good"
    terms = Terms(state="unread", license="CC0-1.0", summary="made up")

    def __init__(self, location=None, settings=None):
        self.ids = ["a", "b", "c"]

    def pages(self, cursor=""):
        for id in self.ids:
            if id > cursor:
                yield Page((Record(self.name, "recording", id, "text/plain", b"title " + id.encode()),), id)

    def claims(self, record):
        if not record.payload.startswith(b"title "):
            raise RecordRejected("no title")
        return Claims(
            tracks=(TrackClaim(self.name, record.id, record.payload[6:].decode("ascii", "replace")),)
        )


class NoTerms(Good):
    terms = None


class ReadWithoutProof(Good):
    terms = Terms(state="read", license="", summary="said so")


class SkipsRobotsUnread(Good):
    terms = Terms(state="unread", license="", summary="nobody read it", robots="api")


class SkipsRobotsAtWill(Good):
    terms = Terms(state="unread", license="", summary="made up", robots="ignore")


class ReadApi(Good):
    terms = Terms(
        state="read",
        license="",
        summary="programs may use it",
        address="https://good.example/terms",
        day=dt.date(2026, 11, 1),
        digest="00" * 32,
        robots="api",
    )


class PartOfNothing(Good):
    terms = Terms(
        state="unread", license="CC0-1.0", summary="made up", parts=(Part(("tracks.mood",), "CC0-1.0"),)
    )


class PartWithoutLicense(Good):
    terms = Terms(
        state="unread", license="CC0-1.0", summary="made up", parts=(Part(("tracks.genre",), "free"),)
    )


class ForgetsTheCursor(Good):
    def pages(self, cursor=""):
        yield from super().pages("")


class SkipsBehindTheCursor(Good):
    def pages(self, cursor=""):
        pages = list(super().pages(cursor))
        yield from pages[1:] if cursor else pages


class Drifts(Good):
    reads = 0

    def pages(self, cursor=""):
        type(self).reads += 1
        yield Page((Record(self.name, "recording", str(self.reads), "text/plain", b"title x"),) * 2, "z")


class FiledElsewhere(Good):
    def pages(self, cursor=""):
        for page in super().pages(cursor):
            yield msgspec.structs.replace(
                page,
                records=tuple(msgspec.structs.replace(record, source="other") for record in page.records),
            )


class FatTombstone(Good):
    def pages(self, cursor=""):
        for page in super().pages(cursor):
            yield msgspec.structs.replace(
                page, records=tuple(msgspec.structs.replace(record, deleted=True) for record in page.records)
            )


class Remembers(Good):
    def __init__(self, location=None, settings=None):
        super().__init__()
        self.asked = 0

    def claims(self, record):
        self.asked += 1
        super().claims(record)
        return Claims(tracks=(TrackClaim(self.name, record.id, str(self.asked)),))


class LooseIsrc(Good):
    def claims(self, record):
        super().claims(record)
        return Claims(tracks=(TrackClaim(self.name, record.id, "x", isrc="gb-aye-67-00001"),))


class SameIdTwice(Good):
    def claims(self, record):
        track = super().claims(record).tracks[0]
        return Claims(tracks=(track, track))


class Crashes(Good):
    def claims(self, record):
        if not record.payload.startswith(b"title "):
            raise KeyError("title")
        return super().claims(record)


@pytest.mark.parametrize("source", [Good, ReadApi])
def test_the_suite_accepts_a_good_source(source):
    assert len(check_source(source)) == 3


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (NoTerms, "terms"),
        (ReadWithoutProof, "digest of the text"),
        (SkipsRobotsUnread, "only where terms that were read"),
        (SkipsRobotsAtWill, "'obey' or 'api', got 'ignore'"),
        (PartOfNothing, r"<table>\.<column>"),
        (PartWithoutLicense, "SPDX expression, got 'free'"),
        (ForgetsTheCursor, "behind the cursor"),
        (SkipsBehindTheCursor, "behind the cursor"),
        (Drifts, "same pages"),
        (FiledElsewhere, "filed under"),
        (FatTombstone, "tombstone"),
        (Remembers, "same claims"),
        (LooseIsrc, "ISRC"),
        (SameIdTwice, "id of its own"),
        (Crashes, "RecordRejected"),
    ],
)
def test_the_suite_finds_a_broken_source(broken, clause):
    with pytest.raises(ConformanceError, match=clause):
        check_source(broken)


def test_our_sources_come_through_the_entry_points():
    sources = loading.load_sources()
    assert sources.loaded["musicbrainz-json"] is MusicBrainzJson
    assert sources.loaded["ddex-ern"] is DdexErn
    assert sources.left_out == ()


def point(name, value):
    return EntryPoint(name, f"{__name__}:{value}" if ":" not in value else value, loading.GROUP)


def test_what_does_not_load_is_named_and_the_rest_runs(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(**globals()))
    sources = loading.load_sources(
        [
            point("broken-import", "no.such.module:Thing"),
            point("good", "Good"),
            point("no-terms", "NoTerms"),
            point("wrong-name", "Good"),
            point("read", "ReadWithoutProof"),
            point("robots", "SkipsRobotsUnread"),
            point("part", "PartOfNothing"),
        ]
    )
    assert list(sources.loaded) == ["good"]
    why = {reason.message.split("'")[1]: reason.message for reason in sources.left_out}
    assert set(why) == {"broken-import", "no-terms", "wrong-name", "read", "robots", "part"}
    assert "robots = 'api', expected 'obey'" in why["robots"]
    assert "tracks.mood" in why["part"]
    assert "ModuleNotFoundError" in why["broken-import"]
    assert "no terms" in why["no-terms"]
    assert all(isinstance(reason, PluginInvalid) and reason.hint for reason in sources.left_out)


def test_a_name_is_given_once(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(**globals()))
    sources = loading.load_sources([point("good", "Good"), point("good", "NoTerms")])
    assert sources.loaded == {"good": Good}
    assert "already" in sources.left_out[0].message


@pytest.mark.parametrize("source", [MusicBrainzJson, DdexErn])
def test_an_unknown_setting_is_refused_by_name(source, tmp_path):
    with pytest.raises(UsageError, match="'partyid'"):
        source(tmp_path, {"partyid": "x"})
