# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log in the words of PREMIS 3: files as objects, entries as events, evidence that counts as rights statements.

Written as it is read, so that the size of an archive does not matter. The document lists objects first, then events,
agents, rights, as the schema wants them.
"""

import importlib.metadata
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.durable import settle
from onrecord.engine.duck import Duck
from onrecord.errors import UsageError
from onrecord.ledger import Entry
from onrecord.model.rights import Evidence, Says

#: By event: words of the Library of Congress's list of event types, each with the table whose rows name the objects.
EVENT_TYPES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "added": (("ingestion", "files"), ("message digest calculation", "files")),
    "vouched": (("ingestion", "files"),),
    "looked-into": (("message digest calculation", "sounds"), ("metadata extraction", "sounds")),
    "harvested": (("metadata modification", "links"),),
    "reached": (("policy assignment", "links"),),
    "analysed": (("metadata extraction", "sounds"),),
    "copied": (("creation", "copies"), ("message digest calculation", "files")),
    "checked": (("fixity check", ""),),
    "published": (("dissemination", "volumes"),),
    "mirrored": (("replication", "links"),),
    "ruled": (("policy assignment", "links"),),
    "ruling-undone": (("policy assignment", ""),),
    "rulings-imported": (("policy assignment", "links"),),
    "withdrawn": (("policy assignment", "links"),),
    "restored": (("policy assignment", ""),),
    "list-read": (("quarantine", "links"),),
}
#: With no object of its own such an event says nothing.
_NEEDS_OBJECTS: Final = frozenset(
    {"added", "vouched", "looked-into", "harvested", "analysed", "copied", "reached", "list-read"}
)
#: Where the objects of an event stand, by table.
_OBJECTS: Final = {
    "files": "sha256",
    "links": "blob",
    "sounds": "sha256",
    "copies": "copy",
    "volumes": "sha256",
}
#: What is no character in XML 1.0.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = "http://www.loc.gov/premis/v3"
_EVENT_LIST = "http://id.loc.gov/vocabulary/preservation/eventType"


class PremisReport(Struct, frozen=True):
    """`left_out` counts entries that have no word in the list of event types, by event."""

    objects: int
    events: int
    rights: int
    left_out: dict[str, int]


def export_premis(archive: Archive, path: Path) -> PremisReport:
    """Write an archive's files, events and rights to one XML file; UsageError where a file of this name is there."""
    if path.exists():
        raise UsageError(f"{path}: a file is here already, it is not overwritten", "name another file")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file, archive.duck() as duck:
            report = _Writing(archive, duck, file).write()
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    settle(part, path)
    return report


