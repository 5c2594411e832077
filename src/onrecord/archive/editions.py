# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside editions: the key that signs them, their manifests, and the feed that names the newest."""

import hashlib
import os
import re
from pathlib import Path

import msgspec

from onrecord.archive.core import Archive
from onrecord.durable import replace
from onrecord.errors import IntegrityError, NewerFormat, SourceRefused, UsageError
from onrecord.publish.edition import FORMAT, Feed, Manifest, edition_torrent, pretty
from onrecord.publish.signing import Key, sign

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
    )
    content = pretty(feed)
    replace(folder / "minisign.pub", key.public.encode())
    replace(folder / "feed.json.minisig", sign(content, key, f"onrecord feed {archive.id} {last['number']}"))
    replace(folder / "feed.json", content)


def _known_format(where: str, number: int) -> None:
    if number != FORMAT:
        raise NewerFormat(f"{where}: format {number}, this onrecord knows {FORMAT}", "use a newer onrecord")


def _named(where: str, archive: str, number: int) -> None:
    if not _ARCHIVE.fullmatch(archive) or number < 1:
        raise SourceRefused(
            f"{where}: archive {archive[:80]!r}, edition {number}: expected 16 hexadecimal digits and a number from 1",
            "do not use this feed",
        )
