# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound on Wikimedia Commons: pages of the action API with `imageinfo` and `extmetadata`, saved and live."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec

from onrecord.engine import plugins
from onrecord.errors import RecordRejected
from onrecord.model.records import Claims, Offer, Page, Record, Terms, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.sources import asking, json_elements, paging, strict_json
from onrecord.sources.codes import Codes
from onrecord.sources.html_text import html_text
from onrecord.sources.json_elements import Element
from onrecord.sources.outside_values import Values, of_object, web_address
from onrecord.sources.paging import foreign_cursor
from onrecord.sources.seam import Fetch
from onrecord.sources.spelled import leading_date
from onrecord.sources.stated_license import Stated

_ADDRESS: Final = "https://commons.wikimedia.org/w/api.php"
_LIMIT: Final = 50
#: What is asked of every page, whichever pages they are.
_ASKED: Final = {
    "action": "query",
    "format": "json",
    "formatversion": "2",
    "prop": "imageinfo",
    "iiprop": "url|size|sha1|mime|mediatype|timestamp|extmetadata",
}
_CATEGORY: Final = "Category:"
_ENDINGS: Final = re.compile(r"\.(?:oga|ogg|opus|flac|wav|mp3|mid|midi|webm|m4a)$", re.IGNORECASE)
#: Names of Creative Commons licenses as Commons' templates print them, ports included.
_NAME: Final = re.compile(r"CC (BY(?:-(?:NC|ND|SA))*) (\d\.\d)(?: ([a-z]{2,4}))?", re.IGNORECASE)
_SHA1: Final = re.compile(r"[0-9a-f]{40}")


class WikimediaCommons:
    """Files with sound. A record is an element of `query.pages` as it stands there, filed under its page id.

    The artist's name and the title may be HTML; their words are claimed. Restrictions that Commons knows besides
    copyright (personality, trademark, …) and files marked as not free leave every use to a person.
    """

    name = "wikimedia-commons"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary=(
            "Believed: requests one after the other, with an agent that names a contact; heavy use of the media "
            "servers is to be spread. Each file has its own license, which its page states; texts of pages are "
            "CC BY-SA 4.0, structured data is CC0. Pace, robots.txt and Retry-After are the client's to keep."
        ),
        address="https://foundation.wikimedia.org/wiki/Policy:Terms_of_Use",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        return paging.pages(self._location, cursor, _elements, self._record)

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        """The files of one category (`Category:Audio files of music`, not those below it), or what a search finds.

        "" searches for all sound; a search ends after the 10,000 results that Commons gives. The cursor is the object
        `continue` that leads to an answer, and how many of its pages were taken.
        """
        asked = {**_ASKED, **_generator(query)}
        service = asking.Asking("Wikimedia Commons", fetch)
        at = asking.place(cursor, "{}")
        while True:
            service.goes_on(at.continuation)
            answer, raw = service.json(_ADDRESS, {**asked, **_parsed(at.continuation)})
            _refuse_failed(answer, service)
            going_on = _going_on(answer)
            # An answer that finds nothing has no `query`.
            found = json_elements.elements(raw, "query", "pages") if "query" in answer else []
            new = _whole(found[at.taken :], "iicontinue" in going_on)
            if page := service.page(new, at._replace(taken=len(found)), "an answer", self._record):
                yield page
            if not going_on:
                return
            at = asking.Place(_written(going_on))

    def again(self, fetch: Fetch, record: str) -> Page:
        kind, _, id = record.partition(":")
        if kind != "file" or not id.isdecimal():
            raise asking.not_alone(record)
        service = asking.Asking("Wikimedia Commons", fetch)
        answer, raw = service.json(_ADDRESS, {**_ASKED, "pageids": id})
        _refuse_failed(answer, service)
        found = json_elements.elements(raw, "query", "pages") if "query" in answer else []
        return asking.one(record, found[0].raw, self._record) if found else asking.gone(self.name, record)

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        file, codes = _File(record.payload), Codes()
        return Claims(
            tracks=[file.track(self.name, codes)],
            evidence=[(file.id, fact) for fact in file.evidence(Stated(self.name, record.payload))],
            odd=codes.odd,
        )

    def offers(self, record: Record) -> Sequence[Offer]:
        """The file as it was uploaded; what Commons converted for its player is not offered."""
        return [] if record.deleted else _File(record.payload).offers()

    def _record(self, element: Element) -> Record:
        page = of_object(strict_json.read(element.raw))
        id = _page_id(page)
        if page.flag("missing") or ("missing" in page and page.text("missing") == ""):
            return Record(self.name, "file", id, "application/json", b"", deleted=True)
        _File(element.raw)
        return Record(self.name, "file", id, "application/json", element.raw)


