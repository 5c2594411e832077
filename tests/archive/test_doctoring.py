# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in an archive's way is named with what to do, and looking changes nothing."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from onrecord.archive import Archive
from onrecord.archive.doctoring import Diagnosis, diagnose
from onrecord.archive.settings import read_settings, write_settings
from onrecord.cli import group
from onrecord.errors import UsageError
from onrecord.publish.signing import Key


def found(diagnosis: Diagnosis, what: str) -> str:
    """State and text of what was looked at."""
    [one] = [one for one in diagnosis.checked if one.what == what]
    return f"{one.state}: {one.found}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Archive.create(tmp_path / "archive", "Tapes").close()
    return tmp_path / "archive"


def test_an_archive_as_it_was_made_is_fit(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    diagnosis = diagnose(folder)
    assert diagnosis.is_fit, diagnosis
    assert {one.what for one in diagnosis.checked} >= {
        "libraries",
        "codecs",
        "memory",
        "room",
        "clock",
        "keys",
    }
    assert "writes are made durable" in found(diagnosis, f"file system of {folder}")
    assert sorted(path for path in folder.rglob("*") if "ledger.sqlite" not in path.name) == [
        path for path in before if "ledger.sqlite" not in path.name
    ]


def test_without_an_archive_the_machine_is_looked_at(tmp_path: Path) -> None:
    diagnosis = diagnose(tmp_path)
    assert diagnosis.is_fit
    assert found(diagnosis, "archive").startswith("note: none in")


def test_what_is_wrong_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_KEYS", str(tmp_path / "keys"))
    write_settings(
        folder / "onrecord.toml",
        {
            "store": {"reserve_mb": 10**12},
            "work": {"memory": "900TiB"},
            "engine": {"kind": "spark", "master": "local[2]", "python": "/nowhere/python"},
        },
    )
    diagnosis = diagnose(folder)
    assert found(diagnosis, "memory").startswith("note") and "900TiB" in found(diagnosis, "memory")
    assert found(diagnosis, "Spark").startswith("wrong: /nowhere/python")
    assert all(one.state == "wrong" for one in diagnosis.checked if one.what == "room")
    assert not diagnosis.is_fit


def test_a_clock_that_went_back_a_root_that_is_away_and_keys_that_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_KEYS", str(tmp_path / "keys"))
    folder = tmp_path / "archive"
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    with Archive.create(folder, "Tapes", clock=lambda: later) as archive:
        from onrecord.archive.keyholding import signing_key

        (tmp_path / "keys").mkdir()
        assert isinstance(signing_key(archive), Key)
    for path in (tmp_path / "keys").glob("*.key"):
        path.chmod(0o644)
    shutil.rmtree(folder / "blobs")
    diagnosis = diagnose(folder)
    assert found(diagnosis, "clock").startswith("wrong") and "before what was committed last" in found(
        diagnosis, "clock"
    )
    assert found(diagnosis, "keys").startswith("wrong")
    assert [wrong.what for wrong in diagnosis.wrong if wrong.serious] == ["A folder of blobs is not there"]


def test_settings_that_cannot_be_read_are_named_with_their_line(folder: Path) -> None:
    (folder / "onrecord.toml").write_text("[work]\nworkers = 2\nmemori = '1GB'\n", "utf-8")
    result = CliRunner().invoke(group, ["-C", str(folder), "doctor", "--json"])
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["fit"] is False
    [wrong] = [one for one in said["checked"] if one["what"] == "settings"]
    assert "line 3" in wrong["found"] and "memori" in wrong["found"]


def test_settings_that_are_no_text_are_named_with_their_line(folder: Path) -> None:
    (folder / "onrecord.toml").write_bytes(b'[archive]\nname = "\xff\xfe"\n')
    assert "line 2: expected UTF-8, got byte 0xff" in found(diagnose(folder), "settings")


def test_settings_are_shown_with_where_they_were_set(folder: Path) -> None:
    text = "[archive]\nname = \"Tapes\"\n\n[work]\n# a comment\nmemory = '2GB'\n"
    (folder / "onrecord.toml").write_text(text, "utf-8")

    def said(*arguments: str) -> str:
        result = CliRunner().invoke(group, ["-C", str(folder), "config", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert said("work.memory", "web.requests_per_second").splitlines() == [
        "[work]",
        'memory = "2GB"  # line 6',
        "[web]",
        "requests_per_second = 20.0  # default",
    ]
    assert said("work.memory", "--quiet") == '"2GB"\n'
    changed = json.loads(said("--changed", "--json"))["settings"]
    assert [(one["name"], one["value"], one["line"]) for one in changed] == [
        ("archive.name", "Tapes", 2),
        ("work.memory", "2GB", 6),
    ]
    assert len(json.loads(said("--json"))["settings"]) > 40
    wrong = CliRunner().invoke(group, ["-C", str(folder), "config", "work.memori"])
    assert isinstance(wrong.exception, UsageError)
    assert "expected a section, or SECTION.KEY" in wrong.exception.message
    # What is printed can be read again.
    (folder / "onrecord.toml").write_text(said(), "utf-8")
    assert read_settings(folder / "onrecord.toml").work.memory == "2GB"
