# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a listener's money goes: exact by month, never guessed, beside a market that is named, and nothing personal."""

import hashlib
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from xml.etree import ElementTree

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.cli import group
from onrecord.cli.royalties.listener_pages import money, page
from onrecord.cli.royalties.listener_picture import picture
from onrecord.errors import UsageError
from onrecord.royalties.histories.market import read_market
from onrecord.royalties.histories.reading import Credit, History, Tally, read_history
from onrecord.royalties.listening.books import value
from onrecord.royalties.listening.plays import UNNAMED
from onrecord.royalties.listening.terms import Terms, fee, idle_months, span
from onrecord.royalties.loading import load_models
from tests.royalties.histories import exports

MODELS = load_models().loaded
TERMS = Terms(
    prices=(("", Decimal("12")),),
    tax_rate=Decimal("0.2"),
    rightsholder_share=Decimal("0.7"),
    plan="individual",
    country="SE",
    currency="SEK",
)


def history(months, service="Spotify", timed=True, short=None):
    """A history of {month: {artist or (artists): plays}}."""
    read = {
        month: {
            Credit(", ".join(names), names): Tally(plays, 0, plays * timed, plays * 60_000 * timed)
            for artist, plays in by.items()
            for names in [artist if isinstance(artist, tuple) else (artist,)]
        }
        for month, by in months.items()
    }
    return History(service, (), read, short or {}, (), ())


def paid(month, model):
    return {payout["payee"]: Decimal(payout["amount"]) for payout in month.models[model]}


def terms(**changed):
    return msgspec.structs.replace(TERMS, **changed)


def test_a_month_under_each_rule():
    report = value(history({"2024-03": {"Ann": 3, "Bob": 1}}), terms(rate=Decimal("0.004")), MODELS)
    [month] = report.months
    assert month.paid == "7.000000"
    assert paid(month, "user-centric") == {"Ann": Decimal("5.25"), "Bob": Decimal("1.75")}
    assert paid(month, "shapley") == {"Ann": Decimal("3.5"), "Bob": Decimal("3.5")}
    assert paid(month, "fan-powered") == {"Ann": Decimal("5.25"), "Bob": Decimal("1.75")}
    assert paid(month, "per-play rate") == {"Ann": Decimal("0.012"), "Bob": Decimal("0.004")}
    assert "pro-rata" not in month.models
    assert paid(month, "probabilistic")["Ann"] == Decimal("4.437821")  # 7 * √3 / (√3 + 1), √3 to six decimals
    unsaid = {rule: each.missing for each in report.unsaid for rule in each.rules}
    assert set(unsaid) == {"pro-rata", "hybrid", "weighted", "threshold", "artist-centric"}
    assert all("--market" in missing for missing in unsaid.values())
    by_shapley = next(each for each in report.comparisons if each.before == "shapley")
    assert [(change.artist, change.difference) for change in by_shapley.changes] == [
        ("Ann", "1.750000"),
        ("Bob", "-1.750000"),
    ]


def test_the_fee_is_exact_and_follows_the_price():
    priced = terms(prices=(("", Decimal("9.99")), ("2024-05", Decimal("10.99"))), unit=Decimal("0.01"))
    # 9.99 / 1.2 * 0.7 = 5.8275, 10.99 / 1.2 * 0.7 = 6.41083…
    assert [fee(priced, month) for month in ("2023-01", "2024-04", "2024-05", "2025-01")] == [
        583,
        583,
        641,
        641,
    ]
    assert fee(terms(plan="family", persons=4), "2024-01") == 1_750_000


months = st.dictionaries(
    st.sampled_from(["2024-01", "2024-02", "2024-04", "2024-05"]),
    st.dictionaries(
        st.sampled_from(["Ann", "Bob", ("Ann", "Bob"), ("Cy", "Dee", "Eve"), ()]),
        st.integers(1, 900),
        max_size=4,
    ),
    min_size=1,
).filter(lambda found: any(found.values()))


