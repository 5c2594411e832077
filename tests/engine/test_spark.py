# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spark as an engine: what is missing is named before anything is waited for; the rest needs Java and pyspark."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from onrecord.engine.spark import Cluster, Spark
from onrecord.errors import EngineFailed

HERE = Cluster("local[1]", sys.executable)


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (Cluster("", sys.executable), r"\[engine\] master: expected one"),
        (Cluster("local[1]", ""), r"\[engine\] python: expected one"),
        (Cluster("local[1]", "/nowhere/python"), "python /nowhere/python: expected a program"),
        (Cluster("local[1]", sys.executable, "", ("memory",)), "expected name=value, got 'memory'"),
        (Cluster("local[1]", sys.executable, "/nowhere/env.tar.gz"), "env.tar.gz: no such file"),
    ],
)
def test_what_is_not_set_is_named(tmp_path: Path, cluster: Cluster, said: str) -> None:
    with pytest.raises(EngineFailed, match=said), Spark(cluster, tmp_path):
        pass


def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(EngineFailed, match="expected Java on this machine, got none on the PATH") as failed,
        Spark(HERE, tmp_path),
    ):
        pass
    assert "install Java" in failed.value.hint


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark: no Java here")
def test_no_pyspark_and_no_master(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineFailed, match="expected a Python with pyspark, got: No module named 'pyspark'"),
        Spark(HERE, tmp_path),
    ):
        pass
    with (
        pytest.raises(EngineFailed, match="Connection refused"),
        Spark(Cluster(f"spark://127.0.0.1:{closed_port()}", sys.executable), tmp_path),
    ):
        pass
