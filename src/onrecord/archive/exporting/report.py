# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an export is written as, and what one run gave out."""

from enum import StrEnum

import msgspec
from msgspec import Struct

from onrecord.archive.checking_derived import Bad
from onrecord.archive.door import Refused
from onrecord.model.rights import Use


class Form(StrEnum):
    """What an export is written as."""

    PLAIN = "plain"
    BAGIT = "bagit"
    OCFL = "ocfl"


class ExportReport(Struct):
    """What one run gave out. No `files` and nothing `held` means that nothing was written.

    hits       things that the query found
    recordings recordings of which a file was given out
    files      files that were written, of `bytes`; `shared` of them share a blob's blocks until one of the two changes
    held       files that their OCFL object had already
    objects    OCFL objects that are new; `versions` of others were added, `unchanged` objects said the same before
    left_out   files that the gate does not give out for this use, or that are not matched yet
    damaged    files whose blob is not whole, or lies on a disk that is not mounted
    """

    form: Form
    folder: str
    use: Use
    hits: int = 0
    recordings: int = 0
    files: int = 0
    bytes: int = 0
    shared: int = 0
    held: int = 0
    objects: int = 0
    versions: int = 0
    unchanged: int = 0
    left_out: list[Refused] = msgspec.field(default_factory=list)
    damaged: list[Bad] = msgspec.field(default_factory=list)
