# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive in memory. Every name, number and sound in it is made up for tests; nothing here exists.

Run it to look at the page: `python tests/web/sample.py` serves it on loopback.
"""

import array
import datetime as dt
import hashlib
import math
import random
import sys
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from onrecord.errors import IntegrityError, NotFound, UsageError
from onrecord.model import identifiers
from onrecord.model.filters import EVERYTHING, Filters
from onrecord.model.lyrics import Lyrics
from onrecord.model.rights import Decision, Rule, Use
from onrecord.model.views import (
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
    SwarmView,
    TorrentView,
    TrackRow,
    VersionView,
    WorkView,
)
from onrecord.rights.signals import Signals
from onrecord.store import Kept

SECONDS = 24
_View = TypeVar("_View")
KEY = "RWQmadeupmadeupmadeupmadeupmadeupmadeupmadeupmadeupmadeu"
HOSTILE = "<script>alert(1)</script>\x00\x1b[31m \u202egnp.exe\u202c \"quoted\" & 'more' {{ 7*7 }}"

OPEN = Rule(
    code="L-CC-BY",
    sentence="The recording is under a Creative Commons Attribution license, which lets anyone share and change it.",
    clause="CC BY 4.0, section 2(a)(1)",
    allows=True,
)
HELD = Rule(
    code="H-DEPOSIT",
    sentence="The depositor said that the file was given to the archive to keep.",
    clause="onrecord rights, clause 4.2",
    allows=True,
)
MINING = Rule(
    code="M-RESERVED",
    sentence="The rightsholder reserved text and data mining in a machine-readable way.",
    clause="Directive (EU) 2019/790, article 4(3)",
    allows=False,
)
NOTHING = Rule(
    code="N-NO-EVIDENCE",
    sentence="Nothing on record allows this. A file that names no license is kept and not passed on.",
    clause="onrecord rights, clause 1.1",
    allows=False,
)
CUSTOM = Rule(
    code="N-CUSTOM-TEXT",
    sentence="A text of the author's own stands where a license would, and no person has read it yet.",
    clause="onrecord rights, clause 3.4",
    allows=False,
)
WITHDRAWN = Rule(
    code="W-WITHDRAWN",
    sentence="The rightsholder withdrew it on 3 October 2026.",
    clause="onrecord rights, clause 6.1",
    allows=False,
)

ALBUMS: list[tuple[str, str, str, str, list[tuple[str, float]]]] = [
    (
        "Slow Ferry",
        "Marit Oddvik",
        "2019-05-17",
        "Chamber folk",
        [
            ("Kelp Line", 201.4),
            ("The Cable to Utsira", 244.9),
            ("Slow Ferry", 312.7),
            ("Fog, Then Gulls", 187.2),
            ("Lamp Keeper’s Reel", 156.0),
            ("A Room Above the Chandlery", 278.3),
        ],
    ),
    (
        "Night Bus Atlas",
        "Kolektif Saraç",
        "2022-11-04",
        "Electronic",
        [("Son Durak", 333.1), ("Route 19", 262.5), ("Transfer at Eminönü", 401.8)],
    ),
    (
        "Field Notes, Volume Two",
        "The Tin Observatory",
        "2014",
        "Ambient",
        [("Frost on the Wire", 522.0), ("Eleven Pylons", 611.6), ("Barn Owl (Take 3)", 95.2)],
    ),
    ("日曜の地図", "みずうみ楽団", "2021-03-21", "Folk", [("雨の改札", 214.0), ("日曜の地図", 255.5)]),
    ("أغاني الميناء", "فرقة المرفأ", "2017-08-01", "Traditional", [("موجة", 301.0), ("بحر الليل", 276.4)]),
]


class SampleArchive:
    """A `Reader` over made data. Tests set `denied`, `withdrawn` and `damaged` (digests) to change the answers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.denied: set[str] = set()
        self.withdrawn: set[str] = set()
        self.damaged: set[str] = set()
        self.asked: list[tuple[str, Use, str]] = []
        self.queries: list[str] = []
        self.filters: list[Filters] = []
        self.wished: dict[str, Signals] = {}
        self.tone = root / "tone.wav"
        peaks = _tone(self.tone)
        self.digest = hashlib.sha256(self.tone.read_bytes()).hexdigest()
        smaller = b"OggS, as far as this test is concerned"
        self.smaller = root / hashlib.sha256(smaller).hexdigest()
        self.smaller.write_bytes(smaller)
        self.recordings: dict[str, RecordingView] = {}
        self.releases: dict[str, ReleaseView] = {}
        self.artists: dict[str, ArtistView] = {}
        for album in ALBUMS:
            self._add(*album)
        first, second, third, *_ = self.recordings
        self.playable, self.refused_id, self.mute = first, third, second
        self._hold(first, self.digest, SECONDS, peaks, "ok", OPEN)
        self._hold(third, "ab" * 32, 312.7, _made_peaks(3), "ok", CUSTOM)
        self.damaged_id = list(self.recordings)[3]
        self._hold(self.damaged_id, "cd" * 32, 187.2, _made_peaks(4), "flipped", OPEN)
        for number, id in enumerate(list(self.recordings)[6:]):
            self._hold(id, hashlib.sha256(id.encode()).hexdigest(), 240.0, _made_peaks(number), "ok", OPEN)
        self.hostile = self._add_hostile(peaks)
        self.merged = {"rmergedaway": self.playable}
        self._edition()

    # -- what a Reader answers ------------------------------------------------------------------

    def glance(self) -> Glance:
        return Glance(
            name="Harbour Tape Library",
            id="made-up",
            recordings=12_418,
            releases=1_307,
            artists=894,
            records=48_211,
            claims=61_950,
            blobs=3_642,
            deposits=3_655,
            size=41_800_000_000,
            seconds=1_091_400.0,
            shareable=2_905,
            refused=711,
            to_review=39,
            bad=0,
            checked="2026-11-21",
            sources=(
                ("musicbrainz-json", 31_870),
                ("internet-archive", 9_446),
                ("ddex-ern", 4_120),
                ("debian", 2_775),
            ),
            editions=len(self.editions()),
            public_key=KEY,
        )

    def search(
        self, query: str, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING
    ) -> list[Hit]:
        self.queries.append(query)
        self.filters.append(filters)
        return self._found(query, kinds, limit, filters)

    def _found(self, query: str, kinds: tuple[str, ...], limit: int, filters: Filters) -> list[Hit]:
        words = query.lower().split()
        found = [
            hit
            for hit in self._hits()
            if (not kinds or hit.kind in kinds)
            and filters.sound in (None, hit.has_sound)
            and all(word in f"{hit.title} {hit.subtitle}".lower() for word in words)
        ]
        return found[:limit]

    def search_kinds(
        self, query: str, limits: Mapping[str, int], filters: Filters = EVERYTHING
    ) -> list[tuple[str, list[Hit]]]:
        best = [hit.kind for hit in self.search(query, tuple(limits), 1, filters)]
        found = [(kind, self._found(query, (kind,), limit, filters)) for kind, limit in limits.items()]
        return sorted((group for group in found if group[1]), key=lambda group: [group[0]] != best)

    def browse(
        self, kinds: tuple[str, ...] = (), limit: int = 20, filters: Filters = EVERYTHING, after: str = ""
    ) -> Listing:
        if not (after or "0").isdecimal():
            raise UsageError(f"{after!r} is no place")
        first = int(after or 0)
        found = self.search("", kinds, 10_000, filters)
        more = str(first + limit) if len(found) > first + limit else ""
        return Listing(hits=tuple(found[first : first + limit]), after=more)

    def unknown(self, filters: Filters) -> list[str]:
        return [f"license: {name!r} is not known" for name in filters.licenses if name == "Nonsense"]

    def counts(self, query: str, of: Sequence[Filters]) -> list[int | None]:
        return [
            len(self._found(query, filters.kinds, 10_000, filters))
            if filters.sound or filters.kinds
            else None
            for filters in of
        ]

    def languages(self) -> dict[str, int]:
        return {"eng": 7, "nor": 6}

    def shelves(self) -> list[str]:
        return ["cc-by", "cc0"]

    def recording(self, id: str) -> RecordingView:
        return _get(self.recordings, self.merged.get(id, id))

    def release(self, id: str) -> ReleaseView:
        return _get(self.releases, id)

    def artist(self, id: str, start: int = 0) -> ArtistView:
        return _get(self.artists, id)

    def named(self, kind: str, id: str, start: int = 0) -> NamedView:
        raise NotFound(f"no {kind} has the id {id!r}")

    def recent(self, limit: int) -> list[TrackRow]:
        return [row for release in self.releases.values() for row in release.tracks][:limit]

    def editions(self) -> list[EditionView]:
        return self._editions

    def refusals(self, limit: int) -> list[Refusal]:
        text = CUSTOM.sentence
        made = [
            Refusal(
                recording=self.refused_id,
                title="Slow Ferry",
                name="oddvik/slow_ferry/03 - slow ferry.flac",
                codes=(CUSTOM.code,),
                sentence=text,
            ),
            Refusal(
                recording="",
                title="Untitled reel, side B",
                name="box 14/reel-b.wav",
                codes=(NOTHING.code,),
                sentence=NOTHING.sentence,
            ),
            Refusal(
                recording=self.mute,
                title="The Cable to Utsira",
                name="incoming/utsira (1).mp3",
                codes=(NOTHING.code, "F-TRUNCATED"),
                sentence=NOTHING.sentence,
            ),
            Refusal(
                recording=self.hostile,
                title=HOSTILE,
                name="../../etc/\u202epasswd",
                codes=(WITHDRAWN.code,),
                sentence=WITHDRAWN.sentence,
            ),
        ]
        return made[:limit]

    def may(self, sha256: str, use: Use, territory: str) -> Decision:
        self.asked.append((sha256, use, territory))
        if sha256 in self.withdrawn:
            return Decision(use=use, allow=False, codes=(WITHDRAWN.code,), evidence=())
        if sha256 in self.denied:
            return Decision(
                use=use,
                allow=False,
                codes=(NOTHING.code,),
                evidence=(),
                would_change="a license that says so",
            )
        if sha256 == "ab" * 32:
            return _decisions(CUSTOM)[use].decision
        return Decision(use=use, allow=True, codes=(OPEN.code,), evidence=())

    def signals(self, *blobs: str) -> Signals:
        return self.wished.get(blobs[0] if blobs else "", Signals())

    def sound(self, sha256: str) -> tuple[Path, str]:
        if sha256 in self.damaged:
            raise IntegrityError(f"{self.root}/secret/path: expected {sha256}, found other bytes")
        if sha256 != self.digest:
            raise NotFound(f"no sound {sha256}")
        return self.tone, "audio/wav"

    def copy(self, sha256: str) -> tuple[Path, str]:
        if sha256 != self.digest:
            raise NotFound(f"no copy of {sha256}")
        return self.smaller, "audio/ogg"

    def sent(self, sha256: str, copy: bool = False) -> tuple[Path | Kept, str]:
        return self.copy(sha256) if copy else self.sound(sha256)

    def cover(self, recordings: Sequence[str], territory: str) -> CoverView | None:
        return None

    def picture(self, picture: str, territory: str) -> Decision:
        return Decision(use=Use.STREAM, allow=False, codes=(NOTHING.code,), evidence=())

    def picture_file(self, picture: str) -> Path:
        raise NotFound(f"no picture {picture}")

    def lyrics(self, files: Sequence[str], territory: str) -> tuple[Lyrics, ...]:
        return ()

    def held_beside(self, recording: str) -> HeldBeside:
        return HeldBeside()

    def edition_file(self, number: int, path: str) -> Path:
        found = self.root / "editions" / str(number) / path
        if not found.is_file():
            raise NotFound(f"edition {number} has no file {path}")
        return found

    def volume_paper(self, name: str, path: str) -> Path:
        raise NotFound(f"volume {name!r} has no file {path!r}")

    def volume_sound(self, name: str, path: str) -> str:
        raise NotFound(f"volume {name!r} has no file {path!r}")

    def feed_file(self, name: str) -> Path:
        raise NotFound(f"no feed file is called {name!r}")

    # -- how it is made -------------------------------------------------------------------------

    def _hits(self) -> list[Hit]:
        hits = [Hit(kind="artist", id=view.id, title=view.name) for view in self.artists.values()]
        hits += [
            Hit(
                kind="release",
                id=view.id,
                title=view.title,
                subtitle=f"{view.artist} {view.date[:4]}".strip(),
            )
            for view in self.releases.values()
        ]
        hits += [
            Hit(
                kind="recording",
                id=view.id,
                title=view.title,
                subtitle=view.artist,
                has_sound=bool(view.sounds),
            )
            for view in self.recordings.values()
        ]
        return hits

    def _add(self, title: str, artist: str, date: str, genre: str, tracks: list[tuple[str, float]]) -> None:
        artist_id = identifiers.mint("artist", "made", artist)
        release_id = identifiers.mint("release", "made", title)
        rows = []
        for place, (name, seconds) in enumerate(tracks, 1):
            id = identifiers.mint("recording", "made", f"{title}/{place}")
            held = not (title == "Slow Ferry" and place in (2, 5, 6))
            rows.append(
                TrackRow(
                    id=id,
                    title=name,
                    artist=artist,
                    artist_id=artist_id,
                    seconds=seconds,
                    disc=1,
                    position=place,
                    has_sound=held,
                )
            )
            claims = (
                _claim(
                    "musicbrainz-json", "CC0-1.0", name, artist, title, date, seconds, f"NOMDE19{place:05}"
                ),
                _claim("folder", "", name.replace("’", "'"), artist, title, date[:4], seconds + 0.3, ""),
            )
            self.recordings[id] = RecordingView(
                id=id,
                title=name,
                artist=artist,
                artist_id=artist_id,
                releases=((release_id, title),),
                seconds=seconds,
                date=date,
                genre=genre,
                composer=artist,
                isrcs=(f"NOMDE19{place:05}",),
                mbids=("6f0b3ad8-1c2d-4e5f-8a9b-0c1d2e3f4a5b",),
                sounds=(),
                claims=claims,
                decisions=_decisions(NOTHING),
                evidence=(),
                attribution="",
                works=(
                    WorkView(
                        id=identifiers.mint("work", "made", name),
                        title=name,
                        lyricist="N. N.",
                        iswc="T-034.524.680-1",
                    ),
                ),
            )
        self.releases[release_id] = ReleaseView(
            id=release_id,
            title=title,
            artist=artist,
            artist_id=artist_id,
            date=date,
            barcode="7000000000007",
            label="Made Up Records",
            tracks=tuple(rows),
            claims=(_claim("musicbrainz-json", "CC0-1.0", title, artist, title, date, 0, ""),),
        )
        self.artists[artist_id] = ArtistView(
            id=artist_id,
            name=artist,
            releases=((release_id, title, date),),
            recordings=tuple(rows),
            claims=(_claim("musicbrainz-json", "CC0-1.0", "", artist, "", "", 0, ""),),
        )

    def _hold(self, id: str, sha256: str, seconds: float, peaks: bytes, state: str, rule: Rule) -> None:
        view = self.recordings[id]
        license = "CC-BY-4.0" if rule is OPEN else ""
        text = (
            "This work is licensed under a Creative Commons Attribution 4.0 International License. (Made for a test.)"
            if rule is OPEN
            else "Free to use in your game as long as you drop me a line first! (Made for a test.)"
        )
        sound = _sound(sha256, seconds, peaks, state, view.title, shared=rule is OPEN)
        self.recordings[id] = replace(
            view,
            sounds=(sound,),
            seconds=seconds,
            decisions=_decisions(rule),
            evidence=_evidence(text, license, view.artist),
            attribution=f"“{view.title}” by {view.artist}, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
            if rule is OPEN
            else "",
        )

    def _add_hostile(self, peaks: bytes) -> str:
        self._add(HOSTILE, HOSTILE, HOSTILE, HOSTILE, [(HOSTILE, math.inf)])
        id = list(self.recordings)[-1]
        self._hold(id, self.digest, SECONDS, peaks, "ok", OPEN)
        view = self.recordings[id]
        sound = view.sounds[0]
        bad = replace(
            sound, magnet="javascript:alert(1)", volume=HOSTILE, names=(HOSTILE, "\ud800" + "x" * 1_000_000)
        )
        evidence = _evidence(HOSTILE + "\n" + "y" * 900, "CC-BY-4.0", HOSTILE)
        self.recordings[id] = replace(view, sounds=(bad,), evidence=evidence, attribution=HOSTILE)
        return id

    def _edition(self) -> None:
        self._editions = []
        for number, day in ((3, dt.date(2026, 11, 15)), (2, dt.date(2026, 8, 2)), (1, dt.date(2026, 5, 9))):
            folder = self.root / "editions" / str(number)
            (folder / "torrents").mkdir(parents=True)
            files = {
                "SHA256SUMS": b"made up\n",
                "SHA256SUMS.minisig": b"untrusted comment: made up\n",
                "recordings.parquet": b"PAR1 made up PAR1",
                "claims.parquet": b"PAR1 made up, too PAR1",
                "README.html": b"<script>alert(1)</script>",
                "torrents/cc-by-0001.torrent": b"d4:infod4:name6:made upee",
            }
            for path, body in files.items():
                (folder / path).write_bytes(body)
            parts = tuple((path, len(body), hashlib.sha256(body).hexdigest()) for path, body in files.items())
            self._editions.append(
                EditionView(
                    number=number,
                    day=day,
                    recordings=2_905 - 400 * (3 - number),
                    files=2_911 - 400 * (3 - number),
                    size=38_200_000_000 - 6_000_000_000 * (3 - number),
                    volumes=(_volume("cc-by-0001", "CC-BY-4.0"), _volume("cc0-0001", "CC0-1.0")),
                    parts=parts,
                    public_key=KEY,
                    withdrawn=3 - number,
                )
            )


