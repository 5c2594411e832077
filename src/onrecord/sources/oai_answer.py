# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One OAI-PMH answer: its records as the bytes that stand in it, its resumption token, or the protocol's error."""

from typing import Any, Final, NamedTuple
from xml.parsers import expat

from onrecord.errors import RecordRejected
from onrecord.sources import safe_xml

_OAI: Final = "http://www.openarchives.org/OAI/2.0/"
_LISTS: Final = ("ListRecords", "GetRecord")
_TEXTS: Final = ("error", "resumptionToken", "responseDate", "identifier", "datestamp")


class Item(NamedTuple):
    """A record: its identifier and datestamp, its bytes from start tag to end tag; a deleted one is a tombstone."""

    identifier: str
    raw: bytes
    deleted: bool
    datestamp: str


class OaiAnswer(NamedTuple):
    """An answer to ListRecords or GetRecord.

    date   when the repository answered (responseDate), "" where it does not say
    token  what goes on with the list, "" at its end
    error  the protocol's error code (`noRecordsMatch`, `badResumptionToken`, …), `said` its words
    wrong  why the rest of the answer could not be read; what stands before it was
    """

    items: tuple[Item, ...]
    date: str
    token: str
    error: str
    said: str
    wrong: str


def read(raw: bytes) -> OaiAnswer:
    """The answer in these bytes; RecordRejected where it is none, or is made to hurt (see `safe_xml`).

    An answer that is cut off gives the records that stand in it whole.
    """
    if len(raw) > safe_xml.LONGEST:
        raise RecordRejected(f"an answer of {len(raw)} bytes, expected at most {safe_xml.LONGEST}")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecordRejected("an answer in UTF-16; OAI-PMH answers are UTF-8 (2.0, section 3.2)")
    walk = _Walk(raw)
    wrong = walk.run()
    if not walk.is_answer:
        raise RecordRejected(
            wrong or f"expected an OAI-PMH 2.0 answer, got the root element {walk.root[:120]!r}"
        )
    texts = walk.texts
    return OaiAnswer(
        items=tuple(walk.items),
        date=texts.get("responseDate", ""),
        token=texts.get("resumptionToken", ""),
        error=walk.error,
        said=texts.get("error", ""),
        wrong=wrong,
    )


class _Walk:
    """Walks the answer once, with the limits of `safe_xml`; the parser says at which byte each tag stands."""

    def __init__(self, raw: bytes) -> None:
        self.items: list[Item] = []
        self.texts: dict[str, str] = {}
        self.error = ""
        self.root = ""
        self.is_answer = False
        self._raw = raw
        self._path: list[str] = []
        self._nodes = 0
        self._start = 0
        self._identifier = ""
        self._datestamp = ""
        self._deleted = False
        self._text: list[str] | None = None
        self._parser: Any = expat.ParserCreate(namespace_separator=" ")
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters

    def run(self) -> str:
        try:
            self._parser.Parse(self._raw, True)
        except expat.ExpatError as error:
            return f"not well-formed XML, or cut off: {str(error)[:200]}"
        return ""

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII"):
            raise RecordRejected(
                f"an answer in {(encoding or '')[:40]}; OAI-PMH answers are UTF-8 (2.0, section 3.2)"
            )

    def _doctype(self, *_: object) -> None:
        raise RecordRejected("it has a document type (DOCTYPE), which can define entities; expected none")

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if len(self._path) >= safe_xml.DEEPEST or self._nodes > safe_xml.MOST_NODES:
            raise RecordRejected(
                f"nested deeper than {safe_xml.DEEPEST} elements, or more than {safe_xml.MOST_NODES} of them"
            )
        namespace, _, name = tag.rpartition(" ")
        ours = name if namespace == _OAI else ""
        if not self._path:
            self.root, self.is_answer = tag, ours == "OAI-PMH"
        self._path.append(ours)
        if self._is("OAI-PMH", "*", "record"):
            self._start, self._identifier, self._deleted = self._parser.CurrentByteIndex, "", False
            self._datestamp = ""
        elif self._is("OAI-PMH", "*", "record", "header"):
            self._deleted = attributes.get("status") == "deleted"
        elif ours == "error" and not self.error and self._is("OAI-PMH", "error"):
            self.error = attributes.get("code", "unknown")[:80]
        self._text = [] if ours in _TEXTS else None

    def _close(self, tag: str) -> None:
        said = "".join(self._text or ()).strip()[:2000]
        if self._is("OAI-PMH", "*", "record", "header", "identifier"):
            self._identifier = said
        elif self._is("OAI-PMH", "*", "record", "header", "datestamp"):
            self._datestamp = said
        elif self._is("OAI-PMH", "*", "record"):
            self._keep()
        elif self._path[-1] in _TEXTS and len(self._path) <= 3:
            self.texts[self._path[-1]] = said
        self._path.pop()
        self._text = None

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _keep(self) -> None:
        at = self._parser.CurrentByteIndex
        # An element without content is one tag; its end is met where it starts.
        end = self._raw.find(b">", at if at > self._start else self._start) + 1
        self.items.append(
            Item(self._identifier, self._raw[self._start : end], self._deleted, self._datestamp)
        )

    def _is(self, *path: str) -> bool:
        if len(self._path) != len(path) or not self.is_answer:
            return False
        return all(
            want == have or (want == "*" and have in _LISTS)
            for want, have in zip(path, self._path, strict=True)
        )
