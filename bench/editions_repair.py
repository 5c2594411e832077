# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flipped bits in one large file of a mirror, made whole from its origin: bytes that travel by the exchange, and by
BitTorrent. The limits are the 16 KiB blocks and the 1 MiB pieces that the bits fall into.
"""

import os
import random
import shutil
import time
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
from commands import onrecord, running
from measure import progress

FLIPS: Final = 100
BLOCK, PIECE = 16 * 1024, 1024 * 1024
_WANTED_EXCHANGE: Final = 5_000_000
_WANTED_BITTORRENT: Final = 110_000_000


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    del rounds  # bytes are counted, not timed: one round is as good as ten
    place = folder / "bench-editions-repair"
    shutil.rmtree(place, ignore_errors=True)
    os.environ["ONRECORD_KEYS"] = str(place / "keys")
    origin, mirror = place / "origin", place / "mirror"
    _write(place / "music" / "long.wav", size)
    progress("origin: add, publish")
    onrecord("init", origin)
    onrecord("add", "-C", origin, place / "music")
    onrecord("publish", "-C", origin)
    onrecord("init", mirror)
    onrecord("mirror", "follow", origin / "editions" / "feed" / "feed.json", "-C", mirror)
    with running("mirror", "seed", "-C", origin) as seed:
        peer = f"127.0.0.1:{seed['port']}"
        progress("mirror: sync")
        onrecord("mirror", "sync", "--peer", peer, "-C", mirror)
        places = _flip(mirror, 1)
        progress("repair by the exchange")
        with running("serve", "-C", origin, "--port", "0") as page:
            began = time.monotonic()
            exchange = _repair(mirror, "--from", str(page["address"]).rstrip("/"))
            exchange["wall_s"] = round(time.monotonic() - began, 2)
        again = _flip(mirror, 2)
        progress("repair by BitTorrent")
        began = time.monotonic()
        bittorrent = _repair(mirror, "--peer", peer)
        bittorrent["wall_s"] = round(time.monotonic() - began, 2)
    shutil.rmtree(place)
    return {
        "file_bytes": exchange.pop("size"),
        "flips": FLIPS,
        "exchange": exchange
        | {"blocks_hit": len({at // BLOCK for at in places}), "limit_bytes": _hit(places, BLOCK)},
        "bittorrent": {key: value for key, value in bittorrent.items() if key != "size"}
        | {"pieces_hit": len({at // PIECE for at in again}), "limit_bytes": _hit(again, PIECE)},
        "limits": {
            "exchange_bytes": {"wanted": _WANTED_EXCHANGE, "met": exchange["received"] < _WANTED_EXCHANGE},
            "bittorrent_bytes": {
                "wanted": _WANTED_BITTORRENT,
                "met": bittorrent["received"] < _WANTED_BITTORRENT,
            },
        },
    }


def _hit(places: list[int], unit: int) -> int:
    return len({at // unit for at in places}) * unit


def _repair(mirror: Path, *how: str) -> dict[str, Any]:
    done = onrecord("mirror", "repair", *how, "-C", mirror)
    [file] = done["files"]
    after = onrecord("check", "-C", mirror)
    if file["fault"] or after["bad"]:
        raise SystemExit(f"not whole: {file} {after['bad']}")
    return {"received": file["received"], "blocks": file["blocks"], "size": file["size"]}


def _flip(mirror: Path, seed: int) -> list[int]:
    """Flip a bit at each of a hundred places of the only blob, and let `check` find it."""
    blob = next(path for path in (mirror / "blobs").rglob("*") if len(path.name) == 64)
    places = random.Random(seed).sample(range(blob.stat().st_size), FLIPS)
    blob.chmod(0o644)
    with blob.open("r+b") as file:
        for at in places:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << at % 8]))
    blob.chmod(0o444)
    if not onrecord("check", "-C", mirror, expect=4)["bad"]:
        raise SystemExit("check found nothing")
    return places


def _write(path: Path, megabytes: int) -> None:
    """One WAV of noise-like chords, with its license beside it."""
    path.parent.mkdir(parents=True)
    source = np.random.default_rng(7)
    step = np.arange(44_100) / 44_100
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        while path.stat().st_size < megabytes * 1_000_000:
            for _ in range(60):
                notes = 440 * 2 ** ((source.integers(40, 90, 3) - 69) / 12)
                sound = 3000 * np.sin(2 * np.pi * notes[:, None] * step).sum(axis=0)
                file.writeframes(np.repeat(sound, 2).astype("<i2").tobytes())
    path.with_name(path.name + ".license").write_text("SPDX-License-" + "Identifier: CC-BY-4.0\n")
