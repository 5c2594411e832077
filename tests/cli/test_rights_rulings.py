# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord rights`: the queue, rulings, and the log on the command line."""

from pathlib import Path

import pytest

from tests.cli.test_commands import Here
from tests.pipeline.pieces import answer, piece

WHO = ("--by", "Ada", "--note", "He wrote to us")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files whose license does not say its version, and one without evidence."""
    place = tmp_path_factory.mktemp("rulings")
    for seed in range(3):
        piece(place / "unclear" / f"{seed}.wav", seed)
        (place / "unclear" / f"{seed}.wav.license").write_text("SPDX-License-" + "Identifier: CC-BY\n")
    piece(place / "plain" / "plain.wav", 9)
    answer("init", place / "archive")
    answer("-C", place / "archive", "add", "--held-as", "owner", place / "unclear", place / "plain")
    answer("-C", place / "archive", "match")
    return place / "archive"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


def test_a_question_is_shown_ruled_on_and_the_ruling_undone(here: Here, archive: Path) -> None:
    waiting = here.answer("-C", archive, "rights", "queue")
    assert waiting["schema"] == "onrecord.rights.queue/1"
    [question] = waiting["questions"]
    assert question["files"] == 3
    shown = here("-C", archive, "rights", "queue")
    assert shown.returncode == 0
    assert question["id"][:16] in shown.stdout
    assert question["would_change"] in shown.stdout

    done = here(
        "-C",
        archive,
        "rights",
        "rule",
        "--question",
        question["id"][:12],
        "yes",
        "--license",
        "CC-BY-4.0",
        *WHO,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "which is 3 files; by Ada" in done.stdout
    assert "share: 0 files allowed before, 3 now" in done.stdout
    assert here.answer("-C", archive, "rights", "queue")["questions"] == []

    [ruling] = here.answer("-C", archive, "rights", "rulings")["rulings"]
    assert here.answer("-C", archive, "rights", "undo", ruling["id"][:10], *WHO)["undone"]
    assert "1 of them undone" in here("-C", archive, "rights", "rulings").stdout
    assert here.answer("-C", archive, "rights", "queue")["questions"] == [question]


def test_a_thing_is_ruled_on_and_why_tells_it(here: Here, archive: Path) -> None:
    ruled = here.answer(
        "-C", archive, "rights", "rule", "plain.wav", "no", "--use", "stream", "--use", "share", *WHO
    )
    assert ruled["ruling"]["uses"] == ["stream", "share"]
    why = here("-C", archive, "rights", "why", "plain.wav")
    assert "by Ada: He wrote to us" in why.stdout
    assert "R-RULED-NO" in why.stdout
    here.answer("-C", archive, "rights", "undo", ruled["ruling"]["id"], *WHO)
    assert "evidence that counts no more" in here("-C", archive, "rights", "why", "plain.wav").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plain.wav", *WHO), "a thing, then yes or no"),
        (("yes", *WHO), "a thing, then yes or no"),
        (("--question", "abc", "plain.wav", "yes", *WHO), "expected yes or no"),
        (("plain.wav", "yes", "--license", "nonsense", *WHO), "SPDX"),
        (("plain.wav", "yes", "--by", "Ada"), "--note"),
    ],
)
def test_what_cannot_be_ruled_is_said(here: Here, archive: Path, words: tuple[str, ...], said: str) -> None:
    done = here("-C", archive, "rights", "rule", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_rulings_go_out_and_come_in(here: Here, archive: Path, tmp_path: Path) -> None:
    ruled = here.answer("-C", archive, "rights", "rule", "plain.wav", "yes", "--license", "CC0-1.0", *WHO)
    file = tmp_path / "rulings.jsonl"
    written = here.answer("-C", archive, "rights", "rulings", "--export", file)
    assert written["files"] >= 1
    other = tmp_path / "other"
    here.answer("init", other)
    here.answer("-C", other, "add", "--held-as", "owner", archive.parent / "plain")
    taken = here.answer("-C", other, "rights", "import", file, "--by", "Eve", "--key", written["key"])
    assert (taken["new"], taken["bound"]) == (1, 1)
    shown = here("-C", other, "rights", "rulings")
    assert "from archive" in shown.stdout
    wrong = here("-C", other, "rights", "import", file, "--by", "Eve", "--key", "RWwrong")
    assert wrong.returncode == 4
    here.answer("-C", archive, "rights", "undo", ruled["ruling"]["id"], *WHO)


def test_the_log_is_verified_shown_and_exported(here: Here, archive: Path, tmp_path: Path) -> None:
    done = here.answer("-C", archive, "rights", "log", "verify", "--deep")
    assert done["faults"] == []
    assert done["segments"] > 0
    events = here.answer("-C", archive, "rights", "log", "show", "plain.wav")["entries"]
    assert events[0]["event"] == "added"
    assert "added" in here("-C", archive, "rights", "log", "show", "--limit", "100").stdout
    out = here.answer("-C", archive, "rights", "log", "export", "--premis", tmp_path / "premis.xml")
    assert out["objects"] == 5

    [path] = (archive / "log").glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"held_as":"owner"', b'"held_as":"other"', 1))
    try:
        found = here("-C", archive, "rights", "log", "verify")
    finally:
        path.write_bytes(whole)
    assert found.returncode == 4
    assert "altered: log/000000000001.jsonl, line 2: expected " in found.stdout
