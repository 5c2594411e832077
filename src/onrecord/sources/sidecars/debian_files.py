# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Debian copyright document says of one file, wherever its source tree lies below the folder.

Its patterns name paths of the source package. What is added may lie otherwise: below `usr/share/games/x`, or without
the folder `Data`. Where only the default speaks of a file and another paragraph might, both are evidence, and the gate
leaves the choice to a person.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final, NamedTuple

import msgspec

from onrecord.model.rights import Evidence
from onrecord.rights.expressions import agree, ways
from onrecord.rights.licenses import read_license
from onrecord.rights.names import mentions
from onrecord.rights.texts import doubts, takes_back
from onrecord.sources.sidecars.debian import Copyright, Paragraph
from onrecord.sources.sidecars.documents import SidecarDocument
from onrecord.sources.sidecars.patterns import literal, matches
from onrecord.sources.sidecars.said import license_evidence, one_line, unread_evidence

#: Folders of a source tree that hold what is played; an installed tree may leave them out of its paths.
_CONTENT: Final = frozenset(
    {"data", "assets", "media", "music", "sound", "sounds", "audio", "content", "resources", "gamedata"}
)
_MOST_SUSPECTS: Final = 5


class DebianCopyright:
    """The statements of one document about files below `folder`."""

    def __init__(self, folder: PurePosixPath, document: SidecarDocument, copyright: Copyright) -> None:
        self.folder = folder
        self._document = document
        self._copyright = copyright
        self._literal: dict[str, Paragraph] = {}
        self._wild: list[tuple[int, str, Paragraph]] = []
        self._loose: list[_Loose] = []
        self._names: dict[str, list[Paragraph]] = {}
        self._order = {id(paragraph): place for place, paragraph in enumerate(copyright.paragraphs)}
        self._said: dict[tuple[int, str], Evidence] = {}
        self._unread = unread_evidence(
            document.path, document.kind, "a part of it is no field and no paragraph", document.sha256
        )
        self._above, self._placed = "", False
        self._folders: frozenset[str] = frozenset()
        for place, paragraph in enumerate(copyright.paragraphs):
            for pattern in paragraph.patterns:
                if path := literal(pattern).removeprefix("./"):
                    self._literal[path] = paragraph
                    self._names.setdefault(path.rsplit("/", 1)[-1], []).append(paragraph)
                else:
                    self._wild.append((place, pattern.removeprefix("./"), paragraph))
                    if loose := _loose(pattern.removeprefix("./"), paragraph):
                        self._loose.append(loose)

    @property
    def names(self) -> frozenset[str]:
        """Names of files that the document speaks of with their folder; `place` wants to know where they lie."""
        return frozenset(path.rsplit("/", 1)[1] for path in self._literal if "/" in path)

    def place(self, found: Iterable[PurePosixPath], folders: frozenset[str]) -> None:
        """Learn from files of those names, and from the names of the folders at the top, where the source tree lies."""
        self._folders = frozenset(name.lower() for name in folders)
        votes: Counter[str] = Counter()
        by_name: dict[str, list[str]] = {}
        for path in self._literal:
            if "/" in path:
                by_name.setdefault(path.rsplit("/", 1)[1], []).append(path)
        for file in found:
            whole = str(file)
            for path in by_name.get(file.name, ()):
                if whole == path or whole.endswith("/" + path):
                    votes[whole.removesuffix(path)] += 1
        if len(votes) == 1:
            self._above, self._placed = next(iter(votes)), True

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        whole = str(path)
        chosen = self._matching(whole)
        inner = whole.removeprefix(self._above)
        if inner != whole and (chosen is None or chosen.is_default):
            chosen = self._matching(inner) or chosen
        if self._copyright.broken:
            # What could not be read may have been an exception, for whichever file.
            yield self._unread
        elif chosen is not None:
            said = self._evidence(chosen)
            if chosen.is_default:
                yield from self._others(inner, said)
                yield self._evidence(chosen, "everything")
            elif whole in self._literal or inner in self._literal:
                yield said
            else:
                yield self._evidence(chosen, "pattern")

    def _matching(self, path: str) -> Paragraph | None:
        """The last paragraph whose pattern matches counts."""
        best = self._literal.get(path)
        place = self._order[id(best)] if best else -1
        for at, pattern, paragraph in reversed(self._wild):
            if at < place:
                break
            if matches(pattern, path, crossing=True):
                return paragraph
        return best

    def _others(self, path: str, default: Evidence) -> Iterator[Evidence]:
        """Statements of paragraphs that might be about this file and do not agree with the default."""
        suspects = [*self._names.get(path.rsplit("/", 1)[-1], ())]
        parts = path.split("/")
        lower = {part.lower() for part in parts[:-1]}
        suspects += [loose.paragraph for loose in self._loose if self._might_mean(loose, parts, lower)]
        others = {id(one): one for one in suspects if not one.is_default}
        for paragraph in list(others.values())[-_MOST_SUSPECTS:]:
            said = self._evidence(paragraph)
            if not agree(ways(said.license), ways(default.license)):
                yield said

    def _might_mean(self, loose: "_Loose", parts: list[str], lower: set[str]) -> bool:
        """Would the pattern match, were the trees laid out differently above its last folder?"""
        if loose.folder.lower() in lower:
            for place, part in enumerate(parts[:-1]):
                if part == loose.folder and matches(loose.last, "/".join(parts[place + 1 :]), crossing=True):
                    return True
        unplaced = not self._placed and loose.top not in self._folders
        return loose.is_content and unplaced and not loose.names & lower

    def _evidence(self, paragraph: Paragraph, scope: str = "") -> Evidence:
        key = id(paragraph), scope
        if key not in self._said:
            self._said[key] = msgspec.structs.replace(self._read(paragraph), scope=scope)
        return self._said[key]

    def _read(self, paragraph: Paragraph) -> Evidence:
        terms = paragraph.terms.strip() or self._copyright.terms.get(paragraph.license.lower(), "")
        reading = read_license(paragraph.license)
        words = paragraph.words
        if not reading.license and terms and not paragraph.terms.strip():
            words = f"{words}\n\nLicense: {paragraph.license}\n{terms}"
        said = license_evidence(self._document, words, paragraph.license, _holders(paragraph.copyright))
        restricted = takes_back(terms, noncommercial="-NC" in said.license, permissive=True)
        unsure = doubts(paragraph.copyright) or doubts(paragraph.comment)
        if said.license and (restricted or unsure or not _same_in_comment(paragraph.comment, said.license)):
            return msgspec.structs.replace(said, license="")
        return said


class _Loose(NamedTuple):
    """A pattern in named folders, taken apart once: the one folder it ends in, the first, and all, in small letters."""

    folder: str
    last: str
    top: str
    names: frozenset[str]
    is_content: bool
    paragraph: Paragraph


def _loose(pattern: str, paragraph: Paragraph) -> _Loose | None:
    *folders, last = pattern.split("/")
    if not folders or folders[0] == "debian" or not all(literal(folder) for folder in folders):
        return None
    names = [folder.lower() for folder in folders]
    is_content = last == "*" and names[-1] in _CONTENT
    return _Loose(folders[-1], last, names[0], frozenset(names), is_content, paragraph)


def _same_in_comment(comment: str, license: str) -> bool:
    """A comment that names another license makes the paragraph a matter for a person."""
    stated = [mention.license for mention in mentions(comment) if mention.license]
    return all(agree(ways(one), ways(license)) for one in stated)


def _holders(copyright: str) -> str:
    return " / ".join(filter(None, (one_line(line) for line in copyright.split("\n"))))
