# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""UUIDs that spell what they are of, and those that cannot."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from onrecord.model.identifiers import mbid, mint
from onrecord.model.own_ids import GROUP, own_id, owned

KINDS = ("artist", "release", "recording", "work", "label", "release-group")


@given(st.sampled_from(KINDS), st.text(max_size=5), st.sampled_from(KINDS))
def test_an_id_spells_its_thing_and_is_of_no_other_kind(kind: str, name: str, other: str) -> None:
    minted = mint("release" if kind == "release-group" else kind, "source", name)
    thing = GROUP + minted if kind == "release-group" else minted
    own = own_id(kind, thing)
    assert uuid.UUID(own).version == 8 and mbid(own) == own
    assert owned(kind, own) == owned(kind, own.upper()) == thing
    assert owned(other, own) == (thing if other == kind else "")


@given(st.uuids())
def test_other_uuids_spell_nothing(id: uuid.UUID) -> None:
    assert all(owned(kind, str(id)) == "" for kind in KINDS)


def test_what_has_no_canonical_id_has_a_uuid_of_version_5() -> None:
    for kind, thing in (("label", "label/warp"), ("track", "r1/r2"), ("recording", mint("artist", "a", "b"))):
        own = own_id(kind, thing)
        assert uuid.UUID(own).version == 5 and owned(kind, own) == ""
