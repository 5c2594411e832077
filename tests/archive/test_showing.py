# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Covers and words are shown by evidence of their own: a ruling, a deal; never by the license of the sound."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutagen.flac import FLAC

from onrecord.archive import Archive
from onrecord.archive.add import add
from onrecord.archive.harvest import harvest
from onrecord.archive.reading import Reader
from onrecord.archive.ruling import rule, undo
from onrecord.archive.ruling_exchange import export_rulings, import_rulings
from onrecord.archive.withdrawing import withdraw
from onrecord.errors import IntegrityError, NotFound, UsageError
from onrecord.model.lyrics import Line, Lyrics
from onrecord.model.rights import Decision, Target, Use
from tests.archive.pictured import COVER, pictured, png
from tests.archive.withdrawn import blob, recording_of, sha256
from tests.conftest import DAY
from tests.sources.test_ddex_ern import RECIPIENT, ern4, hashed, terms

PICTURE = Target("blob", COVER)


@pytest.fixture
def shown(made_once: Callable[..., Path]) -> Iterator[Archive]:
    with Archive.open(made_once(pictured) / "archive", lambda: DAY) as archive:
        yield archive


def piece(archive: Archive, name: str) -> Path:
    return archive.folder.parent / "music" / name


def may(archive: Archive, territory: str = "unknown") -> Decision:
    return Reader(archive.folder).picture(COVER, territory)


def test_a_cover_is_shown_by_a_ruling_of_its_own(shown: Archive) -> None:
    first = recording_of(shown, piece(shown, "first.flac"))
    reader = Reader(shown.folder)
    assert reader.may(sha256(piece(shown, "first.flac")), Use.STREAM).allow, "the sound is free"
    assert may(shown).codes == ("R-NO-EVIDENCE",) and reader.cover((first,), "SE") is None
    ruled = rule(shown, PICTURE, True, license="CC-BY-4.0", by="Ada", note="She drew it")
    assert (ruled.ruling.part, ruled.ruling.files) == ("artwork", 1)
    assert may(shown).allow
    cover = reader.cover((first,), "unknown")
    assert cover is not None and (cover.picture, cover.license) == (COVER, "CC-BY-4.0")
    undo(shown, ruled.ruling.id, by="Ada", note="She did not")
    assert not may(shown).allow
    with pytest.raises(UsageError, match="expected artwork"):
        rule(shown, PICTURE, True, part="lyrics", by="Ada", note="A picture has no words")


def test_what_is_ruled_of_a_files_artwork_is_of_the_pictures_in_it(shown: Archive) -> None:
    """One cover lies in two files: a yes for either shows it, a no to the artwork of either hides it; a no to all of a
    file hides it where it lies in no other."""
    first, second = (Target("blob", sha256(piece(shown, f"{name}.flac"))) for name in ("first", "second"))
    rule(shown, Target("recording", recording_of(shown, piece(shown, "first.flac"))), True,
         part="artwork", by="Ada", note="The label wrote")  # fmt: skip
    assert may(shown).allow
    no = rule(shown, second, False, part="artwork", by="Ada", note="The painter wrote").ruling
    assert may(shown).codes[0] == "R-RULED-NO"
    undo(shown, no.id, by="Ada", note="They agreed")
    rule(shown, first, False, by="Ada", note="All of it")
    assert may(shown).allow
    rule(shown, second, False, by="Ada", note="All of it")
    assert not may(shown).allow


def test_a_withdrawal_takes_the_cover_with_the_last_sound_that_bears_it(shown: Archive) -> None:
    rule(shown, PICTURE, True, by="Ada", note="She drew it")
    first, second = (recording_of(shown, piece(shown, f"{name}.flac")) for name in ("first", "second"))
    withdraw(shown, Target("recording", first), by="the maker", text="not any more")
    assert may(shown).allow and Reader(shown.folder).cover((first,), "SE") is None
    assert Reader(shown.folder).cover((first, second), "SE")
    withdraw(shown, Target("recording", second), by="the maker", text="not any more")
    assert may(shown).codes[0] == "R-WITHDRAWN"


