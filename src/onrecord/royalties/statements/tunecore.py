# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TuneCore sales reports. The ISRC may stand in the column of TuneCore's own song number."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class TuneCore(TableReader):
    name = "tunecore"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="tunecore",
            needed=("sales period", "posted date", "store name", "# units sold", "total earned", "currency"),
            fields={
                "month": "sales period",
                "reported": "posted date",
                "service": "store name",
                "kind": "sales type",
                "territory": "country of sale",
                "artist": "artist",
                "title": ("song title", "release title"),
                "release": "release title",
                "label": "label",
                "isrc": ("optional isrc", "tc song id"),
                "upc": ("upc", "optional upc"),
                "quantity": "# units sold",
                "unit_price": "per unit price",
                "net": "net sales",
                "sale_currency": "net sales currency",
                "exchange_rate": "exchange rate",
                "fee": "commission",
                "amount": "total earned",
                "currency": "currency",
            },
            relations=("net = quantity * unit_price", "amount = net * exchange_rate"),
        ),
    )
