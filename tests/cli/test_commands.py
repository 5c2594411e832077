# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: help with examples, exit codes, JSON that parses, options on either side, text that is inert."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from onrecord.cli import COMMANDS, group, main
from tests.pipeline.pieces import answer, onrecord, piece, pieces, start
from tests.tones import write

HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202eevil\u2066\x00\r\n\x9b2J"


def every_command() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for below, inner in command.commands.items():
                yield f"{name} {below}", inner


EVERY = dict(every_command())
LEAVES = {name: command for name, command in EVERY.items() if not isinstance(command, click.Group)}


def help_of(name: str) -> str:
    """As a user gets it. Click keeps a command's help option from the first context that asks."""
    return LEAVES[name].get_help(click.Context(LEAVES[name], info_name=name, **group.context_settings))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with three pieces and one with hostile tags, matched and published."""
    place = tmp_path_factory.mktemp("cli")
    archive = place / "archive"
    answer("init", archive, "--name", "Tapes")
    music = pieces(place / "music", range(3))
    title = HOSTILE.replace("\x00", "")
    write(music / "hostile.opus", seed=1, seconds=1.0, tags={"title": title, "artist": title})
    answer("-C", archive, "add", "--held-as", "owner", music)
    answer("-C", archive, "match")
    answer("-C", archive, "publish", environment={"ONRECORD_KEYS": str(place / "keys")})
    return archive


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Here":
    """The command line in this process, on `folder`: much faster than a process each."""
    monkeypatch.setenv("ONRECORD_KEYS", str(folder.parent / "keys"))
    return Here(monkeypatch, capsys)


class Here:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        self._monkeypatch.setattr(sys, "argv", ["onrecord", *map(str, arguments)])
        before = signal.getsignal(signal.SIGTERM)
        self._capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as left:
                main()
        finally:
            signal.signal(signal.SIGTERM, before)
        said = self._capsys.readouterr()
        code = left.value.code or 0
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    def answer(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """The JSON object that a command answers with."""
        done = self(*arguments, "--json", "--quiet")
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


# Help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_shows_an_example(name: str) -> None:
    text = help_of(name)
    examples = [line.split("Example:")[1].strip() for line in text.splitlines() if "Example:" in line]
    assert examples
    assert all(example.startswith(f"onrecord {name}") for example in examples)


@pytest.mark.parametrize("name", LEAVES)
def test_examples_can_be_parsed(name: str) -> None:
    """Options that an example names exist."""
    text = help_of(name)
    known = {option for parameter in LEAVES[name].params for option in parameter.opts} | {"-C"}
    for line in text.splitlines():
        if "Example:" in line:
            assert {word for word in line.split("&&")[0].split() if word.startswith("-")} <= known


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_the_shared_options(name: str) -> None:
    options = {option for parameter in LEAVES[name].params for option in parameter.opts}
    assert {"-C", "--archive", "--json", "--quiet"} <= options


def test_the_list_of_commands_is_complete() -> None:
    done = onrecord("--help", apart=True)
    assert done.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert name in done.stdout
        assert line.split(",")[0] in " ".join(done.stdout.split())
    modules = {path.stem for path in (Path(__file__).parents[2] / "src/onrecord/cli").iterdir()}
    assert {module for module, _ in COMMANDS.values()} <= modules


# Light -----------------------------------------------------------------------------------------------------------

HEAVY = """apsw av duckdb fastapi httpx2 jinja2 libtorrent lxml msgspec mutagen nacl numpy pyarrow rich starlette
tantivy uvicorn asyncio sqlite3 multiprocessing concurrent importlib.metadata""".split()  # noqa: SIM905


@pytest.mark.parametrize(
    "program",
    [
        "import onrecord.cli",
        "sys.argv = ['onrecord', '--help']; import onrecord.cli\ntry: onrecord.cli.main()\nexcept SystemExit: pass",
    ],
    ids=["import", "--help"],
)
def test_nothing_heavy_is_loaded_at_the_start(program: str) -> None:
    tail = f"\nprint([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}{tail}"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


# Options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["-C", "{}", "--json", "--quiet", "status"],
        ["status", "-C", "{}", "--json", "--quiet"],
        ["--json", "status", "--archive", "{}", "--quiet"],
        ["-C", "/nowhere", "--json", "status", "-C", "{}"],
    ],
)
def test_shared_options_stand_before_or_behind(here: Here, folder: Path, arguments: list[str]) -> None:
    done = here(*[argument.format(folder) for argument in arguments])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "Tapes"


def test_the_archive_may_be_named_by_the_environment_or_the_folder(folder: Path) -> None:
    assert answer("status", environment={"ONRECORD_ARCHIVE": str(folder)})["name"] == "Tapes"
    assert answer("status", cwd=folder)["name"] == "Tapes"


# JSON ------------------------------------------------------------------------------------------------------------

ANSWERS = [
    ("sources", [], "sources"),
    ("status", [], "status"),
    ("search", ["0001"], "search"),
    ("rights list", [], "rights.list"),
    ("rights why", ["0001.wav"], "rights.why"),
    ("match", [], "match"),
    ("publish", [], "publish"),
    ("check", [], "check"),
]


@pytest.mark.parametrize(("name", "more", "schema"), ANSWERS, ids=[name for name, _, _ in ANSWERS])
def test_json_is_one_object_with_its_schema(
    here: Here, folder: Path, name: str, more: list[str], schema: str
) -> None:
    done = here(*name.split(), *more, "-C", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout)["schema"] == f"onrecord.{schema}/1"
    text = here(*name.split(), *more, "-C", folder)
    assert text.returncode == 0
    assert text.stdout.strip()


def test_json_stays_clean_while_a_bar_moves_on_the_terminal(folder: Path, tmp_path: Path) -> None:
    """Standard error is a terminal: what is drawn there must not reach standard output."""
    answer("init", tmp_path / "a")
    music = pieces(tmp_path / "in", range(6))
    code, out, drawn = on_a_terminal("-C", tmp_path / "a", "add", "--held-as", "owner", music, "--json")
    assert code == 0, drawn
    assert json.loads(out)["new"] == 6
    assert "\x1b" not in out
    assert "\x1b" in drawn, "a terminal gets a moving bar"


def test_no_bar_where_there_is_no_terminal(tmp_path: Path) -> None:
    answer("init", tmp_path / "a")
    done = onrecord("-C", tmp_path / "a", "add", "--held-as", "owner", pieces(tmp_path / "in", range(3)))
    assert "\x1b" not in done.stderr + done.stdout


def on_a_terminal(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output (a pipe), and what standard error (a terminal) was sent."""
    master, slave = pty.openpty()
    drawn = bytearray()

    def read() -> None:
        try:
            while data := os.read(master, 4096):
                drawn.extend(data)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "onrecord", *map(str, arguments)],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(slave)
    out, _ = process.communicate(timeout=60)
    reader.join(10)
    os.close(master)
    return process.returncode, out.decode(), drawn.decode(errors="replace")


