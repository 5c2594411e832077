# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint index at 10,000 and a million sounds: build, memory, bytes a sound, look-ups.

The sounds are made up, but their keys are shared as real ones are. Measured on the music: how many distinct keys a
sound has, how often two pieces' keys fall into one bucket (upper 16 of 28 bits), and how often they are the same.
Buckets and lower bits are then drawn from two Zipf distributions whose exponents give these two frequencies.
"""

import gc
import hashlib
import json
import math
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from measure import drop_from_cache, progress
from msgspec import Struct

from onrecord import audio
from onrecord.audio.fingerprint import SILENCE, keys, near, words
from onrecord.audio.fingerprint_text import WORDS_OF_120_SECONDS
from onrecord.search.fingerprints import COMMON, FingerprintIndex

SMALL: Final = 10_000
LARGE: Final = 1_000_000
#: What the archive is designed for; nothing of this size is built here.
WHOLE: Final = 86_000_000
#: Sounds that are made up at a time.
BLOCK: Final = 1_000
#: Candidates of one look-up that the archive verifies.
CANDIDATES: Final = 100
COLD: Final = 200
WARM: Final = 2_000
OF_A_BLOCK: Final = 25
SEED: Final = 2026
HIGH_BITS: Final = 16
LOW_BITS: Final = 12

SHARES: Final = {"min": 0.0, "p50": 0.5, "p99": 0.99, "max": 1.0}

Places = npt.NDArray[np.int64]


class Sharing(Struct, frozen=True):
    """What the model takes from real music: distinct keys of each piece, and the exponents of the two distributions."""

    counts: list[int]
    high: float
    low: float


def measure(music: Sequence[Path], folder: Path, rounds: int, size: int) -> dict[str, Any]:
    prints = [sound.fingerprint for path in music if (sound := audio.probe(path).sound)]
    if len(real := unlike(prints)) < 2:
        return {"skipped": "fewer than two pieces of music with keys"}
    facts, sharing = learn(real, [count for print_ in prints if (count := len(keys(print_)))])
    largest = size or LARGE
    sizes = {}
    for count in sorted({min(SMALL, largest), largest}):
        progress(f"{count} sounds")
        sizes[str(count)] = in_a_process(count, folder / str(count), sharing)
    return {
        "real": facts,
        "model": modelled(sharing),
        "sizes": sizes,
        "projection": projection(sizes[str(largest)], sharing, largest),
        "wanted": "p99 of a look-up under 50 ms at a million sounds; memory that does not grow with the index",
    }


# --- how real keys are shared -----------------------------------------------------------------------------------


def unlike(prints: Sequence[bytes]) -> list[set[int]]:
    """The distinct keys of each whole piece, not of two minutes: ten times as many pairs to count.

    Without pieces that share more than a twentieth of them with an earlier one: these are the same piece.
    """
    chosen: list[set[int]] = []
    for print_ in prints:
        every = words(print_)
        own = set((every[every != SILENCE] >> 4).tolist())
        if own and all(len(own & other) * 20 <= len(own) for other in chosen):
            chosen.append(own)
    return chosen


def learn(real: Sequence[set[int]], counts: Sequence[int]) -> tuple[dict[str, Any], Sharing]:
    """`counts` has the number of keys of each piece as the index takes them."""
    whole, high = alike(real, 0), alike(real, LOW_BITS)
    pairs = pairs_of(real)
    same_key, same_bucket = at_most(whole) / pairs, at_most(high) / pairs
    sharing = Sharing(
        sorted(counts),
        exponent(same_bucket, 1 << HIGH_BITS),
        exponent(min(1.0, same_key / same_bucket), 1 << LOW_BITS),
    )
    holders: dict[int, int] = defaultdict(int)
    for piece in real:
        for key in piece:
            holders[key] += 1
    facts = {
        "pieces": len(real),
        "distinct_keys_of_a_piece": spread_of(counts),
        "distinct_keys_of_all": len(holders),
        "keys_by_number_of_pieces": {
            str(number): sum(held == number for held in holders.values())
            for number in sorted(set(holders.values()))
        },
        "pairs_of_keys_of_two_pieces": pairs,
        "the_same_key": whole,
        "the_same_bucket": high,
        "taken_as": {"the_same_key": round(at_most(whole), 1), "the_same_bucket": round(at_most(high), 1)},
    }
    return facts, sharing


def at_most(count: int) -> float:
    """About the upper end of the 95 % interval of a Poisson count: few were seen, and sharing more is harder."""
    return count + 2 * math.sqrt(count) + 3


def alike(real: Sequence[set[int]], shift: int) -> int:
    """Pairs of keys from two different pieces that agree above their lowest `shift` bits."""
    total: dict[int, int] = defaultdict(int)
    within: dict[int, int] = defaultdict(int)
    for piece in real:
        own: dict[int, int] = defaultdict(int)
        for key in piece:
            own[key >> shift] += 1
        for key, count in own.items():
            total[key] += count
            within[key] += count * count
    return sum(total[key] ** 2 - within[key] for key in total) // 2


def pairs_of(real: Sequence[set[int]]) -> int:
    counts = [len(piece) for piece in real]
    return (sum(counts) ** 2 - sum(count * count for count in counts)) // 2


def exponent(same: float, values: int) -> float:
    """Of the Zipf distribution over so many values of which two draws agree with the probability `same`."""
    low, high = 0.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2
        if float((zipf(middle, values) ** 2).sum()) < same:
            low = middle
        else:
            high = middle
    return round(low, 6)


def zipf(power: float, values: int) -> npt.NDArray[np.float64]:
    weights = np.arange(1, values + 1, dtype=np.float64) ** -power
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares


def modelled(sharing: Sharing) -> dict[str, Any]:
    high, low = zipf(sharing.high, 1 << HIGH_BITS), zipf(sharing.low, 1 << LOW_BITS)
    return {
        "how": "bucket and lower bits from two Zipf distributions, a sound's number of keys from the real ones; "
        "sounds are independent, and so are a sound's keys, which those of a real sound are not; words are random",
        "exponent_of_buckets": sharing.high,
        "exponent_of_lower_bits": sharing.low,
        "share_of_the_fullest_bucket": float(f"{high[0]:.3g}"),
        "share_of_the_commonest_key": float(f"{high[0] * low[0]:.3g}"),
        "two_keys_are_the_same": float(f"{(high**2).sum() * (low**2).sum():.3g}"),
        "keys_above_the_limit": {str(count): above(sharing, count) for count in (SMALL, LARGE, WHOLE)},
    }


def above(sharing: Sharing, sounds: int) -> dict[str, Any]:
    """Of the keys of one sound, the share that more than `COMMON` of so many sounds hold: these are passed over."""
    mean = float(np.mean(sharing.counts))
    high, low = zipf(sharing.high, 1 << HIGH_BITS), zipf(sharing.low, 1 << LOW_BITS)
    reached = np.concatenate(([0.0], np.cumsum(high)))
    least = COMMON / (mean * sounds)
    above_it = np.searchsorted(-high, -least / low)
    share = float((low * reached[above_it]).sum())
    expected = mean * sounds * float((high**2).sum() * (low**2).sum())
    return {"share": round(share, 5), "other_sounds_of_a_key_on_average": round(expected, 1)}


# --- sounds that are made up ------------------------------------------------------------------------------------


class MadeUp:
    """The same number gives the same sound. `block` makes a thousand at once, and nothing is kept."""

    def __init__(self, sharing: Sharing) -> None:
        self._counts = np.array(sharing.counts)
        self._high = np.cumsum(zipf(sharing.high, 1 << HIGH_BITS))
        self._low = np.cumsum(zipf(sharing.low, 1 << LOW_BITS))

    def block(self, number: int) -> Iterator[tuple[str, list[int], bytes]]:
        random = np.random.default_rng((SEED, number))
        counts = random.choice(self._counts, BLOCK)
        all_keys = self._keys(random, int(counts.sum()))
        sound = random.bytes(4 * WORDS_OF_120_SECONDS * BLOCK)
        ends = np.cumsum(counts).tolist()
        for place, (end, count) in enumerate(zip(ends, counts.tolist(), strict=True)):
            start = 4 * WORDS_OF_120_SECONDS * place
            yield (
                hashlib.sha256(b"%d" % (number * BLOCK + place)).hexdigest(),
                list(dict.fromkeys(all_keys[end - count : end].tolist())),
                sound[start : start + 4 * WORDS_OF_120_SECONDS],
            )

    def sounds(self, count: int) -> Iterator[tuple[str, list[int], bytes]]:
        for number in range(-(-count // BLOCK)):
            yield from list(self.block(number))[: count - number * BLOCK]

    def _keys(self, random: np.random.Generator, count: int) -> Places:
        high = np.searchsorted(self._high, random.random(count)).clip(max=(1 << HIGH_BITS) - 1)
        low = np.searchsorted(self._low, random.random(count)).clip(max=(1 << LOW_BITS) - 1)
        # Odd factors only rename: common values do not lie side by side, and each bucket has its own common keys.
        high = high * 40_503 & (1 << HIGH_BITS) - 1
        low = low * 2_531 + high & (1 << LOW_BITS) - 1
        both: Places = (high << LOW_BITS | low).astype(np.int64)
        return both


# --- one index --------------------------------------------------------------------------------------------------


def in_a_process(count: int, folder: Path, sharing: Sharing) -> dict[str, Any]:
    """A process of its own, whose memory is watched: what it maps of the index is the kernel's to take back."""
    asked = json.dumps({"count": count, "folder": str(folder), "sharing": msgspec.to_builtins(sharing)})
    own = 0
    with subprocess.Popen([sys.executable, __file__, asked], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            own = max(own, anonymous(process.pid))
            time.sleep(0.05)
        assert process.stdout
        printed = process.stdout.read()
    if process.returncode:
        return {"failed": f"exit code {process.returncode}"}
    found: dict[str, Any] = json.loads(printed)
    return {**found, "peak_memory_without_maps_bytes": own}


def anonymous(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it ended meanwhile
    return 0


def one_index(count: int, folder: Path, sharing: Sharing) -> dict[str, Any]:
    made_up = MadeUp(sharing)
    start, cpu = time.monotonic(), time.process_time()
    index = FingerprintIndex(folder)
    added = index.add(shown(made_up.sounds(count)))
    built, spent = time.monotonic() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    files = sizes_of(folder)
    found: dict[str, Any] = {
        "sounds": added,
        "build_s": round(built, 1),
        "build_cpu_s": round(spent, 1),
        "sounds_a_second": round(added / built),
        "peak_memory_bytes": peak,
        "segments": len([path for path in folder.iterdir() if path.is_dir()]),
        "bytes": sum(files.values()),
        "bytes_a_sound": {name: round(size / added, 2) for name, size in files.items()},
        "posting_lengths": posting_lengths(folder, added),
    }
    # What a process maps stays in the page cache.
    del index
    gc.collect()
    drop_from_cache(path for path in folder.rglob("*") if path.is_file())
    questions = list(asked(made_up, count))
    index = FingerprintIndex(folder)
    found["cold"] = look_ups(index, questions[:COLD])
    for own, _, _ in questions:
        index.candidates(own, CANDIDATES)
    found["warm"] = look_ups(index, questions)
    return found


def shown(sounds: Iterator[tuple[str, list[int], bytes]]) -> Iterator[tuple[str, list[int], bytes]]:
    for number, sound in enumerate(sounds, 1):
        yield sound
        if number % 100_000 == 0:
            progress(f"{number} sounds given")


def sizes_of(folder: Path) -> dict[str, int]:
    sizes: dict[str, int] = defaultdict(int)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sizes[path.name] += path.stat().st_size
    return dict(sizes)


def posting_lengths(folder: Path, sounds: int) -> dict[str, Any]:
    """Of the largest segment, read from its files: how many sounds hold a key, by key and as a look-up meets them."""
    largest = max(
        (path for path in folder.iterdir() if path.is_dir()), key=lambda path: (path / "lows").stat().st_size
    )
    buckets = np.fromfile(largest / "buckets", "<u8").astype(np.int64)
    lows = np.memmap(largest / "lows", "<u2", "r")
    by_length = np.zeros(1, np.int64)
    for first in range(0, 1 << HIGH_BITS, 1 << 10):
        bounds = buckets[first : first + (1 << 10) + 1]
        inside = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds)) << LOW_BITS
        held = np.bincount(inside | lows[bounds[0] : bounds[-1]], minlength=1)
        found = np.bincount(held, minlength=len(by_length))
        found[: len(by_length)] += by_length
        by_length = found
    by_length[0] = 0  # keys that nobody holds
    return {
        "of_sounds": int(np.fromfile(largest / "offsets", "<u8").size - 1),
        "by_key": spread_of_counted(by_length),
        "as_a_look_up_meets_them": spread_of_counted(by_length * np.arange(len(by_length))),
        "fullest_bucket": int(np.diff(buckets).max()),
        "keys_above_the_limit": int(by_length[COMMON + 1 :].sum()),
    }


