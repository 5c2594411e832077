# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ERN release claims: one release, its sound recordings in order, and what its deals say about each."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.model.records import ArtistClaim, Claims, Delivered, ReleaseClaim, TrackClaim
from onrecord.model.rights import Evidence, Part
from onrecord.sources import ddex_deals
from onrecord.sources.codes import Codes
from onrecord.sources.ddex_message import File, Message, hashed, text

_DURATION = re.compile(r"P(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.(\d{1,9}))?S)?)")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
#: Elements whose text should be a code, and the field that it is reported under.
_CHECKED: Final = {"DPID": "dpid", "IpiNameNumber": "ipi", "ISWC": "iswc"}


def claims(
    message: Message, source: str, record_id: str, document: str, reader: ddex_deals.DealReader
) -> Claims:
    """`document` is the SHA-256 of the message; `reader` knows which deals are meant for this archive."""
    reading = _Reading(message, source, record_id)
    release = reading.release()
    deals = ddex_deals.Deals(message, document, reader)
    tracks: list[TrackClaim] = []
    evidence: list[tuple[str, Evidence]] = []
    for place in _places(message):
        recording = reading.recordings.get(place.reference)
        if recording is None:
            continue
        track = reading.track(recording, place, release)
        tracks.append(track)
        evidence.extend((track.id, fact) for fact in deals.about(place.reference))
    images = _images(message)
    for reference in images:
        evidence.extend((f"{record_id}/{reference}", fact) for fact in deals.about(reference, Part.ARTWORK))
    return Claims(
        tuple(reading.artists.values()),
        (release,),
        tuple(tracks),
        tuple(evidence),
        reading.codes.odd,
        pictures=tuple((f"{record_id}/{reference}", _blob(image)) for reference, image in images.items()),
    )


def delivered(message: Message, record_id: str) -> Iterator[Delivered]:
    """The whole files of each recording and picture on the release, of which the message says a hash sum."""
    recordings = _recordings(message)
    listed = {place.reference: recordings.get(place.reference) for place in _places(message)}
    for reference, resource in (listed | _images(message)).items():
        for file in _whole_files(resource) if resource is not None else ():
            yield Delivered(f"{record_id}/{reference}", file.name, (file.algorithm, file.digest))


class _Place(NamedTuple):
    reference: str
    disc: int | None
    position: int


def _places(message: Message) -> Iterator[_Place]:
    """Where each resource stands on the release: by its resource groups, else in the order of its reference list."""
    seen: dict[str, _Place] = {}
    for item in message.release.iter("ResourceGroupContentItem"):
        disc = _disc(item.getparent())
        for reference in item.iterfind("ReleaseResourceReference"):
            number = _number(text(item, "SequenceNumber")) or len(seen) + 1
            place = _Place(_words(reference), disc, number)
            seen.setdefault(place.reference, place)
    for reference in message.release.iter("ReleaseResourceReference"):
        seen.setdefault(_words(reference), _Place(_words(reference), None, len(seen) + 1))
    yield from seen.values()


def _disc(group: etree._Element | None) -> int | None:
    """The nearest numbered group is the disc; a group that is not numbered is the release itself."""
    while group is not None and group.tag == "ResourceGroup":
        if number := _number(text(group, "SequenceNumber")):
            return number
        group = group.getparent()
    return None


