# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds for tests of withdrawals: a tune in several forms and another, all under a free license."""

import hashlib
from pathlib import Path

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.model.rights import Target
from tests.conftest import DAY
from tests.tones import write

BY = "https://creativecommons.org/licenses/by/4.0/"


def tagged(title: str, **more: str) -> dict[str, str]:
    return {"title": title, "artist": "Some Makers", "album": "Record", "license": BY, **more}


def tune(path: Path, title: str = "Tune", seed: int = 5) -> Path:
    """Long enough for a fingerprint; the same seed sounds the same, in whatever form the ending asks for."""
    tags = tagged(title)
    if path.suffix == ".mp3":
        tags["copyright"] = tags.pop("license")
    return write(path, seed, 20.0, tags)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def recording_of(archive: Archive, path: Path) -> str:
    return Reader(archive.folder).why(sha256(path)).id


def blob(path: Path) -> Target:
    return Target("blob", sha256(path))


def titles(archive: Archive, words: str, kind: str = "recording") -> list[str]:
    return [hit.title for hit in Reader(archive.folder).search(words, (kind,))]


def two_sounds(folder: Path) -> None:
    """An archive in `folder` that has published two sounds."""
    tune(folder / "music" / "tune.flac")
    tune(folder / "music" / "other.flac", "Other", seed=6)
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        add(archive, [folder / "music"])
        publish(archive)
