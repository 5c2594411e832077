# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A diff applied to the old edition gives the new one, bit for bit; anything else is refused, and leaves nothing."""

import datetime as dt
import hashlib
import io
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import (
    DigestMismatch,
    IntegrityError,
    NewerFormat,
    OnrecordError,
    SignatureInvalid,
    SourceRefused,
    StoreFull,
    UsageError,
)
from onrecord.publish import diffing
from onrecord.publish.diffing import Head, Part, apply_diff, write_diff
from onrecord.publish.edition import Manifest, listing, seal
from onrecord.publish.signing import Key, sign

KEY = Key.generate(bytes(range(32)))
ARCHIVE = "0123456789abcdef"


def edition(
    folder: Path, number: int, files: dict[str, bytes], archive: str = ARCHIVE, key: Key = KEY
) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    folder.mkdir(exist_ok=True)
    day = dt.date(2026, 11, number)
    seal(
        folder,
        Manifest(1, archive, "Test", number, day, 0, {}, (), {}, listing(folder)),
        key,
    )
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return edition(
        tmp_path / "old",
        1,
        {
            "dataset/recordings.parquet": noise(1, 300_000),
            "dataset/same.parquet": noise(2, 50_000),
            "volumes/onrecord-cc0-1-0-aaaaaaaaaaaa.torrent": noise(3, 80_000),
            "CREDITS.md": b"one\n",
        },
    )


@pytest.fixture
def new(tmp_path: Path) -> Path:
    table = noise(1, 300_000)
    return edition(
        tmp_path / "new",
        2,
        {
            "dataset/recordings.parquet": table[:70_000] + b"a new row" + table[70_000:],
            "dataset/same.parquet": noise(2, 50_000),
            "dataset/moved.parquet": noise(2, 50_000),
            "volumes/onrecord-cc0-1-0-bbbbbbbbbbbb.torrent": noise(3, 80_000)[2_000:],
            "CREDITS.md": b"one\ntwo\n",
            "empty": b"",
        },
    )


@pytest.fixture
def told(old: Path, new: Path, tmp_path: Path) -> bytes:
    write_diff(old, new, tmp_path / "diff")
    return (tmp_path / "diff").read_bytes()


def test_a_diff_applied_to_the_old_edition_gives_the_new_one(
    old: Path, new: Path, told: bytes, tmp_path: Path
) -> None:
    before = content(old)
    made = apply_diff(io.BytesIO(told), old, tmp_path / "made")
    assert content(tmp_path / "made") == content(new)
    assert content(old) == before
    assert (made.old.number, made.new.number) == (1, 2)
    assert made.same == 3, "two of one content, and the key"
    assert len(told) < 5_000, (
        "what is the same, what moved within a file and what was cut anew does not travel"
    )


def test_the_same_editions_give_the_same_bytes(old: Path, new: Path, told: bytes, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for folder in (old, new):
        shutil.copytree(folder, elsewhere / folder.name)
    write_diff(elsewhere / "old", elsewhere / "new", elsewhere / "diff")
    assert (elsewhere / "diff").read_bytes() == told


def test_large_files_are_told_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diffing, "CHUNK", 32_768)
    monkeypatch.setattr(diffing, "BASE", 3 * 32_768)
    table = noise(5, 1_000_000)
    one = edition(tmp_path / "1", 1, {"dataset/a": table})
    late = b"".join(table[at : at + 50_000] + b"row" for at in range(0, len(table), 50_000))
    two = edition(tmp_path / "2", 2, {"dataset/a": late})
    write_diff(one, two, tmp_path / "diff")
    assert (tmp_path / "diff").stat().st_size < 10_000
    with (tmp_path / "diff").open("rb") as file:
        apply_diff(file, one, tmp_path / "made")
    assert content(tmp_path / "made") == content(two)


