# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of a link (`snapshot open --change-over`) changes over to where it leads, without a restart.

The page of the new snapshot is put together beside the old one, and takes each request from then on. A request belongs
to the page that it came to until its answer ends. What cannot be opened is said once, and the old page stays.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from starlette.types import Receive, Scope, Send

from onrecord.errors import OnrecordError

_log = logging.getLogger(__name__)
#: Seconds between two looks at the link.
_LOOK: Final = 2.0


class Page(Protocol):
    """Whatever answers requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> Any: ...


class Changing:
    """`made` puts the page of a folder together; it raises what is wrong with that."""

    def __init__(self, link: Path, made: Callable[[Path], Page]) -> None:
        self._link = link
        self._made = made
        self._at = link.resolve()
        self._page = made(self._at)
        self._refused: Path | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._page
        await page(scope, receive, send)

    def look(self) -> bool:
        """Change over where the link leads elsewhere by now; says whether that was done."""
        at = self._link.resolve()
        if at in (self._at, self._refused):
            return False
        try:
            page = self._made(at)
        except (OnrecordError, OSError) as error:
            self._refused = at
            _log.warning("%s stays as it was, %s does not open: %s", self._link.name, at.name, error)
            return False
        self._page, self._at, self._refused = page, at, None
        _log.info("%s has changed over to %s", self._link.name, at.name)
        return True

    def keep_looking(self) -> None:
        """Look every now and then, until the process ends."""

        def looking() -> None:
            while True:
                threading.Event().wait(_LOOK)
                try:
                    self.look()
                except Exception:
                    _log.exception("a look at %s", self._link.name)

        threading.Thread(target=looking, name="changing", daemon=True).start()
