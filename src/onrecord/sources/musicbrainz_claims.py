# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a MusicBrainz object claims. Typed where it is read, tolerant of everything else: the service adds fields."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import ArtistClaim, Claims, LabelClaim, ReleaseClaim, TrackClaim, WorkClaim

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_TEN_DAYS_MS = 10 * 24 * 3600 * 1000


class _Genre(Struct):
    name: str | None = None
    count: int | None = None


class _Artist(Struct, rename="kebab"):
    id: str | None = None
    name: str | None = None
    sort_name: str | None = None
    country: str | None = None
    isnis: list[str | None] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


class _Credit(Struct):
    name: str | None = None
    joinphrase: str | None = None
    artist: _Artist | None = None


class _Work(Struct):
    id: str | None = None
    title: str | None = None
    type: str | None = None
    iswcs: list[str | None] | None = None
    language: str | None = None
    relations: list["_Relation"] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


class _Relation(Struct):
    type: str | None = None
    artist: _Artist | None = None
    work: _Work | None = None


class _Recording(Struct, rename="kebab"):
    id: str | None = None
    title: str | None = None
    length: int | None = None
    isrcs: list[str | None] | None = None
    artist_credit: list[_Credit] | None = None
    first_release_date: str | None = None
    relations: list[_Relation] | None = None
    genres: list[_Genre] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


class _Track(Struct, rename="kebab"):
    id: str | None = None
    title: str | None = None
    length: int | None = None
    position: int | None = None
    artist_credit: list[_Credit] | None = None
    recording: _Recording | None = None


class _Medium(Struct, rename="kebab"):
    position: int | None = None
    pregap: _Track | None = None
    tracks: list[_Track] | None = None
    data_tracks: list[_Track] | None = None
    track_count: int | None = None


class _Named(Struct):
    name: str | None = None


class _LabelInfo(Struct):
    label: _Named | None = None


class _Label(Struct, rename="kebab"):
    id: str | None = None
    name: str | None = None
    sort_name: str | None = None
    label_code: int | None = None
    type: str | None = None
    country: str | None = None
    isnis: list[str | None] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


class _Group(Struct, rename="kebab"):
    primary_type: str | None = None
    artist_credit: list[_Credit] | None = None
    genres: list[_Genre] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


class _Release(Struct, rename="kebab"):
    id: str | None = None
    title: str | None = None
    date: str | None = None
    country: str | None = None
    barcode: str | None = None
    artist_credit: list[_Credit] | None = None
    label_info: list[_LabelInfo] | None = None
    release_group: _Group | None = None
    media: list[_Medium] | None = None
    genres: list[_Genre] | None = None
    origin: str = msgspec.field(name="onrecord:origin", default="")


#: What a record of each kind is read as. Other MusicBrainz objects (areas, events, places, …) claim nothing here.
KINDS: Final[dict[str, type[Struct]]] = {
    "release": _Release,
    "recording": _Recording,
    "artist": _Artist,
    "work": _Work,
    "label": _Label,
    "release-group": _Group,
}
_DECODERS: Final = {kind: msgspec.json.Decoder(type) for kind, type in KINDS.items()}


def check(kind: str, payload: bytes) -> None:
    """RecordRejected where `claims` would refuse the payload; a fraction of its cost."""
    _decoded(kind, payload)


def claims(source: str, kind: str, payload: bytes) -> Claims:
    """The claims of one object; RecordRejected where it is not what its kind says."""
    return _claims(source, _decoded(kind, payload))


def claims_of(source: str, kind: str, value: dict[str, Any]) -> Claims:
    """The same of an object that is no JSON text: keys as in the JSON, numbers may be text."""
    try:
        return _claims(source, msgspec.convert(value, KINDS[kind], strict=False))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise RecordRejected(f"not a MusicBrainz object: {error}") from error


def _decoded(kind: str, payload: bytes) -> Any:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise RecordRejected(f"expected one of {', '.join(KINDS)}, got the kind {kind[:60]!r}")
    try:
        return decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordRejected(f"not a MusicBrainz object: {error}") from error


