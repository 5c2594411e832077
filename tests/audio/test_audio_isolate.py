# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a file does to its reader, the worker goes on and says what happened."""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import pytest
from mutagen.flac import FLAC

from onrecord.audio import preload, probe
from onrecord.audio.confine import filters_system_calls
from onrecord.audio.decode import decode
from onrecord.audio.examine import examine
from onrecord.audio.isolate import MEMORY, OUT, Part, isolated
from onrecord.model.sound import Fault, Probe, Sound, Tags
from tests.audio.tones import SHARED, music, sine, write


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    preload()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    return path


def codes(answer: Probe) -> list[str]:
    return [fault.code for fault in answer.faults]


def test_importing_the_package_loads_nothing_heavy() -> None:
    check = "import sys, onrecord.audio; print([m for m in ('av', 'numpy', 'mutagen') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_preloaded_worker_has_one_thread() -> None:
    check = "import os, onrecord.audio as a; a.preload(); print(len(os.listdir('/proc/self/task')))"
    if not Path("/proc/self/task").is_dir():
        pytest.skip("this system does not list threads under /proc")
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "1"


def test_a_preloaded_worker_has_loaded_all_that_a_sound_needs(tmp_path: Path) -> None:
    """A child can open no file, so nothing may be imported at the first real sound only."""
    path = write(tmp_path / "a.flac", music(12, rate=44100), "flac", rate=44100)
    check = (
        "import sys; from onrecord.audio import preload; preload(); known = set(sys.modules)\n"
        "from onrecord.audio.examine import examine\n"
        "with open(sys.argv[1], 'rb') as file: print(*map(type, examine(file)))\n"
        "print(sorted(set(sys.modules) - known))"
    )
    answer = subprocess.run([sys.executable, "-c", check, path], capture_output=True, text=True, check=True)
    assert "Sound" in answer.stdout.splitlines()[0]
    assert answer.stdout.splitlines()[1] == "[]"


def test_sound_and_tags_come_back_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", music(6), "flac", rate=44100)
    tags = FLAC(path)
    tags["title"] = "Title"
    tags.save()
    answer = probe(path)
    with path.open("rb") as opened:
        assert answer.sound == decode(opened)
    assert (answer.tags.title, answer.faults) == ("Title", ())


