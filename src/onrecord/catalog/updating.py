# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matches what came since the last run: the claims that can be joined otherwise by it, and no others.

Whether two claims are joined is told by what they and their group say (`sql/*_edges.sql`), and a group shares a key
(`sql/*_keys.sql`). So what shares a key with a claim that came, went or changed may be joined otherwise, with all that
it was joined with before; nothing else can. These claims are matched by the jobs that match all of them, and what was
kept of the others stays: the tables are the same as if all had been matched anew.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from onrecord.catalog.deciding import BY_PLACE, add_joins, find_told_edges
from onrecord.catalog.match import KINDS, Matched, Outcome, define, edges, found, job, ranked, sql, standing
from onrecord.catalog.merging import Earlier, columns_of, lay_out, merge
from onrecord.engine.duck import Duck
from onrecord.engine.quoting import parquet, quoted

#: SQL that asks about what was matched and decides nothing.
_ONLY_READ = ("explore_", "quality_", "truth_")
#: What keys of tracks are made by.
_KEY_RULES: Final = ("fold", "comparable", "sounded", "subtitled", "key_bits", "keys_of_segment")
#: zstd's level for keys of tracks: of names that repeat it makes less, of bits nothing.
_EFFORT: Final = 9
#: With more values an artist's hash is shorter where it was last than in a dictionary.
_VALUES: Final = 2_000
#: How a credit `c` names a claim `n` of a kind.
_NAMED: Final = {
    "artist": "c.source = n.source AND c.artist_id = n.id",
    "release": "c.source = n.source AND c.release_id = n.id",
    "work": "c.source = n.source AND c.title = n.title AND c.composer = n.composer AND n.composer <> ''",
}


def update(
    duck: Duck,
    since: int,
    earlier: Earlier,
    keys: Path,
    entries: Sequence[int],
    precedence: Sequence[str],
) -> Matched:
    """Match what log entries after `since` brought. `earlier` gives by name the queries of what the last run left,
    which saw all others.

    `keys` is a folder for what is worked out once of the tracks of a log entry; `entries` are those that have any.

    Leaves of each kind: `<thing>_stale` (`id`), the ids of before whose claims were matched anew; `<thing>_fresh`, the
    members of these now; `<kind>_changed`, the names of claims that came, went or say something else.
    """
    define(duck)
    ranked(duck, precedence)
    duck.run(f"CREATE OR REPLACE VIEW versions AS {earlier('versions')}")
    duck.run(
        "CREATE OR REPLACE TABLE fresh_records AS SELECT DISTINCT source, record FROM records"
        f" WHERE seq > {since}"
    )
    for kind, thing in KINDS.items():
        duck.run(f"CREATE OR REPLACE VIEW {thing}_kept AS {earlier(f'{thing}_members')}")
        duck.run(job("changed_claims", kind).replace("{since}", str(since)))
        _name(duck, kind)
        duck.run(f"CREATE OR REPLACE TABLE {thing}_before AS SELECT * FROM {thing}_kept LIMIT 0")
        duck.run(f"CREATE OR REPLACE TABLE {thing}_stale AS SELECT {thing} AS id FROM {thing}_before")
        duck.run(f"CREATE OR REPLACE TABLE {kind}_asked AS FROM {kind}_changed LIMIT 0")
    outcome = Outcome()
    made = key_files(duck, keys, entries)
    duck.run(sql("track_keys").replace("{files}", parquet(made)))
    _match_tracks(duck, outcome, earlier)
    duck.run(sql("credits"))
    for kind in KINDS:
        if kind != "track":
            _match_kind(duck, kind, outcome, earlier)
    matched = outcome.matched()
    merge(duck, matched, earlier)
    return matched


@cache
def rules() -> str:
    """All SQL that may decide who is who: where it is another than in the last run, no claim may stay as it was. One
    job too many costs a full run, one too few would leave what is not true any more."""
    every = sorted(files("onrecord.catalog").joinpath("sql").iterdir(), key=lambda path: path.name)
    return "\n".join(
        path.read_text("utf-8")
        for path in every
        if path.name.endswith(".sql") and not path.name.startswith(_ONLY_READ)
    )


def key_rules(duck: Duck) -> str:
    """All that the keys of tracks depend on: the engine's hashes are its own."""
    [(version,)] = duck.run("SELECT version()")
    return "\n".join([str(version), *map(sql, _KEY_RULES)])


