# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quality report: each planted fault is found and nothing else, drift is counted, what is right is left alone."""

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.batch import Batch
from onrecord.archive.harvest import harvest
from onrecord.archive.quality import FINDINGS, MOST_EXAMPLES, QualityReport, Totals, report_quality
from onrecord.archive.terms import accept_terms
from onrecord.catalog.match import prepare
from onrecord.engine.duck import sql_file
from onrecord.errors import UsageError
from onrecord.model import identifiers
from onrecord.model.records import (
    ArtistClaim,
    Claims,
    LabelClaim,
    Record,
    ReleaseClaim,
    TrackClaim,
    WorkClaim,
)
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.sources.test_ddex_ern import RECIPIENT, ern4, purge
from tests.tones import write

SOURCE = "made"


def say(
    archive: Archive, claims: Claims, record: str = "release:1", source: str = SOURCE, place: str = "made"
) -> None:
    """What a harvest of one record commits."""
    batch = Batch(archive.ledger)
    kind, _, id = record.partition(":")
    batch.keep_record(source, record, Record(source, kind, id, "text/plain", b"made"), "00" * 32)
    batch.claim(source, record, claims)
    with archive.writing():
        data = {
            "source": source,
            "location": place,
            "license": "CC0-1.0",
            "redistribute": True,
            "cursor": "",
        }
        archive.commit("harvested", data, batch.rows)


def track(id: str, title: str = "", **more: Any) -> TrackClaim:
    return TrackClaim(
        **{"source": SOURCE, "id": id, "title": title or f"Title of {id}", "artist": "Somebody"} | more
    )


def artist(id: str, name: str = "Somebody", **more: Any) -> ArtistClaim:
    return ArtistClaim(**{"source": SOURCE, "id": id, "name": name} | more)


def album(id: str, title: str = "Album", **more: Any) -> ReleaseClaim:
    return ReleaseClaim(**{"source": SOURCE, "id": id, "title": title} | more)


def only(archive: Archive, source: str = SOURCE) -> QualityReport:
    [report] = report_quality(archive, source)
    return report


def found(archive: Archive, source: str = SOURCE) -> dict[str, int]:
    return {finding.code: finding.count for finding in only(archive, source).findings}


CLEAN = Claims(
    artists=[
        artist("a1", mbid=mbid("a1"), isni="0000000121032683"),
        artist("a2", "Else", isni="000000021694233X"),
    ],
    releases=[
        album("r1", date="1999-12", mbid=mbid("r1"), barcode="5099902943527"),
        album("r2", "Best of", date="2026-11-22", mbid=mbid("r2"), barcode="036000291452"),
    ],
    tracks=[
        # One recording on two releases, and two recordings of one title that differ in length.
        track("t1", "Song", mbid=mbid("song"), isrc="GBAHS1400099", duration_ms=180_000, release_id="r1"),
        track("t2", "song!", mbid=mbid("song"), isrc="GBAHS1400099", duration_ms=180_000, release_id="r2"),
        track("t3", "Song", duration_ms=242_000, release_id="r2", date="1860"),
        track("t4", "Other", duration_ms=1_000, date="2004-02-29T10:00:00"),
        track("t5", "Long", duration_ms=24 * 3600 * 1000, date="2026"),
        track("t6", "No length"),
        track("t7", "No length"),
    ],
    works=[
        WorkClaim(SOURCE, "w1", "Work", mbid=mbid("w1"), iswc="T0345246801"),
        WorkClaim(SOURCE, "w2", "Work"),
    ],
    labels=[LabelClaim(SOURCE, "l1", "Label", mbid=mbid("l1"), isni="0000000121032683", code="LC00193")],
)

