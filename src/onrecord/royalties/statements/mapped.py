# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements that no reader knows, or whose headers are in a language none knows, read by a table in TOML."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from onrecord.errors import ConfigError
from onrecord.royalties.statements.layout import (
    MONEY,
    NO_CURRENCY,
    OTHER,
    TEXTS,
    UNSEEN,
    Layout,
    named,
    normalized,
)
from onrecord.royalties.statements.table import TableReader

_KEYS: Final = {
    "name",
    "like",
    "currency",
    "order",
    "share",
    "right",
    "columns",
    "headers",
    "drop",
    "relations",
}


class MappedStatement(TableReader):
    """A statement by a person's own table; made by `mapping`, never found by entry point."""

    standing = UNSEEN

    def __init__(self, name: str, layouts: Sequence[Layout]) -> None:
        self.name = name
        self.layouts = layouts


def mapping(path: Path, readers: Mapping[str, type[Any]]) -> MappedStatement:
    """Reads the table of columns in `path`.

    Either `[columns]` says which column holds each field, or `like` names a reader of `readers` and `[headers]`
    translates the file's headers into those that it knows.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a mapping in TOML: {error}") from error
    if unknown := sorted(set(given) - _KEYS):
        raise ConfigError(f"{path}: unknown keys {', '.join(unknown)}", f"known: {', '.join(sorted(_KEYS))}")
    layouts = _like(path, given, readers) if "like" in given else [_own(path, given)]
    return MappedStatement(str(given.get("name", path.stem)), layouts)


def _own(path: Path, given: Mapping[str, Any]) -> Layout:
    columns = given.get("columns")
    if not isinstance(columns, dict) or "amount" not in columns:
        raise ConfigError(
            f"{path}: expected a table [columns] with at least `amount`, got {columns!r}",
            f"fields: {', '.join(sorted((*TEXTS, *MONEY, *OTHER)))}; each names a header of the file",
        )
    if unknown := sorted(set(columns) - {*TEXTS, *MONEY, *OTHER}):
        raise ConfigError(
            f"{path}: [columns]: no field is called {', '.join(unknown)}",
            f"fields: {', '.join(sorted((*TEXTS, *MONEY, *OTHER)))}",
        )
    fields = {field: [normalized(str(name))[0] for name in named(columns[field])] for field in columns}
    return Layout(
        version=str(given.get("name", path.stem)),
        needed=[names[0] for names in fields.values()],
        fields=fields,
        currency=str(given.get("currency", NO_CURRENCY)).upper(),
        order=_choice(path, given, "order", ("mdy", "dmy")),
        share=_choice(path, given, "share", ("percent", "fraction", "either")),
        right=_choice(path, given, "right", ("recording", "work")),
        drop=[normalized(str(name))[0] for name in given.get("drop", [])],
        relations=[str(relation) for relation in given.get("relations", [])],
    )


def _like(path: Path, given: Mapping[str, Any], readers: Mapping[str, type[Any]]) -> list[Layout]:
    reader = readers.get(str(given["like"]))
    known: Sequence[Layout] = getattr(reader, "layouts", ())
    headers = given.get("headers")
    if not known or not isinstance(headers, dict):
        names = ", ".join(sorted(name for name, found in readers.items() if getattr(found, "layouts", ())))
        raise ConfigError(
            f"{path}: expected `like` with a reader of tables and a table [headers], got {given['like']!r}",
            f'readers of tables: {names}; [headers] holds "the file\'s header" = "the header it stands for"',
        )
    words = {normalized(str(theirs))[0]: normalized(str(own))[0] for own, theirs in headers.items()}
    return [_translated(layout, words) for layout in known]


def _translated(layout: Layout, words: Mapping[str, str]) -> Layout:
    def to(columns: str | Sequence[str]) -> Sequence[str]:
        return [words.get(name, name) for name in named(columns)]

    return structs.replace(
        layout,
        version=f"{layout.version}, translated",
        standing="",
        needed=to(layout.needed),
        telling=to(layout.telling),
        fields={field: to(columns) for field, columns in layout.fields.items()},
        sums={field: to(columns) for field, columns in layout.sums.items()},
        negate=(to(layout.negate[0])[0], layout.negate[1]) if layout.negate else None,
        notes=[(to(column)[0], values, kind) for column, values, kind in layout.notes],
        totals=to(layout.totals),
        drop=[*layout.drop, *to(layout.drop)],
    )


def _choice(path: Path, given: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    value = str(given.get(key, choices[0]))
    if value not in choices:
        raise ConfigError(f"{path}: {key}: expected one of {', '.join(choices)}, got {value!r}")
    return value
