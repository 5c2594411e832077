# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a feed: roots, targets, snapshot and timestamp of TUF, and the files that they vouch for.

The timestamp is written last: whoever reads meanwhile, and whatever is killed, finds one whole state.
"""

import datetime as dt
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, T, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from onrecord.durable import replace, sync
from onrecord.errors import SourceRefused
from onrecord.publish.signing import Key
from onrecord.publish.trust import read_root, sign_metadata, still_to_sign

#: How long a mirror may take a feed for the newest without another word.
TIMESTAMP_LASTS: Final = dt.timedelta(days=30)
#: How long what the feed points to is vouched for, if nothing is published.
TARGETS_LAST: Final = dt.timedelta(days=365)
#: A timestamp that is younger than this is not made again.
_YOUNG: Final = dt.timedelta(days=1)
_ROOT: Final = re.compile(r"([1-9][0-9]{0,5})\.root\.json")


class OnlineKeys(Struct, frozen=True):
    """The keys that sign a feed; without the edition's nothing but its time can be made anew."""

    edition: Key | None
    timestamp: Key


def newest_root(folder: Path) -> Metadata[Root] | None:
    """The newest root of a feed, None where there is none. SourceRefused where one cannot be read."""
    numbers = [int(found[1]) for path in folder.glob("*.root.json") if (found := _ROOT.fullmatch(path.name))]
    if not numbers:
        return None
    path = folder / f"{max(numbers)}.root.json"
    return read_root(str(path), path.read_bytes())


def add_root(folder: Path, root: Metadata[Root]) -> None:
    """Put the next root into force. SourceRefused where the holders' signatures do not suffice."""
    now = newest_root(folder)
    if lacking := still_to_sign(now.signed if now else None, root):
        raise SourceRefused(f"root {root.signed.version}: it lacks signatures: {'; '.join(lacking)}")
    folder.mkdir(exist_ok=True)
    replace(folder / f"{root.signed.version}.root.json", root.to_bytes())


def write_feed(
    folder: Path, root: Root, contents: Mapping[str, bytes], keys: OnlineKeys, now: dt.datetime
) -> None:
    """Sign what the feed points to, and put it in place; what is the same as before, and still good, stays."""
    before = _State(folder, root, now)
    files = {name: TargetFile.from_data(name, body, ["sha256"]) for name, body in sorted(contents.items())}
    targets = before.targets
    if targets is None or targets.signed.targets != files or _half_over(targets, now):
        targets = Metadata(Targets(before.next_version, None, now + TARGETS_LAST, files))
    for name, body in contents.items():
        place = folder / _prefixed(files[name])
        if not place.exists() or place.read_bytes() != body:
            replace(place, body)
    _sign_on(folder, before, targets, keys, now)
    for name in contents:
        _link(folder / _prefixed(files[name]), folder / name)
    _sweep(folder, {*contents, *before.names, *_State(folder, root, now).names})


def renew(folder: Path, root: Root, keys: OnlineKeys, now: dt.datetime) -> dt.datetime:
    """Say anew that the feed is the newest there is; gives until when that is good. SourceRefused where that would need
    the edition's key."""
    before = _State(folder, root, now)
    targets = before.targets
    if targets is None or (keys.edition is None and targets.signed.expires <= now):
        raise SourceRefused(
            f"{folder}: the key of the root's edition role did not sign this feed, or too long ago",
            "run `onrecord publish` where that key is",
        )
    if keys.edition is not None and _half_over(targets, now):
        targets = Metadata(Targets(before.next_version, None, now + TARGETS_LAST, targets.signed.targets))
    _sign_on(folder, before, targets, keys, now)
    return good_until(folder)


def good_until(folder: Path) -> dt.datetime:
    """Until when a feed's timestamp is good. SourceRefused where there is none that can be read."""
    return _read(folder / "timestamp.json", Timestamp).signed.expires


class _State:
    """What of a feed is in place and was signed by those whom the root names now; None for what was not."""

    def __init__(self, folder: Path, root: Root, now: dt.datetime) -> None:
        self.timestamp: Metadata[Timestamp] | None = None
        self.snapshot: Metadata[Snapshot] | None = None
        self.targets: Metadata[Targets] | None = None
        self.names: set[str] = set()
        numbers = [int(path.name.split(".")[0]) for path in folder.glob("[1-9]*.*.json") if _versioned(path)]
        with suppress(SourceRefused):
            timestamp = _read(folder / "timestamp.json", Timestamp)
            numbers.append(timestamp.signed.version)
            self.timestamp = _verified(timestamp, root)
            name = f"{timestamp.signed.snapshot_meta.version}.snapshot.json"
            snapshot = _read(folder / name, Snapshot)
            self.names |= {"timestamp.json", name}
            self.snapshot = _verified(snapshot, root)
            name = f"{snapshot.signed.meta['targets.json'].version}.targets.json"
            targets = _read(folder / name, Targets)
            self.names |= {name, *(_prefixed(file) for file in targets.signed.targets.values())}
            self.targets = _verified(targets, root)
        # Rises even if the folder was lost and what is there now is an older copy: mirrors would refuse smaller ones.
        self.next_version = max([int(now.timestamp()) - _EPOCH, *numbers]) + 1


