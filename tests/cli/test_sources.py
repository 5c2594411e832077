# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord sources accept`: a text of terms is a page, and accepting it does not undo what the terms say."""

from pathlib import Path

import pytest

from onrecord.archive import Archive
from tests.cli.test_commands import Here


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Archive.create(tmp_path / "home", "Test archive").close()
    return tmp_path / "home"


def test_what_is_no_page_is_not_read_whole(here: Here, home: Path, tmp_path: Path) -> None:
    with (tmp_path / "disk.img").open("wb") as file:
        file.truncate(1 << 34)  # sparse; nobody's page, and more than is to be in memory
    done = here("sources", "accept", "jamendo", "--text", tmp_path / "disk.img", "-C", home)
    assert done.returncode == 2
    assert "longer than 16777216 bytes" in done.stderr
    with Archive.open(home) as archive:
        assert archive.ledger.accepted_terms("jamendo") is None


def test_accepting_terms_that_forbid_it_says_so(here: Here, home: Path, tmp_path: Path) -> None:
    (tmp_path / "terms.html").write_text("The terms.")
    for name, forbidden in (("openverse", True), ("jamendo", False)):
        done = here("sources", "accept", name, "--text", tmp_path / "terms.html", "-C", home)
        assert done.returncode == 0
        assert ("not asked all the same" in done.stdout) == forbidden
