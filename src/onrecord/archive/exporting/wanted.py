# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files an export is about: what the query finds, as far as the gate gives it out today."""

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.exporting.report import ExportReport, Form
from onrecord.archive.judging import judge
from onrecord.archive.reading import Reader, rule
from onrecord.errors import NotFound, UsageError
from onrecord.model import identifiers
from onrecord.model.views import Hit, RecordingView, ReleaseView, SoundView
from onrecord.search.rows import Rows

_MOST_HITS: Final = 100_000
_ENDINGS: Final = {"mp4": "m4a", "matroska": "mka", "asf": "wma"}


class Wanted(Struct, frozen=True):
    """A recording; as a part of one release, and of its files one alone, where these are named."""

    recording: str
    release: str = ""
    sha256: str = ""


class File(Struct, frozen=True):
    """A file that goes out, with the folder and the number that it goes under."""

    view: RecordingView
    sound: SoundView
    artist: str
    release: str
    number: str

    @property
    def title(self) -> str:
        name = self.sound.names[0].rpartition("/")[2] if self.sound.names else self.sound.sha256[:16]
        return self.view.title or name.rpartition(".")[0] or name

    @property
    def ending(self) -> str:
        """As players know it; of what the bytes are, not of what the file was called."""
        if (self.sound.container, self.sound.codec) == ("ogg", "opus"):
            return "opus"
        return _ENDINGS.get(self.sound.container, self.sound.container)


def find(archive: Archive, reader: Reader, query: str | None, report: ExportReport) -> Iterable[Wanted]:
    if query is None:
        return _everything(archive, report)
    hits, found = _named(reader, query)
    if not hits:
        listed = reader.search(query, ("artist", "release", "recording"), _MOST_HITS)
        if len(listed) == _MOST_HITS:
            raise UsageError(
                f"{query!r} finds more than {_MOST_HITS:,} things",
                "search for more words, or take everything",
            )
        hits, found = len(listed), [wanted for hit in listed for wanted in _meant(reader, hit)]
    if not found:
        raise NotFound(
            f"{query!r}: {f'{hits} found, and none has a file here' if hits else 'nothing found'}",
            "expected an id, a SHA-256, the name of an added file, or words; `onrecord search` shows what is found",
        )
    report.hits = hits
    best = {
        wanted.recording: wanted for wanted in reversed(found)
    }  # a recording that is found twice goes out once
    return [best[recording] for recording in sorted(best)]


def _everything(archive: Archive, report: ExportReport) -> list[Wanted]:
    """Every recording that has a file, from the blobs: a file that no recording holds yet is named."""
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    recordings = set()
    for blob in archive.ledger.blobs():
        if blob.kind == "sound":
            row = rows.holder(blob.sha256)
            if row:
                recordings.add(row.id)
            else:
                report.left_out.append(
                    Refused(blob.sha256, "not-matched", "no recording holds it yet: run `onrecord match`")
                )
    report.hits = len(recordings)
    return [Wanted(recording) for recording in sorted(recordings)]


def _named(reader: Reader, query: str) -> tuple[int, list[Wanted]]:
    """The one thing whose id, digest or deposited name this is, as (1, recordings); (0, []) where it is none."""
    thing = os.fsencode(query).decode(errors="replace")  # as names were filed
    try:
        view = reader.why(query)
    except NotFound:
        pass
    else:
        digest = identifiers.sha256(thing)
        one = next((it.sha256 for it in view.sounds if it.sha256 == digest or thing in it.names), "")
        return 1, [Wanted(view.id, sha256=one)] if view.sounds else []
    for kind in ("release", "artist"):
        try:
            return 1, _meant(reader, Hit(kind=kind, id=query, title=""))
        except NotFound:
            pass
    return 0, []


def _meant(reader: Reader, hit: Hit) -> list[Wanted]:
    """The recordings with sound that a hit stands for: its own, its tracks, all that the artist recorded."""
    if hit.kind == "recording":
        return [Wanted(hit.id)] if hit.has_sound else []
    if hit.kind == "release":
        release = reader.release(hit.id)
        return [Wanted(row.id, release.id) for row in release.tracks if row.has_sound]
    rows = reader.artist(hit.id, listed=_MOST_HITS).recordings
    return [Wanted(row.id) for row in rows if row.has_sound]


def groups(
    archive: Archive, reader: Reader, wanted: Iterable[Wanted], report: ExportReport
) -> Iterator[list[File]]:
    """The files of each recording that the gate gives out; the others go to the report."""
    release_of = functools.lru_cache(1024)(reader.release)
    for item in wanted:
        view = reader.recording(item.recording)
        artist, release, number = _placed(view, item.release, release_of)
        whole = report.form is Form.OCFL or not item.sha256
        files = []
        for sound in view.sounds:
            if whole or sound.sha256 == item.sha256:
                decision = judge(archive, sound.sha256, report.use)
                if decision.allow:
                    files.append(File(view, sound, artist, release, number))
                else:
                    name = sound.names[0] if sound.names else sound.sha256
                    report.left_out.append(Refused(name, decision.codes[0], rule(decision.codes[0]).sentence))
        if files:
            yield files


def _placed(
    view: RecordingView, wanted: str, release_of: Callable[[str], ReleaseView]
) -> tuple[str, str, str]:
    """(artist, release, number) that a recording is filed under: the wanted release, else one of its artist's."""
    ids = [wanted] if wanted else [identifier for identifier, _ in view.releases]
    releases = [release_of(identifier) for identifier in ids]
    if not releases:
        return view.artist, "", ""
    release = next((it for it in releases if it.artist_id == view.artist_id), releases[0])
    track = next((row for row in release.tracks if row.id == view.id), None)
    number = ""
    if track and track.position is not None:
        several = len({row.disc for row in release.tracks if row.disc}) > 1
        number = f"{track.disc}-{track.position:02}" if several and track.disc else f"{track.position:02}"
    return release.artist or view.artist, release.title, number
