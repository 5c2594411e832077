# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint index: which sounds share terms with this one. An inverted index on disk, mapped into memory.

It consists of immutable segments (a log-structured merge tree). `current.json` names those that count and is replaced
as the last step of a change. Derived: it may be deleted and built again from the table of sounds.
"""

import itertools
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, Self

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from onrecord import durable
from onrecord.errors import IntegrityError, NewerFormat, StoreFailed

#: Sounds that may hold a key before it is passed over: silence and drones say nothing. It bounds a look-up, too: at
#: most `MOST_KEYS` times as many document numbers (1.2 million, 5 MB) are read, however large the index is.
COMMON: Final = 10_000
#: Keys of a question that are looked up, the first ones; a fingerprint has no more.
MOST_KEYS: Final = 120
#: Shared keys that make a candidate.
ENOUGH: Final = 4
#: Sounds that are sorted in memory at a time: about 300 MB with their keys and words.
RUN: Final = 1 << 14

FORMAT: Final = 1


class FingerprintIndex:
    """The index in a folder; an absent or empty folder is an empty index.

    An object answers from what it opened, until it makes a change itself; others keep what they have open. Only one
    process may change the index at a time: the caller holds a lock. Digests are SHA-256 in hexadecimal digits; what
    is no digest raises ValueError.
    """

    def __init__(self, folder: Path, *, common: int = COMMON, run: int = RUN) -> None:
        """Raises IntegrityError where a file is absent or has another length than it was written with."""
        self._folder = folder
        self._common = common
        self._run = run
        with _said(folder):
            self._segments = _open(folder)[1]

    def __len__(self) -> int:
        return sum(segment.live for segment in self._segments)

    def holds(self, sha256: str) -> bool:
        return self._find(sha256) is not None

    def words(self, sha256: str) -> bytes | None:
        """The bytes that were added with a sound, None where it is not held."""
        found = self._find(sha256)
        return found[0].words_of(found[1]) if found else None

    def candidates(self, keys: Sequence[int], limit: int = 20) -> list[tuple[str, int]]:
        """(digest, number of shared keys) of the sounds that share most, then by digest, at most `limit`.

        A candidate shares `ENOUGH` keys, or all where the question or the sound has fewer. Keys that more than
        `COMMON` sounds hold count for nothing; hidden sounds are counted with them until they are merged away.
        """
        asked = list(dict.fromkeys(keys))[:MOST_KEYS]
        if not asked:
            return []
        wanted = _checked(np.array(asked, np.int64))
        spans = [segment.spans(wanted) for segment in self._segments]
        held = sum((span[:, 1] - span[:, 0] for span in spans), np.zeros(len(wanted), np.int64))
        telling = np.flatnonzero(held <= self._common)
        found: list[tuple[str, int]] = []
        for segment, span in zip(self._segments, spans, strict=True):
            found += segment.best(span[telling], min(ENOUGH, len(asked)), max(0, limit))
        return sorted(found, key=lambda candidate: (-candidate[1], candidate[0]))[: max(0, limit)]

    def add(self, items: Iterable[tuple[str, Sequence[int], bytes]]) -> int:
        """Take in (digest, keys of 28 bits, words); returns how many were new. What is held already is left out.

        All or nothing: a kill leaves the index as it was, so a long list had better come in portions. The words are
        any bytes, given back as they are. Takes the memory of one run (`RUN`) whatever the size of the index, or 40
        bytes for each posting of its fullest bucket (a 65,536th of the keys) where that is more. Until the end the disk
        holds the old segments beside the new ones.
        """
        change = _Change(self._folder, self._run)
        before = change.live
        for run in _runs(items, self._run):
            change.spill(run)
            change.merge_down_to(_OPEN)
        change.merge_down_to(_MOST)
        added = change.live - before
        self._segments = change.commit()
        return added

    def remove(self, sha256s: Iterable[str]) -> int:
        """Hide sounds; returns how many were held. Their bytes leave the disk when their segment is next merged."""
        change = _Change(self._folder, self._run)
        before = change.live
        change.hide(_sorted_digests({_raw(sha256) for sha256 in sha256s}))
        removed = before - change.live
        self._segments = change.commit()
        return removed

    def check(self) -> None:
        """Read every byte of the index as it is now. Raises IntegrityError where one is not what was written.

        Not while it is changed: what was merged away would be missed.
        """
        for segment in _open(self._folder)[1]:
            segment.check()

    def _find(self, sha256: str) -> tuple["_Segment", int] | None:
        digest = _sorted_digests([_raw(sha256)])
        for segment in self._segments:
            number = int(segment.numbers_of(digest)[0])
            if number >= 0:
                return segment, number
        return None


#: Segments of an index at rest: each look-up asks all of them.
_MOST: Final = 8
#: Segments while an `add` is under way: more at once means that each sound is copied less often.
_OPEN: Final = 64
#: Postings that a merge sorts at a time, for each sound of a run.
_POSTINGS: Final = 128
_WORDS_OF_RUN: Final = 64 * 1024 * 1024
_KEY_BITS: Final = 28
_LOW_BITS: Final = 12
_BUCKETS: Final = 1 << (_KEY_BITS - _LOW_BITS)
#: The number of a hidden document in a merge.
_GONE: Final = 2**32 - 1
_HINT: Final = "delete search/fingerprints and run `onrecord match`: it makes the index again"

#: The files of a segment, whose documents are numbered in the order of their digests.
_FILES: Final = {
    "digests": "S32",  # SHA-256 by document number, ascending
    "offsets": "<u8",  # where the words of each document begin, and where the last ones end
    "words": "u1",
    "buckets": "<u8",  # where the postings of each value of a key's upper 16 bits begin, and where the last end
    "lows": "<u2",  # lower 12 bits of the key, by posting; postings ascend by key, then by document number
    "documents": "<u4",  # document number, by posting
    "short": "<u8",  # documents with 1 to 3 keys, ascending: number * 4 + keys
}

_Array = npt.NDArray[Any]
_Places = npt.NDArray[np.int64]
_Postings = npt.NDArray[np.uint64]
_Run = Mapping[bytes, tuple[Sequence[int], bytes]]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    size: int
    crc32: int


class _Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """A segment as `current.json` names it: its folder, its files in the order of `_FILES`, its tombstones."""

    name: str
    files: tuple[_File, ...]
    hidden: _File | None = None


class _Current(Struct, frozen=True, forbid_unknown_fields=True):
    """`next` is a number that no folder or file of the index had yet."""

    format: int = FORMAT
    next: int = 1
    segments: tuple[_Listed, ...] = ()


class _Format(Struct, frozen=True):
    format: int


class _Segment:
    """A segment, mapped into memory."""

    def __init__(self, folder: Path, listed: _Listed) -> None:
        self.folder = folder
        self.listed = listed
        parts = [
            _mapped(folder / listed.name, file, kind)
            for file, kind in zip(listed.files, _FILES.values(), strict=True)
        ]
        self.digests, self.offsets, self.words, self.buckets, self.lows, self.documents, self.short = parts
        none = np.zeros(0, np.dtype("<u4"))
        self.hidden = _mapped(folder, listed.hidden, "<u4") if listed.hidden else none

    @property
    def live(self) -> int:
        return len(self.digests) - len(self.hidden)

    def numbers_of(self, digests: _Array) -> _Places:
        """The document number of each digest, -1 where it is not held."""
        at = np.searchsorted(self.digests, digests)
        at = np.minimum(at, len(self.digests) - 1)
        return np.where((self.digests[at] == digests) & ~self.is_hidden(at), at, -1)

    def is_hidden(self, numbers: _Array) -> npt.NDArray[np.bool_]:
        return _within(numbers, self.hidden)

    def words_of(self, number: int) -> bytes:
        start, end = (int(offset) for offset in self.offsets[number : number + 2])
        if not start <= end <= len(self.words):
            raise self._damaged("offsets")
        return self.words[start:end].tobytes()

    def spans(self, keys: _Places) -> _Places:
        """Where the postings of each key begin (first column) and end (second column)."""
        high, low = keys >> _LOW_BITS, keys & (1 << _LOW_BITS) - 1
        starts, ends = self.buckets[high].astype(np.int64), self.buckets[high + 1].astype(np.int64)
        if (starts < 0).any() or (starts > ends).any() or (ends > len(self.lows)).any():
            raise self._damaged("buckets")
        # Of the array's own type: for another NumPy would convert the whole bucket.
        bounds = np.stack((low, low + 1), axis=1).astype("<u2")
        found = np.zeros((len(keys), 2), np.int64)
        for place, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            found[place] = start + self.lows[start:end].searchsorted(bounds[place])
        return found

    def best(self, spans: _Places, enough: int, limit: int) -> list[tuple[str, int]]:
        """(digest, shared keys) of the documents that occur most often in these postings, then by digest."""
        lists = [self.documents[start:end] for start, end in spans.tolist() if end > start]
        if not lists:
            return []
        numbers, shared = np.unique(self._often(np.concatenate(lists), enough), return_counts=True)
        if len(numbers) and numbers[-1] >= len(self.digests):
            raise self._damaged("documents")
        every = _within(numbers.astype(np.uint64) * np.uint64(4) + shared.astype(np.uint64), self.short)
        chosen = ((shared >= enough) | every) & ~self.is_hidden(numbers)
        numbers, shared = numbers[chosen], shared[chosen]
        order = np.lexsort((numbers, -shared))[:limit]
        return [(self._sha256(int(numbers[place])), int(shared[place])) for place in order.tolist()]

    def _often(self, documents: _Array, enough: int) -> _Array:
        """Leave out most of the documents that occur too seldom, by counting them in a small table first.

        Sorting what is left takes a tenth of the time.
        """
        mask = (1 << min(20, len(documents).bit_length())) - 1
        places = (documents & np.uint32(mask)).astype(np.intp)
        counts = np.bincount(places, minlength=mask + 1)
        counts[(self.short // 4 & np.uint64(mask)).astype(np.intp)] = enough
        return documents[counts[places] >= enough]

    def _sha256(self, number: int) -> str:
        return _whole(self.digests[number]).hex()

    def check(self) -> None:
        for file in self.listed.files:
            _check(self.folder / self.listed.name, file)
        if self.listed.hidden:
            _check(self.folder, self.listed.hidden)

    def _damaged(self, name: str) -> IntegrityError:
        return IntegrityError(f"{self.folder / self.listed.name / name}: damaged", _HINT)


class _Change:
    """The index as it will be: nothing of it counts until `commit`."""

    def __init__(self, folder: Path, run: int) -> None:
        self._folder = folder
        self._run = run
        with _said(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._current, self._segments = _open(folder)
            self._next = self._current.next
            _sweep(folder, self._current)

    @property
    def live(self) -> int:
        return sum(segment.live for segment in self._segments)

    def spill(self, run: _Run) -> None:
        """A segment of the sounds that are not held yet."""
        digests = _sorted_digests(run)
        fresh = np.ones(len(digests), np.bool_)
        for segment in self._segments:
            fresh &= segment.numbers_of(digests) < 0
        digests = digests[fresh]
        if len(digests):
            self._write(lambda writer: _sort_run(run, digests, writer))

    def merge_down_to(self, most: int) -> None:
        """Merge so that at most so many segments are left, and none half of which is hidden."""
        sizes = [segment.live for segment in self._segments]
        worn = {place for place, segment in enumerate(self._segments) if len(segment.hidden) > segment.live}
        chosen = [self._segments[place] for place in sorted(worn | set(_smallest(sizes, most)))]
        if not chosen:
            return
        for segment in chosen:
            segment.check()  # what is damaged must not be sealed anew
        self._segments = [segment for segment in self._segments if segment not in chosen]
        sources = [segment for segment in chosen if segment.live]
        if sources:
            self._write(lambda writer: _merge(sources, writer, self._run))
        committed = {listed.name for listed in self._current.segments}
        for segment in chosen:
            if segment.listed.name not in committed:
                shutil.rmtree(self._folder / segment.listed.name)

    def hide(self, digests: _Array) -> None:
        for place, segment in enumerate(self._segments):
            numbers = segment.numbers_of(digests)
            if (numbers < 0).all():
                continue
            hidden = np.union1d(segment.hidden, numbers[numbers >= 0]).astype("<u4").tobytes()
            name = self._name("hidden-")
            with _said(self._folder):
                (self._folder / name).write_bytes(hidden)
            file = _File(name, len(hidden), zlib.crc32(hidden))
            listed = msgspec.structs.replace(segment.listed, hidden=file)
            self._segments[place] = _Segment(self._folder, listed)

    def commit(self) -> list[_Segment]:
        """Make the change durable, then make it count, then remove what no longer does."""
        listed = tuple(segment.listed for segment in self._segments)
        if listed == self._current.segments:
            return self._segments
        current = _Current(FORMAT, self._next, listed)
        with _said(self._folder):
            for segment in set(listed) - set(self._current.segments):
                durable.sync_tree(self._folder / segment.name)
                if segment.hidden:
                    durable.sync(self._folder / segment.hidden.name)
            durable.sync(self._folder)
            durable.sync(self._folder.parent)
            durable.replace(self._folder / "current.json", msgspec.json.encode(current))
            _sweep(self._folder, current)
        return self._segments

    def _write(self, fill: "Callable[[_Writer], None]") -> None:
        name = self._name("")
        with _said(self._folder), _Writer(self._folder / name) as writer:
            fill(writer)
            files = writer.finish()
        self._segments.append(_Segment(self._folder, _Listed(name, files)))

    def _name(self, kind: str) -> str:
        name = f"{kind}{self._next:06}"
        self._next += 1
        return name


class _Writer:
    """Writes the files of a new segment, each from its beginning to its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = ExitStack()
        self._files: dict[str, IO[bytes]] = {}
        self._crc32 = dict.fromkeys(_FILES, 0)
        self._words = 0
        self._counts = np.zeros(_BUCKETS, np.int64)

    def __enter__(self) -> Self:
        self.folder.mkdir()
        for name in _FILES:
            self._files[name] = self._open.enter_context((self.folder / name).open("wb"))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def sounds(self, digests: _Array, words: Sequence[bytes]) -> None:
        """The next documents, digests ascending."""
        ends = np.cumsum([len(piece) for piece in words], dtype=np.uint64) + np.uint64(self._words)
        self._put("digests", digests.tobytes())
        self._put("offsets", np.concatenate(([self._words], ends[:-1])).astype("<u8").tobytes())
        self._put("words", b"".join(words))
        self._words = int(ends[-1])

    def postings(self, postings: _Postings) -> None:
        """The next postings, ascending: the key in the upper 32 bits, the document number in the lower."""
        keys = postings >> np.uint64(32)
        self._counts += np.bincount((keys >> np.uint64(_LOW_BITS)).astype(np.intp), minlength=_BUCKETS)
        self._put("lows", (keys & np.uint64((1 << _LOW_BITS) - 1)).astype("<u2").tobytes())
        self._put("documents", (postings & np.uint64(2**32 - 1)).astype("<u4").tobytes())

    def short(self, short: _Postings) -> None:
        self._put("short", short.astype("<u8").tobytes())

    def finish(self) -> tuple[_File, ...]:
        self._put("offsets", np.array([self._words], "<u8").tobytes())
        self._put("buckets", np.concatenate(([0], np.cumsum(self._counts))).astype("<u8").tobytes())
        sizes = {name: file.tell() for name, file in self._files.items()}
        self._open.close()
        return tuple(_File(name, sizes[name], self._crc32[name]) for name in _FILES)

    def _put(self, name: str, data: bytes) -> None:
        self._files[name].write(data)
        self._crc32[name] = zlib.crc32(data, self._crc32[name])


