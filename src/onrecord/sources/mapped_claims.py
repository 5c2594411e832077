# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row of somebody's table claims, by the mapping that was kept with it."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.errors import RecordRejected
from onrecord.model import identifiers
from onrecord.model.records import ArtistClaim, Claims, ReleaseClaim, TrackClaim
from onrecord.model.rights import Evidence
from onrecord.sources import spelled, table_rows
from onrecord.sources.codes import CODES, Codes
from onrecord.sources.stated_license import Stated
from onrecord.sources.table_mapping import Field, TableMapping, is_sound

_WHOLE: Final = re.compile(r"\d{1,9}(?:\.0{1,6})?", re.ASCII)
#: Fields of codes: what is not one is odd, as everywhere, and the row is read all the same.
_CODES: Final = {**CODES, "blob": identifiers.sha256}
_NUMBERS: Final = ("disc", "position", "tracks")


class _Stored(Struct, forbid_unknown_fields=True):
    mapping: TableMapping
    columns: tuple[str, ...] = ()
    line: str = ""
    row: dict[str, Any] | None = None


def claims(source: str, id: str, payload: bytes) -> Claims:
    """The claims of a stored row. RecordRejected where it cannot be read, or a cell is not what the mapping says."""
    try:
        stored = msgspec.json.decode(payload, type=_Stored)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordRejected(f"not a row with its mapping: {error}") from error
    if not is_sound(stored.mapping):
        raise RecordRejected("not a row with its mapping: the mapping names what there is not")
    return _Reading(source, id, stored).claims(Stated("table", payload))


def row_id(mapping: TableMapping, values: Mapping[str, Any]) -> str:
    """What names a row; RecordRejected where one of its columns is empty."""
    parts = [_cell(values, column, mapping.empty) for column in mapping.id]
    if not all(parts):
        empty = ", ".join(repr(column) for column, part in zip(mapping.id, parts, strict=True) if not part)
        raise RecordRejected(f"nothing stands in {empty}, which names a row")
    return "/".join(" ".join(part.split()) for part in parts)


def has_column(values: Mapping[str, Any], column: str) -> bool:
    """Is there such a column in a row of JSON, even with nothing in it?"""
    return column in values or _at(values, column) is not None


class _Reading:
    """One row being read."""

    def __init__(self, source: str, id: str, stored: _Stored) -> None:
        self._source = source
        self._id = id
        self._mapping = stored.mapping
        self._codes = {section: Codes() for section in stored.mapping.sections}
        if stored.row is not None:
            self._values: Mapping[str, Any] = stored.row
        else:
            found = table_rows.cells(stored.line, stored.mapping.delimiter or ",", stored.mapping.quoted)
            self._values = dict(zip(stored.columns, found, strict=False))

    def claims(self, stated: Stated) -> Claims:
        releases, artists, tracks = self._releases(), self._artists(), []
        if fields := self._mapping.sections.get("track"):
            given: dict[str, Any] = {
                "title": "",
                "release_id": releases[0].id if releases else "",
                "artist_id": artists[0].id if artists else "",
            }
            given |= self._read("track", fields)
            tracks.append(TrackClaim(source=self._source, id=self._id, **given))
        ids = {
            "release": releases[0].id if releases else self._id,
            "artist": artists[0].id if artists else self._id,
        }
        odd = tuple(
            (ids.get(section, self._id), field, value)
            for section, codes in self._codes.items()
            for _, field, value in codes.odd
        )
        return Claims(artists, releases, tuple(tracks), self._evidence(stated), odd)

    def _releases(self) -> tuple[ReleaseClaim, ...]:
        found = self._read("release", self._mapping.sections.get("release", {}))
        if not found.get("title"):
            return ()
        id = found.pop("id", "") or "\x1f".join((found["title"], found.get("artist", "")))
        return (ReleaseClaim(source=self._source, id=id, **found),)

    def _artists(self) -> tuple[ArtistClaim, ...]:
        fields = self._mapping.sections.get("artist", {})
        found = self._read("artist", fields)
        if not found.get("name"):
            return ()
        id = found.pop("id", "")
        if id or not fields["name"].split:
            return (ArtistClaim(source=self._source, id=id or found["name"], **found),)
        names = dict.fromkeys(self._parts(fields["name"]))
        return tuple(ArtistClaim(source=self._source, id=name, name=name) for name in names)

    def _evidence(self, stated: Stated) -> tuple[tuple[str, Evidence], ...]:
        fields = self._mapping.sections.get("license", {})
        words = self._text(fields["text"]) if "text" in fields else ""
        holder = self._text(fields["holder"]) if "holder" in fields else ""
        column = "+".join(fields["text"].columns) if words else ""
        return ((self._id, stated.license(column or "constant", words, holder=holder)),) if words else ()

    def _read(self, section: str, fields: Mapping[str, Field]) -> dict[str, Any]:
        return {name: self._value(section, name, field) for name, field in fields.items()}

    def _value(self, section: str, name: str, field: Field) -> Any:
        text, where = " ".join(self._text(field).split()), f"[{section}] {name}"
        if name in _CODES:
            return self._codes[section].read(self._id, name, [text], _CODES[name]) or ""
        if name in _NUMBERS:
            whole = int(float(text)) if _WHOLE.fullmatch(text) else None
            return self._expected(whole, text, f"{where}: a whole number")
        if name == "duration_ms":
            form = field.form or "ms"
            return self._expected(
                spelled.duration_ms(text, form), text, f"{where}: a duration of the form {form!r}"
            )
        if name == "date":
            form = field.form or "YYYY-MM-DD"
            return self._expected(
                spelled.date(text, field.form), text, f"{where}: a date of the form {form!r}"
            )
        return text

    def _expected(self, value: Any, text: str, what: str) -> Any:
        if not value and text.strip("0:."):
            raise RecordRejected(f"{what} was expected, got {text[:60]!r}")
        return value

    def _text(self, field: Field) -> str:
        if field.constant:
            return field.constant
        return field.join.join(self._parts(field))

    def _parts(self, field: Field) -> list[str]:
        texts = (_cell(self._values, column, self._mapping.empty) for column in field.columns)
        if field.split:
            texts = (part.strip() for text in texts for part in text.split(field.split))
        return [text for text in texts if text]


def _cell(values: Mapping[str, Any], column: str, empty: tuple[str, ...]) -> str:
    """A cell as text, "" where nothing stands there."""
    value = values[column] if column in values else _at(values, column)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value != value:
        return ""
    text = str(value).strip()
    return "" if text in empty else text


def _at(values: Mapping[str, Any], column: str) -> Any:
    """In JSON a column may be a path: `artist.name`, `artists.0.name`."""
    value: Any = values
    for key in column.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and re.fullmatch("[0-9]{1,5}", key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
