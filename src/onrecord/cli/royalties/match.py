# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties match`"""

import csv
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options
from onrecord.cli.royalties.spreadsheet import cell

if TYPE_CHECKING:
    from onrecord.royalties.unclaimed import Match, Matched

_LISTS = {True: "matches.csv", False: "unsure.csv"}
_HEADER = (
    "share id", "work id", "ISRC", "service's id", "title", "artist", "unclaimed percent", "code", "confidence",
    "reason", "yours", "your ISRC", "your ISWC", "your number", "your title", "your artist", "song code", "file", "row",
)  # fmt: skip
_BOOKS = "onrecord-books"


@click.command("match")
@click.option("--mlc", required=True, type=click.Path(exists=True, path_type=Path),
              help="The file of unclaimed shares, or the folder of the feed that it is part of.")  # fmt: skip
@click.option("--books", default=_BOOKS, show_default=True, type=click.Path(path_type=Path),
              help="The folder of the books.")  # fmt: skip
@click.option("--works", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A registration of your works, CWR 2.1; again for more.")  # fmt: skip
@click.option("--song-codes", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What the collective calls your works: CSV of work,song code (ISWC or your number).")  # fmt: skip
@click.option("--member", default="Member", show_default=True, metavar="NAME",
              help="Your name as a member, for the name of the file to send.")  # fmt: skip
@click.option(
    "--sure", default="0.85", show_default=True, metavar="CONFIDENCE", help="From here on it is a match."
)
@click.option("--out", "target", default="unclaimed", show_default=True,
              type=click.Path(file_okay=False, path_type=Path), help="A folder for the lists.")  # fmt: skip
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Show at most this many of each list.",
)
@options
def command(
    mlc: Path,
    books: Path,
    works: tuple[Path, ...],
    song_codes: Path | None,
    member: str,
    sure: str,
    target: Path,
    limit: int,
    folder: Path,
    out: Output,
) -> None:
    """Look for your recordings and works among those that a collective could not pay, The MLC's unclaimed shares.

    Writes matches.csv and unsure.csv, each line with its reason and how sure it is, and the file of suggestions that
    The MLC takes in bulk: ISRC and song code, for recordings that it has matched to no work.

    \b
    Exit code 3: some lines of the file, or records of your works, could not be read; they are listed.

    \b
    Example:  onrecord royalties match --mlc unclaimedworkrightshares.tsv --works CW260001OWN_000.V21
    """
    from onrecord.royalties.ledgering import Books
    from onrecord.royalties.unclaimed import match

    # The books may be empty where works are given.
    kept = Books.open(books, make=bool(works) and not books.exists())
    with match(kept, mlc, works, song_codes, _confidence(sure)) as found:
        said = found.summary
        for line in said.listed[:limit]:
            out.say(f"line {line.line}: {line.reason}: {line.text}")
        for name, wrong in said.refused[:limit]:
            out.say(
                f"row {wrong.row} of {name}: {wrong.column}: expected {wrong.expected}, got {wrong.got!r}"
            )
        sent, suggested, shown = _write(target, found, member, limit)

    def text() -> Iterator[str]:
        for is_sure, matches in shown.items():
            for one in matches:
                yield (
                    f"{'match' if is_sure else 'unsure'} {one.confidence}: {one.title or one.isrc} / {one.artist} "
                    f"({one.share}) is {one.our_title or one.our_isrc} / {one.our_artist}: {one.reason}"
                )
        yield (
            f"{said.lines:,} lines, {said.unread:,} not readable; {said.recordings:,} recordings and {said.works:,} "
            f"works of yours: {said.sure:,} matches, {said.unsure:,} unsure, in {target}"
        )
        yield f"{suggested:,} suggestions in {sent.name}; look at the matches before you send it"

    out.result(
        "royalties.match",
        {
            "lines": said.lines,
            "unread": said.unread,
            "recordings": said.recordings,
            "works": said.works,
            "beside": list(said.beside),
            "sure": said.sure,
            "unsure": said.unsure,
            "suggestions": suggested,
            "files": [str(target / name) for name in (*_LISTS.values(), sent.name)],
            "matches": shown[True],
            "doubtful": shown[False],
            "listed": said.listed,
        },
        text,
    )
    if said.unread or said.refused:
        sys.exit(3)


def _write(
    target: Path, found: "Matched", member: str, limit: int
) -> tuple[Path, int, dict[bool, list["Match"]]]:
    from onrecord.royalties.unclaimed import suggestions

    target.mkdir(parents=True, exist_ok=True)
    shown: dict[bool, list[Match]] = {}
    for is_sure, name in _LISTS.items():
        shown[is_sure] = []
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(_HEADER)
            for one in found.matches(is_sure):
                rows.writerow(map(cell, _cells(one)))
                if len(shown[is_sure]) < limit:
                    shown[is_sure].append(one)
    # The layout and name of pages.themlc.com/bulk-match-submission-process: comma, UTF-8, one row for each ISRC.
    bare = re.sub(r"[^A-Za-z0-9]", "", member) or "Member"
    sent = target / f"{bare}_BulkMatchSuggestions_{datetime.now(UTC):%Y%m%d}.csv"
    count = 0
    with sent.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("ISRC", "MLC Song Code"))
        for pair in suggestions(found.matches(True)):
            rows.writerow(pair)
            count += 1
    return sent, count, shown


def _cells(one: "Match") -> tuple[object, ...]:
    return (
        one.share, one.work, one.isrc, one.dsp, one.title, one.artist, one.percent, one.code, one.confidence,
        one.reason, one.our_kind, one.our_isrc, one.our_iswc, one.our_number, one.our_title, one.our_artist,
        one.song_code, one.our_file, one.our_row,
    )  # fmt: skip


def _confidence(words: str) -> Decimal:
    try:
        value = Decimal(words)
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value <= 1):
        raise click.UsageError(f"--sure: expected a number from 0 to 1 such as 0.85, got {words!r}")
    return value
