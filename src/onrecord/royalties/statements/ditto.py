# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ditto Music statements. Rows with nothing but an ISRC sum up others."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class Ditto(TableReader):
    name = "ditto"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="ditto",
            needed=("tracktitle", "artistname", "storename", "startdate", "enddate", "netearnings"),
            fields={
                "month": "startdate",
                "month_end": "enddate",
                "service": "storename",
                "kind": "commissiontype",
                "territory": ("country", "territory"),
                "artist": "artistname",
                "title": ("tracktitle", "releasetitle"),
                "release": "releasetitle",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": ("quantity", "units", "streams"),
                "gross": "earnings",
                "share": "splits %",
                "amount": "netearnings",
            },
            totals=("tracktitle", "artistname", "storename", "startdate"),
            order="dmy",
        ),
    )
