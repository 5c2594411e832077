# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feeds, sitemaps, playlists, and what pages say in schema.org: read back, and hostile text in each."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from onrecord.sources import playlist_entries
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests.web.sample import HOSTILE, SampleArchive

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def page(published: Archive) -> Iterator[TestClient]:
    reader = open_reader(published.folder)
    with TestClient(
        create_app(reader, site=site_of(published.folder)), base_url="http://here.example"
    ) as client:
        yield client


def test_feeds_of_sound_and_editions_name_what_is_new_and_may_be_heard(
    page: TestClient, published: Archive
) -> None:
    atom = etree.fromstring(page.get("/feeds/sound.atom").content)
    entries = {entry.findtext(f"{ATOM}title"): entry for entry in atom.findall(f"{ATOM}entry")}
    assert set(entries) == {"Piece 1", "Piece 2", "Piece 3", "Piece 4", "NC", "No evidence"}
    [heard] = [link for link in entries["Piece 2"].findall(f"{ATOM}link") if link.get("rel") == "enclosure"]
    sound = page.get(str(heard.get("href")))
    assert (sound.status_code, sound.headers["content-type"]) == (200, heard.get("type"))
    assert int(str(heard.get("length"))) == len(sound.content)
    closed = [link.get("rel") for link in entries["No evidence"].findall(f"{ATOM}link")]
    assert closed == ["alternate"], "what may not be streamed is named, and not given"
    rss = etree.fromstring(page.get("/feeds/sound.rss").content)
    assert len(rss.findall("channel/item")) == 6 and len(rss.findall("channel/item/enclosure")) == 5
    [edition] = etree.fromstring(page.get("/feeds/editions.atom").content).findall(f"{ATOM}entry")
    assert (edition.findtext(f"{ATOM}title"), edition.findtext(f"{ATOM}id")) == (
        "Edition 1",
        "http://here.example/editions#edition-1",
    )
    assert page.get("/feeds/nothing.atom").status_code == page.get("/feeds/sound.pdf").status_code == 404
    # What is withdrawn leaves feeds and sitemap at once.
    before = page.get("/sitemaps/1.xml").text
    [piece] = [
        it for it in open_reader(published.folder).search("Piece 1", ("recording",)) if it.title == "Piece 1"
    ]
    assert piece.id in before
    withdraw(published, Target("recording", piece.id), by="the maker", text="not any more")
    assert "Piece 1" not in page.get("/feeds/sound.atom").text
    assert page.get("/sitemap.xml").status_code == 200 and piece.id not in page.get("/sitemaps/1.xml").text


def test_the_sitemap_names_every_page_of_what_is_held(page: TestClient) -> None:
    assert "Sitemap: http://here.example/sitemap.xml\n" in page.get("/robots.txt").text
    index = etree.fromstring(page.get("/sitemap.xml").content)
    parts = [str(it.text) for it in index.iter(f"{MAP}loc")]
    assert parts == ["http://here.example/sitemaps/0.xml", "http://here.example/sitemaps/1.xml"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", next(index.iter(f"{MAP}lastmod")).text or "")
    listed = [
        str(it.text) for part in parts for it in etree.fromstring(page.get(part).content).iter(f"{MAP}loc")
    ]
    assert len(listed) == len(set(listed)) == 4 + 7
    assert all(page.get(address).status_code == 200 for address in listed)
    assert page.get("/sitemaps/2.xml").status_code == page.get("/sitemaps/x.xml").status_code == 404


@pytest.mark.parametrize("form", ["xspf", "jspf", "m3u", "m3u8"])
def test_playlists_are_read_back(client: TestClient, archive: SampleArchive, form: str) -> None:
    release = next(view for view in archive.releases.values() if view.title == "Slow Ferry")
    answer = client.get(f"/playlists/release/{release.id}.{form}")
    entries = list(playlist_entries.read(answer.content, answer.headers["content-type"].partition(";")[0]))
    heard = [entry for entry in entries if entry.locations]
    assert [entry.title for entry in heard] == ["Kelp Line"] or form.startswith("m3u")
    assert heard[0].locations[0] == f"http://testserver/sound/{archive.digest}"
    if not form.startswith("m3u"):
        assert [entry.title for entry in entries] == [row.title for row in release.tracks]
        assert entries[0].artist == "Marit Oddvik" and entries[0].duration_ms == 24_000
    artist = client.get(f"/playlists/artist/{release.artist_id}.{form}")
    found = client.get(f"/playlists/search.{form}?q=kelp+line")
    one = client.get(f"/playlists/recording/{archive.hostile}.{form}")
    for each in (artist, found, one):
        assert each.status_code == 200
        assert list(playlist_entries.read(each.content, each.headers["content-type"].partition(";")[0]))


def test_a_playlist_of_nothing(client: TestClient) -> None:
    for address in (
        "/playlists/release/none.xspf",
        "/playlists/label/x.xspf",
        "/playlists/search.pdf",
        "/playlists/x.m3u",
    ):
        assert client.get(address).status_code == 404


def test_every_page_says_what_it_is_about(client: TestClient, archive: SampleArchive) -> None:
    release = next(iter(archive.releases.values()))
    kinds = {
        "/": "WebSite",
        "/search?q=kelp": "WebPage",
        f"/recording/{archive.playable}": "MusicRecording",
        f"/release/{release.id}": "MusicAlbum",
        f"/artist/{release.artist_id}": "MusicGroup",
        "/editions": "DataCatalog",
        "/refused": "WebPage",
    }
    for address, kind in kinds.items():
        assert _said(client.get(address).text)["@type"] == kind
    editions = _said(client.get("/editions").text)["dataset"]
    assert {each["@type"] for each in editions} == {"Dataset"} and editions[0]["distribution"]
    recording = _said(client.get(f"/recording/{archive.playable}").text)
    assert recording["byArtist"]["name"] == "Marit Oddvik" and recording["duration"] == "PT0M24S"


def test_hostile_text_stays_text(client: TestClient, archive: SampleArchive) -> None:
    page = client.get(f"/recording/{archive.hostile}").text
    block = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert "<" not in block and ">" not in block
    said = _said(page)["name"]
    assert said.startswith("<script>alert(1)</script>") and "\u202e" not in said and "\x1b" not in said
    xspf = client.get(f"/playlists/recording/{archive.hostile}.xspf")
    title = etree.fromstring(xspf.content).findtext(
        ".//{http://xspf.org/ns/0/}track/{http://xspf.org/ns/0/}title"
    )
    assert title == said and len(HOSTILE) > len(title or "")
    m3u = client.get(f"/playlists/recording/{archive.hostile}.m3u").text
    assert all(line.startswith(("#", "http://testserver/")) for line in m3u.splitlines())


def _said(page: str) -> Any:
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)