# Exit codes ------------------------------------------------------------------------------------------------------


def test_0_done(folder: Path) -> None:
    assert onrecord("-C", folder, "status", apart=True).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status", "-C", "/nowhere"], "onrecord init"),
        (["-C", "{}", "rights", "why", "nothing-like-this"], "expected a recording's id"),
        (["-C", "{}", "harvest", "spotify", "{}"], ""),
        (["-C", "{}", "mirror", "follow", "/nowhere/feed.json"], "no such file"),
    ],
)
def test_1_or_2_failed_with_one_line_and_a_remedy(
    here: Here, folder: Path, arguments: list[str], expected: str
) -> None:
    done = here(*[argument.format(folder) for argument in arguments])
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("onrecord: ")
    assert "Traceback" not in done.stderr
    assert expected in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["status", "--nonsense"],
        ["add"],
        ["-C", "{}", "add", "/nowhere/at/all"],
        ["-C", "{}", "add", "--held-as", "thief", "."],
        ["-C", "{}", "add", "--link", "--move", "."],
        ["search"],
        ["-C", "{}", "search", "x", "--limit", "0"],
        ["serve", "--port", "70000"],
        ["-C", "{}", "mirror", "sync", "--peer", "nobody"],
        ["-C", "{}", "mirror", "sync", "--peer", "127.0.0.1:1"],
        ["init", "{}"],
    ],
)
def test_2_usage(here: Here, folder: Path, arguments: list[str]) -> None:
    done = here(*[argument.format(folder) for argument in arguments])
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_2_a_setting_that_nobody_knows(tmp_path: Path) -> None:
    answer("init", tmp_path / "a")
    with (tmp_path / "a" / "onrecord.toml").open("a") as file:
        file.write("\n[work]\nwrokers = 3\n")
    done = onrecord("-C", tmp_path / "a", "status", apart=True)
    assert done.returncode == 2
    assert "wrokers" in done.stderr
    assert "line" in done.stderr


