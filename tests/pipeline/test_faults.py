# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines do to a run: disks full or read-only, reads that fail, limits, signals, files that change under it.

Each time: one line that names the thing, the right exit code, nothing committed lost, and the next run works.
"""

import errno
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from onrecord.archive import Archive, add, ingest
from onrecord.archive.checking import check
from onrecord.archive.publishing import publish
from onrecord.engine.pool import Workers
from onrecord.errors import ArchiveLocked, OnrecordError, StoreFailed, StoreFull
from onrecord.ledger import Ledger, Log
from onrecord.store import Store
from onrecord.store.roots import Disk
from tests.pipeline.pieces import answer, onrecord, piece, pieces, start
from tests.pipeline.whole import assert_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive on the disk, without room kept in reserve."""
    answer("init", tmp_path / "archive")
    reserve_nothing(tmp_path / "archive")
    return tmp_path / "archive"


def reserve_nothing(folder: Path) -> None:
    settings = folder / "onrecord.toml"
    settings.write_text(
        settings.read_text().replace('roots = ["blobs"]', 'roots = ["blobs"]\nreserve_mb = 0')
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system in memory, once, with the options that it is called with."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", str(place)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(
                f"a small disk cannot be mounted here: {done.stderr.decode(errors='replace').strip()}"
            )
        return place

    if not shutil.which("mount"):
        pytest.skip("a small disk cannot be mounted here: no mount")
    yield mount
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def one_line(done: "subprocess.CompletedProcess[str]", *expected: str) -> None:
    """The message is one line, at most with a remedy below, and no traceback."""
    said = [line for line in done.stderr.splitlines() if line.startswith("onrecord: ")]
    assert len(said) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in expected:
        assert part in done.stderr


# Full disks (10, 11, 14) -----------------------------------------------------------------------------------------


def test_a_full_disk_stops_add_and_loses_nothing(tmp_path: Path, small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=6m")
    folder = disk / "archive"
    answer("init", folder)
    reserve_nothing(folder)
    answer("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "first", range(3)))
    piece(tmp_path / "more" / "large.wav", 1000, seconds=600)
    pieces(tmp_path / "more", range(1001, 1004))
    done = onrecord("-C", folder, "add", "--held-as", "owner", tmp_path / "more", apart=True)
    assert done.returncode == 1
    one_line(done, "bytes free", "run the command again")
    assert list((folder / "blobs" / "parts").iterdir()) == []
    assert_whole(folder)
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    assert answer("-C", folder, "add", "--held-as", "owner", tmp_path / "more")["refused"] == []
    assert_whole(folder)


@pytest.mark.parametrize(
    "filled", [160, *(pytest.param(blocks, marks=pytest.mark.slow) for blocks in range(0, 480, 20))]
)
def test_a_disk_that_fills_up_anywhere(
    tmp_path: Path, small_disk: Callable[[str], Path], filled: int
) -> None:
    """Ever fuller: it runs out in blobs, in tables, in the log, in SQLite; each time the same must hold."""
    disk = small_disk("size=2m")
    Archive.create(disk / "archive").close()
    reserve_nothing(disk / "archive")
    with Archive.open(disk / "archive") as archive:
        in_this_process(lambda: add.add(archive, [pieces(tmp_path / "first", range(3))], held_as="owner"))
    more = pieces(tmp_path / "more", range(10, 90))
    (disk / "ballast").write_bytes(bytes(min(filled * 4096, os.statvfs(disk).f_bavail * 4096 - 65536)))
    left = os.statvfs(disk).f_bavail * 4096
    with Archive.open(disk / "archive") as archive:
        before = {row.sha256 for row in archive.ledger.blobs()}
        try:
            in_this_process(lambda: add.add(archive, [more], held_as="owner"))
        except (StoreFull, StoreFailed) as error:
            assert str(disk) in error.message
            assert error.hint
        else:
            assert left > 400_000, "80 pieces do not fit in less"
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    with Archive.open(disk / "archive") as archive:
        assert before <= {row.sha256 for row in archive.ledger.blobs()}
        in_this_process(lambda: add.add(archive, [more], held_as="owner"))
        assert archive.ledger.blob_totals()[0] == 83
    assert_whole(disk / "archive")


def in_this_process(run: Callable[[], Any]) -> Any:
    """Workers would be processes of their own, each importing everything anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workers, "map", lambda self, function, chunks: map(function, chunks))
        return run()


def test_a_disk_without_inodes(tmp_path: Path, small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=32m,nr_inodes=100")
    folder = disk / "archive"
    answer("init", folder)
    reserve_nothing(folder)
    done = onrecord(
        "-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(100)), apart=True
    )
    assert done.returncode == 1
    one_line(done, str(disk), "inodes")
    subprocess.run(["mount", "-o", "remount,nr_inodes=10000", str(disk)], check=True)
    assert answer("-C", folder, "add", "--held-as", "owner", tmp_path / "in")["new"] == 100
    assert_whole(folder)


def test_a_full_disk_stops_publish_and_loses_nothing(
    tmp_path: Path, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("size=24m")
    folder = disk / "archive"
    answer("init", folder)
    reserve_nothing(folder)
    answer("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(40)))
    for left in (4, 12, 40):
        space = os.statvfs(disk).f_bavail * 4096
        (disk / "ballast").write_bytes(bytes(max(0, space - left * 4096)))
        done = onrecord("-C", folder, "publish", "--quiet", apart=True)
        assert done.returncode == 1, done.stdout
        one_line(done, str(disk))
        (disk / "ballast").unlink()
        with Archive.open(folder) as archive:
            assert archive.ledger.editions() == []
    assert answer("-C", folder, "publish")["number"] == 1
    assert_whole(folder)


def test_a_file_size_limit_is_no_reason_to_refuse_files(folder: Path, tmp_path: Path) -> None:
    music = pieces(tmp_path / "in", range(3))
    piece(music / "long.wav", 50, seconds=100)

    done = onrecord(
        "-C", folder, "add", "--held-as", "owner", music, limit=(resource.RLIMIT_FSIZE, 1_000_000)
    )
    assert done.returncode == 1
    one_line(done, "File too large")
    assert answer("-C", folder, "add", "--held-as", "owner", music)["new"] == 4
    assert_whole(folder)


# Writes that fail, one after the other ---------------------------------------------------------------------------


class Failing:
    """Fails the n-th call of a function of `os` that reaches the disk, once, in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str, number: int, code: int) -> None:
        real, own, self.calls = getattr(os, name), os.getpid(), 0

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls += os.getpid() == own
            if self.calls == number and os.getpid() == own:
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        patch.setattr(os, name, call)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("write", errno.ENOSPC),
        ("fsync", errno.EIO),
        ("rename", errno.EIO),
        ("mkdir", errno.ENOSPC),
        *(
            pytest.param(name, code, marks=pytest.mark.slow)
            for name, code in [
                ("write", errno.EIO),
                ("fsync", errno.ENOSPC),
                ("rename", errno.ENOSPC),
                ("mkdir", errno.EIO),
            ]
        ),
    ],
)
def test_any_write_of_add_may_fail(
    archive: Archive, tmp_path: Path, name: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every place where `add` calls the function: the error has a name, and the next run makes it whole."""
    monkeypatch.setattr(Workers, "map", lambda self, function, chunks: map(function, chunks))
    number, failed = 1, 0
    while True:
        music = pieces(tmp_path / f"in-{number}", range(number * 4, number * 4 + 2))
        with monkeypatch.context() as patch:
            failing = Failing(patch, name, number, code)
            try:
                add.add(archive, [music], held_as="owner")
            except OSError as error:
                assert error.filename
            except OnrecordError as error:
                assert str(archive.folder) in error.message
        if failing.calls < number:
            break
        failed += 1
        assert add.add(archive, [music], held_as="owner").refused == []
        number += 3 if number > 4 else 1
    assert failed > 1
    assert_whole(archive.folder)
    with Archive.open(archive.folder) as again:
        assert again.ledger.blob_totals()[0] == 2 * (failed + 1)


@pytest.mark.parametrize("owner", [Log.append, Ledger.index], ids=["log", "ledger"])
def test_a_commit_that_fails_in_the_middle(
    archive: Archive, tmp_path: Path, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_ = {"append": Log, "index": Ledger}[owner.__name__]
    music = pieces(tmp_path / "in", range(2))
    with monkeypatch.context() as patch:
        patch.setattr(
            class_, owner.__name__, lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error"))
        )
        with pytest.raises(OnrecordError, match="Input/output"):
            add.add(archive, [music], held_as="owner")
    assert add.add(archive, [music], held_as="owner").refused == []
    assert_whole(archive.folder)


# Reads that fail (12) --------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_costs_that_file(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = pieces(tmp_path / "in", range(3))
    real = os.open

    def bad_sector(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("0001.wav"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", bad_sector)
    report = in_this_process(lambda: add.add(archive, [music], held_as="owner"))
    assert report.new == 2
    [refused] = report.refused
    assert (refused.name, refused.code) == ("0001.wav", "unreadable")
    assert "Input/output error" in refused.detail


def test_a_bad_sector_below_a_blob_is_named(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_this_process(lambda: add.add(archive, [pieces(tmp_path / "in", range(3))], held_as="owner"))
    [bad, *_] = [row.sha256 for row in archive.ledger.blobs()]
    real = Disk.file

    def bad_sector(disk: Disk, sha256: str) -> Path:
        if sha256 == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(disk, sha256)

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "file", bad_sector)
        report = in_this_process(lambda: check(archive))
    assert [(item.what, item.state) for item in report.bad] == [(bad, "unreadable")]
    assert report.blobs == 3, "it goes on"
    assert publish(archive).published == 2


# Read-only, limits (13, 14) --------------------------------------------------------------------------------------


def test_a_disk_that_is_read_only(tmp_path: Path, small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=16m")
    folder = disk / "archive"
    answer("init", folder)
    reserve_nothing(folder)
    answer("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(3)))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    pieces(tmp_path / "in", range(4))
    for command in (["add", "--held-as", "owner", tmp_path / "in"], ["publish"], ["check"], ["match"]):
        done = onrecord("-C", folder, *command, "--quiet", apart=True)
        assert done.returncode == 1, done.stderr
        one_line(done, str(disk))
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert answer("-C", folder, "add", "--held-as", "owner", tmp_path / "in")["new"] == 1
    assert_whole(folder)


@pytest.mark.parametrize(
    "files", [24, *(pytest.param(few, marks=pytest.mark.slow) for few in (12, 16, 32, 40, 64))]
)
def test_few_open_files(folder: Path, tmp_path: Path, files: int) -> None:
    music = pieces(tmp_path / "in", range(20))

    done = onrecord(
        "-C", folder, "add", "--held-as", "owner", music, "--quiet", limit=(resource.RLIMIT_NOFILE, files)
    )
    assert done.returncode in (0, 1), done.stderr
    if done.returncode:
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("onrecord: ")
    assert answer("-C", folder, "add", "--held-as", "owner", music)["refused"] == []
    assert_whole(folder)


# Signals (5) -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "everyone"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C"),
        pytest.param(signal.SIGINT, False, id="SIGINT", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, True, id="SIGTERM to all"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_says_how_to_go_on(
    folder: Path, tmp_path: Path, number: int, everyone: bool
) -> None:
    music = pieces(tmp_path / "in", range(60))
    process = start("-C", folder, "add", "--held-as", "owner", music)
    parts = folder / "blobs" / "parts"
    while process.poll() is None and not any(parts.iterdir()):
        time.sleep(0.01)
    (os.killpg if everyone else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "goes on from there" in err
    assert "Traceback" not in err
    assert out == ""
    report = answer("-C", folder, "add", "--held-as", "owner", music)
    assert report["new"] + report["known"] == 60
    assert_whole(folder)


# Two at a time (22) ----------------------------------------------------------------------------------------------


def test_a_second_writer_gets_exit_5_and_readers_read_on(folder: Path, tmp_path: Path) -> None:
    music = pieces(tmp_path / "in", range(3))
    with Archive.open(folder) as archive, archive.writing():
        for command in (["add", "--held-as", "owner", music], ["publish"], ["check"], ["match"]):
            done = onrecord("-C", folder, *command, apart=True)
            assert done.returncode == 5, done.stderr
            one_line(done, str(os.getpid()), "wait until it is done")
        assert answer("-C", folder, "status")["blobs"] == 0
    assert answer("-C", folder, "add", "--held-as", "owner", music)["new"] == 3


def test_a_lock_that_a_dead_process_left_does_not_count(folder: Path) -> None:
    (folder / "lock").write_text("1\n")
    assert answer("-C", folder, "check")["bad"] == []


def test_a_writer_that_waited_sees_what_was_committed_meanwhile(archive: Archive, tmp_path: Path) -> None:
    """Both are open; one commits, then the other: the log has one line each."""
    with Archive.open(archive.folder) as other:
        in_this_process(lambda: add.add(other, [pieces(tmp_path / "one", range(2))], held_as="owner"))
    in_this_process(lambda: add.add(archive, [pieces(tmp_path / "two", range(10, 12))], held_as="owner"))
    assert [entry.seq for entry in archive.log.entries()] == [1, 2, 3]
    assert_whole(archive.folder)


def test_readers_come_and_go_while_one_writes(archive: Archive, tmp_path: Path) -> None:
    wrong: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                Archive.open(archive.folder).close()
            except BaseException as error:
                wrong.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with archive.writing():
            for number in range(150):
                archive.commit("followed", {"archive": str(number), "feed": "", "public_key": "", "name": ""})
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_many_readers_make_a_lost_ledger_anew(archive: Archive, tmp_path: Path) -> None:
    in_this_process(lambda: add.add(archive, [pieces(tmp_path / "in", range(3))], held_as="owner"))
    before = archive.ledger.dump()
    archive.close()
    program = "import sys, pathlib, onrecord.archive as it; it.Archive.open(pathlib.Path(sys.argv[1]))"
    for path in archive.folder.glob("ledger.sqlite*"):
        path.unlink()
    many = [
        subprocess.Popen([sys.executable, "-c", program, str(archive.folder)], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in many:
        assert process.communicate()[1] == b""
    with Archive.open(archive.folder) as again:
        assert again.ledger.dump() == before


def test_a_listener_who_goes_away_does_not_end_the_page(folder: Path) -> None:
    process = start("-C", folder, "serve", "--port", "0", "--json")
    try:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["address"].rstrip("/").rpartition(":")[2])
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            assert peer.recv(12) == b"HTTP/1.1 200"
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate(timeout=60)


# Damaged indexes (18, 19) ----------------------------------------------------------------------------------------


def test_a_damaged_page_of_the_ledger_is_said_and_mended(folder: Path, tmp_path: Path) -> None:
    answer("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(40)))
    with Archive.open(folder) as archive:
        before = archive.ledger.dump()
    path = folder / "ledger.sqlite"
    content = bytearray(path.read_bytes())
    # Not the schema and `meta`: where they are damaged, whoever opens the file sees it at once, and makes it again.
    db = apsw.Connection(str(path))
    roots = [
        page
        for (page,) in db.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0 AND name != 'meta'")
    ]
    db.close()
    for page in roots:
        content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    path.write_bytes(content)
    done = onrecord("-C", folder, "status", apart=True)
    assert done.returncode == 4
    one_line(done, "onrecord check")
    report = answer("-C", folder, "check", code=4)
    assert len(report["bad"]) == 1, "the index itself"
    assert answer("-C", folder, "check")["bad"] == []
    with Archive.open(folder) as archive:
        after = archive.ledger.dump()
    assert {name: rows for name, rows in after.items() if name != "meta"} == {
        name: rows for name, rows in before.items() if name != "meta"
    }


def test_everything_derived_may_be_deleted(folder: Path, tmp_path: Path) -> None:
    answer("-C", folder, "add", "--held-as", "owner", pieces(tmp_path / "in", range(3)))
    answer("-C", folder, "match")
    found = answer("-C", folder, "search", "0001")["hits"]
    assert found[0]["title"] == "0001"
    for name in ("search", "catalog/canonical"):
        shutil.rmtree(folder / name)
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()
    assert answer("-C", folder, "search", "0001")["hits"] == []
    assert answer("-C", folder, "status")["blobs"] == 3
    assert answer("-C", folder, "publish")["published"] == 3
    assert answer("-C", folder, "search", "0001")["hits"] == found
    assert_whole(folder)


# Leftovers -------------------------------------------------------------------------------------------------------


def test_what_a_killed_run_left_in_the_catalog_is_swept(archive: Archive, tmp_path: Path) -> None:
    catalog = archive.folder / "catalog" / "tags"
    catalog.mkdir(parents=True)
    for name in ("000000000002.parquet", "000000000002.parquet.part"):
        (catalog / name).write_bytes(b"left by a run that was killed before its log entry")
    assert check(archive).bad == []
    in_this_process(lambda: add.add(archive, [pieces(tmp_path / "in", range(2))], held_as="owner"))
    assert_whole(archive.folder)


def test_files_that_were_added_but_not_yet_removed_are_moved_by_the_next_run(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onrecord.store import Arrival

    music = pieces(tmp_path / "in", range(3))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda self, missing_ok=False: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(Store, "sweep", lambda self: 0)
        patch.setattr(type(archive.tables), "sweep", lambda self, seq: None)
        patch.setattr(Store, "commit", linking)
        with pytest.raises(KeyboardInterrupt):
            in_this_process(lambda: add.add(archive, [music], held_as="owner", arrival=Arrival.MOVE))
    assert len(list(music.glob("*.wav"))) == 3
    in_this_process(lambda: add.add(archive, [music], held_as="owner", arrival=Arrival.MOVE))
    assert list(music.glob("*.wav")) == []
    assert_whole(archive.folder)


def linking(store: Store, batch: Any) -> None:
    """As `Store.commit`, without `Path.unlink`."""
    for staged in batch:
        root = store.root(staged.root)
        if staged.part and root:
            final = root.blob(staged.digests.sha256)
            final.parent.mkdir(parents=True, exist_ok=True)
            staged.part.rename(final)


# Files that change under it --------------------------------------------------------------------------------------


def swap_after_staging(monkeypatch: pytest.MonkeyPatch, swap: Callable[[Path], object]) -> None:
    """Between the read that names the bytes and the one that decodes them, the path comes to mean something else."""
    real = Store.stage

    def stage(self: Store, source: Path, *arguments: Any, **options: Any) -> Any:
        staged = real(self, source, *arguments, **options)
        swap(source)
        return staged

    monkeypatch.setattr(Store, "stage", stage)


def test_what_is_described_is_what_was_stored(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "in"
    piece(music / "a.wav", 1, seconds=1.0)
    other = piece(tmp_path / "other.wav", 2, seconds=3.0)

    def swap(path: Path) -> None:
        path.unlink()
        path.symlink_to(other)

    swap_after_staging(monkeypatch, swap)
    report = in_this_process(lambda: add.add(archive, [music], held_as="owner"))
    assert (report.new, report.refused) == (1, [])
    with archive.duck() as duck:
        assert duck.run("SELECT duration_samples FROM sounds") == [(8000,)]


def test_a_file_that_goes_away_costs_that_file(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = pieces(tmp_path / "in", range(4))
    real = ingest.ingest

    def late(chunk: Any) -> Any:
        for name in ("0001.wav", "0002.wav"):
            (music / name).unlink(missing_ok=True)
        (music / "0002.wav").symlink_to("/etc/passwd")
        return real(chunk)

    monkeypatch.setattr(add, "ingest", late)
    report = in_this_process(lambda: add.add(archive, [music], held_as="owner"))
    assert report.new == 2
    assert sorted((item.name, item.code) for item in report.refused) == [
        ("0001.wav", "unreadable"),
        ("0002.wav", "unreadable"),
    ]
    assert list(archive.store.roots[0].parts.iterdir()) == []


def test_a_file_that_is_written_to_is_refused(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = piece(tmp_path / "in" / "a.wav", 1, seconds=1.0)
    real = os.fstat
    grown = False

    def fstat(fd: int) -> os.stat_result:
        nonlocal grown
        status = real(fd)
        if not grown and status.st_ino == path.stat().st_ino:
            grown = True
            with path.open("ab") as file:
                file.write(bytes(100))
        return status

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", fstat)
        report = in_this_process(lambda: add.add(archive, [path.parent], held_as="owner"))
    assert [item.code for item in report.refused] == ["unreadable"]
    assert "changed while it was read" in report.refused[0].detail
    assert in_this_process(lambda: add.add(archive, [path.parent], held_as="owner")).new == 1
    assert_whole(archive.folder)


def test_links_are_not_followed(archive: Archive, tmp_path: Path) -> None:
    outside = pieces(tmp_path / "outside", range(2))
    music = pieces(tmp_path / "in", range(10, 11))
    (music / "file.wav").symlink_to(outside / "0000.wav")
    (music / "folder").symlink_to(outside)
    (music / "loop").symlink_to(music)
    os.mkfifo(music / "pipe.wav")
    report = in_this_process(lambda: add.add(archive, [music], held_as="owner"))
    assert (report.found, report.new) == (1, 1)
    assert {item.name for item in report.left_out} == {"file.wav", "folder", "loop", "pipe.wav"}


def test_a_folder_that_cannot_be_listed_is_named(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = pieces(tmp_path / "in", range(2))
    pieces(music / "closed", range(5, 6))
    real = os.scandir

    def scandir(path: Any = ".") -> Any:
        # By its name alone: pytest tidies up by descriptor.
        if not isinstance(path, int) and Path(os.fsdecode(path)).name == "closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = in_this_process(lambda: add.add(archive, [music], held_as="owner"))
    assert report.new == 2
    [left_out] = report.left_out
    assert left_out.name == "closed"
    assert "Permission denied" in left_out.detail


def test_the_lock_is_one_of_the_kernel(archive: Archive) -> None:
    with archive.writing():
        held = pytest.raises(ArchiveLocked, match=str(os.getpid()))
        with Archive.open(archive.folder) as other, held, other.writing():
            pass
    with archive.writing():
        pass
