# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A notice is checked element by element and hides at once; its clock runs in business days; the log names nobody."""

import datetime as dt
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.business_days import business_days_after, holidays, is_business_day
from onrecord.archive.matching import rematch
from onrecord.archive.notice_elements import ELEMENTS, Counter, Notice, read_said
from onrecord.archive.notices import (
    accept,
    answerer,
    cases,
    claimant,
    counter,
    depositors,
    erase,
    put_back,
    receive,
    reject,
    sued,
    uphold,
    waiting_notices,
)
from onrecord.archive.people import NAME, People
from onrecord.archive.publishing import publish
from onrecord.archive.queueing import queue
from onrecord.archive.reading import Reader
from onrecord.archive.rights_log import verify_log
from onrecord.archive.targets import find_target
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import IsWithdrawn, NotFound, UsageError
from onrecord.model.rights import Target, Use
from tests.archive.withdrawn import recording_of, sha256, titles, tune

SECRET = "Zebulon Quixworthy"
NOTICE = Notice(
    work="The song Tune, of 1999",
    material=("set by the test",),
    name=SECRET,
    email="zebulon@example.org",
    good_faith=True,
    accurate=True,
    signature=f"/s/ {SECRET}",
)
ANSWER = Counter(
    name="Ann Swerer",
    address="1 Main Street, Springfield",
    phone="+1 555 0100",
    mistake=True,
    jurisdiction=True,
    signature="Ann Swerer",
)


FRIDAY = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)  # before Thanksgiving


