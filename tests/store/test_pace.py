# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading at a stated rate, under a clock that the test holds."""

import io

import pytest

from onrecord.store.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def read_all(pace: Pace, data: bytes, step: int) -> bytes:
    read, buffer, got = pace.hold(io.BytesIO(data).readinto), memoryview(bytearray(step)), b""
    while count := read(buffer):
        got += bytes(buffer[:count])
    return got


def test_the_bytes_come_whole_and_no_faster_than_the_rate() -> None:
    clock = Clock()
    data = bytes(range(256)) * 40
    assert read_all(Pace(1000, clock, clock.sleep), data, 700) == data
    assert clock.now == pytest.approx(100.0 + len(data) / 1000)


def test_a_pause_is_not_made_up_for_by_a_burst() -> None:
    clock = Clock()
    pace = Pace(1000, clock, clock.sleep)
    read_all(pace, bytes(1000), 1000)
    clock.now += 3600
    begun = clock.now
    read_all(pace, bytes(5000), 1000)
    assert clock.now - begun == pytest.approx(5.0)


def test_without_a_rate_nobody_waits() -> None:
    clock = Clock()
    assert read_all(Pace(0, clock, clock.sleep), bytes(5000), 100) == bytes(5000)
    assert clock.now == 100.0
