# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds plug-ins by entry point. One that does not load is named and left out; the rest runs."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, NamedTuple, TypeVar

from onrecord.errors import PluginInvalid, UsageError

T = TypeVar("T")


class Plugins(NamedTuple, Generic[T]):
    """What an entry-point group holds: the plug-ins by name, and why the others were left out."""

    loaded: dict[str, T]
    left_out: tuple[PluginInvalid, ...]


def load(
    group: str, accept: Callable[[str, object], T], found: Iterable[EntryPoint] | None = None
) -> Plugins[T]:
    """Loads every plug-in of `group`, in the order of their names.

    `accept(name, thing)` gives the plug-in back with its type, or raises PluginInvalid where `thing` breaks the
    contract of the seam. A plug-in is somebody else's code: whatever it raises while it loads leaves it out,
    and only it. Where two packages claim one name, the first stays and the second is left out.
    `found` stands in for the installed entry points in tests.
    """
    loaded: dict[str, T] = {}
    left_out: list[PluginInvalid] = []
    points = entry_points(group=group) if found is None else found
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            if point.name in loaded:
                raise _invalid(point, "another installed package already has this name")
            loaded[point.name] = accept(point.name, _imported(point))
        except PluginInvalid as reason:
            left_out.append(reason)
    return Plugins(loaded, tuple(left_out))


def settings(plugin: str, given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The settings of a plug-in: `known` names each with its default; one that is not known is a usage error."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(
            f"{plugin}: no setting is called {', '.join(map(repr, unknown))}",
            # Whose word it speaks is not for a setting to say: a source is told its `name` by whoever makes it.
            hint=f"settings of {plugin}: {', '.join(sorted(set(known) - {'name'})) or 'none'}",
        )
    return {**known, **given}


def _imported(point: EntryPoint) -> object:
    try:
        return point.load()
    except (Exception, SystemExit) as error:
        raise _invalid(point, f"{type(error).__name__}: {error}") from error


def _invalid(point: EntryPoint, why: str) -> PluginInvalid:
    return PluginInvalid(
        f"plug-in {point.name!r} ({point.group}, {point.value}) is left out: {why}",
        hint="repair or uninstall the package that brings it; the others run",
    )
