# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds that the tests make themselves, and files of them in every container that FFmpeg here can write."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

#: Float samples, one row a channel, full scale 1.0.
Samples = npt.NDArray[np.float64]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def sine(
    seconds: float, *, dbfs: float = -20.0, hertz: float = 997.0, rate: int = 48000, channels: int = 2
) -> Samples:
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave, (channels, 1))


def music(seconds: float, *, seed: int = 1, rate: int = 44100, channels: int = 2) -> Samples:
    """A random tune with overtones and a second voice: enough like music for a fingerprint."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    sound = np.zeros(len(time))
    for voice in (48, 60):
        notes = voice + random.integers(0, 24, size=int(seconds * 4) + 1)
        hertz = 440 * 2 ** ((notes[(time * 4).astype(int)] - 69) / 12)
        phase = 2 * np.pi * np.cumsum(hertz) / rate
        sound += sum(np.sin(phase * overtone) / overtone for overtone in (1, 2, 3, 5))
    sound *= 0.5 / np.abs(sound).max()
    return np.stack([sound * (1 - 0.1 * channel) for channel in range(channels)])


def write(
    path: Path, samples: Samples, codec: str = "pcm_s16le", *, rate: int = 48000, bit_rate: int = 0
) -> Path:
    """The samples as a file; the ending names the container."""
    kind, scale = _KINDS[codec]
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[len(samples)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, format=kind)
        if bit_rate:
            stream.bit_rate = bit_rate
        size = stream.codec_context.frame_size or 4096
        values = (samples * scale).clip(-scale, scale * (1 - 2**-31)) if scale > 1 else samples
        for at in range(0, samples.shape[1], size):
            part = values[:, at : at + size]
            frame = av.AudioFrame.from_ndarray(_array(part, kind), kind, layout)
            frame.sample_rate = rate
            frame.pts = at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


_KINDS = {
    "pcm_s16le": ("s16", 2**15 - 1),
    "pcm_s16be": ("s16", 2**15 - 1),
    "pcm_s24le": ("s32", 2**31 - 256),
    "pcm_f32le": ("flt", 1),
    "flac": ("s16", 2**15 - 1),
    "alac": ("s16p", 2**15 - 1),
    "aac": ("fltp", 1),
    "libmp3lame": ("fltp", 1),
    "libopus": ("flt", 1),
}


def _array(part: Samples, kind: str) -> npt.NDArray[np.generic]:
    types = {"s16": np.int16, "s32": np.int32, "flt": np.float32}
    values = np.rint(part) if kind.startswith("s") else part
    if kind.endswith("p"):
        return np.ascontiguousarray(values.astype(types[kind[:-1]]))
    return np.ascontiguousarray(values.T.astype(types[kind])).reshape(1, -1)
