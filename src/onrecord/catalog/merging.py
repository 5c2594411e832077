# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update (`updating`) found, together with what was kept of the last run: members and canonical rows of all."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from onrecord.catalog.deciding import overrule
from onrecord.catalog.match import KINDS, Matched, sql, view
from onrecord.engine.duck import Duck

#: Columns of what is kept of the members of a kind.
_MEMBERS: Final = "{thing}, source, source_id, {blob}rank, founds, joined, reason, confidence"
#: The canonical tables, with the kind of thing that their rows are of.
CANONICAL: Final = {
    **{f"canonical_{thing}s": thing for thing in KINDS.values()},
    "canonical_tracks": "recording",
}
#: Where that is named, if not in a column `id`.
_OF: Final = {"canonical_tracks": "recording"}


def merge(duck: Duck, matched: Matched, kept: Callable[[str], Path]) -> None:
    """Make the canonical rows that may be others now, and views of all claims, members and canonical rows as they are
    after the update. `kept` names the files of the last run."""
    _see(duck, matched)
    for name in CANONICAL:
        duck.run(f"CREATE OR REPLACE VIEW {name}_kept AS SELECT * FROM {file(kept(name))}")
        duck.run(f"ALTER TABLE {name} RENAME TO {name}_fresh")
    for kind, thing in KINDS.items():
        duck.run(f"DROP TABLE {thing}_members")
        duck.run(f"DROP TABLE {kind}_nodes")
    widen(duck)
    duck.run(
        "CREATE OR REPLACE TABLE recording_blobs AS SELECT DISTINCT recording, blob FROM recording_every"
        " WHERE source = 'file' ORDER BY recording, blob"
    )
    overrule(duck)


def widen(duck: Duck) -> None:
    """Views of all claims, members (`<thing>_every` without their node) and canonical rows: what was kept and what is
    other than that, after `update`."""
    for kind, thing in KINDS.items():
        columns = columns_of(thing)
        duck.run(
            f"CREATE OR REPLACE VIEW {thing}_every AS SELECT {columns} FROM {thing}_kept"
            f" WHERE {thing} NOT IN (SELECT id FROM {thing}_stale) UNION ALL SELECT {columns} FROM {thing}_fresh"
        )
        duck.run(
            f"CREATE OR REPLACE VIEW {thing}_members AS SELECT {_of('k', columns)}, n.node FROM {thing}_every k"
            f" JOIN {kind}_current n ON n.source = k.source AND n.id = k.source_id"
        )
        duck.run(sql(f"{kind}_nodes"))
    for name, thing in CANONICAL.items():
        duck.run(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {name}_kept WHERE {_OF.get(name, 'id')} NOT IN"
            f" (SELECT id FROM {thing}_seen) UNION ALL SELECT * FROM {name}_fresh"
        )


def changed_tables(duck: Duck) -> list[str]:
    """Which tables of members and of canonical rows hold other rows than before, after `update`."""
    sides = {}
    for thing in KINDS.values():
        columns = columns_of(thing)
        sides[f"{thing}_members"] = (
            f"SELECT {columns} FROM {thing}_fresh",
            f"SELECT {columns} FROM {thing}_kept WHERE {thing} IN (SELECT id FROM {thing}_stale)",
        )
    for name, thing in CANONICAL.items():
        sides[name] = (
            f"FROM {name}_fresh",
            f"FROM {name}_kept WHERE {_OF.get(name, 'id')} IN (SELECT id FROM {thing}_seen)",
        )
    return [
        name
        for name, (now, before) in sides.items()
        if duck.run(f"SELECT 1 FROM (({now} EXCEPT {before}) UNION ALL ({before} EXCEPT {now})) LIMIT 1")
    ]


