# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages of canonical things are made of: the types of what readers get, and where it comes from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from onrecord.catalog.match import KINDS, SAME
from onrecord.catalog.page_portions import Claims, Columns, Portion, columns_of, cut, firsts, listed
from onrecord.catalog.page_tables import lay_out, let_go, read_once
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.packed import Packed
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
    iswcs     of a recording the codes of the works that it is of
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
    iswcs: Sequence[str] = ()


#: Gives for the number and the id of an artist the numbers of releases and of recordings that its page lists.
Lists = Callable[[int, str], tuple[Sequence[int], Sequence[int]]]


def number(duck: Duck, last: int) -> None:
    """Number all things: as `numbered` (id without its first letter, number) has them, those that it has not behind
    `last`. After `match`."""
    duck.keep(sql_file("onrecord.catalog", "page_things"))
    number_things(duck, last)


def number_things(duck: Duck, last: int) -> None:
    """As `number`, those that are in `page_things`."""
    duck.keep(sql_file("onrecord.catalog", "page_numbers").replace("{last}", str(last)))
    if duck.packed is not None:
        duck.packed.drop("page_things")
    duck.keep(sql_file("onrecord.catalog", "page_places"))


def count(duck: Duck) -> int:
    """How many things there are, after `number`."""
    [(found,)] = duck.run("SELECT count(*) FROM page_numbers")
    return int(found)


def things(duck: Duck) -> Iterator[Thing]:
    """All of them, after `number`: each kind in the order of its numbers, which is that of all numbers where they were
    given by one run."""
    for portion in portions(duck):
        yield from things_of(portion)


def things_with(duck: Duck, lists: Lists, sounding: str) -> Iterator[Thing]:
    """As `things`, where what artists list is known otherwise: `lists` is asked for each, in the order of numbers, and
    `sounding` is the query of those of whom there is sound."""
    for portion in _portions_of(duck, "artist", {**_CREDITED, "sounding": (sounding, False)}):
        yield from things_of(portion, lists)
    for kind in ("release", "recording"):
        for portion in _portions_of(duck, kind, _BESIDE[kind]):
            yield from things_of(portion)


def portions(duck: Duck, step: int = 1, *, once: bool = False) -> Iterator[Portion]:
    """What all things are made of, after `number`, some thousand at a time, in the order of `things`. Those of a kind
    are parted at multiples of `step`. Where this is asked for `once`, and tables are packed, what was read goes."""
    packed = duck.packed if once else None
    if packed is not None:
        ranges = _ranges(duck, "recording")
        lay_out(packed, {name: [_for(rows, those) for those in ranges] for name, rows in _numbered().items()})
    for kind in _KINDS:
        laid_out = packed if kind == "recording" else None
        for portion in _portions_of(duck, kind, _BESIDE[kind], step, laid_out):
            if laid_out is not None:
                let_go(laid_out)  # by now all that is told of recordings has begun to be read
            yield portion


def sounds(portion: Portion) -> Iterator[str]:
    """What is said of sound on the pages of a portion, as `Thing` has it."""
    table = portion.beside.get("sounds")
    return iter(listed(table.column(1)) if table is not None else ())


def things_of(portion: Portion, lists: Lists | None = None) -> Iterator[Thing]:
    """The things of a portion; `lists` as `things_with` has it."""
    claimed = list(_claimed(portion))
    numbers = [claims.number for claims in claimed]
    beside = {name: columns_of(table, numbers) for name, table in portion.beside.items()}
    for at, claims in enumerate(claimed):
        yield _OF_KIND[portion.kind](claims, {name: of(at) for name, of in beside.items()}, lists)


def _portions_of(
    duck: Duck,
    kind: str,
    beside: Mapping[str, tuple[str, bool]],
    step: int = 1,
    laid_out: Packed | None = None,
) -> Iterator[Portion]:
    ranges, numbered = _ranges(duck, kind), _numbered()

    def read(sql: str, by_range: bool) -> Iterator[Any]:
        named = next((name for name in numbered if f"{{{name}}}" in sql), "")
        if laid_out is not None and named:
            return read_once(
                duck, laid_out, named, sql.replace("{canonical}", _CANONICAL_OF_MEMBERS), _CLAIMS
            )
        sql = sql.replace("{canonical}", "canonical_recordings")
        if named:
            sql = sql.replace(f"{{{named}}}", f"({numbered[named]})")
        jobs = [_for(sql, portion) for portion in ranges] if by_range else [sql]
        return (batch for job in jobs for batch in duck.batches(job, _CLAIMS))

    claims = read(sql_file("onrecord.catalog", f"{kind}_claims"), True)
    told = {name: read(*said) for name, said in beside.items()}
    if kind == "recording":
        told["sounds"] = _sounds(duck)
    decided = _decided(duck, kind)
    return cut(kind, claims, told, _CLAIMS, step, decided)


