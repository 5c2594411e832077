# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's table of what to look up (CSV, TSV), and the same table with the answers behind each row.

Columns are known by the names that exports give them; delimiter and encoding are found in the bytes.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Final, NamedTuple

from msgspec import Struct

from onrecord.archive.looking_up.answers import LookedUp
from onrecord.archive.looking_up.asked import FIELDS, Asked, identified, read_asked
from onrecord.errors import UsageError
from onrecord.royalties.privacy import FORMULA
from onrecord.royalties.rows import Readable, encoding, rows

#: Names that the columns of a field have, the likeliest first; case, `_`, `-`, `.` and spaces do not count.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "isrc": ("isrc", "isrc code", "track isrc", "recording isrc", "sound recording isrc", "isrcs"),
    "barcode": ("barcode", "upc", "ean", "gtin", "upc/ean", "ean/upc", "upc code", "ean code", "upc or ean", "jan",
                "icpn", "release barcode", "album upc", "release upc"),
    "mbid": ("mbid", "musicbrainz id", "recording mbid", "musicbrainz recording id", "musicbrainz recordingid",
             "musicbrainz track id", "musicbrainz trackid", "release mbid", "musicbrainz release id",
             "musicbrainz albumid", "artist mbid", "musicbrainz artist id", "musicbrainz artistid"),
    "acoustid": ("acoustid", "acoustid id"),
    "iswc": ("iswc", "iswc code"),
    "discogs": ("discogs", "discogs id", "discogs url", "discogs address"),
    "isni": ("isni", "artist isni"),
    "sha256": ("sha256", "sha 256"),
    "identifier": ("identifier", "any identifier", "canonical id"),
    "title": ("title", "track title", "track name", "song title", "song name", "recording title", "recording", "song",
              "titel", "titre", "título", "titulo", "titolo", "название", "タイトル", "曲名", "track", "name"),
    "artist": ("artist", "artist name", "artist name(s)", "artists", "track artist", "main artist", "primary artist",
               "performer", "band", "interpret", "künstler", "artiste", "interprète", "artista", "исполнитель",
               "アーティスト", "album artist", "albumartist", "artist credit", "artist inverted"),
    "release": ("release", "album", "album title", "album name", "release title", "release name", "product title",
                "альбом", "アルバム"),
    "length_ms": ("length ms", "duration ms", "duration (ms)", "length (ms)", "track duration (ms)", "milliseconds"),
    "length": ("length", "duration", "track length", "track duration", "duration (s)", "length (s)", "seconds",
               "playing time", "time", "dauer", "länge", "durée", "duración", "durata", "duration seconds",
               "length seconds"),
    "words": ("words", "query", "search", "artist and title"),
}  # fmt: skip
#: The columns that the answers add.
ADDED: Final = (
    "onrecord_result",
    "onrecord_confidence",
    "onrecord_reasons",
    "onrecord_kind",
    "onrecord_id",
    "onrecord_title",
    "onrecord_artist",
    "onrecord_others",
)
_DELIMITERS: Final = ",\t;|"
_BETWEEN: Final = re.compile(r"[_.-]")
_HEAD: Final = 65536
_WIDEST: Final = 1000
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
#: What some spreadsheets read as the beginning of a formula as well.
_STARTS: Final = (*FORMULA, "＝", "＋", "－", "＠")
_PACKED: Final = {
    b"PK\x03\x04": "a workbook or a zip",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"\x1f\x8b": "gzip",
    b"PAR1": "Parquet",
}


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of their table.

    columns    the column of a field, by its name or its number from 1; beside those that are recognized
    delimiter  between cells; "" where it is to be found
    encoding   as Python names it; "" for UTF-8, UTF-16 by its mark, and Western European where it is neither
    header     False where the first row is a row like others
    """

    columns: Mapping[str, str] = {}
    delimiter: str = ""
    encoding: str = ""
    header: bool = True


class Line(NamedTuple):
    """A row of the table: where it starts, its cells, and what it asks."""

    line: int
    cells: list[str]
    asked: Asked


class Table:
    """A table that was recognized. `header` names its columns, `places` says in which each field stands.

    It `is_western` where its beginning is no UTF-8 and nobody said what else it is."""

    def __init__(
        self,
        stream: Readable,
        shape: Shape,
        delimiter: str,
        header: list[str],
        places: dict[str, int],
        is_western: bool = False,
    ) -> None:
        self._stream = stream
        self._shape = shape
        self.delimiter = delimiter
        self.header = header
        self.places = places
        self.is_western = is_western

    def columns(self) -> dict[str, str]:
        """The name of the column that each field is read from."""
        return {field: self.header[place] for field, place in self.places.items()}

    def unread(self) -> list[str]:
        """Names of the columns that no field is read from."""
        read = set(self.places.values())
        return [name for place, name in enumerate(self.header) if place not in read]

    def lines(self) -> Iterator[Line]:
        """Every row, once. One that cannot be read is there as well, and says why."""
        skip = self._shape.header
        for row in rows(self._stream, self.delimiter):
            if skip:
                skip = False
                continue
            width = len(self.header)
            cells = [_western(cell) for cell in row.cells]
            wrong = row.wrong or (f"expected {width} cells, got {len(cells)}" if len(cells) > width else "")
            cells = [*cells, *[""] * (width - len(cells))][:width]
            asked = Asked(wrong=(wrong,)) if wrong else read_asked(
                {field: cells[place] for field, place in self.places.items()}
            )  # fmt: skip
            yield Line(row.line, cells, asked)

    def answered_header(self) -> list[str]:
        """The columns with those of the answers behind them. UsageError where it has those already."""
        if "onrecord_result" in self.header:
            raise UsageError(
                "the table has a column onrecord_result: it was answered already",
                "take the table that was asked, or remove the columns whose names begin with onrecord_",
            )
        return [*self.header, *ADDED]


def open_table(stream: BinaryIO, shape: Shape, name: str) -> Table:
    """Recognize a table in a stream that can be read from its start again. UsageError says what is missing."""
    head = stream.read(_HEAD)
    stream.seek(0)
    for begins, what in _PACKED.items():
        if head.startswith(begins):
            raise UsageError(f"{name}: expected CSV, got {what}", "unpack it, or save the sheet as CSV")
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise UsageError(f"{name}: expected a table with a header, got an empty file")
    _refuse_unknown(shape, name)
    if shape.encoding:
        head = head.decode(shape.encoding, "ignore").encode("utf-8", "replace")
    found = [_recognized(head, delimiter, shape) for delimiter in shape.delimiter or _DELIMITERS]
    delimiter, first, places = max(found, key=lambda it: (len(it[2]), len(it[1])))
    if not places and shape.header and not shape.columns and len(first) == 1 and identified(first[0]):
        # A list of identifiers, one a line.
        shape, places = Shape(shape.columns, shape.delimiter, shape.encoding, False), {"identifier": 0}
    _refuse_unasked(shape, places, first, name)
    header = first if shape.header else [str(number) for number in range(1, len(first) + 1)]
    source = _Recoded(stream, shape.encoding, name) if shape.encoding else stream
    is_western = not shape.encoding and encoding(head) == "latin-1" and not _is_utf8(head)
    return Table(source, shape, delimiter, header, places, is_western)


def cells(answer: LookedUp) -> list[str]:
    """An answer as the cells of `ADDED`."""
    said = list(answer.wrong)
    if not answer.matches:
        reasons = [*(["nothing found"] if answer.outcome == "nothing found" else []), *said]
        return [answer.outcome, "", "; ".join(reasons), "", "", "", "", ""]
    best, *others = answer.matches
    return [
        answer.outcome,
        f"{best.confidence:.2f}",
        "; ".join([*best.reasons, *said]),
        *(best.kind, best.id, best.title, best.subtitle),
        " ".join(f"{other.id}={other.confidence:.2f}" for other in others),
    ]


def written(row: Sequence[str], delimiter: str) -> bytes:
    """A row of CSV in UTF-8, in whose cells nothing runs: a formula is text behind an apostrophe."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(map(_inert, row))
    return out.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    text = "".join(char if _is_plain(char) else "\ufffd" for char in cell.replace("\r\n", "\n"))
    return f"'{text}" if text.lstrip().startswith(_STARTS) or text.startswith(FORMULA) else text


