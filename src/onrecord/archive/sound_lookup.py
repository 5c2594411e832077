# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sounds like a fingerprint, as AcoustID groups it: tracks, each with the recordings that it is linked to.

A track is a recording of which sound is held, or a fingerprint that somebody submitted and that sounds like nothing
held. Of what is withdrawn nothing is told, nor what was submitted about it.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.archive.naming import FILE
from onrecord.archive.reading import Reader
from onrecord.archive.same_sound import similar
from onrecord.archive.submitting import Submitted, bring_up, is_behind, said
from onrecord.catalog.pages import RecordingBody
from onrecord.errors import IntegrityError, OnrecordError
from onrecord.model.own_ids import own_id
from onrecord.search.entities import Entities
from onrecord.search.fingerprints import FingerprintIndex
from onrecord.search.rows import Row

#: Tracks of one answer, the likest first.
MOST: Final = 10
#: Recordings, and names, of one track.
MOST_LINKED: Final = 10

_log = logging.getLogger(__name__)


class Link(Struct, frozen=True):
    """A recording that a track is linked to: by `files` that are held, by what people `said`, or by both."""

    mbid: str
    files: int
    said: tuple[Submitted, ...]


class Track(Struct, frozen=True):
    """`score` is 1 for the very same fingerprint and falls to 0 where half of the bits differ, as they do by chance.
    `names` are submissions that gave no MBID."""

    id: str
    score: float
    links: tuple[Link, ...]
    names: tuple[Submitted, ...]


