# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An index whose fields are asked one by one, with AND, OR, NOT, phrases and ranges (tantivy behind tokens and ids)."""

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import tantivy
from msgspec import Struct

from onrecord.durable import file_mark
from onrecord.errors import StoreFailed
from onrecord.search.fold import fold
from onrecord.search.opening import open_index

_WRITER_BYTES: Final = 64 * 1024 * 1024
#: Fields of words, and how much a word in them counts where no field was named.
WORDS: Final = {"name": 3.0, "others": 2.0, "artist": 1.0, "releases": 0.5, "label": 0.5}
#: Fields of whole numbers.
NUMBERS: Final = ("length", "day", "tracks")
#: The field of codes by which a thing is found as it is called here.
THING: Final = "thing"


class Document(Struct, frozen=True):
    """`codes` are `field=value`, in lower case and without spaces; `day` is yyyymmdd."""

    kind: str
    thing: str
    words: dict[str, str]
    codes: Sequence[str]
    numbers: dict[str, int]


class Term(Struct, frozen=True):
    """Words in any of these fields of words: each must be there. `near` allows so many wrong letters."""

    fields: tuple[str, ...]
    text: str
    phrase: bool = False
    prefix: bool = False
    near: int = 0


class Code(Struct, frozen=True):
    field: str
    value: str


class Between(Struct, frozen=True):
    """A number in this range, both ends included; None is open."""

    field: str
    low: int | None
    high: int | None


class All(Struct, frozen=True):
    """Everything."""


class Group(Struct, frozen=True):
    """Parts that must be there, may be there (one of them must where nothing else must), and must not."""

    parts: tuple[tuple[Literal["must", "may", "not"], "Asked"], ...]


Asked = Term | Code | Between | All | Group