#: What is planted for each code, and the claims that have to be named.
PLANTED: dict[str, tuple[Claims, list[str]]] = {
    "isrc-odd": (Claims(tracks=[track("bad")], odd=[("bad", "isrc", "GB-AHS-14-9")]), ["bad"]),
    "mbid-odd": (Claims(artists=[artist("bad", mbid="5f1e6a3c")]), ["bad"]),
    "barcode-odd": (Claims(releases=[album("bad", barcode="5099902943528")]), ["bad"]),
    "isni-odd": (Claims(artists=[artist("bad", isni="0000000121032684")]), ["bad"]),
    "iswc-odd": (Claims(works=[WorkClaim(SOURCE, "bad", "Work", iswc="T0345246802")]), ["bad"]),
    "ipi-odd": (Claims(tracks=[track("bad")], odd=[("bad", "ipi", "00014107339")]), ["bad"]),
    "dpid-odd": (Claims(tracks=[track("bad")], odd=[("bad", "dpid", "PADPIDA1")]), ["bad"]),
    "label-code-odd": (Claims(labels=[LabelClaim(SOURCE, "bad", "Label", code="LC193")]), ["bad"]),
    "date-odd": (Claims(releases=[album("bad", date="2025-02-29")]), ["bad"]),
    "duration-odd": (Claims(tracks=[track("bad")], odd=[("bad", "duration_ms", "PT3")]), ["bad"]),
    "value-odd": (Claims(tracks=[track("bad")], odd=[("bad", "country", "XXX")]), ["bad"]),
    "isrc-titles": (
        Claims(tracks=[track("x", "Day", isrc="GBAHS1400001"), track("y", "Night", isrc="GBAHS1400001")]),
        ["x", "y"],
    ),
    "mbid-twice": (Claims(artists=[artist("x", mbid=mbid("m")), artist("y", mbid=mbid("m"))]), ["x", "y"]),
    "same-track": (
        Claims(tracks=[track("x", "Tune", duration_ms=90_100), track("y", "TUNE", duration_ms=89_900)]),
        ["x", "y"],
    ),
    "date-early": (Claims(tracks=[track("bad", date="1791")]), ["bad"]),
    "date-late": (Claims(releases=[album("bad", date="2026-11-23")]), ["bad"]),
    "duration-none": (Claims(tracks=[track("bad", duration_ms=-1)]), ["bad"]),
    "duration-short": (Claims(tracks=[track("bad", duration_ms=999)]), ["bad"]),
    "duration-long": (Claims(tracks=[track("bad", duration_ms=24 * 3600 * 1000 + 1)]), ["bad"]),
    "track-untitled": (Claims(tracks=[track("bad", " ")]), ["bad"]),
    "release-untitled": (Claims(releases=[album("bad", "")]), ["bad"]),
    "artist-unnamed": (Claims(artists=[artist("bad", "")]), ["bad"]),
}


def test_what_is_right_is_left_alone(archive: Archive) -> None:
    say(archive, CLEAN)
    assert only(archive).findings == ()


def test_every_finding_is_planted_below() -> None:
    assert PLANTED.keys() == FINDINGS.keys()


@pytest.fixture
def planted(archive: Archive) -> Archive:
    """Each fault in a source of its own, beside what is right."""
    for code, (claims, _) in PLANTED.items():
        ours: Any = [
            [structs.replace(claim, source=code) for claim in listed]
            for listed in (
                [*CLEAN.artists, *claims.artists],
                [*CLEAN.releases, *claims.releases],
                [*CLEAN.tracks, *claims.tracks],
                [*CLEAN.works, *claims.works],
                [*CLEAN.labels, *claims.labels],
            )
        ]
        say(archive, Claims(*ours[:3], odd=claims.odd, works=ours[3], labels=ours[4]), source=code)
    return archive


def test_each_planted_fault_is_found_and_nothing_else(planted: Archive) -> None:
    reports = {report.source: report for report in report_quality(planted)}
    assert reports.keys() == PLANTED.keys()
    for code, (_, claims) in PLANTED.items():
        assert [(it.code, it.count) for it in reports[code].findings] == [(code, 1)], code
        [finding] = reports[code].findings
        assert [example.claims for example in finding.examples] == [tuple(claims)]
        assert finding.sentence == FINDINGS[code]


def test_the_report_of_one_source_is_that_of_all(planted: Archive) -> None:
    assert report_quality(planted, "date-late") == tuple(
        report for report in report_quality(planted) if report.source == "date-late"
    )


def test_an_mbid_twice_on_one_release_is_found_and_not_on_two(archive: Archive) -> None:
    one = mbid("one")
    say(
        archive, Claims(tracks=[track("x", mbid=one, release_id="r1"), track("y", mbid=one, release_id="r2")])
    )
    assert found(archive) == {}
    say(archive, Claims(tracks=[track("z", mbid=one, release_id="r2")]), "release:2")
    assert found(archive) == {"mbid-twice": 1}


