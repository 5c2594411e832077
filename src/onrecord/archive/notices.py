# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices of rights owners (17 U.S.C. 512): taken, hidden, countered, put back or upheld; the clock between them.

What is decided is in the log for ever, with a digest of what each party said. Who they are lies in `people.sqlite`.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from onrecord.archive.business_days import business_days_after
from onrecord.archive.core import Archive
from onrecord.archive.notice_elements import (
    Counter,
    Notice,
    ask_for_the_rest,
    check_lengths,
    missing,
    missing_of_counter,
)
from onrecord.archive.people import People
from onrecord.archive.targets import blobs_of, find_target, withdrawals_that_hold
from onrecord.archive.withdrawing import restore_locked, withdraw_locked
from onrecord.errors import NotFound, UsageError
from onrecord.model.rights import Target

#: The put-back window in business days after the counter-notice (17 U.S.C. 512(g)(2)(C)).
OPENS: Final = 10
CLOSES: Final = 14
#: A notice that came by the web waits for a person where it reaches more files than this.
MOST_FILES: Final = 1_000
_KINDS: Final = frozenset({"recording", "release", "artist", "sound"})
_TEXT: Final = "a notice says, under penalty of perjury, that this is here without authorization"


class Case(Struct, frozen=True):
    """A notice as it stands; nobody is named in it.

    state     `received` (complete, not hidden yet: a run was cut off), `incomplete`, `waiting` (for a person),
              `hidden`, `countered`, `due` (may be put back), `restored`, `upheld`, `rejected`
    channel   `form`, `api` or `command`
    unknown   how many of the things that it names are not here
    missing   elements that the notice, or a counter-notice that does not count yet, lacks
    ask       the sender must be asked for them (17 U.S.C. 512(c)(3)(B)(ii))
    waits     why a person has to look first
    opens     the put-back window, both days included, where there is a counter-notice
    by, note  who decided last, and why; `sued` is that the claimant went to court
    """

    id: str
    state: str
    channel: str
    received: dt.date
    targets: tuple[Target, ...]
    unknown: int = 0
    missing: tuple[str, ...] = ()
    ask: bool = False
    waits: str = ""
    withdrawals: tuple[str, ...] = ()
    files: int = 0
    countered: dt.date | None = None
    opens: dt.date | None = None
    closes: dt.date | None = None
    sued: bool = False
    by: str = ""
    note: str = ""
    decided: dt.date | None = None
    erased: bool = False


class Depositor(Struct, frozen=True):
    """Where files came from, and how many notices about them stand unanswered or were upheld."""

    origin: str
    standing: int
    upheld: int


def receive(archive: Archive, notice: Notice, channel: str = "command") -> Case:
    """Take a notice: a complete one hides at once, one that lacks elements is kept and names them.

    By the web, a notice about an artist, or about very much, waits for a person: whoever signs it, one form must not
    hide a catalog.
    """
    check_lengths(notice)
    with archive.writing():
        for left in cases(archive):
            if left.state == "received":
                _hide(archive, left)
        targets, unknown = _found(archive, notice.material, channel)
        lacking = tuple(element.name for element in missing(notice, len(targets)))
        waits = "" if lacking or channel == "command" else _waits(archive, targets)
        identifier = f"n{archive.log.next_seq}"
        data = {
            "notice": identifier,
            "channel": channel,
            "targets": [msgspec.to_builtins(target) for target in targets],
            "unknown": unknown,
            "missing": lacking,
            "waits": waits,
            "digest": _keep(archive, identifier, "claimant", notice),
        }
        archive.commit("notice-received", data)
        if not lacking and not waits:
            _hide(archive, find_case(archive, identifier))
        return find_case(archive, identifier)


def accept(archive: Archive, id: str, *, by: str, note: str) -> Case:
    """A person lets a waiting notice hide what it names."""
    _say_who(by, note)
    with archive.writing():
        case = _in_state(archive, id, "waiting", "received")
        _hide(archive, case, by=by.strip(), note=note.strip())
        return find_case(archive, case.id)


