# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page shows, without what is said elsewhere: folded when rows are written, unfolded when one is read.

Other things are named by number, and called as their own rows call them. A claim is kept as far as it differs from the
thing, and one behind the first as far as it differs from the first; of the thing is kept what its first claim does not
say. None stands for what is not kept, False for what is not said.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.model.shown_fields import CANONICAL, SHOWN, WHOLE
from onrecord.search.codes import Key, pack
from onrecord.search.stored_rows import Stored

#: So many of the recordings and of the releases of an artist are on one page.
LISTED: Final = 500

Facts = Sequence[Any]
Claims = Sequence[Sequence[Any]]
Look = Callable[[int], Stored | None]

_PLACES: Final = {kind: {name: at + 3 for at, name in enumerate(names)} for kind, names in SHOWN.items()}
_OWN: Final = {kind: tuple(_PLACES[kind][name] for name in names) for kind, names in CANONICAL.items()}
_UNSAID: Final = {
    kind: tuple(None if name in WHOLE else "" for name in names) for kind, names in SHOWN.items()
}
_SCHEMES: Final = {
    kind: tuple(
        (scheme, places[scheme]) for scheme in ("mbid", "isrc", "isni", "barcode") if scheme in places
    )
    for kind, places in _PLACES.items()
}
_BYTES: Final = {
    kind: tuple(places[name] for name in ("mbid", "blob") if name in places)
    for kind, places in _PLACES.items()
}


class Page(Struct, frozen=True):
    """What a page is made of, in numbers of rows: whose it is, and what is listed on it.

    canonical  the values of `CANONICAL` fields
    claims     each is source, id there, reason, and the values of `SHOWN` fields
    founder    which claim founds the id, None where none of them does
    placed     of a release (disc, position) of each that is listed
    sounds     JSON
    """

    canonical: Sequence[Any]
    claims: Claims
    founder: int | None = None
    artist: int = 0
    releases: Sequence[int] = ()
    recordings: Sequence[int] = ()
    placed: Sequence[tuple[int | None, int | None]] = ()
    sounds: bytes = b""


def fold(kind: str, title: str, subtitle: str, page: Page) -> tuple[Facts, Claims]:
    first = page.claims[0]
    expected = [title, *_UNSAID[kind][1:]]
    if kind != "artist":
        expected[1] = subtitle
    kept = [_kept(kind, first, expected)]
    if len(page.claims) > 1:
        kept += [_kept(kind, claim, first[3:]) for claim in page.claims[1:]]
    if kind == "artist":
        return [_steps(page.releases), _steps(page.recordings)], kept
    canonical = [
        None if value == first[place] else False if value is None else value
        for place, value in zip(_OWN[kind], page.canonical, strict=True)
    ]
    if kind == "release":
        discs, positions = [list(column) for column in zip(*page.placed, strict=True)] or ([], [])
        return [page.artist, *canonical, _steps(page.recordings), _runs(discs), _runs(positions)], kept
    return [page.artist, *canonical, _steps(page.releases), page.sounds], kept


def unfold(row: Stored, look: Look, listed: int = LISTED, start: int = 0) -> dict[str, Any]:
    """What the page shows, as `onrecord.catalog.pages` types it. Of things that are gone nothing is listed; of an
    artist `listed` recordings and releases from `start` on, and how many are `more`."""
    claims = _claims(row)
    if row.kind == "artist":
        end = start + listed
        releases, recordings = (list(_numbers(steps)) for steps in row.facts)
        shown = [_release(other) for other in _rows(releases[start:end], look) if other]
        more = max(len(recordings) - end, 0) + max(len(releases) - end, 0)
        return {
            "name": row.title,
            "releases": sorted(shown, key=lambda release: str(release["id"])),
            "recordings": _tracks(_rows(recordings[start:end], look), itertools.repeat((None, None)), look),
            "claims": claims,
            **({"more": more} if more else {}),
        }
    artist, *values = row.facts
    maker = look(artist) if artist else None
    said: dict[str, Any] = {
        "title": row.title,
        "artist": row.subtitle,
        "artist_id": maker.id if maker else "",
    }
    said |= _canonical(row.kind, values, claims)
    if row.kind == "release":
        steps, discs, places = values[-3:]
        numbers = list(_numbers(steps))
        placed = zip(_run(discs, len(numbers)), _run(places, len(numbers)), strict=True)
        tracks = _tracks(_rows(numbers, look), placed, look)
        return {**said, "tracks": sorted(tracks, key=_place), "claims": claims}
    steps, sounds = values[-2:]
    named = [{"id": other.id, "title": other.title} for other in _rows(_numbers(steps), look) if other]
    return {
        **said,
        "isrcs": sorted({claim["isrc"] for claim in claims if claim["isrc"]}),
        "mbids": sorted({claim["mbid"] for claim in claims if claim["mbid"]}),
        "releases": sorted(named, key=lambda release: (release["title"], release["id"])),
        "sounds": msgspec.Raw(sounds or b"[]"),
        "claims": claims,
    }


def facts(row: Stored) -> dict[str, Any]:
    """What is said of a row that has a page, without what its page lists: the canonical fields and the `claims`, and in
    numbers whose it is (`maker`, 0 where nobody's) and the `releases` and `recordings` that it lists."""
    claims = _claims(row)
    if row.kind == "artist":
        releases, recordings = (list(_numbers(steps)) for steps in row.facts)
        return {"claims": claims, "maker": 0, "releases": releases, "recordings": recordings}
    maker, *values = row.facts
    said = {"claims": claims, "maker": maker, **_canonical(row.kind, values, claims)}
    if row.kind == "release":
        return {**said, "releases": [], "recordings": list(_numbers(values[-3]))}
    return {**said, "releases": list(_numbers(values[-2])), "recordings": []}


