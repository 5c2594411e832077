# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search holds of each canonical thing, made of the rows of pages after a match."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.catalog import pages
from onrecord.engine.duck import Duck
from onrecord.search.facets import facets
from onrecord.search.popularity import popularity
from onrecord.search.row_filling import Entry, Filled, fill
from onrecord.search.rows import Row


class _Claim(Struct, frozen=True):
    source: str
    source_id: str
    sort_name: str = ""
    mbid: str = ""
    isrc: str = ""
    isni: str = ""
    barcode: str = ""
    date: str = ""


class _Sound(Struct, frozen=True):
    sha256: str


class _Body(Struct, frozen=True):
    claims: tuple[_Claim, ...]
    sounds: tuple[_Sound, ...] = ()
    date: str = ""
    label: str = ""


_BODY = msgspec.json.Decoder(_Body)


def index(archive: Archive, duck: Duck, redirects: Iterable[tuple[str, str]]) -> Filled:
    """Bring rows and text index up to what was matched in `duck`; what is as it was is not written again."""
    iswcs = dict(duck.run(_ISWCS))
    holders = duck.run("SELECT blob, min(recording) FROM recording_blobs GROUP BY blob")

    def entries() -> Iterator[Entry]:
        for row, known in pages.rows(duck):
            yield _entry(archive, Row(*row[:7], row[7].encode()), iswcs.get(row[1], ()), known)

    return fill(archive.folder / "search" / "rows.sqlite", entries, redirects, holders)


#: Codes of the works that a recording is of. `naming` has made the tables.
_ISWCS = (
    "SELECT l.b, list_sort(list(DISTINCT w.iswc)) FROM named_links l JOIN current_works w ON w.thing = l.a"
    " WHERE l.kind = 'recording' AND w.iswc <> '' GROUP BY l.b"
)


def _entry(archive: Archive, row: Row, iswcs: Sequence[str], known: dict[str, int]) -> Entry:
    body = _BODY.decode(row.body)
    licenses = {
        fact.license
        for sound in body.sounds
        for fact, _ in archive.ledger.evidence(sound.sha256).values()
        if fact.license
    }
    sources = [claim.source for claim in body.claims]
    beside = dict.fromkeys([row.subtitle, body.label, *(claim.sort_name for claim in body.claims)])
    return Entry(
        row=row,
        beside=" ".join(name for name in beside if name),
        facets=facets(row.kind, body.date or _first_date(body.claims), sources, row.has_sound, licenses),
        codes=tuple(dict.fromkeys([*_codes(row, body), *(("iswc", code) for code in iswcs)])),
        weight=popularity(known),
        known=known,
    )


def _first_date(claims: Sequence[_Claim]) -> str:
    return next((claim.date for claim in claims if claim.date), "")


def _codes(row: Row, body: _Body) -> Iterator[tuple[str, str]]:
    for claim in body.claims:
        for scheme in ("mbid", "isrc", "isni", "barcode"):
            if value := getattr(claim, scheme):
                yield scheme, value
        if claim.source == "discogs" and row.kind in ("artist", "release"):
            yield "discogs", f"{row.kind[0]}{claim.source_id}"
    for sound in body.sounds:
        yield "sha256", sound.sha256
