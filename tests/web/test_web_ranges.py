# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte ranges: which parts are meant, and that the file is closed whatever happens."""

import os
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from onrecord.errors import IntegrityError
from onrecord.web import ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=0-9", [(0, 10)]),
        ("bytes=90-", [(90, 100)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=95-1000", [(95, 100)]),
        ("bytes=0-0, 50-59", [(0, 1), (50, 60)]),
        ("bytes=50-59,0-55", [(0, 60)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=200-300, 5-6", [(5, 7)]),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=1-2-3", None),
        ("bytes=\u0661-\u0662", None),
        ("bytes=+1-2", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(2000)), None),
        ("bytes=" + ",".join(["0-"] * 17), None),
    ],
)
def test_parts(header: str, expected: list[tuple[int, int]] | None) -> None:
    assert ranges.parts(header, 100) == expected


@settings(max_examples=50)
@given(st.text(alphabet="0123456789-, x", max_size=40), st.integers(0, 1000))
def test_parts_always_lie_in_the_file_in_order_and_apart(specs: str, size: int) -> None:
    found = ranges.parts("bytes=" + specs, size) or []
    edges = [edge for part in found for edge in part]
    assert edges == sorted(set(edges)) and all(0 <= edge <= size for edge in edges)


def test_a_file_is_closed_when_the_listener_leaves(tmp_path: Path) -> None:
    path = tmp_path / "sound"
    path.write_bytes(bytes(1_000_000))
    response = ranges.answer(_request(), path, {"ETag": '"x"'}, "audio/ogg")

    async def leave(message: object) -> None:
        raise OSError("gone")

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        raise AssertionError

    before = _open_files()
    with pytest.raises(BaseException):  # noqa: B017 (which one is the server's business)
        anyio.run(response, _request().scope, receive, leave)
    assert response._source._file.closed  # type: ignore[attr-defined]
    assert _open_files() == before - 1


def test_a_link_a_folder_and_a_pipe_under_a_blobs_name_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe", "missing"):
        with pytest.raises(IntegrityError):
            ranges.answer(_request(), tmp_path / name, {"ETag": '"x"'}, "audio/ogg")


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def _request() -> Request:
    return Request(
        {"type": "http", "method": "GET", "headers": [], "path": "/", "query_string": b"", "asgi": {}}
    )
