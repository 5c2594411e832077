# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Internet Archive: items with their files (`/metadata/ID`), results of its searches, and its scrape API live."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote

from onrecord.engine import plugins
from onrecord.errors import RecordRejected, SourceFailed
from onrecord.model.records import Claims, Offer, Page, Record, ReleaseClaim, Terms, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.sources import asking, json_elements, packed, paging, safe_xml, strict_json
from onrecord.sources.codes import Codes
from onrecord.sources.html_text import html_text
from onrecord.sources.json_elements import Element
from onrecord.sources.json_texts import Text
from onrecord.sources.outside_values import Values, of_object
from onrecord.sources.paging import Unread
from onrecord.sources.seam import Fetch
from onrecord.sources.spelled import leading_date
from onrecord.sources.stated_license import Stated

_SEARCH: Final = "https://archive.org/services/search/v1/scrape"
_ITEM: Final = "https://archive.org/metadata/"
_DOWNLOAD: Final = "https://archive.org/download/"
#: The fewest results that the scrape API gives in one answer.
_RESULTS: Final = 100
#: Items in a page: each was a request, and a page is what a stop costs.
_PAGE_ITEMS: Final = 20
_SOUND_ITEMS: Final = frozenset({"audio", "etree"})
_SOUND_FILES: Final = frozenset(
    "flac mp3 ogg oga opus wav aif aiff aifc m4a mp4a aac alac shn ape wv tta wma mpc dsf dff au".split()  # noqa: SIM905
)
#: Collections whose sound is not for taking away: lending, streaming only, previews, hidden ones.
_CLOSED: Final = frozenset(
    "inlibrary lendinglibrary printdisabled stream_only samples_only noindex".split()  # noqa: SIM905
)
_RIGHTS: Final = ("license", "rights", "possible-copyright-status")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_NUMBER: Final = re.compile(r"(\d{1,4})(?:\s*(?:/|of)\s*\d{1,4})?")
_DIGESTS: Final = (("sha1", re.compile(r"[0-9a-f]{40}")), ("md5", re.compile(r"[0-9a-f]{32}")))


