# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""iMusician statements: the detailed file, and the summary that has no months and no shops."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class IMusician(TableReader):
    name = "imusician"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="imusician, detail",
            needed=(
                "sales date",
                "statement date",
                "shop",
                "transaction type",
                "country",
                "quantity",
                "revenue",
            ),
            fields={
                "month": "sales date",
                "reported": "statement date",
                "service": "shop",
                "kind": "transaction type",
                "territory": "country",
                "title": ("track title", "release title"),
                "release": "release title",
                "label": "label",
                "isrc": "isrc",
                "upc": "barcode",
                "quantity": "quantity",
                "amount": "revenue",
            },
            order="dmy",
        ),
        Layout(
            version="imusician, summary",
            needed=("release title", "track streams", "total revenue"),
            fields={
                "title": "release title",
                "release": "release title",
                "upc": "barcode",
                "quantity": "track streams",
                "amount": "total revenue",
            },
            standing=PARTIAL,
        ),
    )