#: 2026-01-01, in seconds.
_EPOCH: Final = 1_767_225_600


def _sign_on(
    folder: Path, before: _State, targets: Metadata[Targets], keys: OnlineKeys, now: dt.datetime
) -> None:
    """Write targets, snapshot and timestamp, each only where it is not what is there and good already."""
    version = before.next_version
    snapshot = before.snapshot
    if targets is not before.targets:
        if keys.edition is None:
            raise SourceRefused(
                f"{folder}: the key that signs editions is not here", "run it where the key is"
            )
        body = _write(folder / f"{version}.targets.json", targets, keys.edition)
        meta = {"targets.json": MetaFile.from_data(version, body, ["sha256"])}
        snapshot = Metadata(Snapshot(version, None, now + TARGETS_LAST, meta))
    elif snapshot is None or _half_over(snapshot, now):
        body = (folder / f"{targets.signed.version}.targets.json").read_bytes()
        meta = {"targets.json": MetaFile.from_data(targets.signed.version, body, ["sha256"])}
        snapshot = Metadata(Snapshot(version, None, now + TARGETS_LAST, meta))
    timestamp = before.timestamp
    if snapshot is not before.snapshot:
        body = _write(folder / f"{version}.snapshot.json", snapshot, keys.timestamp)
        found = MetaFile.from_data(version, body, ["sha256"])
    elif timestamp is not None and timestamp.signed.expires > now + TIMESTAMP_LASTS - _YOUNG:
        return
    else:
        body = (folder / f"{snapshot.signed.version}.snapshot.json").read_bytes()
        found = MetaFile.from_data(snapshot.signed.version, body, ["sha256"])
    fresh = Metadata(Timestamp(version, None, now + TIMESTAMP_LASTS, found))
    _write(folder / "timestamp.json", fresh, keys.timestamp)


def _write(path: Path, metadata: Metadata[Any], key: Key) -> bytes:
    sign_metadata(metadata, [key])
    body: bytes = metadata.to_bytes()
    replace(path, body)
    return body


def _read(path: Path, kind: type[T]) -> Metadata[T]:
    try:
        read = Metadata[T].from_bytes(path.read_bytes())
    except (FileNotFoundError, DeserializationError, RepositoryError) as error:
        raise SourceRefused(f"{path}: not there, or not a {kind.type} of TUF ({error})") from None
    if not isinstance(read.signed, kind):
        raise SourceRefused(f"{path}: expected a {kind.type} of TUF, got a {str(read.signed.type)[:40]}")
    return read


def _verified(metadata: Metadata[T], root: Root) -> Metadata[T] | None:
    result = root.get_verification_result(metadata.signed.type, metadata.signed_bytes, metadata.signatures)
    return metadata if result.verified else None


def _half_over(metadata: Metadata[Any], now: dt.datetime) -> bool:
    return bool(metadata.signed.expires < now + TARGETS_LAST / 2)


def _prefixed(file: TargetFile) -> str:
    """The name under which a file that is vouched for never changes."""
    return f"{file.hashes['sha256']}.{file.path}"


def _versioned(path: Path) -> bool:
    return re.fullmatch(r"[0-9]{1,18}\.(targets|snapshot)\.json", path.name) is not None


def _link(place: Path, name: Path) -> None:
    """Give a file its plain name too, for people; the bytes lie there once where the disk knows links."""
    if name.exists() and name.samefile(place):
        return
    part = name.with_name(name.name + ".part")
    part.unlink(missing_ok=True)
    try:
        os.link(place, part)
    except OSError:
        part.write_bytes(place.read_bytes())
    part.rename(name)


def _sweep(folder: Path, kept: set[str]) -> None:
    """Take away what neither this state nor the one before needs; roots stay, for a mirror goes through all."""
    for path in folder.iterdir():
        if path.name not in kept and not _ROOT.fullmatch(path.name):
            path.unlink()
    sync(folder)
