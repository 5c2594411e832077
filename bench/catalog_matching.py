# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the matcher comes on real tracks whose identity is known by identifiers that it is not given, and on pairs
that look alike and are not one; splink on the same claims; and apart, on a made catalog whose claims were changed.

All claims are matched together, by the way that an archive goes: two are joined when they come to be of one recording.
"""

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any, Final

import catalog_also
import msgspec
from catalog_pairs import SETS, Pair, Told, read
from measure import progress
from msgspec import structs
from peers import python_with

from onrecord.archive import Archive
from onrecord.archive.generating import generate, judge
from onrecord.archive.matching import rematch
from onrecord.catalog.match import match
from onrecord.catalog.tables import Tables, TrackRow
from onrecord.engine.duck import Duck
from onrecord.sources.generated.claims import Generated

WANTED: Final = {"precision": 0.99, "recall": 0.95, "pairs": 1_000, "hard_negatives": 300}
MADE: Final = 40_960
SEED: Final = 2026
#: The probability above which splink is taken to say that two are one.
SURE: Final = (0.5, 0.9, 0.99)
#: What runs in splink's own environment: claims and a folder for what it finds. Trained on the claims themselves.
PEER: Final = """
import json, sys
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
import duckdb, pyarrow as pa
claims, sure = json.load(open(sys.argv[1])), json.loads(sys.argv[2])
table = pa.Table.from_pylist(claims)
api = DuckDBAPI()
length = {
    "output_column_name": "seconds",
    "comparison_levels": [
        {"sql_condition": "seconds_l IS NULL OR seconds_r IS NULL", "label_for_charts": "none", "is_null_level": True},
        {"sql_condition": "abs(seconds_l - seconds_r) <= 1", "label_for_charts": "1 s"},
        {"sql_condition": "abs(seconds_l - seconds_r) <= 3", "label_for_charts": "3 s"},
        {"sql_condition": "abs(seconds_l - seconds_r) <= 10", "label_for_charts": "10 s"},
        {"sql_condition": "ELSE", "label_for_charts": "else"},
    ],
}
settings = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[
        cl.JaroWinklerAtThresholds("title", [0.95, 0.88]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("artist", [0.95, 0.88]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("release", [0.95, 0.88]),
        length,
    ],
    blocking_rules_to_generate_predictions=[
        block_on("title"), block_on("artist", "seconds"), block_on("substr(title, 1, 5)", "artist"),
    ],
)
linker = Linker(api.register(table), settings, log_level=40)
train = linker.training
train.estimate_probability_two_random_records_match([block_on("title", "artist", "seconds")], recall=0.7)
train.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for rule in (block_on("title"), block_on("artist", "seconds")):
    train.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
predicted = linker.inference.predict(threshold_match_probability=min(sure))
found = {}
for each in sure:
    groups = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=each)
    rows = groups.as_record_list()
    found[str(each)] = {"groups": {str(row["unique_id"]): str(row["cluster_id"]) for row in rows}}
    found[str(each)]["pairs"] = [
        [row["unique_id_l"], row["unique_id_r"]]
        for row in predicted.as_record_list()
        if row["match_probability"] >= each
    ]
