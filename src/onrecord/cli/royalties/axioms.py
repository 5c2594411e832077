# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties axioms`"""

from pathlib import Path

import click

from onrecord.cli.output import Output, options


@click.command("axioms")
@options
def command(folder: Path, out: Output) -> None:
    """Search small cases for counter-examples: which idea of fairness does each payout model keep?

    A model that breaks one is shown doing so; one that keeps it did so in every case that was tried, which is no proof.
    The cases are the same each time.

    \b
    Example:  onrecord royalties axioms --json
    """
    from onrecord.royalties.axioms import search, table

    found = search()
    out.result("royalties.axioms", {"findings": found}, lambda: iter(table(found).splitlines()))
