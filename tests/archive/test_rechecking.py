# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources are asked again: what they say by now, what that changes, and what it cannot take back (clause 10)."""

import datetime as dt
import hashlib
import json
import multiprocessing
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.checking import check
from onrecord.archive.harvest import harvest, harvest_live
from onrecord.archive.harvest_sound import fetch_sound
from onrecord.archive.judging import WORLD, judge
from onrecord.archive.matching import rematch
from onrecord.archive.queueing import queue
from onrecord.archive.reading import Reader
from onrecord.archive.rechecking import Moved, RecheckReport, last_findings, recheck
from onrecord.archive.ruling import rule
from onrecord.archive.terms import accept_terms
from onrecord.errors import SourceFailed, SourceRefused, UsageError
from onrecord.model.rights import Target, Use
from onrecord.net import LeftToLater
from tests.archive.rechecked import (
    BY,
    BY_NC,
    HARVESTED,
    SETTINGS,
    Tracks,
    asking,
    listed,
    recheck_in_a_process,
    track,
)
from tests.net.serving import Clock, say
from tests.pipeline.pieces import onrecord
from tests.tones import write

SOURCE = "jamendo"


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    folder = tmp_path_factory.mktemp("made")
    return {number: write(folder / f"{number}.mp3", number, 4.0).read_bytes() for number in range(1, 7)}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory, sounds: dict[int, bytes]) -> Path:
    """An archive that has harvested six tracks under CC BY 3.0 and holds the sound of each."""
    folder = tmp_path_factory.mktemp("fetched") / "archive"
    with Archive.create(folder, "Test archive", lambda: HARVESTED) as made:
        accept_terms(made, SOURCE, b"The terms, as they were read.")
    settings = folder / "onrecord.toml"
    settings.write_text(settings.read_text() + '\n[harvest]\ncontact = "archive@example.org"\n')
    server = Tracks(len(sounds), sounds)
    with Archive.open(folder, lambda: HARVESTED) as archive:
        harvest_live(archive, SOURCE, "", settings=SETTINGS, ask=asking(server.port))
        assert fetch_sound(archive, SOURCE, settings=SETTINGS, ask=asking(server.port)).fetched == len(sounds)
        rematch(archive)
    server.close()
    return folder


class Time:
    """What the archive takes for the time."""

    def __init__(self) -> None:
        self.now = HARVESTED

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_by(self, days: int) -> None:
        self.now += dt.timedelta(days=days)


@pytest.fixture
def time() -> Time:
    found = Time()
    found.pass_by(100)
    return found


@pytest.fixture
def archive(fetched: Path, tmp_path: Path, time: Time) -> Iterator[Archive]:
    shutil.copytree(fetched, tmp_path / "archive")
    with Archive.open(tmp_path / "archive", time) as opened:
        yield opened


@pytest.fixture
def service() -> Iterator[Tracks]:
    server = Tracks(6)
    yield server
    server.close()


def again(archive: Archive, server: Tracks, clock: Clock | None = None, **more: object) -> RecheckReport:
    return recheck(
        archive,
        SOURCE,
        settings=lambda _: SETTINGS,
        ask=asking(server.port, clock),
        **more,  # type: ignore[arg-type]
    )


def blob(archive: Archive, number: int) -> str:
    return archive.ledger.fetched(SOURCE, str(number))


def may(archive: Archive, number: int, use: Use = Use.SHARE, commercial: bool = False) -> bool:
    return judge(archive, blob(archive, number), use, WORLD, commercial).allow


def licenses(archive: Archive, number: int) -> list[str]:
    return sorted(fact.license for fact, _ in archive.ledger.evidence(blob(archive, number)).values())


def test_what_is_as_it_was_is_put_on_record_with_its_time(
    archive: Archive, service: Tracks, time: Time
) -> None:
    before = archive.ledger.dump()
    report = again(archive, service)
    assert (report.asked, report.findings, report.later) == ({"unchanged": 6}, [], 0)
    after = archive.ledger.dump()
    assert (after["records"], after["links"]) == (before["records"], before["links"])
    assert archive.ledger.recheck(SOURCE, "track:1") == ("2026-09-09T12:00:00Z", "unchanged")
    service.asked.clear()
    assert again(archive, service).later == 6
    assert service.asked == [], "what was heard on is not asked for again"
    time.pass_by(31)
    assert again(archive, service).asked == {"unchanged": 6}
    assert last_findings(archive) == []


