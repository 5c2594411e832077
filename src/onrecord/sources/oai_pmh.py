# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAI-PMH 2.0 with Dublin Core: any repository, asked live or read from saved answers. Deletions are tombstones."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from onrecord.engine import plugins
from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Claims, Page, Record, Terms
from onrecord.net.repeats import Repeats
from onrecord.sources import asking, dublin_core, folder, oai_answer, safe_xml
from onrecord.sources.oai_answer import OaiAnswer
from onrecord.sources.paging import foreign_cursor
from onrecord.sources.seam import Fetch

_PAGE_RECORDS: Final = 1000
_PAGE_BYTES: Final = 8 * 1024 * 1024
_PARAMETERS: Final = ("metadataPrefix", "set", "from", "until")


class OaiPmh:
    """What a repository answers to ListRecords.

    A record is the `record` element as it stands in the answer, from its start tag to its end tag, header included;
    namespace prefixes that are declared above it are not looked up, elements are known by their local names.

    Live, the query is the address of the repository with what to select, as in
    `https://host/oai?set=sound&metadataPrefix=oai_dc&from=2026-01-01`; `metadataPrefix` is `oai_dc` if not said. A
    cursor that was given at the end of a list asks for what changed since the day of that list's first answer, so
    records of that day come again. A token that has expired between two runs (badResumptionToken) begins the list
    anew: tokens need not live long (section 3.5), and known records change nothing.

    Settings: `repository`, an address as the query is one, to ask again for single records (GetRecord).
    """

    name = "oai-pmh"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary=(
            "Every repository has terms of its own (its Identify answer and its site name them); file its records "
            "under a name of its own. One request at a time, at the pace that Retry-After asks for."
        ),
        address="https://www.openarchives.org/OAI/openarchivesprotocol.html",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        given = plugins.settings(type(self).name, settings, {"name": type(self).name, "repository": ""})
        self.name = given["name"]
        self._repository = given["repository"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        """Saved answers, a file each (`.xml`), in the order of their names."""
        start, taken = _place(cursor)
        for member in folder.members(self._location):
            if not member.parts[-1].lower().endswith(".xml") or member.parts < folder.place(start):
                continue
            skip = taken if member.name == start else 0
            if skip < 0:
                continue
            yield from self._saved(member, skip)

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        repository = _Repository(query)
        at = _Cursor.read(cursor)
        loop = Repeats(self.name, "resumption token")
        pages = Repeats(self.name)
        resumed = bool(at.token)
        while address := repository.address(at):
            answer = self._asked(fetch, address)
            if answer.error == "badResumptionToken" and resumed:
                at, resumed = _Cursor(since=at.since), False
                continue
            if answer.error and answer.error != "noRecordsMatch":
                raise _failed(address, answer)
            at = _Cursor(answer.token, at.since, at.first or answer.date[:10])
            resumed = False
            if answer.items or answer.token:
                pages.check(b"\0".join(item.raw for item in answer.items))
            if answer.items:
                yield self._page(answer, at.written(), address)
            if answer.wrong:
                raise SourceFailed(
                    f"{address}: {answer.wrong}", "what came before it is kept; try again later"
                )
            if not answer.token:
                return
            loop.check(answer.token)

    def again(self, fetch: Fetch, record: str) -> Page:
        if not self._repository:
            raise UsageError(
                "oai-pmh: to ask for single records again, its repository must be known",
                "set repository=https://host/oai",
            )
        address = _Repository(self._repository).record(record.partition(":")[2])
        answer = self._asked(fetch, address)
        if answer.error == "idDoesNotExist":
            return asking.gone(self.name, record)
        if answer.error or answer.wrong:
            raise _failed(address, answer) if answer.error else SourceFailed(f"{address}: {answer.wrong}")
        return self._page(answer, "", address)

    def claims(self, record: Record) -> Claims:
        return Claims() if record.deleted else dublin_core.claims(self.name, record.id, record.payload)

    def _saved(self, member: folder.Member, skip: int) -> Iterator[Page]:
        try:
            answer = _read(member)
        except RecordRejected as reason:
            yield Page((), _written(member.name, -1), ((member.name, reason.message),))
            return
        rejected = [(member.name, answer.wrong)] if answer.wrong else []
        if answer.error and answer.error != "noRecordsMatch":
            rejected.append((member.name, f"an error answer: {answer.error}: {answer.said[:200]}"))
        items = answer.items
        while skip < len(items) or rejected:
            end = _cut(items, skip)
            part = answer._replace(items=items[skip:end], wrong="")
            skip = end
            page = self._page(part, _written(member.name, -1 if end >= len(items) else end), member.name)
            if end >= len(items):
                page = msgspec.structs.replace(page, rejected=(*page.rejected, *rejected))
                rejected = []
            yield page

    def _page(self, answer: OaiAnswer, cursor: str, where: str) -> Page:
        records, rejected = [], []
        for number, item in enumerate(answer.items, 1):
            if not item.identifier:
                rejected.append((f"{where}#{number}", "a record without an identifier in its header"))
                continue
            payload = b"" if item.deleted else item.raw
            records.append(
                Record(
                    self.name,
                    "record",
                    item.identifier,
                    "text/xml",
                    payload,
                    deleted=item.deleted,
                    version=item.datestamp,
                )
            )
        return Page(tuple(records), cursor, tuple(rejected))

    def _asked(self, fetch: Fetch, address: str) -> OaiAnswer:
        try:
            return oai_answer.read(fetch(address, accept="text/xml").content)
        except RecordRejected as reason:
            raise SourceFailed(
                f"{address}: {reason.message}", "is this the address of an OAI-PMH repository?"
            ) from reason


class _Cursor(NamedTuple):
    """`token` goes on with a list, "" at its end. `since`: the day from which this list asks, "" for the query's own.

    `first`: the day of this list's first answer, from which the next list asks.
    """

    token: str = ""
    since: str = ""
    first: str = ""

    @classmethod
    def read(cls, cursor: str) -> "_Cursor":
        if not cursor:
            return cls()
        try:
            found = cls(*msgspec.json.decode(cursor, type=tuple[str, str, str]))
        except msgspec.MsgspecError as error:
            raise foreign_cursor(cursor) from error
        return found if found.token else cls(since=found.first)

    def written(self) -> str:
        return msgspec.json.encode(tuple(self)).decode()


class _Repository:
    """The address to ask, and what to select there."""

    def __init__(self, query: str) -> None:
        parts = urlsplit(query)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme != "https" or not parts.hostname:
            raise UsageError(
                f"oai-pmh: expected the https address of a repository, got {query[:200]!r}",
                hint="for example https://host/oai?set=sound&metadataPrefix=oai_dc",
            )
        verb = given.pop("verb", "ListRecords")
        unknown = sorted(given.keys() - set(_PARAMETERS))
        if unknown or verb != "ListRecords":
            raise UsageError(
                f"oai-pmh: the query may select with {', '.join(_PARAMETERS)}, got {', '.join(unknown) or verb}"
            )
        self._base = parts._replace(query="", fragment="").geturl()
        self._given = {"metadataPrefix": "oai_dc", **given}

    def record(self, identifier: str) -> str:
        """What to ask for one record."""
        asked = {"metadataPrefix": self._given["metadataPrefix"], "identifier": identifier}
        return f"{self._base}?{urlencode({'verb': 'GetRecord', **asked})}"

    def address(self, at: _Cursor) -> str:
        """What to ask next; "" where nothing can be new."""
        if at.token:
            return f"{self._base}?{urlencode({'verb': 'ListRecords', 'resumptionToken': at.token})}"
        selected = dict(self._given)
        if at.since:
            until = selected.get("until", at.since)
            if until[:10] < at.since:
                return ""
            # Both must be days, or both times (section 2.7.1).
            selected["from"] = f"{at.since}T00:00:00Z" if "T" in until else at.since
        return f"{self._base}?{urlencode({'verb': 'ListRecords', **selected})}"


def _failed(address: str, answer: OaiAnswer) -> SourceFailed:
    hints = {
        "badResumptionToken": "the repository forgot its own list; harvest again, it begins anew",
        "cannotDisseminateFormat": "choose another metadataPrefix",
        "noSetHierarchy": "leave out `set`",
    }
    return SourceFailed(
        f"{address}: the repository says {answer.error}: {answer.said[:200]}", hints.get(answer.error, "")
    )


def _read(member: folder.Member) -> OaiAnswer:
    if member.refused:
        raise RecordRejected(member.refused)
    try:
        with member.path.open("rb") as stream:
            return oai_answer.read(stream.read(safe_xml.LONGEST + 1))
    except OSError as error:
        raise RecordRejected(f"cannot be read: {error.strerror}") from error


def _cut(items: tuple[oai_answer.Item, ...], start: int) -> int:
    """Where the page ends that begins at `start`."""
    size = 0
    for at in range(start, min(start + _PAGE_RECORDS, len(items))):
        size += len(items[at].raw)
        if size >= _PAGE_BYTES:
            return at + 1
    return min(start + _PAGE_RECORDS, len(items))


def _place(cursor: str) -> tuple[str, int]:
    """The file that a cursor stands in, and how many of its records were given; -1 for all."""
    if not cursor:
        return "", 0
    try:
        return msgspec.json.decode(cursor, type=tuple[str, int])
    except msgspec.MsgspecError as error:
        raise foreign_cursor(cursor) from error


def _written(name: str, taken: int) -> str:
    return msgspec.json.encode((name, taken)).decode()
