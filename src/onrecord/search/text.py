# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text index (tantivy), behind an interface that another engine could serve: tokens and numbers, nothing else."""

import functools
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import tantivy
from msgspec import Struct

from onrecord.errors import StoreFailed
from onrecord.search.facets import ALL, Facets
from onrecord.search.fold import stands_alone
from onrecord.search.variants import SHORTEST, guesses, number_may_be_wrong

_WRITER_BYTES: Final = 128 * 1024 * 1024
#: Tokens of a query that are asked for; more hardly change what fits.
_MOST_TOKENS: Final = 16
#: Of words that a mistyped one may stand for, so many, those of most things first.
_MOST_WORDS: Final = 40
#: A beginning this short is that of half the words: alone it stands for the commonest of them.
_SHORT: Final = 2
#: The fields, and how much a word in them counts.
_FIELDS: Final = (("name", 2.0), ("beside", 1.0))
#: The highest step of popularity that the index tells apart.
TOP_STEP: Final = 15
#: So many bits of a number are one term, the others another.
_BITS: Final = 6
_MUST: Final = tantivy.Occur.Must
_SHOULD: Final = tantivy.Occur.Should

#: How tokens have to be there. `whole`: each as it is. `typing`: as the last one of them may be a beginning. `one`: as
#: `typing`, but one word of them has one mistake. `number`: as `typing`, but one number beside words has a wrong digit.
#: `each`: any word of them may have a mistake.
Mode = Literal["whole", "typing", "one", "number", "each"]


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """What is indexed of a thing: its number, its own name's tokens, the tokens of names beside it, its facets, and
    how popular it is, from 0 to 255: of that the index keeps sixteen steps."""

    number: int
    name: Sequence[str]
    beside: Sequence[str]
    facets: Sequence[str] = ()
    weight: int = 0


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
        """Index documents whose numbers are new; visible, and safe from a kill, when this returns."""
        return self.change((), documents)

    def change(self, gone: Iterable[int], documents: Iterable[Document]) -> int:
        """Take numbers out and index documents, all at once: a kill leaves what was or what is, nothing between."""
        with _said(self._folder):
            writer = self._index.writer(_WRITER_BYTES, 1)
            for number in gone:
                writer.delete_documents_by_query(self._only(number))
            count = 0
            for document in documents:
                writer.add_document(_document(document))
                count += 1
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
        return count

    def search(
        self, tokens: Sequence[str], mode: Mode = "typing", facets: Facets = ALL, k: int = 20
    ) -> list[tuple[int, float]]:
        """(number, score) of the best matches of all tokens."""
        if not tokens:
            return []
        with _said(self._folder):
            self._index.reload()
            searcher = self._index.searcher()
            query = self._query(searcher, list(tokens[:_MOST_TOKENS]), mode)
            hits = searcher.search(
                self._narrowed(query, facets), k, count=False, weight_by_field="weight"
            ).hits
            numbers = searcher.fast_field_values("number", [address for _, address in hits])
            return [
                (int(number or 0), float(score)) for number, (score, _) in zip(numbers, hits, strict=True)
            ]

    def listed(self, facets: Facets, step: int, after: int, k: int) -> list[int]:
        """Numbers of one step of popularity (0 to 15) behind the number `after`, in their order."""
        number, query = tantivy.FieldType.Integer, tantivy.Query
        behind = _all(
            [
                query.range_query(self._schema, "weight", number, step, step),
                query.range_query(self._schema, "number", number, after + 1, None),
            ]
        )
        with _said(self._folder):
            self._index.reload()
            searcher = self._index.searcher()
            hits = searcher.search(
                self._narrowed(behind, facets),
                k,
                count=False,
                order_by_field="number",
                order=tantivy.Order.Asc,
            ).hits
            return [int(found or 0) for found in searcher.fast_field_values("number", [at for _, at in hits])]

    def _narrowed(self, query: Any, facets: Facets) -> Any:
        if not facets:
            return query
        parts = [(_MUST, query)]
        for values in facets.any_of:
            wanted = tantivy.Query.term_set_query(self._schema, "facets", list(map(_facet, values)))
            parts.append((_MUST, tantivy.Query.const_score_query(wanted, score=0.0)))
        if facets.none_of:
            unwanted = tantivy.Query.term_set_query(self._schema, "facets", list(map(_facet, facets.none_of)))
            parts.append((tantivy.Occur.MustNot, unwanted))
        return tantivy.Query.boolean_query(parts)

    def _only(self, number: int) -> Any:
        """The document of a number."""
        return _all([tantivy.Query.term_query(self._schema, "place", part) for part in _place(number)])

    def _query(self, searcher: Any, tokens: list[str], mode: Mode) -> Any:
        last = len(tokens) - 1
        plain = [
            self._typed(searcher, token, alone=not last)
            if mode != "whole" and place == last
            else self._word(token)
            for place, token in enumerate(tokens)
        ]
        if mode in ("whole", "typing"):
            return _all(plain)
        if mode == "number":
            return self._with_a_wrong_digit(searcher, tokens, plain)
        near = {
            place: self._near(searcher, tokens[place], guessed, beginning=place == last)
            for place, guessed in guesses(tokens).items()
        }
        if mode == "each":
            return _all([near.get(place, query) for place, query in enumerate(plain)])
        options = [
            _all([query if other == place else plain[other] for other in range(len(tokens))])
            for place, query in near.items()
        ]
        options += [
            _all(
                [query for other, query in enumerate(plain) if other not in spoilt]
                + list(map(self._word, left))
            )
            for spoilt, left in _with_a_wrong_character(tokens)
        ]
        return _any(options) if options else tantivy.Query.empty_query()

    def _with_a_wrong_digit(self, searcher: Any, tokens: list[str], plain: list[Any]) -> Any:
        """One of the numbers is another, and all else is there, a word that is no number among it."""
        numbers = guesses(tokens, number_may_be_wrong)
        if not numbers or all(token.isdecimal() for token in tokens):
            return tantivy.Query.empty_query()
        near = {
            place: self._near(searcher, tokens[place], guessed, beginning=False)
            for place, guessed in numbers.items()
        }
        return _any([_all([*plain[:place], query, *plain[place + 1 :]]) for place, query in near.items()])

    def _word(self, token: str) -> Any:
        query = tantivy.Query
        return _any(
            [
                query.boost_query(query.term_query(self._schema, field, token), weight)
                for field, weight in _FIELDS
            ]
        )

    def _typed(self, searcher: Any, token: str, *, alone: bool) -> Any:
        """A word, or one that begins so; the whole word counts more."""
        if stands_alone(token[0]):
            return self._word(token)
        query, options = tantivy.Query, [self._word(token)]
        for field, weight in _FIELDS:
            if alone and len(token) <= _SHORT:
                words = [word for word, _ in searcher.terms_with_prefix(field, token, limit=_MOST_WORDS)]
                start = query.const_score_query(query.term_set_query(self._schema, field, words), score=1.0)
            else:
                start = query.fuzzy_term_query(self._schema, field, token, distance=0, prefix=True)
            options.append(query.boost_query(start, weight))
        return _any(options)

    def _near(self, searcher: Any, token: str, guessed: Sequence[str], *, beginning: bool) -> Any:
        """Words with one mistake, those that are in the index; of the last word also such a beginning."""
        query, options = tantivy.Query, []
        for field, weight in _FIELDS:
            known = [(searcher.doc_freq(field, guess), guess) for guess in guessed]
            best = sorted((pair for pair in known if pair[0]), reverse=True)[:_MOST_WORDS]
            options += [
                query.boost_query(query.term_query(self._schema, field, word), weight / 2) for _, word in best
            ]
            if beginning and len(token) >= SHORTEST:
                start = query.fuzzy_term_query(self._schema, field, token, distance=1, prefix=True)
                options.append(query.boost_query(start, weight / 4))
        return _any(options) if options else query.empty_query()


