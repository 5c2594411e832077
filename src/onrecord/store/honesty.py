# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a server do as it is asked? Tried on a key of no meaning, before anything is written that has one."""

import secrets
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from onrecord.store.s3 import Place, told

if TYPE_CHECKING:
    from obstore.store import S3Store

#: Below it a server is tried; what a killed run left there means nothing.
SCRATCH: Final = "scratch"


class Honesty(Struct, frozen=True):
    """conditional: what was asked not to be overwritten is not. ranges: a part of an object may be had by itself."""

    conditional: bool
    ranges: bool


def tried(store: "S3Store", place: Place) -> Honesty:
    """What a server does when it is tried. Four small requests; StoreFailed where it does not answer."""
    import obstore
    from obstore.exceptions import AlreadyExistsError

    key = f"{SCRATCH}/{secrets.token_hex(8)}"
    with told(place, key):
        obstore.put(store, key, b"first", mode="overwrite")
        try:
            conditional = _keeps(store, key)
        except AlreadyExistsError:
            conditional = True
        ranges = _gives_parts(store, key)
        obstore.delete(store, key)
    return Honesty(conditional, ranges)


def _keeps(store: "S3Store", key: str) -> bool:
    """False where a second write is taken, or cannot even be asked for; AlreadyExistsError is the right answer."""
    import obstore
    from obstore.exceptions import NotSupportedError

    try:
        obstore.put(store, key, b"other", mode="create")
    except (NotSupportedError, NotImplementedError):
        return False
    return False


def _gives_parts(store: "S3Store", key: str) -> bool:
    import obstore
    from obstore.exceptions import GenericError

    try:
        return bytes(obstore.get_range(store, key, start=1, end=3)) in (b"ir", b"th")
    except GenericError as error:
        if is_whole(error):
            return False
        raise


def is_whole(error: BaseException) -> bool:
    """Is this what the client says where a server sent the whole object in place of a part?"""
    return "non-partial response" in str(error)
