# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this archive holds of others: editions, feeds, volumes, plan, proofs, withdrawals; and whether it is whole."""

import datetime as dt
from collections.abc import Callable

from msgspec import Struct

from onrecord.archive.checking import CheckReport, check
from onrecord.archive.checking_derived import Bad
from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.archive.following import trust_of
from onrecord.archive.newest_editions import newest_mirrored
from onrecord.archive.planning import Share, shares
from onrecord.archive.targets import withdrawals_that_hold
from onrecord.archive.trusting import Pin, Trust
from onrecord.engine.parquet import read_rows


class Mirrored(Struct, frozen=True):
    """One archive that is followed, or was. `edition` is 0 where none is held yet.

    good_until  until when its feed is good, as it was seen last; `expired` says that this is over
    whole, partly, missing    volumes of the edition by what is here of them; `bytes` are here, of `of` in all of them
    planned     volumes of it that the plan names, None where there is no plan; `planned_whole` of them are here whole
    last_proof  the newest day on which anybody showed to have a volume of it, "" where nobody did
    hidden_by   withdrawals of that archive that hold here; `hidden` files are hidden by them
    lied        when a file was found not to be what that archive said, "" where none was
    """

    archive: str
    name: str
    feed: str
    edition: int
    day: str
    good_until: str
    expired: bool
    whole: int
    partly: int
    missing: int
    bytes: int
    of: int
    planned: int | None
    planned_whole: int
    last_proof: str
    hidden_by: int
    hidden: int
    lied: str = ""


class VolumeHealth(Struct, frozen=True):
    """What a check found of a volume: files that are here and right, of how many, and the damaged ones by name."""

    volume: str
    files: int
    right: int
    damaged: tuple[str, ...]


class MirrorCheck(Struct, frozen=True):
    """`others` is what is damaged besides: tables, editions, files of no volume."""

    volumes: tuple[VolumeHealth, ...]
    others: tuple[Bad, ...]
    checked: int
    bytes: int


def status(archive: Archive) -> list[Mirrored]:
    """Every archive that is followed, and those that were and of which something is held, by id."""
    editions, plan = newest_mirrored(archive), archive.ledger.plan()
    of: dict[str, list[Share]] = {}
    for share in shares(archive, editions):
        of.setdefault(share.archive, []).append(share)
    shown: dict[str, str] = {}
    for item in archive.ledger.possessions():
        if item.proved:
            shown[item.volume] = max(item.day, shown.get(item.volume, ""))
    hidden: dict[str, set[str]] = {}
    for _, identifier, fact in withdrawals_that_hold(archive):
        hidden.setdefault(fact.origin, set()).add(identifier)
    found = []
    for followed in archive.ledger.followed():
        volumes = of.get(followed.archive, [])
        folder = editions.get(followed.archive)
        manifest = manifest_in(folder) if folder else None
        trust = Trust(
            trust_of(archive, followed), followed.feed, Pin.of(followed.public_key), archive.clock()
        )
        until = trust.good_until()
        names = {share.volume for share in volumes if plan is None or share.volume in plan.volumes}
        whole = {share.volume for share in volumes if share.held_files == share.files}
        withdrawn = hidden.get(f"archive:{followed.archive}", set())
        found.append(
            Mirrored(
                archive=followed.archive,
                name=followed.name,
                feed=followed.feed,
                edition=manifest.number if manifest else 0,
                day=manifest.day.isoformat() if manifest else "",
                good_until=until.astimezone(dt.UTC).isoformat() if until else "",
                expired=until is not None and until <= archive.clock(),
                whole=len(whole),
                partly=sum(0 < share.held_files < share.files for share in volumes),
                missing=sum(not share.held_files for share in volumes),
                bytes=sum(share.held for share in volumes),
                of=sum(share.size for share in volumes),
                planned=None if plan is None else len(names),
                planned_whole=len(names & whole),
                last_proof=max((shown.get(share.volume, "") for share in volumes), default=""),
                hidden_by=len(withdrawn),
                hidden=sum(archive.ledger.reached(identifier) for identifier in withdrawn),
                lied=archive.ledger.meta(f"liar {followed.archive}"),
            )
        )
    return found


def check_mirrored(archive: Archive, progress: Callable[[int, int], None]) -> MirrorCheck:
    """Check everything, as `check` does, and tell what is damaged by the volumes of the editions that are mirrored."""
    report = check(archive, progress=progress)
    found, spoken = [], set[str]()
    bad = {item.what: item for item in report.bad}
    for folder in newest_mirrored(archive).values():
        files: dict[str, list[str]] = {}
        for row in read_rows(folder / "dataset" / "files.parquet", ["sha256", "volume"]):
            files.setdefault(row["volume"], []).append(row["sha256"])
        for entry in manifest_in(folder).volumes:
            listed = files.get(entry.name, [])
            damaged = tuple(sha256 for sha256 in listed if sha256 in bad)
            spoken.update(damaged)
            right = sum(_is_right(archive, sha256) for sha256 in listed)
            found.append(VolumeHealth(entry.name, entry.files, right, damaged))
    return MirrorCheck(tuple(found), _others(report, spoken), report.blobs, report.bytes)


def _is_right(archive: Archive, sha256: str) -> bool:
    blob = archive.ledger.blob(sha256)
    return blob is not None and blob.is_held


def _others(report: CheckReport, spoken: set[str]) -> tuple[Bad, ...]:
    return tuple(item for item in report.bad if item.what not in spoken)