def _sort_run(run: _Run, digests: _Array, writer: _Writer) -> None:
    """The segment of those sounds of a run that have these digests."""
    items = [run[_whole(digest)] for digest in digests]
    lists = [np.fromiter(keys, np.int64) for keys, _ in items]
    keys = _checked(np.concatenate(lists)).astype(np.uint64)
    owners = np.repeat(np.arange(len(items), dtype=np.uint64), [len(each) for each in lists])
    postings = np.unique(keys << np.uint64(32) | owners)
    counts = np.bincount((postings & np.uint64(2**32 - 1)).astype(np.intp), minlength=len(items))
    short = np.flatnonzero((counts > 0) & (counts < ENOUGH))
    writer.sounds(digests, [words for _, words in items])
    writer.postings(postings)
    writer.short((short * 4 + counts[short]).astype(np.uint64))


def _merge(sources: Sequence[_Segment], writer: _Writer, run: int) -> None:
    """One segment of several: the same bytes as if all their sounds that are not hidden had come at once."""
    starts = list(itertools.accumulate((len(source.digests) for source in sources), initial=0))
    # On disk, because it has 4 bytes for each sound: written in order, then read where a posting points.
    scratch = writer.folder / "numbers"
    with scratch.open("wb") as file:
        _merge_sounds(sources, starts, file, writer, run)
    numbers = np.memmap(scratch, "<u4", "r")
    short = [_short(source, numbers[start:]) for source, start in zip(sources, starts, strict=False)]
    writer.short(np.sort(np.concatenate(short)))
    for first, last in _bucket_ranges(sources, _POSTINGS * run):
        found = [
            _postings(source, first, last, numbers[start:])
            for source, start in zip(sources, starts, strict=False)
        ]
        writer.postings(np.sort(np.concatenate(found)))
    scratch.unlink()


