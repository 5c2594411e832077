# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seam of a source: what a connector promises and may rely on. `onrecord.testing.check_source` checks it.

`Source` is what every connector is. `Live`, `Rechecks`, `Offers`, `Delivers` and `Dumped` are abilities that some have
besides.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from onrecord.model.records import Answer, Claims, Delivered, Offer, Page, Record, Terms, Whole


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
    """What a connector may ask of the network. Who calls it waits: it keeps the pace of the host, obeys Retry-After,
    and robots.txt unless the terms say `api`, tries again what is worth it, refuses private addresses, and names the
    operator's contact.
    """

    def __call__(self, address: str, *, accept: str = "*/*", record: str = "") -> Answer:
        """The whole answer to a GET of an https address, of at most 32 MB. SourceFailed says why there is none.

        `record` (`<kind>:<id>`) may be named where the whole answer is the payload of that one record. Where the
        archive holds it and the service says that it has not changed since (304), the answer is `unchanged` and has no
        content; name the record in the page's `unchanged`. Not for an answer that is needed to go on: a list whose
        first page is as it was may have another second one, and its content says where that is.
        """
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
class Rechecks(Protocol):
    """A source that can be asked once more for one record: does it still say of rights what it said?"""

    def again(self, fetch: Fetch, record: str) -> Page:
        """The newest answer on a record that is held, by the name it is filed under (`<kind>:<id>`).

        The page holds that one record as `pages` or `live` would give it; or a tombstone, where the service answers
        that it has no such record; or names it in `unchanged`, or in `rejected` with the reason. Its cursor means
        nothing. An answer of 404 or 410 may be let through as it comes (UnexpectedStatus): it says that the record is
        gone. RecordRejected where records of this kind cannot be asked for one by one.
        """
        ...


@runtime_checkable
class Offers(Protocol):
    """A source that says where sound is, and whether it may be fetched."""

    def offers(self, record: Record) -> Sequence[Offer]:
        """The sound files of one record, pure like `claims`. What the provider forbids is offered with its refusal."""
        ...


@runtime_checkable
class Delivers(Protocol):
    """A source whose records come with sound files, and say a digest of each."""

    def delivered(self, record: Record) -> Sequence[Delivered]:
        """The whole sound files of one record, pure like `claims`; no previews. The archive looks for them."""
        ...


@runtime_checkable
class Dumped(Protocol):
    """A source whose publisher's dumps say of themselves that they hold everything."""

    def whole(self) -> Whole | None:
        """Of which kinds the location holds every record that there is; None where it does not say so.

        Where it says so, and all of it was read without a rejection, what the archive holds besides is taken for
        deleted. So a connector says it only of what its publisher calls a full dump, never of an increment, a part or a
        query.
        """
        ...
