# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which volume a kept file lies: of this archive's latest edition, else of the newest of one that is mirrored."""

from collections.abc import Collection
from pathlib import Path

import msgspec
from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in
from onrecord.archive.newest_editions import newest_mirrored
from onrecord.archive.withheld import Withheld
from onrecord.engine.parquet import read_rows
from onrecord.publish.edition import Manifest, VolumeEntry

#: Editions of an archive whose manifests are kept.
_MOST_KEPT = 8


class Place(Struct, frozen=True):
    """A volume and the edition that it is of; `archive` is the name of whose edition that is, "" where it is ours."""

    entry: VolumeEntry
    edition: int
    archive: str = ""


class Manifests:
    """Manifests that were read, of the newest editions of each archive, for any number of threads.

    They come without `added` and `removed`, which are, in older editions, lists as long as an archive.
    """

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[Manifest, dict[str, VolumeEntry]]] = {}

    def manifest(self, papers: Path) -> Manifest:
        return self._read(papers)[0]

    def volumes(self, papers: Path) -> dict[str, VolumeEntry]:
        """The volumes of an edition, by their names."""
        return self._read(papers)[1]

    def _read(self, papers: Path) -> tuple[Manifest, dict[str, VolumeEntry]]:
        found = self._kept.get(papers)
        if found is None:
            manifest = msgspec.structs.replace(manifest_in(papers), added=(), removed=())
            found = manifest, {entry.name: entry for entry in manifest.volumes}
            # Another dict, for other threads read the one that is there; what two put at once, one of them reads again.
            kept = {**self._kept, papers: found}
            beside = sorted(
                (path for path in kept if path.parent == papers.parent), key=lambda path: int(path.name)
            )
            for older in beside[:-_MOST_KEPT]:
                del kept[older]
            self._kept = kept
        return found


class Places:
    """Looks files up for one thread; manifests are read once, for all threads."""

    def __init__(self, archive: Archive, manifests: Manifests) -> None:
        self._archive = archive
        self._manifests = manifests
        #: By archive: for which edition and which withdrawals it was worked out, and what it was.
        self._hidden: dict[Path, tuple[Path, Withheld, set[str]]] = {}

    def find(self, sha256: str, withheld: Withheld) -> Place | None:
        """Where a file lies that everybody may have whole; what this archive publishes before what it mirrors."""
        return self.own(sha256, withheld) or self._mirrored(sha256, withheld)

    def own(self, sha256: str, withheld: Withheld) -> Place | None:
        """As `find`, of this archive's latest edition alone."""
        editions, name = self._archive.ledger.editions(), self._archive.ledger.volume(sha256)
        if not editions or not name or name in withheld.volumes:
            return None
        number = int(editions[-1]["number"])
        entry = self._manifests.volumes(self._archive.folder / "editions" / str(number)).get(name)
        return Place(entry, number) if entry else None

    def _mirrored(self, sha256: str, withheld: Withheld) -> Place | None:
        for archive, papers in newest_mirrored(self._archive).items():
            try:
                [name] = _volumes(papers, [sha256]) or [""]
                hidden = self._withheld(papers, withheld)
            except FileNotFoundError:
                continue  # it came to harm, and is just being replaced by the same, fetched again
            if not name or name in hidden or not (papers / "manifest.json").is_file():
                continue
            if entry := self._manifests.volumes(papers).get(name):
                names = {followed.archive: followed.name for followed in self._archive.ledger.followed()}
                return Place(entry, int(papers.name), names.get(archive) or archive)
        return None

    def _withheld(self, papers: Path, withheld: Withheld) -> set[str]:
        """Volumes of a mirrored edition that hold what is withdrawn here."""
        edition, known, hidden = self._hidden.get(papers.parent, (None, None, set[str]()))
        if edition != papers or known is not withheld:
            hidden = _volumes(papers, withheld.blobs)
            self._hidden[papers.parent] = papers, withheld, hidden
        return hidden


def _volumes(papers: Path, blobs: Collection[str]) -> set[str]:
    """The volumes that these files lie in. The rows are in the order of their digests, so that the bounds of row groups
    leave few to be read."""
    path = papers / "dataset" / "files.parquet"
    rows = read_rows(path, ["sha256", "volume"], within=("sha256", blobs)) if blobs else ()
    return {row["volume"] for row in rows}
