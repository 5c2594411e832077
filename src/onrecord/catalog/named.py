# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What MusicBrainz has a kind for and that has no page of its own, and what belongs together. Run after `match`."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file
from onrecord.engine.quoting import parquet


class Text(Struct, frozen=True):
    """A work, a label or a release group that records name, and what is searched for of it.

    `seats` has its MBIDs, each with the source and the log entry of a kept record of it, "" and 0 where none is held.
    `body` is JSON of the claims on a work or a label, else "".
    """

    kind: str
    thing: str
    name: str
    artist: str
    releases: Sequence[str]
    label: str
    others: Sequence[str]
    date: str
    codes: Sequence[str]
    seats: Sequence[tuple[str, str, int]]
    body: str


def mention(duck: Duck, kept: Path, free: Sequence[str]) -> None:
    """Bring the table of mentions up to date; what earlier records mention was read by earlier runs.

    `free` names the sources whose records may be shown; those of others are read as well, since that may change.
    """
    duck.table("free_sources", {"source": "VARCHAR"}, [(name,) for name in free])
    duck.run(
        "CREATE OR REPLACE TABLE mentions"
        " (source VARCHAR, record VARCHAR, seq BIGINT, kind VARCHAR, mbid VARCHAR, name VARCHAR)"
    )
    if kept.exists():
        duck.run(f"INSERT INTO mentions SELECT * FROM {parquet(kept)}")
    [(newest, before)] = duck.run("SELECT coalesce(max(seq), -1), count(*) FROM mentions")
    duck.run(f"INSERT INTO mentions {_sql('mentions')}", [newest])
    [(now,)] = duck.run("SELECT count(*) FROM mentions")
    if now != before or not kept.exists():
        duck.export("SELECT * FROM mentions ORDER BY ALL", kept)
    duck.run(_sql("current_mentions"))


def touch(duck: Duck) -> list[tuple[str, str]]:
    """What may be told otherwise than before an update, as (kind, thing): `things` gives these alone from then on.
    Behind `mention` and `touched_pages.find_touched`."""
    duck.run(_sql("touched_links"))
    _tell_of(duck, 1, _FACTS)
    duck.run(_sql("named_facts"))
    duck.run(_sql("touched_names"))
    _tell_of(duck, 1, _THINGS)
    duck.run(_sql("named_things"))
    duck.run("DELETE FROM named_things WHERE (kind, thing) NOT IN (SELECT kind, thing FROM touched_names)")
    return [
        (str(kind), str(thing))
        for kind, thing in duck.run(
            "SELECT kind, thing FROM touched_names WHERE thing IS NOT NULL ORDER BY ALL"
        )
    ]


def touched_ends(duck: Duck) -> list[tuple[str, str]]:
    """Things (kind, thing) of which one at least is an end of each link that came or went; behind `touch`."""
    return [
        (str(kind), str(thing)) for kind, thing in duck.run("SELECT kind, id FROM touched_links ORDER BY ALL")
    ]


def touched_links(duck: Duck) -> Iterator[tuple[str, str, str]]:
    """As `links`, of these things alone."""
    few = "named_links l SEMI JOIN touched_links t ON t.id = l.a"
    yield from duck.stream(f"SELECT l.a, l.kind, l.b FROM {few} ORDER BY ALL")


def tell(duck: Duck) -> None:
    """Lay out everything, for `things` and `links`; behind `mention`."""
    _tell_of(duck, 0, _FACTS)
    duck.run(_sql("named_facts"))
    _tell_of(duck, 0, _THINGS)
    job = _sql("named_things")
    # A run may tell twice, and neither a table nor a view takes the place of the other.
    for (kind,) in duck.run(
        "SELECT DISTINCT if(table_type = 'VIEW', 'VIEW', 'TABLE') FROM information_schema.tables"
        " WHERE table_name = 'named_links'"
    ):
        duck.run(f"DROP {kind} named_links")
    [(releases,)] = duck.run("SELECT count(*) FROM canonical_releases")
    if releases >= _MANY:
        job = job.replace("TABLE named_links", "VIEW named_links")
    duck.run(job)


def keep(duck: Duck) -> None:
    """Behind `things` and `links`: where tables are packed, let what pages are made of outlive the others."""
    if duck.packed is not None:
        for name, query in _KEPT.items():
            duck.packed.write(name, query)


def things(duck: Duck) -> Iterator[Text]:
    """Everything that has a name, in the order of kinds and things; the same things give the same values."""
    seats = "SELECT NULL AS kind, NULL AS mbid, NULL AS source, NULL AS seq WHERE false"
    duck.run(f"CREATE OR REPLACE TABLE seats AS {seats} UNION ALL {_sql('record_seats')}")
    columns = [name for name in Text.__struct_fields__ if name not in ("seats", "body")]
    before = None
    for *row, mbids, sources, seqs, body in duck.stream(
        f"SELECT {', '.join(f't.{name}' for name in columns)}, x.mbids, x.sources, x.seqs, t.body::VARCHAR"
        " FROM named_things t LEFT JOIN ("
        "  SELECT m.kind, m.thing, list(m.mbid ORDER BY m.mbid) AS mbids,"
        "  list(coalesce(s.source, '') ORDER BY m.mbid) AS sources, list(coalesce(s.seq, 0) ORDER BY m.mbid) AS seqs"
        "  FROM (SELECT kind, thing, unnest(mbids) AS mbid FROM named_things) m"
        "  LEFT JOIN seats s ON s.kind = m.kind AND s.mbid = m.mbid GROUP BY m.kind, m.thing"
        " ) x ON x.kind = t.kind AND x.thing = t.thing"
        " WHERE coalesce(t.name, '') <> '' ORDER BY t.kind, t.thing, t.name"
    ):
        facts: dict[str, Any] = dict(zip(columns, row, strict=True))
        if before == (before := (facts["kind"], facts["thing"])):
            continue
        seated = tuple(zip(mbids or (), sources or (), seqs or (), strict=True))
        # The lists come in any order.
        said = sorted({code for code in facts.pop("codes") or () if not code.endswith("=")})
        facts |= {name: sorted(filter(None, facts[name] or ())) for name in ("releases", "others")}
        yield Text(
            **facts,
            codes=said,
            seats=seated,
            body=body or "",
        )


