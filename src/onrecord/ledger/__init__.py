# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log, which is the truth about what was committed, and the ledger, an index over it that can be rebuilt."""

from onrecord.ledger.ledger import (
    BlobRow,
    DepositRow,
    Followed,
    Ledger,
    LedgerDamaged,
    LinkedEvidence,
    PictureMark,
    Plan,
    Possession,
    RecordMark,
    Rows,
    RulingMark,
    Segment,
    Validators,
    Vouched,
    Withdrawn,
)
from onrecord.ledger.lock import alone, holder, writing
from onrecord.ledger.log import Entry, Log

__all__ = [
    "BlobRow",
    "DepositRow",
    "Entry",
    "Followed",
    "Ledger",
    "LedgerDamaged",
    "LinkedEvidence",
    "Log",
    "PictureMark",
    "Plan",
    "Possession",
    "RecordMark",
    "Rows",
    "RulingMark",
    "Segment",
    "Validators",
    "Vouched",
    "Withdrawn",
    "alone",
    "holder",
    "writing",
]
