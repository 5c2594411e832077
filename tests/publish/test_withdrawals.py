# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of withdrawals: entries that only a holder of the file can tell, and nothing else is read as a list."""

import datetime as dt
import hashlib

import pytest

from onrecord.errors import NewerFormat, SourceRefused
from onrecord.publish.edition import pretty
from onrecord.publish.withdrawals import AUDIO, BLOB, WithdrawalList, entry, read_list

ARCHIVE = "00112233aabbccdd"
DIGEST = "ab" * 32


def made(**changed: object) -> WithdrawalList:
    values: dict[str, object] = {
        "format": 1,
        "archive": ARCHIVE,
        "sequence": 7,
        "day": dt.date(2026, 11, 22),
        "blobs": (entry(ARCHIVE, BLOB, DIGEST),),
        "audio": (),
    }
    return WithdrawalList(**{**values, **changed})  # type: ignore[arg-type]


def test_an_entry_is_the_digest_of_four_lines() -> None:
    text = f"onrecord-withdrawal-1\n{ARCHIVE}\nblob\n{DIGEST}"
    assert entry(ARCHIVE, BLOB, DIGEST) == hashlib.sha256(text.encode()).hexdigest()


def test_entries_of_other_archives_and_of_audio_are_others() -> None:
    entries = {entry(archive, kind, DIGEST) for archive in (ARCHIVE, "0" * 16) for kind in (BLOB, AUDIO)}
    assert len(entries) == 4 and DIGEST not in entries


def test_a_list_is_read_as_it_was_written() -> None:
    assert read_list("here", pretty(made()), ARCHIVE) == made()


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"{}", SourceRefused, "not a list of withdrawals"),
        (pretty(made(format=2)), NewerFormat, "format 2"),
        (pretty(made(archive="0" * 16)), SourceRefused, "expected the withdrawals of archive 0011"),
    ],
)
def test_anything_else_is_refused_by_name(content: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_list("here", content, ARCHIVE)