def _claims(source: str, thing: Any) -> Claims:
    reading = _Reading(source, not thing.origin)
    if isinstance(thing, _Release):
        return _of_release(reading, thing)
    if isinstance(thing, _Recording):
        return reading.of_recording(thing)
    if isinstance(thing, _Work):
        return reading.of_work(thing)
    if isinstance(thing, _Label):
        return Claims(labels=(reading.label(thing),), odd=tuple(reading.odd))
    # A release group is no release: what it says of itself has no table; whom it credits has.
    reading.credited([_Credit(thing.name, "", thing)] if isinstance(thing, _Artist) else thing.artist_credit)
    return Claims(artists=tuple(reading.artists.values()), odd=tuple(reading.odd))


def _of_release(reading: "_Reading", release: _Release) -> Claims:
    artist, _ = reading.credited(release.artist_credit)
    media = release.media or []
    claim = ReleaseClaim(
        source=reading.source,
        id=release.id or "",
        title=release.title or "",
        artist=artist,
        mbid=reading.mbid(release.id),
        barcode=reading.code(release.id, "barcode", identifiers.barcode, release.barcode),
        label=next((info.label.name or "" for info in release.label_info or [] if info.label), ""),
        date=reading.code(release.id, "date", _date, release.date),
        country=release.country or "",
        kind=(release.release_group.primary_type or "") if release.release_group else "",
        tracks=sum(medium.track_count or len(medium.tracks or []) for medium in media) or None,
    )
    tracks = [
        reading.track(track, release, claim, number if medium.position is None else medium.position)
        for number, medium in enumerate(media, 1)
        for track in _on(medium)
    ]
    return Claims(tuple(reading.artists.values()), (claim,), tuple(tracks), odd=tuple(reading.odd))


def _on(medium: _Medium) -> Iterator[_Track]:
    if medium.pregap:
        yield medium.pregap
    yield from medium.tracks or []
    yield from medium.data_tracks or []


