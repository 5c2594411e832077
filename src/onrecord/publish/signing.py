# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ed25519 signatures in the file formats of minisign, so that `minisign -V` checks an edition without onrecord.

Only the prehashed form "ED" (BLAKE2b-512 of the data, then Ed25519) is written and accepted.
"""

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import Final

from msgspec import Struct
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from onrecord.errors import SignatureInvalid, UsageError

_KEY_ALGORITHM: Final = b"Ed"
_PREHASHED: Final = b"ED"
_NOT_ENCRYPTED: Final = b"\0\0"
_CHECKSUM: Final = b"B2"
_KEY_ID: Final = 8
_MAX_COMMENT: Final = 1000


class Key(Struct, frozen=True, forbid_unknown_fields=True):
    """A signing key.

    seed  the secret, 32 bytes
    id    8 bytes by which a signature says which key made it; it proves nothing
    """

    seed: bytes
    id: bytes

    def __repr__(self) -> str:
        return f"Key({_shown(self.id)})"

    @classmethod
    def generate(cls, random: bytes | None = None) -> "Key":
        """A new key; `random` (32 bytes) is for tests that need the same one twice."""
        seed = os.urandom(32) if random is None else random
        if len(seed) != 32:
            raise ValueError(f"a seed has 32 bytes, got {len(seed)}")
        # minisign draws the id; following from the public key it is one thing less to lose.
        public = bytes(SigningKey(seed).verify_key)
        return cls(seed, hashlib.blake2b(public, digest_size=_KEY_ID).digest())

    @classmethod
    def load(cls, path: Path) -> "Key":
        """From a file that `save` wrote, or `minisign -G -W`. UsageError where it is not one or others can read it."""
        text = path.read_text(encoding="utf-8", errors="replace")
        raw = _decoded(text, 158)
        if raw is None or raw[:6] != _KEY_ALGORITHM + _NOT_ENCRYPTED + _CHECKSUM:
            what = "a public key" if _decoded(text, 42) else "something else"
            if raw is not None:
                what = "one that a password protects"
            raise UsageError(
                f"{path}: expected an unencrypted minisign secret key, got {what}",
                "name the file that `onrecord keys make` wrote, or `minisign -G -W`",
            )
        if path.stat().st_mode & 0o077:
            raise UsageError(
                f"{path}: others can read or write this secret key, expected mode 0600", f"chmod 600 {path}"
            )
        key = cls(raw[62:94], raw[54:62])
        if bytes(key._signer.verify_key) != raw[94:126]:
            raise UsageError(f"{path}: its two halves do not belong together", "restore it from its copy")
        return key

    def save(self, path: Path) -> None:
        """Writes the secret key, mode 0600, not encrypted; a file that is there already is refused, not overwritten."""
        # minisign leaves salt, limits and checksum of an unencrypted key at zero.
        raw = _KEY_ALGORITHM + _NOT_ENCRYPTED + _CHECKSUM + bytes(48)
        raw += self.id + self.seed + bytes(self._signer.verify_key) + bytes(32)
        comment = (
            f"untrusted comment: minisign secret key {_shown(self.id)}, not encrypted: show it to nobody"
        )
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise UsageError(
                f"{path}: a key is here already, it is not overwritten", "name another file"
            ) from None
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(f"{comment}\n{_b64(raw)}\n")
            file.flush()
            os.fsync(fd)

    @property
    def public(self) -> str:
        """The public key's file: a comment and one line, which alone is enough for `minisign -P` and for `verify`."""
        raw = _KEY_ALGORITHM + self.id + bytes(self._signer.verify_key)
        return f"untrusted comment: minisign public key {_shown(self.id)}\n{_b64(raw)}\n"

    @property
    def _signer(self) -> SigningKey:
        return SigningKey(self.seed)


