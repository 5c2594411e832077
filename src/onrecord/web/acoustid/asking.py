# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked: parameters from address and body, read with bounds, and what they mean."""

import re
import zlib
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.requests import Request

from onrecord.archive.submitting import Name, Submission
from onrecord.audio.fingerprint_text import expand, first_120_seconds
from onrecord.errors import UsageError
from onrecord.web import text
from onrecord.web.acoustid import faults
from onrecord.web.acoustid.faults import Refused

#: Bytes of a body, as it is sent and as it is unpacked.
LONGEST: Final = 1024 * 1024
#: Fingerprints, and ids of tracks, of one look-up; as the service has it.
MOST_FINGERPRINTS: Final = 20
MOST_TRACKS: Final = 100
#: Fingerprints of one submission, and MBIDs of each.
MOST_SUBMITTED: Final = 128
MOST_MBIDS: Final = 5
#: Characters of one fingerprint: that of an hour of sound has about 100,000.
LONGEST_FINGERPRINT: Final = 128 * 1024
#: Seconds by which a length may differ, unless it is asked for otherwise; and at most.
DIFFERENCE: Final = 7
MOST_DIFFERENCE: Final = 30
_MOST_FIELDS: Final = 4000
_LONGEST_NAME: Final = 500
_MOST_NUMBER: Final = 10_000
_UUID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FOREIGN: Final = re.compile("[0-9a-z]+:.+")
_NUMBER: Final = re.compile("[+-]?[0-9]{1,9}", re.ASCII)
_INDEX: Final = re.compile("[0-9]{1,6}", re.ASCII)


_Read = TypeVar("_Read")


class Wanted(Struct, frozen=True):
    """One question of a look-up: a track by its id, or a fingerprint (its words) and a length in seconds."""

    index: int | None
    track: str = ""
    fingerprint: bytes = b""
    seconds: int = 0


