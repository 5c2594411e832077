# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is who: joins claims into canonical recordings, artists and releases, and founds their ids.

The jobs are SQL files; here is only their order and the loop that joins until nothing changes.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from onrecord.catalog.tables import IdRow, RedirectRow
from onrecord.engine.duck import Duck, sql_file
from onrecord.model.identifiers import mint

#: Bit error rate below which two fingerprints are one sound. Re-encodings stay under 0.022, strangers above 0.41.
SAME_SOUND = 0.10
#: The kinds of canonical things, with the name that their jobs' tables begin with.
KINDS = {"track": "recording", "artist": "artist", "release": "release"}


class Matched(Struct, frozen=True, forbid_unknown_fields=True):
    """What one run of the matcher found: new ids, merges, and pairs of files that are one sound."""

    ids: Sequence[IdRow]
    redirects: Sequence[RedirectRow]
    near: Sequence[tuple[str, str, float]]


def match(
    duck: Duck,
    compare: Callable[[bytes, bytes], float],
    precedence: Sequence[str],
) -> Matched:
    """Join all current claims. Leaves the canonical tables in `duck`; gives what has to be committed.

    `compare` gives the bit error rate of two fingerprints. `precedence` lists sources, the most trusted first. The
    order in which claims arrived decides only which of them founds an id.
    """
    prepare(duck)
    near = _near(duck, compare)
    duck.table("near", {"a": "VARCHAR", "b": "VARCHAR", "error": "DOUBLE"}, near)
    ranks = [(name, rank) for rank, name in enumerate(precedence)]
    duck.table("precedence", {"source": "VARCHAR", "rank": "INTEGER"}, ranks)
    ids: list[IdRow] = []
    redirects: list[RedirectRow] = []
    for kind in KINDS:
        duck.run(_sql(f"{kind}_edges"))
        _join(duck, kind)
        new, merged = _found(duck, kind)
        ids += new
        redirects += merged
    duck.run(_sql("members"))
    view(duck)
    return Matched(ids, redirects, near)


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


def _near(duck: Duck, compare: Callable[[bytes, bytes], float]) -> list[tuple[str, str, float]]:
    """Pairs of files that are one sound: equal decoded samples, or fingerprints that agree bit by bit."""
    found = dict.fromkeys(duck.run(_sql("same_audio")), 0.0)
    for a, b, _ in duck.run(_sql("near_candidates")):
        if (a, b) in found:
            continue
        prints = dict(duck.run("SELECT sha256, fingerprint FROM sounds WHERE sha256 IN (?, ?)", [a, b]))
        error = compare(prints[a], prints[b])
        if error <= SAME_SOUND:
            found[a, b] = error
    return [(a, b, error) for (a, b), error in sorted(found.items())]


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


def _found(duck: Duck, kind: str) -> tuple[list[IdRow], list[RedirectRow]]:
    ids: list[IdRow] = []
    redirects: list[RedirectRow] = []
    named: list[tuple[int, str]] = []
    known = {row[0] for row in duck.run("SELECT old FROM redirects WHERE kind = ?", [kind])}
    for label, oldest, everyone, source, source_id in duck.run(_sql("founders").replace("{kind}", kind)):
        identifier = oldest or mint(KINDS[kind], source, source_id)
        if not oldest:
            ids.append(IdRow(kind=kind, id=identifier, source=source, source_id=source_id))
        for old in sorted(set(everyone or ()) - {identifier} - known):
            redirects.append(RedirectRow(kind=kind, old=old, new=identifier))
        named.append((label, identifier))
    duck.table(f"{kind}_ids", {"label": "BIGINT", "id": "VARCHAR"}, named)
    return ids, redirects


def _sql(name: str) -> str:
    return sql_file("onrecord.catalog", name)
