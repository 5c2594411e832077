# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published of listeners: bounded, noisy, within a budget, and of no use to find somebody."""

import csv
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from io import StringIO
from statistics import mean

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.cli import group
from onrecord.errors import ArchiveLocked, IntegrityError, OnrecordError, UsageError
from onrecord.royalties.histories.market import read_market
from onrecord.royalties.privacy import Bounds, Count, Guarantee, Release, bounded_counts, check, release
from onrecord.royalties.privacy_budget import spend

DAY = date(2026, 11, 22)
ONE = Guarantee(epsilon=Decimal(1))
needs_opendp = pytest.mark.skipif(find_spec("opendp") is None, reason="opendp is not installed")
MONTH = "2024-03"


def table(path, rows):
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    pq.write_table(pa.table(dict(zip(["listener", "month", "artist", "plays"], columns, strict=True))), path)
    return path


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]),
            st.sampled_from(["2024-03", "2024-04"]),
            st.sampled_from(["Ann", "Bob", "Cy", "Dee", "Eve"]),
            st.integers(0, 60),
        ),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 4),
    st.integers(1, 40),
)
def test_one_listeners_month_changes_the_counts_by_no_more_than_the_bounds(
    tmp_path_factory, rows, artists, plays
):
    folder = tmp_path_factory.mktemp("bounds")
    bounds = Bounds(artists=artists, plays=plays)
    gone = rows[0][:2]
    with_, without = (
        {(count.month, count.artist): count for count in bounded_counts(table(folder / name, some), bounds)}
        if some
        else {}
        for name, some in (("1", rows), ("2", [row for row in rows if row[:2] != gone]))
    )
    none = Count("", "", 0, 0)
    changed = [(with_.get(key, none), without.get(key, none)) for key in set(with_) | set(without)]
    listeners = [abs(one.listeners - other.listeners) for one, other in changed]
    heard = [abs(one.plays - other.plays) for one, other in changed]
    assert max(listeners, default=0) <= 1
    assert sum(map(bool, listeners)) <= artists
    assert max(heard, default=0) <= plays
    assert sum(heard) <= artists * plays


def test_csv_and_parquet_count_alike(tmp_path):
    rows = [("a", MONTH, "Ann", 50), ("a", MONTH, "Bob", 3), ("a", MONTH, "Cy", 2), ("b", MONTH, "Ann", 1)]
    text = "plays,artist,more,month,listener\n" + "".join(f"{p},{a},x,{m},{who}\n" for who, m, a, p in rows)
    (tmp_path / "a.csv").write_text(text)
    bounds = Bounds(artists=2, plays=10)
    counted = bounded_counts(tmp_path / "a.csv", bounds)
    assert counted == [Count(MONTH, "Ann", 11, 2), Count(MONTH, "Bob", 3, 1)]
    assert bounded_counts(table(tmp_path / "a.parquet", rows), bounds) == counted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listener,artist,plays\na,Ann,1\n", "no column month"),
        ("listener,month,artist,plays\na,2024-03,Ann,1\na,2024-03,Ann,-1\n", "1 rows without"),
        ("listener,month,artist,plays\n,2024-03,Ann,1\na,2024-3,Ann,1\na,2024-03,,1\n", "3 rows without"),
        ("listener,month,artist,plays\na,2024-03,Ann,1e30\n", "1 rows without"),
    ],
)
def test_plays_that_cannot_be_read_stop_it(tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UsageError, match=said):
        bounded_counts(tmp_path / "a.csv", Bounds())


@pytest.mark.parametrize("epsilon", ["0", "1.01", "-1", "10"])
def test_no_release_spends_more_than_one(epsilon):
    with pytest.raises(UsageError, match="at most 1"):
        check(Bounds(), Guarantee(epsilon=Decimal(epsilon)))
    with pytest.raises(UsageError, match="delta"):
        check(Bounds(), Guarantee(epsilon=Decimal(1), delta=Decimal("0.01")))
    with pytest.raises(UsageError, match="bounds"):
        check(Bounds(artists=0), ONE)


def test_the_budget_refuses_more_than_was_stated(tmp_path):
    ledger = tmp_path / "budget.json"
    with pytest.raises(UsageError, match="expected --total-epsilon"):
        spend(ledger, ONE, Bounds(), "a.csv", DAY)
    assert not ledger.exists()
    assert spend(ledger, ONE, Bounds(), "a.csv", DAY, Decimal("2.5")).left == Decimal("1.5")
    assert spend(ledger, ONE, Bounds(), "b.csv", DAY).left == Decimal("0.5")
    before = ledger.read_bytes()
    with pytest.raises(UsageError, match=r"0.5 and .* are left after 2 releases; this one would spend 1"):
        spend(ledger, ONE, Bounds(), "c.csv", DAY)
    assert ledger.read_bytes() == before
    assert spend(ledger, Guarantee(epsilon=Decimal("0.5")), Bounds(), "c.csv", DAY).left == 0
    with pytest.raises(UsageError, match=r"was stated as 2\.5 and stays"):
        spend(ledger, ONE, Bounds(), "d.csv", DAY, Decimal(5))
    assert [each["out"] for each in json.loads(ledger.read_text())["releases"]] == ["a.csv", "b.csv", "c.csv"]


