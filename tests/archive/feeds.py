# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feeds for tests of mirrors: signed by the right keys over the wrong things, and by the wrong ones."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from onrecord.archive import Archive, mirroring, seeding
from onrecord.archive.keyholding import feed_folder, online_keys
from onrecord.mirror.session import Session
from onrecord.publish.trust_files import OnlineKeys, newest_root, write_feed


def feed_of(archive: Archive) -> str:
    return str(feed_folder(archive.folder) / "feed.json")


def contents_of(archive: Archive) -> dict[str, bytes]:
    """What the feed vouches for, by its plain names."""
    folder = feed_folder(archive.folder)
    names = ["feed.json", "withdrawals.json", "torrents.json", "feed.rss", "minisign.pub"]
    names += [path.name for path in folder.glob("[1-9]*.torrent") if len(path.name) < 20]
    return {name: (folder / name).read_bytes() for name in names}


def sign_again(
    archive: Archive,
    changes: Mapping[str, bytes],
    keys: OnlineKeys | None = None,
    now: dt.datetime | None = None,
) -> None:
    """Have the feed vouch for something else, by the archive's own keys or others."""
    folder: Path = feed_folder(archive.folder)
    root = newest_root(folder)
    assert root is not None
    contents = contents_of(archive) | dict(changes)
    write_feed(folder, root.signed, contents, keys or online_keys(archive), now or archive.clock())


def sync_from(origin: Archive, mirror: Archive, patience: float) -> mirroring.SyncReport:
    """What one sync brings while the origin seeds, over BitTorrent on loopback."""
    with Session() as session:
        seeding.seed(origin, session)
        [report] = mirroring.sync(mirror, [("127.0.0.1", session.port)], patience=patience)
    return report
