# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works, labels and release groups are found by identifiers and words, listed, and lead to what belongs to them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import html
from starlette.testclient import TestClient

from onrecord.archive import Archive, naming
from onrecord.archive.harvest import harvest
from onrecord.archive.looking_up import LookUp, read_asked
from onrecord.archive.matching import rematch
from onrecord.archive.reading import Reader, open_reader
from onrecord.archive.withdrawing import withdraw
from onrecord.cli.search import command
from onrecord.errors import IsWithdrawn, NotFound, UsageError
from onrecord.model.filters import Filters
from onrecord.model.identifiers import mint
from onrecord.model.own_ids import own_id
from onrecord.model.rights import Target
from onrecord.web.app import create_app
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save

WORK, LABEL, GROUP = mbid("work"), mbid("label"), mbid("group")
ISWC = "T-034.524.680-1"


def _answers(folder: Path) -> Path:
    label = {
        "id": LABEL,
        "name": "Quiet Harbour Records",
        "label-code": 193,
        "sort-name": "Quiet Harbour Records",
    }
    info = [{"catalog-number": "QH 1", "label": {"id": LABEL, "name": label["name"]}}]
    album = release("Fog Album", "Singer", [("One", 201_000), ("Two", 202_000)], date="1999-05-01")
    album |= {
        "release-group": {"id": GROUP, "title": "Fog Collected", "primary-type": "Album"},
        "label-info": info,
    }
    work = {"id": WORK, "title": "Lighthouse Cantata", "iswcs": [ISWC], "language": "eng", "type": "Song"}
    link = {"type": "performance", "target-type": "work", "direction": "forward", "work": work}
    sung = recording("Evening Take", "Singer", 203_000, relations=[link])
    other = release("Elsewhere", "Other", [("Three", 99_000)], date="2010")
    other |= {"text-representation": {"language": "deu", "script": "Latn"}}
    return save(folder, album=album, sung=sung, other=other, work=work, label=label)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("named")
    with Archive.create(folder / "archive", "Named", lambda: DAY) as archive:
        harvest(archive, "musicbrainz-json", _answers(folder / "answers"))
        rematch(archive)
    return folder / "archive"


@pytest.fixture(scope="module")
def reader(once: Path) -> Reader:
    return open_reader(once)


@pytest.fixture(scope="module")
def client(once: Path) -> Iterator[TestClient]:
    with TestClient(create_app(open_reader(once)), follow_redirects=False) as client:
        yield client


def test_what_a_record_names_is_told_by_its_license_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "archive", "Named", lambda: DAY) as archive:
        monkeypatch.setattr(naming, "FREE", "another license")
        harvest(archive, "musicbrainz-json", _answers(tmp_path / "answers"))
        rematch(archive)
        assert found(open_reader(archive.folder), "fog collected", "release-group") == []
        german = Filters(languages=("deu",))
        for free, shown in (("CC0-1.0", True), ("another license", False)):
            monkeypatch.setattr(naming, "FREE", free)
            again = save(tmp_path / free, new=recording(f"New {free}", "Somebody", 1_000))
            harvest(archive, "musicbrainz-json", again)
            assert rematch(archive).why_anew == (
                "what records of musicbrainz-json say may be shown now, or no longer"
            )
            reader = open_reader(archive.folder)
            assert bool(found(reader, GROUP)) == shown
            assert bool(reader.search("elsewhere", ("release",), 50, german)) == shown
            harvest(
                archive, "musicbrainz-json", save(tmp_path / f"{free} 2", new=recording("More", free, 2_000))
            )
            assert not rematch(archive).why_anew, "that was told of once"


def page_of(kind: str, id: str) -> str:
    return f"/{kind}/{id}"


def found(reader: Reader, query: str, *kinds: str, **filters: Any) -> list[tuple[str, str]]:
    return [(hit.kind, hit.id) for hit in reader.search(query, kinds, 50, Filters(**filters))]