def sign(data: bytes, key: Key, trusted_comment: str) -> bytes:
    """The `.minisig` file of `data`. The comment is signed too; the same arguments give the same bytes."""
    # Python's lines end at more signs than minisign's do; none of them may split the comment on either side.
    if len(trusted_comment.encode()) > _MAX_COMMENT or not trusted_comment.isprintable():
        raise UsageError(
            f"trusted comment {trusted_comment[:60]!r}: expected one printable line of at most {_MAX_COMMENT} bytes",
            "shorten it",
        )
    signature = key._signer.sign(_prehash(data)).signature
    whole = key._signer.sign(signature + trusted_comment.encode()).signature
    lines = (
        f"untrusted comment: signature of onrecord key {_shown(key.id)}",
        _b64(_PREHASHED + key.id + signature),
        f"{_TRUSTED}{trusted_comment}",
        _b64(whole),
    )
    return "".join(f"{line}\n" for line in lines).encode()


def verify(data: bytes, signature: bytes, public_key: str) -> str:
    """The trusted comment of a signature that `public_key` made over `data`; anything else raises SignatureInvalid."""
    key_id, verifier = _public(public_key)
    signer, inner, comment, outer = _parsed(signature)
    if signer != key_id:
        raise SignatureInvalid(
            f"signed by key {_shown(signer)}, expected key {_shown(key_id)}",
            "fetch it again, or ask for the new key",
        )
    try:
        verifier.verify(_prehash(data), inner)
    except BadSignatureError:
        raise SignatureInvalid(
            f"the {len(data)} bytes are not what key {_shown(key_id)} signed",
            "fetch the file and its signature again",
        ) from None
    try:
        verifier.verify(inner + comment.encode(), outer)
    except BadSignatureError:
        raise SignatureInvalid(
            f"the trusted comment {comment[:60]!r} is not what key {_shown(key_id)} signed",
            "fetch the signature again",
        ) from None
    return comment


def sign_plain(data: bytes, key: Key) -> bytes:
    """The 64 bytes of Ed25519 over the data themselves, not prehashed: what the metadata of the feed bears."""
    return bytes(key._signer.sign(data).signature)


def raw_public(public_key: str) -> bytes:
    """The 32 bytes of a public key; SignatureInvalid where the text is none."""
    return bytes(_public(public_key)[1])


_TRUSTED: Final = "trusted comment: "


def _prehash(data: bytes) -> bytes:
    return hashlib.blake2b(data).digest()


def _public(text: str) -> tuple[bytes, VerifyKey]:
    raw = _decoded(text, 42)
    if raw is None or raw[:2] != _KEY_ALGORITHM:
        raise SignatureInvalid(f"expected a minisign public key, got {text[:60]!r}", "give the edition's key")
    return raw[2:10], VerifyKey(raw[10:])


def _parsed(signature: bytes) -> tuple[bytes, bytes, str, bytes]:
    """Key id, signature of the data, trusted comment, signature of both."""
    try:
        lines = signature[:8192].decode().split("\n")
    except UnicodeDecodeError:
        lines = []
    lines = [line.removesuffix("\r") for line in lines]
    inner = _base64(lines[1], 74) if len(lines) >= 4 else None
    outer = _base64(lines[3], 64) if len(lines) >= 4 else None
    if inner is None or outer is None or not lines[2].startswith(_TRUSTED) or "".join(lines[4:]):
        raise SignatureInvalid("expected a minisign signature of four lines", "fetch the signature again")
    if inner[:2] != _PREHASHED:
        raise SignatureInvalid(
            f"expected a prehashed signature (ED), got {inner[:2]!r}", "sign again with `minisign -S -H`"
        )
    return inner[2:10], inner[10:], lines[2].removeprefix(_TRUSTED), outer


def _decoded(text: str, length: int) -> bytes | None:
    """The base64 of a key file, with or without the comment line before it."""
    lines = text.strip().splitlines()
    if len(lines) == 2 and lines[0].startswith("untrusted comment:"):
        lines = lines[1:]
    return _base64(lines[0], length) if len(lines) == 1 else None


def _base64(line: str, length: int) -> bytes | None:
    try:
        raw = base64.b64decode(line.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == length else None


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _shown(key_id: bytes) -> str:
    """As minisign prints a key id."""
    return f"{int.from_bytes(key_id, 'little'):016X}"
