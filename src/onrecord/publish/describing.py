# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edition's dataset is, said in the forms that other programs read (format clause 8.10).

`datapackage.json` is a Data Package (v1, read by v2 as well); `croissant.json` is Croissant 1.1, which is a schema.org
Dataset with its columns. The words about tables and columns are those of the reference pages.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.catalog.columns import dataset_meaning
from onrecord.engine.parquet import column_types, distinct
from onrecord.publish.dataset import FRAMES, RECORDS, SQLITE, TABLES
from onrecord.publish.edition import pretty
from onrecord.rights.names import spdx_key

DATAPACKAGE: Final = "datapackage.json"
CROISSANT: Final = "croissant.json"

#: Files of the dataset that are no Parquet table: what they are, and their media type.
_OTHERS: Final = {
    SQLITE: (
        "The canonical view, the files and where they are in one SQLite file with full-text search:"
        " `SELECT * FROM search WHERE search MATCH 'word'`.",
        "application/vnd.sqlite3",
    ),
    RECORDS: (
        "Sources' answers byte for byte, where their license lets them be passed on: one JSON object a line in frames"
        f" of Zstandard, each of which decompresses by itself; the table `{FRAMES}` says where each begins.",
        "application/zstd",
    ),
}
#: As Croissant calls it; there is a registered name, which its readers do not know.
_PARQUET: Final = "application/x-parquet"
_DESCRIPTION: Final = (
    "What an archive of recorded music published at one time: recordings, releases and artists; who says what about"
    " them, each row with its license; the files that may be shared, and where their bytes are. The sound itself"
    " travels in the volumes, as torrents. Licenses stand in the column `license` of each row, and by column in"
    " `field_licenses`."
)
#: Columns whose values are each there once.
_KEYS: Final = {
    "recordings": "id",
    "releases": "id",
    "artists": "id",
    "files": "sha256",
    "places": "sha256",
    "withdrawn": "recording",
    FRAMES: "frame",
}
#: Columns whose values stand in another table's column.
_REFERENCES: Final = {
    ("release_tracks", "release"): ("releases", "id"),
    ("release_tracks", "recording"): ("recordings", "id"),
    ("crosswalk", "recording"): ("recordings", "id"),
    ("release_crosswalk", "release"): ("releases", "id"),
    ("artist_crosswalk", "artist"): ("artists", "id"),
    ("work_crosswalk", "work"): ("works", "id"),
    ("label_crosswalk", "label"): ("labels", "id"),
    ("files", "recording"): ("recordings", "id"),
    ("places", "sha256"): ("files", "sha256"),
    ("evidence", "sha256"): ("files", "sha256"),
}
#: Arrow's types as Table Schema and as Croissant call them; neither has a type for bytes.
_TYPES: Final = {
    "string": ("string", "sc:Text"),
    "int64": ("integer", "sc:Integer"),
    "double": ("number", "sc:Float"),
    "bool": ("boolean", "sc:Boolean"),
    "binary": ("any", "sc:Text"),
    "list<element: string>": ("array", "sc:Text"),
}


