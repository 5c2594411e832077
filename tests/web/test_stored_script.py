# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a stranger writes into a file or a record stays text: in each page, feed, table and list that leaves."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from lxml import etree, html
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader, open_reader
from onrecord.archive.ruling import rule
from onrecord.errors import UsageError
from onrecord.model.rights import Target
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role, Scope
from onrecord.web.app import create_app
from onrecord.web.listens.keeping import Listening
from onrecord.web.site import site_of
from tests.archive.pictured import COVER, with_cover
from tests.archive.withdrawn import BY
from tests.conftest import DAY
from tests.sources.test_ddex_ern import RECIPIENT, ern4
from tests.tones import write

#: Of the file that may be heard, and of one with all that a file can say. A composer who is not the artist closes a
#: piece, and so does a license that nobody can read.
HEARD: Final = "title artist album albumartist genre comment lyrics description picture"
SAID: Final = f"{HEARD} composer license copyright isrc barcode date label tracknumber"
DELIVERED: Final = {
    "Album": "delivered title",
    "Singer": "delivered artist",
    "The Label": "delivered label",
    "Song": "delivered song",
}
PLAYLIST: Final = "playlist"
NAME: Final = "name<script>alert(1)<script><img src=x onerror=alert(1)>\n=cmd.flac"


def hostile(field: str) -> str:
    """What a spreadsheet would compute, a page would run, a list would take for an address, and XML for an end."""
    sign = field.replace(" ", "-")
    return (
        f"=cmd|{sign}' \"><script>alert('{sign}')</script><img src=x onerror=alert(1)>\r\nhttps://evil.example/{sign}"
        "\n]]>--><!-- {{ 7*7 }} \u202e\x1b[31m\x00"
    )


def dressed(folder: Path) -> None:
    """An archive that is full of it."""
    music = folder / "music"
    words = {name: hostile(name) for name in HEARD.split()}
    first = write(music / "first.flac", 1, tags={"license": BY})
    with_cover(first, words, words.pop("picture"))
    words = {name: hostile(name) for name in SAID.split()}
    second = write(music / "second.flac", 2)
    with_cover(second, words, words.pop("picture"))
    second.rename(music / NAME)
    messages = folder / "messages"
    messages.mkdir()
    text: str = ern4()
    for plain, field in DELIVERED.items():
        fit = re.sub("[\x00\x1b]", "", hostile(field))
        text = text.replace(f">{plain}<", f">{escape(fit)}<")
    (messages / "message.xml").write_text(text)
    with Archive.create(folder / "archive", "Test <b>archive</b>", lambda: DAY) as archive:
        add(archive, [music], held_as="owner")
        harvest(archive, "ddex-ern", messages, settings={"party_id": RECIPIENT})
        rematch(archive)
        rule(archive, Target("blob", COVER), True, by=hostile("by")[:150], note=hostile("note"))
        for recording in _ids(archive, "recording"):
            rule(archive, Target("recording", recording), True, part="lyrics", by="Ada", note=hostile("note"))


def _ids(archive: Archive, kind: str) -> list[str]:
    return [hit.id for hit in Reader(archive.folder).browse((kind,), 100).hits]


@pytest.fixture
def archive(made_once: Callable[..., Path]) -> Iterator[Archive]:
    with Archive.open(made_once(dressed) / "archive", lambda: DAY) as archive:
        yield archive


def test_stored_script_stays_text(archive: Archive) -> None:
    """Each output is read as a program of its kind reads it; each field has to turn up in one of them at least."""
    seen: set[str] = set()
    app = create_app(open_reader(archive.folder), "SE", site_of(archive.folder))
    with TestClient(app, raise_server_exceptions=False) as client:
        for kind, texts in _outputs(archive, client):
            for address, text in texts:
                _LOOK[kind](address, text)
                seen |= {*re.findall(r"cmd\|([a-z-]+)", text)}
    wanted = {*SAID.split(), *DELIVERED.values(), PLAYLIST, "query", "note"} - _SHOWN_NOWHERE
    assert {name.replace(" ", "-") for name in wanted} - seen == set()


def test_a_name_of_a_person_is_letters() -> None:
    with pytest.raises(UsageError, match="is no name"):
        Users.add(None, hostile("user"), Role.LISTENER, "correct horse battery")  # type: ignore[arg-type]


#: Kept, and told to nobody on the web; `picture` is what a picture calls itself.
_SHOWN_NOWHERE: Final = {"picture", "barcode", "comment", "description", "isrc", "label", "tracknumber"}


