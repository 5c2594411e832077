# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the installed sources. One without terms does not load: what may be done with its records would be a guess."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import cast

from onrecord.engine import plugins
from onrecord.errors import PluginInvalid
from onrecord.model.records import FIELDS, Terms
from onrecord.sources.seam import Source

GROUP = "onrecord.sources"


def load_sources(found: Iterable[EntryPoint] | None = None) -> plugins.Plugins[type[Source]]:
    """Every installed source by its name, and why others were left out."""
    return plugins.load(GROUP, _accept, found)


def _accept(name: str, thing: object) -> type[Source]:
    terms = getattr(thing, "terms", None)
    if not isinstance(terms, Terms):
        raise _left_out(
            name, "it has no terms: expected `terms` to be an onrecord.model.records.Terms on the class"
        )
    if terms.state not in ("read", "unread"):
        raise _left_out(name, f"its terms have the state {terms.state!r}, expected 'read' or 'unread'")
    if terms.state == "read" and not (terms.address and terms.day and terms.digest):
        raise _left_out(
            name, "its terms say 'read' without the address, day and digest of the text that was read"
        )
    if terms.robots != "obey" and (terms.robots, terms.state) != ("api", "read"):
        raise _left_out(
            name, f"its terms say robots = {terms.robots!r}, expected 'obey', or 'api' where they were read"
        )
    for part in terms.parts:
        if unknown := set(part.fields) - FIELDS:
            raise _left_out(
                name, f"its terms give a license to {', '.join(sorted(unknown))}, which is no claim"
            )
    if not isinstance(thing, type) or getattr(thing, "name", None) != name:
        raise _left_out(name, f"expected a class whose `name` is {name!r}")
    for method in ("pages", "claims"):
        if not callable(getattr(thing, method, None)):
            raise _left_out(name, f"it has no method `{method}`")
    return cast(type[Source], thing)


def _left_out(name: str, why: str) -> PluginInvalid:
    return PluginInvalid(f"source {name!r} is left out: {why}", hint="the contract: onrecord/sources/seam.py")
