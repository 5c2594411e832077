# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims of any kind, matched once: for tests that ask which of them came to be one thing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from onrecord.catalog.match import match
from onrecord.catalog.tables import TABLES, Row, Tables
from onrecord.engine.duck import Duck

Said = Mapping[str, Any]


def grouped(
    folder: Path, *claims: Sequence[Said], kind: str = "recording", **named: Sequence[Said]
) -> dict[frozenset[str], str]:
    """The claims of each thing of a kind by their ids, with the surest reason of those that are joined; claims as for
    `matched`."""
    duck = matched(folder, *claims, **named)
    try:
        found = duck.run(
            f"SELECT list(source_id), arg_max(reason, (confidence, reason)) FROM {kind}_members GROUP BY {kind}"
        )
    finally:
        duck.close()
    return {frozenset(ids): reason for ids, reason in found}


def matched(
    folder: Path,
    tracks: Sequence[Said] = (),
    releases: Sequence[Said] = (),
    artists: Sequence[Said] = (),
    works: Sequence[Said] = (),
    labels: Sequence[Said] = (),
) -> Duck:
    """The tables that a match of these claims makes; the caller closes it."""
    tables = Tables(folder / "catalog")
    given = {"tracks": tracks, "releases": releases, "artists": artists, "works": works, "labels": labels}
    segments = [
        segment
        for name, rows in given.items()
        if (segment := tables.append(name, 1, [_row(name, row) for row in rows]))
    ]
    duck = Duck(folder / "spill", "1GB", 1)
    try:
        tables.attach(duck, segments)
        match(duck, [], [])
    except BaseException:
        duck.close()
        raise
    return duck


def _row(table: str, said: Said) -> Row:
    blank = {
        field.name: "" if field.type is str else None
        for field in structs.fields(TABLES[table])
        if field.name != "seq"
    }
    return TABLES[table](**{**blank, "source": "test", "record": said["id"]} | dict(said))
