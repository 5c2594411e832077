# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signed list of withdrawals that travels between editions (format clause 10).

Its entries are hashes of digests: whoever holds a file can tell that it is listed; from the list alone nobody can read
what is.
"""

import datetime as dt
import hashlib
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.errors import NewerFormat, SourceRefused

FORMAT: Final = 1
#: What the list and its signature are called, beside the feed.
NAME: Final = "withdrawals.json"
#: What the hashed text begins with.
DOMAIN: Final = "onrecord-withdrawal-1"
BLOB: Final = "blob"
AUDIO: Final = "audio"


class WithdrawalList(Struct, frozen=True, forbid_unknown_fields=True):
    """What an archive has withdrawn: `entry` of the SHA-256 of each file, and of its decoded audio, both sorted.

    `sequence` rises with each change, so that an older list is told from a newer one.
    """

    format: int
    archive: str
    sequence: int
    day: dt.date
    blobs: tuple[str, ...]
    audio: tuple[str, ...]


def entry(archive: str, kind: str, digest: str) -> str:
    """SHA-256, in hexadecimal digits, of four lines of text: the domain, the archive's id, `blob` or `audio`, a digest.

    The archive's id makes the entries of each archive its own; who has no digest to try learns nothing from one.
    """
    return hashlib.sha256("\n".join((DOMAIN, archive, kind, digest)).encode()).hexdigest()


def read_list(where: str, content: bytes, archive: str) -> WithdrawalList:
    """A list whose signature was verified. Raises SourceRefused, NewerFormat."""
    try:
        listed = msgspec.json.decode(content, type=WithdrawalList)
    except msgspec.MsgspecError as error:
        raise SourceRefused(
            f"{where}: signed, but not a list of withdrawals that this onrecord reads ({error})"
        ) from None
    if listed.format != FORMAT:
        raise NewerFormat(
            f"{where}: format {listed.format}, this onrecord knows {FORMAT}", "use a newer onrecord"
        )
    if listed.archive != archive:
        raise SourceRefused(
            f"{where}: expected the withdrawals of archive {archive}, got those of {listed.archive[:80]!r}",
            "do not use this feed",
        )
    return listed
