# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON from outside, held to what RFC 8259 leaves no doubt about; what two readers may read differently is refused."""

import json
import math
import re
from typing import Any, Final, NoReturn

import msgspec

from onrecord.errors import RecordRejected

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: A space, a quotation mark or a colon that is written as an escape: written again, it may look like what ends a key.
_ESCAPED = re.compile(rb"\\u00(?:2[02]|3[aA])")
_BLANKS: Final = b" \t\n\r"
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def read(raw: bytes) -> Any:
    """The value of one JSON text, or RecordRejected with the reason.

    Refused: bytes that are not UTF-8, NaN and Infinity, numbers beyond a double, a key that stands twice in one object
    (readers disagree about which one counts), half a surrogate pair, nesting beyond the reader's depth, a text that is
    cut off or goes on behind its end.
    """
    # Most texts can be proven harmless four times as fast as they are read with care; the rest are read with care.
    try:
        value = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return read_with_care(raw)
    return value if _no_key_twice(raw, value) else read_with_care(raw)


def read_with_care(raw: bytes) -> Any:
    """The same verdict and the same value as `read`, by looking at every key; it knows the reason of a refusal."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=_number
        )
        if _SURROGATE.search(raw):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordRejected(
            f"expected UTF-8, got the byte 0x{raw[error.start]:02x} at byte {error.start}"
        ) from error
    except UnicodeEncodeError as error:
        raise RecordRejected("a string holds half a surrogate pair, which is not a character") from error
    except RecursionError as error:
        raise RecordRejected("nested too deeply; a record of this kind is a few levels deep") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        raise RecordRejected(
            f"not JSON{', it is cut off' if cut else ''}: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except ValueError as error:
        raise RecordRejected(f"not JSON that can be relied on: {error}") from error
    return value


def _no_key_twice(raw: bytes, value: Any) -> bool:
    """Whether it is certain that no key was dropped while reading.

    What is written again and comes out the same has lost nothing; blanks may differ, for without them it is the same
    sequence of tokens. Else ends of keys are counted, `":`, in the text and in what is written again. A string may hold
    that too (as `\\":`, or by beginning with a colon); a string that was kept holds it on both sides alike, unless an
    escape hides it. So fewer on one side means that something was dropped.
    """
    try:
        again = _encode(value)
    except (msgspec.MsgspecError, OverflowError, RecursionError):
        return False
    if again == raw:
        return True
    raw, again = raw.translate(None, _BLANKS), again.translate(None, _BLANKS)
    if again == raw:
        return True
    if b"\\u00" in raw and _ESCAPED.search(raw):
        return False
    return raw.count(b'":') == again.count(b'":')


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RecordRejected(f"the key {twice[:100]!r} stands twice in one object")
    return value


def _constant(name: str) -> NoReturn:
    raise RecordRejected(f"{name} is not a JSON number")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise RecordRejected(f"the number {text[:40]} is beyond what a double holds")
    return value