class About(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose dataset it is, of which edition and day."""

    archive: str
    name: str
    number: int
    day: dt.date


def describe(
    about: About, folder: Path, files: Mapping[str, tuple[str, int]], rows: Mapping[str, int]
) -> dict[str, bytes]:
    """The descriptions of the dataset that lies in `folder`, by the names of their files.

    `files` has SHA-256 and size of what lies there by path, `rows` the number of rows by table.
    """
    tables = [
        _Table(name, about_it, rows[name], *files[f"dataset/{name}.parquet"], _columns(folder, name))
        for name, about_it in TABLES.items()
    ]
    others = [_Other(name, *_OTHERS[name], *files[f"dataset/{name}"]) for name in _OTHERS]
    licenses = _licenses(folder)
    return {
        CROISSANT: pretty(_croissant(about, tables, others, licenses)),
        DATAPACKAGE: pretty(_datapackage(about, tables, others, licenses)),
    }


class _Table(Struct, frozen=True):
    name: str
    about: str
    rows: int
    sha256: str
    size: int
    columns: Sequence[tuple[str, str, str]]  # name, type, what it is

    @property
    def path(self) -> str:
        return f"dataset/{self.name}.parquet"

    @property
    def sentence(self) -> str:
        return f"{self.about[0].upper()}{self.about[1:]}."


class _Other(Struct, frozen=True):
    name: str
    about: str
    media_type: str
    sha256: str
    size: int

    @property
    def path(self) -> str:
        return f"dataset/{self.name}"


def _columns(folder: Path, table: str) -> list[tuple[str, str, str]]:
    types = column_types(folder / "dataset" / f"{table}.parquet")
    return [(name, kind, dataset_meaning(table, name)) for name, kind in types.items()]


def _licenses(folder: Path) -> list[str]:
    """Names of all licenses that a row may stand under, in order."""
    said = [
        *distinct(folder / "dataset" / "files.parquet", "license"),
        *distinct(folder / "dataset" / "field_licenses.parquet", "license"),
    ]
    words = {word for text in said for word in re.findall(r"[\w.+-]+", text)}
    return sorted(
        {spdx_key(word) or word for word in words if spdx_key(word) or word.startswith("LicenseRef-")}
    )


def _title(about: About) -> str:
    return f"{about.name}, edition {about.number}"


# --- Data Package -----------------------------------------------------------------------------------------------


def _datapackage(
    about: About, tables: Iterable[_Table], others: Iterable[_Other], licenses: Sequence[str]
) -> dict[str, Any]:
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": f"onrecord-{about.archive}",
        "id": f"onrecord-{about.archive}-{about.number}",
        "title": _title(about),
        "description": _DESCRIPTION,
        "version": f"{about.number}.0.0",
        "created": f"{about.day.isoformat()}T00:00:00Z",
        "resources": [
            *(_table_resource(table) for table in tables),
            *(_other_resource(other) for other in others),
        ],
    }
    if licenses:
        package["licenses"] = [
            {"name": name, "path": _address(name)} if spdx_key(name) else {"name": name} for name in licenses
        ]
    return package


def _table_resource(table: _Table) -> dict[str, Any]:
    fields = [
        {"name": name, "type": _TYPES[kind][0], "description": meaning}
        for name, kind, meaning in table.columns
    ]
    # Empty text is text: it says that nobody said.
    schema: dict[str, Any] = {"fields": fields, "missingValues": []}
    if key := _KEYS.get(table.name):
        schema["primaryKey"] = [key]
    references = [
        {"fields": [column], "reference": {"resource": there, "fields": [their]}}
        for (name, column), (there, their) in _REFERENCES.items()
        if name == table.name
    ]
    if references:
        schema["foreignKeys"] = references
    return {
        "name": table.name,
        "type": "table",
        "path": table.path,
        "description": table.sentence,
        "format": "parquet",
        "mediatype": _PARQUET,
        "hash": f"sha256:{table.sha256}",
        "rows": table.rows,
        "schema": schema,
    }


def _other_resource(other: _Other) -> dict[str, Any]:
    return {
        "name": other.name,
        "path": other.path,
        "description": other.about,
        "mediatype": other.media_type,
        "hash": f"sha256:{other.sha256}",
        "bytes": other.size,
    }


# --- Croissant --------------------------------------------------------------------------------------------------


def _croissant(
    about: About, tables: Sequence[_Table], others: Iterable[_Other], licenses: Sequence[str]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": _title(about),
        "identifier": f"onrecord-{about.archive}-{about.number}",
        "description": _DESCRIPTION,
        "version": f"{about.number}.0.0",
        "datePublished": about.day.isoformat(),
        "creator": {"@type": "sc:Organization", "name": about.name},
        "citeAs": f"{_title(about)}, {about.day.isoformat()}, onrecord archive {about.archive}",
        "isAccessibleForFree": True,
        "distribution": [
            *(
                _file(f"{table.name}.parquet", table.path, table.sentence, _PARQUET, table)
                for table in tables
            ),
            *(_file(other.name, other.path, other.about, other.media_type, other) for other in others),
        ],
        "recordSet": [_record_set(table) for table in tables],
    }
    if licenses:
        described["license"] = [_address(name) if spdx_key(name) else name for name in licenses]
    return described


def _file(name: str, path: str, about: str, media_type: str, of: _Table | _Other) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": about,
        "contentUrl": path,
        "contentSize": f"{of.size} B",
        "encodingFormat": media_type,
        "sha256": of.sha256,
    }


def _record_set(table: _Table) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.sentence,
        "field": list(_fields(table)),
    }
    if key := _KEYS.get(table.name):
        made["key"] = {"@id": f"{table.name}/{key}"}
    return made


def _fields(table: _Table) -> Iterator[dict[str, Any]]:
    for name, kind, meaning in table.columns:
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": f"{table.name}/{name}",
            "name": name,
            "description": meaning,
            "dataType": _TYPES[kind][1],
            "source": {"fileObject": {"@id": f"{table.name}.parquet"}, "extract": {"column": name}},
        }
        if kind.startswith("list"):
            field |= {"isArray": True, "arrayShape": "-1"}
        # No references: for each of them a reader of Croissant joins the whole table in before it gives the first row.
        yield field


def _address(license: str) -> str:
    return f"https://spdx.org/licenses/{license}.html"


#: The context of Croissant 1.1, as its specification has it.
_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
