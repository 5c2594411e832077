# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer as bytes: JSON with sorted keys, the same as a function's argument, or as the XML of the service."""

import json
from typing import Any, Final

from lxml import etree

from onrecord.web import text

Tree = dict[str, Any]

#: Media types by format.
MEDIA_TYPES: Final = {
    "json": "application/json; charset=UTF-8",
    "jsonp": "application/javascript; charset=UTF-8",
    "xml": "text/xml; charset=UTF-8",
}


def written(answer: Tree, form: str) -> tuple[bytes, str]:
    """(body, media type); `form` is `json`, `xml`, or `jsonp:` with the name of a function."""
    kind, _, callback = form.partition(":")
    if kind == "xml":
        root = etree.Element("response")
        _write(root, answer)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True), MEDIA_TYPES[kind]
    body = json.dumps(answer, sort_keys=True)
    return (f"{callback}({body})" if kind == "jsonp" else body).encode("ascii"), MEDIA_TYPES[kind]


def _write(element: etree._Element, value: object) -> None:
    if isinstance(value, dict):
        for name, inner in sorted(value.items()):
            if inner is not None:
                _write(etree.SubElement(element, name), inner)
    elif isinstance(value, list):
        for inner in value:
            _write(etree.SubElement(element, _singular(element.tag)), inner)
    else:
        element.text = text.clean(str(value))


def _singular(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
