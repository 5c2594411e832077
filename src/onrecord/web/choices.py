# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices that a search is narrowed by, each with how many it would leave, where that is known."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from onrecord.model.filters import Filters
from onrecord.model.languages import called
from onrecord.web import narrowing
from onrecord.web.reader import Reader

#: So many languages and sources are offered, those of most first; any other is narrowed by in the address.
_OFFERED: Final = 30


class Choice(Struct, frozen=True):
    """One of a field. `count` is None where it is not known."""

    value: str
    label: str
    count: int | None = None


class Field(Struct, frozen=True):
    """What a search is narrowed by. `left` counts choices that are not listed."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    left: int = 0


def fields(
    archive: Reader, query: str, chosen: Mapping[str, str], territory: str, counted: bool = True
) -> list[Field]:
    """All fields that have something to choose here. A count says how many would be left of what the query finds, with
    the other fields as they are chosen."""
    offered = [_field(name, label, choices, chosen[name]) for name, label, choices in _offered(archive)]
    offered = [field for field in offered if field.choices]
    if not counted:
        return offered
    asked = [
        _narrowed({**chosen, field.name: choice.value}, territory)
        for field in offered
        for choice in field.choices
    ]
    counts = iter(archive.counts(query, asked))
    return [
        msgspec.structs.replace(
            field,
            choices=tuple(msgspec.structs.replace(choice, count=next(counts)) for choice in field.choices),
        )
        for field in offered
    ]


def _offered(archive: Reader) -> Iterable[tuple[str, str, dict[str, str]]]:
    yield "kind", "Kind", narrowing.KINDS
    yield "sound", "Sound", narrowing.SOUNDS
    yield "license", "License", {name: name for name in narrowing.LICENSES}
    yield "language", "Language", {code: called(code) for code in archive.languages()}
    yield "length", "Length", narrowing.LENGTHS
    yield "shelf", "Shelf", {name: name for name in archive.shelves()}
    sources = [name for name, *_ in archive.glance().sources]
    yield "source", "Source", {name: name for name in sources} if len(sources) > 1 else {}


def _field(name: str, label: str, choices: Mapping[str, str], now: str) -> Field:
    listed = dict(list(choices.items())[:_OFFERED])
    if now and choices and now not in listed:
        listed[now] = choices.get(now, now)
    return Field(
        name, label, tuple(Choice(*choice) for choice in listed.items()), max(len(choices) - len(listed), 0)
    )


def _narrowed(chosen: Mapping[str, str], territory: str) -> Filters:
    kinds = (chosen["kind"],) if chosen["kind"] else ()
    return msgspec.structs.replace(narrowing.filters(chosen, territory), kinds=kinds)
