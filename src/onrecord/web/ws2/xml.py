# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as XML (mmd-2.0), made from the shape that the JSON has. What is empty or not known is not written."""

import re
from collections.abc import Callable
from typing import Any, Final

from lxml import etree

NAMESPACE: Final = "http://musicbrainz.org/ns/mmd-2.0#"
_EXT: Final = "http://musicbrainz.org/ns/ext#-2.0"
#: What XML cannot hold.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Tree = dict[str, Any]

#: Plain values in the order in which the service writes them.
_PLAIN: Final = (
    *("position", "number", "name", "title", "sort-name", "length", "status", "quality", "disambiguation"),
    *(
        "packaging",
        "format",
        "gender",
        "country",
        "language",
        "date",
        "barcode",
        "asin",
        "label-code",
        "video",
    ),
    *("first-release-date", "primary-type", "catalog-number", "artwork", "count", "front", "back"),
    *("darkened", "begin", "end", "ended", "script"),
)
_TYPED: Final = frozenset({"status", "packaging", "gender", "format", "primary-type"})
_NESTED: Final = (
    *("text-representation", "area", "begin-area", "end-area", "life-span", "release-group", "label"),
    *("recording", "artist", "work", "release", "cover-art-archive"),
)
#: Lists that bear no count in what a search finds.
_UNCOUNTED: Final = ("alias-list", "label-info-list")
_KINDS: Final = ("artist", "release", "release-group", "recording", "work", "label")


def lookup(kind: str, tree: Tree) -> bytes:
    """One entity."""
    root = _root()
    _entity(root, kind, tree)
    return _bytes(root)


def listed(kind: str, trees: list[Tree], count: int, offset: int, created: str = "") -> bytes:
    """A list of entities; with their scores and when it was `created` where it was searched for."""
    root = _root()
    if created:
        root.set("created", created)
    below = _add(root, f"{kind}-list", count=str(count), offset=str(offset))
    for tree in trees:
        _entity(below, kind, tree)
    if created:
        for uncounted in root.iter(*(f"{{{NAMESPACE}}}{tag}" for tag in _UNCOUNTED)):
            if "count" in uncounted.attrib:
                del uncounted.attrib["count"]
    return _bytes(root)


def of_isrc(isrc: str, recordings: list[Tree]) -> bytes:
    root = _root()
    below = _add(_add(root, "isrc", id=isrc), "recording-list", count=str(len(recordings)))
    for tree in recordings:
        _entity(below, "recording", tree)
    return _bytes(root)


def problem(*sentences: str) -> bytes:
    root = etree.Element("error")
    for sentence in sentences:
        etree.SubElement(root, "text").text = _clean(sentence)
    return _bytes(root)


def _root() -> etree._Element:
    namespaces: dict[str | None, str] = {None: NAMESPACE, "ext": _EXT}
    return etree.Element(f"{{{NAMESPACE}}}metadata", nsmap=namespaces)  # type: ignore[arg-type]


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add(parent: etree._Element, tag: str, text: object = None, **attributes: object) -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    for name, value in attributes.items():
        if value is not None and value != "":
            made.set(name.replace("_", "-"), _clean(value))
    if text is not None:
        made.text = _clean(text)
    return made


