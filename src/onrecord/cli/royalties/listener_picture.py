# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture to share: bars of shares, as SVG and as PNG. Never an amount, a month, a service or a place."""

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from onrecord.cli.royalties.listener_pages import Bar, render
from onrecord.web.text import plain

if TYPE_CHECKING:
    from onrecord.royalties.listening.report import Report

#: Bars of the picture, and how wide a name may be, in letters; those of East Asia take two.
_SHARED: Final = 8
_WIDEST: Final = 32
#: Named one by one: what draws the PNG knows no "whatever the system has".
FAMILIES: Final = (
    "'Segoe UI', 'Helvetica Neue', Roboto, 'Noto Sans', Ubuntu, Cantarell, 'Liberation Sans', Arial, 'DejaVu Sans', "
    "'Noto Sans CJK JP', sans-serif"
)
#: A character that no font has: what is drawn for it is drawn for every missing one.
_NOWHERE: Final = "\U0010fffd"
#: Spaces, controls and marks are nothing that could be seen alone.
_BLANK: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Mn", "Mc", "Me"})
_ONE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60">'
    '<text x="9" y="40" font-size="30" font-family="{families}">&#{code};</text></svg>'
)


class Image(Struct, frozen=True):
    """A PNG, or why there is none."""

    png: bytes = b""
    why: str = ""


def picture(report: "Report", show: str) -> str:
    """Shares under user-centric, the largest first: with `shares` not even names."""
    amounts = sorted(
        ((Decimal(row.amounts.get("user-centric", "0")), row.artist) for row in report.artists),
        key=lambda row: (-row[0], row[1]),
    )
    total = sum(amount for amount, _ in amounts) or Decimal(1)
    bars = [
        Bar(_short(plain(artist)) if show == "artists" else f"No. {place}", _percent(amount / total), 0)
        for place, (amount, artist) in enumerate(amounts[:_SHARED], 1)
    ]
    shares = [amount / total for amount, _ in amounts[:_SHARED]]
    if rest := sum(amount for amount, _ in amounts[_SHARED:]) / total:
        bars.append(Bar("everybody else", _percent(rest), 0))
        shares.append(rest)
    largest = max(shares, default=Decimal(1)) or Decimal(1)
    scaled = [
        Bar(bar.label, bar.said, round(float(100 * share / largest), 2), place == _SHARED)
        for place, (bar, share) in enumerate(zip(bars, shares, strict=True))
    ]
    return render("listener_share.svg", bars=scaled, families=FAMILIES)


def drawn(drawing: str, fonts: bool = True) -> Image:
    """The SVG as PNG, with the fonts of this machine (`fonts`), and without a word about it or its maker.

    Where a character has no font it would be a box, and without fonts all text would be missing: then there is none.
    """
    import resvg_py

    missing = _without_glyph(drawing, fonts)
    if missing:
        some = " ".join(f"U+{ord(char):04X}" for char in missing[:5])
        every = "no font of those asked for was found" if missing[0] == "0" else f"no font has {some}"
        return Image(why=f"{every}{' …' if len(missing) > 5 else ''} ({FAMILIES})")
    return Image(bytes(resvg_py.svg_to_bytes(svg_string=drawing, zoom=2, skip_system_fonts=not fonts)))


def _without_glyph(drawing: str, fonts: bool) -> list[str]:
    """Characters of the texts that would not be drawn; "0" first, which is in every picture, where none would be."""
    from xml.etree import ElementTree

    import resvg_py

    def ink(char: str) -> bytes:
        text = _ONE.format(families=FAMILIES, code=ord(char))
        return bytes(resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=not fonts))

    # Made by our own template just now, with every name escaped.
    texts = (each.text or "" for each in ElementTree.fromstring(drawing).iter() if each.text)
    used = sorted({char for text in texts for char in text if unicodedata.category(char) not in _BLANK})
    nothing = {ink(" "), ink(_NOWHERE)}
    return [char for char in ["0", *used] if ink(char) in nothing]


def _short(name: str) -> str:
    width = 0
    for at, char in enumerate(name):
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width > _WIDEST:
            return name[: at - 1].rstrip() + "…"
    return name


def _percent(share: Decimal) -> str:
    return f"{100 * share:.1f} %"
