# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord serve`"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from onrecord.cli.output import Output, options


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one."
)
@click.option(
    "--territory",
    default="",
    metavar="CODE",
    help="Where all listeners are (ISO 3166-1, such as DE).  [default: unknown]",
)
@options
def command(host: str, port: int, territory: str, folder: Path, out: Output) -> None:
    """Serve the page, until interrupted.

    On this machine alone (`--host 127.0.0.1`) it also has a queue to rule on, at the address that is printed: whoever
    has that address may rule. `[web]` in onrecord.toml names proxies that say where each listener is.

    \b
    Example:  onrecord serve --port 8080
    """
    from onrecord.archive.reading import open_reader
    from onrecord.errors import UsageError
    from onrecord.rights.territories import CODES, UNKNOWN
    from onrecord.web.desk import is_loopback
    from onrecord.web.serve import serve
    from onrecord.web.site import site_of

    if territory and territory not in CODES:
        raise UsageError(f"--territory {territory[:40]!r}: expected two letters of ISO 3166-1, such as DE")
    reader = open_reader(folder)
    key = secrets.token_urlsafe(24)

    def ready(address: str) -> None:
        here = is_loopback(urlsplit(address).hostname or "")
        queue = f"{address}rights/queue?key={key}" if here else ""

        def text() -> Iterator[str]:
            yield f"{address}  (stop with Ctrl-C)"
            if queue:
                yield f"the queue, for you alone: {queue}"

        out.result("serve", {"address": address, "queue": queue}, text)

    serve(reader, host, port, ready, territory or UNKNOWN, site_of(folder, key))
