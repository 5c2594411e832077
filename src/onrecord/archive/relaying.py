# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps another archive's feed as it was verified last, in the form of clause 9.1, so that it can be handed on.

It lies in `mirrored/<archive>/feed/`; of its targets only those that a mirror needs are kept.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tuf.api.metadata import Metadata, Snapshot, Targets

from onrecord.durable import replace
from onrecord.publish.edition import FEED


def keep_feed(folder: Path, trust: Path, contents: Mapping[str, bytes]) -> None:
    """Keep the state that `trust` has seen last, and what it vouches for, by plain names. The timestamp comes last."""
    feed = folder / "feed"
    feed.mkdir(exist_ok=True)
    snapshot, targets = (trust / "snapshot.json").read_bytes(), (trust / "targets.json").read_bytes()
    files = {path.name: path.read_bytes() for path in (trust / "root_history").glob("*.root.json")}
    files[f"{Metadata[Snapshot].from_bytes(snapshot).signed.version}.snapshot.json"] = snapshot
    files[f"{Metadata[Targets].from_bytes(targets).signed.version}.targets.json"] = targets
    for name, body in contents.items():
        files[name] = files[f"{hashlib.sha256(body).hexdigest()}.{name}"] = body
    files["timestamp.json"] = (trust / "timestamp.json").read_bytes()
    for name, body in files.items():
        place = feed / name
        if not place.is_file() or place.read_bytes() != body:
            replace(place, body)
    for path in feed.iterdir():
        if path.name not in files:
            path.unlink()


def kept(folder: Path, name: str = FEED) -> bytes:
    """A file of the feed that was verified last, b"" where there is none."""
    path = folder / "feed" / name
    return path.read_bytes() if path.is_file() else b""
