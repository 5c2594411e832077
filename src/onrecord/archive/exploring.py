# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the archive in figures to draw: each is the answer to one question that anybody may ask (`querying`).

Counting reads whole tables, so what was counted is kept in `search/explored.json` for as long as it is true.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from onrecord import durable
from onrecord.archive.core import Archive
from onrecord.archive.possession import health
from onrecord.archive.querying import Asking, asking
from onrecord.archive.withheld import withheld
from onrecord.catalog.canonical_files import ORDER, mark
from onrecord.engine.duck import sql_file

#: What was counted last, beside what is searched.
NAME: Final = "explored.json"
#: Counting goes on beside the page, and leaves it the machine.
_MEMORY: Final = "512MB"
_SECONDS: Final = 600.0


class Chart(Struct, frozen=True):
    """One question. `over` is the shape of the answer: `scale` has labels in their own order, `names` the most first,
    `shares` parts of a whole. `edition` asks the newest edition, not the archive as it is."""

    name: str
    title: str
    about: str
    over: str
    edition: bool = False

    @property
    def sql(self) -> str:
        """The question, as `onrecord sql` takes it."""
        lines = sql_file("onrecord.catalog", f"explore_{self.name}").splitlines()
        return "\n".join(line for line in lines if not line.startswith("--")).strip()


CHARTS: Final = (
    Chart(
        "coverage", "What is here", "Recordings that are known, and those of which sound is kept.", "shares"
    ),
    Chart(
        "published",
        "What is given out",
        "Recordings of the newest edition, and those whose sound it holds.",
        "shares",
        edition=True,
    ),
    Chart("years", "By year", "Recordings by the year of their date, as sources say it.", "scale"),
    Chart("genres", "By genre", "The twenty that are named most, as sources spell them.", "names"),
    Chart("countries", "By country", "Releases by the country that a source names for them.", "names"),
    Chart(
        "licenses",
        "By license",
        "Files of the newest edition, by the license that they are given out under.",
        "names",
        edition=True,
    ),
    Chart(
        "lengths",
        "By length",
        "Recordings by length in seconds, in steps of half a minute; 1200 is twenty minutes and more.",
        "scale",
    ),
    Chart(
        "loudness",
        "By loudness",
        "Files by integrated loudness in LUFS (EBU R 128); -60 is that and below.",
        "scale",
    ),
    Chart("keys", "By key", "Files by estimated key.", "names"),
    Chart(
        "tempos",
        "By tempo",
        "Files by estimated beats a minute, in steps of ten; 300 is that and above.",
        "scale",
    ),
    Chart(
        "known_by",
        "How widely known",
        "Recordings by the number of claims that tell of them; 30 is that and more."
        " Plays are not counted here.",
        "scale",
    ),
    Chart(
        "identified", "Identifiers", "How many things have an identifier that others use as well.", "shares"
    ),
    Chart(
        "shared_codes",
        "Codes that stand for several",
        "ISRCs by the number of recordings that bear them; each should stand for one. 10 is that and more.",
        "scale",
    ),
)


class Counted(Struct, frozen=True):
    """The answer to a chart's question: what is counted, and (label, number, of how many; 0 where it is no part)."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, int, int], ...]


class Explored(Struct, frozen=True):
    """All answers for one state of the archive. `copies` are (copies elsewhere, volumes that have so many)."""

    state: str
    counted: tuple[Counted, ...]
    copies: tuple[tuple[int, int], ...]
    edition: int


def state(archive: Archive) -> str:
    """What the answers rest on: they are true for as long as this is the same."""
    editions = [edition["number"] for edition in archive.ledger.editions()[-1:]]
    hidden = withheld(archive)
    told = (
        mark(archive.canonical("").parent, ORDER),
        editions,
        sorted(hidden.things.items()),
        sorted(hidden.blobs),
        len(archive.ledger.possessions()),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def kept(archive: Archive) -> Explored | None:
    """What was counted last, though it may be of an earlier state; None where nothing was, or in another form."""
    try:
        return msgspec.json.decode(_path(archive).read_bytes(), type=Explored)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def explore(archive: Archive) -> Explored:
    """Count, and keep the answers. `NotFound` where nothing was matched yet."""
    at = state(archive)
    editions = archive.ledger.editions()
    newest = editions[-1]["number"] if editions else 0
    answers = _answers(archive, 0, [chart for chart in CHARTS if not chart.edition])
    if newest:
        answers |= _answers(archive, newest, [chart for chart in CHARTS if chart.edition])
    explored = Explored(
        at, tuple(answers[chart.name] for chart in CHARTS if chart.name in answers), _copies(archive), newest
    )
    _path(archive).parent.mkdir(exist_ok=True)
    durable.replace(_path(archive), msgspec.json.encode(explored))
    return explored


def _answers(archive: Archive, edition: int, charts: Sequence[Chart]) -> dict[str, Counted]:
    with asking(archive, edition, memory=_MEMORY) as tables:
        return {chart.name: _answer(tables, chart) for chart in charts}


def _answer(tables: Asking, chart: Chart) -> Counted:
    with tables.ask(chart.sql, _SECONDS) as (columns, reader):
        rows = [tuple(row.values()) for batch in reader for row in batch.to_pylist()]
    names = tuple(column.name for column in columns)
    return Counted(
        chart.name, names, tuple((str(row[0]), row[1], row[2] if len(row) > 2 else 0) for row in rows)
    )


def _copies(archive: Archive) -> tuple[tuple[int, int], ...]:
    volumes: dict[int, int] = {}
    for each in health(archive):
        volumes[each.copies] = volumes.get(each.copies, 0) + 1
    return tuple(sorted(volumes.items()))


def _path(archive: Archive) -> Path:
    return archive.folder / "search" / NAME
