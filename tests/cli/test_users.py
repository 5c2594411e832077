# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord users`, and a server that is asked to end."""

import io
import json
import signal
import sys
import urllib.request
from pathlib import Path

import pytest

from onrecord.web.access import passwords
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from tests.cli.test_commands import Here
from tests.pipeline.pieces import answer, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    answer("init", tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    monkeypatch.setattr(passwords, "_COST", (2**4, 8, 1))
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\nshort\nanother good one\n"))
    return Here(monkeypatch, capsys)


def test_accounts_and_what_opens_them(here: Here, folder: Path) -> None:
    none = here("-C", folder, "users", "list")
    assert "--role owner" in none.stdout
    assert here.answer("-C", folder, "users", "add", "--role", "owner", "ada")["role"] == "owner"
    short = here("-C", folder, "users", "add", "bob")
    assert short.returncode == 2 and "expected 10 or more" in short.stderr
    made = here.answer(
        "-C", folder, "users", "token", "ada", "--scope", "read", "--scope", "own", "--label", "x\x1b[31m"
    )
    player = here.answer("-C", folder, "users", "app-password", "ada")["password"]
    with Users(folder) as users:
        found = users.by_token(made["token"])
        assert found is not None and found.scopes == {Scope.READ, Scope.OWN}
        assert users.by_app_password("ada", player) and users.by_password("ada", "correct horse battery")
    listed = here("-C", folder, "users", "list")
    assert "ada  owner" in listed.stdout and made["id"] in listed.stdout and "\x1b" not in listed.stdout
    assert made["token"] not in listed.stdout and player not in listed.stdout
    told = here.answer("-C", folder, "users", "list")
    assert [user["tokens"] for user in told["users"]] == [2] and len(told["tokens"]) == 2
    here.answer("-C", folder, "users", "revoke", made["id"])
    assert here("-C", folder, "users", "role", "ada", "listener").stdout == "ada is listener now\n"
    here.answer("-C", folder, "users", "password", "ada")
    with Users(folder) as users:
        assert users.by_token(made["token"]) is None and users.person("ada").role is Role.LISTENER
        assert users.by_password("ada", "another good one")
    refused = here("-C", folder, "users", "token", "ada", "--scope", "curate")
    assert refused.returncode == 2 and "a listener has no scope curate" in refused.stderr
    here.answer("-C", folder, "users", "remove", "ada")
    assert here("-C", folder, "users", "remove", "ada").returncode == 1
    assert here("-C", folder.parent, "users", "list").returncode == 1
    assert not (folder.parent / "users.sqlite").exists()


def test_a_server_that_is_asked_to_end_has_done_nothing_wrong(folder: Path) -> None:
    process = start("-C", folder, "serve", "--port", "0", "--json", "--log")
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        with urllib.request.urlopen(f"{address}search?q=private") as page:
            assert page.status == 200
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    warning, line = [json.loads(line) for line in said.splitlines()]
    assert warning["level"] == "warning" and "onrecord match" in warning["message"], "nothing was matched yet"
    assert (line["route"], line["status"], line["role"]) == ("/search", 200, "")
    assert "private" not in str(said) and "127.0.0.1" not in str(said)
