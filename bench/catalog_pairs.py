# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracks as real sources tell them, with what each is about: known by an identifier that several of them share (an
MBID, an ISRC, a Discogs master with the place on it), which the matcher is not given. And pairs that look alike and are
not one.
"""

import csv
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from lxml import etree
from msgspec import Struct, structs

from onrecord.sources.discogs import Discogs

#: Words that tell a version from what it is a version of, by kind.
VERSIONS: Final = {
    "live": r"\blive\b|ao vivo|en vivo|unplugged|ac[uú]stico mtv|in concert|bbc sessions",
    "remaster": r"remaster",
    "instrumental": r"instrumental|karaoke|a ?cap+ella",
    "acoustic": r"acoustic|ac[uú]stic",
    "remix": r"\b(?:re)?mix(?:es)?\b|remixed|\bdub\b|rework|\brmx\b",
    "edit": r"\bedit\b|radio|extended|\bversion\b|\bshort\b|\bdemo\b",
}
#: Lengths that differ by more are those of two recordings.
FAR_MS: Final = 10_000
_MOST_BY_OTHERS: Final = 400
_NEAR_BY_OTHERS_MS: Final = 15_000
_BASE: Final = re.compile(r"\s*(?:[(\[].*|\s[-–]\s.*)$")
_MBID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Told(Struct, frozen=True):
    """A track as a source tells it. `thing` is the recording it is about, as the shared identifier says, "" where none
    does; `scheme` is what kind of identifier that is; `where` names the document."""

    source: str
    where: str
    title: str
    artist: str
    release: str = ""
    position: int | None = None
    duration_ms: int | None = None
    thing: str = ""
    scheme: str = ""

    @property
    def says_enough(self) -> bool:
        """Names alone tell no recording: an artist is needed, and a length or a release."""
        return bool(self.artist) and bool(self.duration_ms or self.release)


class Pair(Struct, frozen=True):
    """Two of the claims, by number, one recording or not, and why that is known. `told` is whether both say enough to
    be known by it. `part` says what was done with it: rules were tuned on pairs of before."""

    a: int
    b: int
    same: bool
    kind: str
    told: bool = True
    part: str = "before"


def read(data: Path) -> tuple[list[Told], list[Pair]]:
    """All claims of the sets that are there, and the pairs whose truth is known."""
    told = sorted(
        {claim for read_set in SETS.values() for claim in read_set(data) if claim.title},
        key=lambda it: (it.source, it.where, it.thing, it.title, it.artist, it.release, str(it.duration_ms)),
    )
    pairs = {(pair.a, pair.b): pair for pair in [*_alike(told), *_shared(told)]}
    pairs |= {(pair.a, pair.b): pair for pair in _judged(data, told)}
    enough = {number for number, claim in enumerate(told) if claim.says_enough}
    marked = [structs.replace(pairs[key], told=enough.issuperset(key)) for key in sorted(pairs)]
    return told, marked


# --- sets -------------------------------------------------------------------------------------------------------------


def musicbrainz(data: Path) -> Iterator[Told]:
    """Recordings and the tracks they are on: the one's name and length, and what a release prints."""
    for path in sorted((data / "musicbrainz-ws2-json").glob("*.json")):
        yield from _in_json(json.loads(path.read_text("utf-8")), path.name, {})
    for path in sorted((data / "musicbrainz-ws2-xml").rglob("*.xml")):
        yield from _in_xml(etree.parse(path).getroot(), path.name)


def _in_json(value: Any, where: str, around: Mapping[str, Any]) -> Iterator[Told]:
    """`around` holds the nearest recording, and the nearest release."""
    if isinstance(value, list):
        for each in value:
            yield from _in_json(each, where, around)
        return
    if not isinstance(value, dict):
        return
    if "media" in value:
        around = {**around, "release": value}
    elif {"video", "id", "title"} <= value.keys() or isinstance(value.get("recording"), dict):
        is_track = isinstance(value.get("recording"), dict)
        recording = value["recording"] if is_track else value
        around = {**around, "recording": recording}
        yield _json_claim(recording, recording, around, where)
        if is_track:
            yield _json_claim(value, recording, around, where)
    elif {"number", "position", "title"} <= value.keys() and "recording" in around:
        yield _json_claim(value, around["recording"], around, where)
    for key, each in value.items():
        if key not in ("relations", "recording"):
            yield from _in_json(each, where, around)


