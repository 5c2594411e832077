# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive's own editions beside its tables in a bucket, for without them it cannot publish the next one.

Each edition, the papers of all volumes and the feed are a list each, `lists/<name>-<digest>.json`: a path below
`editions/` and the SHA-256 by which the file lies at `files/`, of the feed at `feed/`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from onrecord.durable import replace, sha256_of, sync_tree
from onrecord.errors import IntegrityError, NotFound, StoreFailed
from onrecord.store.objects import AT_ONCE, Objects
from onrecord.store.roots import damaged

if TYPE_CHECKING:
    from onrecord.archive.core import Archive

_VOLUMES: Final = "volumes"
_FEED: Final = "feed"


def put(archive: "Archive", objects: Objects, before: Mapping[str, str], until: int) -> dict[str, str]:
    """Put what changed; gives the lists that count now, as `before` were those that counted: name and digest.

    Editions after log entry `until` wait for the next run, and with them the feed that names them: whoever opens the
    archive from there would find it telling of an edition that the log does not know.
    """
    numbers = [str(edition["number"]) for edition in archive.ledger.editions(until)]
    if not numbers:
        return {}
    folder = archive.folder / "editions"
    lists = {number: before.get(number) or _put(archive, objects, number) for number in numbers}
    if _VOLUMES not in before or lists.keys() - before.keys():
        lists[_VOLUMES] = _put(archive, objects, _VOLUMES) if (folder / _VOLUMES).is_dir() else ""
    else:
        lists[_VOLUMES] = before[_VOLUMES]
    lists[_FEED] = _put(archive, objects, _FEED, before.get(_FEED, ""), newest=int(numbers[-1]))
    return {name: digest for name, digest in lists.items() if digest}


def tidy(archive: "Archive", objects: Objects, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Remove what the feed had and has no more, once nothing names it."""
    old, new = before.get(_FEED, ""), now.get(_FEED, "")
    if old and old != new:
        for digest in set(_noted(archive, _FEED, old).values()) - set(_noted(archive, _FEED, new).values()):
            objects.remove(f"{_FEED}/{digest}")
        objects.remove(_key(_FEED, old))
        (archive.folder / "placed" / _key(_FEED, old)).unlink(missing_ok=True)


class Found(NamedTuple):
    """What `verify` found of one object: the list that it belongs to, what it is, and what puts it there anew."""

    list: str
    what: str
    key: str
    size: int
    whole: bool
    put: Callable[[], object]


def verify(archive: "Archive", objects: Objects, lists: Mapping[str, str]) -> Iterator[Found]:
    """Read every list there, and every file that it names. Nothing is changed."""
    for name, list_digest in lists.items():
        key = _key(name, list_digest)
        content = _list(archive, objects, key, list_digest)
        yield _found(objects, name, key, key, list_digest, partial(objects.put_over, key, content))
        for path, digest in _decoded(content, key).items():
            source, key = archive.folder / "editions" / path, f"{_home(name)}/{digest}"
            yield _found(
                objects, name, f"editions/{path}", key, digest, partial(objects.put, source, digest, key)
            )


def bring(folder: Path, objects: Objects, lists: Mapping[str, str]) -> None:
    """Make the folder of editions anew from the lists. Raises NotFound, IntegrityError, StoreFailed."""
    for name, list_digest in lists.items():
        key = _key(name, list_digest)
        content = _content(objects, key, list_digest)
        listed = _decoded(content, f"{objects.where}/{key}")

        def one(item: tuple[str, str], home: str = _home(name)) -> None:
            path = folder / "editions" / item[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_content(objects, f"{home}/{item[1]}", item[1]))

        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(one, listed.items()))
        _note(folder, key, content)
    sync_tree(folder / "editions")


def _put(archive: "Archive", objects: Objects, name: str, before: str = "", newest: int | None = None) -> str:
    folder = archive.folder / "editions"
    listed = {path.relative_to(folder).as_posix(): sha256_of(path) for path in _files(folder, name)}
    # Looked at once all is read: a feed begins with the files it points to, so that none of the next one was read.
    if newest is not None and _newest_in_feed(folder) > newest:
        return before
    there = set(_noted(archive, name, before).values()) if before else set()

    def one(item: tuple[str, str]) -> None:
        key = f"{_home(name)}/{item[1]}"
        if item[1] not in there and not objects.put(folder / item[0], item[1], key):
            raise StoreFailed(
                f"{objects.where}/{key}: it is not what its name says",
                "`onrecord store tables --verify` looks at all of them",
            )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(one, sorted(listed.items())))
    content = msgspec.json.encode(listed, order="sorted")
    digest = hashlib.sha256(content).hexdigest()
    if digest != before:
        objects.put_over(_key(name, digest), content)
        _note(archive.folder, _key(name, digest), content)
    return digest


def _files(folder: Path, name: str) -> Iterator[Path]:
    for path in sorted((folder / name).rglob("*")):
        if path.is_file():
            yield path
    beside = folder / ("next-root.json" if name == _FEED else f"{name}.torrent")
    if beside.is_file():
        yield beside


def _newest_in_feed(folder: Path) -> int:
    """The number of the newest edition whose torrent lies in the feed, at `<digest>.<number>.torrent` first."""
    names = (path.name.split(".") for path in (folder / _FEED).glob("*.torrent"))
    return max((int(parts[-2]) for parts in names if parts[-2].isdecimal()), default=0)


def _home(name: str) -> str:
    return _FEED if name == _FEED else "files"


def _key(name: str, digest: str) -> str:
    return f"lists/{name}-{digest}.json"


def _note(folder: Path, key: str, content: bytes) -> None:
    """A list is kept here as well, so that the next run need not ask for it."""
    (folder / "placed" / "lists").mkdir(parents=True, exist_ok=True)
    replace(folder / "placed" / key, content)


def _noted(archive: "Archive", name: str, digest: str) -> dict[str, str]:
    path = archive.folder / "placed" / _key(name, digest)
    try:
        return _decoded(path.read_bytes(), str(path))
    except FileNotFoundError:
        return {}


def _decoded(content: bytes, where: str) -> dict[str, str]:
    listed = msgspec.json.decode(content, type=dict[str, str])
    for path in listed:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise IntegrityError(f"{where}: {path[:200]!r} is no path below the editions", "do not use it")
    return listed


def _content(objects: Objects, key: str, digest: str) -> bytes:
    found = objects.head(key)
    if found is None:
        raise NotFound(f"{objects.where}/{key}: nothing is there", "it may just be written: try again")
    size = int(found["size"])
    content = b"".join(objects.read(key, size, 0, size))
    if (got := hashlib.sha256(content).hexdigest()) != digest:
        raise damaged(f"{objects.where}/{key}", digest, got)
    return content


def _list(archive: "Archive", objects: Objects, key: str, digest: str) -> bytes:
    """A list as it was put: from here, and from there where it was lost here."""
    try:
        content = (archive.folder / "placed" / key).read_bytes()
    except FileNotFoundError:
        content = b""
    return content if hashlib.sha256(content).hexdigest() == digest else _content(objects, key, digest)


def _found(objects: Objects, name: str, what: str, key: str, digest: str, put: Callable[[], object]) -> Found:
    found = objects.head(key)
    size = int(found["size"]) if found else 0
    return Found(name, what, key, size, found is not None and _is(objects, key, size, digest), put)


def _is(objects: Objects, key: str, size: int, digest: str) -> bool:
    try:
        return objects.digest(key, size) == digest
    except (NotFound, IntegrityError):
        return False