@settings(max_examples=80, deadline=None)
@given(
    months,
    st.decimals(0, 200, places=2),
    st.decimals(0, 1, places=3),
    st.sampled_from(["unpaid", "retain", "carry", "pro_rata_pool"]),
    st.sampled_from(["as-written", "first", "equal"]),
    st.sampled_from(["0.01", "0.000001"]),
)
def test_every_month_adds_up_to_what_was_paid_and_carried(found, price, share, idle, credits, unit):
    stated = terms(
        prices=(("", price),), rightsholder_share=share, idle=idle, credits=credits, unit=Decimal(unit)
    )
    report = value(history(found), stated, MODELS)
    for month in report.months:
        money = Decimal(month.paid) + Decimal(month.carried)
        for model in ("user-centric", "shapley", "probabilistic", "fan-powered"):
            assert sum(paid(month, model).values(), Decimal(0)) == money
    for model in ("user-centric", "shapley"):
        reached = sum((Decimal(row.amounts[model]) for row in report.artists), Decimal(0))
        kept = sum(
            (paid(m, model).get("", Decimal(0)) for m in report.months if not m.carried or idle != "carry"), 0
        )
        assert reached == Decimal(report.totals[model])
        if idle == "carry":
            assert reached + Decimal(report.left) == Decimal(report.paid)
        else:
            assert reached + kept == Decimal(report.paid)


def test_months_without_a_play_are_never_guessed():
    quiet = history({"2024-01": {"Ann": 1}, "2024-04": {"Bob": 1}}, short={"2024-02": 5})
    assert idle_months(quiet, TERMS) == ("2024-02", "2024-03")
    with pytest.raises(UsageError, match=r"2024-02, 2024-03.*expected --idle") as error:
        value(quiet, TERMS, MODELS)
    assert "the money waits for the next month" in error.value.hint
    by_rule = {
        idle: value(quiet, terms(idle=idle), MODELS)
        for idle in ("unpaid", "retain", "carry", "pro_rata_pool")
    }
    assert [month.paid for month in by_rule["unpaid"].months] == [
        "7.000000",
        "0.000000",
        "0.000000",
        "7.000000",
    ]
    assert by_rule["retain"].months[1].models["shapley"] == (
        {"payee": "", "amount": "7.000000", "reason": "no counted play: the service keeps the money"},
    )
    assert (by_rule["carry"].months[3].carried, by_rule["carry"].totals["shapley"]) == (
        "14.000000",
        "28.000000",
    )
    assert by_rule["pro_rata_pool"].totals["shapley"] == "14.000000"


def test_months_that_are_asked_for():
    found = history({"2023-12": {"Ann": 1}, "2024-01": {"Ann": 1}, "2024-02": {"Ann": 1}})
    assert span(found, terms(since="2024-01")) == ("2024-01", "2024-02")
    assert span(found, TERMS) == ("2023-12", "2024-01", "2024-02")
    with pytest.raises(UsageError, match="the first not after the last"):
        span(found, terms(since="2025-01"))


@pytest.mark.parametrize(
    ("credits", "expected"),
    [
        ("as-written", {"Ann, Bob": "4.2", "Ann": "2.8"}),
        ("first", {"Ann": "7"}),
        ("equal", {"Ann": "4.9", "Bob": "2.1"}),
    ],
)
def test_who_is_paid_for_a_credit_of_several_is_a_choice_that_is_said(credits, expected):
    found = history({"2024-01": {("Ann", "Bob"): 3, "Ann": 2}})
    report = value(found, terms(credits=credits), MODELS)
    assert paid(report.months[0], "user-centric") == {
        name: Decimal(amount) for name, amount in expected.items()
    }
    assert any(note.startswith("Credits of several artists are paid") for note in report.notes)


