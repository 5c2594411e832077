# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seams of the open books: statement readers and payout models. `onrecord.testing` checks both."""

from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Protocol

from onrecord.model.royalties import Payout, Play, Pool, StatementRow


class StatementReader(Protocol):
    """Reads the royalty statements of one distributor, service or society, in all the shapes it has had.

    It is found by an entry point in the group `onrecord.statement_readers`, whose name equals the class's `name`, and
    is constructed without arguments.
    """

    name: str

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether `head`, the first bytes of a file (up to 64 KiB, cut off anywhere), looks like such a statement.

        The columns decide; `name`, the file's name, may only help. At most one installed reader should say yes.
        """
        ...

    def read(self, stream: BinaryIO) -> Iterator[StatementRow]:
        """Every row of the statement in its order, lazily; memory does not grow with the file.

        Money is Decimal, with every digit that the statement has; nothing is rounded, converted, merged or left out:
        rows that are alike are all given, and rows that are no sale are pools or notes. Whatever the bytes are, it does
        not raise: a row that cannot be read is a LineRejected, and reading goes on behind it. The same bytes give the
        same rows. What a statement says about buyers is left out of `cells`.
        """
        ...


class PayoutModel(Protocol):
    """A rule that splits a pool.

    It is found by an entry point in the group `onrecord.payout_models`, whose name equals the class's `name`.
    """

    name: str

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Where the rule leaves something open, a setting decides it; where no default is fair, it has no default,
        and its absence raises UsageError with the choices."""

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        """Payouts in the order of their payees, in whole units of the pool, adding up to `pool.amount` exactly.

        What is left after rounding down goes, one unit each, to the largest remainders; of equal ones to the payee
        first in order. The order of plays, and how they are cut into pieces, changes nothing. Money that the rule
        gives to nobody is a payout to "" with the reason. A negative pool, play or fee raises UsageError.
        """
        ...
