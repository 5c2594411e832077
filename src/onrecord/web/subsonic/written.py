# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as XML or JSON, from one tree: what is a single value is an attribute in XML, what is a list is repeated."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from lxml import etree

import onrecord
from onrecord.web import text
from onrecord.web.subsonic.asking import Fault

#: The version of the protocol that this keeps to.
VERSION: Final = "1.16.1"
_NAMESPACE: Final = "http://subsonic.org/restapi"
#: What is an element's text in XML.
_TEXT: Final = "value"
Tree = Mapping[str, Any]


def answered(tree: Tree, *, as_json: bool) -> tuple[bytes, str]:
    """(body, media type) of an answer."""
    return _written({"status": "ok", **_SELF, **tree}, as_json=as_json)


def refused(fault: Fault, *, as_json: bool) -> tuple[bytes, str]:
    """The same of an error."""
    error = {"code": int(fault.code), "message": fault.sentence}
    return _written({"status": "failed", **_SELF, "error": error}, as_json=as_json)


_SELF: Final = {
    "version": VERSION,
    "type": "onrecord",
    "serverVersion": getattr(onrecord, "__version__", "0"),
    "openSubsonic": True,
}


def _written(tree: Tree, *, as_json: bool) -> tuple[bytes, str]:
    if as_json:
        return msgspec.json.encode({"subsonic-response": _cleaned(tree)}), "application/json"
    namespaces: dict[str | None, str] = {None: _NAMESPACE}
    root = etree.Element(f"{{{_NAMESPACE}}}subsonic-response", nsmap=namespaces)  # type: ignore[arg-type]
    _fill(root, tree)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8"), "text/xml; charset=utf-8"


def _fill(element: etree._Element, tree: Tree) -> None:
    for name, value in tree.items():
        if value is None:
            continue
        if name == _TEXT:
            element.text = _spelled(value)
        elif isinstance(value, Mapping):
            _fill(etree.SubElement(element, f"{{{_NAMESPACE}}}{name}"), value)
        elif isinstance(value, list):
            for each in value:
                below = etree.SubElement(element, f"{{{_NAMESPACE}}}{name}")
                _fill(below, each if isinstance(each, Mapping) else {_TEXT: each})
        else:
            element.set(name, _spelled(value))


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text.clip(str(value))


def _cleaned(value: Any) -> Any:
    """Without control characters, and without what is not known."""
    if isinstance(value, str):
        return text.clip(value)
    if isinstance(value, Mapping):
        return {name: _cleaned(each) for name, each in value.items() if each is not None}
    return [_cleaned(each) for each in value] if isinstance(value, list) else value