def _json_claim(
    said: Mapping[str, Any], recording: Mapping[str, Any], around: Mapping[str, Any], where: str
) -> Told:
    release = around.get("release", {})
    credit = said.get("artist-credit") or recording.get("artist-credit") or release.get("artist-credit") or []
    artist = "".join(
        f"{it.get('name') or ''}{it.get('joinphrase') or ''}" for it in credit if isinstance(it, dict)
    )
    is_track = said is not recording
    return Told(
        "musicbrainz-track" if is_track else "musicbrainz",
        where,
        said.get("title") or recording.get("title") or "",
        artist,
        release.get("title") or "" if is_track else "",
        said.get("position") if is_track else None,
        said.get("length"),
        recording["id"],
        "recording MBID",
    )


def _in_xml(root: etree._Element, where: str) -> Iterator[Told]:
    for track in root.iter("{*}track"):
        recording = track.find("{*}recording")
        release = next(track.iterancestors("{*}release"), None)
        if recording is None:
            continue
        printed = "" if release is None else release.findtext("{*}title") or ""
        whole = _credit(track) or _credit(recording) or ("" if release is None else _credit(release))
        name = recording.findtext("{*}title") or ""
        thing = recording.get("id", "")
        length, own = (_number(it.findtext("{*}length")) for it in (track, recording))
        position = _number(track.findtext("{*}position"))
        yield Told(
            "musicbrainz", where, name, _credit(recording) or whole, "", None, own, thing, "recording MBID"
        )
        title = track.findtext("{*}title") or name
        yield Told(
            "musicbrainz-track", where, title, whole, printed, position, length, thing, "recording MBID"
        )


def _credit(element: etree._Element) -> str:
    parts = element.findall("{*}artist-credit/{*}name-credit")
    return "".join(
        (part.findtext("{*}name") or part.findtext("{*}artist/{*}name") or "") + part.get("joinphrase", "")
        for part in parts
    )


def discogs(data: Path) -> Iterator[Told]:
    """The first thousand releases of a dump, by the archive's own connector. Releases of one master have the same
    recordings at the same places, where they have as many."""
    place = data / "discogs-dump-sample"
    if not place.is_dir():
        return
    source = Discogs(place, {})
    for page in source.pages():
        for record in page.records:
            claims = source.claims(record)
            if not claims.releases:
                continue
            [master] = [etree.fromstring(record.payload).findtext("master_id") or ""]
            for at, track in enumerate(claims.tracks):
                yield Told(
                    "discogs",
                    claims.releases[0].id,
                    track.title,
                    track.artist,
                    track.release,
                    at + 1,
                    track.duration_ms,
                    f"{master} of {len(claims.tracks)}: {at + 1}" if master else "",
                    "Discogs master, place" if master else "",
                )


def ddex(data: Path) -> Iterator[Told]:
    """Published sample messages: one recording in several of them has one ISRC."""
    for path in sorted((data / "ddex").rglob("*.xml")):
        for sound in etree.parse(path).getroot().iter("{*}SoundRecording"):
            isrc = next((it.text for it in sound.iter("{*}ISRC")), "") or ""
            titles = [it.text or "" for it in sound.iter("{*}TitleText", "{*}DisplayTitleText")]
            names = [it.text or "" for it in sound.iter("{*}DisplayArtistName", "{*}FullName")]
            length = re.match(
                r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?$", sound.findtext("{*}Duration") or ""
            )
            if re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", isrc) and titles and names and length:
                hours, minutes, seconds = (int(it or 0) for it in length.groups())
                ms = ((hours * 60 + minutes) * 60 + seconds) * 1000
                where = "/".join(path.parts[-2:])
                yield Told("ddex", where, titles[0], names[0], "", None, ms, isrc, "ISRC")


