# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why claims are one thing: each join with its reason and how sure it is, and where the sources of a thing differ.

Joins are worked out anew from the claims of the things that are asked about; they are stored nowhere.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.things import Claim, find_thing, load_members
from onrecord.catalog.deciding import FIELDS, PERSON, add_joins, find_edges, keep_apart
from onrecord.catalog.match import KINDS, prepare
from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import parquet
from onrecord.errors import NotFound, UsageError

#: What a claim is called, by kind.
_NAMED: Final = {"track": "title", "artist": "name", "release": "title", "work": "title", "label": "name"}
#: Whether a track (`t`) is tied to what is asked about (`a`).
_TIED: Final = {
    "track": "a.source = t.source AND a.id = t.id",
    "artist": "a.source = t.source AND a.id = t.artist_id",
    "release": "a.source = t.source AND a.id = t.release_id",
    "work": "a.source = t.source AND a.title = t.title AND a.composer = t.composer AND a.composer <> ''",
    "label": "false",
}
#: Joins of a chain that holds so many claims are worked out; more are refused by name.
_MOST: Final = 100_000


class Join(Struct, frozen=True):
    """Two claims that are taken to be one thing; `id` is what `undo` takes. `decision`, `by` and `why` where a person
    decided it."""

    id: str
    kind: str
    thing: str
    a: Claim
    b: Claim
    reason: str
    confidence: float
    decision: str = ""
    by: str = ""
    why: str = ""


class Told(Struct, frozen=True):
    """A claim of a thing, as its source calls it."""

    thing: str
    source: str
    source_id: str
    name: str


class Why(Struct, frozen=True):
    """What was asked about. `joins` hold it together (of two claims of one thing: the way from one to the other);
    `parted` would join the two, were they not kept apart by persons; `kept_apart` are those decisions."""

    kind: str
    things: tuple[str, ...]
    claims: tuple[Told, ...]
    joins: tuple[Join, ...]
    parted: tuple[Join, ...] = ()
    kept_apart: tuple[str, ...] = ()


class Conflict(Struct, frozen=True):
    """A field of a thing on which claims differ: what holds, who says what; `decided` where a person said it."""

    kind: str
    thing: str
    field: str
    holds: str
    said: tuple[tuple[str, str, str], ...]
    decided: str = ""


def why(archive: Archive, a: str, b: str = "", kind: str = "") -> Why:
    """What holds a thing together, or what there is between two. `a` and `b` are ids, or claims as SOURCE:ID."""
    with archive.duck() as duck:
        load_members(archive, duck)
        one = find_thing(archive, duck, a, kind)
        other = find_thing(archive, duck, b, kind or one.kind) if b else one
        if other.kind != one.kind:
            raise UsageError(f"{a[:80]!r} is a {KINDS[one.kind]}, {b[:80]!r} a {KINDS[other.kind]}")
        things = tuple(dict.fromkeys((one.id, other.id)))
        told, joins, parted, kept = _work_out(archive, duck, one.kind, things)
    if b and len(things) == 1 and one.claims != other.claims:
        joins = _way(joins, one.claims[0], other.claims[0]) or joins
    return Why(one.kind, things, tuple(told), tuple(joins), tuple(parted), tuple(kept))


def find_join(archive: Archive, what: str) -> Join:
    """A join as `why` calls it: THING/JOIN. NotFound where there is none, or none any more."""
    identifier, _, mark = what.partition("/")
    with archive.duck() as duck:
        load_members(archive, duck)
        thing = find_thing(archive, duck, identifier)
        _, joins, _, _ = _work_out(archive, duck, thing.kind, (thing.id,))
    fitting = [join for join in joins if mark and join.id.partition("/")[2] == mark.lower()]
    if not fitting:
        raise NotFound(
            f"{what[:200]!r}: {thing.id} has no such join", f"`onrecord match why {thing.id}` lists them"
        )
    return fitting[0]


