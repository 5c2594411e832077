# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's decisions in an archive: in the log with who and why, kept through harvests and rebuilds, and undone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.archive import Archive, deciding, rebuilding
from onrecord.archive.catalog_diffing import differing
from onrecord.archive.checking import check
from onrecord.archive.explaining import conflicts, why
from onrecord.archive.exporting.dataset import export_dataset
from onrecord.archive.harvest import harvest
from onrecord.archive.last_match import is_matched
from onrecord.archive.matching import rematch
from onrecord.archive.publishing import publish
from onrecord.archive.reading import Reader
from onrecord.archive.rebuilding import rebuild
from onrecord.archive.withdrawing import withdraw
from onrecord.engine.parquet import column_names, read_rows
from onrecord.errors import NotFound, UsageError
from onrecord.model.rights import Target
from tests.archive.matched_tables import kept_rows
from tests.conftest import DAY
from tests.pipeline.musicbrainz import mbid, recording, save
from tests.pipeline.pieces import answer, onrecord

SAID: dict[str, Any] = {"by": "Ada", "why": "The booklet says so"}
MB = "musicbrainz-json"


@pytest.fixture
def said(made_once: Callable[..., Path]) -> Iterator[Archive]:
    """Two sources on the same song, and another song."""
    with Archive.open(made_once(_say) / "archive", lambda: DAY) as archive:
        yield archive


def _say(folder: Path) -> None:
    one = {"a": recording("Song", "Some Band", 100_000), "b": recording("Other", "Some Band", 50_000)}
    two = {
        "c": {
            **recording("Song", "Some Band", 101_000),
            "id": mbid("elsewhere"),
            "first-release-date": "1974",
        }
    }
    with Archive.create(folder / "archive", "Test archive", lambda: DAY) as archive:
        harvest(archive, MB, save(folder / "one", **one))
        harvest(archive, MB, save(folder / "two", **two), filed_as="else", license="CC0-1.0")
        rematch(archive)


def rows(path: Path, name: str) -> list[dict[str, Any]]:
    path = path / f"{name}.parquet"
    return list(read_rows(path, column_names(path)))


def titled(archive: Archive, title: str) -> list[str]:
    found = kept_rows(archive, "canonical_recordings")
    return sorted(row["id"] for row in found if row["title"] == title)


def claim(title: str, source: str = MB) -> str:
    found = {"Song": mbid("recording Song"), "Other": mbid("recording Other"), "else": mbid("elsewhere")}
    return f"{source}:{found[title]}"


ELSE = claim("else", "else")


def test_why_names_each_join_and_undo_parts_it(said: Archive, tmp_path: Path) -> None:
    [song] = titled(said, "Song")
    told = why(said, song)
    assert [(join.reason, join.confidence) for join in told.joins] == [("names+duration", 0.9)]
    assert {(each.source, each.name) for each in told.claims} == {(MB, "Song"), ("else", "Song")}
    assert why(said, claim("Song"), ELSE).joins == told.joins
    made = deciding.undo(said, told.joins[0].id, **SAID)
    assert len(made.things) == 2 and song in made.things and titled(said, "Song") == sorted(made.things)
    apart = why(said, claim("Song"), ELSE)
    assert apart.joins == () and apart.kept_apart == (made.decision.id,)
    assert [join.reason for join in apart.parted] == ["names+duration"]
    # Harvested anew, matched anew, made anew: it holds.
    more = {**recording("Song", "Some Band", 101_000), "id": mbid("elsewhere"), "disambiguation": "again"}
    harvest(said, MB, save(tmp_path / "two", c=more), filed_as="else", license="CC0-1.0")
    assert not is_matched(said)
    rematch(said)
    assert titled(said, "Song") == sorted(made.things)
    rebuild(said)
    assert titled(said, "Song") == sorted(made.things)
    undone = deciding.undo(said, made.decision.id[:12], by="Bo", why="A mistake")
    assert undone.decision.undone and titled(said, "Song") == [song]
    with pytest.raises(NotFound, match="it was undone"):
        deciding.undo(said, made.decision.id, **SAID)


