# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the code does: reference, links, examples, codes, clauses and words."""

import importlib.util
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from onrecord.archive import Archive, choosing
from onrecord.archive.publishing import publish
from onrecord.archive.settings import Settings
from onrecord.archive.settings_shown import explained
from onrecord.catalog.tables import TABLES as CATALOG
from onrecord.cli import COMMANDS, group
from onrecord.model.rights import Rule
from onrecord.publish.dataset import TABLES as DATASET
from onrecord.rights import RULES
from tests.tones import Album

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
HOWTO = sorted((DOCS / "howto").glob("*.md"))
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "changelog.d").glob("*.md")),
]
CODES = {
    **RULES,
    **{value.code: value for value in vars(choosing).values() if isinstance(value, Rule)},
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(path: Path) -> str:
    return path.read_text("utf-8")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return [body for found, body in FENCE.findall(read(path)) if found == language]


# The reference ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generate() -> Any:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(generate: Any) -> None:
    assert generate.stale() == [], "run `python docs/generate.py` and look at the difference"


def test_what_is_out_of_date_is_named(
    generate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DOCS / "reference", tmp_path / "reference")
    rules = tmp_path / "reference" / "rules.md"
    rules.write_text(read(rules).replace("R-LICENSE", "R-LICENCE"), "utf-8")
    (tmp_path / "reference" / "cli.md").unlink()
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    tables = read(DOCS / "reference" / "tables.md")
    monkeypatch.setattr(generate, "tables", lambda: tables)  # takes seconds, and is the same
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "cli.md is out of date" in said and "rules.md is out of date" in said and "tables.md" not in said
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert generate.main(["--chekc"]) == 2


def commands() -> Iterator[tuple[list[str], click.Command]]:
    """Every command that does something, with the words that call it."""

    def below(command: click.Command, words: list[str]) -> Iterator[tuple[list[str], click.Command]]:
        if not isinstance(command, click.Group):
            yield words, command
            return
        context = click.Context(command)
        for word in command.list_commands(context):
            found = command.get_command(context, word)
            assert found is not None
            yield from below(found, [*words, word])

    yield from below(group, [])


def test_every_command_and_option_is_in_the_reference() -> None:
    text = read(DOCS / "reference" / "cli.md")
    parts = dict(re.findall(r"^## onrecord ([a-z -]+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    for words, command in commands():
        part = parts[" ".join(words)]
        shown = [
            param.make_metavar(click.Context(command)) if isinstance(param, click.Argument) else option
            for param in command.params
            for option in param.opts
        ]
        missing = [word for word in shown if word not in part]
        assert not missing, (words, missing)


def test_every_setting_is_explained() -> None:
    text = read(DOCS / "reference" / "settings.md")
    for section in msgspec.structs.fields(Settings):
        assert f"## [{section.name}]" in text
        _, said = explained(section.type)
        for key in section.type.__struct_fields__:
            assert len(said.get(key, "")) > 10, f"the docstring of [{section.name}] says nothing of {key}"
            assert f"| `{key}` |" in text


def test_every_variable_of_the_environment_is_in_the_reference() -> None:
    text = read(DOCS / "reference" / "cli.md")
    used = {
        found
        for path in (ROOT / "src").rglob("*.py")
        for found in re.findall(r"[\"']((?:ONRECORD|XDG)_[A-Z_]+)[\"']", read(path))
    }
    assert used, "none was found, so this test looks in the wrong way"
    assert not [variable for variable in used if f"`{variable}`" not in text]


def test_every_rule_is_in_the_reference() -> None:
    text = read(DOCS / "reference" / "rules.md")
    assert {"R-LICENSE", "P-SAME-SOUND"} <= CODES.keys()
    assert not [code for code, rule in CODES.items() if f"| `{code}` | {rule.sentence} |" not in text]


def test_every_table_and_column_is_in_the_reference() -> None:
    text = read(DOCS / "reference" / "tables.md")
    dataset, archive = text.split("## The tables of the archive")
    assert not [table for table in DATASET if f"### {table}.parquet\n" not in dataset]
    parts = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", archive, re.MULTILINE | re.DOTALL))
    assert parts.keys() == CATALOG.keys()
    for table, row in CATALOG.items():
        assert not [column for column in row.__struct_fields__ if f"| `{column}` |" not in parts[table]]


# Links, codes, clauses, words ------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", read(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_between_pages_resolve(page: Path) -> None:
    text = re.sub(r"`[^`]*`", "", FENCE.sub("", read(page)))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        place, _, anchor = target.partition("#")
        found = (page.parent / place).resolve() if place else page
        assert found.exists() and found.is_relative_to(ROOT), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(found), f"{name(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_rule_codes_that_are_named_exist(page: Path) -> None:
    assert not set(re.findall(r"\b[RP]-[A-Z]+(?:-[A-Z]+)*\b", read(page))) - CODES.keys()


def clauses() -> set[str]:
    return set(re.findall(r"^(?:## )?(\d+(?:\.\d+)?)[. ]", read(DOCS / "format.md"), re.MULTILINE))


def test_clauses_of_the_format_are_numbered_in_order() -> None:
    numbers = re.findall(r"^(?:## )?(\d+)(?:\.(\d+))?[. ]", read(DOCS / "format.md"), re.MULTILINE)
    order = [(int(chapter), int(clause or 0)) for chapter, clause in numbers]
    assert order == sorted(set(order))
    assert {(before[0] + 1, 0) for before in order if (before[0] + 1, 0) in order}, "no chapter was found"


def test_what_code_and_pages_cite_is_there() -> None:
    known = clauses()
    files = [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    missing = []
    for path in files:
        text = read(path)
        cited = re.findall(r"[Ff]ormat(?:\.md)?[,)]*\s(?:\([^)]*\),? )?clauses? (\d+(?:\.\d+)?)", text)
        cited += re.findall(r"\(format (\d+\.\d+)\)", text)
        missing += [(name(path), clause) for clause in cited if clause not in known]
        for number in re.findall(r"docs/decisions/(\d{4})", text):
            missing += [(name(path), number)] * (not list((DOCS / "decisions").glob(f"{number}-*.md")))
    assert not missing


def test_rules_come_from_clauses_that_exist() -> None:
    numbered = set(re.findall(r"^(\d+)\. ", read(DOCS / "rights.md"), re.MULTILINE))
    for rule in CODES.values():
        for page in re.findall(r"\bdocs/[\w./-]+\.md", rule.clause):
            assert (ROOT / page).is_file(), f"{rule.code} comes from {page}"
        for clause in re.findall(r"docs/rights\.md clause (\d+)", rule.clause):
            assert clause in numbered, f"{rule.code} comes from clause {clause} of docs/rights.md"
        for clause in re.findall(r"docs/format\.md, clause (\d+\.\d+)", rule.clause):
            assert clause in clauses(), f"{rule.code} comes from clause {clause} of docs/format.md"


#: Words of the format that somebody who does not know the field has to look up.
WORDS = (
    "blob",
    "canonical",
    "claim",
    "commit",
    "dataset",
    "deposit",
    "digest record",
    "edition",
    "evidence",
    "feed",
    "founding claim",
    "ledger",
    "log",
    "manifest",
    "mirror",
    "part",
    "record",
    "root",
    "segment",
    "shelf",
    "source",
    "tombstone",
    "volume",
)


def test_words_of_the_format_are_in_the_glossary() -> None:
    bold = re.findall(r"\*\*([^*]+)\*\*", read(DOCS / "glossary.md"))
    explained = {word.removeprefix("to ") for word in bold}
    text = read(DOCS / "format.md").lower()
    assert not [word for word in WORDS if word not in text], "a word that the format no longer uses"
    assert not set(WORDS) - explained


def test_the_status_names_tests_and_commands_that_exist() -> None:
    text = read(DOCS / "status.md")
    places = re.findall(r"`((?:tests|demo|docs|src)/[\w./-]+)`", text)
    assert places and not [place for place in places if not (ROOT / place).exists()]
    [row] = re.findall(r"^\| (`init`.*?) \|", text, re.MULTILINE)
    assert {word.split()[0] for word in re.findall(r"`([a-z ]+)`", row)} == COMMANDS.keys()


# Examples --------------------------------------------------------------------------------------------------------


def understood(words: list[str]) -> None:
    """Raises click.UsageError where the command line would not take these words; paths need not be there."""
    command, context = group, click.Context(group, info_name="onrecord")
    while True:
        values, rest, _ = command.make_parser(context).parse_args(words)
        for param in command.params:
            value = values.get(param.name)
            given = [
                item
                for item in (value if isinstance(value, list | tuple) else [value])
                if isinstance(item, str)
            ]
            if param.required and not given:
                raise click.MissingParameter(ctx=context, param=param)
            if isinstance(param.type, click.Choice | click.IntRange):
                for item in given:
                    param.type.convert(item, param, context)
        if not isinstance(command, click.Group):
            if rest:
                raise click.UsageError(f"nothing takes {rest}", context)
            return
        if not rest and command.invoke_without_command:
            return
        below = command.get_command(context, rest[0]) if rest else None
        if below is None:
            raise click.UsageError(f"no such command: {rest}", context)
        command, words = below, rest[1:]
        context = click.Context(command, parent=context, info_name=command.name)


def calls(shell: str, program: str) -> Iterator[list[str]]:
    """The words behind a program's name, for each line (or part of one) that calls it."""
    for line in shell.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||[;|&]", line.split(" #")[0]):
            words = shlex.split(part, comments=True)
            if words[:1] == [program]:
                yield words[1:]


@pytest.mark.parametrize("page", [ROOT / "README.md", *HOWTO], ids=name)
def test_commands_in_examples_exist(page: Path) -> None:
    for shell in blocks(page, "sh"):
        for words in calls(shell, "onrecord"):
            understood(words)
    for inline in re.findall(r"`onrecord ([^`]+)`", FENCE.sub("", read(page))):
        context = click.Context(group)
        words = [word for word in shlex.split(inline) if not word.startswith("-")]
        command = group.get_command(context, words[0])
        assert command is not None, f"`onrecord {inline}`"
        if isinstance(command, click.Group) and len(words) > 1:
            assert words[1] in command.list_commands(context), f"`onrecord {inline}`"


def test_the_examples_are_found_and_wrong_ones_noticed() -> None:
    shells = [shell for page in (ROOT / "README.md", *HOWTO) for shell in blocks(page, "sh")]
    assert sum(1 for shell in shells for _ in calls(shell, "onrecord")) >= 30
    for wrong in (
        ["probe"],
        ["add", "--hold-as", "owner", "x"],
        ["add", "--held-as", "finder", "x"],
        ["mirror", "sink"],
        ["status", "x"],
        ["serve", "--port", "web"],
        ["frobnicate"],
    ):
        with pytest.raises(click.UsageError):
            understood(wrong)


def test_every_command_s_help_has_an_example_that_is_understood() -> None:
    for words, command in commands():
        found = re.findall(r"Example:\s+(onrecord .+)", command.help or "")
        assert found, f"onrecord {' '.join(words)} --help shows no example"
        for example in found:
            parsed = list(calls(example, "onrecord"))
            assert parsed
            for call in parsed:
                understood(call)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *HOWTO], ids=name)
def test_dev_commands_in_examples_exist(page: Path) -> None:
    known = set(re.findall(r"^  \./dev (\w+)", read(ROOT / "dev"), re.MULTILINE))
    assert {"demo", "test", "lint"} <= known
    shells = [*blocks(page, "sh"), *re.findall(r"^    (\./dev .*)$", read(page), re.MULTILINE)]
    used = {words[0] for shell in shells for words in calls(shell, "./dev")}
    used |= set(re.findall(r"`\./dev (\w+)", read(page)))
    assert not used - known - {"COMMAND"}


@pytest.mark.parametrize("page", [*HOWTO, DOCS / "reference" / "settings.md"], ids=name)
def test_settings_in_examples_are_understood(page: Path) -> None:
    sections = set(Settings.__struct_fields__)
    for text in blocks(page, "toml"):
        values = tomllib.loads(text)
        if values.keys() <= sections:
            msgspec.convert(values, Settings)


@pytest.fixture
def dataset(filled: Archive) -> Path:
    return publish(filled).folder / "dataset"


def test_the_researcher_s_queries_run(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.chdir(dataset)
    page = DOCS / "howto" / "researcher.md"
    queries = blocks(page, "sql")
    assert len(queries) >= 3
    with duckdb.connect() as db:
        answers = [db.execute(query).fetchall() for query in queries]
    assert answers[0] and answers[1] and answers[-1], "longest pieces, licenses, words of evidence"
    [query] = blocks(page, "sqlite")
    db = sqlite3.connect("onrecord.sqlite")
    db.execute(query).fetchall()
    titled = db.execute(query.replace("theme OR palace", "piece")).fetchall()
    db.close()
    assert titled, "the album's pieces are found by their titles"


def test_the_researcher_s_pandas_runs(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(dataset)
    for code in blocks(DOCS / "howto" / "researcher.md", "python"):
        exec(compile(code, "researcher.md", "exec"), {})


@pytest.mark.slow
def test_the_programmer_s_example_runs(tmp_path: Path, album: Album) -> None:
    [code] = [code for code in blocks(DOCS / "howto" / "programmer.md", "python") if "__main__" in code]
    (tmp_path / "example.py").write_text(code.replace('search("theme")', 'search("piece")'), "utf-8")
    shutil.copytree(album.folder, tmp_path / "music")
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "6 new" in done.stdout and "recording" in done.stdout


def test_the_tree_and_the_import_rule_are_those_of_the_code() -> None:
    tree, layers = blocks(DOCS / "howto" / "programmer.md", "text")[:2]
    here = [path for path in (ROOT / "src" / "onrecord").iterdir() if not path.name.startswith("_")]
    parts = {path.stem for path in here if path.is_dir() or path.suffix == ".py"} - {"demo"}
    shown = {word.rstrip("/").removesuffix(".py") for word in re.findall(r"(?:^|  )(\w+(?:/|\.py))", tree)}
    assert shown - {"src", "onrecord"} == parts
    contracts = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [rule] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert layers.splitlines() == rule


# The front page --------------------------------------------------------------------------------------------------


def test_the_readme_shows_the_page_and_the_two_commands_first() -> None:
    text = read(ROOT / "README.md")
    [(alt, place)] = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert len(alt) > 40
    picture = (ROOT / place).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and len(picture) < 400_000
    assert int.from_bytes(picture[16:20]) == 1440
    first = blocks(ROOT / "README.md", "sh")[0]
    assert [words[0] for words in calls(first, "./dev")] == ["demo", "test"]
    assert text.index("./dev demo") < text.index("\n## ")
    assert len(text.splitlines()) < 110, "two screens"
