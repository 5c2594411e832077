# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes files out of the archive again: plain folders, a BagIt bag, or OCFL objects, with decisions and credits.

The gate is asked for each file; each byte that leaves is checked against the blob's name. Nothing in the archive is
changed, and what is given out never shares an inode with a blob, so that no player can write into one.
"""

import errno
import fcntl
import functools
import hashlib
import importlib.metadata
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import msgspec
from msgspec import Struct

from onrecord.archive.checking import Bad
from onrecord.archive.core import Archive
from onrecord.archive.door import Refused
from onrecord.archive.judging import judge
from onrecord.archive.reading import Reader, rule
from onrecord.durable import replace, sha256_of, sync
from onrecord.errors import ArchiveLocked, DigestMismatch, NotFound, UsageError
from onrecord.model import identifiers
from onrecord.model.rights import Use
from onrecord.model.views import Hit, RecordingView, ReleaseView, SoundView
from onrecord.publish import ocfl
from onrecord.publish.plain_names import PlainNames
from onrecord.publish.volume import bag_files
from onrecord.rights import attribution
from onrecord.search.rows import Rows
from onrecord.store import Root
from onrecord.store.roots import refused_write

_FORMAT: Final = 1
_FICLONE: Final = (
    0x40049409  # linux/fs.h: share the blocks of another file, which stay apart when one is written to
)
_BUFFER: Final = 1024 * 1024
_MOST_HITS: Final = 100_000
_ENDINGS: Final = {"mp4": "m4a", "matroska": "mka", "asf": "wma"}


class Form(StrEnum):
    """What an export is written as."""

    PLAIN = "plain"
    BAGIT = "bagit"
    OCFL = "ocfl"


class ExportReport(Struct):
    """What one run gave out. No `files` and nothing `held` means that nothing was written.

    hits       things that the query found
    recordings recordings of which a file was given out
    files      files that were written, of `bytes`; `shared` of them share a blob's blocks until one of the two changes
    held       files that their OCFL object had already
    objects    OCFL objects that are new; `versions` of others were added, `unchanged` objects said the same before
    left_out   files that the gate does not give out for this use, or that are not matched yet
    damaged    files whose blob is not whole, or lies on a disk that is not mounted
    """

    form: Form
    folder: str
    use: Use
    hits: int = 0
    recordings: int = 0
    files: int = 0
    bytes: int = 0
    shared: int = 0
    held: int = 0
    objects: int = 0
    versions: int = 0
    unchanged: int = 0
    left_out: list[Refused] = msgspec.field(default_factory=list)
    damaged: list[Bad] = msgspec.field(default_factory=list)


def export(
    archive: Archive,
    query: str | None,
    target: Path,
    form: Form,
    use: Use = Use.KEEP,
    progress: Callable[[int, int], None] = lambda files, size: None,
) -> ExportReport:
    """Give out what the query finds, as far as the gate allows this use today.

    The query is an id, a digest, a deposited name or words to search for; None is everything. A digest and a name stand
    for their one file, in OCFL for its recording, which is the object. All is written beside `target` and put there by
    one rename; an OCFL root that is there already is added to, an object at a time.
    Raises NotFound; UsageError where `target` cannot be written to; StoreFull; ArchiveLocked.
    """
    target = target.absolute().resolve()
    _check_target(archive, target, form)
    reader = Reader(archive.folder)
    report = ExportReport(form, str(target), use)
    wanted = _find(archive, reader, query, report)
    with _beside(target) as part:
        made = part / "made"
        writer = _writer(archive, report, target, part, made)
        with ExitStack() as open_files:
            writer.open(open_files)
            for group in _groups(archive, reader, wanted, report):
                writer.write(group)
                progress(report.files + report.held, report.bytes)
            writer.close()
        if made.exists() and report.files:
            Root("export", made).sync()
            target.parent.mkdir(parents=True, exist_ok=True)
            made.rename(target)
            sync(target.parent)
    return report


# What is wanted --------------------------------------------------------------------------------------------------


class _Wanted(Struct, frozen=True):
    """A recording; as a part of one release, and of its files one alone, where these are named."""

    recording: str
    release: str = ""
    sha256: str = ""


class _File(Struct, frozen=True):
    """A file that goes out, with the folder and the number that it goes under."""

    view: RecordingView
    sound: SoundView
    artist: str
    release: str
    number: str

    @property
    def title(self) -> str:
        name = self.sound.names[0].rpartition("/")[2] if self.sound.names else self.sound.sha256[:16]
        return self.view.title or name.rpartition(".")[0] or name

    @property
    def ending(self) -> str:
        """As players know it; of what the bytes are, not of what the file was called."""
        if (self.sound.container, self.sound.codec) == ("ogg", "opus"):
            return "opus"
        return _ENDINGS.get(self.sound.container, self.sound.container)


def _find(archive: Archive, reader: Reader, query: str | None, report: ExportReport) -> Iterable[_Wanted]:
    if query is None:
        return _everything(archive, report)
    hits, found = _named(reader, query)
    if not hits:
        listed = reader.search(query, limit=_MOST_HITS)
        if len(listed) == _MOST_HITS:
            raise UsageError(
                f"{query!r} finds more than {_MOST_HITS:,} things",
                "search for more words, or take everything",
            )
        hits, found = len(listed), [wanted for hit in listed for wanted in _meant(reader, hit)]
    if not found:
        raise NotFound(
            f"{query!r}: {f'{hits} found, and none has a file here' if hits else 'nothing found'}",
            "expected an id, a SHA-256, the name of an added file, or words; `onrecord search` shows what is found",
        )
    report.hits = hits
    best = {
        wanted.recording: wanted for wanted in reversed(found)
    }  # a recording that is found twice goes out once
    return [best[recording] for recording in sorted(best)]


def _everything(archive: Archive, report: ExportReport) -> list[_Wanted]:
    """Every recording that has a file, from the blobs: a file that no recording holds yet is named."""
    rows = Rows(archive.folder / "search" / "rows.sqlite")
    recordings = set()
    for blob in archive.ledger.blobs():
        if blob.kind == "sound":
            row = rows.holder(blob.sha256)
            if row:
                recordings.add(row.id)
            else:
                report.left_out.append(
                    Refused(blob.sha256, "not-matched", "no recording holds it yet: run `onrecord match`")
                )
    report.hits = len(recordings)
    return [_Wanted(recording) for recording in sorted(recordings)]


def _named(reader: Reader, query: str) -> tuple[int, list[_Wanted]]:
    """The one thing whose id, digest or deposited name this is, as (1, recordings); (0, []) where it is none."""
    thing = os.fsencode(query).decode(errors="replace")  # as names were filed
    try:
        view = reader.why(query)
    except NotFound:
        pass
    else:
        digest = identifiers.sha256(thing)
        one = next((it.sha256 for it in view.sounds if it.sha256 == digest or thing in it.names), "")
        return 1, [_Wanted(view.id, sha256=one)] if view.sounds else []
    for kind in ("release", "artist"):
        try:
            return 1, _meant(reader, Hit(kind=kind, id=query, title=""))
        except NotFound:
            pass
    return 0, []


def _meant(reader: Reader, hit: Hit) -> list[_Wanted]:
    """The recordings with sound that a hit stands for: its own, its tracks, all that the artist recorded."""
    if hit.kind == "recording":
        return [_Wanted(hit.id)] if hit.has_sound else []
    if hit.kind == "release":
        release = reader.release(hit.id)
        return [_Wanted(row.id, release.id) for row in release.tracks if row.has_sound]
    rows = reader.artist(hit.id).recordings
    return [_Wanted(row.id) for row in rows if row.has_sound]


def _groups(
    archive: Archive, reader: Reader, wanted: Iterable[_Wanted], report: ExportReport
) -> Iterator[list[_File]]:
    """The files of each recording that the gate gives out; the others go to the report."""
    release_of = functools.lru_cache(1024)(reader.release)
    for item in wanted:
        view = reader.recording(item.recording)
        artist, release, number = _placed(view, item.release, release_of)
        whole = report.form is Form.OCFL or not item.sha256
        files = []
        for sound in view.sounds:
            if whole or sound.sha256 == item.sha256:
                decision = judge(archive, sound.sha256, report.use)
                if decision.allow:
                    files.append(_File(view, sound, artist, release, number))
                else:
                    name = sound.names[0] if sound.names else sound.sha256
                    report.left_out.append(Refused(name, decision.codes[0], rule(decision.codes[0]).sentence))
        if files:
            yield files


def _placed(
    view: RecordingView, wanted: str, release_of: Callable[[str], ReleaseView]
) -> tuple[str, str, str]:
    """(artist, release, number) that a recording is filed under: the wanted release, else one of its artist's."""
    ids = [wanted] if wanted else [identifier for identifier, _ in view.releases]
    releases = [release_of(identifier) for identifier in ids]
    if not releases:
        return view.artist, "", ""
    release = next((it for it in releases if it.artist_id == view.artist_id), releases[0])
    track = next((row for row in release.tracks if row.id == view.id), None)
    number = ""
    if track and track.position is not None:
        several = len({row.disc for row in release.tracks if row.disc}) > 1
        number = f"{track.disc}-{track.position:02}" if several and track.disc else f"{track.position:02}"
    return release.artist or view.artist, release.title, number


