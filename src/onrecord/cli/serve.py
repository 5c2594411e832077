# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord serve`"""

import logging
import os
import secrets
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from onrecord.cli.output import Output, options

#: Processes: that may be asked for, and that are begun where nobody asks.
_MOST: Final = 64
_BY_ITSELF: Final = 2


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
@click.option(
    "--processes",
    type=click.IntRange(1, _MOST),
    metavar="N",
    help="How many answer together.  [default: [web] processes; one a core, at most 2]",
)
@click.option(
    "--log", is_flag=True, help="Write a line of JSON on standard error for each request, warning and fault."
)
@options
def command(
    host: str, port: int, territory: str, processes: int | None, log: bool, folder: Path, out: Output
) -> None:
    """Serve the page, until interrupted.

    On this machine alone (`--host 127.0.0.1`) it prints an address that makes whoever opens it the owner, for as long
    as it runs; `onrecord users` gives accounts to people elsewhere. The log holds no addresses of clients, no names and
    nothing that was searched for. `[web]` in onrecord.toml names proxies that say who and where each listener is.

    Several processes answer, by default two where there are two cores; limits hold for all of them together, and one
    that dies is begun again. SIGTERM ends it with exit code 0; streams that still run are cut off after three seconds.
    A link that `snapshot open --change-over` made is followed to wherever it leads later.

    \b
    Example:  onrecord serve --port 8080
    """
    from onrecord.errors import UsageError
    from onrecord.rights.territories import CODES, UNKNOWN
    from onrecord.web.addresses import is_loopback
    from onrecord.web.running.logs import log_to

    if territory and territory not in CODES:
        raise UsageError(f"--territory {territory[:40]!r}: expected two letters of ISO 3166-1, such as DE")
    count = processes or _by_itself(folder)
    key = secrets.token_urlsafe(24)

    def ready(address: str) -> None:
        here = is_loopback(urlsplit(address).hostname or "")
        queue = f"{address}sign-in?key={key}" if here else ""

        def text() -> Iterator[str]:
            yield f"{address}  (stop with Ctrl-C)"
            if queue:
                yield f"the queue, for you alone: {queue}"

        out.result("serve", {"address": address, "queue": queue}, text)
        # Looked at by name: whoever watches the others loads nothing that reads an archive.
        if not all((folder / "search" / name).exists() for name in ("rows.sqlite", "entities.sqlite")):
            empty = "nothing is there to be searched or shown, or a part of it is lost: run `onrecord match`"
            if log:
                logging.getLogger(__name__).warning(empty)
            else:
                out.say(empty)

    if log:
        log_to(sys.stderr)
    if count > 1:
        from onrecord.web.processes.parent import serve_together

        serve_together(folder, host, port, count, ready, territory or UNKNOWN, key, log=log)
        return
    from onrecord.archive.reading import open_reader
    from onrecord.web.serve import serve
    from onrecord.web.site import site_of

    serve(open_reader(folder), host, port, ready, territory or UNKNOWN, site_of(folder, key))


def _by_itself(folder: Path) -> int:
    """How many processes, where the command does not say it.

    Read by itself, so that whoever watches them need not load what reads an archive; they say what is wrong with it.
    """
    try:
        wanted = tomllib.loads((folder / "onrecord.toml").read_text("utf-8"))["web"]["processes"]
    except (OSError, ValueError, KeyError, TypeError):
        wanted = 0
    if type(wanted) is int and 0 < wanted <= _MOST:
        return wanted
    return min(os.cpu_count() or 1, _BY_ITSELF)
