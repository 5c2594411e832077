# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the elements of a list answer out of its JSON, byte for byte as they stand there."""

import msgspec

from onrecord.errors import RecordRejected
from onrecord.sources.located_pages import Element


def elements(data: bytes, *path: str) -> list[Element]:
    """The elements of the list, or the values of the object, that stands under the keys of `path`; of all for none.

    `data` was read by `strict_json` before. RecordRejected where nothing of that kind stands there.
    """
    raw = data
    try:
        for key in path:
            raw = bytes(msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[key])
        place = "#" + ".".join(path)
        if raw.lstrip()[:1] == b"{":
            found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            return [Element(bytes(value), f"{place}[{key}]") for key, value in found.items()]
        listed = msgspec.json.decode(raw, type=list[msgspec.Raw])
        return [Element(bytes(value), f"{place}[{at}]") for at, value in enumerate(listed)]
    except (msgspec.MsgspecError, KeyError, RecursionError) as error:
        raise RecordRejected(f"expected a list under {'.'.join(path)}: {error}"[:300]) from error
