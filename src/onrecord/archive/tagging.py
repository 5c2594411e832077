# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A held file for somebody's player: a copy with what the archive knows embedded, and the patch that undoes it."""

import os
import re
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.ingest import limits_of
from onrecord.archive.reading import Reader
from onrecord.engine.duck import sql_file
from onrecord.errors import NotFound, UsageError
from onrecord.model.views import RecordingView, SoundView
from onrecord.rights import attribution


class Tagged(Struct, frozen=True):
    """What was written: the copy, and the patch that gives `sha256` back with it."""

    sha256: str
    copy: Path
    copy_bytes: int
    patch: Path
    patch_bytes: int


def tag_copy(folder: Path, thing: str, into: Path) -> Tagged:
    """Write a tagged copy and its patch into a folder, under the name that the file came with.

    `thing` is an id, a digest or a deposited name. Raises NotFound; UsageError where a copy lies there already.
    """
    from onrecord.audio.tagged import tagged_copy

    reader = Reader(folder)
    view = reader.why(thing)
    if not view.sounds:
        raise NotFound(f"{thing!r}: recording {view.id} has no file here", "add its sound first")
    name = os.fsencode(thing).decode(errors="replace")  # as names that are no UTF-8 are filed
    asked = [it for it in view.sounds if name == it.sha256 or name in it.names]
    if not asked and name != view.id and len(view.sounds) > 1:
        raise UsageError(
            f"{name!r} leads to {len(view.sounds)} files of {view.id}", "name one by its SHA-256"
        )
    sound = (asked or view.sounds)[0]
    path, _ = reader.sound(sound.sha256)
    into.mkdir(parents=True, exist_ok=True)
    copy = into / _name(sound)
    patch = copy.with_name(f"{copy.name}.patch")
    if copy.exists() or patch.exists():
        raise UsageError(f"{copy}: is there already", "name another folder, or remove it")
    with Archive.open(folder) as archive:
        limits, cover = limits_of(archive), _cover(archive, sound.sha256)
        credit = _credit(archive, view, sound.sha256)
    tagged_copy(
        path,
        copy,
        patch,
        _tags(view, credit),
        cover,
        seconds=limits.seconds_for(sound.size),
        memory=limits.memory,
    )
    return Tagged(sound.sha256, copy, copy.stat().st_size, patch, patch.stat().st_size)


def _credit(archive: Archive, view: RecordingView, sha256: str) -> str:
    """The credit of the copy, which is not as it came; "" where nothing is known of the rights in it."""
    evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
    if not evidence:
        return ""
    return attribution(view.title, view.artist, evidence, changes="tags written anew, the sound unchanged")


def _tags(view: RecordingView, credit: str) -> dict[str, str]:
    """What the canonical view says, where it says something."""
    release = view.releases[0][1] if view.releases else ""
    said = {
        "title": view.title,
        "artist": view.artist,
        "album": release,
        "date": view.date,
        "genre": view.genre,
        "composer": view.composer,
        "isrc": view.isrcs[0] if view.isrcs else "",
        "copyright": credit,
    }
    return {name: text for name, text in said.items() if text}


def _cover(archive: Archive, sha256: str) -> bytes | None:
    """A front cover that lies in another file of its release; None where the file has a picture of its own."""
    with archive.duck() as duck:
        found = duck.run(sql_file("onrecord.catalog", "cover"), [sha256])
    for (picture,) in found:
        blob = archive.ledger.blob(picture)
        if blob is not None and blob.state == "ok":
            return archive.store.path(picture, blob.root).read_bytes()
    return None


def _name(sound: SoundView) -> str:
    """A plain file name out of the one that the file came with: names from outside never become paths."""
    given = sound.names[0].rpartition("/")[2] if sound.names else ""
    plain = re.sub(r"[^\w .()+-]", "_", given, flags=re.ASCII).strip(" .")[-120:]
    return plain or f"{sound.sha256[:16]}.{sound.container}"
