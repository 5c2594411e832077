# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in an archive's way today: of the machine, of its settings, of its folder, of itself. Only looks."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.keyholding import feed_folder, held_keys, key_folder
from onrecord.archive.machine import Checked, file_system, machine
from onrecord.archive.overview import Wrong, overview
from onrecord.archive.settings import Settings, read_settings
from onrecord.errors import OnrecordError
from onrecord.publish.trust_files import newest_root
from onrecord.store.bucket import Bucket
from onrecord.store.roots import free_in

#: A clock that is behind the log by more than this is wrong, and not another machine's.
_BEHIND = dt.timedelta(minutes=5)


class Diagnosis(Struct, frozen=True):
    """`checked` is everything that was looked at, `wrong` what the archive itself says of its state."""

    checked: tuple[Checked, ...]
    wrong: tuple[Wrong, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Does nothing stand in the way? Notes do not."""
        return not any(one.state == "wrong" for one in self.checked) and not any(
            one.serious for one in self.wrong
        )


def diagnose(folder: Path) -> Diagnosis:
    """Of the machine alone where there is no archive in the folder."""
    if not (folder / "onrecord.toml").is_file():
        none = Checked(
            "archive", "note", f"none in {folder}", "make one with `onrecord init`, or name one with -C"
        )
        return Diagnosis((*machine(Settings()), none))
    try:
        settings = read_settings(folder / "onrecord.toml")
    except OnrecordError as error:
        return Diagnosis((*machine(Settings()), Checked("settings", "wrong", error.message, error.hint)))
    checked = [*machine(settings), *file_system(folder)]
    try:
        with Archive.open(folder) as archive:
            checked += [*_room(archive), *_buckets(archive), _clock(archive)]
            if archive.is_snapshot:
                found = f"a snapshot for readers, of entry {archive.ledger.seq:,}; the archive lies elsewhere"
                return Diagnosis((*checked, Checked("archive", "ok", found)))
            checked += _keys(archive)
            return Diagnosis(tuple(checked), overview(archive).wrong)
    except OnrecordError as error:
        return Diagnosis((*checked, Checked("archive", "wrong", error.message, error.hint)))


def _room(archive: Archive) -> Iterator[Checked]:
    reserve = archive.settings.store.reserve_mb * 1024 * 1024
    folders = [root.path for root in archive.store.roots if not root.is_remote]
    for path in dict.fromkeys((archive.folder, *folders)):
        free = free_in(path)
        found = f"{free / 1e9:,.1f} GB free in {path}"
        if free <= reserve:
            do = "free some, or name another disk: onrecord store root PATH, [store] roots"
            yield Checked("room", "wrong", f"{found}, all of it kept free by [store] reserve_mb", do)
        else:
            yield Checked("room", "ok", found)


def _buckets(archive: Archive) -> Iterator[Checked]:
    for root in archive.store.roots:
        if not isinstance(root, Bucket):
            continue
        what = f"bucket {root.place}"
        try:
            said = root.notes()
        except OnrecordError as error:
            yield Checked(what, "wrong", error.message, error.hint)
            continue
        for note in said:
            yield Checked(what, "note", note, "it is worked around")
        if not said:
            yield Checked(what, "ok", "obeys conditions, sends ranges")


def _clock(archive: Archive) -> Checked:
    [*last] = archive.log.newest(1)
    now = archive.clock()
    if last and (behind := dt.datetime.fromisoformat(last[0].time) - now) > _BEHIND:
        found = f"{now:%Y-%m-%d %H:%M} UTC, {behind} before what was committed last"
        return Checked("clock", "wrong", found, "set it: expiry, withdrawals and rights are told by it")
    return Checked("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def _keys(archive: Archive) -> Iterator[Checked]:
    folder = key_folder(archive)
    if newest_root(feed_folder(archive.folder)) is None:
        yield Checked("keys", "ok", f"none yet; the first edition makes them in {folder}")
        return
    try:
        held = held_keys(archive)
    except OnrecordError as error:  # one that others can read is refused
        yield Checked("keys", "wrong", error.message, error.hint)
        return
    if held:
        yield Checked("keys", "ok", f"{len(held)} in {folder}, readable by their owner alone")
    else:
        do = "publish where they are, or name their folder: [publish] keys, or ONRECORD_KEYS"
        yield Checked("keys", "note", f"none of this archive in {folder}: nothing can be signed here", do)