# What is written -------------------------------------------------------------------------------------------------


class _Writer(Protocol):
    """Writes one export. `open` comes first, then `write` for the files of each recording, then `close`."""

    def open(self, open_files: ExitStack) -> None: ...

    def write(self, files: Sequence[_File]) -> None: ...

    def close(self) -> None: ...


def _writer(archive: Archive, report: ExportReport, target: Path, part: Path, made: Path) -> _Writer:
    if report.form is not Form.OCFL:
        return _Tree(archive, report, made)
    added_to = target if target.is_dir() and any(target.iterdir()) else None
    return _Objects(archive, report, part, added_to or made, is_new=added_to is None)


class _Tree:
    """Plain folders; for a bag they are its payload, and the papers are its tag files."""

    def __init__(self, archive: Archive, report: ExportReport, folder: Path) -> None:
        self._archive, self._report, self._folder = archive, report, folder
        self._is_bag = report.form is Form.BAGIT
        self._names = PlainNames(() if self._is_bag else ("SHA256SUMS", "decisions.json", "CREDITS.md"))
        self._listed: list[tuple[str, str, int]] = []
        self._papers: _Papers

    def open(self, open_files: ExitStack) -> None:
        self._folder.mkdir()
        decisions, credits, evidence = (
            open_files.enter_context((self._folder / name).open("w+b"))
            for name in ("decisions.json", "CREDITS.md", "evidence.part")
        )
        day = self._archive.today.isoformat()
        self._papers = _Papers(self._archive, decisions, credits, evidence, {"day": day})

    def write(self, files: Sequence[_File]) -> None:
        given = 0
        for file in files:
            path = self._names.place(
                file.artist, file.release, file.title, file.ending, file.sound.sha256, file.number
            )
            place = "/".join(("data", *path) if self._is_bag else path)
            target = self._folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if _give(self._archive, file, target, self._report):
                self._papers.add(file, place)
                self._listed.append((place, file.sound.sha256, file.sound.size))
                given += 1
            else:
                _remove_empty(target.parent)
        self._report.recordings += bool(given)

    def close(self) -> None:
        self._papers.close()
        (self._folder / "evidence.part").unlink()
        self._listed.sort()
        if not self._is_bag:
            self._sums("SHA256SUMS", ["CREDITS.md", "decisions.json"], self._listed)
            return
        fields = [
            ("Bag-Software-Agent", f"onrecord {importlib.metadata.version('onrecord')}"),
            ("Bagging-Date", self._archive.today.isoformat()),
            ("External-Identifier", self._archive.id),
            ("External-Description", f"Exported from the archive {self._archive.settings.archive.name}"),
        ]
        tags = bag_files(self._listed, fields)
        for name, content in tags.items():
            (self._folder / name).write_bytes(content)
        self._sums("tagmanifest-sha256.txt", sorted([*tags, "CREDITS.md", "decisions.json"]), [])

    def _sums(self, name: str, papers: Iterable[str], listed: Iterable[tuple[str, str, int]]) -> None:
        with (self._folder / name).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{sha256_of(self._folder / paper)}  {paper}\n" for paper in papers)
            file.writelines(f"{sha256}  {place}\n" for place, sha256, _ in listed)


