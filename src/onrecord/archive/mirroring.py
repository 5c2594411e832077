# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds editions of another archive: fetch what this archive's own gate and its plan allow, verify, commit.

The feed must go back to the root that was pinned when it was first followed (`trusting`); every file is kept on the
edition's word first (`holding`) and looked into afterwards (`looking`); what the edition says is kept as that archive's
word. The write lock is held to write alone: while bytes travel others may.
"""

import hashlib
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from onrecord import audio
from onrecord.archive import planning
from onrecord.archive.allowed import Allowed
from onrecord.archive.batch import Batch
from onrecord.archive.bringing import Bringer, Brought, Disk, Swarm, Whole, nobody
from onrecord.archive.bringing_by_page import InTurn, OrEnd, Pages, page_of
from onrecord.archive.core import Archive
from onrecord.archive.editions import manifest_in, read_feed, tags_of
from onrecord.archive.following import (
    FEED_BYTES,
    Following,
    fetching,
    follow,
    refuse_older_edition,
    trust_of,
)
from onrecord.archive.foreign import RECORD, claims_in, ids_in, source_of
from onrecord.archive.holding import Came, Holding
from onrecord.archive.last_match import is_matched
from onrecord.archive.letting_in import LettingIn, SyncReport, digest_in, expect
from onrecord.archive.looking import LookReport, look
from onrecord.archive.matching import rematch_locked
from onrecord.archive.newest_editions import mirrored_numbers
from onrecord.archive.quarantining import Listed, quarantine, refuse_older
from onrecord.archive.reaching import getting
from onrecord.archive.relaying import keep_feed, kept
from onrecord.archive.seeing import Seeing
from onrecord.archive.trusting import Pin, Trust
from onrecord.catalog.match import KINDS, ids_in_use
from onrecord.durable import replace, sha256_of, sync_tree
from onrecord.engine.pool import Workers
from onrecord.errors import (
    ArchiveLocked,
    DigestMismatch,
    FeedExpired,
    LogBroken,
    MirrorFailed,
    NotFound,
    OnrecordError,
    SignatureInvalid,
    SourceRefused,
    StoreFailed,
    StoreFull,
    UsageError,
)
from onrecord.ledger import Followed
from onrecord.mirror.session import Peer, Session
from onrecord.mirror.session import Progress as FetchProgress
from onrecord.publish import withdrawals
from onrecord.publish.contents import Contents, layers, read
from onrecord.publish.contents import Listed as Named
from onrecord.publish.edition import FEED, Feed, VolumeEntry, read_sums
from onrecord.publish.signing import verify
from onrecord.rights.taken import taken_torrent

__all__ = ["Following", "SyncReport", "follow", "sync"]

#: Files that are let in together: small volumes keep the workers busy as large ones do.
_LET_IN = 256
_TORRENT_BYTES = 16 * 1024 * 1024
_LIST_BYTES = 256 * 1024 * 1024
#: What is wrong with this archive, whichever it fetches from: no use in trying the next.
MET_BY_ALL: Final = (ArchiveLocked, LogBroken, StoreFailed, StoreFull)


def sync(
    archive: Archive,
    peers: Sequence[Peer],
    progress: Callable[[str, FetchProgress], None] = lambda name, state: None,
    patience: float = 60.0,
    listen: str = "127.0.0.1:0",
    disk: Path | None = None,
    *,
    pages: Sequence[str] | None = None,
    look_into: bool = True,
) -> list[SyncReport]:
    """Fetch the newest edition of every followed archive, of its volumes those that the plan names. A run that was
    killed goes on where it was.

    When all bytes are held they may be seeded; then what came is looked into and matched (`look_and_match`), unless the
    caller does that.

    Of an archive whose feed has expired nothing is fetched, and its report says so: what is held stays, and is seeded.
    Where several are followed and one fails, its report says why, and the others go on; one alone raises its error.
    While `listen` is an address on loopback, peers elsewhere are not spoken with. With `disk`, a folder that
    `exporting` wrote, feed and bytes come from there and no network is used: of the archives that it has. With `pages`
    the bytes come from these (pages of holders, or places in buckets), for none that is named from where each feed is;
    what they do not have the `peers` are asked for.
    Raises ArchiveLocked where another run fetches, or somebody writes.
    """
    every = [followed for followed in archive.ledger.followed() if followed.feed]
    if disk is not None:
        every = [followed for followed in every if (disk / followed.archive).is_dir()]
    if not every and disk is not None:
        raise NotFound(
            f"{disk}: nothing of an archive that is followed here", "`mirror export` writes such a disk"
        )
    if not every:
        raise UsageError("no archive is followed", "name one with `onrecord mirror follow FEED`")
    if pages is not None and not (pages or peers or any(page_of(followed.feed) for followed in every)):
        raise UsageError(
            "no archive that is followed has its feed on a page",
            "give --peer ADDRESS:PORT, or --from FOLDER or URL",
        )
    with ExitStack() as stack:
        stack.enter_context(fetching(archive))
        workers = stack.enter_context(Workers(archive.settings.workers, audio.preload))
        swarm = None
        if disk is None and (peers or pages is None):
            swarm = Swarm(stack.enter_context(Session(listen)), peers, progress, patience)

        def bringer(followed: Followed) -> Bringer:
            if disk is not None:
                return Disk(disk / followed.archive, progress)
            if pages is None and swarm:
                return swarm
            asked = Pages(pages or page_of(followed.feed), progress, archive.settings.s3)
            return InTurn(asked, swarm) if swarm else OrEnd(asked)

        runs = [Run(archive, followed, bringer(followed), workers, disk) for followed in every]
        # First the papers of all: a plan chooses among the volumes of every archive.
        ready = [run for run in runs if _done(run, run.prepare, others=len(runs) > 1)]
        allowed = (sha256 for run in ready for sha256, _ in run.allowed.each())
        with archive.writing(moment=True):
            planned = planning.renew(archive, {run.archive_id: run.edition for run in ready}, allowed)
        for run in ready:
            _done(run, lambda run=run: run.fetch(planned), others=len(runs) > 1)  # type: ignore[misc]
        reports = [run.report for run in runs]
        if look_into:
            look_and_match(archive, reports, workers)
    return reports


def look_and_match(
    archive: Archive,
    reports: Sequence[SyncReport] = (),
    workers: Workers | None = None,
    only: Collection[str] | None = None,
    progress: Callable[[int, int, float], None] = lambda files, size, sound: None,
) -> LookReport:
    """Look into what is held on others' word, correct the `reports` by what is found, match what is here now."""
    found = look(archive, only, workers, progress)
    of = {report.archive: report for report in reports}
    for turned in (*found.unlike, *found.refused):
        if report := of.get(turned.archive):
            report.files = max(report.files - 1, 0)  # it may have come before this run
            report.refused += turned not in found.unlike
            report.unlike += [f"{turned.sha256}: {turned.detail}"] * (turned in found.unlike)
    with archive.writing(moment=True):
        if not is_matched(archive):
            rematch_locked(archive)
    return found


