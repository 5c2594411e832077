# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mapping says which column of somebody's table is which field of a claim. It is TOML that the operator writes."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from onrecord.errors import ConfigError
from onrecord.model.records import ArtistClaim, ReleaseClaim, TrackClaim
from onrecord.sources import spelled

ENCODINGS: Final = ("utf-8", "utf-16", "latin-1", "cp1252")
FORMATS: Final = ("csv", "json", "parquet")
_SECTIONS: Final = {"track": TrackClaim, "release": ReleaseClaim, "artist": ArtistClaim}
_FIELDS: Final = {
    name: sorted(set(claim.__struct_fields__) - {"source"} - ({"id"} if name == "track" else set()))
    for name, claim in _SECTIONS.items()
}
_FIELDS["license"] = ["holder", "text"]
_KEYS: Final = (
    "id",
    "format",
    "encoding",
    "delimiter",
    "quoted",
    "header",
    "skip",
    "rows",
    "empty",
    *_FIELDS,
)
_FIELD_KEYS: Final = ("column", "constant", "form", "join", "split")


class Field(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a field's value stands.

    columns   their values, those that are not empty, with `join` between them
    constant  the same text for every row, instead of columns
    form      how a duration or a date is written (`spelled`)
    split     what separates several values in one cell; they are claimed with `join` between them
    """

    columns: tuple[str, ...] = ()
    constant: str = ""
    form: str = ""
    join: str = ", "
    split: str = ""


class TableMapping(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole mapping.

    id          columns that name a row together; without one of them a row is rejected
    format      `csv`, `json` or `parquet`; "" goes by the first bytes
    encoding    of a CSV file without a mark of its own
    delimiter   of a CSV file; "" finds the one under which the header has every column that is mapped
    quoted      False where a quotation mark in a CSV file means nothing
    header      False where a CSV file has none: its columns are then called 1, 2, 3, …
    skip        lines before the header
    rows        where in a JSON document the list of rows stands, as `data.items`
    empty       words that stand for nothing, such as `NA`
    sections    field by field: `track`, `release`, `artist`, and `license` with `text` and `holder`
    """

    id: tuple[str, ...]
    format: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    quoted: bool = True
    header: bool = True
    skip: int = 0
    rows: str = ""
    empty: tuple[str, ...] = ()
    sections: dict[str, dict[str, Field]] = {}

    def columns(self) -> dict[str, str]:
        """Every column that is named, with where the mapping names it."""
        named = {
            column: f"[{section}] {name}"
            for section, fields in self.sections.items()
            for name, field in fields.items()
            for column in field.columns
        }
        return named | dict.fromkeys(self.id, "id")


def read(path: Path) -> TableMapping:
    """The mapping in a file. ConfigError names the file, the key that is wrong, and those that are known."""
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: the mapping cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return _Reading(path).mapping(raw)


def is_sound(mapping: TableMapping) -> bool:
    """Can a mapping that was kept with a row be followed? One that `read` gave can."""
    sections = mapping.sections.items()
    fields_known = all(
        section in _FIELDS and set(fields) <= set(_FIELDS[section]) for section, fields in sections
    )
    return fields_known and len(mapping.delimiter) <= 1 and mapping.delimiter not in ("\r", "\n", '"')


class _Reading:
    def __init__(self, path: Path) -> None:
        self._path = path

    def mapping(self, raw: Mapping[str, Any]) -> TableMapping:
        self._check(raw, "the mapping", _KEYS)
        sections = {name: self._section(name, raw[name]) for name in _FIELDS if name in raw}
        if not sections.keys() & _SECTIONS.keys():
            raise self._wrong("it maps nothing", f"sections: {', '.join(f'[{name}]' for name in _SECTIONS)}")
        if "license" in sections and not ("track" in sections and "text" in sections["license"]):
            raise self._wrong("[license] needs `text`, and a [track] that it is about", "")
        plain = {key: value for key, value in raw.items() if key not in sections}
        if isinstance(plain.get("id"), str):
            plain["id"] = [plain["id"]]
        try:
            found = msgspec.convert(plain, TableMapping)
        except msgspec.ValidationError as error:
            hint = "id: a column, or a list of columns, that names a row"
            raise self._wrong(str(error).replace("$.", ""), hint) from error
        self._one_of("format", found.format, ("", *FORMATS))
        self._one_of("encoding", found.encoding, ENCODINGS)
        if not is_sound(found) or found.skip < 0 or not found.id:
            raise self._wrong(
                "`delimiter` is one sign, `skip` a number of lines, `id` at least one column", ""
            )
        return msgspec.structs.replace(found, sections=sections)

    def _section(self, section: str, raw: Any) -> dict[str, Field]:
        if not isinstance(raw, dict):
            raise self._wrong(f"[{section}]: expected a table of fields, got {type(raw).__name__}", "")
        self._check(raw, f"[{section}]", _FIELDS[section])
        return {name: self._field(f"[{section}] {name}", name, value) for name, value in raw.items()}

    def _field(self, where: str, name: str, raw: Any) -> Field:
        given = raw if isinstance(raw, dict) else {"column": raw}
        self._check(given, where, _FIELD_KEYS)
        given = dict(given)
        column = given.pop("column", [])
        given["columns"] = [column] if isinstance(column, str) else column
        try:
            field = msgspec.convert(given, Field)
        except msgspec.ValidationError as error:
            raise self._wrong(f"{where}: {error}", 'for example: title = "Track Title"') from error
        if bool(field.columns) == bool(field.constant):
            raise self._wrong(f"{where}: expected a column or a constant", "")
        if name == "duration_ms":
            self._one_of(f"{where}: form", field.form or "ms", spelled.DURATIONS)
        elif field.form and (name != "date" or not spelled.is_date_form(field.form)):
            raise self._wrong(
                f"{where}: form {field.form!r}",
                "a date's form has YYYY, MM and DD, as DD.MM.YYYY; other fields none",
            )
        return field

    def _check(self, raw: Mapping[str, Any], where: str, known: Any) -> None:
        unknown = sorted(set(raw) - set(known))
        if unknown:
            raise self._wrong(
                f"{where}: no key is called {', '.join(map(repr, unknown))}", f"there are: {', '.join(known)}"
            )

    def _one_of(self, where: str, value: str, known: tuple[str, ...]) -> None:
        if value not in known:
            raise self._wrong(
                f"{where}: {value!r} is not known", f"there are: {', '.join(filter(None, known))}"
            )

    def _wrong(self, why: str, hint: str) -> ConfigError:
        return ConfigError(f"{self._path}: {why}", hint)
