# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of an archive: those that sign its feed, and those of the people who may change them (format clause 9).

The keys lie outside the archive. Which of them count is said by the newest root in `editions/feed/`; a root that still
lacks signatures waits in `editions/next-root.json`.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from tuf.api.metadata import Metadata, Root

from onrecord.archive.core import Archive
from onrecord.durable import replace
from onrecord.errors import IntegrityError, SignatureInvalid, SourceRefused, UsageError
from onrecord.publish.signing import Key, raw_public
from onrecord.publish.trust import (
    ROOT_LASTS,
    Draft,
    Holder,
    Roles,
    Succession,
    key_id,
    next_roles,
    read_root,
    roles_of,
    root_of,
    same_key,
    sign_metadata,
    still_to_sign,
    usual_threshold,
)
from onrecord.publish.trust_files import OnlineKeys, add_root, newest_root


class Keys(Struct, frozen=True):
    """The state of an archive's keys. `here` has the public keys whose secret halves lie in this machine's key folder.

    `lacking` says, for a root that waits for signatures, whose it lacks; `root_sha256` is what mirrors are told to pin.
    """

    roles: Roles
    root_sha256: str
    here: tuple[str, ...]
    waiting: Roles | None = None
    lacking: tuple[str, ...] = ()


def feed_folder(archive_folder: Path) -> Path:
    return archive_folder / "editions" / "feed"


def signing_key(archive: Archive) -> Key:
    """The key that signs editions, from the folder of keys, which is not in the archive.

    An archive that has no keys and no edition yet gets its first ones, and its first root.
    """
    if newest_root(feed_folder(archive.folder)) is None:
        _begin(archive)
    line = _roles(_root(archive)).edition_key
    key = held_keys(archive).get(raw_public(line))
    if key is None:
        raise _not_here(archive, "signing key of this archive", line)
    return key


def online_keys(archive: Archive) -> OnlineKeys:
    """The keys that sign the feed. UsageError where the one of its time is not here; the edition's may be elsewhere."""
    roles, held = _roles(_root(archive)), held_keys(archive)
    timestamp = held.get(raw_public(roles.timestamp_key))
    if timestamp is None:
        raise _not_here(archive, "key of the feed's time", roles.timestamp_key)
    return OnlineKeys(held.get(raw_public(roles.edition_key)), timestamp)


def key_folder(archive: Archive) -> Path:
    settings = archive.settings.publish.keys or os.environ.get("ONRECORD_KEYS", "")
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(settings or f"{base}/onrecord/keys").expanduser()


def held_keys(archive: Archive) -> dict[bytes, Key]:
    """The archive's keys that are on this machine, by the bytes of their public halves."""
    keys = [Key.load(path) for path in sorted(key_folder(archive).glob(f"{archive.id}*.key"))]
    return {raw_public(key.public.splitlines()[1]): key for key in keys}


def shown(archive: Archive) -> Keys:
    """How it stands. UsageError where the archive has no keys yet."""
    root = _root(archive)
    path = feed_folder(archive.folder) / f"{root.signed.version}.root.json"
    waiting = _waiting(archive)
    return Keys(
        roles=_roles(root),
        root_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        here=tuple(sorted(key.public.splitlines()[1] for key in held_keys(archive).values())),
        waiting=_roles(waiting) if waiting else None,
        lacking=tuple(still_to_sign(root.signed, waiting)) if waiting else (),
    )


def succeeded(archive: Archive) -> tuple[Succession, ...]:
    """The archives that this one goes on for."""
    root = newest_root(feed_folder(archive.folder))
    return _roles(root).succeeds if root else ()


# What changes the root. Each wants the write lock; the caller signs the feed anew when it came into force.


def add_holder(archive: Archive, name: str, public_key: str, threshold: int = 0) -> bool:
    """Draft a root with one more holder. True where it is in force at once, False where signatures are lacking.

    `threshold` 0 takes half of the holders.
    """
    before = _latest(archive)
    if not name.strip() or not name.isprintable() or len(name) > 80:
        raise UsageError(f"holder {name[:80]!r}: expected a printable name of 1 to 80 signs", "name a person")
    holders = (*before.holders, Holder(name.strip(), _line(public_key)))
    return _draft(archive, holders=holders, threshold=threshold or usual_threshold(len(holders)))


def remove_holder(archive: Archive, name: str, threshold: int = 0) -> bool:
    """Draft a root without a holder, named as the root names them."""
    before = _latest(archive)
    holders = tuple(holder for holder in before.holders if holder.name != name)
    if len(holders) == len(before.holders):
        listed = ", ".join(holder.name for holder in before.holders)
        raise UsageError(f"holder {name!r}: expected one of {listed}", "`onrecord keys show` lists them")
    if not holders:
        raise UsageError(f"{name} is the only holder", "add another first")
    return _draft(archive, holders=holders, threshold=threshold or usual_threshold(len(holders)))


