# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cell of a DSR record is which: by what the file says in its comment lines, and by the known record types."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

_TYPE: Final = re.compile(r"[A-Z]{2}[0-9]{2}(\.[0-9]{2})?|HEAD|SRHE|FOOT|SRFO")


class RecordTypes:
    """The columns of each record type in one file."""

    def __init__(self) -> None:
        self._said: dict[str, Sequence[str]] = {}
        self._answers: dict[str, Sequence[str]] = {}

    def comment(self, cells: Sequence[str]) -> None:
        """A comment line, which usually names the cells of a record type."""
        name = cells[0].lstrip("#").strip()
        if _TYPE.fullmatch(name) and len(cells) > 2:
            self._said[name] = [_plain(cell) for cell in cells[1:]]
            self._answers.clear()

    def columns(self, record: str) -> Sequence[str]:
        """Names of the cells behind the record type; none where the type is not known."""
        if record not in self._answers:
            if not _TYPE.fullmatch(record):
                return ()  # and not remembered: a damaged file may have any number of them
            self._answers[record] = self._find(record)
        return self._answers[record]

    def _find(self, record: str) -> Sequence[str]:
        if (said := self._said.get(record) or self._said.get(record[:4])) is not None:
            return said
        known = _known()
        earlier = [version for version in known if version[:4] == record[:4] and version <= record]
        later = [version for version in known if version[:4] == record[:4]]
        return known[max(earlier)] if earlier else known[min(later)] if later else ()


@cache
def _known() -> Mapping[str, Sequence[str]]:
    text = (files("onrecord.royalties.statements") / "dsr_records.txt").read_text()
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {words[0]: tuple(words[1:]) for words in lines if words}


def _plain(cell: str) -> str:
    """`RightShare%` and `RightsController ID` as the record types write them."""
    return "".join(cell.split()).replace("%", "Percentage")