def _get(table: dict[str, _View], id: str) -> _View:
    if id not in table:
        raise NotFound(f"nothing has the id {id}")
    return table[id]


def _volume(name: str, license: str) -> TorrentView:
    v2 = hashlib.sha256(name.encode()).hexdigest()
    return TorrentView(
        name=f"harbour-{name}",
        files=1_430,
        size=19_100_000_000,
        info_hash_v1=v2[:40],
        info_hash_v2=v2,
        magnet=f"magnet:?xt=urn:btmh:1220{v2}&dn=harbour-{name}",
        license_class=license,
        path=f"torrents/{name}.torrent",
        swarm=SwarmView(
            seeders=4,
            leechers=1,
            completed=None,
            counted=dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC),
            source="tracker",
            last_seen=None,
        ),
    )


def _claim(
    source: str, license: str, title: str, artist: str, release: str, date: str, seconds: float, isrc: str
) -> ClaimView:
    fields = [("title", title), ("artist", artist), ("release", release), ("date", date), ("isrc", isrc)]
    if 0 < seconds < math.inf:
        fields.append(("duration", f"{seconds:.1f} s"))
    return ClaimView(
        source=source,
        source_id=hashlib.sha256(f"{source}{title}{artist}".encode()).hexdigest()[:12],
        license=license,
        fields=tuple((name, value) for name, value in fields if value),
        reason="" if source == "musicbrainz-json" else "same artist and title, durations within 0.5 s",
    )


