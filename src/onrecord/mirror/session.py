# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""BitTorrent sessions: seed blobs where they lie, fetch volumes, recheck them.

By default a session speaks with loopback alone, and announces itself to nobody. Seeding never opens a blob for
writing, whatever the blob holds and whatever peers send.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import libtorrent as lt
from msgspec import Struct

from onrecord.errors import MirrorFailed, UsageError
from onrecord.mirror.network import address, keep_trackers, loopback_only, settings, stays_here, with_port
from onrecord.mirror.places import Locate, found, held_pieces, make_private, paths, unfinished
from onrecord.publish.contents import Contents, Listed, read

#: Address and port; names are for the caller to resolve, and to check what they resolve to.
Peer = tuple[str, int]

#: Seconds between flushes of what was fetched: a kill loses at most what came since the last one.
_FLUSH_EVERY: Final = 2.0
#: Seconds between tries to reach the peers that were named.
_CONNECT_EVERY: Final = 1.0
#: Seconds that the session waits for its own threads: opening a port, closing a file.
_OWN_WORK: Final = 30.0
#: Seconds between two looks at a torrent.
_TICK: Final = 0.05
#: Seconds between two looks at which files are whole.
_TELL_EVERY: Final = 0.2
#: Files named in a message.
_NAMED: Final = 3
#: libtorrent's priority of a file that is to be fetched; 0 is of one that is not.
_WANTED: Final = 4


