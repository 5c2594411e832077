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


class Estimate(Struct, frozen=True, forbid_unknown_fields=True):
    """A guess about music, never a fact: `confidence` from 0.0 to 1.0, `method` with its version."""

    value: float | str
    confidence: float
    method: str


class Sound(Struct, frozen=True, forbid_unknown_fields=True):
    """One decode's answer. `analyser` and `version` say who measured, so that a newer one can measure again.

    container         `ogg`, `mp3`, `flac`, `wav`, `mp4`, … as the bytes say, not the file's ending
    codec             `vorbis`, `opus`, `mp3`, `flac`, `pcm_s16le`, …
    duration_samples  decoded samples of one channel at `sample_rate`
    bit_depth         bits of a sample where the codec is lossless
    bit_rate          bits a second of the sound alone: tags and pictures do not count
    loudness          EBU R 128 integrated loudness in LUFS, None for silence
    loudness_range    EBU Tech 3342, in LU, None where nothing is above its gates
    momentary_max     loudest 400 ms, in LUFS; `short_term_max`: loudest 3 s
    peak              largest absolute sample, 0.0 to 1.0 and above
    true_peak         ITU-R BS.1770-4 Annex 2, linear like `peak`: what an analog output would reach
    clipped_samples   samples that lie in runs at full scale
    dc_offset         mean of the channel whose mean is farthest from 0, full scale 1.0
    silent_start      samples before the first sound above -60 dBFS; `silent_end`: after the last
    silent_samples    samples in all stretches of at least 2 s of such silence
    cutoff            Hz, where the spectrum ends at an edge, None where it has none
    suspicions        what the spectrum hints at: `upsampled`, `transcoded`; never proof
    tempo, key        estimates: beats a minute; "A minor"
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
    loudness_range: float | None
    momentary_max: float | None
    short_term_max: float | None
    peak: float
    true_peak: float
    clipped_samples: int
    dc_offset: float
    silent_start: int
    silent_end: int
    silent_samples: int
    cutoff: int | None
    tempo: Estimate | None
    key: Estimate | None
    peaks: bytes
    fingerprint: bytes
    audio_sha256: str
    suspicions: tuple[Fault, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def seconds(self) -> float:
        return self.duration_samples / self.sample_rate if self.sample_rate else 0.0

    @property
    def replaygain(self) -> float | None:
        """ReplayGain 2.0 track gain in dB: what brings the loudness to -18 LUFS. Its peak is `true_peak`."""
        return None if self.loudness is None else -18.0 - self.loudness


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """Cover art as it lies in a file: what its own bytes say, never what the tag declares of them.

    kind           ID3's picture type (ID3v2.4 frames, 4.14), 0 to 20: 3 is the front cover, 0 is other
    media_type     `image/jpeg`, `image/png`, `image/gif`, `image/webp`, `image/bmp`
    width, height  pixels, from the header; the picture is never decoded
    description    text from outside, at most 200 characters
    data           the picture's bytes, verbatim; `sha256` is their digest
    """

    kind: int
    media_type: str
    width: int
    height: int
    description: str
    data: bytes
    sha256: str


class AccessCopy(Struct, frozen=True, forbid_unknown_fields=True):
    """What was encoded for listeners: the same source by the same recipe and encoder gives the same bytes.

    recipe            codec, kilobits a second, version of the recipe: `opus 96 1`; `opus 96 1 stereo` where more than
                      two channels had to be mixed down
    encoder           `libopus 1.6.1, FFmpeg 8.1.2`
    kilobits          a second, all channels together, as asked; the rate varies around it
    duration_samples  samples of one channel at `sample_rate`, which is 48000
    """

    recipe: str
    encoder: str
    kilobits: int
    duration_samples: int
    sample_rate: int
    channels: int


class Probe(Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of one file after one decode: its sound, or why it has none, its tags and its cover art."""

    sound: Sound | None
    tags: Tags
    faults: tuple[Fault, ...] = ()
    pictures: tuple[Picture, ...] = ()
