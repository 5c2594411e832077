# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DistroKid statements of both generations: the tab-separated file, and the quoted one of July 2025 and later.

Columns come and go independently, so they are found by name, and the currency stands in the name of the money's column.
"""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class DistroKid(TableReader):
    name = "distrokid"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="distrokid",
            needed=(
                "sale month",
                "store",
                "artist",
                "title",
                "isrc",
                "upc",
                "quantity",
                "country of sale",
                "earnings",
            ),
            telling=("team percentage", "songwriter royalties withheld", "date inserted", "reporting date"),
            least=2,
            currency="",
            fields={
                "month": "sale month",
                "reported": "reporting date",
                "service": "store",
                "kind": ("source type", "song/album"),
                "territory": "country of sale",
                "artist": "artist",
                "title": "title",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "quantity",
                "share": "team percentage",
                "amount": "earnings",
                "withheld": "songwriter royalties withheld",
                "recoup": "recoup",
            },
        ),
    )
