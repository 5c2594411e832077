# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes damaged sound whole from healthy holders: by the exchange block by block, by BitTorrent piece by piece.

A file's digest record (its root, and the layer of its pieces) tells which pieces are bad, and whether a holder's leaf
hashes are true. What is right is taken from the damaged file that `check` set aside; only the rest travels. The whole
file is hashed at the end, and takes its name by one rename. The write lock is held for that alone.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from onrecord.archive.core import Archive
from onrecord.archive.newest_editions import newest, volume_torrents
from onrecord.engine.quoting import parquet
from onrecord.errors import DigestMismatch, MirrorFailed, NotFound, OnrecordError, SourceFailed, UsageError
from onrecord.ledger import BlobRow, alone
from onrecord.mirror.session import Peer, Session
from onrecord.model.digests import BLOCK, BLOCKS_IN_PIECE, PIECE, Digests
from onrecord.model.merkle import leaves, piece_root
from onrecord.net import fetch
from onrecord.publish.contents import read
from onrecord.store import Root, see
from onrecord.store.roots import refused_write, roomiest

_MOST_LEAVES = 32 * BLOCKS_IN_PIECE


class Repaired(Struct, frozen=True):
    """What became of one damaged file. `blocks` and `received` (bytes, hashes included) are what came over the network;
    `liars` names holders whose answers were not what the file's root says. `fault` is "" where it is whole again."""

    sha256: str
    size: int
    blocks: int
    received: int
    liars: tuple[str, ...] = ()
    fault: str = ""


def repair(
    archive: Archive, holders: Sequence[str], peers: Sequence[Peer] = (), patience: float = 60.0
) -> list[Repaired]:
    """Repair every sound that the last check found damaged. `holders` are addresses of pages, asked in order.

    With `peers` what the holders cannot give is fetched over BitTorrent, in whole pieces. Each file that becomes whole
    is committed by itself; while bytes travel others may write. Raises UsageError where nobody is named, ArchiveLocked
    where another run repairs, or somebody writes for long.
    """
    if not holders and not peers:
        raise UsageError("nobody is named who could have it", "give --from ADDRESS or --peer ADDRESS:PORT")
    with alone(archive.folder / "repairing.lock", archive.folder, "is repairing (`mirror repair`)"):
        with archive.writing():
            pass  # who writes for long is not waited for
        for root in archive.store.roots:
            shutil.rmtree(_folder(root), ignore_errors=True)  # a killed run's
        bad = archive.ledger.bad_blobs("sound")
        records = _records(archive, [row.sha256 for row in bad])
        return [_one(archive, row, records.get(row.sha256), holders, peers, patience) for row in bad]


def _one(
    archive: Archive,
    row: BlobRow,
    digests: Digests | None,
    holders: Sequence[str],
    peers: Sequence[Peer],
    patience: float,
) -> Repaired:
    if digests is None:
        return Repaired(
            row.sha256, row.size, 0, 0, fault="no digest record of it is here; add the file again"
        )
    mending = _Mending(archive, digests, holders)
    folder = _folder(roomiest(archive.store.roots, row.size, archive.store.reserve))
    try:
        fault = _mended(archive, digests, mending, folder)
        received = mending.received
        if fault and peers:
            try:
                place, moved = _over_bittorrent(archive, digests, peers, patience, folder)
                fault, received = _settle(archive, digests, place), received + moved
            except OnrecordError as error:
                fault = f"{fault}; over BitTorrent: {error.message}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Repaired(row.sha256, row.size, mending.blocks, received, tuple(mending.liars), fault)


def _mended(archive: Archive, digests: Digests, mending: "_Mending", folder: Path) -> str:
    """Put a file together from what is left of it and from holders; what is wrong where that does not do."""
    place = folder / digests.sha256
    try:
        folder.mkdir(exist_ok=True)
        target = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            mending.write(target)
        finally:
            os.close(target)
        return _settle(archive, digests, place)
    except OSError as error:
        return refused_write(error, folder).message
    except OnrecordError as error:
        return error.message


def _settle(archive: Archive, digests: Digests, place: Path) -> str:
    """Commit a file that is whole; what is wrong with it otherwise."""
    seen = see(place)
    if (seen.sha256, seen.size) != (digests.sha256, digests.size):
        return f"expected SHA-256 {digests.sha256}, got {seen.sha256}"
    with archive.writing(moment=True):
        blob = archive.ledger.blob(digests.sha256)
        if blob is None or not blob.is_held:  # else somebody added it meanwhile
            staged = archive.store.stage_seen(place, seen, digests)
            archive.commit("repaired", {"repaired": {digests.sha256: staged.root}}, staged=[staged])
    return ""


def _folder(root: Root) -> Path:
    """Where files are mended: on the disk where they will lie."""
    return root.path / "repairing"


