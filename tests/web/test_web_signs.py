# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the site says to machines, and from where it knows a listener's country."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from onrecord.archive.settings import WebSettings
from onrecord.errors import ConfigError
from onrecord.rights.signals import Signals
from onrecord.web.app import create_app
from onrecord.web.site import Site
from tests.web.sample import SampleArchive

RESERVED = Signals(train_ai="reserve", tdm="reserve", policy="https://example.org/license")
PROXY = WebSettings(country_header="CF-IPCountry", trusted_proxies=("127.0.0.1", "10.0.0.0/8", "::1"))


@contextmanager
def served(
    archive: SampleArchive, site: Site, territory: str = "unknown", peer: str = "10.9.8.7"
) -> Iterator[TestClient]:
    with TestClient(create_app(archive, territory, site), client=(peer, 1)) as client:
        yield client


# Signals ---------------------------------------------------------------------------------------------------------


def test_an_archive_that_says_nothing_sends_nothing(client: TestClient, archive: SampleArchive) -> None:
    for path in ("/", f"/sound/{archive.digest}", f"/recording/{archive.playable}"):
        headers = client.get(path).headers
        assert not {"content-usage", "tdm-reservation", "tdm-policy"} & {*headers}
    assert client.get("/.well-known/tdmrep.json").status_code == 404
    robots = client.get("/robots.txt").text
    assert robots.splitlines() == [
        "User-agent: *",
        "Disallow: /search",
        "Disallow: /rights/queue",
        "Disallow: /run",
        "Disallow: /sign-in",
        "Allow: /",
    ]


def test_what_the_operator_says_goes_out_with_everything(archive: SampleArchive) -> None:
    with served(archive, Site(signals=RESERVED)) as client:
        for path in ("/", "/editions", "/api/glance", "/nothing/here"):
            headers = client.get(path).headers
            assert headers["content-usage"] == "train-ai=n", path
            assert headers["tdm-reservation"] == "1" and headers["tdm-policy"] == RESERVED.policy
        assert "Content-Usage: train-ai=n" in client.get("/robots.txt").text.splitlines()
        assert client.get("/.well-known/tdmrep.json").json() == [
            {"location": "/", "tdm-reservation": 1, "tdm-policy": RESERVED.policy}
        ]


def test_sound_and_its_page_say_what_its_own_evidence_says(archive: SampleArchive) -> None:
    archive.wished[archive.digest] = Signals(train_ai="allow", tdm="allow", search="allow")
    with served(archive, Site(signals=RESERVED)) as client:
        for path in (
            f"/sound/{archive.digest}",
            f"/sound/{archive.digest}?copy=1",
            f"/recording/{archive.playable}",
            f"/api/recording/{archive.playable}",
        ):
            headers = client.get(path).headers
            assert headers["content-usage"] == "train-ai=y, search=y", path
            assert headers["tdm-reservation"] == "0" and "tdm-policy" not in headers
        part = client.get(f"/sound/{archive.digest}", headers={"Range": "bytes=0-9"})
        assert part.status_code == 206 and part.headers["content-usage"] == "train-ai=y, search=y"


def test_a_policy_from_a_file_cannot_make_headers(archive: SampleArchive) -> None:
    archive.wished[archive.digest] = Signals(tdm="reserve", policy="https://x/\r\nSet-Cookie: a=b")
    with served(archive, Site()) as client:
        headers = client.get(f"/sound/{archive.digest}").headers
        assert (
            headers["tdm-reservation"] == "1" and "tdm-policy" not in headers and "set-cookie" not in headers
        )


def test_robots_obeys_the_operator(archive: SampleArchive) -> None:
    web = WebSettings(disallow=("/sound/",), disallow_agents=("GPTBot",))
    with served(archive, Site(web=web)) as client:
        lines = client.get("/robots.txt").text.splitlines()
        assert lines.index("Disallow: /sound/") < lines.index("User-agent: GPTBot")
        assert lines[-2:] == ["User-agent: GPTBot", "Disallow: /"]


