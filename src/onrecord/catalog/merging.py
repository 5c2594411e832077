# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update (`updating`) found, together with what was kept of the last run: members and canonical rows of all."""

from typing import Final, Protocol

from onrecord.catalog.canonical_files import KEY
from onrecord.catalog.deciding import overrule
from onrecord.catalog.match import KINDS, Matched, sql, standing, view
from onrecord.engine.duck import Duck

#: Columns of what is kept of the members of a kind.
_MEMBERS: Final = "{thing}, source, source_id, {blob}rank, founds, joined, reason, confidence"
#: The canonical tables, with the kind of thing that their rows are of.
CANONICAL: Final = {
    **{f"canonical_{thing}s": thing for thing in KINDS.values()},
    "canonical_tracks": "recording",
}
#: Columns of ids by which canonical rows are asked for as well.
_BY: Final = {"canonical_tracks": "release", "canonical_recordings": "artist_id"}


class Earlier(Protocol):
    """What the last run left, by the name of the table."""

    def __call__(self, name: str, /, things: str = "", claims: str = "", by: str = "") -> str:
        """The query of all rows, or of those of the things (a query of `id`; `by` another column of ids than that by
        which the table is kept) or of members that are of the claims (a query of `source`, `id`)."""


def merge(duck: Duck, matched: Matched, earlier: Earlier) -> None:
    """Make the canonical rows that may be others now, and views of all claims, members and canonical rows as they are
    after the update. `earlier` gives by name the queries of what the last run left. Leaves where the claims of what was
    seen of recordings lie: `recording_placed` (`source`, `source_id`, `node`)."""
    _see(duck, matched, earlier)
    for name in CANONICAL:
        duck.run(f"CREATE OR REPLACE VIEW {name}_kept AS {earlier(name)}")
        duck.run(f"ALTER TABLE {name} RENAME TO {name}_fresh")
    duck.run(
        "CREATE OR REPLACE TABLE recording_placed AS SELECT source, source_id, node FROM recording_members"
        " WHERE node IS NOT NULL"
    )
    for kind, thing in KINDS.items():
        duck.run(f"DROP TABLE {thing}_members")
        duck.run(f"DROP TABLE {kind}_nodes")
    widen(duck)
    _ask(duck, earlier)
    # Where no file is known, all are not gone through to find none.
    known = bool(duck.run("SELECT 1 FROM tracks WHERE source = 'file' LIMIT 1"))
    duck.run(
        "CREATE OR REPLACE TABLE recording_blobs AS SELECT DISTINCT recording, blob"
        f" FROM recording_every WHERE source = 'file' AND {known} ORDER BY recording, blob"
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
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {name}_kept WHERE {KEY[name]} NOT IN"
            f" (SELECT id FROM {thing}_seen) UNION ALL SELECT * FROM {name}_fresh"
        )


def _ask(duck: Duck, earlier: Earlier) -> None:
    """Of the views that `widen` leaves the rows of few, by the name of a table of them: `<table>_of` things (`id`),
    `<table>_by` another column of ids, and of members `<thing>_of`, and `<thing>_said` of claims (`source`, `id`)."""
    asked, claims = "SELECT id FROM query_table(asked)", "SELECT source, id FROM query_table(asked)"
    for name, thing in CANONICAL.items():
        for suffix, key in (("of", KEY[name]), ("by", _BY.get(name, ""))):
            if key:
                # Most of what is asked for was seen.
                things = asked + f" WHERE id NOT IN (SELECT id FROM {thing}_seen)" * (key == KEY[name])
                duck.run(
                    f"CREATE OR REPLACE MACRO {name}_{suffix}(asked) AS TABLE SELECT * FROM"
                    f" ({earlier(name, things=things, by=key)}) k"
                    f" WHERE k.{KEY[name]} NOT IN (SELECT id FROM {thing}_seen)"
                    f" UNION ALL SELECT n.* FROM {name}_fresh n SEMI JOIN ({asked}) o ON o.id = n.{key}"
                )
    for thing in KINDS.values():
        columns, name = columns_of(thing), f"{thing}_members"
        things = f"{asked} WHERE id NOT IN (SELECT id FROM {thing}_stale)"
        for suffix, few, on in (
            ("of", earlier(name, things=things), f"({asked}) o ON o.id = f.{thing}"),
            (
                "said",
                earlier(name, claims=claims),
                f"({claims}) o ON o.source = f.source AND o.id = f.source_id",
            ),
        ):
            duck.run(
                f"CREATE OR REPLACE MACRO {thing}_{suffix}(asked) AS TABLE SELECT {columns} FROM ({few}) k"
                f" WHERE k.{thing} NOT IN (SELECT id FROM {thing}_stale)"
                f" UNION ALL SELECT {columns} FROM {thing}_fresh f SEMI JOIN {on}"
            )


