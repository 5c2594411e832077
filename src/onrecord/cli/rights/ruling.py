# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights rule`, `rulings`, `undo` and `import`"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options
from onrecord.model.rights import Part, Use

if TYPE_CHECKING:
    from onrecord.archive.ruling import Ruling

_BY = click.option("--by", required=True, help="Who does it, as they want to be named.")
_NOTE = click.option("--note", required=True, help="Why, in your own words.")


@click.command("rule")
@click.argument("words", nargs=-1, required=True, metavar="[THING] yes|no")
@click.option(
    "--question", default="", metavar="ID", help="Rule on every file that shares this question of the queue."
)
@click.option("--use", "uses", multiple=True, type=click.Choice([use.value for use in Use]),
              help="About this use alone; may be given several times.  [default: every use]")  # fmt: skip
@click.option(
    "--license", default="", metavar="SPDX", help="The license that a yes rests on, such as CC-BY-4.0."
)
@click.option("--part", type=click.Choice(["all", *(part.value for part in Part)]), default="all", show_default=True,
              help="About this right alone; all is recording and composition.")  # fmt: skip
@_BY
@_NOTE
@options
def rule(
    words: tuple[str, ...],
    question: str,
    uses: tuple[str, ...],
    license: str,
    part: str,
    by: str,
    note: str,
    folder: Path,
    out: Output,
) -> None:
    """Rule yes or no, for every use or for some, on a thing or on a question of the queue.

    THING is the id of a recording, release or artist, the SHA-256 of a file or of a picture, or the name under which a
    file was added. What comes to it later is reached, too. A no outweighs every permission; `onrecord rights undo`
    takes it back. Pictures and lyrics are shown where something is said of them alone: rule on a picture, or on the
    `--part` artwork or lyrics of a thing.

    \b
    Example:  onrecord rights rule r6r46akoh6wnijbyv yes --license CC-BY-4.0 --by Ada --note "She wrote to us"
    Example:  onrecord rights rule --question 5d41402abc no --by Ada --note "Nobody answers"
    """
    from onrecord.archive import Archive
    from onrecord.archive.ruling import rule as rule_on
    from onrecord.archive.ruling import rule_question
    from onrecord.archive.targets import find_target
    from onrecord.errors import UsageError

    *things, answer = words
    if answer not in ("yes", "no") or len(things) != (0 if question else 1):
        raise UsageError(
            f"{' '.join(words)[:200]!r}: expected {'yes or no' if question else 'a thing, then yes or no'}",
            "quote a name that has spaces; with --question name no thing",
        )
    said = {
        "uses": [Use(use) for use in uses],
        "license": license,
        "part": part,
        "by": by,
        "note": note,
    }
    with Archive.open(folder) as archive:
        if question:
            ruled = rule_question(archive, question, answer == "yes", **said)  # type: ignore[arg-type]
        else:
            ruled = rule_on(archive, find_target(archive, things[0]), answer == "yes", **said)  # type: ignore[arg-type]

    def text() -> Iterator[str]:
        yield from _lines(ruled.ruling)
        for change in ruled.changes:
            if change.before != change.after:
                yield f"  {change.what}: {change.before:,} files allowed before, {change.after:,} now"
        if all(change.before == change.after for change in ruled.changes):
            yield "  no answer changed: `onrecord rights why` says what stands in the way"

    out.result("rights.rule", ruled, text)


@click.command("rulings")
@click.option("--export", "file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the archive's own rulings to FILE, signed, for other archives.")  # fmt: skip
@options
def rulings(file: Path | None, folder: Path, out: Output) -> None:
    """List what was ruled, with what was undone; or write it for other archives.

    \b
    Example:  onrecord rights rulings
    Example:  onrecord rights rulings --export rulings.jsonl
    """
    from onrecord.archive import Archive
    from onrecord.archive.ruling import rulings as list_rulings
    from onrecord.archive.ruling_exchange import export_rulings

    with Archive.open(folder) as archive:
        if file is not None:
            written = export_rulings(archive, file)
            body = {
                "file": str(written.file),
                "signature": str(written.signature),
                "key": written.key,
                "rulings": written.rulings,
                "undone": written.undone,
                "files": written.files,
            }

            def told() -> Iterator[str]:
                counts = f"{written.rulings:,} rulings, {written.undone:,} of them undone"
                yield f"{written.file}: {counts}, on {written.files:,} files"
                yield f"  signed in {written.signature}; whoever takes them over names the key {written.key}"

            out.result("rights.rulings.export", body, told)
            return
        found = list_rulings(archive)

    def text() -> Iterator[str]:
        for ruling in found:
            yield from _lines(ruling)
        yield f"{len(found):,} rulings, {sum(bool(ruling.undone) for ruling in found):,} of them undone"

    out.result("rights.rulings", {"rulings": found}, text)


@click.command("undo")
@click.argument("id")
@_BY
@_NOTE
@options
def undo(id: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Take a ruling back. It stays in the log and counts no more.

    ID is the ruling's id, or as much of its beginning as no other has.

    \b
    Example:  onrecord rights undo 5d41402abc --by Ada --note "It was another piece"
    """
    from onrecord.archive import Archive
    from onrecord.archive.ruling import undo as take_back

    with Archive.open(folder) as archive:
        ruling = take_back(archive, id, by=by, note=note)
    out.result("rights.undo", ruling, lambda: _lines(ruling))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", required=True, help="Who takes the rulings over, as they want to be named.")
@click.option(
    "--key", required=True, metavar="KEY", help="The other archive's public key: its line, or a file with it."
)
@options
def take_over(file: Path, by: str, key: str, folder: Path, out: Output) -> None:
    """Take over rulings that another archive wrote with `rights rulings --export`. FILE.minisig lies beside it.

    They bind to files with the same bytes or the same decoded audio, never by an ISRC alone. A yes from elsewhere never
    outweighs a no of this archive; what was undone here stays undone.

    \b
    Example:  onrecord rights import rulings.jsonl --by Ada --key minisign.pub
    """
    from onrecord.archive import Archive
    from onrecord.archive.ruling_exchange import import_rulings

    with Archive.open(folder) as archive:
        taken = import_rulings(archive, file, by=by, key=key)

    def text() -> Iterator[str]:
        yield (
            f"{taken.name} ({taken.archive}): {taken.new:,} rulings are new here, {taken.known:,} were here, "
            f"{taken.undone:,} are undone; {taken.bound:,} files bound"
        )
        for item in taken.unbound:
            codes = ", ".join((*item.file.isrcs, *item.file.mbids))
            yield f"  not here: {item.file.sha256}{f' ({codes})' if codes else ''}, ruling {item.ruling[:16]}"
        if taken.not_bound:
            yield f"  {taken.not_bound:,} files are not here; once they are, import the file again"

    out.result("rights.import", taken, text)


def _lines(ruling: "Ruling") -> Iterator[str]:
    answer = "yes" if ruling.allow else "no"
    uses = ", ".join(use.value for use in ruling.uses) or "every use"
    under = f", under {ruling.license}" if ruling.license else ""
    part = f", {ruling.part} alone" if ruling.part != "all" else ""
    origin = "" if ruling.origin == "ruling" else f", from archive {ruling.origin.removeprefix('ruling:')}"
    yield f"ruling {ruling.id[:16]}: {answer} to {uses}{under}{part}{origin}"
    yield f"  on {ruling.target}, which is {ruling.files:,} files; by {ruling.by}, {ruling.logged}"
    yield f"  {' / '.join(ruling.note.splitlines())}"
    if ruling.undone:
        yield f"  undone {ruling.undone}"
