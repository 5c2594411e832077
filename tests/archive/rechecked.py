# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on loopback whose tracks change, and an archive that fetched their sound; for tests of asking again."""

import datetime as dt
import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2

from onrecord.archive import Archive
from onrecord.archive.rechecking import recheck
from onrecord.net import Client
from onrecord.net.dialling import Connections, resolve
from tests.net.serving import Clock, Script, Server, say

BY = "http://creativecommons.org/licenses/by/3.0/"
BY_NC = "http://creativecommons.org/licenses/by-nc/3.0/"
SETTINGS = {"client_id": "made-for-a-test"}
HARVESTED = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)


class Tracks(Server):
    """Answers as Jamendo does: pages of tracks, one track by its id, files. `instead` answers once for a track."""

    def __init__(self, count: int, sounds: Mapping[int, bytes] = {}) -> None:
        self.tracks = {number: track(number) for number in range(1, count + 1)}
        self.sounds = sounds
        self.instead: dict[int, list[Script]] = {}
        super().__init__(say(404))

    def _script(self, request: str) -> Script:
        parts = urlsplit(request.split(" ")[1])
        if parts.path == "/robots.txt":
            return super()._script(request)
        self.asked.append(request)
        if parts.path.startswith("/download/"):
            sound = self.sounds.get(int(parts.path.split("/")[3]))
            return say(200, sound, ETag='"1"') if sound else say(404)
        asked = dict(parse_qsl(parts.query))
        if "id" not in asked:
            return listed(list(self.tracks.values())[int(asked["offset"]) :])
        number = int(asked["id"])
        if scripts := self.instead.get(number):
            return scripts.pop(0)
        return listed([self.tracks[number]] if number in self.tracks else [])

    @property
    def asked_for(self) -> list[int]:
        """Tracks that were asked for one by one."""
        queries = (dict(parse_qsl(urlsplit(request.split(" ")[1]).query)) for request in self.asked)
        return [int(asked["id"]) for asked in queries if "id" in asked]


def track(number: int, **more: object) -> dict[str, object]:
    """A track as Jamendo's API describes it. Made for tests, from the documentation."""
    return {
        "id": str(number),
        "name": f"Piece {number}",
        "duration": 8,
        "artist_id": "7",
        "artist_name": "The Test Tones",
        "license_ccurl": BY,
        "audio": f"https://prod-1.storage.jamendo.com/?trackid={number}&format=mp31",
        "audiodownload": f"https://prod-1.storage.jamendo.com/download/track/{number}/mp32/",
        "audiodownload_allowed": True,
        "stats": {"rate_listened_total": 100 - number},
        **more,
    }


def listed(tracks: list[dict[str, object]]) -> Script:
    return say(200, json.dumps({"headers": {"status": "success"}, "results": tracks}).encode())


class ToLoopback(httpx2.BaseTransport):
    """The client's own connections, with every host at the server on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = Connections(resolve, allow_loopback=True)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return self._connections.handle_request(request)

    def close(self) -> None:
        self._connections.close()


def asking(port: int, clock: Clock | None = None) -> Callable[[Archive], Client]:
    held = clock or Clock()
    return lambda archive: Client(
        archive.settings.harvest.contact,
        transport=ToLoopback(port),
        clock=held,
        sleep=held.sleep,
        now=held,
    )


def recheck_in_a_process(folder: Path, port: int, day: dt.datetime, portion: int) -> None:
    """What a process of its own runs, until it is killed."""
    assert os.getpid() != os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Archive.open(folder, lambda: day) as archive:
        recheck(archive, "jamendo", settings=lambda _: SETTINGS, ask=asking(port), portion=portion)
