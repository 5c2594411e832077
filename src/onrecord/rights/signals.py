# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wished of machines about one file, taken together: training, text and data mining, search."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from onrecord.model.rights import Evidence, Preference, Says

Wish = Literal["", "allow", "reserve"]


class Signals(Struct, frozen=True, forbid_unknown_fields=True):
    """`""` where nobody says anything, which is neither yes nor no.

    train_ai  training of models (`train-ai` of the IETF's AI preferences)
    tdm       text and data mining (TDMRep)
    search    search engines may show it
    policy    where a license for what is reserved may be had
    rests_on  ids of the evidence; none where the archive's own default holds
    """

    train_ai: Wish = ""
    tdm: Wish = ""
    search: Wish = ""
    policy: str = ""
    rests_on: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.train_ai or self.tdm or self.search)


SILENT: Final = Signals()


def signals(evidence: Sequence[Evidence], default: Signals = SILENT, day: dt.date | None = None) -> Signals:
    """Contradictory wishes: the reservation stands. A reservation of mining covers training, of which nothing narrower
    was said. `default` is what the archive says of files that nobody else speaks of, wish by wish. Evidence dated after
    `day` is not yet evidence. The order of the evidence makes no difference.
    """
    said = sorted(
        (item.id, item.preference)
        for item in evidence
        if item.says is Says.PREFERENCE and item.preference and (not day or not item.day or item.day <= day)
    )
    wishes = [wish for _, wish in said]
    tdm = _strictest(wish for wish in wishes if wish.purpose == "tdm")
    train_ai = _strictest(wish for wish in wishes if wish.purpose == "train-ai")
    if tdm == "reserve" and not train_ai:
        train_ai = "reserve"
    policies = sorted({wish.policy for wish in wishes if wish.policy and not wish.allow})
    return Signals(
        train_ai=train_ai or default.train_ai,
        tdm=tdm or default.tdm,
        search=_strictest(wish for wish in wishes if wish.purpose == "search") or default.search,
        policy=policies[0] if policies else "" if tdm else default.policy,
        rests_on=tuple(identifier for identifier, _ in said),
    )


def content_usage(found: Signals) -> str:
    """The value of a `Content-Usage` field (IETF AI preferences): `train-ai=n, search=y`; "" where nothing is said."""
    named = (("train-ai", found.train_ai), ("search", found.search))
    return ", ".join(f"{name}={'y' if wish == 'allow' else 'n'}" for name, wish in named if wish)


def tdm_headers(found: Signals) -> dict[str, str]:
    """The header fields of TDMRep; none where nothing is said."""
    if not found.tdm:
        return {}
    headers = {"tdm-reservation": "1" if found.tdm == "reserve" else "0"}
    return headers | ({"tdm-policy": found.policy} if found.policy and found.tdm == "reserve" else {})


def _strictest(wishes: Iterable[Preference]) -> Wish:
    found = {wish.allow for wish in wishes}
    return "" if not found else "allow" if found == {True} else "reserve"
