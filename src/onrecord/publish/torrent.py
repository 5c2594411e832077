# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Torrents put together from digest records alone; no file is opened (BEP 3, 47, 52; format clause 5).

The pieces are 1 MiB. Files stand in the order of the v2 file tree. In a hybrid a pad file stands before every
file with content that would start inside a piece, and none stands after the last file.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from onrecord.errors import DigestMismatch, EditionRefused
from onrecord.model.digests import PIECE, PIECE_HEIGHT, Digests, merkle_root
from onrecord.publish import bencode
from onrecord.publish.names import check_element, check_paths

#: What clients of today load by default: 20,000 files did, 30,000 did not (docs/decisions).
MAX_FILES: Final = 18_000
MAX_METAINFO: Final = 8_000_000


class TorrentFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a torrent: where it stands below the torrent's name, and what was recorded when it was read."""

    path: tuple[str, ...]
    digests: Digests


class Torrent(Struct, frozen=True, forbid_unknown_fields=True):
    """A torrent ready to be written out.

    metainfo      the bytes of the .torrent file
    info_hash_v1  20 bytes; empty where the torrent is v2 only
    info_hash_v2  32 bytes
    magnet        both info-hashes and the name, without trackers: those are in the metainfo
    size          bytes of content, padding not counted
    """

    name: str
    metainfo: bytes
    info_hash_v1: bytes
    info_hash_v2: bytes
    magnet: str
    size: int


def hybrid(
    name: str,
    files: Sequence[TorrentFile],
    web_seeds: Sequence[str] = (),
    trackers: Sequence[str] = (),
    comment: str = "",
) -> Torrent:
    """A torrent for v1 and v2 clients. The same arguments give the same bytes, in whatever order the files come.

    EditionRefused names the first file, name or limit that is in the way; DigestMismatch a broken record.
    """
    ordered = _ordered(name, files)
    listing, hashes = _v1(ordered)
    info = {**_v2_info(name, ordered), b"files": listing, b"pieces": hashes}
    return _assembled(name, ordered, info, web_seeds, trackers, comment)


def v2_only(
    name: str,
    files: Sequence[TorrentFile],
    web_seeds: Sequence[str] = (),
    trackers: Sequence[str] = (),
    comment: str = "",
) -> Torrent:
    """As `hybrid`, without the v1 half: about half the metainfo, and v1 clients cannot read it."""
    ordered = _ordered(name, files)
    return _assembled(name, ordered, _v2_info(name, ordered), web_seeds, trackers, comment)


