# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test may use: an archive in a temporary folder, keys outside it, and music that the tests make."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from tests.tones import Album

DAY = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Callable[[], dt.datetime]:
    return lambda: DAY


@pytest.fixture(autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Signing keys never land in the home of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("ONRECORD_KEYS", str(folder))
    return folder


@pytest.fixture
def archive(tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", "Test archive", clock) as made:
        yield made


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Six short pieces under free licenses, made once a session; tests must not change the folder."""
    return Album.make(tmp_path_factory.mktemp("album"))


@pytest.fixture(scope="session")
def _once(tmp_path_factory: pytest.TempPathFactory, album: Album) -> Path:
    """An archive with the album added and matched; tests get copies, for a new one costs seconds."""
    folder = tmp_path_factory.mktemp("once") / "archive"
    with Archive.create(folder, "Test archive", lambda: DAY) as made:
        add(made, [album.folder], held_as="owner")
        rematch(made)
    return folder


@pytest.fixture
def filled(_once: Path, tmp_path: Path, clock: Callable[[], dt.datetime]) -> Iterator[Archive]:
    """An archive that holds the album, as its owner added it, and has matched it."""
    shutil.copytree(_once, tmp_path / "filled")
    with Archive.open(tmp_path / "filled", clock) as archive:
        yield archive
