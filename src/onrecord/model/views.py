# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader of the archive sees: values put together by `archive`, shown by `cli` and `web`.

Every string may be text from outside; whoever shows it makes it inert for the place where it is shown.
"""

import datetime as dt

from msgspec import Struct

from onrecord.model.rights import BESIDE_SOUND, Decision, Rule, Use
from onrecord.model.sound import Fault


class Frozen(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Hit(Frozen, frozen=True):
    """One search result. `kind` is `artist`, `release`, `recording`, `release-group`, `work` or `label`.

    `known_by` is what is counted of how widely it is known: `releases`, `recordings`, `more_sources`, `listened`
    (`search.popularity` says of what).
    """

    kind: str
    id: str
    title: str
    subtitle: str = ""
    has_sound: bool = False
    known_by: dict[str, int] = {}


class Listing(Frozen, frozen=True):
    """Part of what fits, the best known first. It goes on behind the place `after`, which is "" at the end."""

    hits: tuple[Hit, ...]
    after: str = ""


class DecisionView(Frozen, frozen=True):
    """A decision with the rules that its codes name, in the order of the codes."""

    decision: Decision
    rules: tuple[Rule, ...]


class EvidenceView(Frozen, frozen=True):
    """Evidence as a person reads it; `added` is when the archive logged it.

    `strength` is how much it weighs: `index`, `file`, `document`, `holder`, `person`. `by` and `note` are those of a
    ruling. `until` is when it ceased to count, "" while it does, and `ended` how: `taken back`, `no longer said`.
    `asked` is what came of asking its source again, and whether it is that source's newest word. `part` is which right
    it is about (`model.rights.Part`); `all` is the sound.
    """

    id: str
    says: str
    origin: str
    text: str
    license: str
    holder: str
    document: str
    added: str
    strength: str = ""
    by: str = ""
    note: str = ""
    until: str = ""
    ended: str = ""
    asked: str = ""
    part: str = "all"

    @property
    def is_of_sound(self) -> bool:
        return self.part not in BESIDE_SOUND


class VersionView(Frozen, frozen=True):
    """Another file that sounds alike: `identical` (equal samples), `encoding`, `remaster`, `edit`; with the reason.

    `recording` and `title` are those of the recording that holds it, "" where none does.
    """

    sha256: str
    relation: str
    reason: str
    recording: str = ""
    title: str = ""


class SoundView(Frozen, frozen=True):
    """One blob that holds this recording; what was measured is explained at `model.sound.Sound`.

    `true_peak` is linear. `suspicions` and `faults` are what the spectrum hints at and what went wrong while decoding.
    `volume`, `info_hash` and `magnet` name the torrent that holds it in the latest edition, "" where none does;
    `edition` is that edition's number, `edition_of` the archive that published it, "" where it is this one. `swarm` is
    how many hold that torrent, None where nobody counted; `holders` how many have proved it, None where nobody was
    asked.
    `state` is `ok`, or what the last check found: `flipped`, `truncated`, `missing`; or `elsewhere`, on a disk or in a
    bucket that is not reached from here.
    """

    sha256: str
    blake3: str
    v2_root: str
    size: int
    container: str
    codec: str
    seconds: float
    sample_rate: int
    channels: int
    bit_depth: int | None
    bit_rate: int
    loudness: float | None
    loudness_range: float | None
    true_peak: float
    clipped_samples: int
    cutoff: int | None
    tempo: float | None
    tempo_confidence: float | None
    musical_key: str
    musical_key_confidence: float | None
    suspicions: tuple[Fault, ...]
    faults: tuple[Fault, ...]
    peaks: bytes
    names: tuple[str, ...]
    state: str
    volume: str = ""
    info_hash: str = ""
    magnet: str = ""
    versions: tuple[VersionView, ...] = ()
    copies: tuple[tuple[str, str, int], ...] = ()  # (SHA-256, recipe, kilobits), the newest first
    edition: int = 0
    edition_of: str = ""
    swarm: "SwarmView | None" = None
    holders: int | None = None


class WorkView(Frozen, frozen=True):
    """A work that is recorded: what its page is called by, and who made it, as far as claims say it."""

    id: str
    title: str
    composer: str = ""
    lyricist: str = ""
    iswc: str = ""
    mbid: str = ""


class CoverView(Frozen, frozen=True):
    """A picture that may be shown, by its digest; `license` is what that rests on, "" where no license decided."""

    picture: str
    license: str = ""


class PictureView(Frozen, frozen=True):
    """A picture that is held, with whether it may be shown. `kind` is ID3's: 3 is the front cover."""

    picture: str
    kind: int
    decision: Decision


class HeldBeside(Frozen, frozen=True):
    """What lies in the tags of a recording's files: pictures, and words by the file that has them."""

    pictures: tuple[PictureView, ...] = ()
    lyrics: tuple[tuple[str, Decision], ...] = ()