def listenbrainz(data: Path) -> Iterator[Told]:
    """Listens and statistics: what a player said, what ListenBrainz calls it, and the recording that it took it for."""
    for path in sorted([*data.glob("listenbrainz*/**/*.json")]):
        if "incorrectly" in str(path) or "invalid" in path.name:
            continue
        try:
            said = json.loads(path.read_text("utf-8"))
        except json.JSONDecodeError:
            continue  # some are there to be refused
        yield from _listened(said, path.name)


def _listened(value: Any, where: str) -> Iterator[Told]:
    for _, found, played in listens(value, where):
        if _MBID.fullmatch(played.thing):
            yield played
            if name := found.get("recording_name"):
                credit = "".join(
                    it["artist_credit_name"] + (it["join_phrase"] or "") for it in found["artists"]
                )
                yield structs.replace(played, source="listenbrainz", title=name, artist=credit)


def listens(value: Any, where: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], Told]]:
    """Each listen in an answer whose recording is known, what ListenBrainz took it for, and what the player said."""
    for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from listens(each, where)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(it), str) for it in ("track_name", "artist_name")
    ):
        return
    found, more = (value.get(it) or {} for it in ("mbid_mapping", "additional_info"))
    thing = value.get("recording_mbid") or found.get("recording_mbid") or more.get("recording_mbid") or ""
    if thing:
        ms = more.get("duration_ms") or (more.get("duration") or 0) * 1000 or None
        names = value["track_name"], value["artist_name"], value.get("release_name") or ""
        yield value, found, Told("player", where, *names, None, ms, thing, "recording MBID")


def chinook(data: Path) -> Iterator[Told]:
    """A shop's tracks. Nothing identifies them; they are here for what is alike and is not one."""
    place = data / "chinook" / "Chinook_Sqlite.sqlite"
    if not place.exists():
        return
    with sqlite3.connect(f"file:{place}?immutable=1", uri=True) as db:
        for title, artist, album, ms in db.execute(
            "SELECT t.Name, a.Name, l.Title, t.Milliseconds FROM Track t JOIN Album l USING (AlbumId)"
            " JOIN Artist a USING (ArtistId) JOIN MediaType m USING (MediaTypeId) WHERE m.Name NOT LIKE '%video%'"
        ):
            yield Told("chinook", album, title, artist, album, None, ms)


def bought(data: Path) -> Iterator[Told]:
    """Songs of two shops, where the pairs that persons judged are there (iTunes-Amazon, as others train on it)."""
    for one, other, _ in _judgements(data):
        yield from (one, other)


SETS: Final[Mapping[str, Callable[[Path], Iterator[Told]]]] = {
    "musicbrainz": musicbrainz,
    "discogs": discogs,
    "ddex": ddex,
    "listenbrainz": listenbrainz,
    "chinook": chinook,
    "itunes-amazon": bought,
}


# --- pairs ------------------------------------------------------------------------------------------------------------


def _shared(told: Sequence[Told]) -> Iterator[Pair]:
    """Claims of one recording; and of two recordings of one title, as the same scheme tells them apart."""
    things: dict[tuple[str, str], list[int]] = defaultdict(list)
    titles: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, claim in enumerate(told):
        if claim.thing:
            things[claim.scheme, claim.thing].append(number)
            if claim.scheme != "Discogs master, place":
                titles[claim.scheme, base_of(claim.title), ""].append(number)
    for (scheme, _), numbers in things.items():
        yield from (Pair(a, b, True, scheme) for a, b in combinations(numbers, 2))
    for numbers in titles.values():
        for a, b in combinations(numbers, 2):
            if told[a].thing != told[b].thing:
                yield Pair(a, b, False, kind_of(told[a], told[b]) or "another by the same title")


