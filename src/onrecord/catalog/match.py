# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who: joins claims into canonical recordings, artists and releases, and founds their ids.

The jobs are SQL files; here is only their order and the loop that joins until nothing changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from onrecord.catalog.tables import IdRow, RedirectRow
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.identifiers import mint

#: Relations (`sql/versions.sql`) of which an edition holds one file; an edit or a remaster is there for its own sake.
SAME = ("identical", "encoding")
#: The kinds of canonical things, with the name that their jobs' tables begin with.
KINDS = {"track": "recording", "artist": "artist", "release": "release"}


class Matched(Struct, frozen=True, forbid_unknown_fields=True):
    """What one run of the matcher found: new ids, claims that found an old id from now on, and what leads elsewhere (an
    id that leads to itself has its own page again)."""

    ids: Sequence[IdRow]
    heirs: Sequence[IdRow]
    redirects: Sequence[RedirectRow]


def match(
    duck: Duck,
    near: Iterable[tuple[str, str, float]],
    precedence: Sequence[str],
    before: Mapping[str, Path] | None = None,
) -> Matched:
    """Join all current claims. Leaves the canonical tables in `duck`; gives what has to be committed.

    `near` has pairs of files whose fingerprints agree, with the bit error; files of equal samples are found here.
    `precedence` lists sources, the most trusted first. The order in which claims arrived decides only which of them
    founds an id. `before` has the members of the last run by kind of thing: an id goes on with them when its founding
    claim is withdrawn.
    """
    prepare(duck)
    pairs = {(a, b): error for a, b, error in near} | dict.fromkeys(duck.run(_sql("same_audio")), 0.0)
    rows = [(a, b, error) for (a, b), error in sorted(pairs.items())]
    duck.table("near_pairs", {"a": "VARCHAR", "b": "VARCHAR", "error": "DOUBLE"}, rows)
    duck.run(_sql("versions"))
    ranks = [(name, rank) for rank, name in enumerate(precedence)]
    duck.table("precedence", {"source": "VARCHAR", "rank": "INTEGER"}, ranks)
    ids: list[IdRow] = []
    heirs: list[IdRow] = []
    redirects: list[RedirectRow] = []
    for kind, thing in KINDS.items():
        duck.run(_sql(f"{kind}_edges"))
        _join(duck, kind)
        _before(duck, thing, (before or {}).get(thing))
        new, inherited, turned = _found(duck, kind)
        ids += new
        heirs += inherited
        redirects += turned
    duck.run(_sql("members"))
    view(duck)
    return Matched(ids, heirs, redirects)


def view(duck: Duck) -> None:
    """Make the canonical tables from the members that are in `duck`: all of them, or those that may be published."""
    duck.run(_sql("canonical"))


def ids_in_use(duck: Duck, offered: Sequence[str]) -> set[str]:
    """Which of these canonical ids have a founding claim already: an id is never given another meaning."""
    duck.table("offered", {"id": "VARCHAR"}, [(identifier,) for identifier in offered])
    return {identifier for (identifier,) in duck.run(_sql("ids_in_use"))}


def prepare(duck: Duck) -> None:
    """Define the folding of names and the current claims."""
    duck.run(_sql("fold"))
    duck.run(_sql("current_tracks"))


def _join(duck: Duck, kind: str) -> None:
    duck.run(f"CREATE OR REPLACE TABLE {kind}_labels AS SELECT node, node AS label FROM {kind}_nodes")
    job = _sql("components").replace("{kind}", kind)
    changed = 1
    while changed:
        duck.run(job)
        [(changed,)] = duck.run(
            f"SELECT count(*) FROM {kind}_labels x JOIN {kind}_next y ON x.node = y.node WHERE x.label <> y.label"
        )
        duck.run(f"CREATE OR REPLACE TABLE {kind}_labels AS SELECT * FROM {kind}_next")


def _found(duck: Duck, kind: str) -> tuple[list[IdRow], list[IdRow], list[RedirectRow]]:
    """Give each component its id: (ids that are new, old ids that other claims found from now on, redirects)."""
    thing = KINDS[kind]
    lead = _leads(duck, kind)
    duck.run(_sql("heirs").replace("{kind}", kind).replace("{thing}", thing))
    heirs = [
        IdRow(kind=kind, id=identifier, source=source, source_id=source_id)
        for identifier, source, source_id in duck.run(f"SELECT * FROM {kind}_heirs ORDER BY id")
    ]
    ids: list[IdRow] = []
    turned: dict[str, str] = {}
    named: list[tuple[int, str]] = []
    for label, oldest, everyone, source, source_id in duck.run(_sql("founders").replace("{kind}", kind)):
        identifier = oldest or mint(thing, source, source_id)
        if not oldest:
            ids.append(IdRow(kind=kind, id=identifier, source=source, source_id=source_id))
        if identifier in lead:
            turned[identifier] = identifier  # what it was merged with is another thing again
        turned |= {
            old: identifier for old in set(everyone or ()) - {identifier} if _end(lead, old) != identifier
        }
        named.append((label, identifier))
    duck.table(f"{kind}_ids", {"label": "BIGINT", "id": "VARCHAR"}, named)
    for old, new in duck.run(_sql("succession").replace("{kind}", kind).replace("{thing}", thing)):
        if old not in turned and _end(lead, old) != new:
            turned[old] = new
    return ids, heirs, [RedirectRow(kind=kind, old=old, new=new) for old, new in sorted(turned.items())]


def _leads(duck: Duck, kind: str) -> dict[str, str]:
    """Where ids lead today, by the newest word on each; one that was given its own page back leads nowhere."""
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_redirects AS SELECT old, arg_max(new, seq) AS new FROM redirects"
        f" WHERE kind = '{kind}' GROUP BY old HAVING arg_max(new, seq) <> old"
    )
    return dict(duck.run(f"SELECT old, new FROM {kind}_redirects"))


def _end(lead: Mapping[str, str], identifier: str) -> str:
    seen = set()
    while identifier in lead and identifier not in seen:
        seen.add(identifier)
        identifier = lead[identifier]
    return identifier


def _before(duck: Duck, thing: str, path: Path | None) -> None:
    columns = {thing: "VARCHAR", "source": "VARCHAR", "source_id": "VARCHAR"}
    duck.table(f"{thing}_before", columns, [])
    if path is not None:
        quoted = str(path).replace("'", "''")
        duck.run(f"INSERT INTO {thing}_before SELECT {', '.join(columns)} FROM read_parquet('{quoted}')")


def _sql(name: str) -> str:
    return sql_file("onrecord.catalog", name)