def lists(row: Stored | None) -> tuple[list[int], list[int]]:
    """The numbers of the releases and of the recordings that the page of an artist lists."""
    if row is None or row.kind != "artist":
        return [], []
    releases, recordings = (list(_numbers(steps)) for steps in row.facts)
    return releases, recordings


def positions(row: Stored) -> list[int | None]:
    """Where each of the recordings stands that a release lists."""
    count = sum(1 for _ in row.facts[-3])
    return list(_run(row.facts[-1], count))


def codes(row: Stored) -> Iterator[tuple[int, Key]]:
    """The identifiers that a row is found by, as `codes.pack` gives them."""
    for scheme, value in row.codes:
        if key := pack(scheme, value):
            yield key
    if row.kind not in SHOWN or not (row.claims and len(row.claims[0]) > 2):
        return
    by_discogs = row.kind in ("artist", "release")
    for claim in row.claims:
        for scheme, place in _SCHEMES[row.kind]:
            if value := claim[place]:
                key = (MBID, value) if isinstance(value, bytes) else pack(scheme, value)
                if key:
                    yield key
        if by_discogs and claim[0] == "discogs" and (key := pack("discogs", f"{row.kind[0]}{claim[1]}")):
            yield key


#: The number of that scheme of identifiers.
MBID: Final = 3


def mbids(row: Stored) -> list[str]:
    """The MBIDs of a row that has a page, sorted."""
    return sorted({claim["mbid"] for claim in _claims(row) if claim["mbid"]}) if row.claims else []


def _kept(kind: str, claim: Sequence[Any], expected: Sequence[Any]) -> Sequence[Any]:
    values = claim[3:]
    kept: list[Any] = [
        None if value == other else False if value is None else value
        for value, other in zip(values, expected, strict=True)
    ]
    for place in _BYTES[kind]:
        if text := kept[place - 3]:
            kept[place - 3] = _short(text)
    return [*claim[:3], *kept]


def _claims(row: Stored) -> list[dict[str, Any]]:
    names, expected = SHOWN[row.kind], [row.title, *_UNSAID[row.kind][1:]]
    if row.kind != "artist":
        expected[1] = row.subtitle
    found: list[dict[str, Any]] = []
    for claim in row.claims:
        values = [
            other if value is None else None if value is False else _long(value)
            for value, other in zip(claim[3:], expected, strict=True)
        ]
        if not found:
            expected = values
        source, source_id, reason = claim[:3]
        head = {"source": source, "source_id": source_id, "reason": reason}
        found.append(head | dict(zip(names, values, strict=True)))
    return found


def _canonical(kind: str, values: Sequence[Any], claims: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: claims[0][name] if value is None else None if value is False else value
        for name, value in zip(CANONICAL[kind], values, strict=False)
    }


def _short(text: str) -> str | bytes:
    """A UUID or a digest as bytes, where it is written as they are."""
    try:
        found = bytes.fromhex(text.replace("-", "") if len(text) == 36 else text)
    except ValueError:
        return text
    return found if len(found) in (16, 32) and _long(found) == text else text


def _long(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    text = value.hex()
    if len(value) != 16:
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _steps(numbers: Sequence[int]) -> list[int]:
    """Numbers as steps from one to the next: what came together has small ones."""
    if len(numbers) < 2:  # most lists, on most pages
        return list(numbers)
    return [number - before for number, before in zip(numbers, (0, *numbers), strict=False)]


def _numbers(steps: Sequence[int]) -> Iterator[int]:
    return itertools.accumulate(steps)


def _runs(values: Sequence[int | None]) -> Any:
    """True where they count from 1 on, one value where all are that, else all of them."""
    told = list(values)
    if told and told == list(range(1, len(told) + 1)):
        return True
    return told[0] if told and told.count(told[0]) == len(told) else told


def _run(kept: Any, count: int) -> Sequence[int | None]:
    if kept is True:
        return range(1, count + 1)
    return kept if isinstance(kept, list | tuple) else [kept] * count


def _place(track: dict[str, Any]) -> tuple[Any, ...]:
    """Discs that are not said come first, positions that are not said last."""
    disc, position = track["disc"], track["position"]
    last = position is None
    return disc is not None, disc or 0, last, position or 0, track["title"], track["id"]


def _rows(numbers: Iterable[int], look: Look) -> list[Stored | None]:
    wanted = list(numbers)
    found = {number: look(number) for number in sorted(set(wanted))}  # those of one block one after another
    return [found[number] for number in wanted]


def _release(row: Stored) -> dict[str, Any]:
    date = row.facts[1]
    return {"id": row.id, "title": row.title, "date": _claims(row)[0]["date"] if date is None else date}


def _tracks(
    rows: Sequence[Stored | None], placed: Iterable[tuple[int | None, int | None]], look: Look
) -> list[dict[str, Any]]:
    makers = {number: look(number) for number in sorted({row.facts[0] for row in rows if row}) if number}
    tracks = []
    for row, (disc, position) in zip(rows, placed, strict=False):
        if row is None:
            continue
        maker = makers.get(row.facts[0])
        length = row.facts[1]  # False where nobody says it
        length = _claims(row)[0]["duration_ms"] if length is None else length
        tracks.append(
            {
                "id": row.id,
                "title": row.title,
                "artist": row.subtitle,
                "artist_id": maker.id if maker else "",
                "duration_ms": None if length is False else length,
                "disc": disc,
                "position": position,
                "has_sound": row.sound,
            }
        )
    return tracks