@pytest.mark.parametrize("code", [ISWC, "T0345246801", WORK, WORK.upper()])
def test_a_work_is_found_by_its_identifiers_first_and_what_is_recorded_of_it_with_it(
    reader: Reader, code: str
) -> None:
    assert found(reader, code)[0] == ("work", WORK)
    assert found(reader, code, "work") == [("work", WORK)]
    also = [kind for kind, _ in found(reader, code)[1:]]
    assert also == (["recording"] if code.startswith("T") else []), (
        "by an ISWC what was recorded of it as well"
    )


@pytest.mark.parametrize("code", ["LC 0193", "lc00193", "LC-00193", LABEL])
def test_a_label_is_found_by_its_code(reader: Reader, code: str) -> None:
    assert found(reader, code) == [("label", LABEL)]


def test_a_release_group_is_found_by_its_mbid(reader: Reader) -> None:
    assert found(reader, GROUP) == [("release-group", GROUP)]
    assert found(reader, GROUP, "work") == []


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("lighthouse cantata", ("work", WORK)),
        ("lighthouse cant", ("work", WORK)),
        ("lighthose", ("work", WORK)),
        ("lighthose cantata", ("work", WORK)),
        ("quiet harbour", ("label", LABEL)),
        ("quiet harbor rec", ("label", LABEL)),
        ("fog collected", ("release-group", GROUP)),
        ("singer fog collected", ("release-group", GROUP)),
    ],
)
def test_words_find_them(reader: Reader, words: str, first: tuple[str, str] | None) -> None:
    assert found(reader, words)[:1] == ([first] if first else [])


def test_they_stand_among_the_others_by_how_well_they_fit(reader: Reader) -> None:
    hits = reader.search("fog", (), 50)
    assert {hit.kind for hit in hits} == {"release", "release-group"}
    [group] = [hit for hit in hits if hit.kind == "release-group"]
    assert (group.title, group.subtitle, group.known_by) == ("Fog Collected", "Singer", {"releases": 1})
    assert {kind for kind, _ in found(reader, "fog", "release")} == {"release"}


def test_filters_narrow_them(reader: Reader) -> None:
    assert found(reader, "fog", "release-group", years=(1999, 1999)) == [("release-group", GROUP)]
    assert found(reader, "fog", "release-group", years=(2000, None)) == []
    assert found(reader, "quiet harbour", "label", years=(1999, 1999)) == [], "no label is of a year"
    assert found(reader, "quiet harbour", "label", sources=("musicbrainz-json",)) == [("label", LABEL)]
    assert found(reader, "quiet harbour", "label", sources=("file",)) == []
    for none in ({"sound": True}, {"licenses": ("CC-BY",)}, {"territory": "DE"}):
        assert found(reader, "quiet harbour", "label", **none) == found(reader, LABEL, **none) == []


def test_languages_are_those_of_works_of_what_is_recorded_of_them_and_of_titles(reader: Reader) -> None:
    assert reader.languages() == {"deu": 1, "eng": 1}, "of one release, and one recording"
    listed = {
        language: {
            (hit.kind, hit.title) for hit in reader.browse((), 50, Filters(languages=(language,))).hits
        }
        for language in ("eng", "deu")
    }
    assert listed == {
        "eng": {("recording", "Evening Take"), ("work", "Lighthouse Cantata")},
        "deu": {("release", "Elsewhere"), ("release-group", "Elsewhere")},
    }
    assert found(reader, "lighthouse", "work", languages=("ENG",)) == [("work", WORK)]
    assert found(reader, "lighthouse", "work", languages=("deu",)) == []
    assert found(reader, "quiet harbour", "label", languages=("eng",)) == []
    assert reader.counts(
        "", [Filters(kinds=("recording",), languages=("eng",)), Filters(languages=("eng",))]
    ) == [
        1,
        None,
    ]


