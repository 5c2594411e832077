# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads of their own for those who listen: sound never waits behind those who search."""

from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

#: At once, of each server.
_LISTENERS: Final = 8
_limiter: Final = RunVar[CapacityLimiter]("onrecord.web.listeners")


async def listening(call: Callable[[], T]) -> T:
    """What `call` answers, from one of the threads for listeners."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_LISTENERS)
        _limiter.set(limiter)
    return await to_thread.run_sync(call, limiter=limiter)
