# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says is told as what it means: its code, and nothing else that it wrote."""

import os

import pytest

from onrecord.errors import NotFound, StoreFailed
from onrecord.store.s3 import Place, S3Settings, client, credentials, told
from onrecord.store.s3_answers import Forbidden, answered
from onrecord.store.signing import ask
from tests import s3


@pytest.mark.parametrize(
    ("status", "body", "got"),
    [
        (403, "<Error><Code>AccessDenied</Code></Error>", "403 AccessDenied: these keys may not"),
        (403, "<Error><Code>SignatureDoesNotMatch</Code>", "403 SignatureDoesNotMatch: the secret key"),
        (400, "<Error>\n <Code> ExpiredToken </Code>", "400 ExpiredToken: the keys were lent"),
        (403, "", "403: these keys may not"),
        (503, "<Code>SlowDown</Code>", "503 SlowDown: it asks for fewer"),
        (500, "<Code>Whatever.New</Code>", "500 Whatever.New: something is wrong with the server"),
        (507, "", "507: it has no room left"),
        (400, "<Code>\x1b[31mred</Code> <script>", "400: it did not take the request"),
        (418, "<Code>" + "x" * 99 + "</Code>", "418: it did not take the request"),
    ],
)
def test_a_code_is_said_in_our_words(status: int, body: str, got: str) -> None:
    wrong = answered(status, body)
    assert wrong.got.startswith(got) and wrong.do and "<" not in wrong.got


def test_an_error_says_where_what_was_asked_what_came_and_what_to_do(s3_server: str, s3_bucket: str) -> None:
    import obstore

    where, keys = Place(s3_bucket, "here"), credentials(os.environ)

    def read(endpoint: str, place: Place = where) -> str:
        with pytest.raises((StoreFailed, NotFound)) as raised, told(place, "x"):
            obstore.get(client(S3Settings(endpoint=endpoint, patience=1), place, keys), "x")
        assert raised.value.hint and "xml" not in raised.value.message and len(raised.value.message) < 300
        assert isinstance(raised.value, Forbidden) == ("403" in raised.value.message)
        return raised.value.message

    with s3.harming(s3_server, lambda *_: "403") as endpoint:
        expected = f"expected {endpoint} to give it, got 403 AccessDenied: these keys may not do that"
        assert read(endpoint) == f"s3://{s3_bucket}/here/x: {expected}"
        with pytest.raises(StoreFailed, match=rf"expected {endpoint} to answer .* got 403 AccessDenied"):
            ask(f"{endpoint}/{s3_bucket}?uploads=&X-Amz-Signature=secret", "GET", where)
    assert "404 NoSuchBucket: there is no such bucket" in read(s3_server, Place("no-such-bucket", ""))
    assert read(s3_server) == f"s3://{s3_bucket}/here/x: nothing is there"
    assert "got no answer: nothing answers at that address" in read("http://127.0.0.1:9")
