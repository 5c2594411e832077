# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside editions: the key that signs them, their manifests, and the feed that names the newest."""

import hashlib
import os
import re
from pathlib import Path

import msgspec
from msgspec import structs

from onrecord.archive.core import Archive
from onrecord.durable import replace
from onrecord.errors import IntegrityError, NewerFormat, SignatureInvalid, SourceRefused, UsageError
from onrecord.publish import withdrawals
from onrecord.publish.edition import FORMAT, Feed, Manifest, edition_torrent, pretty
from onrecord.publish.signing import Key, sign, verify

_ARCHIVE = re.compile(r"[0-9a-f]{16}")
_VOLUME = re.compile(r"onrecord-[a-z0-9-]{1,40}-[0-9a-f]{12}")


def signing_key(archive: Archive) -> Key:
    """The archive's key, from the folder of keys, which is not in the archive. Made at the first edition."""
    settings = archive.settings.publish.keys or os.environ.get("ONRECORD_KEYS", "")
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    folder = Path(settings or f"{base}/onrecord/keys").expanduser()
    path = folder / f"{archive.id}.key"
    if path.exists():
        return Key.load(path)
    if archive.ledger.editions():
        raise UsageError(
            f"{path}: the signing key of this archive is not here, but editions were signed with it",
            "bring the key, or name its folder in [publish] keys",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Key.generate()
    key.save(path)
    return key


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
    _known_format(str(path), manifest.format)
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
    """A feed whose signature was verified; its names become paths, so they are looked at all the same."""
    try:
        feed = msgspec.json.decode(content, type=Feed)
    except msgspec.MsgspecError as error:
        raise SourceRefused(f"{where}: signed, but not a feed that this onrecord reads ({error})") from None
    _known_format(where, feed.format)
    _named(where, feed.archive, feed.number)
    if feed.torrent != f"{feed.number}.torrent":
        raise SourceRefused(f"{where}: expected the torrent {feed.number}.torrent, got {feed.torrent[:80]!r}")
    return feed


def refresh_feed(archive: Archive, key: Key) -> None:
    """Write the feed of the newest edition, and the torrent that the edition's own files travel in."""
    editions = archive.ledger.editions()
    if not editions:
        return
    last = editions[-1]
    folder = archive.folder / "editions"
    name = f"onrecord-{archive.id}-edition-{last['number']}"
    torrent = edition_torrent(folder / str(last["number"]), name)
    replace(folder / f"{last['number']}.torrent", torrent.metainfo)
    digest, sequence = _write_withdrawals(archive, key)
    feed = Feed(
        format=FORMAT,
        archive=archive.id,
        name=archive.settings.archive.name,
        number=last["number"],
        day=last["day"],
        sums_sha256=last["sums"],
        torrent=f"{last['number']}.torrent",
        torrent_sha256=hashlib.sha256(torrent.metainfo).hexdigest(),
        magnet=torrent.magnet,
        withdrawals_sha256=digest,
        withdrawals_sequence=sequence,
    )
    replace(folder / "minisign.pub", key.public.encode())
    _write_feed(folder, feed, key)


def refresh_withdrawals(archive: Archive) -> bool:
    """Bring the signed list of withdrawals up to date, and the feed that names it; the edition stays as it is.

    Gives False where there is nothing that a mirror follows, or no key to sign with: the withdrawal holds here all the
    same, and the next `publish` writes the list. Only the holder of the write lock may call.
    """
    editions = archive.ledger.editions()
    if not editions:
        return False
    try:
        key = signing_key(archive)
    except UsageError:
        return False
    folder = archive.folder / "editions"
    try:
        feed = read_feed(str(folder / "feed.json"), (folder / "feed.json").read_bytes())
    except (FileNotFoundError, SourceRefused, NewerFormat):
        feed = None
    if feed is None or feed.number != editions[-1]["number"]:
        refresh_feed(archive, key)
        return True
    digest, sequence = _write_withdrawals(archive, key)
    if (feed.withdrawals_sha256, feed.withdrawals_sequence) != (digest, sequence):
        fresh = structs.replace(feed, withdrawals_sha256=digest, withdrawals_sequence=sequence)
        _write_feed(folder, fresh, key)
    return True


def _write_feed(folder: Path, feed: Feed, key: Key) -> None:
    content = pretty(feed)
    comment = f"onrecord feed {feed.archive} {feed.number}"
    replace(folder / "feed.json.minisig", sign(content, key, comment))
    replace(folder / "feed.json", content)


def _write_withdrawals(archive: Archive, key: Key) -> tuple[str, int]:
    """(SHA-256, sequence) of the list, which is written anew only where it says something else than before."""
    path = archive.folder / "editions" / withdrawals.NAME
    blobs, audio = _entries(archive)
    try:
        content = path.read_bytes()
        verify(content, Path(f"{path}.minisig").read_bytes(), key.public.splitlines()[1])
        before = withdrawals.read_list(str(path), content, archive.id)
        if (before.blobs, before.audio) == (blobs, audio):
            return hashlib.sha256(content).hexdigest(), before.sequence
    except (FileNotFoundError, SignatureInvalid, SourceRefused, NewerFormat):
        pass  # none yet, or it came to harm: a new one takes its place
    # The log only grows, so a list that was lost is followed by one with a greater number.
    sequence = archive.log.next_seq - 1
    content = pretty(
        withdrawals.WithdrawalList(
            withdrawals.FORMAT, archive.id, sequence, archive.today, blobs=blobs, audio=audio
        )
    )
    replace(Path(f"{path}.minisig"), sign(content, key, f"onrecord withdrawals {archive.id} {sequence}"))
    replace(path, content)
    return hashlib.sha256(content).hexdigest(), sequence


def _entries(archive: Archive) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hashed digests of the sound that this archive's own withdrawals reach: what it quarantines as a mirror is for the
    archive to list that withdrew it."""
    own: dict[str, bool] = {}
    blobs, audio = set(), set()
    for row in archive.ledger.withdrawn():
        if row.evidence not in own:
            fact = archive.ledger.fact(row.evidence)
            own[row.evidence] = fact is not None and not fact.origin.startswith("archive:")
        held = archive.ledger.blob(row.blob)
        if own[row.evidence] and held is not None and held.kind == "sound":
            blobs.add(withdrawals.entry(archive.id, withdrawals.BLOB, row.blob))
            if row.audio:
                audio.add(withdrawals.entry(archive.id, withdrawals.AUDIO, row.audio))
    return tuple(sorted(blobs)), tuple(sorted(audio))


def _known_format(where: str, number: int) -> None:
    if number != FORMAT:
        raise NewerFormat(f"{where}: format {number}, this onrecord knows {FORMAT}", "use a newer onrecord")


def _named(where: str, archive: str, number: int) -> None:
    if not _ARCHIVE.fullmatch(archive) or number < 1:
        raise SourceRefused(
            f"{where}: archive {archive[:80]!r}, edition {number}: expected 16 hexadecimal digits and a number from 1",
            "do not use this feed",
        )