def test_delta_is_spent_too(tmp_path):
    ledger = tmp_path / "budget.json"
    most = Guarantee(epsilon=Decimal("0.1"), delta=Decimal("0.00001"))
    spend(ledger, most, Bounds(), "a.csv", DAY, Decimal(5))
    with pytest.raises(UsageError, match="budget is spent"):
        spend(ledger, most, Bounds(), "b.csv", DAY)


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"total_epsilon": "9", "total_delta": "1", "releases": [{}]}', ""]
)
def test_a_damaged_ledger_allows_nothing(tmp_path, damage):
    ledger = tmp_path / "budget.json"
    ledger.write_text(damage)
    with pytest.raises(IntegrityError, match=r"no ledger of a budget"):
        spend(ledger, ONE, Bounds(), "a.csv", DAY, Decimal(9))


def test_a_ledger_does_not_earn(tmp_path):
    ledger = tmp_path / "budget.json"
    spend(ledger, ONE, Bounds(), "a.csv", DAY, Decimal(1))
    ledger.write_text(ledger.read_text().replace('"epsilon": "1"', '"epsilon": "-1"'))
    with pytest.raises(IntegrityError, match="releases that spend something"):
        spend(ledger, ONE, Bounds(), "b.csv", DAY)


def test_releases_at_the_same_time_do_not_overdraw(tmp_path):
    ledger = tmp_path / "budget.json"
    spend(ledger, ONE, Bounds(), "first.csv", DAY, Decimal(4))

    def one(number):
        try:
            spend(ledger, ONE, Bounds(), f"{number}.csv", DAY)
            return 1
        except (UsageError, ArchiveLocked):
            return 0

    with ThreadPoolExecutor(8) as threads:
        made = sum(threads.map(one, range(40)))
    assert len(json.loads(ledger.read_text())["releases"]) == 1 + made <= 4


def test_what_is_published_is_inert_in_spreadsheets_and_read_back(tmp_path):
    names = ["=cmd()", "+44", "-M-", "@x", "A, B", 'The "X"', "'quoted"]
    counts = tuple(Count(MONTH, name, 100 + place, 50) for place, name in enumerate(names))
    made = Release(
        counts=counts, epsilon=Decimal(1), delta=Decimal("1e-6"), bounds=Bounds(), threshold=40, listeners_scale=1,
        plays_scale=1, library="",
    )  # fmt: skip
    cells = [row["artist"] for row in csv.DictReader(StringIO(made.csv()))]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    (tmp_path / "m.csv").write_text(made.csv())
    assert set(read_market(tmp_path / "m.csv", [MONTH], {}).months[MONTH].artists) == {
        name.casefold() for name in names
    }


def test_without_the_library_nothing_is_spent(tmp_path):
    if find_spec("opendp"):
        pytest.skip("opendp is installed")
    ran = run(table(tmp_path / "p", [("a", MONTH, "Ann", 1)]), tmp_path / "b.json", tmp_path / "out.csv")
    assert isinstance(ran.exception, OnrecordError)
    assert "not installed" in ran.exception.message
    assert not (tmp_path / "b.json").exists()


def run(plays, budget, out, *more):
    stated = [
        "--json",
        "royalties",
        "publish-aggregates",
        plays,
        "--epsilon",
        "1",
        "--total-epsilon",
        "1",
        "--budget",
        budget,
        "--out",
        out,
        *more,
    ]
    return CliRunner().invoke(group, [str(each) for each in stated])


class Population:
    """Listeners of one month with a taste each: some of the artists that many play, many that few do."""

    def __init__(self, seed, listeners, artists):
        self.random = random.Random(seed)
        self.names = [f"artist {number:04}" for number in range(artists)]
        self.weights = [1 / (place + 2) ** 0.9 for place in range(artists)]
        self.months = [self._month() for _ in range(listeners)]

    def _month(self):
        chosen = self.random.choices(self.names, self.weights, k=self.random.randint(5, 60))
        return Counter({name: plays * self.random.randint(1, 12) for name, plays in Counter(chosen).items()})


def rows(months):
    return [(f"l{n}", MONTH, name, plays) for n, month in enumerate(months) for name, plays in month.items()]


