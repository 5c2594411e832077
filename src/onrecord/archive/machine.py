# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine has for an archive: libraries, codecs, memory, a file system that keeps its word. Looked at before
work fails for want of it.
"""

import fcntl
import importlib
import importlib.metadata
import os
import platform
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct

from onrecord.archive.settings import Settings

#: What has to be there; a name of the library under which it is imported where that is another than its own.
_IMPORTED: Final = {
    "backports-zstd": "backports.zstd",
    "license-expression": "license_expression",
    "prometheus-client": "prometheus_client",
    "pynacl": "nacl",
    "python-calamine": "python_calamine",
    "resvg-py": "resvg_py",
}
#: Decoders of what people bring, and encoders of what is made for listening.
_DECODERS: Final = ("flac", "opus", "vorbis", "mp3float", "aac", "alac", "pcm_s16le", "wavpack")
_ENCODERS: Final = ("libopus", "libmp3lame")
#: File systems over a network. SQLite's log beside a database, and locks, are not to be relied on there.
_FAR: Final = re.compile(r"nfs|cifs|smb|9p|afs|ceph|lustre|fuse\.(?!fuse-?overlay)")
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_OPEN_FILES: Final = 1024
#: Where server processes have in common what they count, and how much of it is enough.
_SHM: Final = "/dev/shm"
_SHARED: Final = 16_000_000


class Checked(Struct, frozen=True):
    """Something that was looked at: what was found, and what to do where it is not as it should be.

    `state`: "ok"; "note" where something works less well; "wrong" where something does not work.
    """

    what: str
    state: Literal["ok", "note", "wrong"]
    found: str
    do: str = ""


def machine(settings: Settings) -> Iterator[Checked]:
    """What an archive with these settings needs of the machine."""
    yield _libraries()
    yield _codecs()
    yield _memory(settings)
    yield _open_files()
    if settings.web.processes != 1 and (os.cpu_count() or 1) > 1:
        yield _shared_memory()
    if settings.engine.kind == "spark":
        yield _spark(settings)


def file_system(folder: Path) -> Iterator[Checked]:
    """Does the file system of a folder do what commits rely on? Tried with a file that is removed again."""
    kind = _kind(folder)
    what = f"file system of {folder}"
    if _FAR.match(kind):
        do = "keep the archive's folder on a disk of this machine; blobs may lie elsewhere: [store] roots"
        yield Checked(
            what, "note", f"{kind}, over a network: SQLite and locks are not to be relied on there", do
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=folder) as tried:
            lacks = list(_lacks(Path(tried)))
    except OSError as error:
        yield Checked(what, "note", f"cannot be written: {error.strerror}", "fine where it is only read")
        return
    if lacks:
        yield Checked(
            what, "wrong", f"{kind}: {'; '.join(lacks)}", "move the archive to another disk: mv is enough"
        )
    else:
        yield Checked(what, "ok", f"{kind}: writes are made durable, names are replaced at once, locks hold")


def _libraries() -> Checked:
    version, lacking, count = platform.python_version(), [], 0
    for line in importlib.metadata.requires("onrecord") or ():
        need, _, marker = line.partition(";")
        name = re.split(r"[\[<>=!~ ]", need.strip())[0]
        if "extra ==" in marker or ("python_version <" in marker and _has(name) is None):
            continue
        count += 1
        try:
            importlib.import_module(_IMPORTED.get(name, name.replace("-", "_")))
        except Exception as error:  # a library may fail in any way where a part of it is lacking
            lacking.append(f"{name} ({type(error).__name__}: {error})")
    if lacking:
        return Checked("libraries", "wrong", f"not usable: {', '.join(lacking)}", "install onrecord again")
    return Checked("libraries", "ok", f"Python {version}, {count} libraries")


def _has(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _codecs() -> Checked:
    import av

    has: Mapping[str, Callable[[str], Any]] = {
        **dict.fromkeys(_DECODERS, lambda name: av.Codec(name, "r")),
        **dict.fromkeys(_ENCODERS, lambda name: av.Codec(name, "w")),
    }
    lacking = []
    for name, get in has.items():
        try:
            get(name)
        except ValueError:
            lacking.append(name)
    version = f"FFmpeg {av.ffmpeg_version_info}"
    if lacking:
        do = "install PyAV from its wheel, which brings an FFmpeg with all of them"
        return Checked("codecs", "wrong", f"{version} lacks {', '.join(lacking)}", do)
    return Checked("codecs", "ok", f"{version}: {len(_DECODERS)} decoders, {len(_ENCODERS)} encoders")


def _memory(settings: Settings) -> Checked:
    has, asked = memory_here(), _bytes(settings.work.memory)
    found = f"{has / 1e9:.1f} GB here, [work] memory = {settings.work.memory!r}"
    if asked > has * 0.8:
        return Checked("memory", "note", found, "jobs over tables may be killed: make [work] memory smaller")
    return Checked("memory", "ok", found)


def memory_here() -> int:
    """Bytes that this process may come to: of the machine, or of its control group where that is less."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            said = Path(limit).read_text("ascii").strip()
        except OSError:
            continue
        if said.isdigit():
            has = min(has, int(said))
    return has


