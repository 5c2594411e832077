# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the gate, over evidence put together at random."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.model.rights import Deal, Evidence, Says, Use
from onrecord.rights import RULES, attribution, decide
from onrecord.rights.expressions import ways

DAY = dt.date(2026, 11, 22)
days = st.none() | st.dates(dt.date(2026, 11, 20), dt.date(2026, 11, 25))
parts = st.sampled_from(["all", "all", "all", "recording", "composition", "artwork", "metadata"])
uses = st.lists(st.sampled_from(list(Use)), unique=True, max_size=3).map(tuple)
territories = st.sampled_from(["Worldwide", "unknown", "FR", "US", "UK", "", "fr"])
texts = st.sampled_from(
    [
        ("CC BY 3.0", "CC-BY-3.0"),
        ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("CC BY-ND 4.0", "CC-BY-ND-4.0"),
        ("CC0", "CC0-1.0"),
        ("GPL", "GPL-1.0-or-later"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2", "GPL-2.0-only"),
        ("CC BY", ""),
        ("ask me", ""),
        ("public domain", ""),
        ("CC BY 3.0, non-commercial", "CC-BY-3.0"),
        ("?", "Nonsense AND"),
    ]
)


def _license(text: tuple[str, str], part: str, day: dt.date | None, origin: str) -> Evidence:
    return Evidence(says=Says.LICENSE, origin=origin, text=text[0], license=text[1], part=part, day=day)


codes = st.lists(st.sampled_from(["FR", "US", "Worldwide", "US-CA", "XX"]), max_size=2).map(tuple)
licenses = st.builds(_license, texts, parts, days, st.sampled_from(["tag:LICENSE", "album.json"]))
deals = st.builds(
    lambda uses, there, but, start, end, part, day: Evidence(
        says=Says.DEAL,
        origin="ddex-ern",
        text="",
        deal=Deal(uses, there, but, start, end),
        part=part,
        day=day,
    ),
    *(uses, codes, codes, days, days, parts, days),
)
held = st.builds(
    lambda held_as, part: Evidence(says=Says.HELD, origin="depositor", text="", held_as=held_as, part=part),
    *(st.sampled_from(["owner", "deposit", "licensed", ""]), parts),
)
rulings = st.builds(
    lambda says, uses, license, part, day: Evidence(
        says=says, origin="ruling", text="", uses=uses, license=license, part=part, day=day
    ),
    *(
        st.sampled_from([Says.ALLOWED, Says.REFUSED]),
        uses,
        st.sampled_from(["", "CC-BY-4.0", "CC-BY-NC-4.0"]),
        parts,
        days,
    ),
)
withdrawals = st.builds(
    lambda part, day: Evidence(says=Says.WITHDRAWN, origin="notice", text="", part=part, day=day), parts, days
)
evidence = st.lists(licenses | deals | held | rulings | withdrawals, max_size=5)
asked = st.tuples(st.sampled_from(list(Use)), territories, st.just(DAY), st.booleans())


@given(evidence, asked, st.randoms())
def test_order_and_repetition_do_not_matter(items, question, random) -> None:
    shuffled = items * 2
    random.shuffle(shuffled)
    assert decide(shuffled, *question) == decide(items, *question)


@given(evidence, asked, withdrawals)
def test_a_withdrawal_never_turns_no_into_yes(items, question, withdrawal) -> None:
    before, after = decide(items, *question), decide([*items, withdrawal], *question)
    assert before.allow or not after.allow
    if withdrawal.part in ("all", "recording", "composition") and (
        withdrawal.day is None or withdrawal.day <= DAY
    ):
        assert not after.allow
        assert after.codes == ("R-WITHDRAWN",)


@given(evidence, asked, rulings.filter(lambda ruling: ruling.says is Says.REFUSED))
def test_a_refusal_never_turns_no_into_yes(items, question, refusal) -> None:
    assert decide(items, *question).allow or not decide([*items, refusal], *question).allow


@given(evidence, asked)
def test_without_permission_the_answer_is_no(items, question) -> None:
    forbidding = [item for item in items if item.says in (Says.REFUSED, Says.WITHDRAWN)]
    assert not decide(forbidding, *question).allow
    assert not decide([], *question).allow


@given(evidence, asked)
def test_evidence_of_later_days_changes_no_answer(items, question) -> None:
    now = [item for item in items if item.day is None or item.day <= DAY]
    assert decide(items, *question).allow == decide(now, *question).allow


@given(evidence, st.booleans())
def test_share_needs_a_license_or_a_person(items, commercial) -> None:
    weaker = [item for item in items if item.says not in (Says.LICENSE, Says.ALLOWED)]
    for use in (Use.SHARE, Use.ADAPT, Use.MINE):
        assert not decide(weaker, use, "Worldwide", DAY, commercial).allow


@given(evidence, asked)
def test_an_unknown_place_is_never_freer_and_commerce_never_is(items, question) -> None:
    use, territory, day, commercial = question
    if decide(items, use, "unknown", day, commercial).allow:
        assert decide(items, use, territory, day, commercial).allow
    if decide(items, use, territory, day, True).allow:
        assert decide(items, use, territory, day, False).allow


@given(evidence, asked)
def test_review_follows_keep(items, question) -> None:
    _, *rest = question
    unruled = [item for item in items if not item.uses]
    assert decide(unruled, Use.REVIEW, *rest).allow == decide(unruled, Use.KEEP, *rest).allow


@given(evidence, asked)
@settings(max_examples=200)
def test_a_decision_names_rules_of_its_own_side(items, question) -> None:
    decision = decide(items, *question)
    assert decision.codes
    assert all(RULES[code].allows is decision.allow for code in decision.codes)
    assert {*decision.evidence} <= {item.id for item in items}
    assert bool(decision.evidence) or decision.codes[0] in ("R-NO-EVIDENCE", "R-NOT-HELD")


@given(evidence, asked)
@settings(max_examples=200)
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
        assert decision.codes[0] in ("R-DEAL", "R-HELD", "R-RULED-YES")


def _stated(license: str, part: str = "all", says: Says = Says.LICENSE) -> Evidence:
    return Evidence(says=says, origin="test", text=license, license=license, part=part)


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
