# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord store`"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from onrecord.cli.output import Output, options, pace, size

if TYPE_CHECKING:
    from onrecord.archive.moving import Rule


@click.group("store")
def command() -> None:
    """Prepare disks and buckets for blobs, move blobs between them, and make copies of what they hold."""


@command.command("root")
@click.argument("place")
@options
def root(place: str, folder: Path, out: Output) -> None:
    """Make a folder on a disk, or s3://BUCKET/PREFIX, a root, which may then hold blobs. One that is already keeps its
    id. A server is tried first, and what it does not do is said.

    \b
    Example:  onrecord store root /mnt/disk2/blobs
    """
    from onrecord.archive.opening_roots import make_root_at
    from onrecord.archive.settings import Settings, read_settings

    said = folder / "onrecord.toml"
    made = make_root_at(place, folder, read_settings(said) if said.is_file() else Settings())
    body = {"path": made.place, "root": made.id, "notes": list(made.notes())}

    def text() -> Iterator[str]:
        yield f"{made.place} is root {made.id}; name it in onrecord.toml: [store] roots"
        yield from made.notes()

    out.result("store.root", body, text)


@command.command("move")
@click.argument("source")
@click.argument("target")
@options
def move(source: str, target: str, folder: Path, out: Output) -> None:
    """Move every blob of root SOURCE to root TARGET. Roots are named by id, folder or s3://BUCKET/PREFIX.

    Each blob is verified at the target before the source is given up. What was moved stays so, and the same command
    goes on from there.

    \b
    Example:  onrecord store move /mnt/disk2/blobs s3://music/blobs
    """
    from onrecord.archive.moving import Rule

    _moved(folder, out, "store.move", source, target, lambda id: Rule(source=id))


@command.command("tier")
@click.argument("target")
@click.option("--from", "source", help="Only what lies on this root.")
@click.option("--kind", type=click.Choice(["sound", "picture", "copy"]), help="Only these.")
@click.option("--larger-than", "larger", type=click.IntRange(0), default=0, help="Megabytes, at least.")
@click.option(
    "--older-than", "older", type=click.IntRange(0), default=0, help="Days since it came, at least."
)
@click.option("--at-most", "most", type=click.IntRange(1), help="Gigabytes in this run, at most.")
@options
def tier(
    target: str,
    source: str | None,
    kind: str | None,
    larger: int,
    older: int,
    most: int | None,
    folder: Path,
    out: Output,
) -> None:
    """Move to root TARGET what is large, old or of one kind, as `store move` does.

    \b
    Example:  onrecord store tier s3://music/blobs --kind sound --older-than 90
    """
    from onrecord.archive.moving import Rule

    if not (source or kind or larger or older):
        raise click.UsageError("give --from, --kind, --larger-than or --older-than")

    def rule(id: str) -> Rule:
        return Rule(id, kind or "", larger * 1_000_000, older, (most or 0) * 1_000_000_000)

    _moved(folder, out, "store.tier", source, target, rule)


@command.command("verify")
@click.argument("place")
@options
def verify(place: str, folder: Path, out: Output) -> None:
    """Read every blob of one root again, where it lies. What is damaged is named and set aside. Exit code 4.

    Of a bucket, uploads that nobody finished within a day are given up.

    \b
    Example:  onrecord store verify s3://music/blobs
    """
    from onrecord.archive import Archive
    from onrecord.archive.checking import verify
    from onrecord.archive.opening_roots import root_named
    from onrecord.cli.check import not_reached

    with Archive.open(folder) as archive, out.progress("verifying") as update:
        root = root_named(archive, place)
        report = verify(archive, root.id, update)

    def text() -> Iterator[str]:
        for bad in report.bad:
            yield f"{bad.state}: {bad.what} ({bad.detail})"
        if report.swept:
            yield f"{report.swept:,} unfinished uploads given up"
        yield from not_reached(report)
        yield f"{report.blobs:,} files ({size(report.bytes)}) in {root.place}: {report.damaged:,} damaged"
        yield from root.notes()

    out.result("store.verify", report, text)
    if report.bad:
        sys.exit(4)


