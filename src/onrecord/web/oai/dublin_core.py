# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings and releases as unqualified Dublin Core.

Records go out in bulk, so a field is told only where a source whose terms let it be passed on says it, as in a dataset.
"""

from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.model import identifiers
from onrecord.model.views import ClaimView, RecordingView, ReleaseView
from onrecord.rights.addresses import address_of
from onrecord.web.hearing import media_type

#: What files and persons say is the archive's own to tell.
_OWN: Final = ("file", "a person")
Element = tuple[str, str]


class Telling(Struct, frozen=True):
    """Whose word may be passed on: `sources` by name, but for the fields of `apart` as (source, table.column)."""

    sources: frozenset[str]
    apart: frozenset[tuple[str, str]] = frozenset()

    def first(self, claims: Collection[ClaimView], table: str, field: str) -> str:
        """What the first of the claims says that may be told, "" where none does."""
        return next(self._said(claims, table, field), "")

    def every(self, claims: Collection[ClaimView], table: str, field: str) -> list[str]:
        return list(dict.fromkeys(self._said(claims, table, field)))

    def _said(self, claims: Collection[ClaimView], table: str, field: str) -> Iterator[str]:
        for claim in claims:
            if claim.source in self.sources and (claim.source, f"{table}.{field}") not in self.apart:
                yield from (value for name, value in claim.fields if name == field and value)


def telling(archive: Archive) -> Telling:
    free = [source for source, (_, redistribute) in archive.ledger.sources().items() if redistribute]
    apart = frozenset((source, field) for source, field, *_ in archive.ledger.parts())
    return Telling(frozenset((*_OWN, *free)), apart)


def of_recording(view: RecordingView, told: Telling, base: str) -> list[Element]:
    """`base` is the address of the page, which ends with a slash."""
    claims = view.claims
    found: list[Element] = [
        ("title", told.first(claims, "tracks", "title")),
        ("creator", told.first(claims, "tracks", "artist")),
        ("contributor", told.first(claims, "tracks", "composer")),
        ("subject", told.first(claims, "tracks", "genre")),
        ("date", told.first(claims, "tracks", "date")),
        ("type", "Sound"),
    ]
    forms = (media_type(sound.codec) for sound in view.sounds)
    found += [("format", form) for form in dict.fromkeys(forms)]
    found += [("format", _duration(sound.seconds)) for sound in view.sounds[:1]]
    found += [("identifier", f"{base}recording/{view.id}")]
    isrcs = (identifiers.isrc(isrc) for isrc in told.every(claims, "tracks", "isrc"))
    found += [("identifier", f"urn:isrc:{isrc}") for isrc in dict.fromkeys(isrcs) if isrc]
    mbids = (identifiers.mbid(mbid) for mbid in told.every(claims, "tracks", "mbid"))
    found += [
        ("identifier", f"https://musicbrainz.org/recording/{mbid}") for mbid in dict.fromkeys(mbids) if mbid
    ]
    found += [("relation", f"{base}release/{id}") for id, _ in view.releases]
    licenses = dict.fromkeys(fact.license for fact in view.evidence if fact.license and fact.is_of_sound)
    found += [("rights", address_of(license) or license) for license in licenses]
    return [element for element in found if element[1]]


def of_release(view: ReleaseView, told: Telling, base: str) -> list[Element]:
    claims = view.claims
    barcode = told.first(claims, "releases", "barcode")
    found: list[Element] = [
        ("title", told.first(claims, "releases", "title") or view.title),
        ("creator", told.first(claims, "releases", "artist")),
        ("publisher", told.first(claims, "releases", "label")),
        ("date", told.first(claims, "releases", "date")),
        ("type", "Collection"),
        ("type", "Sound"),
        ("identifier", f"{base}release/{view.id}"),
        ("identifier", f"urn:ean:{barcode}" if barcode else ""),
    ]
    held = [track.id for track in view.tracks if track.has_sound]
    found += [("relation", f"{base}recording/{id}") for id in dict.fromkeys(held)]
    return [element for element in found if element[1]]


def _duration(seconds: float) -> str:
    """ISO 8601, as PT3M5S."""
    whole = round(seconds)
    minutes, left = divmod(whole, 60)
    return f"PT{minutes}M{left}S" if whole > 0 else ""