def counter(archive: Archive, id: str, answer: Counter) -> Case:
    """Take a counter-notice; a complete one starts the put-back clock. What one lacks is named, and it is kept."""
    check_lengths(answer)
    with archive.writing():
        case = _in_state(archive, id, "hidden")
        lacking = tuple(element.name for element in missing_of_counter(answer))
        data: dict[str, Any] = {
            "notice": case.id,
            "missing": lacking,
            "digest": _keep(archive, case.id, "answer", answer),
        }
        archive.commit("notice-counter-incomplete" if lacking else "notice-countered", data)
        return find_case(archive, case.id)


def sued(archive: Archive, id: str, *, by: str, note: str) -> Case:
    """The claimant says that they went to court about a countered notice: it stays hidden."""
    return _decide(archive, id, "notice-upheld", ("countered", "due"), by, note, sued=True)


def uphold(archive: Archive, id: str, *, by: str, note: str) -> Case:
    """A person of this archive finds a notice right: it stays hidden, and counts against where the files came from."""
    return _decide(archive, id, "notice-upheld", ("hidden", "countered", "due"), by, note, sued=False)


def put_back(archive: Archive, id: str, *, by: str, note: str) -> Case:
    """Restore what a countered notice hid. UsageError before the window opens; after it, putting back is late."""
    _say_who(by, note)
    with archive.writing():
        case = _in_state(archive, id, "countered", "due")
        if case.state != "due":
            raise UsageError(
                f"notice {case.id}: it may be put back from {case.opens} to {case.closes}, today is {archive.today}",
                "the claimant has until then to go to court: `onrecord rights sued` says that they did",
            )
        return _end(archive, case, "notice-restored", by, note)


def reject(archive: Archive, id: str, *, by: str, note: str) -> Case:
    """A person finds that a notice does not hold, or was taken back: whatever it hid is restored."""
    _say_who(by, note)
    with archive.writing():
        open_states = ("received", "incomplete", "waiting", "hidden", "countered", "due", "upheld")
        return _end(archive, _in_state(archive, id, *open_states), "notice-rejected", by, note)


def erase(archive: Archive, id: str) -> Case:
    """Erase what the parties to a notice said and who they are. The log still verifies; what was decided stands."""
    with archive.writing():
        case = find_case(archive, id)
        with People(archive.folder) as people:
            people.erase(case.id)
        if not case.erased:
            archive.commit("notice-erased", {"notice": case.id})
        return find_case(archive, case.id)


def cases(archive: Archive) -> list[Case]:
    """Every notice in the order they came."""
    found: dict[str, Case] = {}
    for event, time, data in archive.ledger.notices():
        day = dt.date.fromisoformat(time[:10])
        if event == "notice-received":
            found[data["notice"]] = _received(data, day)
        elif data["notice"] in found:
            found[data["notice"]] = _after(found[data["notice"]], event, data, day)
    hiding = _hiding(archive) if found else {}
    return [_today(archive, case, hiding.get(case.id, ())) for case in found.values()]


def find_case(archive: Archive, id: str) -> Case:
    """The notice with this id. Raises NotFound."""
    for case in cases(archive):
        if case.id == id.strip().lower():
            return case
    raise NotFound(f"{id[:80]!r}: no notice has this id", "`onrecord rights notices` lists them")


def claimant(archive: Archive, id: str) -> Notice | None:
    """What the sender of a notice said; None where it was erased."""
    with People(archive.folder) as people:
        body = people.get(id, "claimant")
    return msgspec.json.decode(body, type=Notice) if body else None


def answerer(archive: Archive, id: str) -> Counter | None:
    """What whoever countered a notice said; None where nobody did, or it was erased."""
    with People(archive.folder) as people:
        body = people.get(id, "answer")
    return msgspec.json.decode(body, type=Counter) if body else None


