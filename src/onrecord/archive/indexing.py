# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search holds of each canonical thing, made of the rows of pages after a match."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.catalog import named, pages, touched_pages
from onrecord.catalog.pages import Thing
from onrecord.engine.duck import Duck
from onrecord.model.rights import BESIDE_SOUND
from onrecord.model.shown_fields import CANONICAL, SHOWN
from onrecord.search.bodies import Page, lists
from onrecord.search.facets import facets
from onrecord.search.popularity import popularity
from onrecord.search.row_filling import Entry, Filled, fill, renew
from onrecord.search.rows import Row, Rows


class _Sound(Struct, frozen=True):
    sha256: str


_SOUNDS = msgspec.json.Decoder(tuple[_Sound, ...])


def index(
    archive: Archive,
    duck: Duck,
    redirects: Iterable[tuple[str, str]],
    touched: Sequence[str] | None = None,
) -> Filled:
    """Bring rows and text index up to what was matched in `duck`; what is as it was is not written again, and of what
    an update left, only what it `touched` is looked at."""
    path = archive.folder / "search" / "rows.sqlite"
    iswcs = dict(duck.run(_ISWCS))  # of an update, those of what it touched alone
    holders = duck.run("SELECT blob, min(recording) FROM recording_blobs GROUP BY blob")

    def entries() -> Iterator[Entry]:
        """Things keep the numbers that they have."""
        rows = Rows(path)
        return numbered(rows.spelled(), rows.last())

    def anew() -> Iterator[Entry]:
        return numbered((), 0)

    def numbered(before: Iterable[Sequence[Any]], last: int) -> Iterator[Entry]:
        duck.fill("numbered", {"id": "VARCHAR", "number": "BIGINT"}, before)
        pages.number(duck, last)
        return (_entry(archive, thing, iswcs.get(thing.id, ())) for thing in pages.things(duck))

    if touched is not None:
        touched_pages.narrow(duck)

        def entries_touched() -> Iterator[Entry]:
            rows = Rows(path)
            wanted = touched_pages.wanted(duck)
            duck.fill("numbered", {"id": "VARCHAR", "number": "BIGINT"}, rows.spelled(wanted))
            touched_pages.number(duck, rows.last())
            with rows.reading() as held:
                things = touched_pages.things(duck, lambda number: lists(held.row(number)))
                yield from (_entry(archive, thing, iswcs.get(thing.id, ())) for thing in things)

        try:
            if filled := renew(path, entries_touched, touched, redirects, holders):
                return filled
        except touched_pages.ChangedOtherwise:
            pass
        touched_pages.give_back(duck)
        named.tell(duck)
        iswcs = dict(duck.run(_ISWCS))  # as all things are written
    return fill(path, entries, redirects, holders, anew)


#: Codes of the works that a recording is of. `naming` has made the tables.
_ISWCS: Final = (
    "SELECT l.b, list_sort(list(DISTINCT w.iswc)) FROM named_links l JOIN current_works w ON w.thing = l.a"
    " WHERE l.kind = 'recording' AND w.iswc <> '' GROUP BY l.b"
)


def _entry(archive: Archive, thing: Thing, iswcs: Sequence[str]) -> Entry:
    sounds = _SOUNDS.decode(thing.sounds) if thing.sounds else ()
    licenses = {
        fact.license
        for sound in sounds
        for fact, _ in archive.ledger.evidence(sound.sha256).values()
        if fact.license and fact.part not in BESIDE_SOUND
    }
    places = _PLACES[thing.kind]
    return Entry(
        row=Row(
            *(thing.kind, thing.id, thing.title, thing.subtitle),
            *(thing.has_sound, thing.newest, thing.seconds, b""),
        ),
        beside=_beside(thing, places),
        facets=_facets(
            thing.kind,
            _date(thing, places),
            tuple([claim[0] for claim in thing.claims]),
            thing.has_sound,
            tuple(licenses),
            tuple(thing.languages),
            _minutes(thing),
        ),
        codes=(*(("sha256", sound.sha256) for sound in sounds), *(("iswc", code) for code in iswcs)),
        weight=popularity(thing.known),
        known=thing.known,
        number=thing.number,
        page=Page(
            *(thing.canonical, thing.claims, thing.founder, thing.artist, thing.releases, thing.recordings),
            *(thing.placed, thing.sounds.encode()),
        ),
    )


#: Most things share theirs with others.
_facets = functools.lru_cache(4096)(facets)
_PLACES: Final[dict[str, dict[str, int]]] = {
    kind: {name: 3 + names.index(name) for name in ("date", "sort_name") if name in names}
    for kind, names in SHOWN.items()
}
_LABEL: Final = CANONICAL["release"].index("label")
_LENGTH: Final = CANONICAL["recording"].index("duration_ms")
_DATES: Final = {kind: names.index("date") for kind, names in CANONICAL.items() if "date" in names}


def _beside(thing: Thing, places: dict[str, int]) -> str:
    """Names that a thing is searched by as well."""
    if thing.kind == "recording":
        return thing.subtitle
    names: list[Any] = [thing.canonical[_LABEL]] if thing.kind == "release" else []
    if place := places.get("sort_name"):
        names += [claim[place] for claim in thing.claims]
    return " ".join(filter(None, dict.fromkeys([thing.subtitle, *names])))


def _minutes(thing: Thing) -> int | None:
    """Whole minutes of a recording's length, None where nothing says it."""
    if thing.kind != "recording" or (length := thing.canonical[_LENGTH]) is None:
        return None
    return int(length) // 60_000


def _date(thing: Thing, places: dict[str, int]) -> str:
    if thing.kind not in _DATES:
        return ""
    place = places["date"]
    said = thing.canonical[_DATES[thing.kind]]
    return said or next((claim[place] for claim in thing.claims if claim[place]), "")
