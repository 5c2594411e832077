# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign what of an archive's feed: the root of TUF, over Ed25519 keys in minisign's form (format clause 9).

`Roles` is what a root says, as a value; the library's metadata are made from it and read back into it.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct, structs
from securesystemslib.signer import Key as TufKey
from securesystemslib.signer import SecretsHandler, Signature, Signer, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Role, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from onrecord.errors import SignatureInvalid, SourceRefused, UsageError
from onrecord.publish.signing import Key, raw_public, sign_plain

#: How long a root is good: its holders must meet, or write to each other, before that.
ROOT_LASTS: Final = dt.timedelta(days=1095)
#: The most holders that a root may name.
MOST_HOLDERS: Final = 50
_ARCHIVE: Final = "x-onrecord-archive"
_SUCCEEDS: Final = "x-onrecord-succeeds"
_HOLDER: Final = "x-onrecord-holder"
_KEY: Final = "x-onrecord-key"


class Holder(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who holds a root key; `key` is one line, as minisign prints public keys."""

    name: str
    key: str


class Succession(Struct, frozen=True, forbid_unknown_fields=True):
    """An archive that this one goes on for: its last edition, by number and digest of `SHA256SUMS`."""

    archive: str
    number: int
    sums_sha256: str


class Roles(Struct, frozen=True, forbid_unknown_fields=True):
    """What a root says: who holds it, how many of them must sign the next, and which keys sign editions and feed.

    edition_key    signs editions and what the feed points to
    timestamp_key  says that this is still the newest; a server may hold it alone
    """

    archive: str
    version: int
    expires: dt.datetime
    threshold: int
    holders: tuple[Holder, ...]
    edition_key: str
    timestamp_key: str
    succeeds: tuple[Succession, ...] = ()


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """A root that is to be signed, beside the one that holds now: what travels to a holder and back."""

    now: msgspec.Raw
    next: msgspec.Raw


def same_key(one: str, other: str) -> bool:
    """Are two lines the same public key, whatever id they bear?"""
    return raw_public(one) == raw_public(other)


def key_id(public_key: str) -> str:
    """What metadata call a key by."""
    return hashlib.sha256(raw_public(public_key)).hexdigest()


def usual_threshold(holders: int) -> int:
    """How many of so many must sign unless somebody says otherwise: half of them, so that some keys may be lost."""
    return (holders + 1) // 2


def root_of(roles: Roles) -> Metadata[Root]:
    """The root that says this, not signed yet. UsageError where nobody could sign it, or a key stands there twice."""
    if not 1 <= roles.threshold <= len(roles.holders) <= MOST_HOLDERS:
        raise UsageError(
            f"{roles.threshold} of {len(roles.holders)} holders: expected a threshold from 1 to the number of "
            f"holders, who are {MOST_HOLDERS} at most",
            "name another --threshold",
        )
    held = {key_id(holder.key): holder for holder in roles.holders}
    if len(held) != len(roles.holders) or len({holder.name for holder in roles.holders}) != len(held):
        raise UsageError("a holder's name or key stands there twice", "`onrecord keys show` lists them")
    online = {key_id(line): line for line in (roles.edition_key, roles.timestamp_key)}
    keys: dict[str, TufKey] = {
        identifier: _public(holder.key, holder.name) for identifier, holder in held.items()
    }
    keys |= {identifier: _public(line) for identifier, line in online.items() if identifier not in keys}
    more = {_ARCHIVE: roles.archive}
    if roles.succeeds:
        more[_SUCCEEDS] = msgspec.to_builtins(roles.succeeds)
    edition, timestamp = key_id(roles.edition_key), key_id(roles.timestamp_key)
    return Metadata(
        Root(
            version=roles.version,
            expires=roles.expires.astimezone(dt.UTC),
            keys=keys,
            roles={
                Root.type: Role(sorted(held), roles.threshold),
                Targets.type: Role([edition], 1),
                Snapshot.type: Role([timestamp], 1),
                Timestamp.type: Role([timestamp], 1),
            },
            consistent_snapshot=True,
            unrecognized_fields=more,
        )
    )


def roles_of(root: Root) -> Roles:
    """What a root says. SourceRefused where it was not made by an onrecord that this one understands."""
    more: Mapping[str, Any] = root.unrecognized_fields or {}
    try:
        return Roles(
            archive=str(more[_ARCHIVE]),
            version=root.version,
            expires=root.expires,
            threshold=root.roles[Root.type].threshold,
            holders=tuple(sorted(_holders(root), key=lambda holder: holder.name)),
            edition_key=_only(root, Targets.type),
            timestamp_key=_only(root, Timestamp.type),
            succeeds=msgspec.convert(more.get(_SUCCEEDS, ()), tuple[Succession, ...]),
        )
    except (KeyError, ValueError, TypeError, SignatureInvalid, msgspec.ValidationError) as error:
        raise SourceRefused(
            f"root {root.version}: not one that this onrecord reads ({error})", "do not use this feed"
        ) from None


def read_root(where: str, content: bytes) -> Metadata[Root]:
    """A root from its file; nothing is verified. SourceRefused where it is something else."""
    try:
        read = Metadata[Root].from_bytes(content)
    except (DeserializationError, RepositoryError) as error:
        raise SourceRefused(f"{where}: expected a root of TUF, got something else ({error})") from None
    if not isinstance(read.signed, Root):
        raise SourceRefused(f"{where}: expected a root of TUF, got {str(read.signed.type)[:40]!r}")
    return read


def sign_metadata(metadata: Metadata[Any], keys: Sequence[Key]) -> None:
    """Add the signatures of keys to whatever signatures are there."""
    for key in keys:
        metadata.sign(_Signer(key), append=True)


def signed_by(metadata: Metadata[Root], public_key: str) -> bool:
    """Does a root bear a good signature of one of the keys of its holders?"""
    identifier = key_id(public_key)
    if identifier not in metadata.signed.roles[Root.type].keyids:
        return False
    result = metadata.signed.get_verification_result(Root.type, metadata.signed_bytes, metadata.signatures)
    return identifier in result.signed and same_key(
        result.signed[identifier].unrecognized_fields.get(_KEY, ""), public_key
    )


def still_to_sign(now: Root | None, draft: Metadata[Root]) -> list[str]:
    """What a root lacks before it holds, a line for each group of holders that must sign it; none when it holds."""
    result = draft.signed.get_root_verification_result(now, draft.signed_bytes, draft.signatures)
    groups = {"today's holders": result.first, "the next holders": result.second}
    if now is None or result.first == result.second:
        groups = {"the holders": result.second}
    return [
        f"{group.missing} more of {name}: {', '.join(sorted(name_of(key) for key in group.unsigned.values()))}"
        for name, group in groups.items()
        if not group.verified
    ]


def name_of(key: TufKey) -> str:
    """Whom a key belongs to, as the root says."""
    return str((key.unrecognized_fields or {}).get(_HOLDER) or f"key {key.keyid[:12]}")


def next_roles(now: Roles, day: dt.datetime, **changes: Any) -> Roles:
    """The roles after a change: the next version, good for its whole time."""
    return structs.replace(now, version=now.version + 1, expires=day + ROOT_LASTS, **changes)


class _Signer(Signer):
    """Signs with a key of ours; the library's own signers want a package that we do without."""

    def __init__(self, key: Key) -> None:
        self._key = key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: TufKey, secrets_handler: SecretsHandler | None = None
    ) -> "_Signer":
        raise NotImplementedError("keys come from files, by `Key.load`")

    @property
    def public_key(self) -> TufKey:
        return _public(self._key.public)

    def sign(self, payload: bytes) -> Signature:
        return Signature(key_id(self._key.public), sign_plain(payload, self._key).hex())


def _public(line: str, name: str = "") -> SSlibKey:
    line = line.strip().splitlines()[-1]
    more = {_KEY: line} | ({_HOLDER: name} if name else {})
    return SSlibKey(key_id(line), "ed25519", "ed25519", {"public": raw_public(line).hex()}, more)


def _holders(root: Root) -> list[Holder]:
    keys = [root.keys[identifier] for identifier in root.roles[Root.type].keyids]
    return [Holder(name_of(key), _line(key)) for key in keys]


def _only(root: Root, role: str) -> str:
    [identifier] = root.roles[role].keyids
    return _line(root.keys[identifier])


def _line(key: TufKey) -> str:
    """A key as minisign prints it; what the root says beside it is only believed where it is the same key."""
    line = str(key.unrecognized_fields[_KEY])
    if raw_public(line).hex() != key.keyval["public"] or key_id(line) != key.keyid:
        raise ValueError(f"key {key.keyid[:12]} goes by another key's name")
    return line
