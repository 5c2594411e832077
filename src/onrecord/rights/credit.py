# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who made a recording and under which license it may be passed on: in parts, in one line, and what a license asks for
besides that nobody knows."""

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

from msgspec import Struct, structs

from onrecord.model.rights import Evidence, Says
from onrecord.rights.addresses import address_of
from onrecord.rights.expressions import Way, ways
from onrecord.rights.statements import agreed, settle
from onrecord.rights.texts import titled
from onrecord.rights.uses import terms

_LONGEST: Final = 500
_MOST_NOTICES: Final = 8
_NOTICE: Final = re.compile(r"©|℗|\([cp]\)|\bcopyright\b|^\s*\d{4}\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]{1,1000}")

AUTHOR: Final = "author"
TITLE: Final = "title"
NOTICE: Final = "copyright notice"
LICENSE: Final = "license"
LICENSE_ADDRESS: Final = "license address"
LICENSE_TEXT: Final = "license text"
SOURCE_ADDRESS: Final = "address of the original"


class Credit(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of one file where it is passed on.

    author           as credited; "" where nobody is named
    holders          who grants, as the license statements name them
    source           where it came from, in words
    source_address   where the source has it
    license          SPDX expression; "" where none is settled
    license_address  where each license in it can be read
    notice           copyright notices, as they stand in the file
    changes          what was changed; `unchanged` for the bytes as they came
    missing          what the license asks for and is not known (format clause 7.6)
    """

    title: str
    author: str
    holders: tuple[str, ...] = ()
    source: str = ""
    source_address: str = ""
    license: str = ""
    license_address: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()
    changes: str = "unchanged"
    missing: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """All of it in one line of plain text."""
        by = self.author or "unknown artist"
        named = f"“{self.title or 'untitled'}” by {by}"
        others = [holder for holder in self.holders if holder.casefold() != by.casefold()]
        if others:
            named += f" (rights: {'; '.join(others)})"
        notices = [notice for notice in self.notice if notice not in self.holders]
        source = self.source or self.source_address
        if self.source and self.source_address:
            source += f" ({self.source_address})"
        parts = [named, *notices, source, _licensed(self.license), self.changes]
        return ", ".join(part for part in parts if part)


def credit(
    title: str,
    author: str,
    evidence: Sequence[Evidence],
    *,
    license: str = "",
    source: str = "",
    source_address: str = "",
    notices: Sequence[str] = (),
    changes: str = "unchanged",
) -> Credit:
    """What CC BY 4.0 section 3(a)(1), its older versions (4(b), 4(c)) and other licenses ask to go along with a file.

    `license` is the one that a decision rests on; without it a ruling that names one counts, then what all statements
    leave open. `notices` are values of copyright tags: what is no notice is left out.
    """
    stated = [item for item in evidence if item.says is Says.LICENSE]
    expression = license or _settled(evidence)
    said = Credit(
        title=_plain(title),
        author=_plain(author),
        holders=tuple(sorted({_plain(item.holder) for item in stated} - {""})),
        source=_plain(source),
        source_address=source_address if _ADDRESS.fullmatch(source_address) else "",
        license=expression,
        license_address=tuple(filter(None, map(address_of, _names(expression)))),
        notice=tuple(dict.fromkeys(_plain(one) for one in notices if _is_notice(one)))[:_MOST_NOTICES],
        changes=_plain(changes),
    )
    given = frozenset(titled(item.text) for item in stated if len(item.text) > _LONGEST)
    return structs.replace(said, missing=_best(said, given)[0])


def attribution(
    title: str,
    artist: str,
    evidence: Sequence[Evidence],
    *,
    source: str = "",
    changes: str = "unchanged",
) -> str:
    """The credit in one line. The archive passes bytes on as they came, hence `unchanged`."""
    return credit(title, artist, evidence, source=source, changes=changes).line


def texts_for(found: Credit) -> tuple[str, ...]:
    """Names of the license texts that must go along with the file, of those that `license_text` has."""
    _, way = _best(found, frozenset())
    names = {text for license in way for text in _needed_texts(license)}
    return tuple(sorted(name for name in names if license_text(name)))


@lru_cache(maxsize=32)
def license_text(name: str) -> str:
    """A license text that copies must travel with, by its SPDX name without `-only`; "" for one that is not here."""
    path = files("onrecord.rights") / "license_texts" / f"LICENSE-{name}.txt"
    return path.read_text("utf-8") if re.fullmatch(r"[\w.-]+", name) and path.is_file() else ""


def _settled(evidence: Sequence[Evidence]) -> str:
    about = [item for item in evidence if item.part in ("all", "recording")]
    ruled = [item.license for item in about if item.says is Says.ALLOWED and item.license]
    stated = [item for item in about if item.says is Says.LICENSE]
    return agreed(ruled) if ruled else settle(stated).license


def _best(said: Credit, given: frozenset[str]) -> tuple[tuple[str, ...], Way]:
    """Of the ways that the license leaves open the one that lacks least, with what it lacks."""
    lacks = sorted(
        (tuple(sorted({lack for license in way for lack in _lacks(license, said, given)})), sorted(way))
        for way in ways(said.license)
    )
    if not lacks:
        return (LICENSE,), frozenset()
    missing, way = min(lacks, key=lambda one: (len(one[0]), one[1]))
    return missing, frozenset(way)


def _lacks(license: str, said: Credit, given: frozenset[str]) -> set[str]:
    known = terms(license)
    if known is None:
        return {LICENSE}
    if not known.attribution:
        return set()
    has = {
        AUTHOR: bool(said.author or said.holders),
        TITLE: bool(said.title),
        NOTICE: bool(said.notice or said.holders),
        LICENSE_ADDRESS: bool(address_of(license)),
        LICENSE_TEXT: license in given or all(map(license_text, _needed_texts(license))),
        SOURCE_ADDRESS: bool(said.source_address),
    }
    return {element for element in _asked(license) if not has[element]}


def _asked(license: str) -> tuple[str, ...]:
    """What a license asks to go along. Creative Commons asks for what the licensor supplied, so an address of the
    original that nobody gave is not missing; the Free Art License asks where the originals are."""
    if license.startswith(("CC-BY", "LicenseRef-CC-BY", "LicenseRef-OGA-BY")):
        newer = "-4.0" in license
        return (AUTHOR, LICENSE_ADDRESS) if newer else (AUTHOR, TITLE, LICENSE_ADDRESS)
    if license.startswith("LAL"):
        return (AUTHOR, LICENSE_ADDRESS, SOURCE_ADDRESS)
    if license.startswith("Artistic"):
        return (NOTICE,)
    return (LICENSE_TEXT,) if license.startswith("Apache") else (NOTICE, LICENSE_TEXT)


def _needed_texts(license: str) -> tuple[str, ...]:
    """The texts that must go along. LGPL 3.0 is the GPL 3.0 with additions."""
    if LICENSE_TEXT not in _asked(license) or not (known := terms(license)) or not known.attribution:
        return ()
    name = license.removesuffix("-only")
    return (name, "GPL-3.0") if name == "LGPL-3.0" else (name,)


def _names(expression: str) -> list[str]:
    return list(
        dict.fromkeys(re.findall(r"[\w.+-]*[A-Z][\w.+-]*", re.sub(r"\b(AND|OR|WITH)\b", " ", expression)))
    )


def _licensed(expression: str) -> str:
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


def _is_notice(text: str) -> bool:
    return bool(_NOTICE.search(text) and re.search(r"\w\w", text)) and not _ADDRESS.fullmatch(text.strip())


def _plain(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_LONGEST]
