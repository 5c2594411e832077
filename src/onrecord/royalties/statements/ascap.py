# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ASCAP statements, domestic and international: works, paid by quarter or by a span of days."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import FULL, Layout
from onrecord.royalties.statements.table import TableReader


class Ascap(TableReader):
    name = "ascap"
    standing = FULL
    layouts: Sequence[Layout] = (
        Layout(
            version="ascap, domestic",
            needed=("work title", "number of plays", "dollars", "performance quarter"),
            fields={
                "month": "performance quarter",
                "reported": "distribution quarter",
                "service": "music user",
                "kind": ("performance type (usage)", "performance source/broadcast medium"),
                "tier": "music user genre",
                "title": "work title",
                "work": "work id",
                "payee": "party name",
                "quantity": "number of plays",
                "amount": "dollars",
            },
            currency="USD",
            right="work",
        ),
        Layout(
            version="ascap, international",
            needed=("work title", "$ amount", "revenue class description"),
            fields={
                "month": ("performance start date", "distribution date"),
                "month_end": "performance end date",
                "reported": "distribution date",
                "service": "licensor",
                "kind": "revenue class description",
                "territory": ("territory", "country name"),
                "title": "work title",
                "work": "work id",
                "payee": "party name",
                "quantity": "number of plays",
                "amount": "$ amount",
            },
            currency="USD",
            right="work",
        ),
    )
