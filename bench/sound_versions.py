# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Near duplicates: are re-encodings of a piece found, and is nothing else? Then pairs that are known from elsewhere."""

import csv
import itertools
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from measure import progress
from msgspec import Struct
from sound_equal import encode

from onrecord import audio
from onrecord.archive.same_sound import SAME_SOUND, similar
from onrecord.audio.fingerprint import SILENCE, keys, near, words
from onrecord.audio.fingerprint_text import first_120_seconds
from onrecord.search.fingerprints import FingerprintIndex
from onrecord.store.digest import digest_file

#: What is made of each piece: the ending, and what the ffmpeg program is told.
KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "mp3 64": ("mp3", ("-c:a", "libmp3lame", "-b:a", "64k")),
    "mp3 128": ("mp3", ("-c:a", "libmp3lame", "-b:a", "128k")),
    "mp3 192": ("mp3", ("-c:a", "libmp3lame", "-b:a", "192k")),
    "mp3 320": ("mp3", ("-c:a", "libmp3lame", "-b:a", "320k")),
    "aac 128": ("m4a", ("-c:a", "aac", "-b:a", "128k")),
    "opus 64": ("opus", ("-c:a", "libopus", "-b:a", "64k")),
    "opus 96": ("opus", ("-c:a", "libopus", "-b:a", "96k")),
    "vorbis q3": ("ogg", ("-c:a", "libvorbis", "-q:a", "3")),
    "22.05 kHz": ("flac", ("-ar", "22050", "-c:a", "flac")),
    "1 dB louder": ("flac", ("-af", "volume=1dB", "-c:a", "flac")),
    "2 s cut off": ("flac", ("-af", "atrim=start=2,asetpts=PTS-STARTPTS", "-c:a", "flac")),
}
ORIGINAL: Final = "original"
#: How Warzone 2100 and SuperTuxKart name other versions of a piece.
MARKS: Final = ("_enhanced", "_fast")
DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "debian-music"
PACKAGES: Final = ("wesnoth-1.16-music", "warzone2100-music")


class Version(Struct, frozen=True):
    """`piece` is its place in the music; `kind` is one of `KINDS`, or `ORIGINAL`."""

    piece: int
    kind: str
    sha256: str
    fingerprint: bytes


def measure(music: Sequence[Path], folder: Path, rounds: int, size: int) -> dict[str, Any]:
    if not shutil.which("ffmpeg"):
        return {"skipped": "not installed: ffmpeg"}
    found = {"re_encodings": re_encodings(music, folder)}
    packages = {
        name: files for name in PACKAGES if (files := installed(name) or unpacked(name, folder / "debian"))
    }
    if not DATA.is_dir():
        found["known_pairs"] = {"skipped": "shared/data/debian-music is not beside the project"}
    elif not packages:
        found["known_pairs"] = {"skipped": f"neither installed nor to be had: {', '.join(PACKAGES)}"}
    else:
        found["known_pairs"] = known_pairs(packages, folder)
    return found


# --- re-encodings -----------------------------------------------------------------------------------------------


def re_encodings(music: Sequence[Path], folder: Path) -> dict[str, Any]:
    unmade: list[dict[str, str]] = []
    versions = list(made(music, folder, unmade))
    index = indexed(versions, folder / "index")
    telling = [version for version in versions if keys(version.fingerprint)]
    seen = {
        version.sha256: dict(similar(index, version.fingerprint))
        for version in telling
    }  # fmt: skip
    return {
        "wanted": "recall of 98 % and more by kind, no false match",
        "same_sound": SAME_SOUND,
        "pieces": len(music),
        "versions": len(versions),
        "without_a_key": [f"{music[v.piece].name}, {v.kind}" for v in versions if v not in telling],
        "recall": recall(telling, seen, music),
        "pairs_of_one_piece": pairs_of_one_piece(telling, seen),
        "false_matches": false_matches(telling, seen, music),
        **errors_of_one_piece(telling, music),
        **errors_of_distinct_pieces(telling, music),
        "not_made": unmade,
    }


def made(music: Sequence[Path], folder: Path, unmade: list[dict[str, str]]) -> Iterator[Version]:
    """The originals and what was made of them, each file gone again when its fingerprint is taken."""
    for number, path in enumerate(music):
        progress(f"versions of piece {number + 1} of {len(music)}")
        yield version_of(path, number, ORIGINAL)
        for kind, (ending, options) in KINDS.items():
            target = folder / f"version.{ending}"
            if problem := encode(path, target, *options):
                unmade.append({"what": f"{path.name}, {kind}", "why": problem})
            else:
                yield version_of(target, number, kind)
            target.unlink(missing_ok=True)


