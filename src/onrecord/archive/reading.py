# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What readers see: the command line and the page ask here, and get values of `model.views`."""

import datetime as dt
import itertools
import math
import os
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from onrecord.archive import swarm
from onrecord.archive.choosing import DAMAGED, NOT_LOOKED_INTO, SAME_SOUND
from onrecord.archive.core import Archive
from onrecord.archive.editions import tags_of
from onrecord.archive.judging import judge, publishable, publishable_blobs
from onrecord.archive.keyholding import feed_folder
from onrecord.archive.named import NamedThings, Ranked
from onrecord.archive.searching import Holding, counted, spelled, unknown
from onrecord.archive.shelves import shelves
from onrecord.archive.showing import cover_of, held_beside, judge_picture, lyrics_of, picture_file
from onrecord.archive.targets import blob_named
from onrecord.archive.volume_of import Manifests, Places
from onrecord.archive.withheld import CODE as WITHDRAWN
from onrecord.archive.withheld import Withheld, withheld
from onrecord.catalog.pages import ArtistBody, RecordingBody, ReleaseBody, SoundBody, TrackBody, VersionBody
from onrecord.durable import sha256_of
from onrecord.errors import IntegrityError, IsWithdrawn, NotFound, StoreFailed
from onrecord.ledger import BlobRow
from onrecord.model import identifiers
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.model.lyrics import Lyrics
from onrecord.model.rights import Decision, Evidence, Rule, Use
from onrecord.model.views import (
    Answer,
    ArtistView,
    ClaimView,
    CoverView,
    DecisionView,
    EditionView,
    EvidenceView,
    Glance,
    HeldBeside,
    Hit,
    Listing,
    NamedView,
    RecordingView,
    Refusal,
    ReleaseView,
    SoundView,
    TorrentView,
    TrackRow,
    VersionView,
)
from onrecord.rights import RULES, attribution
from onrecord.rights.signals import Signals, signals
from onrecord.search import codes
from onrecord.search.bodies import LISTED
from onrecord.search.entity_finding import KINDS as NAMED
from onrecord.search.entity_finding import EntityFinder
from onrecord.search.finding import Finder
from onrecord.search.fold import fold
from onrecord.search.ranking import score
from onrecord.search.rows import Named, Row, Rows
from onrecord.store import Kept

#: The kinds of things that have rows.
_ROWS = ("artist", "release", "recording")
#: What a file of the feed is called; one that is still being written has another ending.
_FEED_FILE = re.compile(r"[0-9a-z][0-9a-z.-]{0,120}\.(json|rss|torrent|pub)")
_MEDIA_TYPES = {
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "mp4": "audio/mp4",
    "mov": "audio/mp4",
    "matroska": "audio/x-matroska",
    "webm": "audio/webm",
    "aiff": "audio/aiff",
    "aac": "audio/aac",
}
#: Works that are shown beside a recording or an artist.
_WORKS: Final = 500
#: Refusals that are read together.
_PAGE: Final = 1000


