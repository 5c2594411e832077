# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3-compatible servers: where they are, who we are to them, and what they say when something is wrong."""

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from onrecord.errors import ConfigError, NotFound, StoreFailed
from onrecord.store.s3_answers import Forbidden, asked, raised

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

SCHEME: Final = "s3://"
_URL: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([^?#]*))?", re.ASCII)
_TRIES: Final = 4


class S3Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The server that roots `s3://BUCKET/PREFIX` lie on. Credentials are never here: they are read from the environment
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), else from the profile AWS_PROFILE of
    ~/.aws/credentials.

    endpoint: its address, such as "https://s3.example.org"; "" for Amazon's own.
    region: as the server calls it; "" for what the environment says, else "us-east-1".
    unconditional: what is done on a server that overwrites what it was asked not to: "verify" to look before each
    write and read back after it, "refuse" to write nothing there.
    read_back: read everything that was sent, also where the server's own checksum says that it arrived.
    patience: seconds for which a request that fails is repeated.
    redirect: send listeners to a signed address of the server instead of passing the bytes on.
    redirect_seconds: for how long such an address is good.
    """

    endpoint: str = ""
    region: str = ""
    unconditional: Literal["verify", "refuse"] = "verify"
    read_back: bool = False
    patience: int = 60
    redirect: bool = False
    redirect_seconds: int = 300

    @property
    def address(self) -> str:
        """Scheme and host of the server."""
        base = urlsplit(self.endpoint or f"https://s3.{region(self, os.environ)}.amazonaws.com")
        return f"{base.scheme}://{base.netloc}"


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket and what comes before each key of ours in it: "" or a path without slashes around it."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")


class Keys(Struct, frozen=True):
    """Credentials. Nothing may print or write them."""

    id: str
    secret: str
    token: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"


def lowered(url: str) -> str:
    """A name with the scheme of a bucket in small letters, where it has one: a scheme may be in any."""
    return SCHEME + url[len(SCHEME) :] if url[: len(SCHEME)].lower() == SCHEME else url


def read_place(url: str) -> Place:
    """The place that `s3://BUCKET/PREFIX` names; ConfigError where it names none."""
    match = _URL.fullmatch(lowered(url))
    parts = (match[2] or "").strip("/").split("/") if match else [".."]
    if match is None or any(part in (".", "..") or (not part and len(parts) > 1) for part in parts):
        raise ConfigError(
            f"{url!r}: expected s3://BUCKET/PREFIX, the bucket of 3 to 63 small letters, digits, dots and hyphens"
        )
    return Place(match[1], "/".join(parts))


def credentials(environ: Mapping[str, str]) -> Keys:
    """Who we are: by the environment, else by the usual file. ConfigError names both where neither says."""
    if (id := environ.get("AWS_ACCESS_KEY_ID")) and (secret := environ.get("AWS_SECRET_ACCESS_KEY")):
        return Keys(id, secret, environ.get("AWS_SESSION_TOKEN", ""))
    file = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profile = environ.get("AWS_PROFILE", "default")
    said = configparser.ConfigParser(interpolation=None)
    try:
        said.read_string(file.read_text("utf-8"))
        section = said[profile]
        return Keys(
            section["aws_access_key_id"],
            section["aws_secret_access_key"],
            section.get("aws_session_token", ""),
        )
    except (OSError, ValueError, KeyError, configparser.Error):
        # What is in the file stays there: the error that came may quote it.
        raise ConfigError(
            f"no credentials for S3: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, nor"
            f" aws_access_key_id and aws_secret_access_key of [{profile}] in {file}",
            "set them for the process that runs onrecord; they never stand in the archive",
        ) from None


def region(settings: S3Settings, environ: Mapping[str, str]) -> str:
    said = settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    return said or "us-east-1"


@lru_cache(maxsize=64)
def client(settings: S3Settings, place: Place, keys: Keys) -> "S3Store":
    """A client for the keys below a place, one a process."""
    from obstore.store import S3Store

    more: S3Config = {}
    if keys.token:
        more["session_token"] = keys.token
    if settings.endpoint:
        more["endpoint"] = settings.endpoint
    return S3Store(
        place.bucket,
        config=more,
        prefix=place.prefix or None,
        access_key_id=keys.id,
        secret_access_key=keys.secret,
        region=region(settings, os.environ),
        virtual_hosted_style_request=False,
        disable_bulk_delete=True,  # not every server has it, and what is deleted here is one thing
        client_options={
            "allow_http": settings.endpoint.startswith("http://"),
            "connect_timeout": "5s",
            # For each read; a whole file may take as long as it takes.
            "read_timeout": f"{max(settings.patience, 1)}s",
            "timeout": "24h",
        },
        retry_config={
            "max_retries": _TRIES,
            "retry_timeout": timedelta(seconds=settings.patience),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=10),
                "base": 3,
            },
        },
    )


@contextmanager
def told(place: Place, key: str) -> Iterator[None]:
    """What the client raises, said as our own: NotFound, or StoreFailed (Forbidden) with the place, what the server was
    asked and answered (`s3_answers`), and the way out.

    AlreadyExistsError goes through.
    """
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except AlreadyExistsError:
        raise
    except (BaseError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            said = f"{error.filename}: " if error.filename else ""  # it is this machine's disk
            raise StoreFailed(
                f"{place}/{key}: {said}{error.strerror}", "look at that disk, and run the command again"
            ) from None
        wrong, (server, do) = raised(error), asked(error)
        if isinstance(error, FileNotFoundError) and wrong.code != "NoSuchBucket":
            raise NotFound(f"{place}/{key}: nothing is there", "run `onrecord check`") from None
        kind = Forbidden if wrong.status in (401, 403) else StoreFailed
        raise kind(f"{place}/{key}: expected {server} to {do} it, got {wrong.got}", wrong.do) from None
