# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person decides about who is who and what is right: joined, kept apart, said, and taken back.

A decision names claims of sources, or a canonical id and a field: so it holds through every harvest and every rebuild.
It is in the log with who and why, and nothing of it is ever lost.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.explaining import find_join
from onrecord.archive.matching import rematch_locked
from onrecord.archive.things import CALLED, Claim, Thing, find_thing, lead, load_members, thing_of
from onrecord.catalog.deciding import FIELDS
from onrecord.catalog.tables import DecisionRow
from onrecord.engine.duck import Duck
from onrecord.errors import NotFound, UsageError
from onrecord.model import identifiers

_LONGEST_NAME: Final = 200
_LONGEST_WHY: Final = 10_000
_LONGEST_VALUE: Final = 1_000
#: Other words for a date stand as they are, as the sources' do.
_LIKE_A_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_LONGEST_MS: Final = 7 * 24 * 3600 * 1000
_CHECKED: Final = {
    "mbid": identifiers.mbid,
    "barcode": identifiers.barcode,
    "code": identifiers.label_code,
}


class Decision(Struct, frozen=True):
    """A decision as it stands. `sides` are the claims of `same` and `apart`, side by side; `undone` is when it was
    taken back, "" while it holds."""

    id: str
    act: str
    kind: str
    thing: str
    field: str
    value: str
    sides: tuple[tuple[Claim, ...], ...]
    by: str
    why: str
    logged: str
    undone: str = ""


class Decided(Struct, frozen=True):
    """`things` are the canonical ids that what was named bears now. `matched` is False where the next match applies
    it."""

    decision: Decision
    things: tuple[str, ...]
    matched: bool


class _Draft(Struct, frozen=True):
    act: str
    kind: str
    thing: str = ""
    field: str = ""
    value: str = ""
    sides: tuple[tuple[Claim, ...], ...] = ()


def join(
    archive: Archive, a: str, b: str, *, by: str, why: str, kind: str = "", later: bool = False
) -> Decided:
    """Two things, or claims, are one. Whoever had the older id answers for both. UsageError where they are one already,
    or of two kinds."""
    _say_who(by, why)
    with archive.writing():
        with archive.duck() as duck:
            load_members(archive, duck)
            one = find_thing(archive, duck, a, kind)
            other = find_thing(archive, duck, b, kind or one.kind)
        if one.id == other.id:
            raise UsageError(
                f"{a[:200]!r} and {b[:200]!r}: both are {one.id} already", "name two that are apart"
            )
        draft = _Draft("same", one.kind, one.id, sides=(one.claims, other.claims))
        return _decide(archive, draft, by, why, later)


def split(
    archive: Archive, thing: str, claims: Sequence[str], *, by: str, why: str, later: bool = False
) -> Decided:
    """Claims of a thing are another one: they and the rest of it are never one again, whatever joins them.

    The part with the founding claim keeps the id. UsageError where nothing would be left, or all of it.
    """
    _say_who(by, why)
    with archive.writing():
        with archive.duck() as duck:
            load_members(archive, duck)
            whole = find_thing(archive, duck, thing)
            named = [find_thing(archive, duck, claim, whole.kind) for claim in claims]
        out = tuple(dict.fromkeys(claim for each in named for claim in each.claims))
        for word, each in zip(claims, named, strict=True):
            if each.id != whole.id or len(each.claims) != 1:
                raise UsageError(
                    f"{word[:200]!r}: expected a claim of {whole.id} as SOURCE:ID",
                    "`onrecord match why` lists them",
                )
        rest = tuple(claim for claim in whole.claims if claim not in out)
        if not out or not rest:
            raise UsageError(f"{whole.id}: expected some of its {len(whole.claims)} claims, got {len(out)}")
        return _decide(archive, _Draft("apart", whole.kind, whole.id, sides=(out, rest)), by, why, later)


def override(
    archive: Archive, thing: str, field: str, value: str, *, by: str, why: str, later: bool = False
) -> Decided:
    """A field of a thing is this, whatever sources say; "" says that there is nothing to say. It goes out under CC0."""
    _say_who(by, why)
    with archive.writing():
        with archive.duck() as duck:
            load_members(archive, duck)
            found = find_thing(archive, duck, thing)
        value = _checked(found, field, value)
        return _decide(archive, _Draft("says", found.kind, found.id, field, value), by, why, later)


def undo(archive: Archive, what: str, *, by: str, why: str, later: bool = False) -> Decided:
    """Take a decision back (by its id, or the beginning of it), or say that a join of the matcher (as `match why` calls
    it: THING/JOIN) is wrong: then its two claims are kept apart. NotFound where there is neither."""
    _say_who(by, why)
    with archive.writing():
        if "/" in what:
            found = find_join(archive, what)
            if found.decision:
                return _take_back(archive, found.decision, by, why, later)
            sides = ((found.b,), (found.a,))
            return _decide(archive, _Draft("apart", found.kind, found.thing, sides=sides), by, why, later)
        return _take_back(archive, what, by, why, later)


def undo_override(
    archive: Archive, thing: str, field: str, *, by: str, why: str, later: bool = False
) -> Decided:
    """Take back what holds for a field of a thing. NotFound where sources alone speak."""
    _say_who(by, why)
    with archive.writing():
        with archive.duck() as duck:
            load_members(archive, duck)
            found = find_thing(archive, duck, thing)
            held = [
                each.id
                for each in decisions(archive, duck)
                if (each.act, each.kind, each.field, each.undone) == ("says", found.kind, field, "")
                and lead(duck, found.kind, each.thing) == found.id
            ]
        if not held:
            raise NotFound(
                f"{found.id}: nobody decided its {field}", "`onrecord match decisions` lists what was"
            )
        return _take_back(archive, held[-1], by, why, later)