@command.command("tables")
@click.option(
    "--verify", "again", is_flag=True, help="Read there again whatever was put before. Exit code 4."
)
@options
def tables(again: bool, folder: Path, out: Output) -> None:
    """Put tables, log and editions where `[store] tables` says, s3://BUCKET/PREFIX, as far as they are not there yet.

    Every command that commits does so at its end; where the bucket did not answer, this one makes up for it.

    With --verify what is damaged there is set aside and put anew.

    \b
    Example:  onrecord store tables --verify
    """
    from onrecord.archive import Archive, far_tables

    with Archive.open(folder) as archive, out.progress("putting") as update:
        report = far_tables.put(archive, update)
        found = far_tables.verify(archive, update) if again else None

    def text() -> Iterator[str]:
        yield f"{report.put:,} put ({size(report.bytes)}); {report.place} has everything up to entry {report.seq:,}"
        if found:
            for name in found.bad:
                yield f"damaged or gone, and put anew: {name}"
            yield f"{found.files:,} files ({size(found.bytes)}) read there: {len(found.bad):,} damaged"
        yield from report.notes

    out.result("store.tables", msgspec.to_builtins(report) | {"verified": msgspec.to_builtins(found)}, text)
    if found and found.bad:
        sys.exit(4)


@command.command("open")
@click.argument("place")
@click.argument("new", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--endpoint", default="", help="Address of the server.  [default: Amazon's]")
@click.option("--region", default="", help="As the server calls it.")
@options
def open_place(place: str, new: Path, endpoint: str, region: str, folder: Path, out: Output) -> None:
    """Make an archive anew in FOLDER from the bucket that has its tables, as after the loss of a machine.

    Names and search are made by `onrecord match` afterwards. One machine may write: this one or the other.

    \b
    Example:  onrecord store open s3://music/tables my-archive --endpoint https://s3.example.org
    """
    from onrecord.archive import Archive, far_tables
    from onrecord.store.s3 import S3Settings

    seq = far_tables.open_from(place, new, S3Settings(endpoint=endpoint, region=region))
    with Archive.open(new) as archive:
        body = {"folder": str(new), "archive": archive.id, "seq": seq}
        lost = [*map(str, archive.lost_roots), *archive.unreached_roots]

    def text() -> Iterator[str]:
        yield f"{new} is archive {body['archive']} up to entry {seq:,}; now run `onrecord match`"
        for name in lost:
            yield f"its root {name} is not here: mount it, or name where it is in onrecord.toml: [store] roots"

    out.result("store.open", body | {"lost": lost}, text)


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
        for note in archive.store.notes():
            out.say(note)

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


def _moved(
    folder: Path, out: Output, name: str, source: str | None, target: str, rule: "Callable[[str], Rule]"
) -> None:
    from onrecord.archive import Archive
    from onrecord.archive.moving import move
    from onrecord.archive.opening_roots import root_named
    from onrecord.errors import UsageError

    with Archive.open(folder) as archive, out.progress("moving") as update:
        root = root_named(archive, target)
        left = root_named(archive, source).id if source is not None else ""
        if left == root.id:
            raise UsageError(f"{source}: is where they would go", "name two roots")
        report = move(archive, root.id, rule(left), update)

    def text() -> Iterator[str]:
        yield f"{report.moved:,} moved to {root.place} ({size(report.bytes)}), {report.there:,} were there already"
        if report.given_up:
            yield f"{report.given_up:,} that an earlier run had moved were given up where they had been"
        for item in report.failed:
            yield f"not moved: {item.name}: {item.detail} [{item.code}]"
        yield from report.notes

    out.result(name, report, text)
    if report.failed:
        sys.exit(3)
