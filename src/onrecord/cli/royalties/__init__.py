# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord royalties`: one file beside this for each group of its commands."""

import click

from onrecord.cli.royalties import (
    attack,
    audit,
    axioms,
    compare,
    fraud,
    importing,
    listener,
    match,
    publish,
    reconcile,
    report,
    splits,
    trace,
    works,
)


@click.group("royalties")
def command() -> None:
    """Who is paid, by which rule, and what another rule would do."""


for _each in (compare.command, axioms.command, attack.command):
    command.add_command(_each)
for _each in (importing.command, importing.formats, report.command, audit.command, reconcile.command):
    command.add_command(_each)
for _each in (splits.command, trace.command, works.command, match.command):
    command.add_command(_each)
for _each in (listener.command, publish.command, fraud.command):
    command.add_command(_each)
