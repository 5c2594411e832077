# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document says about files, as its reader hands it on; and the evidence that is made of it."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final, Protocol

from onrecord.model.rights import Evidence, Says
from onrecord.rights.licenses import is_permissive, read_license
from onrecord.rights.texts import takes_back
from onrecord.sources.sidecars.documents import SidecarDocument

#: Longest text of a piece of evidence; the document itself is kept whole.
LONGEST_TEXT: Final = 16 * 1024
_LONGEST_HOLDER: Final = 500


class Statements(Protocol):
    """What one document says. It speaks of files in `folder` and below, whose paths are relative to it."""

    @property
    def folder(self) -> PurePosixPath: ...

    def about(self, path: PurePosixPath) -> Iterator[Evidence]: ...


def license_evidence(
    document: SidecarDocument, words: str, statement: str | None = None, holder: str = "", origin: str = ""
) -> Evidence:
    """A license statement of a document: `words` verbatim, read from `statement` where that is a part of them.

    Words beside the statement that take back what it gives leave it not understood.
    """
    reading = read_license(words if statement is None else statement)
    license = reading.license
    if statement is not None and takes_back(
        words, noncommercial="-NC" in license, permissive=is_permissive(license)
    ):
        license = ""
    return Evidence(
        says=Says.LICENSE,
        origin=origin or document.kind,
        text=words[:LONGEST_TEXT],
        document=document.sha256,
        license=license,
        holder=one_line(holder),
    )


def one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST_HOLDER]


class SameFolder:
    """A document that speaks of every file in its own folder, and of none below."""

    def __init__(self, folder: PurePosixPath, evidence: Evidence) -> None:
        self.folder = folder
        self._evidence = evidence

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        if len(path.parts) == 1:
            yield self._evidence


class NamedFiles:
    """A document that speaks of files of its own folder by name."""

    def __init__(self, folder: PurePosixPath, named: Iterable[tuple[str, Evidence]]) -> None:
        self.folder = folder
        self._named: dict[str, list[Evidence]] = {}
        for name, evidence in named:
            self._named.setdefault(name, []).append(evidence)

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        if len(path.parts) == 1:
            yield from self._named.get(path.name, ())
