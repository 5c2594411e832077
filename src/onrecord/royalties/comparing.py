# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs payout models over the same plays and says what each pays, month by month, in bounded memory.

The answer is a value without times or places: the same input, options and version give the same bytes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from onrecord import __version__
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.spark import Spark
from onrecord.errors import PluginInvalid, UsageError
from onrecord.royalties import loading
from onrecord.royalties.comparison import Comparison, Nobody, Options, Outcome, PoolRow, Record, Rows
from onrecord.royalties.metrics import (
    Interval,
    change,
    concentration,
    figures,
    intervals,
    popularity,
    subsidy,
)
from onrecord.royalties.models.settings import INACTIVE
from onrecord.royalties.pools import Unit, read_pools, said
from onrecord.royalties.reading_plays import KEYS, LISTED, Plays, read_plays
from onrecord.royalties.seams import PayoutModel
from onrecord.royalties.splitting.counting import Counts, Money, PoolOf, Unpaid
from onrecord.royalties.splitting.on_spark import SparkCounts
from onrecord.royalties.splitting.rules import in_order, split

#: Cumulated chances of a Poisson variable with mean 1, as parts of 2^64: how often a listener is drawn.
_POISSON: Final = (
    6786177901268885274, 13572355802537770549, 16965444753172213186, 18096474403383694065,
    18379231815936564285, 18435783298447138329, 18445208545532234003, 18446555009401533385,
)  # fmt: skip


def compare(
    path: Path,
    options: Options,
    duck: Duck,
    spill: Path,
    out: Path | None = None,
    spark: Spark | None = None,
) -> Comparison:
    """Split the money of the plays in `path` by every model of `options`; with `out`, write what each pool pays too.
    With `spark` the plays are counted there."""
    plays = read_plays(duck, path, spill)
    run = Run(duck, plays, options, elsewhere=(spark, spill) if spark else None)
    run.all_months(out)
    intervals_of = run.bootstrap() if options.bootstrap else {}
    return run.answer(intervals_of)


class _Tally:
    """What adds up over the months, beside the tables."""

    def __init__(self, models: Sequence[str]) -> None:
        self.nobody: dict[str, dict[str, int]] = {name: {} for name in models}
        self.amounts: dict[tuple[str, int], int] = {}
        self.rows: list[PoolRow] = []
        self.popular: list[tuple[Any, ...]] = []
        self.subsidies: list[tuple[Any, ...]] = []