def version_of(path: Path, piece: int, kind: str) -> Version:
    sound = audio.probe(path).sound
    return Version(piece, kind, digest_file(path).sha256, sound.fingerprint if sound else b"")


def indexed(versions: Sequence[Version], folder: Path) -> FingerprintIndex:
    """As the archive does; the folder above must exist."""
    index = FingerprintIndex(folder)
    index.add((each.sha256, keys(each.fingerprint), first_120_seconds(each.fingerprint)) for each in versions)
    return index


def recall(
    versions: Sequence[Version], seen: Mapping[str, Mapping[str, float]], music: Sequence[Path]
) -> dict[str, Any]:
    """For each kind: of how many is the original found when one asks with the re-encoding."""
    originals = {version.piece: version.sha256 for version in versions if version.kind == ORIGINAL}
    found: dict[str, Any] = {}
    for kind in KINDS:
        asked = [version for version in versions if version.kind == kind and version.piece in originals]
        missed = [v for v in asked if originals[v.piece] not in seen[v.sha256]]
        found[kind] = {
            "asked": len(asked),
            "found": len(asked) - len(missed),
            "percent": round(100 * (len(asked) - len(missed)) / len(asked), 2) if asked else None,
            "missed": [music[version.piece].name for version in missed],
        }
    return found


def pairs_of_one_piece(
    versions: Sequence[Version], seen: Mapping[str, Mapping[str, float]]
) -> dict[str, int]:
    """Two re-encodings of a piece must find each other as well, in both directions."""
    pairs = [
        (a, b)
        for a, b in itertools.permutations(versions, 2)
        if a.piece == b.piece and a.sha256 != b.sha256
    ]  # fmt: skip
    return {"asked": len(pairs), "found": sum(b.sha256 in seen[a.sha256] for a, b in pairs)}


def false_matches(
    versions: Sequence[Version], seen: Mapping[str, Mapping[str, float]], music: Sequence[Path]
) -> list[dict[str, Any]]:
    """What the index and its verification say is one sound, and comes from two pieces; a pair of pieces once.

    `related` where the two share sound indeed.
    """
    pieces = {version.sha256: version.piece for version in versions}
    least: dict[tuple[int, int], float] = {}
    for sha256, others in seen.items():
        for other, error in others.items():
            pair = (min(pieces[sha256], pieces[other]), max(pieces[sha256], pieces[other]))
            if pair[0] != pair[1]:
                least[pair] = min(error, least.get(pair, 1.0))
    return [pair_of(music[a], music[b], error) for (a, b), error in least.items()]


def pair_of(a: Path, b: Path, error: float) -> dict[str, Any]:
    return {"a": a.name, "b": b.name, "error": round(error, 4), "related": title(a) == title(b)}


def title(path: Path) -> str:
    """What two files that share sound have in common: the name without its package, its version and its ending."""
    name = path.stem.rpartition("__")[2].removeprefix("copy-of-")
    for mark in MARKS:
        name = name.removesuffix(mark)
    return name


def sounding(fingerprint: bytes) -> bytes:
    """Without digital silence: pieces that end in a minute of it agree there, whatever they are."""
    every = words(fingerprint)
    return bytes(every[every != SILENCE].astype("<u4").tobytes())


