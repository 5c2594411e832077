# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the installed statement readers and payout models."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

from onrecord.engine import plugins
from onrecord.errors import PluginInvalid
from onrecord.royalties.seams import PayoutModel, StatementReader

READERS = "onrecord.statement_readers"
MODELS = "onrecord.payout_models"


def load_readers(found: Iterable[EntryPoint] | None = None) -> plugins.Plugins[type[StatementReader]]:
    """Every installed statement reader by its name, and why others were left out."""
    return plugins.load(
        READERS, lambda name, thing: _accept("statement reader", name, thing, "sniff", "read"), found
    )


def load_models(found: Iterable[EntryPoint] | None = None) -> plugins.Plugins[type[PayoutModel]]:
    """Every installed payout model by its name, and why others were left out."""
    return plugins.load(MODELS, lambda name, thing: _accept("payout model", name, thing, "split"), found)


def _accept(what: str, name: str, thing: Any, *methods: str) -> Any:
    missing = [method for method in methods if not callable(getattr(thing, method, None))]
    if not isinstance(thing, type) or getattr(thing, "name", None) != name or missing:
        raise PluginInvalid(
            f"{what} {name!r} is left out: expected a class whose `name` is {name!r} with {', '.join(methods)}",
            hint="the contract: onrecord/royalties/seams.py",
        )
    return thing
