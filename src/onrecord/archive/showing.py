# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""May a picture or a song's words be shown? Asked of the gate each time, by evidence of their own: a license of the
sound says nothing of its cover, nor of its words.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from onrecord.archive.core import Archive
from onrecord.engine.parquet import read_rows
from onrecord.errors import IntegrityError, NotFound
from onrecord.model.lyrics import Lyrics, lyrics_in
from onrecord.model.rights import Decision, Evidence, Part, Use
from onrecord.model.views import CoverView, HeldBeside, PictureView
from onrecord.rights import decide

#: ID3's kinds of pictures that stand for a release, the best first: the front cover, and what says nothing of itself.
_FRONTS: Final = (3, 0)


def judge_picture(archive: Archive, picture: str, territory: str, use: Use = Use.STREAM) -> Decision:
    """Today's decision on a picture.

    What is said of the picture itself counts, and what is said of the artwork of any file that it lies in. A no to all
    of a file (a withdrawal, a ruling) hides the picture, unless it lies in another file as well.
    """
    own = _about(archive, picture)
    files = [archive.ledger.evidence_numbered(numbers) for numbers in archive.ledger.bearing(picture)]
    own += [fact for facts in files for fact in facts if fact.part == Part.ARTWORK]
    answers = (
        decide([*own, *facts], use, territory, archive.today, part=Part.ARTWORK) for facts in files or [[]]
    )
    return min(answers, key=lambda decision: not decision.allow)


def judge_lyrics(archive: Archive, sha256: str, territory: str, use: Use = Use.STREAM) -> Decision:
    """Today's decision on the words in a file's tags."""
    return decide(_about(archive, sha256), use, territory, archive.today, part=Part.LYRICS)


def cover_of(archive: Archive, files: Iterable[str], territory: str) -> CoverView | None:
    """The front that these files bear and that may be shown; None where there is none."""
    ledger = archive.ledger
    marks = [mark for sha256 in files for mark in ledger.pictures(sha256) if mark.kind in _FRONTS]
    fronts = {mark.picture: None for mark in sorted(marks, key=lambda mark: _FRONTS.index(mark.kind))}
    for picture in fronts:
        blob = ledger.blob(picture)
        if blob is not None and blob.state == "ok":
            decision = judge_picture(archive, picture, territory)
            if decision.allow:
                return CoverView(picture=picture, license=decision.license)
    return None


def picture_file(archive: Archive, picture: str) -> Path:
    """The path of a picture's bytes, as they came. NotFound where none is held, IntegrityError where it is damaged."""
    blob = archive.ledger.blob(picture)
    if blob is None or blob.kind != "picture":
        raise NotFound(f"no picture has the digest {picture}")
    if blob.state != "ok":
        raise IntegrityError(f"picture {picture} is {blob.state}", "it is not shown until it was added again")
    return archive.store.path(picture, blob.root)


def lyrics_of(archive: Archive, files: Iterable[str], territory: str) -> tuple[Lyrics, ...]:
    """The words in the tags of these files that may be shown, each once."""
    found: dict[tuple[object, ...], Lyrics] = {}
    for sha256 in files:
        at = archive.ledger.lyrics_at(sha256)
        if at is not None and judge_lyrics(archive, sha256, territory).allow:
            for lyrics in _read(archive, sha256, at):
                found.setdefault(lyrics.lines, lyrics)
    return tuple(found.values())


def held_beside(archive: Archive, files: Sequence[str]) -> HeldBeside:
    """What lies in the tags of these files beside the sound, shown or not, for whoever rules on it."""
    ledger = archive.ledger
    pictures = {mark.picture: mark for sha256 in files for mark in ledger.pictures(sha256)}
    return HeldBeside(
        pictures=tuple(
            PictureView(picture=digest, kind=mark.kind, decision=judge_picture(archive, digest, "unknown"))
            for digest, mark in pictures.items()
        ),
        lyrics=tuple(
            (sha256, judge_lyrics(archive, sha256, "unknown"))
            for sha256 in files
            if ledger.lyrics_at(sha256) is not None
        ),
    )


def _about(archive: Archive, sha256: str) -> list[Evidence]:
    return [fact for fact, _ in archive.ledger.evidence(sha256).values()]


def _read(archive: Archive, sha256: str, seq: int) -> list[Lyrics]:
    paths = [segment.path for segment, at in archive.ledger.segments("tags") if at == seq]
    rows = [
        row
        for path in paths
        for row in read_rows(
            archive.folder / "catalog" / path,
            ("sha256", "place", "key", "value"),
            within=("sha256", (sha256,)),
        )
    ]
    return lyrics_in((row["key"], row["value"]) for row in sorted(rows, key=lambda row: int(row["place"])))
