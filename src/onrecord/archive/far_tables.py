# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has an archive's tables, log and editions in a bucket as well, and opens the archive from there (format clause 6.7).

```
catalog/<table>/<seq>.parquet   a segment, as it was committed; never written twice
log/<first>-<digest>.jsonl      a file of the log up to the entry that the head names
lists/, files/, feed/           the archive's own editions (`far_editions`)
onrecord-tables.json            the head: what of it counts, put last
```

What is put was committed here before, so that a bucket that does not answer is behind, and keeps nobody from writing.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from onrecord.archive import far_editions
from onrecord.archive.settings import Settings
from onrecord.durable import replace, settle, sha256_of
from onrecord.errors import IntegrityError, NewerFormat, NotFound, StoreFailed, UsageError
from onrecord.ledger import Segment, alone
from onrecord.store.objects import AT_ONCE, Objects
from onrecord.store.roots import damaged
from onrecord.store.s3 import S3Settings, read_place

if TYPE_CHECKING:
    from onrecord.archive.core import Archive

HEAD: Final = "onrecord-tables.json"
FORMAT: Final = 1
#: What `open_from` makes beside `placed`, and the settings until all is there: they say that the folder is its own.
_PARTS: Final = ("log", "catalog", "search", "editions")
_OPENING: Final = "onrecord.toml.opening"
#: Segments after which it is noted how far everything came.
_PORTION: Final = 64


class Head(Struct, frozen=True):
    """The archive as it was after entry `seq`: the files of its log by their keys, with their digests, the lists of its
    editions, and the text of its settings."""

    format: int
    archive: str
    seq: int
    hash: str
    log: dict[str, str]
    settings: str
    editions: dict[str, str] = msgspec.field(default_factory=dict)


class PutReport(Struct):
    """`put` segments of so many bytes went there; it has everything up to entry `seq`. `notes` are about its server."""

    place: str
    seq: int
    put: int = 0
    bytes: int = 0
    notes: list[str] = msgspec.field(default_factory=list)


class VerifyReport(Struct):
    """`bad` of so many files were not what they had been, or gone: set aside there, and put anew."""

    place: str
    files: int = 0
    bytes: int = 0
    bad: list[str] = msgspec.field(default_factory=list)


class _Mark(Struct, frozen=True):
    """What is there, as far as this machine knows. `log` are keys that are there, or may be."""

    place: str
    seq: int = 0
    hash: str = ""
    log: tuple[str, ...] = ()
    editions: dict[str, str] = msgspec.field(default_factory=dict)


def behind(archive: "Archive") -> int:
    """Entries of the log that the bucket does not have yet; 0 also where the settings name none."""
    return archive.ledger.seq - _marked(archive).seq if archive.settings.store.tables else 0


def put(archive: "Archive", progress: Callable[[int, int], None] = lambda segments, size: None) -> PutReport:
    """Put what was committed since the last time. Others may write meanwhile; a run that is killed is gone on with.

    Raises UsageError where the settings name no place, StoreFailed where it does not answer, or where something else
    lies there: another archive, or another copy of this one that goes its own way.
    """
    objects, folder = _objects(archive.folder, archive.settings), archive.folder / "placed"
    with alone(folder / "tables.lock", archive.folder, "is putting tables into a bucket (`store tables`)"):
        objects.sweep()
        mark, last = _marked(archive), archive.log.last
        assert last is not None  # an archive without an entry cannot be opened
        report = PutReport(str(objects.where), last.seq, notes=list(objects.notes()))
        mark = _agreed(archive, objects, mark)
        segments = [item for item in archive.ledger.segments() if mark.seq < item[1] <= last.seq]
        for at in range(0, len(segments), _PORTION):
            portion = segments[at : at + _PORTION]
            report.bytes += _put_all(archive, objects, [segment for segment, _ in portion])
            report.put += len(portion)
            progress(report.put, report.bytes)
            # Those of one entry belong together: what comes next may be more of the last one's.
            mark = _note(archive, msgspec.structs.replace(mark, seq=portion[-1][1] - 1))
        log = {}
        for key, content in _log(archive, last.seq):
            log[key] = hashlib.sha256(content).hexdigest()
            if key not in mark.log:
                mark = _note(archive, msgspec.structs.replace(mark, log=(*mark.log, key)))
                objects.put_over(key, content)
        text = (archive.folder / "onrecord.toml").read_text("utf-8")
        editions = far_editions.put(archive, objects, mark.editions, last.seq)
        head = Head(FORMAT, archive.id, last.seq, last.hash, log, text, editions)
        objects.put_over(HEAD, msgspec.json.encode(head))
        for key in set(mark.log) - log.keys():
            objects.remove(key)
        far_editions.tidy(archive, objects, mark.editions, editions)
        _note(archive, _Mark(str(objects.where), last.seq, last.hash, tuple(log), editions))
    return report


