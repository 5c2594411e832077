# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole pass beside the programs that each do a part of it: CPU seconds of whole processes over the same files."""

import multiprocessing
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from measure import cost, progress, spread

from onrecord import audio
from onrecord.audio.chunks import CHUNK, resampling
from onrecord.audio.fingerprint import Fingerprint
from onrecord.audio.source import Source

#: Each peer as a command for one file; `{}` is the file.
PEERS = {
    "ffmpeg decode": "ffmpeg -nostdin -v error -threads 1 -i {} -map 0:a -f null -",
    "ffmpeg ebur128": "ffmpeg -nostdin -v error -threads 1 -i {} -map 0:a -af ebur128=peak=true -f null -",
    "ffmpeg silencedetect+astats": "ffmpeg -nostdin -v error -threads 1 -i {} -map 0:a -af silencedetect,astats"
    " -f null -",
    "fpcalc": "fpcalc -length 0 {}",
    "aubio tempo": "aubio tempo {}",
}
FOUR = ("ffmpeg ebur128", "ffmpeg silencedetect+astats", "fpcalc", "aubio tempo")
HOURS = 3


def measure(music: Sequence[Path], folder: Path, rounds: int, size: int) -> dict[str, Any]:
    seconds = {path: probed(path) for path in music}
    files = [path for path in music if seconds[path]]
    missing = [name for name, line in PEERS.items() if not shutil.which(line.split()[0])]
    runs: dict[str, list[float]] = {}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        # In turn, so that a machine that changes its speed changes it for all.
        runs.setdefault("onrecord pass", []).append(process_of("pass", files))
        runs.setdefault("onrecord fingerprint", []).append(process_of("fingerprint", files))
        for name, line in PEERS.items():
            if name not in missing:
                runs.setdefault(name, []).append(sum(cpu_of(command(line, path)) for path in files))
    found: dict[str, Any] = {
        "files": len(files),
        "codecs": sorted({path.suffix[1:] for path in files}),
        "seconds_of_sound": round(sum(seconds.values()), 1),
        "unit": "CPU seconds of whole processes, start-up included; ours decodes each file in a confined child",
        "cpu_s": {name: spread(values) for name, values in runs.items()},
        "peers_missing": missing,
    }
    middle = {name: statistics.median(values) for name, values in runs.items()}
    found["times_real_time"] = round(found["seconds_of_sound"] / middle["onrecord pass"], 1)
    if "ffmpeg decode" in middle:
        found["pass_over_ffmpeg_decode"] = ratios(runs, "onrecord pass", ["ffmpeg decode"])
    if all(name in middle for name in FOUR):
        found["pass_over_four_programs"] = ratios(runs, "onrecord pass", FOUR)
    if "fpcalc" in middle:
        found["fingerprint_over_fpcalc"] = ratios(runs, "onrecord fingerprint", ["fpcalc"])
    found["processes"] = two_processes(files)
    found["long_file"] = long_file(files, folder)
    return found


def ratios(runs: dict[str, list[float]], ours: str, others: Sequence[str]) -> dict[str, float]:
    """Round by round, so that the machine's drift falls out."""
    return spread(own / sum(runs[name][number] for name in others) for number, own in enumerate(runs[ours]))


def probed(path: Path) -> float:
    sound = audio.probe(path).sound
    return sound.seconds if sound else 0.0


def command(line: str, path: Path) -> list[str]:
    return [str(path) if word == "{}" else word for word in line.split()]


def cpu_of(words: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def process_of(what: str, files: Sequence[Path]) -> float:
    """CPU seconds of a fresh Python that does `what` to all files, its children included."""
    return cpu_of([sys.executable, __file__, what, *map(str, files)])


def whole_pass(files: Sequence[Path]) -> None:
    audio.preload()
    for path in files:
        audio.probe(path)


def fingerprint(files: Sequence[Path]) -> None:
    """Decode, resample and fingerprint, and nothing else: what fpcalc does."""
    for path in files:
        with path.open("rb") as file, Source(file) as source:
            words, graph = Fingerprint(), None
            for frame in source.frames():
                graph = graph or resampler(frame)
                frame.pts = None
                graph.push(frame)
                take(graph, words)
            if graph:
                graph.push(None)
                take(graph, words)
            words.finish()


def resampler(frame: AudioFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    filters = [graph.add(name, None, **options) for name, options in resampling(frame.format.bytes <= 2)]
    graph.link_nodes(source, *filters, graph.add("abuffersink"))
    graph.configure()
    graph.set_audio_frame_size(CHUNK)
    return graph


def take(graph: Graph, words: Fingerprint) -> None:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, AudioFrame)
        words.feed(np.frombuffer(memoryview(frame.planes[0]), np.int16, frame.samples))


def two_processes(files: Sequence[Path]) -> dict[str, Any]:
    walls: dict[int, list[float]] = {1: [], 2: []}
    for number in range(3):
        progress(f"processes, round {number + 1} of 3")
        for workers, seen in walls.items():
            seen.append(in_parallel(files, workers))
    return {
        "one_wall_s": spread(walls[1]),
        "two_wall_s": spread(walls[2]),
        "two_over_one": spread(one / two for one, two in zip(walls[1], walls[2], strict=True)),
    }


def in_parallel(files: Sequence[Path], workers: int) -> float:
    """Wall seconds until the last worker is done; the largest files first, so that both have work to the end."""
    context = multiprocessing.get_context("spawn")
    ready, queue = context.Barrier(workers + 1), context.Queue()
    for path in sorted(files, key=lambda path: -path.stat().st_size):
        queue.put(path)
    for _ in range(workers):
        queue.put(None)
    running = [context.Process(target=_share, args=(queue, ready)) for _ in range(workers)]
    for process in running:
        process.start()
    ready.wait()
    start = time.monotonic()
    for process in running:
        process.join()
    return time.monotonic() - start


def _share(queue: Any, ready: Any) -> None:
    audio.preload()
    ready.wait()
    while (path := queue.get()) is not None:
        audio.probe(path)


def long_file(files: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Memory of one worker and its child on a file of three hours: frames of one MP3, again and again."""
    mp3 = next((path for path in files if path.suffix == ".mp3"), None)
    if mp3 is None:
        return {"skipped": "no MP3 among the music"}
    progress(f"a file of {HOURS} hours")
    data, length = mp3.read_bytes(), probed(mp3)
    with (folder / "long.mp3").open("wb") as file:
        for _ in range(int(HOURS * 3600 / length) + 1):
            file.write(data)
    spent = cost([sys.executable, __file__, "long", folder / "long.mp3"])
    return {
        "bytes": (folder / "long.mp3").stat().st_size,
        "answer": spent["stdout"].strip(),
        "cpu_s": spent["cpu_s"],
        "peak_memory_bytes": spent["peak_memory_bytes"],
        "exit_code": spent["exit_code"],
    }


def probe_long(files: Sequence[Path]) -> None:
    audio.preload()
    probe = audio.probe(files[0], seconds=3600)
    print(f"{probe.sound.seconds:.0f} s decoded" if probe.sound else f"no sound: {probe.faults}")


if __name__ == "__main__":
    work = {"pass": whole_pass, "fingerprint": fingerprint, "long": probe_long}[sys.argv[1]]
    work([Path(name) for name in sys.argv[2:]])
