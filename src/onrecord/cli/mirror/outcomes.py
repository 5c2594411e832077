# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer to a challenge showed, as `challenge --at` and `verify` print it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onrecord.cli.output import Output

if TYPE_CHECKING:
    from onrecord.archive.possession import Outcome

NOTE = "This shows that the holder could read these blocks then; not a disk of its own, nor what will be tomorrow."


def tell(out: Output, schema: str, outcome: "Outcome") -> None:
    """Print what an answer showed, and what that does not mean."""
    import msgspec

    def text() -> Iterator[str]:
        yield f"{outcome.holder}: {outcome.proved:,} of {outcome.asked:,} blocks shown on {outcome.day}"
        for volume, (asked, right) in outcome.volumes.items():
            yield f"  {volume}: {right:,} of {asked:,}"
        yield f"  so many would have shown a loss of one byte in a hundred with probability {outcome.finds:.3f}"
        yield f"  {NOTE}"

    out.result(schema, {**msgspec.to_builtins(outcome), "note": NOTE}, text)
