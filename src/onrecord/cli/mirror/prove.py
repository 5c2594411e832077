# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror prove`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options, size


@click.command("prove")
@click.argument("challenge", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path), help="File for the answer.  [default: standard output]"
)
@click.option("--country", default="", help="Your country (ISO 3166-1, as SE), if you want it to be known.")
@options
def command(challenge: Path, to: Path | None, country: str, folder: Path, out: Output) -> None:
    """Answer the CHALLENGE in a file: blocks of sound with their way to the root, signed by your pseudonymous key.

    \b
    Example:  onrecord mirror prove challenge.json --to answer.json
    """
    from onrecord.archive import Archive, carried, possession
    from onrecord.mirror.possession import read_challenge

    asked = read_challenge(carried.read_carried(challenge, carried.CHALLENGE), str(challenge))
    with Archive.open(folder) as archive:
        content = possession.respond(archive, asked, country)
        holder = possession.holder_key(archive).public.splitlines()[1]
    if to is None:
        click.echo(content)
        return
    carried.write_carried(to, content, carried.ANSWER)
    line = f"answer to {asked.digest[:12]} in {to} ({size(len(content))}), signed by {holder}"
    out.result(
        "mirror.prove", {"challenge": asked.digest, "holder": holder, "file": str(to)}, lambda: iter([line])
    )