def test_what_was_not_heard_on_for_longest_comes_first(archive: Archive, service: Tracks, time: Time) -> None:
    assert again(archive, service, limit=2).later == 4
    assert service.asked_for == [1, 2]
    time.pass_by(1)
    again(archive, service, limit=2)
    assert service.asked_for == [1, 2, 3, 4]
    time.pass_by(90)
    again(archive, service, limit=4)
    assert service.asked_for == [1, 2, 3, 4, 5, 6, 1, 2]
    again(archive, service, older_than=dt.timedelta(days=95))
    assert len(service.asked_for) == 8, "all were heard on within 95 days"


def test_other_bytes_with_the_same_word_on_rights_change_no_answer(archive: Archive, service: Tracks) -> None:
    service.tracks[1] = track(1, stats={"rate_listened_total": 4711})
    report = again(archive, service)
    assert (report.asked, report.findings) == ({"renewed": 1, "unchanged": 5}, [])
    assert may(archive, 1) and licenses(archive, 1) == ["CC-BY-3.0"]
    payload = json.dumps(service.tracks[1]).encode()
    assert archive.ledger.record(SOURCE, "track:1") == hashlib.sha256(payload).hexdigest()
    [(fact, _)] = archive.ledger.evidence(blob(archive, 1)).values()
    assert fact.document == hashlib.sha256(payload).hexdigest(), "it rests on the newer record"
    [(former, _, until)] = archive.ledger.former_evidence(blob(archive, 1)).values()
    assert (former.license, until) == ("CC-BY-3.0", "2026-09-09T12:00:00Z")


def test_a_narrower_license_leaves_both_to_a_person(archive: Archive, service: Tracks, time: Time) -> None:
    service.tracks[2] = track(2, license_ccurl=BY_NC)
    report = again(archive, service)
    assert report.asked == {"changed": 1, "unchanged": 5}
    [finding] = report.findings
    assert (finding.record, finding.files) == ("track:2", 1)
    assert finding.change.before == (f"CC-BY-3.0 ({BY})",)
    assert finding.change.after == (f"CC-BY-3.0 ({BY})", f"CC-BY-NC-3.0 ({BY_NC})")
    assert {Moved("share", True, False, 1), Moved("publish", True, False, 1)} <= {*finding.change.answers}
    assert not may(archive, 2) and may(archive, 1)
    [question] = queue(archive, 10).questions
    assert (question.codes[0], question.files) == ("R-CONTRADICTION", 1)
    view = Reader(archive.folder).why(blob(archive, 2))
    shown = {fact.license: fact.asked for fact in view.evidence}
    assert shown == {
        "CC-BY-3.0": "its source says else by now; asked again 2026-09-09: changed",
        "CC-BY-NC-3.0": "asked again 2026-09-09: changed",
    }
    assert last_findings(archive) == [finding]

    service.tracks[2] = track(2, license_ccurl=BY_NC, stats={"rate_listened_total": 4711})
    time.pass_by(31)
    assert again(archive, service).asked == {"renewed": 1, "unchanged": 5}
    assert not may(archive, 2), "another number in the record settles nothing"
    assert last_findings(archive) == [finding], "the last finding, though it was asked for since"

    rule(
        archive,
        Target("blob", blob(archive, 2)),
        True,
        license="CC-BY-3.0",
        by="Ada",
        note="Fetched under it.",
    )
    assert may(archive, 2, commercial=True)


def test_a_license_that_comes_back_settles_it(archive: Archive, service: Tracks, time: Time) -> None:
    service.tracks[2] = track(2, license_ccurl=BY_NC)
    again(archive, service)
    assert not may(archive, 2)
    service.tracks[2] = track(2)
    time.pass_by(31)
    [finding] = again(archive, service).findings
    assert Moved("share", False, True, 1) in finding.change.answers
    assert may(archive, 2) and licenses(archive, 2) == ["CC-BY-3.0"]


