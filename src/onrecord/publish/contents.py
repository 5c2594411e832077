# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a torrent from outside says it holds, read before any client sees it (format clause 5)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from onrecord.errors import EditionRefused, SourceRefused
from onrecord.model.digests import PIECE, PIECE_HEIGHT, merkle_root
from onrecord.publish import bencode
from onrecord.publish.names import check_element, check_paths


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as a torrent names it; `root` is empty for an empty file."""

    path: tuple[str, ...]
    size: int
    root: bytes


class Contents(Struct, frozen=True, forbid_unknown_fields=True):
    """What a torrent says it holds; `info_hash_v1` is empty where it is v2 only."""

    name: str
    files: tuple[Listed, ...]
    info_hash_v1: bytes
    info_hash_v2: bytes
    size: int


def read(metainfo: bytes) -> Contents:
    """What a torrent from outside holds. SourceRefused where it is not canonical, not v2, or a name in it is unsafe.

    A torrent that came by its magnet link has no piece layers; those that it has must make the roots of its files.
    The v1 half, where there is one, must list the same files, each beginning a piece: clients differ in which half
    they go by, and some do not compare them.
    """
    outer = bencode.decode(metainfo)
    if not isinstance(outer, dict):
        raise _unreadable("", "a dictionary", outer)
    info = outer.get(b"info")
    if not isinstance(info, dict):
        raise _unreadable("info", "a dictionary", info)
    if info.get(b"meta version") != 2 or info.get(b"piece length") != PIECE:
        raise _unreadable(
            "meta version, piece length",
            f"2, {PIECE}",
            (info.get(b"meta version"), info.get(b"piece length")),
        )
    name = _text("name", info.get(b"name"))
    files = tuple(_walk(info.get(b"file tree"), ()))
    try:
        check_element(name)
        check_paths([file.path for file in files])
    except EditionRefused as unsafe:
        raise SourceRefused(f"torrent {name!r}: {unsafe.message}", "do not use this torrent") from None
    if not any(file.size for file in files):
        raise _unreadable("file tree", "content", f"{len(files)} empty files")
    _check_layers(outer.get(b"piece layers", {}), files)
    encoded = bencode.encode(info)
    v1 = b""
    if any(key in info for key in (b"pieces", b"files", b"length")):
        _check_v1(info, files)
        v1 = hashlib.sha1(encoded).digest()
    return Contents(name, files, v1, hashlib.sha256(encoded).digest(), sum(file.size for file in files))


def layers(metainfo: bytes) -> dict[bytes, bytes]:
    """The piece layers of a torrent that `read` accepted, by the roots of the files that have one."""
    outer = bencode.decode(metainfo)
    found = outer.get(b"piece layers", {}) if isinstance(outer, dict) else {}
    return {
        root: layer
        for root, layer in (found.items() if isinstance(found, dict) else ())
        if isinstance(root, bytes) and isinstance(layer, bytes)
    }


def _check_v1(info: Mapping[bytes, bencode.Value], files: Sequence[Listed]) -> None:
    listed = info.get(b"files")
    if not isinstance(listed, list):
        raise _unreadable("files", "a list", listed)
    real: list[tuple[list[bytes], int]] = []
    at = 0
    for entry in listed:
        length, path = (entry.get(b"length"), entry.get(b"path")) if isinstance(entry, dict) else (None, None)
        if (
            not isinstance(entry, dict)
            or not isinstance(length, int)
            or length < 0
            or not isinstance(path, list)
        ):
            raise _unreadable("files", "a length and a path", entry)
        if entry.get(b"attr") == b"p":
            if length != -at % PIECE:
                raise _unreadable("files", f"padding of {-at % PIECE} bytes", entry)
        elif entry.keys() != {b"length", b"path"} or (length and at % PIECE):
            raise _unreadable("files", "a file with no attributes that begins a piece", entry)
        else:
            real.append(([part for part in path if isinstance(part, bytes)], length))
        at += length
    if real != [([part.encode() for part in file.path], file.size) for file in files]:
        raise _unreadable("files", "the files of the file tree, in its order", listed)
    pieces = info.get(b"pieces")
    if not isinstance(pieces, bytes) or len(pieces) != 20 * -(-at // PIECE):
        raise _unreadable("pieces", f"20 bytes for each of {-(-at // PIECE)} pieces", pieces)


def _check_layers(layers: bencode.Value, files: Sequence[Listed]) -> None:
    if not isinstance(layers, dict):
        raise _unreadable("piece layers", "a dictionary", layers)
    sizes = {file.root: file.size for file in files if file.size > PIECE}
    for root, layer in layers.items():
        pieces = -(-sizes.get(root, 0) // PIECE)
        if not pieces or not isinstance(layer, bytes) or len(layer) != 32 * pieces:
            raise _unreadable(
                "piece layers", f"32 bytes for each of {pieces} pieces of the file {root.hex()}", layer
            )
        if merkle_root([layer[at : at + 32] for at in range(0, len(layer), 32)], PIECE_HEIGHT) != root:
            raise _unreadable("piece layers", f"hashes that make the root {root.hex()}", layer.hex())


def _walk(tree: object, above: tuple[str, ...]) -> Iterator[Listed]:
    if not isinstance(tree, dict) or not tree:
        raise _unreadable("/".join(above) or "file tree", "a folder with files", tree)
    for key, below in tree.items():
        path = (*above, _text("file tree", key))
        entry = below.get(b"") if isinstance(below, dict) else None
        if entry is None:
            yield from _walk(below, path)
        elif isinstance(entry, dict) and len(below) == 1:
            yield _listed(path, entry)
        else:
            raise _unreadable("/".join(path), "a file or a folder", below)


def _listed(path: tuple[str, ...], entry: Mapping[bytes, object]) -> Listed:
    size, root = entry.get(b"length"), entry.get(b"pieces root", b"")
    well_formed = (
        isinstance(size, int) and size >= 0 and isinstance(root, bytes) and len(root) == (32 if size else 0)
    )
    # Zeros stand for "no root" in clients.
    well_formed = well_formed and root != bytes(32)
    # "attr" may make a link or a pad of an entry; files of ours have none.
    if not well_formed or not entry.keys() <= {b"length", b"pieces root"}:
        raise _unreadable("/".join(path), "a length and a root", dict(entry))
    assert isinstance(size, int) and isinstance(root, bytes)
    return Listed(path, size, root)


def _text(where: str, value: object) -> str:
    try:
        if isinstance(value, bytes):
            return value.decode()
    except UnicodeDecodeError:
        pass
    raise _unreadable(where, "UTF-8 text", value)


def _unreadable(where: str, expected: str, got: object) -> SourceRefused:
    return SourceRefused(
        f"torrent, {where!r}: expected {expected}, got {str(got)[:80]}", "do not use this torrent"
    )
