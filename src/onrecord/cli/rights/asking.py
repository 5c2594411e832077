# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights list` and `onrecord rights why`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, hint_if_unmatched, options
from onrecord.model.views import EvidenceView


@click.command("list")
@click.option("--limit", type=click.IntRange(1), default=1_000_000, help="At most this many lines.")
@options
def list_all(limit: int, folder: Path, out: Output) -> None:
    """List every kept file with the answer on publishing it, then what was refused when it came in.

    \b
    Example:  onrecord rights list
    """
    from onrecord.archive.reading import open_reader

    reader = open_reader(folder)
    answers = reader.rights(limit)
    refused = reader.turned_away(limit)
    hint_if_unmatched(folder, out)

    def text() -> Iterator[str]:
        for item in answers:
            yield f"{'share' if item.allow else 'no':<6} {item.codes[0]:<18} {item.title}  ({item.name})"
            if not item.allow:
                yield f"       {item.sentence}"
        for one in refused:
            yield f"{'refused':<6} {one.codes[0]:<18} {one.name}"
            yield f"       {one.sentence}"

    out.lists("rights.list", {"answers": answers, "refused": refused}, text)


@click.command("why")
@click.argument("thing")
@options
def why(thing: str, folder: Path, out: Output) -> None:
    """Say what may be done with a recording and why: rule, clause, evidence, its date and digest.

    THING is a recording's id, a file's SHA-256, or the name under which a file was added.

    \b
    Example:  onrecord rights why r6r46akoh6wnijbyv
    """
    from onrecord.archive.reading import open_reader

    view = open_reader(folder).why(thing)

    def text() -> Iterator[str]:
        yield f"{view.title}{' — ' + view.artist if view.artist else ''} ({view.id})"
        for use, answer in view.decisions.items():
            yield f"{use.value:<9} {'yes' if answer.decision.allow else 'no '}"
            for rule in answer.rules:
                yield f"          {rule.code}: {rule.sentence} [{rule.clause}]"
            if answer.decision.would_change:
                yield f"          what would change it: {answer.decision.would_change}"
        for file in view.editions:
            yield f"publish   {'yes' if file.allow else 'no '}  {file.name}"
            yield f"          {file.codes[0]}: {file.sentence}"
        yield "evidence"
        for item in view.evidence:
            yield from evidence_lines(item)
        if view.former:
            yield "evidence that counts no more"
        for item in view.former:
            yield from evidence_lines(item)

    out.result("rights.why", view, text)


def evidence_lines(item: EvidenceView) -> Iterator[str]:
    """A piece of evidence on a few lines of a terminal."""
    read_as = item.license or ("not understood" if item.says == "license" else item.says)
    ended = f"; {item.ended} {item.until}" if item.until else ""
    yield f"  {item.id[:16]}  {item.origin} ({item.strength}), logged {item.added}{ended}: {read_as}"
    yield f"    {' / '.join(item.text[:300].splitlines())}"
    if item.asked:
        yield f"    {item.asked}"
    if item.by or item.note:
        yield f"    by {item.by or 'somebody not named'}: {' / '.join(item.note[:300].splitlines())}"
    if item.document:
        yield f"    from the document {item.document}"
