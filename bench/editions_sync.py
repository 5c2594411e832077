# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mirror sync` on loopback against plain libtorrent between two folders of the same files, each giver a process.

Rates are of bytes of sound a wall second. `sync` is the command `mirror sync --no-look` from its start to its end, when
every file is held, hashed and durable, and may be seeded; plain libtorrent is a command of its own as well. `fetch` is
what sync does over the network, in this process. `look` is the command `mirror look`, which decodes and matches what
came: our own law, stated apart, and `sync_and_look` both together. `idle_seconds` is a sync that finds nothing new:
what starting, feed and papers cost, whatever the size.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import libtorrent as lt
from commands import onrecord, running
from measure import progress, spread

_FILE_MB: Final = 5
_WANTED: Final = 0.80
#: What both sides of the peer are told; all else is as libtorrent has it.
_PLAIN: Final = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
}


def measure(folder: Path, rounds: int, size: int) -> dict[str, Any]:
    place = folder / "bench-editions-sync"
    shutil.rmtree(place, ignore_errors=True)
    os.environ["ONRECORD_KEYS"] = str(place / "keys")
    origin, disk = place / "origin", place / "disk"
    _write(place / "music", size)
    progress("origin: add, publish, export")
    onrecord("init", origin)
    onrecord("add", "-C", origin, place / "music")
    onrecord("publish", "-C", origin)
    onrecord("mirror", "export", disk, "-C", origin)
    [torrent] = [path for path in disk.glob("*/onrecord-*.torrent") if "-edition-" not in path.name]
    rates: dict[str, list[float]] = {
        "libtorrent": [],
        "libtorrent_same_settings": [],
        "fetch": [],
        "sync": [],
        "look": [],
        "sync_and_look": [],
    }
    idle: list[float] = []
    total = lt.torrent_info(str(torrent)).total_size()
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for name, settings in (("libtorrent", _PLAIN), ("libtorrent_same_settings", _ours())):
            with _giving(torrent, settings) as port:
                rates[name].append(total / _taken(torrent, place / "taken", port, settings) / 1e6)
        with running("mirror", "seed", "-C", origin) as seed:
            rates["fetch"].append(total / _fetch(torrent, place / "fetched", seed["port"]) / 1e6)
            held, looked = _sync(origin, place / "mirror", seed["port"])
            idle.append(
                _timed("mirror", "sync", "--peer", f"127.0.0.1:{seed['port']}", "-C", place / "mirror")[0]
            )
        rates["sync"].append(total / held / 1e6)
        rates["look"].append(total / looked / 1e6)
        rates["sync_and_look"].append(total / (held + looked) / 1e6)
    shutil.rmtree(place)
    found = {name: spread(values) for name, values in rates.items()}
    peer = found["libtorrent_same_settings"]["median"]
    return {
        "bytes": total,
        "rounds": rounds,
        "settings": {name: str(value) for name, value in _PLAIN.items()},
        "mb_per_s": found,
        "idle_seconds": spread(idle),
        "fetch_of_libtorrent": _ratio(found["fetch"]["median"], peer),
        "fetch_of_libtorrent_as_it_comes": _ratio(found["fetch"]["median"], found["libtorrent"]["median"]),
        "sync_of_libtorrent": _ratio(found["sync"]["median"], peer),
        "sync_and_look_of_libtorrent": round(found["sync_and_look"]["median"] / peer, 3),
    }


def _ratio(ours: float, peer: float) -> dict[str, Any]:
    ratio = round(ours / peer, 3)
    return {"ratio": ratio, "wanted": _WANTED, "met": ratio >= _WANTED}


def _ours() -> dict[str, Any]:
    """The settings of our own sessions on loopback."""
    from onrecord.mirror import network

    made: dict[str, Any] = network.settings("127.0.0.1:0")
    return made


def _params(torrent: Path, folder: Path) -> Any:
    params = lt.load_torrent_file(str(torrent))
    params.save_path = str(folder)
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return params


def _taken(torrent: Path, into: Path, port: int, settings: dict[str, Any]) -> float:
    """Seconds that a process of plain libtorrent takes to fetch a torrent into an empty folder."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    command = [sys.executable, __file__, str(torrent), json.dumps(settings), str(into), str(port)]
    began = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - began


def _take(torrent: Path, settings: dict[str, Any], into: Path, port: int) -> None:
    session: Any = lt.session(settings)  # type: ignore[call-overload]
    handle = session.add_torrent(_params(torrent, into))
    while not handle.status().is_seeding:
        if handle.status().num_peers == 0:
            handle.connect_peer(("127.0.0.1", port))
        time.sleep(0.02)


def _fetch(torrent: Path, into: Path, port: int) -> float:
    from onrecord.mirror.session import Session

    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    began = time.monotonic()
    with Session() as session:
        session.fetch(torrent.read_bytes(), into, [("127.0.0.1", port)])
        return time.monotonic() - began


def _sync(origin: Path, mirror: Path, port: int) -> tuple[float, float]:
    """Seconds until all is held, and then until all was looked into."""
    shutil.rmtree(mirror, ignore_errors=True)
    onrecord("init", mirror)
    onrecord("mirror", "follow", origin / "editions" / "feed" / "feed.json", "-C", mirror)
    held, _ = _timed("mirror", "sync", "--no-look", "--peer", f"127.0.0.1:{port}", "-C", mirror)
    looked, found = _timed("mirror", "look", "-C", mirror)
    if found["left"] or found["unlike"] or found["refused"]:
        raise SystemExit(f"not all of it was looked into and right: {found}")
    return held, looked


def _timed(*arguments: str | Path) -> tuple[float, Any]:
    """Seconds that a command takes, and its answer."""
    began = time.monotonic()
    answer = onrecord(*arguments)
    return time.monotonic() - began, answer


@contextmanager
def _giving(torrent: Path, settings: dict[str, Any]) -> Iterator[int]:
    """A process of plain libtorrent that gives out the folder beside the torrent."""
    command = [sys.executable, __file__, str(torrent), json.dumps(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


def _give(torrent: Path, settings: dict[str, Any]) -> None:
    session: Any = lt.session(settings)  # type: ignore[call-overload]
    params = _params(torrent, torrent.parent)
    params.flags |= lt.torrent_flags.seed_mode
    session.add_torrent(params)
    while not session.listen_port():
        time.sleep(0.02)
    print(session.listen_port(), flush=True)
    while True:
        time.sleep(1)


def _write(folder: Path, megabytes: int) -> None:
    """WAVs of noise-like chords, with their license."""
    import numpy as np  # not at the top: a process of plain libtorrent is this file as well

    folder.mkdir(parents=True)
    source = np.random.default_rng(7)
    step = np.arange(44_100) / 44_100
    for number in range(max(megabytes // _FILE_MB, 1)):
        with wave.open(str(folder / f"{number:05}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44_100)
            for _ in range(_FILE_MB * 1_000_000 // (44_100 * 4)):
                notes = 440 * 2 ** ((source.integers(40, 90, 3) - 69) / 12)
                sound = 3000 * np.sin(2 * np.pi * notes[:, None] * step).sum(axis=0)
                file.writeframes(np.repeat(sound, 2).astype("<i2").tobytes())
    (folder / "copyright").write_text(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        "Files: *\nCopyright: 2026 The benchmark\nLicense: CC-BY-4.0\n"
    )


if __name__ == "__main__":
    if len(sys.argv) > 3:
        _take(Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    else:
        _give(Path(sys.argv[1]), json.loads(sys.argv[2]))
