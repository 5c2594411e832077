# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copyright documents in free prose: read only where they name one license for everything, else they say nothing."""

import re
from typing import Final

from onrecord.rights.expressions import agree, canonical, ways
from onrecord.rights.licenses import spell_later
from onrecord.rights.names import mentions
from onrecord.rights.texts import takes_back, titled

_LONGEST: Final = 256 * 1024
_INSTALLED = re.compile(r"[`'\"]?/usr/share/common-licenses/\S*")
#: Signs that a document speaks of several things: paths, file names, rules between parts, words that make exceptions.
_SEVERAL = re.compile(
    r"^[ \t]*[-=*_~](?:[ \t]?[-=*_~]){2,}[ \t]*$|^[ \t]*[\w.*+-]+/[\w./*+-]*:?[ \t]*$"
    r"|(?<![\w@.*-])[\w*-]+\.(?:c|h|cpp|py|js|ogg|mp3|wav|opus|flac|ttf|png)\b"
    r"|\b(?:except|portions?|parts? of|some (?:of|files)|other (?:files|parts)|individual|various|each|however|dual"
    r"|alternatively|see (?:also )?the file|for \w+:|following files|permission is hereby|redistribution and use)\b",
    re.IGNORECASE | re.MULTILINE,
)


def prose_license(text: str) -> str:
    """The one license of a prose document, "" where it names none, or several, or makes exceptions."""
    if whole := titled(text):
        return whole
    if len(text) > _LONGEST:
        return ""
    plain = _INSTALLED.sub(" ", text.replace("\r\n", "\n"))
    if _SEVERAL.search(plain) or takes_back(plain):
        return ""
    stated = mentions(spell_later(plain))
    if not stated or not all(mention.license for mention in stated):
        return ""
    found = {mention.license: ways(canonical(mention.license)) for mention in stated}
    narrowest = min(found, key=lambda license: (len(found[license]), license))
    if not all(agree(found[narrowest], other) for other in found.values()):
        return ""
    return canonical(narrowest)
