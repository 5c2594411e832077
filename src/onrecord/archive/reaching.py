# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what other archives publish, wherever it lies: a path, an http address, or a bucket that wants keys.

Nothing that is read is believed for where it lay: feeds and editions are verified by who asked for them. A bucket is
asked for each key by its name, never for a list.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from onrecord.errors import IntegrityError, MirrorFailed, NotFound, SourceFailed, StoreFailed
from onrecord.net import UnexpectedStatus, fetch
from onrecord.store.objects import Objects
from onrecord.store.s3 import SCHEME, S3Settings, lowered, read_place
from onrecord.store.s3_answers import Forbidden

if TYPE_CHECKING:
    import httpx2

#: The bytes at a place, of at most so many. NotFound, MirrorFailed, SourceFailed.
Get = Callable[[str, int], bytes]
#: Where nothing is written, nothing is noted.
_NOWHERE: Final = Path()


class NotAllowed(UnexpectedStatus):
    """The keys do not open it, or nothing is there and they may not know. As a page's 403."""

    def __init__(self, error: Forbidden) -> None:
        SourceFailed.__init__(self, error.message, error.hint)
        self.status = 403


def get(where: str, most: int) -> bytes:
    """The bytes of a file or an http address, of at most so many. NotFound, MirrorFailed, SourceFailed."""
    if "://" in where:
        return fetch(where, most)
    path = Path(where)
    try:
        if path.stat().st_size > most:
            raise MirrorFailed(f"{path}: expected at most {most:,} bytes, got {path.stat().st_size:,}")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{path}: no such file", "name the feed.json of an archive's feed") from None
    except OSError as error:
        raise SourceFailed(
            f"{path}: cannot be read ({error.strerror or error})", "look at its disk and rights"
        ) from None


def getting(settings: S3Settings) -> Get:
    """As `get`, and from buckets of the server that the settings name, with the keys of the environment."""

    def every(where: str, most: int) -> bytes:
        if not where.startswith(SCHEME):
            return get(where, most)
        folder, _, name = where.rpartition("/")
        with _said():
            return _objects(settings, folder).content(name, most)

    return every


def part_of(
    settings: S3Settings,
    page: str,
    address: str,
    place: tuple[int, int],
    size: int,
    *,
    seconds: float,
    client: "httpx2.Client",
) -> bytes:
    """Bytes from the first place up to the second of a file of `size` bytes, at an address of a page or a bucket.

    Raises UnexpectedStatus where it has none of that address, IntegrityError where that has another size, SourceFailed.
    """
    start, end = place
    if page.startswith(SCHEME):
        with _said(f"{page}{address}"):
            return b"".join(_objects(settings, page).read(unquote(address).lstrip("/"), size, start, end))
    # Who knows no ranges gives small files all the same.
    part = None if end - start == size else (start, end - 1)
    return fetch(page + address, end - start, part=part, seconds=seconds, client=client)


def feed_at(feed: str) -> str:
    """Where the feed.json of an archive is, as a person names it: that itself, the folder of it, or a bucket's place
    where `publish place` has put an edition."""
    if (feed := lowered(feed)).startswith(SCHEME):
        feed = str(read_place(feed))
        if not feed.endswith((".json", "/feed")):
            feed += "/feed"
    elif "://" not in feed:
        feed = str(Path(feed).resolve())
    return feed if feed.endswith(".json") else f"{feed.rstrip('/')}/feed.json"


def _objects(settings: S3Settings, url: str) -> Objects:
    return Objects(read_place(url), settings, _NOWHERE)


@contextmanager
def _said(address: str = "") -> Iterator[None]:
    """What the store says of its own objects, said of somebody else's. `address`: a page's 404 is expected then."""
    try:
        yield
    except NotFound as error:
        if address:
            raise UnexpectedStatus(address, 404) from None
        raise NotFound(error.message, "name the place of an archive's edition, s3://BUCKET/PREFIX") from None
    except Forbidden as error:
        raise NotAllowed(error) from None
    except StoreFailed as error:
        raise SourceFailed(error.message, error.hint) from None
    except IntegrityError as error:
        if address:
            raise
        raise SourceFailed(error.message, "it may just be written: try again") from None
