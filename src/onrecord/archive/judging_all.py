# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate's answer for every whole sound as a table, made on either engine: which profiles of evidence there are is
found there, each is decided here by the one function, and the decisions are joined back there.

The ledger gives (sound, profile) in one scan, which is most of the work: that is this machine's on both engines.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.engines import Engine, engine, place
from onrecord.archive.judging import WORLD, publishable
from onrecord.engine.checksum import checksum
from onrecord.engine.duck import sql_file
from onrecord.engine.parquet import read_rows, write_rows
from onrecord.engine.quoting import parquet
from onrecord.model.rights import Decision, Use
from onrecord.rights import decide

#: May it enter an edition? What `publish` asks, by the archive's own settings.
PUBLISH: Final = "publish"


class Question(Struct, frozen=True):
    """What is asked about each sound: a use, or `publish`, for which only the day counts."""

    day: dt.date
    use: str = PUBLISH
    territory: str = WORLD
    commercial: bool = False


class _Sound(Struct, frozen=True):
    sha256: str
    profile: str


class _Decided(Struct, frozen=True):
    """Columns as in `Decision`; the deciding rule's code comes first."""

    profile: str
    allow: bool
    review: bool
    codes: str
    license: str
    clause: str


class Counted(Struct, frozen=True):
    """Sounds by their answer and the rule that decided it, with the checksum of all rows."""

    rows: int
    checksum: str
    answers: tuple[tuple[bool, str, int], ...]


@contextmanager
def judged(archive: Archive, question: Question, kind: str) -> Iterator[list[Path]]:
    """Parquet files with a row a sound, in the order of the digests, for as long as the `with` block runs. `kind` is
    the engine, as in the settings. What is damaged or not looked into has no row."""
    with place(archive) as folder, engine(archive, kind, folder) as ask:
        yield _judged(archive, question, ask, folder)


def counted(archive: Archive, files: Sequence[Path]) -> Counted:
    """What `judged` gave, in figures."""
    with archive.duck() as duck:
        made = checksum(duck, files)
        rows = duck.run(
            f"SELECT allow, split_part(codes, ' ', 1) AS code, count(*) FROM {parquet(files)}"
            " GROUP BY allow, code ORDER BY allow DESC, 3 DESC, code"
        )
    return Counted(
        made.rows, made.text, tuple((bool(allow), str(code), int(count)) for allow, code, count in rows)
    )


def _judged(archive: Archive, question: Question, ask: Engine, folder: Path) -> list[Path]:
    sounds, decided = folder / "sounds.parquet", folder / "decided.parquet"
    write_rows(sounds, _Sound, _sounds(archive))
    profiles = ask("profiles", sql_file("onrecord.ledger", "portable/profiles"), {"sounds": [sounds]})
    write_rows(decided, _Decided, _decided(archive, question, profiles))
    tables = {"sounds": [sounds], "decided": [decided]}
    return ask("decisions", sql_file("onrecord.ledger", "portable/decisions"), tables)


def _sounds(archive: Archive) -> Iterator[_Sound]:
    known: tuple[int, ...] | None = None
    text = ""
    for sha256, profile in archive.ledger.profiles():
        if profile is not known:
            known, text = profile, ",".join(map(str, profile))
        yield _Sound(sha256, text)


def _decided(archive: Archive, question: Question, files: Sequence[Path]) -> Iterator[_Decided]:
    for path in files:
        for row in read_rows(path, ["profile"]):
            text = str(row["profile"])
            said = _decision(archive, question, tuple(map(int, text.split(","))) if text else ())
            yield _Decided(text, said.allow, said.review, " ".join(said.codes), said.license, said.clause)


def _decision(archive: Archive, question: Question, profile: Sequence[int]) -> Decision:
    evidence = archive.ledger.evidence_numbered(profile)
    if question.use == PUBLISH:
        return publishable(evidence, question.day, archive.settings.publish)
    return decide(evidence, Use(question.use), question.territory, question.day, question.commercial)
