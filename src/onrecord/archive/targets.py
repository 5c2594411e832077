# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ruling or a withdrawal names, and the sound that it reaches: today, and after every match."""

import os
from collections.abc import Sequence

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.editions import refresh_withdrawals
from onrecord.catalog.tables import WithdrawnRow
from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import NotFound
from onrecord.model import identifiers
from onrecord.model.rights import Evidence, Says, Target
from onrecord.search.rows import Rows

_KINDS = ("recording", "release", "artist")


def find_target(archive: Archive, thing: str) -> Target:
    """What a person means: a canonical id, a blob's SHA-256, or the name under which a file was added.

    Raises NotFound for anything else.
    """
    if sha256 := identifiers.sha256(thing):
        if archive.ledger.blob(sha256) is not None:
            return Target("blob", sha256)
    else:
        row = Rows(archive.folder / "search" / "rows.sqlite").get(thing)
        if row is not None and row.kind in _KINDS:
            return Target(row.kind, row.id)
        # A file name that is no UTF-8 was filed with its odd bytes replaced.
        name = os.fsencode(thing).decode(errors="replace")
        with archive.duck() as duck:
            found = duck.run("SELECT sha256 FROM deposits WHERE name = ? ORDER BY seq DESC LIMIT 1", [name])
        if found:
            return Target("blob", str(found[0][0]))
    raise NotFound(
        f"{thing[:200]!r}: expected the id of a recording, release or artist, a file's SHA-256, "
        "or the name that it was added under",
        "`onrecord search` finds ids; `onrecord match` makes them for what is new",
    )


def blobs_of(archive: Archive, duck: Duck, target: Target, *, alike: bool) -> list[str]:
    """Digests of the sound that a target stands for, sorted; `alike` adds whatever sounds the same (other encodings,
    remasters, identical audio in other bytes), as the last match found it."""
    _stand_for(archive, duck, [target])
    table = "target_blobs_alike" if alike else "target_blobs"
    return [str(row[0]) for row in duck.run(f"SELECT sha256 FROM {table} ORDER BY sha256")]


def ids_of(archive: Archive, duck: Duck, target: Target) -> list[str]:
    """Every id that leads to a target, and the recordings that it stands for; empty for a blob."""
    _stand_for(archive, duck, [target])
    rows = duck.run(
        "WITH RECURSIVE named AS (SELECT id FROM target_ids WHERE kind <> 'blob'"
        " UNION SELECT recording FROM target_recordings),"
        " every AS (SELECT id FROM named UNION SELECT r.old FROM every e JOIN redirects r ON r.new = e.id)"
        " SELECT id FROM every ORDER BY id"
    )
    return [str(row[0]) for row in rows]


def withdrawn_things(archive: Archive, duck: Duck) -> list[tuple[str, str, str]]:
    """(kind, canonical id, day) of what withdrawals hide: what they name, recordings of whose sound nothing else is
    left, releases of whose recordings nothing else is left. Leaves them in `duck` as `withdrawn_things`."""
    days: dict[str, str] = {}
    named: dict[Target, str] = {}
    for target, identifier in archive.ledger.standing():
        fact = archive.ledger.fact(identifier)
        if fact is not None and fact.says is Says.WITHDRAWN:
            days[identifier] = day = (fact.day or archive.today).isoformat()
            named[target] = min(day, named.get(target, day))
    withheld: dict[str, str] = {}
    for row in archive.ledger.withdrawn():
        day = days.get(row.evidence, archive.today.isoformat())
        withheld[row.blob] = min(day, withheld.get(row.blob, day))
    _stand_for(archive, duck, sorted(named))
    texts = {"id": "VARCHAR", "day": "VARCHAR"}
    duck.table("target_days", texts, [(target.id, day) for target, day in sorted(named.items())])
    duck.table("withheld", {"sha256": "VARCHAR", "day": "VARCHAR"}, sorted(withheld.items()))
    duck.run(sql_file("onrecord.catalog", "withdrawn_things"))
    rows = duck.run("SELECT kind, id, day FROM withdrawn_things ORDER BY kind, id")
    return [(str(kind), str(identifier), str(day)) for kind, identifier, day in rows]


