# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one read agrees with libtorrent, with plain hashlib, and with itself however the bytes arrive."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import libtorrent as lt
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import SourceRefused
from onrecord.model.digests import BLOCK, PIECE, PIECE_HEIGHT, ZERO_HASH, Digests
from onrecord.store.digest import digest, digest_file

SIZES = [
    0,
    1,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    2 * BLOCK,
    2 * BLOCK + 1,
    PIECE - 1,
    PIECE,
    PIECE + 1,
    PIECE + BLOCK,
    2 * PIECE,
    3 * PIECE - 5,
    5 * PIECE + 7,
]
V1, V2, HYBRID = lt.create_torrent.v1_only, lt.create_torrent.v2_only, 0


def sample(size: int) -> bytes:
    return hashlib.shake_128(size.to_bytes(8, "big")).digest(size)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("files")
    paths = {size: folder / f"{size}.bin" for size in SIZES}
    for size, path in paths.items():
        path.write_bytes(sample(size))
    return paths


def torrent(path: Path, flags: int) -> dict[bytes, Any]:
    """What libtorrent itself writes for one file, or for a folder of files, at our piece length."""
    entries = [path] if path.is_file() else sorted(path.iterdir())
    listed = []
    for entry in entries:
        name = entry.name if path.is_file() else f"{path.name}/{entry.name}"
        listed.append(lt.create_file_entry(name, entry.stat().st_size))
    made = lt.create_torrent(listed, PIECE, flags)
    lt.set_piece_hashes(made, str(path.parent))
    out: Any = lt.bdecode(lt.bencode(made.generate()))
    return dict(out)


def leaf(tree: dict[bytes, Any], name: str) -> dict[bytes, Any]:
    found: dict[bytes, Any] = tree[name.encode()][b""]
    return found


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_v2_equals_libtorrent(files: dict[int, Path], size: int) -> None:
    ours = digest_file(files[size])
    theirs = torrent(files[size], V2)
    entry = leaf(theirs[b"info"][b"file tree"], files[size].name)
    assert entry == {b"length": size, b"pieces root": ours.v2_root}
    layers = {ours.v2_root: ours.v2_layer} if ours.v2_layer else {}
    assert theirs.get(b"piece layers", {}) == layers


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_v1_equals_libtorrent(files: dict[int, Path], size: int) -> None:
    """A file that stands last has its last piece hashed as it is."""
    ours = digest_file(files[size])
    assert torrent(files[size], V1)[b"info"][b"pieces"] == last(ours)


def test_hybrid_folder_equals_libtorrent(tmp_path: Path) -> None:
    """Every size in one torrent: each file but the last is padded to the piece, so its records are enough."""
    folder = tmp_path / "album"
    folder.mkdir()
    sizes = [*SIZES, PIECE + 12345]
    for number, size in enumerate(sizes):
        (folder / f"{number:02}.bin").write_bytes(sample(size))
    theirs = torrent(folder, HYBRID | lt.create_torrent.canonical_files_no_tail_padding)
    ours = [digest_file(path) for path in sorted(folder.iterdir())]

    tree = theirs[b"info"][b"file tree"]
    for number, made in enumerate(ours):
        assert leaf(tree, f"{number:02}.bin").get(b"pieces root", b"") == made.v2_root
    assert theirs[b"piece layers"] == {made.v2_root: made.v2_layer for made in ours if made.v2_layer}
    assert theirs[b"info"][b"pieces"] == b"".join([made.v1_pieces for made in ours[:-1]]) + last(ours[-1])


def last(made: Digests) -> bytes:
    return made.v1_pieces[:-20] + made.v1_tail if made.v1_tail else made.v1_pieces


