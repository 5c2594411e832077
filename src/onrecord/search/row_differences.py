# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is other in a value than in one before: of a row that changed, mostly one word or one number of a list.

Values are what MessagePack has. A difference is a list that begins with what it is.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import msgspec

#: As it was; another in its place; with another middle; a list in which some are others; a list of steps from which
#: some went and into which some came.
SAME, WHOLE, MIDDLE, WITHIN, MOVED = range(5)
Difference = Sequence[Any]
_SAME: Final[Difference] = [SAME]


def difference(old: Any, new: Any) -> Difference:
    """What `changed` makes `new` of, with `old`."""
    if _is(old, new):
        return _SAME
    if type(old) is not type(new):
        return [WHOLE, new]
    if isinstance(new, str):
        return _middle(old, new)
    if not isinstance(new, list):
        return [WHOLE, new]
    if all(type(value) is int for value in (*old, *new)):
        return _moved(old, new) or _middle(old, new)
    if len(old) != len(new):
        return _middle(old, new)
    within: list[Any] = [WITHIN]
    for at, (one, other) in enumerate(zip(old, new, strict=True)):
        if not _is(one, other):
            within += at, difference(one, other)
    return within


def changed(old: Any, told: Difference) -> Any:
    what = told[0]
    if what == SAME:
        return old
    if what == WHOLE:
        return told[1]
    if what == MIDDLE:
        _, begin, end, middle = told
        return old[:begin] + middle + old[len(old) - end :]
    if what == WITHIN:
        made = list(old)
        for at, inner in zip(told[1::2], told[2::2], strict=True):
            made[at] = changed(made[at], inner)
        return made
    _, gone, places, came = told
    numbers = list(accumulate(old))
    for at in reversed(list(accumulate(gone))):
        del numbers[at]
    for at, number in zip(accumulate(places), accumulate(came), strict=True):
        numbers.insert(at, number)
    return _steps(numbers)


def _is(one: Any, other: Any) -> bool:
    """Are they the same, within lists too? 0 is not False."""
    if type(one) is not type(other):
        return False
    return bool(one == other) if type(one) in _PLAIN else _ENCODER.encode(one) == _ENCODER.encode(other)


_PLAIN: Final = (str, int, bytes)
_ENCODER: Final = msgspec.msgpack.Encoder()


def _middle(old: Any, new: Any) -> Difference:
    """Of two texts or lists."""
    most = min(len(old), len(new))
    begin = next((at for at in range(most) if not _is(old[at], new[at])), most)
    most -= begin
    end = next((at for at in range(most) if not _is(old[-1 - at], new[-1 - at])), most)
    return [MIDDLE, begin, end, new[begin : len(new) - end]]


def _moved(old: Sequence[int], new: Sequence[int]) -> Difference | None:
    """None where what is in both stands in another order, or one number twice."""
    before, now = list(accumulate(old)), list(accumulate(new))
    was, there = set(before), set(now)
    if len(was) != len(before) or len(there) != len(now):
        return None
    if [number for number in before if number in there] != [number for number in now if number in was]:
        return None
    gone = [at for at, number in enumerate(before) if number not in there]
    came = [at for at, number in enumerate(now) if number not in was]
    return [MOVED, _steps(gone), _steps(came), _steps([now[at] for at in came])]


def _steps(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in pairwise((0, *numbers))]
