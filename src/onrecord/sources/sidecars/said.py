# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document says about files, as its reader hands it on; and the evidence that is made of it."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final, NamedTuple, Protocol

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


def performer_evidence(name: str, origin: str, document: str = "") -> Evidence:
    """Who is named as having made or performed it: no grant; it tells whose word a license would have to be."""
    return Evidence(says=Says.PERFORMER, origin=origin, text=name, holder=name, document=document)


def unread_evidence(path: PurePosixPath, kind: str, reason: str, sha256: str = "") -> Evidence:
    """A document that states a license, but nobody knows which: in its scope it stands against every permission."""
    return Evidence(
        says=Says.LICENSE,
        origin=kind,
        # The words before the reason see to it that no license named in it, or by the file, is taken for a statement.
        text=one_line(f"{path.name} could not be read: {reason}"),
        document=sha256,
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


class Everything:
    """A document that says one thing of every file in its folder and below."""

    def __init__(self, folder: PurePosixPath, evidence: Evidence) -> None:
        self.folder = folder
        self._evidence = evidence

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        yield self._evidence


class NamedFiles(NamedTuple):
    """A document that speaks of files of its own folder by name. There may be one for each file, so whoever asks keeps
    them by name and not as a list to go through."""

    folder: PurePosixPath
    named: tuple[tuple[str, Evidence], ...]
