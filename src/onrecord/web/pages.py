# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people. Each is a plain function of the archive and the request, run in the thread pool."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import NotFound, UsageError
from onrecord.model.filters import Filters
from onrecord.model.rights import Decision, Use
from onrecord.model.views import (
    CoverView,
    DecisionView,
    Hit,
    Listing,
    RecordingView,
    Refusal,
    SoundView,
    TrackRow,
    VersionView,
)
from onrecord.web import choices, narrowing, padding, ranges, registries, signs, sound, text
from onrecord.web.access.roles import Role, Scope, visitor
from onrecord.web.assets import Assets
from onrecord.web.differing import compare, differences
from onrecord.web.health import health
from onrecord.web.reader import Reader
from onrecord.web.render import Render
from onrecord.web.whereabouts import Whereabouts

#: Longer questions are cut: no title needs more, and the index should not have to read a book.
LONGEST_QUERY: Final = 200
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
#: So many of each kind are found at once, where no kind was chosen.
_FOUND: Final = {"artist": 6, "release": 8, "recording": 20, "release-group": 4, "work": 6, "label": 6}
#: Recordings of a release or an artist whose files are looked at for a cover.
_FRONTS: Final = 12
#: What two files of the same music are to each other, the most alike first.
_ALIKE: Final = ("identical", "encoding", "remaster", "edit")
_CALLED: Final = {"release-group": "Release group", "work": "Work", "label": "Label"}
#: Only types that a browser shows as text or saves; whatever else an edition holds leaves as plain bytes.
_FILE_TYPES: Final = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".minisig": "text/plain; charset=utf-8",
    ".pub": "text/plain; charset=utf-8",
    ".rss": "application/rss+xml",
    ".parquet": "application/vnd.apache.parquet",
    ".torrent": "application/x-bittorrent",
    ".txt": "text/plain; charset=utf-8",
}