def key_files(duck: Duck, folder: Path, entries: Sequence[int]) -> list[Path]:
    """The files with the keys of these log entries' tracks; those that are not there yet are made."""
    job = sql("keys_of_segment")
    duck.run(sql("key_bits"))
    entries = entries or [0]  # the first entry has no tracks: an empty file
    paths = [folder / f"{seq:012}.parquet" for seq in entries]
    for seq, path in zip(entries, paths, strict=True):
        if not path.exists():
            duck.export(
                job.replace("{seq}", str(seq)), path, dense=True, effort=_EFFORT, plain=True, values=_VALUES
            )
    return paths


def _match_tracks(duck: Duck, outcome: Outcome, earlier: Earlier) -> None:
    for name in ("spelled_of_keys", "track_singers", "track_sounding"):
        duck.run(sql(name))
    duck.run(
        "CREATE OR REPLACE TABLE track_changed_nodes AS SELECT n.node FROM numbered_tracks n"
        " SEMI JOIN track_changed c ON c.source = n.source AND c.id = n.id"
    )
    duck.run(sql("turned_singers"))
    duck.run(sql("no_places"))
    _mates(duck, "track_changed_nodes")
    duck.run(sql("mistaken_mates").replace("{near}", duck.numbered_at("tracks", "near_nodes")))
    duck.run(
        "CREATE OR REPLACE TABLE track_touched AS SELECT source, id FROM track_changed UNION"
        " SELECT n.source, n.id FROM numbered_tracks n SEMI JOIN"
        " (FROM same_mates UNION FROM mistaken_mates UNION FROM place_touched UNION FROM turned_singers) m"
        " ON m.node = n.node"
    )
    while True:
        _whole(duck, "track", earlier)
        # What is compared with them is told by its place among others: those have to be there as well.
        duck.run(
            "CREATE OR REPLACE TABLE track_own AS SELECT c.node FROM track_current c"
            " SEMI JOIN track_touched t ON t.source = c.source AND t.id = c.id"
        )
        _mates(duck, "track_own")
        near = duck.numbered_at("tracks", "near_mates")
        duck.run(sql("mates_beside").replace("{wanted}", "track_own").replace("{near}", near))
        lay_out(duck, "track", standing("track", f"({duck.numbered_at('tracks', 'track_mates')})"))
        find_told_edges(duck, only=sql("chosen_own"))
        # Of two that cannot be joined by their place, not all is there that says so.
        duck.run(
            f"DELETE FROM track_edges WHERE reason IN ({', '.join(map(quoted, BY_PLACE))})"
            " AND (a, b) NOT IN (SELECT (least(a, b), greatest(a, b)) FROM place_possible)"
        )
        # A join that leads out of them was there before and was cut by a person.
        before = _count(duck, "track_touched")
        duck.run(
            "INSERT INTO track_touched SELECT DISTINCT n.source, n.id FROM track_nodes n WHERE node IN ("
            " SELECT b FROM track_edges SEMI JOIN track_own ON node = a UNION"
            " SELECT a FROM track_edges SEMI JOIN track_own ON node = b)"
            " AND node NOT IN (FROM track_own)"
        )
        if _count(duck, "track_touched") == before:
            break
    duck.run("DROP TABLE artist_places")
    duck.run("DELETE FROM track_nodes WHERE node NOT IN (FROM track_own)")
    duck.run("DELETE FROM track_edges WHERE a NOT IN (FROM track_own) OR b NOT IN (FROM track_own)")
    add_joins(duck, "track")
    _found(duck, "track", outcome)


def _mates(duck: Duck, wanted: str) -> None:
    of_wanted = duck.numbered_at("tracks", wanted)
    duck.run(sql("track_mates").replace("{wanted}", wanted).replace("{of_wanted}", of_wanted))


