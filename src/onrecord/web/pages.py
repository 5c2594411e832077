# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people. Each is a plain function of the archive and the request, run in the thread pool."""

import re
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from onrecord.errors import NotFound, UsageError
from onrecord.model.filters import Filters
from onrecord.model.rights import Decision, Use
from onrecord.model.views import ClaimView, DecisionView, Listing, RecordingView, Refusal, SoundView, TrackRow
from onrecord.web import narrowing, padding, ranges, signs, sound, text
from onrecord.web.access.guard import visitor
from onrecord.web.access.roles import Role, Scope
from onrecord.web.assets import Assets
from onrecord.web.reader import Reader
from onrecord.web.render import Render
from onrecord.web.whereabouts import Whereabouts

#: Longer questions are cut: no title needs more, and the index should not have to read a book.
LONGEST_QUERY: Final = 200
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_GROUPS: Final = (
    ("artist", "Artists", 6),
    ("release", "Releases", 8),
    ("recording", "Recordings", 20),
    ("release-group", "Release groups", 4),
    ("work", "Works", 6),
    ("label", "Labels", 6),
)
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
            "featured": self._featured(recent, self._where.of(request)),
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
        groups = []
        for kind, label, limit in _GROUPS if (query or any(chosen.values())) and not unknown else ():
            if only in ("", kind):
                limit = 100 if only else limit
                if query:
                    hits = self._archive.search(query, (kind,), limit + 1, filters)
                    more = narrowing.address(query, chosen, kind) if len(hits) > limit else ""
                else:
                    listing = self._listing(kind, limit, filters, after if only else "")
                    hits, place = list(listing.hits), listing.after
                    more = narrowing.address("", chosen, kind, place if only else "") if place else ""
                groups.append((kind, label, hits[:limit], more))
        if query and len([group for group in groups if group[2]]) > 1:
            # The kind of the best comes first: a song that was typed rightly before artists that were not.
            best = self._archive.search(query, (), 1, filters)
            groups.sort(key=lambda group: [group[0]] != [hit.kind for hit in best])
        values = {
            "query": query,
            "only": only,
            "chosen": chosen,
            "narrowed": any(chosen.values()),
            "unknown": unknown,
            "choices": (narrowing.KINDS, narrowing.SOUNDS, {name: name for name in narrowing.LICENSES}),
            "groups": [group for group in groups if group[2] or (group[3] and not query)],
            "found": sum(len(group[2]) for group in groups),
            "more": any(group[3] for group in groups),
        }
        asked = request.headers.get
        fragment = asked("hx-request") == "true" and asked("hx-history-restore-request") != "true"
        values["fragment"] = fragment
        values["sources"] = () if fragment else [(name, name) for name, *_ in self._archive.glance().sources]
        template = "results.html" if fragment else "search.html"
        vary = ", ".join(filter(None, ("HX-Request", self._where.headers.get("Vary", ""))))
        return self._page(template, request, values, headers={"Vary": vary, "Cache-Control": "no-store"})

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
        }
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
        }
        return self._page("release.html", request, values)

    def artist(self, request: Request) -> Response:
        start = request.query_params.get("from", "")
        view = self._archive.artist(_id(request), int(start) if _NUMBER.fullmatch(start) else 0)
        if view.id != request.path_params["id"]:
            return _moved(f"/artist/{view.id}")
        return self._page("artist.html", request, {"view": view, "claims": compare(view.claims)})

    def named(self, request: Request) -> Response:
        """A release group, a work, a label: what is said of it, and what belongs to it."""
        kind = request.url.path.split("/")[1]
        view = self._archive.named(kind, _id(request))
        if view.id != request.path_params["id"]:
            return _moved(f"/{kind}/{view.id}")
        return self._page("named.html", request, {"view": view, "called": _CALLED[kind]})

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


def compare(claims: tuple[ClaimView, ...]) -> list[tuple[str, list[str], bool]]:
    """Claims side by side: field, what each source says in the order of `claims`, and whether they differ."""
    said = [dict(_readable(name, value) for name, value in claim.fields) for claim in claims]
    names = list(dict.fromkeys(name for fields in said for name in fields))
    rows = ((name, [fields.get(name, "") for fields in said]) for name in names)
    return [(name, values, _differ(name, set(filter(None, values)))) for name, values in rows]


def _readable(name: str, value: str) -> tuple[str, str]:
    if name == "duration_ms" and value.isascii() and value.isdigit() and len(value) < 12:
        return "length", f"{int(value) / 1000:.1f} s"
    return name.replace("_", " "), value


def _differ(name: str, values: set[str]) -> bool:
    """A year and a day of that year agree."""
    longest = max(values, key=len, default="")
    return len(values) > 1 and not ("date" in name and all(longest.startswith(value) for value in values))


def known_id(id: str) -> str:
    """The id, if it could be one; `NotFound` saves the archive from looking for the rest."""
    if not _ID.fullmatch(id):
        raise NotFound("not an id")
    return id


def _id(request: Request) -> str:
    return known_id(request.path_params["id"])


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


def _licenses(view: RecordingView) -> list[str]:
    return list(dict.fromkeys(fact.license for fact in view.evidence if fact.license))


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