def kept_records(duck: Duck) -> Iterator[tuple[str, str, str, int]]:
    """(kind, MBID, source, log entry) of records of what has pages, in order; behind `things`."""
    yield from duck.stream(
        "SELECT kind, mbid, source, seq FROM seats WHERE kind IN ('artist', 'recording', 'release')"
        " AND regexp_full_match(mbid, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') ORDER BY kind, mbid"
    )


def touched_records(duck: Duck) -> list[tuple[str, str, str, int]]:
    """(kind, MBID, source, log entry) of records that came again, of what has pages; "" and 0 of those that went.
    Behind `things`."""
    return [
        (str(kind), str(mbid), str(source), int(seq))
        for kind, mbid, source, seq in duck.run(
            "SELECT r.kind, r.mbid, coalesce(s.source, ''), coalesce(s.seq, 0) FROM ("
            " SELECT DISTINCT split_part(record, ':', 1) AS kind, split_part(record, ':', 2) AS mbid FROM fresh_records"
            ") r LEFT JOIN seats s ON s.kind = r.kind AND s.mbid = r.mbid"
            " WHERE r.kind IN ('artist', 'recording', 'release')"
            " AND regexp_full_match(r.mbid, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') ORDER BY ALL"
        )
    ]


def links(duck: Duck) -> Iterator[tuple[str, str, str]]:
    """(thing, kind of the other, other), both ways and in order; of very many some at a time: all of them sorted at
    once would fill a disk."""
    [(count,)] = duck.run("SELECT count(*) FROM release_artists")
    for which in _passes(min(count // _MANY + 1, len(_BEGINNINGS))):
        yield from duck.stream(f"SELECT a, kind, b FROM named_links WHERE {which} ORDER BY ALL")


def _tell_of(duck: Duck, which: int, told: Mapping[str, Sequence[str]]) -> None:
    """Let `named_facts` or `named_things` tell of all (0) or of what an update touched (1)."""
    for table, queries in told.items():
        duck.run(f"CREATE OR REPLACE VIEW {table} AS {queries[which]}")


def _passes(count: int) -> Iterator[str]:
    """Conditions on `a` that part all things, in their order, into so many about equal parts."""
    bounds = [_BEGINNINGS[len(_BEGINNINGS) * at // count] for at in range(1, count)]
    for low, high in itertools.pairwise(["", *bounds, ""]):
        yield f"a >= '{low}'" + (f" AND a < '{high}'" if high else "")


#: What `named_facts.sql` tells of, of all and of what an update touched.
_FACTS: Final = {
    "told_members": (
        "FROM release_members",
        "FROM told_members_of_few",
    ),
    "told_credits": (
        "SELECT m.release, n.source, n.artist FROM release_members m JOIN release_nodes n ON n.node = m.node",
        "FROM told_members_of_few",
    ),
    "told_makers": (
        "SELECT x.source, x.folded_name, m.artist FROM artist_nodes x JOIN artist_members m ON m.node = x.node",
        "FROM told_makers_of_few",
    ),
}
#: As well for `named_things.sql`.
_THINGS: Final = {
    "told_work_members": (
        "FROM work_members",
        "SELECT m.*, n.node FROM work_of('touched_works') m"
        " JOIN work_current n ON n.source = m.source AND n.id = m.source_id",
    ),
    "told_works": ("FROM canonical_works", "FROM canonical_works_of('touched_works')"),
    "told_artists": (
        "FROM release_artists",
        "FROM release_artists SEMI JOIN touched_links t ON t.id = release",
    ),
    "told_releases": ("FROM canonical_releases", "FROM canonical_releases_of('touched_links')"),
    "told_recordings": ("FROM canonical_recordings", "FROM canonical_recordings_of('touched_links')"),
}
#: What pages are made of, of the tables here.
_KEPT: Final = {
    "named_links": "SELECT a, kind, b FROM named_links WHERE kind = 'recording'",
    "current_mentions": "SELECT * FROM current_mentions WHERE kind = 'language'",
    **{name: f"SELECT * FROM {name}" for name in ("current_works", "release_artists", "release_ids")},
}
#: With more releases than this what belongs together is no table, and is read in parts of so many.
_MANY: Final = 1_000_000
#: Ids begin so, and about as many links with each: a letter for the kind, and one of 32 signs. A release is linked with
#: both its artists and its label, so its ids are told apart by half of the sign behind, too.
_SIGNS: Final = "234567abcdefghijklmnopqrstuvwxyz"
_BEGINNINGS: Final = [
    *(letter + sign for letter in "al" for sign in _SIGNS),
    *("r" + sign + half for sign in _SIGNS for half in ("", _SIGNS[len(_SIGNS) // 2])),
]


def _sql(name: str) -> str:
    return sql_file("onrecord.catalog", name)
