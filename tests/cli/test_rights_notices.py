# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices on the command line, and the address of the queue that `serve` prints."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.test_commands import Here
from tests.pipeline.pieces import answer, pieces, start

NAME = "Zebulon Quixworthy"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("notices")
    answer("init", place / "archive")
    answer("-C", place / "archive", "add", "--held-as", "deposit", pieces(place / "in", range(2)))
    answer("-C", place / "archive", "match")
    return place / "archive"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


def test_a_notice_from_a_file_is_countered_and_waits_for_its_day(
    here: Here, archive: Path, tmp_path: Path
) -> None:
    file = tmp_path / "notice.toml"
    file.write_text(
        f'work = "A tone"\nmaterial = ["0000.wav"]\nname = "{NAME}"\nemail = "z@example.org"\ngood_faith = true\n'
    )
    lacking = here("-C", archive, "rights", "notice", file, "--signature", NAME)
    assert lacking.returncode == 3, lacking.stderr
    assert "512(c)(3)(A)(vi)" in lacking.stdout and "ask the sender for the rest" in lacking.stdout

    taken = here.answer("-C", archive, "rights", "notice", file, "--signature", NAME, "--accurate")
    assert (taken["schema"], taken["state"]) == ("onrecord.rights.notice/1", "hidden")
    id = taken["id"]
    who = ("--by", "Ada", "--note", "x")
    early = here("-C", archive, "rights", "putback", id, *who)
    assert early.returncode == 2 and "it is hidden" in early.stderr

    said = ("--name", "Ann", "--address", "1 Main Street", "--phone", "1", "--signature", "Ann", "--mistake")
    assert here("-C", archive, "rights", "counter", id, *said).returncode == 3
    done = here.answer("-C", archive, "rights", "counter", id, *said, "--jurisdiction")
    assert done["state"] == "countered" and done["opens"] < done["closes"]
    early = here("-C", archive, "rights", "putback", id, *who)
    assert early.returncode == 2 and f"from {done['opens']} to {done['closes']}" in early.stderr

    listed = here("-C", archive, "rights", "notices")
    assert NAME in listed.stdout and "countered" in listed.stdout and "2 notices" in listed.stdout
    assert "to be put back from" in listed.stdout
    assert here.answer("-C", archive, "rights", "sued", id, *who)["state"] == "upheld"
    listed = here("-C", archive, "rights", "notices")
    assert "went to court" in listed.stdout and "to be put back from" not in listed.stdout
    [origin] = here.answer("-C", archive, "rights", "notices")["depositors"]
    assert origin == {"origin": "held as deposit: 0000.wav", "standing": 0, "upheld": 1}
    assert here.answer("-C", archive, "rights", "notice-erase", id)["erased"] is True
    listed = here("-C", archive, "rights", "notices")
    assert listed.stdout.count(NAME) == 1  # the incomplete one is still there
    assert here("-C", archive, "rights", "log", "verify").returncode == 0


def test_a_file_that_is_no_notice_is_named(here: Here, archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "notice.toml"
    for content, said in (("wrok = 'x'", "wrok"), ("work = ", "TOML"), ("good_faith = 'yes'", "good_faith")):
        file.write_text(content)
        done = here("-C", archive, "rights", "notice", file)
        assert done.returncode == 2 and said in done.stderr, content
    assert here("-C", archive, "rights", "reject", "n9999", "--by", "A", "--note", "x").returncode == 1


def test_serve_prints_the_address_of_the_queue(here: Here, archive: Path) -> None:
    process = start("-C", archive, "serve", "--port", "0", "--json", "--territory", "NO")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["queue"].startswith(f"{told['address']}sign-in?key=")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(told["queue"]) as page:
            assert "<h1>Queue</h1>" in page.read().decode()
        assert closed(f"{told['address']}rights/queue")
    finally:
        process.terminate()
        process.communicate(timeout=60)
    wrong = here("-C", archive, "serve", "--territory", "Norway")
    assert wrong.returncode == 2 and "ISO 3166-1" in wrong.stderr


def test_on_another_address_there_is_no_queue(here: Here, archive: Path) -> None:
    process = start("-C", archive, "serve", "--port", "0", "--json", "--host", "0.0.0.0")
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["queue"] == ""
        port = told["address"].rstrip("/").rpartition(":")[2]
        assert "onrecord users add" in closed(f"http://127.0.0.1:{port}/rights/queue")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def closed(address: str) -> str:
    """The page that says why an address is not open."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address)
    with refused.value as answer:
        assert answer.code == 401
        return answer.read().decode()