def _decisions(rule: Rule) -> dict[Use, DecisionView]:
    answer = {}
    for use in Use:
        chosen = rule
        if use in (Use.KEEP, Use.REVIEW) and rule is not NOTHING:
            chosen = HELD
        elif use is Use.MINE and rule is OPEN:
            chosen = MINING
        change = "" if chosen.allows else "a statement by the rightsholder that names this use"
        decision = Decision(
            use=use,
            allow=chosen.allows,
            codes=(chosen.code,),
            evidence=(),
            would_change=change,
            review=chosen is CUSTOM,
        )
        answer[use] = DecisionView(decision=decision, rules=(chosen,))
    return answer


def _evidence(text: str, license: str, holder: str) -> tuple[EvidenceView, ...]:
    def made(says: str, origin: str, text: str, license: str) -> EvidenceView:
        return EvidenceView(
            id=hashlib.sha256(f"{says}{text}".encode(errors="replace")).hexdigest(),
            says=says,
            origin=origin,
            text=text,
            license=license,
            holder=holder,
            document=hashlib.sha256(origin.encode()).hexdigest() if says == "license" else "",
            added="2026-10-02T09:14:00Z",
        )

    return (
        made("license", "tag:LICENSE", text, license),
        made(
            "held", "depositor", "Given to the library by the artist's estate to keep. (Made for a test.)", ""
        ),
    )


