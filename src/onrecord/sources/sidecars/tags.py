# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""License statements in a file's own tags. A copyright notice names a holder and states nothing unless it says more."""

import re

from onrecord.model.rights import Evidence, Says
from onrecord.model.sound import Tags
from onrecord.rights.addresses import addresses
from onrecord.rights.licenses import read_license
from onrecord.rights.names import mentions
from onrecord.rights.texts import takes_back
from onrecord.sources.sidecars.said import LONGEST_TEXT, one_line

_NOTICE = re.compile(r"©|℗|\([cp]\)|\bcopyright\b|^\s*\d{4}\b", re.IGNORECASE)
_SAYS_MORE = re.compile(
    r"licen[sc]|\bunder\b|\bfree\b|\bpermi|\bpublic[\s-]*domain\b|\buse\b|\bdistribut", re.IGNORECASE
)
_KEY = re.compile(r"[A-Za-z0-9 _:.-]{1,40}")


def tag_evidence(tags: Tags) -> list[Evidence]:
    """Every license value; of copyright and comment what names a license or takes one back."""
    keys = {value: key for key, value in reversed(tags.frames)}
    holder = tags.copyright if _is_notice(tags.copyright) else ""
    said = [
        _evidence(value, keys.get(value, "license"), holder)
        for value in tags.licenses
        if not _is_notice(value)
    ]
    if _states(tags.copyright) and tags.copyright not in tags.licenses:
        said.append(_evidence(tags.copyright, keys.get(tags.copyright, "copyright"), ""))
    if addresses(tags.comment) or takes_back(tags.comment):
        said.append(_evidence(tags.comment, keys.get(tags.comment, "comment"), holder))
    return list({evidence.id: evidence for evidence in said}.values())


def _evidence(value: str, key: str, holder: str) -> Evidence:
    reading = read_license(value)
    name = key if _KEY.fullmatch(key) else "license"
    return Evidence(
        says=Says.LICENSE,
        origin=f"tag:{name}",
        text=value[:LONGEST_TEXT],
        license=reading.license,
        holder=one_line(holder),
    )


def _states(text: str) -> bool:
    """Does a copyright value say something of a license?"""
    return bool(text.strip()) and bool(mentions(text) or takes_back(text) or _SAYS_MORE.search(text))


def _is_notice(text: str) -> bool:
    """`2012 Foo`, `(C) Foo`: who and when, and nothing of what others may do; also an empty value."""
    return not text.strip() or bool(_NOTICE.search(text) and not _states(text))
