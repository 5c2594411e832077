# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord match why`, `join`, `split`, `undo` and `decisions`"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from onrecord.cli.output import Output, options

if TYPE_CHECKING:
    from onrecord.archive.deciding import Decided, Decision
    from onrecord.archive.explaining import Join

F = TypeVar("F", bound=Callable[..., Any])

_KIND = click.option("--kind", type=click.Choice(["recording", "release", "artist", "work", "label"]), default=None,
                     help="What it is, where a claim's name fits several.")  # fmt: skip


def said(function: F) -> F:
    """The options of everything that a person decides."""
    for option in (
        click.option("--later", is_flag=True, help="Do not match now: the next match applies it."),
        click.option("--why", required=True, help="Why, in your own words."),
        click.option("--by", required=True, help="Who decides, as they want to be named."),
    ):
        function = option(function)
    return function


@click.command("why")
@click.argument("a")
@click.argument("b", default="")
@_KIND
@options
def why(a: str, b: str, kind: str | None, folder: Path, out: Output) -> None:
    """Say why claims are one thing: each join with its reason and how sure it is.

    A and B are ids of recordings, releases, artists, works or labels, or claims as SOURCE:ID. With B, say what there
    is between the two. `onrecord match undo THING/JOIN` says that a join is wrong.

    \b
    Example:  onrecord match why r6r46akoh6wnijbyv
    Example:  onrecord match why musicbrainz-json:b84ee12a-09ef-421b-82de-0441a926375b discogs:1234-3
    """
    from onrecord.archive import Archive
    from onrecord.archive.explaining import why as explain

    with Archive.open(folder) as archive:
        found = explain(archive, a, b, _kind(kind))

    def text() -> Iterator[str]:
        for thing in found.things:
            yield f"{thing}:"
            for claim in found.claims:
                if claim.thing == thing:
                    yield f"  {_claim((claim.source, claim.source_id))}  {claim.name}"
        for join in found.joins:
            yield from _joined(join)
        if not found.joins:
            yield "nothing joins them" if len(found.things) > 1 else "one claim: nothing was joined"
        for join in found.parted:
            yield f"kept apart, though [{join.reason}, {join.confidence:.2f}] would join:"
            yield f"  {_claim(join.a)}  {_claim(join.b)}"
        if found.kept_apart:
            yield f"kept apart by: {', '.join(it[:16] for it in found.kept_apart)} (`onrecord match decisions`)"

    out.result("match.why", found, text)


@click.command("join")
@click.argument("a")
@click.argument("b")
@_KIND
@said
@options
def join(a: str, b: str, kind: str | None, by: str, why: str, later: bool, folder: Path, out: Output) -> None:
    """Say that A and B are one: ids of recordings, releases, artists, works or labels, or claims as SOURCE:ID.

    The older id answers for both, the other leads to it. It holds through harvests, until it is undone.

    \b
    Example:  onrecord match join r6r46akoh6wnijbyv rqr26o4nhfptbkmmw --by Ada --why "Same session, says the booklet"
    """
    from onrecord.archive import Archive, deciding

    with Archive.open(folder) as archive:
        made = deciding.join(archive, a, b, by=by, why=why, kind=_kind(kind), later=later)
    out.result("match.join", made, lambda: _decided(made))


@click.command("split")
@click.argument("thing", metavar="ID")
@click.argument("claims", metavar="CLAIM...", nargs=-1, required=True)
@said
@options
def split(
    thing: str, claims: tuple[str, ...], by: str, why: str, later: bool, folder: Path, out: Output
) -> None:
    """Say that claims (SOURCE:ID) of a thing are another thing; they and the rest stay apart from then on.

    The part that founded the id keeps it, the other gets one of its own; the log tells which came of which.

    \b
    Example:  onrecord match split r6r46akoh6wnijbyv discogs:1234-3 --by Ada --why "That one is the live take"
    """
    from onrecord.archive import Archive, deciding

    with Archive.open(folder) as archive:
        made = deciding.split(archive, thing, claims, by=by, why=why, later=later)
    out.result("match.split", made, lambda: _decided(made))


@click.command("undo")
@click.argument("what", metavar="JOIN")
@said
@options
def undo(what: str, by: str, why: str, later: bool, folder: Path, out: Output) -> None:
    """Undo a join, or take a decision back.

    JOIN is a join as `onrecord match why` calls it (THING/JOIN): its two claims are kept apart from then on. Or it is
    the id of a decision (`onrecord match decisions`), or the beginning of it: then sources alone speak again.

    \b
    Example:  onrecord match undo r6r46akoh6wnijbyv/5d41402abc4b --by Ada --why "The code was used twice"
    """
    from onrecord.archive import Archive, deciding

    with Archive.open(folder) as archive:
        made = deciding.undo(archive, what, by=by, why=why, later=later)
    out.result("match.undo", made, lambda: _decided(made))


@click.command("decisions")
@options
def decisions(folder: Path, out: Output) -> None:
    """List what persons decided about who is who and what is right, with what was taken back.

    \b
    Example:  onrecord match decisions
    """
    from onrecord.archive import Archive, deciding

    with Archive.open(folder) as archive, archive.duck() as duck:
        found = deciding.decisions(archive, duck)

    def text() -> Iterator[str]:
        for each in found:
            yield from _decision(each)
        yield f"{len(found):,} decisions, {sum(bool(each.undone) for each in found):,} of them undone"

    out.result("match.decisions", {"decisions": found}, text)


def _decided(made: "Decided") -> Iterator[str]:
    yield from _decision(made.decision)
    if made.matched:
        yield f"  now: {', '.join(made.things)}"
    else:
        yield "  the next `onrecord match` applies it"


decided_lines = _decided


def _decision(it: "Decision") -> Iterator[str]:
    what = {
        "same": "are one",
        "apart": "are kept apart",
        "says": f"{it.thing}: {it.field} is {it.value!r}",
    }[it.act]
    if it.sides:
        sides = [
            _claim(side[0]) + (f" and {len(side) - 1:,} more" if len(side) > 1 else "") for side in it.sides
        ]
        what = f"{sides[0]} and {sides[1]} {what}"
    yield f"{it.id[:16]}  {what}"
    yield f"  {it.by} on {it.logged[:10]}: {it.why}"
    if it.undone:
        yield f"  undone on {it.undone[:10]}"


def _joined(join: "Join") -> Iterator[str]:
    yield f"{join.id}  [{join.reason}, {join.confidence:.2f}]"
    yield f"  {_claim(join.a)}  {_claim(join.b)}"
    if join.decision:
        yield f"  {join.by}: {join.why} (decision {join.decision[:16]})"


def _claim(claim: tuple[str, str]) -> str:
    from onrecord.archive.things import written

    return written(claim)


def _kind(kind: str | None) -> str:
    return "track" if kind == "recording" else kind or ""
