# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a file with tags and cover embedded, and a patch that gives the original back, byte for byte.

A patch is: the header of `_Header`, then for each 32 MiB of the original 4 bytes of length (little-endian) and one
Zstandard frame whose raw prefix (as `zstd --patch-from`) is what `_near` takes of the copy, then SHA-256 of all before.
"""

import base64
import contextlib
import hashlib
import io
import os
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import mutagen
import mutagen.id3
from mutagen.flac import FLAC
from mutagen.flac import Picture as Block
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from onrecord.audio.containers import HEAD, other_than_sound
from onrecord.audio.isolate import MEMORY, OUT, SECONDS, Part, isolated, preload
from onrecord.audio.pictures import FRONT, Art, art_in, picture_of
from onrecord.audio.tags import ATOM, KINDS, NAMES, comment_name, field_of
from onrecord.audio.text import clean, one_line
from onrecord.durable import settle
from onrecord.errors import DigestMismatch, IntegrityError, NewerFormat, OnrecordError
from onrecord.model.sound import Fault, Picture

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Bytes of the largest file that gets a tagged copy or is given back. Memory does not grow with it.
LARGEST: Final = 4 << 30
#: Bytes of the largest cover: a FLAC block holds less than 16 MiB.
LARGEST_COVER: Final = 15 << 20

VERSION: Final = 1

_File = io.BufferedReader | io.BufferedRandom
#: mutagen has types for some of its classes only.
_id3: Any = mutagen.id3
_Block: Any = Block
_MP3: Any = MP3
_MP4Cover: Any = MP4Cover
_MP4FreeForm: Any = MP4FreeForm


def tagged_copy(
    original: Path,
    copy: Path,
    patch: Path,
    tags: Mapping[str, str],
    cover: bytes | None,
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> None:
    """Writes `copy`, the original with these tags and this front cover, and `patch`, which `restore` needs with it.

    `tags` has the fields of `Tags` (`title`, `album_artist`, …), `license` or a tag's own name as keys. What the
    original says under the same name, or in words that are read as the same field, gives way to them, to nothing where
    the value is empty; the rest stays. FLAC, Ogg Vorbis, Opus, MP3 and MP4 are written.
    Both files are whole or not there, and the patch is proven to give the original back before either gets its name.

    mutagen writes in a confined child, within `seconds` and `memory`. Raises OnrecordError for any other format, a
    cover that is none, and an original that mutagen cannot write; OSError where files cannot be read or written.
    """
    picture = None if cover is None else _cover(cover)
    preload()
    size = original.stat().st_size
    if size > LARGEST:
        raise OnrecordError(f"{original}: {size} bytes; tagged copies are made of at most {LARGEST}")
    with _part_of(copy) as copy_part, _part_of(patch) as patch_part:
        with original.open("rb") as source, copy_part.open("w+b") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            _write_tags(original, target, tags, picture, seconds, memory)
        with original.open("rb") as old, copy_part.open("rb") as new, patch_part.open("w+b") as written:
            _make_patch(old, new, written)
            # Compressors have bugs and disks too: a copy counts only once the original came back out of it.
            header = _checked(written, new, copy_part, patch_part)
            _give_back(written, new, header, patch_part, lambda _: None)
        settle(patch_part, patch)
        settle(copy_part, copy)


def restore(copy: Path, patch: Path, out: Path) -> str:
    """Writes the original to `out`, whole or not at all, and returns its SHA-256.

    Raises DigestMismatch for another copy than the patch was made for, IntegrityError for a damaged patch, NewerFormat
    for one of a later version; `out` is not touched then.
    """
    with copy.open("rb") as new, patch.open("rb") as written:
        header = _checked(written, new, copy, patch)
        with _part_of(out) as part:
            with part.open("wb") as target:
                _give_back(written, new, header, patch, target.write)
            settle(part, out)
    return header.original_sha256.hex()


# The patch.

_MAGIC: Final = b"ORpatch\0"
#: Magic, version, sizes and SHA-256 of the copy and of the original.
_LAYOUT: Final = struct.Struct("<8sIQ32sQ32s")
_LENGTH: Final = struct.Struct("<I")
_DIGEST: Final = 32

_SEGMENT: Final = 32 << 20
#: Bytes around the place where a segment should lie in the copy, should two tags have grown.
_SLACK: Final = 1 << 20
#: Tags that grew by more than this make larger patches: their segment is looked for in vain.
_MOST_SHIFT: Final = 32 << 20
#: 128 MiB: more than a segment and what is near it, so that every distance between them can be written.
_WINDOW: Final = 27

_OPTIONS: Final[Mapping[int, int]] = {
    # What is equal is found by long-distance matching; the rest is music, which no level makes smaller.
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.window_log: _WINDOW,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    zstd.CompressionParameter.checksum_flag: 0,
}
_LIMITS: Final[Mapping[int, int]] = {zstd.DecompressionParameter.window_log_max: _WINDOW}


class _Header(NamedTuple):
    copy_size: int
    copy_sha256: bytes
    original_size: int
    original_sha256: bytes

    @classmethod
    def of(cls, copy: _File, original: _File) -> Self:
        sides = []
        for file in (copy, original):
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").digest()
            sides += [file.tell(), digest]
        return cls(*sides)  # type: ignore[arg-type]


def _near(copy: _File, header: _Header, at: int, length: int) -> bytes:
    """Where the original's bytes from `at` lie in the copy: tags before them moved them by all that the copy grew, tags
    behind them not at all.
    """
    shift = max(-_MOST_SHIFT, min(_MOST_SHIFT, header.copy_size - header.original_size))
    copy.seek(max(0, at + min(0, shift) - _SLACK))
    return copy.read(max(0, at + max(0, shift) + length + _SLACK - copy.tell()))


def _make_patch(original: _File, copy: _File, patch: _File) -> None:
    header = _Header.of(copy, original)
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        patch.write(data)

    put(_LAYOUT.pack(_MAGIC, VERSION, *header))
    original.seek(0)
    at = 0
    while segment := original.read(_SEGMENT):
        prefix = (
            zstd.ZstdDict(_near(copy, header, at, len(segment)), is_raw=True) if header.copy_size else None
        )
        frame = zstd.compress(segment, options=_OPTIONS, zstd_dict=prefix and prefix.as_prefix)
        put(_LENGTH.pack(len(frame)) + frame)
        at += len(segment)
    patch.write(digest.digest())


def _checked(patch: _File, copy: _File, copy_path: Path, patch_path: Path) -> _Header:
    """The header of a whole patch of this version that was made for this copy; its frames come next in the file."""
    patch.seek(0)
    head = patch.read(_LAYOUT.size)
    if head[: len(_MAGIC)] != _MAGIC:
        raise IntegrityError(f"{patch_path}: not a patch of onrecord: begins {head[:8].hex(' ')}")
    if len(head) == _LAYOUT.size and (version := _LAYOUT.unpack(head)[1]) > VERSION:
        raise NewerFormat(f"{patch_path}: a patch of version {version}; this onrecord reads up to {VERSION}")
    size = patch.seek(0, os.SEEK_END) - _DIGEST
    patch.seek(0)
    if size < _LAYOUT.size or _digest_of(patch, size) != patch.read(_DIGEST):
        raise IntegrityError(
            f"{patch_path}: the patch is damaged or cut off: its digest does not fit its bytes"
        )
    header = _Header(*_LAYOUT.unpack(head)[2:])
    if header.original_size > LARGEST:
        raise IntegrityError(
            f"{patch_path}: an original of {header.original_size} bytes, more than {LARGEST}"
        )
    copy.seek(0)
    found = hashlib.file_digest(copy, "sha256").digest()
    if (copy.tell(), found) != (header.copy_size, header.copy_sha256):
        raise DigestMismatch(
            f"{copy_path}: the patch {patch_path} was made for another copy: expected "
            f"{header.copy_size} bytes of SHA-256 {header.copy_sha256.hex()}, "
            f"found {copy.tell()} bytes of {found.hex()}",
            hint="A player may have written into the copy; take it from another mirror.",
        )
    patch.seek(_LAYOUT.size)
    return header


def _digest_of(file: _File, size: int) -> bytes:
    digest = hashlib.sha256()
    while size and (data := file.read(min(size, 1 << 20))):
        digest.update(data)
        size -= len(data)
    return digest.digest()


def _give_back(
    patch: _File, copy: _File, header: _Header, path: Path, put: Callable[[bytes], object]
) -> None:
    """Gives `put` the original piece by piece, all of it before IntegrityError is raised for a wrong digest."""
    digest = hashlib.sha256()
    for at in range(0, header.original_size, _SEGMENT):
        length = min(_SEGMENT, header.original_size - at)
        segment = _segment(patch, _near(copy, header, at, length), length, path)
        digest.update(segment)
        put(segment)
    if digest.digest() != header.original_sha256:
        raise IntegrityError(
            f"{path}: gives SHA-256 {digest.hexdigest()} back instead of {header.original_sha256.hex()}"
        )


def _segment(patch: _File, near: bytes, length: int, path: Path) -> bytes:
    counted = patch.read(_LENGTH.size)
    size = _LENGTH.unpack(counted)[0] if len(counted) == _LENGTH.size else 0
    # Even what cannot be compressed grows by little only.
    frame = patch.read(min(size, _SEGMENT + (1 << 20)))
    prefix = zstd.ZstdDict(near, is_raw=True).as_prefix if near else None
    try:
        decompressor = zstd.ZstdDecompressor(zstd_dict=prefix, options=_LIMITS)
        segment = decompressor.decompress(frame, max_length=length)
    except zstd.ZstdError as error:
        raise IntegrityError(f"{path}: a frame of the patch cannot be read: {error}") from error
    if len(segment) != length:
        raise IntegrityError(f"{path}: a frame of the patch holds {len(segment)} bytes instead of {length}")
    return segment


@contextlib.contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A name beside a file's own to write under; what still has it afterwards is deleted."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # of a run that was killed
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


# The tags.

#: What tags and cover may add to a file: the cover in Base64, and more text than anybody writes.
_GROWTH: Final = 64 << 20


def _cover(data: bytes) -> Picture:
    picture = picture_of(Art(data, declared="cover"))
    if isinstance(picture, Fault):
        raise OnrecordError(f"the cover: {picture.detail}", hint="Covers are JPEG, PNG, GIF, WebP or BMP.")
    if len(data) > LARGEST_COVER:
        raise OnrecordError(f"the cover has {len(data)} bytes; at most {LARGEST_COVER} are embedded")
    return picture


def _write_tags(
    original: Path,
    target: _File,
    tags: Mapping[str, str],
    cover: Picture | None,
    seconds: float,
    memory: int,
) -> None:
    """Lets a child rewrite the open copy. The child has the copy alone: it reads and writes it through `OUT`."""
    texts = {name: clean(value) for name, value in sorted(tags.items())}
    for name in texts:
        comment_name(name)

    def work(file: io.BufferedReader) -> Iterator[Part]:
        if fault := other_than_sound(file.read(HEAD)):
            yield fault
            return
        with io.BufferedRandom(io.FileIO(OUT, "r+b", closefd=False)) as out:
            yield from _embed(out, texts, cover)

    size = os.fstat(target.fileno()).st_size
    with original.open("rb") as file:
        parts, death = isolated(
            file.fileno(),
            work,
            seconds=seconds,
            memory=memory,
            out=target.fileno(),
            writes=size + _GROWTH,
        )
    faults = [part for part in parts if isinstance(part, Fault)]
    if death is not None:
        faults.append(death)
    if faults:
        raise OnrecordError(f"{original}: no tags can be written into it: {faults[0].detail}")


def _embed(file: io.BufferedRandom, texts: Mapping[str, str], cover: Picture | None) -> Iterator[Fault]:
    try:
        known = _known(file)
        write = _WRITERS.get(type(known))
        if write is None:
            kind = "an unknown format" if known is None else type(known).__name__
            yield Fault("not-tagged", f"{kind}; FLAC, Ogg Vorbis, Opus, MP3 and MP4 are written")
            return
        write(file, known, texts, cover)
        file.flush()
    except (MemoryError, OSError):
        raise
    except Exception as error:
        # mutagen lets out whatever a broken file causes.
        yield Fault("not-tagged", one_line(str(error)) or "its tags are cut off or garbled")


def _known(file: io.BufferedRandom) -> Any:
    file.seek(0)
    known = mutagen.File(file, options=KINDS)  # type: ignore[attr-defined, unused-ignore]
    file.seek(0)
    head = file.read(2)
    if known is None and len(head) == 2 and head[0] == 0xFF and head[1] >= 0xE0:
        file.seek(0)
        return _MP3(file)  # MPEG 2.5, which mutagen reads but does not recognise
    return known


def _write_flac(file: _File, known: Any, texts: Mapping[str, str], cover: Picture | None) -> None:
    if known.tags is None:
        known.add_tags()
    _set_comments(known.tags, texts)
    if cover is not None:
        kept = [block for block in known.pictures if block.type != FRONT]
        known.clear_pictures()
        for block in (_block(cover), *kept):
            known.add_picture(block)
    _save(file, known)


def _write_ogg(file: _File, known: Any, texts: Mapping[str, str], cover: Picture | None) -> None:
    _set_comments(known.tags, texts)
    if cover is not None:
        pictures = [
            text
            for key, text in list.__iter__(known.tags)
            if key.upper() == _BLOCK and not _is_front(key, text)
        ]
        for old in ("COVERART", "COVERARTMIME"):
            if old in known.tags:
                del known.tags[old]
        known.tags[_BLOCK] = [base64.b64encode(_block(cover).write()).decode("ascii"), *pictures]
    _save(file, known)


_BLOCK: Final = "METADATA_BLOCK_PICTURE"


def _is_front(key: str, text: str) -> bool:
    return any(art.kind == FRONT for art in art_in(None, [(key, text)]))


def _set_comments(comments: Any, texts: Mapping[str, str]) -> None:
    for name, value in texts.items():
        for key in {key for key, _ in list.__iter__(comments) if _is_named(key, name)}:
            del comments[key]
        if value:
            comments[comment_name(name)] = [value]


def _is_named(key: str, name: str) -> bool:
    """Whether a tag is read as what is now written: a date may stand as DATE or as YEAR."""
    return field_of(key) == name if name in NAMES else key.upper() == name.upper()


def _block(cover: Picture) -> Any:
    block = _Block()
    block.type, block.mime, block.data = FRONT, cover.media_type, cover.data
    block.width, block.height = cover.width, cover.height
    return block


def _write_mp3(file: _File, known: Any, texts: Mapping[str, str], cover: Picture | None) -> None:
    # What was 2.2 or 2.3 becomes 2.3: its players may know no later one.
    version = 3 if known.tags is not None and known.tags.version < (2, 4, 0) else 4
    if known.tags is None:
        known.add_tags()
    tags = known.tags
    for name, value in texts.items():
        for key, frame in list(tags.items()):
            if _is_named(_id3_name(frame), name):
                del tags[key]
        if value:
            tags.add(_id3_frame(name, value))
    if cover is not None:
        pictures = [frame for frame in tags.getall("APIC") if frame.type != FRONT]
        front = _id3.APIC(encoding=0, mime=cover.media_type, type=FRONT, desc="", data=cover.data)
        tags.delall("APIC")
        for frame in (front, *pictures):
            while frame.HashKey in tags:  # ID3 tells pictures apart by their descriptions
                frame.salt += " "
            tags.add(frame)
    if version == 3:
        tags.update_to_v23()
    _save(file, known, v2_version=version)


_MUSICBRAINZ: Final = "http://musicbrainz.org"


def _id3_name(frame: Any) -> str:
    """The key that `read_tags` gives a frame; a user's own text goes by its name alone."""
    if isinstance(frame, _id3.TXXX):
        return str(frame.desc)
    described = getattr(frame, "desc", "") or getattr(frame, "owner", "")
    return f"{frame.FrameID}:{described}" if described else str(frame.FrameID)


