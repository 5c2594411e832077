# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where much is told of things that are not there, a portion has claims all the same."""

from collections.abc import Sequence

import pyarrow as pa

from onrecord.catalog.page_portions import cut


def batch(numbers: Sequence[int]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(numbers, pa.int64()), pa.array(["x"] * len(numbers))], ["number", "id"])


def test_every_portion_has_claims() -> None:
    beside = {"tracks": iter([batch(range(2, 200_002))])}
    found = list(cut("release", iter([batch([1, 1_000_000])]), beside, 8_192, 1, {}))
    assert [portion.claims.column(0).to_pylist() for portion in found] == [[1], [1_000_000]]
