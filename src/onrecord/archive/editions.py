# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside editions: their manifests, and the signed feed that names the newest (format clause 9)."""

import datetime as dt
import hashlib
import re
from pathlib import Path

import msgspec

from onrecord.archive.core import Archive
from onrecord.archive.keyholding import feed_folder, online_keys, succeeded
from onrecord.archive.torrents_listed import list_edition, list_torrents, page_of
from onrecord.durable import replace
from onrecord.errors import IntegrityError, NewerFormat, SourceRefused, UsageError
from onrecord.publish import withdrawals
from onrecord.publish.edition import FEED, FEED_FORMAT, FORMAT, Feed, Manifest, edition_torrent, pretty
from onrecord.publish.torrent_list import LIST, RSS, ListedTorrent, TorrentList, read_torrents, rss
from onrecord.publish.trust import roles_of
from onrecord.publish.trust_files import good_until, newest_root, renew, write_feed

_ARCHIVE = re.compile(r"[0-9a-f]{16}")
_VOLUME = re.compile(r"onrecord-[a-z0-9-]{1,40}-[0-9a-f]{12}")


def read_manifest(archive: Archive, number: int) -> Manifest:
    """The manifest of an edition of this archive; IntegrityError where it cannot be read."""
    return manifest_in(archive.folder / "editions" / str(number))


def manifest_in(folder: Path) -> Manifest:
    """The manifest of an edition, its names looked at: they become paths, and a foreign edition may hold anything."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise IntegrityError(
            f"{path}: the manifest of an edition cannot be read ({error})",
            "restore the edition's folder from a mirror; `onrecord check` says what else is damaged",
        ) from None
    _known_format(str(path), manifest.format, FORMAT)
    _named(str(path), manifest.archive, manifest.number)
    for entry in manifest.volumes:
        if not _VOLUME.fullmatch(entry.name) or entry.path != f"volumes/{entry.name}.torrent":
            raise SourceRefused(
                f"{path}: volume {entry.name[:80]!r} at {entry.path[:80]!r}: expected onrecord-<shelf>-<12 digits>",
                "do not use this edition",
            )
    return manifest


def tags_of(folder: Path, volume: str) -> Path:
    """Where the BagIt tag files of a volume lie: beside the editions, for a volume outlives many of them."""
    return folder / "volumes" / volume


def read_feed(where: str, content: bytes) -> Feed:
    """A feed that was verified; its names become paths, so they are looked at all the same."""
    try:
        feed = msgspec.json.decode(content, type=Feed)
    except msgspec.MsgspecError as error:
        raise SourceRefused(f"{where}: signed, but not a feed that this onrecord reads ({error})") from None
    _known_format(where, feed.format, FEED_FORMAT)
    _named(where, feed.archive, feed.number)
    if feed.torrent != f"{feed.number}.torrent":
        raise SourceRefused(f"{where}: expected the torrent {feed.number}.torrent, got {feed.torrent[:80]!r}")
    return feed


def refresh_feed(archive: Archive) -> None:
    """Sign the feed anew, if there is an edition: the newest, its torrent, the withdrawals, the list of torrents.

    UsageError where the keys are not here. Only the holder of the write lock may call.
    """
    editions = archive.ledger.editions()
    if not editions:
        return
    keys, now = online_keys(archive), archive.clock().astimezone(dt.UTC)
    root = newest_root(feed_folder(archive.folder))
    if root is None:
        raise IntegrityError(f"{feed_folder(archive.folder)}: the root is gone", "restore it from a copy")
    last, before = editions[-1], _last_torrents(archive)
    own, metainfo = _edition_torrent(archive, last["number"], dt.date.fromisoformat(last["day"]), before)
    listed, sequence = _withdrawals(archive)
    feed = Feed(
        format=FEED_FORMAT,
        archive=archive.id,
        name=archive.settings.archive.name,
        number=last["number"],
        day=last["day"],
        sums_sha256=last["sums"],
        key=last["public_key"],
        torrent=f"{last['number']}.torrent",
        torrent_sha256=hashlib.sha256(metainfo).hexdigest(),
        magnet=own.magnet,
        withdrawals_sha256=hashlib.sha256(listed).hexdigest(),
        withdrawals_sequence=sequence,
        succeeds=roles_of(root.signed).succeeds,
    )
    torrents = list_torrents(archive, own, before)
    contents = {
        FEED: pretty(feed),
        feed.torrent: metainfo,
        withdrawals.NAME: listed,
        LIST: pretty(torrents),
        RSS: rss(torrents, page_of(archive)),
        "minisign.pub": f"untrusted comment: minisign public key\n{feed.key}\n".encode(),
    }
    write_feed(feed_folder(archive.folder), root.signed, contents, keys, now)


def renew_feed(archive: Archive) -> dt.datetime:
    """Say anew that the feed is the newest there is; gives until when that is good. Where the key that signs editions
    is elsewhere, the key of the feed's time alone suffices. UsageError where there is no edition yet, or no key."""
    if not archive.ledger.editions():
        raise UsageError("there is no edition yet, so there is no feed", "`onrecord publish` makes both")
    keys, folder = online_keys(archive), feed_folder(archive.folder)
    if keys.edition is not None:
        refresh_feed(archive)
    elif (root := newest_root(folder)) is not None:
        renew(folder, root.signed, keys, archive.clock().astimezone(dt.UTC))
    return good_until(folder)


