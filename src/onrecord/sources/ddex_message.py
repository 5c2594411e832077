# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of an ERN message, alike in 3.x and 4.x: who sent it, to whom, when, about which release, which files."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.errors import RecordRejected

_VERSION = re.compile(r"/ern(?:-main)?/([34])\d{1,3}$")
#: Most telling first; a record is named by the first that a release has.
_ID_SCHEMES: Final = ("GRid", "ICPN", "ISRC", "CatalogNumber", "ProprietaryId")
_ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}


class Message(NamedTuple):
    """`release_ids` are the main release's, most telling first; `recipients` are upper case."""

    root: etree._Element
    major: int
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    created: dt.datetime
    release: etree._Element
    release_ids: tuple[str, ...]
    purge: bool


class File(NamedTuple):
    """A file that a message names; `digest` in hexadecimal digits, `algorithm` as hashlib calls it."""

    name: str
    algorithm: str
    digest: str


def message(root: etree._Element) -> Message:
    """The message whose document's root this is; RecordRejected where it is none that can be acted on."""
    qualified = etree.QName(root)
    version = _VERSION.search(qualified.namespace or "")
    if qualified.localname not in ("NewReleaseMessage", "PurgeReleaseMessage") or not version:
        raise RecordRejected(
            "expected an ERN 3 or 4 NewReleaseMessage or PurgeReleaseMessage, "
            f"got {qualified.localname[:80]!r} of the namespace {(qualified.namespace or '')[:120]!r}"
        )
    header = root.find("MessageHeader")
    if header is None:
        raise RecordRejected("it has no MessageHeader")
    if text(header, "MessageControlType") == "TestMessage":
        raise RecordRejected("it says of itself that it is a test (MessageControlType TestMessage)")
    purge = qualified.localname == "PurgeReleaseMessage"
    release = root.find("PurgedRelease") if purge else _main_release(root)
    if release is None:
        raise RecordRejected("it names no release")
    sender, sender_name = _sender(header)
    return Message(
        root=root,
        major=int(version[1]),
        sender=sender,
        sender_name=sender_name,
        recipients=tuple(_party(party).upper() for party in header.findall("MessageRecipient")),
        created=_created(header),
        release=release,
        release_ids=_release_ids(release),
        purge=purge,
    )


def files(message: Message) -> Iterator[File]:
    """Every file that the message's resources name with a hash sum that can be computed."""
    for technical in message.root.iterfind("ResourceList//*"):
        if isinstance(technical.tag, str) and technical.tag.startswith("Technical"):
            yield from hashed(technical)


def hashed(technical: etree._Element) -> Iterator[File]:
    """The files of one block of technical details: 4.x `URI` and `HashSumValue`, 3.x `FileName` and `HashSum`."""
    for file in technical.findall("File"):
        sum = file.find("HashSum")
        name = text(file, "FileName") or text(file, "URI") or text(file, "URL")
        algorithm = text(sum, "Algorithm") or text(sum, "HashSumAlgorithmType")
        known = _ALGORITHMS.get(algorithm.upper().replace("-", ""), "")
        digest = _hexadecimal(text(sum, "HashSumValue") or text(sum, "HashSum"))
        if name and known and digest:
            yield File(name.replace("\\", "/").rsplit("/", 1)[-1], known, digest)


def text(element: etree._Element | None, path: str) -> str:
    """The text at a path, in one line, "" where there is none."""
    found = None if element is None else element.find(path)
    return " ".join((found.text or "").split()) if found is not None else ""


def _main_release(root: etree._Element) -> etree._Element | None:
    releases = root.findall("ReleaseList/Release")
    marked = [release for release in releases if release.get("IsMainRelease") == "true"]
    whole = [release for release in releases if text(release, "ReleaseType") != "TrackRelease"]
    return next(iter(marked or whole or releases), None)


def _sender(header: etree._Element) -> tuple[str, str]:
    sender = header.find("MessageSender")
    id = _party(sender)
    if not id:
        raise RecordRejected("it names no sender (MessageHeader/MessageSender/PartyId)")
    behalf = header.find("SentOnBehalfOf")
    name = text(behalf, "PartyName/FullName") or text(sender, "PartyName/FullName")
    return id, name


def _party(party: etree._Element | None) -> str:
    return text(party, "PartyId/DPID") or text(party, "PartyId")


def _created(header: etree._Element) -> dt.datetime:
    words = text(header, "MessageCreatedDateTime")
    try:
        moment = dt.datetime.fromisoformat(words)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise RecordRejected(
            f"MessageCreatedDateTime: expected a date and time, got {words[:60]!r}"
        ) from error


def _release_ids(release: etree._Element) -> tuple[str, ...]:
    ids = []
    for scheme in _ID_SCHEMES:
        for element in release.iterfind(f"ReleaseId/{scheme}"):
            words = " ".join((element.text or "").split())
            namespace = element.get("Namespace", "")
            if words:
                ids.append(":".join(filter(None, (scheme, namespace, words)))[:300])
    if not ids:
        raise RecordRejected("its release has no identifier (ReleaseId)")
    return tuple(ids)


def _hexadecimal(words: str) -> str:
    """A digest is written in hexadecimal digits or in base 64; the length tells which, whatever the message says."""
    if re.fullmatch(r"[0-9A-Fa-f]{32,128}", words):
        return words.lower()
    try:
        raw = base64.b64decode(words, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) in (16, 20, 32, 48, 64) else ""
