# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The threshold of 2024: recordings below so many streams are not paid, their money goes to the others."""

from collections import Counter
from collections.abc import Iterable, Mapping

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted_plays, payouts
from onrecord.royalties.models.settings import one_of, whole

BELOW = "no recording reaches the threshold"


class Threshold:
    """Pro-rata over the streams of recordings with `streams` (1000) or more in twelve months and `listeners` or more.

    support.spotify.com/us/artists/article/track-monetization-eligibility: 1,000 streams in the previous 12 months and
    an undisclosed number of unique listeners; the pool stays as it is. The rule is by recording, not by payee: all that
    play it count for the line, whoever they pay, so equal names of recordings must mean the same recording.

    `crossing`  what is paid in the month that crosses the line. `calendar_month` (default): all streams of that month,
                none of earlier ones (rsound.cyou, payusnomind.info). `excess`: only those above the line
                (blog.nexatunes.com: 800 and then 500 pays 300); where the recording has several payees, by largest
                remainder of their streams. That is our choice, no source says it.
    `window`    `with_month` (default): the twelve months end with the pool's own. `before_month`: they end before it.
                Spotify does not say which.
    `listeners` 0 (default) asks for none, because the number is not published. Those of the pool's month are counted.

    Streams of earlier months come with the pool, as `before`: eleven months of the same service where the window ends
    with the month, else twelve. Other pools of the same month are not looked at.
    """

    name = "threshold"

    def __init__(self, settings: Mapping[str, str]) -> None:
        known = {"streams": "1000", "listeners": "0", "crossing": "calendar_month", "window": "with_month"}
        given = plugins.settings(self.name, settings, known)
        self.streams = whole(self.name, given, "streams")
        self.listeners = whole(self.name, given, "listeners")
        self.crossing = one_of(self.name, given, "crossing", ("calendar_month", "excess"))
        self.window = one_of(self.name, given, "window", ("with_month", "before_month"))
        self.months_before = 11 if self.window == "with_month" else 12

    def paid(self, before: int, now: int) -> int:
        """How many of a recording's streams of this month are paid, after `before` in the months before."""
        reached = before + now if self.window == "with_month" else before
        if reached < self.streams:
            return 0
        if self.crossing == "excess" and before < self.streams:
            return before + now - self.streams
        return now

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        streams: dict[str, Counter[str]] = {}
        heard: dict[str, set[str]] = {}
        for play in counted_plays(plays):
            recording = play.recording or play.payee
            streams.setdefault(recording, Counter())[play.payee] += play.streams
            heard.setdefault(recording, set()).add(play.listener)
        if not streams:
            return [Payout("", amount, NO_PLAYS)]
        before: Counter[str] = Counter()
        for recording, count in pool.before:
            before[recording] += count
        weights: Counter[str] = Counter()
        for recording, payees in streams.items():
            enough = len(heard[recording]) >= self.listeners
            due = self.paid(before[recording], payees.total()) if enough else 0
            weights.update(apportion(due, payees))
        if not weights.total():
            return [Payout("", amount, BELOW)]
        return payouts(apportion(amount, weights))
