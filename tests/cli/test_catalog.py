# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord catalog report`: text, JSON, and a page that stands for itself and takes no harm from what it shows."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from onrecord.archive import Archive
from onrecord.archive.harvest import harvest
from tests.cli.test_commands import HOSTILE, Here
from tests.pipeline.musicbrainz import recording, save

MARKUP = "<script src=https://example.org/x.js>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose two sources have hostile titles on one ISRC."""
    place = tmp_path_factory.mktemp("catalog")
    hostile = {
        str(number): recording(title, title, 100_000, isrcs=["GBAHS1400001"])
        for number, title in enumerate([HOSTILE, MARKUP])
    }
    with Archive.create(place / "archive", f"Tapes {MARKUP}") as archive:
        harvest(archive, "musicbrainz-json", save(place / "in", **hostile))
        harvest(archive, "musicbrainz-json", place / "in", filed_as="somebody", license="CC0-1.0")
    return place / "archive"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(monkeypatch, capsys)


def test_text_names_what_was_found(here: Here, folder: Path) -> None:
    done = here("catalog", "report", "somebody", "-C", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("somebody on ")
    assert "2 tracks" in done.stdout and "2 new, 0 changed, 0 deleted, 0 rejected" in done.stdout
    assert "isrc-titles (1): One ISRC stands on tracks with different titles." in done.stdout
    assert all(line.isprintable() for line in done.stdout.split("\n"))


def test_json_has_one_report_or_all(here: Here, folder: Path) -> None:
    one = json.loads(here("catalog", "report", "somebody", "-C", folder, "--json").stdout)
    every = json.loads(here("catalog", "report", "--all", "-C", folder, "--json").stdout)
    assert one["schema"] == every["schema"] == "onrecord.catalog.report/1"
    assert [report["source"] for report in every["reports"]] == ["musicbrainz-json", "somebody"]
    assert one["reports"] == every["reports"][1:]
    assert [finding["code"] for finding in one["reports"][0]["findings"]] == ["isrc-titles"]


@pytest.mark.parametrize("words", [[], ["somebody", "--all"]])
def test_one_source_or_all_of_them(here: Here, folder: Path, words: list[str]) -> None:
    done = here("catalog", "report", *words, "-C", folder)
    assert done.returncode == 2
    assert "name one source, or give --all" in done.stderr


def test_an_unknown_source_is_a_usage_error(here: Here, folder: Path, tmp_path: Path) -> None:
    done = here("catalog", "report", "discogs", "-C", folder, "--html", tmp_path / "report.html")
    assert done.returncode == 2
    assert "there are: musicbrainz-json, somebody" in done.stderr
    assert not list(tmp_path.iterdir())


class Page(HTMLParser):
    """What a browser would load or run, and the text that it would show."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.shown = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.ids += [value or "" for name, value in attributes if name == "id"]
        names = ("href", "src", "srcset", "action", "data", "poster")
        self.addresses += [value or "" for name, value in attributes if name in names]

    def handle_data(self, data: str) -> None:
        self.shown += data


def test_the_page_stands_for_itself_and_shows_text_as_text(here: Here, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    done = here("catalog", "report", "--all", "-C", folder, "--html", place, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["reports"]) == 2
    text = place.read_text("utf-8")
    page = Page(text)
    assert MARKUP in page.shown and "isrc-titles" in page.shown
    assert not page.tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert page.handlers == []
    assert set(page.addresses) == {"data:,", "#source-1", "#source-2"}
    assert {"source-1", "source-2"} <= set(page.ids) and len(page.ids) == len(set(page.ids))
    [style] = [part.partition("</style>")[0] for part in text.split("<style>")[1:]]
    assert "prefers-color-scheme: dark" in style and "url(" not in style and "@import" not in style
    assert "default-src 'none'" in text
    assert not set(text) & {"\x00", "\x07", "\x1b", "\x9b"}
    here("catalog", "report", "--all", "-C", folder, "--html", place)
    assert place.read_text("utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
