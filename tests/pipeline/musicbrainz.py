# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""MusicBrainz JSON about music that the tests make themselves."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_SPACE = uuid.UUID("5f1e6a3c-53cf-4d8e-9f4f-0d7c0a2f9a11")


def mbid(name: str) -> str:
    return str(uuid.uuid5(_SPACE, name))


def credit(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "joinphrase": "", "artist": {"id": mbid(name), "name": name, "sort-name": name}}]


def recording(title: str, artist: str, length: int, **more: Any) -> dict[str, Any]:
    return {
        "id": mbid(f"recording {title}"),
        "title": title,
        "length": length,
        "video": False,
        "artist-credit": credit(artist),
        **more,
    }


def release(title: str, artist: str, tracks: Sequence[tuple[str, int]], **more: Any) -> dict[str, Any]:
    """A release of one disc; each track is a title with its length in milliseconds."""
    listed = [
        {
            "id": mbid(f"{title} {name}"),
            "position": position,
            "title": name,
            "length": length,
            "recording": recording(name, artist, length),
        }
        for position, (name, length) in enumerate(tracks, start=1)
    ]
    return {
        "id": mbid(title),
        "title": title,
        "date": "2026",
        "artist-credit": credit(artist),
        "media": [{"position": 1, "track-count": len(listed), "tracks": listed}],
        **more,
    }


def save(folder: Path, **answers: dict[str, Any]) -> Path:
    """Each answer in a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, answer in answers.items():
        (folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")
    return folder