def test_a_join_leaves_a_redirect_and_a_split_names_its_heir(said: Archive) -> None:
    [song], [other] = titled(said, "Song"), titled(said, "Other")
    made = deciding.join(said, song, claim("Other"), **SAID)
    assert made.things == (song,)
    assert Reader(said.folder).recording(other).id == song
    [join] = [join for join in why(said, song).joins if join.decision]
    assert (join.reason, join.by, join.why, join.confidence) == ("person", "Ada", SAID["why"], 1.0)
    with pytest.raises(UsageError, match="already"):
        deciding.join(said, song, other, **SAID)
    # The join is undone by its own name, too.
    deciding.undo(said, join.id, **SAID)
    assert Reader(said.folder).recording(other).id == other
    parted = deciding.split(said, song, [ELSE], **SAID)
    [heir] = set(parted.things) - {song}
    with said.duck() as duck:
        assert duck.run("SELECT kind, old, new FROM splits") == [("track", song, heir)]
    assert Reader(said.folder).recording(heir).title == "Song"


def test_what_cannot_be_decided_is_said(said: Archive) -> None:
    [song] = titled(said, "Song")
    wrong: list[tuple[type[Exception], str, Any]] = [
        (NotFound, "expected the id", lambda: deciding.join(said, song, "nothing", **SAID)),
        (UsageError, "says who", lambda: deciding.join(said, song, claim("Other"), by=" ", why="x")),
        (UsageError, "expected a claim of", lambda: deciding.split(said, song, [claim("Other")], **SAID)),
        (
            UsageError,
            "some of its 2 claims",
            lambda: deciding.split(said, song, [claim("Song"), ELSE], **SAID),
        ),
        (NotFound, "no such join", lambda: deciding.undo(said, f"{song}/000000000000", **SAID)),
        (NotFound, "no decision", lambda: deciding.undo(said, "abcdef", **SAID)),
        (UsageError, "a field of a recording", lambda: deciding.override(said, song, "isrcs", "x", **SAID)),
        (UsageError, "milliseconds", lambda: deciding.override(said, song, "duration_ms", "-1", **SAID)),
        (UsageError, "no day", lambda: deciding.override(said, song, "date", "1974-02-30", **SAID)),
        (UsageError, "no day", lambda: deciding.override(said, song, "date", "1974-13", **SAID)),
        (UsageError, "not printed", lambda: deciding.override(said, song, "title", "a\x1b[2J", **SAID)),
        (UsageError, "at most 1,000", lambda: deciding.override(said, song, "title", "a" * 1_001, **SAID)),
        (NotFound, "nobody decided", lambda: deciding.undo_override(said, song, "title", **SAID)),
    ]
    before = said.log.next_seq
    for error, message, call in wrong:
        with pytest.raises(error, match=message):
            call()
    assert said.log.next_seq == before, "nothing was logged"


def test_a_word_of_a_person_stands_above_all_sources(said: Archive, tmp_path: Path) -> None:
    [song] = titled(said, "Song")
    made = deciding.override(said, song, "date", "1973-05-01", later=True, **SAID)
    deciding.override(said, song, "title", "The Song", **SAID)
    view = Reader(said.folder).recording(song)
    assert (view.date, view.title) == ("1973-05-01", "The Song")
    assert view.claims[0].source == "a person" and view.claims[0].reason == "override"
    assert dict(view.claims[0].fields) == {"title": "The Song", "date": "1973-05-01"}
    assert {each.source for each in view.claims[1:]} == {MB, "else"}
    told = {each.field: each for each in conflicts(said, song)}
    assert told["title"].holds == "The Song" and told["title"].decided
    assert {value for _, _, value in told["title"].said} == {"Song"}
    assert told.keys() == {each.field for each in conflicts(said) if each.thing == song}
    # It survives a harvest, and goes with the thing that its own is merged into.
    harvest(said, MB, save(tmp_path / "one", a=recording("Song", "Some Band", 100_000, disambiguation="x")))
    rematch(said)
    assert Reader(said.folder).recording(song).title == "The Song"
    [other] = titled(said, "Other")
    deciding.override(said, other, "composer", "Somebody", later=True, **SAID)
    joined = deciding.join(said, other, song, **SAID)
    [one] = joined.things
    merged = Reader(said.folder).recording(one)
    assert (merged.title, merged.composer) == ("The Song", "Somebody")
    deciding.undo_override(said, one, "title", later=True, **SAID)
    deciding.undo(said, made.decision.id, **SAID)
    assert Reader(said.folder).recording(one).title in ("Song", "Other")
    with said.duck() as duck:
        assert sum(bool(each.undone) for each in deciding.decisions(said, duck)) == 2


