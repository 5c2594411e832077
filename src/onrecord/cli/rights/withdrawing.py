# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights withdraw`, `onrecord rights restore` and `onrecord rights withdrawals`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("withdraw")
@click.argument("thing")
@click.option("--by", required=True, help="Who asks for it, as they want to be named.")
@click.option("--reason", required=True, help="Why, in their own words; it goes into the log.")
@options
def withdraw(thing: str, by: str, reason: str, folder: Path, out: Output) -> None:
    """Withdraw a recording, release, artist or file: hidden at once, left out of the next edition, refused at doors.

    Whatever sounds the same goes with it, in whatever encoding, and its access copies and covers.
    THING is an id, a file's SHA-256, or the name under which a file was added.

    \b
    Example:  onrecord rights withdraw r6r46akoh6wnijbyv --by "A. Singer" --reason "not mine to give"
    """
    from onrecord.archive import Archive
    from onrecord.archive.targets import find_target
    from onrecord.archive.withdrawing import withdraw

    with Archive.open(folder) as archive:
        made = withdraw(archive, find_target(archive, thing), by=by, text=reason)
        published = bool(archive.ledger.editions())

    def text() -> Iterator[str]:
        yield f"withdrawn: {made.target} reaches {made.blobs:,} files (withdrawal {made.id})"
        if published:
            yield "the next `onrecord publish` leaves it out; what is out already cannot be called back"
        if published and not made.listed:
            yield "the signing key is not here, so mirrors are not told before the next `onrecord publish`"

    out.result("rights.withdraw", made, text)


@click.command("restore")
@click.argument("withdrawal")
@click.option("--by", required=True, help="Who takes it back.")
@click.option("--note", required=True, help="Why.")
@options
def restore(withdrawal: str, by: str, note: str, folder: Path, out: Output) -> None:
    """Take a withdrawal back: everything is as it was before. Both stay in the log.

    WITHDRAWAL is its id, or the beginning of it.

    \b
    Example:  onrecord rights restore 3fa91c --by curator --note "the claim was withdrawn"
    """
    from onrecord.archive import Archive
    from onrecord.archive.withdrawing import restore, still_hiding

    with Archive.open(folder) as archive:
        done = restore(archive, withdrawal, by=by, note=note)
        left = still_hiding(archive, done.target)

    def text() -> Iterator[str]:
        yield f"restored: {done.target}, {done.blobs:,} files (withdrawal {done.id[:16]})"
        if left:
            named = ", ".join(each[:16] for each in left[:5])
            more = f" and {len(left) - 5:,} more" if len(left) > 5 else ""
            yield f"still hidden, all of it or some, by other withdrawals: {named}{more}"

    out.result("rights.restore", done, text)


@click.command("withdrawals")
@options
def list_withdrawals(folder: Path, out: Output) -> None:
    """List every withdrawal, those that were taken back too.

    \b
    Example:  onrecord rights withdrawals
    """
    from onrecord.archive import Archive
    from onrecord.archive.withdrawing import withdrawals

    with Archive.open(folder) as archive:
        found = withdrawals(archive)

    def text() -> Iterator[str]:
        for item in found:
            state = f"restored {item.restored[:10]}" if item.restored else "holds"
            named = ", ".join(str(target) for target in item.targets[:3])
            yield f"{item.id[:16]}  {item.day}  {state}  {named}  {item.blobs:,} files"
            yield f"    {item.origin}, {item.by or 'not named'}: {' / '.join(item.text[:300].splitlines())}"

    out.result("rights.withdrawals", {"withdrawals": found}, text)
