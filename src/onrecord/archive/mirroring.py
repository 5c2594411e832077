# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds editions of another archive: follow a feed, fetch what this archive's own gate allows, verify, commit.

The feed and the edition must bear the signature of the key that was named when it was first followed; every file comes
in by the one door, where it is read and decoded here; what the edition says is kept as that archive's word.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs

from onrecord import audio
from onrecord.archive.batch import Batch
from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, read_feed
from onrecord.archive.foreign import RECORD, evidence_in, rows_of, source_of
from onrecord.archive.ingest import Chunk, Incoming, Ingested, ingest
from onrecord.archive.judging import WORLD
from onrecord.archive.matching import is_matched, rematch_locked
from onrecord.archive.seeding import tags_of
from onrecord.catalog.match import ids_in_use
from onrecord.durable import replace, sha256_of, sync_tree
from onrecord.engine.pool import map_chunks
from onrecord.errors import DigestMismatch, MirrorFailed, NotFound, SignatureInvalid, UsageError
from onrecord.ledger import Followed
from onrecord.mirror.session import Fetched, Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model.identifiers import sha256
from onrecord.model.rights import Evidence, Use
from onrecord.net import fetch
from onrecord.publish.contents import read
from onrecord.publish.edition import Feed
from onrecord.publish.signing import verify
from onrecord.rights import decide
from onrecord.store import Arrival

_FEED_BYTES = 1024 * 1024
_TORRENT_BYTES = 16 * 1024 * 1024
_CHUNK = 8
_COMMIT = 1024


