# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a request brought no answer. All are SourceFailed: a caller that does not care which catches that."""

import datetime as dt

from onrecord.errors import SourceFailed


class UnexpectedStatus(SourceFailed):
    """The server answered, but not with what was asked for. 404 and 410 mostly mean that the thing is gone."""

    def __init__(self, address: str, status: int, expected: str = "200") -> None:
        super().__init__(f"{address}: expected {expected}, got {status}", "is the address right?")
        self.status = status


class LeftToLater(SourceFailed):
    """The host asks for more patience than a run has; nothing more is sent to it before `until`."""

    def __init__(self, host: str, until: dt.datetime) -> None:
        super().__init__(
            f"{host}: asks to be left alone until {until:%Y-%m-%d %H:%M} UTC", "left to a later run"
        )
        self.until = until


class AddressRefused(SourceFailed):
    """The address leads, or redirects, to where this program has no business."""


class RobotsRefused(SourceFailed):
    """The host's robots.txt forbids it, or could not be read."""


class TooSlow(SourceFailed):
    """The answer came so slowly that it was given up."""


class AskAgain(Exception):
    """Inside this package only: the request failed in a way that is worth another try."""

    def __init__(self, why: str, retry_after: str = "") -> None:
        super().__init__(why)
        self.retry_after = retry_after
