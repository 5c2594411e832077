# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An open dump of listens as a market: plays by artist, by how much each listener plays, and by recording.

Sums leave it, never a listener: of `user_id` only how many plays each has is asked.
"""

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import parquet
from onrecord.errors import UsageError
from onrecord.royalties.histories.market_month import MarketMonth
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.threshold import Threshold

_NEEDED: Final = frozenset({"listened_at", "artist_name"})


def read_dump(
    path: Path, months: Collection[str], spill: Path | None, played: Collection[tuple[str, str]]
) -> dict[str, MarketMonth]:
    """What the dump says of each month. What it has no columns for stays None."""
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        duck = Duck(Path(folder), memory="2GB")
        try:
            columns = {name for name, *_ in duck.run(f"DESCRIBE SELECT * FROM {parquet(path)}")}
            if not columns >= _NEEDED:
                got = ", ".join(sorted(columns))[:200]
                raise UsageError(f"{path}: expected an open dump with listened_at and artist_name, got {got}")
            found = _by_artist(duck, path, sorted(months))
            if "user_id" in columns and found:
                _by_listener(duck, path, found)
            if "recording_name" in columns and found and played:
                _by_recording(duck, path, found, frozenset(played))
        finally:
            duck.close()
    return found


def _by_artist(duck: Duck, path: Path, months: Sequence[str]) -> dict[str, MarketMonth]:
    found: dict[str, MarketMonth] = {}
    for month, artist, plays in duck.run(_of_dump("market_of_dump", path), [months]):
        of = found.setdefault(month, MarketMonth(summed=False))
        of.artists[artist.casefold()] = of.artists.get(artist.casefold(), 0) + plays
        of.plays += plays
    return found


def _by_listener(duck: Duck, path: Path, found: dict[str, MarketMonth]) -> None:
    """Only of months in which every play has a listener."""
    rule = ArtistCentric({"engaged": "1"})
    duck.run(_of_dump("market_pairs", path), [sorted(found)])
    duck.run(_sql("market_boosted"), [rule.streams, rule.listeners])
    nameless = {
        month for (month,) in duck.run("SELECT DISTINCT month FROM market_pairs WHERE listener IS NULL")
    }
    for month in found.keys() - nameless:
        found[month].volumes = {}
    for month, boosted, total, plays in duck.run(_sql("market_volumes")):
        if (volumes := found[month].volumes) is not None:
            volumes[boosted, int(total)] = int(plays)
    for month, artist in duck.run("SELECT month, artist FROM market_boosted ORDER BY ALL"):
        found[month].boosted.add(artist.casefold())


def _by_recording(
    duck: Duck, path: Path, found: dict[str, MarketMonth], played: frozenset[tuple[str, str]]
) -> None:
    """Only of months whose whole window the dump covers."""
    rule = Threshold({})
    windows = {month: _window(month, rule.months_before) for month in sorted(found)}
    duck.run(_of_dump("market_recordings", path), [min(windows.values())[0], max(windows)])
    known = {month for (month,) in duck.run("SELECT DISTINCT month FROM market_recordings")}
    asked = [month for month, window in windows.items() if known.issuperset(window)]
    for month in asked:
        found[month].paid = 0
    firsts = [windows[month][0] for month in asked]
    for month, artist, title, now in duck.run(_sql("market_eligible"), [asked, firsts, rule.streams]):
        of = found[month]
        of.paid = (of.paid or 0) + int(now)
        if (key := (artist.casefold(), title.casefold())) in played:
            of.eligible.add(key)


def _window(month: str, before: int) -> tuple[str, ...]:
    """The month and those before it, in order."""
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    return tuple(f"{at // 12:04}-{at % 12 + 1:02}" for at in range(last - before, last + 1))


def _of_dump(name: str, path: Path) -> str:
    return _sql(name).replace("{dump}", parquet(path))


def _sql(name: str) -> str:
    return sql_file("onrecord.royalties.histories", name)