def verify(
    archive: "Archive", progress: Callable[[int, int], None] = lambda segments, size: None
) -> VerifyReport:
    """Read every segment, every file of the log, and every list and file of editions there again. What is damaged or
    gone is set aside and put anew, from what is here; where that is cut short, the next `put` goes on with it."""
    objects, folder = _objects(archive.folder, archive.settings), archive.folder / "placed"
    report = VerifyReport(str(objects.where))
    with alone(folder / "tables.lock", archive.folder, "is putting tables into a bucket (`store tables`)"):
        mark = _marked(archive)
        for what, key, size, whole, without, anew in _looked(archive, objects, mark):
            if not whole:
                report.bad.append(what)
                # Until it is there again, the mark says that it is not.
                _note(archive, without)
                objects.move(key, f"quarantine/{key}")
                anew()
                _note(archive, mark)
            report.files, report.bytes = report.files + 1, report.bytes + size
            progress(report.files, report.bytes)
    return report


def bring(folder: Path, settings: Settings, segments: Iterable[Segment]) -> None:
    """Have these segments in the archive's folder; those that are lacking come from the bucket, if the settings name
    one, and are verified. Raises NotFound, StoreFailed, IntegrityError."""
    if not settings.store.tables:
        return
    lacking = [segment for segment in segments if not (folder / _key(segment)).is_file()]
    if not lacking:
        return
    objects = _objects(folder, settings)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda segment: _bring(objects, folder, segment), lacking))


def open_from(url: str, folder: Path, settings: S3Settings) -> int:
    """Make the archive anew in a new folder, from the place that has its tables; gives the number of its last entry. A
    folder that a killed run left is begun anew.

    Its tables come when it is opened, which makes the rest again from them. Raises NotFound where nothing is there.
    """
    _refuse_what_is_kept(folder)
    objects = Objects(read_place(url), settings, folder / "placed" / "uploading-tables")
    head = _head(objects)
    if head is None:
        raise NotFound(f"{objects.where}: no tables are here", "`onrecord store tables` puts them there")
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / _OPENING, head.settings.encode())
    with alone(folder / "placed" / "tables.lock", folder, "is opening the archive there (`store open`)"):
        _refuse_what_is_kept(folder)
        for part in _PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)  # a killed run's
            (folder / part).mkdir()
        _make(folder, objects, head)
        # Written last: a folder with settings is an archive.
        settle(folder / _OPENING, folder / "onrecord.toml")
    return head.seq


def _refuse_what_is_kept(folder: Path) -> None:
    """Nothing is made in a folder that holds something, but for what a killed `open_from` left of itself."""
    if (folder / "onrecord.toml").exists():
        raise UsageError(
            f"{folder}: an archive is here already", "run commands on it, or choose another folder"
        )
    names = (
        {""} if folder.is_file() else {path.name for path in folder.iterdir()} if folder.exists() else set()
    )
    others = names - {_OPENING, f"{_OPENING}.part"}
    if others and (_OPENING not in names or others - {*_PARTS, "placed"}):
        raise UsageError(f"{folder}: expected a folder that is empty or new", "choose another, or empty it")


def _make(folder: Path, objects: Objects, head: Head) -> None:
    for key, digest in head.log.items():
        content = _content(objects, key)
        if (found := hashlib.sha256(content).hexdigest()) != digest:
            raise damaged(f"{objects.where}/{key}", digest, found)
        replace(folder / "log" / f"{Path(key).stem.partition('-')[0]}.jsonl", content)
    far_editions.bring(folder, objects, head.editions)
    mark = _Mark(str(objects.where), head.seq, head.hash, tuple(head.log), head.editions)
    replace(folder / "placed" / "tables.json", msgspec.json.encode(mark))


def _agreed(archive: "Archive", objects: Objects, mark: _Mark) -> _Mark:
    """The mark, where what the head says is of this archive; a new one where there was a head and is none."""
    head = _head(objects)
    if head is None:
        return _Mark(mark.place) if mark.hash else mark
    if (head.archive, head.seq, head.hash) == (archive.id, mark.seq, mark.hash):
        return mark
    entry = next(iter(archive.log.entries(after=head.seq - 1)), None) if head.archive == archive.id else None
    if entry is None or entry.hash != head.hash:
        raise StoreFailed(
            f"{objects.where}: another archive's tables are here, or another copy of this one wrote there"
            f" (entry {head.seq} of archive {head.archive})",
            "nothing was changed; let one machine write alone, or name a place of its own in [store] tables",
        )
    return mark


def _put_all(archive: "Archive", objects: Objects, segments: Sequence[Segment]) -> int:
    objects.honesty()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(lambda segment: _put(archive, objects, segment), segments))


