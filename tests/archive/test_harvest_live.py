# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a service: not before its terms were read, under the operator's name, and its sound only where all say yes."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.checking import check
from onrecord.archive.harvest import harvest, harvest_live
from onrecord.archive.harvest_sound import _file_name, fetch_sound
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader
from onrecord.archive.terms import accept_terms, list_sources
from onrecord.errors import SourceFailed, SourceRefused, UsageError
from onrecord.model.records import Offer
from onrecord.net import Client
from tests.tones import write

SETTINGS = {"client_id": "made-for-a-test"}
BY = "http://creativecommons.org/licenses/by/3.0/"


def track(number: int, **more: object) -> dict[str, object]:
    """A track as Jamendo's API describes it. Made for this test, from the documentation."""
    return {
        "id": str(number),
        "name": f"Piece {number}",
        "duration": 8,
        "artist_id": "7",
        "artist_name": "The Test Tones",
        "album_id": "3",
        "album_name": "Tones",
        "license_ccurl": BY,
        "position": number,
        "releasedate": "2011-03-01",
        "audio": f"https://prod-1.storage.jamendo.com/?trackid={number}&format=mp31",
        "audiodownload": f"https://prod-1.storage.jamendo.com/download/track/{number}/mp32/",
        "audiodownload_allowed": True,
        "stats": {"rate_listened_total": 100 - number},
        **more,
    }


class Service:
    """Answers like the service, from memory. `sent` lists the addresses that were asked for."""

    def __init__(self, tracks: list[dict[str, object]], sounds: dict[str, bytes]) -> None:
        self.tracks = tracks
        self.sounds = sounds
        self.sent: list[str] = []
        self.broken = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(str(request.url))
        if request.url.path == "/robots.txt":
            return httpx2.Response(404)
        if self.broken:
            return httpx2.Response(403)
        if request.url.host == "api.jamendo.com":
            offset = int(request.url.params.get("offset", 0))
            page = self.tracks[offset : offset + int(request.url.params.get("limit", 10))]
            headers = {"status": "success", "code": 0, "error_message": "", "results_count": len(page)}
            body = msgspec.json.encode({"headers": headers, "results": page})
            return httpx2.Response(
                200, stream=httpx2.ByteStream(body), headers={"content-type": "application/json"}
            )
        number = request.url.path.split("/")[3]
        if number not in self.sounds:
            return httpx2.Response(404)
        return httpx2.Response(
            200, stream=httpx2.ByteStream(self.sounds[number]), headers={"etag": f'"{number}"'}
        )

    def ask(self, archive: Archive) -> Client:
        transport = httpx2.MockTransport(self)
        return Client(archive.settings.harvest.contact, transport=transport, sleep=lambda seconds: None)

    @property
    def fetched(self) -> list[str]:
        return [address for address in self.sent if "/download/" in address]


@pytest.fixture
def asked(tmp_path: Path, clock: Callable) -> Iterator[Archive]:  # type: ignore[type-arg]
    """An archive whose operator has read the terms and left a contact."""
    with Archive.create(tmp_path / "archive", "Test archive", clock) as made:
        accept_terms(made, "jamendo", b"The terms, as they were read.")
    settings = tmp_path / "archive" / "onrecord.toml"
    settings.write_text(settings.read_text() + '\n[harvest]\ncontact = "archive@example.org"\n')
    with Archive.open(tmp_path / "archive", clock) as archive:
        yield archive


@pytest.fixture
def sounds(tmp_path: Path) -> dict[str, bytes]:
    return {
        str(number): write(tmp_path / "made" / f"{number}.mp3", number, 8.0).read_bytes()
        for number in (1, 2, 3)
    }


def test_nobody_is_asked_before_the_terms_were_read(archive: Archive) -> None:
    service = Service([track(1)], {})
    with pytest.raises(SourceRefused, match="nobody here has read its terms") as refused:
        harvest_live(archive, "jamendo", "", settings=SETTINGS, ask=service.ask)
    assert "sources accept jamendo" in refused.value.hint
    accept_terms(archive, "jamendo", b"The terms.")
    with pytest.raises(SourceRefused, match="no contact"):
        harvest_live(archive, "jamendo", "", settings=SETTINGS, ask=service.ask)
    with pytest.raises(SourceRefused):
        fetch_sound(archive, "jamendo", settings=SETTINGS, ask=service.ask)
    assert service.sent == []


def test_what_was_accepted_is_on_record(archive: Archive) -> None:
    with pytest.raises(UsageError, match="empty"):
        accept_terms(archive, "jamendo", b" \n")
    with pytest.raises(UsageError, match="no source"):
        accept_terms(archive, "jamando", b"The terms.")
    digest = accept_terms(archive, "jamendo", b"The terms.")
    assert digest == hashlib.sha256(b"The terms.").hexdigest()
    before = archive.ledger.dump()
    archive.rebuild_ledger()
    assert archive.ledger.dump() == before
    [view] = [view for view in list_sources(archive)[0] if view.name == "jamendo"]
    assert view.accepted and view.live and view.offers_sound


