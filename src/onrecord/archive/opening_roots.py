# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roots that the settings name: those that are there, and those that are lost for now and named."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from onrecord.archive.settings import Settings
from onrecord.errors import ConfigError, OnrecordError, StoreFailed, UsageError
from onrecord.store import Root, open_roots
from onrecord.store.bucket import Bucket, make_bucket, open_bucket
from onrecord.store.roots import make_root
from onrecord.store.s3 import SCHEME, lowered, read_place

if TYPE_CHECKING:
    from onrecord.archive.core import Archive


class Roots(Struct, frozen=True):
    """`lost` are folders without a root. `unreached` are buckets, with the reason: a sentence."""

    there: Sequence[Root]
    lost: list[Path]
    unreached: dict[str, str]


def roots_of(folder: Path, settings: Settings) -> Roots:
    """Open the roots of the archive in a folder. ConfigError where two of them bear the same id."""
    names = settings.store.roots
    disks, lost = open_roots([folder / name for name in names if not name.startswith(SCHEME)])
    buckets, unreached = list[Bucket](), dict[str, str]()
    for name in names:
        if name.startswith(SCHEME):
            try:
                buckets.append(open_bucket(read_place(name), settings.s3, *_cache(folder, settings)))
            except OnrecordError as error:
                unreached[name] = error.message
    there: list[Root] = [*disks, *buckets]
    ids = [root.id for root in there]
    if len(set(ids)) < len(ids):
        raise ConfigError(
            f"store.roots: two of them bear the same root id: {', '.join(settings.store.roots)}",
            "name each disk and each bucket once",
        )
    return Roots(there, lost, unreached)


def make_root_at(place: str, folder: Path, settings: Settings) -> Root:
    """Make a folder, or a place in a bucket, a root for the archive in a folder. One that is already keeps its id."""
    if re.match(r"s3:/?(?!/)", place, re.IGNORECASE):
        raise UsageError(f"{place}: expected s3://BUCKET/PREFIX, or a folder", "two strokes after s3:")
    if lowered(place).startswith(SCHEME):
        return make_bucket(read_place(place), settings.s3, *_cache(folder, settings))
    return make_root(Path(place).absolute())


def root_named(archive: "Archive", name: str) -> Root:
    """The root of an archive that a person means: by its id, its folder, or s3://BUCKET/PREFIX."""
    name = lowered(name)
    for root in archive.store.roots:
        if name in (root.id, root.place) or root.place in (str(Path(name).absolute()), name.rstrip("/")):
            return root
    for place, why in archive.unreached_roots.items():
        if name.rstrip("/") == place.rstrip("/"):
            raise StoreFailed(
                f"{place}: is not reached: {why}", "[s3] in onrecord.toml says how; nothing of it is lost"
            )
    if any(Path(name).absolute() == path.absolute() for path in archive.lost_roots):
        raise StoreFailed(
            f"{name}: no root is here now", "mount its disk, or name where it is: [store] roots"
        )
    there = ", ".join(f"{root.place} ({root.id})" for root in archive.store.roots)
    raise UsageError(
        f"{name!r}: expected a root of this archive that is there: {there}",
        "`onrecord store root` makes one, [store] roots in onrecord.toml names it",
    )


def _cache(folder: Path, settings: Settings) -> tuple[Path, int]:
    return folder / settings.store.cache, settings.store.cache_mb * 1024 * 1024