def auc(members, strangers):
    """The chance that a member scores higher than a stranger."""
    ranked = sorted([(score, 1) for score in members] + [(score, 0) for score in strangers])
    sum_of_ranks = sum(place for place, (_, is_member) in enumerate(ranked, 1) if is_member)
    n, m = len(members), len(strangers)
    return (sum_of_ranks - n * (n + 1) / 2) / (n * m)


def scores(published, people, reference):
    """How much of what each person played is there beyond what as many other listeners of the population played.

    The attacker knows the person's whole month, the bounds, and how others listen: the test of likelihoods for sums.
    """
    weight = {
        name: (plays - reference.get(name, 0)) / (reference.get(name, 0) + 1)
        for name, plays in published.items()
    }
    return [sum(plays * weight.get(name, 0) for name, plays in month.items()) for month in people]


def bounded_month(month, bounds):
    most = sorted(month.items(), key=lambda row: (-row[1], row[0]))[: bounds.artists]
    return Counter({name: min(plays, bounds.plays) for name, plays in most})


def together(months):
    """Their sum: adding them one by one would copy it for each."""
    found = Counter()
    for month in months:
        found.update(month)
    return found


@needs_opendp
def test_membership_cannot_be_inferred_from_what_is_published(tmp_path):
    size, bounds = 3000, Bounds()
    people = Population(seed=9, listeners=3 * size, artists=8000).months
    bounded = [bounded_month(month, bounds) for month in people]
    heard = [Counter(month.keys()) for month in bounded]
    counts = bounded_counts(table(tmp_path / "p", rows(people[:size])), bounds)
    assert {count.artist: count.plays for count in counts} == together(bounded[:size])

    def attacked(published, months):
        reference = together(months[2 * size :])
        members, strangers = months[:size], months[size : 2 * size]
        return auc(scores(published, members, reference), scores(published, strangers, reference))

    # The attack finds members in counts as they are, and is blind on what is published. A release is drawn by chance,
    # and by one alone the attack may seem to see: several together tell.
    assert attacked(together(bounded[:size]), bounded) > 0.62
    drawn = [release(counts, bounds, ONE).counts for _ in range(5)]
    plays = [attacked({count.artist: count.plays for count in made}, bounded) for made in drawn]
    listeners = [attacked({count.artist: count.listeners for count in made}, heard) for made in drawn]
    assert min(map(len, drawn)) >= 4
    assert abs(mean(plays) - 0.5) < 0.05 and abs(mean(listeners) - 0.5) < 0.05


@needs_opendp
def test_counts_of_many_listeners_survive_and_those_of_few_do_not(tmp_path):
    months = [Counter({"Star": 10, "Local": 10}) if n < 30 else Counter({"Star": 10}) for n in range(5000)]
    bounds = Bounds(artists=2, plays=10)
    made = release(bounded_counts(table(tmp_path / "p", rows(months)), bounds), bounds, ONE)
    [star] = made.counts
    assert star.artist == "Star"
    # Twenty times the scale of the noise: missed once in ten thousand million runs.
    assert abs(star.listeners - 5000) < 25 * made.listeners_scale
    assert abs(star.plays - 50_000) < 25 * made.plays_scale
    assert made.threshold > 30
    assert made.listeners_scale >= 4 * (1 - 1e-9)  # 2 artists / half of epsilon
    assert made.plays_scale >= 40 * (1 - 1e-9)


@needs_opendp
def test_noise_is_new_each_time(tmp_path):
    counts = [Count(MONTH, f"artist {number}", 90_000, 9_000) for number in range(20)]
    assert release(counts, Bounds(), ONE).csv() != release(counts, Bounds(), ONE).csv()


@needs_opendp
def test_the_command_spends_before_it_publishes(tmp_path):
    plays = table(tmp_path / "p", rows([Counter({"Star": 3})] * 2000))
    ran = run(plays, tmp_path / "b.json", tmp_path / "out.csv")
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["left"] == "0"
    how = json.loads((tmp_path / "out.csv.how.json").read_text())
    assert (how["epsilon"], how["unit"], how["most_plays_of_each"]) == ("1", "a listener's month", 30)
    assert how["library"].startswith("opendp ")
    again = run(plays, tmp_path / "b.json", tmp_path / "out2.csv")
    assert "the budget is spent" in again.exception.message
    assert not (tmp_path / "out2.csv").exists()
    assert "is there already" in run(plays, tmp_path / "b.json", tmp_path / "out.csv").exception.message


@needs_opendp
def test_nobody_who_listens_alone_is_named(tmp_path):
    made = release([Count(MONTH, "Only mine", 30, 1)], Bounds(), ONE)
    assert made.counts == ()
    assert release([], Bounds(), ONE).counts == ()