@pytest.mark.parametrize("size", SIZES)
def test_content_digests_equal_the_libraries(files: dict[int, Path], size: int) -> None:
    data = sample(size)
    made = digest_file(files[size])
    assert (made.size, made.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert made.blake3 == blake3(data).digest()
    padded = [data[at : at + PIECE].ljust(PIECE, b"\0") for at in range(0, size, PIECE)]
    assert made.v1_pieces == b"".join(hashlib.sha1(piece).digest() for piece in padded)


def test_an_empty_file_has_no_pieces() -> None:
    made = digest(io.BytesIO().readinto)
    assert (made.size, made.v2_root, made.v2_layer, made.v1_pieces, made.v1_tail) == (0, b"", b"", b"", b"")
    assert made.sha256 == hashlib.sha256().hexdigest()


def test_the_layer_is_padded_with_a_whole_piece_of_padding() -> None:
    """Three pieces: the fourth node is the hash of a piece of zero leaves, not a zero hash (BEP 52)."""
    made = digest(io.BytesIO(sample(2 * PIECE + 1)).readinto)
    nodes = [made.v2_layer[at : at + 32] for at in range(0, len(made.v2_layer), 32)]
    nodes.append(ZERO_HASH[PIECE_HEIGHT])
    above = [hashlib.sha256(nodes[at] + nodes[at + 1]).digest() for at in (0, 2)]
    assert made.v2_root == hashlib.sha256(above[0] + above[1]).digest()


@settings(max_examples=25, deadline=None)
@given(
    size=st.one_of(st.integers(0, 3 * PIECE), st.sampled_from(SIZES)),
    steps=st.lists(st.integers(1, 2 * PIECE), min_size=1, max_size=8),
)
def test_how_the_bytes_arrive_does_not_matter(size: int, steps: list[int]) -> None:
    data = sample(size)
    whole = digest(io.BytesIO(data).readinto)
    copied = bytearray()
    assert digest(in_steps(data, steps), copied.extend) == whole
    assert copied == data


def in_steps(data: bytes, steps: list[int]) -> Any:
    """Reads that give at most the next of `steps`, in turn; small ones are stretched to keep this fast."""
    stream, turn = io.BytesIO(data), iter(range(10**9))

    def read_into(view: memoryview) -> int:
        wanted = max(steps[next(turn) % len(steps)], len(data) // 500)
        return stream.readinto(view[:wanted])

    return read_into


def test_a_used_buffer_leaves_no_trace() -> None:
    buffer = bytearray(b"\xff" * PIECE)
    for size in (PIECE + 1, 1, 0, BLOCK + 1):
        data = sample(size)
        assert digest(io.BytesIO(data).readinto, buffer=buffer) == digest(io.BytesIO(data).readinto)


def test_write_cannot_change_what_is_hashed() -> None:
    def scribble(view: memoryview) -> None:
        view[0] = 0

    with pytest.raises(TypeError):
        digest(io.BytesIO(sample(10)).readinto, scribble)


def test_faults_of_either_side_go_through() -> None:
    def broken(_: memoryview) -> int:
        raise OSError(5, "Input/output error")

    def full(_: memoryview) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="Input/output"):
        digest(broken)
    with pytest.raises(OSError, match="No space left"):
        digest(io.BytesIO(b"abc").readinto, full)


@pytest.mark.parametrize("count", [-1, PIECE + 1])
def test_a_read_that_lies_about_its_count_is_caught(count: int) -> None:
    with pytest.raises(ValueError, match="count"):
        digest(lambda _: count)


def test_a_later_read_that_lies_is_caught() -> None:
    counts = iter([10, PIECE])
    with pytest.raises(ValueError, match="count"):
        digest(lambda _: next(counts))


def test_a_buffer_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=str(PIECE)):
        digest(io.BytesIO(b"abc").readinto, buffer=bytearray(PIECE - 1))


def test_a_descriptor_is_read_from_where_it_stands_and_stays_open(files: dict[int, Path]) -> None:
    with files[PIECE + 1].open("rb", buffering=0) as stream:
        stream.seek(PIECE)
        assert digest_file(stream.fileno()).sha256 == hashlib.sha256(sample(PIECE + 1)[-1:]).hexdigest()
        assert os.fstat(stream.fileno()).st_size == PIECE + 1


def test_a_folder_and_a_pipe_are_refused_without_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceRefused, match="a pipe"):
        digest_file(tmp_path / "pipe")
    with pytest.raises(SourceRefused, match="a folder"):
        digest_file(tmp_path)
