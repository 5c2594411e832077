# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages of canonical things are made of: the JSON that the `*_rows` SQL files build, and its types here."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from onrecord.catalog.match import PAGED, SAME
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.sound import Fault


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class VersionBody(Body, frozen=True):
    """Another file whose fingerprint agrees, and what the two are to each other."""

    sha256: str
    relation: str
    reason: str


class CopyBody(Body, frozen=True):
    """An access copy, the newest first."""

    sha256: str
    recipe: str
    kilobits: int


class SoundBody(Body, frozen=True):
    sha256: str
    blake3: str
    v2_root: str
    size: int
    container: str
    codec: str
    duration_samples: int
    sample_rate: int
    channels: int
    bit_depth: int | None
    bit_rate: int
    loudness: float | None
    loudness_range: float | None
    true_peak: float
    clipped_samples: int
    cutoff: int | None
    tempo: float | None
    tempo_confidence: float | None
    musical_key: str
    musical_key_confidence: float | None
    suspicions: list[Fault]
    faults: list[Fault]
    peaks: bytes
    names: list[str]
    versions: list[VersionBody]
    copies: list[CopyBody]

    @property
    def same_sound_as(self) -> str:
        """The first file that holds the same sound in other bytes, "" where there is none."""
        return next((item.sha256 for item in self.versions if item.relation in SAME), "")


class TrackBody(Body, frozen=True):
    id: str
    title: str
    artist: str
    artist_id: str
    duration_ms: int | None
    disc: int | None
    position: int | None
    has_sound: bool


class ReleaseRef(Body, frozen=True):
    id: str
    title: str
    date: str = ""


class RecordingBody(Body, frozen=True):
    title: str
    artist: str
    artist_id: str
    duration_ms: int | None
    date: str
    genre: str
    composer: str
    isrcs: list[str]
    mbids: list[str]
    releases: list[ReleaseRef]
    sounds: list[SoundBody]
    claims: list[dict[str, Any]]


class ReleaseBody(Body, frozen=True):
    title: str
    artist: str
    artist_id: str
    date: str
    barcode: str
    label: str
    tracks: list[TrackBody]
    claims: list[dict[str, Any]]


class ArtistBody(Body, frozen=True):
    name: str
    releases: list[ReleaseRef]
    recordings: list[TrackBody]
    claims: list[dict[str, Any]]


def rows(duck: Duck) -> Iterator[tuple[tuple[str, str, str, str, bool, int, float, str], dict[str, int]]]:
    """(kind, id, title, subtitle, has sound, newest, seconds, body) of every canonical thing, after `match`; and
    what is counted of how widely it is known."""
    duck.run(sql_file("onrecord.catalog", "known_by"))
    for kind in PAGED:
        made = sql_file("onrecord.catalog", f"{kind}_rows")
        query = (
            f"SELECT r.*, k.names, k.counts FROM ({made}) r LEFT JOIN known_by k ON k.id = r.id ORDER BY r.id"
        )
        for *row, names, counts in duck.stream(query):
            yield (kind, *row), dict(zip(names or (), counts or (), strict=True))