class _Mending:
    """One file, put together from what is left of it and from holders who are asked in order."""

    def __init__(self, archive: Archive, digests: Digests, holders: Sequence[str]) -> None:
        self._digests = digests
        self._holders = list(holders)
        self._left = _set_aside(archive, digests.sha256)
        self._failures: list[str] = []
        self.blocks = 0
        self.received = 0
        self.liars: list[str] = []

    def write(self, target: int) -> None:
        """Write the whole file to a descriptor, piece by piece."""
        layer = self._digests.v2_layer or self._digests.v2_root
        for number, at in enumerate(range(0, self._digests.size, PIECE)):
            length = min(PIECE, self._digests.size - at)
            node = layer[32 * number : 32 * number + 32]
            piece = self._left_of(at, length)
            if piece_root(leaves(piece), self._digests.size) != node:
                piece = self._mended(number, node, piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(target, view) :]

    def _left_of(self, at: int, length: int) -> bytes:
        """What is left of a piece, filled with zeros to its length."""
        if self._left is None:
            return bytes(length)
        fd = os.open(self._left, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return os.pread(fd, length, at).ljust(length, b"\0")
        except OSError:
            return bytes(length)  # the disk cannot read it: then all of it is fetched
        finally:
            os.close(fd)

    def _mended(self, number: int, node: bytes, piece: bytes) -> bytes:
        for holder in list(self._holders):
            try:
                return self._from(holder, number, node, piece)
            except DigestMismatch as error:
                # A holder that lies once is not asked again.
                self.liars.append(holder)
                self._holders.remove(holder)
                self._failures.append(error.message)
            except (SourceFailed, OSError) as error:
                self._failures.append(getattr(error, "message", str(error)))
        raise MirrorFailed(
            f"piece {number} of {self._digests.sha256}: nobody who was asked gave it"
            f" ({'; '.join(self._failures[-2:]) or 'nobody is left'})",
            "name another holder",
        )

    def _from(self, holder: str, number: int, node: bytes, piece: bytes) -> bytes:
        base = f"{holder.rstrip('/')}/exchange/{self._digests.sha256}"
        said = fetch(f"{base}/leaves/{number}", _MOST_LEAVES)
        self.received += len(said)
        true = [said[at : at + 32] for at in range(0, len(said), 32)]
        if len(said) != 32 * -(-len(piece) // BLOCK) or piece_root(true, self._digests.size) != node:
            raise DigestMismatch(
                f"{holder}: its leaf hashes of piece {number} of {self._digests.sha256} do not make the piece's hash"
            )
        made = bytearray(piece)
        for first, last in _runs([had != want for had, want in zip(leaves(piece), true, strict=True)]):
            start, end = first * BLOCK, min((last + 1) * BLOCK, len(piece))
            at = number * PIECE
            got = fetch(base, end - start, part=(at + start, at + end - 1))
            self.received += len(got)
            if leaves(got) != true[first : last + 1]:
                raise DigestMismatch(
                    f"{holder}: blocks {first} to {last} of piece {number} of {self._digests.sha256} are not what its "
                    "own leaf hashes say"
                )
            made[start:end] = got
            self.blocks += last + 1 - first
        return bytes(made)


def _runs(bad: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """First and last of each run of bad blocks."""
    start = None
    for place, is_bad in enumerate([*bad, False]):
        if is_bad and start is None:
            start = place
        elif not is_bad and start is not None:
            yield start, place - 1
            start = None


def _over_bittorrent(
    archive: Archive, digests: Digests, peers: Sequence[Peer], patience: float, into: Path
) -> tuple[Path, int]:
    """The file by whole pieces from a volume that holds it; what is left of it is laid where the fetch looks first."""
    torrent, name, path = _place_of(archive, digests.sha256)
    place = into.joinpath(name, *path)
    place.parent.mkdir(parents=True, exist_ok=True)
    left = _set_aside(archive, digests.sha256)
    if left is not None:
        with suppress(OSError):  # the disk cannot read all of it
            shutil.copyfile(left, place)
    with Session("127.0.0.1:0" if _local(peers) else "0.0.0.0:0") as session:
        fetched = session.fetch(torrent, into, peers, wanted=lambda wanted: wanted == path, patience=patience)
    return place, fetched.downloaded


def _place_of(archive: Archive, sha256: str) -> tuple[bytes, str, tuple[str, ...]]:
    """Torrent and name of a volume that holds a file, and the file's path in it."""
    volumes = volume_torrents(archive)
    # The tables know where it is; an edition from before there were such is gone through, torrent by torrent.
    for name in _volumes_with(archive, sha256) or volumes:
        torrent = volumes[name].read_bytes()
        contents = read(torrent)
        for file in contents.files:
            if file.path[-1].partition(".")[0] == sha256:
                return torrent, contents.name, file.path
    raise NotFound(f"{sha256} is in no volume of an edition that is here")


def _volumes_with(archive: Archive, sha256: str) -> list[str]:
    tables = [folder / str(number) / "dataset" / "places.parquet" for folder, number in newest(archive)]
    there = [table for table in tables if table.is_file()]
    if not there:
        return []
    with archive.duck() as duck:
        query = f"SELECT DISTINCT volume FROM {parquet(there)} WHERE sha256 = $sha256 ORDER BY volume"
        return [str(row[0]) for row in duck.run(query, {"sha256": sha256})]


def _local(peers: Sequence[Peer]) -> bool:
    return all(address in ("::1", "localhost") or address.startswith("127.") for address, _ in peers)


def _set_aside(archive: Archive, sha256: str) -> Path | None:
    """The damaged file that `check` moved out of the way last; None where nothing is left."""
    return archive.store.aside(sha256)


def _records(archive: Archive, wanted: Sequence[str]) -> dict[str, Digests]:
    """The digest records of some blobs."""
    if not wanted:
        return {}
    with archive.duck() as duck:
        duck.table("wanted", {"sha256": "VARCHAR"}, [(sha256,) for sha256 in sorted(wanted)])
        fields = ", ".join(Digests.__struct_fields__)
        rows = duck.run(f"SELECT {fields} FROM files SEMI JOIN wanted USING (sha256)")
        return {row[0]: Digests(*row) for row in rows}
