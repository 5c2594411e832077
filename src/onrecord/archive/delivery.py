# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the files of a delivery to the records that name them: a deal is then evidence of those bytes.

A record names a file by its name and a digest, often MD5; the archive names its bytes by SHA-256. One read gives both.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from onrecord.archive.core import Archive
from onrecord.errors import OnrecordError, RecordRejected
from onrecord.model.records import Claims, Delivered, Page, Record
from onrecord.sources.seam import Delivers, Source

_BLOCK = 1024 * 1024
#: No message is longer than what its connector reads of it; this only bounds what is digested to find its folder.
_LONGEST_MESSAGE = 256 * 1024 * 1024


class Delivery:
    """A source (it is one itself) whose claims name the bytes that were delivered with its records.

    A file is looked for below the folder of the message that names it, then in all that is harvested, then among the
    deposits: `add --move` may have taken it over before, or an earlier message named it. One that is there and has
    another digest than the record says: the page rejects that recording, and neither it nor its evidence is claimed.
    One that is nowhere leaves the claim as it is; when it has come, the next harvest of the folder joins it.
    """

    def __init__(self, archive: Archive, source: Source, location: Path, files: Sequence[Path]) -> None:
        self.name = source.name
        self.terms = source.terms
        self._archive = archive
        self._source = source
        self._location = location
        self._named: dict[str, list[Path]] = defaultdict(list)
        for path in files:
            self._named[path.name].append(path)
        self._folders: dict[str, Path] = {}
        self._digests: dict[tuple[Path, str], tuple[str, str]] = {}
        self._joined: dict[Record, Claims] = {}

    def pages(self, cursor: str = "") -> Iterator[Page]:
        for page in self._source.pages(cursor):
            self._joined.clear()
            wrong: list[tuple[str, str]] = []
            for record in page.records:
                # A record that cannot be read says so when its claims are asked for.
                with suppress(RecordRejected):
                    self._joined[record] = self._join(record, wrong)
            yield msgspec.structs.replace(page, rejected=(*page.rejected, *wrong))

    def claims(self, record: Record) -> Claims:
        """Those of a record of the page that was given last."""
        found = self._joined.get(record)
        return self._source.claims(record) if found is None else found

    def is_news(self, record: Record) -> bool:
        """Does a record that the archive holds say something of bytes now that it did not when it came?"""
        claims, ledger = self.claims(record), self._archive.ledger
        blobs = {track.id: track.blob for track in claims.tracks if track.blob}
        blobs |= {picture: blob for picture, blob in claims.pictures if blob}
        return any(
            fact.id not in ledger.evidence(blobs[track])
            and fact.id not in ledger.former_evidence(blobs[track])
            for track, fact in claims.evidence
            if track in blobs
        )

    def _join(self, record: Record, wrong: list[tuple[str, str]]) -> Claims:
        claims = self._source.claims(record)
        files: dict[str, list[Delivered]] = defaultdict(list)
        for file in self._delivered(record):
            files[file.track].append(file)
        if not files:
            return claims
        folder = self._folder_of(record)
        known = self._known(record)
        blobs: dict[str, str] = {}
        left_out: set[str] = set()
        for track, named in files.items():
            for file in named:
                sha256, why = self._find(file, folder)
                if why:
                    left_out.add(track)
                    wrong.append((track, why))
                elif len(named) == 1:  # of several files none can be said to be the recording
                    blobs[track] = sha256 or known.get(file, "")
        tracks = [
            msgspec.structs.replace(track, blob=blobs.get(track.id) or track.blob)
            for track in claims.tracks
            if track.id not in left_out
        ]
        pictures = [(id, blobs.get(id) or blob) for id, blob in claims.pictures if id not in left_out]
        evidence = [(track, fact) for track, fact in claims.evidence if track not in left_out]
        return msgspec.structs.replace(claims, tracks=tracks, evidence=evidence, pictures=pictures)

    def _delivered(self, record: Record) -> Sequence[Delivered]:
        assert isinstance(self._source, Delivers)
        return () if record.deleted else self._source.delivered(record)

    def _find(self, file: Delivered, folder: Path) -> tuple[str, str]:
        """SHA-256 of a file that has the digest that was said, or why what bears its name is not it; ("", "") where
        nothing does."""
        algorithm, said = file.digest
        named = self._named.get(file.name, [])
        near = [path for path in named if path.is_relative_to(folder)]
        other = ""
        for path in (*near, *(path for path in named if path not in near)):
            try:
                found, sha256 = self._digests_of(path, algorithm)
            except OSError as error:
                found, sha256 = f"(cannot be read: {error.strerror})", ""
            if found == said:
                return sha256, ""
            other = other or (found if path in near else "")
        if other:
            return "", (
                f"{file.name} has the {algorithm} {other}, the record says {said}: neither the recording nor its deal "
                "is taken. Have the file or the message delivered again, then harvest the folder again"
            )
        return self._deposited(file, folder), ""

    def _digests_of(self, path: Path, algorithm: str) -> tuple[str, str]:
        """A file's digest by an algorithm and its SHA-256, each file read once."""
        if (path, algorithm) not in self._digests:
            before, now = self._archive.ledger.deposited(os.fsencode(path)), path.lstat()
            stamp = (now.st_size, now.st_mtime_ns, now.st_ino)
            if algorithm == "sha256" and before and (before.size, before.mtime_ns, before.inode) == stamp:
                self._digests[path, algorithm] = before.sha256, before.sha256
            else:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                self._digests[path, algorithm] = _read(fd, algorithm)
        return self._digests[path, algorithm]

    def _deposited(self, file: Delivered, folder: Path) -> str:
        """SHA-256 of a blob that was deposited from where a delivery keeps the file, and has the digest."""
        algorithm, said = file.digest
        for place in (folder, folder / "resources"):
            deposit = self._archive.ledger.deposited(os.fsencode(place / file.name))
            blob = self._archive.ledger.blob(deposit.sha256) if deposit else None
            if blob is None or blob.state != "ok":
                continue
            with suppress(OnrecordError, OSError):
                found, sha256 = _read(self._archive.store.open(blob.sha256, blob.root), algorithm)
                if found == said and sha256 == blob.sha256:
                    return sha256
        return ""

    def _known(self, record: Record) -> dict[Delivered, str]:
        """What earlier answers on a record were joined to: a later one may come without the files."""
        name = f"{record.kind}:{record.id}"
        before = self._archive.ledger.record(self.name, name)
        if not before or before == hashlib.sha256(record.payload).hexdigest():
            return {}
        with self._archive.duck() as duck:
            rows = duck.run(
                "SELECT r.media_type, r.payload, t.id, t.blob FROM tracks t JOIN records r USING (source, record, seq)"
                " WHERE source = ? AND record = ? AND t.blob != '' ORDER BY seq",
                [self.name, name],
            )
        known: dict[Delivered, str] = {}
        for media_type, payload, track, blob in rows:
            former = Record(self.name, record.kind, record.id, str(media_type), bytes(payload))
            with suppress(RecordRejected):
                known |= {file: str(blob) for file in self._delivered(former) if file.track == track}
        return known

    def _folder_of(self, record: Record) -> Path:
        """Where the file lies whose bytes the record is."""
        if not self._folders:
            self._folders = dict(_folders(path for paths in self._named.values() for path in paths))
        top = self._location if self._location.is_dir() else self._location.parent
        return self._folders.get(hashlib.sha256(record.payload).hexdigest(), top)


def _folders(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Of every message the digest, and the folder that it lies in."""
    for path in paths:
        with suppress(OSError):
            if path.suffix.lower() == ".xml" and path.stat().st_size <= _LONGEST_MESSAGE:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                yield _read(fd, "sha256")[0], path.parent


def _read(fd: int, algorithm: str) -> tuple[str, str]:
    """The digest by an algorithm, and the SHA-256, of what a descriptor yields; closes it."""
    digests = [hashlib.new(name) for name in (algorithm, "sha256")]
    with os.fdopen(fd, "rb") as file:
        while block := file.read(_BLOCK):
            for digest in digests:
                digest.update(block)
    return digests[0].hexdigest(), digests[1].hexdigest()