def _put(archive: "Archive", objects: Objects, segment: Segment) -> int:
    path, key = archive.folder / _key(segment), _key(segment)
    if not objects.put(path, segment.sha256, key):
        raise StoreFailed(
            f"{objects.where}/{key}: something else lies there, which is not of this archive",
            "name a place of its own in [store] tables, or remove it",
        )
    return path.stat().st_size


def _looked(
    archive: "Archive", objects: Objects, mark: _Mark
) -> Iterator[tuple[str, str, int, bool, _Mark, Callable[[], object]]]:
    """(what, key, bytes, is it whole, the mark without it, what puts it anew) of each object that should be there."""
    for segment, seq in archive.ledger.segments():
        if seq <= mark.seq:
            key, anew = _key(segment), partial(_put, archive, objects, segment)
            size = (archive.folder / key).stat().st_size
            whole = _is_whole(objects, key, segment.sha256, size)
            yield key, key, size, whole, msgspec.structs.replace(mark, seq=seq - 1), anew
    for key, content in _log(archive, mark.seq):
        whole = _is_whole(objects, key, hashlib.sha256(content).hexdigest(), len(content))
        log = tuple(each for each in mark.log if each != key)
        without = msgspec.structs.replace(mark, seq=mark.seq - 1, log=log)
        yield key, key, len(content), whole, without, partial(objects.put_over, key, content)
    for found in far_editions.verify(archive, objects, mark.editions):
        editions = {name: digest for name, digest in mark.editions.items() if name != found.list}
        without = msgspec.structs.replace(mark, seq=mark.seq - 1, editions=editions)
        yield found.what, found.key, found.size, found.whole, without, found.put


def _log(archive: "Archive", seq: int) -> Iterator[tuple[str, bytes]]:
    """Key and content of each file of the log, as far as its entries go up to `seq`."""
    for path, size in archive.log.files_until(seq):
        with path.open("rb") as file:
            content = file.read(size)
        yield f"log/{path.stem}-{hashlib.sha256(content).hexdigest()[:16]}.jsonl", content


def _is_whole(objects: Objects, key: str, digest: str, size: int) -> bool:
    try:
        return objects.digest(key, size) == digest
    except (NotFound, IntegrityError):
        return False


def _bring(objects: Objects, folder: Path, segment: Segment) -> None:
    path, key = folder / _key(segment), _key(segment)
    found = objects.head(key)
    if found is None:
        raise NotFound(
            f"{objects.where}/{key}: nothing is there, and not in {folder}", "restore it from a copy"
        )
    size = int(found["size"])
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    # Another process may bring the same: each has a part of its own, and whoever is last replaces the same bytes.
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.writelines(objects.read(key, size, 0, size))
        if (digest := sha256_of(part)) != segment.sha256:
            raise damaged(f"{objects.where}/{key}", segment.sha256, digest)
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove the parts of runs that were killed while they brought this segment."""
    for part in path.parent.glob(f"{path.name}.*-*.part"):
        number = part.name.removeprefix(f"{path.name}.").partition("-")[0]
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            part.unlink(missing_ok=True)
        except (ValueError, OSError, OverflowError):
            continue  # somebody else's


def _head(objects: Objects) -> Head | None:
    if objects.head(HEAD) is None:
        return None
    where = f"{objects.where}/{HEAD}"
    try:
        head = msgspec.json.decode(_content(objects, HEAD), type=Head)
    except msgspec.MsgspecError as error:
        raise IntegrityError(f"{where}: cannot be read ({error})", "is it the place of tables?") from None
    if head.format > FORMAT:
        raise NewerFormat(f"{where}: format {head.format}, this onrecord knows {FORMAT}")
    return head


def _content(objects: Objects, key: str) -> bytes:
    found = objects.head(key)
    if found is None:
        raise NotFound(f"{objects.where}/{key}: nothing is there", "it may just be written: try again")
    size = int(found["size"])
    return b"".join(objects.read(key, size, 0, size))


def _key(segment: Segment) -> str:
    """Where a segment lies: below the place as below the archive's folder."""
    return f"catalog/{segment.path}"


def _objects(folder: Path, settings: Settings) -> Objects:
    if not settings.store.tables:
        raise UsageError("[store] tables names no place", 'such as tables = "s3://music/tables"')
    return Objects(read_place(settings.store.tables), settings.s3, folder / "placed" / "uploading-tables")


def _marked(archive: "Archive") -> _Mark:
    """Of the place that is named now: another one begins with nothing."""
    place = str(read_place(archive.settings.store.tables))
    try:
        mark = msgspec.json.decode((archive.folder / "placed" / "tables.json").read_bytes(), type=_Mark)
    except (FileNotFoundError, msgspec.MsgspecError):
        return _Mark(place)
    return mark if mark.place == place else _Mark(place)


def _note(archive: "Archive", mark: _Mark) -> _Mark:
    replace(archive.folder / "placed" / "tables.json", msgspec.json.encode(mark))
    return mark