def conflicts(archive: Archive, thing: str = "") -> list[Conflict]:
    """Where claims differ: of one thing, or of all."""
    with archive.duck() as duck:
        load_members(archive, duck)
        found = find_thing(archive, duck, thing) if thing else None
        kinds = [found.kind] if found else list(KINDS)
        if found:
            _restrict(duck, found.kind, found.claims)
            of_one = (
                f"CREATE TABLE {KINDS[found.kind]}_members AS SELECT * FROM every_members SEMI JOIN asked"
            )
            duck.run(f"ALTER VIEW {KINDS[found.kind]}_members RENAME TO every_members")
            duck.run(
                f"{of_one} ON asked.source = every_members.source AND asked.id = every_members.source_id"
            )
        prepare(duck)
        return [each for kind in kinds for each in _conflicts(archive, duck, kind)]


def _conflicts(archive: Archive, duck: Duck, kind: str) -> Iterable[Conflict]:
    thing, fields = KINDS[kind], FIELDS[kind]
    duck.table("turned", dict.fromkeys(("kind", "old", "new"), "VARCHAR"), [])
    duck.run(sql_file("onrecord.catalog", "overrides"))
    decided = {
        (identifier, field): decision
        for identifier, field, decision in duck.run(
            "SELECT id, field, decision FROM overrides WHERE kind = ?", [kind]
        )
    }
    job = sql_file("onrecord.catalog", "conflicts").replace("{thing}", thing).replace("{kind}", kind)
    job = job.replace("{casts}", ", ".join(f"n.{field}::VARCHAR AS {field}" for field in fields))
    rows = duck.run(job.replace("{fields}", ", ".join(fields)))
    kept = archive.canonical_rows(f"canonical_{thing}s")
    duck.table("asked_things", {"id": "VARCHAR"}, [(it,) for it in sorted({row[0] for row in rows})])
    names = ", ".join(("id", *fields))
    held = {
        identifier: dict(zip(fields, values, strict=True))
        for identifier, *values in duck.run(f"SELECT {names} FROM ({kept}) SEMI JOIN asked_things USING (id)")
    }
    for identifier, field, said in rows:
        value = held.get(identifier, {}).get(field)
        yield Conflict(
            kind=kind,
            thing=identifier,
            field=field,
            holds="" if value is None else str(value),
            said=tuple((each["source"], each["source_id"], each["value"]) for each in said),
            decided=decided.get((identifier, field), ""),
        )


def _work_out(
    archive: Archive, duck: Duck, kind: str, things: Sequence[str]
) -> tuple[list[Told], list[Join], list[Join], list[str]]:
    """(claims, joins within each thing, joins that persons keep from holding, decisions that do) of some things."""
    thing = KINDS[kind]
    duck.table("asked_things", {"id": "VARCHAR"}, [(identifier,) for identifier in things])
    held = duck.run(
        f"SELECT source, source_id, {thing} FROM {thing}_members SEMI JOIN asked_things ON id = {thing}"
    )
    if len(held) > _MOST:
        raise UsageError(
            f"{' and '.join(things)}: {len(held):,} claims, expected at most {_MOST:,} to explain"
        )
    of = {(source, source_id): identifier for source, source_id, identifier in held}
    _restrict(duck, kind, list(of))
    prepare(duck)
    # By name, so that a join is called the same each time that it is worked out.
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_nodes AS"
        f" SELECT * REPLACE (row_number() OVER (ORDER BY source, id) AS node) FROM {kind}_nodes"
    )
    if kind == "track":
        versions = parquet(archive.canonical("versions"))
        duck.run(f"CREATE OR REPLACE TABLE versions AS SELECT * FROM {versions}")
    else:
        duck.run(
            "CREATE OR REPLACE TABLE track_labels AS SELECT n.node, m.recording AS label FROM track_nodes n"
            " JOIN recording_members m ON m.source = n.source AND m.source_id = n.id"
        )
    find_edges(duck, kind)
    add_joins(duck, kind)
    query = f"SELECT DISTINCT a, b, reason, confidence::DOUBLE FROM {kind}_edges WHERE a <> b ORDER BY ALL"
    before = duck.run(query)
    duck.run(f"CREATE OR REPLACE TABLE {kind}_labels AS SELECT node, 1::BIGINT AS label FROM {kind}_nodes")
    keep_apart(duck, kind)
    after = duck.run(query)
    claims = {
        node: (source, it) for node, source, it in duck.run(f"SELECT node, source, id FROM {kind}_nodes")
    }
    persons = _persons(duck, kind, claims)
    left = [_join(kind, of, claims, persons, edge) for edge in after]
    cut = [_join(kind, of, claims, persons, edge) for edge in before if edge not in set(after)]
    kept = duck.run(f"SELECT DISTINCT decision FROM {kind}_sides ORDER BY decision")
    names = duck.run(f"SELECT source, id, {_NAMED[kind]} FROM {kind}_nodes ORDER BY source, id")
    return (
        [Told(of[source, it], source, it, name) for source, it, name in names],
        [join for join in left if of[join.a] == of[join.b]],
        [join for join in cut if of[join.a] != of[join.b]],
        [decision for (decision,) in kept] if len(things) > 1 else [],
    )