class _Objects:
    """An OCFL object a recording. Where the root was there before, each is put in place when it is whole."""

    def __init__(
        self, archive: Archive, report: ExportReport, part: Path, root: Path, *, is_new: bool
    ) -> None:
        self._archive, self._report, self._part, self._root = archive, report, part, root
        self._is_new = is_new
        self._urn = f"urn:onrecord:{archive.id}"  # roots may hold objects of several archives

    def open(self, open_files: ExitStack) -> None:
        if self._is_new:
            ocfl.make_root(self._root)

    def write(self, files: Sequence[_File]) -> None:
        recording = files[0].view.id
        identifier = f"{self._urn}:{recording}"
        staging = self._part / "object"
        draft = ocfl.Draft(self._root, identifier, staging)
        names = PlainNames(("decisions.json", "CREDITS.md"))
        decisions, credits, evidence = io.BytesIO(), io.BytesIO(), io.BytesIO()
        # Without the day: an object gets a version when an answer changes, not each time that it is asked.
        papers = _Papers(self._archive, decisions, credits, evidence, {"recording": recording})
        given = 0
        for file in files:
            name = names.name(file.title, file.ending, file.sound.sha256, file.number)
            if self._draw(draft, file, name):
                papers.add(file, name)
                given += 1
        if not given:
            shutil.rmtree(staging, ignore_errors=True)
            return
        papers.close()
        draft.write_bytes("decisions.json", decisions.getvalue())
        draft.write_bytes("CREDITS.md", credits.getvalue())
        self._report.recordings += 1
        self._commit(draft, identifier)

    def close(self) -> None:
        pass

    def _draw(self, draft: ocfl.Draft, file: _File, name: str) -> bool:
        """Take a file into the draft. What the object has already is not read again."""
        if draft.holds(file.sound.sha256):
            draft.keep(name, file.sound.sha256)
            self._report.held += 1
            return True
        try:
            draft.write(name, lambda target: _written(self._archive, file, target, self._report))
        except _Damaged as damaged:
            self._report.damaged.append(damaged.bad)
            return False
        return True

    def _commit(self, draft: ocfl.Draft, identifier: str) -> None:
        made = ocfl.Made(
            created=self._archive.clock(),
            message=f"Exported by onrecord {importlib.metadata.version('onrecord')} for use: {self._report.use}",
            name=self._archive.settings.archive.name,
            address=self._urn,
        )
        is_first = draft.version == "v1"
        if not is_first:
            replace(self._part / _PLACING, identifier.encode())
        if not draft.commit(made, durable=not self._is_new):
            self._report.unchanged += 1
        elif is_first:
            self._report.objects += 1
        else:
            self._report.versions += 1
        (self._part / _PLACING).unlink(missing_ok=True)