def test_a_wider_license_counts(archive: Archive, service: Tracks, time: Time) -> None:
    service.tracks[3] = track(3, license_ccurl="http://creativecommons.org/publicdomain/zero/1.0/")
    [finding] = again(archive, service).findings
    assert finding.outcome == "changed" and finding.change.answers == ()
    assert licenses(archive, 3) == ["CC0-1.0"] and may(archive, 3)
    former = archive.ledger.former_evidence(blob(archive, 3)).values()
    assert [fact.license for fact, _, _ in former] == ["CC-BY-3.0"]


@pytest.mark.parametrize("now", ["", "http://example.org/my-own-words"])
def test_a_license_that_is_no_longer_stated_is_for_a_person(
    archive: Archive, service: Tracks, now: str, time: Time
) -> None:
    service.tracks[4] = track(4, license_ccurl=now)
    [finding] = again(archive, service).findings
    assert Moved("share", True, False, 1) in finding.change.answers
    decision = judge(archive, blob(archive, 4), Use.SHARE, WORLD)
    assert (decision.allow, decision.review) == (False, True)
    assert licenses(archive, 4) == ["", "CC-BY-3.0"], "what was granted is shown beside it"
    service.tracks[4] = track(4, license_ccurl=now, stats={})
    time.pass_by(31)
    assert again(archive, service).asked == {"renewed": 1, "unchanged": 5}
    assert licenses(archive, 4) == ["", "CC-BY-3.0"]


def test_a_download_flag_that_flips_denies_and_gives_back(
    archive: Archive, service: Tracks, time: Time
) -> None:
    service.tracks[5] = track(5, audiodownload_allowed=False)
    [finding] = again(archive, service).findings
    assert "not-offered: audiodownload_allowed: false" in finding.change.after
    assert {Moved("share", True, False, 1), Moved("download", True, False, 1)} <= {*finding.change.answers}
    decision = judge(archive, blob(archive, 5), Use.SHARE, WORLD)
    assert (decision.allow, decision.codes[0]) == (False, "R-NOT-OFFERED")
    assert [question.codes[0] for question in queue(archive, 10).questions] == ["R-NOT-OFFERED"]
    service.tracks[5] = track(5)
    time.pass_by(31)
    again(archive, service)
    assert may(archive, 5) and may(archive, 5, Use.DOWNLOAD)


@pytest.mark.parametrize("answer", [listed([]), say(404), say(410)], ids=["empty", "404", "410"])
def test_what_is_gone_takes_nothing_back(archive: Archive, service: Tracks, answer, time: Time) -> None:  # type: ignore[no-untyped-def]
    service.instead[6] = [answer]
    before = archive.ledger.evidence(blob(archive, 6))
    report = again(archive, service)
    assert report.asked == {"gone": 1, "unchanged": 5}
    assert archive.ledger.evidence(blob(archive, 6)) == before
    assert may(archive, 6), "a license cannot be revoked for what was received under it"
    assert [(each.record, each.outcome) for each in last_findings(archive)] == [("track:6", "gone")]
    [fact] = Reader(archive.folder).why(blob(archive, 6)).evidence
    assert fact.asked == "asked again 2026-09-09: gone"

    time.pass_by(31)
    service.instead[6] = [say(403)]
    assert again(archive, service).asked == {"failed": 1, "unchanged": 5}
    time.pass_by(31)
    assert again(archive, service).asked == {"returned": 1, "unchanged": 5}
    [back] = last_findings(archive)
    assert (back.outcome, back.detail) == ("returned", "it was gone on 2026-10-10")


def test_a_service_that_asks_for_patience_gets_it(archive: Archive, service: Tracks) -> None:
    service.instead[1] = [say(429, Retry_After="77")]
    clock = Clock()
    assert again(archive, service, clock).asked == {"unchanged": 6}
    assert service.asked_for[:2] == [1, 1]
    assert max(clock.slept) > 70


