# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/reference, and the plans in docs/scale.md, from the code: `python docs/generate.py`; with `--check` it
only names what is out of date.

The dataset's columns are read from an edition that is made of an empty archive: they are what is really written.
"""

import os
import re
import sqlite3
import sys
import tempfile
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

DOCS = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Every page that the code writes, or writes parts of, by its place under docs."""
    return {
        "reference/cli.md": cli(),
        "reference/settings.md": settings(),
        "reference/rules.md": rules(),
        "reference/tables.md": tables(),
        "scale.md": scale(),
    }


def stale() -> list[str]:
    """Names of the pages that are not what the code says."""
    return [name for name, text in pages().items() if _written(DOCS / name) != text]


def main(arguments: Sequence[str]) -> int:
    if list(arguments) not in ([], ["--check"]):
        click.echo("python docs/generate.py [--check]", err=True)
        return 2
    if arguments:
        names = stale()
        for name in names:
            click.echo(f"docs/{name} is out of date; run `python docs/generate.py`", err=True)
        return 1 if names else 0
    (DOCS / "reference").mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


# --- the command line -------------------------------------------------------------------------------------------


def cli() -> str:
    """What `--help` says of every command."""
    from onrecord.cli import group

    top = click.Context(group, info_name="onrecord", terminal_width=100, **group.context_settings)
    parts = [_head("The command line", "what `onrecord COMMAND --help` prints"), _ENVIRONMENT]
    parts += [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps(group, top)]
    return "\n".join(parts)


_ENVIRONMENT = """Options of `onrecord` itself (`-C`, `--json`, `--quiet`) may stand before or behind the command.

| variable | what it does |
| --- | --- |
| `ONRECORD_ARCHIVE` | the archive's folder, where `-C` is not given |
| `ONRECORD_SOURCE_<NAME>_<KEY>` | a setting of a source, such as a client id, that is better not written down |
| `ONRECORD_KEYS` | the folder of the signing keys; see [publish] in [the settings](settings.md) |
| `XDG_CONFIG_HOME` | where nothing names the keys' folder, it is `onrecord/keys` below this (default `~/.config`) |
| `_ONRECORD_COMPLETE` | `bash_source`, `zsh_source` or `fish_source` prints the shell's completion script |
"""


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    # Click keeps a command's help option from the first context that asked, which may have been another's.
    command._help_option = None
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _helps(below, click.Context(below, parent=context, info_name=name))


# --- the settings -----------------------------------------------------------------------------------------------


def settings() -> str:
    """Every section and key of onrecord.toml."""
    from onrecord.archive.settings import Settings
    from onrecord.archive.settings_shown import explained

    parts = [_head("The settings", "the docstrings of `onrecord.archive.settings`"), _SETTINGS]
    sections = typing.get_type_hints(Settings)
    for field in msgspec.structs.fields(Settings):
        section = sections[field.name]
        about, said = explained(section)
        rows = [
            (f"`{key.encode_name}`", _hint(hint), f"`{_toml(key.default)}`", said.get(key.name, ""))
            for key, hint in _keys(section)
        ]
        parts.append(
            f"## [{field.name}]\n\n{_paragraph(about)}{_table(('key', 'type', 'default', 'what it is'), rows)}"
        )
    return "\n".join(parts)


_SETTINGS = """`onrecord.toml` lies in the archive's folder and is read once by each command. Every key may be left
out. A key that is not listed here is an error that names its line. `onrecord init` writes `name` and `roots`. Secrets
never stand in it. An example:

```toml
[archive]
name = "Tapes of the Blue Room"

[store]
roots = ["blobs", "/mnt/second/onrecord"]

[match]
precedence = ["musicbrainz-json", "my-label"]
```
"""


def _keys(section: type[msgspec.Struct]) -> Iterator[tuple[Any, Any]]:
    hints = typing.get_type_hints(section)
    for field in msgspec.structs.fields(section):
        yield field, hints[field.name]