def _is_plain(char: str) -> bool:
    return char in "\n\t" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _BIDI)


def _recognized(head: bytes, delimiter: str, shape: Shape) -> tuple[str, list[str], dict[str, int]]:
    """(delimiter, cells of the first row, places of fields) under one delimiter."""
    first = next(rows(io.BytesIO(head), delimiter), None)
    header = [_western(cell).strip() for cell in first.cells] if first else []
    names = [_normalized(cell) for cell in header]
    places: dict[str, int] = {}
    if shape.header:
        for field, known in NAMES.items():
            if (place := next((names.index(name) for name in known if name in names), None)) is not None:
                places[field] = place
    for field, column in shape.columns.items():
        wanted = _normalized(column)
        if shape.header and wanted in names:
            places[field] = names.index(wanted)
        elif column.isascii() and column.isdigit() and 1 <= int(column) <= len(header):
            places[field] = int(column) - 1
    return delimiter, header, places


def _normalized(name: str) -> str:
    # R writes a dot for what stands in no name of its own: Track.Name, Duration..ms.
    return " ".join(_BETWEEN.sub(" ", name.casefold()).split())


def _refuse_unknown(shape: Shape, name: str) -> None:
    if unknown := [field for field in shape.columns if field not in FIELDS]:
        raise UsageError(f"{unknown[0]!r} is no field of a look-up: expected any of {', '.join(FIELDS)}")
    if shape.delimiter and len(shape.delimiter) != 1:
        raise UsageError(f"a delimiter is one character, got {shape.delimiter!r}")
    if shape.encoding:
        try:
            b" ".decode(shape.encoding, "ignore")
        except (LookupError, ValueError):
            raise UsageError(
                f"{name}: no encoding is called {shape.encoding!r}", "try utf-8 or cp1252"
            ) from None


