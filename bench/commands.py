# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""onrecord as a person runs it, from a benchmark: one command and its answer, or one that goes on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def onrecord(*arguments: str | Path, expect: int = 0) -> Any:
    """What a command answers as JSON. SystemExit where it ends with another code than `expect`."""
    done = subprocess.run(_command(arguments), capture_output=True, text=True, check=False)
    if done.returncode != expect:
        raise SystemExit(f"onrecord {arguments[0]}: exit code {done.returncode}: {done.stderr[-800:]}")
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


@contextmanager
def running(*arguments: str | Path) -> Iterator[dict[str, Any]]:
    """A command that goes on until it is stopped, and what it says first."""
    with subprocess.Popen(_command(arguments), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


def _command(arguments: tuple[str | Path, ...]) -> list[str]:
    return [sys.executable, "-m", "onrecord", *map(str, arguments), "--json", "--quiet"]