def test_a_date_is_named_once_for_a_release_and_its_tracks(archive: Archive) -> None:
    tracks = [track(f"t{n}", release_id="r", date="2999") for n in range(3)]
    say(archive, Claims(releases=[album("r", date="2999")], tracks=[*tracks, track("t9", date="2998")]))
    [finding] = only(archive).findings
    assert finding.code == "date-late"
    assert [(example.claims, example.said) for example in finding.examples] == [
        (("t9",), "2998"),
        (("r",), "2999"),
    ]


def test_all_are_counted_and_twenty_are_shown(archive: Archive) -> None:
    say(archive, Claims(tracks=[track(f"t{n:03}", duration_ms=0) for n in range(137)]))
    [finding] = only(archive).findings
    assert (finding.code, finding.count) == ("duration-none", 137)
    assert [example.claims for example in finding.examples] == [(f"t{n:03}",) for n in range(MOST_EXAMPLES)]


def test_a_later_record_takes_back_what_was_wrong(archive: Archive) -> None:
    wrong = Claims(tracks=[track("t", duration_ms=0)], odd=[("t", "isrc", "none")])
    wrong = structs.replace(
        wrong,
        works=[WorkClaim(SOURCE, "w", "Work", iswc="T1")],
        labels=[LabelClaim(SOURCE, "l", "Label", mbid="1", isni="2", code="LC")],
    )
    say(archive, wrong)
    wrongly = ("isrc-odd", "mbid-odd", "isni-odd", "iswc-odd", "label-code-odd", "duration-none")
    assert found(archive) == dict.fromkeys(wrongly, 1)
    say(archive, Claims(tracks=[track("t", duration_ms=60_000)]))
    assert found(archive) == {}


def test_long_values_are_cut(archive: Archive) -> None:
    say(archive, Claims(tracks=[track("t")], odd=[("t", "isrc", "x" * 10_000_000)]))
    [finding] = only(archive).findings
    assert finding.examples[0].said == "x" * 500


def test_numbers_and_what_is_filled_in(archive: Archive) -> None:
    say(archive, CLEAN)
    report = only(archive)
    assert report.totals == Totals(records=1, tombstones=0, tracks=7, releases=2, artists=2)
    filled = {(it.kind, it.field): (it.filled, it.claims) for it in (*report.identifiers, *report.fields)}
    assert filled["track", "isrc"] == (2, 7)
    assert filled["track", "mbid"] == (2, 7)
    assert filled["track", "duration_ms"] == (5, 7)
    assert filled["track", "genre"] == (0, 7)
    assert filled["release", "barcode"] == filled["release", "date"] == (2, 2)
    assert filled["artist", "isni"] == (2, 2)
    assert filled["artist", "mbid"] == (1, 2)
    assert {it.field for it in report.identifiers} == {"isrc", "mbid", "barcode", "isni"}


# Through connectors and files ------------------------------------------------------------------------------------


def test_musicbrainz_with_faults_and_without(archive: Archive, tmp_path: Path) -> None:
    clean = release("Album", "Singer", [("One", 200_000), ("Two", 180_000)], barcode="5099902943527")
    harvest(archive, "musicbrainz-json", save(tmp_path / "clean", album=clean))
    assert found(archive, "musicbrainz-json") == {}
    wrong = release("Wrong", "Singer", [("Three", 400)], date="2031-05")
    twice = [recording(title, "Singer", 60_000, isrcs=["GBAHS1400001"]) for title in ("Four", "Five")]
    harvest(archive, "musicbrainz-json", save(tmp_path / "wrong", album=wrong, four=twice[0], five=twice[1]))
    assert found(archive, "musicbrainz-json") == {"isrc-titles": 1, "date-late": 1, "duration-short": 1}