class _Papers:
    """decisions.json and CREDITS.md, written file by file, so that an export of any size needs little memory.

    `evidence` is room for what decisions.json tells after the files: each piece of evidence once, verbatim.
    """

    def __init__(
        self,
        archive: Archive,
        decisions: BinaryIO,
        credits: BinaryIO,
        evidence: BinaryIO,
        more: dict[str, str],
    ) -> None:
        self._archive = archive
        self._decisions, self._credits, self._evidence = decisions, credits, evidence
        self._told: set[str] = set()
        self._codes: set[str] = set()
        name = archive.settings.archive.name
        head = {"format": _FORMAT, "archive": archive.id, "name": name, "territory": "unknown", **more}
        self._decisions.write(_json(head)[:-1] + b',\n"files":[')
        self._between = b"\n"
        self._credits.write(f"# Credits of {' '.join(name.split())}\n\n".encode())

    def add(self, file: _File, path: str) -> None:
        """The decisions of today on a file, for every use, and the line that names who made it."""
        sha256, view = file.sound.sha256, file.view
        decisions = {use: judge(self._archive, sha256, use) for use in Use}
        body = {
            "path": path,
            "sha256": sha256,
            "size": file.sound.size,
            "recording": view.id,
            "title": view.title,
            "artist": view.artist,
            "names": file.sound.names,
            "decisions": {
                use: {key: value for key, value in msgspec.to_builtins(decision).items() if key != "use"}
                for use, decision in decisions.items()
            },
        }
        self._decisions.write(self._between + _json(body))
        self._between = b",\n"
        self._codes.update(code for decision in decisions.values() for code in decision.codes)
        evidence = self._archive.ledger.evidence(sha256)
        for identifier, (fact, logged) in sorted(evidence.items()):
            if identifier not in self._told:
                line = _json(identifier) + b":" + _json({"logged": logged, "evidence": fact})
                self._evidence.write((b",\n" if self._told else b"\n") + line)
                self._told.add(identifier)
        credit = attribution(view.title, view.artist, [fact for fact, _ in evidence.values()])
        self._credits.write(f"- {credit} `{sha256}`\n".encode())

    def close(self) -> None:
        """The evidence, and what the codes mean. The streams stay open, and are flushed."""
        rules = {code: {"sentence": rule(code).sentence, "clause": rule(code).clause} for code in self._codes}
        self._decisions.write(b'\n],\n"evidence":{')
        self._evidence.seek(0)
        shutil.copyfileobj(self._evidence, self._decisions)
        self._decisions.write(b'\n},\n"rules":' + _json(rules) + b"}\n")
        self._decisions.flush()
        self._credits.flush()


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


