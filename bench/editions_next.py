# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A next edition of a real archive: does anything open or read a byte of stored sound? The kernel counts (inotify).

Every process counts, whatever it is written in. Afterwards one blob is read on purpose, so that a counter which sees
nothing is noticed.
"""

import ctypes
import json
import os
import shutil
import struct
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from measure import cost, progress

RATE: Final = 44_100
SECONDS: Final = 8
#: inotify(7): a read, an open; bits of an event.
_ACCESS, _OPEN = 0x1, 0x20
_NONBLOCK = os.O_NONBLOCK


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    place = folder / "bench-editions-next"
    shutil.rmtree(place, ignore_errors=True)
    os.environ["ONRECORD_KEYS"] = str(place / "keys")
    archive, fresh = place / "archive", max(size // 10, 1)
    _write(place / "first", 0, size)
    _write(place / "then", size, fresh)
    _onrecord("init", archive)
    _onrecord("add", "-C", archive, "--json", place / "first")
    progress("the first edition")
    first = _onrecord("publish", "-C", archive, "--json")
    _onrecord("add", "-C", archive, "--json", place / "then")
    _onrecord("match", "-C", archive)
    progress("the next edition, watched")
    with _Watched(archive / "blobs") as watched:
        then = _onrecord("publish", "-C", archive, "--json")
        counted = watched.events()
        blob = next(path for path in (archive / "blobs").rglob("*") if len(path.name) == 64)
        blob.read_bytes()
        control = watched.events()
    report = json.loads(then["stdout"])
    unchanged = _onrecord("publish", "-C", archive, "--json")
    shutil.rmtree(place)
    return {
        "files": {"first": size, "new": fresh, "published": report["published"]},
        "blob_folders_watched": watched.folders,
        "opens_of_sound": counted["opens"],
        "reads_of_sound": counted["reads"],
        "control": {"one_file_read_on_purpose": control},
        "cpu_s": {"first": first["cpu_s"], "next": then["cpu_s"], "nothing_new": unchanged["cpu_s"]},
        "limits": {
            "reads_of_sound": {
                "wanted": 0,
                "met": counted == {"opens": 0, "reads": 0} and control["reads"] > 0,
            }
        },
    }


class _Watched:
    """Counts what is done to the files in the folders below one."""

    def __init__(self, root: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(_NONBLOCK)
        holding = sorted({path.parent for path in root.rglob("*") if len(path.name) == 64})
        for folder in holding:
            if self._libc.inotify_add_watch(self._fd, os.fsencode(folder), _ACCESS | _OPEN) < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch", str(folder))
        self.folders = len(holding)

    def __enter__(self) -> "_Watched":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def events(self) -> dict[str, int]:
        """Of files, since the last call."""
        found = {"opens": 0, "reads": 0}
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except BlockingIOError:
                return found
            at = 0
            while at < len(data):
                _, mask, _, length = struct.unpack_from("iIII", data, at)
                at += 16 + length
                if length:  # without a name it is the folder itself
                    found["opens"] += bool(mask & _OPEN)
                    found["reads"] += bool(mask & _ACCESS)


def _onrecord(*arguments: str | Path) -> dict[str, Any]:
    found = cost([sys.executable, "-m", "onrecord", *arguments])
    if found["exit_code"]:
        raise SystemExit(f"onrecord {arguments[0]}: exit code {found['exit_code']}: {found['stdout'][-500:]}")
    return found


def _write(folder: Path, first: int, count: int) -> None:
    """Rows of chords, no two alike, each with its license beside it."""
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        path = folder / f"{number:05}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            for chord in _chords(number):
                file.writeframes(np.repeat(chord, 2).astype("<i2").tobytes())
        path.with_name(path.name + ".license").write_text("SPDX-License-" + "Identifier: CC-BY-4.0\n")


def _chords(number: int) -> "Iterator[np.ndarray[Any, Any]]":
    random, step = np.random.default_rng(number), np.arange(RATE // 4) / RATE
    for _ in range(SECONDS * 4):
        notes = 440 * 2 ** ((random.integers(40, 90, 3) - 69) / 12)
        yield 3000 * np.sin(2 * np.pi * notes[:, None] * step).sum(axis=0)
