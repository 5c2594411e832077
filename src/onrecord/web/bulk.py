# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /lookup`: thousands of identifiers or names at once, answered in their order while they are found.

The question is read whole before the first answer, to a file where it is long: clients that send before they read
cannot block, and what is wrong with it is an answer of its own. Nothing of it is kept.
"""

import tempfile
from collections.abc import Callable, Iterator
from typing import Annotated, Any, BinaryIO, Final, cast

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from onrecord.archive.looking_up import (
    FIELDS,
    Asked,
    LookedUp,
    LookUp,
    Shape,
    Summary,
    Tally,
    open_table,
    read_asked,
)
from onrecord.archive.looking_up.finding import LARGEST, MOST
from onrecord.archive.looking_up.tables import ADDED, cells, written
from onrecord.errors import UsageError
from onrecord.web import described
from onrecord.web.memory import Memory
from onrecord.web.problems import Problem, Told

#: Bytes of a question, bytes of one line of it, rows.
LONGEST, LONGEST_LINE, MOST_ROWS = 8 * 1024 * 1024, 16 * 1024, 10_000
#: Questions that are answered at one time.
AT_ONCE: Final = 2
_IN_MEMORY: Final = 1024 * 1024
_ROWS_A_CHUNK: Final = 16
_JSON: Final = (
    "application/x-ndjson",
    "application/jsonl",
    "application/json-lines",
    "application/x-jsonlines",
)
_CSV: Final = ("text/csv", "text/tab-separated-values")
_UNREAD: Final = "This cannot be understood"

#: A row of a question. All may be there together; a row that is a text alone is `words`.
Question: Final = msgspec.defstruct(
    "Question",
    [(field, str | float | None, None) for field in FIELDS],
    namespace={"__doc__": "A row: identifiers, names and a length (`3:45`, or seconds), in any mixture."},
)


class Done(msgspec.Struct, frozen=True):
    """The last line of the answers: without it they are not whole."""

    summary: Summary


#: What the description of the interface has to know.
SCHEMAS: Final = (Question, LookedUp, Done)


class _Line(msgspec.Struct):
    line: int
    cells: list[str]
    asked: Asked


#: What is wrong is told by `_columns`, which says more than a pattern does.
_Column = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^=]+=.+$"})]


class Bulk:
    """Looks up in one archive."""

    def __init__(self, look_up: LookUp, memory: Memory, at_once: int = AT_ONCE) -> None:
        self._look_up = look_up
        self._busy = memory.few("bulk", at_once)

    def api(self) -> APIRouter:
        router = APIRouter(default_response_class=Response)
        router.add_api_route("/lookup", self.look_up, methods=["POST"], **_DESCRIBED)
        return router

    async def look_up(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=LARGEST, description="At most so many matches a row.")] = MOST,
        column: Annotated[
            list[_Column] | None,
            Query(
                max_length=40,
                description="Of CSV, which column holds what, where its name does not say it: `title=Song`, `isrc=2`.",
            ),
        ] = None,
        header: Annotated[bool, Query(description="Of CSV, whether the first row names the columns.")] = True,
    ) -> Response:
        """Look up many rows at once: JSON lines, or CSV with a header, each with ISRC, barcode, MBID or another
        identifier, title, artist, release, length, in any mixture. Each row is answered at its place, with what may be
        meant, how sure that is and why; a row that cannot be understood says so and stops nobody. JSON lines end with a
        summary; `Accept: text/csv` gives a table. At most 10,000 rows, 8 MiB, and 16 KiB a line."""
        kind = _kind(request)
        shape = Shape(columns=_columns(column or []), header=header, encoding=_charset(request))
        body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115, whoever streams closes it
        try:
            await _receive(request, body)
            rows = await run_in_threadpool(_checked, body, kind, shape)
            if not self._busy.acquire(blocking=False):
                detail = (
                    "Other lists are being looked up just now. Nothing was lost; send it again in a minute."
                )
                raise Told(Problem(503, "Not now", detail), {"Retry-After": "60"})
        except BaseException:
            body.close()
            raise

        def end() -> None:
            body.close()
            self._busy.release()

        as_csv = _wants_csv(request)
        answers = self._csv(rows, limit) if as_csv else self._json(rows, limit)
        return _Answers(answers, end, "text/csv; charset=utf-8" if as_csv else _JSON[0])

    def _json(self, rows: "_Rows", most: int) -> Iterator[bytes]:
        tally = Tally()
        for answer, _ in self._answers(rows, most, tally):
            yield msgspec.json.encode(answer) + b"\n"
        yield msgspec.json.encode(Done(tally.summary())) + b"\n"

    def _csv(self, rows: "_Rows", most: int) -> Iterator[bytes]:
        yield written([*rows.header, *ADDED], rows.delimiter)
        for answer, line in self._answers(rows, most, Tally()):
            yield written([*(line.cells or [str(answer.row)]), *cells(answer)], rows.delimiter)

    def _answers(self, rows: "_Rows", most: int, tally: Tally) -> Iterator[tuple[LookedUp, _Line]]:
        for number, line in enumerate(rows.lines(), 1):
            answer = self._look_up.answer(line.asked, number, line.line, most)
            tally.count(answer.outcome, answer.matches[0].confidence if answer.matches else 0.0)
            yield answer, line


class _Rows:
    """The rows of a question that was checked, as often as they are asked for."""

    def __init__(self, body: BinaryIO) -> None:
        self._body = body
        self.header, self.delimiter = ["row"], ","

    def lines(self) -> Iterator[_Line]:
        """Raises Told (400) at a line that is no JSON, or none of an object or a text."""
        self._body.seek(0)
        for number, line in enumerate(self._body, 1):
            if not line.strip():
                continue
            try:
                value = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise _told(
                    400, _UNREAD, f"Line {number}: expected JSON, one object a line: {error}"
                ) from None
            if isinstance(value, str):
                value = {"words": value}
            if not isinstance(value, dict):
                got = f"Line {number}: expected an object or a text, got {type(value).__name__}."
                raise _told(400, _UNREAD, f"{got} A list is sent row by row, one a line.")
            yield _Line(number, [], read_asked(value))


class _TableRows(_Rows):
    def __init__(self, body: BinaryIO, shape: Shape) -> None:
        super().__init__(body)
        self._shape = shape
        table = self._opened()
        self.header, self.delimiter = table.header, table.delimiter
        table.answered_header()

    def lines(self) -> Iterator[_Line]:
        for line in self._opened().lines():
            yield _Line(*line)

    def _opened(self) -> Any:
        self._body.seek(0)
        return open_table(self._body, self._shape, "the table")


class _Answers(StreamingResponse):
    """Streams answers some at a time, and lets others ask when it ends, also when whoever asked leaves."""

    def __init__(self, answers: Iterator[bytes], end: Callable[[], None], media_type: str) -> None:
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        super().__init__(_joined(answers), 200, headers, media_type)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


def _joined(answers: Iterator[bytes]) -> Iterator[bytes]:
    chunk = []
    for answer in answers:
        chunk.append(answer)
        if len(chunk) == _ROWS_A_CHUNK:
            yield b"".join(chunk)
            chunk = []
    yield b"".join(chunk)


def _kind(request: Request) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise _told(415, "Packed", "Expected a question that is not packed: leave Content-Encoding out.")
    if kind not in (*_JSON, *_CSV):
        got = kind[:80] or "nothing"
        raise _told(415, "Not a list", f"Expected Content-Type {_JSON[0]} or {_CSV[0]}, got {got}.")
    return "csv" if kind in _CSV else "json"


def _charset(request: Request) -> str:
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip(' "').lower()
            return "" if charset in ("utf-8", "utf8") else charset
    return ""


def _columns(given: list[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in given]
    if wrong := [field for field, equals, _ in pairs if not equals]:
        raise _told(400, _UNREAD, f"column: expected FIELD=COLUMN, got {wrong[0][:80]!r}.")
    return {field.strip(): name.strip() for field, _, name in pairs}


async def _receive(request: Request, body: BinaryIO) -> None:
    """Raises Told (413) as soon as the whole, or a line of it, is too long."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > LONGEST:
        raise _too_long(f"{int(said):,} bytes, expected at most {LONGEST:,}: send it in parts.")
    size = lines = length = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LONGEST:
            raise _too_long(f"More than {LONGEST:,} bytes: send it in parts.")
        for place, part in enumerate(chunk.split(b"\n")):
            lines, length = (lines + 1, len(part)) if place else (lines, length + len(part))
            if length > LONGEST_LINE:
                raise _too_long(f"Line {lines + 1:,} has more than {LONGEST_LINE:,} bytes, which no row has.")
        body.write(chunk)


