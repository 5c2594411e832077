# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start-up: `onrecord --help` against a bare Click program with as many commands, whole processes, in turn."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measure

_RUNS = 21


def main() -> None:
    from onrecord.cli import COMMANDS

    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder, "bare.py")
        lines = ["import click", "@click.group()", "def group() -> None:", "    pass"]
        for name, (_, text) in COMMANDS.items():
            lines += [f"@group.command({name!r}, help={text!r})", f"def {name}() -> None:", "    pass"]
        bare.write_text("\n".join([*lines, "group()", ""]), encoding="utf-8")
        ours = [sys.executable, "-c", "from onrecord.cli import main; main()", "--help"]
        theirs = [sys.executable, str(bare), "--help"]
        load = measure.load()
        pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(_RUNS)][1:]
    report = {
        "schema": "onrecord.bench.cli/1",
        "machine": measure.machine(),
        "load_before": load,
        "proven": load <= measure.QUIET,
        "commands": len(COMMANDS),
        "runs": len(pairs),
        "onrecord_help_s": round(statistics.median(ours for ours, _ in pairs), 4),
        "bare_click_s": round(statistics.median(bare for _, bare in pairs), 4),
        "ratio": round(statistics.median(ours / bare for ours, bare in pairs), 3),
        "limits": "both import Click; what is left is our own modules and the list of commands",
    }
    print(json.dumps(report, indent=2))


def _seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