def _done(run: "Run", step: Callable[[], object], *, others: bool) -> bool:
    """Take a step of one archive's run. Where there are `others`, what is wrong with this one does not end theirs."""
    try:
        return step() is not False
    except MET_BY_ALL:
        raise
    except OnrecordError as error:
        if not others:
            raise
        run.report.failed, run.report.hint, run.report.exit_code = error.message, error.hint, error.exit_code
        return False


class Run:
    """One archive's newest edition: `prepare`, then `fetch`, by whoever holds `fetching`. Takes the write lock itself.

    `incoming` is the folder below the archive's own in which files wait; what a killed run left there is gone on with.
    `listed` is the archive's list of withdrawals, None where its feed names none.
    """

    def __init__(
        self,
        archive: Archive,
        followed: Followed,
        bringer: Bringer,
        workers: Workers,
        disk: Path | None = None,
        incoming: str = "incoming",
    ) -> None:
        self._archive = archive
        self._bringer = bringer
        self._workers = workers
        self._from_disk = disk is not None
        self._where = followed.feed if disk is None else str(disk / followed.archive / "feed" / FEED)
        self._folder = archive.folder / "mirrored" / followed.archive
        self._incoming = self._folder / incoming
        self._vouched: dict[str, bytes] = {}
        self._trust_folder = trust_of(archive, followed)
        self._trust = Trust(
            self._trust_folder,
            self._where,
            Pin.of(followed.public_key),
            archive.clock(),
            getting(archive.settings.s3),
        )
        self._feed: Feed | None = None
        self._only: Collection[str] | None = None
        self._torrent = b""
        self.archive_id = followed.archive
        self.report = SyncReport(followed.archive)
        self.listed: Listed | None = None
        self.edition = Path()
        self.allowed = Allowed(archive, Path())

    def prepare(self) -> bool:
        """Feed, withdrawals and papers; False where there is nothing that could be fetched for."""
        try:
            feed = self._newest()
        except FeedExpired as error:
            self.report.expired = error.day
            self.report.number = max(self._held(), default=0)
            last = self._last() if self._from_disk else None
            if last is None:
                return False
            feed = last
        self._feed = feed
        self.report.number = feed.number
        # First of all: what was withdrawn is hidden also where nobody has the edition.
        self.listed = self._withdrawals(feed)
        self._torrent = self._read(feed.torrent, _TORRENT_BYTES)
        expect(feed.torrent, hashlib.sha256(self._torrent).hexdigest(), feed.torrent_sha256)
        self._incoming.mkdir(parents=True, exist_ok=True)
        self.edition = self._papers(feed, self._torrent)
        manifest = manifest_in(self.edition)
        if (manifest.archive, manifest.number) != (feed.archive, feed.number):
            raise SignatureInvalid(
                f"edition {feed.number} of {feed.archive}: its manifest says {manifest.number} of {manifest.archive}",
                "do not use this feed",
            )
        self.allowed = Allowed(self._archive, self.edition, self.listed)
        self.report.refused += self.allowed.refused()
        return True

    def fetch(self, planned: Collection[str] | None, only: Collection[str] | None = None) -> None:
        """The sound of the volumes that are planned, all for None; of it the files `only` (digests), where that is
        given. Then the edition is held."""
        assert self._feed is not None
        self._only, number = only, self._feed.number
        letting_in = LettingIn(
            self._archive,
            self.archive_id,
            self._workers,
            self.report,
            self.listed,
            link_now=lambda: number in self._held(),
        )
        holding = Holding(self._archive, self.archive_id, self.edition, self.report, self.listed, letting_in)
        volumes = manifest_in(self.edition).volumes
        chosen = [entry for entry in volumes if planned is None or entry.name in planned]
        self.report.left_out = len(volumes) - len(chosen)
        self._take_names()
        came: list[Came] = []
        with Seeing(self._incoming) as seeing:
            try:
                for entry in chosen:
                    came += self._fetched(entry, seeing)
                    if len(came) >= _LET_IN:
                        taken, came = came, []
                        holding.take(taken, seeing, self.allowed)
            except MirrorFailed:
                holding.take(came, seeing, self.allowed)  # it is right, and need not come again
                raise
            holding.take(came, seeing, self.allowed)
        with self._archive.writing(moment=True):
            self._keep(self._feed, self._torrent, self.edition)
            if self._vouched:
                keep_feed(self._folder, self._trust_folder, self._vouched)
        shutil.rmtree(self._incoming)

    def _newest(self) -> Feed:
        """The feed as far as it can be trusted, and no older than what is held."""
        if self._from_disk and self._trust.is_behind() and (last := self._last()) is not None:
            return last  # the disk was written before what we know: its bytes are good all the same
        self._trust.refresh()
        feed = read_feed(self._where, self._read(FEED, FEED_BYTES))
        refuse_older_edition(self._archive, self._where, self.archive_id, feed)
        return feed

    def _last(self) -> Feed | None:
        """The feed that was verified last, if its edition is held: a disk may bring what is lacking of that."""
        content = kept(self._folder)
        feed = read_feed(str(self._folder / "feed" / FEED), content) if content else None
        return feed if feed is not None and feed.number in self._held() else None

    def _read(self, name: str, most: int) -> bytes:
        """A file that the feed vouches for; of a feed that was verified before, as it was then."""
        if self._trust.is_fresh:
            self._vouched[name] = self._trust.read(name, most)
            return self._vouched[name]
        return kept(self._folder, name)

    def _withdrawals(self, feed: Feed) -> Listed | None:
        """Obey the archive's list of withdrawals; None where its feed names none."""
        refuse_older(self._archive, feed.archive, feed.withdrawals_sequence)
        if not feed.withdrawals_sha256:
            return None
        content = self._read(withdrawals.NAME, _LIST_BYTES)
        expect(withdrawals.NAME, hashlib.sha256(content).hexdigest(), feed.withdrawals_sha256)
        found = withdrawals.read_list(f"{self._where}: {withdrawals.NAME}", content, feed.archive)
        if found.sequence != feed.withdrawals_sequence:
            raise SignatureInvalid(
                f"{self._where}: the feed names list {feed.withdrawals_sequence}, this is {found.sequence}",
                "fetch it again",
            )
        with self._archive.writing(moment=True):
            listed = Listed(self._archive, found)
            self.report.hidden, self.report.shown = quarantine(self._archive, listed)
        return listed

    def _held(self) -> list[int]:
        """Numbers of the editions that are held here."""
        return mirrored_numbers(self._archive, self.archive_id)

    def _papers(self, feed: Feed, torrent: bytes) -> Path:
        """The edition's own files, whole and signed: those that are held, else those that come in now."""
        held = self._folder / str(feed.number)
        if feed.number in self._held():
            try:
                self._check_papers(feed, held)
                return held
            except (DigestMismatch, SignatureInvalid, FileNotFoundError):
                pass  # it came to harm here: fetch it again
        edition = self._incoming / read(torrent).name
        brought = self._bring(torrent)
        if lacking := sorted("/".join(path) for path in brought.absent | brought.damaged):
            raise self._bringer.failed(f"edition {feed.number}: {lacking[0]} ({len(lacking):,} such)")
        self._check_papers(feed, edition)
        return edition

    def _check_papers(self, feed: Feed, edition: Path) -> None:
        sums = (edition / "SHA256SUMS").read_bytes()
        verify(sums, (edition / "SHA256SUMS.minisig").read_bytes(), feed.key)
        expect("SHA256SUMS", sha256_of(edition / "SHA256SUMS"), feed.sums_sha256)
        listed = read_sums(edition / "SHA256SUMS")
        for path in sorted(path for path in edition.rglob("*") if path.is_file()):
            name = path.relative_to(edition).as_posix()
            if name not in ("SHA256SUMS", "SHA256SUMS.minisig", "minisign.pub"):
                expect(name, sha256_of(path), listed.pop(name, "nothing: the checksums do not list it"))
        if listed:
            raise DigestMismatch(
                f"edition {feed.number}: {next(iter(listed))} is listed, but it is not there"
            )

    def _fetched(self, entry: VolumeEntry, seeing: Seeing) -> list[Came]:
        """Fetch what is allowed of a volume and not held yet; gives the files that came. Each is read beside."""
        metainfo = (self.edition / entry.path).read_bytes()
        contents = read(metainfo)
        missing = self._missing(entry, contents)
        tags = tags_of(self._folder, entry.name)
        self.report.volumes += 1
        papers = [file.path[0] for file in contents.files if len(file.path) == 1]
        if not missing and all((tags / name).is_file() for name in papers):
            return []
        folder, expected = self._incoming / entry.name, {file.path: file for file in missing}

        def whole(path: tuple[str, ...]) -> None:
            if path in expected:
                seeing.begin(folder.joinpath(*path))

        brought = self._bring(metainfo, tuple(expected), whole)
        self.report.absent += len(brought.absent.intersection(expected))
        self.report.damaged += sorted(path[-1] for path in brought.damaged)
        tags.mkdir(parents=True, exist_ok=True)
        for name in papers:
            if (folder / name).is_file():
                replace(tags / name, (folder / name).read_bytes())
        lacking, known = brought.absent | brought.damaged, layers(metainfo)
        return [
            Came(folder.joinpath(*path), file, known.get(file.root, b""))
            for path, file in expected.items()
            if path not in lacking
        ]

    def _missing(self, entry: VolumeEntry, contents: Contents) -> list[Named]:
        payload = [file for file in contents.files if file.path[0] == "data"]
        if contents.name != entry.name or sum(file.size for file in payload) != entry.size:
            raise DigestMismatch(
                f"volume {entry.name} of {entry.size:,} bytes: its torrent is that of {contents.name}, "
                f"{sum(file.size for file in payload):,} bytes",
                "do not use this edition",
            )
        named = {digest_in(file.path[-1]): file for file in payload}
        if self._only is not None:
            named = {digest: file for digest, file in named.items() if digest in self._only}
        self.allowed.look_up(named)
        missing = []
        for digest, held, _ in self._archive.ledger.look_up(list(named)):
            blob = held if digest in self.allowed else None
            if blob is not None and blob.is_held:
                self.report.had += 1
            elif blob is not None and blob.is_turned_away:
                self.report.refused += 1
            elif digest in self.allowed:
                missing.append(named[digest])
        return missing

    def _take_names(self) -> None:
        """What the edition calls its things, before its files come: they are called so here, too."""
        assert self._feed is not None
        if self._feed.number in self._held():
            return
        with self._archive.writing(moment=True), self._archive.duck() as duck:
            things = {
                kind: self._archive.canonical_rows(f"canonical_{thing}s", "SELECT id FROM offered")
                for kind, thing in KINDS.items()
                if self._archive.canonical(f"canonical_{thing}s").exists()
            }
            ids = ids_in(self._feed, self.edition, lambda offered: ids_in_use(duck, offered, things))
            if ids:
                data = {"archive": self._feed.archive, "number": self._feed.number}
                self._archive.commit("named", data, {"ids": ids})

    def _keep(self, feed: Feed, torrent: bytes, edition: Path) -> None:
        """Keep the edition as it came, and what it says as that archive's word; once an edition."""
        final = self._folder / str(feed.number)
        if edition != final:
            shutil.rmtree(final, ignore_errors=True)
            edition.rename(final)
            self.edition = self.allowed.edition = final
        replace(self._folder / f"{feed.number}.torrent", torrent)
        sync_tree(self._folder)
        if feed.number in self._held():
            return
        batch = Batch(self._archive.ledger)
        batch.link_all(self.allowed.believed(), source_of(feed.archive), RECORD)
        rows = claims_in(feed, final)
        data = {"archive": feed.archive, "number": feed.number, "sums": feed.sums_sha256}
        self._archive.commit("mirrored", data, batch.rows | rows, batch.evidence)

    def _bring(
        self, torrent: bytes, payload: Sequence[tuple[str, ...]] = (), whole: Whole = nobody
    ) -> Brought:
        """Bring a torrent's own papers, and of its payload the files that are named."""
        contents, wanted = read(torrent), frozenset(payload)
        if why := taken_torrent(["/".join((contents.name, *file.path)) for file in contents.files]):
            raise SourceRefused(f"torrent {contents.name}: {why}", "such sets are not read, by no door")
        brought = self._bringer.bring(
            torrent, self._incoming, lambda path: path[0] != "data" or path in wanted, whole
        )
        self.report.downloaded += brought.bytes
        return brought
