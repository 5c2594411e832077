# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps are read through any packing as they stream by; what was packed to hurt is refused, by name or by counting."""

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc

import pytest
from backports import zstd

from onrecord.sources import packed, tar_entries

PACKINGS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "zstd": zstd.compress,
}
TEXT = b"".join(b"line %d of a dump %x\n" % (number, number**5) for number in range(50_000))


def tarred(entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for name, content in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def read(path):
    return [(part.name, part.refused or part.stream.read()) for part in packed.parts(path)]


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_bytes_several_streams_too(tmp_path, packing):
    pack, path = PACKINGS[packing], tmp_path / "dump"
    path.write_bytes(pack(TEXT))
    assert read(path) == [("", TEXT)]
    path.write_bytes(pack(TEXT[:70_000]) + pack(b"") + pack(TEXT[70_000:]))
    assert read(path) == [("", TEXT)]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_files_of_a_tar_come_in_their_order(tmp_path, packing, format):
    long = "a/" * 60 + "name" * 24
    entries = [("COPYING", b"CC0"), ("mbdump/release", TEXT), (long, b"x"), ("empty", b"")]
    (tmp_path / "d").write_bytes(PACKINGS[packing](tarred(entries, format)))
    assert read(tmp_path / "d") == entries
    assert [part.number for part in packed.parts(tmp_path / "d")] == [0, 1, 2, 3]  # none of them read


@pytest.mark.parametrize("packing", [name for name in PACKINGS if name != "plain"])
def test_what_stands_before_a_cut_is_given(tmp_path, packing):
    whole = PACKINGS[packing](TEXT)
    (tmp_path / "d").write_bytes(whole[: len(whole) * 2 // 3])
    parts = packed.parts(tmp_path / "d")
    part, got = next(parts), b""
    with pytest.raises(packed.DAMAGE):
        while True:
            more = part.stream.read1(1000)
            assert more, "a cut is no end"
            got += more
    assert TEXT.startswith(got)
    assert len(got) > len(TEXT) // 4


def entry(name, kind, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


HOSTILE = {
    "up": ("../x", "leads out of it"),
    "up inside": ("a/../../x", "leads out of it"),
    "up the other way": ("a\\..\\x", "leads out of it"),
    "absolute": ("/etc/passwd", "absolute"),
    "drive": ("C:/x", "absolute"),
    "twice": ("good", "stands twice"),
    "symbolic link": (entry("x", tarfile.SYMTYPE, "/etc/passwd"), "a symbolic link"),
    "hard link": (entry("x", tarfile.LNKTYPE, "good"), "a hard link"),
    "device": (entry("x", tarfile.CHRTYPE), "a device"),
    "pipe": (entry("x", tarfile.FIFOTYPE), "a pipe"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_entries_are_refused_by_name_and_the_rest_is_read(tmp_path, what):
    hostile, why = HOSTILE[what]
    (tmp_path / "d").write_bytes(tarred([("good", b"1"), (hostile, b""), ("last", b"2")]))
    first, (_, refused), last = read(tmp_path / "d")
    assert (first, last) == (("good", b"1"), ("last", b"2"))
    assert why in refused


def test_a_name_that_cannot_be_printed_is_shown_escaped(tmp_path):
    (tmp_path / "d").write_bytes(tarred([("a\x1b[31m\nb", b"1")], tarfile.GNU_FORMAT))
    assert read(tmp_path / "d") == [("a\\x1b[31m\\nb", b"1")]


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "zstd"])
def test_a_bomb_is_refused_by_counted_bytes(tmp_path, packing, monkeypatch):
    monkeypatch.setattr(packed, "FREE", 1024 * 1024)
    (tmp_path / "d").write_bytes(PACKINGS[packing](bytes(64 * 1024 * 1024)))
    parts = packed.parts(tmp_path / "d")
    part = next(parts)
    tracemalloc.start()
    with pytest.raises(OSError, match="times as much"):
        while part.stream.read(100_000):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_header_that_asks_for_memory_is_refused(tmp_path):
    big = tarfile.TarInfo("x")
    big.type, big.size = tarfile.GNUTYPE_LONGNAME, 8 * 1024**3
    (tmp_path / "d").write_bytes(big.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    with pytest.raises(OSError, match="expected at most 65536"):
        read(tmp_path / "d")


def test_an_xz_file_that_asks_for_memory_is_refused(tmp_path):
    wide = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    compressor = lzma.LZMACompressor(filters=wide, format=lzma.FORMAT_XZ)
    head = compressor.compress(b"x" * 100)
    del compressor
    (tmp_path / "d").write_bytes(head + bytes(1000))
    with pytest.raises(packed.DAMAGE):
        read(tmp_path / "d")


def test_more_files_than_any_dump_has(tmp_path, monkeypatch):
    monkeypatch.setattr(tar_entries, "MOST", 100)
    (tmp_path / "d").write_bytes(tarred([(f"{number}", b"") for number in range(200)]))
    with pytest.raises(OSError, match="more than 100 files"):
        read(tmp_path / "d")


@pytest.mark.parametrize("packing", ["plain", "xz"])
def test_a_tar_that_is_cut_or_damaged_says_so(tmp_path, packing):
    whole = tarred([("a", TEXT), ("b", TEXT)])
    damaged = whole[:700_000] + b"\xff" * 2048 + whole[702_048:]
    start_of_b = 512 + len(TEXT) + -len(TEXT) % 512
    broken = whole[: start_of_b + 20] + b"!" + whole[start_of_b + 21 :]
    for data in (whole[:300_000], whole[: len(TEXT) + 2000], whole[: 512 * 7], broken):
        (tmp_path / "d").write_bytes(PACKINGS[packing](data))
        with pytest.raises(packed.DAMAGE):
            read(tmp_path / "d")
    (tmp_path / "d").write_bytes(PACKINGS[packing](damaged))
    assert len(read(tmp_path / "d")) == 2  # a tar has no checksum of contents
