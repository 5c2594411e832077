# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CD Baby accounting files: tab-separated, US dates with a time, no currency named."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class CdBaby(TableReader):
    name = "cdbaby"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="cdbaby",
            needed=(
                "report date",
                "sales date",
                "quantity",
                "price",
                "subtotal",
                "partner name",
                "delivery country",
            ),
            fields={
                "month": "sales date",
                "reported": "report date",
                "service": "partner name",
                "kind": "transaction type",
                "territory": "delivery country",
                "artist": "artist name",
                "title": ("track name", "album name"),
                "release": "album name",
                "isrc": "isrc",
                "upc": "barcode",
                "quantity": "quantity",
                "unit_price": "price",
                "amount": "subtotal",
            },
            relations=("amount = quantity * unit_price",),
        ),
    )
