# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MusicBrainz element (mmd-2.0) in the shape that the service's JSON has, with everything that both can say.

Tags, genres, ratings and annotations are left out: they are not CC0.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from lxml import etree

from onrecord.errors import RecordRejected
from onrecord.sources import safe_xml

Tree = dict[str, Any]
_NAMESPACE: Final = "http://musicbrainz.org/ns/mmd-2.0#"
_BEFORE: Final = f'<metadata xmlns="{_NAMESPACE}" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0">'.encode()
#: Elements whose number is one; those that are true or false; those whose id is a key of its own.
_NUMBERS: Final = frozenset({"length", "position", "label-code", "track-count"})
_SWITCHES: Final = frozenset({"video", "ended", "artwork", "front", "back", "darkened"})
_TYPED: Final = frozenset({"status", "packaging", "gender", "format", "primary-type"})
_NESTED: Final = frozenset(
    {
        *("area", "begin-area", "end-area", "life-span", "text-representation", "release-group", "recording"),
        *("label", "artist", "work", "release", "cover-art-archive", "pregap"),
    }
)
_LEFT_OUT: Final = frozenset(
    {"tag-list", "genre-list", "user-tag-list", "user-genre-list", "rating", "user-rating", "annotation"}
)
_ENTITY_LISTS: Final = frozenset({"artist", "release", "release-group", "recording", "work", "label"})


def tree(payload: bytes) -> Tree:
    """The one element in a kept record. RecordRejected where it is not one."""
    root = safe_xml.read(_BEFORE + payload + b"</metadata>")
    if len(root) != 1:
        raise RecordRejected("expected one element and nothing beside it")
    return _read(root[0])


def _read(element: etree._Element) -> Tree:
    made: Tree = {}
    for name in ("id", "type", "type-id"):
        if value := element.get(name):
            made[name] = value
    if element.tag == "release-group" and "type" in made:
        made["primary-type"] = made.pop("type")
        made.pop("type-id", None)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            _child(made, child)
    return made


def _child(made: Tree, child: etree._Element) -> None:
    tag, text = str(child.tag), child.text or ""
    if tag in _NUMBERS or tag == "count":
        made[tag] = int(text) if text.strip().isdecimal() else None
    elif tag in _SWITCHES:
        made[tag] = text.strip() == "true"
    elif tag in _TYPED:
        made[tag] = text or None
        if child.get("id"):
            made[f"{tag}-id"] = child.get("id")
    elif tag in _NESTED:
        made[tag] = _read(child)
    elif tag in _LISTS:
        key, read = _LISTS[tag]
        if key == "relations":
            made.setdefault(key, []).extend(read(child))
        else:
            made[key] = list(read(child))
            if tag == "medium-list" and (count := child.findtext("track-count") or "").isdecimal():
                made["track-count"] = int(count)
    elif tag.removesuffix("-list") in _ENTITY_LISTS:
        kind = tag.removesuffix("-list")
        made[f"{kind}s"] = [_read(each) for each in child if each.tag == kind]
        for name in ("count", "offset"):
            if (value := child.get(name, "")).isdecimal():
                made[f"{kind}-{name}"] = int(value)
    elif tag == "track-list" or tag == "data-track-list":
        _tracks(made, child, "tracks" if tag == "track-list" else "data-tracks")
    elif not len(child):
        made[tag] = text


def _tracks(made: Tree, child: etree._Element, key: str) -> None:
    if key == "tracks":
        for name in ("count", "offset"):
            if (value := child.get(name, "")).isdecimal():
                made[f"track-{name}"] = int(value)
    if len(child):
        made[key] = [_read(each) for each in child]


def _credits(element: etree._Element) -> Iterator[Tree]:
    for credit in element.findall("name-credit"):
        found = credit.find("artist")
        artist = _read(found) if found is not None else {}
        name = credit.findtext("name") or artist.get("name", "")  # written only where it differs
        yield {"name": name, "joinphrase": credit.get("joinphrase", ""), "artist": artist}


