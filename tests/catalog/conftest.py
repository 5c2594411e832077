# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matcher as it works on many claims, by views over their files; the tests of archives have few, in tables."""

import pytest


@pytest.fixture(autouse=True)
def _as_with_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.catalog.match._FEW", 0)
