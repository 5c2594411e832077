# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds so short that hundreds of them cost nothing, under a free license, and the command line."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import traceback
import wave
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from onrecord.cli import main

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


def onrecord(*arguments: object, apart: bool = False, **options: Any) -> "subprocess.CompletedProcess[str]":
    """`onrecord`, run to its end: in this process, where starting it costs nothing, or `apart`, as a user does; and so
    with any of the options of `start`, and in a thread, where nothing may be changed for the whole process."""
    if not apart and not options and threading.current_thread() is threading.main_thread():
        return _here(["onrecord", *map(str, arguments)])
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


def _here(words: list[str]) -> "subprocess.CompletedProcess[str]":
    said = [io.TextIOWrapper(io.BytesIO(), sys.stdout.encoding, write_through=True) for _ in range(2)]
    argv, stdin, environ = sys.argv, sys.stdin, dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    code: object = None
    with redirect_stdout(said[0]), redirect_stderr(said[1]), Path(os.devnull).open() as nothing:
        sys.argv, sys.stdin = words, nothing
        try:
            main()
        except SystemExit as left:
            code = left.code or 0
        except Exception:
            traceback.print_exc()
            code = 1
        finally:
            sys.argv, sys.stdin = argv, stdin
            for number, handler in handlers.items():
                signal.signal(number, handler)
            for name in os.environ.keys() - environ.keys():
                del os.environ[name]
            os.environ.update(environ)
    assert isinstance(code, int)
    out, err = (stream.buffer.getvalue().decode() for stream in said)  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, code, out, err)
