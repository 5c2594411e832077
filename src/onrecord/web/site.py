# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page does beside reading, as the archive's settings and whoever starts it say."""

from pathlib import Path

from msgspec import Struct, field

from onrecord.archive import Archive
from onrecord.archive.settings import WebSettings
from onrecord.rights.signals import SILENT, Signals


class Site(Struct, frozen=True):
    """By itself a page only reads.

    folder   the archive that notices and rulings are written to; None where nothing is
    web      the settings of the page
    signals  what the archive says to machines where nothing else is said
    key      opens the owner's pages; "" where there are none
    alone    bound on loopback: nobody comes from elsewhere but by a proxy
    media    the address of another server that listeners are sent to for sound; "" where there is none
    """

    folder: Path | None = None
    web: WebSettings = field(default_factory=WebSettings)
    signals: Signals = SILENT
    key: str = ""
    alone: bool = False
    media: str = ""


def site_of(folder: Path, key: str = "") -> Site:
    """The site of an archive: it takes notices, and rulings from whoever has the key."""
    with Archive.open(folder) as archive:
        settings = archive.settings
        media = settings.s3.address if settings.s3.redirect else ""
        return Site(folder, settings.web, settings.rights.default, key, media=media)