def made_of(archive: Archive, duck: Duck, blobs: Sequence[str]) -> list[str]:
    """Access copies of sound, and pictures that lie in no other files; other withdrawn files do not count."""
    withheld = {*blobs, *(row.blob for row in archive.ledger.withdrawn())}
    duck.table("withheld", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in sorted(withheld)])
    made = [str(row[0]) for row in duck.run(sql_file("onrecord.catalog", "made_of_withdrawn"))]
    # What other withdrawals have made theirs is bound to those.
    duck.table("reached", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in blobs])
    own = duck.run(
        "SELECT copy FROM copies SEMI JOIN reached USING (sha256)"
        " UNION SELECT picture FROM current_pictures SEMI JOIN reached USING (sha256)"
    )
    return sorted({*made} & {str(row[0]) for row in own})


def reach_again(archive: Archive, duck: Duck) -> int:
    """Bind every ruling and withdrawal that holds to the sound that it reaches by now; gives how many ties are new.

    Only the holder of the write lock may call, after a match.
    """
    batch = Batch(archive.ledger)
    for target, identifier in archive.ledger.standing():
        fact = archive.ledger.fact(identifier)
        if fact is not None:
            reach(archive, duck, batch, target, fact)
    if not batch.rows:
        return 0
    archive.commit("reached", {}, batch.rows)
    if batch.rows["withdrawn"]:
        refresh_withdrawals(archive)
    return len(batch.rows["links"])


def reach(archive: Archive, duck: Duck, batch: Batch, target: Target, fact: Evidence) -> list[str]:
    """Rows that bind one ruling or withdrawal to the sound of its target; gives the digests that are bound anew.

    A withdrawal reaches whatever sounds the same, the access copies of all that, and the pictures that lie in nothing
    else; a ruling is about the very recordings that it names.
    """
    withdrawal = fact.says is Says.WITHDRAWN
    found = blobs_of(archive, duck, target, alike=withdrawal)
    if withdrawal:
        found += made_of(archive, duck, found)
    fresh = [sha256 for sha256 in found if fact.id not in archive.ledger.evidence(sha256)]
    for sha256 in fresh:
        batch.link(sha256, [fact])
    if withdrawal and fresh:
        batch.rows["withdrawn"] += _withdrawn(duck, fresh, fact.id)
    return fresh


def _stand_for(archive: Archive, duck: Duck, targets: Sequence[Target]) -> None:
    """Leave in `duck` what targets stand for: ids, recordings, sound, and what sounds the same."""
    rows = [(target.kind, target.id) for target in targets]
    duck.table("targets", {"kind": "VARCHAR", "id": "VARCHAR"}, rows)
    for name in ("recording_members", "artist_members", "release_members", "versions"):
        path = archive.canonical(name)
        source = f"read_parquet('{_quoted(path)}')" if path.exists() else f"({_EMPTY[name]})"
        duck.run(f"CREATE OR REPLACE TEMP VIEW held_{name} AS SELECT * FROM {source}")
    duck.run(sql_file("onrecord.catalog", "target_blobs"))


def _withdrawn(duck: Duck, blobs: Sequence[str], evidence: str) -> list[WithdrawnRow]:
    duck.table("reached", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in blobs])
    rows = duck.run(
        "SELECT r.sha256, coalesce(s.audio_sha256, '') FROM reached r LEFT JOIN current_sounds s USING (sha256)"
        " ORDER BY 1"
    )
    return [WithdrawnRow(sha256=sha256, audio_sha256=audio, evidence=evidence) for sha256, audio in rows]


def _quoted(path: os.PathLike[str]) -> str:
    return str(path).replace("'", "''")


#: What stands in for the tables of a match that was never run.
_EMPTY = {
    "recording_members": "SELECT '' AS recording, '' AS source, '' AS source_id, '' AS blob WHERE false",
    "artist_members": "SELECT '' AS artist, '' AS source, '' AS source_id WHERE false",
    "release_members": "SELECT '' AS release, '' AS source, '' AS source_id WHERE false",
    "versions": "SELECT '' AS a, '' AS b, '' AS relation WHERE false",
}
