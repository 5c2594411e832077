# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search holds of each canonical thing, made of the rows of pages after a match."""

import functools
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.catalog import named, pages, touched_pages
from onrecord.catalog.page_portions import Packed, Portion, pack, unpack
from onrecord.catalog.pages import Thing
from onrecord.engine.duck import Duck
from onrecord.engine.pool import Workers
from onrecord.model.rights import BESIDE_SOUND
from onrecord.model.shown_fields import CANONICAL, SHOWN
from onrecord.search.bodies import Page, lists
from onrecord.search.facets import facets
from onrecord.search.popularity import popularity
from onrecord.search.row_blocks import ROWS, Dictionary
from onrecord.search.row_filling import Filled, Known, fill, renew
from onrecord.search.row_making import Entry, Made, make
from onrecord.search.rows import Row, Rows


class _Sound(Struct, frozen=True):
    sha256: str


_SOUNDS = msgspec.json.Decoder(tuple[_Sound, ...])
#: A thing's sounds, and the licenses that evidence says of them.
_Sounding = tuple[tuple[_Sound, ...], tuple[str, ...]]
#: With fewer pages it is quicker to make them here than to start processes.
_FEW: Final = 50_000


def index(
    archive: Archive,
    duck: Duck,
    redirects: Iterable[tuple[str, str]],
    touched: Sequence[str] | None = None,
) -> Filled:
    """Bring rows and text index up to what was matched in `duck`; what is as it was is not written again, and of what
    an update left, only what it `touched` is looked at. Where all of many pages are written, processes make them."""
    path = archive.folder / "search" / "rows.sqlite"
    holders = _Holders(duck)

    def entries() -> Iterator[Entry]:
        """Things keep the numbers that they have."""
        rows = Rows(path)
        _number(duck, rows.numbers(), rows.last())
        return (_entry(thing, _sounding(archive, thing.sounds)) for thing in pages.things(duck))

    def anew(known: Known) -> Iterator[Made]:
        _number(duck, (), 0)
        tasks = (_task(archive, portion, known()) for portion in pages.portions(duck, ROWS, once=True))
        if archive.settings.workers < 2 or pages.count(duck) <= _FEW:
            yield from map(_made, tasks)
        else:
            packed = (_Packed(pack(task.portion), task.sounding, task.dictionary) for task in tasks)
            yield from pool.map(_made_elsewhere, packed)

    # They start when the first of them is asked for something.
    pool = Workers(archive.settings.workers, _ready)
    if touched is not None:
        touched_pages.narrow(duck)

        def entries_touched() -> Iterator[Entry]:
            rows = Rows(path)
            wanted = touched_pages.wanted(duck)
            duck.fill("numbered", {"id": "VARCHAR", "number": "BIGINT"}, rows.numbers(wanted))
            touched_pages.number(duck, rows.last())
            with rows.reading() as held:
                things = touched_pages.things(duck, lambda number: lists(held.row(number)))
                yield from (_entry(thing, _sounding(archive, thing.sounds)) for thing in things)

        try:
            if filled := renew(path, entries_touched, touched, redirects, holders):
                return filled
        except touched_pages.ChangedOtherwise:
            pass
        touched_pages.give_back(duck)
        named.tell(duck)
    with pool:
        return fill(path, entries, redirects, holders, anew)


class _Holders:
    """(blob, recording), a row a blob, for whoever goes through them, as often as they like."""

    def __init__(self, duck: Duck) -> None:
        self._duck = duck

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self._duck.rows("SELECT blob, min(recording) FROM recording_blobs GROUP BY blob ORDER BY blob")


def _number(duck: Duck, before: Iterable[Sequence[Any]], last: int) -> None:
    duck.fill("numbered", {"id": "VARCHAR", "number": "BIGINT"}, before)
    pages.number(duck, last)


class _Task(Struct, frozen=True):
    """What pages are made of: `sounding` by the sounds that things have, and with what blocks are packed, if that is
    known."""

    portion: Portion
    sounding: dict[str, _Sounding]
    dictionary: Dictionary | None


class _Packed(Struct, frozen=True):
    portion: Packed
    sounding: dict[str, _Sounding]
    dictionary: Dictionary | None


def _task(archive: Archive, portion: Portion, dictionary: Dictionary | None) -> _Task:
    """The log is asked here: who makes pages reads nothing else."""
    said = pages.sounds(portion)
    return _Task(portion, {sounds: _sounding(archive, sounds) for sounds in said}, dictionary)


def _made(task: _Task) -> Made:
    whole = range(task.portion.begin, task.portion.end)
    with _uncollected():
        entries = (
            _entry(thing, task.sounding[thing.sounds] if thing.sounds else _SILENT)
            for thing in pages.things_of(task.portion)
        )
        return make(entries, whole=whole, dictionary=task.dictionary)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing that is made within leads in a circle; to look for such takes a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _made_elsewhere(packed: _Packed) -> Made:
    return _made(_Task(unpack(packed.portion), packed.sounding, packed.dictionary))


def _ready() -> None:
    """What the first task would wait for."""
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401


#: What a thing without sound has.
_SILENT: Final[_Sounding] = ((), ())


def _sounding(archive: Archive, said: str) -> _Sounding:
    if not said:
        return _SILENT
    sounds = _SOUNDS.decode(said)
    licenses = {
        fact.license
        for sound in sounds
        for fact, _ in archive.ledger.evidence(sound.sha256).values()
        if fact.license and fact.part not in BESIDE_SOUND
    }
    return sounds, tuple(sorted(licenses))


def _entry(thing: Thing, sounding: _Sounding) -> Entry:
    # Nothing is called by a name that needs none, and no list made to be taken apart: this is done for every page.
    kind, has_sound, known, claims = thing.kind, thing.has_sound, thing.known, thing.claims
    places = _PLACES[kind]
    sources = (claims[0][0],) if len(claims) == 1 else tuple([claim[0] for claim in claims])
    languages = tuple(thing.languages) if thing.languages else ()
    sounds, licenses = sounding
    year, minutes = _date(thing, places)[:_OF_YEAR], _minutes(thing)
    codes: tuple[tuple[str, str], ...] = ()
    if sounds or thing.iswcs:
        codes = (
            *(("sha256", sound.sha256) for sound in sounds),
            *(("iswc", code) for code in thing.iswcs),
        )
    return Entry(
        Row(kind, thing.id, thing.title, thing.subtitle, has_sound, thing.newest, thing.seconds, b""),
        _beside(thing, places),
        _facets(kind, year, sources, has_sound, licenses, languages, minutes),
        codes,
        popularity(known) if known else 0,
        known,
        thing.number,
        Page(
            thing.canonical,
            claims,
            thing.founder,
            thing.artist,
            thing.releases,
            thing.recordings,
            thing.placed,
            thing.sounds.encode(),
        ),
    )


#: Most things share theirs with others.
_facets = functools.lru_cache(16_384)(facets)
#: So much of a date says its year, and that it is one.
_OF_YEAR: Final = 5
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
