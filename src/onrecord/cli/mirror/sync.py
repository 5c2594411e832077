# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror sync`"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from onrecord.cli.output import Output, options, size
from onrecord.cli.peers import peer_of


@click.command("sync")
@click.option("--peer", "peers", multiple=True, help="ADDRESS:PORT of somebody who has it; repeatable.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    help="A folder that `mirror export` wrote: feed and files come from there, no network is used. Or the address of a"
    " page, or of a place in a bucket, that has the edition; repeatable.  [default: where the feed is]",
)
@click.option(
    "--listen",
    default="127.0.0.1:0",
    show_default=True,
    help="ADDRESS:PORT of our own; while it is on loopback, peers elsewhere are not spoken with.",
)
@click.option(
    "--patience", type=float, default=60.0, show_default=True, help="Seconds without a byte before giving up."
)
@click.option(
    "--no-look",
    is_flag=True,
    help="End when all bytes are held, and leave it to `mirror look` to decode, check and match them.",
)
@options
def command(
    peers: tuple[str, ...],
    sources: tuple[str, ...],
    listen: str,
    patience: float,
    no_look: bool,
    folder: Path,
    out: Output,
) -> None:
    """Fetch the newest editions, verify every byte, keep what may be shared.

    They come over BitTorrent (--peer), over HTTP from where each feed is (a page, or a bucket in which the archive
    placed its edition) or from --from, or from a disk. With both, peers are asked for what no page gave.

    As soon as all bytes are held they may be seeded; then each file is decoded, and what is not as the signed edition
    said is set aside (exit code 4).

    Where there is a plan (`mirror plan`) the volumes that it names are fetched. Exit code 3 where a feed has expired
    (nothing new of that archive is trusted, what is held goes on being served), a file is damaged where it lies, a page
    lacks some, or an archive failed and others did not: each of them says why. Other commands may write meanwhile.

    \b
    Example:  onrecord mirror sync --peer 127.0.0.1:6881
    """
    from onrecord.archive import Archive, mirroring

    pages = [source for source in sources if "://" in source]
    disk = Path(sources[0]) if sources and not pages else None
    if disk is not None and (len(sources) > 1 or peers or not disk.is_dir()):
        raise click.UsageError(
            f"--from {sources[0]}: expected one folder that is there and no --peer, or addresses of http or s3"
        )
    if disk is None and len(pages) < len(sources):
        raise click.UsageError("--from: a folder, or addresses of http or s3, not both")
    with Archive.open(folder) as archive:
        with out.progress("mirroring") as update:
            reports = mirroring.sync(
                archive,
                [peer_of(text) for text in peers],
                progress=lambda name, state: update(state.peers, state.done),
                patience=patience,
                listen=listen,
                disk=disk,
                pages=None if disk or (peers and not pages) else pages,
                look_into=False,
            )
        if not no_look:
            if new := sum(report.files for report in reports):
                out.say(f"{new:,} new files are held and may be seeded; now they are looked into")
            with out.progress("looking into", lambda: archive.ledger.vouched_totals()[1]) as update:
                mirroring.look_and_match(archive, reports, progress=update)
        left = archive.ledger.vouched_totals()[0]
        for note in archive.store.notes():
            out.say(note)

    def text() -> Iterator[str]:
        for report in reports:
            if report.expired:
                yield (
                    f"archive {report.archive}: feed expired on {report.expired}: nothing new is trusted; "
                    + (
                        f"edition {report.number} goes on being served"
                        if report.number
                        else "nothing is held of it"
                    )
                )
            if report.failed:
                yield f"archive {report.archive}: failed, nothing that is held was lost: {report.failed}"
                if report.hint:
                    yield f"  {report.hint}"
            if (report.expired or report.failed) and not report.files:
                continue
            yield (
                f"edition {report.number} of {report.archive}: {report.files:,} new files ({size(report.bytes)}) "
                f"verified, {report.had:,} were here, {report.refused:,} refused by this archive's own gate"
            )
            if report.left_out:
                yield f"  {report.left_out:,} volumes are not in the plan (`onrecord mirror plan`)"
            if report.absent:
                yield f"  {report.absent:,} files are not {'on the disk' if disk else 'there; a later run asks again'}"
            for name in report.damaged:
                yield f"  damaged {'on the disk' if disk else 'where it lies'}, and not taken: {name}"
            for what in report.unlike:
                yield f"  not what that archive said, set aside: {what}"
            if report.hidden or report.shown:
                yield (
                    f"  its list of withdrawals: {report.hidden:,} files hidden, {report.shown:,} withdrawals lifted; "
                    "`onrecord rights withdrawals` shows them, deleting is up to you"
                )
        if left:
            yield f"{left:,} files are held on the editions' word and not looked into yet: `onrecord mirror look`"

    body = {"editions": [msgspec.to_builtins(report) for report in reports], "not_looked_into": left}
    out.result("mirror.sync", body, text)
    if any(report.unlike for report in reports):
        sys.exit(4)
    if all(report.failed for report in reports):
        sys.exit(max(report.exit_code for report in reports))
    if any(
        report.expired or report.damaged or report.failed or (report.absent and not disk)
        for report in reports
    ):
        sys.exit(3)
