# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes from a process what a decoder does not need: memory without end, time, files, network, other processes.

Limits hold everywhere. The system call filter is Linux on x86-64 and arm64 only; without it a decoder still finds no
free file descriptor for a socket or a file, which stops FFmpeg from following an address, but not a taken-over process.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from typing import Final


def confine(memory: int, seconds: float, descriptors: int, writes: int = 0) -> None:
    """Binds the calling process for good: `memory` bytes of address space in all, CPU seconds, open descriptors.

    `writes` is how long a file may get by its writing, in bytes; 0 lets it write to pipes only. It can open none: what
    it may write to is what it was given. A longer write fails with EFBIG, since Python ignores SIGXFSZ.
    """
    if hasattr(resource, "RLIMIT_AS"):
        _limit(resource.RLIMIT_AS, memory)
    cpu = int(seconds) + 1
    _limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    _limit(resource.RLIMIT_FSIZE, writes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, descriptors)
    if sys.platform == "linux":
        _filter_system_calls()


def die_with_parent() -> None:
    """Linux: the kernel kills this process when its parent is gone."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def address_space() -> int:
    """Bytes of address space that this process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123
            return int(statm.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def filters_system_calls() -> bool:
    """Whether `confine` filters system calls on this machine."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050001  # answers EPERM
_KILL: Final = 0x80000000

#: What is refused, as "name:number": files and links, network, processes, limits, the kernel's side doors.
_X86_64: Final = """
    open:2 creat:85 openat:257 openat2:437 truncate:76 open_by_handle_at:304
    mkdir:83 mkdirat:258 rmdir:84 mknod:133 mknodat:259 chmod:90 fchmodat:268 chown:92 lchown:94 fchownat:260
    rename:82 renameat:264 renameat2:316 unlink:87 unlinkat:263 link:86 linkat:265 symlink:88 symlinkat:266
    socket:41 socketpair:53 connect:42 accept:43 accept4:288 bind:49 listen:50 sendto:44 sendmsg:46 sendmmsg:307
    clone:56 clone3:435 fork:57 vfork:58 execve:59 execveat:322
    kill:62 tkill:200 ptrace:101 process_vm_readv:310 process_vm_writev:311
    pidfd_open:434 pidfd_getfd:438 pidfd_send_signal:424 kcmp:312
    setrlimit:160 prlimit64:302 mount:165 unshare:272 setns:308 bpf:321
    io_uring_setup:425 perf_event_open:298 userfaultfd:323 keyctl:250 add_key:248
"""
_ARM64: Final = """
    openat:56 openat2:437 truncate:45 open_by_handle_at:265
    mkdirat:34 mknodat:33 fchmodat:53 fchownat:54 renameat:38 renameat2:276 unlinkat:35 linkat:37 symlinkat:36
    socket:198 socketpair:199 connect:203 accept:202 accept4:242 bind:200 listen:201
    sendto:206 sendmsg:211 sendmmsg:269
    clone:220 clone3:435 execve:221 execveat:281
    kill:129 tkill:130 ptrace:117 process_vm_readv:270 process_vm_writev:271
    pidfd_open:434 pidfd_getfd:438 pidfd_send_signal:424 kcmp:272
    setrlimit:164 prlimit64:261 mount:40 unshare:97 setns:268 bpf:280
    io_uring_setup:425 perf_event_open:241 userfaultfd:282 keyctl:219 add_key:217
"""
#: By machine: its audit architecture and what is refused there.
_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _ARM64)}


def _limit(which: int, soft: int, hard: int | None = None) -> None:
    """Lowers a limit; one that the caller has set lower already stays."""
    hard = soft if hard is None else hard
    ceiling = resource.getrlimit(which)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def _filter_system_calls() -> None:
    if not filters_system_calls():
        return
    program = _program(*_MACHINES[platform.machine()])
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number of instructions, then where they are.
    pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, pointer)


def _program(architecture: int, refused: str) -> bytes:
    """A classic BPF program: another architecture's calls kill, refused ones answer EPERM, the rest goes through."""
    load, equal, above, answer = 0x20, 0x15, 0x35, 0x06
    numbers = [int(call.split(":")[1]) for call in refused.split()]
    steps = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (answer, 0, 0, _KILL),
        (load, 0, 0, 0),
        # The x32 calls of x86-64 are the same doors under other numbers.
        (above, len(numbers) + 1, 0, 0x40000000),
        *((equal, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (answer, 0, 0, _ALLOW),
        (answer, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _prctl(option: int, *arguments: int | bytes) -> bool:
    """True where the kernel agreed; one that does not know the option leaves the process as it was."""
    values = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_ulong(a) for a in arguments]
    padding = [ctypes.c_ulong(0)] * (4 - len(values))
    return bool(ctypes.CDLL(None).prctl(option, *values, *padding) == 0)


def silence_standard_streams() -> None:
    """Decoders print; nobody reads it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
