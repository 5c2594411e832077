# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a log entry into the ledger: what each event, and the rows that came with it, change in the tables."""

from collections.abc import Callable, Mapping
from typing import Final

import apsw
import msgspec

from onrecord.ledger.log import Entry
from onrecord.ledger.rows import Rows, Segment
from onrecord.ledger.schema import WHOLE
from onrecord.model.rights import Evidence


def take(db: apsw.Connection, entry: Entry, rows: Rows) -> None:
    """Inside a transaction of the caller's, for an entry that is not in yet."""
    _take_segments(db, entry)
    _take_judged(db, entry)
    _take_repaired(db, entry)
    _take_event(db, entry)
    _take_rows(db, rows, entry.time)
    _take_vouched(db, entry, rows)
    _take_beside_sound(db, entry, rows)
    note(db, "seq", str(entry.seq))


def note(db: apsw.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def _take_rows(db: apsw.Connection, rows: Rows, time: str) -> None:
    db.executemany(
        "INSERT INTO blobs VALUES (?,?,?,?,?) ON CONFLICT (sha256) DO UPDATE"
        " SET root=excluded.root, kind=max(kind, excluded.kind), state=excluded.state",
        ((bytes.fromhex(row.sha256), row.size, row.root, row.kind, row.state) for row in rows.blobs),
    )
    db.executemany(
        "INSERT OR REPLACE INTO deposits VALUES (?,?,?,?,?)",
        ((row.path, row.size, row.mtime_ns, row.inode, bytes.fromhex(row.sha256)) for row in rows.deposits),
    )
    # A newer record takes the place of what the older one of its name said about any blob.
    for mark in rows.records:
        db.execute(
            "INSERT OR REPLACE INTO former_links SELECT blob, evidence, source, record, ? FROM links"
            " WHERE source=? AND record=?",
            (time, mark.source, mark.record),
        )
        db.execute("DELETE FROM links WHERE source=? AND record=?", (mark.source, mark.record))
        db.execute(
            "INSERT OR REPLACE INTO records VALUES (?,?,?,?)",
            (mark.source, mark.record, bytes.fromhex(mark.sha256), mark.version),
        )
    # What was refused once and is taken now is refused no longer.
    db.executemany("DELETE FROM refusals WHERE name=?", ((name,) for name in rows.accepted))
    db.executemany("INSERT OR REPLACE INTO refusals VALUES (?,?,?)", rows.refusals)
    db.executemany(
        "INSERT OR REPLACE INTO volumes VALUES (?,?)",
        ((bytes.fromhex(blob), name) for blob, name in rows.volumes),
    )
    db.executemany(
        "INSERT OR REPLACE INTO fetched VALUES (?,?,?)",
        ((source, track, bytes.fromhex(blob)) for source, track, blob in rows.fetched),
    )
    db.executemany(
        "INSERT OR REPLACE INTO validators VALUES (?,?,?,?,?,?)",
        (
            (one.source, one.address, one.record, bytes.fromhex(one.sha256), one.etag, one.last_modified)
            for one in rows.validators
        ),
    )
    db.executemany(
        # Who could not be asked has not said that what was gone is back.
        "INSERT INTO rechecks VALUES (?,?,?,?) ON CONFLICT (source, record) DO UPDATE SET time=excluded.time,"
        " outcome=iif(excluded.outcome='failed' AND outcome='gone', 'gone', excluded.outcome)",
        ((source, record, time, outcome) for source, record, outcome in rows.rechecks),
    )
    db.executemany(
        "INSERT OR IGNORE INTO withdrawn VALUES (?,?,?)",
        ((bytes.fromhex(row.blob), bytes.fromhex(row.audio), row.evidence) for row in rows.withdrawn),
    )
    db.executemany(
        "INSERT OR IGNORE INTO links SELECT ?, number, ?, ? FROM evidence WHERE id=?",
        ((bytes.fromhex(row.blob), row.source, row.record, row.evidence) for row in rows.links),
    )


def _take_vouched(db: apsw.Connection, entry: Entry, rows: Rows) -> None:
    """Files that one entry keeps on another archive's word; what is looked into later is so no more."""
    if entry.event == "vouched":
        db.executemany(
            "INSERT OR REPLACE INTO vouched VALUES (?,?,?)",
            ((bytes.fromhex(row.sha256), entry.data["archive"], entry.seq) for row in rows.blobs),
        )
        db.executemany(
            "UPDATE blobs SET state='vouched' WHERE sha256=?",
            ((bytes.fromhex(row.sha256),) for row in rows.blobs),
        )
    for sha256, state in entry.data.get("looked", {}).items():
        db.execute("DELETE FROM vouched WHERE blob=?", (bytes.fromhex(sha256),))
        db.execute("UPDATE blobs SET state=? WHERE sha256=?", (state, bytes.fromhex(sha256)))
    for archive in entry.data.get("liars", ()):
        note(db, f"liar {archive}", entry.time)


def _take_beside_sound(db: apsw.Connection, entry: Entry, rows: Rows) -> None:
    """Pictures and lyrics in the tags of files; what a newer reading finds takes the place of what was found."""
    db.executemany("DELETE FROM pictures WHERE blob=?", {(bytes.fromhex(row.blob),) for row in rows.pictures})
    db.executemany(
        "INSERT OR IGNORE INTO pictures VALUES (?,?,?,?)",
        ((bytes.fromhex(row.blob), bytes.fromhex(row.picture), row.place, row.kind) for row in rows.pictures),
    )
    db.executemany(
        "INSERT OR REPLACE INTO lyrics VALUES (?,?)",
        ((bytes.fromhex(blob), entry.seq) for blob in rows.lyrics),
    )


def _take_segments(db: apsw.Connection, entry: Entry) -> None:
    for body in entry.data.get("segments", ()):
        segment = msgspec.convert(body, Segment)
        db.execute(
            "INSERT INTO segments VALUES (?,?,?,?,?)",
            (segment.path, segment.name, segment.sha256, segment.rows, entry.seq),
        )


def _take_judged(db: apsw.Connection, entry: Entry) -> None:
    """Evidence, and what was decided by it; any event may bring some."""
    data = entry.data
    for item in data.get("evidence", ()):
        evidence = msgspec.convert(item, Evidence)
        db.execute(
            "INSERT OR IGNORE INTO evidence (id, seq, time, body) VALUES (?,?,?,?)",
            (evidence.id, entry.seq, entry.time, msgspec.json.encode(evidence)),
        )
    db.executemany(
        "INSERT OR REPLACE INTO retracted VALUES (?,?)",
        ((identifier, entry.time) for identifier in data.get("retracted", ())),
    )
    db.executemany(
        "INSERT OR IGNORE INTO standing VALUES (?,?,?)",
        ((item["kind"], item["target"], item["evidence"]) for item in data.get("standing", ())),
    )
    db.executemany(
        "INSERT OR IGNORE INTO rulings VALUES (?,?,?,?,?)",
        (
            (item["evidence"], entry.seq, entry.time, item["kind"], item["target"])
            for item in data.get("rulings", ())
        ),
    )


def _take_repaired(db: apsw.Connection, entry: Entry) -> None:
    """Bytes that are whole again; looking, syncing and repairing may bring some."""
    db.executemany(
        f"UPDATE blobs SET root=?, state={WHOLE} WHERE sha256=?",
        ((root, bytes.fromhex(sha256)) for sha256, root in entry.data.get("repaired", {}).items()),
    )


# --- what one event alone says ----------------------------------------------------------------------------------------


def _notice(db: apsw.Connection, entry: Entry) -> None:
    db.execute(
        "INSERT OR IGNORE INTO notices VALUES (?,?,?,?)",
        (entry.seq, entry.event, entry.time, msgspec.json.encode(entry.data)),
    )


def _submitted(db: apsw.Connection, entry: Entry) -> None:
    by = entry.data["by"]
    db.executemany(
        "INSERT OR IGNORE INTO submissions VALUES (?,?,?,?,?)",
        (
            (item["id"], entry.time, item["track"], item["digest"], msgspec.json.encode(item | {"by": by}))
            for item in entry.data["submissions"]
        ),
    )


def _submission_undone(db: apsw.Connection, entry: Entry) -> None:
    db.executemany("DELETE FROM submissions WHERE id=?", ((number,) for number in entry.data["submissions"]))


def _harvested(db: apsw.Connection, entry: Entry) -> None:
    data = entry.data
    source = data["source"]
    db.execute(
        "INSERT OR REPLACE INTO sources VALUES (?,?,?)", (source, data["license"], data["redistribute"])
    )
    note(db, f"harvested {source}", f"{entry.time} {data['location']}")
    db.execute("DELETE FROM parts WHERE source=?", (source,))
    db.executemany(
        "INSERT OR REPLACE INTO parts VALUES (?,?,?,?)",
        (
            (source, field, part["license"], part["redistribute"])
            for part in data.get("parts", ())
            for field in part["fields"]
        ),
    )
    db.execute("INSERT OR REPLACE INTO cursors VALUES (?,?,?)", (source, data["location"], data["cursor"]))


def _terms_accepted(db: apsw.Connection, entry: Entry) -> None:
    db.execute(
        "INSERT OR REPLACE INTO accepted VALUES (?,?,?)",
        (entry.data["source"], entry.time, entry.data["text"]),
    )


def _created(db: apsw.Connection, entry: Entry) -> None:
    note(db, "archive", entry.data["archive"])


def _list_read(db: apsw.Connection, entry: Entry) -> None:
    note(db, f"list {entry.data['archive']}", str(entry.data["sequence"]))


def _restored(db: apsw.Connection, entry: Entry) -> None:
    for listed in entry.data.get("overruled", ()):
        note(db, f"overruled {listed}", entry.time)


def _moved(db: apsw.Connection, entry: Entry) -> None:
    note(db, "moved", str(entry.seq))
    db.executemany(
        "UPDATE blobs SET root=? WHERE sha256=?",
        ((root, bytes.fromhex(sha256)) for sha256, root in entry.data["moved"].items()),
    )


def _checked(db: apsw.Connection, entry: Entry) -> None:
    data = entry.data
    if not data.get("root"):  # of one root alone it says less
        note(db, "checked", entry.time)
        # Damage to tables and editions, which no blob's state tells.
        note(db, "damaged", str(data.get("others", 0)))
    db.executemany(
        f"UPDATE blobs SET state=iif(?2 = 'ok', {WHOLE}, ?2) WHERE sha256=?1",
        ((bytes.fromhex(sha256), state) for sha256, state in data["states"].items()),
    )


def _published(db: apsw.Connection, entry: Entry) -> None:
    db.execute(
        "INSERT OR REPLACE INTO editions VALUES (?,?,?)",
        (entry.data["number"], entry.seq, msgspec.json.encode(entry.data)),
    )


def _followed(db: apsw.Connection, entry: Entry) -> None:
    data = entry.data
    db.execute(
        "INSERT OR REPLACE INTO followed VALUES (?,?,?,?)",
        (data["archive"], data["feed"], data["public_key"], data["name"]),
    )


def _mirrored(db: apsw.Connection, entry: Entry) -> None:
    data = entry.data
    db.execute(
        "INSERT OR REPLACE INTO mirrored VALUES (?,?,?,?)",
        (data["archive"], data["number"], entry.seq, msgspec.json.encode(data)),
    )


def _planned(db: apsw.Connection, entry: Entry) -> None:
    note(db, "plan", msgspec.json.encode(entry.data["plan"]).decode())


def _possession(db: apsw.Connection, entry: Entry) -> None:
    data = entry.data
    db.executemany(
        "INSERT OR REPLACE INTO possessions VALUES (?,?,?,?,?,?,?)",
        (
            (data["holder"], volume, entry.seq, data["day"], asked, proved, data["country"])
            for volume, (asked, proved) in data["volumes"].items()
        ),
    )


_EVENTS: Final[Mapping[str, Callable[[apsw.Connection, Entry], None]]] = {
    "checked": _checked,
    "created": _created,
    "followed": _followed,
    "harvested": _harvested,
    "list-read": _list_read,
    "mirrored": _mirrored,
    "moved": _moved,
    "planned": _planned,
    "possession": _possession,
    "published": _published,
    "restored": _restored,
    "submission-undone": _submission_undone,
    "submitted": _submitted,
    "terms-accepted": _terms_accepted,
}


def _take_event(db: apsw.Connection, entry: Entry) -> None:
    """What the event of an entry says by itself; most say nothing beyond their rows."""
    if entry.event.startswith("notice-"):
        _notice(db, entry)
    elif known := _EVENTS.get(entry.event):
        known(db, entry)
