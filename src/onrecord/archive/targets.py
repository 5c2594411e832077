# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ruling or a withdrawal names, and the sound that it reaches: today, and after every match."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence

from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.catalog.tables import WithdrawnRow
from onrecord.engine.duck import Duck, sql_file
from onrecord.errors import NotFound
from onrecord.model import identifiers
from onrecord.model.rights import Evidence, Says, Target
from onrecord.search.entities import Entities
from onrecord.search.finishing import ENTITIES
from onrecord.search.rows import Rows

_KINDS = ("recording", "release", "artist")


def find_target(archive: Archive, thing: str, *, by_name: bool = True) -> Target:
    """What a person means: a canonical id, a blob's SHA-256, or (`by_name`) the name under which a file was added. All
    names that ever came are gone through for one.

    Raises NotFound for anything else.
    """
    if sha256 := identifiers.sha256(thing):
        if archive.ledger.blob(sha256) is not None:
            return Target("blob", sha256)
    else:
        row = Rows(archive.folder / "search" / "rows.sqlite").brief(thing)
        if row is not None and row.kind in _KINDS:
            return Target(row.kind, row.id)
        if by_name and (sha256 := blob_named(archive, thing)):
            return Target("blob", sha256)
    raise NotFound(
        f"{thing[:200]!r}: expected the id of a recording, release or artist, a file's SHA-256, "
        "or the name that it was added under",
        "`onrecord search` finds ids; `onrecord match` makes them for what is new",
    )


def blob_named(archive: Archive, name: str) -> str:
    """Digest of the file that was added last under a name, "" where none was."""
    # A name that is no UTF-8 was filed with its odd bytes replaced.
    name = os.fsencode(name).decode(errors="replace")
    with archive.duck() as duck:
        found = duck.run("SELECT sha256 FROM deposits WHERE name = ? ORDER BY seq DESC LIMIT 1", [name])
    return str(found[0][0]) if found else ""


def blobs_of(archive: Archive, duck: Duck, targets: Sequence[Target], *, alike: bool) -> list[str]:
    """Digests of the sound that targets stand for, sorted; `alike` adds whatever sounds the same (other encodings,
    remasters, identical audio in other bytes), as the last match found it."""
    _stand_for(archive, duck, targets)
    if alike:
        duck.run(sql_file("onrecord.catalog", "target_blobs_alike"))
    table = "target_blobs_alike" if alike else "target_blobs"
    return [str(row[0]) for row in duck.run(f"SELECT DISTINCT sha256 FROM {table} ORDER BY sha256")]


def withdrawn_with(archive: Archive, duck: Duck, target: Target) -> list[str]:
    """Digests of all files that a withdrawal of a target reaches, or would, sorted."""
    return sorted({sha256 for _, sha256, _ in _reached(archive, duck, [target], withdrawal=True)})


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


def withdrawals_that_hold(archive: Archive) -> Iterator[tuple[Target, str, Evidence]]:
    """What each names, its id, and what it says; one that names several things comes once for each."""
    for target, identifier in archive.ledger.standing():
        fact = archive.ledger.fact(identifier)
        if fact is not None and fact.says is Says.WITHDRAWN:
            yield target, identifier, fact


def withdrawn_things(archive: Archive, duck: Duck) -> list[tuple[str, str, str]]:
    """(kind, canonical id, day) of what withdrawals hide: what they name, recordings of whose sound nothing else is
    left, releases of whose recordings nothing else is left, works and labels that are known by these alone, as the last
    match found them. Leaves them in `duck` as `withdrawn_things`."""
    days: dict[str, str] = {}
    named: dict[Target, str] = {}
    for target, identifier, fact in withdrawals_that_hold(archive):
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
    entities = Entities(archive.folder / "search" / ENTITIES)
    for kind, by in (("work", "recording"), ("label", "release")):
        hidden = dict(duck.run("SELECT id, day FROM withdrawn_things WHERE kind = ?", [by]))
        only = entities.known_only_by(kind, by, hidden) if hidden else {}
        known = [(kind, thing, max(hidden[each] for each in belonging)) for thing, belonging in only.items()]
        duck.table("known_only_by", dict.fromkeys(("kind", "id", "day"), "VARCHAR"), known)
        duck.run("INSERT INTO withdrawn_things SELECT kind, id, day FROM known_only_by")
    rows = duck.run("SELECT kind, id, day FROM withdrawn_things ORDER BY kind, id")
    return [(str(kind), str(identifier), str(day)) for kind, identifier, day in rows]