class Reader:
    """Reads an archive from any number of threads, while another process may write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._local = threading.local()
        self._counting = threading.Lock()
        self._counted: tuple[tuple[int, dt.date], Glance] | None = None
        self._hiding = threading.Lock()
        self._hidden: tuple[object, Withheld] | None = None
        self._proved: tuple[int, dict[str, int]] = (-1, {})
        self._manifests = Manifests()
        self._rows = Rows(folder / "search" / "rows.sqlite")
        self._finder = Finder(folder / "search")
        self._entity_finder = EntityFinder(folder / "search", self._finder)

    def glance(self) -> Glance:
        """The archive in numbers. What has to be counted is counted anew only when something was committed."""
        archive = self._archive
        at = (archive.ledger.seq, archive.today)
        with self._counting:
            if self._counted is None or self._counted[0] != at:
                self._counted = at, self._count(archive)
            return self._counted[1]

    def search(
        self, query: str, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING
    ) -> list[Hit]:
        """Best first; no kinds means all. Whatever stands in `query` is words, or an identifier. What is withdrawn is
        not found."""
        filters, (rows, named) = spelled(filters), _kinds(kinds or filters.kinds)
        things = self._named
        if called := things.called(query, named, filters):
            # A label code is no identifier of what has rows, so there it would be words.
            found = self._found(query, rows, limit, filters) if codes.read(query) else []
            return [*called, *self._hits(found)][:limit]
        ranked = things.find(query, named, limit, filters)
        found = self._found(query, rows, limit, filters)
        if not ranked:
            return self._hits(found)
        words = fold(query)
        best = {item.id: score(words, item.title, item.beside, item.weight) for item in found}
        both = [*(Ranked(hit, best[hit.id]) for hit in self._hits(found)), *ranked]
        return [item.hit for item in sorted(both, key=lambda item: -item.score)][:limit]

    def search_kinds(
        self, query: str, limits: Mapping[str, int], filters: Filters = EVERYTHING
    ) -> list[tuple[str, list[Hit]]]:
        """As `search`, at most so many of each kind: the kind of the best of all first, then as `limits` names them.
        A kind of which nothing is found is left out."""
        things, words, filters = self._named, fold(query), spelled(filters)
        rows, named = _kinds(tuple(limits))
        called = things.called(query, named, filters)
        items, as_typed = self._finder.find_kinds(
            query, {kind: limits[kind] for kind in rows}, filters, self._seen(filters)
        )
        found: dict[str, tuple[float, list[Hit]]] = {}
        for kind in rows:
            if items[kind]:
                best = items[kind][0]
                found[kind] = score(words, best.title, best.beside, best.weight), self._hits(items[kind])
        for kind in named:
            if hits := [hit for hit in called if hit.kind == kind]:
                found[kind] = math.inf, hits[: limits[kind]]
            elif ranked := things.find(query, (kind,), limits[kind], filters, not as_typed):
                found[kind] = max(item.score for item in ranked), [item.hit for item in ranked]
        first = max(found, key=lambda kind: found[kind][0], default="")
        return [
            (kind, found[kind][1]) for kind in sorted(limits, key=lambda kind: kind != first) if kind in found
        ]

    def browse(
        self, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING, after: str = ""
    ) -> Listing:
        """What fits, without words: the best known first, from behind the place `after` on. There may be fewer than
        `limit` of them before the end. UsageError for a place that is none."""
        filters, (rows, named) = spelled(filters), _kinds(kinds or filters.kinds)
        hits: list[Hit] = []
        if rows and not after.startswith(NAMED):
            wanted = msgspec.structs.replace(filters, kinds=rows)
            found, place = self._finder.browse(wanted, limit, after, self._seen(filters))
            hits = self._hits(found)
            if place:
                return Listing(hits=tuple(hits), after=place)
            after = ""
        rest = self._named.browse(named, limit - len(hits), filters, after)
        return Listing(hits=(*hits, *rest.hits), after=rest.after)

    def named(self, kind: str, identifier: str, start: int = 0) -> NamedView:
        """A work, a label, a release group by its MBID, or the id that stands for one, with what belongs to it from
        `start` on. Raises NotFound, or IsWithdrawn where all that belongs to it is withdrawn."""
        view = self._named.view(kind, identifier, start)
        sources = self._archive.ledger.sources()
        claims = (
            msgspec.structs.replace(claim, license=sources.get(claim.source, ("", False))[0])
            for claim in view.claims
        )
        return msgspec.structs.replace(view, claims=tuple(claims))

    def _found(self, query: str, kinds: tuple[str, ...], limit: int, filters: Filters) -> list[Named]:
        wanted = msgspec.structs.replace(filters, kinds=kinds)
        return self._finder.find(query, wanted, limit, self._seen(filters)) if kinds else []

    @property
    def _named(self) -> NamedThings:
        return NamedThings(self._entity_finder, self._rows, self._withheld)

    def unknown(self, filters: Filters) -> list[str]:
        """A sentence on each name of a license, a source, a language or a shelf that is known nowhere here."""
        return unknown(self._archive, self._finder, self._rows, filters)

    def counts(self, query: str, of: Sequence[Filters]) -> list[int | None]:
        """How many would be listed with each of these filters, of what the query finds without any: as of the last
        match, without what is withdrawn. None where that is not known without looking at each."""
        known = [counted(filters) for filters in of]
        asked = [spelled(filters) for filters, answer in zip(of, known, strict=True) if answer]
        found = self._finder.counts(query, asked, self._withheld.things) if asked else None
        counts = iter(found or ())
        return [next(counts, None) if answer else None for answer in known]

    def languages(self) -> dict[str, int]:
        """How many releases and recordings are in which language, those of most first."""
        return self._rows.languages()

    def shelves(self) -> list[str]:
        """Of the newest edition of this archive."""
        return shelves(self._archive)

    def _seen(self, filters: Filters) -> Callable[[Named], bool]:
        """What may come out of one search."""
        things, held = self._withheld.things, Holding(self._archive, self._withheld, self._rows, filters)
        return lambda item: item.id not in things and held.fit(item.id)

    def _hits(self, found: Iterable[Named]) -> list[Hit]:
        return [
            Hit(
                kind=item.kind,
                id=item.id,
                title=item.title,
                subtitle=item.subtitle,
                has_sound=item.has_sound,
                known_by=item.known,
            )
            for item in {item.number: item for item in found}.values()
        ]

    def recent(self, limit: int) -> list[TrackRow]:
        """Recordings whose sound came last, newest first."""
        things, wanted = self._withheld.things, limit
        while True:
            rows = self._rows.newest("recording", wanted)
            shown = [row for row in rows if row.id not in things]
            if len(shown) >= limit or len(rows) < wanted:
                break
            wanted *= 2
        return [
            _track(row.id, msgspec.json.decode(row.body, type=RecordingBody))
            for row in shown[:limit]
            if row.has_sound
        ]

    def recording(self, identifier: str) -> RecordingView:
        """Raises NotFound, or IsWithdrawn. After a merge the view's id is the canonical one, not the one asked for.

        Of sound that is withdrawn nothing is told, also where other sound of the recording is not.
        """
        row = self._row(identifier, "recording")
        self._withheld.refuse(row.id)
        body = msgspec.json.decode(row.body, type=RecordingBody)
        if hidden := self._withheld.blobs:
            kept = [sound for sound in body.sounds if sound.sha256 not in hidden]
            claims = [claim for claim in body.claims if claim.get("blob") not in hidden]
            body = msgspec.structs.replace(body, sounds=kept, claims=claims)
        return self._recording(row, body)

    def release(self, identifier: str) -> ReleaseView:
        row = self._row(identifier, "release")
        self._withheld.refuse(row.id)
        things = self._withheld.things
        body = msgspec.json.decode(row.body, type=ReleaseBody)
        return ReleaseView(
            id=row.id,
            title=body.title,
            artist=body.artist,
            artist_id=body.artist_id,
            date=body.date,
            barcode=body.barcode,
            label=body.label,
            tracks=tuple(_listed(track) for track in body.tracks if track.id not in things),
            claims=self._claims(body.claims),
            labels=self._named.around(row.id, "label"),
            groups=self._named.around(row.id, "release-group"),
        )

    def artist(self, identifier: str, start: int = 0, listed: int = LISTED) -> ArtistView:
        """With so many of its recordings and releases from `start` on."""
        row = self._row(identifier, "artist", listed, start)
        self._withheld.refuse(row.id)
        things = self._withheld.things
        body = msgspec.json.decode(row.body, type=ArtistBody)
        releases = [release for release in body.releases if release.id not in things]
        releases.sort(key=lambda release: (not release.date, release.date, release.title, release.id))
        recordings = tuple(_listed(track) for track in body.recordings if track.id not in things)
        return ArtistView(
            id=row.id,
            name=body.name,
            releases=tuple((release.id, release.title, release.date) for release in releases),
            recordings=recordings,
            claims=self._claims(body.claims),
            more=body.more,
            further=start + listed if body.more else 0,
            works=self._named.works((row.id for row in recordings), _WORKS),
        )

    def editions(self) -> list[EditionView]:
        """Newest first."""
        return [self._edition(edition) for edition in reversed(self._archive.ledger.editions())]

    def refusals(self, limit: int) -> list[Refusal]:
        """What was brought in and is not for everyone: files that `add` refused, blobs that an edition leaves out."""
        kept = (
            Refusal(
                recording=item.recording,
                title=item.title,
                name=item.name,
                codes=item.codes,
                sentence=item.sentence,
            )
            for item in self._answers()
            if not item.allow
        )
        listed = [*itertools.islice(kept, limit), *self.turned_away(limit)][:limit]
        return [self._tombstone(item) for item in listed]

    def rights(self, limit: int) -> Iterator[Answer]:
        """May it enter an edition: every kept file, in the order of the digests, one in memory at a time."""
        return itertools.islice(self._answers(), limit)

    def why(self, thing: str) -> RecordingView:
        """The recording that an id, a blob's digest or the name of an added file leads to."""
        row = self._rows.get(os.fsencode(thing).decode(errors="replace"))
        if row is None and identifiers.sha256(thing):
            row = self._rows.holder(identifiers.sha256(thing))
        if row is None:
            sha256 = blob_named(self._archive, thing)
            row = self._rows.holder(sha256) if sha256 else None
        if row is None or row.kind != "recording":
            raise NotFound(
                f"{thing!r}: expected a recording's id, a file's SHA-256 or the name it was added under",
                "`onrecord search` finds ids; a file that was refused is in `onrecord rights list`",
            )
        return self._recording(row, msgspec.json.decode(row.body, type=RecordingBody))

    def may(self, sha256: str, use: Use, territory: str = "unknown") -> Decision:
        """The decision of today. Asked before each stream, never remembered."""
        return judge(self._archive, sha256, use, territory)

    def signals(self, *blobs: str) -> Signals:
        """What is wished of machines about these files together, or by default about all that is here."""
        archive = self._archive
        said = [fact for sha256 in blobs for fact, _ in archive.ledger.evidence(sha256).values()]
        return signals(said, archive.settings.rights.default, archive.today)

    def sound(self, sha256: str) -> tuple[Path, str]:
        """Path and media type of a whole blob. NotFound where there is none, IntegrityError where it is damaged."""
        blob = self._archive.ledger.blob(sha256)
        if blob is None:
            raise NotFound(f"no blob has the digest {sha256}")
        if blob.state == "vouched":
            raise NotFound(
                f"blob {sha256} was not looked into yet",
                "it is served when `onrecord mirror look` has done that",
            )
        if blob.state != "ok":
            raise IntegrityError(
                f"blob {sha256} is {blob.state}", "it is not served until it was added again"
            )
        path = self._archive.store.path(sha256, blob.root)
        if path.stat().st_size != blob.size:
            raise IntegrityError(
                f"blob {sha256}: expected {blob.size} bytes, got {path.stat().st_size}", "run `check`"
            )
        _, held = self._held(sha256)
        return path, _MEDIA_TYPES.get(held.container if held else "", "application/octet-stream")

    def copy(self, sha256: str) -> tuple[Path, str]:
        """Path and media type of the newest whole access copy of a sound. NotFound where there is none."""
        _, held = self._held(sha256)
        for copy in held.copies if held else ():
            blob = self._archive.ledger.blob(copy.sha256)
            if blob is not None and blob.state == "ok":
                return self._archive.store.path(blob.sha256, blob.root), "audio/ogg"
        raise NotFound(f"there is no access copy of {sha256}", "`onrecord store access` makes them")

    def sent(self, sha256: str, copy: bool = False) -> tuple[Path | Kept, str]:
        """As `sound`, or as `copy`, for whoever sends parts: what lies in a bucket is not brought here for that."""
        store = self._archive.store
        blob = self._archive.ledger.blob(sha256)
        if copy:
            _, held = self._held(sha256)
            copies = (self._archive.ledger.blob(each.sha256) for each in (held.copies if held else ()))
            blob = next((each for each in copies if each is not None and each.state == "ok"), None)
        if blob is None or blob.state != "ok" or not store.is_remote(blob.root):
            return self.copy(sha256) if copy else self.sound(sha256)
        _, held = self._held(sha256)
        media_type = _MEDIA_TYPES.get(held.container if held else "", "application/octet-stream")
        return store.kept(blob.sha256, blob.root, blob.size), "audio/ogg" if copy else media_type

    def cover(self, recordings: Sequence[str], territory: str) -> CoverView | None:
        """The front cover of the first of these recordings that has one which may be shown."""
        archive = self._archive
        if not archive.ledger.has_pictures():
            return None
        covers = (cover_of(archive, self._files(identifier), territory) for identifier in recordings)
        return next((cover for cover in covers if cover), None)

    def picture(self, picture: str, territory: str) -> Decision:
        """The decision of today on showing a picture. Asked each time, never remembered."""
        return judge_picture(self._archive, picture, territory)

    def picture_file(self, picture: str) -> Path:
        """Path of a picture's bytes, as they came: for whoever makes a small one of it. Raises as `sound` does."""
        return picture_file(self._archive, picture)

    def lyrics(self, files: Sequence[str], territory: str) -> tuple[Lyrics, ...]:
        """The words in the tags of files, by their digests, that may be shown."""
        return lyrics_of(self._archive, files, territory)

    def held_beside(self, recording: str) -> HeldBeside:
        """Pictures and words of a recording, shown or not."""
        return held_beside(self._archive, self._files(recording))

    def edition_file(self, number: int, path: str) -> Path:
        """A file of a published edition. NotFound for anything that its checksums do not list, IsWithdrawn for the
        torrent of a volume that holds a file which was withdrawn."""
        folder = self._folder / "editions"
        edition = next((item for item in self._archive.ledger.editions() if item["number"] == number), None)
        parts = PurePosixPath(path).parts
        file = folder.joinpath(str(number), *parts)
        if (
            edition is None
            or not parts
            or any(part in ("..", "/") for part in parts)
            or file.is_symlink()
            or not file.is_file()
        ):
            raise NotFound(f"edition {number} has no file {path!r}")
        if parts[0] == "volumes" and (day := self._withheld.volumes.get(file.stem)):
            raise IsWithdrawn(day, WITHDRAWN)
        return file

    def volume_paper(self, name: str, path: str) -> Path:
        """A file of a volume that is not sound. NotFound where there is none, IsWithdrawn where the volume holds a file
        that was withdrawn: its papers name that."""
        if path not in (papers := self._volume_papers(name)):
            raise NotFound(f"volume {name!r} has no file {path!r}")
        if day := self._withheld.volumes.get(name):
            raise IsWithdrawn(day, WITHDRAWN)
        return papers[path]

    def volume_sound(self, name: str, path: str) -> str:
        """The digest of a volume's file of sound, by its path. NotFound where it holds none there."""
        sha256 = identifiers.sha256(PurePosixPath(path).name.partition(".")[0])
        manifest = self._volume_papers(name).get("manifest-sha256.txt")
        if not sha256 or manifest is None or f"{sha256}  {path}\n" not in manifest.read_text("utf-8"):
            raise NotFound(f"volume {name!r} has no file {path!r}")
        return sha256

    def feed_file(self, name: str) -> Path:
        """A file of the feed: what vouches for it, the lists, the torrent of an edition's own files. NotFound for
        anything else."""
        file = feed_folder(self._folder) / name
        if not _FEED_FILE.fullmatch(name) or file.is_symlink() or not file.is_file():
            raise NotFound(f"no feed file is called {name!r}")
        return file

    def _volume_papers(self, name: str) -> dict[str, Path]:
        """The files of a published volume that are not sound, by name; none where there is no such volume."""
        folder = tags_of(self._folder / "editions", name)
        if name != folder.name or not folder.is_dir():
            return {}
        return {path.name: path for path in folder.iterdir() if path.is_file() and not path.is_symlink()}

    @property
    def _archive(self) -> Archive:
        # SQLite connections stay in their thread.
        archive: Archive | None = getattr(self._local, "archive", None)
        if archive is None:
            archive = Archive.open(self._folder)
            self._local.archive = archive
        return archive

    def _recording(self, row: Row, body: RecordingBody) -> RecordingView:
        evidence = self._evidence(body.sounds)
        asked = self._asked(body.sounds)
        facts = [fact for fact, _ in evidence.values()]
        sounds = tuple(self._sound(sound) for sound in body.sounds)
        return RecordingView(
            id=row.id,
            title=body.title,
            artist=body.artist,
            artist_id=body.artist_id,
            releases=tuple((release.id, release.title) for release in body.releases),
            seconds=_seconds(body),
            date=body.date,
            genre=body.genre,
            composer=body.composer,
            isrcs=tuple(body.isrcs),
            mbids=tuple(body.mbids),
            sounds=sounds,
            claims=self._claims(body.claims),
            decisions=self._decisions(body.sounds),
            evidence=tuple(
                msgspec.structs.replace(evidence_view(fact, logged), asked=asked.get(fact.id, ""))
                for fact, logged in evidence.values()
            ),
            former=self._former(body.sounds, evidence),
            works=self._named.works((row.id,), _WORKS),
            attribution=attribution(body.title, body.artist, facts) if facts else "",
            editions=self._edition_answers(body.sounds),
        )

    @property
    def _withheld(self) -> Withheld:
        """What withdrawals hide now; worked out anew only when there is another one, or another match."""
        rows = self._folder / "search" / "rows.sqlite"
        matched = rows.stat().st_mtime_ns if rows.exists() else 0
        at = (self._archive.ledger.withdrawal_mark(), matched)
        with self._hiding:
            if self._hidden is None or self._hidden[0] != at:
                self._hidden = at, withheld(self._archive)
            return self._hidden[1]

    def _tombstone(self, item: Refusal) -> Refusal:
        """What was withdrawn is not called by its name where everybody reads."""
        if WITHDRAWN not in item.codes[:1] and item.recording not in self._withheld.things:
            return item
        return msgspec.structs.replace(item, recording="", title="withdrawn", name="")

    def _count(self, archive: Archive) -> Glance:
        rows: dict[str, int] = defaultdict(int)
        for segment, _ in archive.ledger.segments():
            rows[segment.name] += segment.rows
        counts = self._rows.count()
        blobs, size = archive.ledger.blob_totals("sound")
        answers = Counter(
            (decision.allow, decision.review) for _, decision in publishable_blobs(archive, archive.today)
        )
        shareable = answers[True, False]
        editions = archive.ledger.editions()
        return Glance(
            name=archive.settings.archive.name,
            id=archive.id,
            recordings=counts.get("recording", 0),
            releases=counts.get("release", 0),
            artists=counts.get("artist", 0),
            records=rows["records"],
            claims=rows["tracks"] + rows["releases"] + rows["artists"],
            blobs=blobs,
            deposits=rows["deposits"],
            size=size,
            seconds=self._rows.seconds(),
            shareable=shareable,
            refused=answers.total() - shareable,
            to_review=answers[False, True],
            bad=len(archive.ledger.bad_blobs()) + int(archive.ledger.meta("damaged") or 0),
            checked=archive.ledger.meta("checked"),
            sources=tuple(archive.ledger.record_counts()),
            editions=len(editions),
            public_key=editions[-1]["public_key"] if editions else "",
        )

    def _files(self, recording: str) -> list[str]:
        """The files of a recording that are not withdrawn; none where there is no such recording."""
        row, hidden = self._rows.get(recording), self._withheld
        if row is None or row.kind != "recording" or row.id in hidden.things:
            return []
        sounds = msgspec.json.decode(row.body, type=RecordingBody).sounds
        return [sound.sha256 for sound in sounds if sound.sha256 not in hidden.blobs]

    def _row(self, identifier: str, kind: str, listed: int = LISTED, start: int = 0) -> Row:
        row = self._rows.get(identifier, listed, start)
        if row is None and not self._rows.text() and self._archive.ledger.segments():
            # Whoever comes while all is made anew is not told that there is no such thing.
            raise StoreFailed(
                "search/rows.sqlite: is not there", "`onrecord match` makes it, or makes it just now"
            )
        if row is None or row.kind != kind:
            raise NotFound(f"no {kind} has the id {identifier!r}")
        return row

    def _evidence(self, sounds: Sequence[SoundBody]) -> dict[str, tuple[Evidence, str]]:
        found: dict[str, tuple[Evidence, str]] = {}
        for sound in sounds:
            found |= self._archive.ledger.evidence(sound.sha256)
        return found

    def _asked(self, sounds: Sequence[SoundBody]) -> dict[str, str]:
        """What came of asking sources again, by evidence."""
        found: dict[str, str] = {}
        for sound in sounds:
            for identifier, last in self._archive.ledger.asked(sound.sha256).items():
                older = "" if last.newest else "its source says else by now"
                heard = f"asked again {last.time[:10]}: {last.outcome}" if last.time else ""
                found[identifier] = "; ".join(filter(None, (older, heard)))
        return found

    def _former(
        self, sounds: Sequence[SoundBody], counting: Mapping[str, tuple[Evidence, str]]
    ) -> tuple[EvidenceView, ...]:
        """What counted once: taken back by a person, or no longer said by its source."""
        ledger = self._archive.ledger
        found: dict[str, tuple[Evidence, str, str]] = {}
        for sound in sounds:
            found |= ledger.former_evidence(sound.sha256)
        taken_back = ledger.retracted() if found else {}
        return tuple(
            evidence_view(fact, logged, until, "taken back" if identifier in taken_back else "no longer said")
            for identifier, (fact, logged, until) in found.items()
            if identifier not in counting
        )

    def _decisions(self, sounds: Sequence[SoundBody]) -> dict[Use, DecisionView]:
        """For each use the best answer among the files of a recording: one that may is enough."""
        views = {}
        for use in Use if sounds else ():
            answers = [judge(self._archive, sound.sha256, use) for sound in sounds]
            views[use] = decision_view(min(answers, key=lambda decision: not decision.allow))
        return views

    def _claims(self, claims: Sequence[Mapping[str, Any]]) -> tuple[ClaimView, ...]:
        sources = self._archive.ledger.sources()
        return tuple(
            ClaimView(
                source=claim["source"],
                source_id=claim["source_id"],
                license=sources.get(claim["source"], ("", False))[0],
                fields=tuple(
                    (name, str(value))
                    for name, value in claim.items()
                    if name not in ("source", "source_id", "reason") and value not in ("", None)
                ),
                reason=claim["reason"],
            )
            for claim in claims
        )

    def _state(self, blob: BlobRow | None) -> str:
        if blob is None:
            return "missing"
        return (
            "elsewhere" if blob.state == "ok" and self._archive.store.root(blob.root) is None else blob.state
        )

    def _sound(self, sound: SoundBody) -> SoundView:
        ledger = self._archive.ledger
        blob = ledger.blob(sound.sha256)
        place = self._places.find(sound.sha256, self._withheld)
        entry = place.entry if place else None
        return SoundView(
            sha256=sound.sha256,
            blake3=sound.blake3,
            v2_root=sound.v2_root,
            size=sound.size,
            container=sound.container,
            codec=sound.codec,
            seconds=sound.duration_samples / sound.sample_rate,
            sample_rate=sound.sample_rate,
            channels=sound.channels,
            bit_depth=sound.bit_depth,
            bit_rate=sound.bit_rate,
            loudness=sound.loudness,
            loudness_range=sound.loudness_range,
            true_peak=sound.true_peak,
            clipped_samples=sound.clipped_samples,
            cutoff=sound.cutoff,
            tempo=sound.tempo,
            tempo_confidence=sound.tempo_confidence,
            musical_key=sound.musical_key,
            musical_key_confidence=sound.musical_key_confidence,
            suspicions=tuple(sound.suspicions),
            faults=tuple(sound.faults),
            peaks=sound.peaks,
            names=tuple(sound.names),
            state=self._state(blob),
            volume=entry.name if entry else "",
            info_hash=entry.info_hash_v2 if entry else "",
            magnet=entry.magnet if entry else "",
            versions=tuple(self._version(version) for version in sound.versions),
            copies=tuple((copy.sha256, copy.recipe, copy.kilobits) for copy in sound.copies),
            edition=place.edition if place else 0,
            edition_of=place.archive if place else "",
            swarm=swarm.latest(self._archive, [entry.name]).get(entry.name) if entry else None,
            holders=self._holders().get(entry.name) if entry else None,
        )

    def _version(self, version: VersionBody) -> VersionView:
        row = self._rows.holder(version.sha256)
        row = None if row is not None and row.id in self._withheld.things else row
        return VersionView(
            sha256=version.sha256,
            relation=version.relation,
            reason=version.reason,
            recording=row.id if row else "",
            title=row.title if row else "",
        )

    @property
    def _places(self) -> Places:
        places: Places | None = getattr(self._local, "places", None)
        if places is None:
            places = self._local.places = Places(self._archive, self._manifests)
        return places

    def _holders(self) -> dict[str, int]:
        """Who proved to hold a volume, counted anew only when something was committed."""
        at = self._archive.ledger.seq
        if self._proved[0] != at:
            self._proved = at, swarm.holders(self._archive)
        return self._proved[1]

    def _edition(self, edition: Mapping[str, Any]) -> EditionView:
        manifest = self._manifests.manifest(self._folder / "editions" / str(edition["number"]))
        counted = swarm.latest(self._archive, [entry.name for entry in manifest.volumes])
        folder = self._folder / "editions" / str(manifest.number)
        papers = [
            folder / name for name in ("manifest.json", "SHA256SUMS", "SHA256SUMS.minisig", "minisign.pub")
        ]
        return EditionView(
            number=manifest.number,
            day=manifest.day,
            recordings=manifest.recordings,
            files=sum(entry.files for entry in manifest.volumes),
            size=sum(entry.size for entry in manifest.volumes),
            volumes=tuple(
                TorrentView(
                    name=entry.name,
                    files=entry.files,
                    size=entry.size,
                    info_hash_v1=entry.info_hash_v1,
                    info_hash_v2=entry.info_hash_v2,
                    magnet=entry.magnet,
                    license_class=entry.shelf,
                    path=entry.path,
                    swarm=counted.get(entry.name),
                )
                for entry in manifest.volumes
                if entry.name not in self._withheld.volumes
            ),
            parts=(
                *((path.name, path.stat().st_size, sha256_of(path)) for path in papers if path.is_file()),
                *(
                    (name, size, sha256)
                    for name, (sha256, size) in manifest.files.items()
                    if not name.startswith("volumes/")
                ),
            ),
            public_key=edition["public_key"],
            withdrawn=manifest.tables.get("withdrawn", 0),
        )

    def _answers(self) -> Iterator[Answer]:
        archive = self._archive
        for sha256, decision in publishable_blobs(archive, archive.today, side_by_side=False):
            yield self._answer(sha256, decision)
        for bad in archive.ledger.bad_blobs("sound"):
            yield self._answer(bad.sha256, None)
        for vouched in archive.ledger.blobs("vouched"):
            yield self._answer(vouched.sha256, None)

    def _answer(self, sha256: str, decision: Decision | None) -> Answer:
        """May this blob enter an edition? No decision means that it is damaged, or not looked into yet."""
        row, sound = self._held(sha256)
        twin = sound.same_sound_as if sound else ""
        allow: bool
        codes: tuple[str, ...]
        if decision is None:
            unread = self._archive.ledger.is_vouched(sha256)
            allow, codes = False, ((NOT_LOOKED_INTO if unread else DAMAGED).code,)
        elif decision.allow and twin and not self._is_published(sha256) and self._is_published(twin):
            allow, codes = False, (SAME_SOUND.code,)
        else:
            allow, codes = decision.allow, decision.codes
        return Answer(
            sha256=sha256,
            allow=allow,
            license=decision.license if decision else "",
            recording=row.id if row else "",
            title=row.title if row else sha256,
            name=sound.names[0] if sound and sound.names else "",
            codes=codes,
            sentence=rule(codes[0]).sentence,
        )

    def _is_published(self, sha256: str) -> bool:
        return self._places.own(sha256, self._withheld) is not None

    def _edition_answers(self, sounds: Sequence[SoundBody]) -> tuple[Answer, ...]:
        archive = self._archive
        answers = []
        for sound in sounds:
            blob = archive.ledger.blob(sound.sha256)
            facts = [fact for fact, _ in archive.ledger.evidence(sound.sha256).values()]
            whole = blob is not None and blob.state == "ok"
            decision = publishable(facts, archive.today, archive.settings.publish) if whole else None
            answers.append(self._answer(sound.sha256, decision))
        return tuple(answers)

    def _held(self, sha256: str) -> tuple[Row | None, SoundBody | None]:
        """The recording that a blob holds, and what is known of its sound."""
        row = self._rows.holder(sha256)
        sounds = msgspec.json.decode(row.body, type=RecordingBody).sounds if row else []
        return row, next((sound for sound in sounds if sound.sha256 == sha256), None)

    def turned_away(self, limit: int) -> Iterator[Refusal]:
        """Files and records that were brought in and not taken, by their names."""
        last = ""
        while found := self._archive.ledger.refusals(min(limit, _PAGE), last):
            for name, code, detail in found:
                yield Refusal(recording="", title=name, name=name, codes=(code,), sentence=detail)
            last, limit = found[-1][0], limit - len(found)


