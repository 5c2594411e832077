# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export as OCFL objects, one a recording."""

import importlib.metadata
import io
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.exporting.giving import Damaged, written
from onrecord.archive.exporting.papers import Papers
from onrecord.archive.exporting.places import PLACING
from onrecord.archive.exporting.report import ExportReport
from onrecord.archive.exporting.wanted import File
from onrecord.durable import replace
from onrecord.publish import ocfl
from onrecord.publish.plain_names import PlainNames


class Objects:
    """An OCFL object a recording. Where the root was there before, each is put in place when it is whole."""

    def __init__(
        self, archive: Archive, report: ExportReport, part: Path, root: Path, *, is_new: bool
    ) -> None:
        self._archive, self._report, self._part, self._root = archive, report, part, root
        self._is_new = is_new
        self._urn = f"urn:onrecord:{archive.id}"  # roots may hold objects of several archives

    def open(self, open_files: ExitStack) -> None:
        if self._is_new:
            ocfl.make_root(self._root)

    def write(self, files: Sequence[File]) -> None:
        recording = files[0].view.id
        identifier = f"{self._urn}:{recording}"
        staging = self._part / "object"
        draft = ocfl.Draft(self._root, identifier, staging)
        names = PlainNames(("decisions.json", "CREDITS.md"))
        decisions, credits, evidence = io.BytesIO(), io.BytesIO(), io.BytesIO()
        # Without the day: an object gets a version when an answer changes, not each time that it is asked.
        papers = Papers(self._archive, decisions, credits, evidence, {"recording": recording})
        given = 0
        for file in files:
            name = names.name(file.title, file.ending, file.sound.sha256, file.number)
            if self._draw(draft, file, name):
                papers.add(file, name)
                given += 1
        if not given:
            shutil.rmtree(staging, ignore_errors=True)
            return
        papers.close()
        draft.write_bytes("decisions.json", decisions.getvalue())
        draft.write_bytes("CREDITS.md", credits.getvalue())
        self._report.recordings += 1
        self._commit(draft, identifier)

    def close(self) -> None:
        pass

    def _draw(self, draft: ocfl.Draft, file: File, name: str) -> bool:
        """Take a file into the draft. What the object has already is not read again."""
        if draft.holds(file.sound.sha256):
            draft.keep(name, file.sound.sha256)
            self._report.held += 1
            return True
        try:
            draft.write(name, lambda target: written(self._archive, file, target, self._report))
        except Damaged as damaged:
            self._report.damaged.append(damaged.bad)
            return False
        return True

    def _commit(self, draft: ocfl.Draft, identifier: str) -> None:
        made = ocfl.Made(
            created=self._archive.clock(),
            message=f"Exported by onrecord {importlib.metadata.version('onrecord')} for use: {self._report.use}",
            name=self._archive.settings.archive.name,
            address=self._urn,
        )
        is_first = draft.version == "v1"
        if not is_first:
            replace(self._part / PLACING, identifier.encode())
        if not draft.commit(made, durable=not self._is_new):
            self._report.unchanged += 1
        elif is_first:
            self._report.objects += 1
        else:
            self._report.versions += 1
        (self._part / PLACING).unlink(missing_ok=True)