def feed_good_until(archive: Archive) -> dt.datetime | None:
    """Until when the feed is good; None where there is none."""
    folder = feed_folder(archive.folder)
    return good_until(folder) if (folder / "timestamp.json").exists() else None


def refresh_withdrawals(archive: Archive) -> bool:
    """Bring the signed list of withdrawals up to date, and the feed that names it; the edition stays as it is.

    Gives False where there is nothing that a mirror follows, or no key to sign with: the withdrawal holds here all the
    same, and the next `publish` writes the list. Only the holder of the write lock may call.
    """
    editions = archive.ledger.editions()
    if not editions:
        return False
    try:
        if online_keys(archive).edition is None:
            return False
        before = _last_feed(archive)
        listed = hashlib.sha256(_withdrawals(archive)[0]).hexdigest()
        # A match says so each time; where nothing has changed an edition of any size is not looked through for it.
        if before is None or (before.number, before.withdrawals_sha256) != (editions[-1]["number"], listed):
            refresh_feed(archive)
    except UsageError:
        return False
    return True


def _edition_torrent(
    archive: Archive, number: int, day: dt.date, before: TorrentList | None
) -> tuple[ListedTorrent, bytes]:
    """The torrent of an edition's own files, which are read for it once."""
    path, feed = archive.folder / "editions" / f"{number}.torrent", _last_feed(archive)
    own = before.torrents[0] if before else None
    if own is not None and feed is not None and own.edition == feed.number == number and path.exists():
        metainfo = path.read_bytes()
        if hashlib.sha256(metainfo).hexdigest() == feed.torrent_sha256:
            return own, metainfo
    torrent = edition_torrent(path.with_name(str(number)), f"onrecord-{archive.id}-edition-{number}")
    replace(path, torrent.metainfo)
    return list_edition(archive, number, day, torrent), torrent.metainfo


def _last_feed(archive: Archive) -> Feed | None:
    path = feed_folder(archive.folder) / FEED
    try:
        return read_feed(str(path), path.read_bytes())
    except (FileNotFoundError, SourceRefused, NewerFormat):
        return None  # none yet, or it came to harm


def _last_torrents(archive: Archive) -> TorrentList | None:
    path = feed_folder(archive.folder) / LIST
    return read_torrents(path.read_bytes()) if path.is_file() else None


def _withdrawals(archive: Archive) -> tuple[bytes, int]:
    """The list and its sequence: the one that is there, unless it says something else than it should."""
    path = feed_folder(archive.folder) / withdrawals.NAME
    blobs, audio = _entries(archive)
    try:
        content = path.read_bytes()
        before = withdrawals.read_list(str(path), content, archive.id)
        if (before.blobs, before.audio) == (blobs, audio):
            return content, before.sequence
    except (FileNotFoundError, SourceRefused, NewerFormat):
        pass  # none yet, or it came to harm: a new one takes its place
    # The log only grows, so a list that was lost is followed by one with a greater number.
    sequence = archive.log.next_seq - 1
    listed = withdrawals.WithdrawalList(
        withdrawals.FORMAT, archive.id, sequence, archive.today, blobs=blobs, audio=audio
    )
    return pretty(listed), sequence


def _entries(archive: Archive) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hashed digests of the sound that this archive's own withdrawals reach: what it quarantines as a mirror is for the
    archive to list that withdrew it, unless this one goes on for that archive."""
    own: dict[str, bool] = {}
    mine = {f"archive:{each.archive}" for each in succeeded(archive)}
    blobs, audio = set(), set()
    for row in archive.ledger.withdrawn():
        if row.evidence not in own:
            fact = archive.ledger.fact(row.evidence)
            own[row.evidence] = fact is not None and (
                not fact.origin.startswith("archive:") or fact.origin in mine
            )
        held = archive.ledger.blob(row.blob)
        if own[row.evidence] and held is not None and held.kind == "sound":
            blobs.add(withdrawals.entry(archive.id, withdrawals.BLOB, row.blob))
            if row.audio:
                audio.add(withdrawals.entry(archive.id, withdrawals.AUDIO, row.audio))
    return tuple(sorted(blobs)), tuple(sorted(audio))


def _known_format(where: str, number: int, known: int) -> None:
    if number != known:
        raise NewerFormat(f"{where}: format {number}, this onrecord knows {known}", "use a newer onrecord")


def _named(where: str, archive: str, number: int) -> None:
    if not _ARCHIVE.fullmatch(archive) or number < 1:
        raise SourceRefused(
            f"{where}: archive {archive[:80]!r}, edition {number}: expected 16 hexadecimal digits and a number from 1",
            "do not use this feed",
        )
