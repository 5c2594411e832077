# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages of canonical things are made of: the types of what readers get, and where it comes from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from onrecord.catalog.match import KINDS, SAME
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.identifiers import founding_bytes, minted_bytes
from onrecord.model.shown_fields import CANONICAL, SHOWN, WHOLE
from onrecord.model.sound import Fault


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class VersionBody(Body, frozen=True):
    """Another file whose fingerprint agrees, and what the two are to each other."""

    sha256: str
    relation: str
    reason: str


class CopyBody(Body, frozen=True):
    """An access copy, the newest first."""

    sha256: str
    recipe: str
    kilobits: int


class SoundBody(Body, frozen=True):
    sha256: str
    blake3: str
    v2_root: str
    size: int
    container: str
    codec: str
    duration_samples: int
    sample_rate: int
    channels: int
    bit_depth: int | None
    bit_rate: int
    loudness: float | None
    loudness_range: float | None
    true_peak: float
    clipped_samples: int
    cutoff: int | None
    tempo: float | None
    tempo_confidence: float | None
    musical_key: str
    musical_key_confidence: float | None
    suspicions: list[Fault]
    faults: list[Fault]
    peaks: bytes
    names: list[str]
    versions: list[VersionBody]
    copies: list[CopyBody]

    @property
    def same_sound_as(self) -> str:
        """The first file that holds the same sound in other bytes, "" where there is none."""
        return next((item.sha256 for item in self.versions if item.relation in SAME), "")


class TrackBody(Body, frozen=True):
    id: str
    title: str
    artist: str
    artist_id: str
    duration_ms: int | None
    disc: int | None
    position: int | None
    has_sound: bool


class ReleaseRef(Body, frozen=True):
    id: str
    title: str
    date: str = ""


class RecordingBody(Body, frozen=True):
    title: str
    artist: str
    artist_id: str
    duration_ms: int | None
    date: str
    genre: str
    composer: str
    isrcs: list[str]
    mbids: list[str]
    releases: list[ReleaseRef]
    sounds: list[SoundBody]
    claims: list[dict[str, Any]]


class ReleaseBody(Body, frozen=True):
    title: str
    artist: str
    artist_id: str
    date: str
    barcode: str
    label: str
    tracks: list[TrackBody]
    claims: list[dict[str, Any]]


class ArtistBody(Body, frozen=True):
    """Of an artist of very many things the first are listed, and `more` are not."""

    name: str
    releases: list[ReleaseRef]
    recordings: list[TrackBody]
    claims: list[dict[str, Any]]
    more: int = 0


class Thing(Struct, frozen=True):
    """A canonical thing with all that its page is made of; other things by the numbers of `number`.

    claims    source, id there, reason, and the fields of `SHOWN`, in the order of precedence; a person's word first
    founder   which of these claims founds the id, None where none that stands does
    canonical the fields of `CANONICAL`
    placed    of a release (disc, position) of each of its recordings
    known     what is counted of how widely it is known (`onrecord.search.popularity`)
    languages codes of those that it is in: of the works that are recorded, of a release's titles
    """

    kind: str
    number: int
    id: str
    title: str
    subtitle: str
    claims: Sequence[Sequence[Any]]
    founder: int | None
    canonical: Sequence[Any]
    artist: int
    releases: Sequence[int]
    recordings: Sequence[int]
    placed: Sequence[tuple[int | None, int | None]]
    has_sound: bool
    sounds: str
    newest: int
    seconds: float
    known: dict[str, int]
    languages: Sequence[str] = ()


#: Gives for the number and the id of an artist the numbers of releases and of recordings that its page lists.
Lists = Callable[[int, str], tuple[Sequence[int], Sequence[int]]]


def number(duck: Duck, last: int) -> None:
    """Number all things: as `numbered` (id without its first letter, number) has them, those that it has not behind
    `last`. After `match`."""
    duck.run(sql_file("onrecord.catalog", "page_things"))
    number_things(duck, last)


