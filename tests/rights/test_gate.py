# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the gate, over evidence put together at random."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.model.rights import Dated, Deal, Event, Evidence, Part, Preference, Says, Use
from onrecord.rights import RULES, attribution, decide
from onrecord.rights.expressions import ways
from onrecord.rights.rules import WANTING
from tests.rights.generating import (
    DAY,
    asked,
    deals,
    evidence,
    not_offered,
    piece,
    preferences,
    refusals,
    withdrawals,
    writers,
)

SOUND = ("all", "recording", "composition")
#: Kinds of which one alone can make an answer yes.
PERMITTING = (Says.LICENSE, Says.HELD, Says.DEAL, Says.ALLOWED, Says.DATED)


def _current(item: Evidence) -> bool:
    return item.day is None or item.day <= DAY


def _reaches(no: Evidence, part: Part) -> bool:
    """Is a withdrawal or refusal of this part one of what is asked about?"""
    return _current(no) and (no.part in ("all", part) or (part is Part.RECORDING and no.part in SOUND))


@given(evidence, asked, st.randoms())
@settings(max_examples=300)
def test_order_and_repetition_do_not_matter(items, question, random) -> None:
    shuffled = items * 2
    random.shuffle(shuffled)
    assert decide(shuffled, *question) == decide(items, *question)


@given(evidence, asked, withdrawals)
@settings(max_examples=300)
def test_a_withdrawal_never_turns_no_into_yes(items, question, withdrawal) -> None:
    before, after = decide(items, *question), decide([*items, withdrawal], *question)
    assert before.allow or not after.allow
    if _reaches(withdrawal, question[-1]):
        assert not after.allow
        assert after.codes == ("R-WITHDRAWN",)


@given(evidence, asked, refusals)
def test_nothing_beats_a_refusal_but_a_withdrawal(items, question, refusal) -> None:
    after = decide([*items, refusal], *question)
    assert decide(items, *question).allow or not after.allow
    if _reaches(refusal, question[-1]) and (not refusal.uses or question[0] in refusal.uses):
        assert after.codes[0] in ("R-RULED-NO", "R-WITHDRAWN")


@given(evidence, asked, not_offered | preferences)
@settings(max_examples=300)
def test_a_flag_or_a_wish_never_turns_no_into_yes(items, question, no) -> None:
    assert decide(items, *question).allow or not decide([*items, no], *question).allow


@given(evidence, asked, writers)
@settings(max_examples=300)
def test_a_writer_never_turns_no_into_yes_but_by_the_term(items, question, writer) -> None:
    undated = [item for item in items if item.says is not Says.DATED]
    assert decide(undated, *question).allow or not decide([*undated, writer], *question).allow


@given(evidence, asked, piece)
@settings(max_examples=1000)
def test_a_weaker_word_never_lifts_the_no_of_stronger_ones(items, question, weaker) -> None:
    """Unless nothing was said against the use, and only a permission or a fact was missing."""
    before = decide(items, *question)
    if before.allow or {*before.codes} <= WANTING:
        return
    rests_on = [item for item in items if item.id in before.evidence]
    if weaker.says in (Says.DEAL, Says.HELD) and all(item.says is Says.ALLOWED for item in rests_on):
        return  # A ruling that names a license settles which it is; what the holder gives stands beside any license.
    if all(weaker.strength < item.strength for item in rests_on):
        assert not decide([*items, weaker], *question).allow


@given(evidence, asked)
def test_without_permission_the_answer_is_no(items, question) -> None:
    assert not decide([item for item in items if item.says not in PERMITTING], *question).allow
    assert not decide([], *question).allow


@given(evidence, asked)
def test_evidence_of_later_days_changes_no_answer(items, question) -> None:
    now = [item for item in items if _current(item)]
    assert decide(items, *question).allow == decide(now, *question).allow


@given(evidence, st.booleans(), st.sampled_from(list(Part)))
def test_share_needs_a_license_or_a_person(items, commercial, part) -> None:
    weaker = [item for item in items if item.says not in (Says.LICENSE, Says.ALLOWED)]
    for use in (Use.SHARE, Use.ADAPT, Use.MINE):
        assert not decide(weaker, use, "Worldwide", DAY, commercial, part).allow
    assert not decide(weaker, Use.SHARE, "US", DAY, commercial, part).allow


