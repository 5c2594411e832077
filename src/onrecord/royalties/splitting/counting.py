# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays of one month as tables in DuckDB, each counted once, whatever the number of models that look at it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file

#: Jobs that look at every play, each a SELECT that another engine can run as well, and the table that it makes.
PORTABLE: Final = {"listeners": "listeners", "counts": "plays_of", "sums": "sums", "terms": ""}


class PoolOf(Struct, frozen=True):
    """One pool of the month by its number. `amount`, in units, is None where each listener's fee makes it."""

    pool: int
    amount: int | None
    service: str = ""
    month: str = ""
    territory: str = ""
    tier: str = ""
    right: str = "recording"


class Money(Struct, frozen=True):
    """A pool with what its listeners did, in one unit of counting: streams or seconds.

    amount   units to be paid
    active   of the listeners those who played
    most     what one listener played at most
    idle     units that listeners paid who played nothing; 0 where the pool brings its amount
    highest  the highest fee
    """

    amount: int
    listeners: int
    active: int
    plays: int
    most: int
    idle: int
    highest: int


class Unpaid(Struct, frozen=True):
    """Money of a pool that no payee gets, and why."""

    pool: int
    units: int
    reason: str


class Counts:
    """Counts the view `plays` of one month: pool, listener, payee, recording, plays, seconds, engaged.

    `fee` is what each listener paid in, in units; `own_fees` that of listeners who paid another one. Where `fee` is
    None pools bring their amounts. The table `history` keeps what rules remember of the months before.
    """

    #: By which unit listeners were counted, pairs made and plays of payees summed; where claims come from.
    _unit: str
    _pairs: str
    _counted: str
    _claimed: str

    def __init__(self, duck: Duck, fee: int | None, own_fees: Mapping[str, int] | None = None) -> None:
        self.duck = duck
        self.fee = fee
        self.alike = not own_fees
        self.pools: dict[int, PoolOf] = {}
        #: DuckDB's type of the payees, which keep the type of their column.
        self.payee_kind = "VARCHAR"
        self._forget()
        duck.table(
            "own_fees", {"listener": "VARCHAR", "fee": "HUGEINT"}, as_text(sorted((own_fees or {}).items()))
        )
        for macro in ("quotient", "bucket"):
            self.run(macro)
        duck.run(
            "CREATE OR REPLACE TABLE history (service VARCHAR, recording VARCHAR, month INTEGER, count HUGEINT)"
        )

    def begin(self, pools: Sequence[PoolOf]) -> None:
        """A new month: `plays` was set to its rows."""
        self.pools = {pool.pool: pool for pool in pools}
        self._forget()
        kind = {"pool": "INTEGER", "service": "VARCHAR"}
        self.duck.table("pools", kind, [(pool.pool, pool.service) for pool in pools])
        [(kept,)] = self.duck.run("SELECT typeof(payee) FROM plays LIMIT 1") or [("VARCHAR",)]
        self.payee_kind = str(kept)

    def money(self, unit: str) -> Mapping[int, Money]:
        """The pools with their money, once the listeners were counted by `unit`: `streams` or `seconds`."""
        if unit != self._unit:
            column = "plays" if unit == "streams" else "seconds"
            self.duck.run(
                "CREATE OR REPLACE VIEW counted AS "
                f"SELECT pool, listener, payee, recording, engaged, {column} AS count FROM plays"
            )
            self.by_pool("listeners")
            found = self.run("money_alike" if self.alike else "money", fee=self.fee or 0)
            self._money = {pool: self._money_of(pool, *row) for pool, *row in found}
            self._unit = unit
        return self._money

    def count_tastes(self) -> Mapping[int, Money]:
        """Counts again what does not hang on a model: `plays_of` payees, and the `tastes` of listeners."""
        money = self.money("streams")
        self.count_payees()
        # A share is at most 10^12, and one row's plays at most those of the listener.
        kind = "BIGINT" if all(of.most < 9 * 10**6 for of in money.values()) else "HUGEINT"
        self.duck.run(
            "CREATE OR REPLACE TABLE popular AS "
            f"SELECT o.pool, o.payee, CAST(quotient(o.count * 1000000000000, m.plays) AS {kind}) AS share "
            "FROM plays_of o JOIN (SELECT pool, sum(count) AS plays FROM plays_of GROUP BY pool) m ON m.pool = o.pool"
        )
        self.by_pool("tastes")
        return money

    def count_payees(self) -> None:
        """The table `plays_of`: what each payee's plays add up to."""
        if self._counted != self._unit:
            self.by_pool("counts")
            self._counted = self._unit

    def make_pairs(self) -> None:
        """The table `pairs`: what each listener played of each payee."""
        if self._pairs != self._unit:
            self.run("pairs")
            self._pairs = self._unit

    def claim_plays(self) -> None:
        """Each play claims a part of its listener's money, by all plays of that listener."""
        self.claim("counted", "count")
        self.measure_by_listeners()

    def claim(self, table: str, claim: str) -> None:
        """The view `claims`: what rows of `table` claim, by the column `claim`."""
        self._claimed = table
        self.duck.run(
            f"CREATE OR REPLACE VIEW claims AS SELECT pool, listener, payee, count, {claim} AS claim "
            f"FROM {table} WHERE count > 0"
        )

    def measure_by_listeners(self) -> None:
        """The view `claimants`: claims are measured by what their listener played."""
        self.duck.run("CREATE OR REPLACE VIEW claimants AS SELECT pool, listener, whole FROM listeners")

    def measure_by_claims(self) -> None:
        """The view `claimants`: claims are measured by all claims of their listener."""
        self.run("claim_sums")
        self.duck.run("CREATE OR REPLACE VIEW claimants AS SELECT pool, listener, whole FROM claim_sums")

    def take_sums(self) -> None:
        """`sums` was made; where the claims are plays it has those of payees, which need not be counted again."""
        if self._claimed == "counted":
            self.duck.run("CREATE OR REPLACE TABLE plays_of AS SELECT pool, payee, count FROM sums")
            self._counted = self._unit

    def pay(self, paid: Mapping[int, Mapping[Any, int]]) -> None:
        """The table `paid`, of what was split outside of SQL."""
        rows = [(pool, payee, units) for pool, payees in paid.items() for payee, units in payees.items()]
        self.duck.table(
            "paid", {"pool": "INTEGER", "payee": self.payee_kind, "units": "HUGEINT"}, as_text(rows)
        )

    def by_pool(self, name: str, **parameters: Any) -> None:
        """The job in its short form where the month has one pool."""
        if len(self.pools) == 1:
            self.run(f"{name}_one", pool=next(iter(self.pools)), **parameters)
        else:
            self.run(name, **parameters)

    def run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        if name not in PORTABLE:
            return self.duck.run(sql_file("onrecord.royalties.splitting", name), parameters)
        table, sql = PORTABLE[name], portable_sql(name)
        return self.duck.run(f"CREATE OR REPLACE TABLE {table} AS {sql}" if table else sql, parameters)

    def _forget(self) -> None:
        self._unit = self._pairs = self._counted = self._claimed = ""

    def _money_of(
        self,
        pool: int,
        listeners: int,
        active: int,
        plays: int,
        most: int,
        paid: int,
        by_active: int,
        highest: int,
    ) -> Money:
        given = self.pools[pool].amount
        idle = 0 if given is not None else int(paid) - int(by_active)
        amount = int(paid) if given is None else given
        return Money(amount, int(listeners), int(active), int(plays), int(most), idle, int(highest))


def portable_sql(name: str) -> str:
    return sql_file("onrecord.royalties.splitting", f"portable/{name}")


def as_text(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Whole numbers may be wider than Arrow's own; DuckDB reads them from text without loss."""
    return [tuple(str(cell) if type(cell) is int else cell for cell in row) for row in rows]
