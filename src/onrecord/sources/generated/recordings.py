# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What made recordings are: their words, artists, lengths and codes, as nobody but the truth knows all of them."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from onrecord.sources.generated import codes
from onrecord.sources.generated.layout import (
    ANY,
    ARTISTS,
    FIRST_KNOWN,
    FIRST_UNKNOWN,
    KNOWN,
    KNOWN_ONE,
    RELEASES,
    TRACKS,
    VARIOUS,
    layout_of,
    stack,
)
from onrecord.sources.generated.measured import measured, share
from onrecord.sources.generated.numbers import (
    Flags,
    Numbers,
    Places,
    below,
    choose,
    draw,
    happens,
    quantile,
    rank,
)
from onrecord.sources.generated.words import LATIN, PLAIN, phrases, scripts_of

#: What a recording is a version of another as; 0 is none.
VERSIONS: Final = ("", "Live", "Remix", "Remastered", "Acoustic", "Instrumental", "Radio Edit")
_LIVE, _REMIX, _REMASTER, _ACOUSTIC, _INSTRUMENTAL, _EDIT = range(1, 7)
_KINDS: Final = (30, 25, 20, 8, 9, 8)
#: Weights of the words of a name: one, two, three.
_NAME: Final = (15, 60, 25)


class Recordings:
    """Questions about recordings by their numbers. Nothing is kept."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.stack = stack(seed)

    def bits(self, purpose: str, rows: Places) -> Numbers:
        return draw(self.seed, purpose, rows)

    def told_by(self, track: Places) -> Places:
        """The recording that a track tells: on a compilation one from anywhere before."""
        block, place = np.divmod(track, TRACKS)
        layout = layout_of(self.seed, block)
        compiled = self.stack.whose[layout, self.stack.release[layout, place]] == VARIOUS
        first = block * TRACKS + self.stack.first[layout, place]
        if compiled.any():
            # The same compilation in another telling has the same tracks.
            spread = below(self.bits("compiled", first[compiled]), np.maximum(block[compiled], 1) * TRACKS)
            first[compiled] = self._plain(spread)
        return first

    def artist(self, recording: Places) -> Places:
        """The number of the artist."""
        block, place = np.divmod(recording, TRACKS)
        layout = layout_of(self.seed, block)
        return self.artist_of(block, layout, self.stack.release[layout, place])

    def artist_of(self, block: Places, layout: Places, release: Places) -> Places:
        """Of a release that is no compilation; the album decides, so that all its tellings agree."""
        whose, album = self.stack.whose[layout, release], self.stack.album[layout, release]
        bits = self.bits("artist", block * RELEASES + album)
        found = block * ARTISTS + self.stack.debut[layout, release]
        known, anyone = whose == KNOWN_ONE, whose == ANY
        if known.any():
            at = self._ranked(bits[known], block[known], KNOWN)
            found[known] = at // KNOWN * ARTISTS + at % KNOWN
        if anyone.any():
            found[anyone] = self._ranked(bits[anyone], block[anyone], ARTISTS)
        assert np.isin(whose, (FIRST_KNOWN, FIRST_UNKNOWN, KNOWN_ONE, ANY, VARIOUS)).all()
        return found

    def guest(self, recording: Places) -> tuple[Flags, Places]:
        """Whether an artist is featured, and who."""
        block = recording // TRACKS
        featuring = happens(self.bits("featuring", recording), share("featuring"))
        return featuring, self._ranked(self.bits("guest", recording), block, ARTISTS)

    def version(self, recording: Places) -> tuple[Places, Places]:
        """(what kind of a version, of which recording); its own number where it is none."""
        block, place = np.divmod(recording, TRACKS)
        layout = layout_of(self.seed, block)
        within = self.stack.place[layout, place]
        # Every second one at most, so that what it is a version of is none itself.
        odd = (within % 2 == 1) & happens(self.bits("version", recording), 3 * share("version"))
        kind = np.where(odd, choose(self.bits("kind of version", recording), _KINDS) + 1, 0)
        return kind, recording - odd

    def words(self, recording: Places) -> Places:
        """The recording whose words a title has: one's own, those of what it is a version of, or of what it covers."""
        _, base = self.version(recording)
        covers = happens(self.bits("cover", base), share("cover"))
        return np.where(covers, below(self.bits("covered", base), base + 1), base)

    def titles(self, recording: Places, form: Places) -> Any:
        """The bare title, without what names a version or a guest."""
        words = self.words(recording)
        script = self.script(self.artist(recording))
        foreign = happens(self.bits("language", words), share("latin_titles"))
        script = np.where(foreign, 0, script)
        discogs = measured()["discogs"]
        return phrases(self.seed, "title", words, script, form, discogs["words"], str(discogs["word_slope"]))

    def script(self, artist: Places) -> Places:
        return scripts_of(self.bits("script", artist))

    def names(self, artist: Places, latin: Flags) -> Any:
        """Names of artists, in Latin letters where it is said so."""
        artists, back = np.unique(artist * 2 + latin, return_inverse=True)
        who = artists // 2
        form = np.where(artists % 2 == 1, LATIN, PLAIN)
        return phrases(self.seed, "name", who, self.script(who), form, _NAME, "0.5").take(pa.array(back))

    def duration(self, recording: Places) -> Places:
        """Milliseconds. A remaster and an instrumental are as long as what they are made from."""
        kind, base = self.version(recording)
        own = np.isin(kind, (_LIVE, _REMIX, _ACOUSTIC))
        sixteenths = measured()["discogs"]["duration_ms"]
        length = quantile(self.bits("duration", np.where(own, recording, base)), sixteenths)
        length = np.where(kind == _EDIT, length * 7 // 10, length)
        near = np.isin(kind, (_REMASTER, _INSTRUMENTAL))
        return length + np.where(near, below(self.bits("near", recording), 2001) - 1000, 0)

    def year(self, recording: Places) -> Places:
        """Of the recording's first release: an album has one."""
        block, place = np.divmod(recording, TRACKS)
        layout = layout_of(self.seed, block)
        album = self.stack.album[layout, self.stack.release[layout, place]]
        return self.year_of(block * RELEASES + album)

    def year_of(self, album: Places) -> Places:
        bits = self.bits("year", album)
        return (
            1930
            + 10 * choose(bits, measured()["discogs"]["decades"])
            + (bits & np.uint64(0xFF)).astype(np.int64) % 10
        )

    def isrc(self, recording: Places, anew: Flags) -> codes.Signs:
        """The code, or the one that was given `anew` for another edition; numbers of an album follow each other."""
        kind, base = self.version(recording)
        kept = (kind > 0) & happens(self.bits("code kept", recording), share("isrc_kept_by_version"))
        owner = np.where(kept, base, recording)
        block, place = np.divmod(owner, TRACKS)
        layout = layout_of(self.seed, block)
        album = block * RELEASES + self.stack.album[layout, self.stack.release[layout, place]]
        begun = below(self.bits("code", album * 2 + anew), 99_900)
        registrant = self.bits("registrant", self.label(album) * 4096 + block % 4096)
        number = begun + self.stack.place[layout, place]
        return codes.isrcs(registrant, self.year_of(album) + anew * 9, number)

    def label(self, album: Places) -> Places:
        """The number of the label; one in 512 tracks is the first of a new one."""
        return self._ranked(self.bits("label", album), album // RELEASES, TRACKS // 512)

    def label_names(self, label: Places) -> Any:
        labels, back = np.unique(label, return_inverse=True)
        plain = np.zeros(len(labels), dtype=np.int64)
        words = phrases(self.seed, "label", labels, plain, plain, (6, 4), "0.5")
        ends = pa.array(["", " Records", " Music", " Recordings"])
        chosen = ends.take(pa.array(below(self.bits("label's end", labels), 4)))
        return pc.binary_join_element_wise(words, chosen, "").take(pa.array(back))

    def genre(self, album: Places) -> Any:
        genres = measured()["discogs"]["genres"]
        return pa.array(list(genres)).take(pa.array(choose(self.bits("genre", album), list(genres.values()))))

    def country(self, purpose: str, rows: Places) -> Any:
        countries = measured()["discogs"]["countries"]
        return pa.array(list(countries)).take(
            pa.array(choose(self.bits(purpose, rows), list(countries.values())))
        )

    def _plain(self, track: Places) -> Places:
        block, place = np.divmod(track, TRACKS)
        return block * TRACKS + self.stack.plain[layout_of(self.seed, block), place]

    def _ranked(self, bits: Numbers, block: Places, a_block: int) -> Places:
        """One of those that came up to then, the popular ones often: what is added later changes nothing."""
        slope = str(measured()["chosen"]["artist_slope"])
        octave = np.frexp((block + 1).astype(np.float64))[1] - 1
        found = np.empty(len(bits), dtype=np.int64)
        for one in np.unique(octave):
            mine = octave == one
            found[mine] = rank(bits[mine], a_block << int(one), slope)
        return found
