# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots: what they say comes back as it went in, and what they do not say truly is refused."""

import datetime as dt
import json

import pytest
from msgspec import structs

from onrecord.errors import SourceRefused, UsageError
from onrecord.publish.signing import Key
from onrecord.publish.trust import (
    Holder,
    Roles,
    Succession,
    read_root,
    roles_of,
    root_of,
    sign_metadata,
    signed_by,
    still_to_sign,
    usual_threshold,
)

ADA, BEN, EDITION, TIME = (Key.generate(bytes([number]) * 32) for number in range(1, 5))


def line(key: Key) -> str:
    return key.public.splitlines()[1]


ROLES = Roles(
    archive="0123456789abcdef",
    version=1,
    expires=dt.datetime(2029, 11, 21, 12, tzinfo=dt.UTC),
    threshold=2,
    holders=(Holder("Ada", line(ADA)), Holder("Ben", line(BEN))),
    edition_key=line(EDITION),
    timestamp_key=line(TIME),
    succeeds=(Succession("fedcba9876543210", 3, "00" * 32),),
)


def test_a_root_says_what_its_roles_were() -> None:
    root = root_of(ROLES)
    sign_metadata(root, [ADA, BEN])
    assert roles_of(read_root("here", root.to_bytes()).signed) == ROLES
    assert root.to_bytes() == _again(), "the same roles and keys give the same bytes"


def _again() -> bytes:
    root = root_of(ROLES)
    sign_metadata(root, [ADA, BEN])
    content: bytes = root.to_bytes()
    return content


def test_it_is_known_who_has_still_to_sign() -> None:
    root = root_of(ROLES)
    assert still_to_sign(None, root) == ["2 more of the holders: Ada, Ben"]
    sign_metadata(root, [BEN, EDITION])
    assert still_to_sign(None, root) == ["1 more of the holders: Ada"]
    assert (
        signed_by(root, line(BEN)) and not signed_by(root, line(ADA)) and not signed_by(root, line(EDITION))
    )
    sign_metadata(root, [ADA])
    assert still_to_sign(None, root) == []


def test_one_person_s_key_under_two_names_is_one_key() -> None:
    twice = structs.replace(ROLES, holders=(Holder("Ada", line(ADA)), Holder("Ben", line(ADA))))
    with pytest.raises(UsageError, match="stands there twice"):
        root_of(twice)


@pytest.mark.parametrize("threshold", [0, 3])
def test_a_threshold_that_nobody_reaches_is_refused(threshold: int) -> None:
    with pytest.raises(UsageError, match="expected a threshold from 1"):
        root_of(structs.replace(ROLES, threshold=threshold))


def test_a_key_that_goes_by_another_s_name_is_refused() -> None:
    """What a person compares is minisign's line; what counts are the bytes beside it."""
    body = json.loads(root_of(ROLES).to_bytes())
    for key in body["signed"]["keys"].values():
        key["x-onrecord-key"] = line(ADA)
    with pytest.raises(SourceRefused, match="another key's name"):
        roles_of(read_root("here", json.dumps(body).encode()).signed)


@pytest.mark.parametrize("missing", ["x-onrecord-archive", "roles", "keys"])
def test_a_root_of_something_else_is_refused(missing: str) -> None:
    body = json.loads(root_of(ROLES).to_bytes())
    del body["signed"][missing]
    with pytest.raises(SourceRefused):
        roles_of(read_root("here", json.dumps(body).encode()).signed)


def test_half_of_the_holders_must_sign_unless_told_otherwise() -> None:
    assert [usual_threshold(holders) for holders in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
