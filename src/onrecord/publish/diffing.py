# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A diff of two editions: one file that makes the later one of the earlier one, bit for bit (format clause 11).

Bytes are compared, not rows: who applies a diff needs zstd and no engine of the version that wrote the tables.
"""

import datetime as dt
import hashlib
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, Final, Literal

import msgspec
from msgspec import Struct

from onrecord.durable import settle, sha256_of, sync, sync_tree
from onrecord.errors import (
    DigestMismatch,
    EditionRefused,
    IntegrityError,
    NewerFormat,
    OnrecordError,
    SignatureInvalid,
    SourceRefused,
    StoreFull,
    UsageError,
)
from onrecord.publish.edition import Manifest
from onrecord.publish.names import check_paths
from onrecord.publish.signing import verify

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMAT: Final = 1
#: Bytes of a file that are packed together, and bytes of the older file around the same place that they are told by.
#: Both together are the 128 MiB that every zstd reads back without being told to allow more.
CHUNK: Final = 32 * 1024**2
BASE: Final = 96 * 1024**2

_MAGIC: Final = b"onrecord diff 1\n"
#: What a head may take, packed or not: a diff of 20,000 volumes has one of 6 MB.
_MAX_HEAD: Final = 64 * 1024**2
#: Of the levels that were measured the one after which time grows a hundredfold for a quarter less.
_LEVEL: Final = 9
#: The shortest text that zstd takes as what something is told by.
_MIN_BASE: Final = 8
_SUMS: Final = "SHA256SUMS"
_SIGNATURE: Final = "SHA256SUMS.minisig"
_KEY: Final = "minisign.pub"
#: What an edition has besides the files that its checksums name.
_PAPERS: Final = (_SUMS, _SIGNATURE, _KEY)
_SUM: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_VOLUME: Final = re.compile(r"volumes/onrecord-(.+)-[0-9a-f]{12}\.torrent")


class Side(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the two editions; `sums` is the SHA-256 of its SHA256SUMS."""

    archive: str
    number: int
    day: dt.date
    sums: str


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the later edition.

    `same`: it is the file `base` of the earlier one. `packed`: it follows in the diff, told by `base`, "" for none.
    """

    path: str
    size: int
    sha256: str
    how: Literal["same", "packed"]
    base: str


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What a diff begins with; the packed files follow in the order in which they are listed."""

    format: int
    zstd: str
    old: Side
    new: Side
    files: tuple[Part, ...]


class Diff(Struct, frozen=True, forbid_unknown_fields=True):
    """A diff that was written or applied: how many files are the same, and how many came packed. `size` is that of the
    later edition."""

    old: Side
    new: Side
    same: int
    packed: int
    size: int


def write_diff(old: Path, new: Path, path: Path) -> Diff:
    """Write to `path` what makes of the edition in the folder `old` the one in `new`.

    What is used of both is verified by their checksums. Same editions and same zstd, same bytes. Memory does not grow
    with the files.
    """
    if path.exists():
        raise UsageError(f"{path}: is here already, it is not overwritten", "name another file")
    before, after = _Edition.read(old), _Edition.read(new)
    if before.side.archive != after.side.archive:
        raise UsageError(
            f"{old} is of archive {before.side.archive}, {new} of {after.side.archive}: expected two editions of one",
            "name two editions of the same archive",
        )
    head = Head(FORMAT, zstd.zstd_version, before.side, after.side, tuple(_parts(before, after)))
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(_MAGIC)
            _write_frame(file, _packed(msgspec.json.encode(head), b""))
            for item in head.files:
                for frame in _frames(item, before, after):
                    _write_frame(file, frame)
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)
    return _report(head)