def _id3_frame(name: str, value: str) -> Any:
    if name == "license" and value.startswith(("https://", "http://")):
        return _id3.WCOP(url=value)
    if name == "mb_recording":
        return _id3.UFID(owner=_MUSICBRAINZ, data=value.encode())
    if name == "comment":
        return _id3.COMM(encoding=3, lang="XXX", desc="", text=[value])
    frame, _, description = (NAMES[name].id3 if name in NAMES else f"TXXX:{name}").partition(":")
    if description:
        return _id3.TXXX(encoding=3, desc=description, text=[value])
    return _id3.Frames[frame](encoding=3, text=[value])


def _write_mp4(file: _File, known: Any, texts: Mapping[str, str], cover: Picture | None) -> None:
    if known.tags is None:
        known.add_tags()
    for name, value in texts.items():
        for old in list(known.tags):
            if _is_named(old.removeprefix(ATOM), name):
                del known.tags[old]
        if value:
            key = NAMES[name].mp4 if name in NAMES else f"{ATOM}{name}"
            known.tags[key] = [_mp4_value(key, value)]
    if cover is not None:
        form = {"image/jpeg": _MP4Cover.FORMAT_JPEG, "image/png": _MP4Cover.FORMAT_PNG}.get(cover.media_type)
        if form is None:
            raise ValueError(f"an MP4's cover is JPEG or PNG, not {cover.media_type}")
        known.tags["covr"] = [_MP4Cover(cover.data, form), *known.tags.get("covr", [])[1:]]
    _save(file, known)


def _mp4_value(key: str, value: str) -> Any:
    if key.startswith(ATOM):
        return _MP4FreeForm(value.encode())
    if key in ("trkn", "disk"):
        number, _, total = value.partition("/")
        return int(number), int(total or 0)
    return value


def _save(file: _File, known: Any, **options: Any) -> None:
    file.seek(0)
    known.save(file, **options)


_WRITERS: Final[dict[type, Callable[[_File, Any, Mapping[str, str], Picture | None], None]]] = {
    FLAC: _write_flac,
    OggVorbis: _write_ogg,
    OggOpus: _write_ogg,
    MP3: _write_mp3,
    MP4: _write_mp4,
}
