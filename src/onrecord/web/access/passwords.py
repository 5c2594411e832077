# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords of people: scrypt, with a salt each, and its cost written beside it so that it may rise later."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from onrecord.errors import UsageError

SHORTEST: Final = 10
#: Bytes; longer ones would let a stranger choose how much is hashed.
LONGEST: Final = 1_000
#: 32 MiB and a tenth of a second.
_COST: Final = (2**15, 8, 1)


def hashed(password: str) -> str:
    """What is kept of a password. Raises UsageError where it is too short or too long."""
    said = _bytes(password)
    if len(password) < SHORTEST or len(said) > LONGEST:
        raise UsageError(
            f"the password has {len(password)} characters: expected {SHORTEST} or more, and at most {LONGEST} bytes",
            "a few words that do not belong together are easy to remember",
        )
    salt = secrets.token_bytes(16)
    n, r, p = _COST
    return f"scrypt${n}${r}${p}${_text(salt)}${_text(_scrypt(said, salt, n, r, p))}"


def fits(password: str, kept: str) -> bool:
    """Is this the password? Where nothing is kept it takes as long, and says no."""
    said = _bytes(password)
    _, n, r, p, salt, digest = (kept or _NONE).split("$")
    if len(said) > LONGEST:
        return False
    found = _scrypt(said, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest)) and bool(kept)


def _scrypt(said: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(said, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r * p, dklen=32)


def _bytes(password: str) -> bytes:
    # The same letters may come in two forms, from two keyboards.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


_NONE: Final = f"scrypt${'$'.join(map(str, _COST))}${_text(bytes(16))}${_text(bytes(32))}"
