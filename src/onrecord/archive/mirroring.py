# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds editions of another archive: follow a feed, fetch what this archive's own gate allows, verify, commit.

The feed and the edition must bear the signature of the key that was named when it was first followed; every file comes
in by the one door, where it is read and decoded here; what the edition says is kept as that archive's word.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.door import Admission, admit
from onrecord.archive.editions import manifest_in, read_feed, tags_of
from onrecord.archive.foreign import RECORD, evidence_in, rows_of, source_of
from onrecord.archive.ingest import Chunk, Incoming, Ingested, chunk_of, ingest, limits_of
from onrecord.archive.judging import WORLD
from onrecord.archive.matching import is_matched, rematch_locked
from onrecord.archive.quarantining import Listed, quarantine, refuse_older
from onrecord.catalog.match import ids_in_use
from onrecord.durable import replace, sha256_of, sync_tree
from onrecord.engine.pool import Workers
from onrecord.errors import (
    DigestMismatch,
    MirrorFailed,
    NotFound,
    SignatureInvalid,
    SourceRefused,
    UsageError,
)
from onrecord.ledger import Followed
from onrecord.mirror.session import Fetched, Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Evidence, Use
from onrecord.net import fetch
from onrecord.publish import withdrawals
from onrecord.publish.contents import Contents, read
from onrecord.publish.edition import Feed, VolumeEntry, read_sums
from onrecord.publish.signing import verify
from onrecord.rights import RULES, decide
from onrecord.rights.taken import taken_torrent
from onrecord.sources.sidecars import tag_evidence
from onrecord.store import Arrival

_FEED_BYTES = 1024 * 1024
_TORRENT_BYTES = 16 * 1024 * 1024
_LIST_BYTES = 256 * 1024 * 1024
_CHUNK = 8
_COMMIT = 1024


class SyncReport(Struct):
    """What one `sync` of one archive brought. `refused` files are left out by this archive's own rights gate.

    `hidden` files are held, and were withdrawn by the archive since the last run; `shown` is how many of its
    withdrawals were lifted.
    """

    archive: str
    number: int = 0
    files: int = 0
    bytes: int = 0
    had: int = 0
    refused: int = 0
    downloaded: int = 0
    volumes: int = 0
    hidden: int = 0
    shown: int = 0


def follow(archive: Archive, feed: str, public_key: str = "") -> Followed:
    """Follow the archive whose feed is at `feed`, a path or an http address.

    `public_key` is the key that the feed must bear; without it the key that stands beside the feed is taken once, and
    from then on no other. Gives what is followed now.
    """
    feed = feed if "://" in feed else str(Path(feed).resolve())
    content = _get(feed, _FEED_BYTES)
    beside = "" if public_key else _get(_beside(feed, "minisign.pub"), _FEED_BYTES).decode(errors="replace")
    key = public_key or next(reversed(beside.strip().splitlines()), "")
    verify(content, _get(feed + ".minisig", _FEED_BYTES), key)
    body = read_feed(feed, content)
    known = next((item for item in archive.ledger.followed() if item.archive == body.archive), None)
    if known and known.public_key != key:
        raise SignatureInvalid(
            f"archive {body.archive} was followed with key {known.public_key}, its feed now bears {key}",
            "ask its owner; nothing was changed",
        )
    if body.archive == archive.id:
        raise UsageError(f"{feed}: this is the archive's own feed", "follow another's")
    followed = Followed(body.archive, feed, key, body.name)
    with archive.writing():
        if known != followed:
            archive.commit("followed", structs.asdict(followed))
    return followed


def sync(
    archive: Archive,
    peers: Sequence[Peer],
    progress: Callable[[str, FetchProgress], None] = lambda name, state: None,
    patience: float = 60.0,
    listen: str = "127.0.0.1:0",
) -> list[SyncReport]:
    """Fetch the newest edition of every followed archive. A run that was killed goes on where it was.

    While `listen` is an address on loopback, peers elsewhere are not spoken with.
    """
    if not archive.ledger.followed():
        raise UsageError("no archive is followed", "name one with `onrecord mirror follow FEED`")
    workers = Workers(archive.settings.workers, audio.preload)
    with archive.writing(), Session(listen) as session, workers:
        reports = [
            _Sync(archive, followed, session, workers, peers, progress, patience).run()
            for followed in archive.ledger.followed()
        ]
        if not is_matched(archive):
            rematch_locked(archive)
    return reports


