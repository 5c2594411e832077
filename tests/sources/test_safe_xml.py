# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML that nobody should have sent is refused, in any encoding, before it costs anything."""

import pytest

from onrecord.errors import RecordRejected
from onrecord.sources import safe_xml

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "' + "x" * 1000 + '">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    + "]><a>&e11;</a>"
)  # fmt: skip
HOSTILE = {
    "entity bomb": BOMB.encode(),
    "quadratic": ('<!DOCTYPE a [<!ENTITY e "' + "x" * 50_000 + '">]><a>' + "&e;" * 50_000 + "</a>").encode(),
    "external entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "external DTD": b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
    "UTF-16 document type": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY e "f">]><a>&e;</a>'.encode(
        "utf-16"
    ),
    "bare document type": b"<!DOCTYPE a><a/>",
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "wide": b"<a>" + b"<b/>" * 10_001 + b"</a>",
    "many attributes": b"<a>" + b'<b c="" d="" e=""/>' * 2_600 + b"</a>",
    "undefined entity": b"<a>&nothing;</a>",
    "two roots": b"<a/><b/>",
    "cut off": b"<a><b>",
    "empty": b"",
    "not XML": b"\x00\x01\x02",
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><a/>',
}


@pytest.mark.parametrize("what", HOSTILE)
def test_refused(what, monkeypatch):
    monkeypatch.setattr(safe_xml, "MOST_NODES", 10_000)
    with pytest.raises(RecordRejected):
        safe_xml.read(HOSTILE[what])


def test_too_long_is_refused_unread():
    with pytest.raises(RecordRejected, match="expected at most"):
        safe_xml.read(b" " * (safe_xml.LONGEST + 1))


def test_what_is_good_is_read_without_its_namespaces():
    root = safe_xml.read(
        '<?xml version="1.0" encoding="UTF-16"?><n:a xmlns:n="urn:n"><n:b>é</n:b><c/></n:a>'.encode("utf-16")
    )
    assert root.tag == "{urn:n}a"
    assert [(child.tag, child.text) for child in root] == [("b", "é"), ("c", None)]
