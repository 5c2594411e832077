# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What S3 servers answer when something is wrong, by their codes, in our words: what came, and what can be done.

Nothing else of an answer is passed on: its text is the server's, and may be long, or of anybody's making.
"""

import re
from typing import Final

from msgspec import Struct

from onrecord.errors import StoreFailed


class Forbidden(StoreFailed):
    """Whoever we are to the server may not do that there. Some answer so where nothing is, to who may not list."""


class Wrong(Struct, frozen=True):
    """What was wrong: the status (0 where no answer came) and the server's code ("" where it gave none); what that
    means, and what can be done."""

    status: int
    code: str
    means: str
    do: str

    @property
    def got(self) -> str:
        """The part of a sentence behind "got"."""
        said = f"{self.status} {self.code}".rstrip() if self.status else "no answer"
        return f"{said}: {self.means}"


_KEYS: Final = "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or at ~/.aws/credentials and AWS_PROFILE"
_ALLOW: Final = (
    "who the environment or ~/.aws/credentials name has to be allowed to read, write and delete there"
)
_AGAIN: Final = "what was committed stays, run the command again"
_LATER: Final = f"let it rest, or give it longer ([s3] patience); {_AGAIN}"
_REGION: Final = "set [s3] region, or AWS_REGION, to where the bucket is, and [s3] endpoint to that region's"
_MEANS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("AccessDenied", "Forbidden", "AllAccessDisabled"), ("these keys may not do that", _ALLOW)),
    "InvalidAccessKeyId": ("it knows no such key id", _KEYS),
    "SignatureDoesNotMatch": ("the secret key is not that of the key id", _KEYS),
    **dict.fromkeys(
        ("ExpiredToken", "InvalidToken", "TokenRefreshRequired"),
        ("the keys were lent for a time that is over", "get new ones, with their AWS_SESSION_TOKEN"),
    ),
    "RequestTimeTooSkewed": ("this machine's clock is not the server's", "set this machine's clock"),
    **dict.fromkeys(
        ("AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraint"),
        ("the bucket is in another region", _REGION),
    ),
    "NoSuchBucket": ("there is no such bucket", "make it with the tools of its server"),
    "InvalidBucketName": ("no bucket can have that name there", "name another"),
    "NoSuchKey": ("nothing is there", "run `onrecord check`"),
    "InvalidObjectState": ("it was put away where nothing can be read at once", "have its server bring it back"),
    **dict.fromkeys(
        ("SlowDown", "TooManyRequests", "RequestLimitExceeded", "Throttling"),
        ("it asks for fewer requests", _LATER),
    ),
    **dict.fromkeys(
        ("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "StorageFull"),
        ("it has no room left", f"make room there; {_AGAIN}"),
    ),
    "ServiceUnavailable": ("it cannot answer now", _LATER),
    "EntityTooLarge": ("it takes nothing so large", "take another server for files of that size"),
    **dict.fromkeys(("MethodNotAllowed", "NotImplemented"), ("it knows no such request", "take another server")),
}  # fmt: skip
#: Where no code is known.
_BY_STATUS: Final = {
    401: "AccessDenied",
    403: "AccessDenied",
    404: "NoSuchKey",
    429: "SlowDown",
    503: "ServiceUnavailable",
    507: "QuotaExceeded",
}
_CODE: Final = re.compile(r"<Code>\s*([A-Za-z][A-Za-z0-9.]{0,63})\s*</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})\b")
_ASKED: Final = re.compile(r"Error performing ([A-Z]+) (https?://[^/\s]+)")
#: What went wrong on the way, by what the client's libraries call it.
_ON_THE_WAY: Final = (
    ("dns error", "no machine of that name is known"),
    ("ConnectionRefused", "nothing answers at that address"),
    ("onnection refused", "nothing answers at that address"),
    ("certificate", "its certificate is not one that this machine trusts"),
    ("TimedOut", "no answer came in time"),
    ("timed out", "no answer came in time"),
)
_SEND: Final = {"GET": "give", "HEAD": "tell of", "DELETE": "delete", "PUT": "take", "POST": "take"}


def answered(status: int, body: str) -> Wrong:
    """What an answer with this status and body says."""
    found = _CODE.search(body)
    code = found[1] if found else ""
    known = code if code in _MEANS else _BY_STATUS.get(status)
    if known:
        return Wrong(status, code, *_MEANS[known])
    broken = status >= 500
    return Wrong(
        status,
        code,
        "something is wrong with the server" if broken else "it did not take the request",
        _LATER if broken else "does [s3] endpoint name an S3 server? `docs/howto/keep-bytes-in-s3.md`",
    )


def raised(error: BaseException) -> Wrong:
    """What an exception of the client says."""
    text = str(error)
    if status := _STATUS.search(text):
        return answered(int(status[1]), text.partition("\n\nDebug source")[0])
    if "without LOCATION" in text:
        return Wrong(301, "", *_MEANS["PermanentRedirect"])
    for sign, means in _ON_THE_WAY:
        if sign in text:
            return Wrong(0, "", means, f"is the server there, and does [s3] endpoint name it? {_AGAIN}")
    return Wrong(0, "", "the connection broke off", f"is the server there, and is the line good? {_AGAIN}")


def asked(error: BaseException) -> tuple[str, str]:
    """(which server was asked, what it was to do with an object) as far as an exception of the client says."""
    found = _ASKED.search(str(error))
    return (found[2], _SEND.get(found[1], "answer for")) if found else ("its server", "answer for")