def _restrict(duck: Duck, kind: str, claims: Sequence[Claim]) -> None:
    """Leave of the claims in `duck` only these of a kind, and the tracks that they are credited with."""
    duck.table("asked", {"source": "VARCHAR", "id": "VARCHAR"}, list(claims))
    if kind == "work":
        duck.run(
            "CREATE OR REPLACE TABLE asked AS SELECT w.source, w.id, w.title, w.composer"
            " FROM works w SEMI JOIN asked a ON a.source = w.source AND a.id = w.id"
        )
    for each in KINDS:
        wanted = f"SEMI JOIN asked a ON {_TIED[kind] if each == 'track' else _TIED['track']}"
        some = wanted if each in (kind, "track") else "WHERE false"
        duck.numbered(f"{each}s")
        for view in (f"{each}s", f"numbered_{each}s"):
            duck.run(f"ALTER VIEW {view} RENAME TO every_{view}")
            duck.run(f"CREATE VIEW {view} AS SELECT t.* FROM every_{view} t {some}")


def _persons(
    duck: Duck, kind: str, claims: Mapping[int, Claim]
) -> dict[frozenset[Claim], tuple[str, str, str]]:
    rows = duck.run(
        f"SELECT DISTINCT e.a, e.b, d.decision, d.person, d.why FROM {kind}_decided e"
        " JOIN standing_decisions d USING (decision) ORDER BY ALL"
    )
    return {frozenset((claims[a], claims[b])): (decision, by, why) for a, b, decision, by, why in rows}


def _join(
    kind: str,
    of: Mapping[Claim, str],
    claims: Mapping[int, Claim],
    persons: Mapping[frozenset[Claim], tuple[str, str, str]],
    edge: tuple[Any, ...],
) -> Join:
    a, b, reason, confidence = claims[edge[0]], claims[edge[1]], edge[2], round(edge[3], 4)
    mark = hashlib.sha256("\x1f".join((kind, reason, *a, *b)).encode()).hexdigest()[:12]
    decided = persons.get(frozenset((a, b)), ("", "", "")) if reason == PERSON else ("", "", "")
    return Join(f"{of[a]}/{mark}", kind, of[a], a, b, reason, confidence, *decided)


def _way(joins: Sequence[Join], start: Claim, end: Claim) -> list[Join]:
    """The fewest joins from one claim to another."""
    beside: dict[Claim, list[tuple[Claim, Join]]] = defaultdict(list)
    for join in sorted(joins, key=lambda join: -join.confidence):
        beside[join.a].append((join.b, join))
        beside[join.b].append((join.a, join))
    came: dict[Claim, tuple[Claim, Join] | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there, join in beside[here]:
            if there not in came:
                came[there] = here, join
                waiting.append(there)
    way: list[Join] = []
    step = came.get(end)
    while step is not None:
        way.append(step[1])
        step = came[step[0]]
    return way[::-1]