def lay_out(duck: Duck, kind: str, chosen: str) -> None:
    """`<kind>_nodes` of some of the claims that stand."""
    duck.run(f"CREATE OR REPLACE TABLE {kind}_chosen AS {chosen}")
    for old in ("VIEW", "TABLE"):
        if duck.run(
            f"SELECT 1 FROM information_schema.tables WHERE table_name = '{kind}_nodes' AND table_type"
            f" LIKE '%{old}%'"
        ):
            duck.run(f"DROP {old} {kind}_nodes")
    text = sql(f"{kind}_nodes").replace(f"{kind}_current", f"{kind}_chosen")
    duck.run(text.replace(f"VIEW {kind}_nodes", f"TABLE {kind}_nodes"))


def columns_of(thing: str) -> str:
    """The columns of what is kept of the members of a kind."""
    return _MEMBERS.format(thing=thing, blob="blob, " if thing == "recording" else "")


def file(path: Path) -> str:
    return f"read_parquet({quoted(path)})"


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _see(duck: Duck, matched: Matched) -> None:
    """Make the canonical tables. Leaves of each kind `<thing>_seen` (`id`): things whose row may be another now."""
    for thing in ("artist", "release", "label"):
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_moved AS SELECT source, source_id AS id FROM ("
            f" SELECT {thing} AS thing, source, source_id FROM {thing}_fresh UNION ALL"
            f" SELECT {thing}, source, source_id FROM {thing}_before)"
            " GROUP BY source, source_id HAVING count(*) = 1 OR min(thing) <> max(thing)"
        )
    duck.run(
        "CREATE OR REPLACE TABLE track_moved AS SELECT source, id FROM track_current n"
        " SEMI JOIN artist_moved m ON m.source = n.source AND m.id = n.artist_id UNION SELECT source, id FROM"
        " track_current n SEMI JOIN release_moved m ON m.source = n.source AND m.id = n.release_id"
    )
    duck.run(
        "CREATE OR REPLACE TABLE label_named AS SELECT source, id FROM label_current n"
        " SEMI JOIN label_moved m ON m.source = n.source AND m.id = n.parent"
    )
    moved = {"recording": "track_moved", "label": "label_named"}
    for kind, thing in KINDS.items():
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_also AS SELECT DISTINCT k.{thing} AS id FROM {thing}_kept k"
            f" SEMI JOIN {moved[thing]} m ON m.source = k.source AND m.id = k.source_id"
            f" WHERE k.{thing} NOT IN (SELECT id FROM {thing}_stale)"
            if thing in moved
            else f"CREATE OR REPLACE TABLE {thing}_also AS SELECT '' AS id WHERE false"
        )
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_seen AS SELECT {thing} AS id FROM {thing}_fresh UNION"
            f" FROM {thing}_stale UNION FROM {thing}_also"
        )
        columns = columns_of(thing)
        duck.run(f"CREATE OR REPLACE TABLE {thing}_members AS SELECT {columns}, node FROM {thing}_fresh")
        if thing in moved:
            duck.run(
                f"INSERT INTO {thing}_members SELECT {_of('k', columns)}, n.node FROM {thing}_kept k"
                f" SEMI JOIN {thing}_also a ON a.id = k.{thing}"
                f" JOIN {kind}_current n ON n.source = k.source AND n.id = k.source_id"
            )
        lay_out(
            duck, kind, f"SELECT c.* FROM {kind}_current c SEMI JOIN {thing}_members m ON m.node = c.node"
        )
    # Those that are only named by what is seen.
    for thing, by in (("artist", "artist_id"), ("release", "release_id")):
        columns = columns_of(thing)
        duck.run(
            f"INSERT INTO {thing}_members SELECT {_of('k', columns)}, NULL FROM {thing}_kept k"
            f" SEMI JOIN track_nodes n ON n.source = k.source AND n.{by} = k.source_id"
            f" WHERE k.{thing} NOT IN (SELECT id FROM {thing}_stale)"
        )
    columns = columns_of("label")
    duck.run(
        f"INSERT INTO label_members SELECT {_of('k', columns)}, NULL FROM label_kept k"
        " SEMI JOIN label_nodes n ON n.source = k.source AND n.parent = k.source_id"
        " WHERE k.label NOT IN (SELECT id FROM label_stale) AND k.label NOT IN (SELECT id FROM label_also)"
    )
    view(duck, matched.redirects)


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))
