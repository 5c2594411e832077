# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spark as an engine: a driver in a process of its own, which is told of Parquet files and writes Parquet files.

This process never imports pyspark: `[engine] python` names a Python that has it. Everything that is named to the
cluster must be reachable under the same path on each of its machines.
"""

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

from msgspec import Struct

from onrecord.errors import EngineFailed

#: Seconds in which a master must take a connection, and a driver go once it is told to.
_CONNECT: Final = 5.0
_LEAVE: Final = 30.0
_LOG_END: Final = 400
#: What a packed environment is called where it is unpacked, and its Python there.
_UNPACKED: Final = "environment"
#: Alone on a machine nothing is announced to others.
_ALONE: Final = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


class Cluster(Struct, frozen=True):
    """Where Spark is, and what it is started with.

    master       spark://host:port, or local[n] for this machine alone
    python       a Python with pyspark, for the driver
    environment  a packed environment with onrecord, which tasks over files are run with; "" for this very Python
    options      settings of Spark, each name=value
    """

    master: str
    python: str
    environment: str = ""
    options: tuple[str, ...] = ()


class Spark:
    """A driver that runs until the `with` block ends. What Spark says on the way is in `folder`/spark.log.

    EngineFailed where there is no Java, no pyspark, or no master, and where the driver dies.
    """

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        #: Tasks that run at a time, and Spark's version.
        self.slots, self.version = 1, ""
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._number = 0
        #: Questions whose answers are still to come.
        self._out = 0

    def __enter__(self) -> Self:
        _check(self.cluster)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "spark.log").open("wb") as log:
            self._process = subprocess.Popen(
                [self.cluster.python, str(files("onrecord.engine").joinpath("spark_driver.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                # A terminal's Ctrl-C reaches whoever started it; that one ends it.
                text=True, start_new_session=True, env=_environment(self.cluster),
            )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(0.5 if self._out else _LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()  # what is under way is nobody's any more
            process.wait()
        self._listener.join()

    def query(self, sql: str, tables: Mapping[str, Sequence[Path]], out: Path) -> list[Path]:
        """Answer a SELECT in Spark's dialect over tables of Parquet files; gives the files that it wrote below `out`,
        in the order of the answer."""
        named = {name: [str(path.absolute()) for path in paths] for name, paths in tables.items()}
        asked = self._ask({"sql": sql, "tables": named, "out": str(out.absolute())})
        while (answer := self.answer())["id"] != asked:
            pass
        if "error" in answer:
            raise EngineFailed(
                f"a table job on Spark: {answer['error']}", f"{self.folder / 'spark.log'} has more of it"
            )
        return sorted(out.glob("*.parquet"))

    def submit(self, function: str, arguments: Sequence[Any], about: str) -> int:
        """Run `module:function` of onrecord with these arguments (of JSON) as one task. Gives the number that its
        answer will have."""
        return self._ask({"function": function, "arguments": list(arguments), "about": about})

    def answer(self, seconds: float | None = None) -> dict[str, Any]:
        """The next answer: {"id", and "given" or "error"}; {} where none comes in time."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return {}
        if answer is None:
            self._answers.put(None)
            raise EngineFailed(
                f"Spark's driver ended: {self._log_end()}", "what was finished stays; run the command again"
            )
        self._out -= 1
        # Machines of a cluster come and go.
        self.slots = max(1, int(answer.get("slots", self.slots)))
        return answer

    def _begin(self) -> None:
        options = {
            "spark.app.name": "onrecord",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            # Arithmetic that does not fit is an error, never another number.
            "spark.sql.ansi.enabled": "true",
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            "spark.sql.warehouse.dir": str(self.folder.absolute() / "warehouse"),
            **(_ALONE if self.cluster.master.startswith("local") else {}),
            **self._tasks(),
            **dict(option.split("=", 1) for option in self.cluster.options),
        }
        self._tell({"master": self.cluster.master, "options": options})
        answer = self._answers.get()
        if answer is None or "failed" in answer:
            which, why = (answer["failed"], answer["why"]) if answer else ("start", self._log_end())
            if which == "pyspark":
                raise EngineFailed(
                    f"[engine] python {self.cluster.python}: expected a Python with pyspark, got: {why}",
                    "make one: python3 -m venv spark; spark/bin/pip install pyspark",
                )
            raise EngineFailed(
                f"Spark at {self.cluster.master} does not start: {why}",
                f"{self.folder / 'spark.log'} has more of it",
            )
        self.version, self.slots = answer["ready"], max(1, int(answer["slots"]))

    def _tasks(self) -> dict[str, str]:
        """What tasks over files are run with."""
        if self.cluster.environment:
            return {"spark.archives": f"{self.cluster.environment}#{_UNPACKED}"}
        return {"spark.executorEnv.PYTHONPATH": str(Path(str(files("onrecord"))).parent)}

    def _ask(self, body: dict[str, Any]) -> int:
        self._number += 1
        self._out += 1
        self._tell({"id": self._number, **body})
        return self._number

    def _tell(self, body: dict[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(BrokenPipeError):  # that it ended, the answer says
            self._process.stdin.write(json.dumps(body) + "\n")
            self._process.stdin.flush()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _log_end(self) -> str:
        text = (self.folder / "spark.log").read_bytes()[-_LOG_END:].decode(errors="replace")
        return (
            " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
            or "it said nothing"
        )


def _check(cluster: Cluster) -> None:
    """What is missing is said before half a minute was spent on finding that out."""
    for key, value, example in (
        ("master", cluster.master, 'master = "spark://host:7077", or "local[2]"'),
        ("python", cluster.python, 'python = "/opt/spark/bin/python", one that has pyspark'),
    ):
        if not value:
            raise EngineFailed(f"[engine] {key}: expected one for Spark, got none", example)
    if shutil.which(cluster.python) is None:
        raise EngineFailed(
            f"[engine] python {cluster.python}: expected a program, got none of that name",
            "make one: python3 -m venv spark; spark/bin/pip install pyspark",
        )
    for option in cluster.options:
        if "=" not in option:
            raise EngineFailed(f"[engine] options: expected name=value, got {option!r}", "write it so")
    if cluster.environment and not Path(cluster.environment.partition("#")[0]).is_file():
        raise EngineFailed(
            f"[engine] environment {cluster.environment}: no such file", "docs/howto/grow-past-one-machine.md"
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(home, "bin", "java")) if home else "java") is None:
        raise EngineFailed(
            f"Spark: expected Java on this machine, got none {f'in JAVA_HOME {home}' if home else 'on the PATH'}",
            "install Java 17 or newer, or set JAVA_HOME",
        )
    if cluster.master.startswith("spark://"):
        _reach(cluster.master)


def _reach(master: str) -> None:
    """EngineFailed unless one of the named masters takes a connection; Spark itself would try for a minute."""
    why = ""
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        if not port.isdecimal():
            raise EngineFailed(f"[engine] master {master}: expected spark://host:port", "write it so")
        try:
            socket.create_connection((host, int(port)), _CONNECT).close()
            return
        except OSError as error:
            why = error.strerror or str(error)
    raise EngineFailed(f"[engine] master {master}: {why}", "start it, or name where it is")


def _environment(cluster: Cluster) -> dict[str, str]:
    """Of the driver: what this very Python was started with is not its own. It says which Python runs the tasks."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYSPARK_PYTHON": f"./{_UNPACKED}/bin/python" if cluster.environment else sys.executable}
