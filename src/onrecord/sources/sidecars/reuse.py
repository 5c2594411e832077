# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""REUSE 3.3: `<file>.license` beside a file, `REUSE.toml` for many. Where several speak of a file, all are evidence."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from onrecord.errors import RecordRejected
from onrecord.model.rights import Evidence
from onrecord.sources.sidecars.documents import SidecarDocument
from onrecord.sources.sidecars.patterns import LONGEST, matches
from onrecord.sources.sidecars.said import NamedFiles, license_evidence

_MOST_ANNOTATIONS: Final = 10_000
_LICENSE = re.compile(r"SPDX-License-Identifier:[ \t]*(.*)")
_HOLDER = re.compile(r"SPDX-(?:File|Snippet)?CopyrightText:[ \t]*(.*)")


def read_license_beside(document: SidecarDocument) -> NamedFiles:
    """What `x.ogg.license` says of `x.ogg`. Several identifiers all bind."""
    text = document.text
    stated = " AND ".join(f"({found.strip()})" for found in _LICENSE.findall(text) if found.strip())
    said = license_evidence(document, text, stated, " / ".join(_HOLDER.findall(text)))
    return NamedFiles(document.path.parent, ((named_beside(document.path), said),))


def named_beside(path: PurePosixPath) -> str:
    """The file that a `.license` file speaks of."""
    return path.name.removesuffix(".license")


class ReuseToml:
    """The annotations of one REUSE.toml; the last one whose path matches counts."""

    def __init__(self, document: SidecarDocument) -> None:
        self.folder = document.path.parent
        self._document = document
        try:
            value = tomllib.loads(document.content.decode("utf-8"))
        except (ValueError, RecursionError) as error:  # also a number of more digits than Python reads
            raise RecordRejected(f"not TOML: {str(error)[:200]}") from error
        annotations = value.get("annotations", [])
        if (
            value.get("version") != 1
            or not isinstance(annotations, list)
            or len(annotations) > _MOST_ANNOTATIONS
        ):
            raise RecordRejected(f"expected `version = 1` and at most {_MOST_ANNOTATIONS} annotations")
        self._annotations = [_checked(annotation) for annotation in annotations]
        self._said: dict[int, Evidence] = {}

    def about(self, path: PurePosixPath) -> Iterator[Evidence]:
        for place in range(len(self._annotations) - 1, -1, -1):
            annotation = self._annotations[place]
            if any(matches(pattern, str(path), crossing=False) for pattern in _strings(annotation, "path")):
                if place not in self._said:
                    self._said[place] = self._evidence(annotation)
                yield self._said[place]
                return

    def _evidence(self, annotation: dict[str, Any]) -> Evidence:
        licenses = _strings(annotation, "SPDX-License-Identifier")
        holders = _strings(annotation, "SPDX-FileCopyrightText")
        lines = [f"path = {pattern}" for pattern in _strings(annotation, "path")]
        lines += [f"SPDX-FileCopyrightText = {holder}" for holder in holders]
        lines += [f"SPDX-License-Identifier = {license}" for license in licenses]
        comments = _strings(annotation, "SPDX-FileComment")
        lines += [f"SPDX-FileComment = {comment}" for comment in comments]
        stated = " AND ".join(f"({license})" for license in licenses)
        return license_evidence(self._document, "\n".join(lines), stated, " / ".join(holders))


def _checked(annotation: Any) -> dict[str, Any]:
    """What stands where a path or a license would, and is none, might have been about any file."""
    if not isinstance(annotation, dict) or not _strings(annotation, "path"):
        raise RecordRejected("expected every annotation to be a table with a `path`")
    for key in ("path", "SPDX-License-Identifier"):
        given = annotation.get(key, [])
        if len(_strings(annotation, key)) != (len(given) if isinstance(given, list) else 1):
            raise RecordRejected(f"expected strings in `{key}`")
    if any(len(pattern) > LONGEST for pattern in _strings(annotation, "path")):
        raise RecordRejected(f"expected patterns of at most {LONGEST} characters")
    return annotation


def _strings(annotation: dict[str, Any], key: str) -> list[str]:
    found = annotation.get(key, [])
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str)]
