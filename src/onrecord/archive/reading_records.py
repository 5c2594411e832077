# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kept record read back as it came: the source's own bytes, checked against their digest."""

import hashlib

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.errors import DigestMismatch, NotFound


class KeptRecord(Struct, frozen=True):
    """The newest word of a source on one of its records; a tombstone (`deleted`) has no bytes.

    kept     when the archive took it in
    version  when the source said it, where the source dates its answers
    license  of the source's records here; parts of them may have another (`onrecord sources`)
    """

    source: str
    record: str
    kept: str
    media_type: str
    sha256: str
    size: int
    deleted: bool
    version: str
    license: str
    payload: bytes


def read_record(archive: Archive, source: str, record: str) -> KeptRecord:
    """The newest word of `source` on `record` (`<kind>:<id>`), verbatim.

    NotFound where there is none, with records that there are; DigestMismatch where the bytes are not what was kept.
    """
    digest = archive.ledger.record(source, record)
    if digest is None:
        raise _not_found(archive, source, record)
    with archive.duck() as duck:
        [(seq, media_type, payload, sha256, deleted, version)] = duck.run(
            "SELECT seq, media_type, payload, sha256, deleted, version FROM records"
            " WHERE source = ? AND record = ? ORDER BY seq DESC LIMIT 1",
            [source, record],
        )
    payload = bytes(payload)
    if not payload and not deleted:
        raise NotFound(
            f"{source} {record}: it stands for an edition of another archive, whose bytes are not a record's",
            "`onrecord mirror` says where the edition is",
        )
    if not deleted and not hashlib.sha256(payload).hexdigest() == sha256 == digest:
        raise DigestMismatch(
            f"{source} {record}: its bytes do not have the digest {sha256}", "run `onrecord check`"
        )
    license, _ = archive.ledger.sources().get(source, ("", False))
    return KeptRecord(
        source=source,
        record=record,
        kept=next(archive.log.entries(after=int(seq) - 1)).time,
        media_type=str(media_type),
        sha256="" if deleted else str(sha256),
        size=len(payload),
        deleted=bool(deleted),
        version=str(version or ""),
        license=license,
        payload=payload,
    )


def _not_found(archive: Archive, source: str, record: str) -> NotFound:
    looks = archive.ledger.record_examples(source)
    if looks:
        return NotFound(
            f"{source}: no record is called {record[:200]!r}", f"its records look like {', '.join(looks)}"
        )
    known = [name for name, _ in archive.ledger.record_counts()]
    return NotFound(
        f"{source[:200]!r}: no records of such a source are here",
        f"there are records of: {', '.join(known) or 'no source yet; `onrecord harvest` brings them'}",
    )
