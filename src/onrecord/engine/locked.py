# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DuckDB for questions of anybody: one SELECT over named tables, and nothing else of the machine.

Two walls. The question is parsed, and only the tables that were named, and functions that make rows of values, may
stand in it. And the engine itself may open no file but those behind these tables, load nothing, write nothing, reach no
network and change no setting.
"""

import json
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from onrecord.engine.duck import Duck
from onrecord.engine.quoting import plain, quoted
from onrecord.errors import StoreFailed, UsageError

#: The schema that everything lies in which a question may not name.
HELD: Final = "held"
#: Functions that make rows of values, and read nothing.
_ROW_MAKERS: Final = frozenset({"unnest", "range", "generate_series"})
#: Functions that tell of the engine or the machine, or keep something from one question to the next.
_REFUSED: Final = frozenset(
    {
        *(
            "current_setting",
            "getenv",
            "getvariable",
            "nextval",
            "currval",
            "write_log",
            "query",
            "query_table",
        ),
        *("version", "pg_backend_pid", "current_query"),
    }
)
_SPILL: Final = "10GB"
_ONLY: Final = "ask with one SELECT; `onrecord sql --tables` lists what it may read"


class Column(Struct, frozen=True):
    name: str
    type: str


class LockedDuck(Duck):
    """First lay tables out below `HELD` and as views in `main`, then `lock`, then `ask`."""

    def lock(self, files: Collection[Path], folders: Collection[Path] = ()) -> None:
        """From here on nothing but these files, and those in these folders, can be read, and nothing be changed."""
        # It looks whether it may read what a view calls a file before it looks which file that is.
        listed, below = (
            ", ".join(quoted(name) for path in paths for name in dict.fromkeys((str(path), plain(path))))
            for paths in (files, folders)
        )
        for setting in (
            f"max_temp_directory_size='{_SPILL}'",
            "allow_community_extensions=false",
            "python_enable_replacements=false",
            f"allowed_paths=[{listed}]",
            f"allowed_directories=[{below}]",
            "enable_external_access=false",
            "lock_configuration=true",
        ):
            self._db.execute(f"SET {setting}")

    @contextmanager
    def ask(
        self, sql: str, tables: Collection[str], seconds: float
    ) -> Iterator[tuple[Sequence[Column], Any]]:
        """(columns, reader of Arrow batches) of one SELECT over `tables`; whatever is done with it inside, it is over
        after `seconds`. UsageError for anything else, or where it cannot be answered; StoreFailed past a bound."""
        self._check(sql, tables)
        over = threading.Event()

        def stop() -> None:
            over.set()
            self._db.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            with _told(over, seconds):
                asked = self._db.sql(sql)
                columns = [Column(*each) for each in zip(asked.columns, map(str, asked.types), strict=True)]
                reader = asked.to_arrow_reader(2_048)
                try:
                    yield columns, reader
                finally:
                    # What was not read is let go of: else nothing else could be asked.
                    reader.close()
        finally:
            timer.cancel()

    def _check(self, sql: str, tables: Collection[str]) -> None:
        [(text,)] = self.run("SELECT json_serialize_sql(?::VARCHAR)", [sql])
        parsed = json.loads(text)
        if parsed.get("error"):
            why = parsed.get("error_message", "")
            if parsed.get("error_type") == "parser":
                raise UsageError(f"the question cannot be read: {why}", _ONLY)
            raise UsageError(
                "expected one SELECT: nothing can be written, set, loaded or attached here", _ONLY
            )
        if len(parsed["statements"]) != 1:
            raise UsageError(f"expected one SELECT, got {len(parsed['statements'])} statements", _ONLY)
        _walk(parsed["statements"][0], frozenset(tables), frozenset(tables))


def _walk(node: Any, tables: frozenset[str], known: frozenset[str]) -> None:
    """Refuse whatever is no table of `tables` (or named by WITH around it), and functions that reach outside."""
    if isinstance(node, list):
        for each in node:
            _walk(each, tables, known)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if kind == "BASE_TABLE":
        named = ".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"])))
        if named.lower() not in known:
            raise UsageError(f"{named[:200]!r}: no such table", f"there are: {', '.join(sorted(tables))}")
    elif kind == "TABLE_FUNCTION":
        _check_function(node["function"], _ROW_MAKERS)
    elif kind == "SHOW_REF":
        raise UsageError(
            "SHOW, DESCRIBE and SUMMARIZE are not answered here", "`onrecord sql --schema TABLE` says it"
        )
    elif node.get("class") == "FUNCTION":
        _check_function(node, None)
    if kind == "RECURSIVE_CTE_NODE":
        known |= {node["cte_name"].lower()}
    # A name that WITH gives is known to what comes after it, never to its own query: there it is the table.
    for entry in node.get("cte_map", {}).get("map", ()):
        _walk(entry["value"], tables, known)
        known |= {entry["key"].lower()}
    for key, value in node.items():
        if key != "cte_map":
            _walk(value, tables, known)


def _check_function(node: Any, only: frozenset[str] | None) -> None:
    name = str(node.get("function_name", "")).lower()
    if (
        (only is not None and name not in only)
        or name in _REFUSED
        or node.get("schema")
        or node.get("catalog")
    ):
        raise UsageError(
            f"{name[:200]}(): is not for questions: it may read or tell what is no table here", _ONLY
        )


@contextmanager
def _told(over: threading.Event, seconds: float) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise StoreFailed(
            f"the question: not answered within {seconds:g} s", "ask for less, or allow --seconds"
        ) from None
    except duckdb.OutOfMemoryException as error:
        raise StoreFailed(
            f"the question: {_line(error)}", "ask for less, or allow it more `[work] memory`"
        ) from None
    except duckdb.IOException as error:
        raise StoreFailed(
            f"the question: {_line(error)}", "`onrecord check` names what is missing or damaged"
        ) from None
    except (duckdb.Error, UnicodeError) as error:
        raise UsageError(
            f"the question: {_line(error)}", "`onrecord sql --schema TABLE` lists columns"
        ) from None
    except OSError as error:
        # Arrow's reader hands on as such what the engine says while it reads.
        if over.is_set():
            raise StoreFailed(
                f"the question: not answered within {seconds:g} s", "ask for less, or allow --seconds"
            ) from None
        if error.errno is not None:
            raise
        raise UsageError(
            f"the question: {_line(error)}", "`onrecord sql --schema TABLE` lists columns"
        ) from None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split("LINE 1:")[0].split())[:500]
