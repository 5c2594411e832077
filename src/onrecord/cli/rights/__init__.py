# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights`: one file beside this for each group of its commands."""

import click

from onrecord.cli.rights import (
    asking,
    credits,
    log,
    notices,
    proving,
    queue,
    recheck,
    ruling,
    table,
    withdrawing,
)


@click.group("rights")
def command() -> None:
    """Ask the rights gate, and why; rule, withdraw, answer notices."""


for _each in (asking.list_all, asking.why):
    command.add_command(_each)
for _each in (withdrawing.withdraw, withdrawing.restore, withdrawing.list_withdrawals, proving.prove):
    command.add_command(_each)
for _each in (queue.command, ruling.rule, ruling.rulings, ruling.undo, ruling.take_over, log.command):
    command.add_command(_each)
command.add_command(credits.command)
command.add_command(recheck.command)
command.add_command(table.command)
for _each in (notices.notice, notices.list_notices, notices.counter, notices.accept, notices.sued):
    command.add_command(_each)
for _each in (notices.uphold, notices.putback, notices.reject, notices.erase):
    command.add_command(_each)
