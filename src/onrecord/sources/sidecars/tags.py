# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""License statements in a file's own tags, and the writers that they name. A copyright notice names a holder and states
nothing unless it says more."""

import re

from onrecord.model.rights import Evidence, Part, Says
from onrecord.model.sound import Tags
from onrecord.rights.addresses import addresses
from onrecord.rights.licenses import read_license
from onrecord.rights.names import mentions
from onrecord.rights.texts import takes_back
from onrecord.rights.writers import other_writers
from onrecord.sources.sidecars.preferences import tag_preferences
from onrecord.sources.sidecars.said import LONGEST_TEXT, one_line, performer_evidence

_NOTICE = re.compile(r"©|℗|\([cp]\)|\bcopyright\b|^\s*\d{4}\b", re.IGNORECASE)
_SAYS_MORE = re.compile(
    r"licen[sc]|\bunder\b|\bfree\b|\bpermi|\bpublic[\s-]*domain\b|\buse\b|\bdistribut", re.IGNORECASE
)
#: Keys of frames that name who wrote the words: Vorbis comments, ID3, iTunes, ASF.
_WORDS_BY = frozenset(("lyricist", "writer", "text", "wm/writer"))
#: A longer list is kept as one.
_MOST_WRITERS = 20
_KEY = re.compile(r"[A-Za-z0-9 _:.-]{1,40}")


def tag_evidence(tags: Tags) -> list[Evidence]:
    """Every license value; of copyright and comment what names a license or takes one back; the artist; writers of the
    song who are not its artist; wishes about machines."""
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
    if performer := one_line(tags.artist or tags.album_artist):
        said.append(performer_evidence(performer, "tag:artist"))
    said += _writers(tags)
    said += tag_preferences(tags.frames)
    return list({evidence.id: evidence for evidence in said}.values())


def _writers(tags: Tags) -> list[Evidence]:
    """All writers where one of them is not the artist; none where it is the artist's own song, or nobody is named."""
    words = [(key, value) for key, value in tags.frames if key.rpartition(":")[2].casefold() in _WORDS_BY]
    named = [(key, value) for key, value in (("composer", tags.composer), *words) if "\n" not in value]
    if not other_writers(";".join(value for _, value in named), tags.artist or tags.album_artist):
        return []
    return [
        Evidence(
            says=Says.WRITER,
            origin=f"tag:{key if _KEY.fullmatch(key) else 'writer'}",
            text=value[:LONGEST_TEXT],
            holder=one_line(name),
            part=Part.COMPOSITION,
        )
        for key, value in named
        for name in _names(value)
    ]


def _names(value: str) -> list[str]:
    names = other_writers(value, "")
    return names if len(names) <= _MOST_WRITERS else [value]


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