class Pages:
    def __init__(self, archive: Reader, render: Render, assets: Assets, where: Whereabouts) -> None:
        self._archive = archive
        self._page = render.page
        self._assets = assets
        self._where = where

    def routes(self) -> list[BaseRoute]:
        """Routes answer HEAD wherever they answer GET."""
        return [
            Route("/", self.home),
            Route("/search", self.search),
            Route("/recording/{id}", self.recording),
            Route("/release/{id}", self.release),
            Route("/artist/{id}", self.artist),
            *(Route(f"/{kind}/{{id}}", self.named) for kind in _CALLED),
            Route("/editions/{number}/{path:path}", self.edition_file),
            Route("/volumes/{name}/{path:path}", self.volume_file),
            Route("/feed/{name}", self.feed_file),
            Route("/refused", self.refused),
            Route("/favicon.ico", self.icon),
            Route("/static/{path:path}", self._assets.serve),
        ]

    def home(self, request: Request) -> Response:
        editions, recent = self._archive.editions(), self._archive.recent(12)
        values = {
            "glance": self._archive.glance(),
            "recent": recent,
            "edition": editions[0] if editions else None,
            "health": health(editions[0], dt.datetime.now(dt.UTC).date()) if editions else None,
            "shelves": self._archive.shelves(),
            "featured": self._featured(recent, self._where.of(request)),
            "covers": self._covers(recent, self._where.of(request)),
        }
        return self._page("home.html", request, values, headers=self._where.headers)

    def _featured(self, recent: list[TrackRow], territory: str) -> RecordingView | None:
        """The newest published recording that may be heard, if it is among those listed."""
        for row in [row for row in recent if row.has_sound]:
            view = self._archive.recording(row.id)
            first = view.sounds[0] if view.sounds else None
            if (
                first
                and first.volume
                and first.state == "ok"
                and self._may(first, Use.STREAM, territory).allow
            ):
                return view
        return None

    def _covers(self, rows: Sequence[TrackRow], territory: str) -> list[tuple[TrackRow, CoverView]]:
        """The fronts of recordings, each once."""
        found: dict[str, tuple[TrackRow, CoverView]] = {}
        for row in rows:
            if row.has_sound and (cover := self._archive.cover((row.id,), territory)):
                found.setdefault(cover.picture, (row, cover))
        return list(found.values())

    def _front(self, rows: Iterable[TrackRow], territory: str) -> CoverView | None:
        held = [row.id for row in rows if row.has_sound]
        return self._archive.cover(held[:_FRONTS], territory)

    def _may(self, sound: SoundView, use: Use, territory: str) -> Decision:
        """What the door of `/sound` would say now. A recording's own decisions are the best of all its files."""
        return self._archive.may(sound.sha256, use, territory)

    def search(self, request: Request) -> Response:
        """A whole page, or only the results where htmx asks while somebody types."""
        query = question(request.query_params.get("q", ""))
        chosen = narrowing.chosen(request.query_params)
        only, filters = chosen["kind"], narrowing.filters(chosen, self._where.of(request))
        unknown = self._archive.unknown(filters)
        after = request.query_params.get("after", "")
        kinds = {kind: 100 if only else most for kind, most in _FOUND.items() if only in ("", kind)}
        groups: list[tuple[str, str, list[Hit], str]] = []
        if unknown or not (query or any(chosen.values())):
            kinds = {}
        elif query:
            limits = {kind: most + 1 for kind, most in kinds.items()}
            for kind, hits in self._archive.search_kinds(query, limits, filters):
                more = narrowing.address(query, chosen, kind) if len(hits) > kinds[kind] else ""
                groups.append((kind, narrowing.KINDS[kind], hits[: kinds[kind]], more))
        else:
            for kind, most in kinds.items():
                listing = self._listing(kind, most, filters, after if only else "")
                more = (
                    narrowing.address("", chosen, kind, listing.after if only else "")
                    if listing.after
                    else ""
                )
                groups.append((kind, narrowing.KINDS[kind], list(listing.hits), more))
        values = {
            "query": query,
            "only": only,
            "chosen": chosen,
            "narrowed": any(chosen.values()),
            "first": narrowing.FIRST,
            "rest": any(value for name, value in chosen.items() if name not in narrowing.FIRST),
            "unknown": unknown,
            "groups": [group for group in groups if group[2] or group[3]],
            "found": sum(len(group[2]) for group in groups),
            "more": any(group[3] for group in groups),
        }
        asked = request.headers.get
        fragment = asked("hx-request") == "true" and asked("hx-history-restore-request") != "true"
        values["fragment"] = fragment
        # The start page shows results alone.
        beside = not fragment or urlsplit(asked("hx-current-url", "")).path == "/search"
        values["fields"] = self._fields(query, chosen, request, not unknown) if beside else []
        template = "results.html" if fragment else "search.html"
        vary = ", ".join(filter(None, ("HX-Request", self._where.headers.get("Vary", ""))))
        return self._page(template, request, values, headers={"Vary": vary, "Cache-Control": "no-store"})

    def _fields(
        self, query: str, chosen: Mapping[str, str], request: Request, counted: bool
    ) -> list[choices.Field]:
        return choices.fields(self._archive, query, chosen, self._where.of(request), counted)

    def _listing(self, kind: str, limit: int, filters: Filters, after: str) -> Listing:
        """Without words: what fits, from a place on; from the beginning where that is none."""
        try:
            return self._archive.browse((kind,), limit, filters, after)
        except UsageError:
            return self._archive.browse((kind,), limit, filters)

    def recording(self, request: Request) -> Response:
        view = self._archive.recording(_id(request))
        if view.id != request.path_params["id"]:
            return _moved(f"/recording/{view.id}")
        territory = self._where.of(request)
        values = {
            "view": view,
            "because": _because(view),
            "review": visitor(request).may(Role.CURATOR, Scope.CURATE),
            "sounds": [
                (it, self._may(it, Use.STREAM, territory), self._may(it, Use.DOWNLOAD, territory))
                for it in view.sounds
            ],
            "sentences": {
                rule.code: rule.sentence for shown in view.decisions.values() for rule in shown.rules
            },
            "licenses": _licenses(view),
            "claims": compare(view.claims),
            "differences": differences(view),
            "identifiers": registries.of_claims("recording", view.claims, view.works),
            "versions": _versions(view),
            "cover": self._archive.cover((view.id,), territory) if view.sounds else None,
            "lyrics": self._archive.lyrics([it.sha256 for it in view.sounds], territory),
        }
        values["beside"] = self._archive.held_beside(view.id) if values["review"] else None
        headers = {
            **self._where.headers,
            **signs.fields(self._archive.signals(*(it.sha256 for it in view.sounds))),
        }
        if values["review"]:
            headers["Cache-Control"] = "private, no-store"
        return self._page("recording.html", request, values, headers=headers)

    def release(self, request: Request) -> Response:
        view = self._archive.release(_id(request))
        if view.id != request.path_params["id"]:
            return _moved(f"/release/{view.id}")
        discs = sorted({track.disc or 1 for track in view.tracks})
        values = {
            "view": view,
            "discs": [(disc, [row for row in view.tracks if (row.disc or 1) == disc]) for disc in discs],
            "seconds": sum(row.seconds for row in view.tracks),
            "claims": compare(view.claims),
            "differences": differences(view),
            "identifiers": registries.of_claims("release", view.claims),
            "cover": self._front(view.tracks, self._where.of(request)),
        }
        return self._page("release.html", request, values, headers=self._where.headers)

    def artist(self, request: Request) -> Response:
        view = self._archive.artist(_id(request), _start(request))
        if view.id != request.path_params["id"]:
            return _moved(f"/artist/{view.id}")
        values = {
            "view": view,
            "start": _start(request),
            "claims": compare(view.claims),
            "differences": differences(view),
            "identifiers": registries.of_claims("artist", view.claims),
            "cover": self._front(view.recordings, self._where.of(request)),
        }
        return self._page("artist.html", request, values, headers=self._where.headers)

    def named(self, request: Request) -> Response:
        """A release group, a work, a label: what is said of it, and what belongs to it."""
        kind = request.url.path.split("/")[1]
        view = self._archive.named(kind, _id(request), _start(request))
        if view.id != request.path_params["id"]:
            return _moved(f"/{kind}/{view.id}")
        values = {
            "view": view,
            "start": _start(request),
            "called": _CALLED[kind],
            "claims": compare(view.claims),
            "differences": differences(view),
            "identifiers": registries.of_named(view),
        }
        return self._page("named.html", request, values)

    def edition_file(self, request: Request) -> Response:
        number, path = request.path_params["number"], request.path_params["path"]
        if not _NUMBER.fullmatch(number) or not _inside(path):
            raise NotFound("an edition's file is named by the edition's number and a path within it")
        return _file(request, self._archive.edition_file(int(number), path))

    def volume_file(self, request: Request) -> Response:
        """What a web seed gives (BEP 19): a file of a torrent by its path. Of sound the rights are asked."""
        name, path = request.path_params["name"], request.path_params["path"]
        if not _inside(path):
            raise NotFound("a volume's file is named by the volume's name and a path within it")
        if size := padding.length(path):
            self._archive.volume_paper(name, "bagit.txt")  # there has to be such a volume
            return padding.answer(request, size)
        if not path.startswith("data/"):
            return _file(request, self._archive.volume_paper(name, path))
        return sound.send(
            self._archive, request, self._archive.volume_sound(name, path), "Worldwide", use=Use.SHARE
        )

    def feed_file(self, request: Request) -> Response:
        return _file(request, self._archive.feed_file(request.path_params["name"]))

    def refused(self, request: Request) -> Response:
        refusals = self._archive.refusals(1000)
        return self._page("refused.html", request, {"refusals": refusals, "reasons": _reasons(refusals)})

    def icon(self, request: Request) -> Response:
        return _moved(self._assets.address("favicon.svg"))