def _aliases(element: etree._Element) -> Iterator[Tree]:
    for alias in element.findall("alias"):
        yield {
            "name": alias.text or "",
            "sort-name": alias.get("sort-name", ""),
            "locale": alias.get("locale"),
            "type": alias.get("type"),
            "type-id": alias.get("type-id"),
            "primary": True if alias.get("primary") else None,
            "begin": alias.get("begin-date"),
            "end": alias.get("end-date"),
            "ended": bool(alias.get("end-date")),
        }


def _ids(element: etree._Element) -> Iterator[str]:
    return (each.get("id", "") for each in element)


def _texts(element: etree._Element) -> Iterator[str]:
    return (each.text or "" for each in element)


def _things(element: etree._Element) -> Iterator[Tree]:
    return (_read(each) for each in element)


def _media(element: etree._Element) -> Iterator[Tree]:
    for each in element.findall("medium"):
        medium = _read(each)
        # A search counts the discs and lists none.
        counted = each.find("disc-list")
        if not medium.get("discs"):
            medium.pop("discs", None)
        if counted is not None and not len(counted) and counted.get("count", "").isdecimal():
            medium["disc-count"] = int(counted.get("count", ""))
        yield medium


def _discs(element: etree._Element) -> Iterator[Tree]:
    for disc in element.findall("disc"):
        made: Tree = {"id": disc.get("id", "")}
        if (sectors := disc.findtext("sectors") or "").isdecimal():
            made["sectors"] = int(sectors)
        offsets = [int(offset.text or 0) for offset in disc.findall("offset-list/offset")]
        yield {**made, "offsets": offsets, "offset-count": len(offsets)}


def _attributes(element: etree._Element) -> Iterator[Tree]:
    """Those of a work."""
    for each in element:
        yield {"type": each.get("type", ""), "value": each.text or ""} | (
            {"type-id": each.get("type-id")} if each.get("type-id") else {}
        )


def _relations(element: etree._Element) -> Iterator[Tree]:
    kind = element.get("target-type", "").replace("_", "-")
    for each in element.findall("relation"):
        made: Tree = {
            "type": each.get("type", ""),
            "type-id": each.get("type-id"),
            "target-type": kind,
            "direction": each.findtext("direction") or "forward",
            "begin": each.findtext("begin"),
            "end": each.findtext("end"),
            "ended": each.findtext("ended") == "true",
            "source-credit": each.findtext("source-credit") or "",
            "target-credit": each.findtext("target-credit") or "",
        }
        if key := each.findtext("ordering-key"):
            made["ordering-key"] = int(key) if key.isdecimal() else None
        made |= _attributed(each.findall("attribute-list/attribute"))
        if kind == "url":
            target = each.find("target")
            if target is not None:
                made["url"] = {"id": target.get("id", ""), "resource": target.text or ""}
        else:
            found = each.find(kind) if kind else None
            made[kind] = _read(found) if found is not None else {"id": each.findtext("target") or ""}
        yield made


def _attributed(elements: list[etree._Element]) -> Tree:
    made: Tree = {
        "attributes": [each.text or "" for each in elements],
        "attribute-ids": {each.text or "": each.get("type-id") for each in elements if each.get("type-id")},
        "attribute-values": {each.text or "": each.get("value") for each in elements if each.get("value")},
    }
    if credited := {each.text or "": each.get("credited-as") for each in elements if each.get("credited-as")}:
        made["attribute-credits"] = credited
    return made


_LISTS: Final[dict[str, tuple[str, Callable[[etree._Element], Iterator[Any]]]]] = {
    "artist-credit": ("artist-credit", _credits),
    "alias-list": ("aliases", _aliases),
    "isrc-list": ("isrcs", _ids),
    "iswc-list": ("iswcs", _texts),
    "isni-list": ("isnis", _texts),
    "ipi-list": ("ipis", _texts),
    "language-list": ("languages", _texts),
    "secondary-type-list": ("secondary-types", _texts),
    "iso-3166-1-code-list": ("iso-3166-1-codes", _texts),
    "iso-3166-2-code-list": ("iso-3166-2-codes", _texts),
    "iso-3166-3-code-list": ("iso-3166-3-codes", _texts),
    "release-event-list": ("release-events", _things),
    "label-info-list": ("label-info", _things),
    "medium-list": ("media", _media),
    "disc-list": ("discs", _discs),
    "relation-list": ("relations", _relations),
    "attribute-list": ("attributes", _attributes),
}
