# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Columns of a block, each in the form that takes the fewest bytes, and of which one value is read without the others.

A form is a list that begins with what it is. What nothing can make smaller (numbers as bits, UUIDs) lies beside all
forms, so that it does not spoil how the rest is packed; a form says where it begins there.
"""

from collections.abc import Sequence
from itertools import accumulate, compress, pairwise
from operator import not_
from typing import Any, Final

#: One value for all; values as they are; texts in one; values by places among others, those places a byte each, or a
#: bit each where they only go on by one; numbers of so many bits; bytes of one length; steps; values beside odd ones;
#: lists of steps, in order or not.
ALIKE, PLAIN, TEXTS, PLACED, STAIRS, BITS, BYTES, STEPS, ODD, LISTS, SHUFFLED = range(11)
_END: Final = "\0"

Form = Sequence[Any]


def pack(values: Sequence[Any], packed: bytearray) -> Form:
    """The form of a column; what lies beside all forms is added to `packed`."""
    kinds = set(map(type, values))
    if kinds == _NONE:
        return [ALIKE, None]
    if kinds.isdisjoint(_ODD) and not (str in kinds and "" in values):
        return _even(values, kinds, packed)
    # What stands for a value that is not said, or is said elsewhere. Nothing is called: this is done for every value.
    if kinds <= _TEXT:
        is_odd = [not value for value in values]
    elif bool in kinds or str in kinds:
        is_odd = [value is None or value is True or value is False or value == "" for value in values]
    else:
        is_odd = [value is None for value in values]
    odd = list(compress(values, is_odd))
    if len(odd) == len(values) and odd.count(odd[0]) == len(odd):
        return [ALIKE, odd[0]]
    said = list(dict.fromkeys(odd))
    if len(said) == 1:
        which = bytes(is_odd)
    else:
        places = {value: at for at, value in enumerate(said, 1)}
        which = bytes([places[value] if is_it else 0 for value, is_it in zip(values, is_odd, strict=True)])
    even = list(compress(values, map(not_, is_odd)))
    kinds -= _ODD
    if len(kinds) > 1:  # of one of them there may have been nothing but ""
        kinds = set(map(type, even))
    return [ODD, which, said, _even(even, kinds, packed) if even else [ALIKE, None]]


_NONE: Final = {type(None)}
_ODD: Final = {type(None), bool}
_TEXT: Final = {type(None), str}


def pack_lists(values: Sequence[Sequence[int]], packed: bytearray, *, shuffled: bool = False) -> Form:
    """Of lists of steps, where what begins them is near to what begins the one before. Of such as are `shuffled` it
    takes less to keep the steps in order, and the places apart."""
    if shuffled:
        begin, ordered = len(packed), []
        for value in values:
            numbers = list(accumulate(value))
            order = sorted(range(len(numbers)), key=numbers.__getitem__)
            ordered.append(_steps([numbers[at] for at in order]))
            places, width = 0, _width(len(order))
            for place, at in enumerate(order):
                places |= place << at * width
            packed += places.to_bytes(len(order) * width + 7 >> 3, "little")
        return [SHUFFLED, begin, pack_lists(ordered, packed)]
    counts = list(map(len, values))
    firsts = [value[0] for value in values if value]
    rest = [step for value in values for step in value[1:]]
    forms = [pack(each, packed) if each else [ALIKE, 0] for each in (firsts, rest)]
    return [LISTS, bytes(counts) if max(counts) < 256 else counts, *forms]


def _even(values: Sequence[Any], kinds: set[type], packed: bytearray) -> Form:
    """Of values of these kinds."""
    [kind] = kinds if len(kinds) == 1 else (None,)
    if kind not in (int, str, bytes, tuple, float):
        return [PLAIN, values]
    distinct = dict.fromkeys(values)
    if len(distinct) == 1:
        return [ALIKE, values[0]]
    if len(distinct) * 3 <= len(values) * 2 and len(distinct) < 256:
        return _placed(values, list(distinct), kind, packed)
    return _apart(values, kind, packed)


def _placed(values: Sequence[Any], distinct: Sequence[Any], kind: Any, packed: bytearray) -> Form:
    places = {value: at for at, value in enumerate(distinct)}
    which = bytes([places[value] for value in values])
    if which == bytes(sorted(which)):  # a place that is new is one more than the last new one
        bits = sum(1 << at for at, (place, later) in enumerate(pairwise(which), 1) if later != place)
        begin = len(packed)
        packed += bits.to_bytes(len(which) + 7 >> 3, "little")
        return [STAIRS, begin, _apart(distinct, kind, packed)]
    return [PLACED, which, _apart(distinct, kind, packed)]


def _apart(values: Sequence[Any], kind: Any, packed: bytearray) -> Form:
    """Values of one kind that mostly are each another."""
    if kind is int:
        return _numbers(values, packed)
    if kind is str:
        joined = _END.join(values)
        return [TEXTS, joined] if joined.count(_END) == len(values) - 1 else [PLAIN, values]
    if kind is bytes and len(values[0]) >= _RANDOM and len(set(map(len, values))) == 1:
        begin = len(packed)
        packed += b"".join(values)
        return [BYTES, begin, len(values[0])]
    return [PLAIN, values]


#: Bytes of this length are those of UUIDs and digests.
_RANDOM: Final = 16


def _numbers(values: Sequence[int], packed: bytearray) -> Form:
    least = min(values)
    width = (max(values) - least).bit_length()
    steps = _steps(values)
    by_bits, by_steps, plainly = len(values) * width / 8 + 3, _room(steps), _room(values)
    if by_bits < by_steps and by_bits < plainly:
        bits = 0
        for value in reversed(values):
            bits = bits << width | value - least
        begin = len(packed)
        packed += bits.to_bytes(len(values) * width + 7 >> 3, "little")
        return [BITS, begin, width, least]
    return [STEPS, steps] if by_steps < plainly else [PLAIN, values]


def _steps(values: Sequence[int]) -> list[int]:
    return [value - before for value, before in zip(values, (0, *values), strict=False)]


def _width(count: int) -> int:
    """Bits of a place among so many."""
    return max(count - 1, 0).bit_length()


def _room(values: Sequence[int]) -> float:
    """About what these take, packed with the rest: those that come again and again take little."""
    distinct = set(values)
    return sum(map(int.bit_length, distinct)) / 7 + 0.3 * (len(distinct) + len(values))


class Reading:
    """The forms of a block, and what lies beside them."""

    def __init__(self, forms: Sequence[Form], packed: bytes) -> None:
        self.forms = forms
        self._packed = packed

    def value(self, column: int, at: int) -> Any:
        form = self.forms[column]
        if form[0] == ALIKE:
            return form[1]
        if form[0] == ODD and (place := form[1][at]):
            return form[2][place - 1]
        return self._value(form, at)

    def values(self, column: int, begin: int, end: int) -> Sequence[Any]:
        return self._values(self.forms[column], begin, end)

    def _value(self, form: Form, at: int) -> Any:
        what = form[0]
        if what == ALIKE:
            return form[1]
        if what == TEXTS:
            return form[1].split(_END, at + 1)[at]
        if what == PLAIN:
            return form[1][at]
        if what == ODD:
            which = form[1][at]
            return form[2][which - 1] if which else self._value(form[3], form[1].count(0, 0, at))
        if what == PLACED:
            return self._value(form[2], form[1][at])
        if what == STEPS:
            return sum(form[1][: at + 1])
        if what == LISTS:
            return self._list(form, at)
        if what == SHUFFLED:
            return self._shuffled(form, at)
        begin = form[1]
        if what == STAIRS:
            bits = int.from_bytes(self._packed[begin : begin + (at >> 3) + 1], "little")
            return self._value(form[2], (bits & (2 << at) - 1).bit_count())
        if what == BITS:
            width, first = form[2], at * form[2]
            some = self._packed[begin + (first >> 3) : begin + (first + width + 7 >> 3)]
            return form[3] + (int.from_bytes(some, "little") >> (first & 7) & (1 << width) - 1)
        size = form[2]
        return self._packed[begin + at * size : begin + (at + 1) * size]

    def _values(self, form: Form, begin: int, end: int) -> Sequence[Any]:
        what = form[0]
        if what == ALIKE:
            return [form[1]] * (end - begin)
        if end - begin == 1:
            return (self._value(form, begin),)
        if what == PLAIN:
            return form[1][begin:end]  # type: ignore[no-any-return]
        if what == STEPS:
            return list(accumulate(form[1][:end]))[begin:]
        if what == TEXTS:
            return form[1].split(_END, end)[begin:end]  # type: ignore[no-any-return]
        if what == ODD:
            which, said = form[1], form[2]
            first = which.count(0, 0, begin)
            even = iter(self._values(form[3], first, first + which.count(0, begin, end)))
            return [said[place - 1] if place else next(even) for place in which[begin:end]]
        return [self._value(form, at) for at in range(begin, end)]

    def _list(self, form: Form, at: int) -> list[int]:
        _, counts, firsts, rest = form
        count, before = counts[at], counts[:at]
        if not count:
            return []
        told = at - before.count(0)
        begin = sum(before) - told
        return [self._value(firsts, told), *self._values(rest, begin, begin + count - 1)]

    def _shuffled(self, form: Form, at: int) -> list[int]:
        _, begin, lists = form
        counts = lists[1]
        begin += sum(count * _width(count) + 7 >> 3 for count in counts[:at])
        count, width = counts[at], _width(counts[at])
        size = count * width + 7 >> 3
        places = int.from_bytes(self._packed[begin : begin + size], "little")
        numbers, mask = list(accumulate(self._list(lists, at))), (1 << width) - 1
        return _steps([numbers[places >> place * width & mask] for place in range(count)])
