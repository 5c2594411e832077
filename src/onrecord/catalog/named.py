# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that MusicBrainz has a kind for, under the ids that its clients ask by. Run after `match`."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.engine.duck import Duck, sql_file

#: The namespace of the ids (UUID version 5) of what MusicBrainz does not know.
#: The name within it is `<kind>:<thing>`, where a recording's, release's or artist's thing is its canonical id.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:onrecord:ws2")


class Text(Struct, frozen=True):
    """What is searched for of a thing; `id` is that under which it is shown."""

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
    [(newest,)] = duck.run("SELECT coalesce(max(seq), -1) FROM mentions")
    duck.run(f"INSERT INTO mentions {_sql('mentions')}", [newest])
    duck.export("SELECT * FROM mentions ORDER BY ALL", kept)
    duck.run(_sql("named_things"))


def named(
    duck: Duck, redirects: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, str, bool, str, str, str, int]]:
    """(kind, id, thing, is it shown under it, name, body, source, seq): every MBID of a thing, and the id of its own.

    It is shown under its own where it has no other. `source` and `seq` say where a kept record of it lies.
    """
    seats = "SELECT NULL AS kind, NULL AS mbid, NULL AS source, NULL AS seq WHERE false"
    seats = f"{seats} UNION ALL {_sql('record_seats')}"
    duck.run(f"CREATE OR REPLACE TABLE seats AS {seats}")
    for kind, thing, name, body, mbids, sources, seqs in duck.stream(
        "SELECT t.kind, t.thing, t.name, t.body::VARCHAR, list(x.mbid ORDER BY x.mbid), "
        "list(s.source ORDER BY x.mbid), list(s.seq ORDER BY x.mbid)"
        " FROM named_things t"
        " LEFT JOIN (SELECT kind, thing, unnest(mbids) AS mbid FROM named_things) x"
        " ON x.kind = t.kind AND x.thing = t.thing"
        " LEFT JOIN seats s ON s.kind = x.kind AND s.mbid = x.mbid"
        " WHERE coalesce(t.name, '') <> ''"
        " GROUP BY ALL ORDER BY t.kind, t.thing"
    ):
        known = [mbid for mbid in mbids if mbid]
        for mbid, source, seq in zip(mbids, sources, seqs, strict=True):
            if mbid:
                yield (kind, mbid, thing, True, name, body or "", source or "", seq or 0)
        yield (kind, own_id(kind, thing), thing, not known, name, body or "", "", 0)
    for old, new in redirects:
        for kind in ("recording", "release", "artist"):
            yield (kind, own_id(kind, old), new, False, "", "", "", 0)


def links(duck: Duck) -> Iterator[tuple[str, str, str]]:
    """(thing, kind of the other, other), both ways."""
    yield from duck.stream("SELECT a, kind, b FROM named_links ORDER BY ALL")


def texts(duck: Duck) -> Iterator[Text]:
    columns = [name for name in Text.__struct_fields__ if name != "id"]
    for row in duck.stream(
        f"SELECT mbids, {', '.join(columns)} FROM named_things WHERE coalesce(name, '') <> '' ORDER BY kind, thing"
    ):
        facts = dict(zip(("mbids", *columns), row, strict=True))
        mbids, own = facts.pop("mbids") or [], own_id(facts["kind"], facts["thing"])
        ids = [f"{_OWN[facts['kind']]}={id}" for id in (*mbids, own)]
        said = [code for code in facts.pop("codes") or () if not code.endswith("=")]
        yield Text(**facts, id=min(mbids) if mbids else own, codes=[*ids, *said])


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
