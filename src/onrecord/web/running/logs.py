# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log for programs: one JSON object a line. Without addresses of clients, questions, names of people or of sounds."""

import datetime as dt
import logging
import traceback
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

#: A line for each request goes here, at INFO.
REQUESTS: Final = "onrecord.requests"
_OURS: Final = str(Path(__file__).parents[2])


class Lines(logging.Formatter):
    """time, level, logger, message; of a request what was measured; of a fault its kind and its place in our code."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            # Neither the message nor the trace: either may hold what was asked for.
            line |= {"message": "a fault", "fault": _fault(record.exc_info[1])}
        else:
            line["message"] = record.getMessage()[:2000]
        return msgspec.json.encode(line | getattr(record, "told", {})).decode()


def log_to(stream: TextIO) -> logging.Handler:
    """From now on every request, warning and fault of this process is a line of `stream`. Gives what writes them."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
    logging.getLogger(REQUESTS).setLevel(logging.INFO)
    return handler


def _fault(problem: BaseException | None) -> str:
    if problem is None:
        return ""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_OURS)] or frames
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(problem).__name__}{place}"
