# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terms of sources, and the operator's word that they were read: without it nothing is asked of a service."""

import hashlib
from collections.abc import Mapping

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.errors import SourceRefused, UsageError
from onrecord.model.records import Terms
from onrecord.sources.loading import load_sources
from onrecord.sources.seam import Live, Offers, Source


class SourceView(Struct, frozen=True):
    """A source with its terms, what it can do, and when the operator accepted them ("" where that was not done)."""

    name: str
    terms: Terms
    live: bool
    offers_sound: bool
    accepted: str


def list_sources(archive: Archive | None) -> tuple[list[SourceView], list[str]]:
    """Every installed source by its name, and why others were left out."""
    plugins = load_sources()
    views = []
    for name, source in plugins.loaded.items():
        accepted = archive.ledger.accepted_terms(name) if archive else None
        views.append(
            SourceView(
                name,
                source.terms,
                issubclass(source, Live),
                issubclass(source, Offers),
                accepted[0] if accepted else "",
            )
        )
    return views, [error.message for error in plugins.left_out]


def find_source(name: str) -> type[Source]:
    """The class of an installed source; UsageError names those that there are."""
    plugins = load_sources()
    found = plugins.loaded.get(name)
    if found is None:
        why = [error.message for error in plugins.left_out]
        raise UsageError(
            f"no source is called {name!r}", "; ".join([f"there are: {', '.join(plugins.loaded)}", *why])
        )
    return found


def given_to(archive: Archive, name: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that source `name` is made with: the archive's, and over them those of one run.

    UsageError where they would name whose word its records are: that is `--as`, which is checked, and says a license;
    and where they would make the archive somebody else.
    """
    if "name" in settings:
        raise UsageError(
            f"{name}: a setting does not say whose word its records are, got name={settings['name'][:40]!r}",
            "harvest with `--as NAME`",
        )
    own = archive.settings.of_source(name)
    for key, value in own.items():
        if value and settings.get(key, value) != value:
            raise UsageError(
                f"{name}: {key} is the archive's own, {value!r}, got {settings[key][:40]!r}",
                "it stands in onrecord.toml; messages to anybody else are not the archive's to read",
            )
    return {**own, **settings}


def accept_terms(archive: Archive, name: str, text: bytes) -> str:
    """Put on record that the operator has read the terms of a source, `text`, and accepts them; gives its digest.

    The digest shows later which text that was. Terms that change have to be read again.
    """
    source = find_source(name)
    if not text.strip():
        raise UsageError(
            "the text of the terms is empty", f"save the page at {source.terms.address} and name it"
        )
    digest = hashlib.sha256(text).hexdigest()
    with archive.writing():
        archive.commit("terms-accepted", {"source": name, "address": source.terms.address, "text": digest})
    return digest


def refuse_unless_allowed(archive: Archive, source: type[Source]) -> None:
    """SourceRefused where a service may not be asked yet: its terms, the operator's word, or a contact is missing."""
    terms, name = source.terms, str(source.name)
    if terms.state == "read" and not terms.harvest_live:
        raise SourceRefused(
            f"{name}: its terms, as read on {terms.day}, do not allow it to be harvested",
            "a dump of it may be read from a file",
        )
    if terms.state != "read" and archive.ledger.accepted_terms(name) is None:
        raise SourceRefused(
            f"{name}: nobody here has read its terms yet ({terms.address or 'no address is known'})",
            f"read them; if they allow it: `onrecord sources accept {name} --text FILE` with the page that you read",
        )
    if not archive.settings.harvest.contact:
        raise SourceRefused(
            f"{name}: a service is not asked by nobody: there is no contact",
            'set `[harvest] contact = "you@example.org"` in onrecord.toml; every request will bear it',
        )
