# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads in several parts that were never finished: parts that nobody can see, and that are paid for.

Each is noted on this machine before it begins, under a lock that ends with its process. So whoever writes next knows
without a question whether something was left behind.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lxml import etree

from onrecord.errors import StoreFailed
from onrecord.store.s3 import Keys, Place, S3Settings
from onrecord.store.signing import ask, signed


@contextmanager
def noted(folder: Path, name: str) -> Iterator[None]:
    """While `name` is uploaded in parts. The note stays where the process is killed, or the upload fails."""
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        yield
        (folder / name).unlink(missing_ok=True)
    finally:
        os.close(fd)


def left_behind(folder: Path) -> Iterator[str]:
    """Names of uploads that nobody works on any more. The note goes away when the next one is asked for."""
    if not folder.is_dir():
        return
    for note in sorted(folder.iterdir()):
        fd = os.open(note, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield note.name
            note.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(fd)


def abort(
    settings: S3Settings, place: Place, keys: Keys, key: str = "", older: dt.timedelta = dt.timedelta()
) -> int:
    """Give up unfinished uploads of one key, or of all below a place, that began so long ago; gives how many.

    Raises StoreFailed.
    """
    prefix = f"{place.prefix}/{key}".strip("/")
    aborted, marker = 0, dict[str, str]()
    while True:
        address = signed(settings, place, keys, "GET", "", {"uploads": "", "prefix": prefix, **marker}, 60)
        root = _read(ask(address, "GET", place), place)
        for upload, begun, number in _uploads(root):
            mine = upload == prefix if key else upload.startswith(f"{prefix}/" if prefix else "")
            if mine and dt.datetime.now(dt.UTC) - begun >= older:
                below = upload.removeprefix(place.prefix).lstrip("/")
                ask(signed(settings, place, keys, "DELETE", below, {"uploadId": number}, 60), "DELETE", place)
                aborted += 1
        if _text(root, "IsTruncated") != "true":
            return aborted
        marker = {
            "key-marker": _text(root, "NextKeyMarker"),
            "upload-id-marker": _text(root, "NextUploadIdMarker"),
        }


def _read(listing: bytes, place: Place) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(listing or b"<none/>", parser)
    except etree.XMLSyntaxError as error:
        raise StoreFailed(f"{place}: the list of unfinished uploads cannot be read: {error}") from None


def _uploads(root: etree._Element) -> Iterator[tuple[str, dt.datetime, str]]:
    """(key, when it began, id)"""
    for element in root.iterchildren("{*}Upload"):
        begun = dt.datetime.min.replace(tzinfo=dt.UTC)
        with suppress(ValueError):
            begun = dt.datetime.fromisoformat(_text(element, "Initiated"))
        yield _text(element, "Key"), begun, _text(element, "UploadId")


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""