def test_records_come_once_and_again_only_what_changed(asked: Archive) -> None:
    service = Service([track(number) for number in (1, 2, 3)], {})
    first = harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    assert (first.new, first.tracks, first.rejected) == (3, 3, [])
    assert all("made-for-a-test" in address for address in service.sent if "/tracks" in address)
    again = harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    assert (again.new, again.changed) == (0, 0)


def test_a_source_that_fails_says_so_and_keeps_what_it_gave(asked: Archive) -> None:
    service = Service([track(1)], {})
    service.broken = True
    with pytest.raises(SourceFailed, match="403"):
        harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    with pytest.raises(UsageError, match="files alone"):
        accept_terms(asked, "musicbrainz-json", b"The terms.")
        harvest_live(asked, "musicbrainz-json", "", ask=service.ask)


def test_sound_is_fetched_where_provider_and_gate_say_yes(asked: Archive, sounds: dict[str, bytes]) -> None:
    service = Service(
        [track(1), track(2), track(3, audiodownload_allowed=False), track(4, license_ccurl=""), track(5)],
        sounds,
    )
    harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    report = fetch_sound(asked, "jamendo", settings=SETTINGS, ask=service.ask)
    refused = {item.name: item.code for item in report.refused}
    assert (report.offers, report.fetched, report.held) == (5, 2, 0)
    assert report.bytes == len(sounds["1"]) + len(sounds["2"])
    assert refused.keys() == {"3", "4", "5"}
    assert (refused["3"], refused["5"]) == ("provider-refuses", "not-fetched")
    assert not any("/3/" in address or "/4/" in address for address in service.fetched), "never asked for"
    assert check(asked).bad == []
    rematch(asked)
    digest = hashlib.sha256(sounds["1"]).hexdigest()
    view = Reader(asked.folder).why(digest)
    assert view.title == "Piece 1", "the source's word on the bytes that it sent"
    assert {fact.license for fact in view.evidence} == {"CC-BY-3.0"}
    assert asked.ledger.fetched("jamendo", "1") == digest
    before = asked.ledger.dump()
    asked.rebuild_ledger()
    assert asked.ledger.dump() == before
    asks = len(service.fetched)
    again = fetch_sound(asked, "jamendo", settings=SETTINGS, ask=service.ask)
    assert (again.fetched, again.held, len(service.fetched)) == (0, 2, asks + 1), "only what failed"


def test_what_is_wanted_most_comes_first_and_space_is_kept(asked: Archive, sounds: dict[str, bytes]) -> None:
    service = Service([track(number) for number in (1, 2, 3)], sounds)
    harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    space = len(sounds["1"]) + 10
    report = fetch_sound(asked, "jamendo", space=space, settings=SETTINGS, ask=service.ask)
    assert report.fetched >= 1 and report.left_for_space >= 1
    assert asked.ledger.fetched("jamendo", "1")
    assert not asked.ledger.fetched("jamendo", "3")


def test_the_files_own_word_counts_beside_the_catalogs(asked: Archive, tmp_path: Path) -> None:
    """A catalog that says CC BY of a file whose tags say NC and ND is contradicted, at this door as at any other."""
    nc_nd = "https://creativecommons.org/licenses/by-nc-nd/3.0/"
    path = write(tmp_path / "made" / "1.mp3", 1, 8.0, {"copyright": nc_nd})
    service = Service([track(1)], {"1": path.read_bytes()})
    harvest_live(asked, "jamendo", "", settings=SETTINGS, ask=service.ask)
    report = fetch_sound(asked, "jamendo", settings=SETTINGS, ask=service.ask)
    by_hand = tmp_path / "by-hand"
    by_hand.mkdir()
    (by_hand / "1.mp3").write_bytes(path.read_bytes())
    (by_hand / "LICENSE").write_text(BY)
    added = add(asked, [by_hand])
    assert {item.code for item in report.refused} == {item.code for item in added.refused} != set()
    assert list(asked.ledger.blobs()) == []


def test_two_files_whose_names_look_alike_stay_two() -> None:
    names = ("item/a b.mp3", "item/a_b.mp3", "disc1/" + "x" * 120 + ".mp3", "disc2/" + "x" * 120 + ".mp3")
    offers = [Offer(track=name, address=f"https://host/{name}", name=name) for name in names]
    assert len({_file_name(offer) for offer in offers}) == len(names)
    again = msgspec.structs.replace(offers[0], digest=("md5", "00" * 16))
    assert _file_name(again) != _file_name(offers[0]), "another promise is another download"


def test_a_set_that_was_taken_is_refused_at_every_door(archive: Archive, tmp_path: Path) -> None:
    rows = [
        f'{{"id": "{number:022}", "name": "x", "popularity": 3, "preview_url": null, "available_markets": ["SE"],'
        f' "external_ids": {{"isrc": "USRC17607839"}}, "uri": "spotify:track:{number:022}"}}'
        for number in range(200)
    ]
    path = tmp_path / "in" / "songs.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(rows))
    with pytest.raises(SourceRefused, match=r"Spotify|service"):
        harvest(archive, "musicbrainz-json", path.parent)
    report = add(archive, [path.parent], held_as="owner")
    assert [item.code for item in report.refused] == ["taken-set"]
    assert archive.ledger.record_counts() == []
