# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror follow`"""

from collections.abc import Iterator
from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("follow")
@click.argument("feed")
@click.option(
    "--key",
    default="",
    help="What the archive's owner told you: the digest that `keys show` prints, or a holder's public key.",
)
@click.option(
    "--succeeds", default="", help="The id of an archive whose owner is gone, and for which this one goes on."
)
@options
def command(feed: str, key: str, succeeds: str, folder: Path, out: Output) -> None:
    """Follow the archive whose feed.json is at FEED: a path, an http address, or a bucket's place, s3://BUCKET/PREFIX.

    A bucket is on the server that [s3] names, and is read with the keys of the environment or ~/.aws/credentials; the
    archive's edition was put there by `publish place`.

    Without --key its first root is believed on sight, once; from then on only what its holders sign is.

    \b
    Example:  onrecord mirror follow http://127.0.0.1:8080/feed/feed.json --key 3fa9...
    Example:  onrecord mirror follow s3://label-editions/public --key 3fa9...
    """
    from onrecord.archive import Archive, mirroring

    with Archive.open(folder) as archive:
        followed = mirroring.follow(archive, feed, key, succeeds)

    def text() -> Iterator[str]:
        yield f"following {followed.name} ({followed.archive}), root {followed.root}"
        yield f"  {followed.threshold} of its holders must sign the next: {', '.join(followed.holders)}"
        version, _, digest = followed.pin.partition(":")
        if followed.pinned == "at first sight":
            yield f"  Nobody vouched for it: root {version} is believed because it was seen first."
            yield f"  Ask its owner whether its SHA-256 is {digest}"
        elif followed.pinned == "before":
            yield f"  It was followed before, and is trusted as it was then, from root {version} on: {digest}"
        else:
            yield f"  trusted from root {version} on, chosen {followed.pinned}: {digest}"
        if followed.instead_of:
            yield f"  archive {followed.instead_of} is followed no longer; what is held of it goes on being served"

    out.result("mirror.follow", followed, text)
