# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DDEX ERN 3.x and 4.x deliveries: a message a file, a release a record, deals as evidence, purges as tombstones."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from lxml import etree

from onrecord.engine import plugins
from onrecord.errors import RecordRejected, UsageError
from onrecord.model.records import Claims, Delivered, Page, Record, Terms
from onrecord.sources import ddex_claims, ddex_message, folder, safe_xml
from onrecord.sources.ddex_deals import DealReader
from onrecord.sources.ddex_message import Message

_PAGE_MESSAGES: Final = 100
_PAGE_BYTES: Final = 16 * 1024 * 1024
_BLOCK: Final = 1024 * 1024


class DdexErn:
    """A folder of messages, in the order of their names.

    A release's record has the same id in every message of its sender, so a later message takes the place of an earlier
    one. Of the messages in the folder only the newest of each release is a record, whatever the order of arrival;
    an older one is rejected and names the one in force. To know the newest, every message is looked at once before
    the first page; what is remembered of each is a line.

    Settings: `party_id`, the archive's own DDEX Party Identifier: messages for another recipient are rejected, and all
    where none is set.
    `models`, the commercial models (CommercialModelType, separated by spaces) that the archive runs: deals of
    another model allow nothing. `files=required`: a message is held until every file that it names with a hash sum
    lies in the folder and has that hash sum. `covers`: what a deal is evidence for, `recording` (default) or `all`,
    where the contract with the sender includes the compositions; no ERN message says so.
    """

    name = "ddex-ern"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary="A delivery is between its sender and its recipient: it is read, none of its text is published.",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        known = {"name": type(self).name, "party_id": "", "models": "FreeOfChargeModel"}
        known |= {"files": "", "covers": "recording"}
        given = plugins.settings(type(self).name, settings, known)
        if given["files"] not in ("", "required"):
            raise UsageError(f"ddex-ern: files: expected 'required' or '', got {given['files'][:40]!r}")
        if given["covers"] not in ("recording", "all"):
            raise UsageError(f"ddex-ern: covers: expected 'recording' or 'all', got {given['covers'][:40]!r}")
        self.name = given["name"]
        self._location = location
        self._party = given["party_id"]
        self._reader = DealReader(frozenset(given["models"].split()), given["party_id"], given["covers"])
        self._complete = given["files"] == "required"

    def pages(self, cursor: str = "") -> Iterator[Page]:
        overview = self._overview()
        records: list[Record] = []
        rejected: list[tuple[str, str]] = []
        size = count = 0
        for member in folder.members(self._location):
            if not _is_message(member) or member.parts <= folder.place(cursor):
                continue
            try:
                records.extend(self._records(member, overview))
            except RecordRejected as reason:
                rejected.append((member.name, reason.message))
            cursor = member.name
            size = sum(len(record.payload) for record in records)
            count += 1
            if count >= _PAGE_MESSAGES or size >= _PAGE_BYTES:
                yield Page(tuple(records), cursor, tuple(rejected))
                records, rejected, size, count = [], [], 0, 0
        if count:
            yield Page(tuple(records), cursor, tuple(rejected))

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        message = ddex_message.message(safe_xml.read(record.payload))
        digest = hashlib.sha256(record.payload).hexdigest()
        return ddex_claims.claims(message, self.name, record.id, digest, self._reader)

    def delivered(self, record: Record) -> Sequence[Delivered]:
        if record.deleted:
            return ()
        return list(ddex_claims.delivered(ddex_message.message(safe_xml.read(record.payload)), record.id))

    def _overview(self) -> "_Overview":
        overview = _Overview({}, {})
        for member in folder.members(self._location):
            if not _is_message(member):
                continue
            try:
                message = self._message(member)[0]
            except RecordRejected:
                continue
            if message is not None:
                overview.add(message, member.name)
        return overview

    def _records(self, member: folder.Member, overview: "_Overview") -> list[Record]:
        message, raw = self._message(member)
        if message is None:
            return []
        newest = overview.newest(message)
        if newest > (message.created, member.name):
            when = "of the same moment stands behind it" if newest[0] == message.created else "is newer"
            raise RecordRejected(
                f"superseded: {newest[1]} of {newest[0].isoformat()} is about the same release and {when}; "
                f"this message is of {message.created.isoformat()}"
            )
        if self._complete:
            self._check_files(message)
        gone = overview.other_ids(message) | (set(message.release_ids) if message.purge else set())
        records = [self._record(message, id, b"") for id in sorted(gone)]
        return records if message.purge else [*records, self._record(message, message.release_ids[0], raw)]

    def _record(self, message: Message, release_id: str, payload: bytes) -> Record:
        id = f"{message.sender}:{release_id}"
        version = message.created.astimezone(dt.UTC).isoformat()
        return Record(
            self.name, "release", id, "application/xml", payload, deleted=not payload, version=version
        )

    def _message(self, member: folder.Member) -> tuple[Message | None, bytes]:
        """The message in a file for this archive; None where the file is a part of the batch that holds no release."""
        if member.refused:
            raise RecordRejected(member.refused)
        with member.path.open("rb") as stream:
            raw = stream.read(safe_xml.LONGEST + 1)
        root = safe_xml.read(raw)
        if etree.QName(root).localname == "ManifestMessage":
            return None, b""
        message = ddex_message.message(root)
        if self._party.upper() not in message.recipients:
            others = ", ".join(message.recipients)[:200] or "nobody"
            expected = f"expected {self._party}" if self._party else "this archive has no `[ddex] party_id`"
            raise RecordRejected(f"for another recipient: {expected}, got {others}")
        return message, raw

    def _check_files(self, message: Message) -> None:
        """Names of files come from outside: they are compared with what lies there, and never become a path."""
        wanted = {
            file.name: file
            for file in ddex_message.files(message)
            if file.algorithm in hashlib.algorithms_guaranteed
        }
        wrong = []
        for member in folder.members(self._location):
            file = wanted.get(member.parts[-1])
            if file is None or member.refused:
                continue
            del wanted[file.name]
            found = _digest(member.path, file.algorithm)
            if found != file.digest:
                wrong.append(f"{file.name} has the {file.algorithm} {found}, the message says {file.digest}")
        missing = [f"{name} is not in the folder" for name in wanted]
        if wrong or missing:
            raise RecordRejected(
                f"held: {'; '.join(sorted(wrong + missing))[:1000]}. Deliver them, then harvest again from the start"
            )


class _Overview(NamedTuple):
    """What is remembered of every message in the folder, by (sender, release id).

    `latest` holds when the newest message about a release was made, and its file. `named` holds the ids that records of
    the release were named by: a release that gains a better identifier must not leave its old record behind.
    """

    latest: dict[tuple[str, str], tuple[dt.datetime, str]]
    named: dict[tuple[str, str], set[str]]

    def add(self, message: Message, file: str) -> None:
        for id in message.release_ids:
            key = (message.sender, id)
            self.latest[key] = max(self.latest.get(key, (message.created, "")), (message.created, file))
            if not message.purge:
                self.named.setdefault(key, set()).add(message.release_ids[0])

    def newest(self, message: Message) -> tuple[dt.datetime, str]:
        return max(self.latest[message.sender, id] for id in message.release_ids)

    def other_ids(self, message: Message) -> set[str]:
        ids = (self.named.get((message.sender, id), set()) for id in message.release_ids)
        return set().union(*ids) - {message.release_ids[0]}


def _is_message(member: folder.Member) -> bool:
    return member.parts[-1].lower().endswith(".xml")


def _digest(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