def reach_again(archive: Archive, duck: Duck) -> int:
    """Bind every ruling and withdrawal that holds to the sound that it reaches by now; gives how many ties are new.

    Only the holder of the write lock may call, after a match.
    """
    ledger, batch = archive.ledger, Batch(archive.ledger)
    held = ((target, ledger.fact(identifier)) for target, identifier in ledger.standing())
    with_facts = [(target, fact) for target, fact in held if fact is not None]
    reach(archive, duck, batch, with_facts)
    if not batch.rows:
        return 0
    archive.commit("reached", {}, batch.rows)
    if batch.rows["withdrawn"]:
        # What signs takes long to load, and this is seldom.
        from onrecord.archive.editions import refresh_withdrawals

        refresh_withdrawals(archive)
    return len(batch.rows["links"])


def reach(archive: Archive, duck: Duck, batch: Batch, named: Sequence[tuple[Target, Evidence]]) -> list[str]:
    """Rows that bind rulings and withdrawals to the sound of what each names; gives the digests that are bound anew.

    A withdrawal reaches whatever sounds the same, the access copies of all that, and the pictures that lie in nothing
    else; a ruling is about the very recordings that it names. The tables are gone through once for all of them.
    """
    fresh: set[str] = set()
    for withdrawal in (False, True):
        facts: dict[str, list[Evidence]] = defaultdict(list)
        targets = []
        for target, fact in named:
            if (fact.says is Says.WITHDRAWN) == withdrawal:
                targets.append(target)
                facts[target.id].append(fact)
        for asked, sha256, audio in _reached(archive, duck, targets, withdrawal=withdrawal):
            known = archive.ledger.evidence(sha256)
            for fact in facts[asked]:
                if fact.id not in known:
                    fresh.add(sha256)
                    batch.link(sha256, [fact])
                    if withdrawal:
                        row = WithdrawnRow(sha256=sha256, audio_sha256=audio, evidence=fact.id)
                        batch.rows["withdrawn"].append(row)
    return sorted(fresh)


def _reached(
    archive: Archive, duck: Duck, targets: Sequence[Target], *, withdrawal: bool
) -> Iterator[tuple[str, str, str]]:
    """(id of the target, digest, digest of the decoded audio or "") of what a ruling or a withdrawal of each target
    reaches; the audio is told of withdrawals alone."""
    if not targets:
        return
    _stand_for(archive, duck, targets)
    if withdrawal:
        gone = sorted({row.blob for row in archive.ledger.withdrawn()})
        duck.table("withheld", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in gone])
        duck.run(sql_file("onrecord.catalog", "target_blobs_alike"))
        duck.run(sql_file("onrecord.catalog", "withdrawal_reach"))
        yield from duck.stream("SELECT asked, sha256, audio FROM withdrawal_reach ORDER BY asked, sha256")
    else:
        yield from duck.stream("SELECT asked, sha256, '' FROM target_blobs ORDER BY asked, sha256")


def _stand_for(archive: Archive, duck: Duck, targets: Sequence[Target]) -> None:
    """Leave in `duck` what targets stand for: ids, recordings, sound."""
    rows = [(target.kind, target.id) for target in targets]
    duck.table("targets", {"kind": "VARCHAR", "id": "VARCHAR"}, rows)
    for name in _EMPTY:
        path = archive.canonical(name)
        source = archive.canonical_rows(name) if path.exists() else _EMPTY[name]
        duck.run(f"CREATE OR REPLACE TEMP VIEW held_{name} AS {source}")
    duck.run(sql_file("onrecord.catalog", "target_blobs"))


#: What stands in for the tables of a match that was never run.
_EMPTY = {
    "recording_members": "SELECT '' AS recording, '' AS source, '' AS source_id, '' AS blob WHERE false",
    "artist_members": "SELECT '' AS artist, '' AS source, '' AS source_id WHERE false",
    "release_members": "SELECT '' AS release, '' AS source, '' AS source_id WHERE false",
    "work_members": "SELECT '' AS work, '' AS source, '' AS source_id WHERE false",
    "label_members": "SELECT '' AS label, '' AS source, '' AS source_id WHERE false",
    "versions": "SELECT '' AS a, '' AS b, '' AS relation WHERE false",
}