# Bytes -----------------------------------------------------------------------------------------------------------


class _Damaged(Exception):
    """A blob that is not what its name says; it is left out and named."""

    def __init__(self, file: _File, state: str, detail: str) -> None:
        super().__init__(state)
        name = file.sound.names[0] if file.sound.names else file.title
        self.bad = Bad(file.sound.sha256, state, f"{name}: {detail}")


def _give(archive: Archive, file: _File, target: Path, report: ExportReport) -> bool:
    """Write a file; False where its blob is damaged, which is noted."""
    try:
        _written(archive, file, target, report)
    except _Damaged as damaged:
        report.damaged.append(damaged.bad)
        return False
    return True


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those above it, as far as they are empty."""
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _written(archive: Archive, file: _File, target: Path, report: ExportReport) -> tuple[str, str]:
    """Write a new file with a blob's bytes, which are read once; gives their SHA-256 and SHA-512."""
    source = _opened(archive, file)
    try:
        shares, sha512 = _copied(source, target, file)
    except _Damaged:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(source)
    report.files += 1
    report.bytes += file.sound.size
    report.shared += shares
    return file.sound.sha256, sha512


def _opened(archive: Archive, file: _File) -> int:
    blob = archive.ledger.blob(file.sound.sha256)
    if blob is None or blob.state != "ok":
        raise _Damaged(file, blob.state if blob else "missing", "the last check found it so")
    if archive.store.root(blob.root) is None:
        raise _Damaged(file, "not-mounted", f"it lies on root {blob.root}")
    try:
        fd = archive.store.open(blob.sha256, blob.root)
    except NotFound as error:
        raise _Damaged(file, "missing", error.message) from None
    except (DigestMismatch, OSError) as error:
        raise _Damaged(file, "unreadable", str(error)) from None
    size = os.fstat(fd).st_size
    if size != blob.size:
        os.close(fd)
        state = "truncated" if size < blob.size else "flipped"
        raise _Damaged(file, state, f"expected {blob.size:,} bytes, got {size:,}")
    return fd