def rotate(archive: Archive) -> bool:
    """Draft a root with new keys for editions and feed, which are made here."""
    made = [Key.generate(), Key.generate()]
    names = ("", ".timestamp")
    mark = max(_latest(archive).version, _root(archive).signed.version) + 1
    folder = key_folder(archive)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for key, name in zip(made, names, strict=True):
        key.save(_unused(folder, f"{archive.id}.{mark}", name))
    edition, timestamp = (key.public.splitlines()[1] for key in made)
    return _draft(archive, edition_key=edition, timestamp_key=timestamp)


def extend(archive: Archive) -> bool:
    """Draft a root that says the same, and is good for its whole time again."""
    return _draft(archive)


def succeed(archive: Archive, predecessor: str) -> bool:
    """Draft a root that names an archive which this one goes on for, with the last edition that is held of it."""
    held = [each for each in archive.ledger.mirrored() if each["archive"] == predecessor]
    if not held:
        raise UsageError(
            f"archive {predecessor[:80]!r}: no edition of it is held here",
            "only who holds an edition can go on for an archive: `onrecord mirror follow` and `sync` come first",
        )
    last = max(held, key=lambda each: int(each["number"]))
    mine = Succession(predecessor, int(last["number"]), str(last["sums"]))
    others = [each for each in _latest(archive).succeeds if each.archive != predecessor]
    return _draft(archive, succeeds=(*others, mine))


def cancel(archive: Archive) -> None:
    """Let go of the root that waits for signatures."""
    _waiting_path(archive).unlink(missing_ok=True)


def export(archive: Archive) -> bytes:
    """The root that waits, beside the one in force: what is carried to a holder. UsageError where none waits."""
    waiting = _waiting(archive)
    if waiting is None:
        raise UsageError("no change of keys waits for signatures", "`onrecord keys show` says how it stands")
    draft = Draft(msgspec.Raw(_root(archive).to_bytes()), msgspec.Raw(waiting.to_bytes()))
    return msgspec.json.encode(draft)


def bring(archive: Archive, content: bytes, where: str = "the file") -> bool:
    """Take the signatures of a file that a holder signed. True where the root is in force now."""
    waiting, now = _waiting(archive), _root(archive)
    _, brought = read_carried_roots(content, where)
    if waiting is None and brought.signed_bytes == now.signed_bytes:
        raise UsageError(
            f"{where}: root {now.signed.version} is in force already", "nothing is to be brought any more"
        )
    if waiting is None or brought.signed_bytes != waiting.signed_bytes:
        what = "no change of keys waits here" if waiting is None else "another change waits here"
        raise UsageError(
            f"{where}: it is for root {brought.signed.version} of archive {roles_of(brought.signed).archive}, and "
            f"{what}: it was changed since or cancelled, or is another archive's",
            "`onrecord keys show` says how it stands; `onrecord keys export` it anew, and let it be signed again",
        )
    result = waiting.signed.get_root_verification_result(now.signed, waiting.signed_bytes, brought.signatures)
    waiting.signatures |= {each: brought.signatures[each] for each in result.signed}
    return _settle(archive, waiting)


def read_draft(content: bytes, where: str = "the file") -> tuple[Roles, Metadata[Root]]:
    """What is in force, and the root to be signed, from a file that was carried. SourceRefused where it is none."""
    now, following = read_carried_roots(content, where)
    return roles_of(now.signed), following


def read_carried_roots(content: bytes, where: str = "the file") -> tuple[Metadata[Root], Metadata[Root]]:
    """The root in force and the one to be signed, from a file that was carried. SourceRefused where it is none."""
    try:
        draft = msgspec.json.decode(content, type=Draft)
    except msgspec.MsgspecError as error:
        raise SourceRefused(
            f"{where}: expected a change of keys that `keys export` wrote, got something else ({error})",
            "let it be exported anew",
        ) from None
    now = read_root(f"{where}: what is in force", bytes(draft.now))
    following = read_root(f"{where}: what is to come", bytes(draft.next))
    if following.signed.version != now.signed.version + 1:
        raise SourceRefused(
            f"{where}: root {following.signed.version} does not follow root {now.signed.version}",
            "let it be exported anew",
        )
    return now, following