def test_pages_lead_to_what_a_recording_is_of_and_a_release_belongs_to(
    client: TestClient, reader: Reader
) -> None:
    [take] = reader.search("evening take", ("recording",))
    [album] = reader.search("fog album", ("release",))
    [singer] = reader.search("singer", ("artist",))
    page: Any = html.fromstring(client.get(page_of("recording", take.id)).content)
    assert page.xpath("//dt[.='Work']/../dd/a/@href") == [page_of("work", WORK)]
    assert {"T0345246801", "https://musicbrainz.org" + page_of("work", WORK)} <= {
        *page.xpath("//code/text()"),
        *page.xpath("//a[@class='registry']/@href"),
    }
    page = html.fromstring(client.get(page_of("release", album.id)).content)
    assert page.xpath("//dt[.='Label']/../dd/a/@href") == [page_of("label", LABEL)]
    assert page.xpath("//dt[.='Release group']/../dd/a/@href") == [page_of("release-group", GROUP)]
    page = html.fromstring(client.get(page_of("artist", singer.id)).content)
    assert page.xpath("//section[@aria-labelledby='works']//a/@href") == [page_of("work", WORK)]
    behind = client.get(page_of("work", WORK) + "?from=1").text
    assert "None further." in behind and "Evening Take" not in behind
    assert reader.named("work", WORK).mbid == WORK and reader.named("work", WORK).more == 0


def test_all_of_a_kind_are_listed(reader: Reader) -> None:
    kinds = ("artist", "release-group", "work", "label")
    seen, place = list[tuple[str, str]](), ""
    for _ in range(20):
        part = reader.browse(kinds, 1, Filters(), place)
        seen += [(hit.kind, hit.title) for hit in part.hits]
        if not (place := part.after):
            break
    assert not place and len(seen) == len(set(seen))
    assert {title for kind, title in seen if kind == "artist"} == {"Singer", "Other"}
    assert {
        ("release-group", "Fog Collected"),
        ("work", "Lighthouse Cantata"),
        ("label", "Quiet Harbour Records"),
    } < {*seen}
    assert [kinds.index(kind) for kind, _ in seen] == sorted(kinds.index(kind) for kind, _ in seen)
    for wrong in ("work.x", "label." + mbid("nobody"), "genre." + LABEL):
        with pytest.raises(UsageError):
            reader.browse(kinds, 1, Filters(), wrong)


def test_each_leads_to_a_page_that_shows_what_belongs_to_it(client: TestClient, reader: Reader) -> None:
    for kind, id, shown in (
        ("work", WORK, ["Evening Take"]),
        ("label", LABEL, ["Fog Album"]),
        ("release-group", GROUP, ["Fog Album"]),
    ):
        page: Any = html.fromstring(client.get(page_of(kind, id)).content)
        assert page.xpath("//main//ul//a/text() | //main//ul//a/bdi/text()") == shown
        [leads] = page.xpath("//main//ul//a/@href")
        assert client.get(leads).status_code == 200
    work = page_of("work", WORK)
    assert "T0345246801" in client.get(work).text
    [claim] = reader.named("work", WORK).claims
    assert (claim.source, claim.source_id, claim.license) == ("musicbrainz-json", WORK, "CC0-1.0")
    said = {
        "title": "Lighthouse Cantata",
        "mbid": WORK,
        "iswc": "T0345246801",
        "language": "eng",
        "kind": "Song",
    }
    assert dict(claim.fields) == said
    [claim] = reader.named("label", LABEL).claims
    assert (
        dict(claim.fields)["code"] == "LC00193"
        and "Who says what" in client.get(page_of("label", LABEL)).text
    )
    assert (
        client.get(page_of("label", WORK)).status_code
        == client.get(page_of("work", "none")).status_code
        == 404
    )
    minted = mint("work", "musicbrainz-json", WORK)
    for thing in (minted, own_id("work", minted)):
        moved = client.get(page_of("work", thing)).headers
        assert moved["location"] == work, "the ids that stand for it lead to it"


