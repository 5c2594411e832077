# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam of a source: what a connector promises and may rely on. `onrecord.testing.check_source` checks it.

`Source` is what every connector is. `Live` and `Offers` are abilities that some have besides.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from onrecord.model.records import Answer, Claims, Offer, Page, Record, Terms


class Source(Protocol):
    """Reads what one source says. A connector never writes, never judges, and never opens the network.

    It is found by an entry point in the group `onrecord.sources`, whose name equals the class's `name`.
    A class without `terms` does not load.
    """

    #: What its records are filed under: lower case letters, digits, hyphens. The class holds the default.
    name: str
    #: The terms of the source, as data; on the class, so that they are known before anything is read.
    terms: ClassVar[Terms]

    def __init__(self, location: Path, settings: Mapping[str, str]) -> None:
        """`location` is a local file or folder that the operator names; nothing is read yet.

        `settings` come from `onrecord.toml`. Every connector takes `name`: records that somebody else wrote in the
        same format are filed under a name of their own. A setting that is not known raises UsageError.
        """

    def pages(self, cursor: str = "") -> Iterator[Page]:
        """The records in the source's order, in pages of a bounded size, lazily: memory does not grow with the dump.

        `cursor` is "" or the cursor of a page that was given before; reading goes on behind that page, and gives
        what an uninterrupted reading would have given. Behind the last cursor there is nothing until something new
        is there. The same location gives the same pages.

        A record that cannot be read is named in the page's `rejected` with its place and the reason, and the rest is
        read. SourceFailed means that the location as a whole cannot be read. Payloads are the source's own bytes.
        """
        ...

    def claims(self, record: Record) -> Claims:
        """What one record claims. Pure: no I/O, no clock, no state; the same record gives the same claims.

        It holds for records that were stored years ago, so it reads the record and nothing else. A tombstone claims
        nothing. Bytes that cannot be read raise RecordRejected, never anything else.
        """
        ...


class Fetch(Protocol):
    """What a connector may ask of the network. Who calls it waits: it keeps the pace of the host, obeys robots.txt and
    Retry-After, tries again what is worth it, refuses private addresses, and names the operator's contact.
    """

    def __call__(self, address: str, *, accept: str = "*/*") -> Answer:
        """The whole answer to a GET of an https address, of at most 32 MB. SourceFailed says why there is none."""
        ...


@runtime_checkable
class Live(Protocol):
    """A source that can be asked over the network, where its terms were read and allow it."""

    def live(self, fetch: Fetch, query: str, cursor: str = "") -> Iterator[Page]:
        """Records that answer `query` (each connector says in its docstring what that is; "" asks for everything).

        As for `pages`: bounded pages, cursors that go on, rejected records named, payloads verbatim. It ends at a
        loop: a continuation that was seen before, or a page that brings nothing new, raises SourceFailed.
        """
        ...


@runtime_checkable
class Offers(Protocol):
    """A source that says where sound is, and whether it may be fetched."""

    def offers(self, record: Record) -> Sequence[Offer]:
        """The sound files of one record, pure like `claims`. What the provider forbids is offered with its refusal."""
        ...
