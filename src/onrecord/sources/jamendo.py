# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jamendo's API v3.0: tracks, albums and artists, as saved answers and live, and the files that may be downloaded."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from onrecord.engine import plugins
from onrecord.errors import RecordRejected, UsageError
from onrecord.model.records import ArtistClaim, Claims, Offer, Page, Record, ReleaseClaim, Terms, TrackClaim
from onrecord.model.rights import Evidence, Use
from onrecord.sources import asking, json_elements, paging, strict_json
from onrecord.sources.codes import Codes
from onrecord.sources.json_elements import Element
from onrecord.sources.outside_values import Values, of_object, web_address
from onrecord.sources.seam import Fetch
from onrecord.sources.stated_license import Stated

_ADDRESS: Final = "https://api.jamendo.com/v3.0/tracks/"
#: Where one record is asked for again, by its kind. Albums and artists come with their tracks.
_AGAIN: Final = {
    "track": _ADDRESS,
    "album": "https://api.jamendo.com/v3.0/albums/tracks/",
    "artist": "https://api.jamendo.com/v3.0/artists/tracks/",
}
#: The most that one answer holds.
_LIMIT: Final = 200
_FORMATS: Final = {"mp31": "mp3", "mp32": "mp3", "ogg": "ogg", "flac": "flac"}
_TYPES: Final = "single albumtrack"
_INCLUDE: Final = "licenses musicinfo stats"
#: Parameters of `/tracks` that choose tracks. Those that shape the answer are the connector's own.
_PARAMETERS: Final = frozenset(
    """id name namesearch type album_id album_name artist_id artist_name content_id_free datebetween featured tags
    fuzzytags acousticelectric vocalinstrumental gender speed lang durationbetween xartist search prolicensing
    probackground ccsa ccnd ccnc""".split()  # noqa: SIM905
)
_TRACK_KEYS: Final = ("audio", "audiodownload", "audiodownload_allowed")
_ALBUM_KEYS: Final = ("zip", "zip_allowed", "releasedate")
_ARTIST_KEYS: Final = ("joindate", "website")
#: The flags of `include=licenses`, and the element of a Creative Commons license that each stands for.
_FLAGS: Final = {"ccnc": "-NC", "ccnd": "-ND", "ccsa": "-SA"}