def _match_kind(duck: Duck, kind: str, outcome: Outcome, earlier: Earlier) -> None:
    named = _NAMED.get(kind)
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_touched AS SELECT source, id FROM {kind}_changed"
        + (
            f" UNION SELECT source, id FROM {kind}_current n SEMI JOIN turned_credits c ON {named}"
            if named
            else ""
        )
    )
    duck.run(f"CREATE OR REPLACE TABLE {kind}_met AS FROM {kind}_touched LIMIT 0")
    while True:
        duck.run(f"CREATE OR REPLACE TABLE {kind}_more AS FROM {kind}_touched EXCEPT FROM {kind}_met")
        if not _count(duck, f"{kind}_more"):
            break
        duck.run(f"CREATE OR REPLACE TABLE {kind}_met AS FROM {kind}_touched")
        duck.run(sql(f"{kind}_keys"))
        duck.run(
            f"CREATE OR REPLACE TABLE {kind}_touched AS FROM {kind}_touched UNION"
            f" SELECT source, id FROM {kind}_keys WHERE key IN"
            f" (SELECT key FROM {kind}_keys SEMI JOIN {kind}_more USING (source, id))"
        )
        _whole(duck, kind, earlier)
    lay_out(
        duck,
        kind,
        f"SELECT c.* FROM {kind}_current c SEMI JOIN {kind}_touched t ON t.source = c.source AND t.id = c.id",
    )
    duck.run(
        "CREATE OR REPLACE TABLE track_nodes AS SELECT c.* FROM credits c"
        + (f" SEMI JOIN {kind}_nodes n ON {named} WHERE c.node IS NOT NULL" if named else " LIMIT 0")
    )
    duck.run("CREATE OR REPLACE TABLE track_labels AS SELECT node, recording AS label FROM track_nodes")
    edges(duck, kind)
    _found(duck, kind, outcome)


def _whole(duck: Duck, kind: str, earlier: Earlier) -> None:
    """Add to `<kind>_touched` what was one thing with something in it, and what persons named together with it. Leaves
    what was kept of these: `<thing>_stale`, their ids of before, and `<thing>_before`, the members of these."""
    thing = KINDS[kind]
    # All members of a thing come with the first of them, so only what persons named has to be asked for once more.
    while duck.run(f"SELECT 1 FROM (FROM {kind}_touched EXCEPT FROM {kind}_asked) LIMIT 1"):
        fresh = f"FROM {kind}_touched EXCEPT FROM {kind}_asked"
        members = earlier(f"{thing}_members", claims=fresh)
        duck.run(f"CREATE OR REPLACE TABLE {thing}_asked AS SELECT DISTINCT {thing} AS id FROM ({members})")
        duck.run(f"INSERT INTO {thing}_before {earlier(f'{thing}_members', things=f'FROM {thing}_asked')}")
        duck.run(
            f"CREATE OR REPLACE TABLE {kind}_asked AS FROM {kind}_touched UNION"
            f" SELECT source, source_id FROM {thing}_before"
        )
        duck.run(
            f"CREATE OR REPLACE TABLE {kind}_touched AS FROM {kind}_asked"
            f" UNION SELECT source, source_id FROM {kind}_named WHERE id IN (SELECT n.id FROM {kind}_named n"
            f" SEMI JOIN {kind}_asked t ON t.source = n.source AND t.id = n.source_id)"
            " UNION SELECT d.source, d.source_id FROM standing_decisions d WHERE d.decision IN ("
            "  SELECT d.decision FROM standing_decisions d SEMI JOIN"
            f"  {kind}_asked t ON t.source = d.source AND t.id = d.source_id WHERE d.kind = '{kind}')"
            f"  AND d.kind = '{kind}' AND d.act IN ('same', 'apart')"
        )
    duck.run(f"CREATE OR REPLACE TABLE {thing}_stale AS SELECT DISTINCT {thing} AS id FROM {thing}_before")


def _name(duck: Duck, kind: str) -> None:
    """`<kind>_named`: claims that found an id which is not made of their name, and those that it is made of."""
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_named AS SELECT id, source, source_id FROM ids WHERE kind = '{kind}'"
    )
    if _count(duck, f"{kind}_named"):
        duck.run(
            f"INSERT INTO {kind}_named SELECT i.id, n.source, n.id FROM {kind}_current n"
            f" JOIN (SELECT DISTINCT id FROM {kind}_named) i ON i.id = mint('{KINDS[kind]}', n.source, n.id)"
        )


def _found(duck: Duck, kind: str, outcome: Outcome) -> None:
    """Ids and members of what was joined, and what has to be told of it."""
    thing = KINDS[kind]
    found(duck, kind, outcome)
    columns = columns_of(thing)
    duck.run(f"CREATE OR REPLACE TABLE {thing}_fresh AS SELECT {columns}, node FROM {thing}_members")
    # What has a name (`named_facts`) is called so later.
    duck.run(f"DROP VIEW IF EXISTS {kind}_ids")


def _count(duck: Duck, table: str) -> int:
    [(count,)] = duck.run(f"SELECT count(*) FROM {table}")
    return int(count)
