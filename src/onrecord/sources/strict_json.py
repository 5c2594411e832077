# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON from outside, held to what RFC 8259 leaves no doubt about; what two readers may read differently is refused."""

import json
import math
import re
from typing import Any, NoReturn

from onrecord.errors import RecordRejected

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read(raw: bytes) -> Any:
    """The value of one JSON text, or RecordRejected with the reason.

    Refused: bytes that are not UTF-8, NaN and Infinity, numbers beyond a double, a key that stands twice in one object
    (readers disagree about which one counts), half a surrogate pair, nesting beyond the reader's depth, a text that is
    cut off or goes on behind its end.
    """
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
