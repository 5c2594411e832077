# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the elements of a list answer out of its JSON, byte for byte as they stand there."""

from typing import NamedTuple

import msgspec

from onrecord.errors import RecordRejected


class Element(NamedTuple):
    """A record's bytes as they stand in a text; `place` says where in it (`#results[3]`), "" for the whole text."""

    raw: bytes
    place: str = ""


def elements(data: bytes, *path: str) -> list[Element]:
    """The elements of the list, or the values of the object, that stands under the keys of `path`; of all for none.

    `data` was read by `strict_json` before. RecordRejected where nothing of that kind stands there.
    """
    try:
        raw = value(data, *path)
        place = "#" + ".".join(path)
        if raw.lstrip()[:1] == b"{":
            found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            return [Element(bytes(item), f"{place}[{key}]") for key, item in found.items()]
        listed = msgspec.json.decode(raw, type=list[msgspec.Raw])
        return [Element(bytes(item), f"{place}[{at}]") for at, item in enumerate(listed)]
    except (msgspec.MsgspecError, KeyError, RecursionError) as error:
        raise RecordRejected(f"expected a list under {'.'.join(path)}: {error}"[:300]) from error


def value(data: bytes, *path: str) -> bytes:
    """The bytes of the value that stands under the keys of `path`; KeyError or MsgspecError where there is none."""
    for key in path:
        data = bytes(msgspec.json.decode(data, type=dict[str, msgspec.Raw])[key])
    return data