def _alike(told: Sequence[Told]) -> Iterator[Pair]:
    """What looks alike and is not one: two places of one release, a live album's song, a length, another artist."""
    placed: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    titled: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, claim in enumerate(told):
        if claim.source == "discogs":
            placed[claim.where, base_of(claim.title), ""].append(number)
        if claim.source in ("chinook", "discogs"):
            titled[claim.source, claim.title.casefold()].append(number)
    for numbers in placed.values():
        for a, b in combinations(numbers, 2):
            if told[a].title.casefold() != told[b].title.casefold() and (kind := kind_of(told[a], told[b])):
                yield Pair(a, b, False, kind)
    others = 0
    for numbers in titled.values():
        for a, b in combinations(numbers, 2):
            one, other = told[a], told[b]
            near = abs((one.duration_ms or 0) - (other.duration_ms or 0))
            if one.artist.casefold() != other.artist.casefold():
                is_other = not share_a_name(one.artist, other.artist) and near <= _NEAR_BY_OTHERS_MS
                if is_other and others < _MOST_BY_OTHERS:
                    others += 1
                    yield Pair(a, b, False, "same title by others")
            elif one.source == "chinook" and one.release != other.release:
                if kind := kind_of(one, other, albums=True):
                    yield Pair(a, b, False, kind)
                elif near > FAR_MS:
                    yield Pair(a, b, False, "same artist, other length")


def _judged(data: Path, told: Sequence[Told]) -> Iterator[Pair]:
    numbers = {claim: number for number, claim in enumerate(told)}
    for one, other, same in _judgements(data):
        a, b = sorted((numbers[one], numbers[other]))
        version = base_of(one.title) == base_of(other.title) and kind_of(one, other)
        yield Pair(a, b, same, "judged by persons" if same else version or "judged by persons to be two")


def _judgements(data: Path) -> Iterator[tuple[Told, Told, bool]]:
    for path in sorted((data / "itunes-amazon").glob("*.txt")):
        with path.open(encoding="utf-8", newline="") as file:
            for one, other, same in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield _sold("itunes", one), _sold("amazon", other), same == "1"


def _sold(shop: str, text: str) -> Told:
    said = {key: value.strip() for key, value in re.findall(r"COL (\w+) VAL (.*?)(?= COL |$)", text)}
    minutes, _, seconds = said.get("Time", "").partition(":")
    ms = (int(minutes) * 60 + int(seconds)) * 1000 if minutes.isdigit() and seconds.isdigit() else None
    title, artist, album = (
        re.sub(r"\s+([.,')\]])|([(\['])\s+", r"\1\2", said.get(key, ""))
        for key in ("Song_Name", "Artist_Name", "Album_Name")
    )
    return Told(shop, "", title, artist, album, None, ms)


def said_of(claim: Told) -> str:
    return "\n".join((claim.title, claim.artist, claim.release, str(claim.duration_ms or "")))


def heard(claim: Told) -> tuple[str, str]:
    return claim.title.casefold(), claim.artist.casefold()


def kind_of(one: Told, other: Told, albums: bool = False) -> str:
    """The first kind of version that one of two is and the other is not, or is otherwise; "" for none."""
    a, b = ((f"{it.title} / {it.release}" if albums else it.title).casefold() for it in (one, other))
    for kind, words in VERSIONS.items():
        if bool(re.search(words, a)) != bool(re.search(words, b)):
            return kind
    in_both = (kind for kind, words in VERSIONS.items() if re.search(words, a) and re.search(words, b))
    return "" if albums or a == b else next(in_both, "")


def base_of(title: str) -> str:
    return _BASE.sub("", title).casefold().strip() or title.casefold()


def share_a_name(one: str, other: str) -> bool:
    a, b = (set(re.findall(r"\w{3,}", it.casefold())) - {"the", "and"} for it in (one, other))
    return bool(a & b) or "various" in a | b


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
