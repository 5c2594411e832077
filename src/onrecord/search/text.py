# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text index (tantivy), behind an interface that another engine could serve: tokens and numbers, nothing else."""

import functools
import hashlib
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import tantivy
from msgspec import Struct

from onrecord.durable import file_mark
from onrecord.errors import StoreFailed
from onrecord.search.best import Best, Scored
from onrecord.search.facets import ALL, Facets
from onrecord.search.fold import stands_alone
from onrecord.search.opening import open_index
from onrecord.search.standing_for import StandingFor
from onrecord.search.variants import SHORTEST, guesses, number_may_be_wrong

_WRITER_BYTES: Final = 128 * 1024 * 1024
#: Tokens of a query that are asked for; more hardly change what fits.
_MOST_TOKENS: Final = 16
#: Of words that a mistyped one may stand for, so many, those of most things first.
_MOST_WORDS: Final = 40
#: A beginning this short is that of half the words: it stands for the commonest of them, alone and beside others.
_SHORT, _SHORT_BESIDE = 2, 1
#: So many of the commonest words a short beginning beside others stands for, and each that a mistyped one may be.
_MOST_BEGUN, _MOST_GUESSED = 300, 100
#: The fields, and how much a word in them counts.
_FIELDS: Final = (("name", 2.0), ("beside", 1.0))
#: With more words it is quicker to look for them in one go, however many things the index has.
_MOST_LISTED: Final = 64
#: Of what is found, so many are kept.
_KNOWN: Final = 1_000
#: What so many things have is a common word.
_MANY: Final = 20_000
#: The highest step of popularity that the index tells apart.
TOP_STEP: Final = 15
#: With more combinations of facets nothing is counted.
_MOST_COMBINATIONS: Final = 60_000
#: So many bits of a number are one term, the others another.
_BITS: Final = 6
_MUST: Final = tantivy.Occur.Must
_SHOULD: Final = tantivy.Occur.Should

#: How tokens have to be there. `whole`: each as it is. `typing`: as the last one of them may be a beginning. `one`: as
#: `typing`, but one word of them has one mistake. `spoilt`: as `whole`, but one word of them has one. `number`: as
#: `typing`, but one number beside words has a wrong digit. `each`: any word of them may have a mistake.
Mode = Literal["whole", "typing", "one", "spoilt", "number", "each"]


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """What is indexed of a thing: its number, its own name's tokens and those of names beside it, each with blanks
    between, its facets, and how popular it is, from 0 to 255: of that the index keeps sixteen steps. `combination`
    stands for its facets together: whoever writes gives each combination a number of its own."""

    number: int
    name: str
    beside: str
    facets: Sequence[str] = ()
    weight: int = 0
    combination: int = 0


