# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which volume a kept file lies: of this archive's latest edition, else of the newest of one that is mirrored."""

from collections.abc import Collection
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.archive.newest_editions import newest_mirrored
from onrecord.archive.withheld import Withheld
from onrecord.engine.parquet import read_rows
from onrecord.publish.edition import VolumeEntry


class Place(Struct, frozen=True):
    """A volume and the edition that it is of; `archive` is the name of whose edition that is, "" where it is ours."""

    entry: VolumeEntry
    edition: int
    archive: str = ""


class Places:
    """Looks files up for one thread; each manifest is read once, until there is a newer one."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._volumes: dict[Path, dict[str, VolumeEntry]] = {}
        self._hidden: dict[Path, tuple[Withheld, set[str]]] = {}

    def find(self, sha256: str, withheld: Withheld) -> Place | None:
        """Where a file lies that everybody may have whole; what this archive publishes before what it mirrors."""
        return self.own(sha256, withheld) or self._mirrored(sha256, withheld)

    def own(self, sha256: str, withheld: Withheld) -> Place | None:
        """As `find`, of this archive's latest edition alone."""
        editions, name = self._archive.ledger.editions(), self._archive.ledger.volume(sha256)
        if not editions or not name or name in withheld.volumes:
            return None
        number = int(editions[-1]["number"])
        entry = self._in(self._archive.folder / "editions" / str(number)).get(name)
        return Place(entry, number) if entry else None

    def _mirrored(self, sha256: str, withheld: Withheld) -> Place | None:
        for archive, papers in newest_mirrored(self._archive).items():
            [name] = _volumes(papers, [sha256]) or [""]
            if name in self._withheld(papers, withheld):
                continue
            if entry := self._in(papers).get(name):
                names = {followed.archive: followed.name for followed in self._archive.ledger.followed()}
                return Place(entry, int(papers.name), names.get(archive) or archive)
        return None

    def _withheld(self, papers: Path, withheld: Withheld) -> set[str]:
        """Volumes of a mirrored edition that hold what is withdrawn here."""
        if papers not in self._hidden or self._hidden[papers][0] is not withheld:
            self._hidden[papers] = withheld, _volumes(papers, withheld.blobs)
        return self._hidden[papers][1]

    def _in(self, papers: Path) -> dict[str, VolumeEntry]:
        if papers not in self._volumes:
            self._volumes[papers] = {entry.name: entry for entry in manifest_in(papers).volumes}
        return self._volumes[papers]


def _volumes(papers: Path, blobs: Collection[str]) -> set[str]:
    """The volumes that these files lie in. The rows are in the order of their digests, so that the bounds of row groups
    leave few to be read."""
    path = papers / "dataset" / "files.parquet"
    rows = read_rows(path, ["sha256", "volume"], within=("sha256", blobs)) if blobs else ()
    return {row["volume"] for row in rows}
