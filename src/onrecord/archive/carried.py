# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that people carry between archives: each is told by its shape, so that a swapped one is called by its name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from onrecord.durable import replace
from onrecord.errors import NotFound, SourceRefused, UsageError
from onrecord.mirror.possession import MOST_ANSWER

CHALLENGE: Final = "a challenge (`mirror challenge --to` writes it)"
ANSWER: Final = "an answer to a challenge (`mirror prove --to` writes it)"
DRAFT: Final = "a change of keys (`keys export` writes it)"

#: What to do with a file that was given to the wrong command.
_HINTS: Final = {
    CHALLENGE: "who holds the volumes answers it: `onrecord mirror prove FILE --to ANSWER`",
    ANSWER: "who made the challenge checks it: `onrecord mirror verify FILE`",
    DRAFT: "a holder signs it, `onrecord keys sign FILE --with KEY`; then `onrecord keys bring FILE`",
}
#: By names that nothing else has together.
_SHAPES: Final = (
    ({"nonce", "volumes", "blocks"}, CHALLENGE),
    ({"answer", "signature"}, ANSWER),
    ({"now", "next"}, DRAFT),
    ({"sums_sha256", "torrent"}, "the feed of an archive (`mirror follow` takes it)"),
    ({"sequence", "blobs", "audio"}, "a list of withdrawals"),
    ({"signed", "signatures"}, "a part of a feed's TUF metadata"),
    ({"engines", "volumes"}, "the manifest of an edition"),
    ({"torrents"}, "a list of torrents"),
    ({"schema"}, "what a command printed with --json"),
)
_BEGINNINGS: Final = (
    (b"untrusted comment: minisign public key", "a public key"),
    (b"untrusted comment: minisign secret key", "a secret key"),
    (b"untrusted comment: signature", "a signature by minisign"),
    (b"onrecord diff ", "a diff of editions (`publish apply` takes it)"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3", "an SQLite file"),
)


def read_carried(path: Path, expected: str) -> bytes:
    """The bytes of a file that was carried here. SourceRefused where it is of another kind than expected: it says
    which. What is of the right kind may still be damaged."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_ANSWER + 1)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file", "look at its name") from None
    except OSError as error:
        raise SourceRefused(
            f"{path}: cannot be read ({error.strerror or error})", "name another file"
        ) from None
    found = what_is(content)
    if found != expected:
        raise SourceRefused(
            f"{path}: expected {expected}, got {found}", _HINTS.get(found, "was another file meant?")
        )
    return content


def write_carried(path: Path, content: bytes, kind: str) -> None:
    """Put a file in place that is to be carried. UsageError where its folder is not there, or where something of
    another kind is: a slip of the name must cost nobody a key."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: is no folder", "make it, or name another place")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder", "name a file")
    if path.exists() and (there := what_is(path.read_bytes())) != kind:
        raise UsageError(f"{path}: there is {there} already, it is not overwritten", "name another file")
    replace(path, content)


def what_is(content: bytes) -> str:
    """What the bytes of a file are, in words."""
    if not content:
        return "an empty file"
    if len(content) > MOST_ANSWER:
        return f"a file of more than {MOST_ANSWER:,} bytes"
    for beginning, name in _BEGINNINGS:
        if content.startswith(beginning):
            return name
    try:
        body: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if content[:1] == b"d" and b"4:info" in content:
            return "a torrent"
        return "JSON that was cut or damaged" if content.lstrip()[:1] == b"{" else "a file that is no JSON"
    if isinstance(body, Mapping):
        for names, name in _SHAPES:
            if names <= body.keys():
                return name
    return "JSON of another kind"