class Progress(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a fetch stands; `done` counts bytes that are here and checked, those of an earlier run included."""

    done: int
    total: int
    peers: int
    failed_pieces: int


class Fetched(Struct, frozen=True, forbid_unknown_fields=True):
    """What a fetch took: bytes of content that came over the network, seconds, pieces whose hash was wrong."""

    name: str
    downloaded: int
    seconds: float
    failed_pieces: int


class Seeding(Struct, frozen=True, forbid_unknown_fields=True):
    """A torrent that is being seeded, and the files that are not: absent, of another size, or not regular files."""

    name: str
    info_hash_v2: bytes
    missing: tuple[str, ...]


class Seen(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes part in a torrent that is seeded, as far as this session knows: it sees who is connected to it.

    `whole` counts copies that have everything, this session's own among them; `partly` the others. Two that have
    everything have nothing to tell each other and part again, so `whole` is the least there is.
    """

    name: str
    whole: int
    partly: int


class Session:
    """One libtorrent session; close it, or use it in a `with` block.

    `listen` is "address:port", port 0 for any that is free, or "" for no network. While the address is on loopback,
    peers elsewhere are blocked both ways. Everything that tells others about this session is off unless asked for. The
    limits are bytes a second for each torrent, 0 for none. Methods may be called from several threads.
    """

    def __init__(
        self,
        listen: str = "127.0.0.1:0",
        *,
        dht: bool = False,
        lsd: bool = False,
        port_mapping: bool = False,
        trackers: bool = False,
        web_seeds: bool = False,
        download_limit: int = 0,
        upload_limit: int = 0,
    ) -> None:
        self._at, self._loopback = listen, stays_here(listen)
        self._trackers, self._web_seeds = trackers, web_seeds
        self._limits = download_limit or -1, upload_limit or -1
        self._lock = threading.Lock()
        self._heard: dict[Any, _Heard] = {}
        self._seeds: dict[bytes, tuple[Any, Seeding]] = {}
        flags = lt.torrent_flags
        self._flags = (0 if dht else flags.disable_dht) | (0 if lsd else flags.disable_lsd)
        self._flags |= flags.duplicate_is_error | (flags.disable_pex if self._loopback else 0)
        self._listen_on = partial(settings, dht=dht, lsd=lsd, port_mapping=port_mapping)
        self._may_begin_anew = not (dht or port_mapping)
        self._adding, self._since = threading.Lock(), 0.0
        self._session: Any = self._begun(listen)
        # libtorrent creates a torrent's empty files wherever it takes them to be: here, rather than among the blobs.
        self._scratch = tempfile.TemporaryDirectory(prefix="onrecord-session-")
        try:
            self.port = self._listening(listen)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stops everything and gives the port free; what was fetched stays where it is."""
        if self._session is None:
            return
        for info_hash in list(self._seeds):
            self.stop(info_hash)
        self._heard.clear()
        # The last reference: libtorrent ends its threads before it lets go of it.
        self._session = None
        self._scratch.cleanup()

    def seed(self, torrent: bytes, locate: Locate, *, trust: bool = True) -> Seeding:
        """Seeds the files that `locate` knows, in place, reading alone.

        With `trust` the blobs are taken to be what their names say, as the store's own checks see to; otherwise each is
        hashed first and the wrong ones are left out. Where the system forbids this process to write the blobs, each
        piece is hashed before it is first given out. Where it does not (root), one that has gone bad is given out;
        whoever gets it notices and turns away from this mirror.
        """
        contents = read(torrent)
        bad = () if trust else check(torrent, locate)
        params = self._params(torrent, contents, lt.torrent_flags.upload_mode)
        places, missing = found(
            params.ti, contents, lambda path: None if "/".join(path) in bad else locate(path)
        )
        params.renamed_files = places
        # libtorrent writes blocks that nobody asked for, in upload mode too, of pieces that it believes to lack. It may
        # find out that it lacks one (seed mode) only if the system stops that write. Else it is told what it has, and
        # nothing that it reads makes it lose this belief. What is missing is not mapped: a push goes to the scratch.
        if not missing and not any(os.access(place, os.W_OK) for place in places.values()):
            self._make_empty_files(contents)
            params.flags |= lt.torrent_flags.seed_mode
        else:
            params.flags |= lt.torrent_flags.no_verify_files
            params.have_pieces = held_pieces(contents, missing)
        seeding = Seeding(contents.name, contents.info_hash_v2, tuple(missing))
        self._seeds[contents.info_hash_v2] = self._add(params, contents.name), seeding
        return seeding

    def seen(self) -> list[Seen]:
        """Who takes part in each torrent that is seeded. Counts alone: no address is given out, or kept."""
        found = []
        for handle, seeding in list(self._seeds.values()):
            status = handle.status()
            whole = status.num_seeds + (not seeding.missing)
            partly = max(status.num_peers - status.num_seeds, 0) + bool(seeding.missing)
            found.append(Seen(seeding.name, whole, partly))
        return found

    def faults(self) -> dict[bytes, str]:
        """Torrents, by their v2 info-hash, of which a file could not be read when a peer asked for it, and the reason.

        The other files are seeded on; `stop` it and `seed` it again, and the file is left out.
        """
        heard = {info_hash: self._listen(handle).error for info_hash, (handle, _) in self._seeds.items()}
        return {info_hash: error for info_hash, error in heard.items() if error}

    def stop(self, info_hash_v2: bytes) -> None:
        """Seeds this torrent no longer."""
        handle, _ = self._seeds.pop(info_hash_v2)
        self._remove(handle)

    def fetch(
        self,
        torrent: bytes,
        into: Path,
        peers: Sequence[Peer] = (),
        *,
        wanted: Callable[[tuple[str, ...]], bool] | None = None,
        progress: Callable[[Progress], None] | None = None,
        patience: float = 60.0,
        whole: Callable[[tuple[str, ...]], None] | None = None,
    ) -> Fetched:
        """Fetches the torrent's files, or the `wanted` ones, to `into/<name>/…`, and returns when all are there.

        What is there already is hashed and kept where it is right, so a run that was killed goes on where it was.
        `progress` is called several times a second in this thread; what it raises ends the fetch. `whole` is called in
        it with each file of which every piece came and was right; its last bytes may be on their way to the disk.
        MirrorFailed where `patience` seconds pass in which nothing came. The caller still verifies each file before it
        trusts it.
        """
        contents = read(torrent)
        peers = [self._checked(peer) for peer in peers]
        files = [file for file in contents.files if wanted is None or wanted(file.path)]
        params = self._params(torrent, contents, 0)
        params.save_path = str(into.absolute())
        chosen = {file.path for file in files}
        params.file_priorities = [_WANTED if path in chosen else 0 for path in paths(params.ti)]
        make_private(into, contents)
        begun = time.monotonic()
        handle = self._add(params, contents.name, calls=True)
        try:
            self._complete(handle, contents, files, peers, progress, patience, whole)
            downloaded = handle.status().total_payload_download
        finally:
            self._flush(handle)
            heard = self._listen(handle)
            self._remove(handle)
        heard.refuse(contents.name)  # what was whole in memory may not have come to the disk
        for file in files:
            if not file.size:
                into.joinpath(contents.name, *file.path).touch()
        return Fetched(contents.name, downloaded, time.monotonic() - begun, heard.failed)

    def metadata(self, magnet: str, peers: Sequence[Peer] = (), *, patience: float = 60.0) -> bytes:
        """The torrent that a magnet link names, from peers, for `seed` and `fetch`; its info-hashes are right."""
        try:
            params = lt.parse_magnet_uri(magnet)
        except RuntimeError as error:
            raise MirrorFailed(f"magnet link {magnet[:120]!r}: {error}", "copy it again") from None
        peers = [self._checked(peer) for peer in peers]
        # Nothing is to be written before the names in it were looked at, so this is upload mode too.
        handle = self._add(
            self._bounded(params, lt.torrent_flags.upload_mode), "of the magnet link", calls=True
        )
        calls = _Calls(handle, peers)
        try:
            if not _until(lambda: calls.made() and handle.status().has_metadata, patience):
                raise MirrorFailed(
                    f"magnet link {magnet[:120]!r}: no peer gave its metadata in {patience:.0f} s",
                    "name a mirror that is up, or use the .torrent file",
                )
            return b"d4:info" + bytes(handle.torrent_file().info_section()) + b"e"
        finally:
            self._remove(handle)

    def _make_empty_files(self, contents: Contents) -> None:
        """Without them libtorrent would not take the torrent for whole, and hash all of it at the start."""
        for file in contents.files:
            if not file.size:
                place = Path(self._scratch.name).joinpath(contents.name, *file.path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()

    def _check(self, torrent: bytes, contents: Contents, locate: Locate) -> list[str]:
        # Nobody can push anything at this session, so that libtorrent may find out what is wrong.
        assert not self.port
        params = self._params(torrent, contents, lt.torrent_flags.upload_mode)
        params.renamed_files, missing = found(params.ti, contents, locate)
        handle = self._add(params, contents.name)
        _until(lambda: not _checking(handle.status()) or handle.status().errc.value(), None)
        if handle.status().errc.value():
            raise MirrorFailed(
                f"torrent {contents.name} cannot be checked: {self._listen(handle).error}",
                "see to the disk, or leave the file out",
            )
        return sorted({*missing, *unfinished(handle, contents.files)})

    def _params(self, torrent: bytes, contents: Contents, flags: int) -> Any:
        try:
            params = lt.load_torrent_buffer(torrent)
        except RuntimeError as error:
            raise MirrorFailed(f"torrent {contents.name} does not load: {error}", "do not use it") from None
        # libtorrent changes names that it holds to be unsafe. Ours are stricter, so a change means that we have a gap.
        if [path for path in paths(params.ti) if path] != [file.path for file in contents.files]:
            raise MirrorFailed(
                f"torrent {contents.name}: libtorrent would name its files otherwise", "do not use it"
            )
        return self._bounded(params, flags)

    def _bounded(self, params: Any, flags: int) -> Any:
        """Without the addresses in it that this session shall not speak with."""
        if self._trackers:
            keep_trackers(params, self._loopback)
        else:
            params.trackers, params.tracker_tiers = [], []
        if not self._web_seeds:
            params.url_seeds = []
        params.http_seeds, params.dht_nodes, params.peers = [], [], []
        params.save_path = self._scratch.name
        params.download_limit, params.upload_limit = self._limits
        params.flags = self._flags | flags
        return params

    def _begun(self, listen: str) -> Any:
        session: Any = lt.session(self._listen_on(listen))
        if self._loopback:
            session.set_ip_filter(loopback_only())
        self._since = time.monotonic()
        return session

    def _add(self, params: Any, name: str, calls: bool = False) -> Any:
        """`calls` says that it calls peers. libtorrent does so when a session begins, and then once a second: where
        nothing else is in it, and nothing that it learned is lost, it begins anew, at the same port, rather than have
        each torrent wait for the second."""
        with self._adding:
            idle = not self._heard and time.monotonic() - self._since > _TICK
            if calls and idle and self.port and self._may_begin_anew:
                self._session = None
                self._session = self._begun(with_port(self._at, self.port))
                self._listening(self._at)
            try:
                handle = self._session.add_torrent(params)
            except RuntimeError as error:
                raise MirrorFailed(
                    f"torrent {name} is not taken: {error}", "stop it first if it is being seeded"
                ) from None
            self._heard[handle] = _Heard()
            return handle

    def _remove(self, handle: Any) -> None:
        self._heard.pop(handle, None)
        self._session.remove_torrent(handle)

    def _checked(self, peer: Peer) -> Peer:
        host, port = peer
        if self._loopback and not address(f"{host}:{port}").is_loopback:
            raise UsageError(
                f"peer {host}:{port} is not on loopback, and this session is",
                "listen on an address of the network",
            )
        return host, port

    def _complete(
        self,
        handle: Any,
        contents: Contents,
        files: Sequence[Listed],
        peers: Sequence[Peer],
        progress: Callable[[Progress], None] | None,
        patience: float,
        whole: Callable[[tuple[str, ...]], None] | None,
    ) -> None:
        """Returns when every file is here and checked."""
        calls = _Calls(handle, peers)
        telling = _Telling(handle, files, whole) if whole else None
        moved = flushed = time.monotonic()
        most = -1
        while True:
            status, heard, now = handle.status(), self._listen(handle), time.monotonic()
            done = status.total_wanted_done
            if progress:
                progress(Progress(done, status.total_wanted, status.num_peers, heard.failed))
            heard.refuse(contents.name)
            if telling:
                telling.tell(now)
            if status.is_finished:
                return
            if _checking(status) or done > most:
                # The most there ever was can only rise to the total: bad pieces sent for ever are no progress.
                most, moved = max(most, done), now
            elif now - moved > patience:
                raise _stalled(
                    contents.name, unfinished(handle, files), len(files), status.num_peers, heard, patience
                )
            if now - flushed > _FLUSH_EVERY:
                handle.flush_cache()
                flushed = now
            calls.made()
            time.sleep(_TICK)

    def _flush(self, handle: Any) -> None:
        """Waits until what was fetched has been handed to the system."""
        before = self._listen(handle).flushes
        handle.flush_cache()
        _until(lambda: self._listen(handle).flushes > before, _OWN_WORK)

    def _listen(self, handle: Any) -> "_Heard":
        """What was said about a torrent until now. The alerts of all torrents come in one queue."""
        with self._lock:
            for alert in self._session.pop_alerts():
                heard = self._heard.get(getattr(alert, "handle", None))
                if heard is not None:
                    heard.take(alert)
            return self._heard[handle]

    def _listening(self, listen: str) -> int:
        if not listen:
            return 0
        failed = ""

        def settled() -> bool:
            nonlocal failed
            with self._lock:
                for alert in self._session.pop_alerts():
                    if isinstance(alert, lt.listen_failed_alert):
                        failed = alert.message()
            return bool(failed or self._session.listen_port())

        if not _until(settled, _OWN_WORK) or failed:
            raise MirrorFailed(f"cannot listen on {listen}: {failed or 'no answer'}", "choose another port")
        return int(self._session.listen_port())


def check(torrent: bytes, locate: Locate) -> list[str]:
    """Files of a torrent that are not what it says, after reading all that `locate` knows; nothing is written."""
    contents = read(torrent)
    with Session("") as session:
        return session._check(torrent, contents, locate)


def verify(torrent: bytes, into: Path) -> list[str]:
    """As `check`, for what a fetch brought to `into`."""
    name = read(torrent).name
    return check(torrent, lambda path: into.joinpath(name, *path))


class _Heard:
    """What libtorrent said about one torrent."""

    def __init__(self) -> None:
        self.failed = 0
        self.flushes = 0
        self.error = ""
        self.liars: set[str] = set()

    def refuse(self, name: str) -> None:
        """Raise where something could not be read or written."""
        if self.error:
            raise MirrorFailed(
                f"torrent {name}: {self.error}", "see that there is room and the right to write, run again"
            )

    def take(self, alert: Any) -> None:
        if isinstance(alert, lt.hash_failed_alert):
            self.failed += 1
        elif isinstance(alert, lt.cache_flushed_alert):
            self.flushes += 1
        elif isinstance(alert, lt.peer_ban_alert):
            self.liars.add("{}:{}".format(*alert.endpoint))
        elif isinstance(alert, lt.file_error_alert | lt.torrent_error_alert):
            self.error = self.error or alert.message()


class _Telling:
    """Tells of files that are whole, a moment after they became so: most have reached the disk by then."""

    def __init__(
        self, handle: Any, files: Sequence[Listed], whole: Callable[[tuple[str, ...]], None]
    ) -> None:
        numbers = {path: number for number, path in enumerate(paths(handle.torrent_file()))}
        self._handle, self._whole = handle, whole
        self._waiting = [(numbers[file.path], file) for file in files if file.size]
        self._ripe: set[int] = set()
        self._next = 0.0

    def tell(self, now: float) -> None:
        if now < self._next or not self._waiting:
            return
        self._next = now + _TELL_EVERY
        done = self._handle.file_progress(lt.file_progress_flags_t.piece_granularity)
        for number, file in self._waiting:
            if number in self._ripe:
                self._whole(file.path)
        self._waiting = [pair for pair in self._waiting if pair[0] not in self._ripe]
        self._ripe = {number for number, file in self._waiting if done[number] >= file.size}


class _Calls:
    """Connects to the peers that were named: at once, then now and then to those that are not connected."""

    def __init__(self, handle: Any, peers: Sequence[Peer]) -> None:
        self._handle, self._peers = handle, peers
        self._next = 0.0

    def made(self) -> bool:
        """Always true, so that it can stand in a condition that is asked again and again."""
        now = time.monotonic()
        if now >= self._next:
            # One that stays and has nothing to give is no reason not to call the others.
            there = {tuple(peer.ip) for peer in self._handle.get_peer_info()}
            for peer in self._peers:
                if peer not in there:
                    self._handle.connect_peer(peer)
            self._next = now + _CONNECT_EVERY
        return True


def _stalled(
    name: str, missing: Sequence[str], files: int, peers: int, heard: _Heard, patience: float
) -> MirrorFailed:
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    lies = f", {heard.failed} pieces had a wrong hash" if heard.failed else ""
    lies += f" (from {', '.join(sorted(heard.liars)[:_NAMED])})" if heard.liars else ""
    return MirrorFailed(
        f"torrent {name}: nothing came for {patience:.0f} s from {peers} peers{lies}; "
        f"{len(missing)} of {files} files are not whole: {named}",
        "run it again when another mirror is up; what is here is kept",
    )


def _checking(status: Any) -> bool:
    states = lt.torrent_status.states
    return status.state in (states.checking_files, states.checking_resume_data)


def _until(condition: Callable[[], bool], seconds: float | None) -> bool:
    end = None if seconds is None else time.monotonic() + seconds
    while not condition():
        if end is not None and time.monotonic() > end:
            return False
        time.sleep(_TICK)
    return True
