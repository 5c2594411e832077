# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest edition of this archive and of each that it mirrors: where its papers and its torrents lie."""

from collections.abc import Iterator
from pathlib import Path

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in


def newest(archive: Archive) -> Iterator[tuple[Path, int]]:
    """Folder and number of each, the own one first: the papers lie in `<folder>/<number>/`, their torrent beside."""
    for edition in archive.ledger.editions()[-1:]:
        yield archive.folder / "editions", edition["number"]
    for papers in newest_mirrored(archive).values():
        yield papers.parent, int(papers.name)


def newest_mirrored(archive: Archive) -> dict[str, Path]:
    """The papers of the newest edition of each archive that is mirrored."""
    numbers = {each["archive"]: int(each["number"]) for each in archive.ledger.mirrored()}
    return {name: archive.folder / "mirrored" / name / str(number) for name, number in numbers.items()}


def mirrored_numbers(archive: Archive, of: str) -> list[int]:
    """Numbers of the editions of another archive that are held here, oldest first."""
    return [int(each["number"]) for each in archive.ledger.mirrored() if each["archive"] == of]


def torrents(archive: Archive) -> dict[str, Path]:
    """The torrent files by what they are called: of each edition's own files, and of its volumes."""
    found: dict[str, Path] = {}
    for folder, number in newest(archive):
        manifest = manifest_in(folder / str(number))
        found[f"onrecord-{manifest.archive}-edition-{number}"] = folder / f"{number}.torrent"
        found |= {entry.name: folder / str(number) / entry.path for entry in manifest.volumes}
    return found


def volume_torrents(archive: Archive) -> dict[str, Path]:
    """The torrent files of all volumes, by the volume's name."""
    return {
        entry.name: folder / str(number) / entry.path
        for folder, number in newest(archive)
        for entry in manifest_in(folder / str(number)).volumes
    }