class _File:
    """A page of a file, read."""

    def __init__(self, payload: bytes) -> None:
        page = of_object(strict_json.read(payload))
        self.id = _page_id(page)
        self._title = page.text("title").partition(":")[2] or page.text("title")
        found = page.objects("imageinfo")
        if not found:
            raise RecordRejected(f"{self._title[:100]}: expected `imageinfo`; ask for prop=imageinfo")
        self._info = found[0]
        mime = self._info.text("mime")
        if not self._is_sound():
            raise RecordRejected(
                f"{self._title[:100]}: it is {mime or 'of no known type'}, not recorded sound"
            )
        self._said = self._info.inner("extmetadata")

    def track(self, source: str, codes: Codes) -> TrackClaim:
        return TrackClaim(
            source=source,
            id=self.id,
            title=html_text(self._value("ObjectName")) or _ENDINGS.sub("", self._title),
            artist=html_text(self._value("Artist")),
            duration_ms=codes.duration(self.id, self._info.text("duration")),
            date=leading_date(html_text(self._value("DateTimeOriginal"))),
        )

    def evidence(self, stated: Stated) -> Iterator[Evidence]:
        name, address = self._value("LicenseShortName"), self._value("LicenseUrl")
        if words := " ".join(filter(None, (name, address))) or self._value("UsageTerms"):
            readings = [text for text in (_spelled(html_text(name)), address) if text]
            yield stated.license("extmetadata", words, readings, holder=html_text(self._value("Artist")))
        if restrictions := self._value("Restrictions"):
            yield stated.objection("Restrictions", restrictions)
        if not_free := self._not_free():
            yield stated.objection("NonFree", not_free)

    def offers(self) -> list[Offer]:
        address, sha1 = web_address(self._info.text("url")), self._info.text("sha1").lower()
        if not address:
            return []
        return [
            Offer(
                track=self.id,
                address=address,
                name=self._title,
                size=self._info.whole("size"),
                digest=("sha1", sha1) if _SHA1.fullmatch(sha1) else None,
                refused="Commons marks it as not free (NonFree)" if self._not_free() else "",
            )
        ]

    def _is_sound(self) -> bool:
        """MIDI is a score. Ogg may hold pictures; where the kind of media is not told, the ending has to tell."""
        mime, kind = self._info.text("mime"), self._info.text("mediatype")
        if mime == "application/ogg" and not kind:
            return not self._title.lower().endswith(".ogv")
        return mime not in ("audio/midi", "audio/x-midi") and (mime.startswith("audio/") or kind == "AUDIO")

    def _not_free(self) -> str:
        value = self._value("NonFree")
        return value if value.lower() not in ("", "false", "0") else ""

    def _value(self, name: str) -> str:
        """The value of a field of extmetadata; of one in many languages English, else the first."""
        field = self._said.inner(name)
        many = field.inner("value")
        if many.text("_type"):
            return many.text("en") or _first(many)
        return field.text("value")


def _refuse_failed(answer: object, service: asking.Asking) -> None:
    if not isinstance(answer, dict) or "error" in answer:
        error = Values(answer if isinstance(answer, dict) else {}).inner("error")
        raise service.failed(f"answered an error {error.text('code')}: {error.text('info')}")


def _elements(data: bytes) -> list[Element]:
    value = strict_json.read(data)
    if isinstance(value, dict) and isinstance(value.get("query"), dict):
        going_on = Values(value).inner("continue")
        return _whole(json_elements.elements(data, "query", "pages"), "iicontinue" in going_on)
    if isinstance(value, dict) and "error" in value:
        raise RecordRejected(f"an error answer: {Values(value).inner('error').text('info', 'code')[:200]}")
    return [Element(data)]


def _whole(found: list[Element], more_to_come: bool) -> list[Element]:
    """Where `imageinfo` goes on in the next answer, pages without it come again there."""
    return [element for element in found if not more_to_come or b'"imageinfo"' in element.raw]


def _page_id(page: Values) -> str:
    found = page.whole("pageid")
    if not found:
        raise RecordRejected(
            f"expected a number as `pageid`: {page.text('title')[:100] or 'an object without title'}"
        )
    return str(found)


def _generator(query: str) -> dict[str, str]:
    if query.startswith(_CATEGORY):
        return {
            "generator": "categorymembers",
            "gcmtitle": query,
            "gcmtype": "file",
            "gcmlimit": str(_LIMIT),
        }
    return {
        "generator": "search",
        "gsrsearch": " ".join(filter(None, (query.strip(), "filetype:audio"))),
        "gsrnamespace": "6",
        "gsrlimit": str(_LIMIT),
    }


def _going_on(answer: dict[str, Any]) -> dict[str, str]:
    said = answer.get("continue")
    return {str(key): str(value) for key, value in said.items()} if isinstance(said, dict) else {}


def _written(going_on: dict[str, str]) -> str:
    return msgspec.json.encode(going_on, order="sorted").decode()


def _parsed(continuation: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(continuation, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise foreign_cursor(continuation) from error


def _spelled(name: str) -> str:
    """The name of a license, as its address where it is one of Creative Commons': their ports are told by address."""
    match = _NAME.fullmatch(name)
    if not match:
        return name
    port = f"{match[3].lower()}/" if match[3] else ""
    return f"https://creativecommons.org/licenses/{match[1].lower()}/{match[2]}/{port}"


def _first(many: Values) -> str:
    return many.text(*(name for name in many.names() if name != "_type"))
