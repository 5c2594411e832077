# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Believe Digital statements: semicolons, mostly a decimal comma, headers in the language of the account."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader

_INDONESIAN = {
    "reporting month": "bulan laporan", "sales month": "bulan penjualan", "platform": "platform",
    "country / region": "negara", "label name": "nama label", "artist name": "nama artis",
    "release title": "judul rilis", "track title": "judul track", "upc": "upc", "isrc": "isrc",
    "streaming subscription type": "jenis langganan streaming", "sales type": "jenis penjualan",
    "quantity": ("kuantias", "kuantitas"), "client payment currency": "mata uang pembayaran klien",
    "unit price": "harga unit", "mechanical fee": "biaya mekanis", "gross revenue": "pendapatan kotor",
    "client share rate": "tingkat pembagian klien", "net revenue": "pendapatan bersih",
}  # fmt: skip
_FIELDS = {
    "month": "sales month", "reported": "reporting month", "service": "platform", "kind": "sales type",
    "tier": "streaming subscription type", "territory": "country / region", "artist": "artist name",
    "title": "track title", "release": "release title", "label": "label name", "isrc": "isrc", "upc": "upc",
    "quantity": "quantity", "currency": "client payment currency", "unit_price": "unit price",
    "fee": "mechanical fee", "gross": "gross revenue", "share": "client share rate", "amount": "net revenue",
}  # fmt: skip
_RELATIONS = ("gross = quantity * unit_price", "amount = gross * share")


class Believe(TableReader):
    name = "believe"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="believe, English",
            needed=("sales month", "platform", "country / region", "client payment currency", "net revenue"),
            fields=_FIELDS,
            order="dmy",
            share="either",
            relations=_RELATIONS,
        ),
        Layout(
            version="believe, Indonesian",
            needed=(
                "bulan penjualan",
                "platform",
                "negara",
                "mata uang pembayaran klien",
                "pendapatan bersih",
            ),
            fields={field: _INDONESIAN[column] for field, column in _FIELDS.items()},
            order="dmy",
            share="either",
            relations=_RELATIONS,
        ),
    )
