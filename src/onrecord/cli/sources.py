# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord sources`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options

#: A text of terms is a page; a saved one with all its scripts is a few megabytes.
_LONGEST = 16 * 1024 * 1024


@click.group("sources", invoke_without_command=True)
@options
@click.pass_context
def command(context: click.Context, folder: Path, out: Output) -> None:
    """List the sources that can be harvested, with the terms that the code obeys.

    \b
    Example:  onrecord sources --json
    """
    if context.invoked_subcommand is not None:
        return
    from onrecord.archive import Archive
    from onrecord.archive.terms import list_sources

    if (folder / "onrecord.toml").is_file():
        with Archive.open(folder) as archive:
            listed, left_out = list_sources(archive)
    else:
        listed, left_out = list_sources(None)

    def text() -> Iterator[str]:
        for view in listed:
            terms = view.terms
            can = ", ".join(
                word
                for word, has in (("files", True), ("live", view.live), ("sound", view.offers_sound))
                if has
            )
            state = f"accepted {view.accepted[:10]}" if view.accepted else f"terms {terms.state}"
            yield f"{view.name} ({can}): {terms.summary} [{state}; {terms.license or 'license by record'}]"
            for part in terms.parts:
                yield f"  of its own license: {', '.join(part.fields)}, {part.license}"
            if terms.robots == "api":
                yield "  its API is asked without robots.txt, as its terms allow"
        yield from left_out

    out.result("sources", {"sources": listed, "left_out": left_out}, text)


@command.command("accept")
@click.argument("name")
@click.option(
    "--text",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The page of terms that you have read, as a file: its digest goes on record.",
)
@options
def accept(name: str, text: Path, folder: Path, out: Output) -> None:
    """Put on record that you have read the terms of source NAME and accept them, so that it may be asked.

    \b
    Example:  onrecord sources accept jamendo --text jamendo-api-terms.html
    """
    from onrecord.archive import Archive
    from onrecord.archive.terms import accept_terms, find_source

    with text.open("rb") as file:
        words = file.read(_LONGEST + 1)
    if len(words) > _LONGEST:
        raise click.UsageError(
            f"{text}: longer than {_LONGEST} bytes; expected a page of terms, as it was saved"
        )
    with Archive.open(folder) as archive:
        digest = accept_terms(archive, name, words)
    lines = [f"the terms of {name} are accepted, by the text with the SHA-256 {digest}"]
    terms = find_source(name).terms
    if terms.state == "read" and not terms.harvest_live:
        lines.append(f"it is not asked all the same: its terms, as read on {terms.day}, do not allow it")
    out.result("sources.accept", {"source": name, "text": digest}, lambda: iter(lines))