def test_nothing_to_say_is_a_word_too(said: Archive) -> None:
    [song] = titled(said, "Song")
    deciding.override(said, song, "duration_ms", "", later=True, **SAID)
    assert not is_matched(said)
    rematch(said)
    [row] = [row for row in kept_rows(said, "canonical_recordings") if row["id"] == song]
    assert row["duration_ms"] is None


def test_an_edition_tells_the_value_and_not_the_person(said: Archive, tmp_path: Path) -> None:
    [song], [other] = titled(said, "Song"), titled(said, "Other")
    deciding.override(said, song, "title", "The Song", by="Ada Secret", why="a private reason", later=True)
    deciding.join(said, song, other, by="Ada Secret", why="a private reason")
    publish(said)
    dataset = said.folder / "editions" / "1" / "dataset"
    assert rows(dataset, "overrides") == [
        {"kind": "track", "id": song, "field": "title", "value": "The Song"}
    ]
    assert rows(dataset, "redirects") == [{"kind": "track", "old": other, "new": song}]
    [row] = rows(dataset, "recordings")
    assert (row["title"], row["license"]) == ("The Song", "CC0-1.0")
    reasons = {(row["source"], row["reason"], row["confidence"]) for row in rows(dataset, "crosswalk")}
    assert (MB, "person", 1.0) in reasons and ("else", "names+duration", 0.9) in reasons
    known = {(row["scheme"], row["value"]) for row in rows(dataset, "identifiers") if row["id"] == song}
    assert known == {("mbid", mbid(it)) for it in ("recording Song", "recording Other", "elsewhere")}
    for path in said.folder.joinpath("editions").rglob("*"):
        if path.is_file():
            assert b"Ada Secret" not in path.read_bytes() and b"a private reason" not in path.read_bytes()
    # Under a license that is not the person's, their word does not go out.
    export_dataset(said, tmp_path / "out", ["CC-BY-4.0"])
    assert rows(tmp_path / "out" / "dataset", "overrides") == []


def test_what_is_withdrawn_takes_its_overrides_with_it(said: Archive) -> None:
    [song] = titled(said, "Song")
    deciding.override(said, song, "title", "A silent title", **SAID)
    withdraw(said, Target("recording", song), by="A", text="no")
    publish(said)
    dataset = said.folder / "editions" / "1" / "dataset"
    assert rows(dataset, "overrides") == [] and len(rows(dataset, "withdrawn")) == 1
    for path in dataset.iterdir():
        assert b"A silent title" not in path.read_bytes()


# Editions compared, and made again -------------------------------------------------------------------------------


