# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rulings that travel between archives: a signed file of JSON lines, bound anew by bytes or by decoded audio.

Never by an ISRC or MBID alone: those name a recording, and a file may claim any. They travel so that a person can look.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from onrecord.archive.core import Archive
from onrecord.archive.keyholding import signing_key
from onrecord.archive.ruling import known_license
from onrecord.catalog.pages import RecordingBody
from onrecord.catalog.tables import LinkRow
from onrecord.durable import replace, settle
from onrecord.engine.duck import Duck
from onrecord.errors import SourceRefused, UsageError
from onrecord.model import identifiers
from onrecord.model.rights import Evidence, Part, Says, Target
from onrecord.publish.signing import sign, verify
from onrecord.search.rows import Rows

#: Files in one line of an exchange file, ties in one commit, unbound files in a report.
_IN_A_LINE = 1_000
_PORTION = 50_000
_SHOWN = 100
#: What a ruling says of these is of very bytes, not of how a file sounds.
_OF_BYTES = frozenset({Part.ARTWORK.value, Part.LYRICS.value})
_LARGEST = 1024 * 1024 * 1024
_LONGEST_TEXT = 20_000
_ARCHIVE = re.compile(r"[0-9a-f]{16}")


class _Line(Struct, frozen=True, forbid_unknown_fields=True, tag_field="schema"):
    pass


class Header(_Line, frozen=True, tag="onrecord.rulings/1"):
    """The first line: whose rulings these are, and how many follow."""

    archive: str
    name: str
    written: str
    rulings: int


class Shared(_Line, frozen=True, tag="onrecord.ruling/1"):
    """A ruling; `undone` is when its archive took it back. `target` is what it named there, `mbids` and `isrcs` are
    those of a recording that it named."""

    ruling: str
    evidence: Evidence
    target: Target
    mbids: tuple[str, ...] = ()
    isrcs: tuple[str, ...] = ()
    undone: str = ""


class RuledFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a ruling reaches: its bytes, its decoded audio, the recording that it holds."""

    sha256: str
    audio_sha256: str = ""
    mbids: tuple[str, ...] = ()
    isrcs: tuple[str, ...] = ()


class SharedFiles(_Line, frozen=True, tag="onrecord.ruled-files/1"):
    """Some of the files of the ruling that was named last."""

    ruling: str
    files: tuple[RuledFile, ...]


class Exported(Struct, frozen=True):
    """`key` is the line that whoever imports the file gives with --key."""

    file: Path
    signature: Path
    key: str
    rulings: int
    undone: int
    files: int


class Unbound(Struct, frozen=True):
    """A file that a ruling reached there and that is not here, neither as these bytes nor as this audio."""

    ruling: str
    file: RuledFile


class Imported(Struct, frozen=True):
    """What came in: rulings that are new here; those that were here; those that were undone, here or there; files that
    are bound anew; files that are not here, the first of which are listed."""

    archive: str
    name: str
    new: int
    known: int
    undone: int
    bound: int
    not_bound: int
    unbound: tuple[Unbound, ...]


def export_rulings(archive: Archive, path: Path) -> Exported:
    """Write this archive's own rulings, signed with its key: `path`, and beside it `.minisig`. Files that are withdrawn
    are not listed. UsageError where a file of this name is there already."""
    signature = path.with_name(path.name + ".minisig")
    for each in (path, signature):
        if each.exists():
            raise UsageError(f"{each}: a file is here already, it is not overwritten", "name another file")
    key = signing_key(archive)
    own = [
        (mark, fact)
        for mark in archive.ledger.rulings()
        if (fact := archive.ledger.fact(mark.evidence)) is not None and fact.origin == "ruling"
    ]
    part = path.with_name(path.name + ".part")
    rows, files = Rows(archive.folder / "search" / "rows.sqlite"), 0
    hidden = frozenset(row.blob for row in archive.ledger.withdrawn())
    with archive.duck() as duck, part.open("wb") as file:
        written = archive.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        file.write(_encoded(Header(archive.id, archive.settings.archive.name, written, len(own))))
        for mark, fact in own:
            mbids, isrcs = _codes(rows, mark.target)
            file.write(_encoded(Shared(fact.id, fact, mark.target, mbids, isrcs, mark.undone)))
            for listed in () if mark.undone else _in_lines(_reached(duck, rows, fact.id, hidden)):
                files += len(listed)
                file.write(_encoded(SharedFiles(fact.id, tuple(listed))))
    replace(signature, sign(part.read_bytes(), key, f"onrecord rulings {archive.id}"))
    settle(part, path)
    return Exported(
        file=path,
        signature=signature,
        key=key.public.splitlines()[1],
        rulings=len(own),
        undone=sum(mark.undone != "" for mark, _ in own),
        files=files,
    )


def import_rulings(archive: Archive, path: Path, *, by: str, key: str) -> Imported:
    """Take another archive's rulings over, where its key signed them. The same file again changes nothing.

    A ruling binds to files with the same bytes, or with the same decoded audio. One that was undone here stays so.
    Raises SignatureInvalid, or SourceRefused where a line is not as it should be; then nothing is taken.
    """
    if not by.strip():
        raise UsageError("an import says who takes the rulings over", "name yourself: --by NAME")
    header, rulings = _read(path, key)
    taken = _Import(archive, header, by.strip())
    with archive.writing(), archive.duck() as duck:
        for shared, files in rulings:
            taken.take(duck, shared, files)
        return taken.done()


class _Import:
    """One import under the write lock."""

    def __init__(self, archive: Archive, header: Header, by: str) -> None:
        self._archive = archive
        self._header = header
        self._by = by
        self._marks = {mark.evidence: mark for mark in archive.ledger.rulings()}
        self._new = self._known = self._undone = self._bound = self._not_bound = 0
        self._unbound: list[Unbound] = []

    def take(self, duck: Duck, shared: Shared, files: Sequence[RuledFile]) -> None:
        own = shared.ruling in self._marks  # it was made here, or came here and is as it is here
        fact = structs.replace(shared.evidence, origin=f"ruling:{self._header.archive}")
        mark = self._marks.get(shared.ruling) or self._marks.get(fact.id)
        if mark and mark.undone:
            self._undone += 1
        elif shared.undone:
            self._undone += 1
            if mark and not own:
                self._commit("rulings-imported", {"retracted": [fact.id]}, [])
        elif own:
            self._known += 1
        else:
            self._bind(duck, shared, fact, files)

    def done(self) -> Imported:
        return Imported(
            archive=self._header.archive,
            name=self._header.name,
            new=self._new,
            known=self._known,
            undone=self._undone,
            bound=self._bound,
            not_bound=self._not_bound,
            unbound=tuple(self._unbound),
        )

    def _bind(self, duck: Duck, shared: Shared, fact: Evidence, files: Sequence[RuledFile]) -> None:
        held = (self._same_bytes if fact.part in _OF_BYTES else self._held)(duck, shared, files)
        ledger = self._archive.ledger
        fresh = [sha256 for sha256 in held if fact.id not in ledger.evidence(sha256)]
        was_known = ledger.has_evidence(fact.id)
        mark = {"kind": "archive", "target": self._header.archive, "evidence": fact.id}
        for start in range(0, len(fresh), _PORTION):
            rows = [
                LinkRow(blob=sha256, source="", record="", track="", evidence=fact.id)
                for sha256 in fresh[start : start + _PORTION]
            ]
            first = start == 0 and not was_known
            self._commit("rulings-imported", {"rulings": [mark]}, rows, [fact] if first else [])
        self._bound += len(fresh)
        self._known += was_known
        self._new += not was_known and bool(fresh)

    def _held(self, duck: Duck, shared: Shared, files: Sequence[RuledFile]) -> list[str]:
        """Sound here with the same bytes, or else with the same decoded audio."""
        found: dict[str, None] = {}
        absent: list[RuledFile] = []
        for file in files:
            row = self._archive.ledger.blob(file.sha256)
            if row is not None and row.kind == "sound":
                found[file.sha256] = None
            else:
                absent.append(file)
        duck.table(
            "wanted", {"audio": "VARCHAR"}, [(file.audio_sha256,) for file in absent if file.audio_sha256]
        )
        same: dict[str, list[str]] = {}
        for audio, sha256 in duck.run(
            "SELECT audio_sha256, sha256 FROM current_sounds WHERE audio_sha256 <> ''"
            " AND audio_sha256 IN (SELECT audio FROM wanted) ORDER BY 1, 2"
        ):
            same.setdefault(audio, []).append(sha256)
        for file in absent:
            found |= dict.fromkeys(same.get(file.audio_sha256, ()))
            if file.audio_sha256 not in same:
                self._not_bound += 1
                if len(self._unbound) < _SHOWN:
                    self._unbound.append(Unbound(shared.ruling, file))
        return list(found)

    def _same_bytes(self, duck: Duck, shared: Shared, files: Sequence[RuledFile]) -> list[str]:
        """Equal sound may have other pictures and words beside it: of these a ruling says something by bytes alone."""
        held = [file.sha256 for file in files if self._archive.ledger.blob(file.sha256) is not None]
        absent = [file for file in files if file.sha256 not in set(held)]
        self._not_bound += len(absent)
        room = max(_SHOWN - len(self._unbound), 0)
        self._unbound += [Unbound(shared.ruling, file) for file in absent[:room]]
        return list(dict.fromkeys(held))

    def _commit(
        self, event: str, data: dict[str, Any], rows: Sequence[LinkRow], evidence: Sequence[Evidence] = ()
    ) -> None:
        data |= {"archive": self._header.archive, "by": self._by}
        self._archive.commit(event, data, {"links": rows}, evidence)


def _read(path: Path, key: str) -> tuple[Header, list[tuple[Shared, list[RuledFile]]]]:
    """What a file holds, once its signature was verified and every line was looked at."""
    signature = path.with_name(path.name + ".minisig")
    try:
        if path.stat().st_size > _LARGEST:
            raise SourceRefused(f"{path}: expected at most {_LARGEST:,} bytes, got {path.stat().st_size:,}")
        content = path.read_bytes()
        signed = signature.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{error.filename}: cannot be read ({error.strerror})",
            "the file and its .minisig lie side by side",
        ) from None
    verify(content, signed, _key(key))
    lines = content.splitlines()
    header = _decoded(path, 1, lines[0] if lines else b"", Header)
    if not _ARCHIVE.fullmatch(header.archive):
        raise SourceRefused(
            f"{path}, line 1: archive {header.archive[:80]!r}: expected 16 hexadecimal digits"
        )
    found: list[tuple[Shared, list[RuledFile]]] = []
    for number, line in enumerate(lines[1:], start=2):
        item = _decoded(path, number, line, Shared | SharedFiles)
        if isinstance(item, Shared):
            _check(path, number, item)
            found.append((item, []))
        elif not found or found[-1][0].ruling != item.ruling or not all(map(_is_named, item.files)):
            raise SourceRefused(
                f"{path}, line {number}: expected files of the ruling before, each by its SHA-256",
                _AS_WRITTEN,
            )
        else:
            found[-1][1].extend(item.files)
    if len(found) != header.rulings:
        raise SourceRefused(
            f"{path}: expected {header.rulings:,} rulings as its first line says, got {len(found):,}",
            _AS_WRITTEN,
        )
    return header, found


def _check(path: Path, number: int, shared: Shared) -> None:
    """A ruling says yes or no, under a known license, and nothing else."""
    fact = shared.evidence
    where = f"{path}, line {number}"
    plain = Evidence(
        fact.says,
        "ruling",
        fact.text,
        license=fact.license,
        part=fact.part,
        uses=fact.uses,
        day=fact.day,
        by=fact.by,
        note=fact.note,
    )
    if fact.says not in (Says.ALLOWED, Says.REFUSED) or fact != plain or fact.id != shared.ruling:
        raise SourceRefused(
            f"{where}: expected a ruling with its own id, got {fact.says.value!r}", _AS_WRITTEN
        )
    if fact.part != "all" and fact.part not in {part.value for part in Part}:
        raise SourceRefused(f"{where}: expected a part of the rights, got {fact.part[:80]!r}", _AS_WRITTEN)
    if max(map(len, (fact.text, fact.by, fact.note))) > _LONGEST_TEXT or not fact.by.strip():
        raise SourceRefused(
            f"{where}: expected who ruled, and texts of at most {_LONGEST_TEXT:,} characters", _AS_WRITTEN
        )
    try:
        known_license(fact.license)
    except UsageError as error:
        raise SourceRefused(f"{where}: {error.message}", "a newer onrecord may know it") from None


_AS_WRITTEN = "ask that archive to write the file again"


def _is_named(file: RuledFile) -> bool:
    audio = file.audio_sha256
    return identifiers.sha256(file.sha256) == file.sha256 and audio in ("", identifiers.sha256(audio))


def _key(key: str) -> str:
    """A public key as it was given: its line, or the file that holds it."""
    try:
        path = Path(key)
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else key
    except OSError:
        return key


def _decoded(path: Path, number: int, line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SourceRefused(
            f"{path}, line {number}: not what this onrecord reads ({error})", "use a newer onrecord"
        ) from None


def _encoded(line: _Line) -> bytes:
    return msgspec.json.encode(line, order="sorted") + b"\n"


def _reached(duck: Duck, rows: Rows, evidence: str, hidden: frozenset[str]) -> Iterator[RuledFile]:
    """The files of a ruling, by digest."""
    for sha256, audio in duck.stream(
        "SELECT l.blob, coalesce(any_value(s.audio_sha256), '') FROM links l"
        " LEFT JOIN current_sounds s ON s.sha256 = l.blob"
        f" WHERE l.evidence = '{identifiers.sha256(evidence)}' AND l.blob <> '' GROUP BY l.blob ORDER BY l.blob"
    ):
        if sha256 in hidden:
            continue
        row = rows.holder(sha256)
        mbids, isrcs = _codes(rows, Target("recording", row.id)) if row else ((), ())
        yield RuledFile(sha256, audio, mbids, isrcs)


def _codes(rows: Rows, target: Target) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """MBIDs and ISRCs of a recording."""
    row = rows.get(target.id) if target.kind == "recording" else None
    if row is None or row.kind != "recording":
        return (), ()
    body = msgspec.json.decode(row.body, type=RecordingBody)
    return tuple(body.mbids), tuple(body.isrcs)


def _in_lines(files: Iterable[RuledFile]) -> Iterator[list[RuledFile]]:
    listed: list[RuledFile] = []
    for file in files:
        listed.append(file)
        if len(listed) == _IN_A_LINE:
            yield listed
            listed = []
    if listed:
        yield listed
