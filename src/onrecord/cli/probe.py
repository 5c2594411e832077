# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord probe`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from onrecord.cli.output import Output, length, options


@click.command("probe")
@click.argument(
    "files", type=click.Path(path_type=Path, exists=True, dir_okay=False), nargs=-1, required=True
)
@options
def command(files: tuple[Path, ...], folder: Path, out: Output) -> None:
    """Say what the bytes of files say: digests, format, length, loudness, tags. Needs no archive.

    \b
    Example:  onrecord probe --json song.ogg
    """
    from onrecord import audio
    from onrecord.store.digest import digest_file

    found: list[dict[str, Any]] = []
    for path in files:
        digests, probe = digest_file(path), audio.probe(path)
        found.append(
            {
                "path": str(path),
                "sha256": digests.sha256,
                "blake3": digests.blake3.hex(),
                "size": digests.size,
                "torrent": {"v2_root": digests.v2_root.hex()},
                **msgspec.to_builtins(probe),
            }
        )

    def text() -> Iterator[str]:
        for item in found:
            yield f"{item['path']}  {item['sha256']}"
            sound = item["sound"]
            if sound:
                seconds = sound["duration_samples"] / sound["sample_rate"]
                loudness = f"{sound['loudness']:.1f} LUFS" if sound["loudness"] is not None else "silent"
                yield (
                    f"  {sound['container']}/{sound['codec']}, {length(seconds)}, {sound['sample_rate']:,} Hz, "
                    f"{sound['channels']} ch, {sound['bit_rate'] // 1000} kbit/s, {loudness}"
                )
            for fault in item["faults"]:
                yield f"  {fault['code']}: {fault['detail']}"

    out.result("probe", {"files": found}, text)
    if any(not item["sound"] for item in found):
        sys.exit(3)