def _copied(source: int, target: Path, file: _File) -> tuple[bool, str]:
    """(shares the blob's blocks, SHA-512). Raises _Damaged, or StoreFull and StoreFailed where the target refuses."""
    try:
        copy = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise refused_write(error, target.parent) from error
    try:
        shares = _reflink(source, copy)
        # Of a clone the clone itself is read: that is what is given out.
        sha256, sha512 = _digested(copy if shares else source, None if shares else copy, target, file)
    finally:
        os.close(copy)
    if sha256 != file.sound.sha256:
        raise _Damaged(file, "flipped", f"its bytes have the SHA-256 {sha256}")
    return shares, sha512


def _reflink(source: int, copy: int) -> bool:
    try:
        fcntl.ioctl(copy, _FICLONE, source)
    except OSError:
        return False
    return True


def _digested(source: int, copy: int | None, target: Path, file: _File) -> tuple[str, str]:
    """SHA-256 and SHA-512 of a descriptor's bytes, which are written to `copy` on the way."""
    short, long = hashlib.sha256(), hashlib.sha512()
    view = memoryview(bytearray(_BUFFER))
    while True:
        try:
            got = os.readv(source, (view,))
        except OSError as error:
            raise _Damaged(file, "unreadable", error.strerror or str(error)) from None
        if not got:
            return short.hexdigest(), long.hexdigest()
        run = view[:got]
        short.update(run)
        long.update(run)
        try:
            while copy is not None and run:
                run = run[os.write(copy, run) :]
        except OSError as error:
            raise refused_write(error, target.parent) from error


# Where it is written ---------------------------------------------------------------------------------------------

#: In the temporary folder: the id of an object whose next version is being put in place.
_PLACING: Final = "placing"


def _check_target(archive: Archive, target: Path, form: Form) -> None:
    """UsageError where an export may not be written there."""
    homes = [archive.folder, *(root.path for root in archive.store.roots)]
    for home in homes:
        if target.is_relative_to(home.resolve()):
            raise UsageError(
                f"{target}: lies in the archive ({home}), which holds nothing but its own",
                "name a folder elsewhere",
            )
    if os.path.lexists(target) and not target.is_dir():
        raise UsageError(f"{target}: expected a folder that is empty or new", "choose another")
    if target.is_mount():
        raise UsageError(
            f"{target}: is a disk's own folder, beside which nothing can be put together",
            "name a folder on that disk",
        )
    if target.is_dir() and any(target.iterdir()):
        if form is not Form.OCFL:
            raise UsageError(
                f"{target}: expected a folder that is empty or new; something is in it",
                "choose another, or empty it",
            )
        ocfl.check_root(target)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder beside the target to put things together in; held against other exports, and gone afterwards.

    What a killed export left in it is removed first, after an object that it was adding to was completed.
    """
    part = target.with_name(f".{target.name}.exporting")
    if part.is_symlink():
        raise UsageError(f"{part}: is a link", "remove it")
    try:
        part.mkdir(parents=True, exist_ok=True)
        fd = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refused_write(error, target.parent) from error
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveLocked(
                f"{target}: another export is writing there", "wait until it is done"
            ) from None
        _clear(part, target)
        try:
            yield part
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise refused_write(error, part) from error
            raise
        finally:
            _clear(part, target)
            part.rmdir()
    finally:
        os.close(fd)


def _clear(part: Path, target: Path) -> None:
    placing = part / _PLACING
    if placing.is_file():
        ocfl.finish(target, placing.read_text("utf-8"))
    for left in part.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