class _Writing:
    """One document, from its first line to its last."""

    def __init__(self, archive: Archive, duck: Duck, file: TextIO) -> None:
        self._archive = archive
        self._duck = duck
        self._file = file
        self._depth = 0
        self._software = f"onrecord {importlib.metadata.version('onrecord')}"
        self._people: set[str] = set()
        self._damaged: set[str] = set()

    def write(self) -> PremisReport:
        self._file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        schema = {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "version": "3.0",
        }
        with self._within("premis", schema):
            objects = self._objects()
            events, left_out = self._events()
            self._agents()
            rights = self._rights()
        return PremisReport(objects, events, rights, left_out)

    def _objects(self) -> int:
        """The archive, and every file that it holds or held."""
        with self._within("object", {"xsi:type": "intellectualEntity"}):
            self._identified("objectIdentifier", "onrecord archive", self._archive.id)
            self._leaf("originalName", self._archive.settings.archive.name)
        count = 1
        for sha256, size, blake3, form, name in self._duck.stream(
            "SELECT f.sha256, f.size, lower(hex(f.blake3)),"
            " coalesce(s.container, p.media_type, CASE f.kind WHEN 'copy' THEN 'ogg' ELSE 'unknown' END), d.name"
            " FROM files f LEFT JOIN current_sounds s USING (sha256)"
            " LEFT JOIN (SELECT picture, min(media_type) AS media_type FROM pictures GROUP BY picture) p"
            " ON p.picture = f.sha256"
            " LEFT JOIN (SELECT sha256, arg_min(name, seq) AS name FROM deposits GROUP BY sha256) d"
            " ON d.sha256 = f.sha256 ORDER BY f.sha256"
        ):
            count += 1
            with self._within("object", {"xsi:type": "file"}):
                self._identified("objectIdentifier", "SHA-256", sha256)
                with self._within("objectCharacteristics"):
                    for algorithm, digest in (("SHA-256", sha256), ("BLAKE3", blake3)):
                        if digest:
                            with self._within("fixity"):
                                self._leaf("messageDigestAlgorithm", algorithm)
                                self._leaf("messageDigest", digest)
                    self._leaf("size", str(size))
                    with self._within("format"), self._within("formatDesignation"):
                        self._leaf("formatName", form)
                if name:
                    self._leaf("originalName", name)
        return count

    def _events(self) -> tuple[int, dict[str, int]]:
        count, left_out = 0, dict[str, int]()
        objects = _by_entry(self._duck)
        following = next(objects, None)
        for entry in self._archive.log.entries():
            touched: Mapping[str, Sequence[str]] = {}
            if following is not None and following[0] == entry.seq:
                touched, following = following[1], next(objects, None)
            types = EVENT_TYPES.get(entry.event, ())
            if not types:
                left_out[entry.event] = left_out.get(entry.event, 0) + 1
            for place, (kind, table) in enumerate(types):
                about = (
                    sorted(entry.data.get("states", ())) if kind == "fixity check" else touched.get(table, ())
                )
                if about or entry.event not in _NEEDS_OBJECTS:
                    count += 1
                    self._event(entry, place, kind, about)
            if repaired := sorted(entry.data.get("repaired", ())):
                self._damaged -= {*repaired}
                count += 1
                self._event(entry, len(types), "recovery", repaired)
        return count, left_out

    def _event(self, entry: Entry, place: int, kind: str, about: Sequence[str]) -> None:
        identifier = f"{self._archive.id}/{entry.seq}" + (f"/{place}" if place else "")
        person = _person(entry)
        with self._within("event"):
            self._identified("eventIdentifier", "onrecord log entry", identifier)
            self._leaf("eventType", kind, {"authority": "eventType", "authorityURI": _EVENT_LIST})
            self._leaf("eventDateTime", entry.time)
            with self._within("eventDetailInformation"):
                self._leaf("eventDetail", _detail(entry))
            with self._within("eventOutcomeInformation"):
                self._outcome(entry, kind)
            self._linked(
                "linkingAgentIdentifier", "software", self._software, "linkingAgentRole", "executing program"
            )
            if person:
                self._people.add(person)
                self._linked("linkingAgentIdentifier", "name", person, "linkingAgentRole", "authorizer")
            for sha256 in about:
                self._linked("linkingObjectIdentifier", "SHA-256", sha256)
            if not about:
                self._linked("linkingObjectIdentifier", "onrecord archive", self._archive.id)

    def _outcome(self, entry: Entry, kind: str) -> None:
        """A check succeeds where nothing is damaged, be it found now or before."""
        states = entry.data.get("states", {}) if kind == "fixity check" else {}
        self._damaged = {*self._damaged, *states} - {each for each, state in states.items() if state == "ok"}
        failed = kind == "fixity check" and (self._damaged or entry.data.get("others"))
        self._leaf("eventOutcome", "failure" if failed else "success")
        for sha256, state in sorted(states.items()):
            with self._within("eventOutcomeDetail"):
                self._leaf("eventOutcomeDetailNote", f"{state}: {sha256}")

    def _agents(self) -> None:
        agents = [
            ("software", self._software, "software"),
            *(("name", name, "person") for name in sorted(self._people)),
        ]
        for identified_by, name, kind in agents:
            with self._within("agent"):
                self._identified("agentIdentifier", identified_by, name)
                self._leaf("agentName", name)
                self._leaf("agentType", kind)

    def _rights(self) -> int:
        """What counts today; what was taken back is told by its events."""
        count = 0
        ledger = self._archive.ledger
        for identifier, pairs in itertools.groupby(ledger.bound(), key=lambda pair: pair[0]):
            fact = ledger.fact(identifier)
            if fact is None or not _is_rights(fact):
                continue
            count += 1
            with self._within("rights"), self._within("rightsStatement"):
                self._identified("rightsStatementIdentifier", "onrecord evidence", identifier)
                self._basis(fact)
                self._granted(fact)
                for _, sha256 in pairs:
                    self._linked("linkingObjectIdentifier", "SHA-256", sha256)
        return count

    def _basis(self, fact: Evidence) -> None:
        said = [text for text in (fact.text, f"by {fact.by}: {fact.note}" if fact.by else "") if text]
        if fact.license or fact.says is Says.DEAL:
            self._leaf("rightsBasis", "license")
            with self._within("licenseInformation"):
                self._leaf("licenseTerms", fact.license or "deal")
                for text in said:
                    self._leaf("licenseNote", text)
        else:
            self._leaf("rightsBasis", "other")
            with self._within("otherRightsInformation"):
                self._leaf("otherRightsBasis", _BASES.get(fact.says, fact.says.value))
                for text in said:
                    self._leaf("otherRightsNote", text)

    def _granted(self, fact: Evidence) -> None:
        deal = fact.deal
        uses = [use.value for use in (deal.uses if deal else fact.uses)]
        if fact.says is Says.HELD:
            uses = ["keep"]
        elif not uses and fact.says in (Says.ALLOWED, Says.REFUSED, Says.WITHDRAWN, Says.NOT_OFFERED):
            uses = ["every use"]
        refused = fact.says in (Says.REFUSED, Says.WITHDRAWN, Says.NOT_OFFERED)
        for use in uses:
            with self._within("rightsGranted"):
                self._leaf("act", use)
                self._leaf("restriction", "disallow" if refused else "allow")
                if deal and deal.start:
                    with self._within("termOfGrant"):
                        self._leaf("startDate", deal.start.isoformat())
                        if deal.end:
                            self._leaf("endDate", deal.end.isoformat())
                if deal:
                    without = f", without {', '.join(deal.excluded)}" if deal.excluded else ""
                    self._leaf("rightsGrantedNote", f"in {', '.join(deal.territories)}{without}")
                    if deal.end and not deal.start:
                        self._leaf("rightsGrantedNote", f"until {deal.end.isoformat()}")
                if fact.part != "all":
                    self._leaf("rightsGrantedNote", f"of the {fact.part}")

    # XML

    def _identified(self, name: str, kind: str, value: str) -> None:
        with self._within(name):
            self._leaf(f"{name}Type", kind)
            self._leaf(f"{name}Value", value)

    def _linked(self, name: str, kind: str, value: str, role: str = "", said: str = "") -> None:
        with self._within(name):
            self._leaf(f"{name}Type", kind)
            self._leaf(f"{name}Value", value)
            if role:
                self._leaf(role, said)

    @contextmanager
    def _within(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        self._file.write(f"{' ' * self._depth}<{name}{_attributes(attributes)}>\n")
        self._depth += 1
        yield
        self._depth -= 1
        self._file.write(f"{' ' * self._depth}</{name}>\n")

    def _leaf(self, name: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
        written = escape(_NO_XML.sub("\ufffd", text), {"\r": "&#13;"})
        self._file.write(f"{' ' * self._depth}<{name}{_attributes(attributes)}>{written}</{name}>\n")


#: What a right rests on where it is no license.
_BASES: Final = {
    Says.ALLOWED: "ruling",
    Says.REFUSED: "ruling",
    Says.WITHDRAWN: "withdrawal",
    Says.HELD: "depositor's statement",
    Says.NOT_OFFERED: "provider's flag",
}


def _is_rights(fact: Evidence) -> bool:
    """A text that nobody could read as a license, a date, a wish or a writer's name is no statement of rights."""
    return bool(fact.license) or fact.says is Says.DEAL or fact.says in _BASES


def _by_entry(duck: Duck) -> Iterator[tuple[int, Mapping[str, Sequence[str]]]]:
    """Digests that each entry touched, by table, in the order of the entries."""
    query = " UNION ALL ".join(
        f"SELECT DISTINCT seq, '{table}' AS told, {column} AS sha256 FROM {table} WHERE {column} <> ''"
        for table, column in _OBJECTS.items()
    )
    rows = duck.stream(f"SELECT seq, told, sha256 FROM ({query}) ORDER BY seq, told, sha256")
    for seq, group in itertools.groupby(rows, key=lambda row: row[0]):
        touched = defaultdict[str, list[str]](list)
        for _, table, sha256 in group:
            touched[table].append(sha256)
        yield int(seq), touched


def _person(entry: Entry) -> str:
    """Who is on record for an entry: whoever ruled, undid, took over or asked."""
    by = entry.data.get("by") or next((item.get("by", "") for item in entry.data.get("evidence", ())), "")
    return by if isinstance(by, str) else ""


def _detail(entry: Entry) -> str:
    """The event's own name, and what it says in short."""
    said: list[str] = [entry.event]
    others: Mapping[str, Any] = entry.data
    said += [f"{name}: {value}" for name, value in sorted(others.items()) if isinstance(value, str | int)]
    if entry.event in ("ruled", "withdrawn"):
        said += [item["text"] for item in others.get("evidence", ())]
    return "; ".join(said)


def _attributes(attributes: Mapping[str, str] | None) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in (attributes or {}).items())