@given(st.lists(deals | writers | not_offered | preferences, max_size=5), asked)
@settings(max_examples=300)
def test_a_deal_allows_what_it_names_there_and_then_and_nothing_else(items, question) -> None:
    use, territory, day, _, _ = question
    if decide(items, *question).allow:
        found = [item.deal for item in items if item.deal and use in item.deal.uses and _current(item)]
        assert any(
            (deal.start is None or deal.start <= day)
            and (deal.end is None or day <= deal.end)
            and ({territory, "Worldwide"} & {*deal.territories})
            and territory not in deal.excluded
            for deal in found
        )


@given(evidence, asked)
@settings(max_examples=300)
def test_what_may_be_done_with_a_recording_may_be_done_with_its_song(items, question) -> None:
    use, *rest, _ = question
    if use not in (Use.KEEP, Use.REVIEW) and decide(items, use, *rest).allow:
        assert decide(items, use, *rest, Part.COMPOSITION).allow


@given(evidence, asked)
def test_no_word_on_the_sound_gives_artwork_or_metadata(items, question) -> None:
    *rest, _ = question
    for part in (Part.ARTWORK, Part.METADATA):
        assert not decide([item for item in items if item.part in SOUND], *rest, part).allow


@given(evidence, asked)
def test_an_unknown_place_is_never_freer_and_commerce_never_is(items, question) -> None:
    use, territory, day, commercial, part = question
    if decide(items, use, "unknown", day, commercial, part).allow:
        assert decide(items, use, territory, day, commercial, part).allow
    if decide(items, use, territory, day, True, part).allow:
        assert decide(items, use, territory, day, False, part).allow


@given(evidence, asked)
def test_review_follows_keep(items, question) -> None:
    _, *rest = question
    unruled = [item for item in items if not item.uses]
    assert decide(unruled, Use.REVIEW, *rest).allow == decide(unruled, Use.KEEP, *rest).allow


@given(evidence, asked)
@settings(max_examples=300)
def test_a_decision_names_rules_of_its_own_side(items, question) -> None:
    decision = decide(items, *question)
    assert decision.codes
    assert all(RULES[code].allows is decision.allow for code in decision.codes)
    assert {*decision.evidence} <= {item.id for item in items}
    assert bool(decision.evidence) or decision.codes[0] in ("R-NO-EVIDENCE", "R-NOT-HELD")
    assert bool(decision.would_change) is not decision.allow


@given(evidence, asked)
@settings(max_examples=300)
def test_the_license_of_an_answer_is_one_that_every_statement_used_implies(items, question) -> None:
    """Whoever keeps to it, in whichever way it leaves open, keeps to each of them."""
    decision = decide(items, *question)
    used = [item for item in items if item.id in decision.evidence]
    named = [item for item in used if item.license and item.says in (Says.LICENSE, Says.ALLOWED)]
    assert decision.allow or not decision.license
    if decision.license:
        assert named
        for way in ways(decision.license):
            assert all(any(one <= way for one in ways(item.license)) for item in named)
    elif decision.allow:
        assert decision.codes[0] in ("R-DEAL", "R-HELD", "R-RULED-YES", "R-TERM-ENDED")


def _stated(license: str, part: str = "all", says: Says = Says.LICENSE) -> Evidence:
    return Evidence(says=says, origin="test", text=license, license=license, part=part)


def _writer(name: str) -> Evidence:
    return Evidence(Says.WRITER, "tag:composer", name, holder=name, part="composition")


def _dated(event: Event, date: str, part: str = "recording") -> Evidence:
    return Evidence(Says.DATED, "musicbrainz:date", date, part=part, dated=Dated(event, date))


def _reserved() -> Evidence:
    return Evidence(Says.PREFERENCE, "tdmrep", "1", preference=Preference("tdm", False))