def waiting_notices(archive: Archive) -> tuple[str, ...]:
    """Ids of notices about which a person has to do something."""
    return tuple(
        case.id
        for case in cases(archive)
        if case.state in ("received", "waiting", "due") or (case.state == "incomplete" and case.ask)
    )


def depositors(archive: Archive) -> list[Depositor]:
    """Where the files of notices that stand came from, those with the most upheld notices first.

    A file's origin is the source that it was fetched from, or how it was held and the first folder of its name.
    """
    stand = {each: case for case in cases(archive) if case.state in _STANDS for each in case.withdrawals}
    with archive.duck() as duck:
        duck.table("standing", {"evidence": "VARCHAR"}, [(each,) for each in sorted(stand)])
        rows = duck.run(
            "WITH reached AS (SELECT DISTINCT evidence, sha256 FROM withdrawn SEMI JOIN standing USING (evidence))"
            " SELECT evidence, source FROM reached JOIN fetched USING (sha256)"
            " UNION SELECT evidence, concat(CASE held_as WHEN '' THEN 'not stated' ELSE 'held as ' || held_as END,"
            " ': ', split_part(name, '/', 1)) FROM reached JOIN deposits USING (sha256)"
            " WHERE sha256 NOT IN (SELECT sha256 FROM fetched)"
        )
    notices: dict[str, set[str]] = {}
    states = {case.id: case.state for case in stand.values()}
    for evidence, origin in rows:
        notices.setdefault(str(origin), set()).add(stand[str(evidence)].id)
    counted = [
        Depositor(
            origin,
            standing=sum(states[each] != "upheld" for each in ids),
            upheld=sum(states[each] == "upheld" for each in ids),
        )
        for origin, ids in notices.items()
    ]
    return sorted(counted, key=lambda one: (-one.upheld, -one.standing, one.origin))


#: States in which a notice counts against where the files came from: nobody answered it, or it was upheld.
_STANDS: Final = ("hidden", "upheld")
_STATES: Final = {
    "notice-hidden": "hidden",
    "notice-countered": "countered",
    "notice-upheld": "upheld",
    "notice-restored": "restored",
    "notice-rejected": "rejected",
}


def _received(data: dict[str, Any], day: dt.date) -> Case:
    lacking = tuple(data["missing"])
    return Case(
        id=data["notice"],
        state="incomplete" if lacking else "waiting" if data["waits"] else "received",
        channel=data["channel"],
        received=day,
        targets=tuple(msgspec.convert(each, Target) for each in data["targets"]),
        unknown=data["unknown"],
        missing=lacking,
        ask=ask_for_the_rest(lacking),
        waits=data["waits"],
    )


def _after(case: Case, event: str, data: dict[str, Any], day: dt.date) -> Case:
    """A notice after another entry of the log."""
    if event == "notice-erased":
        return replace(case, erased=True)
    if event == "notice-counter-incomplete":
        return replace(case, missing=tuple(data["missing"]))
    case = replace(case, state=_STATES.get(event, case.state))
    if event == "notice-countered":
        opens, closes = business_days_after(day, OPENS), business_days_after(day, CLOSES)
        return replace(case, missing=(), countered=day, opens=opens, closes=closes)
    said = {name: data.get(name, "") for name in ("by", "note")}
    return replace(case, decided=day, sued=bool(data.get("sued", case.sued)), **said)


def _today(archive: Archive, case: Case, hiding: Sequence[str]) -> Case:
    due = case.state == "countered" and case.opens is not None and archive.today >= case.opens
    return replace(
        case,
        state="due" if due else case.state,
        withdrawals=tuple(hiding),
        files=sum(archive.ledger.reached(each) for each in hiding),
    )


