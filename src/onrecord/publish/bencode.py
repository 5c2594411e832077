# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bencoding (BEP 3), the one canonical way: what is decoded here encodes to the same bytes again."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from onrecord.errors import SourceRefused


class Encoded(Struct, frozen=True):
    """A value that was encoded already: it is written as it is."""

    data: bytes


#: What can be written. Text is the caller's business: it arrives here as bytes.
Bencodable: TypeAlias = "int | bytes | Encoded | Sequence[Bencodable] | Mapping[bytes, Bencodable]"
#: What is read.
Value: TypeAlias = "int | bytes | list[Value] | dict[bytes, Value]"

#: Bytes of the largest input that is read: what clients take as a torrent file by default.
MAX_BYTES: Final = 10_000_000
#: Levels of lists and dictionaries; a torrent of ours has at most its folders plus six.
MAX_DEPTH: Final = 64


def encode(value: Bencodable) -> bytes:
    """The one encoding of `value`: keys in the order of their bytes, integers without leading zeros."""
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Value:
    """The value of `data`, which must be canonical and whole; anything else raises SourceRefused naming the byte.

    Time and memory are linear in the input, which is bounded by `max_bytes`.
    """
    if len(data) > max_bytes:
        raise SourceRefused(
            f"bencoded data has {len(data)} bytes, expected at most {max_bytes}", "do not use this file"
        )
    value, at = _read(data, 0, max_depth)
    if at != len(data):
        raise _refused(at, "the end of the data", f"{len(data) - at} bytes more")
    return value


def _write(value: Bencodable, out: list[bytes]) -> None:
    # Concrete types first: a torrent has a hundred thousand values, and to ask an abstract class is slow.
    if isinstance(value, bytes):
        out.append(b"%d:%b" % (len(value), value))
    elif isinstance(value, int) and not isinstance(value, bool):
        out.append(b"i%de" % value)
    elif isinstance(value, list | tuple):
        out.append(b"l")
        for item in value:
            _write(item, out)
        out.append(b"e")
    elif isinstance(value, dict | Mapping):
        out.append(b"d")
        for key in sorted(value):
            below = value[key]
            if isinstance(below, bytes):
                out.append(b"%d:%b%d:%b" % (len(key), key, len(below), below))
            else:
                out.append(b"%d:%b" % (len(key), key))
                _write(below, out)
        out.append(b"e")
    elif isinstance(value, Encoded):
        out.append(value.data)
    else:
        raise TypeError(f"bencode has no {type(value).__name__}, expected bytes, int, list or dict")


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    kind = data[at : at + 1]
    if kind == b"i":
        return _integer(data, at + 1, b"e", 19)
    if kind == b"l" or kind == b"d":
        if depth == 0:
            raise _refused(at, "no deeper nesting", "one more level")
        return _list(data, at + 1, depth - 1) if kind == b"l" else _dict(data, at + 1, depth - 1)
    return _string(data, at)


def _list(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    while data[at : at + 1] != b"e":
        item, at = _read(data, at, depth)
        items.append(item)
    return items, at + 1


def _dict(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    items: dict[bytes, Value] = {}
    last: bytes | None = None
    while data[at : at + 1] != b"e":
        key, after = _string(data, at)
        if last is not None and key <= last:
            raise _refused(at, "keys in ascending order, each once", repr(key[:40]))
        items[key], at = _read(data, after, depth)
        last = key
    return items, at + 1


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    # A length longer than the input's own is refused before anything is sliced.
    length, start = _integer(data, at, b":", len(str(len(data))))
    if length < 0 or length > len(data) - start:
        raise _refused(at, f"a string within the {len(data) - start} bytes left", f"length {length}")
    return data[start : start + length], start + length


def _integer(data: bytes, at: int, end: bytes, max_digits: int) -> tuple[int, int]:
    stop = data.find(end, at, at + max_digits + 2)
    text = data[at:stop] if stop >= 0 else b""
    digits = text[1:] if text.startswith(b"-") else text
    # int() takes spaces, underscores and signs, and a second spelling of a number would be a second encoding.
    canonical = digits.isdigit() and (not digits.startswith(b"0") or text == b"0")
    if not canonical or len(digits) > max_digits:
        raise _refused(
            at, f"a number of at most {max_digits} digits and {end.decode()!r}", repr(data[at : at + 24])
        )
    return int(text), stop + 1


def _refused(at: int, expected: str, got: str) -> SourceRefused:
    return SourceRefused(f"bencoded data, byte {at}: expected {expected}, got {got}", "do not use this file")
