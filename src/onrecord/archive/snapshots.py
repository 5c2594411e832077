# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: what readers need of an archive, as it is at one moment, for machines that hold nothing else of it
(docs/decisions/0022).

A snapshot is a folder: `snapshot.json` lists every file with its digest, and is signed with the key that signs
editions. It has no claims, no sound and nothing of people.
"""

import datetime as dt
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord import durable
from onrecord.archive.core import SNAPSHOT, Archive
from onrecord.archive.exploring import NAME as EXPLORED
from onrecord.archive.held_listing import NAME as HELD
from onrecord.archive.held_listing import HeldListing
from onrecord.archive.keyholding import feed_folder, signing_key
from onrecord.archive.settings import write_settings
from onrecord.archive.snapshot_copying import copy_database, copy_ledger, copy_search, link_tree
from onrecord.archive.withheld import keep
from onrecord.errors import DigestMismatch, IntegrityError, NewerFormat, NotFound, UsageError
from onrecord.ledger.ledger import Ledger
from onrecord.ledger.schema import SCHEMA as LEDGER
from onrecord.locking import hold
from onrecord.publish.edition import listing, pretty
from onrecord.publish.signing import sign, verify
from onrecord.publish.trust_files import newest_root
from onrecord.search.entities import SCHEMA as ENTITIES
from onrecord.search.rows import SCHEMA as ROWS
from onrecord.store.roots import make_root
from onrecord.store.s3 import SCHEME

FORM: Final = 1
_SIGNATURE: Final = f"{SNAPSHOT}.minisig"
KEY: Final = "minisign.pub"
#: What this version reads: another one makes, or needs, other files.
_FORMS: Final = {"ledger": LEDGER, "rows": ROWS, "entities": ENTITIES}
#: The settings that readers need; the others are of the machine that writes.
_SETTINGS: Final = ("archive", "web", "rights", "s3")
#: Written to by whoever opens them; the rest is only read, so links will do.
_WRITTEN: Final = ("ledger.sqlite", f"search/{HELD}")
#: Where a snapshot's files lie.
_PLACES: Final = ("onrecord.toml", "ledger.sqlite", "log", "search", "editions", "catalog")


class File(Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    size: int


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """`seq` is the last entry of the log that it knows, `made` when that was, `forms` are those of its files."""

    form: int
    archive: str
    name: str
    seq: int
    made: str
    forms: dict[str, int]
    files: dict[str, File]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files.values())


def make(archive: Archive, folder: Path) -> Snapshot:
    """Make a snapshot in a folder that is new or empty, whole or not at all, while others read and write.

    UsageError where there is something already, where nothing was matched, or where the signing key is not here.
    """
    _refuse_what_is_there(folder)
    key = _key(archive)
    if not (archive.folder / "search" / "rows.sqlite").exists():
        raise UsageError(f"{archive.folder}: nothing was matched yet", "`onrecord match` comes first")
    HeldListing(archive.folder).renew()
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    copy_search(archive, part / "search")
    copy_database(archive.folder / "search" / HELD, part / "search" / HELD)
    for name in (f"search/{EXPLORED}", "catalog/canonical/matched"):
        if (archive.folder / name).exists():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(archive.folder / name, part / name)
    # The feed before the ledger: an edition is committed first, so what the feed names is known.
    feed = feed_folder(archive.folder)
    link_tree(feed, feed_folder(part), _is_whole)
    seq = copy_ledger(archive, part)  # late: so it knows of each withdrawal that the rest knows of
    keep(archive, part)  # later still, and so it hides what the ledger knows to be withdrawn
    link_tree(archive.folder / "editions", part / "editions", _published(archive, part, feed.name))
    write_settings(part / "onrecord.toml", _settings(archive))
    snapshot = Snapshot(
        form=FORM,
        archive=archive.id,
        name=archive.settings.archive.name,
        seq=seq,
        made=archive.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        forms=dict(_FORMS),
        files={path: File(sha256, size) for path, (sha256, size) in listing(part).items()},
    )
    said = pretty(snapshot)
    (part / SNAPSHOT).write_bytes(said)
    comment = f"onrecord archive {archive.id} snapshot of entry {seq}, {snapshot.made}"
    (part / _SIGNATURE).write_bytes(sign(said, key, comment))
    (part / KEY).write_text(key.public, encoding="ascii")
    durable.sync_tree(part)
    if folder.exists():
        folder.rmdir()
    durable.settle(part, folder)
    return snapshot


def verify_snapshot(folder: Path, key: str = "") -> Snapshot:
    """Read all of it again. `key` is the archive's public key, as whoever trusts it has it from elsewhere; without one
    the snapshot's own only shows that it is whole.

    SignatureInvalid, DigestMismatch, IntegrityError for what is lacking or too much, NewerFormat or UsageError for a
    form that this version does not read.
    """
    try:
        said = (folder / SNAPSHOT).read_bytes()
        signature = (folder / _SIGNATURE).read_bytes()
        own = (folder / KEY).read_text("ascii", errors="replace")
    except FileNotFoundError as error:
        raise NotFound(f"{folder}: no snapshot, {Path(error.filename).name} is not there") from None
    verify(said, signature, key or own)
    snapshot = _read(folder, said)
    for path, file in snapshot.files.items():
        _check(folder / path, file)
    there = {path for path in listing(folder) if path not in (SNAPSHOT, _SIGNATURE, KEY)}
    if more := sorted(there - snapshot.files.keys()):
        raise IntegrityError(
            f"{folder / more[0]}: it is not of this snapshot", "take it away, or copy it again"
        )
    return snapshot


def open_snapshot(folder: Path, into: Path, key: str = "") -> Snapshot:
    """Make an archive for readers of a snapshot, in a folder that is new or empty: `serve` and `search` run on it."""
    _refuse_what_is_there(into)
    snapshot = verify_snapshot(folder, key)
    with _alone(into):
        _refuse_what_is_there(into)  # another may have been at it meanwhile
        lay_out(folder, into, snapshot)
    return snapshot


@contextmanager
def _alone(into: Path) -> Iterator[None]:
    """ArchiveLocked where another process makes the same folder just now."""
    into.absolute().parent.mkdir(parents=True, exist_ok=True)
    beside = into.absolute().with_name(f".{into.absolute().name}.opening")
    with beside.open("w") as file:
        hold(file, f"{into}: another process opens a snapshot there", "wait until it is done")
        try:
            yield
        finally:
            beside.unlink(missing_ok=True)


def lay_out(folder: Path, into: Path, snapshot: Snapshot, links: Mapping[str, str] | None = None) -> None:
    """Make the archive for readers of a snapshot that was verified, whole or not at all; `links` are names in it, and
    where they lead."""
    part = into.with_name(into.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for path in snapshot.files:
        if path in _WRITTEN:
            (part / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, part / path)
        else:
            durable.link(folder / path, part / path)
    make_root(part / "blobs")
    for name in (SNAPSHOT, _SIGNATURE, KEY):
        shutil.copyfile(folder / name, part / name)
    durable.sync_tree(part)
    for name, target in (links or {}).items():
        (part / name).symlink_to(target)
    if into.exists():
        into.rmdir()
    durable.settle(part, into)


def _refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: expected a folder that is empty or new", "choose another, or empty it")


def _is_whole(path: PurePath) -> bool:
    """Is it no file that is being written, and in no folder that is?"""
    return not any(part.startswith(".") or part.endswith(".part") for part in path.parts)


def _published(archive: Archive, part: Path, feed: str) -> Callable[[PurePath], bool]:
    """Is a file below `editions` of an edition that the copied ledger knows? The feed is there already."""
    ledger = Ledger(part / "ledger.sqlite")
    numbers = [str(edition["number"]) for edition in ledger.editions()]
    ledger.close()
    editions = archive.folder / "editions"
    volumes = {path.stem for number in numbers for path in (editions / number / "volumes").glob("*.torrent")}

    def is_published(path: PurePath) -> bool:
        first = path.parts[0].removesuffix(".torrent")
        if first == "volumes" and len(path.parts) > 1 and path.parts[1] not in volumes:
            return False  # its papers are written before the edition that is to have it is whole
        return _is_whole(path) and first != feed and (not first.isdigit() or first in numbers)

    return is_published


def _key(archive: Archive) -> Any:
    if newest_root(feed_folder(archive.folder)) is None:
        with archive.writing(moment=True):  # the first keys are made
            return signing_key(archive)
    return signing_key(archive)


def _settings(archive: Archive) -> dict[str, dict[str, Any]]:
    said = tomllib.loads((archive.folder / "onrecord.toml").read_text("utf-8"))
    kept = {name: said[name] for name in _SETTINGS if name in said}
    buckets = [root for root in archive.settings.store.roots if root.startswith(SCHEME)]
    return kept | {"store": {"roots": ["blobs", *buckets]}}


def _read(folder: Path, said: bytes) -> Snapshot:
    try:
        form = msgspec.json.decode(said, type=dict[str, Any]).get("form")
        if form != FORM:
            raise NewerFormat(
                f"{folder}: a snapshot of form {form!r}, expected {FORM}", "use the onrecord that made it"
            )
        snapshot = msgspec.json.decode(said, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"{folder / SNAPSHOT}: it cannot be read ({error})", "copy it again") from None
    if snapshot.forms != _FORMS:
        told = ", ".join(
            f"{name} {snapshot.forms.get(name, 'none')} ({form})" for name, form in _FORMS.items()
        )
        raise UsageError(
            f"{folder}: its files have other forms than this onrecord reads (in brackets): {told}",
            "run the same version here as where it is made",
        )
    for path in snapshot.files:
        if not _is_within(path):
            raise IntegrityError(f"{folder}: {path[:80]!r} is no path of a snapshot", "do not use it")
    return snapshot


def _is_within(path: str) -> bool:
    first, *rest = path.split("/")
    odd = any(part in ("", ".", "..") for part in rest) or not path.isprintable() or "\\" in path
    return first in _PLACES and not odd


def _check(path: Path, file: File) -> None:
    if path.is_symlink() or not path.is_file():
        raise IntegrityError(f"{path}: expected a file, got none", "copy the snapshot again")
    size = path.stat().st_size
    if size != file.size:
        raise DigestMismatch(f"{path}: expected {file.size} bytes, got {size}", "copy the snapshot again")
    if (got := durable.sha256_of(path)) != file.sha256:
        raise DigestMismatch(f"{path}: expected SHA-256 {file.sha256}, got {got}", "copy the snapshot again")
