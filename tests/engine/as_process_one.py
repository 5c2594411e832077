# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by a test as the first process of a container: prints what a pool of one worker answers."""

import os

from onrecord.engine.pool import map_chunks
from tests.engine.test_pool import nothing, twice

if __name__ == "__main__":
    assert os.getpid() == 1
    print(list(map_chunks(twice, [1, 2], 1, nothing, ())))
