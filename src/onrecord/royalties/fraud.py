# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for accounts that do not listen like a person, and says why: reasons for somebody to look, never a verdict.

Each reason has harmless causes, which it names. The limits are ours: no service publishes its own, and thresholds that
vendors advertise have no source. How often the reasons are right is measured on fraud that we inject;
that says nothing of fraud that looks otherwise. The plays name no label, no device and no country, so those are not
looked at.
"""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import csv_file, parquet
from onrecord.errors import UsageError

_AT: Final = 'coalesce(TRY_CAST("at" AS BIGINT), epoch(TRY_CAST("at" AS TIMESTAMP))::BIGINT)'
_COLUMNS: Final = ("listener", "artist", "track", "at", "seconds")


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Beyond which an account is flagged. Shares are of 1.

    streams_a_day   2,880 plays of thirty seconds fill a day
    near            share of plays that end within five seconds after the thirty that count
    round_days      share of days with plays in twenty hours or more
    bits            entropy of the artists played: 0 for one, 1 for two alike, 10 for a thousand alike
    repeat          share of the one track that was played most
    streams, days   accounts with fewer say too little for a share
    cut             share of plays that end within ten seconds after the thirty that count
    cut_few         share of those that one artist has: who skips about skips everybody
    company         accounts, this one among them, that give a large part of their plays to an artist of their own
    """

    streams_a_day: int = 500
    near: float = 0.5
    round_days: float = 0.5
    bits: float = 1.0
    repeat: float = 0.3
    streams: int = 200
    days: int = 3
    cut: float = 0.3
    cut_few: float = 0.5
    company: int = 3


class Activity(Struct, frozen=True):
    """One account over the time that the plays cover.

    `cut` plays ended within ten seconds after they counted, `cut_most` of them of one artist. `company` accounts give
    `_DEVOTED` of their plays or more to the same artist, who has `_OF_ALL` of the plays from them; 0 where there is no
    such artist, else `company_part` of this account's plays.
    """

    listener: str
    streams: int
    near: int
    days: int
    round_days: int
    bits: float
    most: int
    cut: int = 0
    cut_most: int = 0
    company: int = 0
    company_part: float = 0.0


class Flag(Struct, frozen=True):
    """One reason to look at an account: what was measured, and what else may cause it."""

    code: str
    sentence: str
    or_else: str


class Suspect(Struct, frozen=True):
    listener: str
    flags: tuple[Flag, ...]


class Measured(Struct, frozen=True):
    """How often a reason is right, and how much it finds, on accounts that are known."""

    code: str
    flagged: int
    right: int
    fraudulent: int

    @property
    def precision(self) -> float:
        return self.right / self.flagged if self.flagged else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.fraudulent if self.fraudulent else 1.0


CODES: Final = (
    "F-STREAMS-A-DAY", "F-NEAR-THIRTY", "F-ROUND-THE-CLOCK", "F-FEW-ARTISTS", "F-REPEATS", "F-CUT-SHORT",
    "F-IN-COMPANY",
)  # fmt: skip
#: A large part of an account's plays, in how many plays at least; and how much of an artist's plays is nearly all.
_DEVOTED: Final = 0.25
_FEWEST: Final = 50
_OF_ALL: Final = 0.8
#: The more reasons, the sooner somebody should look.
TWO_REASONS: Final = "two reasons or more"
THREE_REASONS: Final = "three reasons or more"


def activities(plays: Path, spill: Path | None = None, memory: str = "2GB") -> list[Activity]:
    """What each account did. `plays` is CSV or Parquet, a row a play: listener, artist, track, at (seconds since 1970,
    or a time) and seconds (how long it was heard)."""
    with plays.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    reader = parquet(plays) if is_parquet else csv_file(plays, "header = true", "all_varchar = true")
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        duck = Duck(Path(folder), memory=memory)
        try:
            columns = {name: kind for name, kind, *_ in duck.run(f"DESCRIBE SELECT * FROM {reader}")}
            if missing := [name for name in _COLUMNS if name not in columns]:
                raise UsageError(f"{plays}: no column {', '.join(missing)}: expected {', '.join(_COLUMNS)}")
            is_time = columns["at"].startswith(("TIMESTAMP", "DATE"))
            at = 'epoch("at")::BIGINT' if is_time else _AT
            duck.run(
                f"CREATE TABLE plays AS SELECT listener::VARCHAR AS listener, artist::VARCHAR AS artist, "
                f'track::VARCHAR AS track, {at} AS "at", TRY_CAST(seconds AS DOUBLE) AS seconds FROM {reader}'
            )
            [(wrong,)] = duck.run(
                "SELECT count(*) FROM plays WHERE listener IS NULL OR artist IS NULL OR track IS NULL "
                'OR "at" IS NULL OR "at" < 0 OR seconds IS NULL OR seconds < 0'
            )
            if wrong:
                raise UsageError(
                    f"{plays}: {wrong:,} rows without one of {', '.join(_COLUMNS)}: expected none"
                )
            among = {"devoted": _DEVOTED, "plays": _FEWEST, "of_all": _OF_ALL}
            return [Activity(*row) for row in duck.run(sql_file("onrecord.royalties", "activity"), among)]
        finally:
            duck.close()


