# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standalone Spark on this machine: a master and workers, each a process on loopback, of what pip installed."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from onrecord.engine.spark import Cluster

_PATIENCE = 120.0


class Standalone:
    """Use it as a context manager. `kill` ends one worker and all that it started, as a machine that is lost would."""

    def __init__(
        self, python: str, folder: Path, workers: int = 2, cores: int = 1, memory: str = "1g"
    ) -> None:
        self._home = subprocess.run(
            [python, "-c", "import pyspark; print(pyspark.__path__[0])"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        self._python, self._folder, self._cores, self._memory = python, folder, cores, memory
        self._count = workers
        self._master: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self.place = f"127.0.0.1:{_free_port()}"

    def __enter__(self) -> Self:
        host, _, port = self.place.partition(":")
        self._master = self._start("master.Master", "--host", host, "--port", port, "--webui-port", "0")
        _wait_for(self.place)
        for _ in range(self._count):
            self._workers.append(self._worker())
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self._workers, *([self._master] if self._master else [])]:
            _end(process)

    @property
    def cluster(self) -> Cluster:
        options = (
            *("spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1", "spark.driver.memory=1g"),
            *(f"spark.executor.memory={self._memory}", "spark.sql.shuffle.partitions=8"),
        )
        return Cluster(f"spark://{self.place}", self._python, "", options)

    def kill(self, place: int) -> None:
        _end(self._workers[place])
        self._workers[place] = self._worker()

    def _worker(self) -> "subprocess.Popen[bytes]":
        return self._start(
            *("worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "--cores", str(self._cores)),
            *("--memory", self._memory, "--work-dir", str(self._folder / "work"), f"spark://{self.place}"),
        )

    def _start(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        command: Sequence[str] = [f"{self._home}/bin/spark-class", f"org.apache.spark.deploy.{name}", *words]
        with (self._folder / "standalone.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=environment | {"SPARK_HOME": self._home, "SPARK_DAEMON_MEMORY": "256m"},
            )  # fmt: skip


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The process and all that it started: executors, and their Pythons in groups of their own."""
    from measure import _tree

    for each in _tree(process.pid):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(place: str) -> None:
    host, _, port = place.partition(":")
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