class Run:
    """One comparison at work over the view `input`; attacks run two of them."""

    def __init__(
        self,
        duck: Duck,
        plays: Plays,
        options: Options,
        own_fees: Mapping[str, int] | None = None,
        elsewhere: tuple[Spark, Path] | None = None,
    ) -> None:
        self.duck, self.plays, self.options, self._elsewhere = duck, plays, options, elsewhere
        self._tally = _Tally([])
        self.unit = Unit(options.unit)
        self.notes: list[str] = []
        self.pools_sha256 = ""
        self.models, self._given = self._models()
        self.baseline = options.baseline or (
            "pro-rata" if "pro-rata" in self.models else next(iter(self.models))
        )
        if self.baseline not in self.models:
            raise UsageError(
                f"baseline: expected one of the models {', '.join(self.models)}, got {self.baseline!r}"
            )
        fee = self.unit.units(options.fee, "fee") if options.fee else None
        self.fee, self._own_fees = fee, own_fees
        self.pools = self._pools()
        self._numbers = {name: number for number, name in enumerate(self.models)}
        duck.run("SET preserve_insertion_order=false")
        self._reset()

    def all_months(self, out: Path | None = None, source: str = "input", look: bool = True) -> None:
        """Split every pool by every model; the tables `earned` and, after a `look`, `heard` then hold sums by payee."""
        months = sorted({pool.month for pool in self.pools})
        for month in months:
            here = [pool for pool in self.pools if pool.month == month]
            self._see(source, month, here)
            self._counts.begin(here)
            if not self._counts.money("streams"):
                continue
            self._account(here)
            for name, model in in_order(self.models.items()):
                self._check_idle(name, model)
                self._book(name, here, split(self._counts, model))
                if out is not None:
                    self._write(out, month, name)
            if look:
                self._look()
            self._gather(4)
        self._gather(1)

    def earned(self, name: str) -> dict[str, int]:
        """Units by payee."""
        rows = self.duck.run(
            "SELECT payee, units FROM earned WHERE model = $model ORDER BY payee",
            {"model": self._numbers[name]},
        )
        return {str(payee): int(units) for payee, units in rows}

    def due(self) -> int:
        """Units that all pools have together."""
        return sum(self._tally.amounts.values())

    def bootstrap(self) -> dict[str, dict[str, Interval]]:
        """Percentile intervals: the whole comparison over listeners drawn with replacement, so often as was asked."""
        self._keep("earned", "heard")
        kept = self._tally
        drawn: dict[str, list[dict[str, float]]] = {name: [] for name in self.models}
        self.duck.table("steps", {"at": "UBIGINT"}, [(str(at),) for at in _POISSON])
        for draw in range(self.options.bootstrap):
            self._run("copies", seed=self.options.seed, draw=draw)
            self.duck.run(
                "CREATE OR REPLACE VIEW redrawn AS SELECT i.* EXCLUDE (listener), "
                "CAST(i.listener AS VARCHAR) || '#' || c.copy AS listener "
                "FROM input i JOIN copies c ON c.listener = i.listener"
            )
            self._reset()
            self.all_months(source="redrawn", look=False)
            base = self.earned(self.baseline)
            for name in self.models:
                drawn[name].append(figures(self.earned(name), base))
        self._keep("earned", "heard", back=True)
        self._tally = kept
        return {name: intervals(figures) for name, figures in drawn.items()}

    def answer(self, intervals_of: Mapping[str, Mapping[str, Interval]]) -> Comparison:
        heard = {
            str(payee): (int(plays), int(listeners))
            for payee, plays, listeners in self.duck.run(
                "SELECT payee, plays, listeners FROM heard ORDER BY payee"
            )
        }
        base = self.earned(self.baseline)
        outcomes = {}
        for name in self.models:
            paid = base if name == self.baseline else self.earned(name)
            outcomes[name] = Outcome(
                settings=self._given[name],
                paid=self.unit.text(sum(paid.values())),
                nobody=tuple(
                    Nobody(why, self.unit.text(units))
                    for why, units in sorted(self._tally.nobody[name].items())
                ),
                payees=len(paid),
                concentration=concentration(paid, heard),
                change=None if name == self.baseline else change(base, paid, heard, self.unit),
                subsidy=subsidy(name, self.models[name], self._tally.subsidies, self.unit)
                if not self._own_fees
                else None,
                intervals=dict(intervals_of.get(name, {})),
                payouts={payee: self.unit.text(units) for payee, units in paid.items()},
            )
        read = self.plays
        return Comparison(
            rows=Rows(read.rows, read.kept, read.refused, read.listed, LISTED, read.columns, read.ignored),
            total=self.unit.text(self.due()),
            pools=tuple(self._tally.rows),
            baseline=self.baseline,
            popularity=popularity(self._tally.popular),
            models=outcomes,
            record=self.record(),
        )

    def record(self) -> Record:
        return Record(
            version=__version__,
            files=self.plays.files,
            pools_sha256=self.pools_sha256,
            options=structs.replace(self.options, pools=Path(self.options.pools).name),
            notes=tuple(self.notes),
        )

    # What is asked

    def _models(self) -> tuple[dict[str, PayoutModel], dict[str, dict[str, str]]]:
        if not self.options.models:
            raise UsageError("expected at least one --model", hint=_names())
        loaded = loading.load_models().loaded
        unknown = [name for name in [*self.options.models, *self.options.settings] if name not in loaded]
        if unknown:
            raise UsageError(f"no payout model is called {unknown[0]!r}", hint=_names())
        unused = sorted(set(self.options.settings) - set(self.options.models))
        if unused:
            raise UsageError(f"an option of {unused[0]} was given, but not --model {unused[0]}")
        models, given = {}, {}
        for name in dict.fromkeys(self.options.models):
            settings = dict(self.options.settings.get(name, {}))
            self._check_columns(name, settings)
            given[name] = dict(settings)
            models[name] = _made(loaded[name], settings)
        return models, given

    def _check_columns(self, name: str, settings: Mapping[str, str]) -> None:
        by_time = settings.get("unit", "seconds" if name == "fan-powered" else "streams") == "seconds"
        if by_time and not self.plays.has("seconds"):
            raise UsageError(
                f"{name}: it counts by time, and the plays have no column `seconds`",
                hint=f"add the column, or count plays: --option {name}.unit=streams",
            )
        if name == "artist-centric" and not self.plays.has("engaged"):
            self.notes.append(
                "artist-centric: the plays have no column `engaged`, so none counts as asked for"
            )
        if name == "threshold" and not self.plays.has("recording"):
            self.notes.append("threshold: the plays have no column `recording`, so the rule is by artist")

    def _check_idle(self, name: str, model: PayoutModel) -> None:
        """Nothing is guessed for the inactive: where there are none, nothing has to be said either."""
        if not hasattr(model, "inactive") or "inactive" in self._given[name] or self.fee is None:
            return
        idle = sum(
            money.idle for money in self._counts.money(str(getattr(model, "unit", "streams"))).values()
        )
        if idle:
            choices = "; ".join(f"{key}: {meaning}" for key, meaning in INACTIVE.items())
            raise UsageError(
                f"{name}: inactive: {self.unit.text(idle)} were paid by listeners who played nothing, and no published "
                f"rule says where it goes; expected --option {name}.inactive=" + "|".join(INACTIVE),
                hint=choices,
            )

    def _pools(self) -> list[PoolOf]:
        given = [bool(self.options.fee), bool(self.options.pools), bool(self.options.amount)]
        if sum(given) != 1:
            raise UsageError(
                "expected one of --fee, --pool and --pool-amount", hint="what is there to be split?"
            )
        found = self.plays.pools
        amounts = self._amounts_of(found, [key for key in KEYS if self.plays.has(key)])
        pools, numbers = [], dict[str, int]()
        for key in found:
            service, month, territory, tier, right = key
            number = numbers[month] = numbers.get(month, -1) + 1
            pools.append(PoolOf(number, amounts.get(key), service, month, territory, tier, right))
        return pools

    def _amounts_of(
        self, found: Sequence[tuple[str, ...]], present: Sequence[str]
    ) -> dict[tuple[str, ...], int]:
        if self.options.fee:
            return {}
        if self.options.amount:
            if len(found) > 1:
                raise UsageError(
                    f"--pool-amount is the money of one pool, and the plays have {len(found)} by {', '.join(present)}",
                    hint="give the amount of each with --pool FILE",
                )
            return {key: self.unit.units(self.options.amount, "pool-amount") for key in found}
        from onrecord.durable import sha256_of

        path = Path(self.options.pools)
        self.pools_sha256 = sha256_of(path)
        amounts = read_pools(path, self.unit, present)
        missing = [key for key in found if key not in amounts]
        if missing:
            raise UsageError(
                f"{path}: expected a pool for all plays; there is none for {said(missing[0])}"
                + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
            )
        for key in sorted(set(amounts) - set(found)):
            self.notes.append(f"pool {said(key)}: {self.unit.text(amounts[key])}, and no play; left out")
        return amounts

    # The months

    def _reset(self) -> None:
        self.duck.table("earned", {"model": "INTEGER", "payee": "VARCHAR", "units": "HUGEINT"}, [])
        self.duck.table("heard", {"payee": "VARCHAR", "plays": "HUGEINT", "listeners": "BIGINT"}, [])
        if self._elsewhere:
            self._counts: Counts = SparkCounts(self.duck, self.fee, self._own_fees, *self._elsewhere)
        else:
            self._counts = Counts(self.duck, self.fee, self._own_fees)
        self._tally = _Tally(list(self.models))
        self._gathered = 0

    def _see(self, source: str, month: str, here: Sequence[PoolOf]) -> None:
        keys = [key for key in KEYS if key != "month" and self.plays.has(key)]
        kinds = {"pool": "INTEGER", **dict.fromkeys(keys, "VARCHAR")}
        self.duck.table("keys", kinds, [(pool.pool, *(getattr(pool, key) for key in keys)) for pool in here])
        joined = " AND ".join(f'k."{key}" = i."{key}"' for key in keys)
        where = f" WHERE i.month = '{month}'" if self.plays.has("month") else ""
        columns = "i.listener, i.payee, i.recording, i.plays, i.seconds, i.engaged"
        if len(here) == 1:
            self.duck.run(
                f"CREATE OR REPLACE VIEW plays AS SELECT 0 AS pool, {columns} FROM {source} i{where}"
            )
        else:
            self.duck.run(
                f"CREATE OR REPLACE VIEW plays AS SELECT k.pool, {columns} "
                f"FROM {source} i JOIN keys k ON {joined}{where}"
            )

    def _account(self, here: Sequence[PoolOf]) -> None:
        money = self._counts.money("streams")
        for pool in here:
            if pool.pool in money:
                of = money[pool.pool]
                self._tally.amounts[pool.month, pool.pool] = of.amount
                self._tally.rows.append(self._pool_row(pool, of))

    def _look(self) -> None:
        """What does not hang on a model: who was heard, what heavy and light listeners play, what they put in."""
        money = self._counts.count_tastes()
        self._run("listeners_of")
        self._tally.popular += self._run("popularity")
        self.duck.table(
            "amounts",
            {"pool": "INTEGER", "amount": "HUGEINT"},
            [(pool, str(of.amount)) for pool, of in money.items()],
        )
        self._tally.subsidies += self._run("subsidies", by_fee=self.fee is not None, fee=self.fee or 0)

    def _pool_row(self, pool: PoolOf, of: Money) -> PoolRow:
        return PoolRow(
            service=pool.service,
            month=pool.month,
            territory=pool.territory,
            tier=pool.tier,
            right=pool.right,
            amount=self.unit.text(of.amount),
            plays=of.plays,
            listeners=of.listeners,
        )

    def _book(self, name: str, here: Sequence[PoolOf], unpaid: Sequence[Unpaid]) -> None:
        for each in unpaid:
            if each.units:
                self._tally.nobody[name][each.reason] = (
                    self._tally.nobody[name].get(each.reason, 0) + each.units
                )
        [(paid,)] = self.duck.run("SELECT coalesce(sum(units), 0) FROM paid")
        due = sum(self._tally.amounts.get((pool.month, pool.pool), 0) for pool in here)
        if int(paid) + sum(each.units for each in unpaid) != due:
            raise PluginInvalid(
                f"{name}: expected payouts that add up to {self.unit.text(due)}, got {self.unit.text(int(paid))}",
                hint="the model breaks its contract; `onrecord.testing.check_payout_model` says where",
            )
        self._run("add_paid", model=self._numbers[name])

    def _gather(self, times: int) -> None:
        """Add up what payees earned once there are `times` as many rows as the last time, so that it costs little."""
        [(rows,)] = self.duck.run("SELECT count(*) FROM earned")
        if rows > times * self._gathered:
            self._run("gather")
            [(self._gathered,)] = self.duck.run("SELECT count(*) FROM earned")

    def _write(self, out: Path, month: str, name: str) -> None:
        self.duck.export(
            "SELECT pool, CAST(payee AS VARCHAR) AS payee, CAST(units AS DECIMAL(38, 0)) AS units "
            "FROM paid ORDER BY 1, 2",
            out / "payouts" / f"{month or 'all'}-{name}.parquet",
        )
        self.duck.run("SET preserve_insertion_order=false")

    def _run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.duck.run(sql_file("onrecord.royalties", name), parameters)

    def _keep(self, *tables: str, back: bool = False) -> None:
        for table in tables:
            source, target = (f"kept_{table}", table) if back else (table, f"kept_{table}")
            self.duck.run(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {source}")


def _made(model: type[PayoutModel], settings: Mapping[str, str]) -> PayoutModel:
    """The model; where it asks what happens to the inactive, it is asked again once it is known that there are any."""
    if "inactive" in settings or "inactive" not in getattr(model, "defaults", {}):
        return model(settings)
    return model({**settings, "inactive": "retain"})


def _names() -> str:
    return f"installed models: {', '.join(loading.load_models().loaded)}"
