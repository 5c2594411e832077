# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One made archive for all web tests; what a test changes in it is put back."""

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.matching import rematch
from onrecord.web import render
from onrecord.web.access import passwords
from onrecord.web.app import create_app
from tests.archive.withdrawn import tagged, tune
from tests.conftest import DAY
from tests.tones import write
from tests.web.browser import ARGS, CHROMIUM
from tests.web.sample import SampleArchive

#: A text that no rule reads: a question for a person.
CUSTOM = "Free for everyone who asks me nicely"


class Compiled(BytecodeCache):
    """Templates as Python code: each app that is made would compile them anew, which takes most of a first answer."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._code[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _templates_stay() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "Environment", partial(Environment, bytecode_cache=Compiled()))
        yield


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same function at a lower cost: what is kept names its cost itself."""
    monkeypatch.setattr(passwords, "_COST", (2**4, 8, 1))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> SampleArchive:
    return SampleArchive(tmp_path_factory.mktemp("made"))


@pytest.fixture
def archive(made: SampleArchive) -> Iterator[SampleArchive]:
    yield made
    for changed in (
        made.denied,
        made.withdrawn,
        made.damaged,
        made.asked,
        made.queries,
        made.filters,
        made.wished,
    ):
        changed.clear()


@pytest.fixture
def client(archive: SampleArchive) -> Iterator[TestClient]:
    with TestClient(create_app(archive), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def tone(made: SampleArchive) -> bytes:
    return Path(made.tone).read_bytes()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing, and CI is set")
        pytest.skip(f"{CHROMIUM} is missing")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a free tune and a piece whose license is nobody's; tests get copies."""
    folder = tmp_path_factory.mktemp("once")
    tune(folder / "music" / "tune.flac")
    write(folder / "music" / "odd.flac", 9, 20.0, {**tagged("Odd"), "license": CUSTOM})
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as made:
        add(made, [folder / "music"], held_as="deposit")
        rematch(made)
    return folder


@pytest.fixture
def paths(once: Path) -> dict[str, Path]:
    return {name: once / "music" / f"{name}.flac" for name in ("tune", "odd")}


@pytest.fixture
def held(once: Path, tmp_path: Path) -> Iterator[Archive]:
    shutil.copytree(once / "archive", tmp_path / "archive")
    with Archive.open(tmp_path / "archive") as archive:
        yield archive
