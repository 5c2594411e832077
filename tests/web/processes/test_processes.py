# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes on one archive, as `onrecord serve` begins them."""

import json
import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from onrecord.archive import Archive
from onrecord.web.access.limits import BURST
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.processes.shared import COUNTED_IN
from tests.archive.withdrawn import sha256
from tests.pipeline.pieces import onrecord, start

RATE = 5
_SETTINGS = f"""
[web]
trusted_proxies = ["127.0.0.1"]
requests_per_second = {RATE}
processes = 2
"""


class Served:
    def __init__(self, process: "Popen[str]", token: str) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = int(json.loads(process.stdout.readline())["address"].rstrip("/").rpartition(":")[2])
        self._token = token
        self.said: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def ended(self) -> int:
        """The exit code, once all of them have ended and said what they had to say."""
        code = self.process.wait(60)
        self._reading.join(60)
        return code

    def _read(self) -> None:
        # A pipe that nobody reads would stop whoever writes to it.
        assert self.process.stderr is not None
        self.said += self.process.stderr

    def get(self, path: str, client: str) -> int:
        """The status for somebody elsewhere, who comes by the proxy on a connection of their own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"X-Forwarded-For": client})
            return connection.getresponse().status
        finally:
            connection.close()

    def counted(self, line: str) -> float:
        """A figure of /metrics."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/metrics", headers={"Authorization": f"Bearer {self._token}"}
        )
        with urllib.request.urlopen(asked) as page:
            found = [each for each in page.read().decode().splitlines() if each.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def counters(self) -> set[str]:
        """The files in which they count."""
        helper = _children(self.process.pid)[0]
        said = Path(f"/proc/{helper}/environ").read_text("utf-8").split("\0")
        folder = dict(each.partition("=")[::2] for each in said)[COUNTED_IN]
        return {path.name for path in Path(folder).iterdir()}

    def answering(self) -> set[int]:
        """The processes that answer: they have the socket, and who began them is not the one that we began."""
        return {each for child in _children(self.process.pid) for each in _children(child)}


def _children(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(each) for each in said.split()]


def _wait(until: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def served(held: Archive) -> Iterator[Served]:
    settings = held.folder / "onrecord.toml"
    settings.write_text(settings.read_text("utf-8") + _SETTINGS, encoding="utf-8")
    with Users(held.folder) as users:
        users.add("own", Role.OWNER, "correct horse battery")
        token = users.issue("own", [Scope.READ])
    with start("-C", held.folder, "serve", "--port", "0", "--json", "--log") as process:
        try:
            yield Served(process, token)
        finally:
            process.kill()


def test_two_processes_answer_as_one(served: Served, paths: dict[str, Path]) -> None:
    begun, address = time.monotonic(), f"/sound/{sha256(paths['tune'])}"
    before = served.answering()
    assert len(before) == 2
    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(lambda _: served.get("/robots.txt", "198.51.100.7"), range(400)))
    allowed = RATE * (BURST + time.monotonic() - begun)
    assert set(statuses) == {200, 429} and RATE * BURST <= statuses.count(200) <= allowed + 1
    assert served.get("/robots.txt", "198.51.100.8") == 200, "nobody else is in their way"
    told = '{method="GET",route="/robots.txt",status="%s"}'
    assert served.counted("onrecord_answers_total" + told % 200) == statuses.count(200) + 1
    assert served.counted("onrecord_answers_total" + told % 429) == statuses.count(429)

    killed, counters = min(before), served.counters()
    os.kill(killed, signal.SIGKILL)
    _wait(lambda: len(served.answering() - {killed}) == 2)
    assert served.get("/readyz", "198.51.100.9") == 200
    assert served.counted("onrecord_answers_total" + told % 429) == statuses.count(429), "its counts stay"
    assert served.counted("onrecord_answers_running") == 1
    _wait(lambda: served.counters() == counters)  # the next goes on with the files of the one before

    with socket.create_connection(("127.0.0.1", served.port)) as listener:
        listener.sendall(f"GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        heard = listener.recv(1000)
        served.process.send_signal(signal.SIGTERM)
        heard += b"".join(iter(lambda: listener.recv(65536), b""))
    assert heard.startswith(b"HTTP/1.1 200") and heard.endswith(paths["tune"].read_bytes())
    assert served.ended() == 0
    faults = [line["message"] for line in map(json.loads, served.said) if line["message"] != "request"]
    assert len(faults) == 1 and f"process {killed} of the server died" in faults[0]


@pytest.mark.parametrize(
    ("setting", "asked", "said"),
    [
        (
            'trusted_proxies = ["nobody"]',
            ["--processes", "2"],
            "expected an address or a network, got 'nobody'",
        ),
        ("processes = 65", [], "Expected `int` <= 64"),
    ],
)
def test_what_they_cannot_begin_for_is_said_once(
    held: Archive, setting: str, asked: list[str], said: str
) -> None:
    settings = held.folder / "onrecord.toml"
    settings.write_text(settings.read_text("utf-8") + f"[web]\n{setting}\n", encoding="utf-8")
    done = onrecord("-C", held.folder, "serve", "--port", "0", *asked, apart=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count(said) == 1
    assert "Traceback" not in done.stderr
