# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRS for Music statements: works, no month and no currency in the rows."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class Prs(TableReader):
    name = "prs"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="prs",
            needed=("record number", "cae number", "work title", "amount (performance revenue)"),
            fields={
                "month": ("period", "usage period", "distribution period"),
                "service": ("usage narrative", "production/library title", "usage"),
                "territory": ("usage territory", "territory", "country"),
                "title": "work title",
                "artist": "ip1",
                "payee": "cae number",
                "work": ("tunecode", "iswc", "record number"),
                "quantity": ("number of usages", "usages"),
                "amount": "amount (performance revenue)",
            },
            right="work",
            order="dmy",
        ),
    )
