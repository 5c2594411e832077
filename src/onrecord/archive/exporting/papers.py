# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers of an export: decisions.json and CREDITS.md."""

import shutil
from typing import Any, BinaryIO, Final

import msgspec

from onrecord.archive.core import Archive
from onrecord.archive.exporting.wanted import File
from onrecord.archive.judging import judge
from onrecord.archive.reading import rule
from onrecord.model.rights import Use
from onrecord.rights import attribution
from onrecord.rights.signals import signals

_FORMAT: Final = 1


class Papers:
    """decisions.json and CREDITS.md, written file by file, so that an export of any size needs little memory.

    `evidence` is room for what decisions.json tells after the files: each piece of evidence once, verbatim.
    """

    def __init__(
        self,
        archive: Archive,
        decisions: BinaryIO,
        credits: BinaryIO,
        evidence: BinaryIO,
        more: dict[str, str],
    ) -> None:
        self._archive = archive
        self._decisions, self._credits, self._evidence = decisions, credits, evidence
        self._told: set[str] = set()
        self._codes: set[str] = set()
        name = archive.settings.archive.name
        head = {"format": _FORMAT, "archive": archive.id, "name": name, "territory": "unknown", **more}
        self._decisions.write(_json(head)[:-1] + b',\n"files":[')
        self._between = b"\n"
        self._credits.write(f"# Credits of {' '.join(name.split())}\n\n".encode())

    def add(self, file: File, path: str) -> None:
        """The decisions of today on a file, for every use, and the line that names who made it."""
        sha256, view = file.sound.sha256, file.view
        decisions = {use: judge(self._archive, sha256, use) for use in Use}
        body: dict[str, Any] = {
            "path": path,
            "sha256": sha256,
            "size": file.sound.size,
            "recording": view.id,
            "title": view.title,
            "artist": view.artist,
            "names": file.sound.names,
            "decisions": {
                use: {key: value for key, value in msgspec.to_builtins(decision).items() if key != "use"}
                for use, decision in decisions.items()
            },
        }
        evidence = self._archive.ledger.evidence(sha256)
        facts = [fact for fact, _ in evidence.values()]
        if wishes := signals(facts, self._archive.settings.rights.default, self._archive.today):
            body["signals"] = wishes
        self._decisions.write(self._between + _json(body))
        self._between = b",\n"
        self._codes.update(code for decision in decisions.values() for code in decision.codes)
        for identifier, (fact, logged) in sorted(evidence.items()):
            if identifier not in self._told:
                line = _json(identifier) + b":" + _json({"logged": logged, "evidence": fact})
                self._evidence.write((b",\n" if self._told else b"\n") + line)
                self._told.add(identifier)
        credit = attribution(view.title, view.artist, facts)
        self._credits.write(f"- {credit} `{sha256}`\n".encode())

    def close(self) -> None:
        """The evidence, and what the codes mean. The streams stay open, and are flushed."""
        rules = {code: {"sentence": rule(code).sentence, "clause": rule(code).clause} for code in self._codes}
        self._decisions.write(b'\n],\n"evidence":{')
        self._evidence.seek(0)
        shutil.copyfileobj(self._evidence, self._decisions)
        self._decisions.write(b'\n},\n"rules":' + _json(rules) + b"}\n")
        self._decisions.flush()
        self._credits.flush()


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")
