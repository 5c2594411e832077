# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs move between disks and buckets: verified before they are given up, and nothing is lost by a kill anywhere."""

import datetime as dt
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from onrecord.archive import Archive, seed_copies
from onrecord.archive.add import add
from onrecord.archive.checking import check, verify
from onrecord.archive.copying import make_copies
from onrecord.archive.matching import rematch
from onrecord.archive.moving import Rule, move
from onrecord.archive.newest_editions import volume_torrents
from onrecord.archive.opening_roots import make_root_at, root_named
from onrecord.archive.overview import overview
from onrecord.archive.publishing import publish
from onrecord.archive.seeding import Part, Seeds, far
from onrecord.archive.settings import read_settings
from onrecord.errors import StoreFailed, UsageError
from onrecord.mirror.session import Session
from onrecord.store import Disk
from onrecord.store.bucket import Bucket
from tests import s3
from tests.conftest import DAY
from tests.pipeline.pieces import answer, pieces, start


def with_bucket(folder: Path, endpoint: str, bucket: str, roots: str = '"blobs", ') -> Path:
    """An archive gets a root in a bucket beside its folder of blobs, or in its place."""
    settings = folder / "onrecord.toml"
    text = settings.read_text().partition("[s3]")[0]
    settings.write_text(f'{text}[s3]\nendpoint = "{endpoint}"\npatience = 3\n')
    make_root_at(f"s3://{bucket}/kept", folder, read_settings(settings))
    named = settings.read_text().replace('["blobs"]', f'[{roots}"s3://{bucket}/kept"]')
    settings.write_text(named)
    return folder


def the_two(archive: Archive) -> tuple[Disk, Bucket]:
    disk, bucket = archive.store.roots
    assert isinstance(disk, Disk) and isinstance(bucket, Bucket)
    return disk, bucket


def on_disk(root: Disk) -> set[str]:
    return {path.name for path in root.path.glob("??/??/*")}


def in_bucket(endpoint: str, root: Bucket) -> set[str]:
    """Names of blobs whose bytes are what they say, as another client finds them."""
    found = s3.stored(endpoint, root.where.bucket)
    assert not any("scratch" in key for key in found)
    return {key.rpartition("/")[2] for key in found} - {"onrecord-root.json"}


def test_blobs_move_into_a_bucket_and_back(filled: Archive, s3_server: str, s3_bucket: str) -> None:
    held = {row.sha256 for row in filled.ledger.blobs()}
    with_bucket(filled.folder, s3_server, s3_bucket)
    with Archive.open(filled.folder, lambda: DAY) as archive:
        disk, bucket = the_two(archive)
        report = move(archive, bucket.id, Rule())
        assert (report.moved, report.there, report.failed) == (len(held), 0, [])
        assert on_disk(disk) == set() and in_bucket(s3_server, bucket) == held
        assert move(archive, bucket.id, Rule()).there == len(held)
        assert check(archive).bad == []
        shared = publish(archive).published
        assert shared, "an edition is made of what lies in a bucket"
        unheard = far(archive)
        assert (unheard.volumes, unheard.files, len(unheard.unseeded)) == (1, shared, 1), (
            "said by `mirror seed`"
        )
        with Session() as session:
            assert len(Seeds(archive, session).ask_again()) == 1, "the edition's papers alone"
            assert seed_copies.renew(archive, 1).files == 0, "a volume comes whole or not at all"
            copies = seed_copies.renew(archive, 10**9)
            assert (copies.files, copies.brought, far(archive).files) == (shared, shared, 0)
            assert seed_copies.renew(archive, 10**9).brought == 0
            seeds = Seeds(archive, session, part=Part(frozenset(volume_torrents(archive)), papers=False))
            assert len(seeds.ask_again()) == 1 and seeds.files >= shared
            assert seed_copies.renew(archive, 0).given_up == shared and far(archive).files == shared
        before = archive.ledger.dump()
        archive.rebuild_ledger()
        assert archive.ledger.dump() == before
        back = move(archive, disk.id, Rule(source=bucket.id))
        assert far(archive).files == 0
        assert back.moved == len(held)
        assert on_disk(disk) == held and in_bucket(s3_server, bucket) == set()
        assert check(archive).bad == []
        with pytest.raises(UsageError, match="expected a root of this archive"):
            root_named(archive, "s3://elsewhere/kept")


