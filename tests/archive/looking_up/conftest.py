# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One archive of songs for all look-ups; tests that change it take a copy."""

from pathlib import Path

import pytest

from tests.archive.looking_up.songs import make


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("songs"))
