# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights queue`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options
from onrecord.cli.rights.asking import evidence_lines


@click.command("queue")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most this many of each kind."
)
@options
def command(limit: int, folder: Path, out: Output) -> None:
    """List what waits for a person: questions that no rule settles, those of most files first; bad input.

    Answer one with `onrecord rights rule --question`.

    \b
    Example:  onrecord rights queue --limit 5
    """
    from onrecord.archive import Archive
    from onrecord.archive.queueing import queue

    with Archive.open(folder) as archive:
        waiting = queue(archive, limit)

    def text() -> Iterator[str]:
        for question in waiting.questions:
            yield f"question {question.id[:16]}: {question.files:,} files"
            for code, sentence in zip(question.codes, question.sentences, strict=True):
                yield f"  {code}: {sentence}"
            if question.would_change:
                yield f"  what would change it: {question.would_change}"
            for item in question.evidence:
                yield from evidence_lines(item)
            for file in question.examples:
                titled = f"{file.title} ({file.recording})" if file.recording else file.sha256
                yield f"  such as {titled}{', ' + file.name if file.name else ''}"
        for notice in waiting.notices:
            yield f"notice {notice} waits for an answer"
        for bad in waiting.bad_input:
            yield f"not taken: {bad.name}"
            yield f"  {bad.codes[0]}: {bad.sentence}"
        yield (
            f"{waiting.waiting:,} questions about {waiting.files:,} files, {len(waiting.questions):,} shown; "
            f"{len(waiting.notices):,} notices, {len(waiting.bad_input):,} things not taken"
        )

    out.result("rights.queue", waiting, text)