def sign_draft(content: bytes, key: Key, where: str = "the file") -> bytes:
    """The file with a holder's signature added; needs no archive. The same bytes where it was there already.

    UsageError where the key is none that counts.
    """
    now, following = read_draft(content, where)
    holders = [*now.holders, *roles_of(following.signed).holders]
    line = key.public.splitlines()[1]
    if not any(same_key(line, holder.key) for holder in holders):
        names = ", ".join(sorted({holder.name for holder in holders}))
        raise UsageError(
            f"key {line}: it is not the key of a holder ({names})",
            f"sign {where} with a holder's key; who has another one now is named anew, `onrecord keys add`",
        )
    before = following.signatures.get(key_id(line))
    sign_metadata(following, [key])
    if following.signatures[key_id(line)] == before:
        return content
    in_force = msgspec.json.decode(content, type=Draft).now
    return msgspec.json.encode(Draft(in_force, msgspec.Raw(following.to_bytes())))


def _not_here(archive: Archive, what: str, line: str) -> UsageError:
    return UsageError(
        f"{key_folder(archive)}: the {what} is not here ({line})",
        "bring the key, or name its folder in [publish] keys; a lost one is replaced by `onrecord keys rotate`",
    )


def _begin(archive: Archive) -> None:
    """The first keys, and the first root: one person's, who may add others."""
    if archive.ledger.editions():
        raise IntegrityError(
            f"{feed_folder(archive.folder)}: no root is here, but editions were published",
            "restore the folder from a copy; a mirror has the roots in mirrored/<archive>/trust/root_history",
        )
    folder = key_folder(archive)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = []
    for name in ("", ".timestamp", ".root"):
        path = folder / f"{archive.id}{name}.key"
        if not path.exists():
            Key.generate().save(path)
        lines.append(Key.load(path).public.splitlines()[1])
    edition, timestamp, holder = lines
    roles = Roles(
        archive=archive.id,
        version=1,
        expires=archive.clock() + ROOT_LASTS,
        threshold=1,
        holders=(Holder("owner", holder),),
        edition_key=edition,
        timestamp_key=timestamp,
    )
    root = root_of(roles)
    sign_metadata(root, [Key.load(folder / f"{archive.id}.root.key")])
    add_root(feed_folder(archive.folder), root)


def _draft(archive: Archive, **changes: Any) -> bool:
    """Write down a changed root, signed by the holders' keys that are here; what was waiting is changed further, and
    loses its signatures."""
    root = _root(archive)
    roles = _latest(archive)
    # One version after that in force, however often the draft is changed.
    following = next_roles(
        msgspec.structs.replace(roles, version=root.signed.version), archive.clock(), **changes
    )
    metadata = root_of(following)
    sign_metadata(metadata, _holders_here(archive, [*_roles(root).holders, *following.holders]))
    return _settle(archive, metadata)


def _settle(archive: Archive, waiting: Metadata[Root]) -> bool:
    if still_to_sign(_root(archive).signed, waiting):
        replace(_waiting_path(archive), waiting.to_bytes())
        return False
    add_root(feed_folder(archive.folder), waiting)
    cancel(archive)
    return True


def _holders_here(archive: Archive, holders: Sequence[Holder]) -> list[Key]:
    held = held_keys(archive)
    wanted = {key_id(holder.key): raw_public(holder.key) for holder in holders}
    return [held[public] for public in wanted.values() if public in held]


def _root(archive: Archive) -> Metadata[Root]:
    root = newest_root(feed_folder(archive.folder))
    if root is None:
        if archive.ledger.editions():
            _begin(archive)  # says what is missing
        raise UsageError(
            "this archive has no keys yet", "`onrecord publish` makes them with the first edition"
        )
    return root


def _roles(root: Metadata[Root]) -> Roles:
    return roles_of(root.signed)


def _latest(archive: Archive) -> Roles:
    """What the next change starts from: the root that waits, else the one in force."""
    return _roles(_waiting(archive) or _root(archive))


def _waiting(archive: Archive) -> Metadata[Root] | None:
    path = _waiting_path(archive)
    if not path.exists():
        return None
    waiting = read_root(str(path), path.read_bytes())
    # A run that was killed between the root's coming into force and this file's end left it behind.
    return waiting if waiting.signed.version > _root(archive).signed.version else None


def _waiting_path(archive: Archive) -> Path:
    return archive.folder / "editions" / "next-root.json"


def _line(public_key: str) -> str:
    """The one line of a public key, given as such or as its file."""
    line = next(reversed(public_key.strip().splitlines()), "")
    try:
        raw_public(line)
    except SignatureInvalid as error:
        raise UsageError(error.message, "give the line that `onrecord keys make` printed") from None
    return line.strip()


def _unused(folder: Path, stem: str, ending: str) -> Path:
    """A name for a key that no other has: a draft that was cancelled leaves its keys behind."""
    for more in ["", *(f"-{number}" for number in range(2, 1000))]:
        path = folder / f"{stem}{more}{ending}.key"
        if not path.exists():
            return path
    raise UsageError(f"{folder}: too many keys of one archive", "put away those that are not in use")
