# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our readers and models hold the seams' contracts; broken ones do not; our own come through the entry points."""

from decimal import Decimal
from importlib.metadata import EntryPoint

import msgspec
import pytest

from onrecord.errors import UsageError
from onrecord.model.royalties import LineRejected, Payout, StatementLine
from onrecord.royalties import loading
from onrecord.royalties.models.pro_rata import ProRata
from onrecord.royalties.models.user_centric import UserCentric
from onrecord.royalties.statements.distrokid import DistroKid
from onrecord.testing import ConformanceError, check_payout_model, check_statement_reader

SAMPLE = b"magic,month,amount\n" + b"".join(b"x,2026-0%d,1.50\n" % month for month in range(1, 10))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ProRata({}),
        lambda: ProRata({"unit": "seconds"}),
        lambda: UserCentric({"inactive": "pro_rata_pool"}),
        lambda: UserCentric({"inactive": "retain"}),
        lambda: UserCentric({"inactive": "carry", "unit": "seconds"}),
    ],
)
def test_our_models_hold_the_contract(make):
    check_payout_model(make)


def test_ours_come_through_the_entry_points():
    assert loading.load_readers().loaded["distrokid"] is DistroKid
    models = loading.load_models()
    assert (models.loaded["pro-rata"], models.loaded["user-centric"]) == (ProRata, UserCentric)
    assert models.left_out == ()


def test_what_does_not_load_is_named():
    models = loading.load_models(
        [
            EntryPoint("pro-rata", "onrecord.royalties.models.pro_rata:ProRata", loading.MODELS),
            EntryPoint("shapley", "onrecord.royalties.models.pro_rata:ProRata", loading.MODELS),
            EntryPoint("gone", "onrecord.royalties.gone:Gone", loading.MODELS),
        ]
    )
    assert list(models.loaded) == ["pro-rata"]
    assert len(models.left_out) == 2


class Loses(ProRata):
    """Rounds down and forgets the rest."""

    def split(self, pool, plays):
        return [
            Payout(p.payee, p.amount - (p.amount % 10 == 3), p.reason) for p in super().split(pool, plays)
        ]


class Floats(ProRata):
    def split(self, pool, plays):
        return [Payout(p.payee, float(p.amount), p.reason) for p in super().split(pool, plays)]


class FirstComeFirstServed(ProRata):
    def split(self, pool, plays):
        plays = list(plays)
        payouts = super().split(pool, plays)
        if plays and payouts[0].payee and pool.amount:
            favoured = next(p for p in payouts if p.payee == plays[0].payee)
            donor = max(payouts, key=lambda p: p.amount)
            if donor != favoured:
                moved = {donor.payee: -1, favoured.payee: 1}
                return [Payout(p.payee, p.amount + moved.get(p.payee, 0)) for p in payouts]
        return payouts


class CountsPlays(ProRata):
    """Counts pieces of plays instead of their streams."""

    def split(self, pool, plays):
        return super().split(
            pool, [msgspec.structs.replace(play, streams=1) if play.streams > 0 else play for play in plays]
        )


class PaysItself(ProRata):
    def split(self, pool, plays):
        payouts = super().split(pool, plays)
        return [*payouts, Payout("zz-the-house", 0)]


class NoReason(ProRata):
    def split(self, pool, plays):
        return [Payout("", 0), *super().split(pool, plays)]


class Gullible(ProRata):
    def split(self, pool, plays):
        try:
            return super().split(pool, plays)
        except UsageError:
            return []


class Backwards(ProRata):
    def split(self, pool, plays):
        return super().split(pool, plays)[::-1]


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (Loses, "add up"),
        (Floats, "whole units"),
        (FirstComeFirstServed, "order of plays|cut into pieces"),
        (CountsPlays, "cut into pieces|who was played"),
        (PaysItself, "only who was played"),
        (NoReason, "has a reason"),
        (Gullible, "is refused"),
        (Backwards, "order of their names"),
    ],
)
def test_the_suite_finds_a_broken_model(broken, clause):
    with pytest.raises(ConformanceError, match=clause):
        check_payout_model(lambda: broken({}))


class Reader:
    """A reader that holds the contract; the broken ones below break one clause each."""

    name = "reader"

    def sniff(self, head, name):
        return head.startswith(b"magic,month,amount\n")

    def line(self, number, cells):
        return StatementLine(
            reader=self.name, row=number, month=cells[1], service="", territory="", artist="", title="", isrc="",
            upc="", quantity=1, amount=Decimal(cells[2]), currency="EUR", cells=tuple(enumerate(map(str, cells))),
        )  # fmt: skip

    def read(self, stream):
        for number, line in enumerate(stream.read().decode("latin-1").splitlines()[1:], 2):
            cells = line.split(",")
            try:
                if len(cells) != 3 or len(cells[1]) != 7:
                    raise ValueError(line[:50])
                yield self.line(number, cells)
            except (ValueError, ArithmeticError) as error:
                yield LineRejected(row=number, column="", expected="three cells", got=str(error))


class Credulous(Reader):
    def sniff(self, head, name):
        return name.endswith(".csv")


class Dedupes(Reader):
    def read(self, stream):
        seen = set()
        for line in super().read(stream):
            if (key := getattr(line, "amount", None)) not in seen:
                seen.add(key)
                yield line


class FloatMoney(Reader):
    def line(self, number, cells):
        return msgspec.structs.replace(super().line(number, cells), amount=float(cells[2]))


class Raises(Reader):
    def read(self, stream):
        for number, line in enumerate(stream.read().decode().splitlines()[1:], 2):
            yield self.line(number, line.split(","))


class NoCurrency(Reader):
    def line(self, number, cells):
        return msgspec.structs.replace(super().line(number, cells), currency="")


class SameRow(Reader):
    def line(self, number, cells):
        return super().line(2, cells)


class ForgetsCells(Reader):
    def line(self, number, cells):
        return msgspec.structs.replace(super().line(number, cells), cells=())


class RejectsAGoodRow(Reader):
    def read(self, stream):
        for line in super().read(stream):
            yield LineRejected(row=3, column="", expected="", got="") if line.row == 3 else line


def test_the_suite_accepts_a_good_reader():
    check_statement_reader(Reader, SAMPLE, "a.csv", rows=9)


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (Credulous, "columns decide"),
        (Dedupes, "given once"),
        (FloatMoney, "Decimal"),
        (Raises, "never raises"),
        (NoCurrency, "currency"),
        (SameRow, "number of its own"),
        (ForgetsCells, "cells"),
        (RejectsAGoodRow, "every row of a good statement"),
    ],
)
def test_the_suite_finds_a_broken_reader(broken, clause):
    with pytest.raises(ConformanceError, match=clause):
        check_statement_reader(broken, SAMPLE, "a.csv", rows=9)
