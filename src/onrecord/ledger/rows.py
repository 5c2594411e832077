# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger holds, row by row, as it is given in and as it is asked for."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from onrecord.model.rights import Target


class Segment(Struct, frozen=True, forbid_unknown_fields=True):
    """A committed Parquet file: its table, its place under `catalog/`, its digest, its rows."""

    name: str
    path: str
    sha256: str
    rows: int


class BlobRow(Struct, frozen=True, forbid_unknown_fields=True):
    """`root` is the id of the root that holds the blob, `kind` is `sound`, `picture` or `copy`.

    `state` is `ok`; `vouched` where the bytes are right and nobody here has looked into them yet; `unlike` or `refused`
    where that was done, and they may not be kept; else what the last check found.
    """

    sha256: str
    size: int
    root: str
    kind: str
    state: str = "ok"

    @property
    def is_held(self) -> bool:
        """Its bytes are here and right: a holder may give them on. What is shown or published has to be `ok`."""
        return self.state in ("ok", "vouched")

    @property
    def is_turned_away(self) -> bool:
        """It was looked into, and may not be kept: it is not wanted from others, and there is nothing to repair."""
        return self.state in ("unlike", "refused")


class Vouched(Struct, frozen=True, forbid_unknown_fields=True):
    """A blob that nobody here has looked into yet: `archive` vouches for it, log entry `seq` says with what facts."""

    blob: BlobRow
    archive: str
    seq: int


class DepositRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was added from `path`, by the stat that it had: the same stat means that nothing is read again."""

    path: bytes
    size: int
    mtime_ns: int
    inode: int
    sha256: str


class LinkedEvidence(Struct, frozen=True, forbid_unknown_fields=True):
    """A blob, and evidence about it. `source` and `record` name the record that says so, "" for a deposit."""

    blob: str
    evidence: str
    source: str = ""
    record: str = ""


class Withdrawn(Struct, frozen=True, forbid_unknown_fields=True):
    """A blob that a withdrawal reaches, and the digest of its decoded audio ("" where it was not known)."""

    blob: str
    audio: str
    evidence: str


class PictureMark(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture that lies in a file's tags, as the newest reading of the file found it. `kind` is ID3's: 3 is the
    front."""

    blob: str
    picture: str
    place: int
    kind: int


class RulingMark(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's ruling: its evidence, what it is about, the entry that logged it, and when it was undone ("" where it
    holds)."""

    evidence: str
    target: Target
    seq: int
    logged: str
    undone: str


class RecordMark(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest answer of a source on one of its records, by digest; "" for a tombstone. `version` as in `Record`."""

    source: str
    record: str
    sha256: str
    version: str


class Validators(Struct, frozen=True, forbid_unknown_fields=True):
    """What a service said about its answer from `address`, whose bytes are `record`, by digest."""

    source: str
    address: str
    record: str
    sha256: str
    etag: str
    last_modified: str


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """The record that a piece of evidence rests on, and the last time its source was asked for it again ("" where that
    was never done). `newest`: it stands in the newest answer on that record."""

    source: str
    record: str
    time: str
    outcome: str
    newest: bool


class Rows(Struct, frozen=True, forbid_unknown_fields=True):
    """What the segments of one log entry hold, as far as the ledger indexes it."""

    blobs: Sequence[BlobRow] = ()
    deposits: Sequence[DepositRow] = ()
    records: Sequence[RecordMark] = ()
    links: Sequence[LinkedEvidence] = ()
    accepted: Sequence[str] = ()  # names under which files were deposited
    refusals: Sequence[tuple[str, str, str]] = ()  # (name, code, detail)
    volumes: Iterable[tuple[str, str]] = ()  # (blob, name of the volume), taken as they come
    fetched: Sequence[tuple[str, str, str]] = ()  # (source, track, blob)
    validators: Sequence[Validators] = ()
    rechecks: Sequence[tuple[str, str, str]] = ()  # (source, record, outcome)
    withdrawn: Sequence[Withdrawn] = ()
    pictures: Sequence[PictureMark] = ()
    lyrics: Sequence[str] = ()  # blobs whose tags hold lyrics


class Followed(Struct, frozen=True, forbid_unknown_fields=True):
    """Another archive whose editions are mirrored here: where its feed is, and the key that it must be signed with."""

    archive: str
    feed: str
    public_key: str
    name: str


class Possession(Struct, frozen=True, forbid_unknown_fields=True):
    """What a holder showed of a volume: blocks asked for and proved on a day. `country` only where they said so."""

    holder: str
    volume: str
    day: str
    asked: int
    proved: int
    country: str = ""


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What a mirror has room for: `space` bytes for volumes under `licenses`, on `shelves`, of `archives` (all of them
    where none is named). `volumes` are those that were chosen, by what `basis` is a digest of."""

    space: int
    licenses: tuple[str, ...] = ()
    shelves: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    basis: str = ""
