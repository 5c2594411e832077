# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutated files through the real door: does the parent live, is each refusal named, what does the worst one cost.

Base and number say what a file is, so that one can be made again: `mutated(base, number)`.
"""

import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from measure import progress
from msgspec import Struct

from onrecord import audio
from onrecord.model.sound import Fault

FILES: Final = 5_000
SECONDS: Final = 20.0
MEMORY: Final = 512 << 20
#: Of a real piece only so much is used: damage near its head matters most, and more of them fit into the time.
MOST_BYTES: Final = 200_000
#: What killing and reaping a child may take beyond its time.
GRACE: Final = 1.0
DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
CORPORA: Final = ("audio-tags", "audio-malformed")


class Tried(Struct, frozen=True):
    """One mutated file. `peak`: largest resident memory of any child so far, in bytes, with what it shares with us."""

    base: str
    number: int
    decoded: bool
    faults: tuple[Fault, ...]
    seconds: float
    peak: int


def measure(music: Sequence[Path], folder: Path, rounds: int, size: int) -> dict[str, Any]:
    audio.preload()
    bases = [*music, *(path for name in CORPORA for path in files_of(DATA / name))]
    own = own_memory()
    tried = list(shown(trials(bases, folder, size or FILES), size or FILES))
    return {
        "bases": len(bases),
        # The corpora hold files that are no sound, too.
        "bases_decoded_as_they_are": sum(audio.probe(path).sound is not None for path in bases),
        "corpora_absent": [name for name in CORPORA if not (DATA / name).is_dir()],
        "limits": {"seconds": SECONDS, "memory_bytes": MEMORY},
        **summary(tried),
        "parent_memory_before_bytes": own,
        "parent_memory_after_bytes": own_memory(),
        "descriptors_of_the_parent": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def trials(bases: Sequence[Path], folder: Path, count: int) -> Iterator[Tried]:
    path = folder / "mutated"
    for number in range(count):
        base = bases[number % len(bases)]
        path.write_bytes(mutated(base, number))
        start = time.monotonic()
        probe = audio.probe(path, seconds=SECONDS, memory=MEMORY)
        spent = time.monotonic() - start
        faults = (*probe.faults, *(probe.sound.faults if probe.sound else ()))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        yield Tried(base.name, number, probe.sound is not None, faults, round(spent, 3), peak)


def mutated(base: Path, number: int) -> bytes:
    """One to three mutations of a file's beginning; the same number does the same to it."""
    dice = random.Random(number)
    with base.open("rb") as file:
        data = bytearray(file.read(MOST_BYTES))
    for _ in range(dice.randint(1, 3)):
        dice.choice(MUTATIONS)(data, dice)
    return bytes(data)


def flip(data: bytearray, dice: random.Random) -> None:
    """Half of the time in the head, where the lengths and types stand."""
    reach = min(len(data), 4096) if dice.random() < 0.5 else len(data)
    for _ in range(dice.choice((1, 4, 16, 64)) if reach else 0):
        data[dice.randrange(reach)] = dice.choice((0, 255, 127, 128, dice.randrange(256)))


def cut(data: bytearray, dice: random.Random) -> None:
    """The end, or a piece out of the middle."""
    start = dice.randint(0, len(data))
    del data[start : len(data) if dice.random() < 0.5 else start + dice.randint(1, 4096)]


def insert(data: bytearray, dice: random.Random) -> None:
    place = dice.randint(0, len(data))
    data[place:place] = dice.randbytes(dice.choice((1, 7, 256, 4096)))


def swap(data: bytearray, dice: random.Random) -> None:
    length = dice.choice((2, 64, 1024, 8192))
    if len(data) < 2 * length:
        return
    first = dice.randint(0, len(data) - 2 * length)
    second = dice.randint(first + length, len(data) - length)
    held = data[first : first + length]
    data[first : first + length] = data[second : second + length]
    data[second : second + length] = held


MUTATIONS: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (flip, cut, insert, swap)


def summary(tried: Sequence[Tried]) -> dict[str, Any]:
    refused = [each for each in tried if not each.decoded]
    crashed = [each for each in tried if has(each, "crashed")]
    largest, before = tried[0], 0
    for each in tried:
        if each.peak > before:
            largest, before = each, each.peak
    return {
        "files": len(tried),
        "decoded": len(tried) - len(refused),
        "decoded_with_faults": sum(each.decoded and bool(each.faults) for each in tried),
        "refused": len(refused),
        # A file may have several faults; the last one is what its sound, or its child, came to.
        "refused_by_code": dict(
            Counter(each.faults[-1].code for each in refused if each.faults).most_common()
        ),
        "refused_without_a_reason": [named(each) for each in refused if not each.faults],
        "faults_without_a_sentence": sorted(
            {fault.code for each in tried for fault in each.faults if not fault.detail}
        ),
        "crashed": [named(each) for each in crashed],
        "crashed_by_reason": dict(Counter(detail(each, "crashed") for each in crashed)),
        "timeouts": [named(each) for each in tried if has(each, "timeout")],
        "beyond_the_limit": [named(each) for each in tried if each.seconds > SECONDS + GRACE],
        "too_much_memory": [named(each) for each in tried if has(each, "too-much-memory")],
        "slowest": [named(each) for each in sorted(tried, key=lambda each: -each.seconds)[:5]],
        "most_memory_of_a_child": {**named(largest), "bytes": largest.peak},
        "seconds": round(sum(each.seconds for each in tried), 1),
    }


def has(tried: Tried, code: str) -> bool:
    return any(fault.code == code for fault in tried.faults)


def detail(tried: Tried, code: str) -> str:
    return next(fault.detail for fault in tried.faults if fault.code == code)


def named(tried: Tried) -> dict[str, Any]:
    return {"base": tried.base, "number": tried.number, "seconds": tried.seconds}


def own_memory() -> int:
    """Resident now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def shown(tried: Iterator[Tried], count: int) -> Iterator[Tried]:
    for number, each in enumerate(tried, 1):
        yield each
        if number % 500 == 0:
            progress(f"{number} of {count} files")
