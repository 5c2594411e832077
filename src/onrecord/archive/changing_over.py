# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place for readers that changes over from snapshot to snapshot: a link, to a folder for each.

```
reader             -> reader.1042-5d41402abc4b
reader.1042-…      an archive for readers, never changed
reader.own         what people have at this machine: accounts, stars, lists; every folder has it as `own`
```

The link is changed at one moment, after the new snapshot was verified whole. The one before stays for servers that
are still on it; those before that go.
"""

import hashlib
import re
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from onrecord import durable
from onrecord.archive.core import OWN, SNAPSHOT
from onrecord.archive.snapshots import KEY, Snapshot, lay_out, verify_snapshot
from onrecord.errors import NotFound, SignatureInvalid, UsageError
from onrecord.ledger import Entry, Log


def change_over(folder: Path, link: Path, key: str = "") -> Snapshot:
    """Verify a snapshot, lay it out beside `link` and have the link lead there: servers of the link change over by
    themselves, and requests under way end where they began.

    Without `key` the key of what the link leads to holds, for it is the same archive. As `open_snapshot`; UsageError
    where the link is something else, SignatureInvalid where the snapshot is another archive's, or older than what is
    there: withdrawals since would be undone.
    """
    if link.exists() and not link.is_symlink():
        raise UsageError(
            f"{link}: expected nothing, or a link that this command has made; got another folder or file",
            "name a new place, and start the server there once",
        )
    before = link.resolve() if link.is_symlink() and link.exists() else None
    snapshot = verify_snapshot(folder, key or (_key_of(before) if before else ""))
    if before:
        _refuse_older(before, snapshot, folder)
    said = hashlib.sha256((folder / SNAPSHOT).read_bytes()).hexdigest()
    into = link.with_name(f"{link.name}.{snapshot.seq}-{said[:12]}")
    own = link.with_name(f"{link.name}.{OWN}")
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not into.exists():  # it has its name only when it is whole
        lay_out(folder, into, snapshot, {OWN: f"../{own.name}"})
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(into.name)
    new.rename(link)
    durable.sync(link.parent)
    former = re.compile(rf"{re.escape(link.name)}\.\d+-[0-9a-f]{{12}}(\.part)?")
    for left in link.parent.iterdir():
        if former.fullmatch(left.name) and left.resolve() not in (into.resolve(), before):
            shutil.rmtree(left, ignore_errors=True)
    return snapshot


def snapshot_in(folder: Path) -> Snapshot | None:
    """What an archive for readers was made of; None in any other folder."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((folder / SNAPSHOT).read_bytes(), type=Snapshot)
    return None


def _key_of(folder: Path) -> str:
    try:
        return (folder / KEY).read_text("ascii", errors="replace")
    except FileNotFoundError:
        raise NotFound(f"{folder}: no archive for readers, {KEY} is not there", "name a new place") from None


def _refuse_older(before: Path, snapshot: Snapshot, folder: Path) -> None:
    now = snapshot_in(before)
    if now is None:
        raise NotFound(f"{before}: no archive for readers, {SNAPSHOT} is not there", "name a new place")
    if now.archive != snapshot.archive or (snapshot.seq, snapshot.made) < (now.seq, now.made):
        raise SignatureInvalid(
            f"{folder}: expected a snapshot of archive {now.archive} from entry {now.seq} on,"
            f" got entry {snapshot.seq} of {snapshot.archive}",
            "what was withdrawn since would be shown again; nothing was changed",
        )
    if _entry(folder, now.seq) != _entry(before, now.seq):
        raise SignatureInvalid(
            f"{folder}: expected a log that goes on from entry {now.seq} as {before} has it, got another history: of a"
            " copy of the archive, or of one that was put back",
            "it may not know what was withdrawn; nothing was changed. Where it is meant, name a new place",
        )


def _entry(folder: Path, seq: int) -> Entry | None:
    """An entry of the log of a snapshot, whose hash tells of all before it."""
    return next(Log(folder / "log").entries(after=seq - 1), None)
