# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by a test as the first process of a container: prints what a pool of one worker answers."""

import os

from onrecord.engine.pool import Workers
from tests.engine.test_pool import nothing, twice

if __name__ == "__main__":
    assert os.getpid() == 1
    with Workers(1, nothing) as workers:
        print(list(workers.map(twice, [1, 2])))
