# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers as pages show them, each with its place in the registry that gave it. Nothing is asked there: they are
links for a person to follow."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from onrecord.model import identifiers
from onrecord.model.views import ClaimView, NamedView, WorkView

_CALLED: Final = {
    "isrc": "ISRC",
    "iswc": "ISWC",
    "isni": "ISNI",
    "barcode": "Barcode",
    "code": "Label code",
}
_DISCOGS: Final = {"release": "release", "artist": "artist"}
_NUMBER: Final = re.compile("[1-9][0-9]{0,11}")


class Identifier(Struct, frozen=True):
    """`address` is "" where its registry has no page of its own for each."""

    label: str
    value: str
    address: str = ""


def of_claims(kind: str, claims: Sequence[ClaimView], works: Iterable[WorkView] = ()) -> list[Identifier]:
    """All identifiers that claims give a recording, a release or an artist, and those of the works that it is of."""
    found = [item for claim in claims for item in _of_claim(kind, claim)]
    for work in works:
        found += [_identifier("iswc", code, "work") for code in work.iswc.split(", ") if code]
        found += [_identifier("mbid", work.mbid, "work")] if work.mbid else []
    return _in_order(found)


def of_named(view: NamedView) -> list[Identifier]:
    """Those of a work, a label or a release group."""
    found = [_identifier("mbid", view.mbid, view.kind)] if view.mbid else []
    for name, value in view.facts:
        if name in _CALLED:
            found += [_identifier(name, each, view.kind) for each in value.split(", ")]
    return _in_order(found)


def _of_claim(kind: str, claim: ClaimView) -> Iterator[Identifier]:
    for name, value in claim.fields:
        if name == "mbid" or name in _CALLED:
            yield _identifier(name, value, kind)
    if claim.source == "discogs" and kind in _DISCOGS and _NUMBER.fullmatch(claim.source_id):
        address = f"https://www.discogs.com/{_DISCOGS[kind]}/{claim.source_id}"
        yield Identifier("Discogs", claim.source_id, address)


def _identifier(scheme: str, value: str, kind: str) -> Identifier:
    if scheme == "mbid":
        label = "MusicBrainz" if kind != "work" else "MusicBrainz work"
        valid = identifiers.mbid(value)
        return Identifier(label, value, f"https://musicbrainz.org/{kind}/{valid}" if valid else "")
    return Identifier(_CALLED[scheme], value, _ADDRESSES.get(scheme, _nowhere)(value))


def _isrc(value: str) -> str:
    code = identifiers.isrc(value)
    return f"https://isrcsearch.ifpi.org/?tab=%22code%22&isrcCode=%22{quote(code)}%22" if code else ""


def _isni(value: str) -> str:
    code = identifiers.isni(value)
    return f"https://isni.org/isni/{quote(code)}" if code else ""


def _nowhere(value: str) -> str:
    return ""


_ADDRESSES: Final = {"isrc": _isrc, "isni": _isni}


def _in_order(found: Iterable[Identifier]) -> list[Identifier]:
    """Each once; those of one registry together."""
    unique = list(dict.fromkeys(found))
    labels = list(dict.fromkeys(item.label for item in unique))
    return sorted(unique, key=lambda item: labels.index(item.label))
