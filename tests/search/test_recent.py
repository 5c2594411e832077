# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was looked up last is kept, and never much more."""

from onrecord.search.recent import Recent


def test_the_last_ones_are_here_and_at_most_twice_as_many() -> None:
    kept = Recent[int, str](10)
    for number in range(1_000):
        kept.put(number, str(number))
        assert all(kept.find(last) == str(last) for last in range(max(number - 5, 0), number))
    held = [number for number in range(1_000) if kept.find(number)]
    assert 10 <= len(held) <= 20 and held[-1] == 999


def test_what_is_found_again_and_again_stays() -> None:
    kept, looked = Recent[str, int](10), list[str]()

    def look() -> int:
        looked.append("asked")
        return 7

    for number in range(100):
        assert kept.kept("asked", look) == 7
        kept.put(f"other {number}", number)
    assert looked == ["asked"]