def _sound(sha256: str, seconds: float, peaks: bytes, state: str, title: str, shared: bool) -> SoundView:
    volume = _volume("cc-by-0001", "CC-BY-4.0")
    return SoundView(
        sha256=sha256,
        blake3=hashlib.sha256(b"b3" + sha256.encode()).hexdigest(),
        v2_root=hashlib.sha256(b"v2" + sha256.encode()).hexdigest(),
        size=int(seconds * 160_000),
        container="wav",
        codec="pcm_s16le",
        seconds=seconds,
        sample_rate=44_100,
        channels=2,
        bit_rate=1_411_200,
        bit_depth=None,
        loudness=-14.3,
        loudness_range=6.1,
        true_peak=0.97,
        clipped_samples=3,
        cutoff=16000,
        tempo=96.5,
        tempo_confidence=0.7,
        musical_key="A minor",
        musical_key_confidence=0.6,
        suspicions=(),
        faults=(),
        peaks=peaks,
        names=(f"oddvik/slow_ferry/{title[:40].lower()}.wav",),
        state=state,
        volume=volume.name if shared else "",
        info_hash=volume.info_hash_v2 if shared else "",
        magnet=volume.magnet if shared else "",
        edition=3 if shared else 0,
        swarm=volume.swarm if shared else None,
        holders=2 if shared else None,
        versions=(
            VersionView(sha256="ef" * 32, relation="remaster", reason="8 dB louder, 98 % of the bits agree"),
            VersionView(
                sha256="0f" * 32, relation="encoding", reason="the same length, 99 % of the bits agree"
            ),
        ),
    )


