# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows the feed of another archive: whose word counts from now on, and whose place it takes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct, structs

from onrecord.archive.core import Archive
from onrecord.archive.editions import read_feed
from onrecord.archive.newest_editions import mirrored_numbers
from onrecord.archive.reaching import feed_at, getting
from onrecord.archive.trusting import Pin, Trust, begin
from onrecord.durable import sync_tree
from onrecord.errors import SignatureInvalid, SourceRefused, UsageError
from onrecord.ledger import Followed, alone
from onrecord.publish.edition import FEED, Feed
from onrecord.publish.trust import Roles

FEED_BYTES = 1024 * 1024


class Following(Struct, frozen=True):
    """What is followed now, and on whose word.

    pinned   how the root was chosen that trust begins with: "at first sight", "by its digest", "by a holder's key", or
             "before" where the archive was followed already
    root     the newest root's version; `holders` are those that it names, of whom `threshold` must sign the next
    instead_of    the archive that is followed no longer, for this one goes on for it
    """

    archive: str
    name: str
    feed: str
    pin: str
    pinned: str
    root: int
    holders: tuple[str, ...]
    threshold: int
    instead_of: str = ""


def follow(archive: Archive, feed: str, key: str = "", succeeds: str = "") -> Following:
    """Follow the archive whose feed is at `feed`: a path, an http address, or `s3://BUCKET/PREFIX` on the server of the
    settings, where `publish place` has put it.

    `key` is the SHA-256 of a root of it, or the public key of one of its holders; without it the first root is
    believed once. From then on only what follows from that root is. `succeeds` is the id of an archive that this one
    goes on for: the operator's yes, without which no archive takes another's place.
    """
    feed, get = feed_at(feed), getting(archive.settings.s3)
    pin, pinned = begin(feed, key, get)
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="onrecord-follow-"))
        trust = Trust(Path(scratch) / "trust", feed, pin, archive.clock(), get)
        roles = trust.refresh()
        body = _feed(archive, trust, feed, roles)
        known = next((item for item in archive.ledger.followed() if item.archive == body.archive), None)
        if known:
            # At whatever address: by the same chain of roots, and no older than what was seen of it.
            if not key or known.public_key != str(pin):
                pin, pinned = Pin.of(known.public_key), "before"
            stack.enter_context(fetching(archive))
            trust = Trust(trust_of(archive, known), feed, pin, archive.clock(), get)
            roles = trust.refresh()
            body = _feed(archive, trust, feed, roles)
            refuse_older_edition(archive, feed, body.archive, body)
        predecessor = _succeeded(archive, body, succeeds) if succeeds else None
        followed = Followed(body.archive, feed, str(pin), body.name)
        with archive.writing():
            kept = trust_of(archive, followed)
            if not kept.exists():
                shutil.copytree(Path(scratch) / "trust", kept, symlinks=True)
                sync_tree(kept)
            if known != followed:
                archive.commit("followed", structs.asdict(followed))
            if predecessor:
                # Without a feed it is followed no longer; what is held of it is held and served as before.
                archive.commit("followed", structs.asdict(structs.replace(predecessor, feed="")))
    return Following(
        archive=followed.archive,
        name=followed.name,
        feed=feed,
        pin=followed.public_key,
        pinned=pinned,
        root=roles.version,
        holders=tuple(holder.name for holder in roles.holders),
        threshold=roles.threshold,
        instead_of=predecessor.archive if predecessor else "",
    )


@contextmanager
def fetching(archive: Archive) -> Iterator[None]:
    """Held while something of other archives comes in, or is asked of their feeds; others may write meanwhile.

    ArchiveLocked where another run does the same, or somebody writes just now.
    """
    lock, doing = (
        archive.folder / "mirrored" / "lock",
        "is fetching from mirrors (`mirror sync`, `mirror get`)",
    )
    with archive.naming_refusals(), alone(lock, archive.folder, doing):
        with archive.writing():
            pass  # who writes for long is not waited for; between the bytes there is no harm in it
        yield


def refuse_older_edition(archive: Archive, where: str, expected: str, feed: Feed) -> None:
    """SignatureInvalid where a feed is not that of the archive that is expected, or names an edition before the one
    that is held."""
    newest = max(mirrored_numbers(archive, expected), default=1)
    if feed.archive != expected or feed.number < newest:
        raise SignatureInvalid(
            f"{where}: expected archive {expected} from edition {newest}, got {feed.archive} edition {feed.number}",
            "an old feed was put in its place, or another archive's; what is held stays",
        )


def trust_of(archive: Archive, followed: Followed) -> Path:
    """Where it is remembered what was seen of an archive's feed."""
    return archive.folder / "mirrored" / followed.archive / "trust"


def _feed(archive: Archive, trust: Trust, where: str, roles: Roles) -> Feed:
    body = read_feed(where, trust.read(FEED, FEED_BYTES))
    if body.archive != roles.archive:
        raise SourceRefused(
            f"{where}: the root is that of archive {roles.archive[:80]!r}, not {body.archive}"
        )
    if body.archive == archive.id:
        raise UsageError(f"{where}: this is the archive's own feed", "follow another's")
    return body


def _succeeded(archive: Archive, feed: Feed, predecessor: str) -> Followed:
    """The archive that a feed goes on for, if it says so, if nothing here speaks against it, and if its own feed has
    ended."""
    known = next((item for item in archive.ledger.followed() if item.archive == predecessor), None)
    named = next((each for each in feed.succeeds if each.archive == predecessor), None)
    if known is None or named is None:
        raise UsageError(
            f"archive {feed.archive}: expected it to go on for {predecessor[:80]!r}, followed here; it names "
            + (", ".join(each.archive for each in feed.succeeds) or "none"),
            "follow it without --succeeds to hold both",
        )
    until = Trust(trust_of(archive, known), "", Pin.of(known.public_key), archive.clock()).good_until()
    if known.feed and until is not None and until > archive.clock():
        raise UsageError(
            f"archive {predecessor}: its own feed is good until {until:%Y-%m-%d}; who lives has no successor",
            "follow the other without --succeeds to hold both",
        )
    held = {
        int(each["number"]): each["sums"]
        for each in archive.ledger.mirrored()
        if each["archive"] == predecessor
    }
    newest = max(held, default=0)
    if newest > named.number or held.get(named.number, named.sums_sha256) != named.sums_sha256:
        raise SignatureInvalid(
            f"archive {feed.archive}: it goes on from edition {named.number} of {predecessor} "
            f"({named.sums_sha256[:12]}), here is edition {newest} ({held.get(newest, '')[:12]})",
            "it did not have all of it, or another edition; nothing was changed",
        )
    return known
