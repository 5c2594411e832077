# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A musician's and a listener's own books, read from this machine's disk and shown on it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.errors import UsageError
from onrecord.royalties.histories.reading import History, read_history
from onrecord.royalties.ledgering import Books
from onrecord.royalties.listening.books import value
from onrecord.royalties.listening.report import Report as Listened
from onrecord.royalties.listening.terms import IDLE, PLANS, SHARED, Terms
from onrecord.royalties.loading import load_models
from onrecord.royalties.reporting import Report as Earned
from onrecord.royalties.reporting import report

_AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_MOST_FILES: Final = 100


class Listening(Struct, frozen=True):
    """What a history says of its listener's money, and the files that were read."""

    history: History
    report: Listened


def musician(said: Mapping[str, str]) -> Earned:
    """What a use brought, by the statements in a folder of books. Raises OnrecordError."""
    return report(Books.open(_path(said.get("books", ""), "books")))


def listener(said: Mapping[str, str]) -> Listening:
    """Where a listener's money went, by the history that a service gave them. Raises OnrecordError."""
    lines = [line.strip() for line in said.get("history", "").splitlines() if line.strip()]
    if not 0 < len(lines) <= _MOST_FILES:
        raise UsageError(
            f"history: expected the paths of 1 to {_MOST_FILES} files, one a line, got {len(lines)}"
        )
    paths = [_path(line, "history") for line in lines]
    if missing := [path for path in paths if not path.is_file()]:
        raise UsageError(f"history: {missing[0]}: there is no such file on this machine")
    terms = _terms(said)
    history = read_history(paths)
    return Listening(history, value(history, terms, load_models().loaded, None))


def bare(amount: Decimal | None) -> str:
    """An exact amount without zeros that say nothing; "–" for none."""
    return "–" if amount is None else f"{amount.normalize():f}"


def short(rate: Decimal | None) -> str:
    """A quotient to six decimals."""
    return "–" if rate is None else f"{rate:.6f}"


def _terms(said: Mapping[str, str]) -> Terms:
    plan, idle = said.get("plan", ""), said.get("idle", "")
    if plan not in PLANS:
        raise UsageError(f"plan: expected one of {', '.join(PLANS)}, got {plan[:40]!r}")
    if idle not in ("", *IDLE):
        raise UsageError(f"idle: expected one of {', '.join(IDLE)}, got {idle[:40]!r}")
    persons = said.get("persons", "").strip() or "1"
    if not (persons.isascii() and persons.isdigit() and 1 <= int(persons[:9]) <= 20):
        raise UsageError(f"persons: expected 1 to 20, got {persons[:40]!r}")
    country = said.get("country", "").strip()
    if not re.fullmatch("[A-Za-z]{2}", country):
        raise UsageError(f"country: expected two letters such as SE, got {country[:20]!r}")
    currency = said.get("currency", "").strip()
    if not re.fullmatch("([A-Za-z]{3})?", currency):
        raise UsageError(f"currency: expected three letters such as SEK, got {currency[:20]!r}")
    return Terms(
        prices=(("", _amount(said, "price")),),
        tax_rate=_amount(said, "tax_rate"),
        rightsholder_share=_amount(said, "share"),
        plan=plan,
        persons=int(persons) if plan in SHARED else 1,
        country=country.upper(),
        currency=currency.upper(),
        idle=idle,
    )


def _amount(said: Mapping[str, str], name: str) -> Decimal:
    words = said.get(name, "").strip()
    if not _AMOUNT.fullmatch(words):
        raise UsageError(f"{name}: expected a number such as 10.99, of 0 or more, got {words[:40]!r}")
    return Decimal(words)


def _path(words: str, name: str) -> Path:
    words = words.strip()
    if not words or "\0" in words or len(words) > 4000:
        raise UsageError(f"{name}: expected a path on this machine, got {words[:40]!r}")
    try:
        path = Path(words).expanduser()
    except RuntimeError:
        path = Path(words)
    if not path.is_absolute():
        raise UsageError(f"{name}: expected a whole path such as /home/ada/books, got {words[:200]!r}")
    return path
