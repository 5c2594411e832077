# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source says: records kept verbatim, and the claims that they are mapped to."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from onrecord.model.rights import Evidence


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Claims of a source that stand under a license of their own, beside that of its records.

    fields        `<table>.<column>` of the claims (`tracks.genre`)
    license       SPDX expression
    redistribute  do the terms let third parties pass them on, as the license says?
    """

    fields: tuple[str, ...]
    license: str
    redistribute: bool = False


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a source, as data that the code obeys. A plug-in without terms does not load.

    state      `read`: written from a text that was read (`address`, `day`, `digest` say which);
               `unread`: local dumps may be read, live harvest waits for the operator
    license    SPDX expression of the records as a whole; "" where it differs by record
    parts      claims that have another license; they leave in an edition only as that one allows
    robots     `obey`, or `api`: its documented API is asked without robots.txt, which speaks to crawlers (RFC 9309),
               since terms that were read let programs use it. Nobody but the source's terms can say so
    """

    state: str
    license: str
    summary: str
    harvest_live: bool = False
    redistribute: bool = False
    address: str = ""
    day: dt.date | None = None
    digest: str = ""
    parts: tuple[Part, ...] = ()
    robots: str = "obey"


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """A source's answer, kept verbatim. `kind` is `release`, `recording`, `message`, …; `id` is the source's own.

    `deleted` is a tombstone: the source says that the record is gone; `payload` is then empty. `version` says when the
    source said so, in a form that sorts (`2026-11-25T10:00:00`), where its protocol dates its answers: an older word
    that comes later does not replace a newer one.
    """

    source: str
    kind: str
    id: str
    media_type: str
    payload: bytes
    deleted: bool = False
    version: str = ""


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """Records in the source's order, what could not be read, and the cursor to go on from after a stop.

    `unchanged` names records (`<kind>:<id>`) that the service says are as they were when they were kept. `passed_over`
    counts what was read, is no fault, and makes no record, in words that go on from the number.
    """

    records: tuple[Record, ...]
    cursor: str
    rejected: tuple[tuple[str, str], ...] = ()  # (where, why)
    unchanged: tuple[str, ...] = ()
    passed_over: tuple[tuple[str, int], ...] = ()  # (what, how many): ("listens name no recording", 12)


class Whole(Struct, frozen=True, forbid_unknown_fields=True):
    """What a dump says of itself: it holds every record of these kinds that its source had on that day.

    `day` is written in a form that sorts; "" where the dump does not say it.
    """

    kinds: tuple[str, ...]
    day: str = ""


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """What a service sent: where it came from after redirects, its media type without parameters, its bytes.

    `unchanged`: it is what it was when the record that was named was kept; then nothing else is in here.
    """

    address: str
    media_type: str
    content: bytes
    unchanged: bool = False


class Offer(Struct, frozen=True, forbid_unknown_fields=True):
    """A sound file that a source offers, as one of its records says.

    track     id of the track claim that it is
    address   where it can be fetched
    name      what the source calls the file
    size      bytes, where the source says so
    digest    the source's own digest as (`sha256`, `sha1`, `md5`; hexadecimal), where it gives one
    wanted    what is wanted most comes first: listens, downloads, whatever the source counts; 0 where it counts nothing
    refused   why the provider does not let it be fetched; "" where it does
    preview   True for an excerpt or a preview, whose license may not be that of the whole piece
    """

    track: str
    address: str
    name: str
    size: int | None = None
    digest: tuple[str, str] | None = None
    wanted: int = 0
    refused: str = ""
    preview: bool = False
    evidence: Sequence[Evidence] = ()


class Delivered(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that came with a record, as the record names it.

    track   id of the track claim whose whole sound it is, or of the picture
    name    the file's name without folders; it is compared, and never becomes a path
    digest  what the record says of its bytes: (algorithm as hashlib calls it, hexadecimal digits)
    """

    track: str
    name: str
    digest: tuple[str, str]


class ArtistClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """One row a source's artist. Empty text means: the source does not say."""

    source: str
    id: str
    name: str
    sort_name: str = ""
    mbid: str = ""
    isni: str = ""
    country: str = ""


class ReleaseClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """One row a source's release (the album)."""

    source: str
    id: str
    title: str
    artist: str = ""
    mbid: str = ""
    barcode: str = ""
    label: str = ""
    date: str = ""
    country: str = ""
    kind: str = ""
    tracks: int | None = None


class TrackClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """One row a source's track: a recording's place on a release.

    `blob` is the SHA-256 of the sound, where the source names the bytes (a deposit, a delivery with checksums).
    `isrc` is evidence of identity, never proof.
    """

    source: str
    id: str
    title: str
    artist: str = ""
    artist_id: str = ""
    release: str = ""
    release_id: str = ""
    disc: int | None = None
    position: int | None = None
    duration_ms: int | None = None
    isrc: str = ""
    mbid: str = ""
    date: str = ""
    genre: str = ""
    composer: str = ""
    blob: str = ""


class WorkClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """One row a source's work (the composition). `composer` and `lyricist` are names, joined with ", "."""

    source: str
    id: str
    title: str
    mbid: str = ""
    iswc: str = ""
    composer: str = ""
    lyricist: str = ""
    language: str = ""
    kind: str = ""


class LabelClaim(Struct, frozen=True, forbid_unknown_fields=True):
    """One row a source's label. `code` is `LC` and five digits, `parent` the source's id of the label above."""

    source: str
    id: str
    name: str
    sort_name: str = ""
    mbid: str = ""
    isni: str = ""
    code: str = ""
    country: str = ""
    kind: str = ""
    parent: str = ""


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """What one record claims. `evidence` pairs a fact about rights with the id of the track claim it is about.

    `odd` has what stood there and could not be claimed, such as an ISRC that is none: (id of the claim, its field, the
    value as it stood). It is for the report on the source, and nothing is decided by it.

    `pictures` are those that the record names: (id, as evidence about one names it, SHA-256 of its bytes, "" where the
    record does not say that).
    """

    artists: Sequence[ArtistClaim] = ()
    releases: Sequence[ReleaseClaim] = ()
    tracks: Sequence[TrackClaim] = ()
    evidence: Sequence[tuple[str, Evidence]] = ()
    odd: Sequence[tuple[str, str, str]] = ()
    works: Sequence[WorkClaim] = ()
    labels: Sequence[LabelClaim] = ()
    pictures: Sequence[tuple[str, str]] = ()


#: Every field that a claim has of its own, as `<table>.<column>`.
FIELDS: Final = frozenset(
    f"{table}.{field}"
    for table, claim in (
        ("artists", ArtistClaim),
        ("releases", ReleaseClaim),
        ("tracks", TrackClaim),
        ("works", WorkClaim),
        ("labels", LabelClaim),
    )
    for field in claim.__struct_fields__
    if field not in ("source", "id")
)
