# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Artist-centric, as Deezer pays since late 2023: boosts for professional artists and asked-for plays, a cap a user."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from onrecord.engine import plugins
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import NO_PLAYS, apportion, checked, counted_plays, payouts
from onrecord.royalties.models.settings import one_of, whole


class ArtistCentric:
    """Payee i gets the pool by weighted streams: 1, times `boost` (2) for artists above the line, times `engaged` (2)
    for plays that were asked for. A listener's streams above `cap` (1000) a month do not count in full.

    deezer.com/explore/en-us/artist-remuneration: weights 1, 2, 2, 4; more than 1,000 streams a month from at least 500
    listeners; "each user counted as max 1,000 streams/month". Noise is to be taken out before.

    `boundary`  `over` (default): more than `streams`, as Deezer writes; `at_least`: as the press writes.
    `cap_rule`  `hard` (default): all streams of a listener j count min(1, cap / T_j); `half`: those above the cap count
                half (musiczone.substack.com/p/le-modele-artist-centric-de-deezer); `none`.
    `order`     `cap_first` (default): the cap is of streams, boosts come after; `boost_first`: it is of boosted
                streams. Not published.
    `streams`, `listeners`: the line, 1000 and 500, of counted streams in the pool before any cap.
    """

    name = "artist-centric"

    def __init__(self, settings: Mapping[str, str]) -> None:
        known = {"boost": "2", "engaged": "2", "streams": "1000", "listeners": "500", "boundary": "over"}
        known |= {"cap": "1000", "cap_rule": "hard", "order": "cap_first"}
        given = plugins.settings(self.name, settings, known)
        self.boost = whole(self.name, given, "boost", 1)
        self.engaged = whole(self.name, given, "engaged", 1)
        self.streams = whole(self.name, given, "streams")
        self.listeners = whole(self.name, given, "listeners")
        self.boundary = one_of(self.name, given, "boundary", ("over", "at_least"))
        self.cap = whole(self.name, given, "cap", 1)
        self.cap_rule = one_of(self.name, given, "cap_rule", ("hard", "half", "none"))
        self.order = one_of(self.name, given, "order", ("cap_first", "boost_first"))

    def is_boosted(self, streams: int, listeners: int) -> bool:
        above = streams > self.streams if self.boundary == "over" else streams >= self.streams
        return above and listeners >= self.listeners

    def weight(self, boosted: bool, engaged: bool) -> int:
        return (self.boost if boosted else 1) * (self.engaged if engaged else 1)

    def part(self, total: int) -> Fraction:
        """Which part of the streams of a listener with `total` of them counts."""
        if total <= self.cap or self.cap_rule == "none":
            return Fraction(1)
        return Fraction(self.cap, total) if self.cap_rule == "hard" else Fraction(total + self.cap, 2 * total)

    def split(self, pool: Pool, plays: Iterable[Play]) -> list[Payout]:
        amount = checked(pool)
        kept = list(counted_plays(plays))
        streams: Counter[str] = Counter()
        heard: dict[str, set[str]] = {}
        for play in kept:
            streams[play.payee] += play.streams
            heard.setdefault(play.payee, set()).add(play.listener)
        if not kept:
            return [Payout("", amount, NO_PLAYS)]
        boosted = {payee for payee in streams if self.is_boosted(streams[payee], len(heard[payee]))}
        totals: Counter[str] = Counter()
        weighted: dict[str, Counter[str]] = {}
        for play in kept:
            is_boosted = play.payee in boosted
            worth = play.engaged * self.weight(is_boosted, True)
            worth += (play.streams - play.engaged) * self.weight(is_boosted, False)
            weighted.setdefault(play.listener, Counter())[play.payee] += worth
            totals[play.listener] += play.streams if self.order == "cap_first" else worth
        by_total: dict[int, Counter[str]] = {}
        for listener, payees in weighted.items():
            by_total.setdefault(totals[listener], Counter()).update(payees)
        weights: dict[str, int | Fraction] = {}
        for total, payees in by_total.items():
            part = self.part(total)
            for payee, worth in payees.items():
                weights[payee] = weights.get(payee, 0) + part * worth
        return payouts(apportion(amount, weights))