def test_page_interface_and_command_say_the_kind(
    client: TestClient, once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page: Any = html.fromstring(client.get("/search", params={"q": ISWC}).content)
    assert page.xpath("//h2/text()")[0] == "Works"
    assert page.xpath("//section[@aria-labelledby='hits-work']//a/@href") == [page_of("work", WORK)]
    answer = client.get("/api/search", params={"q": "LC 00193", "kind": "label"}).json()
    assert [(hit["kind"], hit["id"]) for hit in answer["hits"]] == [("label", LABEL)]
    listed = client.get("/api/search", params={"kind": "label"}).json()
    assert [hit["title"] for hit in listed["hits"]] == ["Quiet Harbour Records"]
    obj = {"folder": once, "as_json": False, "quiet": False}
    said = CliRunner().invoke(command, ["--kind", "work", "lighthouse"], obj=obj)
    assert said.exit_code == 0 and said.output.split()[:2] == ["work", WORK]


@pytest.mark.parametrize(
    ("kind", "fields", "id", "reason"),
    [
        ("work", {"title": "Lighthouse Cantata"}, WORK, "title equal"),
        ("work", {"title": "Lighthouse Cantata", "artist": "Singer"}, WORK, "title equal"),
        ("work", {"title": "Lighthose Cantata (live)"}, WORK, "title equal but for one mistake in typing"),
        ("work", {"words": "lighthouse cantata"}, WORK, "the words are its title; no artist is among them"),
        ("work", {"iswc": ISWC, "title": "Lighthouse Cantata"}, WORK, "ISWC equal"),
        ("", {"iswc": ISWC}, WORK, "ISWC equal"),
        ("", {"identifier": LABEL}, LABEL, "MBID equal"),
        ("", {"identifier": "LC 0193"}, LABEL, "label code equal"),
        ("", {"words": "lc-00193"}, LABEL, "label code equal"),
        ("label", {"words": "LC 0193"}, LABEL, "label code equal"),
        ("label", {"title": "Quiet Harbour Records"}, LABEL, "title equal"),
        ("release-group", {"release": "Fog Collected", "artist": "Singer"}, GROUP, "artist equal"),
        ("release-group", {"title": "Fog Collected", "artist": "Another"}, "", ""),
        ("label", {"title": "Fog Collected"}, "", ""),
    ],
)
def test_a_list_may_ask_for_them(once: Path, kind: str, fields: dict[str, str], id: str, reason: str) -> None:
    look_up = LookUp(once, Filters(kinds=(kind,) if kind else ()))
    matches = look_up.answer(read_asked(fields), 1, 1).matches
    assert matches[0].id == id if id else not matches
    assert not id or reason in matches[0].reasons


def test_a_table_is_looked_up_among_works_by_the_command(once: Path, tmp_path: Path) -> None:
    (tmp_path / "works.csv").write_text("title,composer\nLighthouse Cantata,x\nFog Album,x\n")
    arguments = ["--kind", "work", "--from", str(tmp_path / "works.csv"), "--to", str(tmp_path / "found.csv")]
    told = CliRunner().invoke(command, arguments, obj={"folder": once, "as_json": False, "quiet": True})
    assert told.exit_code == 0, told.output
    answers = (tmp_path / "found.csv").read_text().splitlines()[1:]
    assert [WORK in line for line in answers] == [True, False]


def test_what_is_withdrawn_takes_with_it_what_is_known_by_it_alone(once: Path, tmp_path: Path) -> None:
    shutil.copytree(once, tmp_path / "archive")
    with Archive.open(tmp_path / "archive") as archive:
        reader = Reader(archive.folder)
        [album] = reader.search("fog album", ("release",))
        [take] = reader.search("evening take", ("recording",))
        withdraw(archive, Target("release", album.id), by="A", text="no")
        withdraw(archive, Target("recording", take.id), by="A", text="no")
        for query in (WORK, LABEL, GROUP, ISWC, "lighthouse", "quiet harbour", "fog"):
            assert found(reader, query) == [], query
        for kind, id in (("work", WORK), ("label", LABEL), ("release-group", GROUP)):
            with pytest.raises(IsWithdrawn):
                reader.named(kind, id)
        left = reader.browse(("release-group", "work", "label"), 50).hits
        assert [hit.title for hit in left] == ["Elsewhere"]
        with pytest.raises(NotFound):
            reader.named("genre", WORK)
