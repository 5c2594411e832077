# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The polite HTTP client: `Client` for sources, `download` for files, `fetch` for a mirror's feed."""

from onrecord.net.client import Cache, Client
from onrecord.net.downloading import download
from onrecord.net.failures import (
    AddressRefused,
    LeftToLater,
    RobotsRefused,
    TooSlow,
    UnexpectedStatus,
)
from onrecord.net.fetching import connected, fetch
from onrecord.net.repeats import Repeats

__all__ = [
    "AddressRefused",
    "Cache",
    "Client",
    "LeftToLater",
    "Repeats",
    "RobotsRefused",
    "TooSlow",
    "UnexpectedStatus",
    "connected",
    "download",
    "fetch",
]
