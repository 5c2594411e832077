# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One made archive for all web tests; what a test changes in it is put back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.web.app import create_app
from tests.web.sample import SampleArchive


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> SampleArchive:
    return SampleArchive(tmp_path_factory.mktemp("made"))


@pytest.fixture
def archive(made: SampleArchive) -> Iterator[SampleArchive]:
    yield made
    for changed in (made.denied, made.withdrawn, made.damaged, made.asked, made.queries):
        changed.clear()


@pytest.fixture
def client(archive: SampleArchive) -> Iterator[TestClient]:
    with TestClient(create_app(archive), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def tone(made: SampleArchive) -> bytes:
    return Path(made.tone).read_bytes()
