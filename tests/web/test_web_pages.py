# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages: what they say, that hostile text is inert on them, and that errors look like the rest."""

import datetime as dt
import re
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from onrecord.model.views import ClaimView
from onrecord.web import registries
from onrecord.web.differing import compare, differences
from onrecord.web.headers import SAFETY
from onrecord.web.health import Health, health
from tests.web.sample import HOSTILE, KEY, SampleArchive


def pages(archive: SampleArchive) -> list[str]:
    some = archive.recordings[archive.playable]
    odd = archive.recordings[archive.hostile]
    paths = ["/", "/search", "/search?q=slow", "/search?q=script", "/editions", "/refused"]
    for view in (some, odd):
        paths += [f"/recording/{view.id}", f"/release/{view.releases[0][0]}", f"/artist/{view.artist_id}"]
    return [
        *paths,
        f"/recording/{archive.refused_id}",
        f"/recording/{archive.damaged_id}",
        f"/recording/{archive.mute}",
    ]


def test_every_page_answers_get_and_head_with_all_safety_headers(
    client: TestClient, archive: SampleArchive
) -> None:
    for path in [
        *pages(archive),
        "/nothing",
        "/livez",
        "/api/glance",
        "/static/site.css",
        "/static/none.css",
    ]:
        for answer in (client.get(path), client.head(path)):
            assert answer.status_code == (404 if "/no" in path else 200), path
            assert {name: answer.headers[name] for name in SAFETY} == SAFETY, path