class ClaimView(Frozen, frozen=True):
    """What one source says, field by field."""

    source: str
    source_id: str
    license: str
    fields: tuple[tuple[str, str], ...]
    reason: str = ""


class TrackRow(Frozen, frozen=True):
    """A recording in a list."""

    id: str
    title: str
    artist: str
    artist_id: str
    seconds: float
    disc: int | None = None
    position: int | None = None
    has_sound: bool = False


class RecordingView(Frozen, frozen=True):
    """All that a recording's page shows. `id` is the canonical id, also where a redirect led here. `former` is evidence
    that counts no more."""

    id: str
    title: str
    artist: str
    artist_id: str
    releases: tuple[tuple[str, str], ...]
    seconds: float
    date: str
    genre: str
    composer: str
    isrcs: tuple[str, ...]
    mbids: tuple[str, ...]
    sounds: tuple[SoundView, ...]
    claims: tuple[ClaimView, ...]
    decisions: dict[Use, DecisionView]
    evidence: tuple[EvidenceView, ...]
    attribution: str
    editions: tuple["Answer", ...] = ()
    former: tuple[EvidenceView, ...] = ()
    works: tuple[WorkView, ...] = ()


class ReleaseView(Frozen, frozen=True):
    id: str
    title: str
    artist: str
    artist_id: str
    date: str
    barcode: str
    label: str
    tracks: tuple[TrackRow, ...]
    claims: tuple[ClaimView, ...]
    labels: tuple[tuple[str, str], ...] = ()  # (id, name)
    groups: tuple[tuple[str, str], ...] = ()  # release groups: (id, title)


class ArtistView(Frozen, frozen=True):
    """Of very many recordings and releases so many are listed; `more` are behind them, from `further` on. `works` are
    those that these recordings are of."""

    id: str
    name: str
    releases: tuple[tuple[str, str, str], ...]  # (id, title, date)
    recordings: tuple[TrackRow, ...]
    claims: tuple[ClaimView, ...]
    more: int = 0
    further: int = 0
    works: tuple[WorkView, ...] = ()


class NamedView(Frozen, frozen=True):
    """A work, a label or a release group. `facts` are what claims say of it; of a work `recordings` are shown, of the
    others `releases` as (id, title, date), and `more` are behind them, from `further` on. `mbid` is "" where
    MusicBrainz has no id for it."""

    kind: str
    id: str
    name: str
    artist: str
    artist_id: str
    facts: tuple[tuple[str, str], ...]
    releases: tuple[tuple[str, str, str], ...]
    recordings: tuple[TrackRow, ...]
    more: int = 0
    further: int = 0
    mbid: str = ""
    claims: tuple[ClaimView, ...] = ()


class SwarmView(Frozen, frozen=True):
    """How many hold a torrent, as `source` (`tracker`, or the archive's own `session`, which sees fewer) counted last.

    completed  who fetched all of it, as a tracker counts; None where none does
    last_seen  when a whole copy was last seen on the network, the archive's own included; None where never
    """

    seeders: int
    leechers: int
    completed: int | None
    counted: dt.datetime
    source: str
    last_seen: dt.datetime | None


class TorrentView(Frozen, frozen=True):
    """One volume. `license_class` is the shelf's license; `path` is relative to the edition's folder; `swarm` is None
    where nobody counted."""

    name: str
    files: int
    size: int
    info_hash_v1: str
    info_hash_v2: str
    magnet: str
    license_class: str
    path: str
    swarm: SwarmView | None = None


class EditionView(Frozen, frozen=True):
    number: int
    day: dt.date
    recordings: int
    files: int
    size: int
    volumes: tuple[TorrentView, ...]
    parts: tuple[tuple[str, int, str], ...]  # papers and tables: (path in the edition, bytes, SHA-256)
    public_key: str
    withdrawn: int


class Answer(Frozen, frozen=True):
    """May a kept file enter an edition? `codes` and `sentence` say why or why not, `license` on which license."""

    sha256: str
    allow: bool
    license: str
    recording: str
    title: str
    name: str
    codes: tuple[str, ...]
    sentence: str


class Refusal(Frozen, frozen=True):
    """A deposited file that the latest edition does not hold, and why."""

    recording: str
    title: str
    name: str
    codes: tuple[str, ...]
    sentence: str


class Glance(Frozen, frozen=True):
    """The archive in numbers, all counted from the archive itself.

    `bad` counts blobs, tables and papers that the last check found damaged; `checked` is the day of that check.
    """

    name: str
    id: str
    recordings: int
    releases: int
    artists: int
    records: int
    claims: int
    blobs: int
    deposits: int
    size: int
    seconds: float
    shareable: int
    refused: int
    to_review: int
    bad: int
    checked: str
    sources: tuple[tuple[str, int], ...]
    editions: int
    public_key: str
