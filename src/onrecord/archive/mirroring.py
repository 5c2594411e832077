# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds editions of another archive: follow a feed, fetch what this archive's own gate allows, verify, commit, seed.

Nothing is believed: the feed and the edition must bear the signature of the key that was named when it was first
followed, every file its digest, and every sound the digests of one read here.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from onrecord.archive.batch import FILE, Batch
from onrecord.archive.core import Archive
from onrecord.archive.matching import rematch_locked
from onrecord.catalog.tables import ArtistRow, IdRow, ReleaseRow, Row, SoundRow, TrackRow
from onrecord.engine.parquet import read_rows
from onrecord.errors import DigestMismatch, MirrorFailed, NotFound, SignatureInvalid, UsageError
from onrecord.ledger import Followed
from onrecord.mirror.session import Fetched, Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.model.rights import Evidence, Use
from onrecord.net import fetch
from onrecord.publish.contents import read
from onrecord.publish.edition import Feed, Manifest
from onrecord.publish.signing import verify
from onrecord.rights import decide
from onrecord.store import Arrival

_FEED_BYTES = 1024 * 1024
_TORRENT_BYTES = 16 * 1024 * 1024
_BATCH = 64


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
    verified: int = 0


def follow(archive: Archive, feed: str, public_key: str = "") -> Followed:
    """Follow the archive whose feed is at `feed`, a path or an http address.

    `public_key` is the key that the feed must bear; without it the key that stands beside the feed is taken once, and
    from then on no other. Gives what is followed now.
    """
    feed = feed if "://" in feed else str(Path(feed).resolve())
    content = _get(feed, _FEED_BYTES)
    key = (
        public_key
        or _get(_beside(feed, "minisign.pub"), _FEED_BYTES).decode(errors="replace").strip().splitlines()[-1]
    )
    body = _feed(content, _get(feed + ".minisig", _FEED_BYTES), key)
    known = next((item for item in archive.ledger.followed() if item.archive == body.archive), None)
    if known and known.public_key != key:
        raise SignatureInvalid(
            f"archive {body.archive} was followed with key {known.public_key}, its feed now bears {key}",
            "ask its owner; nothing was changed",
        )
    followed = Followed(body.archive, feed, key, body.name)
    with archive.writing():
        if known != followed:
            archive.commit("followed", msgspec.structs.asdict(followed))
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
    reports = []
    with archive.writing(), Session() as session:
        for followed in archive.ledger.followed():
            reports.append(_Sync(archive, followed, session, peers, progress, patience).run())
    return reports


def seed(archive: Archive, session: Session) -> list[str]:
    """Seed the newest edition of this archive, and all that it mirrors. Gives the names of the torrents.

    A blob that the last check found damaged, or that may no longer be shared, is not given out.
    """
    names: list[str] = []
    editions = archive.folder / "editions"
    own = archive.ledger.editions()[-1:]
    for edition in own:
        number = edition["number"]
        names += _seed_edition(archive, session, editions / str(number), editions / f"{number}.torrent")
    for held in archive.ledger.mirrored():
        folder = archive.folder / "mirrored" / held["archive"]
        names += _seed_edition(
            archive, session, folder / str(held["number"]), folder / f"{held['number']}.torrent"
        )
    return names


def _seed_edition(archive: Archive, session: Session, folder: Path, torrent: Path) -> Iterator[str]:
    yield session.seed(torrent.read_bytes(), lambda path: folder.joinpath(*path)).name
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    for entry in manifest.volumes:
        tags = folder / "volumes" / entry.name

        def locate(path: tuple[str, ...], tags: Path = tags) -> Path:
            return _blob_path(archive, path[1][:64]) if path[0] == "data" else tags.joinpath(*path)

        yield session.seed((folder / entry.path).read_bytes(), locate).name


