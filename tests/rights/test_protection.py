# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms of protection: worked cases with their clauses, the last day and the day after, and the laws between terms."""

import datetime as dt
import random
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import onrecord.rights
from onrecord.model.rights import Dated, Event, Evidence, Part, Says
from onrecord.rights import protection_eu
from onrecord.rights.protection import Term, TermState, term
from onrecord.rights.territories import CODES

CASES = Path(__file__).parent.parent / "data" / "rights_terms"
DAY = dt.date(2026, 11, 28)
STATUTES = Path(onrecord.rights.__file__).parent / "statutes"
CLAUSES = {
    clause["id"]: clause["text"]
    for path in STATUTES.glob("*.toml")
    for clause in tomllib.loads(path.read_text("utf-8"))["clauses"]
}


class Case(msgspec.Struct, forbid_unknown_fields=True):
    why: str
    territory: str
    day: dt.date
    facts: list[str]
    state: TermState
    part: Part | None = None
    until: dt.date | None = None
    clause: str = ""
    missing: tuple[str, ...] = ()


def _cases() -> list[tuple[str, Part, Case]]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        for case in msgspec.convert(table["cases"], list[Case]):
            found.append((f"{path.stem}: {case.why}", case.part or Part(table["part"]), case))
    return found


def told(fact: str, part: str) -> Evidence:
    part, text = ("all", fact.removeprefix("all:")) if fact.startswith("all:") else (part, fact)
    kind, rest = text.split(" ", 1)
    if kind == "writer":
        return Evidence(says=Says.WRITER, origin="test", text=fact, holder=rest, part=part)
    date, _, person = rest.partition(" ")
    dated = Dated(Event(kind), date, person)
    return Evidence(says=Says.DATED, origin="test", text=fact, dated=dated, part=part)


def ask(facts: list[str], part: Part, territory: str, day: dt.date = DAY) -> Term:
    return term([told(fact, part) for fact in facts], part, territory, day)


@pytest.mark.parametrize(("part", "case"), [pytest.param(part, case, id=id) for id, part, case in _cases()])
def test_case(part: Part, case: Case) -> None:
    facts = [told(fact, part) for fact in case.facts]
    found = term(facts, part, case.territory, case.day)
    assert (found.state, found.until, found.clause, found.missing) == (
        case.state,
        case.until,
        case.clause,
        case.missing,
    )
    assert not found.clause or found.clause in CLAUSES
    assert {*found.rests_on} <= {*facts} if case.facts else not found.rests_on
    shuffled = facts * 2
    random.Random(7).shuffle(shuffled)
    assert term(shuffled, part, case.territory, case.day) == found


@pytest.mark.parametrize(
    ("part", "case"),
    [pytest.param(part, case, id=id) for id, part, case in _cases() if case.until and not case.missing],
)
def test_a_term_covers_its_last_day_and_not_the_day_after(part: Part, case: Case) -> None:
    assert case.until is not None
    after = case.until + dt.timedelta(days=1)
    facts = [told(fact, part) for fact in case.facts]
    if all(item.dated is None or item.dated.date <= str(case.until) for item in facts):
        assert term(facts, part, case.territory, case.until).state is not TermState.ENDED
        assert term(facts, part, case.territory, after).state is TermState.ENDED
    else:
        assert case.state is TermState.ENDED and case.day >= after


def test_the_members_are_countries_and_the_united_kingdom_is_none_of_them() -> None:
    assert len(protection_eu.MEMBERS) == 27 and protection_eu.MEMBERS <= CODES
    assert not protection_eu.MEMBERS & {"GB", "CH", "NO", "IS", "LI"}
    assert protection_eu.LONGER_COMPOSITIONS < protection_eu.MEMBERS


@pytest.mark.parametrize("territory", sorted(CODES - protection_eu.MEMBERS - {"US"}))
def test_every_other_country_is_not_implemented(territory: str) -> None:
    for part in (Part.RECORDING, Part.COMPOSITION):
        found = ask(["published 1800", "writer Ann", "died 1800 Ann"], part, territory)
        assert found.state is TermState.NOT_IMPLEMENTED and territory in found.missing[0]
        assert not found.clause and not found.rests_on


def test_what_is_said_of_the_other_part_says_nothing() -> None:
    sold = told("published 1920", "recording")
    assert term([sold], Part.COMPOSITION, "US", DAY).rests_on == ()
    died = [told("writer Ann", "all"), told("died 1900 Ann", "all")]
    assert term(died, Part.RECORDING, "DE", DAY).rests_on == ()
    license = Evidence(says=Says.LICENSE, origin="test", text="CC0", license="CC0-1.0")
    assert term([license, sold], Part.RECORDING, "US", DAY).rests_on == (sold,)


EXACTNESS = (4, 7, 10)
dates = st.builds(
    lambda day, length: day.isoformat()[:length],
    st.dates(dt.date(1860, 1, 1), dt.date(2026, 11, 28)),
    st.sampled_from(EXACTNESS),
)
facts = st.lists(
    st.one_of(
        st.builds("{} {}".format, st.sampled_from(["published", "communicated", "fixed", "created"]), dates),
        st.builds("died {} {}".format, dates, st.sampled_from(["Ann", "Bob", "Zoë"])),
        st.builds("writer {}".format, st.sampled_from(["Ann", "BOB", "Zoe"])),
    ),
    max_size=6,
)
asked_days = st.dates(DAY, dt.date(2150, 1, 1))
PARTS = st.sampled_from([Part.RECORDING, Part.COMPOSITION])
TERRITORIES = st.sampled_from(["US", "DE", "FR", "GB", "Worldwide"])


