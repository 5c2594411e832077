# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warzone 2100's soundtracks: `album.json` lists the tracks, `license.txt` beside it states license and exceptions."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from onrecord.errors import RecordRejected
from onrecord.model.rights import Evidence
from onrecord.rights.expressions import canonical
from onrecord.rights.licenses import read_license
from onrecord.rights.texts import takes_back
from onrecord.sources import strict_json
from onrecord.sources.sidecars.documents import SidecarDocument
from onrecord.sources.sidecars.said import license_evidence, one_line, performer_evidence

_MOST_TRACKS: Final = 10_000
#: Where the statement ends and the texts of the licenses, or summaries of them, begin.
_TEXTS = re.compile(
    r"^[ \t]*(?:\[EN\]|GNU (?:LESSER |LIBRARY )?GENERAL PUBLIC LICENSE|Creative Commons Legal Code)[ \t]*$",
    re.MULTILINE,
)
_RULE = re.compile(r"^[ \t]*-{3,}[ \t]*$", re.MULTILINE)
_ALL_BUT = re.compile(r"for all tracks? \*?except\*? (?P<names>[\w., -]+):")
_ALBUM = re.compile(r"(?P<quote>['`\"])[^'`\"]{1,200}(?P=quote)")
_FIRST = re.compile(
    r"(?:<album> - copyright [^.]{1,200}? )?<album> is licensed(?: and available)? under:? "
    r"(?P<license>.{2,200}?)\.?"
)
_SECOND = re.compile(
    r"alternatively, <album> may be used (?:&|and) distributed under the terms of (?:the )?(?P<license>.{2,200}?)"
    r"(?: \(the \"gpl\"\))?\."
)
_ONE_TRACK = re.compile(
    r"(?P<name>[\w-]{1,100}) is (?:derived from [^,]{1,300}, and is )?licensed under "
    r"(?:the terms of )?(?:the )?(?P<license>.{2,200}?)(?: \(the \"gpl\"\))?\."
)


class Album:
    """The tracks that an album.json lists, with their authors."""

    def __init__(self, document: SidecarDocument) -> None:
        self.folder: PurePosixPath = document.path.parent
        self._document = document
        value = strict_json.read(document.content)
        tracks = value.get("tracks") if isinstance(value, dict) else None
        if not isinstance(tracks, list) or len(tracks) > _MOST_TRACKS:
            raise RecordRejected(f"expected an object with a list `tracks` of at most {_MOST_TRACKS}")
        self._license = _string(value, "license")
        self._said: dict[tuple[str, str], Evidence] = {}
        self._authors: dict[str, Evidence] = {}
        if not all(
            isinstance(one, dict) and isinstance(one.get("license", ""), str) for one in [value, *tracks]
        ):
            raise RecordRejected("expected tracks to be objects, and a license to be a string")
        self._tracks = {_string(track, "filename"): track for track in tracks}
        self.author = _string(value, "author")

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        """The author, and what the list itself says of a license; most say nothing, and leave it to the text beside."""
        track = self._tracks.get(str(path))
        if track is None:
            return
        if author := self.holder(str(path)):
            if author not in self._authors:
                self._authors[author] = performer_evidence(author, self._document.kind, self._document.sha256)
            yield self._authors[author]
        for stated in filter(None, (self._license, _string(track, "license"))):
            key = stated, _string(track, "author") or self.author
            if key not in self._said:
                self._said[key] = license_evidence(self._document, stated, holder=key[1])
            yield self._said[key]

    def has(self, stem: str) -> bool:
        return any(PurePosixPath(name).stem.lower() == stem for name in self._tracks)

    def holder(self, name: str) -> str:
        return _string(self._tracks.get(name, {}), "author") or self.author


class AlbumLicense:
    """What the license text beside an album.json says of each file in the folder. Where it is not understood whole, it
    says of every file that it was not understood."""

    def __init__(self, document: SidecarDocument, album: Album) -> None:
        self.folder = document.path.parent
        self._document = document
        self._album = album
        self._said: dict[tuple[str, str], Evidence] = {}
        self._head, self._all, self._tracks = _statement(document.text, album)

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        if len(path.parts) == 1:
            license = self._tracks.get(path.stem.lower(), self._all)
            key = license, self._album.holder(path.name)
            if key not in self._said:
                self._said[key] = license_evidence(self._document, self._head, *key)
            yield self._said[key]


def _statement(text: str, album: Album) -> tuple[str, str, dict[str, str]]:
    """The words of the statement, the license of all tracks, and those of single ones; "" where not understood."""
    text = text.replace("\r\n", "\n")
    texts = _TEXTS.search(text)
    head, rest = (text[: texts.start()], text[texts.start() :]) if texts else (text, "")
    first, *blocks = _RULE.split(head)
    plain = _ALBUM.sub("<album>", " ".join(first.split())).lower()
    excepted: set[str] = set()
    if match := _ALL_BUT.match(plain):
        excepted = {name.strip() for name in re.split(r",|\band\b", match["names"])}
        plain = plain[match.end() :].strip()
    license = _album_license(plain)
    single = [_ONE_TRACK.fullmatch(" ".join(block.split()).lower()) for block in blocks if block.strip()]
    tracks = {match["name"]: _read(match["license"]) for match in single if match}
    whole = all(single) and set(tracks) == excepted and all(album.has(name) for name in excepted)
    if not whole or not license or not all(tracks.values()) or takes_back(rest):
        return head.strip(), "", {}
    return head.strip(), license, tracks


def _album_license(plain: str) -> str:
    """One license, or the choice of two."""
    second = _SECOND.search(plain)
    main = plain[: second.start()].strip() if second else plain
    first = _FIRST.fullmatch(main)
    if not first or (second and second.end() != len(plain)):
        return ""
    choices = [_read(first["license"]), *([_read(second["license"])] if second else [])]
    return canonical(" OR ".join(f"({choice})" for choice in choices)) if all(choices) else ""


def _read(words: str) -> str:
    return read_license(words).license


def _string(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return one_line(found) if isinstance(found, str) else ""
