# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XSPF versions 0 and 1, held to the specification's elements, attributes, numbers of times and texts (section 4)."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.errors import RecordRejected
from onrecord.sources import safe_xml

_NAMESPACE: Final = "http://xspf.org/ns/0/"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_ONCE: Final = {
    "playlist": [
        "title",
        "creator",
        "annotation",
        "info",
        "location",
        "identifier",
        "image",
        "date",
        "license",
        "attribution",
        "trackList",
    ],
    "track": ["title", "creator", "annotation", "info", "image", "album", "trackNum", "duration"],
}
_MANY: Final = {
    "playlist": ["link", "meta", "extension"],
    "track": ["link", "meta", "extension", "location", "identifier"],
}
_NEEDS: Final = {"link": "rel", "meta": "rel", "extension": "application", "playlist": "version"}
_NUMBERS: Final = ("trackNum", "duration")
_NUMBER: Final = re.compile(r"\+?[0-9]{1,18}")
_DATE: Final = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)


class Track(NamedTuple):
    """A track's texts by the name of their element, in one line each."""

    texts: dict[str, tuple[str, ...]]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        return self.texts.get(name, ())

    def number(self, name: str) -> int | None:
        text = self.first(name)
        return int(text) if text and int(text) < 2**31 else None


def read(raw: bytes) -> list[Track]:
    """The tracks of a playlist; RecordRejected names the element that breaks the rules."""
    safe_xml.read(raw)  # refuses what is made to hurt; it drops the namespaces, which are rules here
    root = etree.fromstring(
        raw,
        etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        ),
    )
    if root.tag != f"{{{_NAMESPACE}}}playlist":
        raise RecordRejected(f"expected a playlist of the namespace {_NAMESPACE}, got {str(root.tag)[:120]}")
    if root.get("version") not in ("0", "1"):
        raise RecordRejected(f"playlist: expected version 0 or 1, got {str(root.get('version'))[:20]!r}")
    lists = [child for child in _children(root, "playlist") if _name(child) == "trackList"]
    if len(lists) != 1:
        raise RecordRejected(f"playlist: expected one trackList, got {len(lists)}")
    _no_text(lists[0], "trackList")
    _attributes(lists[0], "trackList")
    return [_track(element) for element in lists[0]]


def _track(element: etree._Element) -> Track:
    if _name(element) != "track":
        raise RecordRejected(f"trackList: expected tracks, got {str(element.tag)[:120]}")
    texts: dict[str, tuple[str, ...]] = {}
    for child in _children(element, "track"):
        name = _name(child)
        texts[name] = (*texts.get(name, ()), " ".join((child.text or "").split()))
    return Track({name: tuple(filter(None, values)) for name, values in texts.items()})


def _children(parent: etree._Element, of: str) -> Iterator[etree._Element]:
    """The children of a playlist or a track, each as the rules want it."""
    _no_text(parent, of)
    _attributes(parent, of)
    seen: Counter[str] = Counter()
    for child in parent:
        name = _name(child)
        if name not in _ONCE[of] and name not in _MANY[of]:
            raise RecordRejected(f"{of}: no element is called {str(child.tag)[:120]}")
        seen[name] += 1
        if seen[name] > 1 and name in _ONCE[of]:
            raise RecordRejected(f"{of}: more than one {name}")
        if name != "trackList":
            _attributes(child, f"{of}/{name}")
            _content(child, name, f"{of}/{name}")
        yield child


def _content(element: etree._Element, name: str, where: str) -> None:
    if name == "extension":
        return
    if name == "attribution":
        _no_text(element, where)
        for child in element:
            if _name(child) not in ("location", "identifier") or len(child):
                raise RecordRejected(f"{where}: expected location and identifier, got {str(child.tag)[:120]}")
        return
    if len(element):
        raise RecordRejected(f"{where}: expected text, got the element {str(element[0].tag)[:120]}")
    text = (element.text or "").strip()
    if name in _NUMBERS and not _NUMBER.fullmatch(text):
        raise RecordRejected(f"{where}: expected a whole number from 0 on, got {text[:60]!r}")
    if name == "date" and not _is_date(text, element.getroottree().getroot().get("version") == "0"):
        raise RecordRejected(f"{where}: expected a date and time (xsd:dateTime), got {text[:60]!r}")


def _attributes(element: etree._Element, where: str) -> None:
    needed = _NEEDS.get(_name(element), "")
    given = {str(name) for name in element.attrib if not str(name).startswith(_XML)}
    if needed and needed not in given:
        raise RecordRejected(f"{where}: it has no attribute {needed!r}")
    if others := sorted(given - {needed}):
        raise RecordRejected(f"{where}: no attribute is called {others[0][:80]!r}")


def _no_text(element: etree._Element, where: str) -> None:
    texts = (element.text, *(child.tail for child in element))
    if found := next((text.strip() for text in texts if text and text.strip()), ""):
        raise RecordRejected(f"{where}: expected elements, got the text {found[:60]!r}")


def _name(element: etree._Element) -> str:
    """Its name, "" where it is not of XSPF."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.removeprefix(f"{{{_NAMESPACE}}}") if tag.startswith(f"{{{_NAMESPACE}}}") else ""


def _is_date(text: str, version_0: bool) -> bool:
    if not (_DATE.fullmatch(text) or (version_0 and _DAY.fullmatch(text))):
        return False
    try:
        dt.datetime.fromisoformat(text if "T" in text else f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True
