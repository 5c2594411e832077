# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of peers' own, so that what we are measured against is never a dependency of ours."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

from measure import progress

ROOT: Final = Path(__file__).resolve().parent.parent


def python_with(*packages: str) -> Path | None:
    """The Python of an environment that has these packages, made once; None where it cannot be made."""
    home = ROOT / ".dev" / f"peers-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:8]}"
    python = home / "bin" / "python"
    if (home / "whole").exists():
        return python
    progress(f"installing {', '.join(packages)} into {home.relative_to(ROOT)}")
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *packages]
    for command in ([sys.executable, "-m", "venv", "--clear", home], install):
        if subprocess.run(list(map(str, command)), stdout=sys.stderr, check=False).returncode:
            progress("no peers: their environment could not be made")
            return None
    (home / "whole").touch()
    return python
