# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who: joins claims into canonical recordings, artists, releases, works and labels, and founds their ids.

The jobs are SQL files; here is only their order and the loop that joins until nothing changes.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from onrecord.catalog.deciding import USES, add_joins, edge_job, keep_apart, override
from onrecord.catalog.tables import IdRow, RedirectRow, SplitRow
from onrecord.engine.duck import Duck, quoted, sql_file

#: Relations (`sql/versions.sql`) of which an edition holds one file; an edit or a remaster is there for its own sake.
SAME = ("identical", "encoding")
#: The kinds of canonical things, with the name that their jobs' tables begin with.
KINDS = {"track": "recording", "artist": "artist", "release": "release", "work": "work", "label": "label"}
#: Those that have a row of their own for their pages; of the others readers see what has a name (`catalog.named`).
PAGED = ("recording", "artist", "release")
_FEW = 50_000
#: Claims of tracks of which as much as is said lies side by side.
SLICE = 8_000_000
#: Slices of which all is told that is compared in one way.
_TOLD = 16


class Matched(Struct, frozen=True, forbid_unknown_fields=True):
    """What one run of the matcher found: how many ids are borne that were not before, claims that found an old id from
    now on, what leads elsewhere (an id that leads to itself has its own page again), new ids that were split off old
    ones, and how many claims were matched."""

    founded: int
    heirs: Sequence[IdRow]
    redirects: Sequence[RedirectRow]
    splits: Sequence[SplitRow] = ()
    compared: int = 0


def match(
    duck: Duck,
    near: Iterable[tuple[str, str, float]],
    precedence: Sequence[str],
    before: Mapping[str, str] | None = None,
) -> Matched:
    """Join all current claims. Leaves the canonical tables in `duck`; gives what has to be committed.

    `near` has pairs of files whose fingerprints agree, with the bit error; files of equal samples are found here.
    `precedence` lists sources, the most trusted first. The order in which claims arrived decides only which of them
    founds an id. `before` has by kind of thing the queries of the members of the last run: an id goes on with them when
    its founding claim is withdrawn.
    """
    define(duck)
    if _are_few(duck):
        _lay_out(duck)
    pairs = {(a, b): error for a, b, error in near} | dict.fromkeys(duck.run(sql("same_audio")), 0.0)
    rows = [(a, b, error) for (a, b), error in sorted(pairs.items())]
    duck.table("near_pairs", {"a": "VARCHAR", "b": "VARCHAR", "error": "DOUBLE"}, rows)
    duck.run(sql("versions"))
    ranked(duck, precedence)
    outcome = Outcome()
    for kind, thing in KINDS.items():
        if thing not in PAGED and not duck.run(f"SELECT 1 FROM {kind}s LIMIT 1"):
            duck.run(job("no_members", kind))
            continue
        edges(duck, kind)
        _before(duck, thing, (before or {}).get(thing))
        found(duck, kind, outcome)
        _let_go(duck, kind)
    matched = outcome.matched()
    view(duck, matched.redirects)
    return matched


class Outcome:
    """What was found of the kinds that were gone through so far."""

    def __init__(self) -> None:
        self.founded = 0
        self.heirs: list[IdRow] = []
        self.redirects: list[RedirectRow] = []
        self.splits: list[SplitRow] = []
        self.compared = 0

    def matched(self) -> Matched:
        return Matched(self.founded, self.heirs, self.redirects, self.splits, self.compared)


def ranked(duck: Duck, precedence: Sequence[str]) -> None:
    """The table `precedence`: the rank of each source that has one."""
    ranks = [(name, rank) for rank, name in enumerate(precedence)]
    duck.table("precedence", {"source": "VARCHAR", "rank": "INTEGER"}, ranks)


def edges(duck: Duck, kind: str) -> None:
    """Find why claims of a kind are one thing, by what they say and by what persons decided."""
    duck.run(_edge_job(duck, kind))
    add_joins(duck, kind)