def apply_diff(diff: IO[bytes], old: Path, into: Path, key: str = "") -> Diff:
    """Make in the new folder `into` the edition that `diff` tells by the one in `old`.

    `key` is the public key that must have signed it; without one it is the key that lies in `old`. The folder appears
    when its checksums and their signature have been verified, or not at all. The diff is read once, from its start.
    """
    if into.exists():
        raise UsageError(f"{into}: is here already", "name a new folder")
    where = _name(diff)
    head = _read_head(diff)
    before = _Edition.read(old)
    if before.side.sums != head.old.sums:
        raise UsageError(
            f"{old}: {where} is told by edition {head.old.number} of {head.old.archive} "
            f"({_SUMS} {head.old.sums[:12]}), this is edition {before.side.number} of {before.side.archive} "
            f"({before.side.sums[:12]})",
            "name the folder of that edition with --on",
        )
    _check_room(where, head, into)
    part = into.with_name(f".{into.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        for item in head.files:
            _make(item, diff, before, part)
        if _some(diff, 1):
            raise _unreadable(diff, "its end after the last file", "more")
        _check_made(diff, head, part, key or (old / _KEY).read_text(encoding="utf-8", errors="replace"))
        sync_tree(part)
        part.rename(into)
        sync(into.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return _report(head)


class _Edition(Struct, frozen=True):
    """An edition on disk: `files` has the SHA-256 of each file by its path, the papers too."""

    folder: Path
    side: Side
    files: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> "_Edition":
        try:
            sums = (folder / _SUMS).read_bytes()
            manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
            papers = {name: sha256_of(folder / name) for name in _PAPERS}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UsageError(
                f"{folder}: expected the folder of an edition, {error.filename} is not there",
                "name a folder with manifest.json, SHA256SUMS and their signature",
            ) from None
        except msgspec.MsgspecError as error:
            raise IntegrityError(
                f"{folder / 'manifest.json'}: the manifest of an edition cannot be read ({error})",
                "fetch the edition again",
            ) from None
        listed = _sums(folder / _SUMS, sums)
        side = Side(manifest.archive, manifest.number, manifest.day, papers[_SUMS])
        return cls(folder, side, listed | papers)


def _sums(path: Path, content: bytes) -> dict[str, str]:
    listed: dict[str, str] = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        found = _SUM.fullmatch(line)
        if not found or found[2] in listed or found[2] in _PAPERS:
            raise IntegrityError(
                f"{path}, line {number}: expected a digest, two blanks and a new path, got {line[:100]!r}",
                "fetch the edition again",
            )
        listed[found[2]] = found[1]
    _check_names(str(path), listed)
    return listed


def _parts(old: _Edition, new: _Edition) -> Iterator[Part]:
    where: dict[str, str] = {}
    for path, sha256 in sorted(old.files.items()):
        where.setdefault(sha256, path)
    told_by = _cut_anew(old, new)
    for path, sha256 in sorted(new.files.items()):
        size = _existing(new.folder / path).stat().st_size
        if sha256 in where:
            yield Part(path, size, sha256, "same", where[sha256])
        else:
            yield Part(path, size, sha256, "packed", path if path in old.files else told_by.get(path, ""))


def _cut_anew(old: _Edition, new: _Edition) -> dict[str, str]:
    """By which torrent that is gone a new one of the same shelf is told: what is left of a volume has another name, and
    most of the same hashes."""
    shelves: dict[str, tuple[list[str], list[str]]] = {}
    for side, mine, others in ((0, old, new), (1, new, old)):
        for path in sorted(mine.files.keys() - others.files.keys()):
            if found := _VOLUME.fullmatch(path):
                shelves.setdefault(found[1], ([], []))[side].append(path)
    pairs: dict[str, str] = {}
    for gone, fresh in shelves.values():
        pairs |= {late: early or gone[-1] for early, late in zip_longest(gone, fresh) if late and gone}
    return pairs


def _frames(part: Part, old: _Edition, new: _Edition) -> Iterator[bytes]:
    """The packed chunks of one file, which is verified as it is read; so is the one that it is told by."""
    if part.base:
        _verify(old, part.base)
    digest, size = hashlib.sha256(), 0
    with (new.folder / part.path).open("rb") as file:
        while chunk := file.read(CHUNK):
            if part.how == "packed":
                yield _packed(chunk, _told_by(part, old, size))
            digest.update(chunk)
            size += len(chunk)
    if (digest.hexdigest(), size) != (part.sha256, part.size):
        raise _damaged(new.folder / part.path, part.sha256, digest.hexdigest())


def _told_by(part: Part, old: _Edition, at: int) -> bytes:
    """The stretch of the older file that the chunk from `at` is told by: the same place, a chunk before and after."""
    if not part.base:
        return b""
    with (old.folder / part.base).open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, min(at * size // part.size - CHUNK, size - BASE))
        file.seek(start)
        content = file.read(BASE)
    return content if len(content) >= _MIN_BASE else b""


def _packed(plain: bytes, told_by: bytes) -> bytes:
    setting = zstd.CompressionParameter
    options: dict[int, int] = {
        setting.compression_level: _LEVEL,
        setting.window_log: max(10, (len(plain) + len(told_by) - 1).bit_length()),
        setting.enable_long_distance_matching: 1,
    }
    packer = zstd.ZstdCompressor(options=options, zstd_dict=_prefix(told_by))
    return packer.compress(plain, zstd.ZstdCompressor.FLUSH_FRAME)


def _unpacked(packed: bytes, told_by: bytes, most: int) -> bytes:
    """At most `most` bytes, and one more where there are more; nothing beyond that is ever unpacked."""
    reader = zstd.ZstdDecompressor(
        zstd_dict=_prefix(told_by), options={zstd.DecompressionParameter.window_log_max: 27}
    )
    plain = reader.decompress(packed, most + 1)
    if len(plain) <= most and (not reader.eof or reader.unused_data):
        raise zstd.ZstdError("one whole frame")
    return plain


def _prefix(content: bytes) -> Any:
    return zstd.ZstdDict(content, is_raw=True).as_prefix if content else None


def _write_frame(file: IO[bytes], frame: bytes) -> None:
    file.write(len(frame).to_bytes(4, "little") + frame)


def _read_frame(diff: IO[bytes], most: int) -> bytes:
    length = int.from_bytes(_take(diff, 4), "little")
    # Sound and hashes do not shrink; zstd's own bound for them is a 256th more.
    if not 1 <= length <= most + most // 256 + 1024:
        raise _unreadable(diff, f"a frame of at most {most} bytes", f"{length} bytes")
    return _take(diff, length)


def _take(diff: IO[bytes], size: int) -> bytes:
    content = _some(diff, size)
    if len(content) < size:
        raise _unreadable(diff, f"{size} more bytes", f"{len(content)}: it was cut off")
    return content


def _some(diff: IO[bytes], size: int) -> bytes:
    try:
        return diff.read(size)
    except OSError as error:
        raise SourceRefused(
            f"{_name(diff)}: cannot be read ({error.strerror or error})", "fetch the diff again"
        ) from None


def _read_head(diff: IO[bytes]) -> Head:
    magic = _some(diff, len(_MAGIC))
    if magic != _MAGIC:
        if magic[:14] == _MAGIC[:14] and len(magic) == len(_MAGIC):
            raise NewerFormat(
                f"{_name(diff)}: a diff {magic!r}, this onrecord knows {FORMAT}", "use a newer onrecord"
            )
        raise _unreadable(diff, f"a diff of editions, which begins with {_MAGIC!r}", repr(magic))
    try:
        plain = _unpacked(_read_frame(diff, _MAX_HEAD), b"", _MAX_HEAD)
        if len(plain) > _MAX_HEAD:
            raise _unreadable(diff, f"a head of at most {_MAX_HEAD} bytes", "more")
        head = msgspec.json.decode(plain, type=Head)
    except (zstd.ZstdError, msgspec.MsgspecError) as error:
        raise _unreadable(diff, "a head that this onrecord reads", str(error)) from None
    if head.format != FORMAT:
        raise NewerFormat(
            f"{_name(diff)}: a diff of format {head.format}, this onrecord knows {FORMAT}",
            "use a newer onrecord",
        )
    _check_names(_name(diff), [part.path for part in head.files])
    for part in head.files:
        if part.size < 0 or (part.how == "same" and not part.base):
            raise _unreadable(
                diff, f"a size and what it is the same as, of {part.path!r}", f"{part.size}, {part.base!r}"
            )
    return head


def _check_names(where: str, paths: "Mapping[str, str] | list[str]") -> None:
    try:
        check_paths([tuple(path.split("/")) for path in paths])
    except EditionRefused as unsafe:
        raise SourceRefused(f"{where}: {unsafe.message}", "do not use it") from None


def _check_room(where: str, head: Head, into: Path) -> None:
    if not into.parent.is_dir():
        raise UsageError(f"{into.parent}: is no folder", "make it, or name another place with --to")
    needed, free = sum(part.size for part in head.files), shutil.disk_usage(into.parent).free
    if needed > free:
        raise StoreFull(
            f"{into.parent}: {where} says that its edition takes {needed:,} bytes, {free:,} are free",
            "free some space, or do not use the diff where that cannot be true",
        )


def _make(part: Part, diff: IO[bytes], old: _Edition, into: Path) -> None:
    """Write one file of the later edition, verified."""
    if part.base and part.base not in old.files:
        raise SourceRefused(
            f"{_name(diff)} tells {part.path!r} by {part.base[:200]!r}, which the earlier edition does not have",
            "do not use this diff",
        )
    if part.base:
        _existing(old.folder / part.base)
    path = into / part.path
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for chunk in _copied(part, old) if part.how == "same" else _told(part, diff, old):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
    except zstd.ZstdError as error:
        _verify(old, part.base)
        raise _unreadable(diff, f"the bytes of {part.path!r}", str(error)) from None
    if (digest.hexdigest(), size) != (part.sha256, part.size):
        _verify(old, part.base)
        raise DigestMismatch(
            f"{_name(diff)}: expected {part.path} with SHA-256 {part.sha256} and {part.size} bytes, got "
            f"{digest.hexdigest()} and {size}",
            "fetch the diff again",
        )


def _copied(part: Part, old: _Edition) -> Iterator[bytes]:
    left = part.size
    with (old.folder / part.base).open("rb") as file:
        while left and (chunk := file.read(min(left, 1024**2))):
            left -= len(chunk)
            yield chunk


def _told(part: Part, diff: IO[bytes], old: _Edition) -> Iterator[bytes]:
    for at in range(0, part.size, CHUNK):
        expected = min(CHUNK, part.size - at)
        chunk = _unpacked(_read_frame(diff, CHUNK), _told_by(part, old, at), expected)
        if len(chunk) != expected:
            raise _unreadable(diff, f"{expected} bytes of {part.path!r} from {at}", f"{len(chunk)} or more")
        yield chunk


def _check_made(diff: IO[bytes], head: Head, folder: Path, key: str) -> None:
    """The edition is what its own checksums say, they are signed, and it is the one that the diff names."""
    made = {part.path: part.sha256 for part in head.files}
    if missing := [name for name in (*_PAPERS, "manifest.json") if name not in made]:
        raise _unreadable(diff, "a whole edition", f"one without {missing[0]}")
    try:
        edition = _Edition.read(folder)
        if edition.side != head.new:
            raise _unreadable(
                diff, f"edition {head.new.number} of {head.new.archive}", str(edition.side)[:300]
            )
        for path in sorted(made.keys() | edition.files.keys()):
            if made.get(path) != edition.files.get(path):
                raise _unreadable(
                    diff,
                    f"{path!r} with SHA-256 {edition.files.get(path, '(not listed)')}",
                    made.get(path, "none"),
                )
    except OnrecordError as error:
        message = error.message.replace(f"{folder}/", "")
        said = message if message.startswith(_name(diff)) else f"{_name(diff)} makes no edition: {message}"
        raise type(error)(said, "do not use this diff") from None
    try:
        verify((folder / _SUMS).read_bytes(), (folder / _SIGNATURE).read_bytes(), key)
    except SignatureInvalid as error:
        raise SignatureInvalid(
            f"{_SUMS} of the edition that {_name(diff)} makes: {error.message}",
            "where the archive has a new key that you know, give it with --key",
        ) from None


def _verify(edition: _Edition, path: str) -> None:
    """DigestMismatch where a file of an edition is not what its checksums say; "" is none."""
    if path:
        found = sha256_of(_existing(edition.folder / path))
        if found != edition.files[path]:
            raise _damaged(edition.folder / path, edition.files[path], found)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise IntegrityError(f"{path}: {_SUMS} names it, it is not there", "fetch the edition again")
    return path


def _damaged(path: Path, expected: str, got: str) -> DigestMismatch:
    return DigestMismatch(f"{path}: expected SHA-256 {expected}, got {got}", "fetch the edition again")


def _unreadable(diff: IO[bytes], expected: str, got: str) -> SourceRefused:
    return SourceRefused(f"{_name(diff)}: expected {expected}, got {got}", "fetch the diff again")


def _name(diff: IO[bytes]) -> str:
    """What a person calls the diff: its file, where it is one."""
    name = getattr(diff, "name", None)
    return f"the diff {name}" if isinstance(name, str) else "the diff"


def _report(head: Head) -> Diff:
    same = sum(part.how == "same" for part in head.files)
    size = sum(part.size for part in head.files)
    return Diff(head.old, head.new, same, len(head.files) - same, size)