def test_a_service_that_asks_for_more_is_left_to_a_later_run(archive: Archive, service: Tracks) -> None:
    service.instead[3] = [say(429, Retry_After="86400")]
    with pytest.raises(LeftToLater):
        again(archive, service)
    assert [archive.ledger.recheck(SOURCE, f"track:{number}") is not None for number in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
    service.asked.clear()
    assert again(archive, service).asked == {"unchanged": 4}
    assert service.asked_for == [3, 4, 5, 6]


def test_one_record_that_fails_is_named_and_two_are_a_service_that_fails(
    archive: Archive, service: Tracks
) -> None:
    service.instead[2] = [say(403)]
    report = again(archive, service, limit=3)
    assert report.asked == {"unchanged": 2, "failed": 1}
    [finding] = report.findings
    assert finding.outcome == "failed" and "403" in finding.detail
    assert "made-for-a-test" not in finding.detail
    assert may(archive, 2)
    service.instead |= {4: [say(403)], 5: [say(403)]}
    with pytest.raises(SourceFailed, match="403"):
        again(archive, service)
    service.asked.clear()
    again(archive, service)
    assert service.asked_for == [5, 6]


def test_an_answer_about_another_record_is_no_answer(archive: Archive, service: Tracks) -> None:
    service.instead[1] = [listed([track(2, license_ccurl=BY_NC)])]
    report = again(archive, service)
    assert report.asked == {"failed": 1, "unchanged": 5}
    assert may(archive, 1) and may(archive, 2)


def test_a_run_that_is_killed_keeps_its_portions_and_goes_on(
    archive: Archive, service: Tracks, time: Time
) -> None:
    reached, stop = threading.Event(), threading.Event()

    def hang(peer: socket.socket, address: str) -> None:
        reached.set()
        stop.wait(60)

    service.tracks[1] = track(1, license_ccurl=BY_NC)
    service.tracks[4] = track(4, license_ccurl=BY_NC)
    service.instead[4] = [hang]
    archive.ledger.close()
    process = multiprocessing.get_context("spawn").Process(
        target=recheck_in_a_process, args=(archive.folder, service.port, time.now, 2)
    )
    process.start()
    assert reached.wait(60)
    process.kill()
    process.join(60)
    stop.set()
    assert process.exitcode == -9
    with Archive.open(archive.folder, time) as opened:
        assert opened.ledger.recheck(SOURCE, "track:2") is not None
        assert opened.ledger.recheck(SOURCE, "track:3") is None, "its portion was not full"
        assert not may(opened, 1) and may(opened, 4)
        service.asked.clear()
        report = again(opened, service)
        assert service.asked_for == [3, 4, 5, 6]
        assert report.asked == {"unchanged": 3, "changed": 1}
        assert {each.record for each in last_findings(opened)} == {"track:1", "track:4"}
        assert check(opened).bad == []


def test_the_ledger_is_made_again_with_what_was_heard(archive: Archive, service: Tracks) -> None:
    service.tracks |= {1: track(1, license_ccurl=BY_NC), 2: track(2, license_ccurl="")}
    del service.tracks[3]
    again(archive, service)
    before = archive.ledger.dump()
    assert {row[3] for row in before["rechecks"]} == {"changed", "gone", "unchanged"}
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before


def test_a_harvest_of_a_changed_record_does_the_same(archive: Archive, service: Tracks) -> None:
    service.tracks |= {1: track(1, license_ccurl=BY_NC), 2: track(2, stats={})}
    report = harvest_live(archive, SOURCE, "", settings=SETTINGS, again=True, ask=asking(service.port))
    assert report.changed == 2
    assert licenses(archive, 1) == ["CC-BY-3.0", "CC-BY-NC-3.0"] and not may(archive, 1)
    assert licenses(archive, 2) == ["CC-BY-3.0"] and may(archive, 2)
    assert again(archive, service, older_than=dt.timedelta(days=1)).later == 2, "a harvest hears, too"


def test_nobody_is_asked_who_may_not_be(archive: Archive, service: Tracks) -> None:
    settings = archive.folder / "onrecord.toml"
    settings.write_text(settings.read_text().replace('contact = "archive@example.org"', ""))
    with Archive.open(archive.folder, archive.clock) as silent:
        with pytest.raises(SourceRefused, match="no contact"):
            again(silent, service)
        report = recheck(silent, settings=lambda _: SETTINGS, ask=asking(service.port))
        [(name, why)] = report.left_out
        assert name == SOURCE and why.startswith("6 records not asked for") and "no contact" in why
    with pytest.raises(UsageError, match="cannot be asked again"):
        recheck(archive, "fma", ask=asking(service.port))
    with pytest.raises(SourceRefused, match="nobody here has read its terms"):
        recheck(archive, "wikimedia-commons", ask=asking(service.port))
    with pytest.raises(UsageError, match="client id"):
        recheck(archive, SOURCE, ask=asking(service.port))
    [(name, why)] = recheck(archive, ask=asking(service.port)).left_out
    assert name == SOURCE and "client id" in why
    assert service.asked == []


def test_bytes_that_the_source_replaced_are_not_what_it_speaks_of(archive: Archive, tmp_path: Path) -> None:
    """The newer record says CC0 of other bytes: those that are held stay under what they came under."""
    source = "internet-archive"
    sound = write(tmp_path / "one.mp3", 9, 4.0).read_bytes()

    def item(license: str, sha1: str) -> bytes:
        about = {"identifier": "item", "mediatype": "audio", "title": "Item", "licenseurl": license}
        file = {"name": "one.mp3", "source": "original", "title": "One", "sha1": sha1}
        return json.dumps({"metadata": about, "files": [file]}).encode()

    class Items(Tracks):
        answer = item(BY, hashlib.sha1(sound).hexdigest())

        def _script(self, request: str):  # type: ignore[no-untyped-def]
            path = request.split(" ")[1]
            if path.startswith("/download/"):
                return say(200, sound, ETag='"1"')
            return say(200, self.answer) if path.startswith("/metadata/") else say(404)

    server = Items(0)
    accept_terms(archive, source, b"The terms, as they were read.")
    (tmp_path / "item.json").write_bytes(server.answer)
    harvest(archive, source, tmp_path / "item.json")
    fetch_sound(archive, source, ask=asking(server.port))
    held = archive.ledger.fetched(source, "item/one.mp3")
    assert held == hashlib.sha256(sound).hexdigest()
    server.answer = item("https://creativecommons.org/publicdomain/zero/1.0/", "00" * 20)
    report = recheck(archive, source, older_than=dt.timedelta(-1), ask=asking(server.port))
    server.close()
    [finding] = report.findings
    assert (finding.outcome, finding.detail) == (
        "changed",
        "1 files: the source has other bytes in its place",
    )
    assert [fact.license for fact, _ in archive.ledger.evidence(held).values()] == ["CC-BY-3.0"]


def test_the_command_shows_the_last_findings_and_refuses_what_it_cannot_read(
    archive: Archive, service: Tracks
) -> None:
    service.tracks[2] = track(2, license_ccurl=BY_NC)
    again(archive, service)
    shown = onrecord("-C", archive.folder, "rights", "recheck", "--report")
    assert shown.returncode == 0, shown.stderr
    assert f"changed: {SOURCE} track:2, 2026-09-09, 1 files" in shown.stdout
    assert "  share: yes → no for 1 files" in shown.stdout
    body = json.loads(onrecord("-C", archive.folder, "rights", "recheck", "--report", "--json").stdout)
    assert body["schema"] == "onrecord.rights.recheck.report/1"
    assert body["findings"][0]["change"]["after"] == [f"CC-BY-3.0 ({BY})", f"CC-BY-NC-3.0 ({BY_NC})"]
    why = onrecord("-C", archive.folder, "rights", "why", blob(archive, 2))
    assert "its source says else by now" in why.stdout
    wrong = onrecord("-C", archive.folder, "rights", "recheck", "--older-than", "soon")
    assert wrong.returncode == 2 and "12h, 90d or 4w" in wrong.stderr