def _level(moment: float) -> float:
    """A swell with a pulse in it, so that the waveform looks like music and seeking can be heard."""
    swell = 0.25 + 0.5 * math.sin(math.pi * moment / SECONDS) ** 2
    return swell * (0.45 + 0.55 * abs(math.sin(math.pi * 1.5 * moment)) ** 3)


def _tone(path: Path, rate: int = 8000) -> bytes:
    samples = array.array(
        "h",
        (
            int(
                24_000
                * _level(n / rate)
                * math.sin(2 * math.pi * (220 + 110 * (n // (rate * 2) % 4)) * n / rate)
            )
            for n in range(SECONDS * rate)
        ),
    )
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    step = len(samples) // 400
    return bytes(max(abs(s) for s in samples[i * step : (i + 1) * step]) >> 7 for i in range(400))


def _made_peaks(seed: int) -> bytes:
    draw = random.Random(seed)
    shape = [0.35 + 0.4 * abs(math.sin(i / (23 + seed))) for i in range(400)]
    return bytes(int(255 * min(level * draw.uniform(0.4, 1.25), 1)) for level in shape)


if __name__ == "__main__":
    import tempfile

    from onrecord.web.serve import serve

    with tempfile.TemporaryDirectory() as folder:
        port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
        serve(SampleArchive(Path(folder)), "127.0.0.1", port, lambda address: print(address, flush=True))
