# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule has a folder of cases under tests/data/rights: evidence in, the expected decision beside it."""

import datetime as dt
import random
from pathlib import Path

import msgspec
import pytest

from onrecord.model.rights import Evidence, Part, Use
from onrecord.rights import RULES, decide, explain
from onrecord.rights.rules import REMEDIES, REVIEWED, WANTING

CASES = Path(__file__).parent.parent / "data" / "rights"
FILES = sorted(CASES.glob("*/*.json"))


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    allow: bool
    codes: tuple[str, ...]
    review: bool


class Case(msgspec.Struct, forbid_unknown_fields=True):
    why: str
    evidence: list[Evidence]
    use: Use
    territory: str
    day: dt.date
    commercial: bool
    expect: Expected
    part: Part = Part.RECORDING


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path) -> None:
    case = msgspec.json.decode(path.read_bytes(), type=Case)
    question = case.use, case.territory, case.day, case.commercial, case.part
    decision = decide(case.evidence, *question)
    assert Expected(decision.allow, decision.codes, decision.review) == case.expect, case.why
    assert path.parent.name in decision.codes
    shuffled = case.evidence * 2
    random.Random(7).shuffle(shuffled)
    assert decide(shuffled, *question) == decision
    assert {*decision.evidence} <= {item.id for item in case.evidence}
    assert bool(decision.would_change) is not decision.allow
    assert [rule.code for rule in explain(decision)] == [*decision.codes]


def test_every_rule_has_cases_and_every_folder_a_rule() -> None:
    assert {path.parent.name for path in FILES} == set(RULES)


def test_every_rule_says_what_and_why() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.sentence.endswith(".") and rule.clause
        assert (code in REMEDIES) is not rule.allows
    assert {*REVIEWED, *WANTING} <= {code for code, rule in RULES.items() if not rule.allows}