def _checked(body: BinaryIO, kind: str, shape: Shape) -> _Rows:
    """The rows, once all of them were looked at. Raises Told (400, 413)."""
    try:
        if kind == "json" and shape.encoding:
            raise _told(
                415, "Not a list", f"Expected JSON lines in UTF-8, got charset {shape.encoding[:40]}."
            )
        rows = _TableRows(body, shape) if kind == "csv" else _Rows(body)
        count = 0
        for count, line in enumerate(rows.lines(), 1):
            if count > MOST_ROWS:
                raise _too_long(f"More than {MOST_ROWS:,} rows, in line {line.line:,}: send it in parts.")
    except UsageError as error:
        detail = f"{error.message}. {error.hint}".strip()
        raise _told(400, _UNREAD, detail) from None
    if not count:
        raise _told(400, _UNREAD, "Expected rows, got none.")
    return rows


def _wants_csv(request: Request) -> bool:
    accepted = [
        part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")
    ]
    first = next((kind for kind in accepted if kind in (*_JSON, *_CSV, "application/json")), "")
    return first in _CSV


def _too_long(detail: str) -> Told:
    return Told(Problem(413, "Too long", detail), {"Connection": "close"})


def _told(status: int, title: str, detail: str) -> Told:
    return Told(Problem(status, title, detail[:1000]))


_TABLE: Final = {"type": "string"}
_EACH: Final = [described.schema(LookedUp), described.schema(Done)]
_DESCRIBED: Final[dict[str, Any]] = {
    "responses": {
        200: {
            "description": "A line a row, in their order, and a summary; or the table, answers behind each row.",
            "content": {_JSON[0]: {"schema": {"anyOf": _EACH}}, _CSV[0]: {"schema": _TABLE}},
        },
        400: described.problem("It cannot be understood: which line, and what was expected."),
        413: described.problem("Too many bytes or rows, or too long a line: which."),
        415: described.problem("Neither JSON lines nor CSV, or packed."),
        422: described.problem("A parameter is not understood."),
        503: described.problem("Others are being answered; ask again after Retry-After."),
    },
    "openapi_extra": described.body({_JSON[0]: described.schema(Question), _CSV[0]: _TABLE}),
}