def metainfo_bytes(path: tuple[str, ...], size: int) -> int:
    """At most this many bytes of a hybrid's metainfo are due to one file: for planning what goes into one torrent."""
    pieces, digits = -(-size // PIECE), len(str(size))
    names = 0
    for part in path:
        length = len(part.encode())
        names += length + len(str(length)) + 3
    # 20 in the v1 listing, 51 of a pad file before it, 65 in the v2 tree; a folder's own are counted with each file.
    return 136 + 2 * digits + 2 * names + 20 * pieces + (32 * pieces + 44 if pieces > 1 else 0)


def _ordered(name: str, files: Sequence[TorrentFile]) -> list[TorrentFile]:
    check_element(name)
    if not files or len(files) > MAX_FILES:
        raise EditionRefused(
            f"torrent {name}: expected 1 to {MAX_FILES} files, got {len(files)}",
            "cut it into several torrents",
        )
    if len(files) == 1 and len(files[0].path) == 1:
        raise EditionRefused(
            f"torrent {name}: a single file {files[0].path[0]!r} would lose its folder's name in v2 clients",
            "put the file into a folder, or a second file beside it",
        )
    check_paths([file.path for file in files])
    for file in files:
        _check_record(name, file)
    if not any(file.digests.size for file in files):
        raise EditionRefused(
            f"torrent {name}: expected content, got {len(files)} empty files", "leave it out"
        )
    # Tuples of encoded names compare as the walk through the file tree does; joined paths do not ("a.txt", "a/x").
    return sorted(files, key=lambda file: tuple(part.encode() for part in file.path))


def _check_record(name: str, file: TorrentFile) -> None:
    """A record that contradicts itself would make a torrent that nobody can complete."""
    of = file.digests
    pieces = -(-of.size // PIECE)
    lengths = (len(of.v2_root), len(of.v2_layer), len(of.v1_pieces), len(of.v1_tail))
    expected = (
        32 if pieces else 0,
        32 * pieces if pieces > 1 else 0,
        20 * pieces,
        20 if of.size % PIECE else 0,
    )
    layer = [of.v2_layer[at : at + 32] for at in range(0, len(of.v2_layer), 32)]
    if of.size < 0 or lengths != expected or (layer and merkle_root(layer, PIECE_HEIGHT) != of.v2_root):
        raise DigestMismatch(
            f"torrent {name}: the digest record of {'/'.join(file.path)} (blob {of.sha256}, {of.size} bytes) "
            f"contradicts itself: expected digests of {expected} bytes that make its root, got {lengths}",
            "run `onrecord check` on the blob, which writes its record anew",
        )


def _v2_info(name: str, files: Sequence[TorrentFile]) -> dict[bytes, bencode.Bencodable]:
    tree: dict[bytes, bencode.Bencodable] = {}
    folders: dict[tuple[str, ...], dict[bytes, bencode.Bencodable]] = {(): tree}
    for file in files:
        *parents, last = file.path
        at: tuple[str, ...] = ()
        for part in parents:
            below = (*at, part)
            if below not in folders:
                folders[at][part.encode()] = folders[below] = {}
            at = below
        entry: dict[bytes, bencode.Bencodable] = {b"length": file.digests.size}
        if file.digests.size:
            entry[b"pieces root"] = file.digests.v2_root
        folders[at][last.encode()] = {b"": entry}
    return {b"file tree": tree, b"meta version": 2, b"name": name.encode(), b"piece length": PIECE}


def _v1(files: Sequence[TorrentFile]) -> tuple[list[bencode.Bencodable], bytes]:
    """The v1 listing with its pad files, and the hashes of its pieces."""
    listing: list[bencode.Bencodable] = []
    hashes: list[bytes] = []
    last = max(place for place, file in enumerate(files) if file.digests.size)
    gap = 0
    for place, file in enumerate(files):
        of = file.digests
        if of.size and gap:
            listing.append({b"attr": b"p", b"length": gap, b"path": [b".pad", b"%d" % gap]})
            gap = 0
        listing.append({b"length": of.size, b"path": [part.encode() for part in file.path]})
        if of.size:
            gap = -of.size % PIECE
        hashes.append(of.v1_pieces[:-20] + of.v1_tail if place == last and of.v1_tail else of.v1_pieces)
    return listing, b"".join(hashes)


def _assembled(
    name: str,
    files: Sequence[TorrentFile],
    info: Mapping[bytes, bencode.Bencodable],
    web_seeds: Sequence[str],
    trackers: Sequence[str],
    comment: str,
) -> Torrent:
    encoded = bencode.encode(info)
    layers = {file.digests.v2_root: file.digests.v2_layer for file in files if file.digests.v2_layer}
    # No date and no program's name: they would make two archives' bytes differ for the same content.
    outer: dict[bytes, bencode.Bencodable] = {b"info": bencode.Encoded(encoded), b"piece layers": layers}
    if trackers:
        urls = [_url(name, url, ("http", "https", "udp")) for url in trackers]
        outer |= {b"announce": urls[0], b"announce-list": [[url] for url in urls]}
    if web_seeds:
        # A client appends the torrent's name and the path to an address that ends with a slash (BEP 19).
        outer[b"url-list"] = [_url(name, url.rstrip("/") + "/", ("http", "https")) for url in web_seeds]
    if comment:
        outer[b"comment"] = comment.encode()
    metainfo = bencode.encode(outer)
    if len(metainfo) > MAX_METAINFO:
        raise EditionRefused(
            f"torrent {name}: expected at most {MAX_METAINFO} bytes of metainfo, got {len(metainfo)}",
            "cut it into several torrents",
        )
    v1 = hashlib.sha1(encoded).digest() if b"pieces" in info else b""
    v2 = hashlib.sha256(encoded).digest()
    return Torrent(name, metainfo, v1, v2, _magnet(name, v1, v2), sum(file.digests.size for file in files))


def _magnet(name: str, v1: bytes, v2: bytes) -> str:
    topics = [f"xt=urn:btih:{v1.hex()}"] if v1 else []
    # 12 20: a SHA-256 multihash of 32 bytes (BEP 52).
    return "magnet:?" + "&".join([*topics, f"xt=urn:btmh:1220{v2.hex()}", f"dn={quote(name, safe='')}"])


def _url(name: str, url: str, schemes: tuple[str, ...]) -> bytes:
    parts = urlsplit(url)
    if (
        parts.scheme not in schemes
        or not parts.hostname
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise EditionRefused(
            f"torrent {name}: expected a URL with {' or '.join(schemes)}, got {url!r}", "correct it"
        )
    return url.encode()
