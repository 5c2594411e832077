# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What persons decided about who is who and what is right, applied: joins, partings, and values that stand above all.

Nothing here depends on the order in which claims came; of two decisions that contradict each other the newer holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import quoted

#: The reason of a join that a person decided.
PERSON: Final = "person"
#: Fields that a person may decide, by kind of thing, as the canonical tables call them.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "track": ("title", "artist", "duration_ms", "date", "genre", "composer"),
    "release": ("title", "artist", "date", "barcode", "label"),
    "artist": ("name", "sort_name", "mbid"),
    "work": ("title", "composer", "lyricist", "language", "kind"),
    "label": ("name", "sort_name", "code", "country", "kind", "mbid"),
}
#: The license under which what a person decided goes out in an edition.
GIVEN: Final = "CC0-1.0"
_CANONICAL: Final = {
    "track": "canonical_recordings",
    "release": "canonical_releases",
    "artist": "canonical_artists",
    "work": "canonical_works",
    "label": "canonical_labels",
}

#: In which ways tracks are compared (`use`), those together that are compared with each other.
USES: Final = (
    ("name", "first name"),
    ("code", "subtitle"),
    ("near-names+duration", "near-names+release"),
    ("sound",),
)

#: Reasons of `track_places`, which rest on more than the two claims.
BY_PLACE: Final = ("track-list", "script+place+duration")
#: What `find_edges` tells of at a time where it is all.
ALL: Final = ("true",)
#: A join: two claims by number, the smaller first, with reason and confidence.
Edge = tuple[int, int, str, float]


def find_edges(duck: Duck, kind: str, parts: Sequence[str] = ALL) -> None:
    """Find why claims of a kind (`<kind>_nodes`) are taken to be one thing: `<kind>_edges`. `parts` as for
    `find_told_edges`."""
    _find(duck, _edge_jobs(kind, parts))


def find_told_edges(duck: Duck, parts: Sequence[str] = ALL, only: str = "") -> None:
    """The part of the work on tracks that rests on singers (`track_singers`) which are there. What is compared is told
    a part at a time: those rows of `track_telling` of which a condition holds, with all that they are compared with.
    `only` is a job that leaves of `track_chosen` what is wanted."""
    _find(duck, _told_jobs(parts, only))


#: Jobs in their order, each with the table without whose rows it finds nothing, "" where there is none.
_Jobs = list[tuple[str, str]]


def _find(duck: Duck, jobs: _Jobs) -> None:
    for needed, job in jobs:
        # In small archives most often nothing is to be compared, and to plan it would take longer than all the rest.
        if not needed or duck.run(f"SELECT 1 FROM {needed} LIMIT 1"):
            duck.run(job)


def _edge_jobs(kind: str, parts: Sequence[str] = ALL) -> _Jobs:
    if kind != "track":
        return [("", _sql(f"{kind}_edges"))]
    return [("", "\n".join([_sql("track_spelled"), _sql("track_singers")])), *_told_jobs(parts)]


def _told_jobs(parts: Sequence[str], only: str = "") -> _Jobs:
    told = [
        f"CREATE OR REPLACE TABLE track_told AS FROM track_telling WHERE {part};\n{_sql('track_likenesses')}"
        for part in parts
    ]
    return [
        ("", "\n".join([_sql("track_chosen"), only, _sql("track_edges")])),
        (
            "track_chosen",
            "\n".join([_sql("track_told"), *told, "DROP TABLE track_told; DROP VIEW track_telling;"]),
        ),
        ("", "DROP TABLE track_chosen;"),
        ("track_writers", _sql("track_places")),
    ]


def add_joins(duck: Duck, kind: str) -> None:
    """Put the joins that persons decided among the edges of a kind."""
    duck.run(_sql("decided_joins", kind))
    duck.run(f"INSERT INTO {kind}_edges SELECT a, b, '{PERSON}', 1.0 FROM {kind}_decided ORDER BY decision")


def keep_apart(duck: Duck, kind: str) -> None:
    """Give claims that persons want apart labels that differ. Only components that hold such claims are gone through:
    their joins anew, the surest first, without those that would bring together what is to stay apart."""
    if not duck.run(f"SELECT 1 FROM {kind}_sides LIMIT 1"):
        return
    duck.run(_sql("disputed", kind))
    # By name, so that the order in which claims came tells nothing.
    nodes = [
        node
        for (node,) in duck.run(
            f"SELECT node FROM disputed JOIN {kind}_nodes n USING (node) ORDER BY n.source, n.id"
        )
    ]
    if not nodes:
        return
    rank = {node: place for place, node in enumerate(nodes)}
    sides = [
        (decision, seq, side, rank[node])
        for decision, seq, side, node in duck.run(
            f"SELECT decision, seq, side, node FROM {kind}_sides SEMI JOIN disputed USING (node) ORDER BY ALL"
        )
    ]
    decided = [
        (min(rank[a], rank[b]), max(rank[a], rank[b]), seq)
        for a, b, seq in duck.run(f"SELECT a, b, seq FROM {kind}_decided ORDER BY seq DESC, decision")
        if a in rank and b in rank
    ]
    # What rests on the rest of two releases cannot be worked out of these claims alone: it stays as it was found.
    reasons = ", ".join(map(quoted, BY_PLACE))
    placed = [
        (min(rank[a], rank[b]), max(rank[a], rank[b]), reason, confidence)
        for a, b, reason, confidence in duck.run(
            f"SELECT a, b, reason, confidence::DOUBLE FROM {kind}_edges WHERE reason IN ({reasons})"
            " AND a IN (SELECT node FROM disputed) AND b IN (SELECT node FROM disputed)"
        )
    ]
    edges = [*(edge for edge in _edges(duck, kind) if edge[2] not in BY_PLACE), *placed]
    labels = part(range(len(nodes)), edges, decided, sides)
    parted = [(nodes[place], nodes[label]) for place, label in sorted(labels.items())]
    duck.table("parted", {"node": "BIGINT", "label": "BIGINT"}, parted)
    duck.run(f"UPDATE {kind}_labels SET label = p.label FROM parted p WHERE p.node = {kind}_labels.node")
    # What joins two claims that came to be apart is no reason for anything.
    edges += [(a, b, PERSON, 1.0) for a, b, _ in decided]
    left = [
        (nodes[a], nodes[b], reason, confidence)
        for a, b, reason, confidence in sorted(set(edges))
        if labels[a] == labels[b]
    ]
    columns = {"a": "BIGINT", "b": "BIGINT", "reason": "VARCHAR", "confidence": "DOUBLE"}
    duck.table("joins_left", columns, left)
    duck.run(f"DELETE FROM {kind}_edges WHERE a IN (SELECT node FROM disputed)")
    duck.run(f"INSERT INTO {kind}_edges SELECT * FROM joins_left")


