# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a volume may be given out: looked at again and again, and only where something was committed about it."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.judging import Sharing
from onrecord.archive.touched import touched
from onrecord.errors import DigestMismatch, NotFound
from onrecord.ledger import BlobRow
from onrecord.model.identifiers import sha256
from onrecord.publish import bencode
from onrecord.publish.contents import Contents, read

_DIGEST = 32


class Found(Struct, frozen=True):
    """`mark` is another as soon as another file may be given out, or one lies elsewhere, or the torrent's addresses are
    others; `has_sound` says whether anything of the sound may be."""

    info_hash: bytes
    mark: bytes
    has_sound: bool


class Looks:
    """Looks at the torrents of volumes by their paths. `begin` begins a round of looks.

    A torrent is read once and its blobs are kept as digests, 32 bytes for each file. Memory holds those of the volumes
    that were looked at in the last two rounds.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._sharing = Sharing(archive)
        self._at = 0
        #: Blobs that were committed about since the last round; None for any.
        self._touched: frozenset[bytes] | None = None
        self._now: dict[Path, _Look] = {}
        self._before: dict[Path, _Look] = {}

    def begin(self) -> bool:
        """Take the ledger to be as it is now. False where no look could find anything else than the last round's."""
        archive, seq = self._archive, self._archive.ledger.seq
        since = touched(archive, self._at) if self._at else None
        self._touched = None if since is None else frozenset(map(bytes.fromhex, since))
        if self._sharing.day != archive.today:
            self._sharing, self._touched = Sharing(archive), None
        self._at = seq
        changed = self._touched != frozenset()
        # What the last round left out is looked at as if for the first time: more was committed since than `touched`.
        self._before, self._now = (self._now, {}) if changed else ({}, self._now)
        return changed

    def look(self, path: Path) -> Found:
        """At the volume whose torrent this is."""
        known = self._now.get(path) or self._before.get(path)
        if known is None:
            contents, addresses = _read(path)
            known = _Look(contents.info_hash_v2, addresses, _blobs(contents))
            found = self._found(known)
        elif known.found is None or self._touched is None or any(map(known.holds, self._touched)):
            found = self._found(known)
        else:
            found = known.found
        self._now[path] = _Look(known.info_hash, known.addresses, known.blobs, found)
        return found

    def places(self, path: Path, tags: Path) -> tuple[bytes, dict[tuple[str, ...], Path | None]]:
        """The torrent, and where each of its files lies: papers among the tags, sound among the blobs, if it may be
        given out and is there."""
        torrent = path.read_bytes()
        files = read(torrent).files
        named = {file.path: _digest(file.path) for file in files if file.path[0] == "data"}
        sound = self._sound([digest for digest in named.values() if digest])
        return torrent, {
            file.path: sound.get(named[file.path]) if file.path in named else tags.joinpath(*file.path)
            for file in files
        }

    def remote(self, path: Path) -> Iterator[BlobRow]:
        """Files of a volume that may be given out and lie in a bucket, whether or not a copy of them is here."""
        digests = (digest.hex() for digest in _parted(_blobs(_read(path)[0])))
        return (row for row in self._sharing.allowed(digests) if self._archive.store.is_remote(row.root))

    def far(self, path: Path) -> tuple[int, bool]:
        """(how many files of a volume may be given out and lie in a bucket alone, does its torrent name a web seed)"""
        files = sum(not self._is_near(row) for row in self.remote(path))
        outer = bencode.decode(path.read_bytes())
        return files, isinstance(outer, dict) and bool(outer.get(b"url-list"))

    def has_sound(self, path: Path) -> bool:
        """Whether anything of a volume may be given out; it is not remembered."""
        digests = (digest.hex() for digest in _parted(_blobs(_read(path)[0])))
        return any(self._is_near(row) for row in self._sharing.allowed(digests))

    def _found(self, known: "_Look") -> Found:
        mark, has_sound = hashlib.sha256(known.addresses), False
        for row in self._sharing.allowed(digest.hex() for digest in _parted(known.blobs)):
            if self._is_near(row):
                mark.update(f"{row.sha256} {row.root}\n".encode())
                has_sound = True
        return Found(known.info_hash, mark.digest(), has_sound)

    def _sound(self, digests: list[str]) -> Mapping[str, Path]:
        found = {}
        for row in self._sharing.allowed(digests):
            try:
                if path := self._archive.store.near(row.sha256, row.root):
                    found[row.sha256] = path
            except (NotFound, DigestMismatch):
                continue
        return found

    def _is_near(self, row: BlobRow) -> bool:
        """Whether it lies on a disk that is there. What lies in a bucket is given out by web seeds, and from here where
        a copy stays for that (`seed_copies`)."""
        store = self._archive.store
        if store.is_remote(row.root):
            return store.near(row.sha256, row.root) is not None
        return store.root(row.root) is not None


class _Look(Struct, frozen=True):
    """What a torrent is, and what was found of it last. `addresses` is the digest of all its bytes: of what is not in
    its info-hash its addresses alone may change. `blobs` are the digests of its sound in their order."""

    info_hash: bytes
    addresses: bytes
    blobs: bytes
    found: Found | None = None

    def holds(self, digest: bytes) -> bool:
        numbers = range(len(self.blobs) // _DIGEST)
        at = bisect_left(numbers, digest, key=lambda number: _part(self.blobs, number))
        return _part(self.blobs, at) == digest


def _read(path: Path) -> tuple[Contents, bytes]:
    torrent = path.read_bytes()
    return read(torrent), hashlib.sha256(torrent).digest()


def _blobs(contents: Contents) -> bytes:
    digests = {_digest(file.path) for file in contents.files if file.path[0] == "data"}
    return b"".join(bytes.fromhex(digest) for digest in sorted(digests) if digest)


def _digest(path: tuple[str, ...]) -> str:
    return sha256(path[-1].partition(".")[0])


def _part(blobs: bytes, number: int) -> bytes:
    return blobs[number * _DIGEST : (number + 1) * _DIGEST]


def _parted(blobs: bytes) -> Iterator[bytes]:
    return (_part(blobs, number) for number in range(len(blobs) // _DIGEST))