def test_a_delivered_picture_is_shown_where_its_deal_says(shown: Archive, tmp_path: Path) -> None:
    """The message names the file; what came in the tags has the same bytes."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "front.png").write_bytes(png())
    digest = hashlib.md5(png()).hexdigest()
    image = (
        "<Image><ResourceReference>A2</ResourceReference><Type>FrontCoverImage</Type><TechnicalDetails>"
        f"{hashed(b'', 'MD5', digest, name='front.png')}</TechnicalDetails></Image></ResourceList>"
    )
    listed = "<LinkedReleaseResourceReference>A2</LinkedReleaseResourceReference></ResourceGroupContentItem>"
    message = ern4(terms(places="SE NO")).replace("</ResourceList>", image)
    (folder / "message.xml").write_text(message.replace("</ResourceGroupContentItem>", listed))
    report = harvest(shown, "ddex-ern", folder, settings={"party_id": RECIPIENT})
    assert (report.new, report.rejected) == (1, [])
    assert [may(shown, place).allow for place in ("SE", "DE", "unknown")] == [True, False, False]
    assert may(shown, "DE").codes == ("R-DEAL-OUTSIDE",)
    before = shown.ledger.dump()
    assert before["pictures"] and len(before["lyrics"]) == 2
    shown.rebuild_ledger()
    assert shown.ledger.dump() == before


def test_words_are_shown_by_a_ruling_of_their_own(shown: Archive) -> None:
    reader = Reader(shown.folder)
    first, third = (recording_of(shown, piece(shown, name)) for name in ("first.flac", "third.mp3"))

    def words_of(recording: str) -> tuple[Lyrics, ...]:
        return reader.lyrics([sound.sha256 for sound in reader.recording(recording).sounds], "SE")

    assert words_of(first) == words_of(third) == ()
    assert [len(reader.held_beside(each).lyrics) for each in (first, third)] == [1, 1]
    rule(shown, Target("recording", third), True, part="lyrics", by="Ada", note="She wrote them")
    assert words_of(first) == ()
    assert words_of(third) == (
        Lyrics((Line("En rad", 0.5), Line("En till", 61.25)), "swe", synced=True),
        Lyrics((Line("En rad"), Line(""), Line("En till")), "swe"),
    )
    rule(shown, Target("recording", first), True, part="lyrics", by="Ada", note="So she did these")
    [words] = words_of(first)
    assert [(line.start, line.text) for line in words.lines] == [
        (1.5, "First line"),
        (3.0, "Refrain"),
        (5.0, "Refrain"),
    ]


def test_of_artwork_a_ruling_travels_by_bytes_alone(shown: Archive, tmp_path: Path) -> None:
    """Equal sound may bear another cover elsewhere."""
    music = tmp_path / "theirs"
    music.mkdir()
    shutil.copy(piece(shown, "second.flac"), music)
    retagged = FLAC(shutil.copy(piece(shown, "first.flac"), music / "retagged.flac"))
    retagged.clear_pictures()
    retagged.save()
    rule(shown, Target("recording", recording_of(shown, piece(shown, "first.flac"))), True,
         part="artwork", by="Ada", note="The label wrote")  # fmt: skip
    with Archive.create(tmp_path / "other", "Other", lambda: DAY) as other:
        add(other, [music], held_as="owner")
        assert not Reader(other.folder).picture(COVER, "SE").allow
        rule(shown, PICTURE, True, by="Ada", note="She drew it")
        rule(shown, blob(music / "second.flac"), True, part="lyrics", by="Ada", note="And wrote it")
        written = export_rulings(shown, tmp_path / "rulings.jsonl")
        taken = import_rulings(other, written.file, by="Eve", key=written.key)
        assert (taken.bound, taken.not_bound) == (2, 1)
        assert Reader(other.folder).picture(COVER, "SE").allow
        own = other.ledger.evidence(sha256(music / "retagged.flac"))
        assert {fact.part for fact, _ in own.values()} == {"all"}


def test_a_picture_that_is_none_or_damaged_is_not_given(shown: Archive) -> None:
    reader = Reader(shown.folder)
    with pytest.raises(NotFound):
        reader.picture_file(sha256(piece(shown, "first.flac")))
    path = reader.picture_file(COVER)
    assert path.read_bytes() == png()
    with shown.writing():
        shown.commit("checked", {"states": {COVER: "flipped"}})
    with pytest.raises(IntegrityError):
        reader.picture_file(COVER)
