# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a Discogs dump into its records, without reading the XML as a whole; each record is small enough to be read.

What stands before the first record may be an XML declaration and the root, nothing else: so no document type and no
other encoding gets in, whatever it is written as.
"""

import io
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lxml import etree

from onrecord.errors import RecordRejected
from onrecord.sources import packed

#: Longest record in bytes, and most tags in it. The largest releases have a few thousand tracks: some megabytes.
LONGEST: Final = 8 * 1024 * 1024
MOST_TAGS: Final = 500_000
_BLOCK: Final = 256 * 1024
_HEAD: Final = 4096
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^<>?]*\?>)?\s*<(?P<root>release|master|artist|label)s(?:\s[^<>]*)?>"
)
_DECLARED = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)
#: A label lists its sub-labels in elements of its own name.
_OPENS_LABEL = re.compile(rb"<label(?:\s[^<>]*)?(?<!/)>")


class Cut(NamedTuple):
    """A record: its number in the file from 1, the offset behind it, its kind, its bytes. `wrong` says why not."""

    number: int
    offset: int
    kind: str
    data: bytes
    wrong: str = ""


def cut(stream: io.BufferedReader, offset: int = 0, number: int = 0) -> Iterator[Cut]:
    """The records of a stream that is at its start, going on behind `offset` and `number`."""
    try:
        head = _head(stream)
        prolog = _PROLOG.match(head)
        if not prolog or _DECLARED.search(head[: prolog.end()]):
            why = "expected <releases>, <masters>, <artists> or <labels> in UTF-8 and no document type before it, got "
            yield Cut(number + 1, offset, "", b"", why + repr(head[:60]))
            return
        cutting = _Cutting(stream, prolog["root"].decode(), number)
        offset = max(offset, prolog.end())
        if offset > len(head) and not packed.skip(stream, offset - len(head)):
            why = "shorter than at the last reading; read it from the start"
            yield Cut(number + 1, offset, "", b"", why)
            return
        for record in cutting.records(head[offset:], offset):
            yield record
            offset, number = record.offset, record.number
    except packed.DAMAGE as error:
        yield Cut(number + 1, offset, "", b"", packed.damage(error))


def parsed(kind: str, data: bytes) -> etree._Element:
    """The element of one record; RecordRejected where it is not one well-formed element of its kind."""
    if not re.match(rb"<%b[\s>]" % kind.encode(), data):
        raise RecordRejected(f"expected <{kind}>, got {data[:40]!r}")
    if data.count(b"<") > MOST_TAGS:
        raise RecordRejected(f"more than {MOST_TAGS} tags in one record")
    try:
        return etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RecordRejected(f"not well-formed XML: {str(error)[:300]}") from error


_PARSER: Final = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    attribute_defaults=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


class _Cutting:
    def __init__(self, stream: io.BufferedReader, kind: str, number: int) -> None:
        self._stream = stream
        self._kind = kind
        self._close = b"</%b>" % kind.encode()
        self._end = b"</%bs>" % kind.encode()
        self._number = number

    def records(self, buffer: bytes, offset: int) -> Iterator[Cut]:
        """`offset` is where `buffer` starts in the stream."""
        searched = 0
        while True:
            start = 0
            while (at := buffer.find(self._close, max(start, searched))) >= 0:
                end = searched = at + len(self._close)
                if self._whole(buffer[start:end]):
                    yield self._cut(offset + end, buffer[start:end].lstrip())
                    start = end
            searched = max(len(buffer) - len(self._close) - start, 0)
            buffer, offset = buffer[start:], offset + start
            if len(buffer) > LONGEST and self._end not in buffer[:_HEAD]:
                why = f"longer than {LONGEST} bytes, which no record is"
                yield self._cut(offset + len(buffer) - _HEAD, b"", why)
                buffer, offset, searched = buffer[-_HEAD:], offset + len(buffer) - _HEAD, 0
            more = self._stream.read1(_BLOCK)
            if not more:
                break
            buffer += more
        if buffer.strip() != self._end:
            at_end = (
                f"cut off: it ends without {self._end.decode()}; what stands before was read, fetch it again"
            )
            behind = f"goes on behind {self._end.decode()}, where nothing is expected"
            why = behind if buffer.lstrip().startswith(self._end) else at_end
            yield self._cut(offset + len(buffer), b"", why)

    def _cut(self, offset: int, data: bytes, wrong: str = "") -> Cut:
        self._number += 1
        return Cut(self._number, offset, self._kind, data, wrong)

    def _whole(self, data: bytes) -> bool:
        return self._kind != "label" or len(_OPENS_LABEL.findall(data)) <= data.count(self._close)


def _head(stream: io.BufferedReader) -> bytes:
    head = b""
    while len(head) < _HEAD and (more := stream.read1(_HEAD - len(head))):
        head += more
    return head
