# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Dublin Core description claims: one recording, where it is about sound; its rights statements as evidence."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import ArtistClaim, Claims, ReleaseClaim, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.sources import safe_xml, spelled
from onrecord.sources.codes import Codes
from onrecord.sources.stated_license import Stated

_PREFIX = re.compile(rb"</?\s*([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=")
_SOUND = re.compile(r"\b(?:sounds?|audio|music(?:al)?|songs?|recordings?)\b", re.IGNORECASE)
_PRINTED = re.compile(
    r"\b(?:notat\w+|scores?|sheet|text|book|article|thesis|image|manuscript)\b", re.IGNORECASE
)
_AUDIO = re.compile(r"\baudio/|\b(?:mp3|flac|ogg|wave?)\b", re.IGNORECASE)
_BARCODE = re.compile(r"(?:urn:)?(?:ean|upc|gtin|isbn)(?:-?1[0-4])?[\s:]*([0-9][0-9 -]{6,20})", re.IGNORECASE)
#: What says of itself that it is an ISRC, or the address of a MusicBrainz recording, whether or not it is one.
_SAYS_ISRC = re.compile(r"(?:urn:|info:)?isrc\b.*\d", re.IGNORECASE)
_SAYS_MBID = re.compile(r"https?://(?:beta\.)?musicbrainz\.org/recording/.", re.IGNORECASE)
_MOST_PREFIXES: Final = 50
#: The elements that hold a description, by their local names: oai_dc, and the qualified forms that are in use.
_DESCRIPTIONS: Final = ("dc", "qualifieddc", "qdc", "dcterms", "dcx")
_RIGHTS: Final = ("rights", "license")
#: Says that the bytes can be had without paying, and nothing of what may be done with them.
_ACCESS: Final = ("info:eu-repo/semantics/openAccess", "openAccess", "open access", "Open Access")


def claims(source: str, id: str, payload: bytes) -> Claims:
    """The claims of one `record` element; RecordRejected where it cannot be read.

    A description claims nothing where it has no title or where its types or formats say that it is about something else
    than sound; a record in another metadata format claims nothing. Otherwise it is taken for a recording, and for a
    release besides where it has a barcode. Dublin Core does not tell performer and composer apart: its creators are
    claimed as they stand.
    """
    metadata = _metadata(payload)
    said = _Said(metadata)
    described = any(str(child.tag).lower() in _DESCRIPTIONS for child in metadata)
    if not described or not said.first("title") or not said.is_sound():
        return Claims()
    stated = Stated("oai-pmh", payload)
    artist = ", ".join(said.all("creator"))
    artists = tuple(ArtistClaim(source, name, name) for name in dict.fromkeys(said.all("creator")))
    codes = Codes()
    barcode = codes.read(id, "barcode", filter(_says_barcode, said.identifiers()), _barcode) or ""
    isrcs = (text for text in said.identifiers() if spelled.isrc(text) or _SAYS_ISRC.match(text.strip()))
    mbids = (text for text in said.identifiers() if _SAYS_MBID.match(text.strip()))
    dates = (*said.all("issued"), *said.all("date"), *said.all("created"))
    date = codes.read(id, "date", dates, spelled.date) or ""
    track = TrackClaim(
        source=source,
        id=id,
        title=said.first("title"),
        artist=artist,
        artist_id=artists[0].id if artists else "",
        release=said.first("title") if barcode else "",
        release_id=id if barcode else "",
        duration_ms=said.duration_ms(),
        isrc=codes.read(id, "isrc", isrcs, spelled.isrc) or "",
        mbid=codes.read(id, "mbid", mbids, spelled.recording_mbid) or "",
        date=date,
    )
    release = ReleaseClaim(
        source, id, track.title, artist, barcode=barcode, label=said.first("publisher"), date=date
    )
    holder = said.first("rightsHolder")
    return Claims(
        artists,
        (release,) if barcode else (),
        (track,),
        tuple((id, fact) for fact in said.rights(stated, holder)),
        codes.odd,
    )


class _Said:
    """The elements of a description by their local names, in one line each."""

    def __init__(self, metadata: etree._Element) -> None:
        self._texts: dict[str, list[str]] = {}
        self._whole: dict[str, list[str]] = {}
        for element in metadata.iterdescendants():
            text = "".join(map(str, element.itertext())) if len(element) == 0 else ""
            for address in (value for key, value in element.attrib.items() if str(key).endswith("resource")):
                text = text or str(address)
            if text.strip():
                name = str(element.tag)
                self._texts.setdefault(name, []).append(" ".join(text.split()))
                self._whole.setdefault(name, []).append(text.strip())

    def all(self, name: str) -> list[str]:
        return self._texts.get(name, [])

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def identifiers(self) -> list[str]:
        return [*self.all("identifier"), *self.all("relation"), *self.all("isVersionOf")]

    def is_sound(self) -> bool:
        types, formats = self.all("type"), [*self.all("format"), *self.all("medium")]
        if any(_SOUND.search(type.rsplit("/", 1)[-1]) and not _PRINTED.search(type) for type in types):
            return True
        return any(map(_AUDIO.search, formats)) or not (types or any("/" in format for format in formats))

    def duration_ms(self) -> int | None:
        found = (
            spelled.duration_ms(text, form)
            for text in (*self.all("extent"), *self.all("format"))
            for form in ("iso", "m:ss")
        )
        return next((length for length in found if length), None)

    def rights(self, stated: Stated, holder: str) -> Iterator[Evidence]:
        for name in _RIGHTS:
            for text in dict.fromkeys(self._whole.get(name, [])):
                if text not in _ACCESS:
                    yield stated.license(f"dc:{name}", text, holder=holder)


def _metadata(payload: bytes) -> etree._Element:
    """The metadata of a record. Prefixes that the answer around it declared are declared anew, to be read at all."""
    found = {bytes(prefix) for pair in _PREFIX.findall(payload) for prefix in pair if prefix}
    prefixes = sorted(found - {b"xml", b"xmlns"})
    if len(prefixes) > _MOST_PREFIXES:
        raise RecordRejected(f"{len(prefixes)} namespace prefixes, expected a few")
    declared = b"".join(b' xmlns:%s="urn:prefix:%s"' % (prefix, prefix) for prefix in prefixes)
    root = safe_xml.read(b"<wrap%s>%s</wrap>" % (declared, payload))
    metadata = root.find("record/metadata")
    if metadata is None:
        raise RecordRejected("expected a record with metadata")
    return metadata


def _barcode(text: str) -> str:
    """A barcode that says of itself that it is one. An ISBN of thirteen digits is one of those."""
    found = _BARCODE.fullmatch(text.strip())
    return identifiers.barcode(found[1]) if found else ""


def _says_barcode(text: str) -> bool:
    """An ISBN of ten digits, which was none before there were thirteen, does not."""
    return bool(_BARCODE.fullmatch(text.strip())) and (bool(_barcode(text)) or "isbn" not in text.lower())
