# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of what a catalog says about the license of a track, and of what it says against using it."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from onrecord.model.rights import Evidence, Part, Says, Use
from onrecord.rights.licenses import is_permissive, read_license
from onrecord.rights.texts import takes_back
from onrecord.rights.writers import other_writers
from onrecord.sources.sidecars.said import LONGEST_TEXT, one_line

_VERSIONLESS = re.compile(r"-\d.*")


class Stated:
    """What one record says of rights. Its evidence bears the digest of the record: where it stood can be shown."""

    def __init__(self, source: str, payload: bytes) -> None:
        self._source = source
        self._document = hashlib.sha256(payload).hexdigest()

    def license(self, field: str, text: str, readings: Sequence[str] = (), holder: str = "") -> Evidence:
        """A statement of a license. `text` is what stands there, verbatim.

        `readings` are its parts that each name the license, in a form that `read_license` knows; where there are none,
        the text itself is read. It counts as understood where every part names the same license (a part without version
        may name its kind), and no word in the text takes back what it gives.
        """
        license = _agreed(tuple(readings) or (text,))
        if license and takes_back(text, noncommercial="-NC" in license, permissive=is_permissive(license)):
            license = ""
        return self._evidence(field, text, license, holder)

    def objection(self, field: str, text: str) -> Evidence:
        """Something that stands against the license, or that a rule cannot weigh: it leaves the choice to a person.

        The gate treats it as a statement that was not understood, which contradicts whatever license stands beside it.
        """
        return self._evidence(field, f"{field}: {text}", "", "")

    def not_offered(self, field: str, text: str, *uses: Use) -> Evidence:
        """The provider's own flag: it does not offer its file for these uses, whatever the license says."""
        return Evidence(
            says=Says.NOT_OFFERED,
            origin=f"{self._source}:{field}",
            text=f"{field}: {text}"[:LONGEST_TEXT],
            document=self._document,
            uses=uses,
        )

    def writers(self, field: str, composer: str, artist: str) -> list[Evidence]:
        """All writers that a record names where one of them is not the artist, else none."""
        return [
            Evidence(
                says=Says.WRITER,
                origin=f"{self._source}:{field}",
                text=composer[:LONGEST_TEXT],
                document=self._document,
                holder=one_line(name),
                part=Part.COMPOSITION,
            )
            for name in other_writers(composer, artist)
        ]

    def _evidence(self, field: str, text: str, license: str, holder: str) -> Evidence:
        return Evidence(
            says=Says.LICENSE,
            origin=f"{self._source}:{field}",
            text=text[:LONGEST_TEXT],
            document=self._document,
            license=license,
            holder=one_line(holder),
        )


@lru_cache(maxsize=1024)
def _agreed(parts: tuple[str, ...]) -> str:
    """The license that all parts name. A catalog has few licenses and many tracks, so what was read is remembered."""
    readings = [read_license(part) for part in parts]
    licenses = {reading.license for reading in readings if reading.license}
    kinds = {reading.kind for reading in readings if not reading.license}
    if len(licenses) != 1:
        return ""
    license = licenses.pop()
    kind = _VERSIONLESS.sub("", license.removeprefix("LicenseRef-"))
    return license if kinds <= {kind, "CC"} and (kind.startswith("CC") or not kinds) else ""
