# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Symphonic statements. A row that is a `Void` takes back, also where its count is positive."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class Symphonic(TableReader):
    name = "symphonic"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="symphonic",
            needed=("reporting period", "track title", "digital service provider", "count", "royalty"),
            fields={
                "month": ("activity period", "reporting period"),
                "reported": "reporting period",
                "service": "digital service provider",
                "kind": ("content type", "delivery"),
                "tier": "delivery",
                "territory": "territory",
                "artist": ("track artists", "release artists"),
                "title": "track title",
                "release": "release name",
                "label": "label",
                "isrc": "isrc code",
                "upc": "upc code",
                "quantity": "count",
                "amount": "royalty",
            },
            negate=("sale or void", ("void",)),
        ),
    )