@pytest.mark.parametrize(
    ("web", "said"),
    [
        (WebSettings(disallow=("sound",)), "disallow"),
        (WebSettings(disallow=("/x\nAllow: /",)), "disallow"),
        (WebSettings(disallow_agents=("a\nb",)), "disallow_agents"),
        (WebSettings(trusted_proxies=("10.0.0.0/99",)), "trusted_proxies"),
        (WebSettings(country_header="a: b"), "country_header"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_named(
    archive: SampleArchive, web: WebSettings, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        create_app(archive, site=Site(web=web))


# Territory -------------------------------------------------------------------------------------------------------


def asked(client: TestClient, archive: SampleArchive, headers: list[tuple[str, str]]) -> str:
    assert client.get(f"/sound/{archive.digest}", headers=headers).status_code == 200
    return archive.asked[-1][2]


@pytest.mark.parametrize(
    ("headers", "territory"),
    [
        ([("CF-IPCountry", "NO")], "NO"),
        ([("cf-ipcountry", " no ")], "NO"),
        ([], "unknown"),
        ([("CF-IPCountry", "XX")], "unknown"),
        ([("CF-IPCountry", "Worldwide")], "unknown"),
        ([("CF-IPCountry", "")], "unknown"),
        ([("CF-IPCountry", "NO"), ("CF-IPCountry", "DE")], "unknown"),
        ([("CF-IPCountry", "NO, DE")], "unknown"),
        ([("X-Country", "NO")], "unknown"),
    ],
)
def test_a_trusted_proxy_says_where_a_listener_is(
    archive: SampleArchive, headers: list[tuple[str, str]], territory: str
) -> None:
    for peer in ("10.9.8.7", "127.0.0.1", "::1", "::ffff:10.1.1.1"):
        with served(archive, Site(web=PROXY), peer=peer) as client:
            assert asked(client, archive, headers) == territory, peer


def test_nobody_else_is_believed(archive: SampleArchive) -> None:
    for peer in ("192.0.2.1", "11.0.0.1", "testclient"):
        with served(archive, Site(web=PROXY), peer=peer) as client:
            forwarded = [
                ("CF-IPCountry", "NO"),
                ("X-Forwarded-For", "10.0.0.1"),
                ("Forwarded", "for=10.0.0.1"),
            ]
            assert asked(client, archive, forwarded) == "unknown"


def test_the_word_of_the_operator_is_fixed(archive: SampleArchive) -> None:
    with served(archive, Site(web=PROXY), territory="DE") as client:
        assert asked(client, archive, [("CF-IPCountry", "NO")]) == "DE"
        assert "CF-IPCountry" not in client.get(f"/sound/{archive.digest}").headers.get("vary", "")


def test_pages_ask_for_the_listener_too(archive: SampleArchive) -> None:
    with served(archive, Site(web=PROXY)) as client:
        client.get(f"/recording/{archive.playable}", headers={"CF-IPCountry": "NO"})
        assert {territory for _, _, territory in archive.asked} == {"NO"}


def test_no_cache_gives_one_country_the_answer_of_another(archive: SampleArchive) -> None:
    with served(archive, Site(web=PROXY)) as client:
        for path in ("/", f"/recording/{archive.playable}", f"/sound/{archive.digest}"):
            headers = client.get(path, headers={"CF-IPCountry": "NO"}).headers
            assert "CF-IPCountry" in headers["vary"], path
            assert headers["cache-control"].startswith("private, no-cache"), path


def test_a_country_is_neither_logged_nor_told(
    archive: SampleArchive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = {path: path.stat().st_mtime_ns for path in archive.root.rglob("*")}
    with served(archive, Site(web=PROXY)) as client:
        answer = client.get(f"/sound/{archive.digest}", headers={"CF-IPCountry": "SJ"})
        page = client.get(f"/recording/{archive.playable}", headers={"CF-IPCountry": "SJ"})
    # The client of this test logs what it does itself; of the server's own lines none names it.
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert not any("SJ" in line for line in own)
    assert not any("SJ" in value for value in (*answer.headers.values(), *page.headers.values()))
    assert {path: path.stat().st_mtime_ns for path in archive.root.rglob("*")} == before
