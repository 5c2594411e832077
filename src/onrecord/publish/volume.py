# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume: an unchanging group of audio files that travels as one torrent and is a BagIt bag (RFC 8493).

```
<name>/bagit.txt
<name>/bag-info.txt
<name>/manifest-sha256.txt
<name>/CREDITS.md, SIGNALS.json, LICENSE-<name>.txt   (clause 5.6; volumes that were cut before have none)
<name>/data/<sha256>.<ext>
```
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from onrecord.errors import EditionRefused
from onrecord.model.digests import Digests
from onrecord.publish.torrent import (
    MAX_FILES,
    MAX_METAINFO,
    Torrent,
    TorrentFile,
    hybrid,
    metainfo_bytes,
    v2_only,
)
from onrecord.store.digest import digest

#: Bytes of sound in a volume: what a volunteer with a small disk can still take whole.
MAX_BYTES: Final = 64 * 1024**3

#: What a volume's torrent is: for v1 and v2 clients, or for v2 clients alone in half the metainfo.
Form = Literal["hybrid", "v2"]

_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_SHELF = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_SHELF: Final = 40
#: Files of every bag that are not payload.
_BAG_FILES: Final = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
#: Bytes of metainfo kept free for the tag files, the folder, the name, web seeds and trackers.
_RESERVE: Final = 16_384


class VolumeFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A blob that goes into a volume; `ext` names the container its bytes really are, in lower case."""

    sha256: str
    ext: str
    digests: Digests

    @property
    def path(self) -> tuple[str, str]:
        return "data", f"{self.sha256}.{self.ext}"


class Volume(Struct, frozen=True, forbid_unknown_fields=True):
    """A volume ready to leave; `tag_files` maps a file's name to its bytes. The payload stays in the store."""

    torrent: Torrent
    tag_files: dict[str, bytes]


def cut(
    files: Iterable[VolumeFile],
    limit_files: int = MAX_FILES,
    limit_metainfo: int = MAX_METAINFO,
    limit_bytes: int = MAX_BYTES,
    papers: int = 0,
) -> Iterator[list[VolumeFile]]:
    """Groups of files that each fit a volume. The files come in the order of their digests, each once; one group of
    them is in memory at a time.

    A file larger than `limit_bytes` is a group of its own; one whose metainfo alone is over the limit is refused.
    `papers` is how many more tag files each volume will have at most.
    """
    group: list[VolumeFile] = []
    size, metainfo, last = 0, _RESERVE, ""
    for file in files:
        _check(file, last)
        last = file.sha256
        cost = _metainfo_bytes(file)
        if cost + _RESERVE > limit_metainfo:
            raise EditionRefused(
                f"blob {file.sha256} of {file.digests.size} bytes needs {cost + _RESERVE} bytes of metainfo, "
                f"expected at most {limit_metainfo}",
                "leave it out of the volumes",
            )
        full = (
            len(group) + 1 + len(_BAG_FILES) + papers > limit_files
            or metainfo + cost > limit_metainfo
            or size + file.digests.size > limit_bytes
        )
        if group and full:
            yield group
            group, size, metainfo = [], 0, _RESERVE
        group.append(file)
        size += file.digests.size
        metainfo += cost
    if group:
        yield group


def shelf_for(*parts: str) -> str:
    """A shelf's name, of what its files have in common: a license, a collection; `all` where that is nothing."""
    if not parts:
        return "all"
    slugs = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") or "other" for part in parts]
    name = "-".join(slugs)
    if len(slugs) == 1 or len(name) <= _MAX_SHELF:
        return name[:_MAX_SHELF].strip("-")
    # The last part must not be cut off: what somebody may do with a volume is one answer.
    mark = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
    return f"{name[: _MAX_SHELF - 9].strip('-')}-{mark}"


