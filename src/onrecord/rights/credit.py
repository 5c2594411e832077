# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line that names who made a recording and under which license it may be passed on."""

import re
from collections.abc import Sequence

from onrecord.model.rights import Evidence, Says
from onrecord.rights.addresses import address_of
from onrecord.rights.statements import agreed, settle

_LONGEST = 500


def attribution(
    title: str,
    artist: str,
    evidence: Sequence[Evidence],
    *,
    source: str = "",
    changes: str = "unchanged",
) -> str:
    """Title, author and holder, source, license with its address, changes: what CC BY 4.0 section 3(a)(1) and its older
    versions (4(b), 4(c)) ask for, in one line of plain text. A ruling that names a license names this one.

    The archive passes bytes on as they came, hence `unchanged`. Without a settled license the line says so.
    """
    holders = sorted({_plain(item.holder) for item in evidence if item.says is Says.LICENSE and item.holder})
    by = _plain(artist) or "unknown artist"
    others = [holder for holder in holders if holder and holder.casefold() != by.casefold()]
    named = f"“{_plain(title) or 'untitled'}” by {by}"
    if others:
        named += f" (rights: {'; '.join(others)})"
    parts = [named, _plain(source), _licenses(evidence), _plain(changes)]
    return ", ".join(part for part in parts if part)


def _licenses(evidence: Sequence[Evidence]) -> str:
    about = [item for item in evidence if item.part in ("all", "recording")]
    ruled = [item.license for item in about if item.says is Says.ALLOWED and item.license]
    stated = [item for item in about if item.says is Says.LICENSE]
    expression = agreed(ruled) if ruled else settle(stated).license
    if not expression:
        return "no license settled"
    spelled = re.sub(r"\b(AND|OR|WITH)\b", lambda word: word[0].lower(), expression)
    return "licensed under " + re.sub(r"[\w.+-]*[A-Z][\w.+-]*", lambda name: _named(name[0]), spelled)


def _named(license: str) -> str:
    """`CC BY-SA 3.0 US (address)`: Creative Commons writes its names with blanks, the others are as SPDX has them."""
    name = re.sub(
        r"^(?:LicenseRef-)?CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]+))?$", r"CC \1 \2 \3", license
    ).strip()
    address = address_of(license)
    return f"{name.removeprefix('LicenseRef-')} ({address})" if address else name.removeprefix("LicenseRef-")


def _plain(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST]
