# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord store`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from onrecord.cli.output import Output, options, pace, size


@click.group("store")
def command() -> None:
    """Prepare disks for blobs, and make copies of what they hold."""


@command.command("root")
@click.argument("disk", type=click.Path(path_type=Path, file_okay=False))
@options
def root(disk: Path, folder: Path, out: Output) -> None:
    """Make a folder on a disk a root, which may then hold blobs. A folder that is one already keeps its id.

    \b
    Example:  onrecord store root /mnt/disk2/blobs
    """
    from onrecord.store.roots import make_root

    made = make_root(disk.absolute())
    line = f"{made.path} is root {made.id}; name it in onrecord.toml: [store] roots"
    out.result("store.root", {"path": str(made.path), "root": made.id}, lambda: iter([line]))


@command.command("access")
@click.option(
    "--kilobits", type=click.IntRange(6, 256), default=96, show_default=True, help="A second, all channels."
)
@options
def access(kilobits: int, folder: Path, out: Output) -> None:
    """Make access copies: Opus for listening, of what is lossless or has at least 1.5 times that bit rate.

    The page plays a copy where there is one; downloads are always the original. Copies can be made again at any time.

    \b
    Example:  onrecord store access --kilobits 96
    """
    from onrecord.archive import Archive
    from onrecord.archive.copying import make_copies

    with Archive.open(folder) as archive, out.progress("copying") as update:
        report = make_copies(archive, kilobits, lambda state: update(state.files, state.bytes, state.sound))

    def text() -> Iterator[str]:
        share = f", {report.bytes / report.source_bytes:.0%} of the originals" if report.source_bytes else ""
        yield (
            f"{report.made:,} copies made ({size(report.bytes)}{share}), {report.held:,} held already, "
            f"{report.without_gain:,} would gain nothing"
        )
        yield pace(report.made, report.sound, report.elapsed)
        for item in report.failed:
            yield f"not copied: {item.name}: {item.detail} [{item.code}]"

    out.result("store.access", report, text)
    if report.failed:
        sys.exit(3)


@command.command("tag")
@click.argument("thing")
@click.argument("into", type=click.Path(path_type=Path, file_okay=False))
@options
def tag(thing: str, into: Path, folder: Path, out: Output) -> None:
    """Write a tagged copy of a held file: what the archive knows of it and its cover embedded, and a patch beside it.

    THING is a recording's id, a file's SHA-256 or the name it was added under. `store untag` gives the original
    back.

    \b
    Example:  onrecord store tag song.flac for-my-player
    """
    from onrecord.archive.tagging import tag_copy

    made = tag_copy(folder, thing, into)
    line = f"{made.copy} ({size(made.copy_bytes)}), patch {made.patch.name} ({size(made.patch_bytes)})"
    paths = {"copy": str(made.copy), "patch": str(made.patch)}
    out.result("store.tag", {**msgspec.structs.asdict(made), **paths}, lambda: iter([line]))


@command.command("untag")
@click.argument("copy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("original", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--patch", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Else COPY.patch."
)
@options
def untag(copy: Path, original: Path, patch: Path | None, folder: Path, out: Output) -> None:
    """Give back the original of a tagged copy, byte for byte. Needs no archive.

    \b
    Example:  onrecord store untag for-my-player/song.flac song.flac
    """
    from onrecord.audio.tagged import restore
    from onrecord.errors import UsageError

    if original.exists():
        raise UsageError(f"{original}: is there already", "name another file, or remove it")
    sha256 = restore(copy, patch or copy.with_name(f"{copy.name}.patch"), original)
    out.result(
        "store.untag", {"path": str(original), "sha256": sha256}, lambda: iter([f"{original}  {sha256}"])
    )