def name_for(shelf: str, files: Iterable[VolumeFile], papers: Mapping[str, bytes] = {}) -> str:
    """The name that these files have as a volume: `onrecord-<shelf>-<12 digits that follow from the content>`."""
    if not _SHELF.fullmatch(shelf) or len(shelf) > _MAX_SHELF:
        raise EditionRefused(
            f"shelf {shelf[:60]!r}: expected up to {_MAX_SHELF} of a-z and 0-9, joined by single hyphens",
            "name it so",
        )
    names = "".join(f"{digest}\n" for digest in sorted(file.sha256 for file in files))
    names += "".join(f"{hashlib.sha256(papers[paper]).hexdigest()}  {paper}\n" for paper in sorted(papers))
    return f"onrecord-{shelf}-{hashlib.sha256(names.encode()).hexdigest()[:12]}"


def build(
    name: str,
    files: Sequence[VolumeFile],
    web_seeds: Sequence[str] = (),
    trackers: Sequence[str] = (),
    bagging_date: str = "",
    papers: Mapping[str, bytes] = {},
    form: Form = "hybrid",
) -> Volume:
    """The volume of these files, in whatever order they come. Nothing is read: the payload's digests are known, the tag
    files are made here, and `papers` are tag files besides. Web seeds and trackers are outside of what is hashed.

    `bagging_date` (YYYY-MM-DD) is left out unless given, so that the same files give the same bytes on any day.
    """
    ordered = _sorted(files)
    tag_files = {**papers, **_tag_files(name, ordered, bagging_date)}
    listed = [TorrentFile(file.path, file.digests) for file in ordered]
    listed += [TorrentFile((tag,), digest(io.BytesIO(text).readinto)) for tag, text in tag_files.items()]
    make = v2_only if form == "v2" else hybrid
    return Volume(make(name, listed, web_seeds, trackers), tag_files)


def bag_files(payload: Sequence[tuple[str, str, int]], fields: Sequence[tuple[str, str]]) -> dict[str, bytes]:
    """The tag files of a bag, by name. `payload` are paths below the bag with SHA-256 and size, in manifest order.

    `fields` of bag-info.txt stand before Payload-Oxum. Paths must be plain: a line end or `%` would need an escape
    that readers disagree on (RFC 8493 section 2.1.3).
    """
    octets = sum(size for _, _, size in payload)
    info = [f"{name}: {' '.join(value.split())}" for name, value in fields]
    return {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _lines([*info, f"Payload-Oxum: {octets}.{len(payload)}"]),
        "manifest-sha256.txt": _lines(f"{sha256}  {path}" for path, sha256, _ in payload),
    }


def _sorted(files: Sequence[VolumeFile]) -> list[VolumeFile]:
    ordered = sorted(files, key=lambda file: file.sha256)
    last = ""
    for file in ordered:
        _check(file, last)
        last = file.sha256
    return ordered


def _check(file: VolumeFile, last: str) -> None:
    if file.digests.sha256 != file.sha256 or not _EXTENSION.fullmatch(file.ext):
        raise EditionRefused(
            f"blob {file.sha256} as .{file.ext[:20]}: expected the digests of that blob and 1 to 8 of a-z and 0-9, "
            f"got the digests of {file.digests.sha256}",
            "probe the blob again",
        )
    if file.sha256 <= last:
        raise EditionRefused(
            f"blob {file.sha256} {'is listed twice' if file.sha256 == last else f'comes after {last}'}: "
            "expected each once, in the order of the digests",
            "list each blob once, in that order",
        )


def _metainfo_bytes(file: VolumeFile) -> int:
    return metainfo_bytes(file.path, file.digests.size)


def _tag_files(name: str, files: Sequence[VolumeFile], bagging_date: str) -> dict[str, bytes]:
    fields = [("External-Identifier", name)]
    if bagging_date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", bagging_date):
            raise EditionRefused(f"bagging date {bagging_date[:20]!r}: expected YYYY-MM-DD", "correct it")
        fields.insert(0, ("Bagging-Date", bagging_date))
    return bag_files([("/".join(file.path), file.sha256, file.digests.size) for file in files], fields)


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
