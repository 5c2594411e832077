# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Orchard statements. A UPC may carry the prefix `empty:`."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class Orchard(TableReader):
    name = "orchard"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="orchard",
            needed=("statement period", "store", "sale country", "quantity", "net share account currency"),
            telling=("track artist", "product artist", "transaction type", "display upc"),
            least=2,
            fields={
                "month": ("transaction date", "statement period"),
                "reported": "statement period",
                "service": "store",
                "kind": "transaction type",
                "tier": ("service detail", "transaction subtype"),
                "territory": "sale country",
                "artist": ("track artist", "product artist"),
                "title": ("track", "product"),
                "release": "product",
                "label": "label imprint",
                "isrc": "isrc",
                "upc": "display upc",
                "quantity": "quantity",
                "gross": "gross revenue account currency",
                "amount": "net share account currency",
                "currency": "account currency",
            },
        ),
    )
