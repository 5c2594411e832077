# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that depend on what everybody plays: what this listener's plays bring to each artist in a stated market.

Everybody else is one more payee with the rest of the plays. What a market does not know, a rule that asks for it does
not get: sums by artist are enough for pro-rata and hybrid, the others need to know listeners or recordings.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from onrecord.errors import UsageError
from onrecord.model.royalties import Payout, Play, Pool
from onrecord.royalties.apportion import apportion, payouts
from onrecord.royalties.histories.market_month import MarketMonth
from onrecord.royalties.histories.reading import Credit, Tally
from onrecord.royalties.listening.plays import Plays, plays_of
from onrecord.royalties.models.artist_centric import ArtistCentric
from onrecord.royalties.models.weighted import Weighted
from onrecord.royalties.seams import PayoutModel

PRO_RATA: Final = "pro-rata"
HYBRID: Final = "hybrid"
WEIGHTED: Final = "weighted"
THRESHOLD: Final = "threshold"
ARTIST_CENTRIC: Final = "artist-centric"
#: What each rule needs of everybody.
NEEDS: Final = {
    PRO_RATA: "everybody's plays and the pool they were paid from",
    HYBRID: "everybody's plays and the pool they were paid from",
    WEIGHTED: "how many plays each listener has; an open dump by listener knows it, sums by artist do not",
    THRESHOLD: "everybody's plays of each recording in twelve months; an open dump that goes back so far knows it, "
    "sums by artist do not",
    ARTIST_CENTRIC: "the listeners of every artist and the plays of each listener; an open dump by listener knows "
    "them, sums by artist do not",
}
ME: Final = "the listener"
_OTHERS: Final = "\0everybody else"


class Around:
    """The rules with their default settings. Artist-centric does without its boost for plays that were asked for:
    neither a history nor a dump says which were."""

    def __init__(self, models: Mapping[str, type[PayoutModel]], credits: str) -> None:
        self._pro_rata = models[PRO_RATA]({})
        self._hybrid = models[HYBRID]({"inactive": "retain"}) if HYBRID in models else None
        self._weighted = Weighted({})
        self._artist_centric = ArtistCentric({"engaged": "1"})
        self._credits = credits

    def lacks(self, rule: str, month: MarketMonth | None) -> str:
        """What is missing for a rule in a month; "" where nothing is."""
        if month is None:
            return "a market that covers the month"
        if month.pool is None:
            return "the pool that everybody's plays were paid from (--market-pool)"
        unknown = {
            HYBRID: self._hybrid is None,
            THRESHOLD: month.paid is None,
            WEIGHTED: month.volumes is None,
            ARTIST_CENTRIC: month.volumes is None,
        }
        return NEEDS[rule] if unknown.get(rule) else ""

    def brings(
        self,
        name: str,
        month: MarketMonth,
        pool: Pool,
        fee: int,
        plays: Plays,
        tallies: Mapping[Credit, Tally],
    ) -> dict[str, list[Payout]]:
        """What the listener's plays bring under each rule that nothing is missing for. `name` is the market's."""
        if month.plays < plays.counted:
            raise _too_small(
                f"{name}: {pool.month}: {month.plays:,} plays of everybody, but this listener alone has "
                f"{plays.counted:,}"
            )
        found: dict[str, list[Payout]] = {}
        for rule in NEEDS:
            if not self.lacks(rule, month):
                found[rule] = self._brings(rule, name, month, pool, fee, plays, tallies)
        return found

    def _brings(
        self,
        rule: str,
        name: str,
        month: MarketMonth,
        pool: Pool,
        fee: int,
        plays: Plays,
        tallies: Mapping[Credit, Tally],
    ) -> list[Payout]:
        if rule == PRO_RATA:
            return _mine(self._pro_rata.split(pool, _everybody(month, plays)))
        if rule == HYBRID and self._hybrid:
            return _mine(self._hybrid.split(_with_fees(name, pool, fee), _everybody(month, plays)))
        if rule == WEIGHTED:
            return self._by_weight(name, pool, month, plays)
        if rule == THRESHOLD:
            eligible = plays_of(_eligible(month, tallies), self._credits)
            return _shared(name, pool, eligible.by_artist, (month.paid or 0) * eligible.scale)
        return self._artist_centrically(name, pool, month, plays)

    def _by_weight(self, name: str, pool: Pool, month: MarketMonth, plays: Plays) -> list[Payout]:
        rule = self._weighted
        mine = {artist: count * rule.weight(plays.counted) for artist, count in plays.by_artist.items()}
        volumes = month.volumes or {}
        everything = sum(count * rule.weight(total) for (_, total), count in volumes.items())
        return _shared(name, pool, mine, everything * plays.scale)

    def _artist_centrically(self, name: str, pool: Pool, month: MarketMonth, plays: Plays) -> list[Payout]:
        rule = self._artist_centric
        part = rule.part(plays.counted)
        mine = {
            artist: part * rule.weight(artist.casefold() in month.boosted, False) * count
            for artist, count in plays.by_artist.items()
        }
        volumes = month.volumes or {}
        everything = sum(
            rule.part(total) * rule.weight(boosted, False) * count
            for (boosted, total), count in volumes.items()
        )
        return _shared(name, pool, mine, everything * plays.scale)


def reaches(money: int, plays: Plays, month: MarketMonth) -> int | None:
    """What of the listener's money pro-rata gives to those that the listener played, as far as they are named."""
    if not month.artists or not month.plays:
        return None
    theirs = sum(month.artists.get(name, 0) for name in {artist.casefold() for artist in plays.by_artist})
    return money * theirs // month.plays


def _everybody(month: MarketMonth, plays: Plays) -> list[Play]:
    rest = month.plays * plays.scale - sum(plays.by_artist.values())
    mine = [Play(ME, artist, streams) for artist, streams in plays.by_artist.items()]
    return [*mine, *([Play(_OTHERS, _OTHERS, rest)] if rest else [])]


def _with_fees(name: str, pool: Pool, fee: int) -> Pool:
    if fee > pool.amount:
        raise _too_small(
            f"{name}: {pool.month}: a pool of everybody that is smaller than what this listener alone paid into it"
        )
    return Pool(
        amount=pool.amount,
        currency=pool.currency,
        month=pool.month,
        territory=pool.territory,
        tier=pool.tier,
        fees=((ME, fee), (_OTHERS, pool.amount - fee)),
    )


def _eligible(month: MarketMonth, tallies: Mapping[Credit, Tally]) -> dict[Credit, Tally]:
    """The plays of recordings that the threshold pays."""
    found = {}
    for credit, tally in tallies.items():
        artist = credit.written.casefold()
        counted = sum(count for title, count in tally.titles.items() if (artist, title) in month.eligible)
        if counted:
            found[credit] = Tally(counted)
    return found


def _shared(
    name: str, pool: Pool, mine: Mapping[str, int | Fraction], everything: int | Fraction
) -> list[Payout]:
    """The pool by weight; whatever of `everything` is not `mine` is everybody else's."""
    rest = everything - sum(mine.values())
    if rest < 0:
        raise _too_small(
            f"{name}: {pool.month}: the plays of everybody count for less than this listener's alone"
        )
    if not mine:
        return []
    return _mine(payouts(apportion(pool.amount, {**mine, _OTHERS: rest})))


def _mine(paid: list[Payout]) -> list[Payout]:
    return [payout for payout in paid if payout.payee not in (_OTHERS, "")]


def _too_small(message: str) -> UsageError:
    return UsageError(
        message,
        hint="the market file should count all plays and all money of the service and country, this listener's among "
        "them",
    )