def part(
    nodes: Sequence[int],
    edges: Sequence[Edge],
    decided: Sequence[tuple[int, int, int]],
    sides: Sequence[tuple[str, int, int, int]],
) -> dict[int, int]:
    """A label for each node: that of the smallest it is joined with.

    `decided` are joins by persons (a, b, log entry), the newest first; `sides` (decision, log entry, side, node) are
    what persons want apart. A decision is overruled as a whole by a newer join across its sides.
    """
    label = {node: node for node in nodes}
    members = {node: [node] for node in nodes}
    made = {decision: seq for decision, seq, _, _ in sides}
    held: dict[int, dict[str, set[int]]] = {node: defaultdict(set) for node in nodes}
    for decision, _, side, node in sides:
        held[node][decision].add(side)

    def clash(a: int, b: int) -> set[str]:
        """Decisions that want two groups apart."""
        return {
            it for it in held[a].keys() & held[b].keys() if len(held[a][it] | held[b][it]) > 1 and it in made
        }

    def join(a: int, b: int) -> None:
        keep, give = min(a, b), max(a, b)
        for node in members[give]:
            label[node] = keep
        members[keep] += members.pop(give)
        for decision, sided in held.pop(give).items():
            held[keep][decision] |= sided

    for a, b, seq in decided:
        if a in label and b in label and label[a] != label[b]:
            against = clash(label[a], label[b])
            if all(made[decision] < seq for decision in against):
                for decision in against:
                    del made[decision]
                join(label[a], label[b])
    for a, b, _, _ in sorted(set(edges), key=lambda edge: (-edge[3], edge[2], edge[0], edge[1])):
        if label[a] != label[b] and not clash(label[a], label[b]):
            join(label[a], label[b])
    return label


def override(duck: Duck, wanted: bool = True) -> None:
    """Put the values that persons decided into the canonical tables. Leaves them in `overrides`: those of things that
    are there. Without `wanted` there are none."""
    overrule(duck, wanted)
    for kind, table in _CANONICAL.items():
        for (field,) in duck.run(
            f"SELECT DISTINCT field FROM overrides WHERE kind = '{kind}' ORDER BY field"
        ):
            if field in FIELDS[kind]:
                value = "try_cast(nullif(o.value, '') AS BIGINT)" if field == "duration_ms" else "o.value"
                if duck.packed is not None:
                    duck.packed.write(table, _overridden(kind, field, value, duck.packed.every(table)))
                    continue
                duck.run(
                    f"UPDATE {table} SET {field} = {value} FROM overrides o"
                    f" WHERE o.kind = '{kind}' AND o.field = '{field}' AND o.id = {table}.id"
                )


def overrule(duck: Duck, wanted: bool = True) -> None:
    """The table `overrides`: what persons decided of things that are in the canonical tables."""
    duck.run(_sql("overrides"))
    if not wanted:
        duck.run("DELETE FROM overrides")
    for (kind,) in duck.run("SELECT DISTINCT kind FROM overrides"):
        duck.run(
            f"DELETE FROM overrides WHERE kind = '{kind}' AND id NOT IN (SELECT id FROM {_CANONICAL[kind]})"
        )


def _overridden(kind: str, field: str, value: str, rows: str) -> str:
    """The query of a canonical table's rows, with what persons said of a field."""
    return (
        f"SELECT t.* REPLACE (if(o.id IS NULL, t.{field}, {value}) AS {field}) FROM {rows} t LEFT JOIN"
        f" (SELECT id, value FROM overrides WHERE kind = '{kind}' AND field = '{field}') o ON o.id = t.id"
    )


def _edges(duck: Duck, kind: str) -> Iterator[Edge]:
    """Joins between disputed claims that are not a person's: those between all of them, and those within each side.
    Claims are numbered by their names."""
    duck.run(_sql("ranked", kind))
    duck.run(_sql(f"{kind}_sided"))
    for nodes in ("ranked_nodes", "sided_nodes"):
        jobs = [(needed, job.replace(f"{kind}_nodes", nodes)) for needed, job in _edge_jobs(kind)]
        found = (rf"(TABLE|INTO) {kind}_edges", r"\1 disputed_edges")
        _find(duck, [(needed, re.sub(*found, job)) for needed, job in jobs])
        yield from duck.run(
            "SELECT DISTINCT least(a, b), greatest(a, b), reason, confidence::DOUBLE FROM disputed_edges"
        )


def _sql(name: str, kind: str = "") -> str:
    return sql_file("onrecord.catalog", name).replace("{kind}", kind)
