# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog record`: a kept record comes back byte for byte, and what is not there is said helpfully."""

import base64
import hashlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from onrecord.archive.reading_records import read_record
from onrecord.catalog.tables import RecordRow
from onrecord.errors import DigestMismatch, NotFound
from tests.cli.test_commands import HOSTILE, Here
from tests.pipeline.musicbrainz import recording

DAY = "2026-11-22T12:00:00Z"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


def row(record: str, payload: bytes, *, deleted: bool = False, sha256: str = "") -> RecordRow:
    return RecordRow(
        source="made",
        record=record,
        media_type="application/x-made",
        payload=payload,
        sha256=sha256 or hashlib.sha256(payload).hexdigest(),
        deleted=deleted,
        version="",
    )


def commit(archive: Archive, *rows: RecordRow) -> None:
    data = {"source": "made", "location": "x", "license": "CC0-1.0", "redistribute": True, "cursor": ""}
    with archive.writing():
        archive.commit("harvested", data, {"records": rows})


def run(archive: Archive, record: str, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[bytes]":
    words = [sys.executable, "-m", "onrecord", "-C", str(archive.folder), "catalog", "record", "made", record]
    return subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, timeout=60, check=False)


def test_a_harvested_record_comes_back_as_it_came(archive: Archive, tmp_path: Path) -> None:
    made = recording("Première", "Nobody", 100_000)
    raw = json.dumps(made, indent=3, ensure_ascii=False).encode()
    (tmp_path / "one.json").write_bytes(raw)
    assert harvest(archive, "musicbrainz-json", tmp_path / "one.json").new == 1
    kept = read_record(archive, "musicbrainz-json", f"recording:{made['id']}")
    assert (kept.payload, kept.sha256) == (raw, hashlib.sha256(raw).hexdigest())
    assert (kept.kept, kept.media_type, kept.license) == (DAY, "application/json", "CC0-1.0")


def test_bytes_go_out_untouched_and_what_is_known_of_them_beside(archive: Archive) -> None:
    payload = b"\xff\x00\r\n" + HOSTILE.encode() + b"no newline at the end"
    commit(archive, row("thing:1", b"before"))
    commit(archive, row("thing:1", payload))
    done = run(archive, "thing:1")
    assert (done.returncode, done.stdout) == (0, payload)
    said = done.stderr.decode()
    assert DAY in said and hashlib.sha256(payload).hexdigest() in said and "application/x-made" in said


def test_a_terminal_is_not_commanded_by_a_record(archive: Archive) -> None:
    commit(archive, row("thing:1", f"first {HOSTILE}\nlast".encode()))
    master, slave = pty.openpty()
    done = run(archive, "thing:1", stdout=slave)
    os.close(slave)
    shown = os.read(master, 65536)
    os.close(master)
    assert done.returncode == 0
    assert b"first" in shown and b"last" in shown
    assert b"\x1b" not in shown and b"\x07" not in shown


@pytest.mark.parametrize(("payload", "encoding"), [("Ünï".encode(), "utf-8"), (b"\xff\xfe", "base64")])
def test_json_holds_all_of_it(archive: Archive, here: Here, payload: bytes, encoding: str) -> None:
    commit(archive, row("thing:1", payload))
    said = json.loads(here("catalog", "record", "made", "thing:1", "-C", archive.folder, "--json").stdout)
    assert said["schema"] == "onrecord.catalog.record/1"
    assert (said["encoding"], said["size"], said["kept"]) == (encoding, len(payload), DAY)
    given = said["payload"]
    assert (given.encode() if encoding == "utf-8" else base64.b64decode(given)) == payload


def test_a_tombstone_is_said(archive: Archive, here: Here) -> None:
    commit(archive, row("thing:1", b"was here"))
    commit(archive, row("thing:1", b"", deleted=True))
    done = here("catalog", "record", "made", "thing:1", "-C", archive.folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"its source deleted it; the archive learned so {DAY}" in done.stderr
    said = json.loads(here("catalog", "record", "made", "thing:1", "-C", archive.folder, "--json").stdout)
    assert (said["deleted"], said["payload"], said["sha256"]) == (True, "", "")


def test_who_finds_nothing_is_told_what_records_look_like(archive: Archive, here: Here) -> None:
    with pytest.raises(NotFound) as nothing:
        read_record(archive, "made", "thing:1")
    assert "harvest" in nothing.value.hint
    commit(archive, row("release:b", b"b"), row("release:a", b"a"), row("thing:1", b"1"))
    done = here("catalog", "record", "made", "release", "-C", archive.folder)
    assert done.returncode == 1
    assert "no record is called 'release'" in done.stderr
    assert "its records look like release:a, thing:1" in done.stderr
    done = here("catalog", "record", "maid", "thing:1", "-C", archive.folder)
    assert done.returncode == 1 and "there are records of: made" in done.stderr


def test_bytes_that_are_not_what_was_kept_are_not_given_out(archive: Archive, here: Here) -> None:
    commit(archive, row("thing:1", b"other bytes", sha256=hashlib.sha256(b"the bytes").hexdigest()))
    with pytest.raises(DigestMismatch, match="made thing:1"):
        read_record(archive, "made", "thing:1")
    assert here("catalog", "record", "made", "thing:1", "-C", archive.folder).returncode == 4