class FieldIndex:
    """An index in a folder. One process writes; readers see a commit when they next `search`."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self._folder = folder
        self._meta = folder / "meta.json"
        self._schema = _schema()
        self._now: tuple[object, Any] | None = None
        try:
            if make:
                folder.mkdir(parents=True)
                self._index = tantivy.Index(self._schema, path=str(folder))
            else:
                self._index, self._beside = open_index(folder)
        except ValueError as error:
            raise self._said(error) from None

    def add(self, documents: Iterable[Document]) -> int:
        """Index documents of things that are new; visible, and safe from a kill, when this returns."""
        return self.change((), documents)

    def change(self, gone: Iterable[tuple[str, str]], documents: Iterable[Document]) -> int:
        """Take things out, each by its kind and name, and index documents, all at once: a kill leaves what was or
        what is."""
        term, must = tantivy.Query.term_query, tantivy.Occur.Must
        try:
            writer = self._index.writer(_WRITER_BYTES, 1)
            for kind, thing in gone:
                named = ((must, term(self._schema, "kind", kind)), (must, term(self._schema, "thing", thing)))
                writer.delete_documents_by_query(tantivy.Query.boolean_query(named))
            count = 0
            for document in documents:
                writer.add_document(_document(document))
                count += 1
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
        except ValueError as error:
            raise self._said(error) from None
        return count

    def search(
        self, kind: str, asked: Asked, limit: int, offset: int = 0, without: Iterable[str] = ()
    ) -> tuple[int, list[tuple[str, float]]]:
        """How many of a kind fit, and (thing, score) of the best from `offset` on; never one of those `without`."""
        must, never = tantivy.Occur.Must, tantivy.Occur.MustNot
        of_kind = tantivy.Query.const_score_query(
            tantivy.Query.term_query(self._schema, "kind", kind), score=0.0
        )
        parts = [(must, of_kind), (must, self._query(asked))]
        if hidden := list(without):
            parts.append((never, tantivy.Query.term_set_query(self._schema, "thing", hidden)))
        try:
            searcher = self._searcher()
            query = tantivy.Query.boolean_query(parts)
            result: Any = searcher.search(query, max(limit, 1), count=True, offset=offset)
            hits = [(str(searcher.doc(place)["thing"][0]), float(score)) for score, place in result.hits]
        except ValueError as error:
            raise self._said(error) from None
        return int(result.count or 0), hits[:limit]

    def _searcher(self) -> Any:
        """Of the index as it is now: read anew where a commit, which replaces this file, came since."""
        mark = file_mark(self._meta)
        now = self._now
        if now is None or mark is None or now[0] != mark:
            self._index.reload()
            now = self._now = mark, self._index.searcher()
        return now[1]

    def _query(self, asked: Asked) -> Any:
        if isinstance(asked, Term):
            return self._term(asked)
        if isinstance(asked, Code) and asked.field == THING:
            return tantivy.Query.term_query(self._schema, "thing", asked.value)
        if isinstance(asked, Code):
            return tantivy.Query.term_query(self._schema, "codes", code(asked.field, asked.value))
        if isinstance(asked, Between):
            if asked.low is None and asked.high is None:
                return tantivy.Query.all_query()
            kind = tantivy.FieldType.Integer
            return tantivy.Query.range_query(self._schema, asked.field, kind, asked.low, asked.high)
        if isinstance(asked, All):
            return tantivy.Query.all_query()
        occur = {"must": tantivy.Occur.Must, "may": tantivy.Occur.Should, "not": tantivy.Occur.MustNot}
        parts = [(occur[how], self._query(part)) for how, part in asked.parts]
        if parts and all(how == "not" for how, _ in asked.parts):
            parts.append((tantivy.Occur.Must, tantivy.Query.all_query()))
        return tantivy.Query.boolean_query(parts) if parts else tantivy.Query.empty_query()

    def _term(self, term: Term) -> Any:
        tokens = fold(term.text)[:_MOST_TOKENS]
        if not tokens:
            return tantivy.Query.empty_query()
        should, must = tantivy.Occur.Should, tantivy.Occur.Must
        if term.phrase and len(tokens) > 1:
            options = [
                (should, self._weighed(field, tantivy.Query.phrase_query(self._schema, field, list(tokens))))
                for field in term.fields
            ]
            return tantivy.Query.boolean_query(options)
        words = []
        for place, token in enumerate(tokens):
            last = place == len(tokens) - 1
            options = []
            for field in term.fields:
                if last and term.prefix:
                    query = tantivy.Query.fuzzy_term_query(
                        self._schema, field, token, distance=_distance(term, token), prefix=True
                    )
                elif distance := _distance(term, token):
                    query = tantivy.Query.fuzzy_term_query(self._schema, field, token, distance=distance)
                else:
                    query = tantivy.Query.term_query(self._schema, field, token)
                options.append((should, self._weighed(field, query)))
            words.append((must, tantivy.Query.boolean_query(options)))
        return tantivy.Query.boolean_query(words)

    def _weighed(self, field: str, query: Any) -> Any:
        return tantivy.Query.boost_query(query, WORDS[field])

    def _said(self, error: ValueError) -> StoreFailed:
        return StoreFailed(
            f"{self._folder}: the index of fields cannot be used: {' '.join(str(error).split())[:300]}",
            "is the disk full? `onrecord match` makes the index again",
        )


#: A longer phrase is cut: what stands behind it hardly changes what fits.
_MOST_TOKENS: Final = 40


def _distance(term: Term, token: str) -> int:
    """How many letters may be wrong; in the shortest words none may."""
    return min(term.near, 2) if len(token) > 2 else 0


def code(field: str, value: str) -> str:
    """A code as it is indexed and asked for."""
    return f"{field}={value}".casefold().replace(" ", "_")[:200]


def day_of(date: str) -> int | None:
    """A date, or what is known of it, as a number: 20140620, 20140600, 20140000."""
    found = _DATE.fullmatch(date)
    return int("".join(part or "00" for part in found.groups())) if found else None


def dated(date: str) -> list[str]:
    """The codes by which a date is found."""
    return [f"date={date}", f"date={date[:4]}", f"date={date[:7]}"]


_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def leave_only(search: Path, name: str) -> None:
    """Remove indexes of fields but one. A reader in mid-search keeps its open files."""
    for folder in search.glob("fields-*"):
        if folder.name != name:
            shutil.rmtree(folder, ignore_errors=True)


def _document(document: Document) -> Any:
    made = tantivy.Document(kind=document.kind, thing=document.thing)
    for field, text in document.words.items():
        made.add_text(field, " ".join(fold(text)))
    made.add_text("codes", " ".join(code(*item.split("=", 1)) for item in document.codes))
    for field, number in document.numbers.items():
        made.add_integer(field, number)
    return made


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("thing", stored=True, tokenizer_name="raw", index_option="basic")
    for field in WORDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("codes", tokenizer_name="whitespace", index_option="basic")
    for field in NUMBERS:
        builder.add_integer_field(field, indexed=True, fast=True)
    return builder.build()
