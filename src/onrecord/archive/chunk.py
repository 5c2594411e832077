# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chunks of files: what is to be done to which, as it travels to whoever does it (`chunks`)."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from onrecord.archive.ingest import Limits
from onrecord.audio.analyser import ANALYSER, VERSION
from onrecord.publish.volume import Form, VolumeFile
from onrecord.store import Pace, Store
from onrecord.store.bucket import Bucket
from onrecord.store.roots import Disk

Kind = Literal["verify", "analyse", "look", "copy", "assemble"]

#: What is done by decoding: another version of the analyser does it otherwise.
DECODES: Final = ("analyse", "look")


class _Read(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is read, and what that may cost."""

    disks: Sequence[Disk]
    buckets: Sequence[Bucket]
    limits: Limits

    @property
    def text(self) -> str:
        """The chunk as it travels."""
        return msgspec.json.encode(self, enc_hook=lambda path: str(path.absolute())).decode()

    @property
    def store(self) -> Store:
        return Store([*self.disks, *self.buckets], pace=Pace(self.limits.rate))


class Blobs(_Read, frozen=True, forbid_unknown_fields=True):
    """Some blobs, each (digest, id of the root, bytes)."""

    kind: Kind
    blobs: Sequence[tuple[str, str, int]]

    @property
    def digest(self) -> str:
        """Names the chunk: the same work on the same blobs. Where disks are mounted is no part of it."""
        by = f"{self.kind} {ANALYSER} {VERSION}" if self.kind in DECODES else self.kind
        lines = [by, *(f"{sha256} {root} {size}" for sha256, root, size in self.blobs)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def about(self) -> str:
        return f"{len(self.blobs):,} files, the first {self.blobs[0][0]}"

    @property
    def files(self) -> int:
        return len(self.blobs)

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.blobs)


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A sound to copy: where it lies and what the copy says of itself."""

    sha256: str
    root: str
    size: int
    tags: Mapping[str, str]


class Sources(_Read, frozen=True, forbid_unknown_fields=True):
    """Some sounds, of which access copies are made at so many kilobits a second."""

    kind: Kind
    kilobits: int
    sources: Sequence[Source]

    @property
    def digest(self) -> str:
        """As of `Blobs`; what copies say of themselves is part of them."""
        said = msgspec.json.encode([self.kilobits, self.sources], order="sorted")
        return hashlib.sha256(said).hexdigest()

    @property
    def about(self) -> str:
        return f"{len(self.sources):,} sounds, the first {self.sources[0].sha256}"

    @property
    def files(self) -> int:
        return len(self.sources)

    @property
    def size(self) -> int:
        return sum(source.size for source in self.sources)


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Files that become a volume, with all that it is made of; nothing of them is read."""

    kind: Kind
    name: str
    shelf: str
    listed: Sequence[VolumeFile]
    papers: Mapping[str, bytes]
    form: Form
    web_seeds: Sequence[str] = ()
    trackers: Sequence[str] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def text(self) -> str:
        return msgspec.json.encode(self, order="sorted").decode()

    @property
    def size(self) -> int:
        return 0

    @property
    def about(self) -> str:
        return f"volume {self.name} of {len(self.listed):,} files"

    @property
    def files(self) -> int:
        return len(self.listed)


Chunk = Blobs | Sources | Group