def test_what_is_not_known_is_said():
    scrobbled = history({"2024-01": {"Ann": 1, (): 2}}, service="Last.fm", timed=False)
    scrobbled.months["2024-01"][Credit("Ann", ("Ann",))].unverified = 1
    report = value(scrobbled, TERMS, MODELS)
    said = " ".join(report.notes)
    assert "cannot be checked for 1 plays" in said
    assert "plays of several services" in said
    assert ["fan-powered"] in [list(each.rules) for each in report.unsaid]
    assert "fan-powered" not in report.totals
    assert [row.artist for row in report.artists] == [UNNAMED, "Ann"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"plan": "family"}, "how many share the family plan"),
        ({"persons": 2}, "a plan called individual is one person's"),
        ({"plan": "free"}, "individual, student, duo, family"),
        ({"rightsholder_share": Decimal(70)}, "0.25 is 25 %"),
        ({"rate": Decimal("0.0000001")}, "a multiple of the unit"),
        ({"prices": ()}, "price"),
    ],
)
def test_terms_that_make_no_sense(changed, said):
    with pytest.raises(UsageError) as error:
        value(history({"2024-01": {"Ann": 1}}), terms(**changed), MODELS)
    assert said in error.value.message + error.value.hint


def test_a_history_without_a_play_pays_nobody():
    with pytest.raises(UsageError, match="no play that counts"):
        value(history({"2024-01": {}}), TERMS, MODELS)


def test_pro_rata_rests_on_a_market_that_every_figure_names(tmp_path):
    market = tmp_path / "sweden.csv"
    market.write_text(
        "month,artist,plays,pool\n2024-03,,1000,700\n2024-03,ann,100,\n2024-03,Bob,10,\n2024-04,,9,1\n"
    )
    found = history({"2024-03": {"Ann": 3, "Bob": 1}, "2024-05": {"Ann": 1}})
    stated = terms(idle="retain")
    report = value(found, stated, MODELS, read_market(market, span(found, stated), {}))
    month = report.months[0]
    assert paid(month, "pro-rata") == {"Ann": Decimal("2.1"), "Bob": Decimal("0.7")}
    digest = hashlib.sha256(market.read_bytes()).hexdigest()
    assert (report.market.sha256, report.market.first, report.market.last) == (digest, "2024-03", "2024-04")
    cited = f"sweden.csv, sha256 {digest[:12]}, 2024-03 to 2024-04"
    assert (month.beside.market, month.beside.plays) == (cited, 1000)
    assert (month.beside.pool, month.beside.brings) == ("700.000000", "2.800000")
    # 110 of 1,000 plays are of those that were played: 7 * 0.11.
    assert month.beside.reaches == "0.770000"
    assert report.months[2].beside is None
    moved = next(each for each in report.comparisons if each.before == "pro-rata")
    # March alone: no market of May is known.
    assert [(change.artist, change.before, change.after) for change in moved.changes] == [
        ("Ann", "2.100000", "5.250000"),
        ("Bob", "0.700000", "1.750000"),
    ]
    assert [
        (each.months, each.missing) for each in report.unsaid if {"pro-rata", "hybrid"} <= set(each.rules)
    ] == [(1, "a market that covers the month")]
    html = page(report, found)
    # Every caption and column of pro-rata says whose plays it rests on.
    captions = re.findall(r"<figcaption>.*?</figcaption>|<th scope=\"col\".*?</th>", html)
    about = [caption for caption in captions if "pro-rata" in caption]
    assert len(about) >= 4
    assert all(cited in caption for caption in about)


