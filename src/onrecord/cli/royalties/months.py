# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Months as a person states them: refused where they are none, for a span of text would silently hold nothing."""

import re
from typing import Any, Final

import click

MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class Month(click.ParamType[str]):
    """YYYY-MM, or an empty text where none is stated."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value and not MONTH.fullmatch(value):
            self.fail(f"{value!r}: expected a month as YYYY-MM", param, ctx)
        return str(value)


def check_span(since: str, until: str) -> None:
    """Refuses a span that holds no month. Empty texts are no bounds."""
    if since and until and since > until:
        raise click.UsageError(
            f"--from and --until: expected the first not after the last, got {since} and {until}"
        )
