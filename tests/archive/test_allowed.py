# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edition offers and the own gate allows: in portions, as if each file were asked about alone."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from onrecord.archive import Archive
from onrecord.archive.allowed import Allowed
from onrecord.archive.batch import Batch
from onrecord.archive.foreign import evidence_in
from onrecord.archive.judging import judge_offered
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import SourceRefused
from onrecord.model.rights import Target
from tests.archive.test_seeding import asked


@pytest.fixture
def edition(published: Archive) -> Path:
    return published.folder / "editions" / "1"


@pytest.fixture
def other(tmp_path: Path, published: Archive) -> Iterator[Archive]:
    with Archive.create(tmp_path / "other", "Other", published.clock) as made:
        yield made


def test_it_is_what_the_gate_says_of_each_file(published: Archive, other: Archive, edition: Path) -> None:
    said = dict(evidence_in(edition))
    assert len(said) == 4 and list(said) == sorted(said)
    mine = min(said)
    for archive in (published, other):
        if archive is published:
            withdraw(published, Target("blob", mine), by="A", text="mine")
        alone = {digest for digest, facts in said.items() if judge_offered(archive, digest, facts).allow}
        allowed = Allowed(archive, edition)
        assert dict(allowed.each()) == {digest: said[digest] for digest in alone}
        assert allowed.refused() == len(said) - len(alone)
        assert {digest for digest in (*said, "0" * 64) if digest in allowed} == alone
        assert dict(allowed.each([mine, "0" * 64])) == {each: said[each] for each in alone & {mine}}
    assert alone == set(said), "nothing is known of them at the other"


def test_files_are_looked_up_together(other: Archive, edition: Path) -> None:
    said = dict(evidence_in(edition))
    allowed = Allowed(other, edition)
    with asked(other) as questions:
        allowed.look_up([*said, "0" * 64])
        assert len(questions) == 2, "all of them, and what was taken back"
        assert [allowed.get(digest) for digest in said] == list(said.values())
        assert allowed.get("0" * 64) == ()
        assert len(questions) == 2
    first = min(said)
    allowed.refuse(first)
    assert first not in allowed and allowed.get(first) == () and allowed.refused() == 1
    assert set(dict(allowed.each())) == set(dict(allowed.believed())) == said.keys() - {first}


def test_what_is_held_since_it_might_be_shared_is_still_told_of(published: Archive, edition: Path) -> None:
    said = dict(evidence_in(edition))
    withdraw(published, Target("blob", min(said)), by="A", text="mine")
    allowed = Allowed(published, edition)
    assert dict(allowed.believed()) == said
    allowed.refuse(min(said))
    assert min(said) not in dict(allowed.believed())


def test_a_table_in_another_order_is_refused(other: Archive, edition: Path) -> None:
    path = edition / "dataset" / "evidence.parquet"
    pq.write_table(pq.read_table(path).sort_by([("evidence", "ascending")]), path)
    with pytest.raises(SourceRefused, match="expected rows in the order of their files"):
        Allowed(other, edition).refused()


def test_what_is_said_of_many_files_is_linked_as_that_of_each(
    published: Archive, other: Archive, edition: Path
) -> None:
    said = list(Allowed(other, edition).each())
    for archive in (published, other):  # one has all of it, the other nothing
        alone, together = Batch(archive.ledger), Batch(archive.ledger)
        for digest, facts in said:
            alone.link(digest, facts, "archive:x", "edition")
        with asked(archive) as questions:
            together.link_all(iter(said), "archive:x", "edition")
        assert len(questions) == 1
        assert (together.rows, together.evidence) == (alone.rows, alone.evidence)
    assert together.evidence
