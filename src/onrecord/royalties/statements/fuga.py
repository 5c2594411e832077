# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""FUGA statements of two generations, also under the names of distributors that use FUGA."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader

_SHARED = {
    "month": ("sale start date", "sales period", "sale end date"),
    "month_end": "sale end date",
    "reported": ("report run date", "statement period", "report date"),
    "service": ("dsp", "sale store name", "store name"),
    "kind": ("sale type", "product type"),
    "tier": ("sale user type", "user type"),
    "territory": ("territory", "sale territory"),
    "artist": ("asset artist", "product artist", "artist"),
    "title": ("asset title", "product title"),
    "release": "product title",
    "label": ("product label", "label"),
    "isrc": ("asset isrc", "isrc"),
    "upc": ("product upc", "upc"),
    "exchange_rate": "exchange rate",
    "share": "contract deal term",
    "amount": "reported royalty",
    "currency": "currency",
}


class Fuga(TableReader):
    name = "fuga"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="fuga A",
            needed=("royalty id", "sale net receipts", "contract deal term", "reported royalty", "sale id"),
            fields={**_SHARED, "quantity": "quantity", "net": "sale net receipts"},
            share="either",
            relations=("amount = net * share",),
        ),
        Layout(
            version="fuga B",
            needed=(
                "sale id",
                "original gross income",
                "converted gross income",
                "reported royalty",
                "report run id",
            ),
            without=("royalty id",),
            fields={
                **_SHARED,
                "quantity": ("asset quantity", "product quantity"),
                "gross": "original gross income",
                "net": "converted gross income",
                "sale_currency": "original currency",
            },
            share="either",  # a workbook holds 85% as 0.85
            relations=("net = gross * exchange_rate", "amount = net * share"),
            standing=FULL,
        ),
    )