def _clean(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _FORBIDDEN.sub("\ufffd", str(value))


def _entity(parent: etree._Element, kind: str, tree: Tree) -> None:
    made = _add(parent, kind, id=tree.get("id"), type=_type(kind, tree), type_id=tree.get("type-id"))
    if "score" in tree:
        made.set(f"{{{_EXT}}}score", str(tree["score"]))
    _fill(made, tree)


def _type(kind: str, tree: Tree) -> Any:
    if kind == "release-group":
        return next(iter(tree.get("secondary-types") or ()), None) or tree.get("primary-type")
    return tree.get("type")


def _fill(element: etree._Element, tree: Tree) -> None:
    for key in _PLAIN:
        value = tree.get(key)
        empty_barcode = key == "barcode" and value == ""
        if value is None or (value == "" and not empty_barcode) or isinstance(value, dict | list):
            continue
        if value is False and key in ("video", "ended", "darkened"):
            continue
        made = _add(element, key, value if value != "" else None)
        if key in _TYPED and tree.get(f"{key}-id"):
            made.set("id", _clean(tree[f"{key}-id"]))
    for key, write in _LISTS.items():
        if tree.get(key) and isinstance(tree[key], list):
            write(element, tree[key])
            if key == "media" and tree.get("track-count") is not None:
                _add(element[-1], "track-count", tree["track-count"])
    for key in _NESTED:
        value = tree.get(key)
        if not isinstance(value, dict):
            continue
        said = any(each not in (None, "", False) for each in value.values())
        if said or (key == "cover-art-archive" and value):
            _entity(element, key, value)
    for kind in _KINDS:
        if isinstance(tree.get(f"{kind}s"), list):
            made = _add(
                element,
                f"{kind}-list",
                count=tree.get(f"{kind}-count", len(tree[f"{kind}s"])),
                offset=tree.get(f"{kind}-offset"),
            )
            for each in tree[f"{kind}s"]:
                _entity(made, kind, each)


def _credits(element: etree._Element, credits: list[Tree]) -> None:
    made = _add(element, "artist-credit")
    for credit in credits:
        one = _add(made, "name-credit", joinphrase=credit.get("joinphrase"))
        artist = credit.get("artist") or {}
        if credit.get("name") and credit["name"] != artist.get("name"):
            _add(one, "name", credit["name"])
        _entity(one, "artist", artist)


def _aliases(element: etree._Element, aliases: list[Tree]) -> None:
    made = _add(element, "alias-list", count=len(aliases))
    for alias in aliases:
        _add(
            made,
            "alias",
            alias.get("name"),
            locale=alias.get("locale"),
            sort_name=alias.get("sort-name"),
            type=alias.get("type"),
            type_id=alias.get("type-id"),
            primary="primary" if alias.get("primary") else None,
            begin_date=alias.get("begin"),
            end_date=alias.get("end"),
        )


def _media(element: etree._Element, media: list[Tree]) -> None:
    made = _add(element, "medium-list", count=len(media))
    for medium in media:
        one = _add(made, "medium")
        _fill(one, medium)
        if medium.get("disc-count") is not None and not medium.get("discs"):
            _add(one, "disc-list", count=medium["disc-count"])
        if medium.get("pregap"):
            _entity(one, "pregap", medium["pregap"])
        tracks = medium.get("tracks")
        if tracks is not None or medium.get("track-count") is not None:
            below = _add(
                one,
                "track-list",
                count=medium.get("track-count", len(tracks or ())),
                offset=medium.get("track-offset"),
            )
            for track in tracks or ():
                _entity(below, "track", track)
        if data := medium.get("data-tracks"):
            below = _add(one, "data-track-list", count=len(data))
            for track in data:
                _entity(below, "track", track)


def _discs(element: etree._Element, discs: list[Tree]) -> None:
    made = _add(element, "disc-list", count=len(discs))
    for disc in discs:
        one = _add(made, "disc", id=disc.get("id"))
        if disc.get("sectors") is not None:
            _add(one, "sectors", disc["sectors"])
        offsets = disc.get("offsets") or []
        below = _add(one, "offset-list", count=len(offsets))
        for place, offset in enumerate(offsets, 1):
            _add(below, "offset", offset, position=place)


def _relations(element: etree._Element, relations: list[Tree]) -> None:
    lists: dict[str, etree._Element] = {}
    for relation in relations:
        kind = str(relation.get("target-type") or "")
        if kind not in lists:
            lists[kind] = _add(element, "relation-list", target_type=kind.replace("-", "_"))
        _relation(lists[kind], kind, relation)


def _relation(below: etree._Element, kind: str, relation: Tree) -> None:
    made = _add(below, "relation", type=relation.get("type"), type_id=relation.get("type-id"))
    target = relation.get(kind) if isinstance(relation.get(kind), dict) else {}
    assert isinstance(target, dict)
    if kind == "url":
        _add(made, "target", target.get("resource"), id=target.get("id"))
    else:
        _add(made, "target", target.get("id"))
    if relation.get("ordering-key") is not None:
        _add(made, "ordering-key", relation["ordering-key"])
    if relation.get("direction") == "backward":
        _add(made, "direction", "backward")
    if attributes := [each for each in relation.get("attributes") or () if isinstance(each, str)]:
        listed = _add(made, "attribute-list")
        for name in attributes:
            _add(
                listed,
                "attribute",
                name,
                type_id=(relation.get("attribute-ids") or {}).get(name),
                value=(relation.get("attribute-values") or {}).get(name),
                credited_as=(relation.get("attribute-credits") or {}).get(name),
            )
    for key in ("begin", "end"):
        if relation.get(key):
            _add(made, key, relation[key])
    if relation.get("ended"):
        _add(made, "ended", True)
    if kind != "url" and len(target) > 1:
        _entity(made, kind, target)
    for key in ("source-credit", "target-credit"):
        if relation.get(key):
            _add(made, key, relation[key])


def _work_attributes(element: etree._Element, attributes: list[Any]) -> None:
    made = _add(element, "attribute-list")
    for each in attributes:
        if isinstance(each, dict):
            _add(made, "attribute", each.get("value"), type=each.get("type"), type_id=each.get("type-id"))


def _texts(tag: str) -> Callable[[etree._Element, list[Any]], None]:
    def write(element: etree._Element, texts: list[Any]) -> None:
        made = _add(element, f"{tag}-list")
        for text in texts:
            _add(made, tag, text)

    return write


def _isrcs(element: etree._Element, isrcs: list[Any]) -> None:
    made = _add(element, "isrc-list", count=len(isrcs))
    for isrc in isrcs:
        _add(made, "isrc", id=isrc)


def _events(element: etree._Element, events: list[Tree]) -> None:
    made = _add(element, "release-event-list", count=len(events))
    for event in events:
        _fill(_add(made, "release-event"), event)


def _labels(element: etree._Element, labels: list[Tree]) -> None:
    made = _add(element, "label-info-list", count=len(labels))
    for label in labels:
        _fill(_add(made, "label-info"), label)


_LISTS: Final[dict[str, Callable[[etree._Element, list[Any]], None]]] = {
    "artist-credit": _credits,
    "ipis": _texts("ipi"),
    "isnis": _texts("isni"),
    "languages": _texts("language"),
    "iswcs": _texts("iswc"),
    "iso-3166-1-codes": _texts("iso-3166-1-code"),
    "iso-3166-2-codes": _texts("iso-3166-2-code"),
    "iso-3166-3-codes": _texts("iso-3166-3-code"),
    "secondary-types": _texts("secondary-type"),
    "release-events": _events,
    "label-info": _labels,
    "isrcs": _isrcs,
    "media": _media,
    "discs": _discs,
    "attributes": _work_attributes,
    "aliases": _aliases,
    "relations": _relations,
}