class _Reading:
    """One record being read: collects the artists that it credits. `genuine`: MusicBrainz wrote it."""

    def __init__(self, source: str, genuine: bool) -> None:
        self.source = source
        self.genuine = genuine
        self.artists: dict[str, ArtistClaim] = {}
        #: What is said and cannot be what it is called: (claim id, field, value).
        self.odd: list[tuple[str, str, str]] = []

    def code(self, id: str | None, field: str, parse: Callable[[str], str], *given: str | None) -> str:
        """The first value that is what its field is called; those that are not are kept as odd."""
        self.odd += [(id or "", field, value) for value in given if value and not parse(value)]
        return _first(parse, list(given))

    def length(self, id: str | None, *lengths: int | None) -> int | None:
        self.odd += [
            (id or "", "duration_ms", str(length)) for length in lengths if length and _length(length) is None
        ]
        return _length(*lengths)

    def mbid(self, id: str | None) -> str:
        return identifiers.mbid(id or "") if self.genuine else ""

    def credited(self, credits: list[_Credit] | None) -> tuple[str, str]:
        """The credit as it is printed, and the id of the first artist in it."""
        first = ""
        for credit in credits or []:
            artist = credit.artist
            if artist and artist.id:
                first = first or artist.id
                self.artists.setdefault(artist.id, self._artist(artist))
        printed = (f"{credit.name or ''}{credit.joinphrase or ''}" for credit in credits or [])
        return "".join(printed).strip(), first

    def _artist(self, artist: _Artist) -> ArtistClaim:
        return ArtistClaim(
            source=self.source,
            id=artist.id or "",
            name=artist.name or "",
            sort_name=artist.sort_name or "",
            mbid=self.mbid(artist.id),
            isni=self.code(artist.id, "isni", identifiers.isni, *artist.isnis or ()),
            country=artist.country or "",
        )

    def label(self, label: _Label) -> LabelClaim:
        return LabelClaim(
            source=self.source,
            id=label.id or "",
            name=label.name or "",
            sort_name=label.sort_name or "",
            mbid=self.mbid(label.id),
            isni=self.code(label.id, "isni", identifiers.isni, *label.isnis or ()),
            code=self.code(
                label.id,
                "code",
                identifiers.label_code,
                f"LC{label.label_code:05}" if label.label_code else None,
            ),
            country=label.country or "",
            kind=label.type or "",
        )

    def of_work(self, work: _Work) -> Claims:
        relations = work.relations or []
        self.credited([_Credit(None, "", relation.artist) for relation in relations if relation.artist])
        claim = WorkClaim(
            source=self.source,
            id=work.id or "",
            title=work.title or "",
            mbid=self.mbid(work.id),
            iswc=self.code(work.id, "iswc", identifiers.iswc, *work.iswcs or ()),
            composer=_named(relations, "composer"),
            lyricist=_named(relations, "lyricist"),
            language=work.language or "",
            kind=work.type or "",
        )
        return Claims(artists=tuple(self.artists.values()), works=(claim,), odd=tuple(self.odd))

    def track(self, track: _Track, release: _Release, claim: ReleaseClaim, disc: int) -> TrackClaim:
        recording = track.recording or _Recording()
        artist, artist_id = self.credited(
            track.artist_credit or recording.artist_credit or release.artist_credit
        )
        id = track.id or f"{claim.id}/{disc}/{track.position}"
        return TrackClaim(
            source=self.source,
            id=id,
            title=track.title or recording.title or "",
            artist=artist,
            artist_id=artist_id,
            release=claim.title,
            release_id=claim.id,
            disc=disc,
            position=track.position,
            duration_ms=self.length(id, track.length, recording.length),
            isrc=self.code(id, "isrc", identifiers.isrc, *recording.isrcs or ()),
            mbid=self.mbid(recording.id),
            date=self.code(id, "date", _date, recording.first_release_date) or claim.date,
            genre=_genre(recording, release, release.release_group),
            composer=_composer(recording),
        )

    def of_recording(self, recording: _Recording) -> Claims:
        artist, artist_id = self.credited(recording.artist_credit)
        track = TrackClaim(
            source=self.source,
            id=recording.id or "",
            title=recording.title or "",
            artist=artist,
            artist_id=artist_id,
            duration_ms=self.length(recording.id, recording.length),
            isrc=self.code(recording.id, "isrc", identifiers.isrc, *recording.isrcs or ()),
            mbid=self.mbid(recording.id),
            date=self.code(recording.id, "date", _date, recording.first_release_date),
            genre=_genre(recording),
            composer=_composer(recording),
        )
        return Claims(artists=tuple(self.artists.values()), tracks=(track,), odd=tuple(self.odd))


def _length(*lengths: int | None) -> int | None:
    return next((length for length in lengths if length and 0 < length < _TEN_DAYS_MS), None)


def _date(text: str | None) -> str:
    return text if text and _DATE.fullmatch(text) else ""


def _first(parse: Callable[[str], str], codes: list[str | None] | None) -> str:
    found = (parse(code or "") for code in codes or [])
    return next((code for code in found if code), "")


def _named(relations: list[_Relation], role: str) -> str:
    names = dict.fromkeys(
        relation.artist.name
        for relation in relations
        if relation.type == role and relation.artist and relation.artist.name
    )
    return ", ".join(names)


def _genre(*things: _Recording | _Release | _Group | None) -> str:
    """The genre that most editors gave to the recording, else to its release, else to the group of that."""
    for thing in things:
        counted = [
            (-(genre.count or 0), genre.name) for genre in (thing and thing.genres) or [] if genre.name
        ]
        if counted:
            return min(counted)[1]
    return ""


def _composer(recording: _Recording) -> str:
    """Composers stand two relations away: the recording performs a work, the work has composers."""
    if not recording.relations:
        return ""
    parts = [
        part for relation in recording.relations if relation.work for part in relation.work.relations or []
    ]
    return _named(parts, "composer")