def test_3_partly(tmp_path: Path) -> None:
    music = pieces(tmp_path / "in", range(2))
    (music / "broken.mp3").write_bytes(b"not sound")
    answer("init", tmp_path / "a")
    report = answer("-C", tmp_path / "a", "add", "--held-as", "owner", music, code=3, apart=True)
    assert [item["name"] for item in report["refused"]] == ["broken.mp3"]
    lines = onrecord("--json", "probe", music / "broken.mp3", music / "0000.wav")
    assert lines.returncode == 3
    assert [json.loads(line)["format"] for line in lines.stdout.splitlines()] == [None, "wav"]
    (tmp_path / "in.json").write_text('{"id": ')
    assert answer("-C", tmp_path / "a", "harvest", "musicbrainz-json", tmp_path / "in.json", code=3)[
        "rejected"
    ]


def test_4_damaged(tmp_path: Path) -> None:
    answer("init", tmp_path / "a")
    answer("-C", tmp_path / "a", "add", "--held-as", "owner", pieces(tmp_path / "in", range(2)))
    blob = next((tmp_path / "a" / "blobs").glob("??/??/*"))
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1] + b"\x00\x01")
    report = answer("-C", tmp_path / "a", "check", code=4)
    assert [item["what"] for item in report["bad"]] == [blob.name]
    log = next((tmp_path / "a" / "log").iterdir())
    log.write_bytes(log.read_bytes().replace(b'"created"', b'"crested"'))
    done = onrecord("-C", tmp_path / "a", "check", apart=True)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


# Inert text ------------------------------------------------------------------------------------------------------


def assert_inert(text: str) -> None:
    assert not [char for char in text if not char.isprintable() and char != "\n"], ascii(text)


def test_hostile_tags_are_inert(here: Here, folder: Path) -> None:
    for command in (["search", "red"], ["rights", "list"], ["rights", "why", "hostile.opus"], ["status"]):
        done = here("-C", folder, *command)
        assert done.returncode == 0, done.stderr
        assert_inert(done.stdout + done.stderr)
    assert "evil" in here("-C", folder, "search", "evil").stdout


def test_hostile_names_are_inert(tmp_path: Path) -> None:
    answer("init", tmp_path / "a")
    name = os.fsencode(HOSTILE.replace("\x00", "").replace("/", "")) + b"\xff\xfe.mp3"
    music = tmp_path / "in"
    music.mkdir()
    with open(os.path.join(os.fsencode(music), name), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"not sound")
    piece(music / "good.wav", 1)
    done = onrecord("-C", tmp_path / "a", "add", "--held-as", "owner", music, apart=True)
    assert done.returncode == 3
    assert "evil" in done.stdout
    assert_inert(done.stdout + done.stderr)
    done = onrecord("probe", Path(os.fsdecode(os.path.join(os.fsencode(music), name))))  # noqa: PTH118
    assert done.returncode == 3
    assert_inert(done.stdout + done.stderr)
    assert onrecord("-C", tmp_path / "a", "rights", "list").returncode == 0


@pytest.mark.parametrize(
    "text", [HOSTILE.replace("\x00", ""), '"', "NEAR(", "a*", "x" * 100_000, "-- '; DROP"]
)
def test_hostile_queries_are_answered(here: Here, folder: Path, text: str) -> None:
    done = here("-C", folder, "search", "--", text)
    assert done.returncode == 0, done.stderr
    assert_inert(done.stdout + done.stderr)
    done = here("-C", folder, "rights", "why", "--", text)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert_inert(done.stderr)


# Pipes -----------------------------------------------------------------------------------------------------------


def test_a_reader_that_stops_reading_is_no_error_of_ours(folder: Path) -> None:
    process = start("-C", folder, "rights", "list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_a_full_standard_output_is_an_error(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "onrecord", "-C", str(folder), "status"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_python_m_is_the_command() -> None:
    done: Any = subprocess.run(
        [sys.executable, "-m", "onrecord", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("onrecord, version")


def test_words_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    odd = os.fsdecode(b"x\xffy")
    done = onrecord("init", tmp_path / odd)
    assert done.returncode == 2 and "expected a name in UTF-8" in done.stderr and not list(tmp_path.iterdir())
    place = ("-C", tmp_path / "a")
    assert onrecord("init", tmp_path / "a").returncode == 0
    (tmp_path / f"{odd}.json").write_text("{}")
    done = onrecord("harvest", "musicbrainz-json", tmp_path / f"{odd}.json", *place)
    assert done.returncode == 2 and "expected a name in UTF-8" in done.stderr
    by = ("--by", odd, "--why", "so", *place)
    for words in (
        ("match", "why", f"discogs:{odd}", *place),
        ("match", "join", "a:1", "a:2", *by),
        ("catalog", "record", "discogs", f"release:{odd}", *place),
        ("search", "song", odd, *place),
        ("sql", f"SELECT '{odd}'", *place),
    ):
        done = onrecord(*words)
        assert done.returncode == 2 and "expected text in UTF-8" in done.stderr, words
