# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the web page needs from an archive. `archive.Archive` keeps this promise; tests bring their own.

Every method is synchronous, quick, and may be called from several threads at once. Arguments go by position.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from onrecord.model.filters import EVERYTHING, Filters
from onrecord.model.lyrics import Lyrics
from onrecord.model.rights import Decision, Use
from onrecord.model.views import (
    ArtistView,
    CoverView,
    EditionView,
    Glance,
    HeldBeside,
    Hit,
    Listing,
    NamedView,
    RecordingView,
    Refusal,
    ReleaseView,
    TrackRow,
)
from onrecord.rights.signals import Signals
from onrecord.store import Kept


class Reader(Protocol):
    """Reading an archive. Text in the answers may be hostile; whoever shows it makes it inert."""

    def glance(self) -> Glance:
        """The archive in numbers."""

    def search(
        self, query: str, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING, /
    ) -> list[Hit]:
        """Best first. No kinds means all; operators in `query` are words like any other."""

    def search_kinds(
        self, query: str, limits: Mapping[str, int], filters: Filters = EVERYTHING, /
    ) -> list[tuple[str, list[Hit]]]:
        """As `search`, at most so many of each kind: the kind of the best of all first, then as `limits` names them.
        A kind of which nothing is found is left out."""

    def browse(
        self, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING, after: str = "", /
    ) -> Listing:
        """The best known first, from behind the place `after` on. Raises `UsageError` for a place that is none."""

    def unknown(self, filters: Filters, /) -> list[str]:
        """A sentence on each name of a license, a source, a language or a shelf that is known nowhere here."""

    def counts(self, query: str, of: Sequence[Filters], /) -> list[int | None]:
        """How many fit each of these filters, of what the query finds without any. None where that is not known."""

    def languages(self) -> dict[str, int]:
        """How many things are in which language, those of most first."""

    def shelves(self) -> list[str]:
        """Of the newest edition's volumes."""

    def recording(self, id: str, /) -> RecordingView:
        """Raises `NotFound` or `IsWithdrawn`. After a merge the view's id is the canonical one, not that asked for."""

    def release(self, id: str, /) -> ReleaseView:
        """Raises `NotFound`; ids as in `recording`."""

    def artist(self, id: str, start: int = 0, /) -> ArtistView:
        """What is listed is listed from `start` on. Raises `NotFound`; ids as in `recording`."""

    def named(self, kind: str, id: str, start: int = 0, /) -> NamedView:
        """A `work`, `label` or `release-group`, with what belongs to it from `start` on. Raises `NotFound` or
        `IsWithdrawn`; ids as in `recording`."""

    def recent(self, limit: int, /) -> list[TrackRow]:
        """What came last, newest first."""

    def editions(self) -> list[EditionView]:
        """Newest first."""

    def refusals(self, limit: int, /) -> list[Refusal]:
        """Deposits that the latest edition does not hold, with the reason."""

    def may(self, sha256: str, use: Use, territory: str, /) -> Decision:
        """The decision of today. Asked before each stream, never remembered."""

    def signals(self, *blobs: str) -> Signals:
        """What is wished of machines about these files together, or by default about all that is here."""

    def sound(self, sha256: str, /) -> tuple[Path, str]:
        """Path of the verified blob and its media type. Raises `NotFound`, or `IntegrityError` where it is damaged."""

    def copy(self, sha256: str, /) -> tuple[Path, str]:
        """Path of a sound's access copy, which is named by its own digest, and its media type. Raises `NotFound`."""

    def sent(self, sha256: str, /, copy: bool = False) -> tuple[Path | Kept, str]:
        """As `sound`, or as `copy`, for whoever sends parts of it: what lies in a bucket is not brought here first."""

    def cover(self, recordings: Sequence[str], territory: str, /) -> CoverView | None:
        """The front cover of the first of these recordings that has one which may be shown there."""

    def picture(self, picture: str, territory: str, /) -> Decision:
        """The decision of today on showing a picture. Asked each time, never remembered."""

    def picture_file(self, picture: str, /) -> Path:
        """Path of a picture as it came, which never leaves as it is. Raises `NotFound`, or `IntegrityError`."""

    def lyrics(self, files: Sequence[str], territory: str, /) -> tuple[Lyrics, ...]:
        """The words in the tags of files, by their digests, that may be shown there."""

    def held_beside(self, recording: str, /) -> HeldBeside:
        """Pictures and words of a recording, shown or not, for whoever rules on them."""

    def edition_file(self, number: int, path: str, /) -> Path:
        """A file of an edition, never one outside its folder. Raises `NotFound`, or `IsWithdrawn`."""

    def volume_paper(self, name: str, path: str, /) -> Path:
        """A file of a volume that is not sound. Raises `NotFound`, or `IsWithdrawn`."""

    def volume_sound(self, name: str, path: str, /) -> str:
        """The digest of a volume's file of sound, whose rights are still to be asked. Raises `NotFound`."""

    def feed_file(self, name: str, /) -> Path:
        """A file of the feed: what vouches for it, the lists, an edition's own torrent. Raises `NotFound`."""
