# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mirror trusts of another archive's feed: TUF's client, over our own fetching (format clause 9).

What was pinned when the archive was first followed is a root, by its version and SHA-256; every later root must be
signed by the holders that the one before names. Refused by name: older states, states put together from two, too few
signatures, other roots, endless answers. A feed that has expired is no lie, and nothing new is believed of it.
"""

import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from msgspec import Struct
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from onrecord.archive.reaching import Get, get
from onrecord.errors import (
    DigestMismatch,
    FeedExpired,
    MirrorFailed,
    NotFound,
    OnrecordError,
    SignatureInvalid,
    SourceFailed,
    SourceRefused,
    UsageError,
)
from onrecord.net import UnexpectedStatus
from onrecord.publish.signing import raw_public
from onrecord.publish.trust import Roles, read_root, roles_of, signed_by

#: More roots are not gone through at once, whatever a server offers.
MOST_ROOTS: Final = 256
_ROOT_BYTES: Final = 256 * 1024
_METADATA_BYTES: Final = 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")


class Pin(Struct, frozen=True):
    """The root that trust in an archive begins with."""

    version: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.version}:{self.sha256}"

    @classmethod
    def of(cls, text: str) -> "Pin":
        version, _, sha256 = text.partition(":")
        return cls(int(version), sha256)


class Trust:
    """One archive's feed, as far as it can be trusted; `folder` remembers what was seen, so that nothing goes back.

    `now` is the time by which it is judged whether something has expired.
    """

    def __init__(self, folder: Path, feed: str, pin: Pin, now: dt.datetime, get: Get = get) -> None:
        self._folder = folder
        self._feed = feed
        self._pin = pin
        self._get = get
        self._now = now.astimezone(dt.UTC)
        self._updater: _Updater | None = None
        self._is_fresh = False

    def refresh(self) -> Roles:
        """Take in the newest state of the feed; gives what its root says. Raises FeedExpired, SignatureInvalid,
        DigestMismatch, MirrorFailed, NotFound, SourceFailed, SourceRefused."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "root_history").mkdir(exist_ok=True)
        with self._named():
            # The library keeps what it is given in the folder, so that a root which is no root must not come so far.
            self._updater = _Updater(
                self._folder, _beside(self._feed, ""), self._first_root(), self._now, self._get
            )
            self._updater.refresh()
        self._is_fresh = True
        return roles_of(self._updater.root)

    def read(self, name: str, most: int) -> bytes:
        """A file that the feed vouches for, after `refresh`."""
        assert self._updater is not None
        with self._named():
            info = self._updater.get_targetinfo(name)
            if info is None:
                raise SourceRefused(f"{self._feed}: it vouches for no {name}", "do not use this feed")
            if info.length > most:
                raise MirrorFailed(
                    f"{name}: expected at most {most:,} bytes, the feed says {info.length:,}",
                    "do not use this feed",
                )
            content = self._get(_beside(self._feed, f"{info.hashes['sha256']}.{name}"), info.length)
            info.verify_length_and_hashes(content)
        return content

    def good_until(self) -> dt.datetime | None:
        """Until when the state that was seen last is good; None where none was seen."""
        seen = _timestamp(str(self._folder / "timestamp.json"), get)
        return seen.expires if seen else None

    @property
    def is_fresh(self) -> bool:
        """Was the newest state taken in?"""
        return self._is_fresh

    def is_behind(self) -> bool:
        """Does the feed say that it is older than what was seen of it? Nothing is verified for the answer."""
        seen, now = (
            _timestamp(str(self._folder / "timestamp.json"), get),
            _timestamp(_beside(self._feed, "timestamp.json"), self._get),
        )
        return seen is not None and now is not None and now.version < seen.version

    def _first_root(self) -> bytes:
        """The root that was pinned: from the folder, else from the feed once more."""
        name = f"{self._pin.version}.root.json"
        kept = self._folder / "root_history" / name
        if kept.is_file() and _sha256(content := kept.read_bytes()) == self._pin.sha256:
            return content
        content = self._get(_beside(self._feed, name), _ROOT_BYTES)
        if _sha256(content) != self._pin.sha256:
            raise SignatureInvalid(
                f"{self._feed}: expected root {self._pin.version} with SHA-256 {self._pin.sha256}, as it was first "
                f"followed, got one with {_sha256(content)}",
                "ask its owner; nothing was changed",
            )
        return content

    @contextmanager
    def _named(self) -> Iterator[None]:
        """What the library found, in our words."""
        where = self._feed
        try:
            yield
        except ExpiredMetadataError:
            raise FeedExpired(where, self._expired_on()) from None
        except BadVersionNumberError as error:
            raise SignatureInvalid(
                f"{where}: an older state than the one seen before ({error})",
                "an old feed was put in its place; what is held stays",
            ) from None
        except UnsignedMetadataError as error:
            raise SignatureInvalid(
                f"{where}: too few signatures of those who must sign it ({error})",
                "fetch it again later; if that does not help, ask its owner. Nothing was changed",
            ) from None
        except LengthOrHashMismatchError as error:
            raise DigestMismatch(
                f"{where}: its parts do not belong together ({error})",
                "it may just be written: try again; if that does not help, do not use this feed",
            ) from None
        except (RepositoryError, DeserializationError, ValueError, KeyError, TypeError) as error:
            raise SignatureInvalid(
                f"{where}: not a feed that can be verified ({error})", "do not use this feed"
            ) from None
        except (DownloadHTTPError, SourceFailed, NotFound) as error:
            # Whose owner is gone does not answer any more, and what was seen last says since when.
            until = self.good_until()
            if until is not None and until <= self._now:
                raise FeedExpired(where, _day(until), ", and it does not answer") from None
            if isinstance(error, DownloadHTTPError):
                raise NotFound(f"{where}: {error}", "name the feed.json of an archive") from None
            raise
        except DownloadError as error:
            raise MirrorFailed(f"{where}: {error}", "do not use this feed") from None

    def _expired_on(self) -> str:
        ends = [end for end in (self._updater.ends() if self._updater else []) if end <= self._now]
        return _day(min(ends, default=self._now))


