# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YouTube asset reports: advertising and, with pro rata and subscriber minimum apart, subscriptions."""

from collections.abc import Sequence

from onrecord.royalties.statements.layout import PARTIAL, Layout
from onrecord.royalties.statements.table import TableReader


class YouTube(TableReader):
    name = "youtube"
    standing = PARTIAL
    layouts: Sequence[Layout] = (
        Layout(
            version="youtube, assets",
            service="YouTube",
            needed=(
                "adjustment type",
                "country",
                "asset id",
                "asset title",
                "owned views",
                "partner revenue",
            ),
            fields={
                "month": ("day", "month"),
                "kind": ("adjustment type", "asset type"),
                "territory": "country",
                "artist": "artist",
                "title": "asset title",
                "release": "album",
                "label": "label",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "owned views",
                "amount": "partner revenue",
                "currency": "currency",
            },
        ),
        Layout(
            version="youtube, subscriptions",
            service="YouTube",
            needed=("adjustment type", "country", "asset id", "asset title", "owned views"),
            telling=("partner revenue : pro rata", "partner revenue : per sub min"),
            least=1,
            without=("partner revenue",),
            fields={
                "month": ("day", "month"),
                "kind": ("adjustment type", "asset type"),
                "territory": "country",
                "artist": "artist",
                "title": "asset title",
                "release": "album",
                "label": "label",
                "isrc": "isrc",
                "upc": "upc",
                "quantity": "owned views",
                "currency": "currency",
            },
            sums={"amount": ("partner revenue : pro rata", "partner revenue : per sub min")},
        ),
    )