class _Reading:
    """One message being read: knows its parties and sound recordings, collects the artists that it names and the
    values that are none of what they should be."""

    def __init__(self, message: Message, source: str, record_id: str) -> None:
        self._message = message
        self._source = source
        self._record_id = record_id
        self.artists: dict[str, ArtistClaim] = {}
        self.codes = Codes()
        self.recordings = _recordings(message)
        self._parties = {
            text(party, "PartyReference"): party for party in message.root.iterfind("PartyList/Party")
        }

    def release(self) -> ReleaseClaim:
        release = self._message.release
        details = _worldwide(release, "ReleaseDetailsByTerritory")
        codes = [_words(code) for code in release.iterfind("ReleaseId/ICPN")]
        label = text(self._parties.get(text(release, "ReleaseLabelReference")), "PartyName/FullName")
        dates = (
            text(details, "ReleaseDate"),
            text(release, "ReleaseDate"),
            text(release, "OriginalReleaseDate"),
            text(release, "GlobalOriginalReleaseDate"),
        )
        self._check_parties_and_works()
        return ReleaseClaim(
            source=self._source,
            id=self._record_id,
            title=_title(release, details),
            artist=self._artist(release, details)[0],
            barcode=self.codes.code(self._record_id, "barcode", codes),
            label=label or text(details, "LabelName"),
            date=self.codes.read(self._record_id, "date", dates, _date) or "",
            kind=text(release, "ReleaseType"),
            tracks=sum(place.reference in self.recordings for place in _places(self._message)),
        )

    def track(self, recording: etree._Element, place: _Place, release: ReleaseClaim) -> TrackClaim:
        details = _worldwide(recording, "SoundRecordingDetailsByTerritory")
        artist, artist_id = self._artist(recording, details)
        id = f"{self._record_id}/{place.reference}"
        return TrackClaim(
            source=self._source,
            id=id,
            title=_title(recording, details),
            artist=artist or release.artist,
            artist_id=artist_id,
            release=release.title,
            release_id=release.id,
            disc=place.disc,
            position=place.position,
            duration_ms=self.codes.read(id, "duration_ms", [text(recording, "Duration")], _milliseconds),
            isrc=self.codes.code(id, "isrc", _isrcs(recording)),
            date=release.date,
            genre=text(recording, "Genre/GenreText") or text(details, "Genre/GenreText"),
            composer=self._composer(recording, details),
            blob=_blob(recording),
        )

    def _check_parties_and_works(self) -> None:
        """Codes of whole parties and works: they are claimed nowhere, and a report may name those that are none."""
        for element in self._message.root.iter(*_CHECKED):
            self.codes.code(self._record_id, _CHECKED[str(element.tag)], [_words(element)])

    def _artist(self, thing: etree._Element, details: etree._Element | None) -> tuple[str, str]:
        """The printed artist name, and the id of the one artist where it is one."""
        ids = []
        for artist in [
            *thing.findall("DisplayArtist"),
            *(details.findall("DisplayArtist") if details is not None else []),
        ]:
            party = self._parties.get(text(artist, "ArtistPartyReference"), artist)
            name = text(party, "PartyName/FullName")
            if name:
                isni = text(party, "PartyId/ISNI").replace(" ", "").upper()
                id = f"ISNI:{isni}" if isni else f"{self._message.sender}:{name}"
                if id not in self.artists:
                    sorted_name = text(party, "PartyName/FullNameIndexed")
                    checked = self.codes.code(id, "isni", [isni])
                    self.artists[id] = ArtistClaim(self._source, id, name, sorted_name, isni=checked)
                ids.append((id, name))
        printed = _default(thing, "DisplayArtistName") or text(details, "DisplayArtistName")
        return printed or ", ".join(name for _, name in ids), ids[0][0] if len(ids) == 1 else ""

    def _composer(self, recording: etree._Element, details: etree._Element | None) -> str:
        names: dict[str, None] = {}
        for contributor in recording.findall("Contributor"):
            if any(_words(role) in ("Composer", "ComposerLyricist") for role in contributor.findall("Role")):
                names[
                    text(
                        self._parties.get(text(contributor, "ContributorPartyReference")),
                        "PartyName/FullName",
                    )
                ] = None
        for contributor in details.findall("IndirectResourceContributor") if details is not None else []:
            roles = contributor.iterfind("IndirectResourceContributorRole")
            if any(_words(role) in ("Composer", "ComposerLyricist") for role in roles):
                names[text(contributor, "PartyName/FullName")] = None
        return ", ".join(filter(None, names))


def _recordings(message: Message) -> dict[str, etree._Element]:
    return {
        text(recording, "ResourceReference"): recording
        for recording in message.root.iterfind("ResourceList/SoundRecording")
    }


def _images(message: Message) -> dict[str, etree._Element]:
    """The pictures that the release lists: among its resources, or as the cover of a group of them."""
    named = message.release.iter("ReleaseResourceReference", "LinkedReleaseResourceReference")
    listed = {_words(reference) for reference in named}
    images = {
        text(image, "ResourceReference"): image for image in message.root.iterfind("ResourceList/Image")
    }
    return {reference: image for reference, image in images.items() if reference in listed}


def _worldwide(thing: etree._Element, tag: str) -> etree._Element | None:
    """ERN 3 says most things by territory: the worldwide block, else the first."""
    blocks = thing.findall(tag)
    return next(
        (block for block in blocks if text(block, "TerritoryCode") == "Worldwide"),
        blocks[0] if blocks else None,
    )


def _title(thing: etree._Element, details: etree._Element | None) -> str:
    return (
        _default(thing, "DisplayTitleText")
        or text(thing, "DisplayTitle/TitleText")
        or text(details, "Title[@TitleType='DisplayTitle']/TitleText")
        or text(thing, "ReferenceTitle/TitleText")
    )


def _default(thing: etree._Element, tag: str) -> str:
    found = thing.findall(tag)
    marked = (element for element in found if element.get("IsDefault") == "true")
    return _words(next(marked, found[0])) if found else ""


def _isrcs(recording: etree._Element) -> list[str]:
    codes = [*recording.iterfind("ResourceId/ISRC"), *recording.iterfind("SoundRecordingId/ISRC")]
    return [_words(code) for code in codes]


def _blob(recording: etree._Element) -> str:
    """The SHA-256 of the one whole file that holds the recording; "" where previews, or several files, leave doubt."""
    found = {file.digest for file in _whole_files(recording) if file.algorithm == "sha256"}
    return found.pop() if len(found) == 1 else ""


def _whole_files(recording: etree._Element) -> list[File]:
    """Each once; a block may stand for each territory."""
    technical = recording.iter("TechnicalDetails", "TechnicalSoundRecordingDetails", "TechnicalImageDetails")
    whole = (
        details
        for details in technical
        if text(details, "IsPreview") != "true" and text(details, "IsClip") != "true"
    )
    return list(dict.fromkeys(file for details in whole for file in hashed(details)))


def _milliseconds(duration: str) -> int | None:
    match = _DURATION.fullmatch(duration)
    if not match or not any(match.groups()):
        return None
    hours, minutes, seconds, fraction = match.groups(default="0")
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0")[:3])


def _date(words: str) -> str:
    return words if _DATE.fullmatch(words) else ""


def _number(words: str) -> int | None:
    return int(words) if re.fullmatch(r"[1-9]\d{0,4}", words) else None


def _words(element: etree._Element) -> str:
    return " ".join((element.text or "").split())