def errors_of_one_piece(versions: Sequence[Version], music: Sequence[Path]) -> dict[str, Any]:
    """Bit errors between versions of one piece, whether or not the index brings them together."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    worst = (0.0, "")
    for a, b in itertools.combinations(versions, 2):
        if a.piece == b.piece:
            error = near(first_120_seconds(a.fingerprint), first_120_seconds(b.fingerprint))
            by_kind[b.kind if a.kind == ORIGINAL else "two re-encodings"].append(error)
            worst = max(worst, (error, f"{music[a.piece].name}: {a.kind}, {b.kind}"))
    return {
        "largest_error_of_one_piece": {"error": round(worst[0], 4), "of": worst[1]},
        "largest_error_by_kind": {kind: round(max(values), 4) for kind, values in by_kind.items()},
    }


def errors_of_distinct_pieces(versions: Sequence[Version], music: Sequence[Path]) -> dict[str, Any]:
    """Bit errors between all versions of any two pieces, as they are verified and without digital silence."""
    progress(f"bit errors of {len(versions)} versions with each other")
    prints = [(each.piece, first_120_seconds(each.fingerprint)) for each in versions]
    least: dict[tuple[int, int], tuple[float, float]] = {}
    pairs = 0
    for (a, left), (b, right) in itertools.combinations(prints, 2):
        if a != b:
            pairs += 1
            error, sound = near(left, right), near(sounding(left), sounding(right))
            before = least.get((a, b), (1.0, 1.0))
            least[a, b] = min(error, before[0]), min(sound, before[1])
    nearest = [
        {**pair_of(music[a], music[b], error), "without_silence": round(sound, 4)}
        for (a, b), (error, sound) in sorted(least.items(), key=lambda item: item[1])
    ]
    unrelated = [pair for pair in nearest if not pair["related"]]
    return {
        "pairs_of_distinct_pieces": pairs,
        "smallest_error_of_unrelated": min((pair["error"] for pair in unrelated), default=None),
        "smallest_without_silence": min((pair["without_silence"] for pair in unrelated), default=None),
        "nearest_distinct_pieces": nearest[:10],
    }


# --- pairs that are known ---------------------------------------------------------------------------------------


def installed(package: str) -> dict[str, Path]:
    """The files of a Debian package by their path in it; empty where it is not installed."""
    if not shutil.which("dpkg"):
        return {}
    done = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True)
    files = [Path(line) for line in done.stdout.splitlines()] if not done.returncode else []
    return {str(path).lstrip("/"): path for path in files if path.is_file()}


def unpacked(package: str, folder: Path) -> dict[str, Path]:
    """The same of a package that is not installed: downloaded and unpacked below `folder`; empty where that fails."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    progress(f"downloading {package}")
    subprocess.run(["apt-get", "download", package], cwd=folder, capture_output=True, check=False)
    for archive in folder.glob(f"{package}_*.deb"):
        root = folder / package
        subprocess.run(["dpkg-deb", "-x", archive, root], check=True)
        return {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    return {}


def known_pairs(packages: Mapping[str, Mapping[str, Path]], folder: Path) -> dict[str, Any]:
    """What we find in these packages beside the table, which was made with Chromaprint and which no ear has checked.

    Only pieces of the table of tracks: the others were not compared there.
    """
    tracks = [
        (row["package"], row["path"]) for row in table("tracks.tsv") if row["package"] in packages
    ]  # fmt: skip
    files = {each: packages[each[0]][each[1]] for each in tracks if each[1] in packages[each[0]]}
    versions = []
    for number, path in enumerate(files.values()):
        progress(f"known pairs: piece {number + 1} of {len(files)}")
        versions.append(version_of(path, number, ORIGINAL))
    ours = found_pairs(versions, list(files), folder / "known")
    known: dict[tuple[str, str], tuple[str, float]] = {}
    for row in table("duplicates.tsv"):
        ends = [(row["package_a"], row["path_a"]), (row["package_b"], row["path_b"])]
        if all(end in files for end in ends):
            known[named(*ends)] = row["kind"], float(row["bit_error_rate"])

    def listed(pairs: set[tuple[str, str]]) -> list[dict[str, Any]]:
        return [
            {
                "a": pair[0],
                "b": pair[1],
                "ours": ours.get(pair),
                "kind": known[pair][0] if pair in known else None,
                "theirs": known[pair][1] if pair in known else None,
            }
            for pair in sorted(pairs)
        ]

    return {
        "packages": sorted(packages),
        "pieces": len(files),
        "absent": len(tracks) - len(files),
        "known": len(known),
        "found": listed(ours.keys() & known.keys()),
        "missed": listed(known.keys() - ours.keys()),
        "extra": listed(ours.keys() - known.keys()),
    }


def found_pairs(
    versions: Sequence[Version], names: Sequence[tuple[str, str]], folder: Path
) -> dict[tuple[str, str], float]:
    """Pairs of pieces by name, with the bit error; the same bytes are a pair without a look at the sound."""
    index = indexed(versions, folder)
    holders: dict[str, list[int]] = defaultdict(list)
    for version in versions:
        holders[version.sha256].append(version.piece)
    pairs: dict[tuple[str, str], float] = {}
    for version in versions:
        alike = {**dict(similar(index, version.fingerprint)), version.sha256: 0.0}
        for sha256, error in alike.items():
            for other in holders[sha256]:
                if other != version.piece:
                    pairs[named(names[version.piece], names[other])] = round(error, 4)
    return pairs


def named(a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
    first, second = sorted(f"{package}: {path}" for package, path in (a, b))
    return first, second


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
