# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SonoSuite statements: gross, costs, taxes and net apart."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class SonoSuite(TableReader):
    name = "sonosuite"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="sonosuite",
            needed=(
                "start_date",
                "end_date",
                "country",
                "currency",
                "units",
                "gross_total",
                "net_total",
                "channel",
            ),
            fields={
                "month": "start_date",
                "month_end": "end_date",
                "reported": "confirmation_report_date",
                "service": "channel",
                "kind": "type",
                "territory": "country",
                "artist": ("artist", "display_artist"),
                "title": ("track_title", "track", "release"),
                "release": "release",
                "label": "label",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "units",
                "unit_price": "unit_price",
                "gross": "gross_total",
                "amount": "net_total",
                "currency": "currency",
            },
            sums={"fee": ("other_costs", "channel_costs", "taxes")},
            order="dmy",
            drop=("user",),
            relations=("gross = quantity * unit_price", "amount = gross - fee"),
        ),
    )