_BYTES = st.one_of(
    st.binary(max_size=2_000),
    st.lists(st.sampled_from([noise(1, 700), noise(2, 90), b"row,", b"", bytes(9)]), max_size=12).map(
        b"".join
    ),
)
_FILES = st.dictionaries(st.sampled_from(["a", "b", "dataset/c", "dataset/d"]), _BYTES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(_FILES, _FILES, st.sampled_from([64, 1_000, 32 * 1024**2]))
def test_any_two_editions(early: dict[str, bytes], late: dict[str, bytes], chunk: int) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(diffing, "CHUNK", chunk)
        patch.setattr(diffing, "BASE", 3 * chunk)
        root = Path(folder)
        one, two = edition(root / "1", 1, early), edition(root / "2", 2, late)
        for name, a, b in (("up", one, two), ("down", two, one)):
            write_diff(a, b, root / name)
            with (root / name).open("rb") as file:
                apply_diff(file, a, root / f"made-{name}")
            assert content(root / f"made-{name}") == content(b)


def refused(told: bytes, old: Path, error: type[OnrecordError], match: str, key: str = "") -> None:
    made = old.parent / "made"
    with pytest.raises(error, match=match):
        apply_diff(io.BytesIO(told), old, made, key)
    assert [path.name for path in old.parent.iterdir() if "made" in path.name] == []


def test_a_diff_that_was_cut_is_refused(old: Path, told: bytes) -> None:
    # The head is the longest frame of this diff: a cut within it, in the middle of a file, and before the last byte.
    for length in [0, 5, 16, 18, 100, *range(200, len(told) - 1, 97), len(told) - 1]:
        refused(told[:length], old, SourceRefused, "the diff: expected")
    refused(told + b"x", old, SourceRefused, "its end after the last file, got more")


def test_a_diff_that_is_cut_or_damaged_is_called_by_its_file(old: Path, told: bytes, tmp_path: Path) -> None:
    path = tmp_path / "1-to-2.diff"
    middle = len(told) * 3 // 4
    flipped = told[:middle] + bytes([told[middle] ^ 1]) + told[middle + 1 :]
    for content in (told[:-1], told[:30], b"", b"no diff", flipped, told + b"x"):
        path.write_bytes(content)
        with path.open("rb") as file, pytest.raises(OnrecordError) as raised:
            apply_diff(file, old, tmp_path / "made")
        assert str(path) in raised.value.message


def test_no_flipped_bit_makes_another_edition(old: Path, new: Path, told: bytes, tmp_path: Path) -> None:
    for bit in range(0, len(told) * 8, 331):
        bad = bytearray(told)
        bad[bit // 8] ^= 1 << bit % 8
        try:
            apply_diff(io.BytesIO(bytes(bad)), old, tmp_path / "made")
        except OnrecordError:
            assert not (tmp_path / "made").exists()
        else:
            assert content(tmp_path / "made") == content(new)
            shutil.rmtree(tmp_path / "made")


def test_another_edition_is_refused_by_name(old: Path, new: Path, told: bytes) -> None:
    refused(told, new, UsageError, "told by edition 1 of 0123456789abcdef .* this is edition 2")


def test_a_folder_that_is_no_edition_is_refused(told: bytes, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    refused(told, tmp_path / "none", UsageError, "expected the folder of an edition")


def test_a_damaged_file_of_the_old_edition_is_named(old: Path, told: bytes) -> None:
    for path in ("dataset/recordings.parquet", "dataset/same.parquet"):
        whole = (old / path).read_bytes()
        (old / path).write_bytes(whole[:-1] + b"\0")
        refused(told, old, DigestMismatch, f"{path}: expected SHA-256")
        (old / path).unlink()
        refused(told, old, IntegrityError, f"{path}: SHA256SUMS names it, it is not there")
        (old / path).write_bytes(whole)


def test_a_damaged_edition_makes_no_diff(old: Path, new: Path, tmp_path: Path) -> None:
    for folder in (old, new):
        for path in ("dataset/recordings.parquet", "dataset/same.parquet"):
            whole = (folder / path).read_bytes()
            (folder / path).write_bytes(b"\0" + whole[1:])
            if (folder, path) != (old, "dataset/same.parquet"):  # not read: the new one's is whole
                with pytest.raises(DigestMismatch, match=path):
                    write_diff(old, new, tmp_path / "diff")
                assert [each.name for each in tmp_path.iterdir() if "diff" in each.name] == []
            (folder / path).write_bytes(whole)


def test_editions_of_two_archives_have_no_diff(old: Path, tmp_path: Path) -> None:
    other = edition(tmp_path / "other", 2, {}, archive="f" * 16)
    with pytest.raises(UsageError, match="expected two editions of one"):
        write_diff(old, other, tmp_path / "diff")


def test_nothing_is_overwritten(old: Path, new: Path, told: bytes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not overwritten"):
        write_diff(old, new, tmp_path / "diff")
    with pytest.raises(UsageError, match="is here already"):
        apply_diff(io.BytesIO(told), old, new)


def forged(told: bytes, change: Callable[[Head], Head]) -> bytes:
    """The diff with another head before the same files."""
    length = int.from_bytes(told[16:20], "little")
    head = msgspec.json.decode(diffing._unpacked(told[20 : 20 + length], b"", 10**7), type=Head)
    file = io.BytesIO()
    file.write(told[:16])
    diffing._write_frame(file, diffing._packed(msgspec.json.encode(change(head)), b""))
    return file.getvalue() + told[20 + length :]


def with_part(told: bytes, at: str, **fields: object) -> bytes:
    def change(head: Head) -> Head:
        files = [msgspec.structs.replace(each, **fields) if each.path == at else each for each in head.files]
        return msgspec.structs.replace(head, files=tuple(files))

    return forged(told, change)


@pytest.mark.parametrize(
    "path",
    ["../outside", "/etc/outside", "a/../../outside", "dataset", "CREDITS.MD", "a\\b", "", "con", "x/"],
)
def test_a_path_that_leads_outside_or_clashes_is_refused(old: Path, told: bytes, path: str) -> None:
    refused(with_part(told, "empty", path=path), old, SourceRefused, "path|name")


@pytest.mark.parametrize("base", ["../old/CREDITS.md", "/etc/passwd", "none"])
def test_a_file_is_told_by_files_of_the_old_edition_alone(old: Path, told: bytes, base: str) -> None:
    for at in ("dataset/same.parquet", "dataset/recordings.parquet"):
        refused(with_part(told, at, base=base), old, SourceRefused, "the earlier edition does not have")


def test_declared_sizes_bound_what_is_written(old: Path, told: bytes) -> None:
    at = "dataset/recordings.parquet"
    refused(with_part(told, at, size=100), old, SourceRefused, "expected 100 bytes .* or more")
    refused(with_part(told, at, size=10**18), old, StoreFull, "1,000,0.* bytes, .* are free")
    refused(with_part(told, at, size=-1), old, SourceRefused, "a size")
    refused(with_part(told, "dataset/same.parquet", size=100), old, DigestMismatch, "and 50000 bytes|and 100")


def test_a_frame_that_unpacks_without_end_is_stopped(old: Path, told: bytes) -> None:
    length = int.from_bytes(told[16:20], "little")
    bomb = diffing._packed(bytes(30 * 1024**2), b"")
    assert len(bomb) < 20_000
    head, files = told[: 20 + length], told[20 + length :]
    first = int.from_bytes(files[:4], "little")
    refused(
        head + len(bomb).to_bytes(4, "little") + bomb + files[4 + first :],
        old,
        SourceRefused,
        "or more|the bytes of",
    )
    refused(
        told[:16] + (2**32 - 1).to_bytes(4, "little") + told[20:], old, SourceRefused, "a frame of at most"
    )


def test_a_head_that_unpacks_without_end_is_stopped(
    old: Path, told: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffing, "_MAX_HEAD", 1_000_000)
    bomb = diffing._packed(b" " * 1_000_001, b"")
    refused(told[:16] + len(bomb).to_bytes(4, "little") + bomb, old, SourceRefused, "a head of at most")


def test_another_format_is_left_alone(old: Path, told: bytes) -> None:
    refused(told.replace(b"diff 1\n", b"diff 2\n", 1), old, NewerFormat, "diff 2")
    refused(forged(told, lambda head: msgspec.structs.replace(head, format=2)), old, NewerFormat, "format 2")
    refused(b"PK\3\4 something else", old, SourceRefused, "onrecord diff 1")


def test_an_edition_that_another_key_signed_needs_to_be_asked_for(old: Path, tmp_path: Path) -> None:
    other = Key.generate(bytes(32))
    late = edition(tmp_path / "late", 2, {"a": b"a"}, key=other)
    write_diff(old, late, tmp_path / "diff")
    told = (tmp_path / "diff").read_bytes()
    refused(told, old, SignatureInvalid, "expected key")
    refused(told, old, SignatureInvalid, "signed by key", key=KEY.public.splitlines()[1])
    apply_diff(io.BytesIO(told), old, tmp_path / "made", other.public.splitlines()[1])
    assert content(tmp_path / "made") == content(late)


def test_what_the_checksums_do_not_say_is_refused(old: Path, new: Path, tmp_path: Path) -> None:
    """Whoever makes a diff of a folder that they changed, and sign nothing, make nothing."""
    (new / "CREDITS.md").write_bytes(b"mine\n")
    sums = (new / "SHA256SUMS").read_bytes()
    changed = sums.replace(
        hashlib.sha256(b"one\ntwo\n").hexdigest().encode(), hashlib.sha256(b"mine\n").hexdigest().encode()
    )
    assert changed != sums
    (new / "SHA256SUMS").write_bytes(changed)
    write_diff(old, new, tmp_path / "forged")
    refused((tmp_path / "forged").read_bytes(), old, SignatureInvalid, "are not what key")
    (new / "SHA256SUMS.minisig").write_bytes(sign(changed, Key(bytes(32), KEY.id), "x"))
    write_diff(old, new, tmp_path / "forged again")
    refused((tmp_path / "forged again").read_bytes(), old, SignatureInvalid, "are not what key")


def test_a_file_that_the_checksums_do_not_name_is_refused(old: Path, told: bytes) -> None:
    def extra(head: Head) -> Head:
        more = Part("zz", 4, hashlib.sha256(b"one\n").hexdigest(), "same", "CREDITS.md")
        return msgspec.structs.replace(head, files=(*head.files, more))

    refused(forged(told, extra), old, SourceRefused, "'zz' with SHA-256 .not listed")


def test_a_killed_run_is_no_hindrance(old: Path, new: Path, told: bytes, tmp_path: Path) -> None:
    (tmp_path / ".made.part" / "dataset").mkdir(parents=True)
    (tmp_path / ".made.part" / "dataset" / "recordings.parquet").write_bytes(b"half")
    apply_diff(io.BytesIO(told), old, tmp_path / "made")
    assert content(tmp_path / "made") == content(new)
