# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive in which every page has something to show, and the addresses of all of them, by their routes."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from onrecord.archive import Archive, swarm
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.matching import rematch
from onrecord.archive.newest_editions import volume_torrents
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader, open_reader
from onrecord.archive.swarm import Count
from onrecord.archive.withdrawing import withdraw
from onrecord.model.rights import Target
from onrecord.web.access.people import Users
from onrecord.web.access.roles import Role
from tests.archive.withdrawn import tagged
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, release, save
from tests.tones import write

ROOT: Final = Path(__file__).parents[2]
KEY: Final = "made-for-a-test"
FORMATS: Final = ("Opus", "Vorbis", "MP3", "FLAC")
_MADE: Final = {"Opus": ".opus", "MP3": ".mp3", "FLAC": ".flac"}


def make_walked(folder: Path) -> None:
    """Sound in four formats that may be heard, some that waits for a person, some that nothing allows, some that was
    withdrawn; a work, a label, a release group; an edition with seeders; somebody with an account."""
    music = folder / "music"
    for number, (name, ending) in enumerate(_MADE.items(), start=1):
        tags = tagged(f"{name} piece", track=str(number))
        if ending == ".mp3":
            tags["copyright"] = tags.pop("license")
        write(music / f"{name}{ending}", number, 8.0, tags)
    vorbis = ROOT / "demo" / "collection" / "hyperrogue-music"
    (music / "vorbis" / "sounds").mkdir(parents=True)
    shutil.copy(vorbis / "copyright", music / "vorbis")
    shutil.copy(vorbis / "sounds" / "tada.ogg", music / "vorbis" / "sounds")
    write(music / "odd.flac", 9, 20.0, {**tagged("Odd"), "license": "Free for everyone who asks me nicely"})
    write(music / "closed.opus", 11, tags={"title": "No evidence", "artist": "Some Makers"})
    write(music / "gone.flac", 12, 20.0, tagged("Gone"))
    with Archive.create(folder / "archive", "An archive to walk through", lambda: DAY) as archive:
        add(archive, [music], held_as="deposit")
        harvest(archive, "musicbrainz-json", _answers(folder / "answers"))
        rematch(archive)
        publish(archive)
        name, *_ = volume_torrents(archive)
        for days in range(5):
            seen = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC) + dt.timedelta(days)
            swarm.put(archive, [Count(name, "session", days, 0, None, True)], seen)
        gone = open_reader(archive.folder).why("gone.flac").id
        withdraw(archive, Target("recording", gone), by="Ann Swerer", text="It was never meant to be here")
        (folder / "gone").write_text(gone, encoding="ascii")
    with Users(folder / "archive") as users:
        users.add("ada", Role.OWNER, "long enough")


def _answers(folder: Path) -> Path:
    album = release("Fog Album", "Singer", [("One", 201_000), ("Two", 202_000)], date="1999-05-01")
    album["release-group"] = {"id": mbid("group"), "title": "Fog Collected", "primary-type": "Album"}
    label = {"id": mbid("label"), "name": "Quiet Harbour Records", "label-code": 193}
    album["label-info"] = [{"catalog-number": "QH 1", "label": label}]
    work = {
        "id": mbid("work"),
        "title": "Lighthouse Cantata",
        "iswcs": ["T-034.524.680-1"],
        "language": "eng",
    }
    link = {"type": "performance", "target-type": "work", "direction": "forward", "work": work}
    sung = recording("Evening Take", "Singer", 203_000, relations=[link])
    return save(folder, album=album, sung=sung, work=work, label={**label, "sort-name": label["name"]})


class Walked(Struct, frozen=True):
    """`folder` is what `make_walked` has filled."""

    folder: Path
    reader: Reader

    @classmethod
    def open(cls, folder: Path) -> "Walked":
        return cls(folder, open_reader(folder / "archive"))

    @property
    def gone(self) -> str:
        return (self.folder / "gone").read_text("ascii")

    def id(self, kind: str, words: str) -> str:
        [hit, *_] = self.reader.search(words, (kind,), 1)
        return hit.id

    def heard(self, name: str) -> str:
        """The page of the piece in one of the formats."""
        return f"/recording/{self.id('recording', 'tada' if name == 'Vorbis' else f'{name} piece')}"

    def pages(self) -> list[tuple[str, str]]:
        """A name for each page, and its address."""
        return [(name, address) for found in PAGES.values() for name, address in found(self).items()]