class Jamendo:
    """Tracks with the license that each names. Where `audiodownload_allowed` is not true the file is refused, whatever
    its license is, and the license does not count without a person: for some tracks only a preview is under it.

    Payloads are the elements of `results` as they stand there. The addresses of sound in them hold a token that Jamendo
    made from the client id; the id itself is in no answer. Settings: `client_id`, which Jamendo gives to a developer
    and which live harvest needs; `download_format`, one of mp31, mp32 (as Jamendo has it by default), ogg, flac.
    """

    name = "jamendo"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary=(
            "Believed: a client id is needed; the API is free for non-commercial applications, within a monthly number "
            "of requests; others quote that applications must not be designed to cache the content or to offer it "
            "offline: read before you accept. A file may be downloaded only where audiodownload_allowed is true. Each "
            "track has a Creative Commons license of its own; the license of the metadata is not known."
        ),
        address="https://devportal.jamendo.com/api_terms_of_use",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        known = {"name": type(self).name, "client_id": "", "download_format": "mp32"}
        given = plugins.settings(type(self).name, settings, known)
        if given["download_format"] not in _FORMATS:
            raise UsageError(
                f"jamendo: no download_format is called {given['download_format']!r}",
                hint=f"there are: {', '.join(_FORMATS)}",
            )
        self.name = given["name"]
        self._client_id = given["client_id"]
        self._download_format = given["download_format"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        return paging.pages(self._location, cursor, _elements, self._record)

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        """Tracks by the parameters of `/tracks` (`tags=ambient&ccnc=false`), or by words; "" asks for all of them.

        In the order of their ids, 200 a page, until a page is empty; the cursor is the offset behind the page.
        """
        service = self._service(fetch)
        asked = {
            "type": _TYPES,
            **asking.parameters(query, _PARAMETERS, "search"),
            **self._shape(),
            "order": "id_asc",
            "limit": str(_LIMIT),
            "include": _INCLUDE,
        }
        at = asking.place(cursor, "0")
        while True:
            service.goes_on(at.continuation)
            answer, raw = service.json(_ADDRESS, {**asked, "offset": at.continuation})
            _refuse_failed(answer, service)
            found = json_elements.elements(raw, "results")
            if not found:
                return
            behind = asking.Place(str(int(at.continuation) + len(found)))
            if page := service.page(found, behind, f"offset {at.continuation}", self._record):
                yield page
            at = behind

    def again(self, fetch: Fetch, record: str) -> Page:
        kind, _, id = record.partition(":")
        if kind not in _AGAIN:
            raise asking.not_alone(record)
        service = self._service(fetch)
        asked = {"id": id, **self._shape()}
        if kind == "track":
            asked |= {"type": _TYPES, "include": _INCLUDE}
        answer, raw = service.json(_AGAIN[kind], asked)
        _refuse_failed(answer, service)
        found = json_elements.elements(raw, "results")
        return asking.one(record, found[0].raw, self._record) if found else asking.gone(self.name, record)

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        reading = _Reading(self.name, record.payload)
        stated = Stated(self.name, record.payload)
        return Claims(
            artists=reading.artists(),
            releases=reading.releases(),
            tracks=[reading.track(track) for track in reading.tracks],
            evidence=[
                (track.text("id"), fact) for track in reading.tracks for fact in _evidence(track, stated)
            ],
            odd=reading.codes.odd,
        )

    def offers(self, record: Record) -> Sequence[Offer]:
        """The download of each track. The streaming address beside it is for players and is not offered."""
        if record.deleted:
            return []
        return [_offer(track) for track in _Reading(self.name, record.payload).tracks]

    def _service(self, fetch: Fetch) -> asking.Asking:
        if not self._client_id:
            raise UsageError(
                "jamendo: live harvest needs a client id",
                hint="get one at devportal.jamendo.com, set client_id",
            )
        return asking.Asking("Jamendo", fetch, self._client_id)

    def _shape(self) -> dict[str, str]:
        """What every answer is to look like."""
        return {"client_id": self._client_id, "format": "json", "audiodlformat": self._download_format}

    def _record(self, element: Element) -> Record:
        reading = _Reading(self.name, element.raw)
        return Record(self.name, reading.kind, reading.id, "application/json", element.raw)


def _elements(data: bytes) -> list[Element]:
    value = strict_json.read(data)
    if isinstance(value, list):
        return json_elements.elements(data)
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        return json_elements.elements(data, "results")
    return [Element(data)]


def _refuse_failed(answer: object, service: asking.Asking) -> None:
    """Jamendo answers 200 also to what failed; the header says which."""
    headers = Values(answer if isinstance(answer, dict) else {}).inner("headers")
    if headers.text("status") != "success":
        code, words = headers.text("code") or "without a code", headers.text("error_message")
        raise service.failed(
            f"answered {headers.text('status') or 'no status'} ({code}): {words}", "is client_id right?"
        )
    if not (isinstance(answer, dict) and isinstance(answer.get("results"), list)):
        raise service.failed("an answer without a list `results`")


class _Reading:
    """One record: its kind, and the tracks in it with what the album or artist above says of them."""

    def __init__(self, source: str, payload: bytes) -> None:
        self._source = source
        self.codes = Codes()
        self._value = of_object(strict_json.read(payload))
        self.kind = _kind(self._value)
        self.id = _id(self._value)
        self.tracks = [self._value] if self.kind == "track" else self._below()
        for track in self.tracks:
            _id(track)

    def _below(self) -> list[Values]:
        own = {self.kind: self._value.text("name"), f"{self.kind}_id": self._value.text("id")}
        above = {
            "artist_id": self._value.text("artist_id") or own.get("artist_id", ""),
            "artist_name": self._value.text("artist_name") or own.get("artist", ""),
            "album_id": own.get("album_id", ""),
            "album_name": own.get("album", ""),
            "releasedate": self._value.text("releasedate"),
        }
        tracks = [track.with_defaults(above) for track in self._value.objects("tracks")]
        return list({track.text("id"): track for track in tracks}.values())

    def artists(self) -> list[ArtistClaim]:
        if self.kind == "artist":
            return [ArtistClaim(self._source, self.id, self._value.text("name"))]
        found = self._value.text("artist_id")
        return [ArtistClaim(self._source, found, self._value.text("artist_name"))] if found else []

    def releases(self) -> list[ReleaseClaim]:
        if self.kind == "album":
            return [self._release(self._value, self.id, self._value.text("name"), len(self.tracks) or None)]
        albums = {track.text("album_id"): track for track in self.tracks if track.text("album_id")}
        return [self._release(track, id, track.text("album_name")) for id, track in albums.items()]

    def _release(self, value: Values, id: str, title: str, tracks: int | None = None) -> ReleaseClaim:
        return ReleaseClaim(
            source=self._source,
            id=id,
            title=title,
            artist=value.text("artist_name"),
            date=self.codes.date(id, value.text("releasedate")),
            tracks=tracks,
        )

    def track(self, track: Values) -> TrackClaim:
        position = track.whole("position")
        return TrackClaim(
            source=self._source,
            id=track.text("id"),
            title=track.text("name"),
            artist=track.text("artist_name"),
            artist_id=track.text("artist_id"),
            release=track.text("album_name"),
            release_id=track.text("album_id"),
            position=position or None,
            duration_ms=self.codes.duration(track.text("id"), track.text("duration")),
            date=self.codes.date(track.text("id"), track.text("releasedate")),
            genre=track.inner("musicinfo").inner("tags").text("genres"),
        )


def _kind(value: Values) -> str:
    for kind, keys in (("track", _TRACK_KEYS), ("album", _ALBUM_KEYS), ("artist", _ARTIST_KEYS)):
        if any(key in value for key in keys):
            return kind
    raise RecordRejected("expected a track, an album or an artist of Jamendo's API v3.0, got another object")


def _id(value: Values) -> str:
    found = value.whole("id")
    if found is None:
        raise RecordRejected(f"expected a number as `id`, got {value.text('id')[:60]!r}")
    return str(found)


def _evidence(track: Values, stated: Stated) -> Iterator[Evidence]:
    """The license, and what the record itself says against it."""
    if track.flag("audiodownload_allowed") is False:
        yield stated.not_offered("audiodownload_allowed", "false", Use.KEEP, Use.DOWNLOAD, Use.SHARE)
    address = track.text("license_ccurl")
    if not address:
        return
    fact = stated.license("license_ccurl", address)
    yield fact
    flags = {name: flag for name in _FLAGS if (flag := _flags(track).flag(name)) is not None}
    if fact.license.removeprefix("LicenseRef-").startswith("CC-BY") and any(
        flag != (_FLAGS[name] in fact.license) for name, flag in flags.items()
    ):
        words = ", ".join(f"{name} {str(flag).lower()}" for name, flag in flags.items())
        yield stated.objection("licenses", words)


def _flags(track: Values) -> Values:
    """`licenses` as answers have it; the reference spells it `licences`."""
    return track.inner("licenses" if "licenses" in track else "licences")


def _offer(track: Values) -> Offer:
    allowed, address = track.flag("audiodownload_allowed"), web_address(track.text("audiodownload"))
    refused = ""
    if allowed is None:
        refused = "the answer does not say whether it may be downloaded (audiodownload_allowed)"
    elif not allowed:
        refused = "Jamendo does not allow its download (audiodownload_allowed is false)"
    elif not address:
        refused = "Jamendo names no address to download it from (audiodownload)"
    ending = next((_FORMATS[part] for part in address.split("/") if part in _FORMATS), "mp3")
    return Offer(
        track=track.text("id"),
        address=address or web_address(track.text("shareurl")),
        name=f"{track.text('id')}.{ending}",
        wanted=track.inner("stats").whole("rate_listened_total") or 0,
        refused=refused,
    )
