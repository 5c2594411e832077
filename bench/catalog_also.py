# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real tracks on which no rule was tuned, from public repositories that anybody may clone into one folder
(`git clone https://github.com/OWNER/NAME DIR/OWNER/NAME`, then the commit below). Nothing of them is in the project.

What comes from a streaming service is not read, also where it lies beside what is free.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from catalog_pairs import FAR_MS, Pair, Told, base_of, heard, kind_of, listens, said_of, share_a_name
from msgspec import Struct

#: No file whose path names one of them is read, and no listen that does.
STREAMING: Final = re.compile(
    r"spotify|deezer|tidal|itunes|apple|youtube|ytm|soundcloud|qobuz|napster|amazon|genius|musixmatch|last\.?fm|jellyfin",
    re.I,
)
#: A recording on fifty releases would count for more than all others; and so would a title that everybody has.
MOST_OF_ONE: Final = 6
MOST_OF_A_KIND: Final = 1_000
#: So close are two masters of one recording, and two entries of one; what is told the same way cannot be told apart.
ALIKE_MS: Final = 3_000


JUDGED: Final = "disc judged by persons, place"
#: Kinds of pairs of which nobody could say what they are from what is told.
ANOTHER_SCRIPT: Final = "another script"
NOTHING_BUT_NAMES: Final = "no length and no release in common"
TOLD_THE_SAME_WAY: Final = "two by their identifiers, told the same way"
_FOREIGN: Final = re.compile(
    r"[\u0370-\u052f\u0590-\u06ff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


class Repository(Struct, frozen=True):
    """`license` is the repository's: what it holds of MusicBrainz and ListenBrainz is CC0. `of` names the reader."""

    commit: str
    license: str
    of: str


REPOSITORIES: Final[Mapping[str, Repository]] = {
    "fuwa-syugyo/credits_spot": Repository(
        "4b76b27988fe0096f994f6450ce4ff8e22f814b8", "none stated", "answers of MusicBrainz"
    ),
    "papposilene/MusicBrainz": Repository(
        "66965a294e4258ed54ada0d877bc03a0b75c61d3", "MIT", "answers of MusicBrainz"
    ),
    "RevsRev/musicbrainzws2": Repository(
        "cda1abc2ad4d92071a699f2abecb4bb955d7de9f", "Apache-2.0", "answers of MusicBrainz"
    ),
    "whipper-team/whipper": Repository(
        "6ad681aff5fe2520c20b9c8c3532c17a893d235f", "GPL-3.0", "answers of MusicBrainz"
    ),
    "sentriz/wrtag": Repository(
        "e47bada14e1e4d4268903d4a66d9ab0965ceda8e", "GPL-3.0", "answers of MusicBrainz"
    ),
    "avatar29A/MusicBrainz": Repository(
        "dde03649693234c9eba69aecbf55db89a16eebe3", "MIT", "answers of MusicBrainz"
    ),
    "metabrainz/musicbrainz-android": Repository(
        "5378860b50be2bde2e7aded17305f372bbca6ebb", "none stated", "answers of MusicBrainz"
    ),
    "metabrainz/picard": Repository(
        "638168b37337d7e95891822b55369c9d94743637", "GPL-2.0-or-later", "answers of MusicBrainz"
    ),
    "metabrainz/musicbrainz-server": Repository(
        "11cd769a5935c243a48455bc3a21158179170368", "GPL-2.0-or-later", "rows of MusicBrainz"
    ),
    "metabrainz/listenbrainz-server": Repository(
        "0a119846de26bcaa48503b6b65634d80e977c3b1", "GPL-2.0-or-later", "listens"
    ),
    "paulzuradzki/cddb-data-cleaning-project": Repository(
        "7b8b7b2aef241809e97ecbf6af8a24dc83e9c373", "MIT", "discs of freedb"
    ),
    "AI-team-UoA/pyJedAI": Repository(
        "619b00eb18fd536ad51af8b6757d0a1c7955334b", "Apache-2.0", "which discs are one"
    ),
    "ojdo/freemusi.cc-database": Repository(
        "47098ed8a86424ad2d04baf7f34a0790af4ac027", "CC-BY-SA-4.0", "free music"
    ),
}


def read(also: Path) -> list[Told]:
    """All claims of the repositories that are there."""
    claims = {claim for every in by_repository(also).values() for claim in every}
    return sorted(claims, key=lambda it: (it.source, it.where, it.thing, said_of(it)))


def by_repository(also: Path) -> dict[str, list[Told]]:
    return {
        name: [claim for claim in reader(also / name) if claim.title]
        for name, repository in REPOSITORIES.items()
        if (reader := _READERS.get(repository.of)) and (also / name).is_dir()
    }


def is_judged(pair: Pair) -> bool:
    """Whether persons said that the two are one, and no identifier."""
    return pair.kind.startswith(JUDGED)


def can_be_known(pair: Pair) -> bool:
    """Whether two that are one tell enough in common: a title in one script, and lengths or a release."""
    return not pair.kind.endswith((ANOTHER_SCRIPT, NOTHING_BUT_NAMES))


def pairs(told: Sequence[Told], known: Set[tuple[str, str]]) -> tuple[list[Pair], dict[str, int]]:
    """Of the claims by number, and how many pairs were left out, and why. `known` are the things of sets on which rules
    were tuned. Half of the pairs, by a hash of what they are about, may be looked at; the others are held out."""
    left_out: Counter[str] = Counter()
    things: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for number, claim in enumerate(told):
        if not claim.thing or (claim.scheme, claim.thing) in known:
            continue
        if things[claim.scheme, claim.thing].setdefault(said_of(claim), number) != number:
            left_out["says the same as another of its recording, word for word"] += 1
    found = [*_of_one(told, things, left_out), *_of_several(told, things, left_out), *_of_a_release(told)]
    return found, dict(left_out)


def _of_one(
    told: Sequence[Told], things: Mapping[tuple[str, str], Mapping[str, int]], left_out: Counter[str]
) -> Iterator[Pair]:
    for (scheme, thing), said in things.items():
        every = sorted(
            combinations(sorted(said.values()), 2),
            key=lambda it: _hash(*(said_of(told[each]) for each in it)),
        )
        left_out[f"beyond the first {MOST_OF_ONE} of a recording"] += max(len(every) - MOST_OF_ONE, 0)
        for a, b in every[:MOST_OF_ONE]:
            enough = told[a].says_enough and told[b].says_enough
            yield Pair(a, b, True, f"{scheme}: {_unlike(told[a], told[b])}", enough, _half(thing))


def _unlike(one: Told, other: Told) -> str:
    """In what two claims of one recording differ most."""
    both_long = one.duration_ms and other.duration_ms
    if bool(_FOREIGN.search(one.title)) != bool(_FOREIGN.search(other.title)):
        return ANOTHER_SCRIPT
    if not both_long and not (one.release and one.release.casefold() == other.release.casefold()):
        return NOTHING_BUT_NAMES
    return "other words" if heard(one) != heard(other) else "other length or release"


def _of_several(
    told: Sequence[Told], things: Mapping[tuple[str, str], Mapping[str, int]], left_out: Counter[str]
) -> Iterator[Pair]:
    """Recordings of one title, as MusicBrainz tells them apart. One claim speaks for each."""
    titles: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (scheme, thing), said in things.items():
        if scheme == "recording MBID":
            one = min(said.values(), key=lambda it: _hash(said_of(told[it])))
            titles[base_of(told[one].title)].append((thing, one))
    kinds: dict[str, list[Pair]] = defaultdict(list)
    for several in titles.values():
        for (thing, a), (other, b) in combinations(several, 2):
            x, y = told[a], told[b]
            kind = kind_of(x, y)
            if not share_a_name(x.artist, y.artist):
                kind = "same title by others"
            elif not kind:
                far = abs((x.duration_ms or 0) - (y.duration_ms or 0))
                kind = (
                    "same artist, other length"
                    if far > FAR_MS and x.duration_ms and y.duration_ms
                    else "another by the same title"
                )
            if heard(x) == heard(y) and abs((x.duration_ms or 0) - (y.duration_ms or 0)) <= ALIKE_MS:
                kind = TOLD_THE_SAME_WAY
            kinds[kind].append(Pair(min(a, b), max(a, b), False, kind, part=_half(min(thing, other))))
    for every in kinds.values():
        every.sort(key=lambda it: _hash(said_of(told[it.a]), said_of(told[it.b])))
        left_out[f"beyond the first {MOST_OF_A_KIND:,} of a kind that are not one"] += max(
            len(every) - MOST_OF_A_KIND, 0
        )
        yield from every[:MOST_OF_A_KIND]


def _of_a_release(told: Sequence[Told]) -> Iterator[Pair]:
    """Two places of one free release whose titles are versions of one."""
    placed: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, claim in enumerate(told):
        if claim.source == "free-music":
            placed[claim.where, base_of(claim.title)].append(number)
    for (where, _), numbers in placed.items():
        for a, b in combinations(numbers, 2):
            if told[a].title.casefold() != told[b].title.casefold() and (kind := kind_of(told[a], told[b])):
                yield Pair(a, b, False, kind, part=_half(where))


def _half(thing: str) -> str:
    """By the disc, where the place on it is told too."""
    return "looked at" if int(_hash(thing.split(": ", 1)[0]), 16) % 2 else "held out"


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


# --- readers ----------------------------------------------------------------------------------------------------------


def _answers(place: Path) -> Iterator[Told]:
    """What the web service of MusicBrainz answered, as tests of its clients keep it."""
    for path in _files(place, {".json", ""}):
        try:
            said = json.loads(path.read_text("utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError):
            continue
        yield from _answered(said, path.relative_to(place).as_posix(), {}, {})


def _answered(
    value: Any, where: str, recording: Mapping[str, Any], release: Mapping[str, Any]
) -> Iterator[Told]:
    """With the nearest recording and the nearest release around it."""
    if isinstance(value, list):
        for each in value:
            yield from _answered(each, where, recording, release)
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("media"), list):
        release = value
    own = value.get("recording")
    if isinstance(own, dict) and "title" in own and "id" in own:
        yield _recorded(own, where)
        yield _tracked(value, own, release, where)
    elif {"video", "id", "title"} <= value.keys():
        recording = value
        yield _recorded(value, where)
    elif recording and release and {"id", "number", "title"} <= value.keys():
        yield _tracked(value, recording, release, where)
    for key, each in value.items():
        if key not in ("relations", "recording"):
            yield from _answered(each, where, recording, release)


def _recorded(recording: Mapping[str, Any], where: str) -> Told:
    return Told(
        "musicbrainz",
        where,
        recording["title"],
        _credit(recording),
        "",
        None,
        _whole(str(recording.get("length"))),
        recording["id"],
        "recording MBID",
    )


def _tracked(
    track: Mapping[str, Any], recording: Mapping[str, Any], release: Mapping[str, Any], where: str
) -> Told:
    number = str(track.get("position") or track.get("number") or "")
    return Told(
        "musicbrainz-track",
        f"{where} {release.get('id', '')}",
        track.get("title") or recording["title"],
        _credit(track) or _credit(recording) or _credit(release),
        release.get("title") or "",
        int(number) if number.isdigit() else None,
        _whole(str(track.get("length"))),
        recording["id"],
        "recording MBID",
    )


def _credit(said: Mapping[str, Any]) -> str:
    return "".join(
        f"{it.get('name') or it.get('artist', {}).get('name') or ''}{it.get('joinphrase') or ''}"
        for it in said.get("artist-credit") or []
        if isinstance(it, dict)
    )


def _rows(place: Path) -> Iterator[Told]:
    """Rows of MusicBrainz's own tables, as its server is tested with."""
    tables: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for path in sorted((place / "t" / "sql").glob("webservice*.sql")):
        for table, names, values in re.findall(
            r"INSERT INTO (\w+) \(([^)]*)\)\s+VALUES \((.*?)\);$", path.read_text("utf-8"), re.M | re.S
        ):
            cells = [text.replace("''", "'") for text in _cells(values)]
            row = dict(zip(names.split(", "), cells, strict=False))
            tables[table][row.get("id", "")] = row
    for row in tables["recording"].values():
        yield Told(
            "musicbrainz",
            "rows",
            row["name"],
            tables["artist_credit"].get(row["artist_credit"], {}).get("name", ""),
            "",
            None,
            _whole(row["length"]),
            row["gid"],
            "recording MBID",
        )
    for row in tables["track"].values():
        recording = tables["recording"].get(row["recording"], {})
        release = tables["release"].get(tables["medium"].get(row["medium"], {}).get("release", ""), {})
        yield Told(
            "musicbrainz-track",
            f"rows {release.get('gid', '')}",
            row["name"],
            tables["artist_credit"].get(row["artist_credit"], {}).get("name", ""),
            release.get("name", ""),
            _whole(row["position"]),
            _whole(row["length"]),
            recording.get("gid", ""),
            "recording MBID" if recording else "",
        )


def _cells(values: str) -> Iterator[str]:
    for quoted, bare in re.findall(r"(?:E?'((?:[^']|'')*)'|([^,']+))(?:,\s*|$)", values, re.S):
        yield quoted or bare.strip()


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _listens(place: Path) -> Iterator[Told]:
    """What players said they played and what ListenBrainz took it for."""
    for path in _files(place, {".json"}):
        try:
            said = json.loads(path.read_text("utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError):
            continue
        for listen, _, played in listens(said, path.relative_to(place).as_posix()):
            if not STREAMING.search(json.dumps(listen)):
                yield played


def _discs(place: Path) -> Iterator[Told]:
    """Discs as persons typed them into freedb, without lengths; those that other persons judged to be one disc, with as
    many tracks, have one recording at each place. What went through a wrong encoding is left out."""
    judged = place.parent.parent / "AI-team-UoA" / "pyJedAI" / "data" / "der" / "cddb" / "gt.csv"
    file = place / "data" / "input" / "cddb.tsv.zip"
    if not (judged.exists() and file.exists()):
        return
    with judged.open(encoding="utf-8", newline="") as lines:
        one = _joined(list(csv.reader(lines))[1:])
    with zipfile.ZipFile(file) as archive, archive.open("cddb.tsv") as lines:
        text = io.TextIOWrapper(lines, "utf-8", newline="")
        for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE):
            tracks = [title.strip() for title in row["tracks"].rstrip(" |").split(" | ")]
            if re.search("[ÃÂ]", row["artist"] + row["title"] + row["tracks"]):
                continue
            disc = one.get(row["id"], "")
            for at, title in enumerate(tracks, 1):
                artist = row["artist"]
                if " / " in title and re.match(r"(?i)various|v\.?a\.?$|sampler|compilation", artist):
                    artist, title = title.split(" / ", 1)
                yield Told(
                    "freedb",
                    row["id"],
                    title,
                    artist,
                    row["title"],
                    at,
                    None,
                    f"{disc} of {len(tracks)}: {at}" if disc else "",
                    JUDGED if disc else "",
                )


def _joined(judged: Iterable[Sequence[str]]) -> dict[str, str]:
    """Each disc with the least of those that it was judged to be one with, in whatever steps."""
    one: dict[str, str] = {}
    for pair in judged:
        discs = {disc for disc, first in one.items() if first in {one.get(it, it) for it in pair}} | {*pair}
        one |= dict.fromkeys(discs, min(discs))
    return one


def _free(place: Path) -> Iterator[Told]:
    """Free releases on archive.org."""
    with (place / "releases.csv").open(encoding="utf-8", newline="") as lines:
        albums = {row["id"]: row["album"] for row in csv.DictReader(lines)}
    with (place / "tracks.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            seconds = _whole(row["duration"])
            yield Told(
                "free-music",
                row["id"],
                row["title"],
                row["trackartist"],
                albums.get(row["id"], ""),
                _whole(row["track"]),
                seconds * 1000 if seconds else None,
            )


def _files(place: Path, endings: Iterable[str]) -> Iterator[Path]:
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        if (
            path.suffix in endings
            and path.is_file()
            and ".git" not in inside.parts
            and not STREAMING.search(str(inside))
        ):
            yield path


_READERS: Final[Mapping[str, Callable[[Path], Iterator[Told]]]] = {
    "answers of MusicBrainz": _answers,
    "rows of MusicBrainz": _rows,
    "listens": _listens,
    "discs of freedb": _discs,
    "free music": _free,
}
