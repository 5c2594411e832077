# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Openverse's index of audio: answers of its API v1 and the CSV of its catalog. It says where sound is, not who may
take it.

Openverse shows tracks as downloadable that their provider does not let go (WordPress/openverse #3499): its records are
claims and license statements, and every file of theirs is offered with a refusal that names the provider to ask.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import ArtistClaim, Claims, Offer, Page, Record, ReleaseClaim, Terms, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.rights.licenses import read_license
from onrecord.sources import asking, csv_rows, json_elements, packed, paging, strict_json
from onrecord.sources.codes import Codes
from onrecord.sources.json_elements import Element
from onrecord.sources.json_texts import Text
from onrecord.sources.outside_values import Values, of_object, web_address
from onrecord.sources.paging import Unread
from onrecord.sources.seam import Fetch
from onrecord.sources.spelled import plausible
from onrecord.sources.stated_license import Stated

_ADDRESS: Final = "https://api.openverse.org/v1/audio/"
_PAGE_SIZE: Final = 20
_PARAMETERS: Final = frozenset(
    "q source excluded_source tags title creator license license_type length extension".split()  # noqa: SIM905
)
_COLUMNS: Final = frozenset({"identifier", "provider", "license", "license_version", "title"})
#: Columns of the CSV that hold JSON.
_JSON_COLUMNS: Final = ("genre", "audio_set", "alt_audio_files", "meta_data", "tags")
#: What is no recorded music: its records are kept and claim nothing.
_NO_MUSIC: Final = frozenset({"sound_effect", "podcast", "news", "audiobook", "pronunciation"})
_NO_MUSIC_PROVIDERS: Final = frozenset({"freesound"})
#: Providers that this project has a connector for.
_OWN: Final = {"jamendo": "jamendo", "wikimedia_audio": "wikimedia-commons"}


class Openverse:
    """Audio records, of answers and of the catalog's CSV. One of a CSV is its header and its row, both verbatim.

    Lyrics that stand in a record stay there and are never claimed. What is no music (Freesound, sound effects,
    podcasts) is kept and claims nothing.
    """

    name = "openverse"
    terms: ClassVar[Terms] = Terms(
        state="read",
        license="",
        summary=(
            "The catalog must not be scraped: it is not harvested live, and saved answers are read. Each work has its "
            "own license and provider, which are to be asked before a file is taken; Openverse verifies no license. "
            "The license of the metadata is not stated."
        ),
        address=(
            "https://github.com/WordPress/openverse-api/blob/1f7877a05abdd9e97a473be3b94c176662bdbec4"
            "/api/docs/terms_of_service.md"
        ),
        day=dt.date(2026, 11, 28),
        digest="2bfc1a9327d875faf86c9a7ce18a19590fd92339c67c9b8e1d8527aac460d0e1",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        return paging.pages(self._location, cursor, _elements, self._record, _texts)

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        """Music by words, or by parameters of `/v1/audio/` (`q=guitar&license=by`); "" asks for what it shows first.

        Without a token, which a connector does not have, Openverse ends after 240 results; ask narrow questions. The
        cursor is the number of a page, and how many of its results were taken.
        """
        asked = {
            **asking.parameters(query, _PARAMETERS, "q"),
            "category": "music",
            "page_size": str(_PAGE_SIZE),
        }
        service = asking.Asking("Openverse", fetch)
        at = asking.place(cursor, "1")
        while True:
            service.goes_on(at.continuation)
            answer, raw = service.json(_ADDRESS, {**asked, "page": at.continuation})
            if not (isinstance(answer, dict) and isinstance(answer.get("results"), list)):
                raise service.failed("an answer without a list `results`")
            found = json_elements.elements(raw, "results")
            behind = at._replace(taken=len(found))
            if page := service.page(found[at.taken :], behind, f"page {at.continuation}", self._record):
                yield page
            number = int(at.continuation)
            if not found or number >= (Values(answer).whole("page_count") or 0):
                return
            at = asking.Place(str(number + 1))

    def again(self, fetch: Fetch, record: str) -> Page:
        kind, _, id = record.partition(":")
        if kind != "audio" or not identifiers.mbid(id):
            raise asking.not_alone(record)
        _, raw = asking.Asking("Openverse", fetch).json(f"{_ADDRESS}{id}/", {})
        return asking.one(record, raw, self._record)

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        audio = _audio(record.payload, record.media_type)
        if not _is_music(audio):
            return Claims()
        release = _release(audio, self.name)
        artist, codes = _artist(audio, self.name), Codes()
        return Claims(
            artists=[artist] if artist else [],
            releases=[release] if release else [],
            tracks=[_track(audio, self.name, release, artist, codes)],
            evidence=[
                (_id(audio), fact) for fact in _evidence(audio, Stated(f"index:{self.name}", record.payload))
            ],
            odd=codes.odd,
        )

    def offers(self, record: Record) -> Sequence[Offer]:
        if record.deleted:
            return []
        audio = _audio(record.payload, record.media_type)
        if not _is_music(audio):
            return []
        files = [audio, *audio.objects("alt_files"), *audio.objects("alt_audio_files")]
        return [offer for file in files if (offer := _offer(file, audio))]

    def _record(self, element: Element) -> Record:
        media_type = "text/csv" if _is_table(element.raw) else "application/json"
        audio = _audio(element.raw, media_type)
        return Record(self.name, "audio", _id(audio), media_type, element.raw)


def _texts(file: Unread) -> Iterator[Text]:
    header = csv_rows.head(file.part.stream, 1)
    stream = packed.again(file.part.stream, b"".join(header))
    if header and _is_table(header[0]):
        return csv_rows.texts(stream, header, file.behind.offset, file.behind.count)
    return file._replace(part=file.part._replace(stream=stream)).json_texts()


def _is_table(data: bytes) -> bool:
    return b"identifier" in data[:4000].split(b"\n", 1)[0] and data.lstrip(b"\xef\xbb\xbf \t")[:1] not in (
        b"{",
        b"[",
    )


def _elements(data: bytes) -> list[Element]:
    if _is_table(data):
        return [Element(data)]
    value = strict_json.read(data)
    if isinstance(value, list):
        return json_elements.elements(data)
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        return json_elements.elements(data, "results")
    return [Element(data)]


def _audio(payload: bytes, media_type: str) -> Values:
    if media_type != "text/csv":
        return of_object(strict_json.read(payload))
    table = csv_rows.rows(payload)
    if len(table) != 2 or len(table[0]) != len(table[1]) or not set(table[0]) >= _COLUMNS:
        raise RecordRejected(
            "expected a row of Openverse's catalog with as many cells as its header, or it is cut off"
        )
    cells: dict[str, Any] = dict(zip(*table, strict=True))
    for column in _JSON_COLUMNS:
        if cells.get(column):
            cells[column] = strict_json.read(cells[column].encode())
    return Values(cells)


def _id(audio: Values) -> str:
    found = audio.text("identifier", "id")
    if not identifiers.mbid(found):  # a UUID like any other
        raise RecordRejected(f"expected a UUID as `id` or `identifier`, got {found[:60]!r}")
    return identifiers.mbid(found)


def _is_music(audio: Values) -> bool:
    return (
        audio.text("category") not in _NO_MUSIC
        and audio.text("provider") not in _NO_MUSIC_PROVIDERS
        and audio.text("source") not in _NO_MUSIC_PROVIDERS
    )


def _artist(audio: Values, source: str) -> ArtistClaim | None:
    """Openverse has no ids of artists: the page of the creator is one, else there is none."""
    page = audio.text("creator_url")
    return ArtistClaim(source, page, audio.text("creator")) if page and audio.text("creator") else None


def _release(audio: Values, source: str) -> ReleaseClaim | None:
    album = audio.inner("audio_set")
    page = album.text("foreign_landing_url", "set_url")
    if not page:
        return None
    title = album.text("title", "audio_set")
    return ReleaseClaim(source, page, title, artist=album.text("creator") or audio.text("creator"))


def _track(
    audio: Values, source: str, release: ReleaseClaim | None, artist: ArtistClaim | None, codes: Codes
) -> TrackClaim:
    return TrackClaim(
        source=source,
        id=_id(audio),
        title=audio.text("title"),
        artist=audio.text("creator"),
        artist_id=artist.id if artist else "",
        release=release.title if release else "",
        release_id=release.id if release else "",
        position=audio.inner("audio_set").whole("set_position") or audio.whole("set_position") or None,
        duration_ms=codes.read(
            _id(audio),
            "duration_ms",
            [audio.text("duration").lstrip("0")],
            lambda _: plausible(audio.whole("duration")),  # it counts milliseconds
        ),
        date=codes.date(_id(audio), audio.inner("meta_data").text("release_date")),
        genre=audio.text("genres", "genre"),
    )


def _evidence(audio: Values, stated: Stated) -> Iterator[Evidence]:
    """The license by its short name and version, and by address where one stands there; they must agree."""
    slug, version = audio.text("license").lower(), audio.text("license_version")
    address = audio.text("license_url") or audio.inner("meta_data").text("license_url")
    words = " ".join(filter(None, (slug, version, address)))
    if not words:
        return
    name = _spelled(slug, version)
    readings = [address] if _is_port(address, name) else [text for text in (name, address) if text]
    yield stated.license("license", words, readings, holder=audio.text("creator"))
    if audio.flag("removed_from_source"):
        yield stated.objection("removed_from_source", "true")


def _spelled(slug: str, version: str) -> str:
    """The address of a license by Openverse's name for it."""
    if slug in ("cc0", "zero"):
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if slug in ("pdm", "mark"):
        return "https://creativecommons.org/publicdomain/mark/1.0/"
    return f"https://creativecommons.org/licenses/{slug}/{version}/" if slug and version else slug


def _is_port(address: str, name: str) -> bool:
    """Is the address that of the license, for one country? Openverse's short names do not tell the country."""
    license, unported = (read_license(text).license.removeprefix("LicenseRef-") for text in (address, name))
    return bool(unported) and license.startswith(f"{unported}-")


def _offer(file: Values, audio: Values) -> Offer | None:
    address = web_address(file.text("url"))
    if not address:
        return None
    provider = audio.text("provider", "source") or "its provider"
    own = f"; its own records come through the source {_OWN[provider]}" if provider in _OWN else ""
    return Offer(
        track=_id(audio),
        address=address,
        name=f"{_id(audio)}.{file.text('filetype') or 'mp3'}",
        size=file.whole("filesize") or None,
        wanted=audio.inner("meta_data").whole("listens") or 0,
        refused=f"ask the provider, {provider}: Openverse does not say whether the file may be taken{own}",
    )