def test_drift_since_the_last_harvest(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    answers = {title: recording(title, "Singer", 100_000) for title in ("one", "two", "three")}
    harvest(archive, "musicbrainz-json", save(folder, **answers))
    first = only(archive, "musicbrainz-json")
    assert first.before is None
    assert [(it.place, it.new, it.records) for it in first.harvests] == [("delivery", 3, 3)]
    save(folder, two=answers["two"] | {"title": "Two, again"}, four=recording("four", "Singer", 100_000))
    (folder / "five.json").write_text("{")
    harvest(archive, "musicbrainz-json", folder)
    report = only(archive, "musicbrainz-json")
    last = report.harvests[-1]
    assert (last.new, last.changed, last.deleted, last.rejected, last.records) == (1, 1, 0, 1, 4)
    assert report.before == Totals(records=3, tracks=3, artists=1)
    assert report.totals == Totals(records=4, tracks=4, artists=1)


def test_a_purge_is_drift_too_and_takes_what_was_odd_along(archive: Archive, tmp_path: Path) -> None:
    wrong = (
        ern4(ids="<ICPN>5099902943520</ICPN>").replace("gb-ahs-14-00099", "gb").replace("PT1H2M3.5S", "1:02")
    )
    folder = tmp_path / "delivery"
    folder.mkdir()
    wrong = wrong.replace("0000000121032683", "0000000121032684")
    (folder / "1.xml").write_text(wrong.replace("2025-12-24", "24.12.2025"))
    harvest(archive, "ddex-ern", folder, settings={"party_id": RECIPIENT})
    odd = ("isrc-odd", "barcode-odd", "isni-odd", "date-odd", "duration-odd")
    assert found(archive, "ddex-ern") == dict.fromkeys(odd, 1)
    (folder / "2.xml").write_text(purge(ids="<ICPN>5099902943520</ICPN>", created="2026-02-01T00:00:00Z"))
    harvest(archive, "ddex-ern", folder, settings={"party_id": RECIPIENT})
    report = only(archive, "ddex-ern")
    assert report.findings == ()
    assert report.before == Totals(records=1, tracks=1, releases=1, artists=1)
    assert report.totals == Totals(tombstones=1)
    assert (report.harvests[-1].deleted, report.harvests[-1].records) == (1, 0)


def test_what_was_replaced_before_the_last_harvest_did_not_count_then(archive: Archive) -> None:
    say(archive, Claims(tracks=[track("t1"), track("t2")]), place="a")
    say(archive, Claims(tracks=[track("t3")]), place="b")
    say(archive, Claims(tracks=[track("t4")]), "release:2", place="c")
    assert only(archive).before == Totals(records=1, tracks=1)
    assert only(archive).totals == Totals(records=2, tracks=2)


def test_entries_of_one_place_within_the_hour_are_one_harvest(tmp_path: Path) -> None:
    now = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
    steps: Iterator[dt.datetime] = iter([now, *(now + dt.timedelta(minutes=m) for m in (0, 50, 100, 200))])
    with Archive.create(tmp_path / "archive", "Test", lambda: next(steps)) as archive:
        for number in range(4):
            say(archive, Claims(tracks=[track(f"t{number}")]), f"recording:{number}")
        archive.clock = lambda: now
        report = only(archive)
    assert [it.new for it in report.harvests] == [3, 1]
    assert [it.records for it in report.harvests] == [3, 4]
    assert report.before is not None and report.before.tracks == 3


def test_odd_tags_of_files_are_named(archive: Archive, tmp_path: Path) -> None:
    tags = {
        "title": "Piece",
        "artist": "Somebody",
        "album": "Album",
        "isrc": "no code",
        "barcode": "12345678",
    }
    tags |= {"MUSICBRAINZ_TRACKID": "none", "MUSICBRAINZ_ARTISTID": mbid("artist")}
    write(tmp_path / "in" / "a.flac", seed=1, seconds=2.0, tags=tags)
    good = {"title": "Other", "artist": "Somebody", "isrc": "GB-AHS-14-00099", "date": "2024"}
    write(tmp_path / "in" / "b.flac", seed=2, seconds=2.0, tags=good)
    add(archive, [tmp_path / "in"], held_as="owner")
    report = only(archive, "file")
    said = {it.code: [example.said for example in it.examples] for it in report.findings}
    assert said == {"isrc-odd": ["no code"], "mbid-odd": ["none"], "barcode-odd": ["12345678"]}
    [barcode] = [it for it in report.findings if it.code == "barcode-odd"]
    assert barcode.examples[0].claims == ("Album\x1fSomebody",)
    assert report.harvests == () and report.before is None and report.agreed.terms is None


# Terms, names, checks --------------------------------------------------------------------------------------------


def test_terms_and_when_they_were_accepted(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "musicbrainz-json", save(tmp_path / "in", one=recording("one", "Singer", 100_000)))
    before = only(archive, "musicbrainz-json").agreed
    assert before.terms is not None and before.accepted == ""
    assert (before.license, before.redistribute) == ("CC0-1.0", True)
    digest = accept_terms(archive, "musicbrainz-json", b"the text that was read")
    after = only(archive, "musicbrainz-json").agreed
    assert (after.accepted, after.text) == ("2026-11-22T12:00:00Z", digest)


def test_an_unknown_source_is_refused_with_those_that_there_are(archive: Archive) -> None:
    with pytest.raises(UsageError) as nothing:
        report_quality(archive, "discogs")
    assert "nothing was added or harvested yet" in nothing.value.hint
    assert report_quality(archive) == ()
    say(archive, CLEAN)
    say(archive, Claims(), source="other")
    with pytest.raises(UsageError, match="'discogs'") as error:
        report_quality(archive, "discogs")
    assert error.value.hint == "there are: made, other"


def test_a_source_of_which_every_record_was_rejected_has_a_report(archive: Archive, tmp_path: Path) -> None:
    harvest(archive, "musicbrainz-json", save(tmp_path / "in", broken={"id": "none", "media": []}))
    report = only(archive, "musicbrainz-json")
    assert report.totals == Totals()
    assert [it.rejected for it in report.harvests] == [1]


def test_the_folders_of_this_machine_are_not_in_the_report(archive: Archive, tmp_path: Path) -> None:
    place = save(tmp_path / "with#mark", one=recording("one", "Singer", 100_000))
    harvest(archive, "musicbrainz-json", place)
    report = only(archive, "musicbrainz-json")
    assert [it.place for it in report.harvests] == ["with#mark"]
    assert str(tmp_path) not in repr(report)


def test_check_digits_in_tables_are_those_of_the_model(archive: Archive) -> None:
    chance = random.Random(1)
    codes = ["".join(chance.choices("0123456789", k=length)) for length in (7, 8, 11, 12, 13, 14, 15) * 300]
    isnis = {
        "0000000218250097": True,
        "000000021694233X": True,
        "0000000218250098": False,
        "0000000216942330": False,
        "00000002169423X3": False,
        "000000021825009": False,
        "": False,
    }
    with archive.duck() as duck:
        duck.table("asked", {"source": "VARCHAR"}, [])
        prepare(duck)
        duck.run(sql_file("onrecord.catalog", "quality_scope"))
        duck.table("codes", {"code": "VARCHAR"}, [(code,) for code in [*codes, "", "5099902943527x"]])
        held = dict(duck.run("SELECT code, gtin_holds(code) FROM codes"))
        duck.table("isnis", {"code": "VARCHAR"}, [(code,) for code in isnis])
        assert dict(duck.run("SELECT code, isni_holds(code) FROM isnis")) == isnis
        iswcs = [f"T{code}" for code in codes if len(code) == 8 for code in [code + code[:2]]]
        duck.table(
            "iswcs", {"code": "VARCHAR"}, [(code,) for code in [*iswcs, "T034524680", "0345246801", ""]]
        )
        works = dict(duck.run("SELECT code, iswc_holds(code) FROM iswcs"))
    assert held == {code: identifiers.barcode(code) != "" for code in held}
    assert 50 < sum(held.values()) < len(held) / 2
    assert works == {code: identifiers.iswc(code) != "" for code in works}
    assert 10 < sum(works.values()) < len(works) / 2


def test_what_musicbrainz_says_wrongly_is_said_wrongly_and_not_left_out(
    archive: Archive, tmp_path: Path
) -> None:
    answer = release("T", "N", [("A", 180_000)], barcode="4006408126511", date="2011-2")
    track = answer["media"][0]["tracks"][0]
    track["length"], track["recording"]["length"] = -5, 999_999_999_999
    track["recording"]["isrcs"] = ["XX12"]
    answer["artist-credit"][0]["artist"]["isnis"] = ["12"]
    harvest(archive, "musicbrainz-json", save(tmp_path / "in", one=answer))
    odd = {"barcode-odd": 1, "date-odd": 1, "duration-odd": 2, "isni-odd": 1, "isrc-odd": 1}
    counts = found(archive, "musicbrainz-json")
    assert {code: counts.get(code) for code in odd} == odd