def test_a_descriptor_is_read_from_its_start(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", sine(1))
    with path.open("rb") as opened:
        opened.seek(500)
        assert probe(opened.fileno()) == probe(path)
        opened.read()
        assert not opened.closed


def test_what_is_not_sound_keeps_its_reason(file: Path) -> None:
    assert probe(file) == Probe(None, Tags(), (Fault("not-sound", "the bytes are text"),))


def test_tags_survive_the_decoder(file: Path) -> None:
    def dies(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        yield Tags(title="kept")
        yield Fault("unreadable-tags", "kept too")
        ctypes.string_at(0)

    answer = probe(file, examine=dies)
    assert (answer.sound, answer.tags.title) == (None, "kept")
    assert codes(answer) == ["unreadable-tags", "crashed"]


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda: ctypes.string_at(0), "SIGSEGV"),
        (os.abort, "SIG"),
        (lambda: os._exit(0), "without an answer"),
        (lambda: os._exit(7), "without an answer"),
        (lambda: sys.exit(0), "SystemExit"),
        (lambda: [][1], "IndexError"),
        (lambda: os.write(4, b"s\xff\xff\xff\xff garbage"), "without an answer"),
        (lambda: os.write(4, b"s\x03\0\0\0\x01\x02\x03"), "garbled"),
        (lambda: os.write(4, b"?\0\0\0\0"), "garbled"),
    ],
)
def test_every_kind_of_death_is_one_fault(file: Path, act: object, named: str) -> None:
    def dies(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        act()  # type: ignore[operator]
        if named == "without an answer":
            os._exit(0)
        yield from ()

    answer = probe(file, examine=dies)
    assert codes(answer) == ["crashed"]
    assert named in answer.faults[0].detail


def test_a_hang_ends_at_its_time(file: Path) -> None:
    def hangs(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        yield Tags(title="kept")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    answer = probe(file, seconds=0.3, examine=hangs)
    assert (codes(answer), answer.tags.title) == (["timeout"], "kept")


def test_a_spinning_decoder_ends_too(file: Path) -> None:
    def spins(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        while True:
            pass
        yield Tags()

    assert codes(probe(file, seconds=0.3, examine=spins)) == ["timeout"]


def test_an_endless_answer_is_cut(file: Path) -> None:
    def talks(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        while True:
            yield Fault("decode-error", "x" * 500_000)

    answer = probe(file, examine=talks)
    assert answer.sound is None
    assert codes(answer)[-1] == "crashed"


def test_memory_is_limited(file: Path) -> None:
    def eats(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        yield Tags(title="kept")
        held = []
        while True:
            held.append(bytearray(16 << 20))

    answer = probe(file, memory=128 << 20, examine=eats)
    assert (codes(answer), answer.tags.title) == (["too-much-memory"], "kept")


def test_a_real_decode_that_is_refused_memory(tmp_path: Path) -> None:
    def starves(opened: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        held = []
        for size in (1 << 20, 1 << 16):
            with contextlib.suppress(MemoryError):
                while True:
                    held.append(bytearray(size))
        yield from examine(opened)

    path = write(tmp_path / "a.flac", sine(4, rate=96000, channels=6), "flac", rate=96000)
    answer = probe(path, memory=64 << 20, examine=starves)
    assert answer.sound is None
    assert codes(answer)[-1] in ("too-much-memory", "crashed")


def test_the_child_opens_nothing_and_reaches_nobody(file: Path) -> None:
    def tries(opened: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        yield Fault("read", opened.read().decode())
        for name, act in (
            ("open", lambda: os.open("/etc/passwd", os.O_RDONLY)),
            ("socket", lambda: socket.socket()),
            ("fork", os.fork),
            ("exec", lambda: os.execv("/bin/true", ["true"])),
            ("unlink", file.unlink),
        ):
            try:
                act()
            except OSError as error:
                yield Fault(name, type(error).__name__)

    answer = probe(file, examine=tries)
    found = {fault.code: fault.detail for fault in answer.faults}
    assert found.pop("read") == "content"
    assert {"open", "socket"} <= set(found)
    if filters_system_calls():
        assert set(found.values()) == {"PermissionError"}
        assert set(found) == {"open", "socket", "fork", "exec", "unlink"}
        assert file.exists()


def test_the_child_sees_none_of_the_workers_files(file: Path, tmp_path: Path) -> None:
    def lists(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        for number in range(64):
            try:
                os.fstat(number)
            except OSError:
                continue
            yield Fault("open", str(number))

    with (tmp_path / "secret").open("w"):
        answer = probe(file, examine=lists)
    assert [fault.detail for fault in answer.faults] == ["0", "1", "2", "3", "4"]


def test_the_child_writes_to_one_file_and_so_far(file: Path, tmp_path: Path) -> None:
    def writes(_: BufferedReader) -> Iterator[Part]:
        yield Fault("wrote", str(os.write(OUT, b"x" * 100)))
        for name, descriptor in (("more", OUT), ("source", 3)):
            try:
                os.write(descriptor, b"x")
            except OSError as error:
                yield Fault(name, errno.errorcode[error.errno or 0])
        for number in range(64):
            with contextlib.suppress(OSError):
                os.fstat(number)
                yield Fault("open", str(number))

    with (tmp_path / "secret").open("w"), (tmp_path / "out").open("wb") as out:
        parts, death = isolated(file, writes, seconds=5, memory=MEMORY, out=out.fileno(), writes=100)
    assert death is None
    found = [(part.code, part.detail) for part in parts if isinstance(part, Fault)]
    assert found[:3] == [("wrote", "100"), ("more", "EFBIG"), ("source", "EBADF")]
    assert [detail for _, detail in found[3:]] == ["0", "1", "2", "3", "4", "5"]
    assert (tmp_path / "out").read_bytes() == b"x" * 100


def test_without_a_file_to_write_to_nothing_can_be_written(file: Path, tmp_path: Path) -> None:
    def writes(_: BufferedReader) -> Iterator[Part]:
        os.write(3, b"x")
        yield Tags()

    with file.open("r+b") as opened:
        assert codes(probe(opened.fileno(), examine=writes)) == ["unreadable"]
        with pytest.raises(ValueError, match="reading only"):
            isolated(opened.fileno(), writes, seconds=5, memory=MEMORY, out=1, writes=100)
    assert file.read_bytes() == b"content"


def test_nothing_is_printed(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def prints(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        os.write(1, b"out")
        os.write(2, b"err")
        yield Tags()

    assert probe(file, examine=prints).faults == ()
    assert capfd.readouterr() == ("", "")


def test_no_child_and_no_descriptor_is_left(file: Path) -> None:
    before, children = _open_descriptors(), _children()
    for _ in range(3):
        probe(file)
        probe(file, examine=lambda _: iter([os._exit(3)]))
    assert _open_descriptors() == before
    assert _children() == children


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(OSError, match=r"symbolic link|symlink"):
        probe(link)


def test_a_missing_file_is_the_callers_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "none")


def test_a_pipe_does_not_block_and_a_folder_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert codes(probe(tmp_path / "pipe")) == ["not-sound"]
    assert codes(probe(tmp_path)) == ["not-sound"]


def test_a_file_that_cannot_be_read_is_a_fault(file: Path) -> None:
    def fails(_: BufferedReader) -> Iterator[Tags | Sound | Fault]:
        raise OSError(5, "Input/output error")
        yield Tags()

    answer = probe(file, examine=fails)
    assert answer.faults == (Fault("unreadable", "the file cannot be read: Input/output error"),)


def test_flipped_bits_cost_at_most_their_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.opus", music(3, rate=48000), "libopus")
    data = path.read_bytes()
    for seed in range(12):
        changed = bytearray(data)
        for at in range(seed * 7, len(changed), 211):
            changed[at] ^= 1 << seed % 8
        path.write_bytes(changed)
        answer = probe(path)
        assert answer.sound is not None or answer.faults
        assert not {"crashed", "timeout", "too-much-memory"} & set(codes(answer))


def shared_files(*names: str) -> list[Path]:
    folders = [SHARED / name for name in names]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip(f"a shared data set of {', '.join(names)} is absent")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def go_through(paths: list[Path]) -> None:
    for path in paths:
        answer = probe(path)
        assert answer.sound is not None or answer.faults, path
        assert not {"crashed", "timeout", "too-much-memory", "unreadable"} & set(codes(answer)), (
            path,
            answer.faults,
        )


def test_what_broke_other_readers() -> None:
    go_through(shared_files("audio-malformed"))


def test_some_files_of_every_container() -> None:
    by_ending: dict[str, list[Path]] = {}
    for path in shared_files("audio-tags"):
        if path.stat().st_size < 200_000:
            by_ending.setdefault(path.suffix, []).append(path)
    go_through([path for paths in by_ending.values() for path in paths[:2]])


@pytest.mark.slow
def test_all_files_of_every_container() -> None:
    go_through(shared_files("audio-tags", "audio-malformed"))


def _children() -> set[str]:
    """Processes that this one has started and not waited for, those of other tests included."""
    return {
        child
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text().split()
    }


def _open_descriptors() -> int:
    return sum(_is_open(number) for number in range(256))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
