# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that the web is measured on: made claims in any number, and the demo's pieces, which may be heard.

Each step is a process of its own; what is done stays done, and a run that was stopped goes on behind its last step.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from measure import progress

SEED: Final = 2026
ROOT: Final = Path(__file__).resolve().parents[1]
#: Memory that the jobs of making may take.
MEMORY: Final = "4GB"
_STEPS: Final = ("make", "sound", "match")


def made(folder: Path, tracks: int) -> Path:
    """The archive of `tracks` tracks below `folder`, made where it is not there yet."""
    kept = folder / f"{tracks}"
    kept.mkdir(parents=True, exist_ok=True)
    for step in _STEPS:
        done = kept / f"{step}.done"
        if done.exists() and (step != "match" or _is_matched(kept)):
            continue
        progress(f"{tracks:,} tracks: {step}")
        if subprocess.run([sys.executable, __file__, step, str(kept), str(tracks)], check=False).returncode:
            raise SystemExit(f"bench: {step} of {tracks:,} tracks failed; it is in {kept}, run it again")
        done.touch()
    return kept / "archive"


def _is_matched(kept: Path) -> bool:
    """By the onrecord of now: another version may have made what this one cannot read."""
    from onrecord.archive import Archive
    from onrecord.archive.last_match import is_matched

    with Archive.open(kept / "archive") as archive:
        return is_matched(archive)


# --- steps, each in a process of its own ------------------------------------------------------------------------------


def _make(kept: Path, tracks: int) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.generating import generate
    from onrecord.archive.settings import write_settings
    from onrecord.sources.generated.claims import Generated

    folder = kept / "archive"
    if not folder.exists():
        with Archive.create(folder, f"A catalog of {tracks:,} tracks"):
            pass
        settings: dict[str, dict[str, Any]] = {
            "archive": {"name": f"A catalog of {tracks:,} tracks"},
            "store": {"roots": ["blobs"]},
            "work": {"memory": MEMORY},
        }
        write_settings(folder / "onrecord.toml", settings)
    with Archive.open(folder) as archive:
        generate(archive, Generated(tracks, SEED), progress=lambda done: progress(f"  {done:,}"))


def _sound(kept: Path, tracks: int) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.add import add
    from onrecord.archive.harvest import harvest

    with Archive.open(kept / "archive") as archive:
        add(archive, [ROOT / "demo" / "collection"], held_as="deposit")
        harvest(archive, "musicbrainz-json", ROOT / "demo" / "records" / "recorded")


def _match(kept: Path, tracks: int) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.matching import rematch

    with Archive.open(kept / "archive") as archive:
        rematch(archive)


if __name__ == "__main__":
    {"make": _make, "sound": _sound, "match": _match}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
