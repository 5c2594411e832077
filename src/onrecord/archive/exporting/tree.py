# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export as plain folders, or as a BagIt bag."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.exporting.giving import give, remove_empty
from onrecord.archive.exporting.papers import Papers
from onrecord.archive.exporting.report import ExportReport, Form
from onrecord.archive.exporting.wanted import File
from onrecord.durable import sha256_of
from onrecord.publish.plain_names import PlainNames
from onrecord.publish.volume import bag_files


class Tree:
    """Plain folders; for a bag they are its payload, and the papers are its tag files."""

    def __init__(self, archive: Archive, report: ExportReport, folder: Path) -> None:
        self._archive, self._report, self._folder = archive, report, folder
        self._is_bag = report.form is Form.BAGIT
        self._names = PlainNames(() if self._is_bag else ("SHA256SUMS", "decisions.json", "CREDITS.md"))
        self._listed: list[tuple[str, str, int]] = []
        self._papers: Papers

    def open(self, open_files: ExitStack) -> None:
        self._folder.mkdir()
        decisions, credits, evidence = (
            open_files.enter_context((self._folder / name).open("w+b"))
            for name in ("decisions.json", "CREDITS.md", "evidence.part")
        )
        day = self._archive.today.isoformat()
        self._papers = Papers(self._archive, decisions, credits, evidence, {"day": day})

    def write(self, files: Sequence[File]) -> None:
        given = 0
        for file in files:
            path = self._names.place(
                file.artist, file.release, file.title, file.ending, file.sound.sha256, file.number
            )
            place = "/".join(("data", *path) if self._is_bag else path)
            target = self._folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if give(self._archive, file, target, self._report):
                self._papers.add(file, place)
                self._listed.append((place, file.sound.sha256, file.sound.size))
                given += 1
            else:
                remove_empty(target.parent)
        self._report.recordings += bool(given)

    def close(self) -> None:
        self._papers.close()
        (self._folder / "evidence.part").unlink()
        self._listed.sort()
        if not self._is_bag:
            self._sums("SHA256SUMS", ["CREDITS.md", "decisions.json"], self._listed)
            return
        fields = [
            ("Bag-Software-Agent", f"onrecord {importlib.metadata.version('onrecord')}"),
            ("Bagging-Date", self._archive.today.isoformat()),
            ("External-Identifier", self._archive.id),
            ("External-Description", f"Exported from the archive {self._archive.settings.archive.name}"),
        ]
        tags = bag_files(self._listed, fields)
        for name, content in tags.items():
            (self._folder / name).write_bytes(content)
        self._sums("tagmanifest-sha256.txt", sorted([*tags, "CREDITS.md", "decisions.json"]), [])

    def _sums(self, name: str, papers: Iterable[str], listed: Iterable[tuple[str, str, int]]) -> None:
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{sha256_of(self._folder / paper)}  {paper}\n" for paper in papers)
            file.writelines(f"{sha256}  {place}\n" for place, sha256, _ in listed)