def _toml(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- the rules --------------------------------------------------------------------------------------------------


def rules() -> str:
    """Every rule of the rights gate and of the publisher."""
    from onrecord.archive import choosing
    from onrecord.model.rights import Rule
    from onrecord.rights import RULES
    from onrecord.rights.rules import REMEDIES, REVIEWED

    own = [value for value in vars(choosing).values() if isinstance(value, Rule)]
    parts = [_head("The rules", "`onrecord.rights.rules` and `onrecord.archive.choosing`"), _RULES]
    for title, listed in (
        ("Rules that allow", [rule for rule in RULES.values() if rule.allows]),
        ("Rules that deny", [rule for rule in RULES.values() if not rule.allows]),
        ("Rules of the publisher", own),
    ):
        rows = [
            (
                f"`{rule.code}`",
                rule.sentence,
                rule.clause,
                REMEDIES.get(rule.code, ""),
                "yes" if rule.code in REVIEWED else "",
            )
            for rule in listed
        ]
        parts.append(
            f"## {title}\n\n{_table(('code', 'sentence', 'comes from', 'what would change it', 'review'), rows)}"
        )
    return "\n".join(parts)


_RULES = """An answer of the gate names rules by these codes; `onrecord rights why THING` prints them with the
evidence they rest on. `review` marks the answers that a person should look at. The publisher asks the gate for every
file and then holds back what its own rules name.
"""


# --- the tables -------------------------------------------------------------------------------------------------


def tables() -> str:
    """Every table of the dataset, as an edition has it, and every table of the archive."""
    parts = [
        _head(
            "The tables", "`onrecord.publish.dataset`, `onrecord.catalog.tables` and `catalog/columns.toml`"
        ),
        _TABLES,
    ]
    parts += ["## The dataset of an edition\n", _DATASET, *_dataset()]
    parts += ["## The tables of the archive\n", _CATALOG, *_catalog()]
    return "\n".join(parts)


_TABLES = """Two sets of tables: the dataset is what an edition gives to everyone; the archive's own tables stay where
they are. Times are UTC. Empty text means that nobody said; a number that nobody said is null.
"""
_DATASET = """Parquet files in `editions/<n>/dataset/`, each in a total order ([format](../format.md), clause 8). How to
read them: [for researchers](../howto/researcher.md).
"""
_CATALOG = """Append-only segments in `catalog/<table>/` ([format](../format.md), clause 6). Only segments that the log
names count, so a glob over the folder may read too much.
"""


def _dataset() -> Iterator[str]:
    from onrecord.catalog.columns import dataset_meaning
    from onrecord.publish.dataset import TABLES

    columns, sqlite = _written_by_an_edition(TABLES)
    for name, about in TABLES.items():
        rows = [(f"`{column}`", kind, dataset_meaning(name, column)) for column, kind in columns[name]]
        yield _columns(f"{name}.parquet", f"{about[0].upper()}{about[1:]}.", rows)
    yield f"### onrecord.sqlite\n\nThe same in one SQLite file, with full-text search:\n\n```sql\n{sqlite}\n```\n"


def _catalog() -> Iterator[str]:
    from onrecord.catalog.columns import meaning, table_meaning
    from onrecord.catalog.tables import TABLES

    for name, row in TABLES.items():
        own = row.__doc__ if row.__doc__ and not row.__doc__.startswith(f"{row.__name__}(") else None
        rows = [(f"`{field.name}`", _hint(hint), meaning(name, field.name)) for field, hint in _keys(row)]
        yield _columns(name, " ".join((own or table_meaning(name)).split()), rows)


def _columns(title: str, about: str, rows: Iterable[Sequence[str]]) -> str:
    return f"### {title}\n\n{about}\n\n{_table(('column', 'type', 'what it is'), rows)}"


def _written_by_an_edition(names: Iterable[str]) -> tuple[dict[str, list[tuple[str, str]]], str]:
    """Columns with their types of each Parquet table, and the SQLite schema, of an edition of an empty archive."""
    import pyarrow.parquet as pq

    from onrecord.archive import Archive
    from onrecord.archive.publishing import publish

    with tempfile.TemporaryDirectory() as folder:
        keys = os.environ.get("ONRECORD_KEYS")
        os.environ["ONRECORD_KEYS"] = f"{folder}/keys"
        try:
            with Archive.create(Path(folder, "archive")) as archive:
                dataset = publish(archive).folder / "dataset"
        finally:
            os.environ.pop("ONRECORD_KEYS")
            if keys is not None:
                os.environ["ONRECORD_KEYS"] = keys
        columns = {
            name: [
                (field.name, _ARROW[str(field.type)]) for field in pq.read_schema(dataset / f"{name}.parquet")
            ]
            for name in names
        }
        with sqlite3.connect(dataset / "onrecord.sqlite") as db:
            kept = (
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'search!_%' ESCAPE '!'"
            )
            schema = ";\n".join(sql for (sql,) in db.execute(kept)) + ";"
        db.close()
    return columns, schema


# --- plans --------------------------------------------------------------------------------------------------------


def scale() -> str:
    """The page with what each command in it prints below the command."""
    return _PLAN.sub(_planned, _written(DOCS / "scale.md"))


#: A command and what it printed.
_PLAN = re.compile(r"```text\n\$ onrecord (plan [^\n]*)\n.*?```", re.DOTALL)


def _planned(found: re.Match[str]) -> str:
    from click.testing import CliRunner

    from onrecord.cli import group

    ran = CliRunner().invoke(group, found[1].split(), catch_exceptions=False)
    # The figures and assumptions behind it are the same each time.
    plan, _, _ = ran.output.partition("measured (")
    return f"```text\n$ onrecord {found[1]}\n{plan}```"


# --- small parts ------------------------------------------------------------------------------------------------

_ARROW = {
    "string": "text",
    "int64": "integer",
    "double": "number",
    "binary": "bytes",
    "list<element: string>": "list of text",
    "list<element: int64>": "list of integers",
}


_PLURALS: dict[Any, str] = {str: "text", int: "integers"}


def _hint(hint: Any) -> str:
    plain = {str: "text", int: "integer", float: "number", bytes: "bytes", bool: "true or false"}
    inner = [option for option in typing.get_args(hint) if option not in (type(None), Ellipsis)]
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(f'`"{option}"`' for option in inner)
    if typing.get_origin(hint) is tuple:
        return f"list of {_PLURALS[inner[0]]}" if inner[0] in _PLURALS else f"list, each {_hint(inner[0])}"
    return plain[inner[0] if inner else hint]


def _head(title: str, source: str) -> str:
    return f"# {title}\n\n<!-- Written by `python docs/generate.py` from {source}. Do not edit. -->\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _paragraph(text: str) -> str:
    return f"{text}\n\n" if text else ""


def _written(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
