# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How two answers differ, place by place: `- path` is not in ours, `+ path` in ours alone, `! path` said otherwise."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from lxml import etree


def of_json(theirs: Any, ours: Any, path: str) -> Iterator[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            below = f"{path}.{key}"
            if key not in ours:
                yield f"- {below}"
            elif key not in theirs:
                yield f"+ {below}"
            else:
                yield from of_json(theirs[key], ours[key], below)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for number in range(max(len(theirs), len(ours))):
            if number >= len(ours):
                yield f"- {path}[]"
            elif number >= len(theirs):
                yield f"+ {path}[]"
            else:
                yield from of_json(theirs[number], ours[number], f"{path}[]")
    elif type(theirs) is not type(ours) or theirs != ours:
        yield f"! {path}"


def of_xml(theirs: etree._Element, ours: etree._Element, path: str) -> Iterator[str]:
    """Elements of one name are compared in their order; names among each other stand in any, as the schema has it."""
    for name in sorted({*theirs.attrib, *ours.attrib}):
        if theirs.get(name) != ours.get(name):
            sign = "-" if name not in ours.attrib else "+" if name not in theirs.attrib else "!"
            yield f"{sign} {path}@{etree.QName(name).localname}"
    if (theirs.text or "").strip() != (ours.text or "").strip():
        yield f"! {path}"
    here, there = _children(theirs), _children(ours)
    for name in sorted(here.keys() | there.keys()):
        below = f"{path}/{name}"
        for one, other in zip_longest(here[name], there[name]):
            if other is None:
                yield f"- {below}"
            elif one is None:
                yield f"+ {below}"
            else:
                yield from of_xml(one, other, below)


def _children(element: etree._Element) -> defaultdict[str, list[etree._Element]]:
    found: defaultdict[str, list[etree._Element]] = defaultdict(list)
    for child in element:
        found[etree.QName(child).localname].append(child)
    return found