def _file(request: Request, found: Path) -> Response:
    status = found.stat()
    media_type = _FILE_TYPES.get(found.suffix.lower(), "application/octet-stream")
    headers = {"ETag": f'"{status.st_size}-{status.st_mtime_ns}"', "Cache-Control": "no-cache"}
    if not media_type.startswith(("text/", "application/json")):
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(found.name)}"'
    return ranges.answer(request, found, headers, media_type)


def question(typed: str) -> str:
    """What somebody typed, as one bounded line without control characters."""
    return " ".join(text.clean(typed[: LONGEST_QUERY * 4]).split())[:LONGEST_QUERY]


def known_id(id: str) -> str:
    """The id, if it could be one; `NotFound` saves the archive from looking for the rest."""
    if not _ID.fullmatch(id):
        raise NotFound("not an id")
    return id


def _id(request: Request) -> str:
    return known_id(request.path_params["id"])


def _start(request: Request) -> int:
    """From which thing on a long list is shown."""
    start = request.query_params.get("from", "")
    return int(start) if _NUMBER.fullmatch(start) else 0


def _moved(address: str) -> Response:
    # Merges may be undone, so a browser asks again next time.
    return RedirectResponse(address, 301, {"Cache-Control": "no-cache"})


def _because(view: RecordingView) -> list[tuple[list[Use], DecisionView]]:
    """Decisions that rest on the same rules told once, in the order of the uses."""
    groups: dict[Any, tuple[list[Use], DecisionView]] = {}
    for use in Use:
        if use in view.decisions:
            shown = view.decisions[use]
            key = (shown.decision.allow, shown.decision.codes, shown.decision.would_change)
            groups.setdefault(key, ([], shown))[0].append(use)
    return list(groups.values())


def _versions(view: RecordingView) -> list[VersionView]:
    """Other files of the same music, each once, the most alike first."""
    own, found = set[str](), dict[str, VersionView]()
    for sound_ in view.sounds:
        own.add(sound_.sha256)
        found |= {version.sha256: version for version in sound_.versions if version.sha256 not in own}
    return sorted(found.values(), key=lambda version: (*_ALIKE, version.relation).index(version.relation))


def _licenses(view: RecordingView) -> list[str]:
    return list(dict.fromkeys(fact.license for fact in view.evidence if fact.license and fact.is_of_sound))


def _reasons(refusals: list[Refusal]) -> list[tuple[str, list[Refusal]]]:
    """Refusals by deciding code, the most frequent first."""
    groups: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        groups.setdefault(refusal.codes[0] if refusal.codes else "", []).append(refusal)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _inside(path: str) -> bool:
    """A second lock on the door that `Reader.edition_file` keeps: no way up, no absolute path, no control byte."""
    parts = path.split("/")
    odd = "\\" in path or text.clean(path) != path or len(path) > 1000
    return not odd and all(part not in ("", ".", "..") for part in parts)


def _file_name(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", path.rsplit("/", 1)[-1])[-120:]
