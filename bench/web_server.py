# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord serve` in a process of its own, as a user starts it, and what it costs while it is asked.

It trusts this machine as its proxy, so that each visitor has an address of their own and is counted and limited as one
who comes from elsewhere: nobody on the machine itself ever is.
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

_TICK: Final = os.sysconf("SC_CLK_TCK")
#: Set in the archive's settings; all else there is as it comes.
_PROXY: Final = ("web", "trusted_proxies", ["127.0.0.1"])


class Served:
    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self._pid = process.pid
        self.address = address.rstrip("/")
        self.host, self.port = urlsplit(address).hostname or "", urlsplit(address).port or 0

    def cpu(self) -> float:
        """Seconds so far, of all its processes together."""
        seconds = 0
        for pid in self._all():
            said = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            seconds += int(said[11]) + int(said[12])
        return seconds / _TICK

    def memory(self) -> dict[str, int]:
        """What of all its processes is resident now, and what is of it their own and what pages of files. What several
        share counts once (PSS)."""
        found: Counter[str] = Counter()
        threads = 0
        for pid in self._all():
            threads += len(list(Path(f"/proc/{pid}/task").iterdir()))
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
                name, _, value = line.partition(":")
                if name.startswith("Pss"):
                    found[name] += int(value.split()[0]) * 1024
        return {
            "peak_rss_bytes": found["Pss"],
            "own_bytes": found["Pss_Anon"],
            "file_pages_bytes": found["Pss"] - found["Pss_Anon"],
            "threads": threads,
            "processes": len(self._all()),
        }

    def _all(self) -> list[int]:
        """Who watches, and those who answer."""
        found = [self._pid]
        for pid in found:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split())
        return found


@contextmanager
def served(archive: Path) -> Iterator[Served]:
    _trust(archive / "onrecord.toml")
    command = [sys.executable, "-m", "onrecord", "-C", str(archive), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if not said:
                raise SystemExit(f"bench: `onrecord serve` of {archive} ended with {process.wait()}")
            yield Served(process, json.loads(said)["address"])
        finally:
            process.terminate()


def cost_since(served: Served, cpu: tuple[float, float], begun: float) -> dict[str, Any]:
    """Share of one core that the server and whoever asks it took. `cpu`: of both, as it was at `begun`."""
    wall = time.monotonic() - begun
    return {
        "server_cores": round((served.cpu() - cpu[0]) / wall, 3),
        "asking_cores": round((time.process_time() - cpu[1]) / wall, 3),
        **served.memory(),
    }


def _trust(path: Path) -> None:
    from onrecord.archive.settings import write_settings

    values = tomllib.loads(path.read_text("utf-8"))
    section, key, value = _PROXY
    if values.get(section, {}).get(key) != value:
        values.setdefault(section, {})[key] = value
        write_settings(path, values)