class TextIndex:
    """An index in a folder. One process writes; readers see a commit when they next `search`."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        """Opens the index in a folder; with `make` a new one."""
        self._folder = folder
        self._meta = folder / "meta.json"
        self._schema = _schema()
        self._now: tuple[object, StandingFor] | None = None
        with _said(folder):
            if make:
                folder.mkdir(parents=True)
                self._index = tantivy.Index(self._schema, path=str(folder))
            else:
                self._index, self._beside = open_index(folder)

    def add(self, documents: Iterable[Document | str]) -> int:
        """Index documents whose numbers are new, or what `end_document` gives of them; visible, and safe from a kill,
        when this returns."""
        return self.change((), documents)

    def change(self, gone: Iterable[int], documents: Iterable[Document | str]) -> int:
        """Take numbers out and index documents, all at once: a kill leaves what was or what is, nothing between."""
        with _said(self._folder):
            writer = self._index.writer(_WRITER_BYTES, 1)
            for number in gone:
                writer.delete_documents_by_query(self._only(number))
            count = 0
            for document in documents:
                writer.add_json(document if isinstance(document, str) else _written(document))
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
        if not facets and k <= _KNOWN:
            best = self.best(tokens, mode)
            return list(zip(best.numbers[:k], best.scores[:k], strict=True))
        tokens = tuple(tokens[:_MOST_TOKENS])
        with _said(self._folder):
            words = self._words()
            asked = mode, tokens, facets, k
            found = words.narrowed.kept(asked, lambda: self._search(words, tokens, mode, facets, k))
            return list(zip(found.numbers, found.scores, strict=True))

    def _search(
        self, words: StandingFor, tokens: Sequence[str], mode: Mode, facets: Facets, k: int
    ) -> Scored:
        query, searcher = self._narrowed(self._query(words, list(tokens), mode), facets), words.searcher
        hits = searcher.search(query, k, count=False, weight_by_field="weight").hits
        numbers = searcher.fast_field_values("number", [address for _, address in hits])
        return Scored(
            array("q", (int(number or 0) for number in numbers)), array("d", (score for score, _ in hits))
        )

    def best(self, tokens: Sequence[str], mode: Mode) -> Best:
        """What there is of all tokens, many at once, whatever the facets: kept while the index is as it is, since a
        page of results asks in several ways, and whoever types asks it again."""
        tokens = tuple(tokens[:_MOST_TOKENS])
        with _said(self._folder):
            words = self._words()
            return words.best.kept((mode, *tokens), lambda: self._best(words, tokens, mode))

    def known(self, tokens: Sequence[str], mode: Mode) -> Best | None:
        """What `best` gave lately, None where it was not asked."""
        with _said(self._folder):
            return self._words().best.find((mode, *tokens[:_MOST_TOKENS]))

    def _best(self, words: StandingFor, tokens: Sequence[str], mode: Mode) -> Best:
        query, searcher = self._query(words, list(tokens), mode), words.searcher
        # All that fits is looked at to be weighed, so that a count costs nothing.
        found = searcher.search(query, _KNOWN, count=True, weight_by_field="weight")
        addresses = [address for _, address in found.hits]
        numbers, combinations = (
            array("q", (int(value or 0) for value in searcher.fast_field_values(field, addresses)))
            for field in ("number", "combination")
        )
        count = int(found.count or 0)
        words.counts.put((mode, *tokens), count)
        return Best(count, numbers, array("d", (score for score, _ in found.hits)), combinations)

    @property
    def schema(self) -> Any:
        """What queries for `fitting` are made of."""
        return self._schema

    def fitting(self, query: Any, facets: Facets, k: int, offset: int = 0) -> tuple[int, list[int]]:
        """How many fit a query that was made of `schema`, and the numbers of some, the best first."""
        with _said(self._folder):
            searcher = self._words().searcher
            narrowed = self._narrowed(query, facets)
            found = searcher.search(narrowed, max(k, 1), count=True, offset=offset, weight_by_field="weight")
            numbers = searcher.fast_field_values("number", [address for _, address in found.hits])
        return int(found.count or 0), [int(number or 0) for number in numbers][:k]

    def bearing(self, field: str, token: str) -> tuple[int, int]:
        """How many things have a token in a field, of how many."""
        with _said(self._folder):
            searcher = self._words().searcher
            return int(searcher.doc_freq(field, token)), int(searcher.num_docs)

    def having(self, facets: Sequence[str]) -> Any:
        """A query for what has one of these."""
        wanted = tantivy.Query.term_set_query(self._schema, "facets", list(map(_facet, facets)))
        return tantivy.Query.const_score_query(wanted, score=0.1)

    def only(self, number: int) -> Any:
        """A query for the document of a number."""
        return self._only(number)

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
            searcher = self._words().searcher
            hits = searcher.search(
                self._narrowed(behind, facets),
                k,
                count=False,
                order_by_field="number",
                order=tantivy.Order.Asc,
            ).hits
            return [int(found or 0) for found in searcher.fast_field_values("number", [at for _, at in hits])]

    def tally(
        self, tokens: Sequence[str], without: Sequence[int], least: int, most: int
    ) -> dict[int, int] | None:
        """How many documents of which combination have all tokens as they are typed; without tokens, how many there
        are. `without` are numbers that are not counted. None where more than `most` would be, or where tokens are in
        less than `least`."""
        with _said(self._folder):
            words = self._words()
            if tokens:
                best = self.best(tokens, "typing")
                if not least <= best.count <= most:
                    return None
                if best.is_all:
                    return best.tally(frozenset(without))
                query = self._query(words, list(tokens[:_MOST_TOKENS]), "typing")
                return self._combinations(words, query, without)
            key = tuple(without)
            if key not in words.tallies:
                if words.searcher.num_docs > most:
                    return None
                found = self._combinations(words, tantivy.Query.all_query(), without)
                if found is None:
                    return None
                words.tallies = {key: found}
            return words.tallies[key]

    def _fitting(self, words: StandingFor, asked: tuple[str, ...], query: Any) -> int:
        """How many `query` finds, which is made of a mode and tokens."""
        return words.counts.kept(asked, lambda: self._count(words, query))

    def _count(self, words: StandingFor, query: Any) -> int:
        return int(words.searcher.search(query, 1, count=True).count or 0)

    def _combinations(self, words: StandingFor, query: Any, without: Sequence[int]) -> dict[int, int] | None:
        hidden = [(tantivy.Occur.MustNot, self._only(number)) for number in without]
        whole = tantivy.Query.boolean_query([(_MUST, query), *hidden])
        terms = {
            "terms": {"field": "combination", "size": _MOST_COMBINATIONS, "segment_size": _MOST_COMBINATIONS}
        }
        answer = words.searcher.aggregate(whole, {"found": terms})["found"]
        if answer["sum_other_doc_count"] or answer["doc_count_error_upper_bound"]:
            return None
        return {int(each["key"]): int(each["doc_count"]) for each in answer["buckets"]}

    def _words(self) -> StandingFor:
        """The index as it is now: read anew where a commit, which replaces this file, came since."""
        mark = file_mark(self._meta)
        now = self._now
        if now is None or mark is None or now[0] != mark:
            self._index.reload()
            now = self._now = mark, StandingFor(self._index.searcher())
        return now[1]

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

    def _query(self, words: StandingFor, tokens: list[str], mode: Mode) -> Any:
        last = len(tokens) - 1
        begun = last if mode not in ("whole", "spoilt") else -1
        plain = [
            self._typed(words, token, alone=not last) if place == begun else self._word(token)
            for place, token in enumerate(tokens)
        ]
        if mode in ("whole", "typing"):
            return _all(plain)
        if mode == "number":
            return self._with_a_wrong_digit(words, tokens, plain)
        places = self._to_be_guessed(words, tokens, plain, mode) if mode in ("one", "spoilt") else None
        near = {
            place: self._near(words, tokens[place], guessed, beginning=place == begun)
            for place, guessed in guesses(tokens, places=places).items()
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

    def _to_be_guessed(
        self, words: StandingFor, tokens: list[str], plain: list[Any], mode: Mode
    ) -> list[int]:
        """Places of words in whose place another would find more. Where all the other words are in nothing but what has
        all as typed, none would: it is not worth hundreds of guesses."""
        as_typed: Mode = "typing" if mode == "one" else "whole"
        fitting = self._fitting(words, (as_typed, *tokens), _all(plain))
        last, places = len(tokens) - 1, []
        for place in range(len(tokens)):
            others = [token for other, token in enumerate(tokens) if other not in (place, last)]
            rarest = min((words.frequency(token) for token in others), default=_MANY)
            rest = [query for other, query in enumerate(plain) if other != place]
            # Of common words it would take longer to count than to guess.
            if rarest >= _MANY or self._count(words, _all(rest)) > fitting:
                places.append(place)
        return places

    def _with_a_wrong_digit(self, words: StandingFor, tokens: list[str], plain: list[Any]) -> Any:
        """One of the numbers is another, and all else is there, a word that is no number among it."""
        numbers = guesses(tokens, number_may_be_wrong)
        if not numbers or all(token.isdecimal() for token in tokens):
            return tantivy.Query.empty_query()
        near = {
            place: self._near(words, tokens[place], guessed, beginning=False)
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

    def _typed(self, words: StandingFor, token: str, *, alone: bool) -> Any:
        """A word, or one that begins so; the whole word counts more."""
        if stands_alone(token[0]):
            return self._word(token)
        query, options = tantivy.Query, [self._word(token)]
        for field, weight in _FIELDS:
            if len(token) <= (_SHORT if alone else _SHORT_BESIDE):
                begun = words.beginning(field, token, _MOST_WORDS if alone else _MOST_BEGUN)
                start = self._one_of(field, begun)
            elif len(begun := words.beginning(field, token, _MOST_LISTED + 1)) <= _MOST_LISTED:
                start = self._one_of(field, begun)
            else:
                start = query.fuzzy_term_query(self._schema, field, token, distance=0, prefix=True)
            options.append(query.boost_query(start, weight))
        return _any(options)

    def _near(self, words: StandingFor, token: str, guessed: Sequence[str], *, beginning: bool) -> Any:
        """Words with one mistake, those that are in the index; of the last word also such a beginning."""
        query, options = tantivy.Query, []
        for field, weight in _FIELDS:
            options += [
                query.boost_query(query.term_query(self._schema, field, word), weight / 2)
                for word in words.near(field, token, guessed, _MOST_WORDS)
            ]
            if beginning and len(token) >= SHORTEST:
                begun = words.near_beginning(field, token, guessed, _MOST_GUESSED)
                options.append(query.boost_query(self._one_of(field, begun), weight / 4))
        return _any(options) if options else query.empty_query()

    def _one_of(self, field: str, words: Sequence[str]) -> Any:
        """Any of these words; all count the same."""
        query = tantivy.Query
        if not words:
            return query.empty_query()
        if len(words) > _MOST_LISTED:
            return query.const_score_query(query.term_set_query(self._schema, field, list(words)), score=1.0)
        return query.const_score_query(
            _any([query.term_query(self._schema, field, word) for word in words]), score=1.0
        )


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


def begin_document(number: int, name: str, beside: str, facets: str, weight: int) -> str:
    """What is indexed of a `Document` but its combination, which `end_document` adds; `facets` have blanks between."""
    fields = _Fields(number, _place(number), weight >> 4, name, beside, _facets(facets))
    return _WRITTEN.encode(fields).decode()


def end_document(begun: str, combination: int) -> str:
    return f'{begun[:-1]},"combination":{combination}}}'


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


class _Fields(Struct, frozen=True):
    """A document as it is handed over: as JSON it costs half of what it does as an object of the index's own."""

    number: int
    place: tuple[int, int]
    weight: int
    name: str
    beside: str
    facets: msgspec.Raw


_WRITTEN: Final = msgspec.json.Encoder()


def _written(said: Document) -> str:
    begun = begin_document(said.number, said.name, said.beside, " ".join(said.facets), said.weight)
    return end_document(begun, said.combination)


def _place(number: int) -> tuple[int, int]:
    """A number as two terms that many share. As one of its own each would take seven bytes, of 30 in all."""
    return number >> _BITS, -1 - (number & (1 << _BITS) - 1)


@functools.lru_cache(maxsize=16_384)
def _facets(facets: str) -> msgspec.Raw:
    """Many things have the very same."""
    return msgspec.Raw(_WRITTEN.encode(list(map(_facet, facets.split()))))


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
    builder.add_integer_field("combination", fast=True)
    builder.add_text_field("name", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("beside", tokenizer_name="whitespace", index_option="basic")
    builder.add_integer_field("facets", indexed=True)
    return builder.build()
