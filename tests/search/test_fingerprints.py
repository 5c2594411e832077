# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint index answers as a dictionary would, whatever was merged, hidden, killed or cut off meanwhile."""

import hashlib
import os
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import IntegrityError, NewerFormat, StoreFailed
from onrecord.search.fingerprints import COMMON, ENOUGH, MOST_KEYS, FingerprintIndex

Item = tuple[str, list[int], bytes]
#: Digests that NumPy's strings would shorten, and that lie at the borders of ranges.
ODD = ["00" * 32, "ff" * 32, "00" * 31 + "01", "80" + "00" * 31, "7f" + "ff" * 31]
TOP = 2**28 - 1


def sha(number: int) -> str:
    return ODD[number] if number < len(ODD) else hashlib.sha256(b"%d" % number).hexdigest()


def item(number: int, keys: Iterable[int] = (), words: bytes | None = None) -> Item:
    return sha(number), list(keys), b"words of %d" % number if words is None else words


def tune(number: int) -> Item:
    """Nine keys, of which it shares six with the tune before and after it, and so on."""
    return item(number, [(3 * number + i) * 65_537 % TOP for i in range(9)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "search" / "fingerprints"


class Model:
    """What the index must answer, by brute force."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[list[int], bytes]] = {}

    def add(self, items: Iterable[Item]) -> int:
        before = len(self.held)
        for sha256, keys, words in items:
            self.held.setdefault(sha256, (keys, words))
        return len(self.held) - before

    def remove(self, sha256s: Iterable[str]) -> int:
        return sum(self.held.pop(sha256, None) is not None for sha256 in set(sha256s))

    def candidates(self, keys: list[int], limit: int, common: int = COMMON) -> list[tuple[str, int]]:
        asked = set(keys[:MOST_KEYS])
        holders = Counter(key for held, _ in self.held.values() for key in set(held))
        telling = {key for key in asked if holders[key] <= common}
        found = []
        for sha256, (held, _) in self.held.items():
            shared = len(telling & set(held))
            if shared and shared >= min(ENOUGH, len(asked), len(set(held))):
                found.append((sha256, shared))
        return sorted(found, key=lambda candidate: (-candidate[1], candidate[0]))[:limit]


def assert_equal(index: FingerprintIndex, model: Model, queries: Iterable[list[int]]) -> None:
    assert len(index) == len(model.held)
    for number in range(40):
        assert index.holds(sha(number)) == (sha(number) in model.held)
        assert index.words(sha(number)) == model.held.get(sha(number), (None, None))[1]
    for keys in queries:
        for limit in (0, 1, 3, 50):
            assert index.candidates(keys, limit) == model.candidates(keys, limit), (keys, limit)


KEYS = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 4095, 4096, 4097, TOP - 1, TOP]), max_size=12)
ITEMS = st.lists(st.builds(item, st.integers(0, 39), KEYS, st.binary(max_size=5)), max_size=25)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), ITEMS),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 39).map(sha), max_size=15)),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.lists(KEYS, max_size=4), st.integers(1, 8))
def test_it_answers_as_a_dictionary_would(
    steps: list[tuple[str, list[Item] | list[str]]], queries: list[list[int]], run: int
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        index = FingerprintIndex(Path(folder), run=run)
        for verb, what in steps:
            assert getattr(index, verb)(what) == getattr(model, verb)(what)
        assert_equal(index, model, queries)
        index.check()
        assert_equal(FingerprintIndex(Path(folder)), model, queries)


@settings(max_examples=20, deadline=None)
@given(ITEMS, KEYS.filter(bool), st.integers(0, 6))
def test_a_key_that_very_many_hold_counts_for_nothing(
    items: list[Item], keys: list[int], common: int
) -> None:
    model = Model()
    model.add(items)
    with tempfile.TemporaryDirectory() as folder:
        index = FingerprintIndex(Path(folder), common=common, run=4)
        index.add(items)
        assert index.candidates(keys, 50) == model.candidates(keys, 50, common)


def test_an_empty_index_makes_no_folder(folder: Path) -> None:
    index = FingerprintIndex(folder)
    assert (len(index), index.holds(sha(1)), index.words(sha(1)), index.candidates([1, 2])) == (
        0,
        False,
        None,
        [],
    )
    index.check()
    assert not folder.exists()


def test_a_look_up_reads_the_first_120_keys(folder: Path) -> None:
    index = FingerprintIndex(folder)
    index.add([item(1, range(200)), item(2, range(MOST_KEYS, 200))])
    assert index.candidates(range(10_000)) == [(sha(1), MOST_KEYS)]


def test_what_is_no_digest_or_no_key_is_refused_and_nothing_is_added(folder: Path) -> None:
    index = FingerprintIndex(folder)
    for wrong in (("ab", [], b""), ("x" * 64, [], b""), (sha(2), [2**28], b""), (sha(2), [-1], b"")):
        with pytest.raises(ValueError, match=r"expected|hexadecimal"):
            index.add([item(1, [1]), wrong])
    with pytest.raises(ValueError, match="SHA-256"):
        index.holds("ab")
    with pytest.raises(ValueError, match="28 bits"):
        index.candidates([2**28])
    assert len(index) == len(FingerprintIndex(folder)) == 0


def files(folder: Path) -> dict[str, bytes]:
    """The files of the only segment, by name."""
    [segment] = [path for path in folder.iterdir() if path.is_dir()]
    return {path.name: path.read_bytes() for path in segment.iterdir()}


def test_a_merge_gives_the_bytes_of_an_index_that_was_built_at_once(tmp_path: Path) -> None:
    # Every ninth is short, and none of the first 70 is left.
    items = [tune(number) if number % 9 else item(number, [number]) for number in range(210)]
    once = FingerprintIndex(tmp_path / "once")
    once.add(items[70:])
    slowly = FingerprintIndex(tmp_path / "slowly", run=3)
    slowly.add(reversed(items[:120]))
    assert slowly.remove(sha(number) for number in range(70)) == 70
    slowly.add(items[100:])
    assert files(tmp_path / "slowly") == files(tmp_path / "once")


def test_segments_stay_few(folder: Path) -> None:
    for number in range(60):
        FingerprintIndex(folder).add([tune(number)])
        assert sum(path.is_dir() for path in folder.iterdir()) <= 8
    index = FingerprintIndex(folder)
    assert index.candidates(tune(30)[1]) == [(sha(30), 9), *sorted([(sha(29), 6), (sha(31), 6)])]


def test_readers_keep_what_they_opened(folder: Path) -> None:
    writer = FingerprintIndex(folder, run=2)
    writer.add(map(tune, range(10)))
    reader = FingerprintIndex(folder)
    before = reader.candidates(tune(5)[1])
    named = {path.name for path in folder.iterdir() if path.is_dir()}
    writer.remove([sha(5)])
    writer.add(map(tune, range(10, 60)))
    assert named.isdisjoint(path.name for path in folder.iterdir()), (
        "all that the reader opened is merged away"
    )
    assert (len(reader), reader.candidates(tune(5)[1]), reader.words(sha(5))) == (10, before, b"words of 5")
    assert not reader.holds(sha(50))
    assert (len(FingerprintIndex(folder)), FingerprintIndex(folder).holds(sha(5))) == (59, False)


def test_readers_may_open_while_another_process_writes_and_merges(folder: Path) -> None:
    writer = os.fork()
    if not writer:
        code = 1
        try:
            for number in range(60):
                FingerprintIndex(folder).add([tune(number)])
            code = 0
        finally:
            os._exit(code)
    sizes = []
    while not (ended := os.waitpid(writer, os.WNOHANG))[0]:
        index = FingerprintIndex(folder)
        sizes.append(len(index))
        assert len(index.candidates(tune(0)[1])) == min(len(index), 2), (
            "tune 0 shares enough with one neighbor"
        )
    assert ended[1] == 0
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 5
    assert len(FingerprintIndex(folder)) == 60


def test_a_writer_goes_on_from_what_another_one_wrote(folder: Path) -> None:
    first, second = FingerprintIndex(folder), FingerprintIndex(folder)
    assert first.add([tune(1)]) == 1
    assert second.add([tune(1), tune(2)]) == 1
    assert len(second) == len(FingerprintIndex(folder)) == 2


def test_a_removed_sound_can_come_back_as_another(folder: Path) -> None:
    index = FingerprintIndex(folder)
    index.add([item(1, range(9)), item(2, range(9))])
    assert index.remove([sha(1), sha(1), sha(3)]) == 1
    assert (index.words(sha(1)), index.candidates(range(9))) == (None, [(sha(2), 9)])
    assert index.add([item(1, range(100, 109), b"anew")]) == 1
    assert (index.words(sha(1)), index.candidates(range(100, 109))) == (b"anew", [(sha(1), 9)])
    assert index.candidates(range(9)) == [(sha(2), 9)]
    assert index.remove([sha(1), sha(2)]) == 2
    index.add([])
    assert [path.name for path in folder.iterdir()] == ["current.json"], (
        "what is hidden leaves the disk with a merge"
    )


def test_nothing_new_writes_nothing(folder: Path) -> None:
    index = FingerprintIndex(folder)
    index.add([tune(1)])
    before = (folder / "current.json").stat().st_mtime_ns
    assert (index.add([tune(1)]), index.add([]), index.remove([sha(2)])) == (0, 0, 0)
    assert (folder / "current.json").stat().st_mtime_ns == before


def killed(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is gone before it makes, names or removes a file for the n-th time."""
    child = os.fork()
    if not child:
        left = [step]

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(count)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), "the work failed by itself"
    return code == 9


def add_and_merge(folder: Path) -> None:
    FingerprintIndex(folder).add([tune(20), tune(21)])


def remove_some(folder: Path) -> None:
    FingerprintIndex(folder).remove(map(sha, range(18)))


@pytest.mark.parametrize("work", [add_and_merge, remove_some])
def test_a_kill_anywhere_leaves_the_old_index_or_the_new_one(
    tmp_path: Path, folder: Path, work: Callable[[Path], None]
) -> None:
    index = FingerprintIndex(folder)
    index.add(map(tune, range(15)))
    index.add(map(tune, range(15, 20)))
    index.remove(map(sha, range(8)))
    old = answers(folder)
    shutil.copytree(folder, tmp_path / "new")
    work(tmp_path / "new")
    new = answers(tmp_path / "new")
    seen = []
    for step in range(10_000):
        shutil.copytree(folder, tmp_path / "tried")
        alive = not killed(step, lambda: work(tmp_path / "tried"))
        seen.append(answers(tmp_path / "tried"))
        work(tmp_path / "tried")
        assert answers(tmp_path / "tried") == new, f"it goes on after a kill at step {step}"
        assert names(tmp_path / "tried") == names(tmp_path / "tried", counted=True), (
            "and leaves nothing behind"
        )
        shutil.rmtree(tmp_path / "tried")
        if alive:
            break
    change = seen.index(new)
    assert change > 3
    assert seen == [old] * change + [new] * (len(seen) - change)


def answers(folder: Path) -> list[object]:
    index = FingerprintIndex(folder)
    index.check()
    return [(index.words(sha(number)), index.candidates(tune(number)[1])) for number in range(32)]


def names(folder: Path, *, counted: bool = False) -> set[str]:
    """What lies in the folder, or what counts."""
    if not counted:
        return {path.name for path in folder.iterdir()}
    current = msgspec.json.decode((folder / "current.json").read_bytes())
    hidden = {segment["hidden"]["name"] for segment in current["segments"] if segment["hidden"]}
    return {"current.json"} | hidden | {segment["name"] for segment in current["segments"]}


@pytest.fixture
def filled(folder: Path) -> Path:
    index = FingerprintIndex(folder)
    index.add([*map(tune, range(20)), item(30, [1])])
    index.remove([sha(3)])
    return folder


def every_file(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_file_that_is_cut_or_absent_is_said(filled: Path) -> None:
    paths = list(every_file(filled))
    assert len(paths) == 9
    for path in paths:
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(IntegrityError, match=path.name) as caught:
            FingerprintIndex(filled)
        assert "search/fingerprints" in caught.value.hint
        path.unlink()
        if path.name != "current.json":
            with pytest.raises(IntegrityError, match=f"{path.name}: absent"):
                FingerprintIndex(filled)
        path.write_bytes(content)
    FingerprintIndex(filled).check()


def test_a_flipped_bit_is_found_and_never_sealed_by_a_merge(filled: Path) -> None:
    for path in every_file(filled):
        if path.name == "current.json":
            continue
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 64]) + content[1:])
        with pytest.raises(IntegrityError, match=f"{path.name}: damaged"):
            FingerprintIndex(filled).check()
        with pytest.raises(IntegrityError, match=f"{path.name}: damaged"):
            FingerprintIndex(filled, run=2).add(map(tune, range(40, 140)))
        path.write_bytes(content)
    index = FingerprintIndex(filled, run=2)
    index.add(map(tune, range(40, 140)))
    index.check()


@pytest.mark.parametrize("name", ["buckets", "documents", "offsets"])
def test_numbers_that_point_outside_are_damage(filled: Path, name: str) -> None:
    [path] = filled.rglob(name)
    path.write_bytes(b"\xff" * path.stat().st_size)
    index = FingerprintIndex(filled)
    with pytest.raises(IntegrityError, match=f"{name}: damaged"):
        _ = index.words(sha(5)), index.candidates(tune(5)[1])


def test_a_newer_format_is_left_alone(filled: Path) -> None:
    (filled / "current.json").write_bytes(b'{"format":2,"what":"ever"}')
    with pytest.raises(NewerFormat, match=r"expected format 1 .* got 2"):
        FingerprintIndex(filled).add([tune(50)])
    assert len(list(every_file(filled))) == 9


def test_a_disk_that_refuses_is_said_and_nothing_is_lost(filled: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(StoreFailed, match=r"cannot be used: .*File too large"):
            FingerprintIndex(filled).add([tune(50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    index = FingerprintIndex(filled)
    assert (len(index), index.add([tune(50)]), len(index)) == (20, 1, 21)


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match="Not a directory"):
        FingerprintIndex(tmp_path / "file")