def _blob_path(archive: Archive, sha256: str) -> Path:
    """Where a blob lies that may be given out; a path where nothing is for one that may not."""
    blob = archive.ledger.blob(sha256)
    evidence = [item for item, _ in archive.ledger.evidence(sha256).values()]
    withheld = archive.folder / "withheld" / sha256
    if (
        blob is None
        or blob.state != "ok"
        or not decide(evidence, Use.SHARE, "Worldwide", archive.today).allow
    ):
        return withheld
    try:
        return archive.store.path(sha256, blob.root)
    except (NotFound, DigestMismatch):
        return withheld


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
        held = {item["number"] for item in self._archive.ledger.mirrored() if item["archive"] == feed.archive}
        edition = self._folder / str(feed.number)
        if feed.number not in held:
            shutil.rmtree(edition, ignore_errors=True)
            edition = self._papers(feed, torrent)
        manifest = msgspec.json.decode((edition / "manifest.json").read_bytes(), type=Manifest)
        files = self._allowed(edition)
        for entry in manifest.volumes:
            self._volume(edition, entry.path, files)
        if feed.number not in held:
            self._finish(feed, torrent, edition)
        shutil.rmtree(self._incoming)
        return self._report

    def _newest(self) -> tuple[Feed, bytes]:
        """The feed and its torrent, signed by the key that was followed, and no older than what is held."""
        where = self._followed.feed
        feed = _feed(
            _get(where, _FEED_BYTES), _get(where + ".minisig", _FEED_BYTES), self._followed.public_key
        )
        last = max(
            (m["number"] for m in self._archive.ledger.mirrored() if m["archive"] == feed.archive), default=0
        )
        if feed.archive != self._followed.archive or feed.number < last:
            raise SignatureInvalid(
                f"{where}: expected archive {self._followed.archive} from edition {last}, "
                f"got {feed.archive} edition {feed.number}",
                "an old feed was put in its place, or another archive's; what is held stays",
            )
        torrent = _get(_beside(where, feed.torrent), _TORRENT_BYTES)
        found = hashlib.sha256(torrent).hexdigest()
        if found != feed.torrent_sha256:
            raise DigestMismatch(
                f"{feed.torrent}: expected SHA-256 {feed.torrent_sha256}, got {found}", "try again"
            )
        return feed, torrent

    def _papers(self, feed: Feed, torrent: bytes) -> Path:
        """The edition's own files, whole and signed, in the folder that they came to."""
        fetched = self._fetch(torrent)
        edition = self._incoming / fetched.name
        sums = (edition / "SHA256SUMS").read_bytes()
        verify(sums, (edition / "SHA256SUMS.minisig").read_bytes(), self._followed.public_key)
        _expect("SHA256SUMS", hashlib.sha256(sums).hexdigest(), feed.sums_sha256)
        listed = {
            name: digest for digest, name in (line.split("  ", 1) for line in sums.decode().splitlines())
        }
        extra = {"SHA256SUMS", "SHA256SUMS.minisig", "minisign.pub"}
        for path in sorted(path for path in edition.rglob("*") if path.is_file()):
            name = path.relative_to(edition).as_posix()
            if name not in extra:
                _expect(name, _sha256(path), listed.pop(name, "nothing: the checksums do not list it"))
        if listed:
            raise DigestMismatch(
                f"edition {feed.number}: {next(iter(listed))} is listed but was not in the torrent"
            )
        return edition

    def _allowed(self, edition: Path) -> dict[str, dict[str, Any]]:
        """Rows of the dataset's files that this archive's own gate allows to share, by digest."""
        evidence: dict[str, list[Evidence]] = {}
        for row in read_rows(edition / "dataset" / "evidence.parquet", ["sha256", "body"]):
            evidence.setdefault(row["sha256"], []).append(msgspec.json.decode(row["body"], type=Evidence))
        allowed = {}
        columns = [*SoundRow.__struct_fields__, "size", "blake3", "v2_root"]
        for row in read_rows(
            edition / "dataset" / "files.parquet", [name for name in columns if name != "seq"]
        ):
            own = [item for item, _ in self._archive.ledger.evidence(row["sha256"]).values()]
            facts = evidence.get(row["sha256"], [])
            if decide([*facts, *own], Use.SHARE, "Worldwide", self._archive.today).allow:
                allowed[row["sha256"]] = row | {"facts": facts}
            else:
                self._report.refused += 1
        return allowed

    def _volume(self, edition: Path, torrent: str, files: Mapping[str, dict[str, Any]]) -> None:
        """Fetch what is wanted of a volume and is not held yet, and commit it."""
        metainfo = (edition / torrent).read_bytes()
        names = {path.path[1][:64]: path.path for path in read(metainfo).files if path.path[0] == "data"}
        missing = set()
        for sha256 in names.keys() & files.keys():
            blob = self._archive.ledger.blob(sha256)
            if blob is not None and blob.state == "ok":
                self._report.had += 1
            else:
                missing.add(sha256)
        self._report.volumes += 1
        if not missing:
            return
        fetched = self._fetch(metainfo, lambda path: path[0] == "data" and path[1][:64] in missing)
        folder = self._incoming / fetched.name
        ordered = sorted(missing)
        for start in range(0, len(ordered), _BATCH):
            chunk = ordered[start : start + _BATCH]
            self._take({sha256: folder.joinpath(*names[sha256]) for sha256 in chunk}, files)
        shutil.rmtree(folder)

    def _take(self, paths: Mapping[str, Path], files: Mapping[str, dict[str, Any]]) -> None:
        """Verify what came by a read of our own, move it into the store, commit."""
        batch = Batch(self._archive.log.next_seq, self._archive.ledger)
        staged = []
        for sha256, path in paths.items():
            path.chmod(0o444)
            item = self._archive.store.stage(path, Arrival.LINK)
            row = files[sha256]
            _expect(path.name, item.digests.sha256, sha256)
            if (item.digests.size, item.digests.v2_root) != (row["size"], row["v2_root"]):
                raise DigestMismatch(f"{sha256}: the dataset's size or v2 root is not that of the bytes")
            staged.append(item)
            batch.mirror(item, {name: row[name] for name in SoundRow.__struct_fields__ if name != "seq"})
            batch.link(sha256, row["facts"])
            self._report.files += 1
            self._report.bytes += item.size
            self._report.verified += item.size
        self._archive.store.commit(staged)
        data = {"files": len(staged), "mirror_of": self._followed.archive, **batch.repaired_data()}
        self._archive.commit("added", data, batch.rows, batch.evidence, batch.placed)

    def _finish(self, feed: Feed, torrent: bytes, edition: Path) -> None:
        """Keep the edition as it came, and take in what it claims, so that the mirror can be read like the original."""
        final = self._folder / str(feed.number)
        edition.rename(final)
        (self._folder / f"{feed.number}.torrent").write_bytes(torrent)
        seq = self._archive.log.next_seq
        tables: dict[str, list[Row]] = {
            name: list(_rows(final / "dataset" / f"{source}.parquet", row, seq))
            for name, source, row in (
                ("tracks", "track_claims", TrackRow),
                ("releases", "release_claims", ReleaseRow),
                ("artists", "artist_claims", ArtistRow),
                ("ids", "ids", IdRow),
            )
        }
        licensed = read_rows(final / "dataset" / "track_claims.parquet", ["source", "license"])
        self._archive.commit(
            "mirrored",
            {
                "archive": feed.archive,
                "number": feed.number,
                "sums": feed.sums_sha256,
                "sources": {row["source"]: row["license"] for row in licensed if row["source"] != FILE},
            },
            tables,
        )
        rematch_locked(self._archive)

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


def _rows(path: Path, row: type[Row], seq: int) -> Iterator[Row]:
    names = [name for name in row.__struct_fields__ if name != "seq"]
    for values in read_rows(path, names):
        yield row(**values, seq=seq)


def _feed(content: bytes, signature: bytes, public_key: str) -> Feed:
    verify(content, signature, public_key)
    try:
        return msgspec.json.decode(content, type=Feed)
    except msgspec.MsgspecError as error:
        raise MirrorFailed(f"the feed is signed, but not one that this onrecord reads: {error}") from None


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
    if "/" in name or name.startswith("."):
        raise MirrorFailed(f"the feed names {name!r}, expected the plain name of a file beside it")
    return where.rsplit("/", 1)[0] + "/" + name


def _expect(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise DigestMismatch(
            f"{name}: expected SHA-256 {expected}, got {found}", "fetch it again from another mirror"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