def found(duck: Duck, kind: str, outcome: Outcome) -> None:
    """Join the claims of a kind by the edges that are in `duck`, and give each thing its id. `<thing>_before` has the
    members of the last run. Leaves the members."""
    label(duck, kind)
    keep_apart(duck, kind)
    duck.run(job("heirs", kind))
    duck.run(job("founders", kind))
    [(new,)] = duck.run(job("founded", kind))
    outcome.founded += new
    outcome.heirs += [
        IdRow(kind=kind, id=it, source=source, source_id=source_id)
        for it, source, source_id in duck.run(f"SELECT id, source, source_id FROM {kind}_heirs ORDER BY id")
    ]
    outcome.redirects += [
        RedirectRow(kind=kind, old=old, new=it) for old, it in duck.run(job("succession", kind))
    ]
    outcome.splits += [SplitRow(kind=kind, old=old, new=it) for old, it in duck.run(job("split_ids", kind))]
    duck.run(job("members", kind))
    [(claims,)] = duck.run(f"SELECT count(*) FROM {KINDS[kind]}_members")
    outcome.compared += claims


def view(duck: Duck, turned: Sequence[RedirectRow] = (), overridden: bool = True) -> None:
    """Make the canonical tables from the members that are in `duck`: all of them, or those that may be published; with
    what persons decided in place of what sources say, unless that is not wanted.

    `turned` are redirects that are not committed yet.
    """
    duck.run(sql("canonical"))
    _recordings(duck)
    columns = dict.fromkeys(("kind", "old", "new"), "VARCHAR")
    duck.table("turned", columns, [(row.kind, row.old, row.new) for row in turned])
    override(duck, overridden)


