# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs for other engines: SQL in DuckDB's dialect that gives the same rows on Spark, compiled for it by sqlglot.

What is not known to be the same on both is refused by name: functions that only one of them has, or that differ
between them, and `/`, which divides in floating point. So a job runs where it was written, or everywhere.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from onrecord.errors import UsageError

if TYPE_CHECKING:
    from sqlglot import exp

#: Functions (by sqlglot's names) that give the same on both engines. The case of letters, blanks and patterns do not.
_SAME: Final = frozenset(
    {
        *(
            "Abs",
            "And",
            "Case",
            "Cast",
            "Coalesce",
            "Exists",
            "Greatest",
            "If",
            "Least",
            "Length",
            "Nullif",
            "Or",
        ),
        *("Substring", "TryCast"),
        *("ArgMax", "ArgMin", "Count", "Max", "Min", "Sum"),
        *("DenseRank", "FirstValue", "Lag", "Lead", "Rank", "RowNumber"),
    }
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
#: How sqlglot marks a place in its messages.
_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
#: Whole numbers of any length that money has here.
_HUGE: Final = "DECIMAL(38, 0)"
#: Types that Spark has no word for.
_UNSIGNED: Final = ("UTINYINT", "USMALLINT", "UINT", "UBIGINT", "UINT128")


def portable(package: str) -> list[str]:
    """Names of the jobs of a package that run on other engines as well: `sql/portable/<name>.sql`."""
    folder = files(package).joinpath("sql", "portable")
    names = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    return sorted(name.removesuffix(".sql") for name in names if name.endswith(".sql"))


def tables_of(sql: str) -> list[str]:
    """Names of the tables that a SELECT in DuckDB's dialect reads, those left out that it makes itself by WITH."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="duckdb")
    made = {each.alias for each in tree.find_all(exp.CTE)}
    return sorted({each.name for each in tree.find_all(exp.Table)} - made)


def to_spark(
    sql: str, name: str = "the query", values: Mapping[str, int] | None = None, *, whole: bool = False
) -> str:
    """The same SELECT in Spark's dialect. UsageError names everything in it that would not give the same rows, with its
    line. `values` are whole numbers that stand in the place of parameters.

    `whole` promises that every sum is one of whole numbers. DuckDB adds these up as HUGEINT, Spark in 64 bits, where a
    sum that does not fit is an error; with the promise it is given the same width.
    """
    import sqlglot
    from sqlglot import ErrorLevel, exp
    from sqlglot.errors import SqlglotError

    try:
        statements = [each for each in sqlglot.parse(sql, read="duckdb") if each is not None]
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise UsageError(
                f"{name}: expected one SELECT, got {len(statements)} statements, or another kind of them"
            )
        [tree] = statements
        for place in list(tree.find_all(exp.Placeholder, exp.Parameter)):
            if place.name in (values or {}):
                place.replace(exp.Literal.number((values or {})[place.name]))
        if faults := [f"line {line}: {fault}" if line else fault for line, fault in _faults(tree)]:
            raise UsageError(
                f"{name}: gives no sure answer on another engine: {'; '.join(faults)}",
                "write it with what is the same on both, or run it here",
            )
        for added in list(tree.find_all(exp.Sum)) if whole else ():
            added.set("this", exp.cast(added.this, exp.DataType.Type.INT128))
        for made in tree.find_all(exp.CTE):
            made.set("materialized", None)  # how it is worked out, not what
        for kind in tree.find_all(exp.DataType):
            if kind.is_type(exp.DataType.Type.INT128):
                kind.replace(exp.DataType.build(_HUGE))
        # Comments go to Spark as they stand, hints included.
        return tree.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE, comments=False, pretty=True)
    except SqlglotError as error:
        said = " ".join(_COLOR.sub("", str(error)).split())
        raise UsageError(f"{name}: {said[:300]}", "look at it with `onrecord sql`") from None


def _faults(tree: "exp.Expr") -> Iterator[tuple[int, str]]:
    from sqlglot import exp

    for node in tree.walk():
        if isinstance(node, exp.Div) and not (_is_double(node.this) or _is_double(node.expression)):
            yield (
                _line(node),
                f"`{node.sql('duckdb')}`: `/` divides in floating point; whole numbers are divided by `//`",
            )
        elif isinstance(node, exp.Func) and type(node).__name__ not in _SAME:
            called = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            yield _line(node), f"`{called.lower()}`: a function of one engine, or not the same on both"
        elif isinstance(node, exp.Placeholder | exp.Parameter):
            yield _line(node), f"`{node.sql('duckdb')}`: a parameter"
        elif (
            isinstance(node, exp.Table)
            and not isinstance(node.this, exp.Func)
            and not _NAME.fullmatch(node.name)
        ):
            yield _line(node), f"`{node.sql('duckdb')}`: not a table's name"
        elif isinstance(node, exp.DataType) and node.this.name in _UNSIGNED:
            yield _line(node), f"`{node.sql('duckdb')}`: a type that Spark lacks"
        elif (
            isinstance(node, exp.Limit) and node.parent is not None and node.parent.args.get("order") is None
        ):
            yield _line(node), "LIMIT without ORDER BY: which rows are left is up to the engine"
        elif isinstance(node, exp.RowNumber) and not _is_ordered(node):
            yield _line(node), "row_number() without ORDER BY: which row is which is up to the engine"


def _line(node: "exp.Expr") -> int:
    """The line that something begins at, as far as the parser kept it; else 0."""
    return min((each.meta["line"] for each in node.walk() if "line" in each.meta), default=0)


def _is_double(node: "exp.Expr") -> bool:
    """Is it said that the number is one in floating point?"""
    from sqlglot import exp

    return isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.DOUBLE)


def _is_ordered(node: "exp.Expr") -> bool:
    from sqlglot import exp

    window = node.parent
    return isinstance(window, exp.Window) and window.args.get("order") is not None