def _merge_sounds(
    sources: Sequence[_Segment], starts: Sequence[int], numbers: IO[bytes], writer: _Writer, run: int
) -> None:
    """Write digests and words in the order of digests, a range of them at a time, and each sound's new number."""
    ranges = starts[-1] // run + 1
    # Digests are evenly spread, so equal ranges hold about as many of them.
    edges = np.array([((i << 64) // ranges).to_bytes(8, "big") for i in range(1, ranges)], "S32")
    cuts = [[0, *np.searchsorted(source.digests, edges).tolist(), len(source.digests)] for source in sources]
    written = 0
    for part in range(ranges):
        old = [np.arange(cut[part], cut[part + 1]) for cut in cuts]
        live = [~source.is_hidden(each) for source, each in zip(sources, old, strict=True)]
        pairs = [(source, each[seen]) for source, each, seen in zip(sources, old, live, strict=True)]
        digests = np.concatenate([source.digests[each] for source, each in pairs])
        words = [source.words_of(number) for source, each in pairs for number in each.tolist()]
        order = np.argsort(digests)
        if words:
            writer.sounds(digests[order], [words[place] for place in order.tolist()])
        new = np.full(sum(map(len, old)), _GONE, "<u4")
        new[np.flatnonzero(np.concatenate(live))[order]] = np.arange(written, written + len(order))
        for cut, start, each in zip(
            cuts, starts, np.split(new, np.cumsum([*map(len, old)])[:-1]), strict=False
        ):
            numbers.seek(4 * (start + cut[part]))
            numbers.write(each.tobytes())
        written += len(order)


def _bucket_ranges(sources: Sequence[_Segment], most: int) -> list[tuple[int, int]]:
    """Ranges of buckets that hold so many postings together, or one bucket more."""
    ends = np.zeros(_BUCKETS + 1, np.int64)
    for source in sources:
        ends += source.buckets.astype(np.int64)
    cuts = np.searchsorted(ends, np.arange(most, int(ends[-1]), most))
    return list(itertools.pairwise(np.unique(np.concatenate(([0], cuts, [_BUCKETS]))).tolist()))


def _postings(source: _Segment, first: int, last: int, numbers: _Array) -> _Postings:
    """A source's postings of some buckets with the new document numbers, without the hidden ones."""
    bounds = source.buckets[first : last + 1].astype(np.int64)
    lows = source.lows[bounds[0] : bounds[-1]].astype(np.uint64)
    new = numbers[source.documents[bounds[0] : bounds[-1]]].astype(np.uint64)
    keys = np.repeat(np.arange(first, last, dtype=np.uint64), np.diff(bounds)) << np.uint64(_LOW_BITS) | lows
    postings: _Postings = keys << np.uint64(32) | new
    return _left(postings, new)


def _short(source: _Segment, numbers: _Array) -> _Postings:
    """A source's `short` with the new document numbers, without the hidden ones."""
    new = numbers[source.short // 4].astype(np.uint64)
    short: _Postings = new * np.uint64(4) + source.short % 4
    return _left(short, new)


def _left(values: _Postings, new: _Array) -> _Postings:
    """Those whose document is not gone."""
    left: _Postings = values[new != _GONE]
    return left


def _smallest(sizes: Sequence[int], most: int) -> list[int]:
    """Which segments to merge so that `most` are left: the smallest, and others that are no larger than these together.

    So a sound is copied again only into a segment that is about twice as large: a few times in all.
    """
    if len(sizes) <= most:
        return []
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    count = len(sizes) - most + 1
    together = sum(sizes[place] for place in order[:count])
    while count < len(order) and sizes[order[count]] <= together:
        together += sizes[order[count]]
        count += 1
    return order[:count]


def _runs(items: Iterable[tuple[str, Sequence[int], bytes]], most: int) -> Iterator[_Run]:
    """The items in portions that fit into memory; of several with one digest in a portion the first."""
    run: dict[bytes, tuple[Sequence[int], bytes]] = {}
    size = 0
    for sha256, keys, words in items:
        if run.setdefault(_raw(sha256), (keys, words))[1] is words:
            size += len(words)
        if len(run) >= most or size >= _WORDS_OF_RUN:
            yield run
            run, size = {}, 0
    if run:
        yield run


def _raw(sha256: str) -> bytes:
    digest = bytes.fromhex(sha256)
    if len(digest) != 32:
        raise ValueError(f"expected the 64 digits of a SHA-256, got {sha256!r}")
    return digest


def _within(values: _Array, ascending: _Array) -> npt.NDArray[np.bool_]:
    """Which values stand in a list, which is not sorted again for it."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(ascending, values.astype(ascending.dtype)), len(ascending) - 1)
    found: npt.NDArray[np.bool_] = ascending[at] == values
    return found


def _whole(digest: bytes) -> bytes:
    """A digest as it was: NumPy gives strings without the zero bytes at their end."""
    return digest.ljust(32, b"\0")


def _sorted_digests(digests: Iterable[bytes]) -> _Array:
    return np.array(sorted(digests), "S32")


def _checked(keys: _Places) -> _Places:
    if len(keys) and not 0 <= int(keys.min()) <= int(keys.max()) < 1 << _KEY_BITS:
        raise ValueError(f"expected keys of {_KEY_BITS} bits, got {keys.min()} to {keys.max()}")
    return keys


def _open(folder: Path) -> tuple[_Current, list[_Segment]]:
    content: bytes | None = None
    tried = False
    while True:
        before, content = content, _content(folder / "current.json")
        try:
            current = _decode(folder, content) if content is not None else _Current()
            return current, [_Segment(folder, listed) for listed in current.segments]
        except IntegrityError:
            # A change may have come between reading the names and opening the files: then the names are others now.
            if tried and content == before:
                raise
            tried = True


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _decode(folder: Path, content: bytes) -> _Current:
    try:
        if (found := msgspec.json.decode(content, type=_Format).format) > FORMAT:
            raise NewerFormat(
                f"{folder}: expected format {FORMAT} of the fingerprint index, got {found}", _HINT
            )
        return msgspec.json.decode(content, type=_Current)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"{folder / 'current.json'}: damaged: {error}", _HINT) from None


def _mapped(folder: Path, file: _File, kind: str) -> _Array:
    path = folder / file.name
    try:
        size = path.stat().st_size
        if size == file.size:
            # A plain array over the map: it is quicker to cut than a memmap, and an empty file cannot be mapped.
            return np.asarray(np.memmap(path, kind, "r")) if size else np.zeros(0, kind)
    except FileNotFoundError:
        raise IntegrityError(f"{path}: absent", _HINT) from None
    raise IntegrityError(f"{path}: expected {file.size} bytes, got {size}", _HINT)


def _check(folder: Path, file: _File) -> None:
    crc32 = 0
    with (folder / file.name).open("rb") as opened:
        while chunk := opened.read(1 << 20):
            crc32 = zlib.crc32(chunk, crc32)
    if crc32 != file.crc32:
        raise IntegrityError(f"{folder / file.name}: damaged", _HINT)


def _sweep(folder: Path, current: _Current) -> None:
    """Remove what does not count: left by a kill, or merged into another segment."""
    kept = {"current.json"} | {listed.name for listed in current.segments}
    kept |= {listed.hidden.name for listed in current.segments if listed.hidden}
    for path in folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreFailed(
            f"{folder}: the fingerprint index cannot be used: {error}",
            "is the disk full? `onrecord match` goes on when there is room",
        ) from None
