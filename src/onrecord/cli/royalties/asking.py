# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that commands over plays share: models, their options, the money, the memory."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from onrecord.engine.duck import Duck
    from onrecord.engine.spark import Spark
    from onrecord.royalties.comparison import Options
    from onrecord.royalties.reading_plays import Refused

F = TypeVar("F", bound=Callable[..., Any])


def plays_and_money(function: F) -> F:
    """PLAYS, --model, --option, --fee or --pool or --pool-amount, --unit, --memory, --temp."""
    for decorate in reversed(_ASKED):
        function = decorate(function)
    return function


def as_options(models: Sequence[str], settings: Sequence[str], pools: str | None, **more: Any) -> "Options":
    from onrecord.royalties.comparison import Options

    return Options(models=tuple(models), settings=settings_of(settings), pools=pools or "", **more)


def settings_of(words: Sequence[str]) -> dict[str, dict[str, str]]:
    """`model.key=value` by model and key."""
    found: dict[str, dict[str, str]] = {}
    for word in words:
        place, equals, value = word.partition("=")
        model, dot, key = place.partition(".")
        if not (equals and dot and model and key):
            raise click.UsageError(
                f"--option: expected MODEL.KEY=VALUE, such as weighted.alpha=1/2, got {word!r}"
            )
        if key in found.setdefault(model, {}):
            raise click.UsageError(f"--option: {model}.{key} is given twice, expected once")
        found[model][key] = value
    return found


@contextmanager
def engine(memory: str, temp: Path | None) -> Iterator[tuple["Duck", Path]]:
    """The tables, and a folder that is gone afterwards."""
    import duckdb

    from onrecord.engine.duck import Duck

    with tempfile.TemporaryDirectory(prefix="onrecord-royalties-", dir=temp) as folder:
        try:
            duck = Duck(Path(folder), memory=memory)
        except duckdb.Error:
            raise click.UsageError(f"--memory: expected a size such as 2GB, got {memory!r}") from None
        try:
            yield duck, Path(folder)
        finally:
            duck.close()


@contextmanager
def cluster(folder: Path, spill: Path) -> Iterator["Spark | None"]:
    """Spark, where the archive in a folder says so in its settings; None elsewhere, and where there is no archive."""
    from onrecord.archive.settings import read_settings
    from onrecord.engine.spark import Spark

    path = folder / "onrecord.toml"
    settings = read_settings(path).engine if path.is_file() else None
    if settings is None or settings.kind == "embedded":
        yield None
        return
    with Spark(settings.cluster, spill) as spark:
        yield spark


def refused_lines(listed: "Sequence[Refused]", refused: int) -> Iterator[str]:
    """Refused rows for a person."""
    for each in listed:
        yield f"refused: {each.file}, row {each.row}: {each.reason}"
    if refused > len(listed):
        yield f"refused: {refused - len(listed):,} rows more, which are counted and not listed"


_ASKED: Final[tuple[Callable[[Any], Any], ...]] = (
    click.argument("plays", type=click.Path(exists=True, path_type=Path)),
    click.option(
        "--model",
        "models",
        multiple=True,
        required=True,
        metavar="NAME",
        help="A payout model; again for more.",
    ),
    click.option(
        "--option",
        "settings",
        multiple=True,
        metavar="MODEL.KEY=VALUE",
        help="An option of a model; again for more.",
    ),
    click.option(
        "--fee", default="", metavar="AMOUNT", help="What reaches rightsholders of each listener, a pool."
    ),
    click.option(
        "--pool",
        "pools",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="A CSV of pools: the keys that the plays have, and amount.",
    ),
    click.option(
        "--pool-amount", "amount", default="", metavar="AMOUNT", help="The money of the one pool there is."
    ),
    click.option(
        "--unit",
        default="0.000001",
        show_default=True,
        metavar="AMOUNT",
        help="The smallest amount that is paid.",
    ),
    click.option(
        "--memory",
        default="2GB",
        show_default=True,
        metavar="SIZE",
        help="What the tables may take; more spills.",
    ),
    click.option(
        "--temp", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where it spills."
    ),
)
