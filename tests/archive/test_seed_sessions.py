# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeding by several processes: volumes are dealt out, one that dies comes back, rights and limits hold in all."""

import datetime as dt
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from onrecord.archive import Archive, newest_editions, planning, seed_state, seeding
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.seed_sessions import FILES_A_SHARD, Here, Shards, deal, enough
from onrecord.archive.seed_state import ShardState
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import ArchiveLocked, MirrorFailed, UsageError
from onrecord.mirror.session import Session
from onrecord.model.rights import Target
from tests.conftest import DAY
from tests.pipeline.pieces import onrecord, pieces, start
from tests.tones import write

_ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two volumes, one of CC BY and one of CC0, and its keys; tests get copies."""
    folder = tmp_path_factory.mktemp("seed-sessions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONRECORD_KEYS", str(folder / "keys"))
        with Archive.create(folder / "origin", "Origin", lambda: DAY) as made:
            write(folder / "zero" / "zero.opus", seed=41, tags={"title": "Zero", "license": _ZERO})
            add(made, [pieces(folder / "one", range(3)), folder / "zero"], held_as="owner")
            rematch(made)
            publish(made)
    return folder


@pytest.fixture
def origin(once: Path, keys: Path, tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    shutil.copytree(once / "keys", keys, dirs_exist_ok=True)
    shutil.copytree(once / "origin", tmp_path / "origin")
    with Archive.open(tmp_path / "origin", clock) as made:
        yield made


def tend(shards: Shards, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, shards.states()
        shards.tend(0.2)


def kill(shards: Shards, number: int) -> None:
    os.kill(shards.states()[number - 1].pid, signal.SIGKILL)


def ended(group: int) -> bool:
    """Whether no process of a group is left; waits for that."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def fetches(origin: Archive, name: str, port: int, into: Path) -> int:
    """Bytes of a volume that come from one port."""
    torrent = newest_editions.torrents(origin)[name].read_bytes()
    with Session() as session:
        return session.fetch(torrent, into, [("127.0.0.1", port)], patience=30).downloaded


def torrents_by_port(origin: Archive, shards: Shards) -> dict[str, int]:
    """Which port gives out which volume, as a peer finds it."""
    return {
        name: shard.port
        for name, path in newest_editions.torrents(origin).items()
        for shard in shards.states()
        if answers(path.read_bytes(), shard.port)
    }


def answers(torrent: bytes, port: int) -> bool:
    """Whether a seed on that port takes part in a torrent: it goes on with the greeting of BEP 3."""
    from onrecord.publish.contents import read

    hello = (
        b"\x13BitTorrent protocol" + bytes(8) + read(torrent).info_hash_v2[:20] + b"-XX0000-" + os.urandom(12)
    )
    with socket.create_connection(("127.0.0.1", port), 20) as peer:
        peer.sendall(hello)
        try:
            return peer.recv(1) == b"\x13"
        except ConnectionError:
            return False


# What goes where -------------------------------------------------------------------------------------------------


_NAMES = st.text("abcdef", min_size=1, max_size=4)


@given(
    volumes=st.dictionaries(_NAMES, st.integers(1, 18_000), max_size=40),
    before=st.lists(st.sets(_NAMES, max_size=5), min_size=1, max_size=6),
)
def test_each_volume_has_one_place_and_keeps_it(volumes: dict[str, int], before: list[set[str]]) -> None:
    taken: set[str] = set()
    parts = []
    for part in before:
        parts.append(part - taken)
        taken |= part
    dealt = deal(volumes, parts)
    assert len(dealt) == len(parts)
    assert sorted(name for part in dealt for name in part) == sorted(volumes)
    for old, new in zip(parts, dealt, strict=True):
        assert old & volumes.keys() <= new
    assert deal(volumes, dealt) == dealt
    # From nothing no part is more than one volume above another.
    sizes = [sum(volumes[name] for name in part) for part in deal(volumes, [set() for _ in parts])]
    assert max(sizes) - min(sizes) <= max(volumes.values(), default=0)


def test_one_session_for_every_five_million_files() -> None:
    assert FILES_A_SHARD == 5_000_000
    assert [enough(files) for files in (0, 1, FILES_A_SHARD, FILES_A_SHARD + 1, 86_000_000)] == [
        1,
        1,
        1,
        2,
        18,
    ]


# Processes -------------------------------------------------------------------------------------------------------