class SyncReport(Struct):
    """What one `sync` of one archive brought. `refused` files are left out by this archive's own rights gate."""

    archive: str
    number: int = 0
    files: int = 0
    bytes: int = 0
    had: int = 0
    refused: int = 0
    downloaded: int = 0
    volumes: int = 0


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
) -> list[SyncReport]:
    """Fetch the newest edition of every followed archive. A run that was killed goes on where it was."""
    if not archive.ledger.followed():
        raise UsageError("no archive is followed", "name one with `onrecord mirror follow FEED`")
    with archive.writing(), Session() as session:
        reports = [
            _Sync(archive, followed, session, peers, progress, patience).run()
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
        peers: Sequence[Peer],
        progress: Callable[[str, FetchProgress], None],
        patience: float,
    ) -> None:
        self._archive = archive
        self._followed = followed
        self._session = session
        self._peers = peers
        self._progress = progress
        self._patience = patience
        self._folder = archive.folder / "mirrored" / followed.archive
        self._incoming = self._folder / "incoming"
        self._report = SyncReport(followed.archive)

    def run(self) -> SyncReport:
        feed, torrent = self._newest()
        self._report.number = feed.number
        self._incoming.mkdir(parents=True, exist_ok=True)
        edition = self._papers(feed, torrent)
        manifest = manifest_in(edition)
        if (manifest.archive, manifest.number) != (feed.archive, feed.number):
            raise SignatureInvalid(
                f"edition {feed.number} of {feed.archive}: its manifest says {manifest.number} of {manifest.archive}",
                "do not use this feed",
            )
        allowed = self._allowed(edition)
        for entry in manifest.volumes:
            self._volume(entry.name, (edition / entry.path).read_bytes(), allowed)
        self._keep(feed, torrent, edition, allowed)
        shutil.rmtree(self._incoming)
        return self._report

    def _newest(self) -> tuple[Feed, bytes]:
        """The feed and its torrent, signed by the key that was followed, and no older than what is held."""
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
        torrent = _get(_beside(where, feed.torrent), _TORRENT_BYTES)
        part = self._folder / "incoming.torrent"
        part.parent.mkdir(parents=True, exist_ok=True)
        replace(part, torrent)
        _expect(feed.torrent, sha256_of(part), feed.torrent_sha256)
        return feed, torrent

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
        listed = {
            name: digest for digest, name in (line.split("  ", 1) for line in sums.decode().splitlines())
        }
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
            if decide([*facts, *own], Use.SHARE, WORLD, self._archive.today).allow:
                allowed[digest] = facts
            else:
                self._report.refused += 1
        return allowed

    def _volume(self, name: str, metainfo: bytes, allowed: dict[str, list[Evidence]]) -> None:
        """Fetch what is allowed of a volume and is not held yet, and commit it."""
        contents = read(metainfo)
        if contents.name != name:
            raise DigestMismatch(
                f"volume {name}: its torrent is that of {contents.name}", "do not use this edition"
            )
        missing = {}
        for file in contents.files:
            digest = sha256(file.path[-1].partition(".")[0]) if file.path[0] == "data" else ""
            blob = self._archive.ledger.blob(digest) if digest in allowed else None
            if blob is not None and blob.state == "ok":
                self._report.had += 1
            elif digest in allowed:
                missing[digest] = file.path
        self._report.volumes += 1
        tags = tags_of(self._folder, name)
        if not missing and tags.is_dir():
            return
        wanted = set(missing.values())
        fetched = self._fetch(metainfo, lambda path: path[0] != "data" or path in wanted)
        folder = self._incoming / fetched.name
        self._take({digest: folder.joinpath(*path) for digest, path in missing.items()})
        self._keep_tags(folder, tags)

    def _take(self, paths: dict[str, Path]) -> None:
        """Let files in by the one door: read and decoded here, and refused where they are not what they were called."""
        expected = {path: digest for digest, path in paths.items()}
        results = map_chunks(ingest, self._chunks(list(paths.values())), self._workers, audio.preload, ())
        waiting: list[Ingested] = []
        for chunk in results:
            for result in chunk:
                if result.staged is None or result.probe is None:
                    code, why = result.refused or ("not-sound", "nothing in it can be decoded")
                    raise MirrorFailed(f"{result.path.name}: {why} [{code}]", "ask the archive's owner")
                _expect(result.path.name, result.staged.digests.sha256, expected[result.path])
            waiting += chunk
            if len(waiting) >= _COMMIT:
                self._commit(waiting)
                waiting = []
        self._commit(waiting)

    def _chunks(self, files: list[Path]) -> Iterator[Chunk]:
        archive = self._archive
        for start in range(0, len(files), _CHUNK):
            listed = files[start : start + _CHUNK]
            for path in listed:
                path.chmod(0o444)
            yield Chunk(
                files=[Incoming(path, path.stat().st_size, maybe_held=True) for path in listed],
                roots=archive.store.roots,
                reserve=archive.store.reserve,
                arrival=Arrival.MOVE,
                whole={},
                seconds=archive.settings.work.decode_seconds,
                memory_mb=archive.settings.work.decode_mb,
            )

    @property
    def _workers(self) -> int:
        return self._archive.settings.workers

    def _commit(self, results: list[Ingested]) -> None:
        batch = Batch(self._archive.ledger)
        staged = [result.staged for result in results if result.staged]
        for result in results:
            if result.staged and result.probe:
                batch.hold(result.staged, result.probe)
                self._report.files += 1
                self._report.bytes += result.size
        if staged:
            data = {"files": len(staged), "mirror_of": self._followed.archive, **batch.repaired_data()}
            self._archive.commit("added", data, batch.rows, staged=staged)

    def _keep_tags(self, folder: Path, tags: Path) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        if tags.is_dir():
            shutil.rmtree(tags)
        tags.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(tags)

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

    def _fetch(self, torrent: bytes, wanted: Callable[[tuple[str, ...]], bool] | None = None) -> Fetched:
        name = read(torrent).name
        fetched = self._session.fetch(
            torrent,
            self._incoming,
            self._peers,
            wanted=wanted,
            progress=lambda state: self._progress(name, state),
            patience=self._patience,
        )
        self._report.downloaded += fetched.downloaded
        return fetched


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
