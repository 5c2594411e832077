# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More records than there is memory for, put in order on the disk with little room."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:  # loaded where it is needed: every command starts with what uses this module
    from numpy.typing import NDArray

#: An array of type `S` and the width: numpy leaves out zeros at the end of what it gives as bytes.
Records: TypeAlias = "NDArray[Any]"

#: Records that are sorted in memory at a time.
_RUN: Final = 2_000_000
#: Records that are read of a run at a time: one such piece of each run is in memory.
_PIECE: Final = 16_384


class SortedRecords:
    """Takes records of one width in any order, and gives them in theirs, each once."""

    def __init__(self, folder: Path, width: int) -> None:
        """What does not fit into memory lies in nameless files in `folder`: 2 million records a file."""
        self.width = width
        self._folder = folder
        self._runs: list[_Run] = []
        self._fresh: list[bytes] = []
        self._count = 0

    def add(self, records: bytes) -> None:
        self._fresh.append(records)
        self._count += len(records) // self.width
        if self._count >= _RUN:
            self._runs.append(_Run(self._folder, self._sorted()))

    def parts(self) -> Iterator[Records]:
        """All of them, some at a time; asked once. What was given lies on the disk no longer."""
        import numpy as np

        last = self._sorted()
        heads = [run.next() for run in self._runs]
        while any(run.left for run in self._runs):
            # No run has a record left that comes before the least of those that pieces end with.
            bound = min(head[-1] for head, run in zip(heads, self._runs, strict=True) if run.left)
            given = []
            for place, run in enumerate(self._runs):
                end = int(np.searchsorted(heads[place], bound, side="right"))
                given.append(heads[place][:end])
                heads[place] = heads[place][end:]
                if not len(heads[place]) and run.left:
                    heads[place] = run.next()
            end = int(np.searchsorted(last, bound, side="right"))
            given.append(last[:end])
            last = last[end:]
            yield _once(np.sort(np.concatenate(given)))
        yield _once(np.sort(np.concatenate([*heads, last])))

    def _sorted(self) -> Records:
        import numpy as np

        records = np.frombuffer(b"".join(self._fresh), dtype=f"S{self.width}")
        self._fresh, self._count = [], 0
        return _once(np.sort(records))


class _Run:
    """Sorted records, each once, in a file: from the last piece to the first, so that what was read is cut off its
    end. The first bytes of all records of a piece lie together, then the second: those hardly differ."""

    def __init__(self, folder: Path, records: Records) -> None:
        self._type = records.dtype
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed when all was read
        self._begins = [0]
        for at in reversed(range(0, len(records), _PIECE)):
            columns = records[at : at + _PIECE].view("u1").reshape(-1, self._type.itemsize).T
            self._file.write(zstd.compress(columns.tobytes(), level=1))
            self._begins.append(self._file.tell())
        self._file.flush()

    @property
    def left(self) -> bool:
        return len(self._begins) > 1

    def next(self) -> Records:
        """The next piece, that there is."""
        import numpy as np

        end, begin = self._begins.pop(), self._begins[-1]
        self._file.seek(begin)
        columns = np.frombuffer(zstd.decompress(self._file.read(end - begin)), "u1")
        self._file.truncate(begin)
        if not begin:
            self._file.close()
        return np.ascontiguousarray(columns.reshape(self._type.itemsize, -1).T).view(self._type)[:, 0]


def _once(records: Records) -> Records:
    if len(records) < 2:
        return records
    import numpy as np

    differs: NDArray[np.bool_] = np.concatenate([[True], records[1:] != records[:-1]])
    return np.asarray(records[differs])
