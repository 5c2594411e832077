# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes about machines are read where they stand, of the files that they are about, and in doubt as a reservation."""

import json
from pathlib import Path, PurePosixPath

import pytest

from onrecord.model.rights import Evidence, Preference, Says
from onrecord.model.sound import Tags
from onrecord.sources.sidecars import Sidecars, tag_evidence
from onrecord.sources.sidecars.preferences import matches


def wishes(evidence: list[Evidence]) -> list[Preference]:
    return [item.preference for item in evidence if item.says is Says.PREFERENCE and item.preference]


def of(folder: Path, name: str) -> list[Preference]:
    return wishes(Sidecars.scan(folder).evidence(PurePosixPath(name)))


def put(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


RESERVED = Preference("tdm", allow=False)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("TDM-RESERVATION", "1", [RESERVED]),
        ("TXXX:tdm_reservation", "1", [RESERVED]),
        ("----:com.apple.iTunes:TDM RESERVATION", "1", [RESERVED]),
        ("tdm-reservation", "0", [Preference("tdm", allow=True)]),
        ("tdm-reservation", "perhaps", [RESERVED]),
        ("tdm-reservation", " ", []),
        (
            "Content-Usage",
            "train-ai=n, search=y",
            [Preference("train-ai", allow=False), Preference("search", allow=True)],
        ),
        (
            "CONTENT-SIGNAL",
            "ai-train=no,search=yes;x=1",
            [Preference("train-ai", False), Preference("search", True)],
        ),
        ("content-usage", "train-ai=maybe, bake-cakes=n, =, train-ai", []),
        ("comment", "tdm-reservation: 1", []),
    ],
)
def test_tags(key: str, value: str, expected: list[Preference]) -> None:
    assert wishes(tag_evidence(Tags(frames=((key, value),)))) == expected


def test_a_policy_in_the_tags_says_where_a_license_may_be_had() -> None:
    frames = (("TDM-POLICY", "https://a.example/policy"), ("TDM-RESERVATION", "1"))
    [evidence] = tag_evidence(Tags(frames=frames))
    assert evidence.preference == Preference("tdm", allow=False, policy="https://a.example/policy")
    assert (evidence.origin, evidence.text) == ("tag:TDM-RESERVATION", "1")
    frames = (("TDM-POLICY", "javascript:alert(1)"), ("TDM-RESERVATION", "1"))
    assert wishes(tag_evidence(Tags(frames=frames))) == [RESERVED]


def test_of_the_rules_of_a_tdmrep_the_longest_that_matches_counts(tmp_path: Path) -> None:
    rules = [
        {"location": "/", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"},
        {"location": "/free/", "tdm-reservation": 0},
        {"location": "*.flac$", "tdm-reservation": 1},
    ]
    put(tmp_path, "site/.well-known/tdmrep.json", rules)
    with_policy = Preference("tdm", allow=False, policy="https://a.example/p")
    assert of(tmp_path, "site/music/a.ogg") == [with_policy]
    assert of(tmp_path, "site/free/a.ogg") == [Preference("tdm", allow=True)]
    assert of(tmp_path, "site/free/a.flac") == [RESERVED]
    assert of(tmp_path, "elsewhere/a.ogg") == []
    [document] = Sidecars.scan(tmp_path).documents
    [evidence] = Sidecars.scan(tmp_path).evidence(PurePosixPath("site/music/a.ogg"))
    assert evidence.document == document.sha256, "the document is kept and quoted"


def test_of_equally_long_rules_all_are_evidence(tmp_path: Path) -> None:
    put(tmp_path, "tdmrep.json", [{"location": "/a", "tdm-reservation": flag} for flag in (0, 1)])
    assert of(tmp_path, "a.ogg") == [Preference("tdm", allow=True), RESERVED]


@pytest.mark.parametrize(
    "broken", ["{", "{}", '[{"location": 1}]', '[{"location": "/"}]', "[[]]", '["\\ud800"]']
)
def test_a_tdmrep_that_cannot_be_read_reserves_and_is_named(tmp_path: Path, broken: str) -> None:
    put(tmp_path, "x/tdmrep.json", broken)
    assert of(tmp_path, "x/y/a.ogg") == [RESERVED]
    assert of(tmp_path, "a.ogg") == []
    assert [str(item.path) for item in Sidecars.scan(tmp_path).refused] == ["x/tdmrep.json"]


def test_of_a_robots_txt_what_is_for_everybody_counts(tmp_path: Path) -> None:
    text = """
    Content-Usage: train-ai=n   # of no group: for nobody
    User-Agent: SomeBot
    Content-Usage: search=n

    User-Agent: OtherBot
    User-Agent: *
    Disallow: /private/
    Content-Usage: train-ai=n  # please
    Content-Usage: /free/ train-ai=y
    Content-Signal: search=yes
    """
    put(tmp_path, "robots.txt", text)
    both = [Preference("train-ai", allow=False), Preference("search", allow=True)]
    assert of(tmp_path, "private/a.ogg") == both, "who may come says nothing of what may be done"
    assert of(tmp_path, "free/a.ogg") == [
        Preference("train-ai", allow=True),
        Preference("search", allow=True),
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/", "/a", True),
        ("/a/*.ogg$", "/a/b/c.ogg", True),
        ("/a/*.ogg$", "/a/b.ogg.txt", False),
        ("*", "/", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*a$", "/a", False),
        ("/b", "/a/b", False),
        ("*b*b*b", "/b/b", False),
        ("/*a" * 300, "/" + "a" * 5000, False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected
