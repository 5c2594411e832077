# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test may use: an archive in a temporary folder, keys outside it, and music that the tests make."""

import datetime as dt
import gc
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import IO, Any

import hypothesis
import pytest

from onrecord import audio
from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.engine.pool import Workers
from onrecord.store import roots
from tests import s3
from tests.tones import Album

# What a test says is true on a slow machine, too. Every run tries the same made input, so that what fails is what was
# changed; `--slow` tries more, and other.
hypothesis.settings.register_profile("every run", deadline=None, max_examples=30, derandomize=True)
hypothesis.settings.register_profile("slow", deadline=None)
hypothesis.settings.load_profile("every run")

DAY = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.markexpr:
        hypothesis.settings.load_profile("slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, which start processes and kill them: else one worker ends with them while others idle."""
    items.sort(key=lambda item: item.path.parent.name != "pipeline")


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of tests and all that they import: the collector need not look at them again and again


@pytest.fixture(scope="session", autouse=True)
def _workers_stay() -> Iterator[None]:
    """Processes that decode are started once for all tests, not once for each archive; those of a run that ended badly
    are not used again. `tests/engine` and whatever runs the program itself start their own."""
    kept: dict[int, ProcessPoolExecutor] = {}
    started, left = Workers._started, Workers.__exit__

    def start(self: Workers) -> ProcessPoolExecutor:
        if self._pool is None and self._start[1] is audio.preload:
            pool = kept.get(self._count)
            if pool is None or pool._broken:
                pool = kept[self._count] = started(self)
            self._pool = pool
        return started(self)

    def leave(self: Workers, kind: object, *rest: object) -> None:
        if kind is None and self._pool in kept.values():
            self._pool = None
        for count in [count for count, pool in kept.items() if pool is self._pool]:
            del kept[count]
        left(self, kind, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", s3.ID)  # before they start, for they get it from here
        patch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
        patch.setattr(Workers, "_started", start)
        patch.setattr(Workers, "__exit__", leave)
        yield
        for pool in kept.values():
            pool.shutdown()


def _is_open(file: int | IO[Any]) -> None:
    os.fstat(file if isinstance(file, int) else file.fileno())


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> Iterator[None]:
    """What a test writes need not outlive the machine, and to wait for disks takes a twelfth of the time. Processes
    that tests start, and SQLite, make theirs durable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", _is_open)
        patch.setattr(roots, "_syncfs", _is_open)
        yield


@pytest.fixture
def clock() -> Callable[[], dt.datetime]:
    return lambda: DAY


@pytest.fixture(scope="session")
def _key_folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(autouse=True)
def keys(_key_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Signing keys never land in the home of whoever runs the tests."""
    # `mktemp` would look through the folders of all tests before.
    folder = Path(tempfile.mkdtemp(dir=_key_folders))
    monkeypatch.setenv("ONRECORD_KEYS", str(folder))
    return folder


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server, started once; who we are to it is in the environment."""
    with s3.moto(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def s3_bucket(s3_server: str) -> str:
    """The name of a new bucket there."""
    name = f"onrecord-{secrets.token_hex(8)}"
    s3.make_bucket(s3_server, name)
    return name


@pytest.fixture
def archive(tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", "Test archive", clock) as made:
        yield made


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Six short pieces under free licenses, made once a session; tests must not change the folder."""
    return Album.make(tmp_path_factory.mktemp("album"))


@pytest.fixture(scope="session")
def _masters(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    made: dict[object, Path] = {}

    def master(make: Callable[..., object], *given: object) -> Path:
        if (make, given) not in made:
            folder = tmp_path_factory.mktemp("master")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("ONRECORD_KEYS", str(folder / "keys"))
                make(folder / "made", *given)
            made[make, given] = folder
        return made[make, given]

    return master


@pytest.fixture
def made_once(_masters: Callable[..., Path], tmp_path: Path, keys: Path) -> Callable[..., Path]:
    """`made_once(make, ...)` is what `make(folder, ...)` leaves there: archives with editions cost seconds.

    It runs once a session, with keys of its own; each test gets a copy of both. Gives the folder of the test.
    """

    def copy(make: Callable[..., object], *given: object) -> Path:
        master = _masters(make, *given)
        for part, place in (("made", tmp_path), ("keys", keys)):
            if (master / part).exists():
                # Hard links between files stay such, which copytree would not do.
                subprocess.run(["cp", "-a", f"{master / part}/.", place], check=True)
        return tmp_path

    return copy


def _fill(folder: Path, music: Path) -> None:
    with Archive.create(folder / "filled", "Test archive", lambda: DAY) as made:
        add(made, [music], held_as="owner")
        rematch(made)


def _publish(folder: Path, music: Path) -> None:
    _fill(folder, music)
    with Archive.open(folder / "filled", lambda: DAY) as archive:
        publish(archive)


@pytest.fixture
def filled(
    made_once: Callable[..., Path], album: Album, clock: Callable[[], dt.datetime]
) -> Iterator[Archive]:
    """An archive that holds the album, as its owner added it, and has matched it."""
    with Archive.open(made_once(_fill, album.folder) / "filled", clock) as archive:
        yield archive


@pytest.fixture
def published(
    made_once: Callable[..., Path], album: Album, clock: Callable[[], dt.datetime]
) -> Iterator[Archive]:
    """The same with its first edition; in the place of `filled`, so no test may ask for both."""
    with Archive.open(made_once(_publish, album.folder) / "filled", clock) as archive:
        yield archive
