# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Submissions: a person says which recording, or which name, a fingerprint belongs to.

What was said is in the log, with who said it and when, and that it was taken back where it was. It is a hint of low
confidence, and never evidence of rights: nothing that judges reads it.
"""

import hashlib
import uuid
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.audio.fingerprint import keys
from onrecord.audio.fingerprint_text import compress, expand, first_120_seconds
from onrecord.errors import NotFound, UsageError
from onrecord.model import identifiers
from onrecord.search.fingerprints import FingerprintIndex

#: The namespace of the ids (UUID version 5) of fingerprints that were submitted; the name within it is the SHA-256 of
#: the words of the first two minutes, in hexadecimal digits.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onrecord:acoustid")
#: Submissions of one commit.
MOST: Final = 1000
_LONGEST: Final = 500
_LONGEST_NAME: Final = 200
_PORTION: Final = 4096


class Name(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a recording is called by whoever submits it; "" and 0 where they did not say."""

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    track: int = 0
    disc: int = 0
    year: int = 0


class Submission(Struct, frozen=True, forbid_unknown_fields=True):
    """A fingerprint (words as they are stored), the length of the file, and its MBID or its name."""

    fingerprint: bytes
    seconds: int
    mbid: str = ""
    name: Name = Name()


class Submitted(Struct, frozen=True, forbid_unknown_fields=True):
    """A submission as it stands in the log. `digest` names the fingerprint, `track` is the id made of it."""

    id: int
    track: str
    digest: str
    seconds: int
    mbid: str
    name: Name
    by: str
    logged: str

    @property
    def reason(self) -> str:
        return f"{self.by} said so on {self.logged[:10]}; nobody checked it"


def submit(archive: Archive, submissions: Sequence[Submission], *, by: str) -> list[Submitted]:
    """Log what somebody says, in one commit, and make it findable. What names neither an MBID nor a name is refused."""
    _check(submissions, by)
    with archive.writing():
        seq = archive.log.next_seq
        items = [_item(seq * MOST + place, submission) for place, submission in enumerate(submissions)]
        entry = archive.commit("submitted", {"by": by.strip(), "submissions": items})
        bring_up(archive)
        return [_submitted(entry.time, item | {"by": by.strip()}) for item in items]


def take_back(archive: Archive, ids: Sequence[int], *, by: str, why: str) -> list[Submitted]:
    """Log that these submissions count no more, in one commit; whose they were does not matter. NotFound, and nothing
    is taken back, where there is none with one of the ids."""
    if not by.strip() or not why.strip() or len(by) > _LONGEST_NAME or len(why) > _LONGEST:
        raise UsageError(
            f"taking back says who does it, in at most {_LONGEST_NAME} characters, and why, in at most {_LONGEST}"
        )
    with archive.writing():
        taken = [item for id in dict.fromkeys(ids) for item in said(archive, "id", id)]
        if missing := sorted(set(ids) - {item.id for item in taken}):
            raise NotFound(
                f"there is no submission {missing[0]}: expected the id of one that counts",
                "`onrecord submissions list` lists them",
            )
        gone = {item.id for item in taken}
        digests = {
            item.digest
            for item in taken
            if all(other.id in gone for other in said(archive, "digest", item.digest))
        }
        # First out of the index: what a kill leaves there without a commit is lacking, which `bring_up` sees.
        if digests:
            open_submitted(archive).remove(digests)
        archive.commit(
            "submission-undone", {"by": by.strip(), "why": why.strip(), "submissions": sorted(gone)}
        )
        return taken


def said(archive: Archive, column: str = "", value: str | int = "") -> list[Submitted]:
    """Submissions in the order they were logged: all, or those of an `id`, `track` or `digest`."""
    return [_submitted(time, item) for time, item in archive.ledger.submissions(column, value)]


def open_submitted(archive: Archive) -> FingerprintIndex:
    """The index of submitted fingerprints, each under its digest. It is behind where `is_behind` says so."""
    return FingerprintIndex(archive.folder / "search" / "submitted")


def is_behind(archive: Archive, index: FingerprintIndex) -> bool:
    return len(index) < archive.ledger.submitted()


def bring_up(archive: Archive) -> None:
    """Take into the index what the log has and it lacks, all of it where it was deleted. Only the holder of the write
    lock may call."""
    index = open_submitted(archive)
    if is_behind(archive, index):
        lacking = [item for _, item in archive.ledger.submissions() if not index.holds(item["digest"])]
        every = ((item["digest"], *_words(item["fingerprint"])) for item in lacking)
        while portion := list(islice(every, _PORTION)):
            index.add(portion)


def digest_of(fingerprint: bytes) -> str:
    return hashlib.sha256(first_120_seconds(fingerprint)).hexdigest()


def _words(text: str) -> tuple[Sequence[int], bytes]:
    words = expand(text)
    return keys(words), words


def _check(submissions: Sequence[Submission], by: str) -> None:
    if not by.strip() or len(by) > _LONGEST_NAME:
        raise UsageError(
            f"a submission says who submits, in at most {_LONGEST_NAME} characters", "name yourself"
        )
    if not 0 < len(submissions) <= MOST:
        raise UsageError(f"{len(submissions):,} submissions: expected 1 to {MOST:,}", "send them in parts")
    for submission in submissions:
        if not first_120_seconds(submission.fingerprint):
            raise UsageError("a submission without a fingerprint", "music of 3 seconds or more has one")
        if not submission.mbid and not submission.name.title and not submission.name.artist:
            raise UsageError("a submission names nothing: expected an MBID, a title or an artist")
        if submission.mbid and not identifiers.mbid(submission.mbid):
            raise UsageError(f"{submission.mbid[:80]!r}: expected an MBID")
        if any(len(text) > _LONGEST for text in _texts(submission.name)):
            raise UsageError(f"a name in a submission is longer than {_LONGEST} characters", "shorten it")


def _texts(name: Name) -> tuple[str, ...]:
    return name.title, name.artist, name.album, name.album_artist


def _item(id: int, submission: Submission) -> dict[str, Any]:
    words = first_120_seconds(submission.fingerprint)
    digest = digest_of(words)
    return {
        "id": id,
        "track": str(uuid.uuid5(NAMESPACE, digest)),
        "digest": digest,
        "fingerprint": compress(words),
        "seconds": submission.seconds,
        "mbid": submission.mbid and identifiers.mbid(submission.mbid),
        "name": msgspec.to_builtins(submission.name),
    }


def _submitted(time: str, item: dict[str, Any]) -> Submitted:
    known = {name: value for name, value in item.items() if name != "fingerprint"}
    return msgspec.convert(known | {"logged": time}, Submitted)
