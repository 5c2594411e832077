# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of plays that may leave: bounded by listener, with noise and a threshold from OpenDP, against a stated budget.

The unit is one listener's month: whoever reads what is published learns next to nothing of whether somebody's month was
in it. A listener of many months gives away as many times that. Noise comes from the system: no release is repeatable.
"""

import importlib
import json
import math
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import csv_file, parquet
from onrecord.errors import OnrecordError, UsageError

#: Most epsilon that one release may spend.
MOST_EPSILON: Final = Decimal(1)
MOST_DELTA: Final = Decimal("0.00001")
#: A count of fewer listeners is not published, whatever the noise would allow.
LEAST_LISTENERS: Final = 20
_COLUMNS: Final = ("listener", "month", "artist", "plays")
#: A cell that starts so would be a formula in a spreadsheet; an apostrophe before it makes it text.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Bounds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one listener can add in one month: so many artists, so many plays of each."""

    artists: int = 10
    plays: int = 30


class Guarantee(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a release spends: half of epsilon on the listeners of an artist with all of delta, half on the plays."""

    epsilon: Decimal
    delta: Decimal = Decimal("0.000001")


class Count(Struct, frozen=True):
    month: str
    artist: str
    plays: int
    listeners: int


class Release(Struct, frozen=True, kw_only=True):
    """What may be published, and how it was made. Counts are noisy; of an artist that is missing nothing is said."""

    counts: tuple[Count, ...]
    epsilon: Decimal
    delta: Decimal
    bounds: Bounds
    threshold: int
    listeners_scale: float
    plays_scale: float
    library: str
    unit: str = "a listener's month"

    def csv(self) -> str:
        rows = ["month,artist,plays,listeners"]
        rows += [f"{each.month},{_cell(each.artist)},{each.plays},{each.listeners}" for each in self.counts]
        return "\n".join(rows) + "\n"

    def how(self) -> str:
        """How it was made, for those who read the counts; nothing of the plays themselves, such as a digest."""
        said: dict[str, Any] = {
            "schema": "onrecord.royalties.aggregates/1",
            "unit": self.unit,
            "epsilon": str(self.epsilon),
            "delta": str(self.delta),
            "most_artists_of_a_listener_month": self.bounds.artists,
            "most_plays_of_each": self.bounds.plays,
            "least_noisy_listeners": self.threshold,
            "noise_scale_of_listeners": self.listeners_scale,
            "noise_scale_of_plays": self.plays_scale,
            "library": self.library,
        }
        return json.dumps(said, indent=1, sort_keys=True) + "\n"


def bounded_counts(plays: Path, bounds: Bounds, spill: Path | None = None) -> list[Count]:
    """Exact counts of bounded plays: an input of `release`, and not to be shown to anybody.

    `plays` is CSV or Parquet with the columns listener, month, artist and plays. A row that cannot be read stops it.
    """
    with plays.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        duck = Duck(Path(folder), memory="2GB")
        try:
            _load(duck, plays, is_parquet)
            limits = {"artists": bounds.artists, "plays": bounds.plays}
            return [Count(*row) for row in duck.run(sql_file("onrecord.royalties", "bounded_plays"), limits)]
        finally:
            duck.close()


def release(counts: list[Count], bounds: Bounds, guarantee: Guarantee) -> Release:
    """Noisy counts of those artists that enough listeners played. Spend the budget before: each call is a release."""
    check(bounds, guarantee)
    dp = library()
    half = float(guarantee.epsilon / 2)
    by_key = {(count.month, count.artist): count for count in counts}
    heard, threshold, listeners_scale = _noisy_listeners(
        dp, {key: count.listeners for key, count in by_key.items()}, bounds, half, float(guarantee.delta)
    )
    keys = sorted(heard)
    # Which keys are asked for is known from the first half already, so that this half needs no threshold.
    noisy, plays_scale = _noisy_plays(dp, [by_key[key].plays for key in keys], bounds, half)
    return Release(
        counts=tuple(Count(*key, max(plays, 0), heard[key]) for key, plays in zip(keys, noisy, strict=True)),
        epsilon=guarantee.epsilon,
        delta=guarantee.delta,
        bounds=bounds,
        threshold=threshold,
        listeners_scale=listeners_scale,
        plays_scale=plays_scale,
        library=f"opendp {version('opendp')}",
    )


def check(bounds: Bounds, guarantee: Guarantee) -> None:
    """Refuses what would protect nobody."""
    if not 0 < guarantee.epsilon <= MOST_EPSILON:
        raise UsageError(f"epsilon: expected more than 0 and at most {MOST_EPSILON}, got {guarantee.epsilon}")
    if not 0 < guarantee.delta <= MOST_DELTA:
        raise UsageError(f"delta: expected more than 0 and at most {MOST_DELTA:f}, got {guarantee.delta}")
    if not (1 <= bounds.artists <= 1000 and 1 <= bounds.plays <= 10_000):
        raise UsageError(
            "bounds: expected 1 to 1,000 artists and 1 to 10,000 plays of each, got "
            f"{bounds.artists} and {bounds.plays}"
        )


def library() -> Any:
    """OpenDP, with what it calls contributed switched on: its proofs are written, their audit is not complete."""
    try:
        dp = importlib.import_module("opendp.prelude")
    except ImportError as error:
        raise OnrecordError(
            "aggregates are published through OpenDP alone, and it is not installed here",
            hint="pip install opendp",
        ) from error
    dp.enable_features("contrib")
    return dp


def _noisy_listeners(
    dp: Any, listeners: Mapping[tuple[str, str], int], bounds: Bounds, epsilon: float, delta: float
) -> tuple[dict[tuple[str, str], int], int, float]:
    """(noisy listeners of the keys above the threshold, threshold, scale): a listener adds 1 to at most N keys."""
    domain = dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T=dp.i64))
    metric = dp.l01inf_distance(dp.absolute_distance(T=dp.i64))
    reach = (bounds.artists, bounds.artists, 1)
    scale = bounds.artists / epsilon

    def made(threshold: int) -> Any:
        return dp.m.make_laplace_threshold(domain, metric, scale, threshold)

    while made(2**40).map(reach)[0] > epsilon:
        scale = math.nextafter(scale * (1 + 1e-12), math.inf)
    threshold = LEAST_LISTENERS
    while made(threshold).map(reach)[1] > delta:
        threshold += max(1, threshold // 50)
    # A month has seven characters, so that it comes apart from the name again.
    found = made(threshold)({month + artist: count for (month, artist), count in listeners.items()})
    return {(key[:7], key[7:]): count for key, count in found.items()}, threshold, scale


def _noisy_plays(dp: Any, plays: list[int], bounds: Bounds, epsilon: float) -> tuple[list[int], float]:
    """Noisy plays: a listener adds at most N times K to all of them together."""
    domain = dp.vector_domain(dp.atom_domain(T=dp.i64))
    reach = bounds.artists * bounds.plays
    scale = reach / epsilon
    while (noise := dp.m.make_laplace(domain, dp.l1_distance(T=dp.i64), scale)).map(reach) > epsilon:
        scale = math.nextafter(scale * (1 + 1e-12), math.inf)
    return (list(noise(plays)) if plays else []), scale


def _load(duck: Duck, plays: Path, is_parquet: bool) -> None:
    """The rows as a table called plays."""
    reader = parquet(plays) if is_parquet else csv_file(plays, "all_varchar = true", "header = true")
    columns = {name for name, *_ in duck.run(f"DESCRIBE SELECT * FROM {reader}")}
    if missing := [name for name in _COLUMNS if name not in columns]:
        raise UsageError(
            f"{plays}: no column {', '.join(missing)}: expected {', '.join(_COLUMNS)}",
            hint="what a listener gives away is bounded by month, so each row needs its month",
        )
    duck.run(
        "CREATE TABLE plays AS SELECT listener::VARCHAR AS listener, month::VARCHAR AS month, "
        f"trim(artist::VARCHAR) AS artist, TRY_CAST(plays AS BIGINT) AS plays FROM {reader}"
    )
    [(wrong,)] = duck.run(
        "SELECT count(*) FROM plays WHERE coalesce(listener, '') = '' OR coalesce(artist, '') = '' OR plays IS NULL "
        "OR plays NOT BETWEEN 0 AND 1000000000 OR NOT regexp_full_match(coalesce(month, ''), '\\d{4}-(0[1-9]|1[0-2])')"
    )
    if wrong:
        raise UsageError(
            f"{plays}: {wrong:,} rows without a listener, an artist, a month as YYYY-MM, or plays as a whole number "
            "from 0 to 10^9: expected none"
        )


def _cell(text: str) -> str:
    """A cell of CSV that no spreadsheet takes for a formula; `histories.market` reads it back."""
    text = " ".join(text.split())
    text = f"'{text}" if text.startswith(FORMULA) else text
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if any(char in text for char in '",\n\r') else text