def suspects(found: Iterable[Activity], limits: Limits | None = None) -> list[Suspect]:
    """Accounts with a reason to look, those with most reasons first."""
    flagged = [Suspect(each.listener, flags(each, limits or Limits())) for each in found]
    return sorted(
        (each for each in flagged if each.flags), key=lambda each: (-len(each.flags), each.listener)
    )


def flags(account: Activity, limits: Limits) -> tuple[Flag, ...]:
    """The reasons to look at one account."""
    found = []
    a_day = account.streams / account.days
    if a_day > limits.streams_a_day:
        found.append(
            Flag(
                CODES[0],
                f"{a_day:,.0f} counted plays on a day of activity, above {limits.streams_a_day:,}",
                "several persons or a shop behind one account",
            )
        )
    if account.streams >= limits.streams and account.near / account.streams > limits.near:
        found.append(
            Flag(
                CODES[1],
                f"{account.near:,} of {account.streams:,} plays ended between 30 and 35 seconds",
                "somebody who looks for music and skips; pieces that are that short",
            )
        )
    if account.days >= limits.days and account.round_days / account.days > limits.round_days:
        found.append(
            Flag(
                CODES[2],
                f"plays in twenty hours or more on {account.round_days:,} of {account.days:,} days",
                "a shop, a household, somebody who sleeps to music",
            )
        )
    if account.streams >= limits.streams and account.bits < limits.bits:
        found.append(
            Flag(
                CODES[3],
                f"{account.streams:,} plays of very few artists: {account.bits:.2f} bits, below {limits.bits:g}",
                "a devoted listener; sounds to sleep by",
            )
        )
    if account.streams >= limits.streams and account.most / account.streams > limits.repeat:
        found.append(
            Flag(
                CODES[4],
                f"one track makes {account.most:,} of {account.streams:,} plays",
                "a child's song, a lullaby, a song that somebody is in love with",
            )
        )
    cut_short = account.streams >= limits.streams and account.cut / account.streams > limits.cut
    if cut_short and account.cut_most / account.cut > limits.cut_few:
        found.append(
            Flag(
                CODES[5],
                f"{account.cut:,} of {account.streams:,} plays ended between 30 and 40 seconds, "
                f"{account.cut_most:,} of them of one artist",
                "pieces that are that short",
            )
        )
    if account.company >= limits.company:
        found.append(
            Flag(
                CODES[6],
                f"{account.company_part:.0%} of the plays are of an artist whom {account.company:,} such accounts play "
                "and hardly anybody else",
                "fans, family or pupils of an artist whom few know yet",
            )
        )
    return tuple(found)


def measure(
    found: Iterable[Suspect], fraudulent: Collection[str], codes: Iterable[str] = CODES
) -> Mapping[str, Measured]:
    """Precision and recall of each reason, and of several together, on accounts that are known to be fraudulent."""
    by_code: dict[str, set[str]] = {code: set() for code in (*codes, TWO_REASONS, THREE_REASONS)}
    for suspect in found:
        for flag in suspect.flags:
            by_code[flag.code].add(suspect.listener)
        if len(suspect.flags) > 1:
            by_code[TWO_REASONS].add(suspect.listener)
        if len(suspect.flags) > 2:
            by_code[THREE_REASONS].add(suspect.listener)
    known = set(fraudulent)
    return {code: Measured(code, len(who), len(who & known), len(known)) for code, who in by_code.items()}
