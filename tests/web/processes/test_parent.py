# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who watches the processes that answer: what it waits for, and for how long."""

import re
import subprocess
import sys
from pathlib import Path

#: The first two die as soon as they answer; the third opens for longer than one that answers may be
#: silent, and ends all.
_SERVER = """
import os, signal, sys, time
from pathlib import Path
from onrecord.web.processes import parent, said

def child(told, slot, bound, line):
    run = len(list(told.folder.iterdir()))
    (told.folder / f"run {run} in slot {slot}").touch()
    if run == 2:
        time.sleep(3)
    line.send(said.Ready())
    if run < 2:
        time.sleep(0.2)
        os._exit(1)
    os.kill(int(told.key), signal.SIGTERM)
    time.sleep(60)

if __name__ == "__main__":
    parent.answer, parent._LOADED = child, []
    parent._SILENT, parent._PAUSES = 1.0, (0.0, 0.01, 0.02)
    parent.serve_together(Path(sys.argv[1]), "127.0.0.1", 0, 1, print, "", str(os.getpid()))
"""


def test_one_that_dies_at_once_waits_longer_each_time_and_one_that_opens_slowly_is_let(
    tmp_path: Path,
) -> None:
    script, runs = tmp_path / "server.py", tmp_path / "runs"
    script.write_text(_SERVER, encoding="utf-8")
    runs.mkdir()
    done = subprocess.run(
        [sys.executable, script, runs], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in runs.iterdir()) == [f"run {number} in slot 0" for number in range(3)]
    assert re.findall(r"begins in (\S+) s", done.stderr) == ["0.01", "0.02"]
    assert "says nothing any more" not in done.stderr