@pytest.mark.parametrize(
    ("items", "license"),
    [
        ([_stated("CC-BY-3.0")], "CC-BY-3.0"),
        ([_stated("CC-BY-3.0 OR CC-BY-SA-3.0"), _stated("CC-BY-SA-3.0")], "CC-BY-SA-3.0"),
        ([_stated("GPL-1.0-or-later"), _stated("GPL-2.0-or-later")], "GPL-2.0-or-later"),
        ([_stated("CC-BY-3.0"), _stated("CC-BY-SA-3.0")], ""),
        ([_stated("CC-BY-3.0"), _stated("CC-BY-SA-3.0", says=Says.ALLOWED)], "CC-BY-SA-3.0"),
        ([_stated("CC-BY-3.0"), _stated("", says=Says.ALLOWED)], ""),
        ([_stated("CC-BY-4.0", says=Says.ALLOWED), _stated("", says=Says.ALLOWED)], "CC-BY-4.0"),
        ([_stated("CC-BY-4.0", says=Says.ALLOWED), _stated("CC-BY-SA-4.0", says=Says.ALLOWED)], ""),
    ],
)
def test_the_license_is_the_settled_one_and_the_one_that_is_credited(items, license) -> None:
    decision = decide(items, Use.SHARE, "Worldwide", DAY)
    assert decision.license == license
    if license:
        assert attribution("S", "A", items) == attribution("S", "A", [_stated(license)])


def test_a_part_of_its_own_license_binds_too() -> None:
    both = [_stated("CC-BY-3.0", "recording"), _stated("CC-BY-SA-3.0", "composition")]
    assert decide(both, Use.SHARE, "FR", DAY).license == "CC-BY-3.0 AND CC-BY-SA-3.0"
    narrower = [_stated("GPL-2.0-or-later", "recording"), _stated("GPL-2.0-only", "composition")]
    assert decide(narrower, Use.SHARE, "FR", DAY).license == "GPL-2.0-only"
    assert decide(both[:1], Use.KEEP, "FR", DAY).license == "CC-BY-3.0"


def test_no_license_where_none_decided() -> None:
    deal = Evidence(says=Says.DEAL, origin="ddex-ern", text="", deal=Deal((Use.STREAM,), ("Worldwide",)))
    owner = Evidence(says=Says.HELD, origin="depositor", text="", held_as="owner")
    assert decide([deal], Use.STREAM, "FR", DAY).license == ""
    assert decide([owner, _stated("CC-BY-3.0")], Use.KEEP, "FR", DAY).license == ""
    assert decide([_stated("CC-BY-NC-4.0")], Use.SHARE, "FR", DAY, commercial=True).license == ""


@pytest.mark.parametrize(
    ("items", "use", "territory", "words"),
    [
        ([_stated("CC-BY-4.0"), _writer("Ann Example")], Use.SHARE, "FR", "Named as writer: Ann Example."),
        ([_dated(Event.PUBLISHED, "1950")], Use.STREAM, "US", "protected until 2060-12-31"),
        ([_dated(Event.FIXED, "1960")], Use.STREAM, "US", "when the recording was first published"),
        (
            [_dated(Event.PUBLISHED, "1920"), _dated(Event.PUBLISHED, "1960", "composition")],
            Use.STREAM,
            "DE",
            "who the authors of the composition are and when each died",
        ),
        (
            [_dated(Event.FIXED, "1960"), _dated(Event.CREATED, "1990", "composition")],
            Use.STREAM,
            "US",
            "who the authors of the composition are and when each died",
        ),
        (
            [
                Evidence(
                    Says.DEAL,
                    "ddex-ern",
                    "",
                    deal=Deal((Use.STREAM,), ("FR",), (), DAY, DAY - dt.timedelta(days=1)),
                )
            ],
            Use.STREAM,
            "FR",
            "it ends on 2026-11-21, before it starts on 2026-11-22",
        ),
        ([_stated("CC-BY-4.0"), _reserved()], Use.MINE, "FR", "takes the reservation back"),
    ],
)
def test_a_no_says_what_is_missing(items, use, territory, words) -> None:
    decision = decide(items, use, territory, DAY)
    assert not decision.allow
    assert words in decision.would_change


def test_an_answer_by_license_or_term_names_the_clause() -> None:
    assert decide([_stated("CC-BY-4.0")], Use.ADAPT, "FR", DAY).clause == "CC-BY-4.0 section 2(a)(1)(B)"
    old = [_dated(Event.PUBLISHED, "1920"), _dated(Event.PUBLISHED, "1915", "composition")]
    assert decide(old, Use.STREAM, "US", DAY).clause.startswith("17-usc-1401-a-2-B-i; 17-usc-304")


def test_a_term_ends_after_its_last_day() -> None:
    song = _dated(Event.PUBLISHED, "1915", "composition")
    recording = _dated(Event.PUBLISHED, "1930")
    last = dt.date(2030, 12, 31)
    assert not decide([recording, song], Use.STREAM, "US", last).allow
    assert decide([recording, song], Use.STREAM, "US", last + dt.timedelta(days=1)).allow
