# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All documents about rights below one added folder, and what they say of each file in it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from onrecord.errors import RecordRejected
from onrecord.model.rights import Evidence
from onrecord.sources.sidecars import documents as kinds
from onrecord.sources.sidecars.album_json import Album, AlbumLicense
from onrecord.sources.sidecars.debian import is_machine_readable, parse
from onrecord.sources.sidecars.debian_files import DebianCopyright
from onrecord.sources.sidecars.documents import RefusedDocument, SidecarDocument, find, walk
from onrecord.sources.sidecars.preferences import read_robots, read_tdmrep, top_of, unread_preference
from onrecord.sources.sidecars.prose import prose_license
from onrecord.sources.sidecars.reuse import ReuseToml, named_beside, read_license_beside
from onrecord.sources.sidecars.said import (
    Everything,
    NamedFiles,
    SameFolder,
    Statements,
    license_evidence,
    unread_evidence,
)

#: Most files that are looked at to learn where a Debian source tree lies.
_MOST_PLACED: Final = 200_000


class Sidecars:
    """What the documents of one folder say. Built by `scan`; nothing is read from disk afterwards.

    `documents` holds every document that was found, also those that say nothing a machine understands; `refused` those
    that were not taken or are broken. A broken one is in both. One that would state a license and was not read says of
    the files in its scope that it was not understood: no document above it speaks for them alone.
    """

    def __init__(
        self,
        documents: Sequence[SidecarDocument],
        refused: Sequence[RefusedDocument],
        said: Iterable[Statements | NamedFiles],
    ) -> None:
        self.documents = list(documents)
        self.refused = list(refused)
        self._said: dict[PurePosixPath, list[Statements]] = {}
        self._named: dict[PurePosixPath, list[Evidence]] = {}
        for statements in said:
            if isinstance(statements, NamedFiles):
                for name, evidence in statements.named:
                    self._named.setdefault(_shown(statements.folder / name), []).append(evidence)
            else:
                self._said.setdefault(_shown(statements.folder), []).append(statements)

    @classmethod
    def scan(cls, root: Path, *, deep: bool = True) -> "Sidecars":
        """Read every document in and below a folder; only those in it where `deep` is False. Links are not followed."""
        every = list(find(root, deep))
        found = [one for one in every if isinstance(one, SidecarDocument)]
        refused = [one for one in every if isinstance(one, RefusedDocument)]
        reading = _Reading(found)
        said = [statements for document in found for statements in reading.read(document)]
        _place(root, deep, [one for one in said if isinstance(one, DebianCopyright)])
        refused += reading.broken
        return cls(found, refused, [*said, *(unread for one in refused for unread in _unread(one))])

    def evidence(self, path: PurePosixPath) -> list[Evidence]:
        """Evidence about one file of the folder, nearest documents first, each once."""
        shown = _shown(path)
        said = self._named.get(shown, [])[:]
        for folder in shown.parents:
            if here := self._said.get(folder):
                below = shown.relative_to(folder)
                said += (evidence for statements in here for evidence in statements.about(below))
        return list(dict.fromkeys(said))


class _Reading:
    """Reads documents one by one; an album's license text needs the album beside it."""

    def __init__(self, documents: Sequence[SidecarDocument]) -> None:
        self.broken: list[RefusedDocument] = []
        self._albums: dict[PurePosixPath, Album] = {}
        for document in documents:
            if document.kind == kinds.ALBUM:
                try:
                    self._albums[document.path.parent] = Album(document)
                except RecordRejected as error:
                    self._refuse(document, error)

    def read(self, document: SidecarDocument) -> Iterable[Statements | NamedFiles]:
        readers: dict[str, Callable[[SidecarDocument], Iterable[Statements | NamedFiles]]] = {
            kinds.DEBIAN: _debian,
            kinds.ALBUM: self._album,
            kinds.GAME_MUSIC: _game_music,
            kinds.REUSE_FILE: lambda one: [read_license_beside(one)],
            kinds.REUSE_TOML: lambda one: [ReuseToml(one)],
            kinds.LICENSE_FILE: self._license_file,
            kinds.TDMREP: lambda one: [read_tdmrep(one)],
            kinds.ROBOTS: lambda one: [read_robots(one)],
        }
        try:
            return list(readers[document.kind](document))
        except RecordRejected as error:
            self._refuse(document, error)
            return []

    def _refuse(self, document: SidecarDocument, error: RecordRejected) -> None:
        self.broken.append(RefusedDocument(document.path, error.message, document.kind, document.sha256))

    def _album(self, document: SidecarDocument) -> Iterable[Statements]:
        album = self._albums.get(document.path.parent)
        return [album] if album else []

    def _license_file(self, document: SidecarDocument) -> Iterable[Statements]:
        folder = document.path.parent
        said = license_evidence(document, document.text)
        if not said.license and folder in self._albums:
            return [AlbumLicense(document, self._albums[folder])]
        return [SameFolder(folder, said)]


def _unread(refused: RefusedDocument) -> Iterable[Statements | NamedFiles]:
    """A document that was not read, over the files that one of its kind speaks of at most. `.music` files describe
    pieces and state a license only by the way; nothing is concluded from a broken one."""
    path, kind = refused.path, refused.kind
    if kind == kinds.GAME_MUSIC:
        return []
    if kind in (kinds.TDMREP, kinds.ROBOTS):
        return [Everything(top_of(path), unread_preference(path, kind, refused.reason, refused.sha256))]
    said = unread_evidence(path, kind, refused.reason, refused.sha256)
    if kind == kinds.REUSE_FILE:
        return [NamedFiles(path.parent, ((named_beside(path), said),))]
    if kind == kinds.LICENSE_FILE:
        return [SameFolder(path.parent, said)]
    return [Everything(_debian_folder(path) if kind == kinds.DEBIAN else path.parent, said)]


def _debian_folder(path: PurePosixPath) -> PurePosixPath:
    """The top of the source tree that a copyright file speaks of."""
    folder = path.parent
    return folder.parent if folder.name in ("debian", ".reuse") else folder


def _debian(document: SidecarDocument) -> Iterable[Statements]:
    folder = _debian_folder(document.path)
    text = document.text
    if is_machine_readable(text):
        return [DebianCopyright(folder, document, parse(text))]
    license = prose_license(text)
    if not license:
        return []
    said = msgspec.structs.replace(license_evidence(document, text, license), scope="everything")
    return [Everything(folder, said)]


def _game_music(document: SidecarDocument) -> Iterable[NamedFiles]:
    from onrecord.sources.sidecars.game_music import read_game_music  # lxml, only where there is such a file

    return [read_game_music(document)]


def _place(root: Path, deep: bool, copyrights: Sequence[DebianCopyright]) -> None:
    """Tell each Debian document where the files lie that it names; the tree is walked again only if there is one."""
    if not copyrights:
        return
    names = frozenset().union(*(one.names for one in copyrights))
    found: list[PurePosixPath] = []
    tops: dict[PurePosixPath, frozenset[str]] = {}
    for folder, folders, files in walk(root, deep):
        tops[folder] = frozenset(folders)
        if len(found) < _MOST_PLACED:
            found += [_shown(folder / name) for name in files if name in names]
    for one in copyrights:
        below = (path.relative_to(one.folder) for path in found if path.is_relative_to(one.folder))
        one.place(below, tops.get(one.folder, frozenset()))


def _shown(path: PurePosixPath) -> PurePosixPath:
    """A path as it is shown: bytes that are no UTF-8 are replaced, on both sides of a comparison."""
    return PurePosixPath(str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
