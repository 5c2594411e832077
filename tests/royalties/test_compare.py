# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties compare`, `attack` and `axioms`: from a table to figures, and everything that is refused."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.engine.duck import Duck
from onrecord.royalties import axioms
from onrecord.royalties.generating import Population, write
from onrecord.royalties.reading_plays import LISTED, Plays, read_plays
from tests.cli.test_commands import Here

DOCS = Path(__file__).parents[2] / "docs"
PLAYS = "listener,artist,plays\nann,X,90\nann,Y,10\nbob,Y,1\n"
ALL = (
    "pro-rata", "user-centric", "fan-powered", "shapley", "probabilistic", "weighted", "hybrid", "threshold",
    "artist-centric",
)  # fmt: skip


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


def saved(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def asked(here: Here, path: Path, *words: object, code: int = 0):  # type: ignore[no-untyped-def]
    done = here("royalties", "compare", path, "--json", *words)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def models(*names: str) -> list[str]:
    return [word for name in names for word in ("--model", name)]


def test_amounts_are_decimal_strings_that_add_up(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", PLAYS)
    found = asked(here, path, *models("pro-rata", "user-centric"), "--fee", "5.05", "--unit", "0.01")
    assert found["schema"] == "onrecord.royalties.compare/1"
    assert found["models"]["pro-rata"]["payouts"] == {"X": "9.00", "Y": "1.10"}
    assert found["models"]["user-centric"]["payouts"] == {"X": "4.55", "Y": "5.55"}
    told = found["models"]["user-centric"]["change"]
    assert (told["winners"], told["losers"], told["moved"]) == (1, 1, "4.45")
    assert found["popularity"]["ratio"] > 1
    subsidy = found["models"]["pro-rata"]["subsidy"]
    assert (subsidy["given"], subsidy["giving"], subsidy["listeners"]) == ("4.95", 1, 2)
    assert found["models"]["user-centric"]["subsidy"]["given"] == "0.00"


def test_every_model_pays_the_whole_pool_from_csv_and_parquet(here: Here, tmp_path: Path) -> None:
    rows = [
        (f"l{n % 7}", f"a{n % 5}", f"r{n % 9}", n % 4, 60 * (n % 4), min(n % 4, 1), "s", month, f"T{n % 2}")
        for n, month in enumerate(["2026-01", "2026-02", "2026-03"] * 66)
    ]
    names = (
        "listener",
        "artist",
        "recording",
        "plays",
        "seconds",
        "engaged",
        "service",
        "month",
        "territory",
    )
    with (tmp_path / "plays.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([names, *rows])
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    pq.write_table(table, tmp_path / "plays.parquet")
    words = [
        *models(*ALL),
        "--fee",
        "7",
        "--option",
        "threshold.streams=5",
        "--option",
        "artist-centric.cap=8",
    ]
    one, two = (asked(here, tmp_path / f"plays.{kind}", *words) for kind in ("csv", "parquet"))
    assert one["models"] == two["models"] and one["pools"] == two["pools"]
    assert len(one["pools"]) == 6
    assert sum(Decimal(pool["amount"]) for pool in one["pools"]) == Decimal(one["total"]) > 0
    for name in ALL:
        outcome = one["models"][name]
        paid = sum(map(Decimal, outcome["payouts"].values()))
        assert paid == Decimal(outcome["paid"])
        assert paid + sum(Decimal(each["amount"]) for each in outcome["nobody"]) == Decimal(one["total"])


def test_the_same_run_gives_the_same_bytes(here: Here, tmp_path: Path) -> None:
    write(Population(listeners=300, artists=120, correlation=0.2), tmp_path / "plays.parquet", months=2)
    words = [
        *models("pro-rata", "user-centric", "shapley"),
        "--fee",
        "6.99",
        "--bootstrap",
        "5",
        "--seed",
        "7",
    ]
    for name in ("one", "two"):
        asked(here, tmp_path / "plays.parquet", *words, "--out", tmp_path / name)
    files = sorted(
        path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()
    )
    assert {str(file) for file in files} > {"result.json", "payouts.csv", "payouts/2025-01-pro-rata.parquet"}
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    result = json.loads((tmp_path / "one" / "result.json").read_text())
    assert result["record"]["options"]["seed"] == 7 and str(tmp_path) not in json.dumps(result)
    interval = result["models"]["user-centric"]["intervals"]["moved_share"]
    assert interval["draws"] == 5 and 0 < interval["low"] <= interval["high"]
    moved = result["models"]["user-centric"]["change"]["moved_share"]
    assert interval["low"] * 0.7 < moved < interval["high"] * 1.3
    other = asked(here, tmp_path / "plays.parquet", *words[:-1], "8")
    assert other["models"]["user-centric"]["payouts"] == result["models"]["user-centric"]["payouts"]
    assert other["models"]["user-centric"]["intervals"] != result["models"]["user-centric"]["intervals"]


def test_pools_come_from_a_file(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", "listener,artist,plays,month\na,X,1,2026-01\na,Y,3,2026-02\n")
    pools = saved(tmp_path / "pools.csv", "month,amount\n2026-01,10\n2026-02,20.5\n2026-03,1\n")
    found = asked(here, path, *models("pro-rata"), "--pool", pools)
    assert found["models"]["pro-rata"]["payouts"] == {"X": "10.000000", "Y": "20.500000"}
    assert "2026-03" in found["record"]["notes"][0]
    assert found["record"]["options"]["pools"] == "pools.csv" and len(found["record"]["pools_sha256"]) == 64
    for text, said in [
        ("month,amount\n2026-01,10\n", "there is none for 2026-02"),
        ("month,amount\n2026-01,10\n2026-01,10\n", "is there twice"),
        ("month,amount\n2026-01,1e30\n2026-02,1\n", "expected an amount such as 6.99"),
        ("month,amount\n2026-01,0.0000001\n2026-02,1\n", "expected a multiple of the unit"),
        ("amount\n3\n", "expected the columns month, amount; got amount"),
    ]:
        done = here("royalties", "compare", path, *models("pro-rata"), "--pool", saved(pools, text))
        assert done.returncode in (1, 2) and said in done.stderr
    done = here("royalties", "compare", path, *models("pro-rata"), "--pool-amount", "5")
    assert done.returncode == 2 and "the plays have 2 by month" in done.stderr


def test_what_is_asked_wrongly_is_said(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", PLAYS)
    for words, said in [
        (["--model", "fair", "--fee", "1"], "no payout model is called 'fair'"),
        (models("pro-rata"), "expected one of --fee, --pool and --pool-amount"),
        ([*models("pro-rata"), "--fee", "1", "--pool-amount", "2"], "expected one of --fee"),
        ([*models("pro-rata"), "--fee", "-1"], "fee: expected an amount such as 6.99"),
        ([*models("pro-rata"), "--fee", "1", "--unit", "0"], "unit: expected an amount above 0"),
        ([*models("fan-powered"), "--fee", "1"], "the plays have no column `seconds`"),
        ([*models("pro-rata"), "--fee", "1", "--option", "weighted.alpha=1"], "but not --model weighted"),
        ([*models("pro-rata"), "--fee", "1", "--option", "alpha"], "expected MODEL.KEY=VALUE"),
        (
            [*models("pro-rata"), "--fee", "1", "--baseline", "shapley"],
            "baseline: expected one of the models",
        ),
        ([*models("pro-rata"), "--fee", "1", "--memory", "much"], "--memory: expected a size"),
    ]:
        done = here("royalties", "compare", path, *words)
        assert done.returncode == 2 and said in done.stderr, (words, done.stderr)


def test_the_inactive_are_asked_about_only_where_there_are_any(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", PLAYS + "idle,X,0\n")
    done = here("royalties", "compare", path, *models("user-centric"), "--fee", "5")
    assert done.returncode == 2
    assert "5.000000 were paid by listeners who played nothing" in done.stderr
    assert "user-centric.inactive=pro_rata_pool|retain|carry" in done.stderr
    words = [*models("user-centric"), "--fee", "5", "--option", "user-centric.inactive=retain"]
    found = asked(here, path, *words)["models"]["user-centric"]
    assert found["nobody"] == [{"reason": "inactive listeners: retain", "amount": "5.000000"}]
    assert found["paid"] == "10.000000"


BAD = (
    "listener,artist,plays,month,engaged\n"
    "a,X,10,2026-01,1\n"
    "a,X,-1,2026-01,0\n"
    "a,X,1e30,2026-01,0\n"
    ",X,1,2026-01,0\n"
    "a,,1,2026-01,0\n"
    'a,"X\nY",1,2026-13,0\n'
    "a,X,1,2026-01,2\n"
    "a,X,1,2026-01\n"
    "a,X,\"1,000\",2026-01,0\n"
    "b,Y,2,2026-01,2\n"
)  # fmt: skip
REASONS = [
    (3, "plays: expected a whole number from 0 to 1000000000, got -1"),
    (4, "plays: expected a whole number from 0 to 1000000000, got 1e30"),
    (5, "listener: expected a name, got nothing"),
    (6, "artist: expected a name, got nothing"),
    (7, "month: expected YYYY-MM, got 2026-13"),
    (9, "engaged: expected at most the 1 plays, got 2"),
    (10, "expected 5 cells, got 4"),
    (11, "plays: expected a whole number from 0 to 1000000000, got 1,000"),
]


@pytest.mark.parametrize(
    ("encoding", "ends"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("utf-8", "\r")]
)
def test_every_refused_row_has_its_number_and_reason(
    here: Here, tmp_path: Path, encoding: str, ends: str
) -> None:
    (tmp_path / "bad.csv").write_bytes(BAD.replace("\n", ends).encode(encoding))
    found = asked(here, tmp_path / "bad.csv", *models("pro-rata"), "--fee", "1", code=3)
    rows = found["rows"]
    assert [(each["row"], each["reason"]) for each in rows["listed"]] == REASONS
    assert (rows["read"], rows["kept"], rows["refused"]) == (10, 2, 8)
    assert found["models"]["pro-rata"]["payouts"] == {"X": "1.666667", "Y": "0.333333"}


def read(path: Path, spill: Path) -> tuple[Plays, list[tuple[object, ...]]]:
    duck = Duck(spill / "temp", memory="500MB")
    try:
        plays = read_plays(duck, path, spill)
        return plays, duck.run("SELECT listener, payee, plays, month FROM input ORDER BY ALL")
    finally:
        duck.close()


def test_parquet_rows_are_refused_in_the_same_words(tmp_path: Path) -> None:
    table = pa.table(
        {
            "Listener": ["a", "a", None, "a", "b", "b"],
            "artist": [1, 2, 3, None, 5, 6],
            "plays": pa.array([1.0, 2.5, 3.0, 4.0, -5.0, 6.0]),
            "month": ["2026-01", "2026-01", "2026-01", "2026-01", "2026-01", "Jan"],
            "device": ["x"] * 6,
        }
    )
    pq.write_table(table, tmp_path / "plays.parquet")
    plays, rows = read(tmp_path / "plays.parquet", tmp_path)
    assert (plays.rows, plays.kept, plays.refused, plays.ignored) == (6, 1, 5, ("device",))
    assert [(each.row, each.reason.split(":")[0]) for each in plays.listed] == [
        (2, "plays"), (3, "listener"), (4, "artist"), (5, "plays"), (6, "month"),
    ]  # fmt: skip
    assert rows == [("a", 1, 1, "2026-01")]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("month", ["2026-01", "2026-1", "2026-03"], "month: expected YYYY-MM, got 2026-1"),
        ("month", ["2026-01", None, "2026-03"], "month: expected YYYY-MM, got nothing"),
        ("plays", [1, -1, 3], "plays: expected a whole number from 0 to 1000000000, got -1"),
        ("plays", [1, 10**9 + 1, 3], "plays: expected a whole number from 0 to 1000000000, got 1000000001"),
        ("plays", [1, None, 3], "plays: expected a whole number from 0 to 1000000000, got nothing"),
        ("engaged", [1, 6, 3], "engaged: expected at most the 5 plays, got 6"),
        ("listener", ["a", "", "c"], "listener: expected a name, got nothing"),
        ("listener", [1, None, 3], "listener: expected a name, got nothing"),
    ],
)
def test_one_fault_among_good_rows_of_parquet_is_found(
    tmp_path: Path, column: str, values: list[object], reason: str
) -> None:
    """Columns are looked at as a whole first, and row by row only where that finds something."""
    good = {"listener": ["a"] * 3, "artist": ["x"] * 3, "plays": [5] * 3, "engaged": [0] * 3}
    pq.write_table(pa.table({**good, "month": ["2026-01"] * 3, column: values}), tmp_path / "plays.parquet")
    plays, rows = read(tmp_path / "plays.parquet", tmp_path)
    assert [(each.row, each.reason) for each in plays.listed] == [(2, reason)]
    assert (plays.kept, plays.refused, len(rows)) == (2, 1, 2)
    assert {pool[1] for pool in plays.pools} == {row[3] for row in rows}


def test_dates_are_months_and_a_recording_may_stand_for_the_artist(tmp_path: Path) -> None:
    import datetime as dt

    table = pa.table({"listener": [1], "recording": ["r"], "plays": [2], "month": [dt.date(2026, 2, 28)]})
    (tmp_path / "in").mkdir()
    pq.write_table(table, tmp_path / "in" / "a.parquet")
    pq.write_table(table, tmp_path / "in" / "b.parquet")
    plays, rows = read(tmp_path / "in", tmp_path)
    assert rows == [(1, "r", 2, "2026-02")] * 2
    assert [name for name, _ in plays.files] == ["a.parquet", "b.parquet"]


def test_more_refusals_than_are_listed_are_counted(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", PLAYS + "a,X,x\n" * (LISTED + 5))
    done = here("royalties", "compare", path, *models("pro-rata"), "--fee", "1")
    assert done.returncode == 3
    assert f"{LISTED + 8:,} rows read: 3 kept, {LISTED + 5:,} refused" in done.stdout
    assert "refused: 5 rows more, which are counted and not listed" in done.stdout


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected a header with listener, artist and plays"),
        (b"listener,plays\na,1\n", "there is no artist (or recording)"),
        (b"listener,artist,plays,Plays\na,b,1,1\n", "the column 'plays' is there 2 times"),
        (b"PAR1" + b"x" * 100, "a Parquet file that cannot be read"),
    ],
)
def test_files_that_hold_no_plays_are_refused(here: Here, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "plays").write_bytes(data)
    done = here("royalties", "compare", tmp_path / "plays", *models("pro-rata"), "--fee", "1")
    assert done.returncode == 1 and said in done.stderr


def test_names_do_not_become_formulas_or_commands(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", "listener,artist,plays\na,=1+1,1\nb,\x1b[31mred,0\nb,'; DROP,1\n")
    asked(here, path, *models("pro-rata"), "--fee", "1", "--out", tmp_path / "out")
    lines = (tmp_path / "out" / "payouts.csv").read_text().splitlines()
    assert lines == ["payee,pro-rata", "'; DROP,1.000000", "'=1+1,1.000000"]
    path = saved(tmp_path / "red.csv", "listener,artist,plays\na,\x1b[31mred,1\n")
    asked(here, path, *models("pro-rata"), "--fee", "1", "--out", tmp_path / "red")
    assert "\x1b" not in (tmp_path / "red" / "payouts.csv").read_text()


# The farm and the axioms


def test_a_farm_gets_no_more_than_its_fees_where_money_stays_with_its_listener(
    here: Here, tmp_path: Path
) -> None:
    path = tmp_path / "plays.parquet"
    write(Population(listeners=400, artists=100), path)
    words = ["--fee", "7", "--accounts", "20", "--plays-each", "9000", "--json"]
    done = here("royalties", "attack", path, *models(*(set(ALL) - {"fan-powered"})), *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["models"]
    for name in ("user-centric", "shapley", "probabilistic"):
        assert Decimal(found[name]["paid"]) == 140 == Decimal(found[name]["cost"])
        assert Decimal(found[name]["profit"]) == 0 and found[name]["losers"] == 0
    assert Decimal(found["pro-rata"]["profit"]) > 500
    assert 0 < Decimal(found["artist-centric"]["profit"]) < Decimal(found["pro-rata"]["profit"])
    assert Decimal(found["hybrid"]["profit"]) < Decimal(found["pro-rata"]["profit"])
    assert Decimal(found["pro-rata"]["taken"]) > 0


def test_accounts_that_pay_nothing_get_nothing_of_their_own(here: Here, tmp_path: Path) -> None:
    path = saved(tmp_path / "plays.csv", PLAYS)
    words = [
        "--fee",
        "5",
        "--accounts",
        "2",
        "--plays-each",
        "50",
        "--payees",
        "3",
        "--bot-fee",
        "0",
        "--json",
    ]
    found = json.loads(here("royalties", "attack", path, *models("pro-rata", "user-centric"), *words).stdout)
    assert found["models"]["user-centric"]["paid"] == "0.000000"
    assert found["models"]["pro-rata"]["profit"] == found["models"]["pro-rata"]["paid"] == "4.975124"
    assert found["share_of_plays"] == round(100 / 201, 6)


def test_the_page_of_axioms_is_what_the_search_finds(here: Here) -> None:
    page = (DOCS / "royalties" / "axioms.md").read_text("utf-8")
    assert here("royalties", "axioms").stdout == page, (
        "run `onrecord royalties axioms > docs/royalties/axioms.md`"
    )


def test_the_search_agrees_with_what_is_proven() -> None:
    """Bergantiños & Moreno-Ternero: pro-rata is open to click fraud and slights fans; user-centric and Shapley not."""
    broken = {(each.axiom, each.model) for each in axioms.search(120) if each.example}
    for axiom in ("click-fraud proof", "reasonable lower bound"):
        assert (axiom, "pro-rata") in broken
        assert not {(axiom, "user-centric"), (axiom, "shapley")} & broken
    assert ("pairwise homogeneity", "shapley") in broken
    assert not {("pairwise homogeneity", name) for name in ("pro-rata", "user-centric", "weighted")} & broken
    assert ("splitting-proof", "shapley") in broken
    assert not {("anonymity", name) for name in ALL} & broken


def test_every_option_of_every_model_is_documented() -> None:
    from onrecord.errors import UsageError
    from onrecord.royalties import loading

    page = (DOCS / "royalties" / "models.md").read_text("utf-8")
    for name, model in loading.load_models().loaded.items():
        with pytest.raises(UsageError) as error:
            model({"?": ""})
        part = page.split(f"## {name}\n")[1].split("\n## ")[0]
        for option in error.value.hint.split(": ", 1)[1].split(", "):
            assert f"`{option}`" in part, (name, option)