def test_volumes_are_dealt_to_processes_and_each_gives_out_its_own(origin: Archive, tmp_path: Path) -> None:
    names = list(newest_editions.torrents(origin))
    before = set(multiprocessing.active_children())
    with closing(Shards(origin, 2, "127.0.0.1:0")) as shards:
        assert sorted(shards.torrents()) == sorted(names)
        first, second = shards.states()
        assert first.port != second.port and first.up and second.up
        assert [first.torrents + second.torrents, first.starts, second.starts] == [3, 1, 1]
        assert len({first.pid, second.pid, os.getpid()}) == 3
        found = torrents_by_port(origin, shards)
        assert set(found) == set(names)
        assert {found[name] for name in names[1:]} == {first.port, second.port}
        for name, port in found.items():
            assert fetches(origin, name, port, tmp_path / "into") > 0
    assert set(multiprocessing.active_children()) <= before


def test_a_process_that_dies_comes_back_by_its_port_with_its_volumes(origin: Archive, tmp_path: Path) -> None:
    said: list[str] = []
    with closing(Shards(origin, 2, "127.0.0.1:0", say=said.append, pauses=(0.5, 0.5))) as shards:
        before, places = shards.states(), torrents_by_port(origin, shards)
        for times in (1, 2, 3):
            kill(shards, 2)
            tend(shards, lambda times=times: len(said) == times)  # type: ignore[misc]
            down = shards.states()
            assert (down[1].up, down[1].pid, down[1].torrents, down[0]) == (False, 0, 0, before[0])
            tend(shards, lambda: shards.states()[1].up)
        after = shards.states()
        assert after == [before[0], structs.replace(before[1], pid=after[1].pid, starts=4)]
        assert torrents_by_port(origin, shards) == places
    assert all("shard 2 ended (signal 9)" in line for line in said)


@pytest.mark.slow
def test_the_pause_grows_to_its_most(origin: Archive) -> None:
    """The port is taken while the process is down, so that it cannot come back."""
    said: list[str] = []
    with closing(Shards(origin, 2, "127.0.0.1:0", say=said.append, pauses=(1.0, 3.0))) as shards:
        port = shards.states()[1].port
        kill(shards, 2)
        tend(shards, lambda: len(said) == 1)
        with socket.socket() as place:
            place.bind(("127.0.0.1", port))
            place.listen()
            tend(shards, lambda: len(said) == 4)
        assert [line.rpartition(" in ")[2] for line in said] == ["1 s", "2 s", "3 s", "3 s"]
        assert f"cannot listen on 127.0.0.1:{port}" in said[1]
        tend(shards, lambda: shards.states()[1].up)
        assert shards.states()[1].port == port


def test_a_process_that_hangs_is_killed_and_comes_back_by_its_port(origin: Archive) -> None:
    said: list[str] = []
    with closing(
        Shards(origin, 2, "127.0.0.1:0", say=said.append, pauses=(0.1, 0.1), silence=8.0, every=0.2)
    ) as shards:
        before = shards.states()
        os.kill(before[1].pid, signal.SIGSTOP)
        tend(shards, lambda: bool(said))
        assert "shard 2 ended (said nothing for 8 s)" in said[0]
        with pytest.raises(ProcessLookupError):
            os.kill(before[1].pid, 0)
        tend(shards, lambda: shards.states()[1].up)
        after = shards.states()
        assert (after[0].pid, after[0].starts, after[1].starts) == (before[0].pid, 1, 2)
        assert (after[1].port, after[1].torrents) == (before[1].port, before[1].torrents)


def test_a_look_tells_after_each_torrent_that_it_goes_on(origin: Archive) -> None:
    told: list[None] = []
    with Session() as session:
        names = seeding.Seeds(origin, session).ask_again(lambda: told.append(None))
    assert len(names) == len(told) == 3


def test_what_is_withdrawn_stops_and_what_is_new_begins(origin: Archive, tmp_path: Path) -> None:
    with closing(Shards(origin, 2, "127.0.0.1:0")) as shards:
        # The archive's own name is random, and may hold these letters.
        [zero] = [
            name for name in newest_editions.volume_torrents(origin) if "cc0" in name.replace(origin.id, "")
        ]
        places = torrents_by_port(origin, shards)
        torrent = newest_editions.torrents(origin)[zero].read_bytes().decode("latin-1")
        [blob] = [row for row in origin.ledger.blobs() if row.kind == "sound" and row.sha256 in torrent]
        withdraw(origin, Target("blob", blob.sha256), by="A", text="no")
        tend(shards, lambda: zero not in shards.torrents())
        assert not answers(newest_editions.torrents(origin)[zero].read_bytes(), places[zero])
        add(origin, [pieces(tmp_path / "two", range(10, 12))], held_as="owner")
        rematch(origin)
        publish(origin)
        names = set(newest_editions.torrents(origin))
        tend(shards, lambda: set(shards.torrents()) == names)
        kept = [name for name in names if name in places]
        assert kept and {name: torrents_by_port(origin, shards)[name] for name in kept} == {
            name: places[name] for name in kept
        }


def test_a_limit_holds_over_all_processes(origin: Archive) -> None:
    need = planning.need(origin)
    volumes = [name for name in newest_editions.torrents(origin) if "edition" not in name]
    with closing(Shards(origin, 2, "127.0.0.1:0", limit=1, need=need)) as shards:
        seeded = [name for name in shards.torrents() if "edition" not in name]
        assert seeded == [min(volumes, key=need)]
    with closing(Here(origin, "127.0.0.1:0", limit=1, need=need)) as here:
        assert [name for name in here.torrents() if "edition" not in name] == seeded


def test_ports_follow_each_other_and_one_that_is_taken_is_said(origin: Archive) -> None:
    with pytest.raises(UsageError, match="need the ports 65535 to 65536"):
        Shards(origin, 2, "127.0.0.1:65535")
    said = "shard 2 cannot seed: cannot listen on 127.0.0.1"
    with adjacent() as (free, taken), pytest.raises(MirrorFailed, match=said):
        Shards(origin, 2, f"127.0.0.1:{free}")
    with closing(Shards(origin, 2, f"127.0.0.1:{free}")) as shards:
        assert [state.port for state in shards.states()] == [free, taken]


@contextmanager
def adjacent() -> Iterator[tuple[int, int]]:
    """A port that is free, and the next, which is taken for as long as this lasts."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            first.close()
            second.listen()
            yield port, port + 1
            return


# One at a time ---------------------------------------------------------------------------------------------------


def test_one_process_seeds_an_archive_and_says_so(origin: Archive) -> None:
    assert seed_state.current(origin) is None
    shard = ShardState(1, 7, 6881, True, 3, 20, 1)
    with seed_state.seeding(origin) as tell:
        assert seed_state.current(origin) is None, "nothing was told yet"
        tell([shard])
        state = seed_state.current(origin)
        assert state is not None and (state.pid, state.shards) == (os.getpid(), (shard,))
        with pytest.raises(ArchiveLocked, match=f"pid {os.getpid()}"), seed_state.seeding(origin):
            pass
    assert seed_state.current(origin) is None


# Commands --------------------------------------------------------------------------------------------------------


@contextmanager
def seeds(folder: Path, *arguments: str) -> "Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]":
    process = start("mirror", "seed", "--json", "-C", folder, *arguments)
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_the_command_seeds_by_several_and_ends_them_all(origin: Archive, end: signal.Signals) -> None:
    with seeds(origin.folder, "--shards", "2") as (process, said):
        assert [shard["number"] for shard in said["shards"]] == [1, 2]
        assert len(said["torrents"]) == 3
        status = json.loads(onrecord("mirror", "status", "--json", "-C", origin.folder).stdout)
        assert status["seeding"]["pid"] == process.pid
        assert status["seeding"]["shards"] == said["shards"]
        shown = onrecord("mirror", "status", "-C", origin.folder).stdout
        assert all(f"session {shard['number']}: port {shard['port']}" in shown for shard in said["shards"])
        second = onrecord("mirror", "seed", "-C", origin.folder)
        assert second.returncode == 5 and f"pid {process.pid}" in second.stderr
        # A terminal's Ctrl-C goes to the whole group.
        os.killpg(process.pid, end)
        assert process.wait(60) == 130
        assert ended(process.pid)
    assert "nothing is seeded now" in onrecord("mirror", "status", "-C", origin.folder).stdout


def test_no_process_outlives_one_that_was_killed(origin: Archive) -> None:
    with seeds(origin.folder, "--shards", "2") as (process, _):
        process.kill()
        process.wait(60)
        assert ended(process.pid)
    with Archive.open(origin.folder) as again:
        assert seed_state.current(again) is None


def test_the_settings_say_how_many(origin: Archive) -> None:
    path = origin.folder / "onrecord.toml"
    path.write_text(path.read_text() + "[seed]\nshards = 2\n")
    with seeds(origin.folder) as (_, said):
        assert len(said["shards"]) == 2
    with seeds(origin.folder, "--shards", "1") as (process, said):
        assert [shard["pid"] for shard in said["shards"]] == [process.pid], (
            "one session has no process of its own"
        )
