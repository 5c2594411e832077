# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edition's own papers: manifest, checksums, signature, feed (format clauses 7 and 9)."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.durable import sha256_of
from onrecord.publish.signing import Key, sign
from onrecord.publish.torrent import Torrent, TorrentFile, hybrid
from onrecord.publish.trust import Succession
from onrecord.store.digest import digest_file

FORMAT = 1
FEED_FORMAT = 2
#: What the feed is called in its folder.
FEED = "feed.json"


class VolumeEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A volume as a manifest lists it; `path` is its torrent, relative to the edition."""

    name: str
    shelf: str
    files: int
    size: int
    info_hash_v1: str
    info_hash_v2: str
    magnet: str
    path: str


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an edition is. `files` maps each other file of the edition to its SHA-256 and size.

    `added` and `removed` are in older editions alone: digests of sound, against the edition before.
    """

    format: int
    archive: str
    name: str
    number: int
    day: dt.date
    recordings: int
    tables: dict[str, int]
    volumes: tuple[VolumeEntry, ...]
    engines: dict[str, str]
    files: dict[str, tuple[str, int]]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Feed(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest edition of an archive, and the torrent that its files travel in. What vouches for it lies beside it.

    `key` signed the edition's checksums. `withdrawals_sha256` is the digest of the list of withdrawals that lies
    beside it, and `withdrawals_sequence` the number of that list; "" and 0 in the feed of an archive that has none.
    `succeeds` are archives that this one goes on for, as its root says.
    """

    format: int
    archive: str
    name: str
    number: int
    day: dt.date
    sums_sha256: str
    key: str
    torrent: str
    torrent_sha256: str
    magnet: str
    withdrawals_sha256: str = ""
    withdrawals_sequence: int = 0
    succeeds: tuple[Succession, ...] = ()


def volume_entry(name: str, shelf: str, files: int, size: int, torrent: Torrent) -> VolumeEntry:
    return VolumeEntry(
        name=name,
        shelf=shelf,
        files=files,
        size=size,
        info_hash_v1=torrent.info_hash_v1.hex(),
        info_hash_v2=torrent.info_hash_v2.hex(),
        magnet=torrent.magnet,
        path=f"volumes/{name}.torrent",
    )


def seal(folder: Path, manifest: Manifest, key: Key) -> str:
    """Write manifest, SHA256SUMS and its signature into a finished edition. Gives the digest of SHA256SUMS.

    `sha256sum -c SHA256SUMS` and `minisign -V -m SHA256SUMS` check an edition without any tool of ours.
    """
    (folder / "manifest.json").write_bytes(pretty(manifest))
    digests = {name: sha256 for name, (sha256, _) in manifest.files.items()}
    digests["manifest.json"] = sha256_of(folder / "manifest.json")
    sums = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()
    (folder / "SHA256SUMS").write_bytes(sums)
    comment = f"onrecord archive {manifest.archive} edition {manifest.number} of {manifest.day}"
    (folder / "SHA256SUMS.minisig").write_bytes(sign(sums, key, comment))
    (folder / "minisign.pub").write_text(key.public, encoding="ascii")
    return hashlib.sha256(sums).hexdigest()


def read_sums(path: Path) -> dict[str, str]:
    """SHA-256 of each file that a SHA256SUMS lists, by its name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}


def edition_torrent(folder: Path, name: str) -> Torrent:
    """The torrent that an edition's own files travel in (no sound: that is in the volumes)."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hybrid(name, [TorrentFile(path.relative_to(folder).parts, digest_file(path)) for path in files])


def listing(folder: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and size of every file below a folder, by its path, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (sha256_of(path), path.stat().st_size) for path in files}


def pretty(value: Any) -> bytes:
    """JSON for people and for diffs: sorted keys, two spaces, a last line end."""
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2) + b"\n"
