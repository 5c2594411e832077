# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a source asks through: an answer that is held as a record, and has not changed, is not sent again.

Only an answer that is one record, kept verbatim, is asked for in that way. A page of a list is not: its content says
where the list goes on, and an unchanged page says nothing of those behind it; so its bytes would have to be kept beside
its records, twice, to save what a cursor mostly saves. And only while the archive's newest word on the record is what
the address answered: else an answer that came another way (an older dump, a deletion) could never be put right.
"""

import hashlib
from typing import Final

from msgspec import Struct

from onrecord.catalog.tables import ValidatorRow
from onrecord.ledger import Ledger
from onrecord.model.records import Answer, Terms
from onrecord.net import Client

#: A validator that is longer is not kept: the answer comes again.
_LONGEST: Final = 1000


class RecordPages:
    """The `Fetch` of one source and one run. What it learns counts once `noted` was committed with the record."""

    def __init__(self, ledger: Ledger, client: Client, source: str, terms: Terms) -> None:
        self._ledger = ledger
        self._client = client
        self._source = source
        self._robots = terms.robots != "api"
        self._learned: dict[str, ValidatorRow] = {}

    def __call__(self, address: str, *, accept: str = "*/*", record: str = "") -> Answer:
        if not record:
            return self._client.get(address, accept, robots=self._robots)
        said = _Said(self._ledger, self._source, record)
        answer = self._client.get_changed(address, said, accept, robots=self._robots)
        if answer is None:
            return Answer(address, "", b"", unchanged=True)
        if said.etag or said.last_modified:
            self._learned[record] = ValidatorRow(
                source=self._source,
                address=answer.address,
                record=record,
                sha256=hashlib.sha256(answer.content).hexdigest(),
                etag=said.etag,
                last_modified=said.last_modified,
            )
        return answer

    def noted(self, record: str, sha256: str) -> list[ValidatorRow]:
        """What is to be committed with a record that is kept, or was: nothing where its payload is not the answer."""
        row = self._learned.pop(record, None)
        if row is None or row.sha256 != sha256 or self._is_known(row):
            return []
        return [row]

    def _is_known(self, row: ValidatorRow) -> bool:
        known = self._ledger.validators(self._source, row.address)
        return known is not None and (known.record, known.sha256, known.etag, known.last_modified) == (
            row.record,
            row.sha256,
            row.etag,
            row.last_modified,
        )


class _Said(Struct):
    """The client's cache for the page of one record; it takes in what the service says this time."""

    ledger: Ledger
    source: str
    record: str
    etag: str = ""
    last_modified: str = ""

    def get(self, address: str) -> tuple[str, str] | None:
        known = self.ledger.validators(self.source, address)
        if known is None or known.record != self.record:
            return None
        if self.ledger.record(self.source, self.record) != known.sha256:
            return None
        return known.etag, known.last_modified

    def put(self, address: str, etag: str, last_modified: str) -> None:
        self.etag = etag if len(etag) <= _LONGEST else ""
        self.last_modified = last_modified if len(last_modified) <= _LONGEST else ""