def test_copies_for_seeding_are_counted_when_they_are_here(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    down = list[str]()

    def harm(_: int, method: str, path: str) -> str:
        return "500" if method == "GET" and any(sha256 in path for sha256 in down) else ""

    with s3.harming(s3_server, harm) as endpoint:
        with_bucket(filled.folder, endpoint, s3_bucket)
        with Archive.open(filled.folder, lambda: DAY) as archive:
            _, bucket = the_two(archive)
            move(archive, bucket.id, Rule())
            shared = publish(archive).published
            seed_copies.renew(archive, 10**9)
            names = sorted(bucket.copies.names())
            for name in names:  # out of the cache, too
                for path in bucket.path.rglob(name):
                    path.unlink()
            with bucket.holding(names[1]) as file:
                bucket.copies.keep(names[1], file)
            down.append(names[0])
            report = seed_copies.renew(archive, 10**9)
            assert report.why and len(names) == shared
            sizes = [path.stat().st_size for path in bucket.copies.folder.glob("*/*")]
            assert (report.files, report.bytes) == (len(sizes), sum(sizes))
            assert report.brought == len(sizes) - 1 < shared - 1
            down.clear()
            assert seed_copies.renew(archive, 10**9).files == shared


def test_rules_say_what_is_moved(filled: Archive, tmp_path: Path) -> None:
    from onrecord.store.roots import make_root

    second = make_root(tmp_path / "disk2")
    settings = filled.folder / "onrecord.toml"
    settings.write_text(settings.read_text().replace('["blobs"]', f'["blobs", "{second.path}"]'))
    with Archive.open(filled.folder, lambda: DAY + dt.timedelta(days=30)) as archive:
        sizes = {row.sha256: row.size for row in archive.ledger.blobs() if row.kind == "sound"}
        middle = sorted(sizes.values())[len(sizes) // 2]
        assert move(archive, second.id, Rule(older_than=31)).moved == 0
        assert move(archive, second.id, Rule(kind="copy")).moved == 0
        assert move(archive, second.id, Rule(kind="sound", at_most=1)).moved == 0
        large = {name for name, size in sizes.items() if size >= middle}
        report = move(archive, second.id, Rule(kind="sound", larger_than=middle, older_than=30))
        assert report.moved == len(large)
        assert on_disk(second) == large
        assert {row.sha256 for row in archive.ledger.blobs() if row.root == second.id} == large


def test_a_damaged_blob_is_named_and_stays(filled: Archive, tmp_path: Path) -> None:
    from onrecord.store.roots import make_root

    second = make_root(tmp_path / "disk2")
    settings = filled.folder / "onrecord.toml"
    settings.write_text(settings.read_text().replace('["blobs"]', f'["blobs", "{second.path}"]'))
    with Archive.open(filled.folder, lambda: DAY) as archive:
        row = next(row for row in archive.ledger.blobs() if row.kind == "sound")
        path = archive.store.path(row.sha256, row.root)
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
        report = move(archive, second.id, Rule())
        assert [(item.name, item.code) for item in report.failed] == [(row.sha256, "damaged")]
        assert path.is_file() and row.sha256 not in on_disk(second)
        assert archive.ledger.blob(row.sha256) == row


def test_a_move_that_is_killed_anywhere_loses_and_doubles_nothing(
    tmp_path: Path, s3_server: str, s3_bucket: str
) -> None:
    """On the way there as bytes travel; on the way back when the log says so already, and the source is still there."""
    folder = tmp_path / "archive"
    with Archive.create(folder) as archive:
        add(archive, [pieces(tmp_path / "music", range(7))], held_as="owner")
        held = {row.sha256 for row in archive.ledger.blobs()}
    with_bucket(folder, s3_server, s3_bucket)

    def killed(*command: str, at: Callable[[str, str], bool], after: int) -> None:
        seen = iter(range(1000))

        def harm(_: int, method: str, path: str) -> str:
            if at(method, path) and next(seen) == after:
                os.kill(process.pid, signal.SIGKILL)
                return "cut"
            return ""

        with s3.harming(s3_server, harm) as endpoint:
            with_bucket(folder, endpoint, s3_bucket)
            process = start("-C", folder, "store", "move", *command)
            process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        with_bucket(folder, s3_server, s3_bucket)
        with Archive.open(folder) as archive:
            assert {row.sha256 for row in archive.ledger.blobs() if row.is_held} == held
            roots = {root.id: root for root in archive.store.roots}
            assert all(roots[row.root].size(row.sha256) == row.size for row in archive.ledger.blobs())

    there, here = f"s3://{s3_bucket}/kept", str(folder / "blobs")
    killed(here, there, at=lambda method, path: method == "PUT" and path.count("/") == 5, after=3)
    assert answer("-C", folder, "store", "move", here, there)["moved"] > 0
    with Archive.open(folder) as archive:
        disk, bucket = the_two(archive)
        assert on_disk(disk) == set() and in_bucket(s3_server, bucket) == held
    killed(there, here, at=lambda method, path: method == "DELETE" and "/kept/" in path, after=1)
    report = answer("-C", folder, "store", "move", there, here)
    assert report["given_up"] > 0
    with Archive.open(folder) as archive:
        assert on_disk(disk) == held and in_bucket(s3_server, bucket) == set()
        assert check(archive).bad == []
        assert not list(folder.glob("cache/*/held/*/*")), "nobody needs the copies any more"
        assert not list(folder.glob("blobs/bringing/*"))


def test_a_tier_that_meets_faults_and_is_killed_goes_on_and_loses_nothing(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    """Killed as bytes travel, after faults; then the server fails for good; lists know of nothing all the while."""
    make_copies(filled, 32)
    folder, there = filled.folder, f"s3://{s3_bucket}/kept"
    held = {row.sha256: row.kind for row in filled.ledger.blobs()}
    sound = {sha256 for sha256, kind in held.items() if kind == "sound"}
    assert sound < set(held)
    with_bucket(folder, s3_server, s3_bucket)
    asked, faults, puts = list[str](), iter(["500", "lose", "cut", "change"]), iter(range(1000))

    def harm(_: int, method: str, path: str) -> str:
        asked.append(path)
        if "list-type" in path or "uploads" in path:
            return "empty"
        if method != "PUT" or path.count("/") != 5:
            return ""
        if fault := next(faults, ""):
            return fault
        if next(puts) == 2:
            os.kill(process.pid, signal.SIGKILL)
            return "cut"
        return ""

    def kept() -> set[str]:
        """Nothing is lost, whatever was said; gives what is in the bucket by the ledger."""
        with Archive.open(folder, lambda: DAY) as archive:
            disk, bucket = the_two(archive)
            rows = list(archive.ledger.blobs())
            assert {row.sha256: row.kind for row in rows if row.is_held} == held
            whole = {disk.id: on_disk(disk), bucket.id: in_bucket(s3_server, bucket)}
            assert all(row.sha256 in whole[row.root] for row in rows)
            return {row.sha256 for row in rows if row.root == bucket.id}

    with s3.harming(s3_server, harm) as endpoint:
        with_bucket(folder, endpoint, s3_bucket)
        process = start("-C", folder, "store", "tier", there, "--kind", "sound")
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL and next(faults, "") == ""
    assert kept() < sound

    ups = iter(range(1000))
    with s3.harming(s3_server, lambda _n, verb, path: "500" * (verb == "PUT" and next(ups) > 4)) as endpoint:
        with_bucket(folder, endpoint, s3_bucket)
        with (
            Archive.open(folder, lambda: DAY) as archive,
            pytest.raises(StoreFailed, match="to take it, got 500 InternalError"),
        ):
            move(archive, the_two(archive)[1].id, Rule(kind="sound"))
    assert kept() < sound

    with_bucket(folder, s3_server, s3_bucket)
    with Archive.open(folder, lambda: DAY) as archive:
        disk, bucket = the_two(archive)
        report = move(archive, bucket.id, Rule(kind="sound"))
        assert report.failed == [] and report.moved + report.there == len(sound)
        assert kept() == sound == in_bucket(s3_server, bucket) and on_disk(disk) == set(held) - sound
        assert move(archive, bucket.id, Rule(kind="sound")).moved == 0 and check(archive).bad == []
    assert not any("list-type" in path for path in asked)


def test_an_archive_whose_only_root_is_in_a_bucket(tmp_path: Path, s3_server: str, s3_bucket: str) -> None:
    """Sound is added, decoded, measured, published and repaired there, and the folder of copies may be lost."""
    folder = tmp_path / "archive"
    Archive.create(folder).close()
    with_bucket(folder, s3_server, s3_bucket, roots="")
    with Archive.open(folder, lambda: DAY) as archive:
        [bucket] = archive.store.roots
        assert isinstance(bucket, Bucket)
        music = pieces(tmp_path / "music", range(3))
        came = add(archive, [music], held_as="owner")
        assert (came.new, came.notes) == (3, [])
        assert add(archive, [music], held_as="owner").known == 3
        assert make_copies(archive, 96).made == 3, "decoded from there"
        rematch(archive)
        assert publish(archive).published == 3
        held = {row.sha256 for row in archive.ledger.blobs()}
        assert in_bucket(s3_server, bucket) == held
        assert not list(bucket.parts.iterdir())
        row = next(row for row in archive.ledger.blobs() if row.kind == "sound")
        s3.put(s3_server, s3_bucket, f"kept/{row.sha256[:2]}/{row.sha256[2:4]}/{row.sha256}", bytes(row.size))
        report = verify(archive, bucket.id)
        assert [(bad.what, bad.state) for bad in report.bad] == [(row.sha256, "flipped")]
        blob = archive.ledger.blob(row.sha256)
        assert blob is not None and blob.state == "flipped"
        assert not archive.ledger.meta("checked"), "one root is not everything"
        assert add(archive, [music], held_as="owner").again == 1
        assert verify(archive, bucket.id).bad == []
    with s3.harming(s3_server, lambda *_: "lie") as endpoint:
        with_bucket(folder, endpoint, s3_bucket, roots="")
        with Archive.open(folder, lambda: DAY) as archive:
            [said] = add(archive, [pieces(tmp_path / "more", range(3, 4))], held_as="owner").notes
            assert "overwrites what it was asked not to; each write is read back" in said
            assert check(archive).bad == []


def test_faults_on_the_way_lose_nothing_and_no_list_is_asked(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    """On the way there and back: servers that fail, connections that end before, in and after an answer."""
    held, asked = {row.sha256 for row in filled.ledger.blobs()}, list[str]()
    faults = {
        "PUT": iter(["500", "cut", "lose", "change"]),
        "GET": iter(["half", "500", "cut"]),
        "DELETE": iter(["500", "lose", "cut"]),
    }

    def harm(_: int, method: str, path: str) -> str:
        asked.append(path)
        of_blob = path.count("/") == 5
        return next(faults.get(method, iter(())), "") if of_blob else ""

    with s3.harming(s3_server, harm) as endpoint:
        with_bucket(filled.folder, endpoint, s3_bucket)
        with Archive.open(filled.folder, lambda: DAY) as archive:
            disk, bucket = the_two(archive)
            report = move(archive, bucket.id, Rule(kind="sound"))
            move(archive, bucket.id, Rule())
            assert report.failed == [] and in_bucket(s3_server, bucket) == held and not on_disk(disk)
            assert move(archive, disk.id, Rule(source=bucket.id)).failed == []
            assert on_disk(disk) == held and in_bucket(s3_server, bucket) == set()
            assert check(archive).bad == []
    assert [next(left, "") for left in faults.values()] == ["", "", ""], "each fault came to pass"
    assert not any("list-type" in path for path in asked), "so that a list may be late"


def test_a_bucket_that_is_not_reached_is_lost_as_a_disk_would_be(
    filled: Archive, s3_server: str, s3_bucket: str
) -> None:
    with_bucket(filled.folder, s3_server, s3_bucket)
    down: list[str] = []
    with s3.harming(s3_server, lambda *_: "cut" if down else "") as endpoint:
        with_bucket(filled.folder, endpoint, s3_bucket)
        with Archive.open(filled.folder, lambda: DAY) as archive:
            _, bucket = the_two(archive)
            move(archive, bucket.id, Rule(kind="sound"))
            moved = {row.sha256 for row in archive.ledger.blobs() if row.root == bucket.id}
            down.append("now")
            report = check(archive)
            assert {bad.what for bad in report.bad} == moved and not report.damaged
            assert {bad.state for bad in report.bad} == {"not-mounted"}
            assert all(row.is_held for row in archive.ledger.blobs()), "that says nothing of a blob"
    # Nobody is there to be asked at all.
    settings = filled.folder / "onrecord.toml"
    settings.write_text(settings.read_text().replace(endpoint, "http://127.0.0.1:9"))
    with Archive.open(filled.folder, lambda: DAY) as archive:
        assert list(archive.unreached_roots) == [f"s3://{s3_bucket}/kept"]
        report = check(archive)
        assert {bad.what for bad in report.bad} == moved and not report.damaged
        assert list(report.unreached) == [f"s3://{s3_bucket}/kept"] and "127.0.0.1:9" in str(report.unreached)
        with pytest.raises(StoreFailed, match="is not reached: "):
            root_named(archive, f"s3://{s3_bucket}/kept/")
        assert any(wrong.about and s3_bucket in wrong.about[0][0] for wrong in overview(archive).wrong)
    with_bucket(filled.folder, s3_server, s3_bucket)
    with Archive.open(filled.folder, lambda: DAY) as archive:
        assert check(archive).bad == []
