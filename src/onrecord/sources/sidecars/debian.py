# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Debian's machine-readable copyright files: paragraphs of fields, files and their licenses.

https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

import re
from typing import Final, NamedTuple

from msgspec import Struct

from onrecord.errors import RecordRejected
from onrecord.sources.sidecars.patterns import LONGEST

_FORMAT = re.compile(
    r"^format(?:-specification)?\s*:.*(?:copyright-format|dep-?5)", re.IGNORECASE | re.MULTILINE
)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*:(.*)", re.DOTALL)
_MOST_PATTERNS: Final = 50_000
#: Bounds of patterns with wildcards, which cost time for each file: how many, and how many wildcards in one.
_MOST_WILD: Final = 5_000
_MOST_WILDCARDS: Final = 16


class Paragraph(Struct, frozen=True, forbid_unknown_fields=True):
    """A Files paragraph. `license` is its short name, `terms` the text that stands under it."""

    patterns: tuple[str, ...]
    license: str
    terms: str
    copyright: str
    comment: str
    words: str

    @property
    def is_default(self) -> bool:
        """It says something of everything, and so of nothing in particular."""
        return "*" in self.patterns or "./*" in self.patterns


class Copyright(NamedTuple):
    """A whole document. `terms`: license texts that stand on their own, by short name. `broken`: a part of it could
    not be read, so what it says of everything may have had an exception."""

    paragraphs: tuple[Paragraph, ...]
    terms: dict[str, str]
    broken: bool


def is_machine_readable(text: str) -> bool:
    return bool(_FORMAT.search(text[:4096]))


def parse(text: str) -> Copyright:
    """Paragraphs in order. RecordRejected where there are more patterns than any package has."""
    paragraphs, terms, broken = [], {}, False
    patterns: list[str] = []
    for words in re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n")):
        fields, whole = _fields(words)
        broken = broken or not whole
        license, _, under = fields.get("license", "").strip().partition("\n")
        if "files" in fields:
            files = tuple(fields["files"].split())
            patterns += files
            if not files or not (license.strip() or under.strip()):
                broken = True
            paragraphs.append(
                Paragraph(
                    patterns=files,
                    license=license.strip(),
                    terms=under,
                    copyright=fields.get("copyright", ""),
                    comment=fields.get("comment", ""),
                    words=words.strip("\n"),
                )
            )
        elif license and "format" not in fields:
            terms[license.strip().lower()] = under
    _bound(patterns)
    return Copyright(tuple(paragraphs), terms, broken)


def _bound(patterns: list[str]) -> None:
    if any(len(pattern) > LONGEST for pattern in patterns):
        raise RecordRejected(f"expected patterns of at most {LONGEST} characters")
    wildcards = [count for pattern in patterns if (count := pattern.count("*") + pattern.count("?"))]
    if (
        len(patterns) > _MOST_PATTERNS
        or len(wildcards) > _MOST_WILD
        or max(wildcards, default=0) > _MOST_WILDCARDS
    ):
        raise RecordRejected(
            f"{len(patterns)} patterns, {len(wildcards)} with wildcards, at most {max(wildcards, default=0)} in one; "
            f"expected at most {_MOST_PATTERNS}, {_MOST_WILD} and {_MOST_WILDCARDS}"
        )


def _fields(words: str) -> tuple[dict[str, str], bool]:
    """Fields of one paragraph by lower-case name; False with it where a line is no field and goes on with none."""
    fields: dict[str, str] = {}
    name, whole = "", True
    for line in words.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] in " \t":
            whole = whole and bool(name)
            fields[name] = fields.get(name, "") + "\n" + line
            continue
        match = _FIELD.fullmatch(line)
        if match and match[1].lower() not in fields:
            name = match[1].lower()
            fields[name] = match[2]
        else:
            whole = False
    return fields, whole