class InternetArchive:
    """An item is a release, each sound file that was uploaded to it a track. Items that hold no sound claim nothing.

    Records: `item` (an answer of `/metadata/ID`, whole), `hit` (an element of a search's answer; it claims the release
    alone), `description` (an item's `_meta.xml`; likewise). A dark item is a tombstone. What an item says of rights in
    words (`rights`, `license`, …) stands beside its `licenseurl`; where it is not understood, a person decides.
    """

    name = "internet-archive"
    terms: ClassVar[Terms] = Terms(
        state="unread",
        license="",
        summary=(
            "Believed: access is for scholarship and research; each item has its own license, stated by whoever "
            "uploaded it and not checked by the Internet Archive. Its APIs may be used by programs that go slowly and "
            "name themselves. Restricted and lent items may not be taken. The license of the metadata is not known. "
            "Pace, robots.txt and Retry-After are the client's to keep."
        ),
        address="https://archive.org/about/terms",
    )

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        self.name = plugins.settings(type(self).name, settings, {"name": type(self).name})["name"]
        self._location = location

    def pages(self, cursor: str = "") -> Iterator[Page]:
        return paging.pages(self._location, cursor, _elements, self._record, _texts)

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        """Items with sound that a search in the site's own syntax finds (`collection:netlabels AND year:2009`); "" asks
        for all of them. One request for each 100 results and one for each item, which brings nothing where the item is
        held and has not changed.

        The cursor is the scrape API's own, and how many of its results were taken. One item that fails is named and
        left out; where the next one fails too, it is the service that fails.
        """
        service = asking.Asking("Internet Archive", fetch)
        sound = " OR ".join(sorted(_SOUND_ITEMS))
        asked = {
            "q": " AND ".join(
                filter(None, (f"({query.strip()})" if query.strip() else "", f"mediatype:({sound})"))
            ),
            "fields": "identifier",
            "count": str(_RESULTS),
        }
        at = asking.place(cursor, "")
        while True:
            service.goes_on(at.continuation)
            answer, _ = service.json(
                _SEARCH, asked | ({"cursor": at.continuation} if at.continuation else {})
            )
            if not (isinstance(answer, dict) and isinstance(answer.get("items"), list)):
                words = Values(answer if isinstance(answer, dict) else {}).text("error")
                raise service.failed(f"an answer without a list `items`: {words}", "is the query right?")
            ids = [item.text("identifier") for item in Values(answer).objects("items")]
            yield from self._items(service, at, ids)
            following = Values(answer).text("cursor")
            if not following or not ids:
                return
            at = asking.Place(following)

    def _items(self, service: asking.Asking, at: asking.Place, ids: Sequence[str]) -> Iterator[Page]:
        """Ask for each item; no cursor stands behind one that failed before the next one did not."""
        filling = paging.Filling("", records=_PAGE_ITEMS)
        failed = False
        for taken, id in enumerate(ids[at.taken :], at.taken + 1):
            try:
                self._ask(service, id, filling)
                failed = False
            except SourceFailed as error:
                if failed:
                    raise
                filling.reject(id, error.message)
                failed = True
            filling.cursor = at._replace(taken=taken - failed).written()
            if filling.full() and not failed:
                yield service.checked(filling)
        if filling:
            yield service.checked(filling)

    def _ask(self, service: asking.Asking, id: str, filling: paging.Filling) -> None:
        if not _IDENTIFIER.fullmatch(id):
            filling.reject(id[:100] or "a result", "expected the identifier of an item")
            return
        raw = service.record(_ITEM + id, f"item:{id}")
        if raw is None:
            filling.leave(f"item:{id}")
        else:
            filling.take(Element(raw), id, self._record)

    def again(self, fetch: Fetch, record: str) -> Page:
        kind, _, id = record.partition(":")
        if kind != "item" or not _IDENTIFIER.fullmatch(id):
            raise asking.not_alone(record)  # hits and descriptions claim no track, so no sound rests on them
        raw = asking.Asking("Internet Archive", fetch).record(_ITEM + id, record)
        if raw is None:
            return Page((), "", unchanged=(record,))
        if not strict_json.read(raw):  # it answers 200 with an empty object for an item that there is not
            return asking.gone(self.name, record)
        return asking.one(record, raw, self._record)

    def claims(self, record: Record) -> Claims:
        if record.deleted:
            return Claims()
        if record.kind != "item":
            found, codes = _described(record.payload, record.media_type), Codes()
            releases = [_release(found, self.name, codes)] if _has_sound(found) else []
            return Claims(releases=releases, odd=codes.odd)
        item = _Item(record.payload)
        if not _has_sound(item.about):
            return Claims()
        facts, codes = list(item.evidence(Stated(self.name, record.payload))), Codes()
        return Claims(
            releases=[_release(item.about, self.name, codes, len(item.originals))],
            tracks=[item.track(file, self.name, codes) for file in item.originals],
            evidence=[(item.track_id(file), fact) for file in item.originals for fact in facts],
            odd=codes.odd,
        )

    def offers(self, record: Record) -> Sequence[Offer]:
        """Files as they were uploaded. What the Internet Archive derived from them is offered with its refusal: the
        same sound again, in fewer bits, that can be made from the original."""
        if record.deleted or record.kind != "item":
            return []
        item = _Item(record.payload)
        return item.offers() if _has_sound(item.about) else []

    def _record(self, element: Element) -> Record:
        if element.raw.lstrip()[:1] == b"<":
            found = _described(element.raw, "application/xml")
            return Record(self.name, "description", _identifier(found), "application/xml", element.raw)
        value = strict_json.read(element.raw)
        if not (isinstance(value, dict) and ("metadata" in value or "files" in value or "is_dark" in value)):
            found = of_object(value)
            return Record(self.name, "hit", _identifier(found), "application/json", element.raw)
        if Values(value).flag("is_dark"):
            return Record(self.name, "item", _dark_identifier(value), "application/json", b"", deleted=True)
        item = _Item(element.raw)
        return Record(self.name, "item", item.id, "application/json", element.raw)


class _Item:
    """An answer of `/metadata/ID`, read."""

    def __init__(self, payload: bytes) -> None:
        value = of_object(strict_json.read(payload))
        self.about = value.inner("metadata")
        self.id = _identifier(self.about)
        files = [file for file in value.objects("files") if _is_sound(file)]
        named = {file.text("name"): file for file in files}
        self.originals = [file for file in named.values() if file.text("source") == "original"]
        self._derived = [file for file in named.values() if file.text("source") == "derivative"]

    def track_id(self, file: Values) -> str:
        return f"{self.id}/{file.text('name')}"

    def track(self, file: Values, source: str, codes: Codes) -> TrackClaim:
        name, id = file.text("name"), self.track_id(file)
        return TrackClaim(
            source=source,
            id=id,
            title=file.text("title") or name.rsplit("/", 1)[-1].rsplit(".", 1)[0],
            artist=file.text("artist", "creator") or _creators(self.about),
            release=self.about.text("title"),
            release_id=self.id,
            disc=_number(file.text("disc")),
            position=_number(file.text("track")),
            duration_ms=codes.duration(id, file.text("length")),
            isrc=codes.code(id, "isrc", _urns(file, "urn:isrc:")),
            mbid=codes.code(id, "mbid", _urns(file, "urn:mb_recording_id:")),
            date=_date(self.about),
            genre=file.text("genre"),
        )

    def evidence(self, stated: Stated) -> Iterator[Evidence]:
        """The license that the uploader chose; words beside it; and what keeps the item closed."""
        holder = _creators(self.about)
        for address in self.about.texts("licenseurl"):
            yield stated.license("licenseurl", address, holder=holder)
        for field in _RIGHTS:
            for words in self.about.texts(field):
                yield stated.license(field, words, [html_text(words)], holder=holder)
        if closed := self._closed():
            yield stated.objection("access", closed)

    def offers(self) -> list[Offer]:
        originals = {file.text("name"): file for file in self.originals}
        offered = [self._offer(file, file) for file in self.originals]
        for file in self._derived:
            if original := originals.get(file.text("original")):
                why = f"derived by the Internet Archive; {original.text('name')!r} is what was uploaded"
                offered.append(self._offer(file, original, why))
        return offered

    def _offer(self, file: Values, original: Values, refused: str = "") -> Offer:
        name = file.text("name")
        private = "the file is private" if file.flag("private") else ""
        return Offer(
            track=self.track_id(original),
            address=f"{_DOWNLOAD}{self.id}/{quote(name, safe='/')}",
            name=name,
            size=file.whole("size"),
            digest=next(
                (
                    (kind, value)
                    for kind, form in _DIGESTS
                    if form.fullmatch(value := file.text(kind).lower())
                ),
                None,
            ),
            refused=self._closed() or private or refused,
            preview="sample" in file.text("format").lower() or "_sample." in name,
        )

    def _closed(self) -> str:
        """Why nothing of the item may be taken; "" where nothing says so."""
        for field in ("access-restricted-item", "access-restricted", "noindex", "nodownload"):
            if self.about.text(field).lower() not in ("", "false", "0") or self.about.flag(field):
                return f"the item says {field}: {self.about.text(field) or 'true'}"
        closed = sorted(_CLOSED.intersection(self.about.texts("collection")))
        return f"the item is in the collection {closed[0]}" if closed else ""


