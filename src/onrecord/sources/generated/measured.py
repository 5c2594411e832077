# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures that made catalogs follow (`measured.toml` says where each comes from)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def measured() -> dict[str, dict[str, Any]]:
    text = files("onrecord.sources.generated").joinpath("measured.toml").read_text("utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(text)
    return found


def share(name: str) -> float:
    """A share of rows, wherever it comes from. KeyError where nobody wrote it down."""
    return next(float(figures[name]) for figures in measured().values() if name in figures)
