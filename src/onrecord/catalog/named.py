# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that MusicBrainz has a kind for, under the ids that its clients ask by. Run after `match`."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file

#: The namespace of the ids (UUID version 5) of what MusicBrainz does not know.
#: The name within it is `<kind>:<thing>`, where the thing is the canonical id of what has one.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onrecord:ws2")


class Text(Struct, frozen=True):
    """A thing and what is searched for of it; `id` is that under which it is shown.

    `seats` has its MBIDs, each with the source and the log entry of a kept record of it, "" and 0 where none is held.
    `body` is JSON of the claims on a work or a label, else "".
    """

    kind: str
    id: str
    thing: str
    name: str
    artist: str
    releases: Sequence[str]
    label: str
    others: Sequence[str]
    length: int | None
    date: str
    tracks: int | None
    codes: Sequence[str]
    seats: Sequence[tuple[str, str, int]]
    body: str


def own_id(kind: str, thing: str) -> str:
    """The UUID of a thing that MusicBrainz did not name."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}:{thing}"))


def mention(duck: Duck, kept: Path, free: Sequence[str]) -> None:
    """Bring the table of mentions up to date; what earlier records mention was read by earlier runs.

    `free` names the sources whose records may be shown.
    """
    duck.table("free_sources", {"source": "VARCHAR"}, [(name,) for name in free])
    duck.run(
        "CREATE OR REPLACE TABLE mentions"
        " (source VARCHAR, record VARCHAR, seq BIGINT, kind VARCHAR, mbid VARCHAR, name VARCHAR)"
    )
    if kept.exists():
        duck.run(
            f"INSERT INTO mentions SELECT * FROM read_parquet('{str(kept).replace(chr(39), chr(39) * 2)}')"
        )
    [(newest, before)] = duck.run("SELECT coalesce(max(seq), -1), count(*) FROM mentions")
    duck.run(f"INSERT INTO mentions {_sql('mentions')}", [newest])
    [(now,)] = duck.run("SELECT count(*) FROM mentions")
    if now != before or not kept.exists():
        duck.export("SELECT * FROM mentions ORDER BY ALL", kept)
    duck.run(_sql("named_things"))


def things(duck: Duck) -> Iterator[Text]:
    """Everything that has a name, in the order of kinds and things; the same things give the same values."""
    seats = "SELECT NULL AS kind, NULL AS mbid, NULL AS source, NULL AS seq WHERE false"
    duck.run(f"CREATE OR REPLACE TABLE seats AS {seats} UNION ALL {_sql('record_seats')}")
    columns = [name for name in Text.__struct_fields__ if name not in ("id", "seats", "body")]
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
        own = own_id(facts["kind"], facts["thing"])
        ids = [f"{_OWN[facts['kind']]}={id}" for id in (*(mbid for mbid, _, _ in seated), own)]
        # The lists come in any order.
        said = sorted({code for code in facts.pop("codes") or () if not code.endswith("=")})
        facts |= {name: sorted(filter(None, facts[name] or ())) for name in ("releases", "others")}
        yield Text(
            **facts,
            id=seated[0][0] if seated else own,
            codes=[*ids, *said],
            seats=seated,
            body=body or "",
        )


def turned(redirects: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """(kind, own id, thing) of ids of things that were merged into others."""
    for old, new in redirects:
        for kind in _MINTED.get(old[:1], ("recording", "release", "artist")):
            yield kind, own_id(kind, old), new


def links(duck: Duck) -> Iterator[tuple[str, str, str]]:
    """(thing, kind of the other, other), both ways and in order."""
    yield from duck.stream("SELECT a, kind, b FROM named_links ORDER BY ALL")


#: What an id is of, where the letter that it begins with says so.
_MINTED: Final = {"w": ("work",), "l": ("label",)}
#: The field by which each kind is found by its own id.
_OWN: Final = {
    "artist": "arid",
    "release": "reid",
    "release-group": "rgid",
    "recording": "rid",
    "work": "wid",
    "label": "laid",
}


def _sql(name: str) -> str:
    return sql_file("onrecord.catalog", name)