def _with_a_wrong_character(tokens: Sequence[str]) -> Iterator[tuple[set[int], list[str]]]:
    """A wrong character spoils the pairs that it is in: (their places, what is left of them), for each character."""
    pairs = [place for place, token in enumerate(tokens) if len(token) == 2 and stands_alone(token[0])]
    if len(pairs) < 3:
        return
    joined = {place for place in pairs if place + 1 in pairs and tokens[place][1] == tokens[place + 1][0]}
    for place in pairs:
        if place in joined:
            yield {place, place + 1}, [tokens[place][0], tokens[place + 1][1]]
        else:
            yield {place}, [tokens[place][0]]
        if place - 1 not in joined:
            yield {place}, [tokens[place][1]]


def leave_only(search: Path, name: str) -> None:
    """Remove the indexes that are not `name`. A reader in mid-search keeps its open files."""
    for folder in search.glob("text-*"):
        if folder.name != name:
            shutil.rmtree(folder, ignore_errors=True)


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


def _all(parts: Sequence[Any]) -> Any:
    return tantivy.Query.boolean_query([(_MUST, part) for part in parts])


def _any(parts: Sequence[Any]) -> Any:
    return tantivy.Query.boolean_query([(_SHOULD, part) for part in parts])


def _document(document: Document) -> Any:
    return tantivy.Document(
        number=document.number,
        place=_place(document.number),
        weight=document.weight >> 4,
        name=" ".join(document.name),
        beside=" ".join(document.beside),
        facets=list(map(_facet, document.facets)),
    )


def _place(number: int) -> list[int]:
    """A number as two terms that many share. As one of its own each would take seven bytes, of 30 in all."""
    return [number >> _BITS, -1 - (number & (1 << _BITS) - 1)]


@functools.lru_cache(maxsize=4096)
def _facet(facet: str) -> int:
    """A facet as a number of 63 bits: fields of numbers keep no lengths, fields of text a byte a document."""
    return (
        int.from_bytes(hashlib.blake2b(facet.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
        >> 1
    )


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    # Signed: from Python an unsigned fast field cannot be ordered by.
    builder.add_integer_field("number", fast=True)
    builder.add_integer_field("place", indexed=True)
    builder.add_integer_field("weight", fast=True)
    builder.add_text_field("name", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("beside", tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field("facets", indexed=True)
    return builder.build()