def number_things(duck: Duck, last: int) -> None:
    """As `number`, those that are in `page_things`."""
    duck.run(sql_file("onrecord.catalog", "page_numbers").replace("{last}", str(last)))


def things(duck: Duck) -> Iterator[Thing]:
    """All of them, after `number`: each kind in the order of its numbers, which is that of all numbers where they were
    given by one run."""
    for kind in _KINDS:
        yield from _OF_KIND[kind](duck)


def things_with(duck: Duck, lists: Lists, sounding: str) -> Iterator[Thing]:
    """As `things`, where what artists list is known otherwise: `lists` is asked for each, in the order of numbers, and
    `sounding` is the query of those of whom there is sound."""
    yield from _artists_with(duck, lists, sounding)
    yield from _releases(duck)
    yield from _recordings(duck)


def _artists(duck: Duck) -> Iterator[Thing]:
    made = _Beside(duck, _ARTIST_RELEASES, "artist")
    recorded = _Beside(duck, _ARTIST_RECORDINGS, "artist")

    def lists(number: int, id: str) -> tuple[Sequence[int], Sequence[int]]:
        return [release for (release,) in made.of(number)], [
            recording for (recording,) in recorded.of(number)
        ]

    return _artists_with(duck, lists, _ARTIST_SOUNDS)


def _artists_with(duck: Duck, lists: Lists, sounds: str) -> Iterator[Thing]:
    credited = _Beside(duck, _ARTIST_CREDITS, "artist")
    sounding = _Beside(duck, sounds)
    for claims in _claimed(duck, "artist"):
        at = claims.number
        releases, recordings = lists(at, claims.id)
        known = {
            "recordings": len(recordings),
            "releases": sum(count for (count,) in credited.of(at)),
        }
        yield _thing(
            claims,
            known=known,
            releases=releases,
            recordings=recordings,
            has_sound=bool(sounding.of(at)),
        )


def _releases(duck: Duck) -> Iterator[Thing]:
    tracks = _Beside(duck, _RELEASE_TRACKS, "release")
    sounding = _Beside(duck, _RELEASE_SOUNDS)
    spoken = _Beside(duck, _RELEASE_LANGUAGES)
    for claims in _claimed(duck, "release"):
        at = claims.number
        placed = tracks.of(at)
        yield _thing(
            claims,
            recordings=[recording for recording, _, _ in placed],
            placed=[(_whole(disc), _whole(position)) for _, disc, position in placed],
            has_sound=bool(sounding.of(at)),
            languages=[language for (language,) in spoken.of(at)],
        )


def _recordings(duck: Duck) -> Iterator[Thing]:
    placed = _Beside(duck, _RECORDING_RELEASES, "recording")
    sounds = _Beside(duck, sql_file("onrecord.catalog", "recording_sounds"))
    sung = _Beside(duck, _RECORDING_LANGUAGES)
    for claims in _claimed(duck, "recording"):
        at = claims.number
        releases = [release for (release,) in placed.of(at)]
        known = {"releases": len(set(releases)), "listened": claims.listened}
        languages = [language for (language,) in sung.of(at)]
        for said, newest, seconds in sounds.of(at):
            yield _thing(
                claims,
                known=known,
                releases=releases,
                has_sound=True,
                sounds=said,
                newest=newest,
                seconds=seconds,
                languages=languages,
            )
            break
        else:
            yield _thing(claims, known=known, releases=releases, languages=languages)


_OF_KIND: Final = {"artist": _artists, "release": _releases, "recording": _recordings}

