# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick reading of JSON never says yes, and never another value, where the careful one does not."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.errors import RecordRejected
from onrecord.sources import strict_json

#: What keys end with, and everything that may look like it, hide it, or be lost.
SIGNS = (
    '\\"',
    ":",
    "\\u0022",
    "\\u003a",
    "\\u003A",
    "\\u0020",
    " ",
    "a",
    "\\t",
    "\\u0009",
    "é",
    "\\/",
    "\\\\",
)
NUMBERS = (
    "0",
    "-0",
    "-0.0",
    "1.50",
    "1E5",
    "1e-400",
    "9" * 30,
    "18446744073709551616",
    "5e-324",
    "1e400",
    "01",
    "NaN",
)
BITS = (
    '"',
    ":",
    ",",
    "{",
    "}",
    "[",
    "]",
    '"a":',
    '"":',
    "null",
    "\\ud800",
    "\\ud83d\\ude00",
    "\t",
    "\x00",
    *SIGNS,
    *NUMBERS,
)

blanks = st.text(" \t\n\r", max_size=2)
strings = st.lists(st.sampled_from(SIGNS), max_size=4).map(lambda signs: f'"{"".join(signs)}"')


def objects(values):
    members = st.tuples(strings, blanks, st.just(":"), blanks, values, blanks).map("".join)
    return st.lists(members, max_size=4).map(lambda listed: "{" + ",".join(listed) + "}")


values = st.recursive(
    strings | st.sampled_from(NUMBERS),
    lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda listed: f"[{','.join(listed)}]"),
    max_leaves=10,
)


def verdict(read, raw):
    try:
        return repr(read(raw))
    except RecordRejected:
        return "rejected"


@settings(max_examples=400, deadline=None)
@given(objects(values) | st.lists(st.sampled_from(BITS), max_size=12).map("".join))
def test_both_readings_agree(text):
    raw = text.encode()
    assert verdict(strict_json.read, raw) == verdict(strict_json.read_with_care, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":1, "b":2, "a" :3}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":{"a":"\\":","a":1}}',
        b'{"a":"\\u0022:","a":"\\u0022:"}',
        b'{"a":1,"a":1,"b":"\\u0022\\u003a"}',
        b'[{"a" : 1, "a" : "\\"\\u0020:"}]',
        b'{"a":":","a":":x"}',
    ],
)
def test_a_key_that_stands_twice_is_found_however_it_is_hidden(raw):
    with pytest.raises(RecordRejected, match="stands twice"):
        strict_json.read(raw)


@pytest.mark.parametrize("options", [{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}])
def test_what_is_good_is_read_however_it_is_written(options):
    value = {"a": {"a": [1, 2.5, None, True]}, 'b"': 'c": :', ": ": "é \t\u2028", "": 10**20}
    assert strict_json.read(json.dumps(value, **options).encode()) == value
