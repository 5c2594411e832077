# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a service for JSON, page after page: what it answers must be whole, and must bring something new each time."""

import re
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

import msgspec

from onrecord.errors import RecordRejected, SourceFailed, UsageError
from onrecord.model.records import Page, Record
from onrecord.net.repeats import Repeats
from onrecord.sources import strict_json
from onrecord.sources.json_elements import Element
from onrecord.sources.paging import Filling, MakeRecord, foreign_cursor
from onrecord.sources.seam import Fetch

_MOST_EMPTY: Final = 1000
_NUMBER: Final = re.compile(r"\d{1,15}", re.ASCII)


class Asking:
    """One run of questions to one service, which must not go in circles."""

    def __init__(self, service: str, fetch: Fetch, secret: str = "") -> None:
        """`secret` stands in addresses and is left out of every message."""
        self._service = service
        self._fetch = fetch
        self._secret = secret
        self._continuations = Repeats(service, "continuation")
        self._pages = Repeats(service)
        self._empty = 0

    def json(self, address: str, parameters: dict[str, str]) -> tuple[Any, bytes]:
        """The value that the service answers, and its bytes. SourceFailed where it is not JSON to rely on."""
        with self._failing(address):
            answer = self._fetch(
                f"{address}?{urlencode(parameters)}" if parameters else address, accept="application/json"
            )
            return strict_json.read(answer.content), answer.content

    def record(self, address: str, name: str) -> bytes | None:
        """The JSON that is the payload of record `name` (`<kind>:<id>`), as it came; None where the archive holds it
        and the service says that it has not changed. SourceFailed as for `json`."""
        with self._failing(address):
            answer = self._fetch(address, accept="application/json", record=name)
            if answer.unchanged:
                return None
            strict_json.read(answer.content)
            return answer.content

    def goes_on(self, continuation: str) -> None:
        """SourceFailed where this continuation was followed before."""
        self._continuations.check(continuation)

    def brings(self, page: Page) -> None:
        """SourceFailed where a page holds what a page before it held, or where none has held anything for long."""
        if names := [*(record.id for record in page.records), *page.unchanged]:
            self._empty = 0
            self._pages.check("\n".join(names))
            return
        self._empty += 1
        if self._empty > _MOST_EMPTY:
            raise self.failed(f"{_MOST_EMPTY} pages without a record", "ask for something narrower")

    def page(
        self, elements: Sequence[Element], behind: "Place", where: str, record: MakeRecord
    ) -> Page | None:
        """The page of an answer's elements, which stands `behind` them; None where there are none. See `brings`."""
        filling = Filling(behind.written())
        for element in elements:
            filling.take(element, where, record)
        return self.checked(filling) if filling else None

    def checked(self, filling: Filling) -> Page:
        """The page that was filled. See `brings`."""
        page = filling.cut()
        self.brings(page)
        return page

    def failed(self, why: str, hint: str = "try again later") -> SourceFailed:
        return SourceFailed(f"{self._service}: {why}"[:500], hint)

    @contextmanager
    def _failing(self, address: str) -> Iterator[None]:
        try:
            yield
        except SourceFailed as error:
            if self._secret:
                error.message = error.message.replace(self._secret, "…")
                error.args = (error.message,)
            raise
        except RecordRejected as error:
            raise SourceFailed(f"{self._service}: {address}: {error.message}", "try again later") from error


def one(name: str, raw: bytes, record: MakeRecord) -> Page:
    """The page of a record that was asked for by its name: the record, or why it cannot be read."""
    filling = Filling("")
    filling.take(Element(raw), name, record)
    return filling.cut()


def gone(source: str, name: str) -> Page:
    """The page of a record that the service no longer has."""
    kind, _, id = name.partition(":")
    return Page((Record(source, kind, id, "application/json", b"", deleted=True),), "")


def not_alone(name: str) -> RecordRejected:
    """The error for a record of a kind that the service does not give one by one."""
    return RecordRejected(f"{name[:200]}: the service cannot be asked for this record alone")


def parameters(query: str, known: Set[str], words: str) -> dict[str, str]:
    """What a query asks for: `name=value&name=value` of the service's own `known` parameters, or plain words.

    Words go under the parameter `words`. UsageError for a parameter that is not known.
    """
    if "=" not in query:
        return {words: query.strip()} if query.strip() else {}
    given = parse_qsl(query, keep_blank_values=True)
    unknown = sorted({name for name, _ in given} - known)
    if unknown or not given:
        raise UsageError(
            f"no parameter is called {', '.join(map(repr, unknown)) or repr(query[:60])}",
            hint=f"there are: {', '.join(sorted(known))}",
        )
    return dict(given)


class Place(NamedTuple):
    """Where a run stands: the service's continuation that leads to an answer, and how many of its elements were taken.

    Behind the last answer there is no continuation. So the last cursor names that answer too, and what is new in it.
    """

    continuation: str
    taken: int = 0

    def written(self) -> str:
        return msgspec.json.encode(tuple(self)).decode()


def place(cursor: str, first: str) -> Place:
    """The place that a cursor holds; `first` is the continuation to begin with. Where it is a number, all are.

    UsageError where the cursor holds none.
    """
    if not cursor:
        return Place(first)
    try:
        found = Place(*msgspec.json.decode(cursor, type=tuple[str, int]))
    except msgspec.MsgspecError as error:
        raise foreign_cursor(cursor) from error
    if first.isdecimal() and not _NUMBER.fullmatch(found.continuation):
        raise foreign_cursor(cursor)
    return found
