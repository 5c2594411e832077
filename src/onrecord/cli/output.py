# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What commands print: a result on standard output, everything else on standard error; text from outside made inert."""

import json
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
import msgspec

from onrecord.model.words import is_utf8

F = TypeVar("F", bound=Callable[..., Any])

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


class Update(Protocol):
    """Takes what is done so far: items, bytes, and seconds of sound where sound is decoded."""

    def __call__(self, items: int, done: int, sound: float = 0.0) -> None: ...


class Size(click.ParamType[int]):
    """A number of bytes as people write it: 500kB, 20MB, 1.5GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGTP]?)B", value.strip())
        if not found:
            self.fail(
                f"{value!r}: expected a size with its unit, such as 500kB, 20MB, 1.5GB or 300TB", param, ctx
            )
        return int(float(found[1]) * 1000 ** (" kMGTP".index(found[2] or " ")))


class Output:
    """Where a command writes. With `json`, standard output bears JSON alone."""

    def __init__(self, json: bool, quiet: bool) -> None:
        self.json = json
        self.quiet = quiet

    def result(self, schema: str, value: object, text: Callable[[], Iterator[str]]) -> None:
        """The command's answer: `value` as one JSON object with its schema, or lines for a person."""
        if self.json:
            body = msgspec.to_builtins(value)
            if not isinstance(body, dict):
                body = {"items": body}
            click.echo(_encoded({"schema": f"onrecord.{schema}/1"} | body))
        else:
            for line in text():
                click.echo(inert(line))

    def lists(
        self, schema: str, lists: Mapping[str, Iterable[object]], text: Callable[[], Iterator[str]]
    ) -> None:
        """As `result`, of lists that may be longer than memory: each of their items is printed as it comes, and taken
        once, by this or by `text`."""
        if not self.json:
            self.result(schema, {}, text)
            return
        click.echo(f'{{"schema":{_encoded(f"onrecord.{schema}/1")}', nl=False)
        for name, items in lists.items():
            click.echo(f",{_encoded(name)}:[", nl=False)
            for place, item in enumerate(items):
                click.echo("," * (place > 0) + _encoded(item), nl=False)
            click.echo("]", nl=False)
        click.echo("}")

    def say(self, line: str) -> None:
        """Something that happens on the way."""
        if not self.quiet:
            click.echo(inert(line), err=True)

    @contextmanager
    def progress(self, verb: str, total: Callable[[], int] = lambda: 0) -> Iterator["Update"]:
        """Gives a function to call as things get done: a bar on a terminal, now and then a line elsewhere.

        `total` counts the bytes to come; it is asked on a terminal alone, to say how much time is left.
        """
        if self.quiet:
            yield lambda items, done, sound=0.0: None
        elif sys.stderr.isatty():
            with _moving(verb, total()) as update:
                yield update
        else:
            yield _lines(verb)


def _encoded(value: object) -> str:
    body = msgspec.to_builtins(value)
    try:
        return msgspec.json.encode(body).decode()
    except UnicodeEncodeError:
        # A file name that is no UTF-8; JSON has no bytes, so its odd ones become question marks.
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace").decode()


def territory_code(_: click.Context, __: click.Parameter, value: str) -> str:
    """For options that name a territory: its code; a usage error where it is none."""
    from onrecord.rights.territories import UNKNOWN, known

    code = value.upper() if len(value) == 2 else value
    if code and known(code) == UNKNOWN != code:
        raise click.BadParameter(
            f"expected a country of ISO 3166-1 such as DE, Worldwide or unknown, got {value!r}"
        )
    return code


def options(function: F) -> F:
    """The options that every command has, before or behind its name; the command gets `folder` and `out`."""

    @click.option("-C", "--archive", "folder", type=click.Path(path_type=Path), show_default="this folder",
                  help="The archive's folder.")  # fmt: skip
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with its schema.")
    @click.option("--quiet", is_flag=True, help="Print the result alone.")
    @click.pass_obj
    def command(
        before: dict[str, Any], /, *args: Any, folder: Path | None, as_json: bool, quiet: bool, **kwargs: Any
    ) -> Any:
        _refuse_what_is_no_text()
        # A group's options are those of the command behind it as well.
        before["folder"] = folder or Path(before["folder"] or ".")
        before["as_json"], before["quiet"] = as_json or before["as_json"], quiet or before["quiet"]
        out = Output(before["as_json"], before["quiet"])
        try:
            return function(*args, folder=before["folder"], out=out, **kwargs)
        finally:
            if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
                _put_tables(before["folder"], out)

    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    # Options that stand below this decorator were collected by Click on the inner function.
    command.__click_params__ = [*command.__click_params__, *getattr(function, "__click_params__", [])]  # type: ignore[attr-defined]
    return command  # type: ignore[return-value]


