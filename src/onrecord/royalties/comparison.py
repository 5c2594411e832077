# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison of payout models is asked, and what it answers; money in words, so that no digit is lost."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from onrecord.royalties.metrics import Change, Concentration, Interval, Popularity, Subsidy


class Options(Struct, frozen=True, kw_only=True):
    """What was asked. Money is in words, as it was given; one of `fee`, `pools` and `amount` is."""

    models: tuple[str, ...]
    settings: Mapping[str, Mapping[str, str]] = {}
    fee: str = ""
    pools: str = ""
    amount: str = ""
    unit: str = "0.000001"
    baseline: str = ""
    bootstrap: int = 0
    seed: int = 1


class Nobody(Struct, frozen=True):
    """Money that no payee gets, by the rule's own reason."""

    reason: str
    amount: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What one model pays."""

    settings: Mapping[str, str]
    paid: str
    nobody: tuple[Nobody, ...]
    payees: int
    concentration: Concentration
    change: Change | None
    subsidy: Subsidy | None
    intervals: Mapping[str, Interval]
    payouts: Mapping[str, str]


class PoolRow(Struct, frozen=True, kw_only=True):
    service: str
    month: str
    territory: str
    tier: str
    right: str
    amount: str
    plays: int
    listeners: int


class Record(Struct, frozen=True, kw_only=True):
    """From which anybody gets the same bytes."""

    version: str
    files: tuple[tuple[str, str], ...]
    pools_sha256: str
    options: Options
    notes: tuple[str, ...]


class Rows(Struct, frozen=True):
    read: int
    kept: int
    refused: int
    listed: tuple[Any, ...]
    listed_at_most: int
    columns: tuple[str, ...]
    ignored: tuple[str, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    rows: Rows
    total: str
    pools: tuple[PoolRow, ...]
    baseline: str
    popularity: Popularity
    models: Mapping[str, Outcome]
    record: Record
