# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord mirror`: a file beside this for each of its commands."""

import click

from onrecord.cli.mirror import (
    challenge,
    check,
    export,
    follow,
    get,
    holders,
    look,
    plan,
    prove,
    repair,
    seed,
    status,
    sync,
    verify,
)


@click.group("mirror")
def command() -> None:
    """Follow, fetch and seed editions of other archives."""


for _each in (follow.command, sync.command, look.command, get.command, seed.command, repair.command):
    command.add_command(_each)
for _each in (plan.command, status.command, check.command, export.command):
    command.add_command(_each)
for _each in (challenge.command, prove.command, verify.command, holders.command):
    command.add_command(_each)
