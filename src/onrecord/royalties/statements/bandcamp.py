# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bandcamp sales reports. What they say about buyers is dropped as a row is read; payouts are no sales."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class Bandcamp(TableReader):
    name = "bandcamp"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="bandcamp",
            service="Bandcamp",
            needed=("date", "item type", "item name", "artist", "currency", "quantity", "net amount"),
            telling=("bandcamp transaction id", "paid to", "sub total", "amount you received", "item url"),
            least=2,
            fields={
                "month": "date",
                "reported": "date",
                "kind": "item type",
                "territory": "country code",
                "artist": "artist",
                "title": "item name",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "quantity",
                "unit_price": "item price",
                "gross": "item total",
                "amount": "net amount",
                "currency": "currency",
            },
            sums={"fee": ("transaction fee", "assessed revenue share")},
            notes=(
                (
                    "item type",
                    ("payout", "collected to cover your revenue share balance", "revenue share", "pending payout"),
                    "payout",
                ),
            ),
            drop=(
                "buyer", "paypal transaction", "ship to", "shipping address", "destination", "street", "city",
                "region/state", "state", "zip", "postal", "phone", "referer", "referrer", "ip ", "paid to",
                "customer", "email", "note",
            ),
        ),
    )  # fmt: skip