class Clock:
    """A day that a test moves on."""

    def __init__(self) -> None:
        self.now = FRIDAY

    def __call__(self) -> dt.datetime:
        return self.now

    def go(self, day: dt.date) -> None:
        self.now = dt.datetime.combine(day, dt.time(12), dt.UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _held(folder: Path) -> None:
    tune(folder / "music" / "lent" / "tune.flac")
    tune(folder / "music" / "own" / "other.flac", "Other", 6)
    with Archive.create(folder / "archive", "Test archive", lambda: FRIDAY) as archive:
        add(archive, [folder / "music"], held_as="deposit")
        rematch(archive)


@pytest.fixture
def held(made_once: Callable[..., Path], clock: Clock) -> Iterator[Archive]:
    with Archive.open(made_once(_held) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def paths(held: Archive) -> dict[str, Path]:
    folder = held.folder.parent / "music"
    return {"tune": folder / "lent" / "tune.flac", "other": folder / "own" / "other.flac"}


@pytest.fixture
def notice(held: Archive, paths: dict[str, Path]) -> Notice:
    return replace(
        NOTICE, material=(f"https://music.example.org/recording/{recording_of(held, paths['tune'])}",)
    )


def may(archive: Archive, path: Path) -> bool:
    return Reader(archive.folder).may(sha256(path), Use.STREAM).allow


# Elements --------------------------------------------------------------------------------------------------------


def test_a_complete_notice_hides_at_once(held: Archive, paths: dict[str, Path], notice: Notice) -> None:
    identifier = recording_of(held, paths["tune"])
    assert may(held, paths["tune"])
    case = receive(held, notice, "form")
    assert (case.state, case.channel, case.missing) == ("hidden", "form", ())
    assert case.targets == (Target("recording", identifier),)
    assert len(case.withdrawals) == 1 and case.files >= 1
    assert not may(held, paths["tune"]) and may(held, paths["other"])
    assert titles(held, "tune") == []
    with pytest.raises(IsWithdrawn):
        Reader(held.folder).recording(identifier)


LACKING: list[tuple[dict[str, Any], str, bool]] = [
    ({"signature": " "}, "signature", True),
    ({"work": ""}, "work", False),
    ({"material": ("https://elsewhere.example/recording/rnothing",)}, "material", False),
    ({"material": ()}, "material", False),
    ({"email": ""}, "contact", False),
    ({"good_faith": False}, "good-faith", True),
    ({"accurate": False}, "accurate", True),
]


@pytest.mark.parametrize(("changed", "element", "ask"), LACKING)
def test_what_a_notice_lacks_is_named_and_it_hides_nothing(
    held: Archive, paths: dict[str, Path], notice: Notice, changed: dict[str, Any], element: str, ask: bool
) -> None:
    case = receive(held, replace(notice, **changed))
    assert (case.state, case.missing, case.ask) == ("incomplete", (element,), ask)
    assert may(held, paths["tune"]) and case.withdrawals == ()
    assert claimant(held, case.id) == replace(notice, **changed)
    assert waiting_notices(held) == ((case.id,) if ask else ())


def test_every_element_is_checked() -> None:
    assert {element for _, element, _ in LACKING} == {element.name for element in ELEMENTS}


def test_things_are_found_by_id_digest_or_address_and_the_rest_is_counted(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    digest = sha256(paths["other"])
    named = (*notice.material, f"/sound/{digest}", digest, "rnothing", "http://[bad", "https://x/y/z/w")
    case = receive(held, replace(notice, material=named), "api")
    assert case.targets[1] == Target("blob", digest) and len(case.targets) == 2
    assert case.unknown == 3
    assert not may(held, paths["other"])


def test_the_name_of_a_file_is_an_address_for_the_operator_alone(held: Archive, notice: Notice) -> None:
    named = replace(notice, material=("own/other.flac",))
    assert receive(held, named, "form").missing == ("material",)
    assert receive(held, named, "command").state == "hidden"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sygnature": "x"}, "sygnature"),
        ({"good_faith": "yes"}, "good_faith"),
        ({"work": "x" * 6000}, "5,000"),
        ({"material": ["x"] * 101}, "100"),
        ([], "object"),
    ],
)
def test_fields_from_outside_are_bounded(fields: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_said(Notice, fields)


def test_a_notice_about_an_artist_waits_where_it_came_by_the_web(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    [artist] = Reader(held.folder).search("some makers", ("artist",))
    case = receive(held, replace(notice, material=(artist.id,)), "form")
    assert case.state == "waiting" and "artist" in case.waits
    assert may(held, paths["tune"])
    assert queue(held, 5).notices == (case.id,)
    assert accept(held, case.id, by="Ada", note="theirs").state == "hidden"
    assert not may(held, paths["tune"]) and not may(held, paths["other"])
    assert queue(held, 5).notices == ()


def test_the_operator_may_hide_an_artist_by_command(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    [artist] = Reader(held.folder).search("some makers", ("artist",))
    assert receive(held, replace(notice, material=(artist.id,))).state == "hidden"
    assert not may(held, paths["other"])


# The clock -------------------------------------------------------------------------------------------------------


def test_it_is_put_back_in_the_window_and_not_before(
    held: Archive, paths: dict[str, Path], notice: Notice, clock: Clock
) -> None:
    case = receive(held, notice)
    answered = counter(held, case.id, ANSWER)
    assert answered.state == "countered" and not may(held, paths["tune"])
    # Ten business days after Friday, 20 November 2026, without Thanksgiving.
    assert (answered.opens, answered.closes) == (dt.date(2026, 12, 7), dt.date(2026, 12, 11))
    clock.go(dt.date(2026, 12, 6))
    with pytest.raises(UsageError, match="from 2026-12-07 to 2026-12-11"):
        put_back(held, case.id, by="Ada", note="nobody sued")
    assert not may(held, paths["tune"])
    clock.go(dt.date(2026, 12, 7))
    assert [each.state for each in cases(held)] == ["due"] and waiting_notices(held) == (case.id,)
    done = put_back(held, case.id, by="Ada", note="nobody sued")
    assert (done.state, done.withdrawals, done.by) == ("restored", (), "Ada")
    assert may(held, paths["tune"]) and titles(held, "tune") == ["Tune"]
    with pytest.raises(UsageError, match="it is restored"):
        put_back(held, case.id, by="Ada", note="again")


def test_after_the_window_it_is_put_back_late_rather_than_never(
    held: Archive, paths: dict[str, Path], notice: Notice, clock: Clock
) -> None:
    case = counter(held, receive(held, notice).id, ANSWER)
    clock.go(dt.date(2027, 1, 20))
    assert put_back(held, case.id, by="Ada", note="late").state == "restored"
    assert may(held, paths["tune"])


def test_a_claimant_who_sues_keeps_it_hidden(
    held: Archive, paths: dict[str, Path], notice: Notice, clock: Clock
) -> None:
    case = counter(held, receive(held, notice).id, ANSWER)
    done = sued(held, case.id, by="Ada", note="Case 1:26-cv-1")
    assert (done.state, done.sued) == ("upheld", True)
    clock.go(dt.date(2026, 12, 10))
    with pytest.raises(UsageError, match="it is upheld"):
        put_back(held, case.id, by="Ada", note="no")
    assert not may(held, paths["tune"])


@pytest.mark.parametrize("element", ["signature", "mistake", "name", "address", "phone", "jurisdiction"])
def test_a_counter_notice_that_lacks_something_starts_no_clock(
    held: Archive, notice: Notice, element: str
) -> None:
    case = receive(held, notice)
    lacking = replace(ANSWER, **{element: False if element in ("mistake", "jurisdiction") else ""})
    after = counter(held, case.id, lacking)
    assert (after.state, after.missing, after.opens) == ("hidden", (element,), None)
    assert answerer(held, case.id) == lacking
    assert counter(held, case.id, ANSWER).missing == ()


def test_nobody_sues_over_what_was_not_countered(held: Archive, notice: Notice) -> None:
    case = receive(held, notice)
    for act in (sued, put_back, accept):
        with pytest.raises(UsageError, match="it is hidden"):
            act(held, case.id, by="Ada", note="x")
    with pytest.raises(NotFound, match="n99999"):
        reject(held, "n99999", by="Ada", note="x")
    with pytest.raises(UsageError, match="who decides"):
        reject(held, case.id, by=" ", note="x")


def test_a_rejected_notice_hides_nothing_but_another_withdrawal_still_does(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    first = receive(held, notice)
    assert reject(held, first.id, by="Ada", note="abusive").state == "rejected"
    assert may(held, paths["tune"])
    second = receive(held, notice)
    withdraw(held, find_target(held, sha256(paths["tune"])), by="the maker", text="my own wish")
    reject(held, second.id, by="Ada", note="abusive")
    assert not may(held, paths["tune"])


def test_what_a_killed_run_left_is_hidden_by_the_next(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    target = find_target(held, sha256(paths["other"]))
    with held.writing():  # the entry was committed, and nothing after it
        data = {"notice": "n77", "channel": "form", "targets": [msgspec.to_builtins(target)], "unknown": 0}
        held.commit("notice-received", {**data, "missing": [], "waits": "", "digest": "00"})
    assert waiting_notices(held) == ("n77",) and may(held, paths["other"])
    receive(held, notice)
    assert [case.state for case in cases(held)] == ["hidden", "hidden"]
    assert not may(held, paths["other"])


def test_notices_count_against_where_the_files_came_from(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    assert depositors(held) == []
    first = receive(held, notice)
    [lent] = depositors(held)
    assert (lent.origin, lent.standing, lent.upheld) == ("held as deposit: lent", 1, 0)
    uphold(held, first.id, by="Ada", note="the depositor agrees")
    second = receive(held, replace(notice, material=(sha256(paths["other"]),)))
    assert [(each.origin, each.standing, each.upheld) for each in depositors(held)] == [
        ("held as deposit: lent", 0, 1),
        ("held as deposit: own", 1, 0),
    ]
    reject(held, second.id, by="Ada", note="abusive")
    assert len(depositors(held)) == 1


# People ----------------------------------------------------------------------------------------------------------


def every_byte(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def test_nobody_is_named_outside_of_people_and_they_can_be_erased(
    held: Archive, paths: dict[str, Path], notice: Notice
) -> None:
    case = counter(held, receive(held, notice, "form").id, ANSWER)
    publish(held)
    names = [SECRET.encode(), b"zebulon@example.org", b"Ann Swerer", b"Tune, of 1999"]
    bearing = {path.name for path, content in every_byte(held.folder) for name in names if name in content}
    assert bearing == {NAME}
    assert stat.S_IMODE((held.folder / NAME).stat().st_mode) == 0o600
    with People(held.folder) as people:
        digest = people.digest(case.id, "claimant")
    received = next(data for event, _, data in held.ledger.notices() if event == "notice-received")
    assert received["digest"] == digest and len(digest) == 64
    erased = erase(held, case.id)
    assert erased.erased and erased.state == "countered"
    assert claimant(held, case.id) is None and answerer(held, case.id) is None
    assert not any(name in content for _, content in every_byte(held.folder) for name in names)
    assert verify_log(held.folder).faults == ()
    assert not may(held, paths["tune"])
    assert erase(held, case.id) == erased


def test_the_same_words_have_another_digest_in_another_notice(held: Archive, notice: Notice) -> None:
    digests = set()
    for _ in range(2):
        receive(held, replace(notice, accurate=False))
    for _, _, data in held.ledger.notices():
        digests.add(data["digest"])
    assert len(digests) == 2


def test_notices_are_in_the_log_and_a_ledger_made_anew_has_them(held: Archive, notice: Notice) -> None:
    counter(held, receive(held, notice).id, ANSWER)
    before, dump = cases(held), held.ledger.dump()
    held.rebuild_ledger()
    assert cases(held) == before and held.ledger.dump() == dump


def test_statements_of_no_notice_go_with_the_next(held: Archive, notice: Notice) -> None:
    with People(held.folder) as people:
        people.put("n5000", "claimant", b"left by a killed run")
    receive(held, notice)
    with People(held.folder) as people:
        assert people.get("n5000", "claimant") is None


# Business days ---------------------------------------------------------------------------------------------------


def test_federal_holidays_of_2026() -> None:
    kept = [
        (1, 1),
        (1, 19),
        (2, 16),
        (5, 25),
        (6, 19),
        (7, 3),
        (9, 7),
        (10, 12),
        (11, 11),
        (11, 26),
        (12, 25),
    ]
    assert holidays(2026) == {dt.date(2026, month, day) for month, day in kept}


def test_holidays_that_fall_on_a_weekend_are_kept_beside_it() -> None:
    assert dt.date(2021, 12, 31) in holidays(2021)  # New Year's Day of 2022 was a Saturday
    assert dt.date(2022, 1, 1) not in holidays(2022)
    assert dt.date(2023, 1, 2) in holidays(2023)  # a Sunday
    assert dt.date(2020, 6, 19) not in holidays(2020)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-11-20", 1, "2026-11-23"),
        ("2026-11-25", 1, "2026-11-27"),
        ("2026-12-24", 5, "2027-01-04"),
        ("2026-07-02", 1, "2026-07-06"),
        ("2026-11-21", 1, "2026-11-23"),
    ],
)
def test_business_days_after(day: str, count: int, expected: str) -> None:
    assert business_days_after(dt.date.fromisoformat(day), count).isoformat() == expected


def test_there_are_as_many_business_days_between_as_were_counted() -> None:
    for offset in range(800):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=offset)
        end = business_days_after(day, 10)
        between = [day + dt.timedelta(days=n) for n in range(1, (end - day).days + 1)]
        assert sum(map(is_business_day, between)) == 10 and is_business_day(end)