_RELEASE_TRACKS: Final = (
    "SELECT release, recording, coalesce(disc, -1), coalesce(position, -1) FROM page_places"
    " WHERE release BETWEEN {first} AND {last} ORDER BY release, disc NULLS FIRST, position NULLS LAST, recording"
)
_RECORDING_RELEASES: Final = (
    "SELECT recording, release FROM page_places WHERE recording BETWEEN {first} AND {last}"
    " ORDER BY recording, release"
)
_RELEASE_SOUNDS: Final = (
    "SELECT DISTINCT p.release, 1 FROM page_places p JOIN page_sounds s ON s.recording = p.recording"
    " ORDER BY 1"
)
_ARTIST_SOUNDS: Final = (
    "SELECT DISTINCT a.artist, 1 FROM page_artists a JOIN page_sounds s ON s.recording = a.recording"
    " ORDER BY 1"
)
_ARTIST_RECORDINGS: Final = (
    "SELECT a.artist, a.recording FROM page_artists a JOIN page_numbers p ON p.number = a.recording"
    " JOIN canonical_recordings r ON r.id = p.id WHERE a.artist BETWEEN {first} AND {last}"
    " ORDER BY a.artist, r.title, r.id"
)
_ARTIST_RELEASES: Final = (
    "SELECT DISTINCT a.artist, p.release FROM page_artists a JOIN page_places p ON p.recording = a.recording"
    " WHERE a.artist BETWEEN {first} AND {last} ORDER BY 1, 2"
)
#: `naming` has made the tables of these.
_RECORDING_LANGUAGES: Final = (
    "SELECT DISTINCT p.number, w.language FROM named_links l JOIN canonical_works w ON w.id = l.a"
    " JOIN page_numbers p ON p.id = l.b WHERE l.kind = 'recording' AND w.language <> '' ORDER BY ALL"
)
_RELEASE_LANGUAGES: Final = (
    "SELECT DISTINCT p.number, c.name FROM release_ids f JOIN current_mentions c ON c.of = f.mbid"
    " AND c.of_kind = 'release' AND c.kind = 'language' JOIN page_numbers p ON p.id = f.thing ORDER BY ALL"
)
_ARTIST_CREDITS: Final = (
    "SELECT p.number, count(DISTINCT r.release) FROM release_artists r JOIN page_numbers p ON p.id = r.artist"
    " WHERE p.number BETWEEN {first} AND {last} GROUP BY p.number ORDER BY p.number"
)


class _Claimed(Struct):
    """The claims on one thing, as they come."""

    kind: str
    number: int
    id: str
    artist: int
    listened: int
    claims: list[Sequence[Any]]
    founder: int | None
    title: str
    subtitle: str
    canonical: Sequence[Any]


def _claimed(duck: Duck, kind: str) -> Iterator[_Claimed]:
    """What claims say of each thing, by number."""
    shown = SHOWN[kind]
    end = _HEAD + len(shown)
    whole = [3 + at for at, name in enumerate(shown) if name in WHOLE]
    canonical = [(end + 2 + at, 3 + shown.index(name)) for at, name in enumerate(CANONICAL[kind])]
    decided = _decided(duck, kind)
    at: _Claimed | None = None
    mbid = 3 + shown.index("mbid")
    listened: set[str] = set()
    for columns in _in_portions(duck, kind):
        for row in zip(*columns, strict=True):
            claim = list(row[_HEAD - 3 : end])
            for place in whole:
                if claim[place] == _UNSAID:
                    claim[place] = None
            number, id, founds, artist, heard = row[: _HEAD - 3]
            if at is None or at.number != number:
                if at is not None:
                    at.listened = len(listened)
                    yield at
                listened = set()
                title, subtitle = row[end], row[end + 1]
                said = decided.get(id, [])
                at = _Claimed(
                    *(kind, number, id, artist, 0, [*said], None),
                    claim[3] if title is None else title,
                    "" if kind == "artist" else claim[4] if subtitle is None else subtitle,
                    [
                        claim[own] if (value := row[place]) is None or value == _SAME else _whole(value)
                        for place, own in canonical
                    ],
                )
            if founds:
                at.founder = len(at.claims)
            at.claims.append(claim)
            if heard and claim[mbid]:
                listened.add(claim[mbid])
    if at is not None:
        at.listened = len(listened)
        yield at


def _in_portions(duck: Duck, kind: str) -> Iterator[list[list[Any]]]:
    """The rows of the job, for so many things at a time: all of them sorted at once would fill a disk."""
    job = sql_file("onrecord.catalog", f"{kind}_claims")
    for portion in _portions(duck, kind):
        yield from duck.columns(_for(job, portion))