def begin(feed: str, key: str = "", get: Get = get) -> tuple[Pin, str]:
    """Where trust in a feed begins: (the root, how it was chosen).

    `key` is the SHA-256 of a root of the feed, or the public key of one of its holders: then it begins with the root
    that this is, or with the first that bears this holder's signature. Without it, with the feed's first root, believed
    on sight. SignatureInvalid where the feed has no such root, UsageError where `key` is neither.
    """
    _look_at(key)
    roots = 0
    for version in range(1, MOST_ROOTS + 1):
        try:
            content = get(_beside(feed, f"{version}.root.json"), _ROOT_BYTES)
        except (NotFound, UnexpectedStatus):
            if version == 1:
                raise
            break
        roots = version
        pin = Pin(version, _sha256(content))
        if not key:
            return pin, "at first sight"
        if key.lower() == pin.sha256:
            return pin, "by its digest"
        if len(key) != 64 and signed_by(read_root(feed, content), key):
            return pin, "by a holder's key"
    raise SignatureInvalid(
        f"{feed}: none of its {roots} roots is, or is signed by, {key[:80]}",
        "it may be somebody else's feed; ask its owner, nothing was changed",
    )


def _look_at(key: str) -> None:
    if not key or _DIGEST.fullmatch(key):
        return
    try:
        raw_public(key)
    except SignatureInvalid:
        raise UsageError(
            f"--key: expected a SHA-256 of 64 hexadecimal digits or a public key of 56 letters, got {key[:80]!r}",
            "give it whole, as the archive's owner told you: `onrecord keys show` prints it there",
        ) from None


class _Fetcher(FetcherInterface):
    """The library's door to the network, which is ours: bounded, patient for so long, the same host."""

    def __init__(self, get: Get) -> None:
        self._get = get

    def _fetch(self, url: str) -> Iterator[bytes]:
        yield self._get(url, _METADATA_BYTES)

    @contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        try:
            content = self._get(url, max_length)
        except NotFound as error:
            raise DownloadHTTPError(error.message, 404) from None
        except UnexpectedStatus as error:
            raise DownloadHTTPError(error.message, error.status) from None
        yield io.BytesIO(content)


class _Updater(Updater):
    """The library's client, which is told the time."""

    def __init__(self, folder: Path, base: str, root: bytes, now: dt.datetime, get: Get) -> None:
        config = UpdaterConfig(max_root_rotations=MOST_ROOTS, root_max_length=_ROOT_BYTES)
        super().__init__(str(folder), base, fetcher=_Fetcher(get), config=config, bootstrap=root)
        self._trusted_set.reference_time = now

    @property
    def root(self) -> Root:
        return self._trusted_set.root

    def ends(self) -> list[dt.datetime]:
        """Until when each part that was read is good."""
        parts: list[Any] = list(self._trusted_set)
        return [part.expires for part in parts]


def _beside(where: str, name: str) -> str:
    return where.rsplit("/", 1)[0] + "/" + name


def _timestamp(where: str, get: Get) -> Timestamp | None:
    try:
        return Metadata[Timestamp].from_bytes(get(where, _METADATA_BYTES)).signed
    except (OSError, OnrecordError, RepositoryError, DeserializationError):
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).date().isoformat()
