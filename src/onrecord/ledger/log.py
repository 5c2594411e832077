# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The append-only, hash-chained log (format clause 4): what cannot be recomputed, and which segments count.

An entry is committed when its line is on disk, whole, behind a durable line. Blobs and segments are made durable
first; so whatever an entry names is there.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.durable import sync
from onrecord.errors import LogBroken

_ROTATE_AT = 64 * 1024 * 1024
#: What the first entry follows.
GENESIS = "0" * 64


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One event. `hash` covers every other field, `prev` is the hash of the entry before."""

    seq: int
    time: str
    event: str
    data: dict[str, Any]
    prev: str
    hash: str


def hash_of(entry: Entry) -> str:
    """The hash that an entry must state."""
    return _sealed(entry.seq, entry.time, entry.event, entry.data, entry.prev).hash


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Log:
    """The log in a folder. `clock` is asked once an entry."""

    def __init__(self, folder: Path, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock
        self._last: Entry | None = None

    @property
    def last(self) -> Entry | None:
        """The newest committed entry. Reads only the end of the newest file."""
        if self._last is None:
            for path in reversed(self._files()):
                line = _last_whole_line(path)
                if line:
                    self._last = _parse(line, f"{path.name}, last line")
                    break
        return self._last

    @property
    def next_seq(self) -> int:
        return self.last.seq + 1 if self.last else 1

    def append(self, event: str, data: dict[str, Any]) -> Entry:
        """Commit one event; it is durable when this returns. Only the holder of the write lock may call."""
        last = self.last
        entry = _sealed(
            seq=last.seq + 1 if last else 1,
            time=self._clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            event=event,
            data=data,
            prev=last.hash if last else GENESIS,
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._open_file(entry.seq)
        fresh = not path.exists()
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(fd).st_size
            try:
                _write_all(fd, msgspec.json.encode(entry) + b"\n")
                os.fsync(fd)
            except OSError:
                os.ftruncate(fd, size)
                raise
        finally:
            os.close(fd)
        if fresh:
            sync(self._folder)
        self._last = entry
        return entry

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Every entry with a greater number, in order, each checked against the chain (LogBroken names the line)."""
        prev: str | None = None
        for path in self._files_from(after):
            # A file is named after its first entry; the first file of all begins with entry 1.
            expected = int(path.stem) if prev or after else 1
            for number, line in enumerate(_whole_lines(path.read_bytes()), start=1):
                where = f"log/{path.name}, line {number}"
                entry = _parse(line, where)
                _check(entry, prev, expected, where)
                prev, expected = entry.hash, entry.seq + 1
                if entry.seq > after:
                    yield entry

    def files_until(self, seq: int) -> Iterator[tuple[Path, int]]:
        """Each file of the log, and how many of its bytes are entries up to `seq`."""
        for path in self._files():
            if int(path.stem) > seq:
                return
            content = path.read_bytes()
            size = content.rfind(b"\n") + 1
            while (
                size
                and _parse(content[(start := content.rfind(b"\n", 0, size - 1) + 1) : size], path.name).seq
                > seq
            ):
                size = start
            yield path, size

    def newest(self, most: int, reach: int = 2 * 1024 * 1024) -> list[Entry]:
        """The last entries, newest first, as far as they lie within the last `reach` bytes. To be shown: the chain is
        not checked, and what cannot be read ends the list."""
        found: list[Entry] = []
        for path in reversed(self._files()):
            size = path.stat().st_size
            with path.open("rb") as file:
                file.seek(max(size - reach, 0))
                lines = _whole_lines(file.read())
            # The first line that was read may be the end of a longer one.
            for line in reversed(lines[size > reach :]):
                try:
                    found.append(_parse(line, path.name))
                except LogBroken:
                    return found
                if len(found) >= most:
                    return found
            reach -= size
            if reach <= 0:
                break
        return found

    def why_broken(self) -> str:
        """What the last check said of a chain that does not hold, "" where it holds."""
        try:
            return (self._folder / "BROKEN").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def note_broken(self, why: str) -> None:
        """Remember that the chain does not hold: nothing may be written on top of it. `note_whole` takes it back."""
        (self._folder / "BROKEN").write_text(why + "\n", encoding="utf-8")

    def note_whole(self) -> None:
        (self._folder / "BROKEN").unlink(missing_ok=True)

    def refuse_if_broken(self) -> None:
        if why := self.why_broken():
            raise LogBroken(
                f"the last check found the log broken: {why}", f"{_RESTORE}; then run `onrecord check`"
            )

    def mend(self) -> bytes:
        """Cut off a line that a crash left unfinished, and give it back. It was never acknowledged.

        Called once the write lock is held: until then another process may have written.
        """
        self._last = None
        files = self._files()
        if not files:
            return b""
        content = files[-1].read_bytes()
        whole = content.rfind(b"\n") + 1
        torn = content[whole:]
        if torn:
            with files[-1].open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
        return torn

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.jsonl"))

    def _files_from(self, after: int) -> list[Path]:
        files = self._files()
        starts = [int(path.stem) for path in files]
        first = max((place for place, start in enumerate(starts) if start <= after + 1), default=0)
        return files[first:]

    def _open_file(self, seq: int) -> Path:
        files = self._files()
        if files and files[-1].stat().st_size < _ROTATE_AT:
            return files[-1]
        return self._folder / f"{seq:012}.jsonl"


def _sealed(seq: int, time: str, event: str, data: dict[str, Any], prev: str) -> Entry:
    body = {"seq": seq, "time": time, "event": event, "data": data, "prev": prev}
    digest = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
    return Entry(seq=seq, time=time, event=event, data=data, prev=prev, hash=digest)


def _check(entry: Entry, prev: str | None, expected: int, where: str) -> None:
    if hash_of(entry) != entry.hash:
        raise LogBroken(f"{where}: the entry does not have the hash that it states", _RESTORE)
    if entry.seq == 1 and entry.prev != GENESIS:
        raise LogBroken(f"{where}: the first entry must follow {GENESIS[:8]}…, it follows {entry.prev[:8]}…")
    if entry.seq != expected:
        raise LogBroken(
            f"{where}: expected entry {expected}, got {entry.seq}: lines are missing or moved", _RESTORE
        )
    if prev is not None and entry.prev != prev:
        raise LogBroken(f"{where}: expected to follow {prev[:8]}…, follows {entry.prev[:8]}…", _RESTORE)


_RESTORE = "restore log/ from a copy; nothing was changed"


def _parse(line: bytes, where: str) -> Entry:
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LogBroken(f"{where}: not a log entry ({error})", _RESTORE) from None


def _last_whole_line(path: Path) -> bytes:
    size = path.stat().st_size
    reach = 64 * 1024
    with path.open("rb") as file:
        while True:
            file.seek(max(size - reach, 0))
            lines = _whole_lines(file.read())
            # The first line that was read may be the end of a longer one.
            if len(lines) > 1 or (lines and reach >= size):
                return lines[-1]
            if reach >= size:
                return b""
            reach *= 8


def _whole_lines(content: bytes) -> list[bytes]:
    return content[: content.rfind(b"\n") + 1].splitlines()


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
