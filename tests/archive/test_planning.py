# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror that has no room for all: its plan is committed, obeyed, made anew, and told; disks carry what it holds."""

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onrecord.archive import Archive, mirror_status, mirroring, newest_editions, planning, seeding
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.editions import manifest_in, renew_feed
from onrecord.archive.exporting.disk import export_disk
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import NotFound, SignatureInvalid, StoreFailed, UsageError
from onrecord.mirror.session import Session
from onrecord.model.rights import Target
from onrecord.publish.edition import VolumeEntry
from tests.archive.feeds import feed_of
from tests.conftest import DAY
from tests.pipeline.pieces import onrecord, pieces
from tests.tones import write

_ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"


def _three_volumes(folder: Path) -> None:
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [pieces(folder / "one", range(3))], held_as="owner")
        publish(archive)
        add(archive, [pieces(folder / "two", range(10, 12))], held_as="owner")
        write(folder / "zero" / "zero.opus", seed=41, tags={"title": "Zero", "license": _ZERO})
        add(archive, [folder / "zero"], held_as="owner")
        rematch(archive)
        publish(archive)


@pytest.fixture
def origin(made_once: Callable[..., Path], clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """Three volumes: two of CC BY, cut by two editions, and one of CC0."""
    with Archive.open(made_once(_three_volumes) / "archive", clock) as archive:
        yield archive


@pytest.fixture
def mirror(tmp_path: Path, origin: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "mirror", "Mirror", origin.clock) as made:
        mirroring.follow(made, feed_of(origin))
        yield made


def sync(mirror: Archive, origin: Archive, *others: Archive) -> mirroring.SyncReport:
    with Session() as session:
        seeding.seed(origin, session)
        [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)], patience=20)
    return report


def entries(archive: Archive) -> dict[str, VolumeEntry]:
    [(folder, number)] = newest_editions.newest(archive)
    return {entry.name: entry for entry in manifest_in(folder / str(number)).volumes}


def bags(disk: Path) -> set[str]:
    return {path.parent.name for path in disk.glob("*/*/manifest-sha256.txt")}


def held(mirror: Archive) -> set[str]:
    """Volumes that are here whole."""
    return {share.volume for share in planning.shares(mirror) if share.held_files == share.files}


# Plans -----------------------------------------------------------------------------------------------------------


def test_sync_fetches_what_the_plan_names_and_no_more(origin: Archive, mirror: Archive) -> None:
    offered = entries(origin)
    assert planning.make(mirror, 10**9).volumes == (), "nothing is known yet of what there is"
    room = sum(sorted(entry.size for entry in offered.values())[:2])
    planning.make(mirror, room)
    report = sync(mirror, origin)
    plan = mirror.ledger.plan()
    assert plan is not None and plan.volumes
    assert sum(offered[name].size for name in plan.volumes) <= room
    assert held(mirror) == set(plan.volumes)
    assert report.left_out == len(offered) - len(plan.volumes) > 0
    assert check(mirror).bad == []
    # The same again brings nothing and asks nothing.
    seq = mirror.ledger.seq
    assert sync(mirror, origin).files == 0
    assert mirror.ledger.seq == seq


