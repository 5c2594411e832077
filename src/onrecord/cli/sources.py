# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord sources`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("sources")
@options
def command(folder: Path, out: Output) -> None:
    """List the sources that can be harvested, with the terms that the code obeys.

    \b
    Example:  onrecord sources --json
    """
    from onrecord.sources.loading import load_sources

    plugins = load_sources()
    listed = [{"name": name, "terms": source.terms} for name, source in plugins.loaded.items()]
    left_out = [error.message for error in plugins.left_out]

    def text() -> Iterator[str]:
        for name, source in plugins.loaded.items():
            yield f"{name}: {source.terms.summary} [terms {source.terms.state}; {source.terms.license or 'by record'}]"
        yield from left_out

    out.result("sources", {"sources": listed, "left_out": left_out}, text)