class Parameters:
    """Parameters by name; the first of a name counts, and those of the address come first."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._all: dict[str, list[str]] = {}
        for name, value in pairs:
            self._all.setdefault(name, []).append(value)

    def get(self, name: str) -> str:
        return self._all.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        return self._all.get(name, [])

    def number(self, name: str) -> int | None:
        """None where it is absent or none."""
        said = self.get(name).strip()
        return int(said) if _NUMBER.fullmatch(said) else None

    def suffixes(self, *names: str) -> list[str]:
        """`""`, `.0`, `.1`, … behind any of these names, in this order."""
        found = {-1 for name in names if name in self._all}
        for key in self._all:
            name, dot, index = key.partition(".")
            if dot and name in names and _INDEX.fullmatch(index):
                found.add(int(index))
        return ["" if index < 0 else f".{index}" for index in sorted(found)]


async def parameters(request: Request) -> Parameters:
    """Those of the address and of a form; a body may be packed by gzip. Raises Refused."""
    said = [request.scope["query_string"].decode("ascii", "replace")]
    if request.method == "POST" and (body := await _body(request)):
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("", "application/x-www-form-urlencoded"):
            raise faults.unreadable("expected a body of application/x-www-form-urlencoded")
        said.append(body.decode("utf-8", "replace"))
    try:
        fields = [parse_qsl(each, keep_blank_values=True, max_num_fields=_MOST_FIELDS) for each in said]
    except ValueError:
        raise faults.too_large(f"expected at most {_MOST_FIELDS:,} fields") from None
    return Parameters([pair for each in fields for pair in each])


def format_of(asked: Parameters) -> str:
    """`json`, `xml`, or `jsonp:` with the name of a function. Raises Refused."""
    name = asked.get("format") or "json"
    if name == "jsonp":
        callback = asked.get("jsoncallback")
        known = len(callback) <= 100 and _CALLBACK.fullmatch(callback)
        return f"jsonp:{callback if known else 'jsonAcoustidApi'}"
    if name not in ("json", "xml"):
        raise faults.unknown_format(text.plain(name)[:40])
    return name


def wanted(asked: Parameters) -> tuple[list[Wanted], bool, int]:
    """The questions, are they a batch, and by how much lengths may differ. Raises Refused.

    Of several questions those that cannot be understood are left out, as the service does it.
    """
    difference = asked.number("maxdurationdiff")
    if difference is not None and not 1 <= difference <= MOST_DIFFERENCE:
        raise faults.invalid_difference(MOST_DIFFERENCE)
    batch = bool(asked.number("batch"))
    suffixes = asked.suffixes("fingerprint", "trackid")
    if not suffixes:
        raise faults.missing("fingerprint")
    if batch:
        _bound(asked, suffixes)
    found = _each(suffixes, lambda suffix: [_wanted(asked, suffix)], 0 if batch else 1)
    return found, batch, difference or DIFFERENCE


def submissions(asked: Parameters) -> list[tuple[str, Submission]]:
    """What is submitted, each with its index; what names neither an MBID nor a name is left out. Raises Refused."""
    suffixes = asked.suffixes("fingerprint")
    if not suffixes:
        raise faults.missing("fingerprint")
    if len(suffixes) > MOST_SUBMITTED:
        raise faults.too_large(f"expected at most {MOST_SUBMITTED} fingerprints")
    return _each(suffixes, lambda suffix: _submissions(asked, suffix))


def by(asked: Parameters) -> str:
    """Who submits, where they say it: `by`, or `by` of the first fingerprint; "" where they do not."""
    names = (asked.get(f"by{suffix}") for suffix in ("", *asked.suffixes("by")))
    return text.plain(next(filter(None, names), ""))[:200]


def meta(asked: Parameters) -> frozenset[str]:
    """What is to be told of each track."""
    said = asked.get("meta")
    if said in ("", "0"):
        return frozenset()
    return frozenset({"recordingids"} if said == "1" else {"m2"} if said == "2" else said[:500].split())


_CALLBACK: Final = re.compile(r"[$A-Za-z_][0-9A-Za-z_]*(\.[$A-Za-z_][0-9A-Za-z_]*)*")


def _bound(asked: Parameters, suffixes: Sequence[str]) -> None:
    tracks = sum(bool(asked.get(f"trackid{suffix}")) for suffix in suffixes)
    if tracks > MOST_TRACKS or len(suffixes) - tracks > MOST_FINGERPRINTS:
        raise faults.too_large(
            f"expected at most {MOST_FINGERPRINTS} fingerprints and {MOST_TRACKS} ids of tracks"
        )


def _wanted(asked: Parameters, suffix: str) -> Wanted:
    index = int(suffix[1:]) if suffix else None
    if track := asked.get(f"trackid{suffix}"):
        if not _UUID.fullmatch(track):
            raise faults.invalid_uuid(f"trackid{suffix}")
        return Wanted(index, track=track.lower())
    seconds = asked.number(f"duration{suffix}")
    if not seconds:
        raise faults.missing(f"duration{suffix}")
    return Wanted(index, fingerprint=_fingerprint(asked, suffix), seconds=seconds)


def _submissions(asked: Parameters, suffix: str) -> list[tuple[str, Submission]]:
    if (puid := asked.get(f"puid{suffix}")) and not _UUID.fullmatch(puid):
        raise faults.invalid_uuid(f"puid{suffix}")
    if (foreign := asked.get(f"foreignid{suffix}")) and not _FOREIGN.fullmatch(foreign):
        raise faults.invalid_foreign_id(f"foreignid{suffix}")
    mbids = [mbid.lower() for mbid in asked.all(f"mbid{suffix}") if mbid]
    if not all(map(_UUID.fullmatch, mbids)):
        raise faults.invalid_uuid(f"mbid{suffix}")
    if len(mbids) > MOST_MBIDS:
        raise faults.too_large(f"expected at most {MOST_MBIDS} MBIDs of a fingerprint")
    seconds = asked.number(f"duration{suffix}")
    if seconds is None:
        raise faults.missing(f"duration{suffix}")
    if not 0 < seconds <= 0x7FFF:
        raise faults.not_positive(f"duration{suffix}")
    fingerprint = _fingerprint(asked, suffix)
    if (asked.number(f"bitrate{suffix}") or 0) < 0:
        raise faults.not_positive(f"bitrate{suffix}")
    name = Name(
        title=_said(asked, f"track{suffix}"),
        artist=_said(asked, f"artist{suffix}"),
        album=_said(asked, f"album{suffix}"),
        album_artist=_said(asked, f"albumartist{suffix}"),
        track=_small(asked, f"trackno{suffix}"),
        disc=_small(asked, f"discno{suffix}"),
        year=_small(asked, f"year{suffix}"),
    )
    names = mbids or ([""] if name.title or name.artist else [])
    return [(suffix[1:], Submission(fingerprint, seconds, mbid, name)) for mbid in names]


def _fingerprint(asked: Parameters, suffix: str) -> bytes:
    """The words of the first two minutes."""
    said = asked.get(f"fingerprint{suffix}").strip().rstrip("=")
    if not said:
        raise faults.missing(f"fingerprint{suffix}")
    if len(said) > LONGEST_FINGERPRINT:
        raise faults.too_large(f"expected at most {LONGEST_FINGERPRINT:,} characters of a fingerprint")
    try:
        words = first_120_seconds(expand(said))
    except UsageError:
        raise faults.invalid_fingerprint() from None
    if not words:
        raise faults.invalid_fingerprint()
    return words


def _said(asked: Parameters, name: str) -> str:
    return " ".join(text.clean(asked.get(name)[: 2 * _LONGEST_NAME]).split())[:_LONGEST_NAME]


def _small(asked: Parameters, name: str) -> int:
    number = asked.number(name) or 0
    return number if 0 < number <= _MOST_NUMBER else 0


def _each(suffixes: Sequence[str], read: Callable[[str], list[_Read]], enough: int = 0) -> list[_Read]:
    """What can be understood, up to `enough` where that is not 0; the last fault where nothing can."""
    found: list[_Read] = []
    for suffix in suffixes:
        try:
            found += read(suffix)
        except Refused:
            if not found and suffix == suffixes[-1]:
                raise
        if enough and len(found) >= enough:
            break
    return found


async def _body(request: Request) -> bytes:
    packed = request.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip"):
        raise faults.unreadable("expected a body as it is, or packed by gzip")
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LONGEST:
            raise faults.too_large(f"expected at most {LONGEST:,} bytes")
    return _unpacked(bytes(read)) if packed == "gzip" and read else bytes(read)


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = unpacking.decompress(data, LONGEST + 1)
    except zlib.error:
        raise faults.unreadable("the body says that it is gzip, and is not") from None
    if len(body) > LONGEST:
        raise faults.too_large(f"expected at most {LONGEST:,} bytes when it is unpacked")
    if not unpacking.eof:
        raise faults.unreadable("the body ends before its gzip does")
    return body
