# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the body of an answer: plain bytes only, counted, whole."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from onrecord.errors import SourceFailed
from onrecord.net.failures import AskAgain

if TYPE_CHECKING:
    import httpx2


def whole(address: str, answer: "httpx2.Response", most: int, parts: Iterable[bytes] | None = None) -> bytes:
    """The body, as `plain_parts` gives it, of at most `most` bytes; SourceFailed, as soon as it is known, for more.

    `parts` are the bytes where the caller watches over their coming.
    """
    if (declared_length(answer) or 0) > most:
        raise _too_long(address, most)
    content = bytearray()
    for part in plain_parts(address, answer, parts):
        content += part
        if len(content) > most:
            raise _too_long(address, most)
    return bytes(content)


def plain_parts(
    address: str, answer: "httpx2.Response", parts: Iterable[bytes] | None = None
) -> Iterator[bytes]:
    """The bytes of a body as they come. SourceFailed where they are compressed, though plain ones were asked for.

    AskAgain where they are fewer or more than the answer's head says. A body without a length that ends with its
    connection (HTTP/1.0) may be cut, and nothing in the protocol tells: a size or a digest known from elsewhere does.
    """
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise SourceFailed(f"{address}: expected plain bytes, got {encoding[:40]!r}", "ask its owner")
    length, received = declared_length(answer), 0
    for part in answer.iter_raw() if parts is None else parts:
        received += len(part)
        yield part
    if length is not None and received != length:
        raise AskAgain(f"it said {length:,} bytes, {received:,} came")


def declared_length(answer: "httpx2.Response") -> int | None:
    """The length in the answer's head, None where there is none that counts (RFC 9112, 6.3)."""
    text = answer.headers.get("content-length", "")
    if "transfer-encoding" in answer.headers or not (text.isascii() and text.isdigit()):
        return None
    return int(text[:20])


def _too_long(address: str, most: int) -> SourceFailed:
    return SourceFailed(f"{address}: expected at most {most:,} bytes, got more", "is the address right?")