def test_a_market_without_totals_pools_or_room(tmp_path):
    market = tmp_path / "m.csv"
    market.write_text("artist,month,plays\nAnn,2024-03,60\nBob,2024-03,40\n")
    found = history({"2024-03": {"Ann": 3, "Zoe": 1}})
    without = value(found, TERMS, MODELS, read_market(market, ["2024-03"], {}))
    assert "pro-rata" not in without.months[0].models
    assert without.months[0].beside.reaches == "4.200000"
    assert any("the sum of the artists" in note for note in without.notes)
    assert any("--market-pool" in each.missing for each in without.unsaid)
    stated = value(found, TERMS, MODELS, read_market(market, ["2024-03"], {"2024-03": Decimal(50)}))
    assert paid(stated.months[0], "pro-rata") == {"Ann": Decimal("1.5"), "Zoe": Decimal("0.5")}
    with pytest.raises(UsageError, match="100 plays of everybody, but this listener alone has 200"):
        value(history({"2024-03": {"Ann": 200}}), TERMS, MODELS, read_market(market, ["2024-03"], {}))
    with pytest.raises(UsageError, match="no row of the months"):
        read_market(market, ["2023-01"], {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "expected a table with the columns month, plays"),
        ("", "an empty file"),
        ("month,plays\n2024-13,1\n", "line 2: expected a month as YYYY-MM"),
        ("month,plays\n2024-03,many\n", "line 2: expected plays as a whole number, got 'many'"),
        ("month,plays,pool\n2024-03,1,1e30\n", "expected the pool as an amount"),
        ("month,plays\n2024-03,1\n2024-03,2\n", "line 3: expected one row without an artist"),
        ("month,plays\n2024-03\n", "line 2: expected 2 cells"),
    ],
)
def test_a_market_that_cannot_be_read(tmp_path, text, said):
    market = tmp_path / "m.csv"
    market.write_text(text)
    with pytest.raises(UsageError) as error:
        read_market(market, ["2024-03"], {})
    assert said in error.value.message


def test_an_open_dump_is_a_market(tmp_path):
    import datetime as dt

    at = [dt.datetime(2024, 3, day, 12) for day in (1, 2, 3)] + [dt.datetime(2024, 4, 1)]
    table = pa.table(
        {
            "listened_at": pa.array(at, pa.timestamp("ms")),
            "artist_name": ["Ann", "ann", "Bob", "Ann"],
            "user_id": [1] * 4,
        }
    )
    pq.write_table(table, tmp_path / "0.parquet")
    market = read_market(tmp_path / "0.parquet", ["2024-03"], {"2024-03": Decimal(30)})
    assert (market.months["2024-03"].plays, market.months["2024-03"].artists) == (3, {"ann": 2, "bob": 1})
    assert set(market.months) == {"2024-03"}
    pq.write_table(pa.table({"x": [1]}), tmp_path / "1.parquet")
    with pytest.raises(UsageError, match="listened_at and artist_name, got x"):
        read_market(tmp_path / "1.parquet", ["2024-03"], {})


NASTY = '</text><script>alert(1)</script>&"\u202e=1+1'


def test_the_page_stands_for_itself(tmp_path):
    report = value(history({"2024-03": {NASTY: 3, "Bob": 1}}), terms(rate=Decimal("0.004")), MODELS)
    html = page(report, history({}))
    assert "<script" not in html
    assert re.findall(r"(?:https?:)?//[a-z]", html) == []
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*(.*?)[>)]", html) == ['"data:,"']
    for drawing in re.findall(r"<svg.*?</svg>", html, re.S):
        ElementTree.fromstring(drawing)
    assert html.count("<svg") >= 5


def test_the_picture_shows_what_was_chosen_and_no_more():
    found = history({"2024-03": {NASTY: 3, **{f"Artist {n}": 1 for n in range(20)}}})
    report = value(found, terms(currency="SEK"), MODELS)
    shares, artists = picture(report, "shares"), picture(report, "artists")
    for drawing in (shares, artists):
        ElementTree.fromstring(drawing)
        assert "<script" not in drawing
        words = re.sub("<[^>]*>", " ", drawing)
        assert not re.search(
            r"2024|SEK|SE\b|Spotify|7[.]00|plays\b(?! \()", words.replace("listener plays", "")
        )
    assert "Artist" not in shares
    assert "13.0 %" in shares
    assert "Artist 1" in artists


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0", "0.00"), ("0.004", "less than 0.01"), ("-0.001", "more than -0.01"), ("1234.567", "1,234.57")],
)
def test_amounts_for_reading(amount, said):
    assert money(amount) == said