def test_editions_are_compared_thing_by_thing(said: Archive, tmp_path: Path) -> None:
    [song], [other] = titled(said, "Song"), titled(said, "Other")
    publish(said)
    deciding.override(said, song, "genre", "folk", later=True, **SAID)
    deciding.join(said, song, other, later=True, **SAID)
    harvest(said, MB, save(tmp_path / "three", d=recording("Third", "New Band", 9_000)))
    rematch(said)
    with differing(said, "1", "now") as diff:
        planned = list(diff.rows())
    publish(said)
    with differing(said, "1", "2") as diff:
        assert list(diff.rows()) == planned, "what the next edition would hold is what it holds"
        counts = {each.kind: each for each in diff.counts}
    [third] = titled(said, "Third")
    assert ("recording", third, "added", "", "", "", "") in planned
    assert ("recording", other, "redirected", "", "", "", song) in planned
    assert ("recording", song, "changed", "genre", "", "folk", "") in planned
    told = counts["recording"]
    assert (told.before, told.after, told.added, told.redirected, told.changed, told.gone) == (
        2,
        2,
        1,
        1,
        1,
        0,
    )
    assert counts["artist"].added == 1
    withdraw(said, Target("recording", third), by="A", text="no")
    publish(said)
    with differing(said, "2", "3") as diff:
        assert ("recording", third, "withdrawn", "", "", "", "") in list(diff.rows())
    with differing(said, "3", "2") as diff:
        assert "Third" not in str(list(diff.rows())), "of what is withdrawn nothing is told"
    with pytest.raises(NotFound, match="edition 9"), differing(said, "1", "9"):
        pass
    for odd in ("", "-1", "yesterday"):
        with pytest.raises(NotFound, match="expected the number of an edition"), differing(said, odd, "now"):
            pass


def test_now_differs_from_now_by_nothing(said: Archive) -> None:
    with differing(said, "now", "now") as diff:
        assert list(diff.rows()) == []
        assert {each.kind: (each.before, each.after) for each in diff.counts}["recording"] == (2, 2)


def test_the_same_comes_of_claims_and_log_wherever_they_lie(said: Archive, tmp_path: Path) -> None:
    [song], [other] = titled(said, "Song"), titled(said, "Other")
    deciding.split(said, song, [ELSE], later=True, **SAID)
    deciding.override(said, other, "title", "Another", later=True, **SAID)
    publish(said)  # which matches
    made = rebuild(said)
    assert {table.outcome for table in made.tables} == {"same"} and made.recordings == 3
    damaged = said.canonical("canonical_recordings")
    with said.duck() as duck:
        duck.run(f"CREATE TABLE other AS SELECT * REPLACE ('x' AS title) FROM read_parquet('{damaged}')")
        duck.run(f"COPY other TO '{damaged}'")
    outcomes = {table.name: table.outcome for table in rebuild(said).tables}
    assert outcomes.pop("canonical_recordings") == "differs" and set(outcomes.values()) == {"same"}
    # Moved, with everything gone that can be derived.
    folder, clock = said.folder, said.clock
    said.close()
    moved = tmp_path / "moved"
    folder.rename(moved)
    for part in ("catalog/canonical", "search"):
        shutil.rmtree(moved / part)
    (moved / "search").mkdir()
    for path in moved.glob("ledger.sqlite*"):
        path.unlink()
    with Archive.open(moved, clock) as archive:
        assert {table.outcome for table in rebuild(archive).tables} == {"new"}
        assert publish(archive).number == 0, "every table of the next edition has the digest that it had"
        assert Reader(moved).recording(other).title == "Another"