def _outputs(archive: Archive, client: TestClient) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    things = {kind: _ids(archive, kind) for kind in ("recording", "release", "artist", "label", "work")}
    assert len(things["recording"]) == 2 and all(things[kind] for kind in ("release", "artist", "label"))
    with Users(archive.folder) as users:
        users.add("cleo", Role.CURATOR, "correct horse battery")
        curator = {"Authorization": f"Bearer {users.issue('cleo', [Scope.CURATE, Scope.SCROBBLE])}"}
        own = {"u": "cleo", "p": users.make_app_password("cleo", "player"), "c": "test"}
    with Listening(archive.folder) as listening:
        made = listening.make_list("cleo", hostile(PLAYLIST), [(id, 8.0) for id in things["recording"]])

    def get(*addresses: str, **more: Any) -> list[tuple[str, str]]:
        answers = [(address, client.get(address, **more)) for address in addresses]
        assert all(answer.status_code == 200 for _, answer in answers), [
            (address, answer.status_code) for address, answer in answers
        ]
        return [(address, answer.text) for address, answer in answers]

    pages = [f"/{kind}/{id}" for kind, ids in things.items() for id in ids]
    query = quote(hostile("query"), safe="")
    yield (
        "html",
        get(
            "/",
            f"/search?q={query}",
            "/search?q=cmd",
            "/refused",
            "/shuffle",
            "/explore",
            "/editions",
            *pages,
        ),
    )
    yield "html", get(*(f"/recording/{id}" for id in things["recording"]), "/rights/queue", headers=curator)
    yield "html", get("/listening", headers=curator)
    lists = [f"/playlists/{kind}/{id}" for kind in ("recording", "release", "artist") for id in things[kind]]
    yield (
        "xml",
        get(
            "/feeds/sound.atom", "/feeds/sound.rss", "/feeds/editions.atom", "/sitemap.xml", "/sitemaps/1.xml"
        ),
    )
    yield "xml", get(*(f"{each}.xspf" for each in lists), f"/playlists/search.xspf?q={query}")
    yield (
        "xml",
        get(
            "/oai?verb=ListRecords&metadataPrefix=oai_dc",
            "/oai?verb=Identify",
            "/oai?verb=ListSets",
            f"/oai?verb={query}",
        ),
    )
    methods = ("search3?query=", "getPlaylists?", f"getPlaylist?id={made.id}", "getGenres?", "getArtists?")
    songs = (
        f"{method}?id={id}"
        for id in things["recording"]
        for method in ("getLyricsBySongId", "getSimilarSongs")
    )
    yield "xml", get(*(f"/rest/{method}" for method in (*methods, *songs)), params=own)
    yield (
        "json",
        get(*(f"{each}.jspf" for each in lists), *(f"/api{page}" for page in pages if page[1:4] == "rec")),
    )
    yield "m3u", get(*(f"{each}.m3u8" for each in lists), f"/playlists/search.m3u?q={query}")
    mine = [f"/listening/playlists/{made.id}.{form}" for form in ("xspf", "m3u")]
    [xspf, m3u] = get(*mine, headers=curator)
    yield "xml", [xspf]
    yield "m3u", [m3u]
    table = io.StringIO()
    csv.writer(table).writerows(
        [["title", "artist"], ["=cmd|title", "x"], [hostile("title"), hostile("artist")]]
    )
    asked = {"Content-Type": "text/csv", "Accept": "text/csv"}
    answer = client.post("/lookup", content=table.getvalue().encode(), headers=asked)
    yield "csv", [("/lookup", answer.text), *get("/books/plays.csv")]
    ws2 = [f"/ws/2/{kind}?query=cmd&fmt=xml" for kind in ("recording", "release", "artist")]
    yield "xml", get(*ws2)


def _html(address: str, text: str) -> None:
    tree = html.document_fromstring(text)
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json":
            json.loads(script.text_content())
        else:
            assert script.get("src", "").startswith("/static/") and not script.text_content(), address
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), (address, name)
            if name in ("href", "src", "srcset", "action", "formaction"):
                assert re.match(
                    r"/|#|magnet:\?xt=" if name != "href" else r"/|#|https://|magnet:\?xt=", str(value)
                )
                assert not str(value).startswith(("https://evil", "//")), (address, value)
    assert "49" not in [each.strip() for each in tree.itertext()], "no template is run"
    assert "\x1b" not in text and "\x00" not in text, address


def _xml(address: str, text: str) -> None:
    tree = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
    names = {etree.QName(each).localname for each in tree.iter(etree.Element)}
    assert not names & {"script", "img"}, address
    assert not list(tree.iter(etree.Comment)), address
    for element in tree.iter("{*}location", "{*}link", "{*}loc", "{*}info", "{*}image", "{*}identifier"):
        words = (element.text or element.get("href") or "").strip()
        assert re.match(r"(https?://testserver/|https://musicbrainz\.org/|$)", words) or "oai" in words, (
            address,
            words,
        )


def _json(address: str, text: str) -> None:
    json.loads(text)


def _m3u(address: str, text: str) -> None:
    for line in text.splitlines():
        assert line.startswith(("#EXT", "#PLAYLIST:", "http://testserver/")), (address, line)


def _csv(address: str, text: str) -> None:
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1, address
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (address, cell)


_LOOK: Final[dict[str, Callable[[str, str], None]]] = {
    "html": _html,
    "xml": _xml,
    "json": _json,
    "m3u": _m3u,
    "csv": _csv,
}
