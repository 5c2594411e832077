# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from outside made fit for a page: control characters gone, length bounded, numbers as people read them."""

import datetime as dt
import math
import re
from typing import Final

#: No single string on a page is longer. Tags with megabyte titles exist.
LONGEST: Final = 4000

# C0 without tab and line feed, DEL, C1; surrogates cannot be sent as UTF-8; noncharacters have no business here.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]")
# What reorders or hides text. On pages <bdi> isolates it; where no element can stand (titles, attributes) it goes.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAGNET = re.compile(r"magnet:\?xt=urn:bt(?:ih|mh):[0-9A-Za-z][\x21-\x7e]*")


def clean(text: str) -> str:
    """Without control characters and lone surrogates."""
    return _CONTROLS.sub("", text)


def plain(text: str) -> str:
    """One line without control and bidi characters, for titles and attributes."""
    return " ".join(clip(_BIDI.sub("", text), 300).split())


def clip(text: str, longest: int = LONGEST) -> str:
    """At most `longest` characters, with an ellipsis where something was cut."""
    text = clean(text[: longest * 2])
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def magnet(address: str) -> str:
    """The address if it is a magnet link of BitTorrent and nothing else, or ""."""
    return address if len(address) <= LONGEST and _MAGNET.fullmatch(address) else ""


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """ "1 recording", "1,234 recordings"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def size(value: int) -> str:
    """Decimal units, as disks are sold: "4.2 MB"."""
    amount, units = float(max(value, 0)), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        del units[0]
    unit = units[0]
    shown = f"{amount:.0f}" if unit == "bytes" or amount >= 99.95 else f"{amount:.1f}"
    return f"{shown}\u00a0{unit}"


def seconds(value: float) -> float:
    """Finite and not negative, for attributes that a script reads."""
    return round(value, 3) if math.isfinite(value) and value > 0 else 0.0


def clock(seconds: float) -> str:
    """ "3:35", "1:02:03"; "" where the duration is not known."""
    if not math.isfinite(seconds) or seconds <= 0:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def span(seconds: float) -> str:
    """A long duration: "41 minutes", "17.9 hours", "312 days"."""
    if not math.isfinite(seconds) or seconds < 60:
        return "0 minutes" if not math.isfinite(seconds) or seconds <= 0 else "under a minute"
    if seconds < 2 * 3600:
        return count(round(seconds / 60), "minute")
    if seconds < 100 * 3600:
        return f"{seconds / 3600:.1f} hours"
    if seconds < 10_000 * 3600:
        return f"{seconds / 3600:,.0f} hours"
    return f"{seconds / 86400:,.0f} days"


def spoken(seconds: float) -> str:
    """A duration as a screen reader says it: "3 minutes 35 seconds"."""
    minutes, left = divmod(round(seconds) if math.isfinite(seconds) else 0, 60)
    said = f"{count(minutes, 'minute')} " if minutes else ""
    return said + count(left, "second")


def day(value: str | dt.date) -> str:
    """ "22 November 2026" where it is a whole date, else the text as it is."""
    try:
        date = value if isinstance(value, dt.date) else dt.date.fromisoformat(value[:10])
    except ValueError:
        return str(value)
    return f"{date.day} {date:%B} {date.year}"


def decibels(amplitude: float) -> str:
    """A linear amplitude (1.0 is full scale) in decibels: "-1.2", "+0.3"; silence is minus infinity."""
    return f"{20 * math.log10(amplitude):+.1f}" if amplitude > 0 else "-\u221e"
