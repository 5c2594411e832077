# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log, which is the truth about what was committed, and the ledger, an index over it that can be rebuilt."""

from onrecord.ledger.ledger import Ledger, LedgerDamaged
from onrecord.ledger.lock import alone, holder, writing
from onrecord.ledger.log import Entry, Log
from onrecord.ledger.rows import (
    BlobRow,
    DepositRow,
    Followed,
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
