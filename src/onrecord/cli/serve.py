# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord serve`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one."
)
@options
def command(host: str, port: int, folder: Path, out: Output) -> None:
    """Serve the page, until interrupted.

    \b
    Example:  onrecord serve --port 8080
    """
    from onrecord.archive.reading import open_reader
    from onrecord.web.serve import serve

    reader = open_reader(folder)

    def ready(address: str) -> None:
        out.result("serve", {"address": address}, lambda: iter([f"{address}  (stop with Ctrl-C)"]))

    serve(reader, host, port, ready)
