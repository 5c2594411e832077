# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a harvester asks: its arguments held to the protocol, and the token by which a list goes on."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

PREFIX: Final = "oai_dc"
#: Of each verb the arguments that it needs, and those that it may have (OAI-PMH 2.0, section 4).
VERBS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Identify": ((), ()),
    "ListMetadataFormats": ((), ("identifier",)),
    "ListSets": ((), ("resumptionToken",)),
    "ListIdentifiers": (("metadataPrefix",), ("from", "until", "set", "resumptionToken")),
    "ListRecords": (("metadataPrefix",), ("from", "until", "set", "resumptionToken")),
    "GetRecord": (("identifier", "metadataPrefix"), ()),
}
#: As far as SQLite counts.
FOREVER: Final = 2**62
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SECOND: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_LONGEST: Final = 2000


class Wrong(Exception):
    """An error of the protocol: its code, and what is told with it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Place(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Where a list is, all that is needed to go on with it: nothing about it is kept here.

    first, last    the span of time in seconds, both within
    part           the set, "" for all
    stamp, id      the record that was given last; "" before the first
    given, count   how many were given, and how many there were at the beginning
    """

    verb: str
    first: int = 0
    last: int = FOREVER
    part: str = ""
    stamp: int = 0
    id: str = ""
    given: int = 0
    count: int = 0

    @property
    def token(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def read(pairs: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """(verb, its arguments). Raises Wrong where the protocol does not allow them."""
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise Wrong("badVerb", f"expected one verb, of {', '.join(VERBS)}; got {_said(verbs)}")
    verb = verbs[0]
    needed, allowed = VERBS[verb]
    given = {name: value for name, value in pairs if name != "verb"}
    if len(given) != len(pairs) - 1:
        raise Wrong("badArgument", "an argument is repeated")
    if others := [name for name in given if name not in (*needed, *allowed)]:
        raise Wrong("badArgument", f"{verb} has no argument {_said(others)}")
    if "resumptionToken" in given:
        if len(given) > 1:
            raise Wrong("badArgument", "a resumptionToken stands alone")
    elif missing := [name for name in needed if name not in given]:
        raise Wrong("badArgument", f"{verb} needs {', '.join(missing)}")
    if long := [name for name, value in given.items() if len(value) > _LONGEST]:
        raise Wrong("badArgument", f"{long[0]} is longer than {_LONGEST} characters")
    if given.get("metadataPrefix", PREFIX) != PREFIX:
        said = _said([given["metadataPrefix"]])
        raise Wrong("cannotDisseminateFormat", f"expected {PREFIX}, the one format that is here; got {said}")
    return verb, given


def place(verb: str, given: Mapping[str, str]) -> Place:
    """Where the list of these arguments begins, or goes on."""
    if "resumptionToken" in given:
        return _resumed(verb, given["resumptionToken"])
    since, until = given.get("from", ""), given.get("until", "")
    if since and until and len(since) != len(until):
        raise Wrong("badArgument", "from and until must be of one granularity: days, or seconds")
    first = _seconds("from", since, end=False) if since else 0
    last = _seconds("until", until, end=True) if until else FOREVER
    if first > last:
        raise Wrong("badArgument", f"from ({since}) is later than until ({until})")
    if "set" in given and not given["set"]:
        raise Wrong("badArgument", "the set has no name")
    return Place(verb, first, last, given.get("set", ""))


def _resumed(verb: str, token: str) -> Place:
    try:
        read = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)), type=Place)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        read = Place("")
    numbers = (read.first, read.last, read.stamp, read.given, read.count)
    if read.verb != verb or not all(0 <= number <= FOREVER for number in numbers):
        raise Wrong("badResumptionToken", "this archive did not give this token for this verb")
    return read


def _seconds(name: str, text: str, *, end: bool) -> int:
    form = "%Y-%m-%d" if _DAY.fullmatch(text) else "%Y-%m-%dT%H:%M:%SZ" if _SECOND.fullmatch(text) else ""
    try:
        at = dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC) if form else None
    except ValueError:
        at = None
    if at is None:
        raise Wrong(
            "badArgument",
            f"{name}: expected a day or a second in UTC (2026-11-22T12:00:00Z), got {_said([text])}",
        )
    day = 86_399 if end and len(text) == 10 else 0
    return max(round(at.timestamp()) + day, 0)


def _said(values: Sequence[str]) -> str:
    return ", ".join(repr(value[:80]) for value in values[:5]) or "none"