def _texts(file: Unread) -> Iterator[Text]:
    """JSON as ever; an XML file is one text."""
    if not packed.plain_name(file.name.lower()).endswith(".xml"):
        yield from file.json_texts()
    elif not file.behind.offset:
        try:
            data = file.part.stream.read(safe_xml.LONGEST + 1)
        except packed.DAMAGE as error:
            yield Text(1, 1, 1, b"", packed.damage(error))
        else:
            yield Text(1, len(data) or 1, 1, data)


def _elements(data: bytes) -> list[Element]:
    if data.lstrip()[:1] == b"<":
        return [Element(data)]
    value = strict_json.read(data)
    if isinstance(value, list) and value:
        return json_elements.elements(data)
    if isinstance(value, dict):
        if "docs" in Values(value).inner("response"):
            return json_elements.elements(data, "response", "docs")
        if isinstance(value.get("items"), list):
            return json_elements.elements(data, "items")
        if value:
            return [Element(data)]
    raise RecordRejected("an empty answer: the Internet Archive has no such item")


def _described(payload: bytes, media_type: str) -> Values:
    """The fields of a search result or of a `_meta.xml`; one that stands several times there is a list."""
    if media_type != "application/xml":
        return of_object(strict_json.read(payload))
    root = safe_xml.read(payload)
    if root.tag != "metadata":
        raise RecordRejected(f"expected `metadata`, the description of an item, got {str(root.tag)[:60]!r}")
    fields: dict[str, Any] = {}
    for child in root:
        if isinstance(child.tag, str) and child.text:
            fields.setdefault(child.tag, []).append(child.text)
    return Values(fields)


def _identifier(found: Values) -> str:
    id = found.text("identifier")
    if not _IDENTIFIER.fullmatch(id):
        raise RecordRejected(f"expected an item with an `identifier`, got {id[:60]!r}")
    return id


def _dark_identifier(value: dict[str, Any]) -> str:
    """A dark item has lost its metadata; its folder still has its name."""
    id = Values(value).inner("metadata").text("identifier") or Values(value).text("dir").rsplit("/", 1)[-1]
    if not _IDENTIFIER.fullmatch(id):
        raise RecordRejected("a dark item without a name")
    return id


def _has_sound(about: Values) -> bool:
    return about.text("mediatype") in _SOUND_ITEMS


def _is_sound(file: Values) -> bool:
    name = file.text("name")
    return "." in name and name.rsplit(".", 1)[1].lower() in _SOUND_FILES


def _release(about: Values, source: str, codes: Codes, tracks: int | None = None) -> ReleaseClaim:
    id = _identifier(about)
    return ReleaseClaim(
        source=source,
        id=id,
        title=about.text("title"),
        artist=_creators(about),
        mbid=codes.code(id, "mbid", _urns(about, "urn:mb_release_id:")),
        barcode=codes.code(id, "barcode", _urns(about, "urn:upc:")),
        label=about.text("publisher", "label"),
        date=codes.date(id, about.text("date"), about.text("year")),
        tracks=tracks or None,
    )


def _creators(about: Values) -> str:
    return ", ".join(about.texts("creator"))


def _date(about: Values) -> str:
    return leading_date(about.text("date")) or leading_date(about.text("year"))


def _urns(of: Values, prefix: str) -> list[str]:
    """Identifiers of one kind: `urn:isrc:…`, `urn:mb_recording_id:…`, of which a file or item may have several."""
    return [text.removeprefix(prefix) for text in of.texts("external-identifier") if text.startswith(prefix)]


def _number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text)
    return int(match[1]) or None if match else None
