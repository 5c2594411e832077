# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds so short that hundreds of them cost nothing, under a free license, and the command line as a process."""

import json
import os
import resource
import signal
import subprocess
import sys
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 The test tones
License: CC-BY-4.0
"""


def piece(path: Path, seed: int, seconds: float = 0.2) -> Path:
    """A WAV of one tone and some noise; no two seeds give the same bytes."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * 8000)) / 8000
    sound = 0.3 * np.sin(2 * np.pi * random.uniform(200, 2000) * time) + 0.01 * random.standard_normal(
        time.size
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((sound * 32000).astype("<i2").tobytes())
    return path


def pieces(folder: Path, seeds: range) -> Path:
    """A folder of pieces that may be shared."""
    for seed in seeds:
        piece(folder / f"{seed:04}.wav", seed)
    (folder / "copyright").write_text(_COPYRIGHT, encoding="utf-8")
    return folder


def start(
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    limit: tuple[int, int] | None = None,
    **options: Any,
) -> "subprocess.Popen[str]":
    """`onrecord` in a process, and a process group, of its own; `limit` is a resource with the most it may use."""

    def prepare() -> None:
        # Whoever runs the tests in the background may have handed down a SIGINT that is ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if limit:
            resource.setrlimit(limit[0], (limit[1], limit[1]))

    return subprocess.Popen(
        [sys.executable, "-m", "onrecord", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
        env={**os.environ, **(environment or {})},
        **options,
    )


def onrecord(*arguments: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """`onrecord`, run to its end."""
    process = start(*arguments, **options)
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def answer(*arguments: object, code: int = 0, **options: Any) -> dict[str, Any]:
    """The JSON object that a command answers with."""
    done = onrecord(*arguments, "--json", "--quiet", **options)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