def _refuse_what_is_no_text() -> None:
    """Words that are no UTF-8 can be neither kept nor looked for. Names of files may be of any bytes."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.params.get(parameter.name or "")
        texts = given if isinstance(given, tuple) else (given,)
        if parameter.type is click.STRING and any(map(_is_no_text, texts)):
            raise click.BadParameter("expected text in UTF-8", context, param=parameter)


def _is_no_text(given: object) -> bool:
    return isinstance(given, str) and not is_utf8(given)


def _put_tables(folder: Path, out: Output) -> None:
    """Put what was committed where the settings want the tables and the log to be as well. Whatever is in the way of
    that is said, and no more: it is committed here."""
    if not _names_tables(folder / "onrecord.toml"):
        return
    from onrecord.archive import Archive, far_tables
    from onrecord.errors import ArchiveLocked, OnrecordError

    try:
        with Archive.open(folder) as archive:
            if far_tables.behind(archive):
                far_tables.put(archive)
    except ArchiveLocked:
        pass  # another process does just that
    except (OnrecordError, OSError) as error:
        why = error.message if isinstance(error, OnrecordError) else error
        out.say(f"the copy of tables and log is behind: {why}; `onrecord store tables` makes up for it")


def _names_tables(settings: Path) -> bool:
    """Asked at the end of every command, so without what reads and checks all the settings."""
    try:
        store = tomllib.loads(settings.read_text("utf-8")).get("store")
    except (OSError, ValueError):
        return False  # no archive, or one that cannot be opened, which was said
    return isinstance(store, dict) and bool(store.get("tables"))


def hint_if_unmatched(folder: Path, out: Output) -> None:
    """Say that names and search are behind what was added or harvested."""
    from onrecord.archive import Archive
    from onrecord.archive.last_match import is_matched

    with Archive.open(folder) as archive:
        if archive.ledger.segments() and not is_matched(archive):
            out.say(
                "not everything that came in is matched yet, so names and search are behind: run `onrecord match`"
            )


def inert(text: str) -> str:
    """Text from outside on a terminal: no control characters, no reordering."""
    return "".join(char if (char.isprintable() and char not in _BIDI) else "\ufffd" for char in text)


def size(count: float) -> str:
    """Bytes for a person: 1,234 B, 12.3 MB, 1.2 TB."""
    if count < 10_000:
        return f"{count:,.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 1000 or unit == "TB":
            return f"{count:,.1f} {unit}"
    raise AssertionError("unreachable")


def length(seconds: float) -> str:
    """A length for a person: 3:07, 1:02:03."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def pace(items: int, sound: float, elapsed: float) -> str:
    """How fast work went: files a second, and how much faster than the sound plays."""
    if elapsed <= 0:
        return f"{items:,} files"
    rates = f"{items / elapsed:,.1f} a second, {sound / elapsed:,.0f} times real time"
    return f"{items:,} files in {length(elapsed)}: {rates}"


def _lines(verb: str) -> Update:
    begun = last = time.monotonic()

    def update(items: int, done: int, sound: float = 0.0) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= 5:
            last = now
            heard = f", {sound / (now - begun):,.0f} times real time" if sound else ""
            rate = f"{size(done / (now - begun))}/s, {items / (now - begun):,.1f} a second{heard}"
            click.echo(f"{verb}: {items:,} done, {size(done)}, {rate}", err=True)

    return update


@contextmanager
def _moving(verb: str, total: int) -> Iterator[Update]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns: list[ProgressColumn] = [
        TextColumn("{task.description}"),
        DownloadColumn(),
        TransferSpeedColumn(),
    ]
    columns += [BarColumn(), TimeRemainingColumn()] if total else [TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(verb, total=total or None)
        begun = time.monotonic()

        def update(items: int, done: int, sound: float = 0.0) -> None:
            past = max(time.monotonic() - begun, 1e-3)
            heard = f", {sound / past:,.0f}x real time" if sound else ""
            bar.update(task, description=f"{verb}: {items:,} ({items / past:,.1f}/s{heard})", completed=done)

        yield update