def _hiding(archive: Archive) -> dict[str, list[str]]:
    """Withdrawals that hold, by the notice that they answer."""
    found: dict[str, list[str]] = {}
    for _, identifier, fact in withdrawals_that_hold(archive):
        if fact.origin.startswith("notice:"):
            found.setdefault(fact.origin.removeprefix("notice:"), []).append(identifier)
    return found


def _hide(archive: Archive, case: Case, by: str = "", note: str = "") -> None:
    """Withdraw whatever a notice names; what an earlier run has withdrawn already is left as it is."""
    done = {target for target, each in archive.ledger.standing() if each in case.withdrawals}
    for target in case.targets:
        if target not in done:
            withdraw_locked(archive, target, by="", text=_TEXT, notice=case.id)
    archive.commit("notice-hidden", {"notice": case.id, "by": by, "note": note})


def _decide(
    archive: Archive, id: str, event: str, states: Sequence[str], by: str, note: str, *, sued: bool
) -> Case:
    _say_who(by, note)
    with archive.writing():
        case = _in_state(archive, id, *states)
        archive.commit(event, {"notice": case.id, "by": by.strip(), "note": note.strip(), "sued": sued})
        return find_case(archive, case.id)


def _end(archive: Archive, case: Case, event: str, by: str, note: str) -> Case:
    """Take the withdrawals of a notice back. Cut off in between, the same call goes on with those that are left."""
    for withdrawal in case.withdrawals:
        restore_locked(archive, withdrawal, by=by, note=f"notice {case.id}: {note.strip()}")
    archive.commit(event, {"notice": case.id, "by": by.strip(), "note": note.strip()})
    return find_case(archive, case.id)


def _in_state(archive: Archive, id: str, *states: str) -> Case:
    case = find_case(archive, id)
    if case.state not in states:
        raise UsageError(
            f"notice {case.id}: it is {case.state}; expected it to be {' or '.join(states)}",
            "`onrecord rights notices` shows where each stands",
        )
    return case


def _say_who(by: str, note: str) -> None:
    if not by.strip() or not note.strip():
        raise UsageError(
            "a decision on a notice says who decides, and why", "name both: --by NAME --note TEXT"
        )


def _keep(archive: Archive, id: str, role: str, said: Notice | Counter) -> str:
    """Put a statement where it can be erased, before the log names its digest."""
    with People(archive.folder) as people:
        people.keep({*(case.id for case in cases(archive)), id})
        return people.put(id, role, msgspec.json.encode(said, order="sorted"))


def _found(archive: Archive, material: Collection[str], channel: str) -> tuple[list[Target], int]:
    """What a notice names, and how many of the things that it names are not here."""
    found: dict[Target, None] = {}
    unknown = 0
    for address in material:
        target = _target(archive, _thing(address), channel)
        if target is None:
            unknown += 1
        else:
            found[target] = None
    return list(found), unknown


def _target(archive: Archive, thing: str, channel: str) -> Target | None:
    try:
        # The name that a file was added under is no address that anybody could have seen.
        return find_target(archive, thing, by_name=channel == "command") if thing else None
    except NotFound:
        return None


def _thing(address: str) -> str:
    """The id in an address of this archive, on whatever host it is served; anything else as it is."""
    text = address.strip()
    if "/" not in text or ("://" not in text and not text.startswith("/")):
        return text
    try:
        parts = urlsplit(text).path.rstrip("/").split("/")
    except ValueError:
        return ""
    return parts[-1] if len(parts) > 2 and parts[-2] in _KINDS else ""


def _waits(archive: Archive, targets: Sequence[Target]) -> str:
    """Why a person has to look before a notice from the web hides anything; "" where nobody has to."""
    if any(target.kind == "artist" for target in targets):
        return "it names an artist, and so everything of theirs"
    with archive.duck() as duck:
        files = len(blobs_of(archive, duck, targets, alike=True))
    return f"it reaches {files:,} files" if files > MOST_FILES else ""