#: The pages for people by the paths of their routes: each under a name, with its address.
PAGES: Final[Mapping[str, Callable[[Walked], dict[str, str]]]] = {
    "/": lambda _: {"home": "/"},
    "/search": lambda _: {
        "search": "/search?q=piece",
        "search-empty": "/search?q=nothing+at+all",
        "search-all": "/search?sound=held",
    },
    "/recording/{id}": lambda it: {
        "recording": it.heard("FLAC"),
        "recording-refused": f"/recording/{it.id('recording', 'No evidence')}",
        "recording-known": f"/recording/{it.id('recording', 'Evening Take')}",
        "recording-withdrawn": f"/recording/{it.gone}",
    },
    "/release/{id}": lambda it: {
        "release": f"/release/{it.id('release', 'Record')}",
        "release-known": f"/release/{it.id('release', 'Fog Album')}",
    },
    "/artist/{id}": lambda it: {"artist": f"/artist/{it.id('artist', 'Some Makers')}"},
    "/release-group/{id}": lambda _: {"release-group": f"/release-group/{mbid('group')}"},
    **{f"/{kind}/{{id}}": lambda _, kind=kind: {kind: f"/{kind}/{mbid(kind)}"} for kind in ("work", "label")},
    "/explore": lambda _: {"explore": "/explore"},
    "/shuffle": lambda _: {"shuffle": "/shuffle"},
    "/books": lambda _: {"books": "/books?listeners=100&artists=40"},
    "/refused": lambda _: {"refused": "/refused"},
    "/editions": lambda _: {"editions": "/editions"},
    "/editions/plan": lambda _: {
        "plan": "/editions/plan?space=2&unit=TB",
        "plan-wrong": "/editions/plan?space=much",
    },
    "/holders": lambda _: {"holders": "/holders"},
    "/rights/notice": lambda it: {"notice": f"/rights/notice?about={it.heard('MP3')}"},
    "/sign-in": lambda _: {"sign-in": "/sign-in"},
    "/rights/queue": lambda _: {"queue": "/rights/queue"},
    "/run": lambda _: {"run": "/run"},
    # What no route answers is a page, too.
    "": lambda _: {"nothing-here": "/nothing/here"},
}
#: Pages that say no, and how.
REFUSING: Final = {"recording-withdrawn": 451, "plan-wrong": 400, "nothing-here": 404}
#: What answers programs, gives files, or is a part of a page.
NO_PAGES: Final = frozenset(
    {
        "/.well-known/tdmrep.json",
        "/1/latest-import",
        "/1/user/{name}/listen-count",
        "/1/user/{name}/listens",
        "/1/user/{name}/playing-now",
        "/1/validate-token",
        "/1/{rest:path}",
        "/api/glance",
        "/api/openapi.json",
        "/api/recording/{id}",
        "/api/recording/{id}/sound",
        "/api/search",
        "/api/shuffle",
        "/books/plays.csv",
        "/editions/{number}/{path:path}",
        "/exchange/possession",
        "/exchange/{sha256}",
        "/exchange/{sha256}/leaves/{piece}",
        "/favicon.ico",
        "/feed/{name}",
        "/feeds/{name}",
        "/holders.json",
        "/listening",
        "/listening/playlists/{name}",
        "/livez",
        "/metrics",
        "/oai",
        "/picture/{digest}",
        "/playlists/{kind}/{name}",
        "/playlists/{name}",
        "/readyz",
        "/rest/{method}",
        "/rights/picture/{digest}",
        "/rights/sound/{sha256}",
        "/robots.txt",
        "/run/now",
        "/sitemap.xml",
        "/sitemaps/{part}",
        "/sound/{sha256}",
        "/static/{path:path}",
        "/v2/lookup",
        "/v2/submission_status",
        "/v2/submit",
        "/v2/{rest:path}",
        "/volumes/{name}/{path:path}",
        "/ws/2/isrc/{isrc:path}",
        "/ws/2/{kind}",
        "/ws/2/{kind}/{id:path}",
        "/ws/2/{rest:path}",
    }
)