@given(facts, PARTS, TERRITORIES, asked_days)
def test_a_writer_whose_death_nobody_told_never_ends_a_term(
    facts: list[str], part: Part, territory: str, day: dt.date
) -> None:
    with_another = ask([*facts, "writer Nobody Knows"], part, territory, day)
    if with_another.state is TermState.ENDED:
        assert ask(facts, part, territory, day).state is TermState.ENDED


@given(facts, TERRITORIES, asked_days)
def test_a_composition_with_a_writer_alive_never_ends_by_life(
    facts: list[str], territory: str, day: dt.date
) -> None:
    found = ask([*facts, "writer Nobody Knows"], Part.COMPOSITION, territory, day)
    assert found.state is not TermState.ENDED or found.clause.startswith("17-usc-304")


@given(facts, PARTS, TERRITORIES, asked_days, st.integers(0, 400))
def test_what_has_ended_stays_ended(
    facts: list[str], part: Part, territory: str, day: dt.date, later: int
) -> None:
    if ask(facts, part, territory, day).state is TermState.ENDED:
        after = ask(facts, part, territory, day + dt.timedelta(days=later))
        assert after.state is TermState.ENDED


@given(facts, PARTS, TERRITORIES, asked_days, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(
    facts: list[str], part: Part, territory: str, day: dt.date, chance: random.Random
) -> None:
    found = ask(facts, part, territory, day)
    shuffled = facts * 2
    chance.shuffle(shuffled)
    assert ask(shuffled, part, territory, day) == found
    assert found == ask(facts, part, territory, day)
    assert not found.clause or found.clause in CLAUSES
    assert bool(found.missing) or found.state in (TermState.ENDED, TermState.RUNNING)
    assert (found.until is not None) is (found.state in (TermState.ENDED, TermState.RUNNING))


def _until(fact: str, part: Part, territory: str, *more: str) -> dt.date:
    until = ask([fact, *more], part, territory, dt.date(2026, 11, 28)).until
    assert until is not None
    return until


@given(*[st.dates(dt.date(1860, 1, 1), dt.date(1972, 2, 14))] * 2)
def test_an_old_recording_published_later_never_ends_earlier_in_the_united_states(
    one: dt.date, other: dt.date
) -> None:
    ends = [_until(f"published {day}", Part.RECORDING, "US", "fixed 1860") for day in sorted((one, other))]
    assert ends == sorted(ends)


@given(*[st.dates(dt.date(1860, 1, 1), dt.date(1977, 12, 31))] * 2)
def test_a_composition_published_later_never_ends_earlier_in_the_united_states(
    one: dt.date, other: dt.date
) -> None:
    ends = [_until(f"published {day}", Part.COMPOSITION, "US") for day in sorted((one, other))]
    assert ends == sorted(ends)


@given(*[st.dates(dt.date(1940, 1, 1), dt.date(1990, 12, 31))] * 2, st.sampled_from(["", "fixed 1940"]))
def test_a_recording_published_later_within_50_years_never_ends_earlier_in_the_union(
    one: dt.date, other: dt.date, fixed: str
) -> None:
    more = [fixed] if fixed else []
    ends = [_until(f"published {day}", Part.RECORDING, "DE", *more) for day in sorted((one, other))]
    assert ends == sorted(ends)


@given(dates, *[st.dates(dt.date(1860, 1, 1), DAY)] * 2)
def test_an_author_who_died_later_never_ends_a_term_earlier(date: str, one: dt.date, other: dt.date) -> None:
    authors = ("writer Ann", "writer Bob", f"died {date} Bob")
    ends = [_until(f"died {day} Ann", Part.COMPOSITION, "DE", *authors) for day in sorted((one, other))]
    assert ends == sorted(ends)


@given(dates, PARTS, st.sampled_from(["US", "DE"]), asked_days)
def test_a_date_told_less_exactly_never_ends_a_term_earlier(
    date: str, part: Part, territory: str, day: dt.date
) -> None:
    facts = ["writer Ann", f"died {date} Ann"] if part is Part.COMPOSITION and territory == "DE" else []
    facts = facts or [f"published {date}", f"fixed {date}"][: 2 if part is Part.RECORDING else 1]
    vague = [fact.replace(date, date[:4]) for fact in facts]
    if ask(vague, part, territory, day).state is TermState.ENDED:
        assert ask(facts, part, territory, day).state is TermState.ENDED


@pytest.mark.parametrize("year", ["9999", "0001"])
def test_the_ends_of_the_calendar_are_no_fault(year: str) -> None:
    day = dt.date(9999, 12, 31)
    for part in (Part.RECORDING, Part.COMPOSITION):
        for territory in ("US", "DE"):
            asked = [
                f"published {year}",
                f"fixed {year}",
                f"created {year}",
                "writer Ann",
                f"died {year} Ann",
            ]
            assert ask(asked, part, territory, day).state in TermState


def test_the_page_quotes_the_clauses_word_for_word() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "terms-of-protection.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| “(.+?)” \|", page, re.MULTILINE)
    assert {id for id, _ in rows} >= {case.clause for _, _, case in _cases() if case.clause}
    for id, words in rows:
        assert words in CLAUSES[id], f"{id}: “{words}”"