def _numbered() -> Mapping[str, str]:
    """What jobs of recordings read for a range of numbers, by how they name it."""
    return {"members": sql_file("onrecord.catalog", "recording_numbered"), "placed": _PLACED}


def _sounds(duck: Duck) -> Iterator[Any]:
    """What is said of the sound of recordings, in their order; of some files at a time, for lists do not spill."""
    parts = duck.run(sql_file("onrecord.catalog", "sound_parts").replace("{files}", str(_FILES)))
    every, job = sql_file("onrecord.catalog", "sounds_told"), sql_file("onrecord.catalog", "recording_sounds")
    with duck.in_order(every, "number") if len(parts) > 1 else nullcontext(every) as told:
        for first, last in parts:
            part = f"(SELECT * FROM ({told}) WHERE number BETWEEN {first} AND {last})"
            yield from duck.batches(job.replace("{told}", part), _CLAIMS)


def _artist(claims: "_Claimed", beside: Mapping[str, Columns], lists: Lists | None) -> Thing:
    if lists:
        releases, recordings = lists(claims.number, claims.id)
    else:
        releases, recordings = beside["made"][0], beside["recorded"][0]
    return _thing(
        claims,
        recordings_known=len(recordings),
        releases_known=sum(beside["credited"][0]),
        releases=releases,
        recordings=recordings,
        has_sound=bool(beside["sounding"][0]),
    )


def _release(claims: "_Claimed", beside: Mapping[str, Columns], lists: Lists | None) -> Thing:
    recordings, discs, positions = beside["tracks"]
    return _thing(
        claims,
        recordings=recordings,
        placed=list(zip(map(_whole, discs), map(_whole, positions), strict=True)),
        has_sound=bool(beside["sounding"][0]),
        languages=beside["spoken"][0],
    )


def _recording(claims: "_Claimed", beside: Mapping[str, Columns], lists: Lists | None) -> Thing:
    releases = beside["placed"][0]
    said, newest, seconds = beside["sounds"]
    return _thing(
        claims,
        releases_known=len(set(releases)),
        listened=claims.listened,
        releases=releases,
        has_sound=bool(said),
        sounds=said[0] if said else "",
        newest=newest[0] if newest else 0,
        seconds=seconds[0] if seconds else 0.0,
        languages=beside["sung"][0],
        iswcs=beside["iswcs"][0],
    )


_OF_KIND: Final = {"artist": _artist, "release": _release, "recording": _recording}

_RELEASE_TRACKS: Final = (
    "SELECT release, recording, coalesce(disc, -1), coalesce(position, -1) FROM page_places"
    " WHERE release BETWEEN {first} AND {last} ORDER BY release, disc NULLS FIRST, position NULLS LAST, recording"
)
#: The ids of all would be laid beside those of few.
_CANONICAL_OF_MEMBERS: Final = (
    "(SELECT * FROM canonical_recordings c SEMI JOIN {members} m ON m.recording = c.id)"
)
_PLACED: Final = "SELECT recording, release FROM page_places WHERE recording BETWEEN {first} AND {last}"
_RECORDING_RELEASES: Final = "SELECT recording, release FROM {placed} ORDER BY recording, release"
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
#: Codes of the works that a recording is of.
_RECORDING_ISWCS: Final = (
    "SELECT DISTINCT p.number, w.iswc FROM named_links l JOIN current_works w ON w.thing = l.a"
    " JOIN page_numbers p ON p.id = l.b WHERE l.kind = 'recording' AND w.iswc <> '' ORDER BY ALL"
)
_RELEASE_LANGUAGES: Final = (
    "SELECT DISTINCT p.number, c.name FROM release_ids f JOIN current_mentions c ON c.of = f.mbid"
    " AND c.of_kind = 'release' AND c.kind = 'language' JOIN page_numbers p ON p.id = f.thing ORDER BY ALL"
)
_ARTIST_CREDITS: Final = (
    "SELECT p.number, count(DISTINCT r.release) FROM credited_releases r JOIN page_numbers p ON p.id = r.artist"
    " WHERE p.number BETWEEN {first} AND {last} GROUP BY p.number ORDER BY p.number"
)


