# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that may be longer than memory are printed as they come."""

import json
from collections.abc import Iterator

import pytest

from onrecord.cli.output import Output


def test_each_item_is_printed_before_the_next_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []

    def items() -> Iterator[str]:
        for item in ("one", 'two "\udcff"', "three"):
            yield item
            printed.append(capsys.readouterr().out)

    Output(json=True, quiet=False).lists("test", {"items": items(), "none": iter(())}, lambda: iter(()))
    assert [part.count('"') for part in printed] == [8, 4, 2]
    whole = "".join(printed) + capsys.readouterr().out
    assert json.loads(whole) == {
        "schema": "onrecord.test/1",
        "items": ["one", 'two "?"', "three"],
        "none": [],
    }


def test_lines_are_taken_from_the_same_items(capsys: pytest.CaptureFixture[str]) -> None:
    items = iter(["one", "two\x1b"])
    Output(json=False, quiet=False).lists("test", {"items": items}, lambda: iter(items))
    assert capsys.readouterr().out == "one\ntwo\ufffd\n"