def _edge_job(duck: Duck, kind: str) -> str:
    """What is compared of many tracks is told a part at a time: all would be the most that ever lies on the disk. Each
    part reads the claims again."""
    if kind != "track":
        return edge_job(kind)
    [(claims,)] = duck.run("SELECT count(*) FROM tracks")
    if claims <= SLICE:
        return edge_job(kind)
    parts = -(-claims // (SLICE * _TOLD))
    return edge_job(
        kind,
        [
            f"use IN ({', '.join(map(quoted, uses))}) AND together % {parts} = {part}"
            for uses in USES
            for part in range(parts)
        ],
    )


def _recordings(duck: Duck) -> None:
    """The canonical recordings, a slice of claims at a time: all of them at once, laid beside what they say, would lie
    on the disk as text many times over."""
    duck.run(sql("recordings_said"))
    slices = _slices(duck)
    for first, last in slices:
        said = f"seq BETWEEN {first >> 32} AND {last >> 32} AND node BETWEEN {first} AND {last}"
        query = f"(SELECT * FROM recordings_said WHERE NOT joined AND {said})"
        duck.run(sql("recordings_alone").replace("{said}", query))
    joined = "SELECT * EXCLUDE (node, seq) FROM recordings_said WHERE joined"
    # Claims of one recording may be of any slice: they are laid out by recording.
    with duck.parted(joined, "id", len(slices)) as parts:
        for part in parts:
            duck.run(sql("recordings_joined").replace("{said}", f"({part})"))


def _slices(duck: Duck) -> list[tuple[int, int]]:
    """The first and the last node of so many claims of tracks as are gone through at a time; whole files where they are
    no more than that."""
    found = list[tuple[int, int]]()
    room = 0
    for rows, first, last in duck.run(
        "SELECT count(*), min(node), max(node) FROM recording_members WHERE node IS NOT NULL"
        " GROUP BY node >> 32 ORDER BY node >> 32"
    ):
        if rows <= room:
            found[-1] = (found[-1][0], last)
            room -= rows
            continue
        step = -(-(last - first + 1) // -(-rows // SLICE))
        found += [(start, min(start + step - 1, last)) for start in range(first, last + 1, step)]
        room = SLICE - rows % SLICE if rows % SLICE else 0
    return found


def ids_in_use(duck: Duck, offered: Sequence[str]) -> set[str]:
    """Which of these canonical ids have a founding claim already: an id is never given another meaning."""
    duck.table("offered", {"id": "VARCHAR"}, [(identifier,) for identifier in offered])
    return {identifier for (identifier,) in duck.run(sql("ids_in_use"))}


def prepare(duck: Duck) -> None:
    """Define the folding of names, and lay out the current claims: tables, which the caller may change."""
    define(duck)
    _lay_out(duck)


def _are_few(duck: Duck) -> bool:
    """Claims that fit into tables: those are planned once, the views behind them anew wherever a job names them."""
    return sum(int(duck.run(f"SELECT count(*) FROM {kind}s")[0][0]) for kind in KINDS) < _FEW


def _lay_out(duck: Duck) -> None:
    for kind in KINDS:
        duck.run(f"CREATE OR REPLACE TABLE {kind}_claims AS SELECT * FROM {kind}_nodes")
        duck.run(f"DROP VIEW {kind}_nodes")
        duck.run(f"ALTER TABLE {kind}_claims RENAME TO {kind}_nodes")


def define(duck: Duck) -> None:
    """The folding of names, and the current claims, as views over the files."""
    for name in ("fold", "comparable", "sounded", "mint", "record_ends"):
        duck.run(sql(name))
    for kind in KINDS:
        duck.numbered(f"{kind}s")
        duck.run(job("current", kind).replace("{alike}", duck.numbered_at(f"{kind}s", "alike")))
        duck.run(f"CREATE OR REPLACE VIEW {kind}_current AS {standing(kind, f'numbered_{kind}s')}")
        duck.run(sql(f"{kind}_nodes"))


def label(duck: Duck, kind: str) -> None:
    """Label each node that has a neighbour with the smallest node that it is joined with."""
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_labels AS SELECT node, node AS label"
        f" FROM (SELECT a AS node FROM {kind}_edges UNION SELECT b FROM {kind}_edges)"
    )
    changed = 1
    while changed:
        duck.run(sql("components").replace("{kind}", kind))
        [(changed,)] = duck.run(
            f"SELECT count(*) FROM {kind}_labels x JOIN {kind}_next y ON x.node = y.node WHERE x.label <> y.label"
        )
        duck.run(f"CREATE OR REPLACE TABLE {kind}_labels AS SELECT * FROM {kind}_next")


def _let_go(duck: Duck, kind: str) -> None:
    """What nobody asks for behind the members of a kind lies in memory, and then on the disk."""
    for name in ("next", "heirs", "owners", "fresh", "ids"):
        duck.run(f"DROP TABLE IF EXISTS {kind}_{name}")


def _before(duck: Duck, thing: str, kept: str | None) -> None:
    """A view of what the last run left; its files must be there until this one is over."""
    columns = {thing: "VARCHAR", "source": "VARCHAR", "source_id": "VARCHAR", "founds": "BOOLEAN"}
    if kept is None:
        none = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
        duck.run(f"CREATE OR REPLACE VIEW {thing}_before AS SELECT {none} LIMIT 0")
    else:
        duck.run(f"CREATE OR REPLACE VIEW {thing}_before AS SELECT {', '.join(columns)} FROM ({kept})")


def standing(kind: str, rows: str) -> str:
    """The query of those of `rows`, of `numbered_<kind>s`, that stand."""
    return job("standing", kind).replace("{rows}", rows)


def job(name: str, kind: str) -> str:
    """A job that is the same for each kind."""
    blob = " n.blob," if kind == "track" else ""
    return sql(name).replace("{kind}", kind).replace("{thing}", KINDS[kind]).replace("{blob}", blob)


def sql(name: str) -> str:
    return sql_file("onrecord.catalog", name)
