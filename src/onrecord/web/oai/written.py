# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as XML, in the order that OAI-PMH.xsd wants. Text from outside is made fit for it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lxml import etree
from msgspec import Struct

from onrecord.web import text
from onrecord.web.oai.dublin_core import Element

NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/"
OAI_DC: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC: Final = "http://purl.org/dc/elements/1.1/"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA: Final = f"{NAMESPACE} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
DC_SCHEMA: Final = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"


class Header(Struct, frozen=True):
    """A record's header; `elements` are its description, None where it is deleted or not asked for."""

    identifier: str
    stamp: int
    parts: tuple[str, ...]
    gone: bool
    elements: Sequence[Element] | None = None


class Going(Struct, frozen=True):
    """The token that goes on with a list ("" at its end), how many there are, how many were given before."""

    token: str
    count: int
    before: int


class Answer:
    """One answer. `asked` are the arguments as they came, to be said again; none where they were wrong."""

    def __init__(self, now: dt.datetime, base: str, asked: Mapping[str, str]) -> None:
        namespaces: dict[str | None, str] = {None: NAMESPACE, "xsi": _XSI}
        self._root = etree.Element(f"{{{NAMESPACE}}}OAI-PMH", nsmap=namespaces)  # type: ignore[arg-type]
        self._root.set(f"{{{_XSI}}}schemaLocation", _SCHEMA)
        _add(self._root, "responseDate", second(now.timestamp()))
        request = _add(self._root, "request", base)
        for name, value in asked.items():
            request.set(name, text.clean(value))

    def error(self, code: str, sentence: str) -> None:
        _add(self._root, "error", sentence).set("code", code)

    def identify(self, values: Iterable[tuple[str, str]]) -> None:
        below = _add(self._root, "Identify")
        for name, value in values:
            _add(below, name, value)

    def formats(self) -> None:
        below = _add(_add(self._root, "ListMetadataFormats"), "metadataFormat")
        for name, value in (
            ("metadataPrefix", "oai_dc"),
            ("schema", DC_SCHEMA),
            ("metadataNamespace", OAI_DC),
        ):
            _add(below, name, value)

    def sets(self, parts: Iterable[tuple[str, str]]) -> None:
        below = _add(self._root, "ListSets")
        for spec, name in parts:
            each = _add(below, "set")
            _add(each, "setSpec", spec)
            _add(each, "setName", name)

    def listed(self, verb: str, headers: Iterable[Header], going: Going | None) -> None:
        """`GetRecord` and `ListRecords` give records, `ListIdentifiers` their headers."""
        below = _add(self._root, verb)
        for header in headers:
            within = below if verb == "ListIdentifiers" else _add(below, "record")
            _header(within, header)
            if header.elements is not None and not header.gone and verb != "ListIdentifiers":
                _described(_add(within, "metadata"), header.elements)
        if going is not None:
            token = _add(below, "resumptionToken", going.token)
            token.set("completeListSize", str(going.count))
            token.set("cursor", str(going.before))

    def bytes(self) -> bytes:
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8")


def second(stamp: float) -> str:
    return dt.datetime.fromtimestamp(int(stamp), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _header(parent: etree._Element, header: Header) -> None:
    below = _add(parent, "header")
    if header.gone:
        below.set("status", "deleted")
    _add(below, "identifier", header.identifier)
    _add(below, "datestamp", second(header.stamp))
    for part in header.parts:
        _add(below, "setSpec", part)


def _described(parent: etree._Element, elements: Iterable[Element]) -> None:
    namespaces: dict[str | None, str] = {"oai_dc": OAI_DC, "dc": DC}
    below = etree.SubElement(parent, f"{{{OAI_DC}}}dc", nsmap=namespaces)  # type: ignore[arg-type]
    below.set(f"{{{_XSI}}}schemaLocation", f"{OAI_DC} {DC_SCHEMA}")
    for name, value in elements:
        etree.SubElement(below, f"{{{DC}}}{name}").text = text.clip(value)


def _add(parent: etree._Element, tag: str, said: str | None = None) -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    if said:
        made.text = text.clip(said)
    return made
