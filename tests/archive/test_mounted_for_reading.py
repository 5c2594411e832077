# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive on a disk that is mounted for reading only is read, and says what it cannot do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from onrecord.archive import Archive

_MOUNT = 'mount --bind "$1" "$2" && mount -o remount,ro,bind "$2" || exit 77; shift 2; '
_EACH = 'for said in status "search piece" "sql SELECT(1)" check users; do "$@" $said; echo "= $?"; done'


@pytest.mark.parametrize("ledger", ["whole", "lost"])
def test_it_is_read(published: Archive, tmp_path: Path, ledger: str) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare to mount with")
    published.close()
    if ledger == "lost":
        (published.folder / "ledger.sqlite").unlink()
    there = tmp_path / "there"
    there.mkdir()
    command = [sys.executable, "-m", "onrecord", "-C", str(there)]
    script = _MOUNT + _EACH.replace("users", '"users list"')
    done = subprocess.run(
        [unshare, "-Urm", "sh", "-c", script, "sh", str(published.folder), str(there), *command],
        capture_output=True,
        text=True,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"nothing may be mounted here: {done.stderr.strip()[:80]}")
    assert [line for line in done.stdout.splitlines() if line.startswith("= ")] == [
        *("= 0", "= 0", "= 0"),
        *("= 1", "= 1"),
    ], done.stdout + done.stderr
    assert "recording " in done.stdout, "search finds something"
    assert f"{there}/lock: Read-only file system" in done.stderr
    assert f"{there}/users.sqlite: Read-only file system\n  serve where it can be written" in done.stderr
    assert (published.folder / "ledger.sqlite").exists() == (ledger == "whole")