def decisions(archive: Archive, duck: Duck) -> list[Decision]:
    """Every decision, those that were undone too, in the order they were logged."""
    rows = duck.run(
        "SELECT decision, act, kind, thing, side, source, source_id, field, value, person, why, seq"
        " FROM decisions ORDER BY seq, decision, side, place"
    )
    undone = {row[0]: row[11] for row in rows if row[1] == "undo"}
    times = {row[11]: "" for row in rows}
    for entry in archive.log.entries() if rows else ():
        if entry.seq in times:
            times[entry.seq] = entry.time
    made: dict[str, dict[str, Any]] = {}
    for decision, act, kind, thing, side, source, source_id, field, value, by, why, seq in rows:
        if act == "undo":
            continue
        about = made.setdefault(
            decision,
            {"act": act, "kind": kind, "thing": thing, "field": field, "value": value, "by": by, "why": why}
            | {"logged": times[seq], "undone": times.get(undone.get(decision, -1), ""), "sides": {}},
        )
        if source:
            about["sides"].setdefault(side, []).append((source, source_id))
    return [
        Decision(id=it, **{**about, "sides": tuple(map(tuple, about["sides"].values()))})
        for it, about in made.items()
    ]


def _decide(archive: Archive, draft: _Draft, by: str, why: str, later: bool) -> Decided:
    said = {"by": by.strip(), "why": why.strip()}
    body = msgspec.to_builtins(draft) | said
    sealed = msgspec.json.encode({**body, "entry": archive.log.next_seq}, order="sorted")
    decision = hashlib.sha256(sealed).hexdigest()
    common = {name: body[name] for name in ("act", "kind", "thing", "field", "value")}
    common |= {"person": said["by"], "why": said["why"]}
    rows = [
        DecisionRow(decision=decision, side=side, place=place, source=source, source_id=source_id, **common)
        for side, claims in enumerate(draft.sides)
        for place, (source, source_id) in enumerate(claims)
    ] or [DecisionRow(decision=decision, side=0, place=0, source="", source_id="", **common)]
    archive.commit("decided", {"decision": decision, **common}, {"decisions": rows})
    return _applied(archive, decision, later)


def _take_back(archive: Archive, what: str, by: str, why: str, later: bool) -> Decided:
    with archive.duck() as duck:
        every = decisions(archive, duck)
    fitting = [each for each in every if what and each.id.startswith(what.lower())]
    if not fitting:
        raise NotFound(
            f"{what[:80]!r}: no decision has this id, and it is no join as THING/JOIN",
            "`onrecord match decisions` lists decisions, `onrecord match why ID` joins",
        )
    if len(fitting) > 1:
        raise UsageError(
            f"{what[:80]!r}: {len(fitting)} decisions begin so, expected one", "name more of its id"
        )
    [found] = fitting
    if found.undone:
        raise NotFound(f"decision {found.id[:16]}: it was undone on {found.undone[:10]}")
    said = {"by": by.strip(), "why": why.strip()}
    blank = {"source": "", "source_id": "", "value": ""}
    about: dict[str, Any] = {"kind": found.kind, "thing": found.thing, "field": found.field} | blank
    about |= {"person": said["by"], "why": said["why"]}
    row = DecisionRow(decision=found.id, act="undo", side=0, place=0, **about)
    archive.commit("decision-undone", {"decision": found.id, **said}, {"decisions": [row]})
    return _applied(archive, found.id, later)


def _applied(archive: Archive, decision: str, later: bool) -> Decided:
    if not later:
        rematch_locked(archive)
    with archive.duck() as duck:
        load_members(archive, duck)
        found = next(each for each in decisions(archive, duck) if each.id == decision)
        things = [thing_of(duck, found.kind, claim) for side in found.sides for claim in side]
        things = things or [lead(duck, found.kind, found.thing)]
    return Decided(found, tuple(dict.fromkeys(filter(None, things))), not later)


def _is_day(value: str) -> bool:
    try:
        dt.date.fromisoformat(value + "0000-01-01"[len(value) :])
    except ValueError:
        return False
    return True


def _checked(thing: Thing, field: str, value: str) -> str:
    called, fields = CALLED[thing.kind], FIELDS[thing.kind]
    if field not in fields:
        raise UsageError(f"{field[:80]!r}: expected a field of a {called}: {', '.join(fields)}")
    value = value.strip()
    if len(value) > _LONGEST_VALUE:
        raise UsageError(
            f"{field}: expected at most {_LONGEST_VALUE:,} characters, got {len(value):,}", "shorten it"
        )
    if not value.isprintable():
        raise UsageError(f"{field}: {value[:80]!r} holds characters that are not printed", "leave them out")
    if (
        field == "duration_ms"
        and value
        and not (value.isascii() and value.isdigit() and int(value) <= _LONGEST_MS)
    ):
        raise UsageError(f"duration_ms: expected milliseconds, at most a week of them, got {value[:80]!r}")
    if field == "date" and _LIKE_A_DATE.fullmatch(value) and not _is_day(value):
        raise UsageError(
            f"date: {value!r} is no day that there is", "leave out what is not known: 1974-03, 1974"
        )
    if value and field in _CHECKED:
        checked = _CHECKED[field](value)
        if not checked:
            raise UsageError(f"{field}: {value[:80]!r} is none", "look at its digits")
        return checked
    return value


def _say_who(by: str, why: str) -> None:
    if not by.strip() or not why.strip():
        raise UsageError("a decision says who decides, and why", "name both: --by NAME --why TEXT")
    for name, said, most in (("by", by, _LONGEST_NAME), ("why", why, _LONGEST_WHY)):
        if len(said) > most:
            raise UsageError(f"{name}: expected at most {most:,} characters, got {len(said):,}", "shorten it")