def find_others(duck: Duck, earlier: Earlier) -> dict[str, str]:
    """After `update`: the tables of members and of canonical rows that hold other rows than before, each with the query
    of the rows that may be others. Leaves of each of all tables `<name>_other` (`id`): the things of which it does."""
    found = {}
    for name, key in KEY.items():
        thing = key if name.endswith("_members") else CANONICAL[name]
        if name.endswith("_members"):
            now = f"SELECT {columns_of(thing)} FROM {thing}_fresh"
            before = f"SELECT {columns_of(thing)} FROM {thing}_before"
        else:
            now = f"SELECT * FROM {name}_fresh"
            before = earlier(name, things=f"SELECT id FROM {thing}_seen")
        duck.run(f"CREATE OR REPLACE TABLE {name}_was AS {before}")
        duck.run(
            f"CREATE OR REPLACE TABLE {name}_other AS SELECT DISTINCT {key} AS id FROM ("
            f" ({now} EXCEPT FROM {name}_was) UNION ALL (FROM {name}_was EXCEPT {now}))"
        )
        if duck.run(f"SELECT 1 FROM {name}_other LIMIT 1"):
            found[name] = now
    return found


def lay_out(duck: Duck, kind: str, chosen: str) -> None:
    """`<kind>_nodes` of some of the claims that stand."""
    duck.run(f"CREATE OR REPLACE TABLE {kind}_laid AS {chosen}")
    for old in ("VIEW", "TABLE"):
        if duck.run(
            f"SELECT 1 FROM information_schema.tables WHERE table_name = '{kind}_nodes' AND table_type"
            f" LIKE '%{old}%'"
        ):
            duck.run(f"DROP {old} {kind}_nodes")
    text = sql(f"{kind}_nodes").replace(f"{kind}_current", f"{kind}_laid")
    duck.run(text.replace(f"VIEW {kind}_nodes", f"TABLE {kind}_nodes"))


def claims_of(duck: Duck, kind: str, members: str) -> str:
    """The query of the claims of `members`, a table: most of them were matched and are laid out."""
    duck.run(
        f"CREATE OR REPLACE TABLE {kind}_beside AS SELECT node FROM {members}"
        f" WHERE node NOT IN (SELECT node FROM {kind}_laid)"
    )
    beside = standing(kind, f"({duck.numbered_at(f'{kind}s', f'{kind}_beside')})")
    return (
        f"SELECT c.* FROM {kind}_laid c SEMI JOIN {members} m ON m.node = c.node UNION ALL BY NAME {beside}"
    )


def columns_of(thing: str) -> str:
    """The columns of what is kept of the members of a kind."""
    return _MEMBERS.format(thing=thing, blob="blob, " if thing == "recording" else "")


def _see(duck: Duck, matched: Matched, earlier: Earlier) -> None:
    """Make the canonical tables. Leaves of each kind `<thing>_seen` (`id`): things whose row may be another now."""
    for thing in ("artist", "release", "label"):
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_moved AS SELECT source, source_id AS id FROM ("
            f" SELECT {thing} AS thing, source, source_id FROM {thing}_fresh UNION ALL"
            f" SELECT {thing}, source, source_id FROM {thing}_before)"
            " GROUP BY source, source_id HAVING count(*) = 1 OR min(thing) <> max(thing)"
        )
    # Whether a claim stands is asked of the few.
    duck.run(
        "CREATE OR REPLACE TABLE track_moved AS SELECT c.node, c.source, c.id FROM numbered_tracks c"
        " SEMI JOIN artist_moved m ON m.source = c.source AND m.id = c.artist_id"
        " UNION SELECT c.node, c.source, c.id FROM numbered_tracks c"
        " SEMI JOIN release_moved m ON m.source = c.source AND m.id = c.release_id"
    )
    duck.run("DELETE FROM track_moved WHERE node IN (SELECT node FROM track_ended)")
    duck.run(
        "CREATE OR REPLACE TABLE label_named AS SELECT source, id FROM label_current n"
        " SEMI JOIN label_moved m ON m.source = n.source AND m.id = n.parent"
    )
    moved = {"recording": "track_moved", "label": "label_named"}
    for kind, thing in KINDS.items():
        duck.run(
            f"CREATE OR REPLACE TABLE {thing}_also AS SELECT DISTINCT k.{thing} AS id"
            f" FROM ({earlier(f'{thing}_members', claims=f'FROM {moved[thing]}')}) k"
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
                f"INSERT INTO {thing}_members SELECT {_of('k', columns)}, n.node"
                f" FROM ({earlier(f'{thing}_members', things=f'FROM {thing}_also')}) k"
                f" JOIN {kind}_current n ON n.source = k.source AND n.id = k.source_id"
            )
        lay_out(duck, kind, claims_of(duck, kind, f"{thing}_members"))
    # Those that are only named by what is seen.
    for thing, by in (("artist", "artist_id"), ("release", "release_id")):
        columns = columns_of(thing)
        duck.run(
            f"INSERT INTO {thing}_members SELECT {_of('k', columns)}, NULL"
            f" FROM ({earlier(f'{thing}_members', claims=f'SELECT source, {by} AS id FROM track_nodes')}) k"
            f" WHERE k.{thing} NOT IN (SELECT id FROM {thing}_stale)"
        )
    columns = columns_of("label")
    duck.run(
        f"INSERT INTO label_members SELECT {_of('k', columns)}, NULL"
        f" FROM ({earlier('label_members', claims='SELECT source, parent AS id FROM label_nodes')}) k"
        " WHERE k.label NOT IN (SELECT id FROM label_stale) AND k.label NOT IN (SELECT id FROM label_also)"
    )
    view(duck, matched.redirects)


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))