def spread_of_counted(counts: Places) -> dict[str, int]:
    """As `spread_of`, of each place so often as its count says: a million sounds have a hundred million postings."""
    reached = np.cumsum(counts)
    last = int(reached[-1]) - 1
    return {name: int(np.searchsorted(reached, int(last * share), "right")) for name, share in SHARES.items()}


def spread_of(values: Sequence[int]) -> dict[str, int]:
    ordered = sorted(values)
    return {name: ordered[int((len(ordered) - 1) * share)] for name, share in SHARES.items()}


def asked(made_up: MadeUp, count: int) -> Iterator[tuple[list[int], bytes, str]]:
    """Keys and words of sounds that are held (with their digest) and that are not (""), in turn."""
    random = np.random.default_rng(SEED)
    blocks = -(-count // BLOCK)
    absent = (sound for number in range(blocks, blocks + WARM) for sound in made_up.block(number))
    # A few blocks, and of each a few sounds: to make one its whole block must be made.
    chosen = random.choice(blocks, WARM // 2 // OF_A_BLOCK).tolist()
    for number in chosen:
        held = list(made_up.block(number))[: count - number * BLOCK]
        for place in random.integers(len(held), size=OF_A_BLOCK).tolist():
            sha256, own, print_ = held[place]
            yield own, print_, sha256
            _, own, print_ = next(absent)
            yield own, print_, ""


def look_ups(index: FingerprintIndex, questions: Sequence[tuple[list[int], bytes, str]]) -> dict[str, Any]:
    """Candidates alone, then with all of them verified, as the archive does."""
    alone: dict[bool, list[float]] = {True: [], False: []}
    whole: dict[bool, list[float]] = {True: [], False: []}
    candidates: list[int] = []
    found = 0
    for own, print_, sha256 in questions:
        start = time.perf_counter()
        best = index.candidates(own, CANDIDATES)
        middle = time.perf_counter()
        errors = {name: near(print_, index.words(name) or b"") for name, _ in best}
        end = time.perf_counter()
        alone[bool(sha256)].append(middle - start)
        whole[bool(sha256)].append(end - start)
        candidates.append(len(best))
        found += errors.get(sha256) == 0.0
    return {
        "look_ups": len(questions),
        "held_and_found": f"{found} of {len(alone[True])}",
        "candidates": spread_of(candidates),
        "index": times([*alone[True], *alone[False]]),
        "index_held": times(alone[True]),
        "index_absent": times(alone[False]),
        "with_verification": times([*whole[True], *whole[False]]),
    }


def times(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {
        **{
            name: round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)
            for name, share in shares.items()
        },
        "a_second": round(len(ordered) / sum(ordered), 1),
    }


def projection(built: dict[str, Any], sharing: Sharing, count: int) -> dict[str, Any]:
    if "failed" in built:
        return {"skipped": "the largest size failed"}
    each = {
        name: size for name, size in built["bytes_a_sound"].items() if name not in ("buckets", "current.json")
    }
    return {
        "is": f"a projection from {count} sounds by bytes alone; no index of this size was built",
        "sounds": WHOLE,
        "gigabytes": {name: round(size * WHOLE / 1e9, 1) for name, size in each.items()},
        "gigabytes_in_all": round(sum(each.values()) * WHOLE / 1e9, 1),
        "keys_above_the_limit": above(sharing, WHOLE),
    }


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    answer = one_index(given["count"], Path(given["folder"]), msgspec.convert(given["sharing"], Sharing))
    print(json.dumps(answer))
