# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes populations of listeners, for tests and benchmarks: the same seed gives the same plays.

How one is made. Each listener has a number of plays, log-normal around `plays` with `spread` (the standard deviation of
its logarithm), and belongs to a scene. Each draw of an artist is, with chance `loyalty`, from the listener's own scene,
else from all; artists are ranked by a bounded power law, rank r as often as r^-`zipf`. `correlation` ties how much a
listener plays to what: it adds `correlation` times the listener's standardised log-volume to the exponent, so that
above 0 heavy listeners play more of the popular artists, below 0 less. A drawn artist is played several times,
geometrically with mean `repeats`. Listeners of the first scene play `scene_volume` times as much as others: above 1 it
is a scene of heavy listeners (as rap is said to be), below 1 one of light listeners (as local music may be).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

#: Listeners are made in groups of so many, each from a seed of its own, so that memory does not grow.
_GROUP: Final = 50_000


class Population(Struct, frozen=True, kw_only=True):
    """What is made; see the module. Artist a belongs to scene a mod `scenes`."""

    listeners: int
    artists: int
    seed: int = 1
    plays: float = 600.0
    spread: float = 0.9
    zipf: float = 1.1
    correlation: float = 0.0
    scenes: int = 8
    loyalty: float = 0.5
    scene_volume: float = 1.0
    repeats: float = 4.0


def generate(population: Population, month: int = 0) -> Iterator[tuple[Any, Any, Any]]:
    """Groups of rows as arrays (listener, artist, plays); a pair may come twice. Months share their listeners."""
    for start in range(0, population.listeners, _GROUP):
        yield _group(population, month, start, min(_GROUP, population.listeners - start))


def write(population: Population, path: Path, months: int = 1) -> int:
    """Write `months` months as one Parquet file, month after month; gives the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [("month", pa.string()), ("listener", pa.int64()), ("artist", pa.int64()), ("plays", pa.int64())]
    )
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for month in range(months):
            said = f"{2025 + month // 12}-{month % 12 + 1:02}"
            for listener, artist, plays in generate(population, month):
                name_of_month = pa.repeat(said, len(plays))
                columns = [name_of_month, pa.array(listener), pa.array(artist), pa.array(plays)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=122_880)
                count += len(plays)
    return count


def _group(population: Population, month: int, start: int, count: int) -> tuple[Any, Any, Any]:
    import numpy as np

    who = np.random.default_rng([population.seed, start])
    drawn = np.random.default_rng([population.seed, start, month + 1])
    heavy = who.standard_normal(count)
    scene = who.integers(0, population.scenes, count)
    volume = population.plays * np.exp(population.spread * heavy - population.spread**2 / 2)
    volume = volume * np.where(scene == 0, population.scene_volume, 1.0)
    volume = volume * drawn.uniform(0.8, 1.2, count)
    draws = np.maximum(volume / population.repeats, 1).astype(np.int64)
    exponent = population.zipf + population.correlation * np.clip(heavy, -2, 2)
    # The power law has its closed inverse for exponents beside 1.
    exponent = np.where(np.abs(exponent - 1) < 0.01, 1.01, exponent)
    listener = np.repeat(np.arange(start, start + count), draws)
    own = drawn.random(len(listener)) < population.loyalty
    scenes = population.scenes
    most = np.where(own, population.artists // scenes, population.artists)
    power = 1 - np.repeat(exponent, draws)
    uniform = drawn.random(len(listener))
    rank = np.floor((1 + uniform * ((most + 1.0) ** power - 1)) ** (1 / power)).astype(np.int64) - 1
    rank = np.clip(rank, 0, most - 1)
    artist = np.where(own, rank * scenes + np.repeat(scene, draws), rank)
    plays = drawn.geometric(1 / population.repeats, len(listener))
    return listener, artist, plays
