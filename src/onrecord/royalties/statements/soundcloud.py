# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SoundCloud for Artists statements: two rows about the account before the header, and no name of the service."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class SoundCloud(TableReader):
    name = "soundcloud"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="soundcloud",
            needed=("track", "partner", "revenue", "revenue share (%)", "split pay share (%)"),
            fields={
                "month": ("reporting period", "accounting period"),
                "reported": "accounting period",
                "service": "partner",
                "kind": "type",
                "territory": "country",
                "artist": ("artist(s)", "artist"),
                "title": ("track", "release"),
                "release": "release",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "units",
                "share": "split pay share (%)",
                "amount": "revenue",
            },
        ),
    )