class SoundLookup(Reader):
    """Reads an archive from any number of threads, while another process may write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._entities = Entities(folder / "search" / FILE)
        self._sounds = _Index(folder / "search" / "fingerprints")
        self._others = _Index(folder / "search" / "submitted")

    def is_ready(self) -> bool:
        """Are there fingerprints?"""
        return len(self._sounds.now()) > 0 or self._archive.ledger.submitted() > 0

    def by_sound(self, fingerprint: bytes, seconds: int, within: int) -> list[Track]:
        """Tracks that sound like it and whose length differs by at most `within` seconds, the likest first."""
        found: dict[str, _Track] = {}
        for error, heard, files in self._alike(fingerprint):
            fitting = [sha256 for sha256, length in files if abs(length - seconds) <= within]
            if fitting:
                found.setdefault(heard.id, _Track(heard)).hear(error, fitting)
        for digest, error in _nearest(self._submitted(), fingerprint):
            fitting_ones = [
                item
                for item in said(self._archive, "digest", digest)
                if abs(item.seconds - seconds) <= within
            ]
            home = self._home(digest) if fitting_ones else None
            if home is None:
                continue
            row, track = home
            found.setdefault(row.id if row else track, _Track(row, track)).listen(error, fitting_ones)
        best = sorted(found.values(), key=lambda item: (item.error, item.id))[:MOST]
        return [self._track(item) for item in best]

    def by_id(self, id: str) -> Track | None:
        """The track of an id; None where there is none. The id that was asked for is the one in the answer."""
        items = said(self._archive, "track", id)
        if not items:
            row = self._row_of(id)
            return self._whole(row, id) if row else None
        home = self._home(items[0].digest)
        if home is None or home[0] is not None:
            return self._whole(home[0], id) if home and home[0] else None
        track = _Track(None, id)
        track.listen(0.0, items)
        return self._track(track)

    def submission(self, id: int) -> tuple[Submitted, str] | None:
        """A submission and the id of its track today; None where there is none, or it is about what is
        withdrawn."""
        for item in said(self._archive, "id", id):
            home = self._home(item.digest)
            if home is not None:
                return item, own_id("recording", home[0].id) if home[0] else home[1]
        return None

    def _row_of(self, id: str) -> Row | None:
        """The recording of a track's id, also where the id is that of one that was merged into it."""
        entity = self._entities.find("recording", id)
        row = self._rows.get(entity.thing) if entity else None
        if row is None or row.id in self._withheld.things:
            return None
        return None if id in self._body(row).mbids else row  # an MBID is no track

    def _whole(self, row: Row, id: str) -> Track | None:
        """A recording with all its sound, whatever its length, and all that was submitted about it."""
        track = _Track(row)
        index, others = self._sounds.now(), self._submitted()
        shown = [sound.sha256 for sound in self._body(row).sounds if sound.sha256 not in self._withheld.blobs]
        if not shown:
            return None
        track.hear(0.0, shown)
        for sha256 in shown[:MOST]:
            for digest, _ in _nearest(others, index.words(sha256) or b""):
                home = self._home(digest)
                if home is not None and home[0] is not None and home[0].id == row.id:
                    track.listen(0.0, said(self._archive, "digest", digest))
        return msgspec.structs.replace(self._track(track), id=id)

    def _alike(self, fingerprint: bytes) -> list[tuple[float, Row, list[tuple[str, int]]]]:
        """(bit error, recording, [(file, its whole seconds)]) of held sound that agrees, the nearest first."""
        found = []
        hidden = self._withheld
        for sha256, error in sorted(similar(self._sounds.now(), fingerprint), key=lambda item: item[::-1]):
            row = self._rows.holder(sha256)
            if row is None or sha256 in hidden.blobs or row.id in hidden.things:
                continue
            sounds = [sound for sound in self._body(row).sounds if sound.sha256 == sha256]
            files = [(sha256, int(sound.duration_samples / sound.sample_rate)) for sound in sounds]
            found.append((error, row, files))
        return found

    def _home(self, digest: str) -> tuple[Row | None, str] | None:
        """The recording that a submitted fingerprint sounds like, and the track id of its own; None where it sounds
        like something that is withdrawn and like nothing else."""
        items = said(self._archive, "digest", digest)
        words = self._submitted().words(digest)
        if not items or words is None:
            return None
        held = self._alike(words)
        if held:
            return held[0][1], items[0].track
        if next(similar(self._sounds.now(), words), None):
            return None  # of all that it sounds like nothing may be told
        return None, items[0].track

    def _track(self, item: "_Track") -> Track:
        mbids = {mbid: len(item.files) for mbid in self._ids(item.row)} if item.row else {}
        links = {mbid: Link(mbid, files, ()) for mbid, files in mbids.items()}
        names = []
        for submitted in item.said.values():
            if not submitted.mbid:
                names.append(submitted)
            elif not self._is_hidden(submitted.mbid):
                known = links.get(submitted.mbid, Link(submitted.mbid, 0, ()))
                links[submitted.mbid] = msgspec.structs.replace(known, said=(*known.said, submitted))
        return Track(
            item.id,
            round(max(0.0, 1 - 2 * item.error), 6),
            tuple(links.values())[:MOST_LINKED],
            tuple(names)[:MOST_LINKED],
        )

    def _ids(self, row: Row) -> list[str]:
        return self._body(row).mbids or [own_id("recording", row.id)]

    def _is_hidden(self, mbid: str) -> bool:
        entity = self._entities.find("recording", mbid)
        return entity is not None and entity.thing in self._withheld.things

    def _body(self, row: Row) -> RecordingBody:
        return msgspec.json.decode(row.body, type=RecordingBody)

    def _submitted(self) -> FingerprintIndex:
        """The index of what was submitted, brought up to date where nobody else writes just now."""
        archive = self._archive
        index = self._others.now()
        if is_behind(archive, index):
            try:
                with archive.writing():
                    bring_up(archive)
            except (OnrecordError, OSError) as error:
                _log.warning("submitted fingerprints: %s", error)
            index = self._others.now()
        return index


class _Track:
    """A track while an answer is made: what was heard, and what was said."""

    def __init__(self, row: Row | None, id: str = "") -> None:
        self.row = row
        self.id = own_id("recording", row.id) if row else id
        self.error = 1.0
        self.files: set[str] = set()
        self.said: dict[int, Submitted] = {}

    def hear(self, error: float, files: Sequence[str]) -> None:
        self.error = min(self.error, error)
        self.files.update(files)

    def listen(self, error: float, items: Sequence[Submitted]) -> None:
        self.error = min(self.error, error)
        self.said.update((item.id, item) for item in items)


class _Index:
    """A fingerprint index, opened anew when it was changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._at: object = None
        self._open: FingerprintIndex | None = None

    def now(self) -> FingerprintIndex:
        with self._lock:
            at = self._mark()
            if self._open is None or at != self._at:
                self._open, self._at = _twice(lambda: FingerprintIndex(self._folder)), at
            return self._open

    def _mark(self) -> object:
        try:
            found = (self._folder / "current.json").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _twice(open: Callable[[], FingerprintIndex]) -> FingerprintIndex:
    """A change may have taken a file away between the list and the file; then the list is another by now."""
    try:
        return open()
    except IntegrityError:
        return open()


def _nearest(index: FingerprintIndex, fingerprint: bytes) -> list[tuple[str, float]]:
    return sorted(similar(index, fingerprint), key=lambda item: item[::-1])[:MOST]