def test_no_page_has_inline_script_or_style_or_names_another_host(
    client: TestClient, archive: SampleArchive
) -> None:
    for path in pages(archive):
        page = client.get(path).text
        data = r" type=\"application/ld\+json\">"  # is read, and never run
        assert not re.search(rf"<script(?![^>]* src=\"/static/|{data})", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path
        # To be followed by a person, and nothing that a browser asks for by itself.
        left = re.sub(r"<a class=\"registry\" href=\"https://[^\"]*\" rel=\"external noreferrer\">", "", page)
        links = re.findall(r"(?:href|src|action)=\"([^\"]*)\"", left)
        assert links and all(re.match(r"/(?!/)|#|magnet:\?xt=urn:bt", link) for link in links), path


def test_identifiers_lead_to_their_registries(client: TestClient, archive: SampleArchive) -> None:
    page = client.get(f"/recording/{archive.playable}").text
    address = "https://isrcsearch.ifpi.org/?tab=%22code%22&amp;isrcCode=%22NOMDE1900001%22"
    assert f'<a class="registry" href="{address}" rel="external noreferrer">' in page
    fields = (
        ("mbid", "6F0B3AD8-1C2D-4E5F-8A9B-0C1D2E3F4A5B"),
        ("isni", "000000012146438X"),
        ("mbid", "javascript:1"),
    )
    claims = (
        ClaimView(source="discogs", source_id="123", license="", fields=fields),
        ClaimView(source="discogs", source_id="../x", license="", fields=fields),
    )
    found = [(each.label, each.address) for each in registries.of_claims("artist", claims)]
    assert found == [
        ("MusicBrainz", "https://musicbrainz.org/artist/6f0b3ad8-1c2d-4e5f-8a9b-0c1d2e3f4a5b"),
        ("MusicBrainz", ""),
        ("ISNI", "https://isni.org/isni/000000012146438X"),
        ("Discogs", "https://www.discogs.com/artist/123"),
    ]


def test_hostile_text_is_inert(client: TestClient, archive: SampleArchive) -> None:
    for path in pages(archive):
        answer = client.get(path)
        assert "<script>alert" not in answer.text and "{{" not in answer.text.replace("{{ 7*7 }}", ""), path
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", answer.text), path
        outside = re.sub(r"<bdi>.*?</bdi>|<pre.*?</pre>", "", answer.text, flags=re.S)
        assert "\u202e" not in outside, path
        assert len(answer.content) < 60_000, path
    page = client.get(f"/recording/{archive.hostile}").text
    assert "&lt;script&gt;" in page and "javascript:" not in page


def test_a_recording_says_all_that_is_known(client: TestClient, archive: SampleArchive) -> None:
    view = archive.recordings[archive.playable]
    sound = view.sounds[0]
    page = client.get(f"/recording/{view.id}").text
    for expected in (
        view.title,
        sound.sha256,
        sound.blake3,
        sound.v2_root,
        sound.info_hash,
        sound.magnet.replace("&", "&amp;"),
        "L-CC-BY",
        "CC BY 4.0, section 2(a)(1)",
        "M-RESERVED",
        "What would change this",
        "musicbrainz-json",
        "CC0-1.0",
        "same artist and title",
        f'src="/sound/{sound.sha256}"',
        "by Marit Oddvik, CC BY 4.0",
        view.evidence[0].id,
        view.evidence[0].text,
        "A remaster of the same sound",
        'of <a href="/editions">edition 3</a>',
        "4 peers had all of the volume when counted on 20 November 2026",
        "2 holders proved to have it",
        "words by <bdi>N. N.</bdi>",
    ):
        assert expected in page, expected


def test_what_may_not_be_heard_has_the_reason_and_no_player(
    client: TestClient, archive: SampleArchive
) -> None:
    page = client.get(f"/recording/{archive.refused_id}").text
    assert "<audio" not in page and "Not played here" in page and "N-CUSTOM-TEXT" in page
    page = client.get(f"/recording/{archive.damaged_id}").text
    assert "<audio" not in page and "flipped" in page
    page = client.get(f"/recording/{archive.mute}").text
    assert "<audio" not in page and "No sound is held" in page and "2 sources" in page


def test_a_page_shows_what_the_door_would_say(client: TestClient, archive: SampleArchive) -> None:
    archive.denied.add(archive.digest)
    page = client.get(f"/recording/{archive.playable}").text
    assert "<audio" not in page and "N-NO-EVIDENCE" in page and "a license that says so" in page
    assert archive.digest not in client.get("/").text


def test_the_start_page_says_what_is_damaged(
    client: TestClient, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/").text
    assert "All 3,642 files are what their digests say" in page
    assert "Each of 2 torrents is held whole by 4 or more" in page and "Counted on 20 November 2026" in page
    glance = archive.glance()
    values = {name: getattr(glance, name) for name in glance.__struct_fields__}
    monkeypatch.setattr(
        archive, "glance", lambda: type(glance)(**values | {"bad": 1, "deposits": 0, "checked": ""})
    )
    page = client.get("/").text
    assert "1 file of 3,642 is not what its digest says" in page and "All 3,642" not in page


def test_an_edition_is_as_well_as_its_rarest_torrent(archive: SampleArchive) -> None:
    edition = archive.editions()[0]
    first, second = edition.volumes
    assert first.swarm is not None
    alone = replace(first, swarm=replace(first.swarm, seeders=0))
    today = edition.day + dt.timedelta(days=9)
    assert health(edition, today) == Health(9, 2, 2, 0, 4, dt.date(2026, 11, 20))
    assert health(replace(edition, volumes=(alone, second)), today).alone == 1
    uncounted = replace(edition, volumes=(replace(first, swarm=None), replace(second, swarm=None)))
    assert health(uncounted, edition.day - dt.timedelta(days=1)) == Health(0, 2)


def test_an_empty_archive_has_a_start_page(
    client: TestClient, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "recent", lambda limit: [])
    monkeypatch.setattr(archive, "editions", list)
    monkeypatch.setattr(archive, "refusals", lambda limit: [])
    assert "Nothing yet" in client.get("/").text
    assert "Nothing has been published yet" in client.get("/editions").text
    assert "Nothing was refused" in client.get("/refused").text


def test_claims_stand_side_by_side_and_show_where_they_differ() -> None:
    def claim(**fields: str) -> ClaimView:
        return ClaimView(source="s", source_id="1", license="", fields=tuple(fields.items()))

    rows = compare(
        (claim(title="A", date="2019-05-17", duration_ms="201400"), claim(title="B", date="2019", isrc="X"))
    )
    assert rows == [
        ("title", ["A", "B"], True),
        ("date", ["2019-05-17", "2019"], False),
        ("length", ["201.4 s", ""], False),
        ("isrc", ["", "X"], False),
    ]


def test_where_claims_differ_the_page_says_what_decided(archive: SampleArchive) -> None:
    def claim(source: str, **fields: str) -> ClaimView:
        return ClaimView(source=source, source_id="1", license="", fields=tuple(fields.items()))

    view = replace(
        archive.recordings[archive.playable],
        title="A",
        date="2019-05-17",
        seconds=201.4,
        claims=(
            claim("a person", title="A"),
            claim("musicbrainz", title="B", date="2019", duration_ms="201000", isrc="X"),
            claim("other", title="A", date="2018", isrc="Y"),
            claim("file", date="2019-05-17", duration_ms="201400"),
        ),
    )
    told = {each.field: (each.shown, each.by, each.why, each.others) for each in differences(view)}
    assert told == {
        "title": ("A", "a person", "a person decided it", (("musicbrainz", "B"),)),
        "date": (
            "2019-05-17",
            "file",
            "file stands before musicbrainz and other in the order of precedence",
            (("musicbrainz", "2019"), ("other", "2018")),
        ),
        "length": ("201.4 s", "file", "the file itself was measured", (("musicbrainz", "201.0 s"),)),
    }


def test_a_merged_id_leads_to_the_canonical_one(client: TestClient, archive: SampleArchive) -> None:
    for place in ("/recording", "/api/recording"):
        answer = client.get(f"{place}/rmergedaway")
        assert answer.status_code == 301 and answer.headers["location"] == f"{place}/{archive.playable}"


def test_search_is_a_page_or_a_fragment(client: TestClient) -> None:
    page = client.get("/search?q=slow")
    fragment = client.get("/search?q=slow", headers={"HX-Request": "true"})
    again = client.get("/search?q=slow", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    for answer in (page, fragment, again):
        assert "Slow Ferry" in answer.text
        assert answer.headers["vary"] == "HX-Request" and answer.headers["cache-control"] == "no-store"
    assert "<html" in page.text and "<html" in again.text and "<html" not in fragment.text
    assert "hx-partial" in fragment.text and "hx-partial" not in page.text


@pytest.mark.parametrize(
    "query", ["%00", "slow%00ferry", "NEAR(", '"', "a*", "'; --", "%ff%fe", "\u202e", "x" * 50_000, "%"]
)
def test_no_question_breaks_the_search(client: TestClient, archive: SampleArchive, query: str) -> None:
    for path in ("/search", "/api/search"):
        sent = query if "%" in query else quote(query)
        assert client.get(f"{path}?q={sent}").status_code == 200
    assert all(len(asked) <= 200 and "\x00" not in asked for asked in archive.queries)


def test_a_search_for_nothing_asks_nothing(client: TestClient, archive: SampleArchive) -> None:
    assert client.get("/search?q=%20%00").status_code == 200
    assert archive.queries == []


def test_editions_can_be_checked_from_the_page(client: TestClient, archive: SampleArchive) -> None:
    page = client.get("/editions").text
    edition = archive.editions()[0]
    assert KEY in page and "minisign -Vm SHA256SUMS" in page and "sha256sum --check" in page
    for path, _, sha256 in edition.parts:
        assert f"/editions/3/{path}" in page and sha256 in page
        assert client.get(f"/editions/3/{path}").status_code == 200


def test_edition_files_have_safe_types_and_ranges(client: TestClient) -> None:
    html = client.get("/editions/3/README.html")
    assert html.headers["content-type"] == "application/octet-stream"
    assert html.headers["content-disposition"] == 'attachment; filename="README.html"'
    torrent = client.get("/editions/3/torrents/cc-by-0001.torrent", headers={"Range": "bytes=0-1"})
    assert torrent.status_code == 206 and torrent.content == b"d4"
    assert torrent.headers["content-type"] == "application/x-bittorrent"
    etag = torrent.headers["etag"]
    assert (
        client.get("/editions/3/torrents/cc-by-0001.torrent", headers={"If-None-Match": etag}).status_code
        == 304
    )


@pytest.mark.parametrize(
    "path",
    [
        "3/../../tone.wav",
        "3/%2e%2e/%2e%2e/tone.wav",
        "3/..%2f..%2ftone.wav",
        "3/torrents/..%5c..%5cx",
        "3//etc/passwd",
        "3/%2fetc/passwd",
        "3/SHA256SUMS%00.txt",
        "3/%2e/SHA256SUMS",
        "3/",
        "3/torrents",
        "x/SHA256SUMS",
        "-1/SHA256SUMS",
        "9" * 5000 + "/SHA256SUMS",
        "\u0663/SHA256SUMS",
        "3/" + "a/" * 2000,
    ],
)
def test_nothing_outside_an_edition_is_reached(client: TestClient, path: str) -> None:
    answer = client.get(f"/editions/{path}")
    assert answer.status_code == 404 and b"RIFF" not in answer.content


@pytest.mark.parametrize("id", ["nothing", "%00", "a" * 500, "%3Cscript%3E", "\u202e", "%2e%2e", "9" * 5000])
def test_no_such_thing(client: TestClient, id: str) -> None:
    for kind in ("recording", "release", "artist"):
        answer = client.get(f"/{kind}/{id}")
        assert answer.status_code == 404 and "Not here" in answer.text
    assert client.get(f"/api/recording/{id}").status_code == 404


def test_a_failure_says_so_without_telling_secrets(
    client: TestClient, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("/home/secret")

    monkeypatch.setattr(archive, "glance", fail)
    page = client.get("/")
    assert page.status_code == 500 and "Something failed" in page.text and "secret" not in page.text
    assert {name: page.headers[name] for name in SAFETY} == SAFETY
    assert client.get("/api/glance").json()["status"] == 500
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200


def test_a_wrong_method_names_the_right_ones(client: TestClient) -> None:
    answer = client.post("/")
    assert (
        answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD" and "Not this way" in answer.text
    )


def test_static_files_are_kept_by_their_content(client: TestClient) -> None:
    page = client.get("/").text
    for address in set(re.findall(r"/static/[^\"]*", page)):
        answer = client.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], address
        assert client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    plain = client.get("/static/site.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.headers["cache-control"] == "no-cache"
    assert plain.text == client.get("/static/site.css").text


def test_the_first_view_is_light(client: TestClient) -> None:
    page = client.get("/")
    total = len(page.content)
    for address in set(re.findall(r"/static/[^\"]*", page.text)):
        total += len(client.get(address, headers={"Accept-Encoding": "identity"}).content)
    assert total < 100_000


def test_hostile_text_is_really_in_the_sample() -> None:
    assert "<script>" in HOSTILE and "\x00" in HOSTILE and "\u202e" in HOSTILE