#: What is read beside the claims of a kind, and whether for a range of numbers at a time.
_CREDITED: Final = {"credited": (_ARTIST_CREDITS, True)}
_BESIDE: Final[Mapping[str, Mapping[str, tuple[str, bool]]]] = {
    "artist": {
        "made": (_ARTIST_RELEASES, True),
        "recorded": (_ARTIST_RECORDINGS, True),
        **_CREDITED,
        "sounding": (_ARTIST_SOUNDS, False),
    },
    "release": {
        "tracks": (_RELEASE_TRACKS, True),
        "sounding": (_RELEASE_SOUNDS, False),
        "spoken": (_RELEASE_LANGUAGES, False),
    },
    "recording": {
        "placed": (_RECORDING_RELEASES, True),
        "sung": (_RECORDING_LANGUAGES, False),
        "iswcs": (_RECORDING_ISWCS, False),
    },
}


class _Claimed(Struct):
    """The claims on one thing."""

    kind: str
    number: int
    id: str
    artist: int
    listened: int
    claims: Claims
    founder: int | None
    title: str
    subtitle: str
    canonical: Sequence[Any]


def _claimed(portion: Portion) -> Iterator[_Claimed]:
    """What claims say of each thing, by number."""
    kind, shown = portion.kind, SHOWN[portion.kind]
    starts = firsts(portion.claims)
    number, id, founds, artist, heard, *said = map(listed, portion.claims.columns[: _HEAD + len(shown)])
    fields = [
        [None if value == _UNSAID else value for value in column] if name in WHOLE else column
        for name, column in zip(("", "", "", *shown), said, strict=True)
    ]
    claims: list[Sequence[Any]] = list(zip(*fields, strict=True))
    of_thing = portion.claims.select(range(_HEAD + len(shown), portion.claims.num_columns)).take(starts)
    titles, subtitles, *others = map(listed, of_thing.columns)
    canonical = [
        [
            fields[own][start] if value is None or value == _SAME else _whole(value)
            for value, start in zip(column, starts, strict=True)
        ]
        for column, own in zip(others, (3 + shown.index(name) for name in CANONICAL[kind]), strict=True)
    ]
    values = list(zip(*canonical, strict=True)) if canonical else [()] * len(starts)
    mbid, is_heard, is_artist = 3 + shown.index("mbid"), any(heard), kind == "artist"
    for at, (start, end) in enumerate(pairwise([*starts, len(claims)])):
        of, first = claims[start:end], claims[start]
        title, subtitle = titles[at], subtitles[at]
        founder = None
        for place in range(start, end):
            if founds[place]:
                founder = place - start
        if decided := portion.decided.get(id[start]):
            of = [*decided, *of]
            founder = None if founder is None else founder + len(decided)
        listened = {fields[mbid][place] for place in range(start, end) if heard[place]} if is_heard else set()
        listened.discard("")
        yield _Claimed(
            kind,
            number[start],
            id[start],
            artist[start],
            len(listened),
            of,
            founder,
            first[3] if title is None else title,
            "" if is_artist else first[4] if subtitle is None else subtitle,
            values[at],
        )


def _ranges(duck: Duck, kind: str) -> list[tuple[int, int]]:
    """The first and the last number of each part of a kind that is read at a time: all of it sorted at once would fill
    a disk."""
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
#: Files of which all that is told of them lies side by side.
_FILES: Final = 20_000
#: Claims of a portion.
_CLAIMS: Final = 8_192
#: Columns in front of a claim's fields; numbers that are not said, and that are as the claim has them.
_HEAD: Final = 8
_UNSAID, _SAME = -1, -2


def _whole(value: Any) -> Any:
    return None if value == _UNSAID else value


def _thing(
    claimed: _Claimed,
    *,
    listened: int = 0,
    recordings_known: int = 0,
    releases_known: int = 0,
    releases: Sequence[int] = (),
    recordings: Sequence[int] = (),
    placed: Sequence[tuple[int | None, int | None]] = (),
    has_sound: bool = False,
    sounds: str = "",
    newest: int = 0,
    seconds: float = 0.0,
    languages: Sequence[str] = (),
    iswcs: Sequence[str] = (),
) -> Thing:
    more_sources = 0
    if len(claimed.claims) > 1:
        more_sources = len({claim[0] for claim in claimed.claims} - {_PERSON}) - 1
    known = {}  # by name
    if listened:
        known["listened"] = listened
    if more_sources > 0:
        known["more_sources"] = more_sources
    if recordings_known:
        known["recordings"] = recordings_known
    if releases_known:
        known["releases"] = releases_known
    founder = claimed.founder
    if founder is not None:
        source, source_id = claimed.claims[founder][:2]
        if founding_bytes(claimed.kind, source, source_id) != minted_bytes(claimed.id):
            founder = None
    return Thing(
        claimed.kind,
        claimed.number,
        claimed.id,
        claimed.title,
        claimed.subtitle,
        claimed.claims,
        founder,
        claimed.canonical,
        claimed.artist,
        releases,
        recordings,
        placed,
        has_sound,
        sounds,
        newest,
        seconds,
        known,
        languages,
        iswcs,
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