@pytest.mark.parametrize("name", ["canonical_recordings", "recording_members", "versions"])
@pytest.mark.parametrize("left", [b"PAR1 and no more", pytest.param(b"", marks=pytest.mark.slow)])
def test_a_table_that_cannot_be_read_is_named_by_check_and_made_anew(
    said: Archive, name: str, left: bytes
) -> None:
    whole, before = said.canonical(name).read_bytes(), kept_rows(said, name)
    assert not check(said).bad
    said.canonical(name).write_bytes(left)
    [bad] = check(said).bad
    assert (bad.what, bad.state) == (f"catalog/canonical/{name}.parquet", "unreadable")
    rematch(said)
    assert kept_rows(said, name) == before and not check(said).bad
    # A match sees it by itself,
    said.canonical(name).write_bytes(whole[: len(whole) // 2])
    assert rematch(said).why_anew == f"catalog/canonical/{name}.parquet could not be read and was set aside"
    assert kept_rows(said, name) == before and not check(said).bad
    # as does what makes all anew.
    said.canonical(name).write_bytes(whole[: len(whole) // 2])
    outcomes = {table.name: table.outcome for table in rebuild(said).tables}
    assert outcomes.pop(name) == "differs" and set(outcomes.values()) == {"same"}
    assert kept_rows(said, name) == before


def test_an_id_goes_on_after_a_rebuild_that_was_killed(
    said: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [song] = titled(said, "Song")

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(rebuilding, "rematch_locked", killed)
        rebuild(said)
    assert not is_matched(said)
    # The claim that founded the id goes before anybody has matched again.
    founder = {"b": recording("Other", "Some Band", 50_000)}
    assert harvest(said, MB, save(tmp_path / "newer", **founder), full=True, even_most=True).deleted == 1
    assert rematch(said).why_anew == "the last run was cut short"
    assert titled(said, "Song") == [song]
    assert {table.outcome for table in rebuild(said).tables} == {"same"}
    assert {path.name for path in (said.folder / "catalog").glob(".*")} == set()


def test_keys_that_cannot_be_read_are_named_by_check_and_made_again(said: Archive, tmp_path: Path) -> None:
    def bring(title: str) -> None:
        more = recording(title, "Some Band", 70_000)
        harvest(said, MB, save(tmp_path / title, more=more), filed_as=title.lower(), license="CC0-1.0")

    bring("Later")
    assert not rematch(said).why_anew
    [keys] = (said.folder / "catalog" / "canonical").glob("keys-*")
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    path = keys / min(before)
    path.write_bytes(b"PAR1 and no more")
    [bad] = check(said).bad
    assert (bad.what, bad.state) == (f"catalog/canonical/{keys.name}/{path.name}", "unreadable")
    bring("Latest")
    assert not rematch(said).why_anew and path.read_bytes() == before[path.name]
    assert not check(said).bad


# The commands ----------------------------------------------------------------------------------------------------


def test_the_commands(said: Archive, tmp_path: Path) -> None:
    [song] = titled(said, "Song")
    place = ("-C", said.folder)
    by = ("--by", "Ada", "--why", "so")
    told = answer("match", "why", song, *place)
    assert told["joins"][0]["reason"] == "names+duration"
    made = answer("match", "undo", told["joins"][0]["id"], *by, *place)
    assert len(made["things"]) == 2 and made["decision"]["by"] == "Ada"
    assert "kept apart by" in onrecord("match", "why", claim("Song"), ELSE, *place).stdout
    assert answer("match", "join", claim("Song"), ELSE, *by, *place)["things"] == [song]
    assert answer("match", "split", song, ELSE, *by, "--later", *place)["matched"] is False
    assert len(answer("match", "decisions", *place)["decisions"]) == 3
    assert "3 decisions, 0 of them undone" in onrecord("match", "decisions", *place).stdout
    assert (
        answer("catalog", "override", song, "date", "1974-03", *by, *place)["decision"]["value"] == "1974-03"
    )
    assert "'1974-03', by decision" not in onrecord("catalog", "conflicts", song, *place).stdout
    assert answer("catalog", "override", song, "date", "--undo", *by, *place)["decision"]["undone"]
    assert onrecord("catalog", "override", song, "date", *by, *place).returncode == 2
    assert onrecord("catalog", "override", song, "date", "1974", *place).returncode == 2
    publish(said)
    assert answer("catalog", "rebuild", *place)["recordings"] == 3
    assert answer("catalog", "diff", "1", "now", *place)["every"] == 0
    out = tmp_path / "changes.parquet"
    assert "0 changes" in onrecord("catalog", "diff", "1", "1", "--out", out, *place).stdout
    assert list(read_rows(out, ["id"])) == []
    exported = [answer("catalog", "export", tmp_path / "x", "--license", "CC0-1.0", *place)]
    exported.append(answer("export", "--dataset", tmp_path / "y", "--license", "CC0-1.0", *place))
    assert exported[0]["rows"] == exported[1]["rows"]
    for path in (tmp_path / "x" / "dataset").glob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "y" / "dataset" / path.name).read_bytes()