def _bytes(text: str) -> int:
    number, unit, binary = re.findall(r"([\d.]+) ?([KMGT]?)(i?)B", text)[0]
    size = _UNITS[unit]
    if binary:
        size = 1024 ** (" KMGT".index(unit))
    return int(float(number) * size)


def _open_files() -> Checked:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft:,} for each process, up to {hard:,}"
    if soft < _OPEN_FILES:
        do = f"serving and seeding want {_OPEN_FILES:,}: ulimit -n, or LimitNOFILE of the service"
        return Checked("open files", "note", found, do)
    return Checked("open files", "ok", found)


def _shared_memory() -> Checked:
    do = "give it room (docker run --shm-size), or let one process serve: [web] processes = 1"
    if not os.access(_SHM, os.W_OK | os.X_OK):
        return Checked(
            "shared memory", "note", f"no {_SHM}: server processes count in the system's folder", do
        )
    free = shutil.disk_usage(_SHM).free
    found = f"{free / 1e6:,.0f} MB in {_SHM}"
    if free < _SHARED:
        return Checked("shared memory", "note", f"{found}: limits may hold for each server process alone", do)
    return Checked("shared memory", "ok", found)


def _spark(settings: Settings) -> Checked:
    engine = settings.engine
    line = [engine.python or "python3", "-c", "import pyspark; print(pyspark.__version__)"]
    try:
        version = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        do = "name a Python that has pyspark: [engine] python"
        return Checked("Spark", "wrong", f"{line[0]}: {(said.strip().splitlines() or ['no answer'])[-1]}", do)
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        return Checked("Spark", "wrong", f"pyspark {version}, no Java", "install Java 17 or newer")
    return Checked("Spark", "ok", f"pyspark {version}, {engine.master or 'no master'}")


def _kind(folder: Path) -> str:
    """The kind of the file system that a folder is on, as the kernel's list of mounts says; "unknown" without one."""
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "unknown"
    place, found = str(folder.resolve()), ("", "unknown")
    for _, mounted, kind, *_rest in map(str.split, mounts):
        mounted = re.sub(r"\\([0-7]{3})", lambda escaped: chr(int(escaped[1], 8)), mounted)
        is_above = place == mounted or place.startswith(mounted.rstrip("/") + "/")
        if is_above and len(mounted) >= len(found[0]):
            found = (mounted, kind)
    return found[1]


def _lacks(folder: Path) -> Iterator[str]:
    """What a file system does not do, tried in an empty folder on it."""
    first, second = folder / "first", folder / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    tries: Sequence[tuple[str, Any]] = (
        ("writes cannot be made durable", lambda: _synced(folder, first)),
        ("a name is not replaced at once", lambda: _replaced(first, second)),
        ("locks do not hold", lambda: _locked(folder / "lock")),
        ("names that differ only in case are one", lambda: _told_apart(folder)),
    )
    for said, tried in tries:
        try:
            kept = tried()
        except OSError as error:
            yield f"{said} ({error.strerror})"
        else:
            if not kept:
                yield said


def _synced(folder: Path, path: Path) -> bool:
    for each in (path, folder):
        fd = os.open(each, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    return True


def _replaced(first: Path, second: Path) -> bool:
    first.replace(second)
    return second.read_bytes() == b"1" and not first.exists()


def _locked(path: Path) -> bool:
    with path.open("wb") as one, path.open("wb") as other:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _told_apart(folder: Path) -> bool:
    (folder / "case").write_bytes(b"1")
    return not (folder / "CASE").exists()
