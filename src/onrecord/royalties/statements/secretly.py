# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secretly Distribution ("SD digital") statements: gross, fee and net all there; no currency named."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class Secretly(TableReader):
    name = "secretly"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="secretly",
            needed=(
                "total gross income",
                "distribution fee total",
                "label net unit price",
                "label net total",
            ),
            fields={
                "month": ("invoice date", "sale period", "datepaidlast"),
                "reported": "datepaidlast",
                "service": "customer",
                "tier": "digital service provider_subdescription",
                "kind": ("transaction type", "format"),
                "territory": "country code",
                "artist": "artist",
                "title": ("title_description", "product title"),
                "release": "product title",
                "isrc": ("isrc", "product id"),
                "upc": "upc",
                "quantity": "quantity",
                "unit_price": "gross unit price",
                "gross": "total gross income",
                "fee": "distribution fee total",
                "amount": "label net total",
            },
            relations=("gross = quantity * unit_price", "amount = gross - fee"),
        ),
    )