def _portions(duck: Duck, kind: str) -> list[tuple[int, int]]:
    """The first and the last number of each."""
    rank, size = _KINDS.index(kind), _PORTION[kind]
    [(begin, end)] = duck.run("SELECT min(number), max(number) FROM page_numbers WHERE rank = ?", [rank])
    starts = range(begin, end + 1, size) if end is not None else ()
    return [(first, min(first + size - 1, end)) for first in starts]


def _for(job: str, portion: tuple[int, int]) -> str:
    return job.replace("{first}", str(portion[0])).replace("{last}", str(portion[1]))


#: In the order of their numbers.
_KINDS: Final = ("artist", "release", "recording")
#: Things of a kind at a time: a release is read with a dozen recordings, an artist with more.
_PORTION: Final = {"artist": 1_000_000, "release": 4_000_000, "recording": 16_000_000}
#: Columns in front of a claim's fields; numbers that are not said, and that are as the claim has them.
_HEAD: Final = 8
_UNSAID, _SAME = -1, -2


def _whole(value: Any) -> Any:
    return None if value == _UNSAID else value


def _thing(
    claimed: _Claimed,
    *,
    known: dict[str, int] | None = None,
    releases: Sequence[int] = (),
    recordings: Sequence[int] = (),
    placed: Sequence[tuple[int | None, int | None]] = (),
    has_sound: bool = False,
    sounds: str = "",
    newest: int = 0,
    seconds: float = 0.0,
    languages: Sequence[str] = (),
) -> Thing:
    counted = known or {}
    if len(claimed.claims) > 1:
        sources = {claim[0] for claim in claimed.claims} - {_PERSON}
        counted["more_sources"] = len(sources) - 1
    founder = claimed.founder
    if founder is not None:
        source, source_id = claimed.claims[founder][:2]
        if founding_bytes(claimed.kind, source, source_id) != minted_bytes(claimed.id):
            founder = None
    return Thing(
        *(claimed.kind, claimed.number, claimed.id, claimed.title, claimed.subtitle, claimed.claims, founder),
        *(claimed.canonical, claimed.artist, releases, recordings, placed),
        *(has_sound, sounds, newest, seconds),
        {name: count for name, count in sorted(counted.items()) if count > 0},
        languages,
    )


#: Who says what a person decided.
_PERSON: Final = "a person"


def _decided(duck: Duck, kind: str) -> dict[str, list[Sequence[Any]]]:
    """What persons decided, as claims that stand before all others, by id."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    called = {thing: name for name, thing in KINDS.items()}[kind]
    query = "SELECT id, field, value, decision FROM overrides WHERE kind = ? ORDER BY id, seq, field"
    for id, field, value, decision in duck.run(query, [called]):
        found[id] = decision, {**(found[id][1] if id in found else {}), field: value}
    return {id: [_decision(kind, decision, said)] for id, (decision, said) in found.items()}


def _decision(kind: str, decision: str, said: Mapping[str, str]) -> Sequence[Any]:
    values = [
        (int(said[name]) if said.get(name, "").isdecimal() else None) if name in WHOLE else said.get(name, "")
        for name in SHOWN[kind]
    ]
    return [_PERSON, decision, "override", *values]


class _Beside:
    """Rows of a query in the order of a number, read side by side with others: those of one portion of a kind at a
    time, or of all."""

    def __init__(self, duck: Duck, sql: str, kind: str = "") -> None:
        jobs = [_for(sql, portion) for portion in _portions(duck, kind)] if kind else [sql]
        read = (columns for job in jobs for columns in duck.columns(job))
        self._rows = (row for columns in read for row in zip(*columns, strict=True))
        self._next = next(self._rows, None)

    def of(self, number: int) -> list[tuple[Any, ...]]:
        """The rows of a number, without that; asked for in order."""
        while self._next is not None and self._next[0] < number:
            self._next = next(self._rows, None)
        found = []
        while self._next is not None and self._next[0] == number:
            found.append(self._next[1:])
            self._next = next(self._rows, None)
        return found