class _Sync:
    """One archive's newest edition, fetched under the write lock."""

    def __init__(
        self,
        archive: Archive,
        followed: Followed,
        session: Session,
        workers: Workers,
        peers: Sequence[Peer],
        progress: Callable[[str, FetchProgress], None],
        patience: float,
    ) -> None:
        self._archive = archive
        self._followed = followed
        self._session = session
        self._workers = workers
        self._peers = peers
        self._progress = progress
        self._patience = patience
        self._folder = archive.folder / "mirrored" / followed.archive
        self._incoming = self._folder / "incoming"
        self._report = SyncReport(followed.archive)
        self._listed: Listed | None = None

    def run(self) -> SyncReport:
        feed = self._newest()
        self._report.number = feed.number
        # First of all: what was withdrawn is hidden also where nobody has the edition.
        self._listed = self._withdrawals(feed)
        torrent = self._torrent(feed)
        self._incoming.mkdir(parents=True, exist_ok=True)
        edition = self._papers(feed, torrent)
        manifest = manifest_in(edition)
        if (manifest.archive, manifest.number) != (feed.archive, feed.number):
            raise SignatureInvalid(
                f"edition {feed.number} of {feed.archive}: its manifest says {manifest.number} of {manifest.archive}",
                "do not use this feed",
            )
        allowed = self._allowed(edition)
        self._take(self._fetched(edition, manifest.volumes, allowed), allowed)
        self._keep(feed, torrent, edition, allowed)
        shutil.rmtree(self._incoming)
        return self._report

    def _newest(self) -> Feed:
        """The feed, signed by the key that was followed, and no older than what is held."""
        where = self._followed.feed
        content = _get(where, _FEED_BYTES)
        verify(content, _get(where + ".minisig", _FEED_BYTES), self._followed.public_key)
        feed = read_feed(where, content)
        held = self._held(feed.archive)
        if feed.archive != self._followed.archive or feed.number < max(held, default=0):
            raise SignatureInvalid(
                f"{where}: expected archive {self._followed.archive} from edition {max(held, default=1)}, "
                f"got {feed.archive} edition {feed.number}",
                "an old feed was put in its place, or another archive's; what is held stays",
            )
        return feed

    def _torrent(self, feed: Feed) -> bytes:
        torrent = _get(_beside(self._followed.feed, feed.torrent), _TORRENT_BYTES)
        _expect(feed.torrent, hashlib.sha256(torrent).hexdigest(), feed.torrent_sha256)
        return torrent

    def _withdrawals(self, feed: Feed) -> Listed | None:
        """Obey the archive's list of withdrawals; None where its feed names none."""
        refuse_older(self._archive, feed.archive, feed.withdrawals_sequence)
        if not feed.withdrawals_sha256:
            return None
        where = _beside(self._followed.feed, withdrawals.NAME)
        content = _get(where, _LIST_BYTES)
        verify(content, _get(where + ".minisig", _FEED_BYTES), self._followed.public_key)
        _expect(withdrawals.NAME, hashlib.sha256(content).hexdigest(), feed.withdrawals_sha256)
        found = withdrawals.read_list(where, content, feed.archive)
        if found.sequence != feed.withdrawals_sequence:
            raise SignatureInvalid(
                f"{where}: the feed names list {feed.withdrawals_sequence}, this is {found.sequence}",
                "fetch it again",
            )
        listed = Listed(self._archive, found)
        self._report.hidden, self._report.shown = quarantine(self._archive, listed)
        return listed

    def _held(self, archive: str) -> list[int]:
        """Numbers of the editions of an archive that are held here."""
        mirrored = self._archive.ledger.mirrored()
        return [int(edition["number"]) for edition in mirrored if edition["archive"] == archive]

    def _papers(self, feed: Feed, torrent: bytes) -> Path:
        """The edition's own files, whole and signed: those that are held, else those that come in now."""
        held = self._folder / str(feed.number)
        if feed.number in self._held(feed.archive):
            try:
                self._check_papers(feed, held)
                return held
            except (DigestMismatch, SignatureInvalid, FileNotFoundError):
                pass  # it came to harm here: fetch it again
        edition = self._incoming / self._fetch(torrent).name
        self._check_papers(feed, edition)
        return edition

    def _check_papers(self, feed: Feed, edition: Path) -> None:
        sums = (edition / "SHA256SUMS").read_bytes()
        verify(sums, (edition / "SHA256SUMS.minisig").read_bytes(), self._followed.public_key)
        _expect("SHA256SUMS", sha256_of(edition / "SHA256SUMS"), feed.sums_sha256)
        listed = read_sums(edition / "SHA256SUMS")
        for path in sorted(path for path in edition.rglob("*") if path.is_file()):
            name = path.relative_to(edition).as_posix()
            if name not in ("SHA256SUMS", "SHA256SUMS.minisig", "minisign.pub"):
                _expect(name, sha256_of(path), listed.pop(name, "nothing: the checksums do not list it"))
        if listed:
            raise DigestMismatch(
                f"edition {feed.number}: {next(iter(listed))} is listed, but it is not there"
            )

    def _allowed(self, edition: Path) -> dict[str, list[Evidence]]:
        """Files that this archive's own gate allows to share today, each with what the edition says of its rights."""
        allowed = {}
        for digest, facts in evidence_in(edition).items():
            own = [item for item, _ in self._archive.ledger.evidence(digest).values()]
            if self._listed is not None and self._listed.has(digest):
                self._report.refused += 1
            elif decide([*facts, *own], Use.SHARE, WORLD, self._archive.today).allow:
                allowed[digest] = facts
            else:
                self._report.refused += 1
        return allowed

    def _fetched(
        self, edition: Path, volumes: Sequence[VolumeEntry], allowed: dict[str, list[Evidence]]
    ) -> Iterator[Chunk]:
        """Fetch, volume by volume, what is allowed and not held yet; what has come is given on in chunks."""
        for entry in volumes:
            metainfo = (edition / entry.path).read_bytes()
            missing = self._missing(entry.name, read(metainfo), allowed)
            tags = tags_of(self._folder, entry.name)
            self._report.volumes += 1
            if missing or not tags.is_dir():
                folder = self._incoming / self._fetch(metainfo, missing).name
                tags.mkdir(parents=True, exist_ok=True)
                for tag in (path for path in folder.iterdir() if path.is_file()):
                    replace(tags / tag.name, tag.read_bytes())
                yield from self._chunks([folder.joinpath(*path) for path in missing])

    def _missing(
        self, name: str, contents: Contents, allowed: dict[str, list[Evidence]]
    ) -> list[tuple[str, ...]]:
        if contents.name != name:
            raise DigestMismatch(
                f"volume {name}: its torrent is that of {contents.name}", "do not use this edition"
            )
        missing = []
        for file in contents.files:
            digest = _digest_in(file.path[-1]) if file.path[0] == "data" else ""
            blob = self._archive.ledger.blob(digest) if digest in allowed else None
            if blob is not None and blob.state == "ok":
                self._report.had += 1
            elif digest in allowed:
                missing.append(file.path)
        return missing

    def _take(self, chunks: Iterator[Chunk], allowed: dict[str, list[Evidence]]) -> None:
        """Let files in by the one door: read and decoded here, and refused where they are not what they were called."""
        waiting: list[Ingested] = []
        for results in self._workers.map(ingest, chunks):
            for result in results:
                self._look_at(result)
            waiting += results
            if len(waiting) >= _COMMIT:
                self._commit(waiting, allowed)
                waiting = []
        self._commit(waiting, allowed)

    def _look_at(self, result: Ingested) -> None:
        if result.staged is None or result.probe is None:
            code, why = result.refused or ("not-sound", "nothing in it can be decoded")
            raise MirrorFailed(f"{result.path.name}: {why} [{code}]", "ask the archive's owner")
        _expect(result.path.name, result.staged.digests.sha256, _digest_in(result.path.name))

    def _chunks(self, files: list[Path]) -> Iterator[Chunk]:
        limits = limits_of(self._archive)
        for start in range(0, len(files), _CHUNK):
            listed = files[start : start + _CHUNK]
            for path in listed:
                path.chmod(0o444)
            incoming = [Incoming(path, path.stat().st_size, maybe_held=True) for path in listed]
            yield chunk_of(self._archive, incoming, Arrival.MOVE, {}, limits)

    def _commit(self, results: list[Ingested], allowed: dict[str, list[Evidence]]) -> None:
        batch = Batch(self._archive.ledger)
        kept: list[Ingested] = []
        for result in results:
            admission = self._admit(result, allowed)
            if admission.code or result.staged is None or result.probe is None:
                self._report.refused += 1
                allowed.pop(admission.sha256, None)
                name = f"{source_of(self._followed.archive)}:{result.path.name}"
                batch.refuse(name, admission.sha256, admission.code, admission.detail)
                continue
            batch.hold(result.staged, result.probe, result.pictures)
            # What the edition says is linked as its word; what the bytes say of themselves is ours to read.
            batch.link(admission.sha256, tag_evidence(result.probe.tags))
            kept.append(result)
            self._report.files += 1
            self._report.bytes += result.size
        if batch.rows:
            data = {"files": len(kept), "mirror_of": self._followed.archive, **batch.repaired_data()}
            staged = [part for result in kept for part in result.parts]
            self._archive.commit("added", data, batch.rows, batch.evidence, staged)

    def _admit(self, result: Ingested, allowed: dict[str, list[Evidence]]) -> Admission:
        digest = _digest_in(result.path.name)
        sound = result.probe.sound if result.probe else None
        if self._listed is not None and sound is not None and self._listed.has(digest, sound.audio_sha256):
            return Admission(digest, code="R-WITHDRAWN", detail=RULES["R-WITHDRAWN"].sentence)
        return admit(self._archive, result, allowed.get(digest, ()))

    def _keep(self, feed: Feed, torrent: bytes, edition: Path, allowed: dict[str, list[Evidence]]) -> None:
        """Keep the edition as it came, and what it says as that archive's word; once an edition."""
        final = self._folder / str(feed.number)
        if edition != final:
            shutil.rmtree(final, ignore_errors=True)
            edition.rename(final)
        replace(self._folder / f"{feed.number}.torrent", torrent)
        sync_tree(self._folder)
        if feed.number in self._held(feed.archive):
            return
        batch = Batch(self._archive.ledger)
        for digest, facts in sorted(allowed.items()):
            batch.link(digest, facts, source_of(feed.archive), RECORD)
        with self._archive.duck() as duck:
            rows = rows_of(feed, final, lambda offered: ids_in_use(duck, offered))
        data = {"archive": feed.archive, "number": feed.number, "sums": feed.sums_sha256}
        self._archive.commit("mirrored", data, batch.rows | rows, batch.evidence)

    def _fetch(self, torrent: bytes, payload: Sequence[tuple[str, ...]] = ()) -> Fetched:
        """Fetch a torrent's own papers, and of its payload the files that are named."""
        contents, wanted = read(torrent), frozenset(payload)
        if why := taken_torrent(["/".join((contents.name, *file.path)) for file in contents.files]):
            raise SourceRefused(f"torrent {contents.name}: {why}", "such sets are not read, by no door")
        name = contents.name
        fetched = self._session.fetch(
            torrent,
            self._incoming,
            self._peers,
            wanted=lambda path: path[0] != "data" or path in wanted,
            progress=lambda state: self._progress(name, state),
            patience=self._patience,
        )
        self._report.downloaded += fetched.downloaded
        return fetched


def _digest_in(name: str) -> str:
    """The digest that a payload file is called by, "" for any other name."""
    return sha256(name.partition(".")[0])


def _get(where: str, most: int) -> bytes:
    if "://" in where:
        return fetch(where, most)
    path = Path(where)
    try:
        if path.stat().st_size > most:
            raise MirrorFailed(f"{path}: expected at most {most:,} bytes, got {path.stat().st_size:,}")
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file", "name the feed.json of an archive's editions") from None


def _beside(where: str, name: str) -> str:
    return where.rsplit("/", 1)[0] + "/" + name


def _expect(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise DigestMismatch(
            f"{name}: expected SHA-256 {expected}, got {found}", "fetch it again from another mirror"
        )