json.dump(found, open(sys.argv[3], "w"))
"""


def measure(folder: Path, data: Path, also: Path | None, errors: Path) -> dict[str, Any]:
    """`data` has the sets (catalog_pairs.py), `also` those that nobody tuned on (catalog_also.py); into the file
    `errors` goes each wrong pair but those that are held out."""
    told, pairs = read(data)
    if not pairs:
        return {"failed": f"{data}: expected one of {', '.join(SETS)} there"}
    known = {(claim.scheme, claim.thing) for claim in told if claim.thing}
    more = [] if also is None else catalog_also.read(also)
    found, left_out = catalog_also.pairs(more, known)
    pairs += [structs.replace(it, a=it.a + len(told), b=it.b + len(told)) for it in found]
    told += more
    progress(f"{len(told):,} claims, {len(pairs):,} pairs whose truth is known")
    groups, reasons = _match(folder, told)
    ours = _scores(pairs, partial(_are_of_one, groups))
    wrong = [
        _error(told, pair, groups, reasons)
        for pair in pairs
        if (groups[pair.a] == groups[pair.b]) != pair.same and pair.part != "held out"
    ]
    errors.write_text(
        "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in wrong), encoding="utf-8"
    )
    joined = Counter(_why(reasons, pair) for pair in pairs if groups[pair.a] == groups[pair.b])
    return {
        "wanted": WANTED,
        "sets": {name: len({*read_set(data)}) for name, read_set in SETS.items()},
        "sets_that_nobody_tuned_on": {
            name: {"claims": len({*more_of}), **msgspec.to_builtins(catalog_also.REPOSITORIES[name])}
            for name, more_of in ({} if also is None else catalog_also.by_repository(also)).items()
        },
        "pairs_left_out": left_out,
        "matcher": ours,
        "joined_by": dict(joined.most_common()),
        "wrongly_joined_by": dict(
            Counter(
                _why(reasons, it) for it in pairs if groups[it.a] == groups[it.b] and not it.same
            ).most_common()
        ),
        "in_another_order": _in_another_order(folder, told, groups, reasons),
        "errors_are_in": errors.name,
        "splink": _splink(folder, told, pairs),
        "changed_on_purpose": _made(folder),
    }


# --- the matcher ------------------------------------------------------------------------------------------------------


def _match(folder: Path, told: Sequence[Told]) -> tuple[dict[int, str], dict[int, tuple[float, str]]]:
    """The recording of each claim by its number, and the surest reason for its being there."""
    tables = Tables(folder / "catalog")
    segment = tables.append("tracks", 1, [_row(number, claim) for number, claim in enumerate(told)])
    duck = Duck(folder / "spill", "1GB", 1)
    try:
        tables.attach(duck, [segment] if segment else [])
        match(duck, [], [])
        rows = duck.run("SELECT source_id, recording, confidence, reason FROM recording_members")
    finally:
        duck.close()
    groups = {int(name): recording for name, recording, _, _ in rows}
    return groups, {int(name): (confidence, reason) for name, _, confidence, reason in rows}


def _in_another_order(
    folder: Path, told: Sequence[Told], groups: Mapping[int, str], reasons: Mapping[int, tuple[float, str]]
) -> dict[str, int]:
    """How many claims are with others, or there for another reason, where all of them came in another order."""
    order = random.Random(SEED).sample(range(len(told)), len(told))
    shuffled, why = _match(folder / "another order", [told[number] for number in order])
    before, now = _firsts(groups, range(len(told))), _firsts(shuffled, order)
    return {
        "claims": len(told),
        "with_others": sum(before[number] != now[number] for number in before),
        "for_another_reason": sum(reasons[number] != why[at] for at, number in enumerate(order)),
    }


def _firsts(groups: Mapping[int, str], numbers: Sequence[int]) -> dict[int, int]:
    """By the number of each claim the least of those that are one with it; `numbers` are those of the claims in
    `groups`."""
    members = defaultdict[str, list[int]](list)
    for at, number in enumerate(numbers):
        members[groups[at]].append(number)
    return {number: min(those) for those in members.values() for number in those}


def _row(number: int, claim: Told) -> TrackRow:
    """The claim without what identifies it."""
    blank = {it.name: "" for it in msgspec.structs.fields(TrackRow) if it.name not in ("seq", "disc")}
    said = {
        "source": claim.source,
        "record": str(number),
        "id": str(number),
        "title": claim.title,
        "artist": claim.artist,
        "release": claim.release,
        "release_id": f"{claim.where} {claim.release}" if claim.release else "",
        "disc": None,
        "position": claim.position,
        "duration_ms": claim.duration_ms,
    }
    return msgspec.convert({**blank, **said}, TrackRow)


def _why(reasons: Mapping[int, tuple[float, str]], pair: Pair) -> str:
    return min(reasons[pair.a], reasons[pair.b])[1]


def _error(
    told: Sequence[Told], pair: Pair, groups: Mapping[int, str], reasons: Mapping[int, tuple[float, str]]
) -> dict[str, Any]:
    joined = groups[pair.a] == groups[pair.b]
    return {
        "error": "joined" if joined else "missed",
        "kind": pair.kind,
        "reason": _why(reasons, pair) if joined else "",
        "a": msgspec.to_builtins(told[pair.a]),
        "b": msgspec.to_builtins(told[pair.b]),
    }


# --- scores -----------------------------------------------------------------------------------------------------------


def _scores(every: Sequence[Pair], is_joined: Callable[[int, int], bool]) -> dict[str, Any]:
    """Apart: pairs on which rules were tuned, and the halves of those on which they were not. Where two are one by
    identifiers; what persons judged stands by itself."""
    parts: dict[str, list[Pair]] = {}
    for pair in every:
        judged = "discs judged to be one, " if catalog_also.is_judged(pair) else ""
        parts.setdefault(judged + pair.part, []).append(pair)
    return {part: _score(pairs, is_joined) for part, pairs in sorted(parts.items())}


def _score(every: Sequence[Pair], is_joined: Callable[[int, int], bool]) -> dict[str, Any]:
    """Recall is of the pairs that say enough to be known; of the others is told how many were joined all the same."""
    same_way = [pair for pair in every if pair.kind == catalog_also.TOLD_THE_SAME_WAY]
    pairs = [
        pair for pair in every if (pair.told or not pair.same) and pair.kind != catalog_also.TOLD_THE_SAME_WAY
    ]
    rest = [pair for pair in every if not pair.told and pair.same]
    true = sum(pair.same for pair in pairs)
    joined = [pair for pair in pairs if is_joined(pair.a, pair.b)]
    right = sum(pair.same for pair in joined)
    few = sum(is_joined(pair.a, pair.b) for pair in rest)
    doubled = sum(is_joined(pair.a, pair.b) for pair in same_way)
    known = [pair for pair in pairs if pair.same and catalog_also.can_be_known(pair)]
    kinds: dict[str, dict[str, int]] = {}
    for pair in pairs:
        one = kinds.setdefault(("" if pair.same else "not one: ") + pair.kind, {"pairs": 0, "joined": 0})
        one["pairs"] += 1
        one["joined"] += is_joined(pair.a, pair.b)
    return {
        "pairs": true,
        "hard_negatives": len(pairs) - true,
        "precision": round(right / len(joined), 5) if joined else 1.0,
        "recall": round(right / true, 5) if true else 1.0,
        "in_one_script_with_length_or_release_in_common": {
            "pairs": len(known),
            "recall": round(sum(is_joined(it.a, it.b) for it in known) / max(len(known), 1), 5),
        },
        "two_that_are_told_the_same_way": {"pairs": len(same_way), "joined": doubled},
        "precision_with_told_the_same_way": round(right / max(len(joined) + doubled, 1), 5),
        "too_little_said": {"pairs": len(rest), "joined": few},
        "recall_with_too_little_said": round((right + few) / max(true + len(rest), 1), 5),
        "kinds": dict(sorted(kinds.items())),
    }


def _splink(folder: Path, told: Sequence[Told], pairs: Sequence[Pair]) -> dict[str, Any] | str:
    python = python_with("splink==5.0.0", "pyarrow")
    if python is None:
        return "not installed"
    progress("peer: splink")
    claims = [
        {
            "unique_id": number,
            "title": claim.title.casefold(),
            "artist": claim.artist.casefold() or None,
            "release": claim.release.casefold() or None,
            "seconds": None if claim.duration_ms is None else round(claim.duration_ms / 1000),
        }
        for number, claim in enumerate(told)
    ]
    given, answer = folder / "claims.json", folder / "found.json"
    given.write_text(json.dumps(claims), encoding="utf-8")
    command = [str(python), "-c", PEER, str(given), json.dumps(SURE), str(answer)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        return "failed: it says why above"
    found: dict[str, Any] = {}
    for sure, said in json.loads(answer.read_text("utf-8")).items():
        groups = {int(number): group for number, group in said["groups"].items()}
        linked = {(min(pair), max(pair)) for pair in said["pairs"]}
        found[f"groups, probability {sure}"] = _scores(pairs, partial(_are_of_one, groups))
        found[f"pairs, probability {sure}"] = _scores(pairs, partial(_are_linked, linked))
    return found


def _are_of_one(groups: Mapping[int, str], a: int, b: int) -> bool:
    return groups[a] == groups[b]


def _are_linked(linked: Set[tuple[int, int]], a: int, b: int) -> bool:
    return (a, b) in linked


# --- claims that were changed on purpose ------------------------------------------------------------------------------


def _made(folder: Path) -> dict[str, Any]:
    progress(f"{MADE:,} made tracks")
    with Archive.create(folder / "made", "Made, to be judged") as archive:
        generate(archive, Generated(MADE, SEED), folder / "truth")
        rematch(archive)
        judged = judge(archive, folder / "truth")
    rounded = {
        name: {"pairs": it.true, "precision": round(it.precision, 5), "recall": round(it.recall, 5)}
        for name, it in judged.kinds.items()
    }
    return {
        "tracks": MADE,
        "seed": SEED,
        "kinds": rounded,
        "recall_of_perturbed": {name: round(it.recall, 5) for name, it in judged.perturbed.items()},
        "versions_joined": msgspec.to_builtins(judged.versions),
    }
