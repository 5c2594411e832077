# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records in frames: each decompresses by itself, holds whole lines, and is found by the table (format clause 8.7)."""

import hashlib
import shutil
import subprocess
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.engine.parquet import column_names, read_rows
from onrecord.publish.record_frames import FRAME, Frame, Line, line, write_records


def made(record: str, payload: bytes, source: str = "a") -> Line:
    digest = hashlib.sha256(payload).hexdigest()
    return line(source, record, "CC0-1.0", "application/json", "", digest, payload)


def written(folder: Path, lines: Sequence[Line]) -> tuple[bytes, list[Frame]]:
    records, frames = folder / "records.jsonl.zst", folder / "frames.parquet"
    count = write_records(lines, records, frames)
    listed = [Frame(**row) for row in read_rows(frames, column_names(frames))]
    assert count == len(listed)
    return records.read_bytes(), listed


def frame_of(content: bytes, frame: Frame) -> list[Line]:
    """The lines of one frame, from its own bytes alone."""
    packed = content[frame.offset : frame.offset + frame.size]
    plain = pa.decompress(packed, decompressed_size=frame.plain_size, codec="zstd", asbytes=True)
    return [msgspec.json.decode(text, type=Line) for text in plain.splitlines()]


def test_one_record_costs_one_frame(tmp_path: Path) -> None:
    lines = [
        made(f"recording:{number:05}", hashlib.sha256(b"%d" % number).hexdigest().encode() * (number % 40))
        for number in range(2_000)
    ]
    content, frames = written(tmp_path, lines)
    assert len(frames) > 20 and sum(frame.size for frame in frames) == len(content)
    keys = [(frame.source, frame.record) for frame in frames]
    assert keys == sorted(keys)
    for wanted in (lines[0], lines[777], lines[-1]):
        frame = frames[bisect_right(keys, (wanted.source, wanted.record)) - 1]
        found = frame_of(content, frame)
        assert wanted in found and len(found) == frame.rows
        assert frame.plain_size <= FRAME


def test_a_record_longer_than_a_frame_has_one_to_itself(tmp_path: Path) -> None:
    lines = [made("1", b"x"), made("2", b"y" * 3 * FRAME), made("3", b"z")]
    content, frames = written(tmp_path, lines)
    assert [frame.rows for frame in frames] == [1, 1, 1]
    assert frame_of(content, frames[1]) == [lines[1]] and frames[1].plain_size > FRAME


@pytest.mark.skipif(not shutil.which("zstd"), reason="zstd is not installed")
@pytest.mark.parametrize("count", [0, 1, 300])
def test_zstd_reads_it_all(tmp_path: Path, count: int) -> None:
    lines = [made(f"{number:03}", b'{"title":\n"%d"}' % number * 30) for number in range(count)]
    content, _ = written(tmp_path, lines)
    done = subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True)
    assert [msgspec.json.decode(text, type=Line) for text in done.stdout.splitlines()] == lines


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_the_bytes_of_the_source_come_back(payload: bytes) -> None:
    item = msgspec.json.decode(msgspec.json.encode(made("1", payload)), type=Line)
    assert item.content == payload
    assert hashlib.sha256(item.content).hexdigest() == item.sha256


def test_xml_in_another_encoding_is_kept_as_it_came() -> None:
    payload = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1")
    item = made("1", payload)
    assert (item.encoding, item.content) == ("base64", payload)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    lines = [made(f"{number:03}", b"%d" % number * 400) for number in range(200)]
    first, second = tmp_path / "one", tmp_path / "two"
    assert written(first, lines) == written(second, iter(lines))  # type: ignore[arg-type]
    assert (first / "frames.parquet").read_bytes() == (second / "frames.parquet").read_bytes()


def test_a_record_more_changes_the_frames_near_it_alone(tmp_path: Path) -> None:
    lines = [
        made(f"{number:05}", hashlib.sha256(b"%d" % number).hexdigest().encode() * 8)
        for number in range(3_000)
    ]
    content, frames = written(tmp_path / "one", lines)
    later, again = written(tmp_path / "two", [lines[0], made("000001", b"new" * 300), *lines[1:]])
    before = {content[frame.offset : frame.offset + frame.size] for frame in frames}
    fresh = [frame for frame in again if later[frame.offset : frame.offset + frame.size] not in before]
    assert 1 <= len(fresh) < 12 < len(frames) // 4
