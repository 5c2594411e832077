# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terms that were read bind the operator too: what they do not allow is not asked, whoever accepts them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest, harvest_live
from onrecord.archive.harvest_sound import fetch_sound
from onrecord.archive.terms import accept_terms
from onrecord.errors import SourceRefused
from onrecord.net import Client

SAVED = Path(__file__).parents[1] / "data" / "sources" / "openverse-audio-made.json"


def test_a_source_whose_terms_do_not_allow_it_is_not_asked(
    tmp_path: Path, clock: Callable[[], dt.datetime]
) -> None:
    sent: list[str] = []

    def service(request: httpx2.Request) -> httpx2.Response:
        sent.append(str(request.url))
        return httpx2.Response(404)

    def ask(archive: Archive) -> Client:
        contact = archive.settings.harvest.contact
        return Client(contact, transport=httpx2.MockTransport(service), sleep=lambda seconds: None)

    folder = tmp_path / "archive"
    with Archive.create(folder, "Test archive", clock) as made:
        accept_terms(made, "openverse", b"What the operator says of them.")
    settings = folder / "onrecord.toml"
    settings.write_text(settings.read_text() + '\n[harvest]\ncontact = "archive@example.org"\n')
    with Archive.open(folder, clock) as archive:
        with pytest.raises(SourceRefused, match="as read on 2026-11-28, do not allow") as refused:
            harvest_live(archive, "openverse", "q=rain", ask=ask)
        assert "from a file" in refused.value.hint
        with pytest.raises(SourceRefused, match="do not allow"):
            fetch_sound(archive, "openverse", ask=ask)
        assert harvest(archive, "openverse", SAVED).new > 0, "what somebody saved is read"
    assert sent == []
