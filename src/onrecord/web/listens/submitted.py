# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scrobbler hands in, held to ListenBrainz's rules; and what is here of it."""

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from onrecord.errors import IsWithdrawn, NotFound
from onrecord.model import identifiers
from onrecord.web import text
from onrecord.web.listens.keeping import Play
from onrecord.web.reader import Reader

#: Listens in one submission, and bytes of one of them.
MOST: Final = 1_000
_LONGEST: Final = 10_240
#: Before this nobody scrobbled (ListenBrainz takes nothing older either).
_FIRST: Final = 1_033_430_400
#: So far ahead a clock may be.
_AHEAD: Final = 86_400
_NAMESPACE: Final = uuid.UUID("9a4f0a5e-6f0e-5c0b-9f3e-6f2f2f0d7a11")
_OWN_PAGE: Final = re.compile(r"(?:https?://[^/\s]+)?/recording/([A-Za-z0-9]{1,80})")


class Metadata(Struct, frozen=True):
    artist_name: str
    track_name: str
    release_name: str | None = None
    additional_info: dict[str, Any] | None = None


class Listen(Struct, frozen=True):
    track_metadata: Metadata
    listened_at: int | None = None


class Submission(Struct, frozen=True):
    listen_type: Literal["single", "playing_now", "import"]
    payload: list[Listen]


class Mistaken(Exception):
    """What is wrong with a submission."""


def read(body: bytes, now: float) -> Submission:
    """Raises Mistaken."""
    try:
        given = msgspec.json.decode(body, type=Submission)
    except msgspec.MsgspecError as error:
        raise Mistaken(f"the submission cannot be read: {text.plain(str(error))}") from None
    if not given.payload or (given.listen_type != "import" and len(given.payload) != 1):
        raise Mistaken(f"a submission of type {given.listen_type} holds {len(given.payload)} listens")
    if len(given.payload) > MOST:
        raise Mistaken(f"{len(given.payload)} listens, expected at most {MOST}")
    for number, listen in enumerate(given.payload, 1):
        _check(listen, given.listen_type, f"listen {number}", now)
    return given


def _check(listen: Listen, kind: str, which: str, now: float) -> None:
    said = listen.track_metadata
    if not said.artist_name.strip() or not said.track_name.strip():
        raise Mistaken(f"{which}: artist_name and track_name are needed, and may not be empty")
    if len(msgspec.json.encode(said)) > _LONGEST:
        raise Mistaken(f"{which}: longer than {_LONGEST} bytes")
    if kind == "playing_now":
        if listen.listened_at is not None:
            raise Mistaken(f"{which}: what is heard now has no listened_at")
    elif listen.listened_at is None or not _FIRST <= listen.listened_at <= now + _AHEAD:
        raise Mistaken(
            f"{which}: listened_at: expected a second since {_FIRST}, not in the future; got {listen.listened_at}"
        )


def play(archive: Reader, listen: Listen) -> Play:
    """With what it is of here, where an identifier says so: names alone join nothing."""
    thing, release = _here(archive, listen.track_metadata)
    return Play(listen.listened_at or 0, msgspec.json.encode(kept(listen.track_metadata)), thing, release)


def shown(play: Play, user: str) -> dict[str, Any]:
    """As ListenBrainz tells a listen."""
    said: dict[str, Any] = msgspec.json.decode(play.said)
    return {
        "listened_at": play.at,
        "inserted_at": play.at,
        "recording_msid": msid(play.said),
        "user_name": user,
        "track_metadata": said,
    }


def kept(said: Metadata) -> dict[str, Any]:
    """What stays of it: all that was said, and no field that was not."""
    kept = {name: value for name, value in msgspec.structs.asdict(said).items() if value is not None}
    return {**kept, "additional_info": said.additional_info or {}}


def msid(said: bytes) -> str:
    """A name for what was heard, the same for the same words."""
    metadata: dict[str, Any] = msgspec.json.decode(said)
    words = (
        str(metadata.get(name) or "").casefold() for name in ("artist_name", "track_name", "release_name")
    )
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(words)))


def _here(archive: Reader, said: Metadata) -> tuple[str, str]:
    """(recording, release) that the identifiers of a listen name, "" where they name none."""
    info: Mapping[str, Any] = said.additional_info or {}
    page = _OWN_PAGE.fullmatch(str(info.get("origin_url") or ""))
    mbid = identifiers.mbid(str(info.get("recording_mbid") or ""))
    isrc = identifiers.isrc(str(info.get("isrc") or ""))
    named = [page[1]] if page else []
    for code in filter(None, (mbid, isrc)):
        named += [hit.id for hit in archive.search(code, ("recording",), 1)]
    for id in named:
        try:
            view = archive.recording(id)
        except (NotFound, IsWithdrawn):
            continue
        return view.id, view.releases[0][0] if view.releases else ""
    return "", ""
