# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed addresses (AWS Signature Version 4 in the query), for what the client has no call for."""

import datetime as dt
import hashlib
import hmac
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from onrecord.errors import StoreFailed
from onrecord.store.s3 import Keys, Place, S3Settings, region
from onrecord.store.s3_answers import answered, raised

_MOST_ANSWER: Final = 4 * 1024 * 1024
#: Bytes of an answer that says what is wrong.
_MOST_SAID: Final = 16 * 1024


def signed(
    settings: S3Settings,
    place: Place,
    keys: Keys,
    method: str,
    key: str,
    query: Mapping[str, str],
    seconds: int,
    now: dt.datetime | None = None,
) -> str:
    """An address that lets whoever has it do this one thing, for so many seconds. `key` is below the place; "" is the
    bucket itself."""
    where, base = region(settings, os.environ), urlsplit(settings.endpoint)
    server = settings.address
    whole = f"{place.prefix}/{key}".strip("/") if key else ""
    path = f"{base.path.rstrip('/')}/{quote(place.bucket)}" + (
        f"/{quote(whole, safe='/-_.~')}" if whole else ""
    )
    time = (now or dt.datetime.now(dt.UTC)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{where}/s3/aws4_request"
    asked = {
        **query,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.id}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
        **({"X-Amz-Security-Token": keys.token} if keys.token else {}),
    }
    line = "&".join(f"{_plain(name)}={_plain(value)}" for name, value in sorted(asked.items()))
    canonical = "\n".join(
        [method, path, line, f"host:{urlsplit(server).netloc}\n", "host", "UNSIGNED-PAYLOAD"]
    )
    to_sign = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    return f"{server}{path}?{line}&X-Amz-Signature={signature}"


def ask(address: str, method: str, place: Place) -> bytes:
    """What a signed address answers. StoreFailed where it does not."""
    if not address.startswith(("http://", "https://")):
        raise StoreFailed(f"{place}: expected an address of http or https in [s3] endpoint")
    try:
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read(_MOST_ANSWER))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return b""
        wrong = answered(error.code, error.read(_MOST_SAID).decode(errors="replace"))
        raise StoreFailed(
            f"{place}: expected {_server(address)} to answer a {method} about unfinished uploads, got {wrong.got}",
            wrong.do,
        ) from None
    except OSError as error:
        wrong = raised(error)
        raise StoreFailed(
            f"{place}: expected {_server(address)} to answer about unfinished uploads, got {wrong.means}",
            wrong.do,
        ) from None


def _server(address: str) -> str:
    """Without what is signed."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _plain(text: str) -> str:
    return quote(text, safe="-_.~")
