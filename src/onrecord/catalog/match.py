# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who: joins claims into canonical recordings, artists, releases, works and labels, and founds their ids.

The jobs are SQL files; here is only their order and the loop that joins until nothing changes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct

from onrecord.catalog.deciding import ALL, USES, add_joins, find_edges, keep_apart, override
from onrecord.catalog.tables import IdRow, RedirectRow, SplitRow
from onrecord.engine.duck import Duck, query_of, sql_file
from onrecord.engine.quoting import quoted

#: Relations (`sql/versions.sql`) of which an edition holds one file; an edit or a remaster is there for its own sake.
SAME = ("identical", "encoding")
#: The kinds of canonical things, with the name that their jobs' tables begin with.
KINDS = {"track": "recording", "artist": "artist", "release": "release", "work": "work", "label": "label"}
#: Those that have a row of their own for their pages; of the others readers see what has a name (`catalog.named`).
PAGED = ("recording", "artist", "release")
_FEW = 50_000
#: Claims of tracks of which as much as is said lies side by side.
SLICE = 8_000_000
#: Claims of tracks whose recordings are put in order at a time, and so many are looked at to part them.
SORTED = 8_000_000
_SAMPLED = 100_000
#: The claim that founds a canonical recording, in what `numbered` numbers.
FOUNDED = ("founded_by", "founded_as")
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
    elif _are_many(duck):
        duck.pack_tables()
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
        # By tracks that are joined others are found that may be.
        with duck.beside(*(["track_labels"] if kind == "track" else [])):
            edges(duck, kind)
            _before(duck, thing, (before or {}).get(thing))
            found(duck, kind, outcome)
            _let_go(duck, kind)
    duck.run("DROP TABLE IF EXISTS track_labels")
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
    find_edges(duck, kind, _parts(duck, kind))
    add_joins(duck, kind)


def found(duck: Duck, kind: str, outcome: Outcome) -> None:
    """Join the claims of a kind by the edges that are in `duck`, and give each thing its id. `<thing>_before` has the
    members of the last run. Leaves the members."""
    label(duck, kind)
    keep_apart(duck, kind)
    _founders(duck, kind)
    _members(duck, kind)
    duck.run(job("borne", kind))
    # All ids are gone through to find what became of those of before.
    goes_on = bool(duck.run(f"SELECT 1 FROM {KINDS[kind]}_before LIMIT 1"))
    led = f"SELECT 1 FROM redirects WHERE kind = '{kind}' UNION ALL SELECT 1 FROM {kind}_owners LIMIT 1"
    [(new,)] = duck.run(job("founded", kind) if goes_on else f"SELECT count(*) FROM {kind}_borne")
    outcome.founded += new
    outcome.heirs += [
        IdRow(kind=kind, id=it, source=source, source_id=source_id)
        for it, source, source_id in duck.run(f"SELECT id, source, source_id FROM {kind}_heirs ORDER BY id")
    ]
    if goes_on or duck.run(led):
        outcome.redirects += [
            RedirectRow(kind=kind, old=old, new=it) for old, it in duck.run(job("succession", kind))
        ]
    if goes_on:
        outcome.splits += [
            SplitRow(kind=kind, old=old, new=it) for old, it in duck.run(job("split_ids", kind))
        ]
    outcome.compared += _count(duck, f"{KINDS[kind]}_members")


def _founders(duck: Duck, kind: str) -> None:
    """Who founds the id of what is joined, and who of those that are gone has an heir. Most often no word has ended and
    nothing is joined: then the jobs, which take long to plan, would find nothing."""
    if duck.run(f"SELECT 1 FROM {kind}_ended LIMIT 1"):
        duck.run(job("heirs", kind))
    else:
        duck.run(f"CREATE OR REPLACE TABLE {kind}_heirs (id VARCHAR, source VARCHAR, source_id VARCHAR)")
    some = f"FROM {kind}_labels UNION ALL SELECT 1 FROM {kind}_heirs UNION ALL SELECT 1 FROM ids WHERE kind = '{kind}'"
    if duck.run(f"SELECT 1 {some} LIMIT 1"):
        duck.run(job("founders", kind))
    else:
        duck.run(f"CREATE OR REPLACE TABLE {kind}_owners (id VARCHAR, node BIGINT, seq BIGINT)")
        duck.run(f"CREATE OR REPLACE TABLE {kind}_founders (label BIGINT, founder BIGINT, id VARCHAR)")


def view(duck: Duck, turned: Sequence[RedirectRow] = (), overridden: bool = True) -> None:
    """Make the canonical tables from the members that are in `duck`: all of them, or those that may be published; with
    what persons decided in place of what sources say, unless that is not wanted.

    `turned` are redirects that are not committed yet.
    """
    duck.keep(sql("canonical"))
    _recordings(duck)
    columns = dict.fromkeys(("kind", "old", "new"), "VARCHAR")
    duck.table("turned", columns, [(row.kind, row.old, row.new) for row in turned])
    override(duck, overridden)


def _members(duck: Duck, kind: str) -> None:
    """Which claims are one thing; of many tracks a slice at a time, as all of them do not fit beside what they are
    joined with."""
    members = job("members", kind)
    if duck.packed is None or kind != "track":
        duck.keep(members.replace("{entries}", "true").replace("{those}", "true"))
        return
    name = f"{KINDS[kind]}_members"
    duck.packed.begin(name)
    for first, last in _slices(duck, "numbered_tracks"):
        said = members.replace("{entries}", f"seq BETWEEN {first >> 32} AND {last >> 32}")
        duck.packed.add(name, query_of(said.replace("{those}", f"node BETWEEN {first} AND {last}")))
    duck.packed.show(name)