def _kinds(kinds: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that have rows, and those that only have names; all of both where none were asked for."""
    rows = tuple(kind for kind in _ROWS if not kinds or kind in kinds)
    return rows, tuple(kind for kind in NAMED if not kinds or kind in kinds)


def open_reader(folder: Path) -> Reader:
    """A reader of the archive in a folder; ArchiveNotFound where there is none."""
    Archive.open(folder).close()
    return Reader(folder)


def rule(code: str) -> Rule:
    """The rule of a code: of the gate, or of the publisher."""
    own = {each.code: each for each in (SAME_SOUND, DAMAGED, NOT_LOOKED_INTO)}
    return own.get(code) or RULES[code]


def evidence_view(fact: Evidence, logged: str, until: str = "", ended: str = "") -> EvidenceView:
    """Evidence as it is shown; `until` and `ended` say when and how it ceased to count."""
    return EvidenceView(
        id=fact.id,
        says=fact.says,
        origin=fact.origin,
        text=fact.text,
        license=fact.license,
        part=fact.part,
        holder=fact.holder,
        document=fact.document,
        added=logged,
        strength=fact.strength.name.lower(),
        by=fact.by,
        note=fact.note,
        until=until,
        ended=ended,
    )


def decision_view(decision: Decision) -> DecisionView:
    return DecisionView(decision=decision, rules=tuple(rule(code) for code in decision.codes))


def _track(identifier: str, body: RecordingBody) -> TrackRow:
    return TrackRow(
        id=identifier,
        title=body.title,
        artist=body.artist,
        artist_id=body.artist_id,
        seconds=_seconds(body),
        has_sound=bool(body.sounds),
    )


def _listed(track: TrackBody) -> TrackRow:
    return TrackRow(
        id=track.id,
        title=track.title,
        artist=track.artist,
        artist_id=track.artist_id,
        seconds=(track.duration_ms or 0) / 1000,
        disc=track.disc,
        position=track.position,
        has_sound=track.has_sound,
    )


def _seconds(body: RecordingBody) -> float:
    return (body.duration_ms or 0) / 1000