STATED = ("--tax-rate", "0.2", "--rightsholder-share", "0.7", "--plan", "individual", "--country", "se")


@pytest.fixture
def export(tmp_path):
    path = tmp_path / f"{exports.SECRETS[1]}.zip"
    data = exports.extended(
        ("2024-03-01T11:00:00Z", "Ann", "One", 31_000),
        ("2024-03-01T11:05:00Z", "Bob", "Two", 200_000),
        ("2024-03-01T11:06:00Z", "Bob", "Two", 1_000),
    )
    # One row whose time cannot be read.
    data = data[:-1] + b", " + exports.extended(("yesterday", "Cy", "Three", 31_000))[1:]
    path.write_bytes(exports.zipped({f"{exports.SECRETS[7]}.json": data, "ReadMe.pdf": b"x"}))
    return path


def run(*arguments, **more):
    return CliRunner().invoke(group, ["royalties", "listener", *map(str, arguments)], **more)


def test_the_command_says_it_all_and_nothing_personal(export, tmp_path):
    out = tmp_path / "out"
    ran = run(export, "--price", "12", *STATED, "--out", out, "--json")
    assert ran.exit_code == 3, ran.output
    answer = json.loads(ran.stdout)
    assert answer["schema"] == "onrecord.royalties.listener/1"
    assert answer["totals"] == dict.fromkeys(
        ("user-centric", "shapley", "probabilistic", "fan-powered"), "7.000000"
    )
    assert answer["files"][0] | {"left_out": {}} == {
        "file": 1, "format": "Spotify, extended streaming history", "rows": 4, "counted": 2, "short": 1,
        "repeated": 0, "left_out": {}, "refused": 1,
    }  # fmt: skip
    assert answer["refused"] == [
        {
            "file": 1,
            "row": 4,
            "column": "ts",
            "expected": "a time such as 2024-05-31T21:04:00Z",
            "got": "yesterday",
        }
    ]
    plain = run(export, "--price", "12", *STATED, "--rate", "0.003")
    written = [(out / name).read_text() for name in ("report.html", "share.svg")]
    assert "user-centric" in plain.stdout
    for said in (ran.stdout, plain.stdout, *written):
        assert not [secret for secret in exports.SECRETS if secret in said]


def test_what_is_missing_is_named_where_nobody_can_be_asked(export):
    ran = run(export, "--country", "SE")
    assert isinstance(ran.exception, UsageError)
    assert "--price, --tax-rate, --rightsholder-share, --plan" in ran.exception.message
    shared = run(export, "--price", "12", *STATED[:4], "--plan", "family", "--country", "SE")
    assert "--persons" in shared.exception.message
    for wrong in (
        ["--price", "cheap"],
        ["--price", "2024-13=1"],
        ["--market-pool", "7"],
        ["--since", "2024"],
    ):
        assert run(export, *STATED, "--price", "1", *wrong).exit_code == 2


ON_A_TERMINAL = """
import sys
from onrecord.cli.royalties.listener import command
command.main(sys.argv[1:], obj={"folder": None, "as_json": False, "quiet": False})
"""