def test_a_disk_lacks_nothing_that_the_plan_leaves_to_others(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    offered = entries(origin)
    planning.make(mirror, min(entry.size for entry in offered.values()))
    sync(mirror, origin)
    planned = held(mirror)
    assert len(planned) == 1
    report = export_disk(mirror, tmp_path / "disk")
    assert (report.left_out, report.unplanned) == ({}, len(offered) - 1)
    assert bags(tmp_path / "disk") == planned
    # What is asked for by its name is missed, and so is what came to harm.
    [other, *_] = offered.keys() - planned
    assert export_disk(mirror, tmp_path / "disk", [other]).left_out.keys() == {other}
    [sound] = [row for row in mirror.ledger.blobs() if row.kind == "sound"][:1]
    mirror.store.path(sound.sha256, sound.root).unlink()
    check(mirror)
    assert export_disk(mirror, tmp_path / "other").left_out.keys() == planned


def test_a_plan_that_grows_keeps_what_is_here_and_its_evidence_follows(
    origin: Archive, mirror: Archive
) -> None:
    offered = entries(origin)
    smallest = min(offered.values(), key=lambda entry: entry.size)
    planning.make(mirror, smallest.size)
    sync(mirror, origin)
    first = held(mirror)
    planned = planning.make(mirror, 10**9)
    assert first <= {item.volume for item in planned.volumes if item.chosen}
    sync(mirror, origin)
    assert held(mirror) == set(offered)
    publish(mirror)
    own = entries_of_own(mirror)
    assert sum(entry.files for entry in own) == 6, "the licenses of what came later are known, too"


def entries_of_own(archive: Archive) -> tuple[VolumeEntry, ...]:
    return manifest_in(archive.folder / "editions" / "1").volumes


def test_licenses_shelves_and_archives(origin: Archive, mirror: Archive) -> None:
    sync(mirror, origin)
    zero = {name for name, entry in entries(origin).items() if entry.shelf == "cc0-1-0"}
    assert len(zero) == 1

    def chosen(**wish: list[str]) -> set[str]:
        # A pinch of space beyond what is wanted: what is here and not wanted stays only where there is room.
        room = sum(entry.size for name, entry in entries(origin).items() if name in zero)
        found = planning.make(mirror, room, **wish, commit=False)
        return {item.volume for item in found.volumes if item.chosen}

    assert chosen(licenses=["CC0-1.0"]) == zero
    assert chosen(shelves=["cc0-1-0"]) == zero
    assert mirror.ledger.plan() is None, "looking changes nothing"
    with pytest.raises(UsageError, match="license"):
        planning.make(mirror, 1, licenses=["Nonsense"])
    with pytest.raises(NotFound, match="not followed here"):
        planning.make(mirror, 1, archives=["0" * 16])
    assert not any(item.chosen for item in planning.make(mirror, 0, archives=[origin.id]).volumes)


def test_a_plan_survives_the_ledger_and_can_be_taken_back(origin: Archive, mirror: Archive) -> None:
    planning.make(mirror, 5, licenses=["CC0-1.0"])
    before = mirror.ledger.dump()
    mirror.rebuild_ledger()
    assert mirror.ledger.dump() == before
    plan = mirror.ledger.plan()
    assert plan is not None and (plan.space, plan.licenses) == (5, ("CC0-1.0",))
    assert sync(mirror, origin).files == 0
    planning.clear(mirror)
    assert mirror.ledger.plan() is None
    assert sync(mirror, origin).files == 6


def test_least_held_is_seeded_first_where_limits_bind(origin: Archive, mirror: Archive) -> None:
    sync(mirror, origin)
    names = sorted(entries(mirror))
    for name in names[1:]:
        mirror.commit(
            "possession",
            {"holder": "RWQ", "day": mirror.today.isoformat(), "country": "", "volumes": {name: (9, 9)}},
        )
    with Session() as session:
        seeds = seeding.Seeds(mirror, session, 1, planning.need(mirror))
        assert [name for name in seeds.ask_again() if "edition" not in name] == [names[0]]
    with Session() as session:
        assert len(seeding.Seeds(mirror, session).ask_again()) == 1 + len(names)


def test_a_volume_that_nobody_showed_for_long_is_needed_more(origin: Archive, mirror: Archive) -> None:
    sync(mirror, origin)
    fresh, stale, *_ = sorted(entries(mirror))
    for name, day in ((fresh, mirror.today), (stale, mirror.today - dt.timedelta(days=300))):
        data = {"holder": "RWQ", "day": day.isoformat(), "country": "", "volumes": {name: (9, 9)}}
        mirror.commit("possession", data)
    need = planning.need(mirror)
    assert need(stale) < need(fresh)
    copies = {item.volume: item.copies for item in planning.make(mirror, 10**9, commit=False).volumes}
    assert (copies[fresh], copies[stale]) == (100, 12)


# Status and check ------------------------------------------------------------------------------------------------


def test_status_says_what_is_followed_held_and_planned(origin: Archive, mirror: Archive) -> None:
    [before] = mirror_status.status(mirror)
    assert (before.edition, before.whole, before.planned) == (0, 0, None)
    smallest = min(entries(origin).values(), key=lambda entry: entry.size)
    planning.make(mirror, smallest.size)
    sync(mirror, origin)
    [now] = mirror_status.status(mirror)
    assert (now.archive, now.edition, now.expired) == (origin.id, 2, False)
    assert (now.whole, now.partly, now.missing) == (1, 0, 2)
    assert (now.planned, now.planned_whole) == (1, 1)
    assert now.bytes == smallest.size < now.of
    assert (now.last_proof, now.hidden_by) == ("", 0)
    later = mirror.clock() + dt.timedelta(days=40)
    mirror.clock = lambda: later
    [old] = mirror_status.status(mirror)
    assert old.expired and old.good_until.startswith("2026-12-22")


def test_check_tells_by_volume_what_is_damaged(origin: Archive, mirror: Archive) -> None:
    sync(mirror, origin)
    blob = next(row for row in mirror.ledger.blobs() if row.kind == "sound")
    path = mirror.store.path(blob.sha256, blob.root)
    flip(path)
    report = mirror_status.check_mirrored(mirror, lambda files, size: None)
    [volume] = [item for item in report.volumes if item.damaged]
    assert volume.damaged == (blob.sha256,)
    assert volume.right == volume.files - 1
    assert report.others == ()
    [now] = mirror_status.status(mirror)
    assert (now.whole, now.partly) == (2, 1) if volume.files > 1 else (2, 0)


def test_status_counts_withdrawals_that_are_obeyed(origin: Archive, mirror: Archive) -> None:
    sync(mirror, origin)
    blob = next(row for row in origin.ledger.blobs() if row.kind == "sound")
    withdraw(origin, Target("blob", blob.sha256), by="Ada", text="asked for")
    sync(mirror, origin)
    [now] = mirror_status.status(mirror)
    assert (now.hidden_by, now.hidden) == (1, 1)


def flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# Disks -----------------------------------------------------------------------------------------------------------


def test_a_disk_has_valid_bags_and_another_mirror_takes_them_in(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    sync(mirror, origin)
    report = export_disk(mirror, tmp_path / "disk")
    assert (report.editions, report.volumes, report.left_out) == (1, 3, {})
    folder = tmp_path / "disk" / origin.id
    program = Path(sys.executable).with_name("bagit.py")
    for name in entries(origin):
        done = subprocess.run(
            [sys.executable, program, "--validate", folder / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    inodes = {path.stat().st_ino for path in mirror.folder.rglob("*") if path.is_file()}
    assert all(path.stat().st_ino not in inodes for path in folder.rglob("*") if path.is_file())
    # The address of the feed answers no more: nothing but the disk is needed.
    shutil.move(origin.folder / "editions" / "feed", origin.folder / "gone")
    with Archive.create(tmp_path / "far", "Far", origin.clock) as far:
        mirroring.follow(far, str(folder / "feed" / "feed.json"))
        [came] = mirroring.sync(far, [], disk=tmp_path / "disk")
        assert (came.number, came.files, came.damaged, came.absent) == (2, 6, [], 0)
        assert check(far).bad == []
        assert len(open_reader(far.folder).search("Zero")) == 1
        [again] = mirroring.sync(far, [], disk=tmp_path / "disk")
        assert (again.files, again.had) == (0, 6)


def test_what_is_damaged_on_a_disk_is_named_and_left_out(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    export_disk(origin, tmp_path / "disk")
    folder = tmp_path / "disk" / origin.id
    bad, gone, *_ = sorted(folder.glob("onrecord-cc*/data/*"))
    flip(bad)
    gone.unlink()
    [report] = mirroring.sync(mirror, [], disk=tmp_path / "disk")
    assert report.damaged == [bad.name]
    assert (report.absent, report.files) == (1, 4)
    assert check(mirror).bad == []
    assert sync(mirror, origin).files == 2, "the rest comes over the network"


def test_an_older_disk_fills_what_the_held_edition_lacks(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    """What was seen since the disk was written is not taken back; its bytes are the same bytes."""
    export_disk(origin, tmp_path / "disk")
    later = origin.clock() + dt.timedelta(days=3)
    origin.clock = mirror.clock = lambda: later
    renew_feed(origin)
    planning.make(mirror, 0)
    assert sync(mirror, origin).files == 0
    planning.clear(mirror)
    [report] = mirroring.sync(mirror, [], disk=tmp_path / "disk")
    assert (report.number, report.files, report.expired) == (2, 6, "")


def test_an_older_disk_is_no_way_back_for_who_holds_nothing(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    export_disk(origin, tmp_path / "disk")
    later = origin.clock() + dt.timedelta(days=3)
    origin.clock = mirror.clock = lambda: later
    renew_feed(origin)
    with Archive.create(tmp_path / "new", "New", origin.clock) as new:
        mirroring.follow(new, feed_of(origin))
        with pytest.raises(SignatureInvalid, match="an older state"):
            mirroring.sync(new, [], disk=tmp_path / "disk")


def test_a_disk_whose_feed_has_expired_brings_nothing_new(
    origin: Archive, mirror: Archive, tmp_path: Path
) -> None:
    export_disk(origin, tmp_path / "disk")
    later = mirror.clock() + dt.timedelta(days=40)
    mirror.clock = lambda: later
    [report] = mirroring.sync(mirror, [], disk=tmp_path / "disk")
    assert (report.expired, report.files) == ("2026-12-22", 0)


def test_a_stopped_export_goes_on_and_a_partly_held_volume_is_left_out(
    origin: Archive, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    whole = export_disk(origin, disk)
    files = {path: path.stat().st_mtime_ns for path in disk.rglob("*.wav")}
    cut = next(iter(files))
    cut.rename(cut.with_name(cut.name + ".part"))
    again = export_disk(origin, disk)
    assert (again.files, again.had) == (1, whole.files - 1)
    assert not list(disk.rglob("*.part"))
    assert {path: path.stat().st_mtime_ns for path in files if path != cut} == {
        path: time for path, time in files.items() if path != cut
    }
    blob = next(row for row in origin.ledger.blobs() if row.kind == "sound")
    flip(origin.store.path(blob.sha256, blob.root))
    check(origin)
    report = export_disk(origin, tmp_path / "other")
    [(name, why)] = report.left_out.items()
    assert "1 of" in why and not (tmp_path / "other" / origin.id / name).exists()


def test_links_where_nobody_writes(origin: Archive, tmp_path: Path) -> None:
    report = export_disk(origin, tmp_path / "disk", link=True)
    inodes = {path.stat().st_ino for path in (origin.folder / "blobs").rglob("*") if path.is_file()}
    assert report.shared > 0
    assert {path.stat().st_ino for path in (tmp_path / "disk").rglob("data/*")} <= inodes


def test_a_disk_that_takes_no_more_is_said_and_what_is_whole_stays(origin: Archive, tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: some files fit, the first that does not is refused."""
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    large = max((origin.folder / "blobs").rglob("*"), key=lambda path: path.stat().st_size)
    resource.setrlimit(resource.RLIMIT_FSIZE, (large.stat().st_size - 1, limits[1]))
    try:
        with pytest.raises(StoreFailed, match="cannot be written"):
            export_disk(origin, tmp_path / "disk")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    there = {path.name for path in (tmp_path / "disk").rglob("data/*")}
    assert not any(name.endswith(".part") for name in there)
    report = export_disk(origin, tmp_path / "disk")
    assert report.volumes == 3 and report.had >= len(there)


def test_a_disk_of_another_archive_is_said_to_be_that(
    origin: Archive, tmp_path: Path, clock: Callable[[], dt.datetime]
) -> None:
    (tmp_path / "disk").mkdir()
    with Archive.create(tmp_path / "new", "New", clock) as new:
        mirroring.follow(new, feed_of(origin))
        with pytest.raises(NotFound, match="nothing of an archive that is followed"):
            mirroring.sync(new, [], disk=tmp_path / "disk")


# Commands --------------------------------------------------------------------------------------------------------


def test_the_commands_answer(origin: Archive, mirror: Archive, tmp_path: Path) -> None:
    sync(mirror, origin)
    at = ("-C", mirror.folder)
    done = onrecord("mirror", "plan", "--space", "2GB", "--dry-run", *at)
    assert done.returncode == 0 and "3 of 3 volumes" in done.stdout, done.stderr
    assert "it is here; 0 copies elsewhere" in done.stdout
    assert onrecord("mirror", "plan", *at).returncode == 2
    assert onrecord("mirror", "plan", "--clear", *at).returncode == 0
    assert "3 whole" in onrecord("mirror", "status", *at).stdout
    assert onrecord("mirror", "check", *at).returncode == 0
    assert onrecord("mirror", "export", tmp_path / "disk", *at).returncode == 0
    assert onrecord("mirror", "sync", *at).returncode == 2
