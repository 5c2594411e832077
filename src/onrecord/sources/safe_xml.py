# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML from outside, without entities, document types, network or surprises of size. Knows nothing of any format."""

from typing import Any, Final

from lxml import etree

from onrecord.errors import RecordRejected

#: Longest document in bytes, deepest nesting, and most elements and attributes together.
LONGEST: Final = 32 * 1024 * 1024
DEEPEST: Final = 200
MOST_NODES: Final = 500_000


def read(raw: bytes) -> etree._Element:
    """The root of a document, its tags without namespaces; the root keeps its own. RecordRejected says why not.

    The document is walked once without building anything, so that a document type, a depth or a number of nodes
    beyond reason stops it before it costs memory. A document type is met as the parser's event: no encoding hides it.
    """
    if len(raw) > LONGEST:
        raise RecordRejected(f"an XML document of {len(raw)} bytes, expected at most {LONGEST}")
    try:
        walk: etree.XMLParser = _parser(_Walk())
        for start in range(0, len(raw), 65536):
            walk.feed(raw[start : start + 65536])
        walk.close()
        root = etree.fromstring(raw, _parser(None))
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        raise RecordRejected(f"not well-formed XML: {str(error)[:300]}") from error
    for element in root.iterdescendants():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = etree.QName(element).localname
    return root


def _parser(target: Any) -> etree.XMLParser:
    return etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


class _Walk:
    """Counts, and refuses; what it raises reaches the caller of `feed`."""

    def __init__(self) -> None:
        self._depth = 0
        self._nodes = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise RecordRejected("it has a document type (DOCTYPE), which can define entities; expected none")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > DEEPEST:
            raise RecordRejected(f"nested deeper than {DEEPEST} elements")
        if self._nodes > MOST_NODES:
            raise RecordRejected(f"more than {MOST_NODES} elements and attributes")

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        pass
