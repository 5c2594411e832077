# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bytes of a sound file say, as opposed to what its name or its header claims."""

from msgspec import Struct


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """Something wrong with a file: a code to count by, a position to look at, a sentence to read.

    code    short and stable: `decode-error`, `truncated`, `timeout`, `crashed`, `too-much-memory`,
            `not-sound`, `no-samples`, `unreadable-tags`
    at      seconds from the start, where it is known
    detail  one line, made safe for a terminal
    """

    code: str
    detail: str
    at: float | None = None


class Tags(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says about itself. Claims, never facts; every string is text from outside.

    `licenses` holds every value that names a license, its address or its text, in file order.
    `frames` holds every text frame verbatim as (key, value), in file order, values cut at 64 KiB.
    """

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    track_number: int | None = None
    disc_number: int | None = None
    date: str = ""
    genre: str = ""
    composer: str = ""
    isrc: str = ""
    barcode: str = ""
    mb_recording: str = ""
    mb_release: str = ""
    mb_artist: str = ""
    licenses: tuple[str, ...] = ()
    copyright: str = ""
    comment: str = ""
    frames: tuple[tuple[str, str], ...] = ()


class Sound(Struct, frozen=True, forbid_unknown_fields=True):
    """One decode's answer. `analyser` and `version` say who measured, so that a newer one can measure again.

    container         `ogg`, `mp3`, `flac`, `wav`, `mp4`, … as the bytes say, not the file's ending
    codec             `vorbis`, `opus`, `mp3`, `flac`, `pcm_s16le`, …
    duration_samples  decoded samples of one channel at `sample_rate`
    bit_depth         bits of a sample where the codec is lossless
    bit_rate          bits a second over the whole file
    loudness          EBU R 128 integrated loudness in LUFS, None for silence
    peak              largest absolute sample, 0.0 to 1.0 and above
    peaks             400 bytes for the page: the largest absolute sample of each 400th, 255 = full scale
    fingerprint       Chromaprint words (algorithm 1) of the whole file, 4 bytes each, little-endian
    audio_sha256      digest of the decoded samples: equal where only tags differ
    """

    analyser: str
    version: str
    container: str
    codec: str
    duration_samples: int
    sample_rate: int
    channels: int
    bit_depth: int | None
    bit_rate: int
    loudness: float | None
    peak: float
    peaks: bytes
    fingerprint: bytes
    audio_sha256: str
    faults: tuple[Fault, ...] = ()

    @property
    def seconds(self) -> float:
        return self.duration_samples / self.sample_rate if self.sample_rate else 0.0


class Probe(Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of one file after one decode: its sound, or why it has none, and its tags."""

    sound: Sound | None
    tags: Tags
    faults: tuple[Fault, ...] = ()