def _parts(duck: Duck, kind: str) -> Sequence[str]:
    """What is compared of many tracks is told a part at a time: all would be the most that ever lies on the disk. Each
    part reads the claims again."""
    if kind != "track" or not _are_many(duck):
        return ALL
    parts = -(-_count(duck, "tracks") // (SLICE * _TOLD))
    return [
        f"use IN ({', '.join(map(quoted, uses))}) AND together % {parts} = {part}"
        for uses in USES
        for part in range(parts)
    ]


def _recordings(duck: Duck) -> None:
    """The canonical recordings, a slice of claims at a time: all of them at once, laid beside what they say, would lie
    on the disk as text many times over."""
    duck.run(sql("recordings_said"))
    slices = _slices(duck)
    with _canonical_recordings(duck) as add:
        for first, last in slices:
            said = f"seq BETWEEN {first >> 32} AND {last >> 32} AND node BETWEEN {first} AND {last}"
            query = f"(SELECT * FROM recordings_said WHERE NOT joined AND {said})"
            add(sql("recordings_alone").replace("{said}", query))
        joined = "SELECT * EXCLUDE (node, seq) FROM recordings_said WHERE joined"
        # Claims of one recording may be of any slice: they are laid out by recording.
        with duck.parted(joined, "id", len(slices)) as parts:
            for part in parts:
                add(sql("recordings_joined").replace("{said}", f"({part})"))


@contextmanager
def _canonical_recordings(duck: Duck) -> Iterator[Callable[[str], object]]:
    """The table, that queries of rows are added to; packed it is in parts, by the first of what it is put in order by
    (`numbered`), with the claim that founds each."""
    if duck.packed is None:
        duck.run(sql("recordings_none"))
        beside = ", ".join(FOUNDED)
        yield lambda rows: duck.run(
            f"INSERT INTO canonical_recordings SELECT * EXCLUDE ({beside}) FROM ({rows})"
        )
        return
    packed = duck.packed
    packed.begin("canonical_recordings", _part(duck), FOUNDED)
    yield lambda rows: packed.add("canonical_recordings", rows)
    packed.show("canonical_recordings")


def _part(duck: Duck) -> str:
    """Tells by the artist in which part a canonical recording is: as many are in each, but for artists of very many."""
    parts = _count(duck, "tracks") // SORTED + 1
    tiles = (
        f"SELECT artist, ntile({parts}) OVER (ORDER BY artist) AS tile FROM"
        f" (SELECT artist FROM tracks USING SAMPLE reservoir({_SAMPLED} ROWS) REPEATABLE (1))"
    )
    bounds = sorted(
        {bound for (bound,) in duck.run(f"SELECT min(artist) FROM ({tiles}) WHERE tile > 1 GROUP BY tile")}
    )

    def among(first: int, last: int) -> str:
        """The number of the part, from the first to the last one."""
        if first == last:
            return str(first)
        middle = (first + last + 1) // 2
        return f"if(artist < {quoted(bounds[middle - 1])}, {among(first, middle - 1)}, {among(middle, last)})"

    return among(0, len(bounds))


def _slices(duck: Duck, claims: str = "recording_members") -> list[tuple[int, int]]:
    """The first and the last node of so many claims of tracks as are gone through at a time; whole files where they are
    no more than that."""
    found = list[tuple[int, int]]()
    room = 0
    for rows, first, last in duck.run(
        f"SELECT count(*), min(node), max(node) FROM {claims} WHERE node IS NOT NULL"
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


def _count(duck: Duck, table: str) -> int:
    [(count,)] = duck.run(f"SELECT count(*) FROM {table}")
    return int(count)


def ids_in_use(duck: Duck, offered: Sequence[tuple[str, str]], things: Mapping[str, str]) -> set[str]:
    """Which of these canonical ids, each with its kind, have a meaning already: an id is never given another. `things`
    are by kind the queries of what there is."""
    duck.table("offered", {"kind": "VARCHAR", "id": "VARCHAR"}, offered)
    listed = [f"SELECT '{kind}' AS kind, id FROM ({query})" for kind, query in things.items()]
    every = " UNION ALL ".join(listed) or "SELECT '' AS kind, '' AS id"
    return {identifier for (identifier,) in duck.run(sql("ids_in_use").replace("{things}", every))}


def prepare(duck: Duck) -> None:
    """Define the folding of names, and lay out the current claims: tables, which the caller may change."""
    define(duck)
    _lay_out(duck)


def _are_few(duck: Duck) -> bool:
    """Claims that fit into tables: those are planned once, the views behind them anew wherever a job names them."""
    return sum(_count(duck, f"{kind}s") for kind in KINDS) < _FEW


def _are_many(duck: Duck) -> bool:
    """Claims that are gone through in parts, and whose tables are packed."""
    return _count(duck, "tracks") > SLICE


def _lay_out(duck: Duck) -> None:
    for kind in KINDS:
        duck.run(f"CREATE OR REPLACE TABLE {kind}_claims AS SELECT * FROM {kind}_nodes")
        duck.run(f"DROP VIEW {kind}_nodes")
        duck.run(f"ALTER TABLE {kind}_claims RENAME TO {kind}_nodes")


def define(duck: Duck) -> None:
    """The folding of names, and the current claims, as views over the files."""
    for name in ("fold", "comparable", "sounded", "subtitled", "mint", "record_ends"):
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
    for name in ("next", "heirs", "owners", "fresh", "founders", "edges"):
        duck.run(f"DROP TABLE IF EXISTS {kind}_{name}")
    duck.run(f"DROP VIEW IF EXISTS {kind}_borne")


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
