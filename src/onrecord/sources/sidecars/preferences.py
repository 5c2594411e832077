# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes about machines: in a file's tags, in a `tdmrep.json` (TDMRep) or a `robots.txt` that came with the sound.

Of a robots.txt the lines `Content-Usage` (IETF AI preferences) and `Content-Signal` (Content Signals) that are for
everybody are read. Tags bear the names of the header fields: TDM-RESERVATION, TDM-POLICY, CONTENT-USAGE.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from onrecord.errors import RecordRejected
from onrecord.model.rights import Evidence, Preference, Says
from onrecord.sources import strict_json
from onrecord.sources.sidecars.documents import SidecarDocument
from onrecord.sources.sidecars.said import LONGEST_TEXT, one_line

#: Names of wishes, with earlier and other names for the same.
_PURPOSES: Final = {
    "train-ai": "train-ai",
    "train-genai": "train-ai",
    "ai-train": "train-ai",
    "tdm": "tdm",
    "search": "search",
}
_YES: Final = frozenset({"y", "yes", "1", "?1", "true"})
_NO: Final = frozenset({"n", "no", "0", "?0", "false"})
_MOST_RULES: Final = 10_000
_LONGEST_PATTERN: Final = 1000
_PREFIX: Final = re.compile(r"^(?:txxx:|wxxx:|----:[^:]*:|wm/)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]{1,1000}")
_WELL_KNOWN: Final = ".well-known"


def tag_preferences(frames: Iterable[tuple[str, str]]) -> list[Evidence]:
    """What a file's own tags wish."""
    named = [(_plain(key), key, value.strip()) for key, value in frames]
    policy = next((value for name, _, value in named if name == "tdm-policy"), "")
    found: list[Evidence] = []
    for name, key, value in named:
        origin = f"tag:{_PREFIX.sub('', key)[:40]}"
        if name == "tdm-reservation" and value:
            found.append(_evidence(origin, value, _reservation(value, policy)))
        elif name in ("content-usage", "content-signal"):
            found += (_evidence(origin, value, wish) for wish in _listed(value))
    return found


class Wishes:
    """What a `tdmrep.json` or a `robots.txt` wishes of the files in its folder and below.

    Their rules name paths as a site has them: the document's folder is the site, or the one above `.well-known`. Of the
    rules that match a path the longest counts, as in RFC 9309; of equally long ones all do.
    """

    def __init__(self, document: SidecarDocument, rules: Sequence["_Rule"]) -> None:
        self.folder = top_of(document.path)
        self._rules = [
            (rule, _evidence(document.kind, rule.text, rule.wish, document.sha256)) for rule in rules
        ]

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        shown = f"/{path}"
        found = [(rule, evidence) for rule, evidence in self._rules if matches(rule.location, shown)]
        longest: dict[str, int] = {}
        for rule, _ in found:
            longest[rule.wish.purpose] = max(len(rule.location), longest.get(rule.wish.purpose, 0))
        yield from (evidence for rule, evidence in found if len(rule.location) == longest[rule.wish.purpose])


def read_tdmrep(document: SidecarDocument) -> Wishes:
    """`/.well-known/tdmrep.json`: a list of rules with `location`, `tdm-reservation` and `tdm-policy`."""
    value = strict_json.read(document.content)
    if not isinstance(value, list) or len(value) > _MOST_RULES:
        raise RecordRejected(f"expected a list of at most {_MOST_RULES} rules")
    return Wishes(document, [_tdm_rule(number, rule) for number, rule in enumerate(value, 1)])


def read_robots(document: SidecarDocument) -> Wishes:
    """A robots.txt: what it wishes of everybody. Whom it lets in says nothing of what may be done with a copy."""
    rules: list[_Rule] = []
    for_everybody = in_agents = False
    for line in document.text.splitlines():
        field, colon, value = line.partition("#")[0].partition(":")
        name, value = field.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            for_everybody = value == "*" or (in_agents and for_everybody)
            in_agents = True
            continue
        in_agents = False
        if for_everybody and name in ("content-usage", "content-signal") and len(rules) < _MOST_RULES:
            location, _, rest = value.partition(" ") if value.startswith("/") else ("/", "", value)
            if len(location) <= _LONGEST_PATTERN:
                rules += (_Rule(location, wish, line.strip()) for wish in _listed(rest))
    return Wishes(document, rules)


def unread_preference(path: PurePosixPath, kind: str, reason: str, sha256: str = "") -> Evidence:
    """A document of wishes that nobody could read: its author wanted to reserve something."""
    words = one_line(f"{path.name} could not be read: {reason}")
    return _evidence(kind, words, Preference("tdm", allow=False), sha256)


def top_of(path: PurePosixPath) -> PurePosixPath:
    """The folder that a document of wishes speaks of."""
    return path.parent.parent if path.parent.name == _WELL_KNOWN else path.parent


def matches(pattern: str, path: str) -> bool:
    """RFC 9309, 2.2.3: from the start of the path, `*` is anything, `$` the end. In time linear in the path."""
    ends = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(parts, 1):
        if ends and number == len(parts):
            return len(path) - len(part) >= at and path.endswith(part)
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at == len(path) or not ends


class _Rule(NamedTuple):
    location: str
    wish: Preference
    text: str


def _tdm_rule(number: int, rule: Any) -> _Rule:
    location, reservation = (
        (rule.get("location"), rule.get("tdm-reservation")) if isinstance(rule, dict) else (None, None)
    )
    if not isinstance(location, str) or len(location) > _LONGEST_PATTERN:
        raise RecordRejected(
            f"rule {number}: expected an object with a `location` of at most 1,000 characters"
        )
    if not isinstance(reservation, int | str):
        raise RecordRejected(f"rule {number}: expected `tdm-reservation` 0 or 1")
    policy = rule.get("tdm-policy")
    wish = _reservation(str(reservation).lower(), policy if isinstance(policy, str) else "")
    text = f"location {location}, tdm-reservation {reservation}"
    place = location if location.startswith(("/", "*")) else f"/{location}"
    return _Rule(place, wish, text + (f", tdm-policy {wish.policy}" if wish.policy else ""))


def _reservation(value: str, policy: str) -> Preference:
    """0 is free; 1 is reserved, and so is what else stands there."""
    address = policy.strip() if _ADDRESS.fullmatch(policy.strip()) else ""
    return Preference("tdm", allow=value.strip().lower() in ("0", "false", "no"), policy=address)


def _listed(text: str) -> Iterator[Preference]:
    """`train-ai=n, search=y`: what has another name or another value says nothing."""
    for item in text.split(",")[:100]:
        name, _, value = item.partition(";")[0].partition("=")
        purpose, word = _PURPOSES.get(name.strip().lower()), value.strip().lower()
        if purpose and word in _YES | _NO:
            yield Preference(purpose, allow=word in _YES)


def _evidence(origin: str, text: str, wish: Preference, document: str = "") -> Evidence:
    return Evidence(
        says=Says.PREFERENCE, origin=origin, text=text[:LONGEST_TEXT], document=document, preference=wish
    )


def _plain(key: str) -> str:
    return re.sub(r"[ _-]+", "-", _PREFIX.sub("", key).strip().lower())