def test_on_a_terminal_it_is_asked(export):
    master, slave = os.openpty()
    stated = [export, "--tax-rate", "0.2", "--rightsholder-share", "0.7"]
    os.write(master, b"12\nfamily\n2\nSE\n")
    try:
        ran = subprocess.run(
            [sys.executable, "-c", ON_A_TERMINAL, *stated],
            stdin=slave,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(slave)
        os.close(master)
    assert "What does a month cost" in ran.stderr
    assert "How many persons share the plan" in ran.stderr
    assert "1 month: 3.50 for rightsholders" in ran.stdout


def test_a_history_of_every_shape_goes_the_whole_way(tmp_path):
    from tests.royalties.histories.test_histories import SHAPES

    for number, (data, _) in enumerate(SHAPES.values()):
        path = tmp_path / str(number)
        path.write_bytes(data)
        report = value(read_history([path]), TERMS, MODELS)
        assert sum(Decimal(row.amounts["user-centric"]) for row in report.artists) == Decimal(report.paid)


def test_an_open_dump_beside_the_command(export, tmp_path):
    import datetime as dt

    at = [dt.datetime(2024, 3, 2)] * 9
    artists = ["Ann"] * 4 + ["bob"] * 2 + ["Cy"] * 3
    table = {
        "listened_at": pa.array(at, pa.timestamp("ms")),
        "artist_name": artists,
        "user_id": [1, 2, 3] * 3,
    }
    dump = tmp_path / "dump.parquet"
    pq.write_table(pa.table(table | {"recording_name": ["One"] * 9}), dump)
    market = ("--market", dump, "--market-pool", "2024-03=90")
    answer = json.loads(run(export, "--price", "12", *STATED, *market, "--json").stdout)
    assert answer["market"]["sha256"] == hashlib.sha256(dump.read_bytes()).hexdigest()
    assert answer["around"] == ["pro-rata", "hybrid", "weighted", "artist-centric"]
    assert answer["totals"]["pro-rata"] == "20.000000"
    said = run(export, "--price", "12", *STATED, *market).stdout
    assert "pro-rata (dump.parquet, sha256 " in said
    assert re.search(
        r"nothing is said of threshold in 1 month: missing is everybody.s plays of each recording", said
    )
    assert "66.7 % of the money reaches those played" in said


def test_months_in_the_page_are_the_money_of_the_months():
    found = history({"2024-01": {"Ann": 3, "Bob": 1}, "2024-03": {f"Artist {n}": 1 for n in range(9)}})
    report = value(found, terms(idle="retain"), MODELS)
    html = page(report, found)
    figure = re.search(r'<figure class="months">.*?</figure>', html, re.S).group()
    columns = re.findall(r"<g .*?</g>", figure)
    titles = [re.search("<title>(.*?)</title>", column).group(1) for column in columns]
    assert titles == [
        "2024-01: 7.00, 4 plays of 2 artists",
        "2024-02: 7.00, 0 plays of 0 artists",
        "2024-03: 7.00, 9 plays of 9 artists",
    ]
    heights = [sum(map(float, re.findall(r' height="([0-9.]+)"/>', column))) - 100 for column in columns]
    assert [round(height, 1) for height in heights] == [100.0, 100.0, 100.0]
    assert "nobody: no counted play" in figure
    assert "everybody else" in figure


WITHOUT_A_NETWORK = """
import sys

def refuse(event, arguments):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethostby", "socket.sendto", "socket.bind")):
        raise SystemExit(f"the network was asked: {event}")

sys.addaudithook(refuse)
from onrecord.cli.royalties.listener import command
command.main(sys.argv[1:], obj={"folder": None, "as_json": False, "quiet": False})
"""


def test_nothing_leaves_the_machine(export, tmp_path):
    market = tmp_path / "m.csv"
    market.write_text("month,plays,pool\n2024-03,1000,700\n")
    arguments = [export, "--price", "12", *STATED, "--market", market, "--out", tmp_path / "out"]
    command = [sys.executable, "-c", WITHOUT_A_NETWORK, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert ran.returncode == 3, ran.stderr  # one row has no time
    assert "pro-rata (m.csv" in ran.stdout
    # The one place where files were written is the one that was named.
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {"report.html", "share.svg", "share.png"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([export.name, "m.csv", "out"])