def _refuse_unasked(shape: Shape, places: Mapping[str, int], first: Sequence[str], name: str) -> None:
    shown = ", ".join(repr(cell[:40]) for cell in first[:20])
    if len(first) > _WIDEST:
        raise UsageError(f"{name}: expected at most {_WIDEST:,} columns, got {len(first):,}")
    for field, column in shape.columns.items():
        if field not in places:
            raise UsageError(f"{name}: no column {column!r} for {field}: the first row is {shown}")
    if not places.keys() - {"length", "length_ms"}:
        raise UsageError(
            f"{name}: expected a column of identifiers or names, got {shown}",
            "say which is what, such as title=NAME or isrc=2; known names are title, artist, album, isrc, barcode …",
        )


def _western(cell: str) -> str:
    """What is no UTF-8 was read as Latin-1, but is Windows-1252, whose quotes and dashes are no characters there."""
    if cell.isascii() or not any("\x80" <= char <= "\x9f" for char in cell):
        return cell
    try:
        return cell.encode("latin-1").decode("cp1252")
    except UnicodeError:
        return cell


def _is_utf8(head: bytes) -> bool:
    """The last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


class _Recoded:
    """A stream in some encoding, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str, name: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._said = f"{name}: not written in {encoding}"

    def read(self, size: int = -1, /) -> bytes:
        block = b" "
        while block and not self._ready:
            block = self._stream.read(_HEAD)
            self._ready = self._decoded(block, final=not block)
        size = len(self._ready) if size < 0 else size
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _decoded(self, block: bytes, final: bool) -> bytes:
        try:
            return self._decoder.decode(block, final).encode("utf-8")
        except UnicodeError as error:
            raise UsageError(f"{self._said}: {error}", "name another --encoding, or leave it out") from None
