# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text index (tantivy), behind an interface that another engine could serve: tokens and ids, nothing else."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from msgspec import Struct

from onrecord.errors import StoreFailed

_WRITER_BYTES = 64 * 1024 * 1024


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """What is indexed of a thing: its kind, its id, its own name's tokens, the tokens of names beside it."""

    kind: str
    id: str
    name: Sequence[str]
    beside: Sequence[str]


class TextIndex:
    """An index in a folder. One process writes; readers see a commit when they next `search`."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        """Opens the index in a folder; with `make` a new one."""
        self._folder = folder
        self._schema = _schema()
        with _said(folder):
            if make:
                folder.mkdir(parents=True)
                self._index = tantivy.Index(self._schema, path=str(folder))
            else:
                self._index = tantivy.Index.open(str(folder))

    def add(self, documents: Iterable[Document]) -> int:
        """Index documents, each in place of an older one with its id; visible when this returns."""
        with _said(self._folder):
            return self._add(documents)

    def _add(self, documents: Iterable[Document]) -> int:
        writer = self._index.writer(_WRITER_BYTES, 1)
        count = 0
        for document in documents:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(
                tantivy.Document(
                    id=document.id,
                    kind=document.kind,
                    name=" ".join(document.name),
                    beside=" ".join(document.beside),
                )
            )
            count += 1
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        return count

    def search(
        self, tokens: Sequence[str], kinds: Sequence[str] = (), limit: int = 20
    ) -> list[tuple[str, float]]:
        """(id, score) of the best matches. Every token must match: whole, as the beginning of a word, or with one
        letter wrong in words of four letters and more."""
        if not tokens:
            return []
        with _said(self._folder):
            self._index.reload()
            searcher = self._index.searcher()
            query = self._query(tokens, kinds)
            hits = searcher.search(query, limit).hits
            return [(str(searcher.doc(address)["id"][0]), float(score)) for score, address in hits]

    def _query(self, tokens: Sequence[str], kinds: Sequence[str]) -> Any:
        must = tantivy.Occur.Must
        parts = [(must, self._word(token)) for token in tokens[:16]]
        if kinds:
            parts.append((must, tantivy.Query.term_set_query(self._schema, "kind", list(kinds))))
        return tantivy.Query.boolean_query(parts)

    def _word(self, token: str) -> Any:
        query, should = tantivy.Query, tantivy.Occur.Should
        options = []
        for field, weight in (("name", 2.0), ("beside", 1.0)):
            exact = query.term_query(self._schema, field, token)
            start = query.fuzzy_term_query(self._schema, field, token, distance=0, prefix=True)
            options += [
                (should, query.boost_query(exact, 4.0 * weight)),
                (should, query.boost_query(start, weight)),
            ]
            if len(token) >= 4:
                near = query.fuzzy_term_query(self._schema, field, token, distance=1, prefix=True)
                options.append((should, query.boost_query(near, 0.3 * weight)))
        return query.boolean_query(options)


def point_to(search: Path, name: str) -> None:
    """Make `name` the index that readers open, and remove the others. A reader in mid-search keeps its open files."""
    part = search / "current.part"
    part.write_text(name, encoding="ascii")
    part.rename(search / "current")
    for folder in search.glob("text-*"):
        if folder.name != name:
            shutil.rmtree(folder, ignore_errors=True)


def current(search: Path) -> Path | None:
    """The index that readers open, None where nothing was indexed yet."""
    try:
        return search / (search / "current").read_text(encoding="ascii")
    except FileNotFoundError:
        return None


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """tantivy says everything as ValueError; here it is the disk, or what it holds."""
    try:
        yield
    except ValueError as error:
        raise StoreFailed(
            f"{folder}: the text index cannot be used: {' '.join(str(error).split())[:300]}",
            "is the disk full? `onrecord match` makes the index again",
        ) from None


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("name", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("beside", tokenizer_name="whitespace", index_option="freq")
    return builder.build()
